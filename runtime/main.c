/* SPDX-License-Identifier: MIT */
/*
 * main.c - the runtime's story, from start to end.
 *
 *   arguments -> root -> runner            (the process that executes is forked here)
 *             -> sandbox                   (this one can't any more, nor reach a network)
 *   own file -> locator -> root + signature -> catalog      (trust nothing before here)
 *            -> facts -> plan                               (reads only, changes nothing)
 *            -> extract -> install steps -> check -> report (journaled, undone or resumed)
 *
 * The rest of the list is in the command that was asked for; the first failure ends the run and
 * becomes the exit status.  Read next: command.c, job.h, command_install.c, apply.c, step.h,
 * runner.h, sandbox.h, facts_gather.c.
 */
#include "command.h"
#include "job.h"

static bool run(struct job *job, const struct arguments *args, struct err *err)
{
	if (!job_init(job, args, err))
		return false;
	job_shut_in(job);
	return args->command->run(job, err);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct arguments args;
	AUTO(job_done) struct job job = { 0 };

	if (!platform_start(&argc, &argv, &err)) {
		fprintf(stderr, "ibbundle: %s\n", err.msg);
		return err_status(err.code);
	}
	runner_serve_if_asked(argc, argv);
	if (!arguments_parse(argc, argv, &args, &err)) {
		struct err unused = { 0 };
		if (!report_init(&job.report, &args, &unused))
			args.json = false;
		return report_finish(&job.report, false, &err);
	}
	bool ok = run(&job, &args, &err);
	return report_finish(&job.report, ok, &err);
}
