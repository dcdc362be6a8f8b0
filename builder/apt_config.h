/* SPDX-License-Identifier: MIT */
/*
 * apt_config.h - what this machine's own apt knows: where an archive is, which keys it trusts for
 * it, and whether it minds an old Release file.
 *
 * So that no manifest of ours has to name a mirror.  Asked of apt-get(8) and apt-config(8).
 */
#ifndef APT_CONFIG_H
#define APT_CONFIG_H

#include "buf.h"
#include "err.h"

#define APT_ARCHIVES_MAX 256
#define APT_DEFAULT_KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"

struct apt_archive {
	const char *label; /* of its Release file: "Debian", "Debian-Security" */
	const char *uri;   /* base, without a slash at the end */
	char *keyring;     /* owned; Signed-By, or NULL when its source entry names no file */
};

struct apt_config {
	struct buf text; /* owns the archives' texts */
	struct apt_archive *archives;
	size_t count;
	bool check_valid_until;
};

/* Fails when this machine has no apt. */
bool apt_config_read(struct apt_config *out, struct err *err) MUST_CHECK;
void apt_config_done(struct apt_config *c); /* accepts a zeroed struct; for AUTO() */

/* The archive with @label, or NULL. */
const struct apt_archive *apt_config_find(const struct apt_config *c, const char *label);

/*
 * The Signed-By path of an entry of a sources file, @entry counted from 1 as apt does: paragraphs
 * in a .sources file, lines in a .list file.  Empty when it has none or carries the key itself.
 */
struct slice apt_signed_by(const char *path, struct slice text, uint64_t entry);

#endif
