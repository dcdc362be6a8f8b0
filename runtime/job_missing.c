/* SPDX-License-Identifier: MIT */
/* job_missing.c - packages of which blocks are in none of the files: what is missing, and where it may be. */
#include "job.h"
#include "missing.h"

/* The volume that comes next by its name may have it, if these files are volumes. */
static bool name_volume(const struct job *j, struct err *err)
{
	if (err && err->code == ERR_MISSING_BLOCK && j->volume[0])
		err_wrap(err, "there is no '%s'", j->volume);
	return false;
}

bool job_read_tree(const struct job *j, size_t index, struct tree *out, struct err *err)
{
	return missing_read_tree(&j->bundle, index, false, out, err) || name_volume(j, err);
}

bool job_check_blocks(struct job *j, struct err *err)
{
	struct err why = { 0 };
	size_t index = (size_t)(j->plan.chosen - j->bundle.catalog.packages);
	if (missing_check(&j->bundle, index, false, &why))
		return true;
	name_volume(j, &why);
	return why.code == ERR_MISSING_BLOCK ? preflight_add(&j->plan, why.code, why.msg, err)
					     : err_set(err, why.code, "%s", why.msg);
}

bool job_print_missing(const struct job *j, struct buf *out, struct err *err)
{
	if (!missing_print(&j->bundle, out, err))
		return false;
	if (j->volume[0])
		buf_printf(out, "  there is no '%s'\n", j->volume);
	return true;
}
