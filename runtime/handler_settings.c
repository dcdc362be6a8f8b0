/* SPDX-License-Identifier: MIT */
/* handler_settings.c - see handler_settings.h. */
#include "handler_settings.h"

#include <stdlib.h>
#include <string.h>

#define SETTINGS_ENDING ".settings"
#define DIGITS_MAX 10

/* --- the agent's own shapes -------------------------------------------------------------------- */

/*
 * The agent writes versions as 1.0, and json.h knows whole numbers alone: what is 0 behind the point
 * becomes space.
 */
static struct json *parse_text(const char *name, struct slice text, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(HANDLER_FILE_MAX);
	bool inside = false;
	buf_add(&b, text.p, text.len);
	if (!buf_ok(&b, name, err))
		return NULL;
	for (size_t i = 0; i < b.len; i++) {
		if (b.p[i] == '"' || (inside && b.p[i] == '\\')) {
			inside ^= b.p[i] == '"';
			i += b.p[i] == '\\';
		} else if (!inside && b.p[i] == '.') {
			size_t end = i + 1;
			while (end < b.len && b.p[end] == '0')
				end++;
			if (end > i + 1)
				memset(b.p + i, ' ', end - i);
		}
	}
	return json_parse(name, buf_slice(&b), err);
}

/* The agent writes an array of one; NULL when @v is no such thing. */
static const struct json_value *only_one(const struct json *j, const struct json_value *v,
					 struct err *err)
{
	const struct json_value *first = json_type(v) == JSON_ARRAY ? json_first(v) : NULL;
	if (!first || json_type(first) != JSON_OBJECT) {
		json_error(j, v, err, "must be an array with an object in it");
		return NULL;
	}
	return first;
}

bool handler_environment_parse(const char *name, struct slice text, struct handler_environment *out,
			       struct err *err)
{
	struct handler_environment e = { 0 };
	AUTO(json_auto_free) struct json *j = parse_text(name, text, err);
	const struct json_value *top = j ? only_one(j, json_top(j), err) : NULL, *v = NULL;
	if (!top || !json_get_string(j, top, "name", JSON_REQUIRED, &e.name, err) ||
	    !json_get_object(j, top, "handlerEnvironment", JSON_REQUIRED, &v, err) ||
	    !json_get_string(j, v, "logFolder", JSON_REQUIRED, &e.log, err) ||
	    !json_get_string(j, v, "configFolder", JSON_REQUIRED, &e.config, err) ||
	    !json_get_string(j, v, "statusFolder", JSON_REQUIRED, &e.status, err) ||
	    !json_get_string(j, v, "heartbeatFile", JSON_OPTIONAL, &e.heartbeat, err))
		return false;
	e.doc = j;
	j = NULL;
	*out = e;
	return true;
}

void handler_environment_done(struct handler_environment *e)
{
	json_free(e->doc);
	*e = (struct handler_environment) { 0 };
}

bool handler_manifest_parse(const char *name, struct slice text, bool *heartbeat, struct err *err)
{
	AUTO(json_auto_free) struct json *j = parse_text(name, text, err);
	const struct json_value *top = j ? only_one(j, json_top(j), err) : NULL, *v = NULL;
	bool promised = false;
	if (!top || !json_get_object(j, top, "handlerManifest", JSON_REQUIRED, &v, err) ||
	    !json_get_bool(j, v, "reportHeartbeat", JSON_OPTIONAL, &promised, err))
		return false;
	*heartbeat = promised;
	return true;
}

/* --- what somebody asks for -------------------------------------------------------------------- */

static bool take_accepted(const struct json *j, const struct json_value *v,
			  struct handler_settings *s, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(j, v, "acceptLicenses", JSON_OPTIONAL, &list, err))
		return false;
	for (const struct json_value *at = json_first(list); at; at = json_next(at)) {
		const char *id = json_string(at);
		if (!id || !id[0] || id[0] == '-')
			return json_error(j, at, err, "must be the name of terms");
		if (s->accept_count == HANDLER_ACCEPT_MAX)
			return json_error(j, at, err, "more than %d terms", HANDLER_ACCEPT_MAX);
		s->accept[s->accept_count++] = id;
	}
	return true;
}

