/* SPDX-License-Identifier: MIT */
/* state.c - see state.h. */
#include "state.h"

#include <string.h>

#include "platform.h"

#define SCHEMA 1

void state_done(struct state *s)
{
	free(s->debs);
	free(s->uninstall);
	inventory_done(&s->came);
	inventory_done(&s->before);
	free(s->settings);
	free(s->there);
	json_free(s->doc);
	*s = (struct state) { 0 };
}

const struct state_deb *state_find(const struct state *s, const char *name, const char *arch)
{
	for (size_t i = 0; i < s->deb_count; i++)
		if (strcmp(s->debs[i].name, name) == 0 && strcmp(s->debs[i].arch, arch) == 0)
			return &s->debs[i];
	return NULL;
}

bool state_tells_of(const struct state *s, const char *package, const char *version)
{
	return s->result && strcmp(s->result, "installed") == 0 &&
	       strcmp(s->package, package) == 0 && strcmp(s->package_version, version) == 0;
}

bool state_awaits_reboot(const struct state *s, uint64_t now, uint64_t up)
{
	uint64_t seconds = up / 1000;
	return s->reboot_required && (seconds >= now || s->when >= now - seconds);
}

bool state_add(struct state *s, struct state_deb deb, struct err *err)
{
	struct state_deb *more = realloc(s->debs, (s->deb_count + 1) * sizeof(*more));
	if (!more)
		return err_no_memory(err);
	s->debs = more;
	s->debs[s->deb_count++] = deb;
	return true;
}

/* --- reading ----------------------------------------------------------------------------------- */

static bool read_debs(struct state *s, struct err *err)
{
	static const char *const keys[] = { "name", "version", "arch", "from", NULL };
	const struct json_value *list;
	if (!json_get_array(s->doc, json_top(s->doc), "packages", JSON_REQUIRED, &list, err))
		return false;
	if (json_count(list) > CATALOG_DEBS_MAX)
		return json_error(s->doc, list, err, "has too many packages");
	s->debs = calloc(json_count(list) + 1, sizeof(*s->debs));
	if (!s->debs)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		struct state_deb *d = &s->debs[s->deb_count];
		if (!json_only_keys(s->doc, v, keys, err) ||
		    !json_get_string(s->doc, v, "name", JSON_REQUIRED, &d->name, err) ||
		    !json_get_string(s->doc, v, "version", JSON_REQUIRED, &d->version, err) ||
		    !json_get_string(s->doc, v, "arch", JSON_REQUIRED, &d->arch, err) ||
		    !json_get_string(s->doc, v, "from", JSON_OPTIONAL, &d->from, err))
			return false;
		if (d->name[0] == '-') /* it becomes an argument of dpkg */
			return json_error(s->doc, v, err, "has a name that is no package's");
		s->deb_count++;
	}
	return true;
}

static bool read_first_boot(struct state *s, struct err *err)
{
	static const char *const keys[] = { "result", "message", "when", NULL };
	const struct json_value *v = NULL;
	struct state_first_boot *f = &s->first_boot;
	return json_get_object(s->doc, json_top(s->doc), "first_boot", JSON_OPTIONAL, &v, err) &&
	       (!v ||
		(json_only_keys(s->doc, v, keys, err) &&
		 json_get_string(s->doc, v, "result", JSON_REQUIRED, &f->result, err) &&
		 json_get_string(s->doc, v, "message", JSON_REQUIRED, &f->message, err) &&
		 json_get_u64(s->doc, v, "when", JSON_REQUIRED, JSON_INTEGER_MAX, &f->when, err)));
}

/* What only some states have. */
static bool read_optional(struct state *s, struct err *err)
{
	static const char *const keys[] = { "products", "drivers", NULL };
	const struct json_value *top = json_top(s->doc), *before = NULL;
	uint64_t code = 0;
	if (!json_get_u64(s->doc, top, "exit_code", JSON_OPTIONAL, UINT32_MAX, &code, err) ||
	    !inventory_read(s->doc, top, &s->came, err) || !read_first_boot(s, err) ||
	    !json_get_object(s->doc, top, "before", JSON_OPTIONAL, &before, err))
		return false;
	s->has_exit_code = json_get(top, "exit_code") != NULL;
	s->exit_code = (uint32_t)code;
	s->has_before = before != NULL;
	return !before || (json_only_keys(s->doc, before, keys, err) &&
			   inventory_read(s->doc, before, &s->before, err));
}

