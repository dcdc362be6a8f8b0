/* SPDX-License-Identifier: MIT */
/*
 * steps_vendor.c - the steps that vendors' packages for Linux need: conditional arguments, words for
 * exit codes, single files and settings, modules.  See steps.h; which of them hold for a machine is
 * steps_resolve().
 */
#include <stdio.h>
#include <string.h>

#include "facts.h"
#include "match.h"
#include "path.h"
#include "steps_read.h"

/* --- reading the kinds ---------------------------------------------------------------------------- */

/* A file of the system: absolute, and plain. */
static bool get_path(const struct json *j, const struct json_value *obj, const char *key,
		     const char **out, struct err *err)
{
	if (!json_get_string(j, obj, key, JSON_REQUIRED, out, err))
		return false;
	if ((*out)[0] != '/' || !path_is_safe(slice_str(*out + 1)))
		return json_error(j, json_get(obj, key), err, "must be a plain absolute path");
	return true;
}

static bool read_mode(const struct json *j, const struct json_value *v, struct step *s,
		      struct err *err)
{
	const char *text = json_string(v);
	s->mode = 0644;
	if (!v)
		return true;
	if (!text || strlen(text) != 4 || text[0] != '0' || strspn(text, "01234567") != 4)
		return json_error(j, v, err, "must be like \"0644\"");
	s->mode = (uint32_t)strtoul(text, NULL, 8);
	return true;
}

bool steps_read_file(struct steps_reader *r, struct step *s, struct err *err)
{
	static const char *const keys[] = { "path", "text", "mode", NULL };
	if (!json_only_keys(r->doc, r->value, keys, err) ||
	    !get_path(r->doc, r->value, "path", &s->args[0], err) ||
	    !json_get_string(r->doc, r->value, "text", JSON_REQUIRED, &s->args[1], err) ||
	    !read_mode(r->doc, json_get(r->value, "mode"), s, err))
		return false;
	if (strlen(s->args[1]) > STEP_TEXT_MAX)
		return json_error(r->doc, json_get(r->value, "text"), err,
				  "is longer than %d bytes", STEP_TEXT_MAX);
	s->arg_count = 2;
	return true;
}

bool steps_read_setting(struct steps_reader *r, struct step *s, struct err *err)
{
	static const char *const keys[] = { "file", "key", "value", NULL };
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";
	const struct json_value *v = r->value;
	if (!json_only_keys(r->doc, v, keys, err) ||
	    !get_path(r->doc, v, "file", &s->args[0], err) ||
	    !json_get_string(r->doc, v, "key", JSON_REQUIRED, &s->args[1], err) ||
	    !json_get_string(r->doc, v, "value", JSON_REQUIRED, &s->args[2], err))
		return false;
	size_t n = strlen(s->args[1]);
	if (n == 0 || n > STEP_NAME_MAX || strspn(s->args[1], plain) != n)
		return json_error(r->doc, json_get(v, "key"), err, "must be a setting's name");
	n = strlen(s->args[2]);
	if (n == 0 || n > STEP_NAME_MAX || steps_has_control(s->args[2]) ||
	    strpbrk(s->args[2], " #\"'"))
		return json_error(r->doc, json_get(v, "value"), err,
				  "must be text without spaces, quotes and '#'");
	s->arg_count = 3;
	return true;
}

static bool check_names(const struct json *j, const struct json_value *list, const struct step *s,
			struct err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._+-";
	for (size_t i = 0; i < s->arg_count; i++) {
		size_t n = strlen(s->args[i]);
		if (n == 0 || n > 64 || s->args[i][0] == '-' || s->args[i][0] == '.' ||
		    strspn(s->args[i], plain) != n)
			return json_error(j, list, err, "'%s' must be a module's name", s->args[i]);
	}
	return true;
}

bool steps_read_dkms(struct steps_reader *r, struct step *s, struct err *err)
{
	return steps_read_args(r->doc, r->value, s, err) && check_names(r->doc, r->value, s, err);
}

bool steps_read_modules(struct steps_reader *r, struct step *s, struct err *err)
{
	static const char *const keys[] = { "names", "restart", NULL };
	const struct json_value *names = NULL, *restart = json_get(r->value, "restart");
	if (!json_only_keys(r->doc, r->value, keys, err) ||
	    !json_get_array(r->doc, r->value, "names", JSON_REQUIRED, &names, err) ||
	    !steps_read_args(r->doc, names, s, err) || !check_names(r->doc, names, s, err))
		return false;
	s->name_count = s->arg_count;
	return !restart || steps_read_args(r->doc, restart, s, err);
}

