/* SPDX-License-Identifier: MIT */
/* handler.c - see handler.h: what the guest agent calls. */
#include "handler.h"

#include <string.h>

#include "command.h"

#define PATH_VARIABLE "AZURE_GUEST_AGENT_EXTENSION_PATH"
#define SEQUENCE_VARIABLE "ConfigSequenceNumber"
#define LOG_NAME "ibbundle.log"
#define UPDATE_FILE "handler-update" /* in PLACE_STATE */

#define READ_TRIES 10 /* the agent may be writing */
#define READ_PAUSE_MS 200
#define START_MS 20000      /* for the worker to begin */
#define ENABLE_MS 5000      /* for it to be over, before enable lets it go on alone */
#define DISABLE_MS 840000   /* the agent gives 900 seconds */
#define UNINSTALL_MS 285000 /* and 300 here */
#define UPDATE_SECONDS 900  /* how long an update may take */
#define POLL_MS 200

static bool join(const char *dir, const char *name, char out[PLATFORM_PATH_MAX], struct err *err)
{
	int n = snprintf(out, PLATFORM_PATH_MAX, "%s" PLATFORM_SLASH "%s", dir, name);
	return (n >= 0 && n < PLATFORM_PATH_MAX) ||
	       err_set(err, ERR_SYSTEM, "path is too long: '%.200s...'", dir);
}

bool handler_path(const struct handler *h, const char *name, char out[PLATFORM_PATH_MAX],
		  struct err *err)
{
	return join(h->home, name, out, err);
}

/* --- what the agent says ----------------------------------------------------------------------- */

/* Beside this program, or where the agent says; never in the current directory alone. */
static bool find_home(struct handler *h, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	if (!platform_program(h->home, err))
		return false;
	size_t n = strlen(h->home);
	while (n && !strchr(PLATFORM_SLASHES, h->home[n - 1]))
		n--;
	h->home[n ? n - 1 : 0] = '\0';
	if (join(h->home, HANDLER_ENVIRONMENT_FILE, path, err) && platform_exists(path))
		return true;
	if (background_variable(PATH_VARIABLE, h->home, sizeof(h->home)) &&
	    background_is_absolute(h->home) && join(h->home, HANDLER_ENVIRONMENT_FILE, path, err) &&
	    platform_exists(path))
		return true;
	return err_set(err, ERR_USAGE,
		       "there is no " HANDLER_ENVIRONMENT_FILE " beside this program, or in "
		       "$" PATH_VARIABLE ": 'handler' is for the Azure guest agent");
}

/* A file that the agent writes, parsed by @parse; half of it may be there at first. */
static bool read_file(const char *path,
		      bool (*parse)(const char *, struct slice, void *, struct err *), void *out,
		      struct err *err)
{
	for (int i = 0;; i++) {
		AUTO(buf_done) struct buf text = BUF_INIT(HANDLER_FILE_MAX);
		if (platform_read_protected(path, &text, err) &&
		    parse(path, buf_slice(&text), out, err))
			return true;
		if (err->code == ERR_POLICY || err->code == ERR_USAGE || i == READ_TRIES)
			return false;
		platform_sleep(READ_PAUSE_MS);
	}
}

static bool parse_environment(const char *name, struct slice text, void *out, struct err *err)
{
	return handler_environment_parse(name, text, out, err);
}

static bool parse_manifest(const char *name, struct slice text, void *out, struct err *err)
{
	return handler_manifest_parse(name, text, out, err);
}

static bool parse_settings(const char *name, struct slice text, void *out, struct err *err)
{
	return handler_settings_parse(name, text, out, err);
}

