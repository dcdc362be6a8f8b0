/* SPDX-License-Identifier: MIT */
/* facts_stack.c - see facts_stack.h. */
#include "facts_stack.h"

#include <string.h>

const char *const facts_stack_keys[] = {
	"kernel_headers",         "tools",
	"builtin_modules",        "vendor_stack",
	"package_manager_broken", "staging_noexec",
	"staging_read_only",      "system_read_only",
	"space_shared",           NULL,
};

bool facts_read_answer(const struct json *j, const struct json_value *obj, const char *key,
		       enum facts_answer *out, struct err *err)
{
	bool yes = false;
	if (!json_get(obj, key))
		return true;
	if (!json_get_bool(j, obj, key, JSON_REQUIRED, &yes, err))
		return false;
	*out = yes ? ANSWER_YES : ANSWER_NO;
	return true;
}

void facts_write_answer(struct json *j, struct json_value *obj, const char *key,
			enum facts_answer answer)
{
	if (answer != ANSWER_UNKNOWN)
		json_add_bool(j, obj, key, answer == ANSWER_YES);
}

static bool read_names(const struct json *j, const char *key, struct facts_names *out,
		       struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get(json_top(j), key))
		return true;
	if (!json_get_array(j, json_top(j), key, JSON_REQUIRED, &list, err))
		return false;
	size_t n = json_count(list);
	if (n > FACTS_NAMES_MAX)
		return json_error(j, list, err, "has more than %d names", FACTS_NAMES_MAX);
	out->names = calloc(n + 1, sizeof(*out->names));
	if (!out->names)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		if (!json_string(v))
			return json_error(j, v, err, "must be a string");
		out->names[out->count++] = json_string(v);
	}
	out->known = true;
	return true;
}

bool facts_names_add(struct facts_names *names, const char *name, struct err *err)
{
	const char **more = realloc(names->names, (names->count + 1) * sizeof(*more));
	if (!more)
		return err_no_memory(err);
	names->names = more;
	names->names[names->count++] = name;
	return true;
}

bool facts_names_has(const struct facts_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->names[i], name) == 0)
			return true;
	return false;
}

bool facts_stack_read(const struct json *j, struct facts *f, struct err *err)
{
	const struct json_value *top = json_top(j);
	return facts_read_answer(j, top, "kernel_headers", &f->kernel_headers, err) &&
	       read_names(j, "tools", &f->tools, err) &&
	       read_names(j, "builtin_modules", &f->builtin_modules, err) &&
	       json_get_string(j, top, "vendor_stack", JSON_OPTIONAL, &f->vendor_stack, err) &&
	       json_get_string(j, top, "package_manager_broken", JSON_OPTIONAL,
			       &f->package_manager_broken, err) &&
	       facts_read_answer(j, top, "staging_noexec", &f->staging_noexec, err) &&
	       facts_read_answer(j, top, "staging_read_only", &f->staging_read_only, err) &&
	       facts_read_answer(j, top, "system_read_only", &f->system_read_only, err) &&
	       facts_read_answer(j, top, "space_shared", &f->space_shared, err);
}

static void write_names(struct json *j, struct json_value *top, const char *key,
			const struct facts_names *names)
{
	struct json_value *list = names->known ? json_add_array(j, top, key) : NULL;
	for (size_t i = 0; i < names->count && list; i++)
		json_add_string(j, list, NULL, names->names[i]);
}

void facts_stack_write(struct json *j, struct json_value *top, const struct facts *f)
{
	facts_write_answer(j, top, "kernel_headers", f->kernel_headers);
	write_names(j, top, "tools", &f->tools);
	write_names(j, top, "builtin_modules", &f->builtin_modules);
	if (f->vendor_stack)
		json_add_string(j, top, "vendor_stack", f->vendor_stack);
	if (f->package_manager_broken)
		json_add_string(j, top, "package_manager_broken", f->package_manager_broken);
	facts_write_answer(j, top, "staging_noexec", f->staging_noexec);
	facts_write_answer(j, top, "staging_read_only", f->staging_read_only);
	facts_write_answer(j, top, "system_read_only", f->system_read_only);
	facts_write_answer(j, top, "space_shared", f->space_shared);
}

void facts_stack_done(struct facts *f)
{
	free(f->tools.names);
	free(f->builtin_modules.names);
}
