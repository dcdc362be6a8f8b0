/* SPDX-License-Identifier: MIT */
/*
 * state_there.c - the packages that were there before a vendor's program ran, in a journal: whatever
 * cuts the program off, what it brought is known by what was there before.  See state.h.
 */
#include <string.h>

#include "state.h"

static bool add(struct state *s, size_t room)
{
	s->there = calloc(room + 1, sizeof(*s->there));
	s->there_count = 0;
	return s->there != NULL;
}

void state_forget_there(struct state *s)
{
	free(s->there);
	s->there = NULL;
	s->there_count = 0;
}

bool state_note_there(struct state *s, const struct facts *f, struct err *err)
{
	if (s->there_count)
		return true;
	free(s->there);
	if (!add(s, f->package_count))
		return err_no_memory(err);
	for (size_t i = 0; i < f->package_count; i++) {
		const struct facts_package *p = &f->packages[i];
		struct state_deb d = { .name = state_keep(s, slice_str(p->name)),
				       .version = state_keep(s, slice_str(p->version)),
				       .arch = state_keep(s, slice_str(p->arch)) };
		if (!d.name || !d.version || !d.arch)
			return err_no_memory(err);
		s->there[s->there_count++] = d;
	}
	return true;
}

bool state_inherit_there(struct state *s, const struct state *from, struct err *err)
{
	if (s->there_count || !from->there_count)
		return true;
	free(s->there);
	if (!add(s, from->there_count))
		return err_no_memory(err);
	memcpy(s->there, from->there, from->there_count * sizeof(*s->there));
	s->there_count = from->there_count;
	return true;
}

const char *state_version_then(const struct state *s, const struct facts_package *p)
{
	for (size_t i = 0; i < s->there_count; i++)
		if (strcmp(s->there[i].name, p->name) == 0 &&
		    strcmp(s->there[i].arch, p->arch) == 0)
			return s->there[i].version;
	return NULL;
}

bool state_read_there(struct state *s, struct err *err)
{
	static const char *const keys[] = { "name", "version", "arch", NULL };
	const struct json_value *list = json_get(json_top(s->doc), "packages_before");
	if (!list)
		return true;
	if (json_type(list) != JSON_ARRAY || json_count(list) > FACTS_PACKAGES_MAX)
		return json_error(s->doc, list, err, "must be an array of at most %d packages",
				  FACTS_PACKAGES_MAX);
	if (!add(s, json_count(list)))
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		struct state_deb *d = &s->there[s->there_count++];
		if (!json_only_keys(s->doc, v, keys, err) ||
		    !json_get_string(s->doc, v, "name", JSON_REQUIRED, &d->name, err) ||
		    !json_get_string(s->doc, v, "version", JSON_REQUIRED, &d->version, err) ||
		    !json_get_string(s->doc, v, "arch", JSON_REQUIRED, &d->arch, err))
			return false;
	}
	return true;
}

void state_write_there(struct json *j, struct json_value *top, const struct state *s)
{
	struct json_value *list = s->there_count ? json_add_array(j, top, "packages_before") : NULL;
	for (size_t i = 0; i < s->there_count; i++) {
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "name", s->there[i].name);
		json_add_string(j, v, "version", s->there[i].version);
		json_add_string(j, v, "arch", s->there[i].arch);
	}
}
