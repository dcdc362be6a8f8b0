/* SPDX-License-Identifier: MIT */
/* test_progress.c - what a terminal sees, and what a log does. */
#include "progress.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <time.h>

#include "support.h"

static void test_bytes_text(void **state)
{
	(void)state;
	static const struct {
		uint64_t n;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 999, "999 B" },
		{ 1000, "1.0 kB" },
		{ 999949, "999.9 kB" },
		{ 999950, "1.0 MB" },
		{ 17345678, "17.3 MB" },
		{ 4300000000u, "4.3 GB" },
		{ UINT64_MAX, "18446744.1 TB" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[BYTES_TEXT_SIZE];
		assert_string_equal(bytes_text(rows[i].n, text), rows[i].text);
	}
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec) { ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* What @phase writes to a stderr that is @fd. */
static void with_stderr(int fd, void (*phase)(void))
{
	fflush(stderr);
	int saved = dup(STDERR_FILENO);
	assert_true(saved >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	phase();
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
}

static void long_phase(void)
{
	progress_begin("copying", 2000000);
	progress_update(10);
	pause_ms(1050);
	progress_update(1000000);
	progress_end();
}

static void short_phase(void)
{
	progress_begin("copying", 2000000);
	progress_update(1000000);
	progress_add(1000000);
	progress_note("a step");
	progress_end();
	progress_end(); /* once more does no harm */
}

/* What was shown and is gone again; a terminal hands on piece by piece what was written. */
static void read_shown(int master, char *text, size_t size)
{
	size_t len = 0;
	memset(text, 0, size);
	while (!strstr(text, "\033[K\r\033[K")) {
		struct pollfd p = { .fd = master, .events = POLLIN };
		if (poll(&p, 1, 10000) != 1)
			fail_msg("nothing more comes after \"%s\"", text);
		ssize_t n = read(master, text + len, size - 1 - len);
		assert_true(n > 0);
		len += (size_t)n;
	}
}

static void test_terminal(void **state)
{
	(void)state;
	int master, slave;
	struct winsize size = { .ws_row = 24, .ws_col = 100 };
	char text[4096];
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	with_stderr(slave, long_phase);
	read_shown(master, text, sizeof(text));
	assert_non_null(strstr(text, "\rcopying 1.0 MB of 2.0 MB, "));
	assert_non_null(strstr(text, "/s, 0:0"));
	assert_non_null(strstr(text, " left\033[K\r\033[K")); /* and gone */
	assert_null(strchr(text, '\n'));

	assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	with_stderr(slave, short_phase);
	assert_int_equal(read(master, text, sizeof(text)), -1); /* not worth a line */

	/* a narrow one is not wrapped */
	size.ws_col = 30;
	assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
	with_stderr(slave, long_phase);
	read_shown(master, text, sizeof(text));
	assert_int_equal(strcspn(text + 1, "\033"), 29);
	close(master);
	close(slave);
}

static void test_log(void **state)
{
	(void)state;
	FILE *f = fopen("log", "w+");
	assert_non_null(f);
	with_stderr(fileno(f), long_phase);
	assert_string_equal(read_text("log"), "");
	progress_set_verbose(true);
	with_stderr(fileno(f), short_phase);
	progress_set_verbose(false);
	assert_non_null(strstr(read_text("log"), "a step\ncopying: 2.0 MB in 0."));
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_text),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_log),
	};
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
