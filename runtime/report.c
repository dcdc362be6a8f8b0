/* SPDX-License-Identifier: MIT */
/* report.c - see report.h. */
#include "report.h"

#include <stdarg.h>
#include <string.h>

#include "command.h"
#include "platform.h"
#include "sandbox.h"
#include "utf8.h"

#define EARLY_MAX (256u << 10)
#define LINE_MAX_BYTES 8192
#define REDRAW_MS 200

/* --- exit codes -------------------------------------------------------------------------------- */

/* The Linux extension's codes; 10 (no Hyper-V integration services) has no meaning here. */
enum { EXT_USAGE = 1, EXT_NO_INFINIBAND = 11, EXT_OS = 12, EXT_MACHINE = 13, EXT_FAILED = 14 };

static int linux_status(enum err_code code)
{
	switch (code) {
	case ERR_NONE:
		return 0;
	case ERR_USAGE:
		return EXT_USAGE;
	case ERR_NO_DEVICE:
		return EXT_NO_INFINIBAND;
	case ERR_OS_UNSUPPORTED:
		return EXT_OS;
	case ERR_MACHINE_UNSUPPORTED:
		return EXT_MACHINE;
	default:
		return EXT_FAILED;
	}
}

/* The Windows extension's, and Windows Installer's for a reboot. */
enum { WIN_REFUSED = 100, WIN_LOCKED = 240, WIN_TIMEOUT = 840, WIN_REBOOT = 3010 };

static int windows_status(enum err_code code, bool reboot)
{
	switch (code) {
	case ERR_NONE:
		return reboot ? WIN_REBOOT : 0;
	case ERR_LOCKED:
		return WIN_LOCKED;
	case ERR_TIMEOUT:
		return WIN_TIMEOUT;
	case ERR_SYSTEM:
	case ERR_NO_MEMORY:
		return -1;
	default:
		return WIN_REFUSED;
	}
}

int report_exit_status(enum exit_codes codes, bool changes, enum err_code code, bool reboot)
{
	if (!changes)
		return err_status(code);
	if (codes == EXIT_VM_APPLICATION) { /* there, anything but 0 is a failure */
		codes = EXIT_DEFAULT;
		reboot = false;
	}
	return codes == EXIT_WINDOWS ? windows_status(code, reboot) : linux_status(code);
}

/* --- life -------------------------------------------------------------------------------------- */

bool report_init(struct report *r, const struct arguments *args, struct err *err)
{
	*r = (struct report) { .args = args, .early = BUF_INIT(EARLY_MAX) };
	if (args->json) {
		r->doc = json_new("report", err);
		if (!r->doc)
			return false;
		json_add_array(r->doc, json_top(r->doc), "steps");
	}
	return true;
}

void report_done(struct report *r)
{
	report_progress_end(r);
	sandbox_log_to(NULL);
	if (r->log)
		fclose(r->log);
	r->log = NULL;
	buf_done(&r->early);
	json_free(r->doc);
	r->doc = NULL;
}

/* --- the log ----------------------------------------------------------------------------------- */

