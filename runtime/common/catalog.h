/* SPDX-License-Identifier: MIT */
/*
 * catalog.h - the packages of a bundle: match rules, steps, digests (FORMAT.md, Catalog).
 */
#ifndef CATALOG_H
#define CATALOG_H

#include "crypto.h"
#include "json.h"

#define CATALOG_SIZE_MAX (16u << 20)
#define CATALOG_PACKAGES_MAX 4096
#define CATALOG_DEBS_MAX 65536
#define STEP_TIMEOUT_MAX 86400u
#define STEP_ARGS_MAX 64
#define STEP_CODES_MAX 8
#define STEPS_MAX 64 /* in one list */

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
};

/* Kinds of steps; the grammar of each is in manifests/README.md, Steps. */
enum step_kind {
	STEP_RUN,       /* argv, never a shell */
	STEP_DEB,       /* the closure, by dpkg, in batches */
	STEP_INSTALLED, /* check: every deb of the closure is installed, at least at its version */
	STEP_LIBRARIES, /* check: the dynamic loader finds and binds these libraries */
	STEP_DEVICE, /* check: an RDMA device shows up (skipped, and said so, without hardware) */
};

struct step {
	enum step_kind kind;
	const char *args[STEP_ARGS_MAX + 1]; /* argv, or library names; NULL-terminated */
	size_t arg_count;
	uint32_t timeout; /* seconds; each kind has its own where the step gives none */
	int ok[STEP_CODES_MAX],
		reboot[STEP_CODES_MAX]; /* exit codes that mean success, and success with reboot needed */
	size_t ok_count, reboot_count;
};

struct package_deb {
	uint32_t deb;   /* index into the catalog's debs */
	uint32_t batch; /* ascending from 0; one dpkg call each */
};

struct package {
	const char *id, *title, *version, *license;
	uint64_t priority; /* higher wins */
	const struct json_value *match;
	const char *kernel;                       /* the kernel ABI this package brings, or NULL */
	struct step *install, *check, *uninstall; /* owned */
	size_t install_count, check_count, uninstall_count;
	struct package_deb *debs; /* owned, in install order */
	size_t deb_count;
	/* Payload: the block that holds its tree, and the tree's raw digest. */
	uint32_t tree_block;
	struct {
		uint64_t size;
		uint8_t sha256[SHA256_SIZE];
	} tree;
	uint64_t payload_bytes, payload_files; /* as laid out: for the space check before reading */
	uint64_t vendor_bytes;                 /* sum of the vendor's files */
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

/* Read and check the value of a manifest's or catalog's "install", "check" or "uninstall" array. */
bool steps_parse(const struct json *doc, const struct json_value *array, struct step **out,
		 size_t *count, struct err *err) MUST_CHECK;

/* "run", "deb", ... */
const char *step_kind_name(enum step_kind kind);

/* By id, or NULL. */
const struct package *catalog_find(const struct catalog *c, const char *id);

#endif
