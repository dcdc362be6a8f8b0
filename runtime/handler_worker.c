/* SPDX-License-Identifier: MIT */
/*
 * handler_worker.c - see handler.h: the one that goes on.
 *
 * It executes nothing but this program, and reads nothing but what that prints: lines of
 * --progress (report.h), and at the end the one document of --json.
 */
#include <string.h>

#include "handler.h"

#define POLL_MS 250
#define REFRESH_MS 30000 /* the agent wants to hear something every two minutes */
#define CHANGED_MS 1000  /* and what changed, but not more often */
#define LOCK_MS (90u * 60000u)
#define REBOOT_MS (80u * 60000u) /* a deployment gives up after 90 minutes */
#define DOCUMENT_MAX (4u << 20)
#define WORDS_MAX (16 + 2 * HANDLER_ACCEPT_MAX)

/* --- the status -------------------------------------------------------------------------------- */

static void write_file(struct handler *h, const char *path, const struct buf *text, bool printed)
{
	struct err err = { 0 };
	if (printed && !platform_write_file(path, buf_slice(text), 0600, &err))
		report_log(&h->job->report, "%s", err.msg);
}

void handler_write_status(struct handler *h)
{
	AUTO(buf_done) struct buf text = BUF_INIT(HANDLER_STATUS_MAX);
	AUTO(buf_done) struct buf beat = BUF_INIT(HANDLER_STATUS_MAX);
	h->written = platform_monotonic();
	write_file(h, h->status, &text, handler_status_print(&h->now, platform_now(), &text, NULL));
	if (h->heartbeat && h->env.heartbeat)
		write_file(h, h->env.heartbeat, &beat,
			   handler_heartbeat_print(&h->now, &beat, NULL));
}

static void refresh(struct handler *h, bool changed)
{
	uint64_t age = platform_monotonic() - h->written;
	if (age >= REFRESH_MS || (changed && age >= CHANGED_MS))
		handler_write_status(h);
}

/* --- a command of ours ------------------------------------------------------------------------- */

struct running {
	struct handler *h;
	struct handler_lines lines;
	struct buf document;
	bool tells, changed;
	char said[HANDLER_TEXT_MAX], last[HANDLER_TEXT_MAX / 2];
};

static void on_line(void *ctx, const char *text)
{
	struct running *r = ctx;
	static const char phase[] = REPORT_PHASE;
	if (r->document.len || strcmp(text, "{") == 0) {
		buf_printf(&r->document, "%s\n", text);
	} else if (strncmp(text, phase, sizeof(phase) - 1) == 0) {
		handler_status_begin(&r->h->now, text + sizeof(phase) - 1);
		r->changed = true;
	} else if (text[0] == REPORT_LINE) {
		snprintf(r->said, sizeof(r->said), "%s", text + 1);
		handler_status_say(&r->h->now, text + 1);
		r->changed = true;
	} else {
		snprintf(r->last, sizeof(r->last), "%s", text);
	}
}

/* The document it left; without one it came to a bad end. */
static void take_result(struct running *r, int exit_status, struct handler_result *out)
{
	struct err err = { 0 };
	uint64_t code = 0;
	const char *reason = "", *message = r->said;
	AUTO(json_auto_free)
	struct json *j =
		r->document.len ? json_parse("report", buf_slice(&r->document), &err) : NULL;
	*out = (struct handler_result) { .code = ERR_SYSTEM };
	out->exit_code = report_exit_status(EXIT_DEFAULT, true, ERR_SYSTEM, false);
	if (j && json_get_bool(j, json_top(j), "ok", JSON_REQUIRED, &out->ok, &err) &&
	    json_get_u64(j, json_top(j), "exit_code", JSON_REQUIRED, UINT32_MAX, &code, &err) &&
	    json_get_string(j, json_top(j), "reason", JSON_REQUIRED, &reason, &err) &&
	    json_get_bool(j, json_top(j), "reboot_required", JSON_OPTIONAL, &out->reboot, &err) &&
	    json_get_string(j, json_top(j), "message", JSON_OPTIONAL, &message, &err)) {
		out->exit_code = (int)(uint32_t)code;
		out->code = out->ok ? ERR_NONE : handler_code_of(reason, strlen(reason));
		snprintf(out->message, sizeof(out->message), "%s", message);
		return;
	}
	out->ok = false;
	snprintf(out->message, sizeof(out->message),
		 "it ended without a word of how it went (exit status %d)%s%s", exit_status,
		 r->last[0] ? ": " : "", r->last);
}

/* Until it ends; false when that takes longer than @limit. */
static bool follow(struct running *r, struct background *b, uint64_t limit)
{
	char chunk[4096];
	bool told = false;
	uint64_t start = platform_monotonic();
	for (;;) {
		int n = background_read(b, chunk, sizeof(chunk), POLL_MS);
		if (n < 0)
			return true;
		handler_lines_add(&r->lines, chunk, (size_t)n);
		if (r->tells) {
			refresh(r->h, r->changed);
			r->changed = r->changed && platform_monotonic() != r->h->written;
		}
		if (!told && r->tells && handler_is_stopped(r->h)) {
			background_stop(b);
			told = true;
		}
		if (limit && platform_monotonic() - start > limit)
			return false;
	}
}

