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
#define FACTS_SOFTWARE_MAX 1024
#define FACTS_DRIVERS_MAX 4096
#define FACTS_NAMES_MAX 1024

enum facts_link { LINK_UNKNOWN, LINK_INFINIBAND, LINK_ETHERNET };
enum facts_sriov { SRIOV_UNKNOWN, SRIOV_NONE, SRIOV_VF, SRIOV_PF };
enum facts_secure_boot { SECURE_BOOT_UNKNOWN, SECURE_BOOT_OFF, SECURE_BOOT_ON };
enum facts_answer {
	ANSWER_UNKNOWN,
	ANSWER_NO,
	ANSWER_YES
}; /* unknown: the document has no such key */

/* One PCI network function of vendor 15b3. */
struct facts_nic {
	const char *address;        /* "0101:00:00.0" */
	uint32_t vendor, device;    /* 0x15b3, 0x101c */
	uint32_t class_code;        /* 24 bits: 0x020700 InfiniBand, 0x020000 Ethernet */
	const char *driver;         /* "mlx5_core", or NULL when none is bound */
	const char *driver_version; /* or NULL: kernel's own */
	enum facts_sriov sriov;
	enum facts_link link; /* port's link layer where a driver tells, else by class */
	bool ghost;           /* Windows: registered, but not there now; it satisfies no rule */
	uint32_t problem;     /* Windows: Configuration Manager's problem number, or 0 */
};

/* One installed package (dpkg), with the relations that the plan checks. */
struct facts_package {
	const char *name, *version, *arch; /* arch in Debian's words: "amd64", "all" */
	const char *status;                /* "installed", "unpacked", "half-configured", ... */
	const char *depends;               /* Pre-Depends and Depends, as in the control file; "" */
	const char *conflicts;             /* Breaks and Conflicts; "" */
	const char *provides;              /* "" */
};

/* Windows: one installed product, from the uninstall keys of the registry. */
struct facts_software {
	const char *name;    /* DisplayName: "MLNX_WinOF2" */
	const char *version; /* DisplayVersion; "" when it has none */
	const char *code;    /* Windows Installer's product code "{GUID}", or NULL: not an MSI's */
};

/* Windows: one package of the driver store. */
struct facts_driver {
	const char *inf;      /* the store's name for it: "oem12.inf" */
	const char *original; /* the vendor's name: "mlx5.inf", or NULL when not known */
	const char *provider, *class_name, *version;
};

/* A list of names that may be unknown. */
struct facts_names {
	const char **names; /* owned array */
	size_t count;
	bool known; /* looked for: an empty list says that there are none */
};

struct facts {
	struct json *doc;        /* owns every string that facts_parse() read */
	const char *comment;     /* where a saved document comes from, or NULL */
	const char *os;          /* "linux", "windows" */
	const char *id;          /* os-release ID: "debian"; "windows", "windows-server" */
	const char *version_id;  /* "12", "2012r2"; "" when the system has none */
	const char *pretty_name; /* "" */
	const char *id_like[8];
	size_t id_like_count;
	/*
	 * uname -r: "6.1.0-40-amd64"; with --root the newest in the root, or "".  Windows:
	 * major.minor.build.revision, "10.0.17763.5830".
	 */
	const char *kernel;
	const char *arch;         /* "x86_64", "aarch64" */
	const char *vm_size;      /* or NULL */
	const char *product;      /* DMI product name, or NULL */
	const char *edition;      /* Windows: EditionID, "ServerDatacenter"; or NULL */
	const char *installation; /* Windows: "client", "server", "server-core"; or NULL */
	const char
		*product_type; /* Windows: "workstation", "server", "domain-controller"; or NULL */
	enum facts_answer elevated;       /* may this process install? */
	enum facts_answer pending_reboot; /* is one due already? */
	struct facts_nic nics[FACTS_NICS_MAX];
	size_t nic_count;
	bool network_direct;    /* VMBus Network Direct device present */
	const char *nd_version; /* KVP NdDriverVersion, or NULL */
	enum facts_secure_boot secure_boot;
	bool chroot;            /* an image root or container: no hardware of its own to check */
	uint64_t space_staging; /* free bytes where payload is staged */
	uint64_t space_system;  /* free bytes where packages are installed */
	const char *package_manager; /* "dpkg", "rpm", "msi" (Windows Installer), "none" */
	bool package_manager_locked; /* another process holds it: another installation is running */
	struct facts_package *packages; /* owned array, sorted by name then arch, no two the same */
	size_t package_count;
	struct facts_software *software; /* owned array */
	size_t software_count;
	struct facts_driver *drivers; /* owned array */
	size_t driver_count;

	/* Linux: can a driver be built, loaded and installed? (facts_stack.h) */
	enum facts_answer kernel_headers;   /* of @kernel */
	struct facts_names tools;           /* those of needs.h that are there */
	struct facts_names builtin_modules; /* of the mlx and InfiniBand families, in @kernel */
	const char *vendor_stack;           /* "MLNX_OFED_LINUX-5.8-1.0.1.1", or NULL */
	const char *package_manager_broken; /* what is wrong with it, or NULL */
	enum facts_answer staging_noexec; /* where payload is staged, or where dpkg's scripts lie */
	enum facts_answer staging_read_only; /* where payload is staged */
	enum facts_answer system_read_only;  /* where packages are installed */
	enum facts_answer space_shared;      /* both are one file system */
};

bool facts_parse(const char *name, struct slice text, struct facts *out, struct err *err)
	MUST_CHECK;
void facts_done(struct facts *f);
bool facts_write(const struct facts *f, struct buf *out, struct err *err) MUST_CHECK; /* pretty */

/* @name is borrowed. */
bool facts_names_add(struct facts_names *names, const char *name, struct err *err) MUST_CHECK;
bool facts_names_has(const struct facts_names *names, const char *name);

/* Whoever fills in packages calls this last. */
void facts_sort_packages(struct facts *f);

/* Position of the first package of that name, or where it would stand. */
size_t facts_first_package(const struct facts *f, const char *name);

/* Installed package by name and Debian architecture ("all" matches any), or NULL. */
const struct facts_package *facts_find_package(const struct facts *f, const char *name,
					       const char *arch);

const char *facts_link_name(enum facts_link link);
const char *facts_secure_boot_name(enum facts_secure_boot secure_boot);

/* Is @text a product code: "{8-4-4-4-12 hex digits}"? */
bool facts_product_code_is_valid(const char *text);

/* "amd64" for "x86_64", "arm64" for "aarch64"; any other as it is.  The one place that knows. */
const char *facts_deb_arch(const char *machine);

#endif