/* The agent tells it; by hand, it is the highest there is. */
static bool find_sequence(struct handler *h, struct err *err)
{
	char value[64];
	AUTO(platform_free_names) struct platform_names names = { 0 };
	if (background_variable(SEQUENCE_VARIABLE, value, sizeof(value)))
		return handler_sequence(value, &h->sequence) ||
		       err_set(err, ERR_USAGE, SEQUENCE_VARIABLE " is no number: '%s'", value);
	bool any = false;
	if (!platform_list_dir(h->env.config, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		uint32_t n;
		if (!handler_sequence_of_file(names.names[i], &n) || (any && n < h->sequence))
			continue;
		h->sequence = n;
		any = true;
	}
	return any || err_set(err, ERR_USAGE, "there are no settings in '%s'", h->env.config);
}

static bool open_handler(struct handler *h, struct err *err)
{
	char path[PLATFORM_PATH_MAX], name[32];
	struct err none = { 0 };
	if (!find_home(h, err) || !join(h->home, HANDLER_ENVIRONMENT_FILE, path, err) ||
	    !read_file(path, parse_environment, &h->env, err) ||
	    !join(h->env.log, LOG_NAME, h->log, err) ||
	    !report_open_log(&h->job->report, h->log, err) || !find_sequence(h, err))
		return false;
	h->now.name = h->env.name;
	snprintf(name, sizeof(name), "%u.status", (unsigned)h->sequence);
	if (!join(h->env.status, name, h->status, err) ||
	    !join(h->home, HANDLER_MANIFEST_FILE, path, err))
		return false;
	if (platform_exists(path) && !read_file(path, parse_manifest, &h->heartbeat, &none))
		report_log(&h->job->report, "no heartbeat: %s", none.msg);
	return true;
}

bool handler_read_settings(struct handler *h, struct err *err)
{
	char path[PLATFORM_PATH_MAX], name[32];
	snprintf(name, sizeof(name), "%u.settings", (unsigned)h->sequence);
	bool ok = join(h->env.config, name, path, err) &&
		  read_file(path, parse_settings, &h->settings, err);
	if (ok && h->settings.bundle && !background_is_absolute(h->settings.bundle))
		ok = err_set(err, ERR_USAGE, "%s: 'bundle' must be an absolute path: '%s'", name,
			     h->settings.bundle);
	if (!ok) {
		handler_status_begin(&h->now, "settings");
		handler_status_end(&h->now, HANDLER_ERROR,
				   report_exit_status(EXIT_DEFAULT, true, err->code, false),
				   err_reason(err->code), err->msg);
		handler_write_status(h);
		return false;
	}
	if (h->settings.has_protected)
		report_log(
			&h->job->report,
			"protected settings were given, and are not read: nothing here is secret");
	return true;
}

/* --- files of our own -------------------------------------------------------------------------- */

static bool write_number(const char *path, uint64_t n, struct err *err)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)n);
	return platform_write_file(path, (struct slice) { (uint8_t *)text, (size_t)len }, 0600,
				   err);
}

/* False when there is none. */
static bool read_number(const char *path, uint32_t *out)
{
	AUTO(buf_done) struct buf text = BUF_INIT(31);
	char digits[32];
	if (!platform_read_file(path, &text, NULL))
		return false;
	snprintf(digits, sizeof(digits), "%.*s", (int)strcspn(buf_str(&text), "\n"),
		 buf_str(&text));
	return handler_sequence(digits, out);
}

bool handler_is_stopped(const struct handler *h)
{
	char path[PLATFORM_PATH_MAX];
	uint32_t last = h->sequence;
	if (handler_path(h, HANDLER_SEQUENCE_FILE, path, NULL) && read_number(path, &last) &&
	    last != h->sequence && h->now.reason)
		return true; /* what is to come is another's work */
	return platform_stops() ||
	       (handler_path(h, HANDLER_STOP_FILE, path, NULL) && platform_exists(path));
}

void handler_lines_add(struct handler_lines *l, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\r')
			continue;
		if (text[i] != '\n') {
			if (l->len + 1 < sizeof(l->text))
				l->text[l->len++] = text[i];
			continue;
		}
		l->text[l->len] = '\0';
		l->len = 0;
		l->line(l->ctx, l->text);
	}
}

/* --- enable ------------------------------------------------------------------------------------ */

struct waiting {
	struct handler *h;
	struct background worker;
	struct handler_lines lines;
	bool started, done, ended;
	enum err_code code;
	char last[HANDLER_TEXT_MAX]; /* the message, or what else it said */
};

enum err_code handler_code_of(const char *reason, size_t len)
{
	for (int code = ERR_NONE; code <= ERR_MISSING_BLOCK; code++)
		if (strlen(err_reason((enum err_code)code)) == len &&
		    strncmp(err_reason((enum err_code)code), reason, len) == 0)
			return (enum err_code)code;
	return ERR_SYSTEM;
}