bool handler_run(struct handler *h, const char *const *words, uint64_t limit, bool tells,
		 struct handler_result *out, struct err *err)
{
	static const char *const no_variables[] = { NULL };
	AUTO(background_let_go) struct background b = BACKGROUND_NONE;
	struct running *r = calloc(1, sizeof(*r));
	if (!r)
		return err_no_memory(err);
	r->h = h;
	r->tells = tells;
	r->document = BUF_INIT(DOCUMENT_MAX);
	r->lines.line = on_line;
	r->lines.ctx = r;
	bool ok = background_start(words, no_variables, BACKGROUND_CHILD, &b, err) &&
		  (follow(r, &b, limit) ||
		   err_set(err, ERR_TIMEOUT, "the %s is not over yet, and goes on", words[0]));
	if (ok)
		take_result(r, background_join(&b), out);
	buf_done(&r->document);
	free(r);
	return ok;
}

/* --- the worker -------------------------------------------------------------------------------- */

static void tell(const char *word, const char *reason, const char *message)
{
	printf("%s%s%s%s\n", word, reason, message[0] ? " " : "", message);
	fflush(stdout); /* nobody may listen any more */
}

static bool install(struct handler *h, struct handler_result *out, struct err *err)
{
	const struct handler_settings *s = &h->settings;
	const char *words[WORDS_MAX] = { "install", "--json", "--progress", "--log", h->log };
	size_t n = 5;
	if (s->bundle) {
		words[n++] = "--bundle";
		words[n++] = s->bundle;
	}
	if (s->package) {
		words[n++] = "--package";
		words[n++] = s->package;
	}
	if (s->require_trust)
		words[n++] = "--require-trust";
	for (size_t i = 0; i < s->accept_count; i++) {
		words[n++] = "--accept-license";
		words[n++] = s->accept[i];
	}
	words[n] = NULL;
	return handler_run(h, words, 0, true, out, err);
}

static void end(struct handler *h, const struct handler_result *r)
{
	struct handler_status *s = &h->now;
	if (!r->ok) {
		handler_status_end(s, HANDLER_ERROR, r->exit_code, err_reason(r->code), r->message);
	} else if (!r->reboot) {
		handler_status_end(s, HANDLER_SUCCESS, r->exit_code, "ok", r->message);
	} else {
		handler_status_begin(s, "reboot");
		handler_status_say(s, "a reboot is needed to finish");
		handler_status_end(
			s, h->settings.wait_for_reboot ? HANDLER_TRANSITIONING : HANDLER_SUCCESS,
			r->exit_code, "reboot-required", r->message);
		s->phases[s->phase_count - 1].state = HANDLER_WARNING;
	}
	handler_write_status(h);
}

/*
 * For the reboot, where the status is to wait for it (enable runs again behind it), and for who was
 * promised a heartbeat.
 */
static void linger(struct handler *h)
{
	uint64_t start = platform_monotonic();
	bool waits = h->now.state == HANDLER_TRANSITIONING;
	while ((waits || h->heartbeat) && !handler_is_stopped(h)) {
		if (waits && platform_monotonic() - start > REBOOT_MS) {
			handler_status_end(&h->now, HANDLER_ERROR, h->now.code, "reboot-required",
					   "installed, but nobody has rebooted the machine");
			handler_write_status(h);
			waits = false;
		}
		refresh(h, false);
		platform_sleep(POLL_MS);
	}
}

/* One worker at a time: an older one may still be at an install. */
static bool lock(struct handler *h, intptr_t *handle, struct err *err)
{
	uint64_t start = platform_monotonic();
	while (!platform_lock(h->home, handle, err)) {
		if (err->code != ERR_LOCKED || platform_monotonic() - start > LOCK_MS)
			return false;
		if (handler_is_stopped(h))
			return err_set(err, ERR_INTERRUPTED,
				       "stopped while an older one is at work");
		if (!h->now.phase_count) {
			handler_status_begin(&h->now, "wait");
			handler_status_say(&h->now, "an earlier configuration is being applied");
			handler_write_status(h);
		}
		refresh(h, false);
		platform_sleep(POLL_MS);
	}
	return true;
}

bool handler_work(struct handler *h, struct err *err)
{
	AUTO(platform_unlock) intptr_t handle = -1;
	struct handler_result result = { 0 };
	platform_catch_stop();
	tell(HANDLER_STARTED, "", "");
	if (!handler_read_settings(h, err) || !lock(h, &handle, err) || !install(h, &result, err)) {
		result = (struct handler_result) { .code = err->code };
		result.exit_code = report_exit_status(EXIT_DEFAULT, true, err->code, false);
		snprintf(result.message, sizeof(result.message), "%s", err->msg);
	}
	end(h, &result);
	tell(HANDLER_DONE, err_reason(result.code), result.message);
	linger(h);
	return true; /* whoever asks reads the status */
}
