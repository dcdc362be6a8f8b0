/* SPDX-License-Identifier: MIT */
/*
 * azure_resources.h - the list that Azure's InfiniBand extensions work from (`resources.json`).
 *
 *   Driver[].Name "OFED" -> Version[].Type -> OS[].Name -> Distro[].Name -> Version[]
 *
 * An element of the last has Num, FwLink and, for some, KernelDevelVer and KernelDevelRPM.  Reading
 * is strict: an unknown key or word is an error, since what it means is not known either.
 */
#ifndef AZURE_RESOURCES_H
#define AZURE_RESOURCES_H

#include "json.h"

#define AZURE_RESOURCES_MAX (1u << 20) /* bytes */
#define AZURE_ROWS_MAX 4096

enum azure_nic { AZURE_CX3_PRO, AZURE_CX5, AZURE_CX6, AZURE_NIC_COUNT };

/* One file for one NIC generation and release.  Texts are borrowed. */
struct azure_row {
	const struct json_value *value; /* for messages */
	enum azure_nic nic;
	bool windows;
	const char *distro;           /* "Ubuntu", "RHEL/CentOS", "2012R2", "2019/10" */
	const char *release;          /* "7.6"; "All" */
	const char *url;              /* FwLink */
	const char *kernel_devel;     /* "3.10.0-957.27.2.el7.x86_64", or NULL */
	const char *kernel_devel_url; /* or NULL; only together with kernel_devel */
};

struct azure_resources {
	struct json *doc;       /* owns every text */
	struct azure_row *rows; /* owned; in the document's order */
	size_t count;
};

bool azure_resources_parse(const char *name, struct slice text, struct azure_resources *out,
			   struct err *err) MUST_CHECK;
void azure_resources_done(struct azure_resources *r); /* accepts a zeroed struct; for AUTO() */

/*
 * A manifest that gives each machine of the rows the row's file, installed as its vendor documents
 * (manifests/README.md, Import).  It has been through manifest_parse().
 */
bool azure_resources_manifest(const struct azure_resources *r, const char *name,
			      const char *version, struct buf *out, struct err *err) MUST_CHECK;

#endif
