/* SPDX-License-Identifier: MIT */
/* system_linux.c - see system.h: dpkg, and policy-rc.d while an image is made. */
#include "system.h"

#include <string.h>

#include "removal.h"
#include "settings.h"

#define RECOVER_TIMEOUT 1800
#define POLICY_FILE "/usr/sbin/policy-rc.d"

/* Daemons of an image must not start while it is made (policy-rc.d, invoke-rc.d(8)). */
static const char policy_text[] = "#!/bin/sh\n"
				  "# Placed by ibbundle while it installs into this root.\n"
				  "exit 101\n";

/* --- before anything changes ------------------------------------------------------------------- */

static bool has_dpkg(const struct job *job)
{
	return strcmp(job->facts.package_manager, "dpkg") == 0;
}

/* Has the plan to do with dpkg at all? */
static bool needs_dpkg(const struct job *job)
{
	const struct package *p = job->plan.chosen;
	for (size_t i = 0; i < p->install_count; i++)
		if (p->install[i].kind == STEP_DEB)
			return true;
	return p->deb_count > 0;
}

bool system_check_plan(const struct job *job, struct err *err)
{
	if (needs_dpkg(job) && !has_dpkg(job))
		return err_set(err, ERR_OS_UNSUPPORTED,
			       "this system has no dpkg, so Debian packages can't be installed");
	return true;
}

/* Packages say so themselves; a package of other steps is there when the last install says so. */
bool system_is_installed(struct job *job, const struct state *last)
{
	const struct package *p = job->plan.chosen;
	if (job->plan.changes)
		return false;
	for (size_t i = 0; i < p->install_count; i++)
		if (p->install[i].kind != STEP_DEB)
			return state_tells_of(last, p->id, p->version);
	return true;
}

const char system_reboot_reason[] = "to use the new kernel or driver";

bool system_needs_reboot(const struct job *job, const struct state *last)
{
	const char *kernel = job->plan.chosen->kernel;
	if (job->root[0])
		return false;
	return (kernel && strcmp(kernel, job->facts.kernel) != 0) ||
	       state_awaits_reboot(last, platform_now(), platform_monotonic());
}

/* --- while it changes -------------------------------------------------------------------------- */

bool system_lock(struct job *job, bool *waited, struct err *err)
{
	struct runner_events ev = job_events(job);
	*waited = false;
	return !has_dpkg(job) ||
	       runner_lock_packages(job->runner, job->args->lock_timeout, &ev, waited, err);
}

bool system_recover(struct job *job, const struct state *journal UNUSED, struct err *err)
{
	struct step_run run = { .job = job };
	static const char *const args[] = { "--force-confdef", "--force-confold", "--configure",
					    "-a", NULL };
	struct err why = { 0 };
	if (!has_dpkg(job))
		return true;
	/* A package that is broken beyond this is installed again by the step that follows. */
	if (!step_dpkg(&run, "finishing an earlier run", args, RECOVER_TIMEOUT, &why))
		report_say(&job->report, "not all could be finished (%s): going on", why.msg);
	return why.code != ERR_INTERRUPTED || err_set(err, ERR_INTERRUPTED, "%s", why.msg);
}

/* Ours only: an administrator's policy-rc.d stays. */
bool system_tidy(struct job *job, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	AUTO(buf_done) struct buf text = BUF_INIT(4096);
	if (!job_path(job, POLICY_FILE, path, err))
		return false;
	if (!platform_read_file(path, &text, NULL) ||
	    !slice_equal(buf_slice(&text), slice_str(policy_text)))
		return true;
	return platform_remove_file(path, err);
}

static bool runs_programs(const struct package *p)
{
	for (size_t i = 0; i < p->install_count; i++)
		if (p->install[i].kind == STEP_RUN)
			return true;
	return false;
}

/* What a vendor's program will install is known by what was there before it. */
static bool note_there(struct job *job, struct state *journal, struct err *err)
{
	if (!has_dpkg(job) || !runs_programs(job->plan.chosen))
		return true;
	return state_note_there(journal, &job->facts, err) &&
	       job_write_state(job, JOURNAL_FILE, journal, err);
}

bool system_prepare(struct job *job, struct state *journal, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	if (!note_there(job, journal, err))
		return false;
	if (!job->root[0])
		return true;
	if (!job_path(job, POLICY_FILE, path, err))
		return false;
	if (platform_exists(path))
		return true;
	journal->policy = true; /* said before it is done */
	return job_write_state(job, JOURNAL_FILE, journal, err) &&
	       platform_write_file(path, slice_str(policy_text), 0755, err);
}