static void on_line(void *ctx, const char *text)
{
	struct waiting *w = ctx;
	size_t n = strlen(HANDLER_DONE);
	if (strcmp(text, HANDLER_STARTED) == 0) {
		w->started = true;
	} else if (strncmp(text, HANDLER_DONE, n) == 0) {
		size_t word = strcspn(text + n, " ");
		w->done = true;
		w->code = handler_code_of(text + n, word);
		snprintf(w->last, sizeof(w->last), "%s", text + n + word + 1);
	} else if (text[0]) {
		report_log(&w->h->job->report, "worker: %s", text);
		snprintf(w->last, sizeof(w->last), "%s", text);
	}
}

/* Until *flag, or the end of the worker, or @milliseconds have passed. */
static void wait_for(struct waiting *w, const bool *flag, uint32_t milliseconds)
{
	char chunk[4096];
	uint64_t start = platform_monotonic();
	while (!*flag && !w->ended && platform_monotonic() - start < milliseconds) {
		int n = background_read(&w->worker, chunk, sizeof(chunk), POLL_MS);
		if (n > 0)
			handler_lines_add(&w->lines, chunk, (size_t)n);
		w->ended = n < 0;
	}
}

static bool start_worker(struct waiting *w, enum background_how how, struct err *err)
{
	static const char *const words[] = { "handler", "worker", NULL };
	char home[PLATFORM_PATH_MAX + 64], sequence[64];
	const char *const env[] = { home, sequence, NULL };
	snprintf(home, sizeof(home), PATH_VARIABLE "=%s", w->h->home);
	snprintf(sequence, sizeof(sequence), SEQUENCE_VARIABLE "=%u", (unsigned)w->h->sequence);
	w->ended = false;
	if (!background_start(words, env, how, &w->worker, err))
		return false;
	wait_for(w, &w->started, START_MS);
	if (w->started)
		return true;
	if (w->ended)
		background_join(&w->worker);
	else
		background_let_go(&w->worker);
	return err_set(err, ERR_SYSTEM, "the worker did not start%s%s", w->last[0] ? ": " : "",
		       w->last);
}

static bool start_apart(struct waiting *w, struct err *err)
{
	struct err why = { 0 };
	if (start_worker(w, BACKGROUND_APART, &why))
		return true;
	report_log(
		&w->h->job->report,
		"the worker stays with the agent's own processes, and ends when all of those are "
		"ended: %s",
		why.msg);
	return start_worker(w, BACKGROUND_SESSION, err);
}

static bool hear_out(struct waiting *w, struct err *err)
{
	struct report *r = &w->h->job->report;
	wait_for(w, &w->done, ENABLE_MS);
	if (w->done && w->code == ERR_NONE) {
		report_say(r, "%s", w->last);
		return true;
	}
	if (w->done)
		return err_set(err, w->code, "%s", w->last);
	if (w->ended)
		return err_set(err, ERR_SYSTEM, "the worker ended too early%s%s",
			       w->last[0] ? ": " : "", w->last);
	report_say(r, "goes on in the background: see '%s'", w->h->status);
	return true;
}

/* A worker that is on this very configuration has all that is needed. */
static bool is_at_work(struct handler *h)
{
	char path[PLATFORM_PATH_MAX];
	AUTO(platform_unlock) intptr_t handle = -1;
	struct err why = { 0 };
	uint32_t last;
	return !platform_lock(h->home, &handle, &why) && why.code == ERR_LOCKED &&
	       handler_path(h, HANDLER_SEQUENCE_FILE, path, NULL) && read_number(path, &last) &&
	       last == h->sequence;
}

static bool enable(struct handler *h, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	if (!handler_read_settings(h, err))
		return false;
	if (is_at_work(h)) {
		report_say(&h->job->report, "configuration %u is being applied: see '%s'",
			   (unsigned)h->sequence, h->status);
		return true;
	}
	if (!handler_path(h, HANDLER_STOP_FILE, path, err) || !platform_remove_file(path, err) ||
	    !handler_path(h, HANDLER_SEQUENCE_FILE, path, err) ||
	    !write_number(path, h->sequence, err))
		return false;
	handler_write_status(h);
	struct waiting *w = calloc(1, sizeof(*w));
	if (!w)
		return err_no_memory(err);
	*w = (struct waiting) { .h = h, .worker = BACKGROUND_NONE };
	w->lines.line = on_line;
	w->lines.ctx = w;
	bool ok = start_apart(w, err) && hear_out(w, err);
	background_let_go(&w->worker);
	free(w);
	return ok;
}

