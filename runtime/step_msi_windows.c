/* SPDX-License-Identifier: MIT */
/*
 * step_msi_windows.c - packages of Windows Installer, installed and uninstalled by msiexec.exe.
 *
 * Its verbose log stays beside ours: when it fails, the reason is there and nowhere else.
 */
#include <string.h>

#include "msiexec.h"
#include "path.h"
#include "products.h"
#include "step.h"
#include "wide.h"

#define BUSY_POLL_MS 2000
#define LINE_MAX_BYTES (32u << 10)

/* A path as a program in another directory understands it: absolute, with backslashes. */
static char *plain_path(const char *path, struct err *err)
{
	AUTO(wide_free) wchar_t *full = wide_path(path, err);
	if (!full)
		return NULL;
	/* msiexec takes no "\\?\"; on a share that stays, and msiexec says so */
	bool drive = full[4] && full[5] == L':';
	return wide_utf8(drive ? full + 4 : full, err);
}

static char *log_path(const struct step_run *run, const char *name, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	const char *package = run->package ? run->package->id : "uninstall";
	return job_beside_log(run->job, package, name, path, err) ? plain_path(path, err) : NULL;
}

/* Somebody else's installation: wait for it as long as for the lock itself. */
static bool wait_for_others(struct step_run *run, uint64_t until, struct err *err)
{
	struct runner_events ev = step_events(run);
	bool waited = false;
	uint64_t now = platform_monotonic();
	uint32_t left = now < until ? (uint32_t)((until - now + 999) / 1000) : 0;
	return runner_lock_packages(run->job->runner, left, &ev, &waited, err);
}

/* Run it to an answer other than "busy". */
static bool call(struct step_run *run, const char *line, uint32_t timeout, struct err *err)
{
	const char *const argv[] = { "msiexec.exe", NULL };
	struct runner_request req = {
		.argv = argv,
		.cmdline = line,
		.dir = run->staging ? run->staging : platform_place(PLACE_ANYWHERE),
		.timeout = timeout,
		.finish = true, /* it rolls back when it is cut, and that takes as long */
	};
	uint64_t until = platform_monotonic() + (uint64_t)run->job->args->lock_timeout * 1000;
	for (;;) {
		if (!wait_for_others(run, until, err) || !step_program(run, &req, err))
			return false;
		if (msiexec_answer(run->exit_code) != MSIEXEC_BUSY)
			return true;
		if (platform_monotonic() >= until)
			return err_set(err, ERR_LOCKED,
				       "msiexec ended with %u (%s): try again when it is done",
				       (unsigned)run->exit_code, msiexec_meaning(run->exit_code));
		if (platform_stops())
			return err_set(err, ERR_INTERRUPTED,
				       "stopped while another installation runs");
		report_say(&run->job->report, "another installation runs: trying again");
		platform_sleep(BUSY_POLL_MS);
	}
}

static bool failed(const struct step_run *run, const char *what, const char *log, struct err *err)
{
	const char *meaning = msiexec_meaning(run->exit_code);
	return err_set(err, ERR_STEP, "%s: msiexec ended with %u%s%s%s; its log is '%s'", what,
		       (unsigned)run->exit_code, meaning ? " (" : "", meaning ? meaning : "",
		       meaning ? ")" : "", log);
}

/* Whatever msiexec answered, but for what only an uninstallation takes as good. */
static bool settle(struct step_run *run, const char *what, const char *log, bool gone_is_good,
		   struct err *err)
{
	enum msiexec_answer answer = msiexec_answer(run->exit_code);
	if (answer == MSIEXEC_FAILED || (answer == MSIEXEC_GONE && !gone_is_good))
		return failed(run, what, log, err);
	run->reboot = run->reboot || answer == MSIEXEC_REBOOT;
	snprintf(run->detail, sizeof(run->detail), "%s: msiexec ended with %u%s", what,
		 (unsigned)run->exit_code,
		 answer == MSIEXEC_REBOOT ? ", reboot needed"
		 : answer == MSIEXEC_GONE ? ", it was gone already"
					  : "");
	return true;
}

bool step_msi(const struct step *step, struct step_run *run, struct err *err)
{
	char joined[PLATFORM_PATH_MAX], name[PATH_COMPONENT_MAX + 8];
	AUTO(buf_done) struct buf line = BUF_INIT(LINE_MAX_BYTES);
	const char *slash = strrchr(step->args[0], '/'), *file = slash ? slash + 1 : step->args[0];
	if (!run->staging)
		return err_set(err, ERR_STEP, "'%s' is in the payload, which is not here",
			       step->args[0]);
	int n = snprintf(joined, sizeof(joined), "%s\\%s", run->staging, step->args[0]);
	int k = snprintf(name, sizeof(name), "%s.log", file);
	if (n < 0 || (size_t)n >= sizeof(joined) || k < 0 || (size_t)k >= sizeof(name))
		return err_set(err, ERR_STEP, "path is too long: '%s'", step->args[0]);
	AUTO(auto_free) char *path = plain_path(joined, err);
	AUTO(auto_free) char *log = path ? log_path(run, name, err) : NULL;
	if (!log)
		return false;
	msiexec_add_install(&line, path, log, step->args + 1);
	return buf_ok(&line, "msiexec's command line", err) &&
	       call(run, buf_str(&line), step->timeout, err) && settle(run, file, log, false, err);
}

bool step_msi_uninstall(struct step_run *run, const char *code, const char *name, uint32_t timeout,
			struct err *err)
{
	char file[64];
	AUTO(buf_done) struct buf line = BUF_INIT(LINE_MAX_BYTES);
	if (!facts_product_code_is_valid(code))
		return err_set(err, ERR_FORMAT, "'%s' is not a product code", code);
	snprintf(file, sizeof(file), "%s.log", code);
	AUTO(auto_free) char *log = log_path(run, file, err);
	if (!log)
		return false;
	msiexec_add_uninstall(&line, code, log);
	return buf_ok(&line, "msiexec's command line", err) &&
	       call(run, buf_str(&line), timeout, err) && settle(run, name, log, true, err);
}

/* Every product of that name; those that Windows Installer does not know have no code. */
bool step_remove(const struct step *step, struct step_run *run, struct err *err)
{
	const struct facts_software *s;
	size_t at = 0, n = 0;
	if (!job_read_facts(run->job, err))
		return false;
	while ((s = products_next(&run->job->facts, step->args[0], NULL, &at)) != NULL) {
		if (!s->code) {
			report_say(&run->job->report,
				   "'%s' stays: it was not installed by Windows Installer",
				   s->name);
			continue;
		}
		if (!step_msi_uninstall(run, s->code, s->name, step->timeout, err))
			return false;
		n++;
	}
	if (n != 1) /* else it says what was removed */
		snprintf(run->detail, sizeof(run->detail),
			 "%zu products whose name begins with '%s'", n, step->args[0]);
	return true;
}
