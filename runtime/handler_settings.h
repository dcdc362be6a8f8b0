/* SPDX-License-Identifier: MIT */
/*
 * handler_settings.h - what the Azure guest agent tells an extension: HandlerEnvironment.json, and
 * N.settings with what somebody asked for in a template.
 *
 * The shapes are the agent's (Azure/WALinuxAgent, exthandlers.py).  What somebody may ask for is ours:
 *
 *   bundle          the bundle's absolute path; without it, the one that came with the extension
 *   package         this package or none
 *   requireTrust    true: only a bundle whose signer this machine trusts; false: as its policy says
 *   acceptLicenses  terms that are accepted, as `plan` names them
 *   reboot          "report": installed is installed; "wait": not before the machine has rebooted
 *
 * Settings add to what the machine's own policy asks of a bundle, and can't take anything from it.
 */
#ifndef HANDLER_SETTINGS_H
#define HANDLER_SETTINGS_H

#include "json.h"

#define HANDLER_ENVIRONMENT_FILE "HandlerEnvironment.json"
#define HANDLER_MANIFEST_FILE "HandlerManifest.json"
#define HANDLER_FILE_MAX (1u << 20) /* of each */
#define HANDLER_ACCEPT_MAX 32

struct handler_environment {
	struct json *doc; /* owns the strings */
	const char *name, *log, *config, *status;
	const char *heartbeat; /* NULL: none */
};
bool handler_environment_parse(const char *name, struct slice text, struct handler_environment *out,
			       struct err *err) MUST_CHECK;
void handler_environment_done(struct handler_environment *e); /* for AUTO() */

struct handler_settings {
	struct json *doc;             /* owns the strings; NULL: none were given */
	const char *bundle, *package; /* or NULL */
	const char *accept[HANDLER_ACCEPT_MAX];
	size_t accept_count;
	bool require_trust, wait_for_reboot;
	bool has_protected; /* there are encrypted ones, which nobody reads: nothing here is secret */
};

/*
 * An empty file is one without settings.  ERR_USAGE for what nobody can ask for, ERR_FORMAT for what is
 * no JSON: perhaps not yet.
 */
bool handler_settings_parse(const char *name, struct slice text, struct handler_settings *out,
			    struct err *err) MUST_CHECK;
void handler_settings_done(struct handler_settings *s); /* for AUTO() */

/* Does the manifest promise a heartbeat?  ERR_FORMAT when it is none. */
bool handler_manifest_parse(const char *name, struct slice text, bool *heartbeat, struct err *err)
	MUST_CHECK;

/* "12", and "12.settings".  False for anything else, and from 2^31 on. */
bool handler_sequence(const char *text, uint32_t *out);
bool handler_sequence_of_file(const char *name, uint32_t *out);

#endif
