/* SPDX-License-Identifier: MIT */
/*
 * arguments.h - the command line.  Strict: an option that a command does not know, one that is
 * given twice and an operand too many are ERR_USAGE.
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stdint.h>

#include "err.h"
#include "trust_edit.h"

#define ARGUMENTS_LIST_MAX 64 /* no more than FACTS_NICS_MAX */

/* The values of an option that may be given again and again. */
struct argument_list {
	const char *v[ARGUMENTS_LIST_MAX];
	size_t count;
};
#define LOCK_TIMEOUT_DEFAULT 600 /* seconds to wait for the package manager */

/* Which options a command takes. */
enum {
	TAKES_ROOT = 1 << 0,    /* --root DIR */
	TAKES_FACTS = 1 << 1,   /* --facts FILE, --nic NAME */
	TAKES_PACKAGE = 1 << 2, /* --package ID, --kernel VERSION */
	TAKES_BUNDLE = 1 << 3,  /* --bundle FILE, --trust FILE, --require-trust, --ignore-clock */
	TAKES_JSON = 1 << 4,    /* --json */
	TAKES_CHANGE =
		1 << 5, /* --log FILE, --exit-codes NAME, --lock-timeout SECONDS, --progress */
	TAKES_INSTALL = 1 << 6, /* --allow-downgrade, --accept-license ID */
	TAKES_TRUST = 1 << 7,   /* what trust_edit.h has */
	TAKES_IMAGE = 1 << 8,   /* --anchor FILE, --policy FILE, --generalize */
	TAKES_FILES = 1 << 9,   /* --files */
	WRITES_FILES = 1 << 16, /* no option: one that changes files without installing */
	UNLISTED = 1 << 17,     /* no option: one that a unit starts, not people */
	STARTS_PROGRAM =
		1 << 18, /* no option: it starts this program, which then is in the sandbox */
};

enum exit_codes { EXIT_LINUX, EXIT_WINDOWS, EXIT_VM_APPLICATION };
#ifdef _WIN32
#define EXIT_DEFAULT EXIT_WINDOWS
#define EXIT_DEFAULT_NAME "windows"
#else
#define EXIT_DEFAULT EXIT_LINUX
#define EXIT_DEFAULT_NAME "linux"
#endif

struct arguments {
	const struct command *command;
	const char *operand; /* DIR of extract, command of help, or NULL */
	const char *root, *facts, *package, *kernel, *log, *policy;
	struct argument_list bundles, trust, accept, nics, anchors;
	struct trust_request request; /* of `trust` */
	uint32_t lock_timeout;
	enum exit_codes exit_codes;
	bool require_trust, ignore_clock, allow_downgrade, files, generalize, json, progress,
		verbose;
};

/*
 * Borrows from @argv.  Without a command it is `install`.  On failure out->command and out->json
 * are set as far as they were seen: they decide how the failure is told.
 */
bool arguments_parse(int argc, char **argv, struct arguments *out, struct err *err) MUST_CHECK;

#endif
