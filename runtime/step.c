/* SPDX-License-Identifier: MIT */
/* step.c - doing a step and saying so, and the kind that runs a program. */
#include "step.h"

#include "step_env.h"

#include <string.h>

bool step_do(const struct step *step, struct step_run *run, struct err *err)
{
	run->detail[0] = run->last_line[0] = '\0';
	run->skipped = false;
	const char *name = step_kind_name(step->kind);
	unsigned programs = run->programs;
	uint64_t start = platform_monotonic();
	bool ok = step_dispatch(step, run, err);
	report_log(&run->job->report, "step %s took %.1f s", name,
		   (double)(platform_monotonic() - start) / 1000);
	run->done += ok && !run->skipped;
	const char *outcome = !ok ? "failed" : run->skipped ? "skipped" : "ok";
	const char *detail = ok ? run->detail : err->msg;
	if (run->programs != programs)
		report_step_code(&run->job->report, name, outcome, detail, run->exit_code);
	else
		report_step(&run->job->report, name, outcome, detail);
	return ok;
}

static void on_line(void *ctx, const char *text)
{
	struct step_run *run = ctx;
	snprintf(run->last_line, sizeof(run->last_line), "%s", text);
	report_log(&run->job->report, "| %s", text);
}

static void on_note(void *ctx, const char *text)
{
	struct step_run *run = ctx;
	report_say(&run->job->report, "%s", text);
}

struct runner_events step_events(struct step_run *run)
{
	return (struct runner_events) { on_line, on_note, run };
}

static bool has_code(const uint32_t *codes, size_t n, uint32_t code)
{
	for (size_t i = 0; i < n; i++)
		if (codes[i] == code)
			return true;
	return false;
}

bool step_program(struct step_run *run, const struct runner_request *req, struct err *err)
{
	struct runner_events ev = step_events(run);
	struct runner_result res;
	report_log(&run->job->report, "running '%s'%s%s", req->argv[0], req->cmdline ? " " : "",
		   req->cmdline ? req->cmdline : "");
	if (!runner_run(run->job->runner, req, &ev, &res, err))
		return false;
	run->programs++;
	run->exit_code = (uint32_t)res.exit_code;
	report_log(&run->job->report, "'%s' ended with %u", req->argv[0], (unsigned)run->exit_code);
	return true;
}

/* What the program wrote down goes beside our log, also when it failed. */
static void keep_log(const struct step *step, struct step_run *run)
{
	char path[PLATFORM_PATH_MAX];
	struct err err = { 0 };
	if (!step->log || !run->staging)
		return;
	int n = snprintf(path, sizeof(path), "%s/%s", run->staging, step->log);
	if (n < 0 || (size_t)n >= sizeof(path) ||
	    !job_keep_log(run->job, path, run->package->id, &err))
		report_log(&run->job->report, "'%s' is not kept: %s", step->log, err.msg);
}

bool step_run(const struct step *step, struct step_run *run, struct err *err)
{
	const char *argv[STEP_ARGS_MAX + 2];
	AUTO(buf_done) struct buf texts = BUF_INIT(1u << 20);
	struct runner_request req = {
		.argv = argv,
		.cmdline = step->cmdline,
		.dir = run->staging ? run->staging : platform_place(PLACE_ANYWHERE),
		.timeout = step->timeout,
	};
	if (!run->staging && step_needs_payload(step)) {
		run->skipped = true;
		snprintf(run->detail, sizeof(run->detail),
			 "'%s' needs the payload, which is not here", step->args[0]);
		return true;
	}
	AUTO(step_env_done) struct step_env env = { 0 };
	if (!step_args_at(step, run->staging ? run->staging : "", &texts, argv, err) ||
	    !step_env_make(run, &env, err))
		return false;
	req.env = env.vars;
	bool ended = step_program(run, &req, err);
	keep_log(step, run);
	if (!ended)
		return false;
	unsigned code = run->exit_code;
	bool reboot = has_code(step->reboot, step->reboot_count, code);
	bool ok = step->ok_count ? has_code(step->ok, step->ok_count, code) : code == 0;
	const char *meaning = step_meaning(step, code);
	if (!ok && !reboot)
		return err_set(err, ERR_STEP, "'%s' ended with %u%s%s%s%s", step->args[0], code,
			       meaning ? ", " : "", meaning ? meaning : "",
			       run->last_line[0] ? ": " : "", run->last_line);
	run->reboot = run->reboot || reboot;
	snprintf(run->detail, sizeof(run->detail), "'%s' ended with %u%s", step->args[0], code,
		 reboot ? ", reboot needed" : "");
	return true;
}
