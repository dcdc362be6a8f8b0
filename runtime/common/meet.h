/* SPDX-License-Identifier: MIT */
/*
 * meet.h - could one value satisfy two rules of the same key?  A function for each sort of rule; each
 * is false only when the two plainly shut each other out.
 */
#ifndef MEET_H
#define MEET_H

#include "json.h"

bool meet_words(const struct json_value *a, const struct json_value *b);
bool meet_nics(const struct json_value *a, const struct json_value *b);
bool meet_distros(const struct json_value *a, const struct json_value *b);
bool meet_terms(const struct json_value *a, const struct json_value *b);
bool meet_releases(const struct json_value *a, const struct json_value *b);
bool meet_always(const struct json_value *a, const struct json_value *b); /* all may hold at once */

/* Does a term of @a set a value, or a lowest value, that a term of @b refuses? */
bool meet_terms_refuse(const struct json_value *a, const struct json_value *b);

/* Is there a family ("debian-like") among the distributions? */
bool meet_has_family(const struct json_value *list);

#endif
