/* SPDX-License-Identifier: MIT */
/* progress.c - see progress.h. */
#include "progress.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define QUIET_MS 1000 /* a phase shorter than this shows nothing */
#define REDRAW_MS 200
#define LINE_SIZE 256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool verbose;

static struct {
	const char *title; /* NULL: no phase is running */
	uint64_t total, done;
	uint64_t began_ms, drawn_ms;
	bool terminal, drawn;
} phase;

static uint64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

const char *bytes_text(uint64_t n, char out[BYTES_TEXT_SIZE])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double value = (double)n;
	size_t unit = 0;
	/* 999.95 would be printed as 1000.0 */
	while (value >= 999.95 && unit < sizeof(units) / sizeof(units[0]) - 1) {
		value /= 1000;
		unit++;
	}
	snprintf(out, BYTES_TEXT_SIZE, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return out;
}

void progress_set_verbose(bool on)
{
	verbose = on;
}

bool progress_is_verbose(void)
{
	return verbose;
}

static void erase(void)
{
	if (phase.drawn)
		fputs("\r\033[K", stderr);
	phase.drawn = false;
}

static size_t terminal_columns(void)
{
	struct winsize size;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
		return 80;
	return size.ws_col;
}

static void draw(uint64_t now)
{
	char done[BYTES_TEXT_SIZE], total[BYTES_TEXT_SIZE], rate[BYTES_TEXT_SIZE];
	uint64_t elapsed = now - phase.began_ms;
	uint64_t per_second = elapsed ? (uint64_t)((double)phase.done * 1000 / (double)elapsed) : 0;
	char line[LINE_SIZE];
	bytes_text(phase.done, done);
	bytes_text(per_second, rate);
	if (phase.total && per_second) {
		uint64_t left = phase.done < phase.total ? phase.total - phase.done : 0;
		uint64_t seconds = left / per_second;
		snprintf(line, sizeof(line), "%s %s of %s, %s/s, %llu:%02llu left", phase.title,
			 done, bytes_text(phase.total, total), rate,
			 (unsigned long long)(seconds / 60), (unsigned long long)(seconds % 60));
	} else {
		snprintf(line, sizeof(line), "%s %s, %s/s", phase.title, done, rate);
	}
	fprintf(stderr, "\r%.*s\033[K", (int)terminal_columns() - 1, line);
	fflush(stderr);
	phase.drawn = true;
	phase.drawn_ms = now;
}

/* With the lock held, after a change of phase.done. */
static void redraw(void)
{
	if (!phase.title || !phase.terminal)
		return;
	uint64_t now = now_ms();
	if (now - phase.began_ms >= QUIET_MS && now - phase.drawn_ms >= REDRAW_MS)
		draw(now);
}

void progress_begin(const char *title, uint64_t total)
{
	pthread_mutex_lock(&lock);
	phase.title = title;
	phase.total = total;
	phase.done = 0;
	phase.began_ms = now_ms();
	phase.drawn_ms = 0;
	phase.terminal = isatty(STDERR_FILENO) == 1;
	pthread_mutex_unlock(&lock);
}

void progress_update(uint64_t done)
{
	pthread_mutex_lock(&lock);
	phase.done = done;
	redraw();
	pthread_mutex_unlock(&lock);
}

void progress_add(uint64_t more)
{
	pthread_mutex_lock(&lock);
	phase.done += more;
	redraw();
	pthread_mutex_unlock(&lock);
}

void progress_end(void)
{
	pthread_mutex_lock(&lock);
	if (phase.title) {
		erase();
		char done[BYTES_TEXT_SIZE];
		if (verbose)
			fprintf(stderr, "%s: %s in %.1f s\n", phase.title,
				bytes_text(phase.done, done),
				(double)(now_ms() - phase.began_ms) / 1000);
		fflush(stderr);
		phase.title = NULL;
	}
	pthread_mutex_unlock(&lock);
}

void progress_note(const char *fmt, ...)
{
	if (!verbose)
		return;
	pthread_mutex_lock(&lock);
	erase();
	va_list ap;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	pthread_mutex_unlock(&lock);
}
