/* SPDX-License-Identifier: MIT */
/*
 * steps.h - what is done to a machine for one package, as a manifest, a catalog and a state write
 * it.  manifests/README.md, Steps describes every kind and which system it is for; carrying them
 * out is the runtime's (step.h).
 */
#ifndef STEPS_H
#define STEPS_H

#include "json.h"

#define STEP_TIMEOUT_MAX 86400u
#define STEP_ARGS_MAX 64 /* of a program; paths; properties besides the path */
#define STEP_CODES_MAX 8
#define STEP_CMDLINE_MAX 8192 /* bytes */
#define STEP_NAME_MIN 4       /* of "software" and "remove": a beginning of all names fits all */
#define STEP_NAME_MAX 256
#define STEP_PROPERTY_NAME_MAX 64
#define STEP_PROPERTY_VALUE_MAX 1024
#define STEP_TEXT_MAX 65536 /* of "file" */
#define STEP_MEANINGS_MAX 32
#define STEPS_MAX 64 /* in one list */

struct facts;

enum step_kind {
	STEP_RUN,       /* argv, never a shell */
	STEP_DEB,       /* Linux: the closure, by dpkg, in batches */
	STEP_INSTALLED, /* Linux check: every deb of the closure is installed, at least at its version */
	STEP_LIBRARIES, /* Linux check: the dynamic loader finds and binds these libraries */
	STEP_FILE,      /* Linux: a file of the system, with this text */
	STEP_SETTING,   /* Linux: "key=value" in a file of the system */
	STEP_DKMS,      /* Linux check: dkms has built and installed these modules */
	STEP_MODULES, /* Linux: are loaded modules those that are installed? else restart, or reboot */
	STEP_DEVICE,   /* check: an RDMA device shows up (skipped, and said so, without hardware) */
	STEP_MSI,      /* Windows: a package of Windows Installer */
	STEP_INF,      /* Windows: driver packages, into the driver store */
	STEP_SOFTWARE, /* Windows check: an installed product of that name */
	STEP_REMOVE,   /* Windows uninstall: every product of Windows Installer of that name */
};

struct step {
	enum step_kind kind;
	/*
	 * NULL-terminated.  run: argv; libraries: names; msi: path, then "NAME=value" by name; inf:
	 * paths; software, remove: how the product's name begins; file: path, text; setting: file, key,
	 * value; dkms: names; modules: name_count names, then what restarts them.
	 */
	const char *args[STEP_ARGS_MAX + 2];
	size_t arg_count, name_count;
	const struct json_value *also;    /* run: arguments on conditions, checked; or NULL */
	const struct json_value *meaning; /* run: words for exit codes, checked; or NULL */
	uint32_t mode;                    /* file */
	const char *cmdline;  /* run, Windows: what follows the quoted program, verbatim; or NULL */
	const char *log;      /* run: a file that the program writes, safe relative path; or NULL */
	const char *at_least; /* software: lowest version; or NULL */
	uint32_t timeout;     /* seconds; each kind has its own where the step gives none */
	uint32_t ok[STEP_CODES_MAX], reboot[STEP_CODES_MAX]; /* exit codes that mean success, and */
	size_t ok_count, reboot_count;                       /* success with reboot needed */
};

/*
 * Read and check the value of a manifest's, catalog's or state's "install", "check" or "uninstall".
 * *out is one block: free() releases it; its texts borrow from @doc or stand in it.
 */
bool steps_parse(const struct json *doc, const struct json_value *array, struct step **out,
		 size_t *count, struct err *err) MUST_CHECK;

/*
 * Does each of the steps that @array was parsed to work on the system that @match (which has been
 * through match_check()) lets in?  A step of one system needs a package for that system only.
 */
bool steps_check_os(const struct json *doc, const struct json_value *array,
		    const struct step *steps, size_t count, const struct json_value *match,
		    struct err *err) MUST_CHECK;

/*
 * The steps for one machine: arguments whose conditions hold are added, ${kernel}, ${release} and
 * ${arch} replaced.  *out is one block: free() releases it; its texts borrow from @in or stand in it.
 * ERR_MACHINE_UNSUPPORTED when a value is needed and not known.
 */
bool steps_resolve(const struct step *in, size_t count, const struct facts *facts,
		   struct step **out, struct err *err) MUST_CHECK;

/* The arguments with ${staging} replaced, NULL-terminated; they stand in @texts. */
bool step_args_at(const struct step *step, const char *staging, struct buf *texts,
		  const char *argv[STEP_ARGS_MAX + 2], struct err *err) MUST_CHECK;

/* Is it, or does it use, a file of the payload? */
bool step_needs_payload(const struct step *step);

/* What exit code @code of its program means, or NULL. */
const char *step_meaning(const struct step *step, uint32_t code);

/* Put the step, as steps_parse() takes it, at the end of @list. */
void steps_write(struct json *doc, struct json_value *list, const struct step *step);

/* Of steps_write(): the members that steps_vendor.c knows. */
void steps_write_vendor(struct json *doc, struct json_value *v, const struct step *step);

/* "linux", "windows", or NULL for both. */
const char *step_os(const struct step *step);

/* "run", "deb", ... */
const char *step_kind_name(enum step_kind kind);

#endif
