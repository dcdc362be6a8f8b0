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
#include "facts.h"
#include "inventory.h"
#include "json.h"

#define STATE_FILE "state.json"
#define JOURNAL_FILE "journal.json"
#define STATE_SIZE_MAX (16u << 20)

struct state_deb {
	const char *name, *version, *arch;
	const char *from; /* the version it replaced, or NULL: newly added by us */
};

/* Linux: a file that a step made, or a line of one that it changed. */
struct state_setting {
	const char *path; /* inside the root */
	const char *key;  /* of the setting; NULL: the whole file is ours */
	const char *text; /* what it became: the content, or the line */
	const char *was;  /* the line that stood there; NULL: it is a new one */
	uint64_t nth;     /* of the lines about the key (setting_text.h) */
};

/* Linux: what became of an image on the machine that was made from it (image.h). */
struct state_first_boot {
	const char *result;  /* "pending", "ok", "failed"; NULL: it was installed on that machine */
	const char *message; /* "" when all went well, or nothing was tried yet */
	uint64_t when;       /* seconds since 1970; 0: not tried yet */
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
	struct state_setting *settings; /* owned; in the order in which they were made */
	size_t setting_count;
	struct state_first_boot first_boot;
	/* Linux, in a journal: the packages there were before a vendor's program ran. */
	struct state_deb *there; /* owned */
	size_t there_count;
};

/* @name is for messages. */
bool state_parse(const char *name, struct slice text, struct state *out, struct err *err)
	MUST_CHECK;
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

/* --- state_settings.c -------------------------------------------------------------------------- */

/* The one about the same file, key and line, or NULL. */
const struct state_setting *state_find_setting(const struct state *s,
					       const struct state_setting *like);
/* In the place of one about the same, or at the end. */
bool state_set_setting(struct state *s, struct state_setting setting, struct err *err) MUST_CHECK;
/* Those of @from that @s does not have. */
bool state_inherit_settings(struct state *s, const struct state *from, struct err *err) MUST_CHECK;
/* A copy of @text that s->doc owns, or NULL. */
const char *state_keep(struct state *s, struct slice text);

/* Note what there is before programs run, where that is not noted yet; and forget it again. */
bool state_note_there(struct state *s, const struct facts *f, struct err *err) MUST_CHECK;
bool state_inherit_there(struct state *s, const struct state *from, struct err *err) MUST_CHECK;
void state_forget_there(struct state *s);
/* The version that @p had then; NULL: it was not there. */
const char *state_version_then(const struct state *s, const struct facts_package *p);

/* For state.c. */
bool state_read_there(struct state *s, struct err *err) MUST_CHECK;
void state_write_there(struct json *j, struct json_value *top, const struct state *s);
bool state_read_settings(struct state *s, struct err *err) MUST_CHECK;
void state_write_settings(struct json *j, struct json_value *top, const struct state *s);

#endif
