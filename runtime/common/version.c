/* SPDX-License-Identifier: MIT */
/*
 * version.c - see version.h; the algorithm is that of deb-version(7), Sorting algorithm.
 *
 * Nothing here assumes a valid version: any two texts have an order, and it is a total one.
 */
#include "version.h"

#include <string.h>

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Byte @i, or 0 at the end. */
static int at(struct slice s, size_t i)
{
	return i < s.len ? s.p[i] : 0;
}

/* Weight of a byte outside of numbers: tilde before the end before letters before the rest. */
static int weight(int c)
{
	if (c == '~')
		return -1;
	if (is_digit(c) || c == 0)
		return 0;
	return is_alpha(c) ? c : c + 256;
}

/* Alternate between a part without digits, by weight, and a number, by value. */
static int compare_part(struct slice a, struct slice b)
{
	size_t i = 0, k = 0;
	while (i < a.len || k < b.len) {
		while ((i < a.len && !is_digit(at(a, i))) || (k < b.len && !is_digit(at(b, k)))) {
			int d = weight(at(a, i)) - weight(at(b, k));
			if (d)
				return d;
			i++;
			k++;
		}
		while (at(a, i) == '0')
			i++;
		while (at(b, k) == '0')
			k++;
		int first =
			0; /* the first digit that differs decides, if the lengths are the same */
		for (; is_digit(at(a, i)) && is_digit(at(b, k)); i++, k++)
			first = first ? first : at(a, i) - at(b, k);
		if (is_digit(at(a, i)))
			return 1;
		if (is_digit(at(b, k)))
			return -1;
		if (first)
			return first;
	}
	return 0;
}

/* Where the last hyphen is, which starts the revision; the length when there is none. */
static size_t revision_at(struct slice s)
{
	for (size_t i = s.len; i > 0; i--)
		if (s.p[i - 1] == '-')
			return i - 1;
	return s.len;
}

static int compare_no_epoch(struct slice a, struct slice b)
{
	size_t ra = revision_at(a), rb = revision_at(b);
	int d = compare_part(slice_part(a, 0, ra), slice_part(b, 0, rb));
	if (d)
		return d;
	return compare_part(slice_part(a, ra + 1, a.len), slice_part(b, rb + 1, b.len));
}

/* The epoch, which is cut off @version; empty (and so zero) when there is none. */
static struct slice take_epoch(struct slice *version)
{
	size_t n = 0;
	while (is_digit(at(*version, n)))
		n++;
	if (n == 0 || at(*version, n) != ':')
		return slice_part(*version, 0, 0);
	struct slice epoch = slice_part(*version, 0, n);
	*version = slice_part(*version, n + 1, version->len);
	return epoch;
}

int version_compare(const char *a, const char *b)
{
	return compare_no_epoch(slice_str(a), slice_str(b));
}

int version_compare_deb_slices(struct slice a, struct slice b)
{
	struct slice ea = take_epoch(&a), eb = take_epoch(&b);
	int d = compare_part(ea, eb);
	return d ? d : compare_no_epoch(a, b);
}

int version_compare_deb(const char *a, const char *b)
{
	return version_compare_deb_slices(slice_str(a), slice_str(b));
}

/* --- range terms --------------------------------------------------------------------------------- */

enum op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };

static const char *const ops[] = { "= ", "!= ", "< ", "<= ", "> ", ">= " };

static bool is_separator(int c)
{
	return c == '.' || c == '-' || c == '+' || c == '~';
}

static bool term_split(const char *term, enum op *op, struct slice *version)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		size_t n = strlen(ops[i]);
		if (strncmp(term, ops[i], n) != 0)
			continue;
		*op = (enum op)i;
		*version = slice_str(term + n);
		return true;
	}
	return false;
}

static bool range_version_valid(struct slice v)
{
	if (v.len == 0 || v.len > VERSION_TERM_MAX)
		return false;
	bool need = true; /* a component starts here and can't be empty */
	for (size_t i = 0; i < v.len; i++) {
		bool sep = is_separator(v.p[i]);
		if (sep && need)
			return false;
		if (!sep && !is_digit(v.p[i]) && !is_alpha(v.p[i]) && v.p[i] != '_')
			return false;
		need = sep;
	}
	return !need;
}

bool version_term_valid(const char *term, struct err *err)
{
	enum op op;
	struct slice version;
	if (!term_split(term, &op, &version))
		return err_set(err, ERR_FORMAT,
			       "'%s' must be an operator (= != < <= > >=), one space and a version",
			       term);
	if (!range_version_valid(version))
		return err_set(err, ERR_FORMAT,
			       "'%s' must end in a version: letters and digits separated by one of "
			       "'.', '-', '+', '~'",
			       term);
	return true;
}

static size_t component_count(struct slice v)
{
	size_t n = 1;
	for (size_t i = 0; i < v.len; i++)
		n += is_separator(v.p[i]);
	return n;
}

/* The first @n components of @v. */
static struct slice components(struct slice v, size_t n)
{
	for (size_t i = 0; i < v.len; i++)
		if (is_separator(v.p[i]) && --n == 0)
			return slice_part(v, 0, i);
	return v;
}

bool version_term_holds(const char *term, const char *value)
{
	enum op op;
	struct slice x;
	if (!term_split(term, &op, &x))
		return false;
	struct slice v = slice_str(value);
	if (op == OP_EQ || op == OP_NE)
		return (compare_no_epoch(v, x) == 0) == (op == OP_EQ);
	int d = compare_no_epoch(components(v, component_count(x)), x);
	if (op == OP_LT)
		return d < 0;
	if (op == OP_LE)
		return d <= 0;
	return op == OP_GT ? d > 0 : d >= 0;
}
