/* SPDX-License-Identifier: MIT */
/*
 * kernels.h - the newest kernels of a release's default series.
 *
 * Debian's meta package ("linux-image-amd64") depends on the kernel of the day; the archive also
 * holds the ones before it.  An ABI is what `uname -r` says: "6.1.0-40-amd64", "6.12.48+deb13-amd64".
 */
#ifndef KERNELS_H
#define KERNELS_H

#include "apt_index.h"
#include "resolve.h"
#include "texts.h"

/*
 * The @newest highest ABIs, newest first, of signed kernels of the same series (the first two
 * numbers of the version) and flavour as the meta package @series; texts belong to @texts.  Fewer
 * when there aren't that many; none at all is ERR_UNRESOLVED.
 */
bool kernels_newest(const char *repository, const struct apt_index *indexes, size_t index_count,
		    const struct apt_package *meta, const char *series, size_t newest,
		    struct texts *texts, const char **abis, size_t *count, struct err *err)
	MUST_CHECK;

#endif
