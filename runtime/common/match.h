/* SPDX-License-Identifier: MIT */
/*
 * match.h - does a package fit a machine?  Rules are data, evaluated the same in builder and
 * runtime.  manifests/README.md, Match describes every key.
 */
#ifndef MATCH_H
#define MATCH_H

#include "facts.h"
#include "json.h"

#define MATCH_REASON_SIZE 256

/* Check the shape of a "match" object: known keys, right types, valid terms. */
bool match_check(const struct json *doc, const struct json_value *match, struct err *err)
	MUST_CHECK;

/*
 * @match has been through match_check().  The first rule that does not hold, in the fixed order os,
 * arch, nic, link, mode, distro, release, installation, edition, kernel, secure_boot, headers,
 * tools.  True when all hold.  @reason names rule and value found:
 * "kernel 5.15.0-1041-azure is not < 5.4".  *key is the rule's key ("kernel"), a constant.
 */
bool match_holds(const struct json_value *match, const struct facts *facts, const char **key,
		 char reason[MATCH_REASON_SIZE]);

/*
 * How many of the rules about the system alone (os, arch, distro, release, installation, edition,
 * kernel) do not hold; @reason is that of the first.
 */
size_t match_system_misses(const struct json_value *match, const struct facts *facts,
			   char reason[MATCH_REASON_SIZE]);

/* Does the rule "os" let in @os and no other? */
bool match_os_is(const struct json_value *match, const char *os);

/* Is @key one of those? */
bool match_key_is_system(const char *key);

/*
 * Could one machine satisfy both?  False only when two rules plainly shut each other out; functions
 * of different ids count as different machines.
 */
bool match_overlap(const struct json_value *a, const struct json_value *b);

/*
 * Does the rule "distro" name the machine's own ID, not just a family that it is of?  Of packages of
 * the same priority such a one goes first.
 */
bool match_names_distro(const struct json_value *match, const struct facts *facts);

/* Could both fit one machine, and both or neither name its ID?  To be asked of two that overlap. */
bool match_equally_exact(const struct json_value *a, const struct json_value *b);

/*
 * Could any machine at all satisfy it?  False when its rules shut each other out: range terms that
 * leave nothing, "nic" with a class whose link is not in "link", "nic" or "link" where only Network
 * Direct will do, distributions of the other system.  @reason says which.
 */
bool match_possible(const struct json_value *match, char reason[MATCH_REASON_SIZE]);

/* The first function that satisfies the rules "nic" and "link", or NULL.  A ghost never does. */
const struct facts_nic *match_nic(const struct json_value *match, const struct facts *facts);

#endif
