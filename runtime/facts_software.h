/* SPDX-License-Identifier: MIT */
/*
 * facts_software.h - Windows: installed products and the packages of the driver store.
 *
 * Products are those of the uninstall keys in both views of the registry; updates and what hides
 * itself (SystemComponent) are left out.  Drivers are the third-party packages, %SystemRoot%\INF\
 * oem*.inf, of all providers.  Both are sorted, with none twice.
 */
#ifndef FACTS_SOFTWARE_H
#define FACTS_SOFTWARE_H

#include "facts.h"

/* facts_software_windows.c: f->doc must be there, the list is empty. */
bool facts_read_software(struct facts *f, struct err *err) MUST_CHECK;
bool facts_read_drivers(struct facts *f, struct err *err) MUST_CHECK;

/*
 * What makes up the lists.  @code is taken when it is a product code and @msi says that it is of
 * Windows Installer.  Refused (ERR_FORMAT) past FACTS_SOFTWARE_MAX and FACTS_DRIVERS_MAX.
 */
bool facts_add_product(struct facts *f, const char *name, const char *version, const char *code,
		       bool msi, struct err *err) MUST_CHECK;

struct facts_inf {
	const char *inf;    /* "oem12.inf" */
	const char *folder; /* in the driver store: "mlx5.inf_amd64_0123456789abcdef", or NULL */
	const char *provider, *class_name, *version;
};
bool facts_add_driver(struct facts *f, const struct facts_inf *inf, struct err *err) MUST_CHECK;

/* After the last one. */
void facts_sort_software(struct facts *f);

/* "oem", digits, ".inf", in either case: what the driver store calls a package of a third party. */
bool facts_is_oem_inf(const char *name);

#endif