/* --- members of "run" ------------------------------------------------------------------------------ */

enum { PLACE_STAGING, PLACE_KERNEL, PLACE_RELEASE, PLACE_ARCH, PLACES };

static const char *const places[PLACES] = { "${staging}", "${kernel}", "${release}", "${arch}" };

/* Which one stands at @text; PLACES: none. */
static size_t place_at(const char *text)
{
	size_t i = 0;
	while (i < PLACES && strncmp(text, places[i], strlen(places[i])) != 0)
		i++;
	return i;
}

bool steps_check_places(const struct json *j, const struct json_value *list, struct err *err)
{
	for (const struct json_value *v = json_first(list); v; v = json_next(v))
		for (const char *at = json_string(v); (at = strstr(at, "${")) != NULL; at += 2)
			if (place_at(at) == PLACES)
				return json_error(j, v, err,
						  "'%s' is not known here: ${staging}, ${kernel}, "
						  "${release} and ${arch} are",
						  at);
	return true;
}

bool steps_read_also(struct steps_reader *r, const struct json_value *v, struct step *s,
		     struct err *err)
{
	static const char *const keys[] = { "match", "args", NULL };
	struct step all = *s; /* with every argument there may be, to count them */
	if (json_type(v) != JSON_ARRAY)
		return json_error(r->doc, v, err, "must be an array");
	for (const struct json_value *e = json_first(v); e; e = json_next(e)) {
		const struct json_value *match = NULL, *args = NULL;
		if (!json_only_keys(r->doc, e, keys, err) ||
		    !json_get_object(r->doc, e, "match", JSON_REQUIRED, &match, err) ||
		    !match_check(r->doc, match, err) ||
		    !json_get_array(r->doc, e, "args", JSON_REQUIRED, &args, err) ||
		    !steps_read_args(r->doc, args, &all, err) ||
		    !steps_check_places(r->doc, args, err))
			return false;
	}
	s->also = v;
	return true;
}

bool steps_read_meaning(struct steps_reader *r, const struct json_value *v, struct step *s,
			struct err *err)
{
	if (json_type(v) != JSON_OBJECT || json_count(v) > STEP_MEANINGS_MAX)
		return json_error(r->doc, v, err, "must be an object of at most %d texts",
				  STEP_MEANINGS_MAX);
	for (const struct json_value *m = json_first(v); m; m = json_next(m)) {
		const char *code = json_key(m), *text = json_string(m);
		size_t n = strlen(code);
		if (n == 0 || n > 10 || strspn(code, "0123456789") != n ||
		    (n > 1 && code[0] == '0'))
			return json_error(r->doc, m, err, "the key must be an exit code");
		if (!text || !*text || strlen(text) > STEP_NAME_MAX || steps_has_control(text))
			return json_error(r->doc, m, err, "must be one line of text");
	}
	s->meaning = v;
	return true;
}

const char *step_meaning(const struct step *step, uint32_t code)
{
	char key[16];
	snprintf(key, sizeof(key), "%u", (unsigned)code);
	return step->meaning ? json_string(json_get(step->meaning, key)) : NULL;
}

/* --- for one machine ------------------------------------------------------------------------------- */

/* What becomes of an argument: into @out, or only measured where that is NULL; without the NUL. */
static size_t expand(const char *arg, const char *const values[PLACES], char *out)
{
	size_t n = 0;
	while (*arg) {
		size_t place = place_at(arg);
		const char *text = place < PLACES && values[place] ? values[place] : arg;
		size_t len = text == arg ? 1 : strlen(text);
		if (out)
			memcpy(out + n, text, len);
		n += len;
		arg += text == arg ? 1 : strlen(places[place]);
	}
	if (out)
		out[n] = '\0';
	return n;
}

/* A value becomes part of an argument: it must be known, and plain. */
static bool check_values(const struct step *s, const char *const values[PLACES], struct err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._+~-";
	for (size_t i = 0; i < s->arg_count; i++)
		for (const char *at = s->args[i]; (at = strstr(at, "${")) != NULL; at += 2) {
			size_t place = place_at(at);
			const char *value = place < PLACES ? values[place] : NULL;
			if (!value)
				continue;
			if (!*value || strspn(value, plain) != strlen(value))
				return err_set(err, ERR_MACHINE_UNSUPPORTED,
					       "'%s' needs %s, which is not known on this machine",
					       s->args[0], places[place]);
		}
	return true;
}

