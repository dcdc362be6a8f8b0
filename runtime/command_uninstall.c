/* SPDX-License-Identifier: MIT */
/*
 * command_uninstall.c - remove what install added: the package's own uninstall steps, then every
 * package that install newly brought and nothing else needs.  Upgraded ones stay, and are named.
 *
 * It works from the state alone: the bundle is not opened.
 */
#include <string.h>

#include "apply.h"
#include "command.h"
#include "facts_gather.h"
#include "removal.h"

/* State and journal as one: what an interrupted install brought goes as well. */
static bool read_all(struct job *job, struct state *state, struct state *journal, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	struct err why = { 0 };
	if (!job_path(job, STATE_FILE, path, err))
		return false;
	bool have = state_read(path, state, &why);
	if (!have && why.code != ERR_NO)
		return err_set(err, why.code, "%s", why.msg);
	if (!job_path(job, JOURNAL_FILE, path, err))
		return false;
	have = state_read(path, journal, &why) || have;
	if (!have && why.code != ERR_NO)
		return err_set(err, why.code, "%s", why.msg);
	return true;
}

/* Mark the packages of @s that it newly added. */
static void mark(const struct facts *f, const struct state *s, bool *wanted)
{
	for (size_t i = 0; i < s->deb_count; i++) {
		const struct state_deb *d = &s->debs[i];
		const struct facts_package *p = facts_find_package(f, d->name, d->arch);
		if (p && !d->from)
			wanted[p - f->packages] = true;
	}
}

static void name_upgraded(struct job *job, const struct state *s)
{
	for (size_t i = 0; i < s->deb_count; i++) {
		const struct facts_package *p =
			facts_find_package(&job->facts, s->debs[i].name, s->debs[i].arch);
		if (p && s->debs[i].from)
			report_say(&job->report, "'%s' stays at %s: install upgraded it from %s",
				   p->name, p->version, s->debs[i].from);
	}
}

static bool run_steps(struct job *job, const struct state *s, struct err *err)
{
	struct step_run run = { .job = job };
	for (size_t i = 0; i < s->uninstall_count; i++)
		if (!step_do(&s->uninstall[i], &run, err))
			return false;
	return true;
}

static bool purge(struct job *job, const struct state *state, const struct state *journal,
		  struct err *err)
{
	AUTO(removal_done) struct removal r = { 0 };
	AUTO(auto_free) bool *wanted = calloc(job->facts.package_count + 1, sizeof(*wanted));
	if (!wanted)
		return err_no_memory(err);
	mark(&job->facts, state, wanted);
	mark(&job->facts, journal, wanted);
	if (!removal_plan(&job->facts, wanted, &r, err))
		return false;
	for (size_t i = 0; i < r.stay_count; i++)
		report_say(&job->report, "'%s' stays: %s%s%s", r.stay[i]->name,
			   r.needed_by[i] ? "'" : "",
			   r.needed_by[i] ? r.needed_by[i]->name : "it is the kernel that runs",
			   r.needed_by[i] ? "' needs it" : "");
	struct step_run run = { .job = job };
	if (!step_purge(&run, r.go, r.go_count, err))
		return false;
	char detail[64];
	snprintf(detail, sizeof(detail), "%zu packages", r.go_count);
	report_step(&job->report, "remove", "ok", detail);
	return true;
}

static bool write_end(struct job *job, struct state *s, struct err *err)
{
	char path[PLATFORM_PATH_MAX], journal[PLATFORM_PATH_MAX];
	AUTO(state_done) struct state end = { 0 };
	end.operation = "uninstall";
	end.result = "removed";
	end.reason = "ok";
	end.when = platform_now();
	end.bundle = s->bundle;
	end.bundle_version = s->bundle_version;
	end.package = s->package;
	end.package_version = s->package_version;
	return job_path(job, STATE_FILE, path, err) && job_path(job, JOURNAL_FILE, journal, err) &&
	       state_write(path, &end, err) && platform_remove_file(journal, err);
}

static void note(void *ctx, const char *text)
{
	report_say(ctx, "%s", text);
}

/* A journal of ours, so that an uninstall that is cut off is known as one. */
static bool write_journal(struct job *job, struct state *s, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	if (!job_path(job, JOURNAL_FILE, path, err))
		return false;
	const char *operation = s->operation, *result = s->result;
	s->operation = "uninstall";
	s->result = "running";
	bool ok = state_write(path, s, err);
	s->operation = operation;
	s->result = result;
	return ok;
}

static bool is_removed(const struct state *s)
{
	return !s->result || strcmp(s->result, "removed") == 0;
}

static bool remove_all(struct job *job, struct state *state, struct state *journal, struct err *err)
{
	struct runner_events ev = { NULL, note, &job->report };
	bool waited;
	if (!job_read_facts(job, err) || !runner_enter(job->runner, &ev, err))
		return false;
	if (strcmp(job->facts.package_manager, "dpkg") == 0 &&
	    !runner_lock_dpkg(job->runner, job->args->lock_timeout, &ev, &waited, err))
		return false;
	if (journal->result && !apply_recover(job, journal, err))
		return false;
	if (!job_read_facts(job, err)) /* once more: now nobody else changes them */
		return false;
	if (!journal->result && !write_journal(job, state, err))
		return false;
	struct state *main_state = is_removed(state) ? journal : state;
	if (!run_steps(job, main_state, err) || !purge(job, state, journal, err) ||
	    !job_read_facts(job, err))
		return false;
	name_upgraded(job, state);
	name_upgraded(job, journal);
	return apply_clean(job, true, err) && write_end(job, main_state, err);
}

bool command_uninstall(struct job *job, struct err *err)
{
	AUTO(platform_unlock) int handle = -1;
	AUTO(state_done) struct state state = { 0 };
	AUTO(state_done) struct state journal = { 0 };
	platform_catch_stop();
	if (!read_all(job, &state, &journal, err))
		return false;
	if (is_removed(&state) && !journal.result) {
		report_say(&job->report, "nothing is installed by this program");
		return true;
	}
	if (!job_lock(job, &handle, err) || !job_open_log(job, err) ||
	    !remove_all(job, &state, &journal, err))
		return false;
	report_say(&job->report, "uninstalled");
	return true;
}
