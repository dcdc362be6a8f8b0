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
#include "image.h"
#include "system.h"

/* State and journal as one: what an interrupted install brought goes as well. */
static bool read_all(struct job *job, struct state *state, struct state *journal, struct err *err)
{
	struct err why = { 0 };
	bool have = job_read_state(job, STATE_FILE, state, &why);
	if (!have && why.code != ERR_NO)
		return err_set(err, why.code, "%s", why.msg);
	have = job_read_state(job, JOURNAL_FILE, journal, &why) || have;
	if (!have && why.code != ERR_NO)
		return err_set(err, why.code, "%s", why.msg);
	return true;
}

static bool run_steps(struct job *job, const struct state *s, bool *reboot, struct err *err)
{
	struct step_run run = { .job = job, .locked = true };
	for (size_t i = 0; i < s->uninstall_count; i++)
		if (!step_do(&s->uninstall[i], &run, err))
			return false;
	*reboot = run.reboot;
	return true;
}

static bool write_end(struct job *job, struct state *s, bool reboot, struct err *err)
{
	AUTO(state_done) struct state end = { 0 };
	end.operation = "uninstall";
	end.result = "removed";
	end.reason = reboot ? "reboot-required" : "ok";
	end.reboot_required = reboot;
	end.when = platform_now();
	end.bundle = s->bundle;
	end.bundle_version = s->bundle_version;
	end.package = s->package;
	end.package_version = s->package_version;
	return job_write_state(job, STATE_FILE, &end, err) && job_end_journal(job, err);
}

/* A journal of ours, so that an uninstall that is cut off is known as one. */
static bool write_journal(struct job *job, struct state *s, struct err *err)
{
	const char *operation = s->operation, *result = s->result;
	s->operation = "uninstall";
	s->result = "running";
	bool ok = job_write_state(job, JOURNAL_FILE, s, err);
	s->operation = operation;
	s->result = result;
	return ok;
}

static bool is_removed(const struct state *s)
{
	return !s->result || strcmp(s->result, "removed") == 0;
}

static bool remove_all(struct job *job, struct state *state, struct state *journal, bool *reboot,
		       struct err *err)
{
	struct runner_events ev = job_events(job);
	bool waited;
	report_phase(&job->report, "remove");
	if (!job_read_facts(job, err) || !runner_enter(job->runner, &ev, err))
		return false;
	if (!system_lock(job, &waited, err))
		return false;
	if (journal->result && !apply_recover(job, journal, err))
		return false;
	if (!job_read_facts(job, err)) /* once more: now nobody else changes them */
		return false;
	if (!journal->result && !write_journal(job, state, err))
		return false;
	struct state *main_state = is_removed(state) ? journal : state;
	return run_steps(job, main_state, reboot, err) &&
	       system_remove(job, state, journal, reboot, err) && system_tidy(job, err) &&
	       image_forget(job, err) && apply_clean(job, err) &&
	       write_end(job, main_state, *reboot, err);
}

bool command_uninstall(struct job *job, struct err *err)
{
	AUTO(platform_unlock) intptr_t handle = -1;
	AUTO(state_done) struct state state = { 0 };
	AUTO(state_done) struct state journal = { 0 };
	bool reboot = false;
	platform_catch_stop();
	if (!read_all(job, &state, &journal, err))
		return false;
	if (is_removed(&state) && !journal.result) {
		report_say(&job->report, "nothing is installed by this program");
		return true;
	}
	if (!job_lock(job, &handle, err) || !job_open_log(job, err) ||
	    !remove_all(job, &state, &journal, &reboot, err))
		return false;
	report_say(&job->report, "uninstalled%s", reboot ? "; reboot to finish" : "");
	report_reboot(&job->report, reboot);
	return true;
}
