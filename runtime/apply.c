/* SPDX-License-Identifier: MIT */
/* apply.c - see apply.h. */
#include "apply.h"

#include <string.h>

#define RECOVER_TIMEOUT 1800

/* Daemons of an image must not start while it is made (policy-rc.d, invoke-rc.d(8)). */
static const char policy_text[] = "#!/bin/sh\n"
				  "# Placed by ibbundle while it installs into this root.\n"
				  "exit 101\n";

/* --- before anything changes ------------------------------------------------------------------- */

static bool lacks(const char *what, const char *path, uint64_t need, uint64_t have, struct err *err)
{
	return err_set(err, ERR_NO_SPACE,
		       "%s needs %.1f MB at '%s', and %.1f MB are free: make room and try again",
		       what, (double)need / 1e6, path, (double)have / 1e6);
}

bool apply_check_room(struct job *job, struct err *err)
{
	char staging[PLATFORM_PATH_MAX], dpkg[PLATFORM_PATH_MAX], usr[PLATFORM_PATH_MAX];
	struct platform_space at_staging, at_dpkg, at_usr;
	if (!job_path(job, STATE_DIR, staging, err) || !platform_space(staging, &at_staging, err) ||
	    !job_path(job, "/var/lib/dpkg", dpkg, err) || !platform_space(dpkg, &at_dpkg, err) ||
	    !job_path(job, "/usr", usr, err) || !platform_space(usr, &at_usr, err))
		return false;
	if (at_staging.read_only || at_dpkg.read_only || at_usr.read_only)
		return err_set(err, ERR_SYSTEM,
			       "'%s' is on a file system that is mounted read-only",
			       at_usr.read_only ? usr : staging);
	if (at_staging.no_exec || at_dpkg.no_exec)
		return err_set(err, ERR_SYSTEM,
			       "'%s' is on a file system that is mounted noexec: neither install "
			       "steps nor dpkg's scripts can run there",
			       at_staging.no_exec ? staging : dpkg);
	uint64_t stage = job->plan.space_staging, system = job->plan.space_system;
	if (at_staging.device == at_usr.device)
		return stage + system <= at_usr.free_bytes ||
		       lacks("this package", usr, stage + system, at_usr.free_bytes, err);
	if (stage > at_staging.free_bytes)
		return lacks("staging", staging, stage, at_staging.free_bytes, err);
	return system <= at_usr.free_bytes ||
	       lacks("this package", usr, system, at_usr.free_bytes, err);
}

bool apply_needs_dpkg(const struct job *job)
{
	const struct package *p = job->plan.chosen;
	for (size_t i = 0; i < p->install_count; i++)
		if (p->install[i].kind == STEP_DEB)
			return true;
	return p->deb_count > 0;
}

/* --- what an earlier run left ------------------------------------------------------------------ */

/* Ours only: an administrator's policy-rc.d stays. */
static bool remove_policy(const struct job *job, struct err *err)
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

