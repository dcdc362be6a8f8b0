/* SPDX-License-Identifier: MIT */
/* rule.h - the value of a rule of "match": one text, or an array of texts. */
#ifndef RULE_H
#define RULE_H

#include <string.h>

#include "json.h"

/* First and next text; NULL at the end. */
static inline const struct json_value *rule_first(const struct json_value *v)
{
	return v && json_type(v) == JSON_ARRAY ? json_first(v) : v;
}

static inline const struct json_value *rule_next(const struct json_value *list,
						 const struct json_value *text)
{
	return json_type(list) == JSON_ARRAY ? json_next(text) : NULL;
}

static inline bool rule_contains(const struct json_value *list, const char *text)
{
	for (const struct json_value *t = rule_first(list); t; t = rule_next(list, t))
		if (strcmp(json_string(t), text) == 0)
			return true;
	return false;
}

/* A range term: ">= 5.4". */
static inline bool rule_is_term(const char *text)
{
	return strchr(text, ' ') != NULL;
}

#endif
