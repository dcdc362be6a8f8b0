/* SPDX-License-Identifier: MIT */
/*
 * installers.h - how the vendor's installers are run: what a package needs, and its steps, as a manifest
 * has them.  manifests/README.md, How vendor packages are installed, says why.
 */
#ifndef INSTALLERS_H
#define INSTALLERS_H

#include "json.h"
#include "texts.h"

struct installer {
	const char *file; /* "MLNX_OFED_LINUX-5.5-1.0.3.2-rhel7.6-x86_64.tgz", unpacked at ofed/ */
	const char *driver;  /* "mlnx-ofed", "winof-2", "winof" */
	const char *version; /* "5.5-1.0.3.2" */
	const char *variant; /* the system that the vendor made it for: "rhel7.6" */
	/* RHEL: where the kernels of that release begin, "3.10.0-957", or NULL */
	const char *kernels;
	/* MLNX_OFED: rebuilt for this kernel, whose kernel-devel is this file; or NULL */
	const char *kernel_devel, *kernel_devel_rpm;
};

/* Put "needs", "install", "check" and "uninstall" into @package.  Texts stand in @texts. */
bool installers_add(struct json *j, struct json_value *package, const struct installer *what,
		    struct texts *texts, struct err *err) MUST_CHECK;

#endif
