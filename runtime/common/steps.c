/* SPDX-License-Identifier: MIT */
/* steps.c - see steps.h.  One table has a row per kind, one a row per further member of a step. */
#include "steps.h"

#include <string.h>

#include "match.h"
#include "path.h"
#include "steps_read.h"

/* --- texts ---------------------------------------------------------------------------------------- */

bool steps_has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

/* Upper and lower case are the same to Windows. */
static bool ends_in(const char *path, const char *suffix)
{
	size_t n = strlen(path), k = strlen(suffix);
	if (n <= k)
		return false;
	for (size_t i = 0; i < k; i++) {
		char c = path[n - k + i];
		if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != suffix[i])
			return false;
	}
	return true;
}

/* A file of the payload. */
static bool check_path(const struct json *j, const struct json_value *v, const char *path,
		       const char *suffix, struct err *err)
{
	if (!path || !path_is_safe(slice_str(path)))
		return json_error(j, v, err, "must be a safe relative path");
	if (suffix && !ends_in(path, suffix))
		return json_error(j, v, err, "must end in %s", suffix);
	return true;
}

/* The beginning of a product's name. */
static bool check_product(const struct json *j, const struct json_value *v, struct err *err)
{
	const char *name = json_string(v);
	size_t n = name ? strlen(name) : 0;
	if (n < STEP_NAME_MIN || n > STEP_NAME_MAX || steps_has_control(name))
		return json_error(j, v, err,
				  "must be the beginning of a product's name, %d to %d bytes",
				  STEP_NAME_MIN, STEP_NAME_MAX);
	return true;
}

/* --- the value of each kind ----------------------------------------------------------------------- */

bool steps_read_args(const struct json *j, const struct json_value *list, struct step *s,
		     struct err *err)
{
	if (json_type(list) != JSON_ARRAY || !json_first(list))
		return json_error(j, list, err, "must be an array of strings, at least one");
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		const char *text = json_string(v);
		if (!text || (!*text && s->arg_count == 0))
			return json_error(j, v, err, "must be a string that is not empty");
		if (s->arg_count == STEP_ARGS_MAX)
			return json_error(j, list, err, "has more than %d strings", STEP_ARGS_MAX);
		s->args[s->arg_count++] = text;
	}
	return true;
}

static bool read_args(struct steps_reader *r, struct step *s, struct err *err)
{
	return steps_read_args(r->doc, r->value, s, err);
}

static bool read_run(struct steps_reader *r, struct step *s, struct err *err)
{
	return read_args(r, s, err) && steps_check_places(r->doc, r->value, err);
}

/* A library is named as the loader names it: no path, or something else could be loaded. */
static bool read_libraries(struct steps_reader *r, struct step *s, struct err *err)
{
	if (!read_args(r, s, err))
		return false;
	for (size_t i = 0; i < s->arg_count; i++)
		if (!*s->args[i] || strchr(s->args[i], '/'))
			return json_error(r->doc, r->value, err,
					  "'%s' must be a library's name, not a path", s->args[i]);
	return true;
}

static bool read_nothing(struct steps_reader *r, struct step *s UNUSED, struct err *err)
{
	if (json_type(r->value) != JSON_OBJECT || json_first(r->value))
		return json_error(r->doc, r->value, err,
				  "must be {}: this step has no settings of its own");
	return true;
}

static bool read_msi(struct steps_reader *r, struct step *s, struct err *err)
{
	s->args[s->arg_count++] = json_string(r->value);
	return check_path(r->doc, r->value, s->args[0], ".msi", err);
}

static bool read_inf(struct steps_reader *r, struct step *s, struct err *err)
{
	if (!read_args(r, s, err))
		return false;
	for (const struct json_value *v = json_first(r->value); v; v = json_next(v))
		if (!check_path(r->doc, v, json_string(v), ".inf", err))
			return false;
	return true;
}

