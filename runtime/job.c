/* SPDX-License-Identifier: MIT */
/* job.c - see job.h. */
#include "job.h"

#include <string.h>

#include "command.h"
#include "facts_gather.h"
#include "rootpath.h"
#include "sandbox.h"
#include "self.h"
#include "sidecar.h"
#include "state.h"
#include "thread.h"

#define COPY_CHUNK (64u << 10)
#define KEPT_LOG_MAX (64u << 20) /* a verbose log of an installer has some megabytes */

bool job_path(const struct job *j, const char *path, char out[PLATFORM_PATH_MAX], struct err *err)
{
	return rootpath(j->root, path, out, err);
}

bool job_init(struct job *j, const struct arguments *args, struct err *err)
{
	*j = (struct job) { .args = args };
	if (!report_init(&j->report, args, err))
		return false;
	if (args->root && !rootpath_open(args->root, j->root, err))
		return false;
	if (!args->command->changes)
		return true;
	if (!platform_is_admin())
		return err_set(err, ERR_NOT_ROOT, "'%s' must be run as %s (%s)",
			       args->command->name, platform_admin, platform_admin_hint);
	char begins[64];
	snprintf(begins, sizeof(begins), "%s begins", args->command->name);
	platform_event(false, begins);
	j->runner = runner_start(j->root, err); /* before anything from outside is read */
	return j->runner != NULL;
}

void job_shut_in(struct job *j)
{
	const struct command *c = j->args->command;
	if (c->takes & STARTS_PROGRAM)
		return; /* it reads no bundle */
	bool writes = c->changes || (c->takes & WRITES_FILES);
	int status = report_exit_status(j->args->exit_codes, c->changes, ERR_SYSTEM, false);
	struct err why = { 0 };
	if (!sandbox_enter(writes, status, &why))
		report_log(&j->report, "this system can't hold back system calls (%s): going on",
			   why.msg);
}

void job_done(struct job *j)
{
	runner_auto_free(&j->runner);
	plan_done(&j->plan);
	facts_done(&j->facts);
	facts_done(&j->machine);
	bundle_close(&j->bundle);
	parallel_free(j->parallel);
	trust_store_done(&j->store);
	platform_source_close(&j->source);
	for (size_t i = 0; i < j->more_count; i++)
		platform_source_close(&j->more[i]);
	report_done(&j->report);
}

/* --- the log, and what is kept beside it --------------------------------------------------------- */

/* Bytes of @path up to its last separator, with that. */
static size_t dir_length(const char *path)
{
	size_t n = strlen(path);
	while (n && !strchr(PLATFORM_SLASHES, path[n - 1]))
		n--;
	return n;
}

/* What is written there: in an image, links lead to its directory, and never on from its own name. */
bool job_file_path(const struct job *j, const char *path, char out[PLATFORM_PATH_MAX],
		   struct err *err)
{
	char dir[PLATFORM_PATH_MAX], real[PLATFORM_PATH_MAX];
	size_t len = dir_length(path);
	snprintf(dir, sizeof(dir), "%.*s", (int)(len ? len - 1 : 0), path);
	if (!job_path(j, dir, real, err))
		return false;
	int n = snprintf(out, PLATFORM_PATH_MAX, "%s" PLATFORM_SLASH "%s", real, path + len);
	return (n >= 0 && n < PLATFORM_PATH_MAX) ||
	       err_set(err, ERR_SYSTEM, "path is too long: '%s'", path);
}

static bool log_path(const struct job *j, char out[PLATFORM_PATH_MAX], struct err *err)
{
	if (!j->args->log)
		return job_file_path(j, platform_place(PLACE_LOG), out, err);
	int n = snprintf(out, PLATFORM_PATH_MAX, "%s", j->args->log);
	return (n >= 0 && n < PLATFORM_PATH_MAX) ||
	       err_set(err, ERR_USAGE, "path is too long: '%.100s'", j->args->log);
}

static void note(void *ctx, const char *text)
{
	report_say(ctx, "%s", text);
}

struct runner_events job_events(struct job *j)
{
	return (struct runner_events) { NULL, note, &j->report };
}

