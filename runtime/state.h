/* SPDX-License-Identifier: MIT */
/*
 * state.h - what this program did to a system, in files under PLACE_STATE of that system.
 *
 * state.json    how the last install or uninstall ended, and which packages came with it
 * journal.json  there only while one is under way; found at the start of a run, it says that the
 *               last one was cut off, and what it had in hand
 *
 * Both have the same shape.  Each is replaced as a whole.
 */
#ifndef STATE_H
#define STATE_H

#include "catalog.h"
#include "inventory.h"
#include "json.h"

#define STATE_FILE "state.json"
#define JOURNAL_FILE "journal.json"
#define STATE_SIZE_MAX (16u << 20)

struct state_deb {
	const char *name, *version, *arch;
	const char *from; /* the version it replaced, or NULL: newly added by us */
};

struct state {
	struct json *doc;      /* owns the strings of a state that was read */
	const char *operation; /* "install", "uninstall" */
	const char *result;    /* "running", "installed", "failed", "interrupted", "removed" */
	const char *reason;    /* the stable word */
	const char *message;   /* "" when all went well */
	uint64_t when;         /* seconds since 1970 */
	const char *bundle, *bundle_version;
	const char *package, *package_version;
	bool reboot_required;
	bool policy;            /* a policy-rc.d of ours stands in the root */
	struct state_deb *debs; /* owned */
	size_t deb_count;
	struct step *uninstall; /* owned; the package's own uninstall steps */
	size_t uninstall_count;
	bool has_exit_code; /* a step ran a program of the package: the last one ended with */
	uint32_t exit_code;
	struct inventory came; /* Windows: what came with our installs, and is there */
	/* Windows, in a journal: what there was before the first step.  No longer than it runs. */
	bool has_before;
	struct inventory before;
	bool changed; /* not in a file: a step of this run succeeded, so there may be things to undo */
};

/* ERR_NO when there is no such file. */
bool state_read(const char *path, struct state *out, struct err *err) MUST_CHECK;
bool state_write(const char *path, const struct state *s, struct err *err) MUST_CHECK;
void state_done(struct state *s);

/* Whole text of a state, as `status --json` prints it. */
bool state_print(const struct state *s, struct buf *out, struct err *err) MUST_CHECK;

/* Did an install of this very package end well? */
bool state_tells_of(const struct state *s, const char *package, const char *version);

/*
 * Did it end with a reboot that is still due?  @up: milliseconds since the machine started; then it
 * is due if the state was written since.
 */
bool state_awaits_reboot(const struct state *s, uint64_t now, uint64_t up);

const struct state_deb *state_find(const struct state *s, const char *name, const char *arch);
bool state_add(struct state *s, struct state_deb deb, struct err *err) MUST_CHECK;

#endif