static bool read_software(struct steps_reader *r, struct step *s, struct err *err)
{
	static const char *const keys[] = { "name", "at_least", NULL };
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._+~-";
	const struct json_value *v = r->value;
	if (!json_only_keys(r->doc, v, keys, err) ||
	    !json_get_string(r->doc, v, "name", JSON_REQUIRED, &s->args[0], err) ||
	    !check_product(r->doc, json_get(v, "name"), err) ||
	    !json_get_string(r->doc, v, "at_least", JSON_OPTIONAL, &s->at_least, err))
		return false;
	size_t n = s->at_least ? strlen(s->at_least) : 1;
	if (n == 0 || n > STEP_NAME_MAX || (s->at_least && strspn(s->at_least, plain) != n))
		return json_error(r->doc, json_get(v, "at_least"), err, "must be a version");
	s->arg_count = 1;
	return true;
}

static bool read_remove(struct steps_reader *r, struct step *s, struct err *err)
{
	s->args[s->arg_count++] = json_string(r->value);
	return check_product(r->doc, r->value, err);
}

static const struct {
	const char *key;
	bool (*read)(struct steps_reader *r, struct step *s, struct err *err);
	uint32_t timeout; /* seconds, where the step gives none */
	const char *os;   /* the only system that has it, or NULL */
} kinds[] = {
	[STEP_RUN] = { "run", read_run, 1800, NULL },
	[STEP_DEB] = { "deb", read_nothing, 1800, "linux" },
	[STEP_INSTALLED] = { "installed", read_nothing, 60, "linux" },
	[STEP_LIBRARIES] = { "libraries", read_libraries, 60, "linux" },
	[STEP_FILE] = { "file", steps_read_file, 60, "linux" },
	[STEP_SETTING] = { "setting", steps_read_setting, 60, "linux" },
	[STEP_DKMS] = { "dkms", steps_read_dkms, 60, "linux" },
	[STEP_MODULES] = { "modules", steps_read_modules, 300, "linux" },
	[STEP_DEVICE] = { "device", read_nothing, 60, NULL },
	[STEP_MSI] = { "msi", read_msi, 1800, "windows" },
	[STEP_INF] = { "inf", read_inf, 1800, "windows" },
	[STEP_SOFTWARE] = { "software", read_software, 60, "windows" },
	[STEP_REMOVE] = { "remove", read_remove, 1800, "windows" },
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

const char *step_kind_name(enum step_kind kind)
{
	return kinds[kind].key;
}

const char *step_os(const struct step *step)
{
	return step->cmdline ? "windows" : kinds[step->kind].os;
}

/* --- further members ------------------------------------------------------------------------------ */

static bool read_timeout(struct steps_reader *r, const struct json_value *v, struct step *s,
			 struct err *err)
{
	uint64_t timeout = 0;
	if (!json_get_u64(r->doc, r->step, "timeout", JSON_REQUIRED, STEP_TIMEOUT_MAX, &timeout,
			  err))
		return false;
	if (timeout == 0)
		return json_error(r->doc, v, err, "must be at least 1 second");
	s->timeout = (uint32_t)timeout;
	return true;
}

/* Exit codes are 32 bits wide on Windows. */
static bool read_codes(const struct json *j, const struct json_value *list,
		       uint32_t codes[STEP_CODES_MAX], size_t *count, struct err *err)
{
	size_t n = 0;
	if (json_type(list) != JSON_ARRAY)
		return json_error(j, list, err, "must be an array");
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		uint64_t code = 0;
		if (!json_u64(v, &code) || code > UINT32_MAX)
			return json_error(j, v, err, "must be an exit code");
		if (n == STEP_CODES_MAX)
			return json_error(j, list, err, "has more than %d codes", STEP_CODES_MAX);
		codes[n++] = (uint32_t)code;
	}
	*count = n;
	return true;
}

