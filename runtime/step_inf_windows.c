/* SPDX-License-Identifier: MIT */
/*
 * step_inf_windows.c - driver packages, into the driver store and out of it by pnputil.exe.
 *
 * All catalogs are checked before the first package is added; then one at a time, since only so the
 * exit code tells of it.
 */
#include <string.h>

#include "driver_trust.h"
#include "inventory.h"
#include "pnputil.h"
#include "step.h"

/* "STAGING\a\b.inf" */
static bool inf_path(const struct step_run *run, const char *name, char out[PLATFORM_PATH_MAX],
		     struct err *err)
{
	int n = snprintf(out, PLATFORM_PATH_MAX, "%s\\%s", run->staging, name);
	if (n < 0 || n >= PLATFORM_PATH_MAX)
		return err_set(err, ERR_STEP, "path is too long: '%s'", name);
	for (char *p = out; *p; p++)
		if (*p == '/')
			*p = '\\';
	return true;
}

static bool call(struct step_run *run, const char *const argv[PNPUTIL_ARGS], uint32_t timeout,
		 struct err *err)
{
	struct runner_request req = {
		.argv = argv,
		.dir = platform_place(PLACE_ANYWHERE),
		.timeout = timeout,
		.finish = true, /* a driver that is half installed is worse than either */
	};
	return step_program(run, &req, err);
}

static bool failed(const struct step_run *run, const char *inf, struct err *err)
{
	return err_set(err, ERR_STEP,
		       "'%s': pnputil ended with %u%s%s (more is in setupapi.dev.log in the INF "
		       "directory of Windows)",
		       inf, (unsigned)run->exit_code, run->last_line[0] ? ": " : "",
		       run->last_line);
}

static bool add(struct step_run *run, const char *name, uint32_t timeout, size_t *unused,
		struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	const char *argv[PNPUTIL_ARGS];
	if (!inf_path(run, name, path, err))
		return false;
	pnputil_add(run->job->facts.kernel, path, argv);
	if (!call(run, argv, timeout, err))
		return false;
	enum pnputil_answer answer = pnputil_answer(run->exit_code);
	if (answer == PNPUTIL_FAILED)
		return failed(run, name, err);
	run->reboot = run->reboot || answer == PNPUTIL_REBOOT;
	*unused += answer == PNPUTIL_UNUSED;
	return true;
}

bool step_inf(const struct step *step, struct step_run *run, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	size_t unused = 0;
	if (!run->staging)
		return err_set(err, ERR_STEP, "'%s' is in the payload, which is not here",
			       step->args[0]);
	for (size_t i = 0; i < step->arg_count; i++)
		if (!inf_path(run, step->args[i], path, err) || !driver_trust_check(path, err))
			return false;
	for (size_t i = 0; i < step->arg_count; i++)
		if (!add(run, step->args[i], step->timeout, &unused, err))
			return false;
	snprintf(run->detail, sizeof(run->detail),
		 "%zu driver packages are in the driver store, %zu of them for no device here%s",
		 step->arg_count, unused, run->reboot ? "; reboot needed" : "");
	return true;
}

bool step_inf_delete(struct step_run *run, const char *inf, uint32_t timeout, struct err *err)
{
	const char *argv[PNPUTIL_ARGS];
	if (!inventory_inf_is_valid(inf))
		return err_set(err, ERR_FORMAT, "'%s' is not a name of the driver store", inf);
	pnputil_delete(run->job->facts.kernel, inf, argv);
	if (!call(run, argv, timeout, err))
		return false;
	enum pnputil_answer answer = pnputil_answer(run->exit_code);
	if (answer == PNPUTIL_FAILED)
		return failed(run, inf, err);
	run->reboot = run->reboot || answer == PNPUTIL_REBOOT;
	return true;
}
