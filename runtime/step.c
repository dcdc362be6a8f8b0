/* SPDX-License-Identifier: MIT */
/* step.c - doing a step and saying so, and the kind that runs a program. */
#include "step.h"

#include <string.h>

bool step_do(const struct step *step, struct step_run *run, struct err *err)
{
	run->detail[0] = run->last_line[0] = '\0';
	run->skipped = false;
	const char *name = step_kind_name(step->kind);
	uint64_t start = platform_monotonic();
	bool ok = step_dispatch(step, run, err);
	report_log(&run->job->report, "step %s took %.1f s", name,
		   (double)(platform_monotonic() - start) / 1000);
	report_step(&run->job->report, name,
		    !ok            ? "failed"
		    : run->skipped ? "skipped"
				   : "ok",
		    ok ? run->detail : err->msg);
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

bool step_run(const struct step *step, struct step_run *run, struct err *err)
{
	struct runner_events ev = step_events(run);
	struct runner_request req = {
		.argv = step->args,
		.dir = run->staging ? run->staging : platform_place(PLACE_ANYWHERE),
		.timeout = step->timeout,
	};
	struct runner_result res;
	if (!run->staging && strncmp(step->args[0], "./", 2) == 0) {
		run->skipped = true;
		snprintf(run->detail, sizeof(run->detail),
			 "'%s' is in the payload, which is not here", step->args[0]);
		return true;
	}
	report_log(&run->job->report, "running '%s'", step->args[0]);
	if (!runner_run(run->job->runner, &req, &ev, &res, err))
		return false;
	uint32_t code = (uint32_t)res.exit_code;
	bool reboot = has_code(step->reboot, step->reboot_count, code);
	bool ok = step->ok_count ? has_code(step->ok, step->ok_count, code) : res.exit_code == 0;
	if (!ok && !reboot)
		return err_set(err, ERR_STEP, "'%s' ended with %d%s%s", step->args[0],
			       res.exit_code, run->last_line[0] ? ": " : "", run->last_line);
	run->reboot = run->reboot || reboot;
	snprintf(run->detail, sizeof(run->detail), "'%s' ended with %d%s", step->args[0],
		 res.exit_code, reboot ? ", reboot needed" : "");
	return true;
}