static bool read_ok(struct steps_reader *r, const struct json_value *v, struct step *s,
		    struct err *err)
{
	return read_codes(r->doc, v, s->ok, &s->ok_count, err);
}

static bool read_reboot(struct steps_reader *r, const struct json_value *v, struct step *s,
			struct err *err)
{
	return read_codes(r->doc, v, s->reboot, &s->reboot_count, err);
}

/* It goes to CreateProcess as it is, behind the program in quotes. */
static bool read_cmdline(struct steps_reader *r, const struct json_value *v, struct step *s,
			 struct err *err)
{
	s->cmdline = json_string(v);
	if (!s->cmdline || !*s->cmdline || strlen(s->cmdline) > STEP_CMDLINE_MAX ||
	    steps_has_control(s->cmdline))
		return json_error(r->doc, v, err,
				  "must be 1 to %d bytes of text without control characters",
				  STEP_CMDLINE_MAX);
	if (s->arg_count != 1)
		return json_error(r->doc, v, err,
				  "is the whole rest of the command line: 'run' must name the "
				  "program alone");
	if (json_get(r->step, "also"))
		return json_error(r->doc, v, err,
				  "is the whole rest: 'also' can't stand beside it");
	if (strchr(s->args[0], '"'))
		return json_error(r->doc, r->value, err,
				  "must not have a quote in it beside 'cmdline'");
	return true;
}

static bool read_log(struct steps_reader *r, const struct json_value *v, struct step *s,
		     struct err *err)
{
	s->log = json_string(v);
	return check_path(r->doc, v, s->log, NULL, err);
}

static bool property_name_is_valid(const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
	size_t n = strlen(name);
	return n > 0 && n <= STEP_PROPERTY_NAME_MAX && strspn(name, plain) == n &&
	       ((name[0] >= 'A' && name[0] <= 'Z') || name[0] == '_');
}

static bool check_property(const struct json *j, const struct json_value *v, struct err *err)
{
	const char *value = json_string(v);
	if (!property_name_is_valid(json_key(v)))
		return json_error(j, v, err,
				  "a property's name has upper-case letters, digits, '_' and '.', "
				  "and begins with a letter or '_'");
	/* The machine restarts when its administrator wants it. */
	if (strcmp(json_key(v), "REBOOT") == 0)
		return json_error(j, v, err, "is always ReallySuppress");
	if (!value || strlen(value) > STEP_PROPERTY_VALUE_MAX || steps_has_control(value) ||
	    strchr(value, '"'))
		return json_error(j, v, err,
				  "must be text of at most %d bytes without quotes and control "
				  "characters",
				  STEP_PROPERTY_VALUE_MAX);
	return true;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(json_key(*(const struct json_value *const *)a),
		      json_key(*(const struct json_value *const *)b));
}

static bool read_properties(struct steps_reader *r, const struct json_value *v, struct step *s,
			    struct err *err)
{
	const struct json_value *sorted[STEP_ARGS_MAX];
	size_t n = 0;
	if (json_type(v) != JSON_OBJECT)
		return json_error(r->doc, v, err, "must be an object of texts");
	for (const struct json_value *p = json_first(v); p; p = json_next(p)) {
		if (n == STEP_ARGS_MAX)
			return json_error(r->doc, v, err, "has more than %d properties",
					  STEP_ARGS_MAX);
		if (!check_property(r->doc, p, err))
			return false;
		sorted[n++] = p;
	}
	if (n)
		qsort(sorted, n, sizeof(*sorted), compare_keys);
	for (size_t i = 0; i < n; i++) {
		const char *name = json_key(sorted[i]), *value = json_string(sorted[i]);
		size_t name_len = strlen(name), value_len = strlen(value);
		s->args[s->arg_count++] = r->texts;
		memcpy(r->texts, name, name_len);
		r->texts[name_len] = '=';
		memcpy(r->texts + name_len + 1, value, value_len + 1);
		r->texts += name_len + value_len + 2;
	}
	return true;
}

