/* SPDX-License-Identifier: MIT */
/* apply.c - see apply.h. */
#include "apply.h"

#include <string.h>

#include "image.h"
#include "system.h"

/* --- what an earlier run left ------------------------------------------------------------------ */

bool apply_clean(struct job *job, struct err *err)
{
	char dir[PLATFORM_PATH_MAX];
	AUTO(platform_free_names) struct platform_names names = { 0 };
	if (!job_path(job, platform_place(PLACE_STATE), dir, err) ||
	    !platform_list_dir(dir, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		char path[PLATFORM_PATH_MAX + 256];
		if (strncmp(names.names[i], STAGING_PREFIX, strlen(STAGING_PREFIX)) != 0)
			continue;
		snprintf(path, sizeof(path), "%s" PLATFORM_SLASH "%s", dir, names.names[i]);
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
	return (!journal->policy || system_tidy(job, err)) && apply_clean(job, err) &&
	       system_recover(job, journal, err);
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
	if (!job_read_tree(job, index, &tree, err) || !platform_dir_open(dir, &out, err))
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
	report_phase(&job->report, "check");
	return do_steps(job->plan.check.p, job->plan.check.count, &run, err);
}

static bool staged_steps(struct job *job, const char *dir, struct state *journal, bool *reboot,
			 struct err *err)
{
	const struct package *package = job->plan.chosen;
	if (!extract(job, dir, err) || !system_prepare(job, journal, err))
		return false;
	struct step_run run = { .job = job, .package = package, .patience = STEP_TIMEOUT_MAX };
	run.staging = dir + strlen(job->root); /* as the runner sees it */
	run.reboot = *reboot;
	run.journal = journal;
	run.locked = true;
	bool ok = do_steps(job->plan.install.p, job->plan.install.count, &run, err);
	*reboot = run.reboot;
	journal->changed = run.done > 0;
	journal->has_exit_code = run.programs > 0;
	journal->exit_code = run.exit_code;
	/* What came has to be known even when a step failed: it is what is undone. */
	struct err unused = { 0 };
	if (!system_note_changes(job, journal, ok ? err : &unused) || !ok ||
	    (job->root[0] && !image_initramfs(&run, err)))
		return false;
	report_phase(&job->report, "check");
	return do_steps(job->plan.check.p, job->plan.check.count, &run, err);
}

bool apply_package(struct job *job, struct state *journal, bool *reboot, struct err *err)
{
	char parent[PLATFORM_PATH_MAX], dir[PLATFORM_PATH_MAX];
	if (!job_path(job, platform_place(PLACE_STATE), parent, err) ||
	    !platform_make_staging(parent, dir, err))
		return false;
	bool ok = staged_steps(job, dir, journal, reboot, err);
	struct err left = { 0 };
	if ((journal->policy && !system_tidy(job, &left)) || !apply_clean(job, &left))
		report_say(&job->report, "not all could be tidied up: %s", left.msg);
	else
		journal->policy = false;
	return ok;
}

/* --- undo -------------------------------------------------------------------------------------- */

void apply_undo(struct job *job, struct state *journal, const struct state *last)
{
	struct err err = { 0 };
	char detail[STEP_DETAIL_SIZE] = "";
	if (!job_read_facts(job, &err)) {
		report_say(&job->report, "nothing was undone: %s", err.msg);
		return;
	}
	bool ok = system_undo(job, journal, last, detail, &err) &&
		  (!job->root[0] || last->first_boot.result || image_forget(job, &err));
	report_step(&job->report, "undo", ok ? "ok" : "failed", ok ? detail : err.msg);
}
