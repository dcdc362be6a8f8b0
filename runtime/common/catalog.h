/* SPDX-License-Identifier: MIT */
/*
 * catalog.h - the packages of a bundle: match rules, steps, digests (FORMAT.md, Catalog).
 */
#ifndef CATALOG_H
#define CATALOG_H

#include "crypto.h"
#include "json.h"
#include "steps.h"
#include "terms.h"

#define CATALOG_SIZE_MAX (16u << 20)
#define CATALOG_PACKAGES_MAX 4096
#define CATALOG_DEBS_MAX 65536

/* One Debian binary package; shared by all packages that carry it. */
struct catalog_deb {
	const char *name, *version, *arch; /* "amd64", "all" */
	const char *path;                  /* in the payload: "debs/rdma-core_44.0-2_amd64.deb" */
	const char *depends;               /* "Pre-Depends, Depends" as in the control file; "" */
	const char *conflicts;             /* "Breaks, Conflicts"; "" */
	const char *provides;              /* "" */
	bool essential;
	uint64_t size;               /* of the .deb */
	uint64_t installed_size;     /* bytes, from Installed-Size */
	uint8_t sha256[SHA256_SIZE]; /* of the vendor's file */
	bool exact;                  /* the vendor's file can be given back */
};

struct package_deb {
	uint32_t deb;   /* index into the catalog's debs */
	uint32_t batch; /* ascending from 0; one dpkg call each */
};

/* What is compressed again when the payload is laid out; zeros: nothing is. */
struct package_remake {
	uint64_t files, bytes; /* recipes that make pieces, and the sum of their inputs */
	uint64_t memory;       /* bytes that it takes at least: remake.h */
	uint64_t cpu_seconds;  /* that it took, or would have taken, whoever built the bundle */
};

struct package {
	const struct json_value *object; /* all of it, for what only the builder looks at */
	const char *id, *title, *version, *license;
	struct terms terms; /* id NULL: none that are known */
	uint64_t priority;  /* higher wins */
	const struct json_value *match;
	const struct json_value *needs;           /* of the machine, needs.h; or NULL */
	const char *kernel;                       /* the kernel ABI this package brings, or NULL */
	struct step *install, *check, *uninstall; /* owned */
	size_t install_count, check_count, uninstall_count;
	struct package_deb *debs; /* owned, in install order */
	size_t deb_count;
	uint32_t *groups; /* owned, ascending: of all blocks that it needs, and of their prefixes */
	size_t group_count;
	/* Payload: the block that holds its tree, and the tree's raw digest. */
	uint32_t tree_block;
	struct {
		uint64_t size;
		uint8_t sha256[SHA256_SIZE];
	} tree;
	uint64_t payload_bytes, payload_files; /* as laid out: for the space check before reading */
	struct package_remake remake;
	uint64_t vendor_bytes; /* sum of the vendor's files */
	/* Of these, what can't be given back byte for byte: it is laid out in another form only. */
	uint64_t inexact_bytes, inexact_files;
};

struct catalog {
	struct json *doc; /* owns every string */
	struct catalog_deb *debs;
	size_t deb_count;
	struct package *packages; /* sorted by id */
	size_t package_count;
};

/* @text has been authenticated.  Every index and limit is checked all the same. */
bool catalog_parse(struct slice text, struct catalog *out, struct err *err) MUST_CHECK;
void catalog_done(struct catalog *c);

/* By id, or NULL. */
const struct package *catalog_find(const struct catalog *c, const char *id);

#endif
