/* SPDX-License-Identifier: MIT */
/* needs.c - see needs.h. */
#include "needs.h"

#include <string.h>

#include "match.h"

const struct needs_tool needs_tools[] = {
	{ "autoconf", NULL, "autoconf", "autoconf" },
	{ "automake", NULL, "automake", "automake" },
	{ "bison", NULL, "bison", "bison" },
	{ "bzip2", NULL, "bzip2", "bzip2" },
	{ "createrepo", "createrepo_c", "createrepo-c", "createrepo_c" },
	{ "dkms", NULL, "dkms", "dkms" },
	{ "ethtool", NULL, "ethtool", "ethtool" },
	{ "flex", NULL, "flex", "flex" },
	{ "gcc", NULL, "gcc", "gcc" },
	{ "gfortran", NULL, "gfortran", "gcc-gfortran" },
	{ "libtool", "libtoolize", "libtool", "libtool" },
	{ "lsof", NULL, "lsof", "lsof" },
	{ "lspci", NULL, "pciutils", "pciutils" },
	{ "make", NULL, "make", "make" },
	{ "modinfo", NULL, "kmod", "kmod" },
	{ "patch", NULL, "patch", "patch" },
	{ "perl", NULL, "perl", "perl" },
	{ "python3", "platform-python", "python3", "python3" },
	{ "quilt", NULL, "quilt", "quilt" },
	{ "rpmbuild", NULL, "rpm", "rpm-build" },
	{ "tclsh", NULL, "tcl", "tcl" },
	{ "wish", NULL, "tk", "tk" },
	{ NULL, NULL, NULL, NULL },
};

const struct needs_tool *needs_find_tool(const char *name)
{
	for (const struct needs_tool *t = needs_tools; t->name; t++)
		if (strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

/* --- texts: each says what is wrong with one, or NULL --------------------------------------------- */

static const char *tool_problem(const char *text)
{
	return needs_find_tool(text) ? NULL
				     : "is not one of the programs that facts know: see "
				       "manifests/README.md, Needs";
}

/* It ends up in a message with a command to type. */
static const char *package_problem(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._+-";
	size_t n = strlen(text);
	return n == 0 || n > 128 || text[0] == '-' || strspn(text, plain) != n
		       ? "must be a package's name"
		       : NULL;
}

static const char *module_problem(const char *text)
{
	size_t n = strlen(text);
	return n == 0 || n > 64 || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") != n
		       ? "must be a module's name, with '_' for '-'"
		       : NULL;
}

static const char *stack_problem(const char *text)
{
	return package_problem(text) ? "must be the beginning of a stack's name" : NULL;
}

static bool check_texts(const struct json *doc, const struct json_value *one, const char *key,
			const char *(*problem)(const char *text), struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get(one, key))
		return true;
	if (!json_get_array(doc, one, key, JSON_REQUIRED, &list, err))
		return false;
	if (!json_first(list) || json_count(list) > NEEDS_LIST_MAX)
		return json_error(doc, list, err, "must have 1 to %d elements", NEEDS_LIST_MAX);
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		if (!json_string(v))
			return json_error(doc, v, err, "must be a string");
		const char *why = problem(json_string(v));
		if (why)
			return json_error(doc, v, err, "'%s' %s", json_string(v), why);
	}
	return true;
}

/* --- the whole ------------------------------------------------------------------------------------ */

static bool check_one(const struct json *doc, const struct json_value *one, struct err *err)
{
	static const char *const keys[] = {
		"match",   "headers",        "tools", "packages", "unsigned_modules",
		"modules", "replaces_stack", NULL
	};
	const struct json_value *match = json_get(one, "match");
	const struct json_value *stack = json_get(one, "replaces_stack");
	bool yes = false;
	if (!json_only_keys(doc, one, keys, err) || (match && !match_check(doc, match, err)) ||
	    !json_get_bool(doc, one, "headers", JSON_OPTIONAL, &yes, err) ||
	    !json_get_bool(doc, one, "unsigned_modules", JSON_OPTIONAL, &yes, err) ||
	    !check_texts(doc, one, "tools", tool_problem, err) ||
	    !check_texts(doc, one, "packages", package_problem, err) ||
	    !check_texts(doc, one, "modules", module_problem, err))
		return false;
	return json_type(stack) == JSON_ARRAY
		       ? check_texts(doc, one, "replaces_stack", stack_problem, err)
		       : json_get_bool(doc, one, "replaces_stack", JSON_OPTIONAL, &yes, err);
}

bool needs_check(const struct json *doc, const struct json_value *needs, struct err *err)
{
	if (json_type(needs) != JSON_OBJECT && json_type(needs) != JSON_ARRAY)
		return json_error(doc, needs, err, "must be an object or an array of objects");
	if (json_type(needs) == JSON_ARRAY && json_count(needs) > NEEDS_LIST_MAX)
		return json_error(doc, needs, err, "has more than %d elements", NEEDS_LIST_MAX);
	for (const struct json_value *v = needs_first(needs); v; v = needs_next(needs, v))
		if (!check_one(doc, v, err))
			return false;
	return true;
}

const struct json_value *needs_first(const struct json_value *needs)
{
	return needs && json_type(needs) == JSON_ARRAY ? json_first(needs) : needs;
}

const struct json_value *needs_next(const struct json_value *needs, const struct json_value *one)
{
	return json_type(needs) == JSON_ARRAY ? json_next(one) : NULL;
}
