/* SPDX-License-Identifier: MIT */
/* meet.c - see meet.h. */
#include "meet.h"

#include "nic_pattern.h"
#include "rule.h"
#include "version.h"

bool meet_words(const struct json_value *a, const struct json_value *b)
{
	for (const struct json_value *t = rule_first(a); t; t = rule_next(a, t))
		if (rule_contains(b, json_string(t)))
			return true;
	return false;
}

bool meet_nics(const struct json_value *a, const struct json_value *b)
{
	for (const struct json_value *x = rule_first(a); x; x = rule_next(a, x))
		for (const struct json_value *y = rule_first(b); y; y = rule_next(b, y))
			if (nic_patterns_meet(json_string(x), json_string(y)))
				return true;
	return false;
}

bool meet_has_family(const struct json_value *list)
{
	for (const struct json_value *t = rule_first(list); t; t = rule_next(list, t)) {
		size_t n = strlen(json_string(t));
		if (n > 5 && strcmp(json_string(t) + n - 5, "-like") == 0)
			return true;
	}
	return false;
}

/* Which systems a family takes in can't be known here. */
bool meet_distros(const struct json_value *a, const struct json_value *b)
{
	return meet_has_family(a) || meet_has_family(b) || meet_words(a, b);
}

static size_t components(const char *version)
{
	size_t n = 1;
	while (*(version += strcspn(version, ".-+~")))
		n++, version++;
	return n;
}

/* Is nothing at once "> @low" and "<= @high"?  Only a shorter @high leaves room at the same value. */
static bool nothing_between(const char *low, const char *above, const char *high,
			    const char *at_most)
{
	return !version_term_holds(above, high) &&
	       !(version_term_holds(at_most, low) && components(high) < components(low));
}

bool meet_terms_refuse(const struct json_value *a, const struct json_value *b)
{
	for (const struct json_value *x = rule_first(a); x; x = rule_next(a, x)) {
		const char *term = json_string(x);
		const char *bound = strchr(term, ' ') + 1;
		if (term[0] != '=' && term[0] != '>')
			continue;
		for (const struct json_value *y = rule_first(b); y; y = rule_next(b, y)) {
			const char *other = json_string(y);
			if ((term[0] == '=' || other[0] == '<') &&
			    !version_term_holds(other, bound))
				return true;
			if (strncmp(term, "> ", 2) == 0 && strncmp(other, "<= ", 3) == 0 &&
			    nothing_between(bound, term, other + 3, other))
				return true;
		}
	}
	return false;
}

bool meet_terms(const struct json_value *a, const struct json_value *b)
{
	return !meet_terms_refuse(a, b) && !meet_terms_refuse(b, a);
}

static bool has_term(const struct json_value *list)
{
	for (const struct json_value *t = rule_first(list); t; t = rule_next(list, t))
		if (rule_is_term(json_string(t)))
			return true;
	return false;
}

bool meet_releases(const struct json_value *a, const struct json_value *b)
{
	return has_term(a) || has_term(b) || meet_words(a, b);
}

bool meet_always(const struct json_value *a UNUSED, const struct json_value *b UNUSED)
{
	return true;
}
