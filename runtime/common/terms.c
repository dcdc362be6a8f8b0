/* SPDX-License-Identifier: MIT */
/* terms.c - see terms.h. */
#include "terms.h"

#include <string.h>

#include "path.h"

/* It goes to a terminal as it is. */
static bool get_line(const struct json *j, const struct json_value *v, const char *key,
		     enum json_need need, const char **out, struct err *err)
{
	if (!json_get_string(j, v, key, need, out, err))
		return false;
	size_t n = *out ? strlen(*out) : 1;
	if (n == 0 || n > TERMS_TEXT_MAX)
		return json_error(j, json_get(v, key), err, "must be 1 to %d bytes",
				  TERMS_TEXT_MAX);
	for (const char *c = *out; c && *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return json_error(j, json_get(v, key), err, "must be one line");
	return true;
}

static bool get_id(const struct json *j, const struct json_value *v, const char *id,
		   struct terms *t, struct err *err)
{
	t->id = id;
	if (!id && !json_get_string(j, v, "id", JSON_REQUIRED, &t->id, err))
		return false;
	return (name_is_safe(t->id) && strlen(t->id) <= TERMS_ID_MAX &&
		strcmp(t->id, TERMS_ALL) != 0) ||
	       json_error(j, id ? v : json_get(v, "id"), err,
			  "the name of terms has lower-case letters, digits and .+_-, and is not "
			  "'" TERMS_ALL "'");
}

bool terms_read(const struct json *j, const struct json_value *v, const char *id, struct terms *out,
		struct err *err)
{
	static const char *const keys[] = { "title", "url", "accept", "redistribute", "id", NULL };
	static const char *const without_id[] = { "title", "url", "accept", "redistribute", NULL };
	struct terms t = { 0 };
	bool redistribute = false;
	if (!json_only_keys(j, v, id ? without_id : keys, err) || !get_id(j, v, id, &t, err) ||
	    !get_line(j, v, "title", JSON_REQUIRED, &t.title, err) ||
	    !get_line(j, v, "url", JSON_OPTIONAL, &t.url, err) ||
	    !json_get_bool(j, v, "accept", JSON_REQUIRED, &t.accept, err) ||
	    !json_get_bool(j, v, "redistribute", JSON_OPTIONAL, &redistribute, err))
		return false;
	if (t.url && strncmp(t.url, "https://", 8) != 0 && strncmp(t.url, "http://", 7) != 0)
		return json_error(j, json_get(v, "url"), err, "must be an address of the web");
	if (json_get(v, "redistribute"))
		t.redistribute = redistribute ? TERMS_YES : TERMS_NO;
	*out = t;
	return true;
}

void terms_write(struct json *j, struct json_value *parent, const char *key, const struct terms *t)
{
	struct json_value *v = json_add_object(j, parent, key);
	json_add_string(j, v, "id", t->id);
	json_add_string(j, v, "title", t->title);
	if (t->url)
		json_add_string(j, v, "url", t->url);
	json_add_bool(j, v, "accept", t->accept);
	if (t->redistribute != TERMS_NOT_KNOWN)
		json_add_bool(j, v, "redistribute", t->redistribute == TERMS_YES);
}

bool terms_accepted(const struct terms *t, const char *const *ids, size_t count)
{
	for (size_t i = 0; t->id && t->accept && i < count; i++)
		if (strcmp(ids[i], t->id) == 0 || strcmp(ids[i], TERMS_ALL) == 0)
			return true;
	return !t->id || !t->accept;
}