/* One that a program brought or upgraded goes on the list, in words that the journal owns. */
static bool note_package(struct state *journal, const struct facts_package *now, struct err *err)
{
	const char *before = state_version_then(journal, now);
	if ((before && strcmp(before, now->version) == 0) ||
	    state_find(journal, now->name, now->arch))
		return true;
	struct state_deb add = {
		.name = state_keep(journal, slice_str(now->name)),
		.version = state_keep(journal, slice_str(now->version)),
		.arch = state_keep(journal, slice_str(now->arch)),
		.from = before ? state_keep(journal, slice_str(before)) : NULL,
	};
	if (!add.name || !add.version || !add.arch || (before && !add.from))
		return err_no_memory(err);
	return state_add(journal, add, err);
}

/* The plan names every package of the closure; what a vendor's program installs is found by looking. */
bool system_note_changes(struct job *job, struct state *journal, struct err *err)
{
	if (!has_dpkg(job) || !runs_programs(job->plan.chosen))
		return true;
	if (!job_read_facts(job, err))
		return false;
	for (size_t i = 0; i < job->facts.package_count; i++)
		if (!note_package(journal, &job->facts.packages[i], err))
			return false;
	state_forget_there(journal);
	return job_write_state(job, JOURNAL_FILE, journal, err);
}

/* --- and back ---------------------------------------------------------------------------------- */

static void name_what_stays(struct job *job, const struct state *journal, const struct state *last)
{
	for (size_t i = 0; i < journal->deb_count; i++) {
		const struct state_deb *d = &journal->debs[i];
		const struct facts_package *p = facts_find_package(&job->facts, d->name, d->arch);
		if (p && d->from)
			report_say(&job->report, "'%s' stays at %s (it was at %s)", d->name,
				   p->version, d->from);
		else if (p && !state_find(last, d->name, d->arch))
			report_say(&job->report, "'%s' could not be removed and is %s", d->name,
				   p->status);
	}
}

/* Keep on the list what is there. */
static void forget_removed(const struct job *job, struct state *journal)
{
	size_t kept = 0;
	for (size_t i = 0; i < journal->deb_count; i++)
		if (facts_find_package(&job->facts, journal->debs[i].name, journal->debs[i].arch))
			journal->debs[kept++] = journal->debs[i];
	journal->deb_count = kept;
}

bool system_undo(struct job *job, struct state *journal, const struct state *last,
		 char detail[STEP_DETAIL_SIZE], struct err *err)
{
	struct step_run run = { .job = job };
	AUTO(auto_free)
	const struct facts_package **new = calloc(job->facts.package_count + 1, sizeof(*new));
	size_t n = 0;
	if (!new)
		return err_no_memory(err);
	for (size_t i = 0; i < journal->deb_count; i++) {
		const struct state_deb *d = &journal->debs[i];
		const struct facts_package *p = facts_find_package(&job->facts, d->name, d->arch);
		if (p && !d->from && !state_find(last, d->name, d->arch) &&
		    n < job->facts.package_count)
			new[n++] = p;
	}
	bool ok = settings_undo(job, journal, last, err);
	ok = step_purge(&run, new, n, ok ? err : NULL) && ok;
	snprintf(detail, STEP_DETAIL_SIZE, "%s",
		 n ? "the packages that this run added are gone again"
		   : "there was nothing to remove");
	if (!job_read_facts(job, ok ? err : NULL))
		return false;
	forget_removed(job, journal);
	name_what_stays(job, journal, last);
	return ok;
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
	/* cut off while a vendor's program ran: all that was not there before it */
	for (size_t i = 0; s->there_count && i < f->package_count; i++)
		if (!state_version_then(s, &f->packages[i]))
			wanted[i] = true;
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

bool system_remove(struct job *job, const struct state *state, const struct state *journal,
		   bool *reboot UNUSED, struct err *err)
{
	if (!settings_remove(job, journal, NULL, err) ||
	    !settings_remove(job, state, journal, err) || !purge(job, state, journal, err) ||
	    !job_read_facts(job, err))
		return false;
	name_upgraded(job, state);
	name_upgraded(job, journal);
	return true;
}
