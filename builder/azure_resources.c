/* SPDX-License-Identifier: MIT */
/* azure_resources.c - see azure_resources.h; azure_manifest.c makes the manifest. */
#include "azure_resources.h"

#include <string.h>

#include "url.h"

void azure_resources_done(struct azure_resources *r)
{
	free(r->rows);
	json_free(r->doc);
	*r = (struct azure_resources) { 0 };
}

/* --- small things -------------------------------------------------------------------------------- */

static bool get_text(const struct json *doc, const struct json_value *v, const char *key,
		     const char **out, struct err *err)
{
	if (!json_get_string(doc, v, key, JSON_REQUIRED, out, err))
		return false;
	return **out || json_error(doc, json_get(v, key), err, "must not be empty");
}

/* A required text that is one of @words (NULL-terminated); *out is its position. */
static bool get_word(const struct json *doc, const struct json_value *v, const char *key,
		     const char *const *words, size_t *out, struct err *err)
{
	const char *text = NULL;
	if (!get_text(doc, v, key, &text, err))
		return false;
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0) {
			*out = i;
			return true;
		}
	return json_error(doc, json_get(v, key), err, "'%s' is not known", text);
}

static bool get_url(const struct json *doc, const struct json_value *v, const char *key,
		    const char **out, struct err *err)
{
	if (!get_text(doc, v, key, out, err))
		return false;
	enum url_kind kind = url_kind(*out);
	return kind == URL_HTTP || kind == URL_HTTPS ||
	       json_error(doc, json_get(v, key), err, "must be a web address");
}

/* --- from the outside in ------------------------------------------------------------------------- */

/* What the levels above a row say. */
struct place {
	size_t nic, os;
	const char *distro;
};

static bool parse_row(struct azure_resources *r, const struct json_value *v,
		      const struct place *place, struct err *err)
{
	static const char *const keys[] = { "Num", "FwLink", "KernelDevelVer", "KernelDevelRPM",
					    NULL };
	struct azure_row row = { .value = v,
				 .nic = (enum azure_nic)place->nic,
				 .windows = place->os == 0,
				 .distro = place->distro };
	if (r->count == AZURE_ROWS_MAX)
		return json_error(r->doc, v, err, "there are more than %d rows", AZURE_ROWS_MAX);
	if (!json_only_keys(r->doc, v, keys, err) ||
	    !get_text(r->doc, v, "Num", &row.release, err) ||
	    !get_url(r->doc, v, "FwLink", &row.url, err))
		return false;
	if (json_get(v, "KernelDevelVer") &&
	    !get_text(r->doc, v, "KernelDevelVer", &row.kernel_devel, err))
		return false;
	if (json_get(v, "KernelDevelRPM") &&
	    !get_url(r->doc, v, "KernelDevelRPM", &row.kernel_devel_url, err))
		return false;
	if (row.kernel_devel_url && !row.kernel_devel)
		return json_error(r->doc, v, err, "has a KernelDevelRPM and no KernelDevelVer");
	if (row.kernel_devel && row.windows)
		return json_error(r->doc, v, err, "is for Windows, which has no kernel-devel");
	r->rows[r->count++] = row;
	return true;
}

/* The elements of array @key of @v, by @parse. */
static bool parse_each(struct azure_resources *r, const struct json_value *v, const char *key,
		       bool (*parse)(struct azure_resources *, const struct json_value *,
				     const struct place *, struct err *),
		       const struct place *place, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(r->doc, v, key, JSON_REQUIRED, &list, err))
		return false;
	for (const struct json_value *e = json_first(list); e; e = json_next(e)) {
		if (json_type(e) != JSON_OBJECT)
			return json_error(r->doc, e, err, "must be an object");
		if (!parse(r, e, place, err))
			return false;
	}
	return true;
}

static bool parse_distro(struct azure_resources *r, const struct json_value *v,
			 const struct place *place, struct err *err)
{
	static const char *const keys[] = { "Name", "Version", NULL };
	struct place here = *place;
	return json_only_keys(r->doc, v, keys, err) &&
	       get_text(r->doc, v, "Name", &here.distro, err) &&
	       parse_each(r, v, "Version", parse_row, &here, err);
}

static bool parse_os(struct azure_resources *r, const struct json_value *v,
		     const struct place *place, struct err *err)
{
	static const char *const keys[] = { "Name", "Comment", "Distro", NULL };
	static const char *const names[] = { "Windows", "Linux", NULL };
	struct place here = *place;
	const char *comment = NULL;
	return json_only_keys(r->doc, v, keys, err) &&
	       json_get_string(r->doc, v, "Comment", JSON_OPTIONAL, &comment, err) &&
	       get_word(r->doc, v, "Name", names, &here.os, err) &&
	       parse_each(r, v, "Distro", parse_distro, &here, err);
}

static bool parse_type(struct azure_resources *r, const struct json_value *v,
		       const struct place *place, struct err *err)
{
	static const char *const keys[] = { "Type", "OS", NULL };
	static const char *const types[] = { "CX3-Pro", "CX5", "CX6", NULL }; /* enum azure_nic */
	struct place here = *place;
	return json_only_keys(r->doc, v, keys, err) &&
	       get_word(r->doc, v, "Type", types, &here.nic, err) &&
	       parse_each(r, v, "OS", parse_os, &here, err);
}

static bool parse_driver(struct azure_resources *r, const struct json_value *v,
			 const struct place *place, struct err *err)
{
	static const char *const keys[] = { "Name", "Version", NULL };
	static const char *const names[] = { "OFED", NULL };
	size_t ignored;
	return json_only_keys(r->doc, v, keys, err) &&
	       get_word(r->doc, v, "Name", names, &ignored, err) &&
	       parse_each(r, v, "Version", parse_type, place, err);
}

bool azure_resources_parse(const char *name, struct slice text, struct azure_resources *out,
			   struct err *err)
{
	static const char *const keys[] = { "Driver", NULL };
	AUTO(azure_resources_done) struct azure_resources r = { 0 };
	const struct place nowhere = { 0 };
	if (text.len > AZURE_RESOURCES_MAX)
		return err_set(err, ERR_FORMAT, "%s: is larger than %u bytes", name,
			       AZURE_RESOURCES_MAX);
	r.doc = json_parse(name, text, err);
	r.rows = calloc(AZURE_ROWS_MAX, sizeof(*r.rows));
	if (!r.doc)
		return false;
	if (!r.rows)
		return err_no_memory(err);
	if (!json_only_keys(r.doc, json_top(r.doc), keys, err) ||
	    !parse_each(&r, json_top(r.doc), "Driver", parse_driver, &nowhere, err))
		return false;
	if (!r.count)
		return json_error(r.doc, json_top(r.doc), err, "names no file at all");
	*out = r;
	r = (struct azure_resources) { 0 };
	return true;
}
