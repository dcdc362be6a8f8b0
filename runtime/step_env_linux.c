/* SPDX-License-Identifier: MIT */
/*
 * step_env_linux.c - see step_env.h.
 *
 * While we install, dpkg's frontend lock is ours, so that nobody else changes packages in between.  A
 * vendor's program that calls dpkg or apt is told that: dpkg by a variable, as apt tells it, and apt by
 * a configuration file (apt.conf(5), APT_CONFIG), since it has no such variable.
 */
#include "step_env.h"

#include <string.h>

static const char apt_conf[] = "# Placed by ibbundle, which holds the lock while it installs.\n"
			       "Debug::NoLocking \"true\";\n";

bool step_env_make(const struct step_run *run, struct step_env *out, struct err *err)
{
	char inside[256];
	*out = (struct step_env) { 0 };
	snprintf(inside, sizeof(inside), "%s/apt.conf", platform_place(PLACE_STATE));
	if (!run->locked || strcmp(run->job->facts.package_manager, "dpkg") != 0)
		return true;
	if (!job_path(run->job, inside, out->file, err) ||
	    !platform_write_file(out->file, slice_str(apt_conf), 0644, err))
		return false;
	snprintf(out->text, sizeof(out->text), "APT_CONFIG=%s", inside);
	out->vars[0] = "DPKG_FRONTEND_LOCKED=1";
	out->vars[1] = out->text;
	return true;
}

void step_env_done(struct step_env *e)
{
	/* one that stays is replaced by the next program, and is no harm before */
	if (e->file[0] && !platform_remove_file(e->file, NULL))
		return;
}
