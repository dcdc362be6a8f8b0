/* SPDX-License-Identifier: MIT */
/* step_check_windows.c - does it work?  The kinds of steps that look and change nothing. */
#include <string.h>

#include "products.h"
#include "step.h"

#define DEVICE_POLL_MS 500

bool step_software(const struct step *step, struct step_run *run, struct err *err)
{
	size_t at = 0;
	const char *wanted = step->args[0];
	/* What the system says now, not what the plan was made from. */
	if (!job_read_facts(run->job, err))
		return false;
	const struct facts_software *s =
		products_next(&run->job->facts, wanted, step->at_least, &at);
	if (s) {
		snprintf(run->detail, sizeof(run->detail), "'%s' %s is installed", s->name,
			 s->version);
		return true;
	}
	at = 0;
	s = products_next(&run->job->facts, wanted, NULL, &at);
	if (s)
		return err_set(err, ERR_CHECK, "'%s' is at %s, not at %s", s->name, s->version,
			       step->at_least);
	return err_set(err, ERR_CHECK, "no product whose name begins with '%s' is installed",
		       wanted);
}

/* --- device ------------------------------------------------------------------------------------ */

/* The first InfiniBand function that is present; *ready: with a driver and no problem. */
static const struct facts_nic *find_function(const struct facts *f, bool *ready)
{
	const struct facts_nic *found = NULL;
	*ready = false;
	for (size_t i = 0; i < f->nic_count && !*ready; i++) {
		const struct facts_nic *n = &f->nics[i];
		if (n->link != LINK_INFINIBAND || n->ghost)
			continue;
		found = n;
		*ready = n->driver && n->problem == 0;
	}
	return found;
}

static bool not_ready(const struct facts_nic *nic, uint32_t limit, struct err *err)
{
	if (!nic)
		return err_set(err, ERR_CHECK, "the InfiniBand function is gone");
	if (!nic->driver)
		return err_set(err, ERR_CHECK,
			       "the InfiniBand function %s got no driver within %u seconds",
			       nic->address, (unsigned)limit);
	return err_set(err, ERR_CHECK,
		       "the InfiniBand function %s with driver '%s' has problem %u (Device Manager "
		       "tells what that is)",
		       nic->address, nic->driver, (unsigned)nic->problem);
}

bool step_device(const struct step *step, struct step_run *run, struct err *err)
{
	struct job *job = run->job;
	bool ready = false;
	uint32_t limit = step->timeout < run->patience ? step->timeout : run->patience;
	uint64_t start = platform_monotonic();
	if (!job_read_facts(job, err))
		return false;
	const struct facts_nic *nic = find_function(&job->facts, &ready);
	const char *why = run->reboot ? "only after a reboot"
			  : !nic      ? "this machine has no InfiniBand function"
				      : NULL;
	if (why) {
		run->skipped = true;
		snprintf(run->detail, sizeof(run->detail), "%s", why);
		return true;
	}
	while (!ready) {
		if (platform_stops())
			return err_set(err, ERR_INTERRUPTED, "stopped while waiting for a device");
		if (platform_monotonic() - start >= (uint64_t)limit * 1000)
			return not_ready(nic, limit, err);
		platform_sleep(DEVICE_POLL_MS);
		if (!job_read_facts(job, err))
			return false;
		nic = find_function(&job->facts, &ready);
	}
	snprintf(run->detail, sizeof(run->detail), "%s is there, with driver '%s'", nic->address,
		 nic->driver);
	return true;
}
