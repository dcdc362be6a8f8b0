/* SPDX-License-Identifier: MIT */
/* state_settings.c - the files and settings in a state; see state.h. */
#include <string.h>

#include "state.h"

#define SETTINGS_MAX 4096

static bool same(const struct state_setting *a, const struct state_setting *b)
{
	return strcmp(a->path, b->path) == 0 && !a->key == !b->key &&
	       (!a->key || strcmp(a->key, b->key) == 0) && a->nth == b->nth;
}

const struct state_setting *state_find_setting(const struct state *s,
					       const struct state_setting *like)
{
	for (size_t i = 0; i < s->setting_count; i++)
		if (same(&s->settings[i], like))
			return &s->settings[i];
	return NULL;
}

bool state_set_setting(struct state *s, struct state_setting setting, struct err *err)
{
	for (size_t i = 0; i < s->setting_count; i++)
		if (same(&s->settings[i], &setting)) {
			s->settings[i] = setting;
			return true;
		}
	struct state_setting *more = realloc(s->settings, (s->setting_count + 1) * sizeof(*more));
	if (!more)
		return err_no_memory(err);
	s->settings = more;
	s->settings[s->setting_count++] = setting;
	return true;
}

const char *state_keep(struct state *s, struct slice text)
{
	AUTO(auto_free) char *copy = malloc(text.len + 1);
	if (!copy || !s->doc)
		return NULL;
	if (text.len)
		memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	struct json_value *box = json_add_array(s->doc, json_top(s->doc), "kept");
	json_add_string(s->doc, box, NULL, copy);
	return json_string(json_first(box));
}

bool state_inherit_settings(struct state *s, const struct state *from, struct err *err)
{
	for (size_t i = 0; i < from->setting_count; i++)
		if (!state_find_setting(s, &from->settings[i]) &&
		    !state_set_setting(s, from->settings[i], err))
			return false;
	return true;
}

static bool read_setting(const struct json *j, const struct json_value *v, struct state_setting *s,
			 struct err *err)
{
	static const char *const keys[] = { "path", "key", "text", "was", "nth", NULL };
	if (!json_only_keys(j, v, keys, err) ||
	    !json_get_string(j, v, "path", JSON_REQUIRED, &s->path, err) ||
	    !json_get_string(j, v, "key", JSON_OPTIONAL, &s->key, err) ||
	    !json_get_string(j, v, "text", JSON_REQUIRED, &s->text, err) ||
	    !json_get_string(j, v, "was", JSON_OPTIONAL, &s->was, err) ||
	    !json_get_u64(j, v, "nth", JSON_OPTIONAL, JSON_INTEGER_MAX, &s->nth, err))
		return false;
	return s->path[0] == '/' || json_error(j, v, err, "has a path that is not absolute");
}

bool state_read_settings(struct state *s, struct err *err)
{
	const struct json_value *list = json_get(json_top(s->doc), "settings");
	if (!list)
		return true;
	if (json_type(list) != JSON_ARRAY || json_count(list) > SETTINGS_MAX)
		return json_error(s->doc, list, err, "must be an array of at most %d settings",
				  SETTINGS_MAX);
	s->settings = calloc(json_count(list) + 1, sizeof(*s->settings));
	if (!s->settings)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v))
		if (!read_setting(s->doc, v, &s->settings[s->setting_count++], err))
			return false;
	return true;
}

void state_write_settings(struct json *j, struct json_value *top, const struct state *s)
{
	struct json_value *list = s->setting_count ? json_add_array(j, top, "settings") : NULL;
	for (size_t i = 0; i < s->setting_count; i++) {
		const struct state_setting *t = &s->settings[i];
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "path", t->path);
		if (t->key)
			json_add_string(j, v, "key", t->key);
		json_add_string(j, v, "text", t->text);
		if (t->was)
			json_add_string(j, v, "was", t->was);
		json_add_u64(j, v, "nth", t->nth);
	}
}
