/* SPDX-License-Identifier: MIT */
/*
 * facts.h - what is known about one machine.  A plain value: the runtime fills it from the system,
 * facts_parse() from a saved document, and the plan is computed from nothing else.
 *
 * The document (schema 1) is described in manifests/README.md, Facts.
 */
#ifndef FACTS_H
#define FACTS_H

#include "json.h"

#define FACTS_SCHEMA 1
#define FACTS_SIZE_MAX (16u << 20)
#define FACTS_NICS_MAX 64
#define FACTS_PACKAGES_MAX 65536

enum facts_link { LINK_UNKNOWN, LINK_INFINIBAND, LINK_ETHERNET };
enum facts_sriov { SRIOV_UNKNOWN, SRIOV_NONE, SRIOV_VF, SRIOV_PF };
enum facts_secure_boot { SECURE_BOOT_UNKNOWN, SECURE_BOOT_OFF, SECURE_BOOT_ON };

/* One PCI network function of vendor 15b3. */
struct facts_nic {
	const char *address;        /* "0101:00:00.0" */
	uint32_t vendor, device;    /* 0x15b3, 0x101c */
	uint32_t class_code;        /* 24 bits: 0x020700 InfiniBand, 0x020000 Ethernet */
	const char *driver;         /* "mlx5_core", or NULL when none is bound */
	const char *driver_version; /* or NULL: kernel's own */
	enum facts_sriov sriov;
	enum facts_link link; /* port's link layer where a driver tells, else by class */
};

/* One installed package (dpkg), with the relations that the plan checks. */
struct facts_package {
	const char *name, *version, *arch; /* arch in Debian's words: "amd64", "all" */
	const char *status;                /* "installed", "unpacked", "half-configured", ... */
	const char *depends;               /* Pre-Depends and Depends, as in the control file; "" */
	const char *conflicts;             /* Breaks and Conflicts; "" */
	const char *provides;              /* "" */
};

struct facts {
	struct json *doc;        /* owns every string that facts_parse() read */
	const char *comment;     /* where a saved document comes from, or NULL */
	const char *os;          /* "linux", "windows" */
	const char *id;          /* os-release ID: "debian" */
	const char *version_id;  /* "12"; "" when the system has none */
	const char *pretty_name; /* "" */
	const char *id_like[8];
	size_t id_like_count;
	const char
		*kernel; /* uname -r: "6.1.0-40-amd64"; with --root the newest in the root, or "" */
	const char *arch;    /* "x86_64", "aarch64" */
	const char *vm_size; /* or NULL */
	const char *product; /* DMI product name, or NULL */
	struct facts_nic nics[FACTS_NICS_MAX];
	size_t nic_count;
	bool network_direct;    /* VMBus Network Direct device present */
	const char *nd_version; /* KVP NdDriverVersion, or NULL */
	enum facts_secure_boot secure_boot;
	bool chroot;            /* an image root or container: no hardware of its own to check */
	uint64_t space_staging; /* free bytes where payload is staged */
	uint64_t space_system;  /* free bytes where packages are installed */
	const char *package_manager; /* "dpkg", "rpm", "none" */
	bool package_manager_locked;
	struct facts_package *packages; /* owned array, sorted by name then arch, no two the same */
	size_t package_count;
};

bool facts_parse(const char *name, struct slice text, struct facts *out, struct err *err)
	MUST_CHECK;
void facts_done(struct facts *f);
bool facts_write(const struct facts *f, struct buf *out, struct err *err) MUST_CHECK; /* pretty */

/* Whoever fills in packages calls this last. */
void facts_sort_packages(struct facts *f);

/* Position of the first package of that name, or where it would stand. */
size_t facts_first_package(const struct facts *f, const char *name);

/* Installed package by name and Debian architecture ("all" matches any), or NULL. */
const struct facts_package *facts_find_package(const struct facts *f, const char *name,
					       const char *arch);

const char *facts_link_name(enum facts_link link);
const char *facts_secure_boot_name(enum facts_secure_boot secure_boot);

/* "amd64" for "x86_64", "arm64" for "aarch64"; any other as it is.  The one place that knows. */
const char *facts_deb_arch(const char *machine);

#endif
