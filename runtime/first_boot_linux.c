/* SPDX-License-Identifier: MIT */
/*
 * first_boot_linux.c - `first-boot`: on the machine that was made from an image, see that the image's
 * package is the one for this hardware, load the drivers, and run the package's own checks.
 *
 * What comes out is in the state, for `status`.  When the checks pass, this program goes.
 */
#include <string.h>

#include "apply.h"
#include "command.h"
#include "image.h"
#include "system.h"

#define LOAD_TIMEOUT 120
#define MODALIAS_MAX 256

/* --- drivers ----------------------------------------------------------------------------------- */

/* What the kernel calls a function, as modprobe takes it; false when sysfs does not tell. */
static bool read_modalias(const struct facts_nic *nic, char out[MODALIAS_MAX])
{
	char path[PLATFORM_PATH_MAX];
	AUTO(buf_done) struct buf text = BUF_INIT(MODALIAS_MAX - 1);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.64s/modalias", nic->address);
	if (!platform_read_file(path, &text, NULL))
		return false;
	snprintf(out, MODALIAS_MAX, "%.*s", (int)strcspn(buf_str(&text), "\n"), buf_str(&text));
	return out[0] != '\0';
}

/*
 * udev has done most of it.  What can't be loaded is only said: a driver may be built in, and the
 * checks tell what matters.
 */
static bool load_modules(struct job *job, struct err *err)
{
	static const char *const always[] = { "ib_uverbs", "ib_umad", "rdma_ucm" };
	struct step_run run = { .job = job };
	const char *argv[FACTS_NICS_MAX + 8] = { "modprobe", "-a" };
	char aliases[FACTS_NICS_MAX][MODALIAS_MAX];
	size_t n = 2;
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		argv[n++] = always[i];
	for (size_t i = 0; i < job->facts.nic_count; i++)
		if (!job->facts.nics[i].driver && read_modalias(&job->facts.nics[i], aliases[i]))
			argv[n++] = aliases[i];
	struct runner_request req = { .argv = argv, .dir = "/", .timeout = LOAD_TIMEOUT };
	if (!step_program(&run, &req, err))
		return err_wrap(err, "loading modules");
	report_step(&job->report, "load", run.exit_code ? "skipped" : "ok",
		    run.exit_code ? run.last_line : "drivers");
	return true;
}

/* --- judging ----------------------------------------------------------------------------------- */

static bool is_the_same(struct job *job, const struct state *s, struct err *err)
{
	const struct package *p = job->plan.chosen;
	if (strcmp(p->id, s->package) == 0 && strcmp(p->version, s->package_version) == 0)
		return true;
	return err_set(err, ERR_CHECK,
		       "this machine needs '%s' %s (%s), and the image has '%s' %s: run the whole "
		       "bundle",
		       p->id, p->version, job->plan.reason, s->package, s->package_version);
}

static bool judge(struct job *job, const struct state *s, struct err *err)
{
	bool reboot = false;
	if (!job_open_bundle(job, err) || !job_read_facts(job, err) || !load_modules(job, err) ||
	    !job_read_facts(job, err) || !job_make_plan(job, err) || !is_the_same(job, s, err))
		return false;
	report_say(&job->report, "%s %s: %s", s->package, s->package_version, job->plan.reason);
	if (!system_is_installed(job, s))
		return err_set(err, ERR_CHECK,
			       "not all of '%s' is there any more: run the whole bundle",
			       s->package);
	return apply_checks(job, STEP_TIMEOUT_MAX, reboot, err);
}

/* A machine without such hardware proves nothing: another one may have it. */
static bool conclude(struct job *job, struct state *s, bool ok, struct err *err)
{
	struct err left = { 0 };
	bool waits = !ok && (err->code == ERR_NO_DEVICE || err->code == ERR_INTERRUPTED);
	s->first_boot = (struct state_first_boot) { ok      ? "ok"
						    : waits ? "pending"
							    : "failed",
						    ok ? "" : err->msg, platform_now() };
	if (!job_write_state(job, STATE_FILE, s, ok ? err : &left))
		return false;
	return !ok || image_forget(job, err);
}

bool command_first_boot(struct job *job, struct err *err)
{
	AUTO(platform_unlock) intptr_t handle = -1;
	AUTO(state_done) struct state s = { 0 };
	platform_catch_stop();
	if (!job_has_bundle(job, err) || !job_lock(job, &handle, err) || !job_open_log(job, err))
		return false;
	if (!job_read_state(job, STATE_FILE, &s, err) && err->code != ERR_NO)
		return false;
	if (!s.first_boot.result || strcmp(s.first_boot.result, "ok") == 0) {
		*err = (struct err) { 0 };
		report_say(&job->report, "there is nothing to finish");
		return image_forget(job, err);
	}
	bool ok = judge(job, &s, err);
	if (!conclude(job, &s, ok, err) || !ok)
		return false;
	report_say(&job->report, "the image's package works here: %s %s", s.package,
		   s.package_version);
	return true;
}