bool job_open_log(struct job *j, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	return log_path(j, path, err) && report_open_log(&j->report, path, err);
}

bool job_beside_log(const struct job *j, const char *package, const char *name,
		    char out[PLATFORM_PATH_MAX], struct err *err)
{
	char log[PLATFORM_PATH_MAX];
	if (!log_path(j, log, err))
		return false;
	int n = snprintf(out, PLATFORM_PATH_MAX, "%.*s%s-%s", (int)dir_length(log), log, package,
			 name);
	return (n >= 0 && n < PLATFORM_PATH_MAX) ||
	       err_set(err, ERR_SYSTEM, "path is too long: '%s'", name);
}

static bool copy_to(const struct source *src, FILE *f, struct err *err)
{
	AUTO(auto_free) uint8_t *chunk = malloc(COPY_CHUNK);
	if (!chunk)
		return err_no_memory(err);
	for (uint64_t at = 0; at < src->size;) {
		size_t n = src->size - at < COPY_CHUNK ? (size_t)(src->size - at) : COPY_CHUNK;
		if (!source_read(src, at, chunk, n, err))
			return false;
		if (fwrite(chunk, 1, n, f) != n)
			return err_set(err, ERR_SYSTEM, "cannot write it");
		at += n;
	}
	return fflush(f) == 0 || err_set(err, ERR_SYSTEM, "cannot write it");
}

bool job_keep_log(struct job *j, const char *path, const char *package, struct err *err)
{
	char from[PLATFORM_PATH_MAX], to[PLATFORM_PATH_MAX];
	AUTO(platform_source_close) struct source src = { 0 };
	if (!job_path(j, path, from, err) || !platform_source_open(from, &src, err) ||
	    !job_beside_log(j, package, path + dir_length(path), to, err))
		return false;
	if (src.size > KEPT_LOG_MAX)
		return err_set(err, ERR_SYSTEM, "it is larger than %u MB", KEPT_LOG_MAX >> 20);
	if (platform_exists(to) && !platform_remove_file(to, err))
		return false;
	AUTO(auto_fclose) FILE *f = platform_open_log(to, err);
	if (!f || !copy_to(&src, f, err))
		return false;
	report_log(&j->report, "kept as '%s'", to);
	return true;
}

bool job_lock(const struct job *j, intptr_t *handle, struct err *err)
{
	char dir[PLATFORM_PATH_MAX];
	return job_path(j, platform_place(PLACE_STATE), dir, err) &&
	       platform_make_state(dir, err) && platform_lock(dir, handle, err);
}

bool job_has_bundle(const struct job *j, struct err *err)
{
	char beside[PLATFORM_PATH_MAX];
	return j->args->bundles.count || self_locator_offset() || sidecar_find(beside, NULL) ||
	       err_set(err, ERR_USAGE,
		       "this program carries no bundle: name one with --bundle FILE, or put it "
		       "beside this program, with the same name and the ending .ibb");
}

/* --bundle, else the one behind this program (""), else the one beside it. */
static const char *find_bundle(struct job *j, struct err *err)
{
	if (j->args->bundles.count)
		return j->args->bundles.v[0];
	if (self_locator_offset())
		return "";
	if (!job_has_bundle(j, err) || !sidecar_find(j->beside, err))
		return NULL;
	report_say(&j->report, "the bundle is '%s', beside this program", j->beside);
	return j->beside;
}

/* --- what else is of the same bundle ------------------------------------------------------------ */

/* The file @path, whose blocks are then read, too. */
static bool add_file(struct job *j, const char *path, struct err *err)
{
	struct source *src = &j->more[j->more_count];
	if (!platform_source_open(path, src, err))
		return false;
	j->more_count++;
	return bundle_add(&j->bundle, src, err);
}

static bool is_whole(const struct bundle *b)
{
	for (uint32_t i = 0; i < b->table.count; i++)
		if (!bundle_block_file(b, i))
			return false;
	return true;
}

