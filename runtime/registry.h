/* SPDX-License-Identifier: MIT */
/*
 * registry.h - reading Windows' registry.  Never writes.
 *
 * Paths are those below HKEY_LOCAL_MACHINE, texts come out as UTF-8.  What is not there, has another
 * type than asked for, or is longer than REGISTRY_VALUE_MAX counts as not there: whoever wrote
 * it may be anybody's installer.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include "buf.h"

#define REGISTRY_VALUE_MAX (256u << 10) /* bytes of UTF-16 */
#define REGISTRY_NAME_MAX 256           /* characters of a key's name, Windows' own limit */

struct registry_key {
	void *key; /* HKEY, or NULL */
};

enum registry_view { REGISTRY_64, REGISTRY_32 };

bool registry_open(const char *path, enum registry_view view, struct registry_key *out) MUST_CHECK;
/* @parent's key of that name. */
bool registry_open_in(const struct registry_key *parent, const char *name, struct registry_key *out)
	MUST_CHECK;
void registry_close(struct registry_key *k); /* for AUTO() */
bool registry_exists(const char *path);

/*
 * @name "" is the key's own value.  A text (REG_SZ, REG_EXPAND_SZ: as it stands) is set as *out and
 * NUL-terminated; a list (REG_MULTI_SZ) has a NUL after each text.  *out is emptied first.
 */
bool registry_read(const struct registry_key *k, const char *name, struct buf *out) MUST_CHECK;
bool registry_read_list(const struct registry_key *k, const char *name, struct buf *out) MUST_CHECK;
bool registry_read_number(const struct registry_key *k, const char *name, uint32_t *out) MUST_CHECK;

/* The name of the key at @index below @k; false behind the last one. */
bool registry_child(const struct registry_key *k, uint32_t index, struct buf *out) MUST_CHECK;

/* A value's bytes in UTF-16, as any function of Windows gives them: all texts up to an empty one. */
bool registry_decode(const void *bytes, size_t size, bool list, struct buf *out) MUST_CHECK;

#endif