/* Kinds as bits; ALL is all of them. */
#define ONLY(kind) (1u << (kind))
#define ALL (~0u)

static const struct {
	const char *key;
	unsigned kinds;
	bool (*read)(struct steps_reader *r, const struct json_value *v, struct step *s,
		     struct err *err);
} members[] = {
	{ "timeout", ALL, read_timeout },
	{ "ok", ONLY(STEP_RUN), read_ok },
	{ "reboot", ONLY(STEP_RUN), read_reboot },
	{ "cmdline", ONLY(STEP_RUN), read_cmdline },
	{ "log", ONLY(STEP_RUN), read_log },
	{ "also", ONLY(STEP_RUN), steps_read_also },
	{ "meaning", ONLY(STEP_RUN), steps_read_meaning },
	{ "properties", ONLY(STEP_MSI), read_properties },
};

#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

/* --- steps ---------------------------------------------------------------------------------------- */

/* Which kind is it?  All others of its members are further ones. */
static bool find_kind(struct steps_reader *r, struct step *s, struct err *err)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct json_value *member = json_get(r->step, kinds[i].key);
		if (member && r->value)
			return json_error(r->doc, r->step, err,
					  "has both '%s' and '%s': a step does one thing",
					  json_key(r->value), json_key(member));
		if (!member)
			continue;
		r->value = member;
		s->kind = (enum step_kind)i;
	}
	return r->value || json_error(r->doc, r->step, err,
				      "must be a step: run, deb, installed, libraries, file, "
				      "setting, dkms, modules, device, msi, inf, software or "
				      "remove");
}

static bool read_step(struct steps_reader *r, struct step *s, struct err *err)
{
	const char *keys[MEMBER_COUNT + 2] = { 0 };
	size_t n = 0;
	if (!find_kind(r, s, err))
		return false;
	keys[n++] = kinds[s->kind].key;
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		if (members[i].kinds & ONLY(s->kind))
			keys[n++] = members[i].key;
	s->timeout = kinds[s->kind].timeout;
	s->ok_count = 1; /* exit code 0, unless "ok" says otherwise */
	if (!json_only_keys(r->doc, r->step, keys, err) || !kinds[s->kind].read(r, s, err))
		return false;
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		const struct json_value *v = json_get(r->step, members[i].key);
		if (v && !members[i].read(r, v, s, err))
			return false;
	}
	if (s->ok_count + s->reboot_count == 0)
		return json_error(r->doc, r->step, err,
				  "could never succeed: 'ok' and 'reboot' are empty");
	return true;
}

/* Bytes of all texts that a step's properties may become. */
static size_t text_room(const struct json_value *step)
{
	size_t room = 0;
	const struct json_value *all = json_get(step, "properties");
	for (const struct json_value *p = json_first(all); p && json_key(p); p = json_next(p))
		room += strlen(json_key(p)) + 2 + (json_string(p) ? strlen(json_string(p)) : 0);
	return room;
}

bool steps_parse(const struct json *doc, const struct json_value *array, struct step **out,
		 size_t *count, struct err *err)
{
	if (json_type(array) != JSON_ARRAY)
		return json_error(doc, array, err, "must be an array of steps");
	size_t n = json_count(array), i = 0, room = 0;
	if (n > STEPS_MAX)
		return json_error(doc, array, err, "has more than %d steps", STEPS_MAX);
	for (const struct json_value *v = json_first(array); v; v = json_next(v))
		room += text_room(v);
	/* Texts stand behind the steps, so that both go at once. */
	AUTO(auto_free) struct step *steps = calloc(1, (n + 1) * sizeof(*steps) + room);
	if (!steps)
		return err_no_memory(err);
	struct steps_reader r = { .doc = doc, .texts = (char *)(steps + n + 1) };
	for (r.step = json_first(array); r.step; r.step = json_next(r.step)) {
		r.value = NULL;
		if (!read_step(&r, &steps[i++], err))
			return false;
	}
	*out = steps;
	*count = n;
	steps = NULL;
	return true;
}