/* NAME.2.ibb, NAME.3.ibb and so on beside @first, as long as blocks are missing. */
static bool add_volumes(struct job *j, const char *first, struct err *err)
{
	char program[PLATFORM_PATH_MAX], path[PLATFORM_PATH_MAX];
	bool refused = false;
	if (!first[0] && !platform_program(program, err))
		return false;
	for (unsigned n = 2; j->more_count < JOB_FILES_MAX && !is_whole(&j->bundle); n++) {
		struct err why = { 0 };
		if (!sidecar_volume(first[0] ? first : program, n, path))
			break;
		if (!platform_exists(path)) {
			if (!refused)
				memcpy(j->volume, path, strlen(path) + 1);
			break;
		}
		/* It may be left from another bundle, and nobody may need it. */
		if (add_file(j, path, &why))
			continue;
		refused = true; /* it may be the one that is missing */
		report_say(&j->report, "not used: %s", why.msg);
	}
	return true;
}

static bool add_files(struct job *j, const char *first, struct err *err)
{
	for (size_t i = 1; i < j->args->bundles.count; i++)
		if (!add_file(j, j->args->bundles.v[i], err))
			return false;
	return add_volumes(j, first, err);
}

bool job_open_bundle(struct job *j, struct err *err)
{
	const char *path = find_bundle(j, err);
	if (!path || !job_open_trust(j, err) || !platform_source_open(path, &j->source, err))
		return false;
	j->parallel = parallel_new(thread_processors() - 1);
	struct bundle_options opt = job_bundle_options(j);
	opt.locator_offset = path[0] ? 0 : self_locator_offset();
	if (!bundle_open(&j->source, &opt, &j->bundle, err) || !add_files(j, path, err))
		return false;
	report_log(&j->report, "bundle %s %s", j->bundle.root.name, j->bundle.root.version);
	return job_say_trust(j, err);
}

static bool read_saved(struct job *j, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(FACTS_SIZE_MAX);
	if (!platform_read_file(j->args->facts, &text, err)) {
		if (err && err->code == ERR_NO)
			err->code = ERR_SYSTEM;
		return false;
	}
	return facts_parse(j->args->facts, buf_slice(&text), &j->machine, err);
}

bool job_read_facts(struct job *j, struct err *err)
{
	facts_done(&j->facts);
	if (j->args->facts && !j->machine.doc && !read_saved(j, err))
		return false;
	bool image = j->root[0] != '\0';
	if (j->args->facts && !image) {
		j->facts = j->machine; /* a plan for another machine: nothing of this one counts */
		j->machine = (struct facts) { 0 };
		return true;
	}
	/* The machine that makes an image is not the one that it is for. */
	struct facts_where where = { .system = j->root,
				     .hardware = image ? NULL : "",
				     .staging = platform_place(PLACE_STATE),
				     .image = image,
				     .kernel = image ? j->args->kernel : NULL };
	if (!facts_gather(&where, &j->facts, err))
		return false;
	if (image && j->args->nics.count)
		return facts_name_nics(&j->facts, j->args->nics.v, j->args->nics.count, err);
	return !j->args->facts || facts_take_machine(&j->facts, &j->machine, err);
}

bool job_make_plan(struct job *j, struct err *err)
{
	struct plan_options opt = { .package = j->args->package,
				    .kernel = j->args->kernel,
				    .accepted = j->args->accept.v,
				    .accepted_count = j->args->accept.count };
	plan_done(&j->plan);
	return plan_make(&j->bundle.catalog, &j->facts, &opt, &j->plan, err) &&
	       job_check_blocks(j, err);
}

/* --- state ------------------------------------------------------------------------------------- */

bool job_state_path(const struct job *j, const char *file, char out[PLATFORM_PATH_MAX],
		    struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s" PLATFORM_SLASH "%s", platform_place(PLACE_STATE),
			 file);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(err, ERR_SYSTEM, "path is too long: '%s'", file);
	return job_file_path(j, path, out, err);
}

bool job_read_state(const struct job *j, const char *file, struct state *out, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	return job_state_path(j, file, path, err) && state_read(path, out, err);
}

bool job_write_state(const struct job *j, const char *file, const struct state *s, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	return job_state_path(j, file, path, err) && state_write(path, s, err);
}

bool job_end_journal(const struct job *j, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	return job_state_path(j, JOURNAL_FILE, path, err) && platform_remove_file(path, err);
}