bool apply_clean(struct job *job, bool policy, struct err *err)
{
	char dir[PLATFORM_PATH_MAX];
	AUTO(platform_free_names) struct platform_names names = { 0 };
	if (policy && !remove_policy(job, err))
		return false;
	if (!job_path(job, STATE_DIR, dir, err) || !platform_list_dir(dir, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		char path[PLATFORM_PATH_MAX + 256];
		if (strncmp(names.names[i], STAGING_PREFIX, strlen(STAGING_PREFIX)) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, names.names[i]);
		if (!platform_remove_tree(path, err))
			return false;
	}
	return true;
}

bool apply_recover(struct job *job, const struct state *journal, struct err *err)
{
	char when[PLATFORM_TIME_SIZE];
	platform_format_time(journal->when, when);
	report_say(&job->report, "the %s of %s was cut off: finishing what it left",
		   journal->operation, when);
	if (!apply_clean(job, journal->policy, err))
		return false;
	struct step_run run = { .job = job };
	static const char *const args[] = { "--force-confdef", "--force-confold", "--configure",
					    "-a", NULL };
	struct err why = { 0 };
	if (strcmp(job->facts.package_manager, "dpkg") != 0)
		return true;
	/* A package that is broken beyond this is installed again by the step that follows. */
	if (!step_dpkg(&run, "finishing an earlier run", args, RECOVER_TIMEOUT, &why))
		report_say(&job->report, "not all could be finished (%s): going on", why.msg);
	return why.code != ERR_INTERRUPTED || err_set(err, ERR_INTERRUPTED, "%s", why.msg);
}

/* --- the payload ------------------------------------------------------------------------------- */

static bool draw(void *ctx, uint64_t done, uint64_t total)
{
	report_progress(ctx, done, total, "bytes");
	return true;
}

static bool extract(struct job *job, const char *dir, struct err *err)
{
	size_t index = (size_t)(job->plan.chosen - job->bundle.catalog.packages);
	AUTO(tree_done) struct tree tree = { 0 };
	AUTO(platform_dir_close) struct platform_dir out = { 0 };
	uint64_t start = platform_monotonic();
	if (!bundle_read_tree(&job->bundle, index, &tree, err) ||
	    !platform_dir_open(dir, &out, err))
		return false;
	out.progress = draw;
	out.progress_ctx = &job->report;
	struct layout_sink sink = platform_dir_sink(&out);
	report_progress_begin(&job->report, "extracting");
	bool ok = layout_tree(&job->bundle, &tree, &sink, err);
	report_progress_end(&job->report);
	if (!ok)
		return err_wrap(err, "extracting");
	char detail[128];
	snprintf(detail, sizeof(detail), "%u files, %.1f MB, verified, in %.1f s",
		 (unsigned)tree.file_count, (double)tree.total_size / 1e6,
		 (double)(platform_monotonic() - start) / 1000);
	report_step(&job->report, "extract", "ok", detail);
	return true;
}

static bool place_policy(struct job *job, struct state *journal, struct err *err)
{
	char path[PLATFORM_PATH_MAX], file[PLATFORM_PATH_MAX];
	if (!job->root[0])
		return true;
	if (!job_path(job, POLICY_FILE, path, err) || !job_path(job, JOURNAL_FILE, file, err))
		return false;
	if (platform_exists(path))
		return true;
	journal->policy = true; /* said before it is done */
	return state_write(file, journal, err) &&
	       platform_write_file(path, slice_str(policy_text), 0755, err);
}

/* --- steps ------------------------------------------------------------------------------------- */

static bool do_steps(const struct step *steps, size_t count, struct step_run *run, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (platform_stops())
			return err_set(
				err, ERR_INTERRUPTED,
				"stopped before step %zu of %zu: run install again to finish",
				i + 1, count);
		if (!step_do(&steps[i], run, err))
			return false;
	}
	return true;
}

bool apply_checks(struct job *job, uint32_t patience, bool reboot, struct err *err)
{
	const struct package *package = job->plan.chosen;
	struct step_run run = {
		.job = job, .package = package, .patience = patience, .reboot = reboot
	};
	return do_steps(package->check, package->check_count, &run, err);
}

static bool staged_steps(struct job *job, const char *dir, struct state *journal, bool *reboot,
			 struct err *err)
{
	const struct package *package = job->plan.chosen;
	if (!extract(job, dir, err) || !place_policy(job, journal, err))
		return false;
	struct step_run run = { .job = job, .package = package, .patience = STEP_TIMEOUT_MAX };
	run.staging = dir + strlen(job->root); /* as the runner sees it */
	run.reboot = *reboot;
	if (!do_steps(package->install, package->install_count, &run, err) ||
	    !do_steps(package->check, package->check_count, &run, err))
		return false;
	*reboot = run.reboot;
	return true;
}

bool apply_package(struct job *job, struct state *journal, bool *reboot, struct err *err)
{
	char parent[PLATFORM_PATH_MAX], dir[PLATFORM_PATH_MAX];
	if (!job_path(job, STATE_DIR, parent, err) || !platform_make_staging(parent, dir, err))
		return false;
	bool ok = staged_steps(job, dir, journal, reboot, err);
	struct err left = { 0 };
	if (!apply_clean(job, journal->policy, &left))
		report_say(&job->report, "not all could be tidied up: %s", left.msg);
	else
		journal->policy = false;
	return ok;
}

/* --- undo -------------------------------------------------------------------------------------- */

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

void apply_undo(struct job *job, struct state *journal, const struct state *last)
{
	struct err err = { 0 };
	struct step_run run = { .job = job };
	if (!job_read_facts(job, &err)) {
		report_say(&job->report, "nothing was undone: %s", err.msg);
		return;
	}
	AUTO(auto_free)
	const struct facts_package **new = calloc(job->facts.package_count + 1, sizeof(*new));
	size_t n = 0;
	for (size_t i = 0; new &&i < journal->deb_count; i++) {
		const struct state_deb *d = &journal->debs[i];
		const struct facts_package *p = facts_find_package(&job->facts, d->name, d->arch);
		if (p && !d->from && !state_find(last, d->name, d->arch) &&
		    n < job->facts.package_count)
			new[n++] = p;
	}
	bool ok = new &&step_purge(&run, new, n, &err);
	report_step(&job->report, "undo", ok ? "ok" : "failed",
		    !ok ? err.msg
		    : n ? "the packages that this run added are gone again"
			: "there was nothing to remove");
	if (!job_read_facts(job, &err))
		return;
	forget_removed(job, journal);
	name_what_stays(job, journal, last);
}