/* As utf8_make_plain(), for a document: other people's bytes need not be UTF-8. */
static void add_plain(struct json *j, struct json_value *obj, const char *key, const char *text)
{
	char plain[LINE_MAX_BYTES];
	snprintf(plain, sizeof(plain), "%s", text);
	for (char *p = plain; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			*p = '?';
	json_add_string(j, obj, key, plain);
}

static void log_line(struct report *r, const char *text)
{
	char when[PLATFORM_TIME_SIZE];
	platform_format_time(platform_now(), when);
	if (r->log) {
		fprintf(r->log, "%s ibbundle[%u]: %s\n", when, (unsigned)platform_process_id(),
			text);
		fflush(r->log); /* whatever happens next, it is there */
	} else if (r->args->command && r->args->command->changes) {
		buf_printf(&r->early, "%s ibbundle[%u]: %s\n", when,
			   (unsigned)platform_process_id(), text);
	}
}

bool report_open_log(struct report *r, const char *path, struct err *err)
{
	r->log = platform_open_log(path, err);
	if (!r->log)
		return false;
	sandbox_log_to(r->log);
	fputs(buf_str(&r->early), r->log);
	fflush(r->log);
	buf_done(&r->early);
	return true;
}

static void say(struct report *r, bool aloud, const char *fmt, va_list ap)
{
	char text[LINE_MAX_BYTES];
	vsnprintf(text, sizeof(text), fmt, ap);
	/* Output of maintainer scripts must not be able to fake a line or to steer a terminal. */
	utf8_make_plain(text);
	log_line(r, text);
	if (aloud && r->args->progress)
		fprintf(stderr, "%c%s\n", REPORT_LINE, text);
	if (!aloud || r->args->json)
		return;
	report_progress_end(r);
	printf("%s\n", text);
	fflush(stdout);
}

void report_say(struct report *r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(r, true, fmt, ap);
	va_end(ap);
}

void report_log(struct report *r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(r, r->args->verbose, fmt, ap);
	va_end(ap);
}

void report_phase(const struct report *r, const char *name)
{
	if (r->args->progress)
		fprintf(stderr, REPORT_PHASE "%s\n", name);
}

/* The line, and the entry for more, or NULL. */
static struct json_value *add_step(struct report *r, const char *name, const char *outcome,
				   const char *detail)
{
	report_say(r, "%-10s %s%s%s", name, outcome, detail[0] ? ": " : "", detail);
	if (!r->doc)
		return NULL;
	struct json_value *steps =
		(struct json_value *)(uintptr_t)json_get(json_top(r->doc), "steps");
	struct json_value *v = json_add_object(r->doc, steps, NULL);
	json_add_string(r->doc, v, "step", name);
	json_add_string(r->doc, v, "outcome", outcome);
	add_plain(r->doc, v, "detail", detail);
	return v;
}

void report_step(struct report *r, const char *name, const char *outcome, const char *detail)
{
	add_step(r, name, outcome, detail);
}

void report_step_code(struct report *r, const char *name, const char *outcome, const char *detail,
		      uint32_t exit_code)
{
	struct json_value *v = add_step(r, name, outcome, detail);
	if (v)
		json_add_u64(r->doc, v, "exit_code", exit_code);
}

bool report_print(struct report *r, const struct buf *text, struct err *err)
{
	if (!buf_ok(text, "the output", err))
		return false;
	report_progress_end(r);
	r->printed = true;
	if (fwrite(buf_str(text), 1, text->len, stdout) != text->len || fflush(stdout))
		return err_set(err, ERR_SYSTEM, "cannot write to standard output");
	return true;
}

/* --- progress ---------------------------------------------------------------------------------- */

void report_progress_begin(struct report *r, const char *title)
{
	report_progress_end(r);
	if (!platform_is_terminal(stderr))
		return;
	r->progress.title = title;
	r->progress.start = platform_monotonic();
	r->progress.shown = 0;
}

static void draw_bytes(const struct report *r, uint64_t done, uint64_t total, double seconds)
{
	double rate = seconds > 0 ? (double)done / seconds : 0;
	double left = rate > 0 && total > done ? (double)(total - done) / rate : 0;
	fprintf(stderr, "\r%s %.1f of %.1f MB, %.0f MB/s, %.0f s left\033[K", r->progress.title,
		(double)done / 1e6, (double)total / 1e6, rate / 1e6, left);
}

void report_progress(struct report *r, uint64_t done, uint64_t total, const char *unit)
{
	if (!r->progress.title)
		return;
	uint64_t now = platform_monotonic();
	if (r->progress.drawn && now - r->progress.shown < REDRAW_MS)
		return;
	r->progress.shown = now;
	r->progress.drawn = true;
	if (strcmp(unit, "bytes") == 0)
		draw_bytes(r, done, total, (double)(now - r->progress.start) / 1000);
	else
		fprintf(stderr, "\r%s %llu of %llu %s\033[K", r->progress.title,
			(unsigned long long)done, (unsigned long long)total, unit);
	fflush(stderr);
}

void report_progress_end(struct report *r)
{
	if (r->progress.drawn) {
		fputs("\r\033[K", stderr);
		fflush(stderr); /* before what goes to standard output */
	}
	r->progress.drawn = false;
	r->progress.title = NULL;
}

/* --- the last word ----------------------------------------------------------------------------- */

static void print_document(struct report *r, bool ok, int status, const struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 20);
	struct json_value *top = json_top(r->doc);
	const struct command *c = r->args->command;
	json_add_string(r->doc, top, "command", c ? c->name : "");
	json_add_bool(r->doc, top, "ok", ok);
	json_add_u64(r->doc, top, "exit_code", (uint32_t)status);
	if (!json_get(top, "reason"))
		json_add_string(r->doc, top, "reason", ok ? "ok" : err_reason(err->code));
	if (!ok)
		add_plain(r->doc, top, "message", err->msg);
	if (json_print(r->doc, true, &text, NULL))
		fputs(buf_str(&text), stdout);
}

void report_reboot(struct report *r, bool reboot)
{
	r->reboot = reboot;
	if (!r->doc)
		return;
	json_add_bool(r->doc, json_top(r->doc), "reboot_required", reboot);
	if (reboot)
		json_add_string(r->doc, json_top(r->doc), "reason", "reboot-required");
}

int report_finish(struct report *r, bool ok, const struct err *err)
{
	const struct command *c = r->args->command;
	bool changes = c && (c->changes || (c->takes & STARTS_PROGRAM));
	char line[sizeof(err->msg) + 64];
	int status = report_exit_status(r->args->exit_codes, changes, ok ? ERR_NONE : err->code,
					r->reboot);
	report_progress_end(r);
	if (!ok) {
		snprintf(line, sizeof(line), "failed (%s, exit code %d): %s", err_reason(err->code),
			 status, err->msg);
		utf8_make_plain(line);
		log_line(r, line);
		char message[sizeof(err->msg)];
		memcpy(message, err->msg, sizeof(message));
		utf8_make_plain(message);
		fprintf(stderr, "ibbundle: %s\n", message);
	}
	if (changes) {
		if (ok) {
			snprintf(line, sizeof(line), "%s succeeded (exit code %d)", c->name,
				 status);
			log_line(r, line);
		}
		platform_event(!ok, line);
	}
	if (r->doc && !r->printed && (changes || !ok))
		print_document(r, ok, status, err);
	return status;
}