static bool read_members(struct state *s, struct err *err)
{
	static const char *const keys[] = { "schema",          "operation",
					    "result",          "reason",
					    "message",         "when",
					    "bundle",          "bundle_version",
					    "package",         "package_version",
					    "reboot_required", "policy",
					    "packages",        "uninstall",
					    "exit_code",       "products",
					    "drivers",         "before",
					    "settings",        "packages_before",
					    "first_boot",      NULL };
	const struct {
		const char *key, **out;
	} texts[] = {
		{ "operation", &s->operation }, { "result", &s->result },
		{ "reason", &s->reason },       { "message", &s->message },
		{ "bundle", &s->bundle },       { "bundle_version", &s->bundle_version },
		{ "package", &s->package },     { "package_version", &s->package_version },
	};
	const struct json_value *top = json_top(s->doc), *steps = NULL;
	uint64_t schema = 0;
	if (!json_only_keys(s->doc, top, keys, err) ||
	    !json_get_u64(s->doc, top, "schema", JSON_REQUIRED, JSON_INTEGER_MAX, &schema, err))
		return false;
	if (schema != SCHEMA)
		return json_error(s->doc, top, err, "was written by a newer version");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!json_get_string(s->doc, top, texts[i].key, JSON_REQUIRED, texts[i].out, err))
			return false;
	return json_get_u64(s->doc, top, "when", JSON_REQUIRED, JSON_INTEGER_MAX, &s->when, err) &&
	       json_get_bool(s->doc, top, "reboot_required", JSON_REQUIRED, &s->reboot_required,
			     err) &&
	       json_get_bool(s->doc, top, "policy", JSON_REQUIRED, &s->policy, err) &&
	       json_get_array(s->doc, top, "uninstall", JSON_REQUIRED, &steps, err) &&
	       steps_parse(s->doc, steps, &s->uninstall, &s->uninstall_count, err) &&
	       read_optional(s, err);
}

bool state_parse(const char *name, struct slice text, struct state *out, struct err *err)
{
	AUTO(state_done) struct state s = { 0 };
	s.doc = json_parse(name, text, err);
	if (!s.doc || !read_members(&s, err) || !read_debs(&s, err) ||
	    !state_read_settings(&s, err) || !state_read_there(&s, err))
		return false;
	*out = s;
	s = (struct state) { 0 };
	return true;
}

bool state_read(const char *path, struct state *out, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(STATE_SIZE_MAX);
	return platform_read_file(path, &text, err) &&
	       state_parse(path, buf_slice(&text), out, err);
}

/* --- writing ----------------------------------------------------------------------------------- */

/* What makes sense when the bundle is gone; the other kinds are taken from the packages. */
static void add_steps(struct json *j, struct json_value *list, const struct state *s)
{
	for (size_t i = 0; i < s->uninstall_count; i++)
		if (s->uninstall[i].kind == STEP_RUN || s->uninstall[i].kind == STEP_REMOVE)
			steps_write(j, list, &s->uninstall[i]);
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

bool state_print(const struct state *s, struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("state", err);
	if (!j)
		return false;
	struct json_value *top = json_top(j);
	json_add_u64(j, top, "schema", SCHEMA);
	json_add_string(j, top, "operation", or_empty(s->operation));
	json_add_string(j, top, "result", or_empty(s->result));
	json_add_string(j, top, "reason", or_empty(s->reason));
	json_add_string(j, top, "message", or_empty(s->message));
	json_add_u64(j, top, "when", s->when);
	json_add_string(j, top, "bundle", or_empty(s->bundle));
	json_add_string(j, top, "bundle_version", or_empty(s->bundle_version));
	json_add_string(j, top, "package", or_empty(s->package));
	json_add_string(j, top, "package_version", or_empty(s->package_version));
	json_add_bool(j, top, "reboot_required", s->reboot_required);
	json_add_bool(j, top, "policy", s->policy);
	add_steps(j, json_add_array(j, top, "uninstall"), s);
	struct json_value *list = json_add_array(j, top, "packages");
	for (size_t i = 0; i < s->deb_count; i++) {
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "name", s->debs[i].name);
		json_add_string(j, v, "version", s->debs[i].version);
		json_add_string(j, v, "arch", s->debs[i].arch);
		if (s->debs[i].from)
			json_add_string(j, v, "from", s->debs[i].from);
	}
	if (s->has_exit_code)
		json_add_u64(j, top, "exit_code", s->exit_code);
	if (!inventory_is_empty(&s->came))
		inventory_write(j, top, &s->came);
	if (s->has_before)
		inventory_write(j, json_add_object(j, top, "before"), &s->before);
	if (s->first_boot.result) {
		struct json_value *v = json_add_object(j, top, "first_boot");
		json_add_string(j, v, "result", s->first_boot.result);
		json_add_string(j, v, "message", s->first_boot.message);
		json_add_u64(j, v, "when", s->first_boot.when);
	}
	state_write_settings(j, top, s);
	state_write_there(j, top, s);
	return json_print(j, true, out, err);
}

bool state_write(const char *path, const struct state *s, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(STATE_SIZE_MAX);
	return state_print(s, &text, err) && platform_write_file(path, buf_slice(&text), 0644, err);
}