/* A value becomes one word of a command line: nothing empty, and no option. */
static bool take_word(const struct json *j, const struct json_value *v, const char *key,
		      const char **out, struct err *err)
{
	if (!json_get_string(j, v, key, JSON_OPTIONAL, out, err))
		return false;
	if (*out && (!(*out)[0] || (*out)[0] == '-'))
		return json_error(j, json_get(v, key), err, "must not be empty, or begin with '-'");
	return true;
}

static bool take_public(const struct json *j, const struct json_value *v,
			struct handler_settings *s, struct err *err)
{
	static const char *const keys[] = { "bundle",         "package", "requireTrust",
					    "acceptLicenses", "reboot",  NULL };
	const char *reboot = "report";
	if (!json_only_keys(j, v, keys, err) || !take_word(j, v, "bundle", &s->bundle, err) ||
	    !take_word(j, v, "package", &s->package, err) ||
	    !json_get_bool(j, v, "requireTrust", JSON_OPTIONAL, &s->require_trust, err) ||
	    !take_accepted(j, v, s, err) ||
	    !json_get_string(j, v, "reboot", JSON_OPTIONAL, &reboot, err))
		return false;
	s->wait_for_reboot = strcmp(reboot, "wait") == 0;
	return s->wait_for_reboot || strcmp(reboot, "report") == 0 ||
	       json_error(j, json_get(v, "reboot"), err, "must be \"report\" or \"wait\"");
}

static bool is_there(const struct json_value *v)
{
	return v && json_type(v) != JSON_NULL;
}

static bool parse(const struct json *j, struct handler_settings *s, struct err *err)
{
	const struct json_value *list = NULL, *v = NULL;
	if (!json_get_array(j, json_top(j), "runtimeSettings", JSON_REQUIRED, &list, err))
		return false;
	const struct json_value *first = only_one(j, list, err);
	if (!first || !json_get_object(j, first, "handlerSettings", JSON_REQUIRED, &v, err))
		return false;
	s->has_protected = is_there(json_get(v, "protectedSettings"));
	if (!is_there(json_get(v, "publicSettings")))
		return true;
	return json_get_object(j, v, "publicSettings", JSON_REQUIRED, &v, err) &&
	       take_public(j, v, s, err);
}

bool handler_settings_parse(const char *name, struct slice text, struct handler_settings *out,
			    struct err *err)
{
	struct handler_settings s = { 0 };
	if (text.len == 0) { /* as the agent writes it for who has no settings */
		*out = s;
		return true;
	}
	AUTO(json_auto_free) struct json *j = parse_text(name, text, err);
	if (!j)
		return false;
	if (!parse(j, &s, err)) {
		if (err && err->code == ERR_FORMAT)
			err->code = ERR_USAGE; /* whoever wrote the template has to know */
		return false;
	}
	s.doc = j;
	j = NULL;
	*out = s;
	return true;
}

void handler_settings_done(struct handler_settings *s)
{
	json_free(s->doc);
	*s = (struct handler_settings) { 0 };
}

/* --- sequence numbers -------------------------------------------------------------------------- */

static bool parse_digits(const char *text, size_t len, uint32_t *out)
{
	uint64_t n = 0;
	if (!len || len > DIGITS_MAX || strspn(text, "0123456789") < len)
		return false;
	for (size_t i = 0; i < len; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	if (n > INT32_MAX)
		return false;
	*out = (uint32_t)n;
	return true;
}

bool handler_sequence(const char *text, uint32_t *out)
{
	return parse_digits(text, strlen(text), out);
}

bool handler_sequence_of_file(const char *name, uint32_t *out)
{
	size_t len = strlen(name), ending = strlen(SETTINGS_ENDING);
	return len > ending && strcmp(name + len - ending, SETTINGS_ENDING) == 0 &&
	       parse_digits(name, len - ending, out);
}