/* The step as it is for this machine, with its placeholders still in it. */
static void choose_args(const struct step *in, const struct facts *f, struct step *out)
{
	*out = *in;
	out->also = NULL;
	for (const struct json_value *e = json_first(in->also); e; e = json_next(e)) {
		const char *key;
		char reason[MATCH_REASON_SIZE];
		if (!match_holds(json_get(e, "match"), f, &key, reason))
			continue;
		for (const struct json_value *v = json_first(json_get(e, "args")); v;
		     v = json_next(v))
			out->args[out->arg_count++] = json_string(v);
	}
	out->args[out->arg_count] = NULL;
}

bool steps_resolve(const struct step *in, size_t count, const struct facts *facts,
		   struct step **out, struct err *err)
{
	const char *const values[PLACES] = { NULL, facts->kernel, facts->version_id, facts->arch };
	AUTO(auto_free) struct step *all = calloc(count + 1, sizeof(*all));
	size_t room = 0;
	if (!all)
		return err_no_memory(err);
	for (size_t i = 0; i < count; i++) {
		choose_args(&in[i], facts, &all[i]);
		if (in[i].kind != STEP_RUN)
			continue;
		if (!check_values(&all[i], values, err))
			return false;
		for (size_t k = 0; k < all[i].arg_count; k++)
			room += expand(all[i].args[k], values, NULL) + 1;
	}
	/* Texts stand behind the steps, so that both go at once. */
	struct step *steps = realloc(all, (count + 1) * sizeof(*all) + room);
	if (!steps)
		return err_no_memory(err);
	all = steps;
	char *text = (char *)(steps + count + 1);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; steps[i].kind == STEP_RUN && k < steps[i].arg_count; k++) {
			size_t n = expand(steps[i].args[k], values, text);
			steps[i].args[k] = text;
			text += n + 1;
		}
	*out = steps;
	all = NULL;
	return true;
}

bool step_args_at(const struct step *step, const char *staging, struct buf *texts,
		  const char *argv[STEP_ARGS_MAX + 2], struct err *err)
{
	const char *const values[PLACES] = { staging, NULL, NULL, NULL };
	for (size_t i = 0; i < step->arg_count; i++) {
		AUTO(auto_free) char *text = malloc(expand(step->args[i], values, NULL) + 1);
		if (!text)
			return err_no_memory(err);
		buf_add(texts, text, expand(step->args[i], values, text) + 1);
	}
	if (!buf_ok(texts, "the arguments of a step", err))
		return false;
	const char *at = buf_str(texts);
	for (size_t i = 0; i < step->arg_count; i++, at += strlen(at) + 1)
		argv[i] = at;
	argv[step->arg_count] = NULL;
	return true;
}

bool step_needs_payload(const struct step *step)
{
	if (step->arg_count && strncmp(step->args[0], "./", 2) == 0)
		return true;
	for (size_t i = 0; i < step->arg_count; i++)
		if (strstr(step->args[i], places[PLACE_STAGING]))
			return true;
	return false;
}

/* --- writing -------------------------------------------------------------------------------------- */

static void write_names(struct json *j, struct json_value *v, const char *key,
			const char *const *names, size_t n)
{
	struct json_value *list = json_add_array(j, v, key);
	for (size_t i = 0; i < n; i++)
		json_add_string(j, list, NULL, names[i]);
}

void steps_write_vendor(struct json *j, struct json_value *v, const struct step *s)
{
	char mode[8];
	struct json_value *own = NULL;
	switch (s->kind) {
	case STEP_RUN:
		if (s->also)
			json_add_copy(j, v, "also", s->also);
		if (s->meaning)
			json_add_copy(j, v, "meaning", s->meaning);
		break;
	case STEP_FILE:
		own = json_add_object(j, v, "file");
		snprintf(mode, sizeof(mode), "%04o", (unsigned)s->mode & 07777u);
		json_add_string(j, own, "path", s->args[0]);
		json_add_string(j, own, "text", s->args[1]);
		json_add_string(j, own, "mode", mode);
		break;
	case STEP_SETTING:
		own = json_add_object(j, v, "setting");
		json_add_string(j, own, "file", s->args[0]);
		json_add_string(j, own, "key", s->args[1]);
		json_add_string(j, own, "value", s->args[2]);
		break;
	case STEP_MODULES:
		own = json_add_object(j, v, "modules");
		write_names(j, own, "names", s->args, s->name_count);
		if (s->arg_count > s->name_count)
			write_names(j, own, "restart", s->args + s->name_count,
				    s->arg_count - s->name_count);
		break;
	default:
		break;
	}
}
