/* SPDX-License-Identifier: MIT */
/* image_windows.c - see image.h: there are no image roots (platform_has_roots). */
#include "command.h"
#include "image.h"

bool image_check(struct job *job UNUSED, struct err *err UNUSED)
{
	return true;
}

bool image_initramfs(struct step_run *run UNUSED, struct err *err UNUSED)
{
	return true;
}

bool image_is_unfinished(const struct job *job UNUSED, const struct state *last UNUSED)
{
	return false;
}

bool image_finish(struct job *job UNUSED, struct state *state UNUSED, struct err *err UNUSED)
{
	return true;
}

bool image_clean(struct job *job UNUSED, struct err *err UNUSED)
{
	return true;
}

bool image_forget(const struct job *job UNUSED, struct err *err UNUSED)
{
	return true;
}

bool command_first_boot(struct job *job UNUSED, struct err *err)
{
	return err_set(err, ERR_USAGE, "there are no image roots on this system");
}