bool steps_check_os(const struct json *doc, const struct json_value *array,
		    const struct step *steps, size_t count, const struct json_value *match,
		    struct err *err)
{
	const struct json_value *v = json_first(array);
	for (size_t i = 0; i < count; i++, v = json_next(v)) {
		const char *os = step_os(&steps[i]);
		if (!os || match_os_is(match, os))
			continue;
		const char *what = steps[i].cmdline ? "cmdline" : step_kind_name(steps[i].kind);
		if (!json_get(match, "os"))
			return json_error(doc, v, err,
					  "'%s' is for %s, and the package for any system: give "
					  "its match \"os\": \"%s\"",
					  what, os, os);
		const char *other = strcmp(os, "linux") == 0 ? "windows" : "linux";
		return json_error(doc, v, err, "'%s' is for %s, and the package for %s%s", what, os,
				  other, match_os_is(match, other) ? "" : " too");
	}
	return true;
}

/* --- writing -------------------------------------------------------------------------------------- */

static void write_codes(struct json *j, struct json_value *v, const char *key,
			const uint32_t *codes, size_t n)
{
	struct json_value *list = json_add_array(j, v, key);
	for (size_t i = 0; i < n; i++)
		json_add_u64(j, list, NULL, codes[i]);
}

static void write_args(struct json *j, struct json_value *v, const struct step *s)
{
	struct json_value *list = json_add_array(j, v, step_kind_name(s->kind));
	for (size_t i = 0; i < s->arg_count; i++)
		json_add_string(j, list, NULL, s->args[i]);
}

static void write_optional(struct json *j, struct json_value *v, const char *key, const char *text)
{
	if (text)
		json_add_string(j, v, key, text);
}

static void write_run(struct json *j, struct json_value *v, const struct step *s)
{
	write_args(j, v, s);
	write_optional(j, v, "cmdline", s->cmdline);
	write_optional(j, v, "log", s->log);
	write_codes(j, v, "ok", s->ok, s->ok_count);
	write_codes(j, v, "reboot", s->reboot, s->reboot_count);
}

static void write_msi(struct json *j, struct json_value *v, const struct step *s)
{
	json_add_string(j, v, "msi", s->args[0]);
	struct json_value *all = s->arg_count > 1 ? json_add_object(j, v, "properties") : NULL;
	for (size_t i = 1; i < s->arg_count; i++) {
		char name[STEP_PROPERTY_NAME_MAX + 1] = "";
		size_t n = strcspn(s->args[i], "=");
		memcpy(name, s->args[i], n);
		json_add_string(j, all, name, s->args[i] + n + 1);
	}
}

void steps_write(struct json *doc, struct json_value *list, const struct step *step)
{
	struct json_value *v = json_add_object(doc, list, NULL);
	struct json_value *software;
	switch (step->kind) {
	case STEP_RUN:
		write_run(doc, v, step);
		break;
	case STEP_LIBRARIES:
	case STEP_INF:
	case STEP_DKMS:
		write_args(doc, v, step);
		break;
	case STEP_MSI:
		write_msi(doc, v, step);
		break;
	case STEP_SOFTWARE:
		software = json_add_object(doc, v, "software");
		json_add_string(doc, software, "name", step->args[0]);
		write_optional(doc, software, "at_least", step->at_least);
		break;
	case STEP_REMOVE:
		json_add_string(doc, v, "remove", step->args[0]);
		break;
	case STEP_FILE:
	case STEP_SETTING:
	case STEP_MODULES:
		break;
	case STEP_DEB:
	case STEP_INSTALLED:
	case STEP_DEVICE:
		json_add_object(doc, v, step_kind_name(step->kind));
		break;
	}
	steps_write_vendor(doc, v, step);
	json_add_u64(doc, v, "timeout", step->timeout);
}