/* --- the other verbs --------------------------------------------------------------------------- */

static bool install(struct handler *h, struct err *err UNUSED)
{
	report_say(&h->job->report, "ready: the driver is installed when the extension is enabled");
	return true;
}

/* Told by a file, which needs no process number that may be another's by now. */
static bool disable(struct handler *h, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	uint64_t start = platform_monotonic();
	struct err unused = { 0 };
	if (!handler_path(h, HANDLER_STOP_FILE, path, err) || !write_number(path, 1, err))
		return false;
	for (;;) {
		AUTO(platform_unlock) intptr_t handle = -1;
		struct err why = { 0 };
		if (platform_lock(h->home, &handle, &why)) {
			report_say(&h->job->report, "disabled: what is installed stays");
			return platform_remove_file(path, err);
		}
		if (why.code != ERR_LOCKED || platform_monotonic() - start > DISABLE_MS) {
			if (!platform_remove_file(path, &unused))
				report_log(&h->job->report, "%s", unused.msg);
			return err_set(err, why.code, "the worker does not end: %s", why.msg);
		}
		platform_sleep(POLL_MS);
	}
}

static bool update_path(char out[PLATFORM_PATH_MAX], struct err *err)
{
	const char *dir = platform_place(PLACE_STATE);
	return platform_make_state(dir, err) && join(dir, UPDATE_FILE, out, err);
}

static bool update(struct handler *h, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	if (!update_path(path, err) || !write_number(path, platform_now() & INT32_MAX, err))
		return false;
	report_say(&h->job->report, "updating: what is installed stays until the next enable");
	return true;
}

/* Only the agent's own sequence counts: update and right behind it the uninstall of the old one. */
static bool is_update(bool *yes, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	uint32_t when, now = (uint32_t)(platform_now() & INT32_MAX);
	if (!update_path(path, err))
		return false;
	*yes = read_number(path, &when) && when <= now && now - when <= UPDATE_SECONDS;
	return platform_remove_file(path, err);
}

static bool uninstall(struct handler *h, struct err *err)
{
	const char *const words[] = { "uninstall", "--json", "--progress", "--log", h->log, NULL };
	struct handler_result result = { 0 };
	bool updates;
	if (!is_update(&updates, err))
		return false;
	if (updates) {
		report_say(&h->job->report, "this version goes, the driver stays: an update");
		return true;
	}
	if (!handler_run(h, words, UNINSTALL_MS, false, &result, err))
		return false;
	if (!result.ok)
		return err_set(err, result.code, "%s", result.message);
	report_say(&h->job->report, "%s", result.message);
	return true;
}

static const struct {
	const char *name;
	bool (*run)(struct handler *h, struct err *err);
} verbs[] = {
	{ "install", install }, { "enable", enable },       { "disable", disable },
	{ "update", update },   { "uninstall", uninstall }, { "worker", handler_work },
};

bool command_handler(struct job *job, struct err *err)
{
	bool (*run)(struct handler *, struct err *) = NULL;
	for (size_t i = 0; job->args->operand && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, job->args->operand) == 0)
			run = verbs[i].run;
	if (!run)
		return err_set(err, ERR_USAGE, "handler: one of " HANDLER_VERBS " must follow");
	if (!platform_is_admin())
		return err_set(err, ERR_NOT_ROOT, "'handler' must be run as %s (%s)",
			       platform_admin, platform_admin_hint);
	struct handler *h = calloc(1, sizeof(*h));
	if (!h)
		return err_no_memory(err);
	h->job = job;
	bool ok = open_handler(h, err);
	if (ok)
		report_log(&job->report, "handler %s, configuration %u", job->args->operand,
			   (unsigned)h->sequence);
	ok = ok && run(h, err);
	handler_environment_done(&h->env);
	handler_settings_done(&h->settings);
	free(h);
	return ok;
}
