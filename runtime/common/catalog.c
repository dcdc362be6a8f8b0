/* SPDX-License-Identifier: MIT */
/*
 * catalog.c - see catalog.h.
 *
 * The text is signed, but a signer makes mistakes too: every count, index, size and name is checked
 * here, so that nothing after this has to.
 */
#include "catalog.h"

#include "block.h"

#include <string.h>

#include "match.h"
#include "needs.h"
#include "path.h"
#include "relation.h"
#include "remake.h"

#define SIZE_LIMIT (UINT64_C(1) << 40) /* of one file; CATALOG_DEBS_MAX of them still add up */

/* --- debs ---------------------------------------------------------------------------------------- */

/* Names, versions and architectures end up in command lines and messages. */
static bool get_plain(const struct json *j, const struct json_value *v, const char *key,
		      const char **out, struct err *err)
{
	const char *text = NULL;
	if (!json_get_string(j, v, key, JSON_REQUIRED, &text, err))
		return false;
	size_t n = strlen(text);
	bool plain = n > 0 && n <= 256 && text[0] != '-';
	for (size_t i = 0; i < n; i++) {
		char c = text[i];
		plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				  (c >= '0' && c <= '9') || strchr("+-.:~_", c));
	}
	if (!plain)
		return json_error(
			j, json_get(v, key), err,
			"must be 1 to 256 letters, digits, '+', '-', '.', ':', '~' or '_'");
	*out = text;
	return true;
}

static bool get_relations(const struct json *j, const struct json_value *v, const char *key,
			  const char **out, struct err *err)
{
	const char *text = NULL;
	if (!json_get_string(j, v, key, JSON_REQUIRED, &text, err))
		return false;
	struct slice rest = slice_str(text), clause;
	bool bad = false;
	while (!bad && relation_next_clause(&rest, &clause)) {
		struct relation r;
		while (relation_next_alternative(&clause, &r, &bad))
			;
	}
	if (bad)
		return json_error(j, json_get(v, key), err, "is not a list of package relations");
	*out = text;
	return true;
}

static bool read_deb(const struct json *j, const struct json_value *v, struct catalog_deb *d,
		     struct err *err)
{
	static const char *const keys[] = { "name",    "version",        "arch",     "path",
					    "depends", "conflicts",      "provides", "essential",
					    "size",    "installed_size", "sha256",   "exact",
					    NULL };
	d->exact = true;
	if (!json_only_keys(j, v, keys, err) || !get_plain(j, v, "name", &d->name, err) ||
	    !get_plain(j, v, "version", &d->version, err) ||
	    !get_plain(j, v, "arch", &d->arch, err) ||
	    !json_get_string(j, v, "path", JSON_REQUIRED, &d->path, err) ||
	    !get_relations(j, v, "depends", &d->depends, err) ||
	    !get_relations(j, v, "conflicts", &d->conflicts, err) ||
	    !get_relations(j, v, "provides", &d->provides, err) ||
	    !json_get_bool(j, v, "essential", JSON_REQUIRED, &d->essential, err) ||
	    !json_get_u64(j, v, "size", JSON_REQUIRED, SIZE_LIMIT, &d->size, err) ||
	    !json_get_u64(j, v, "installed_size", JSON_REQUIRED, SIZE_LIMIT, &d->installed_size,
			  err) ||
	    !json_get_sha256(j, v, "sha256", JSON_REQUIRED, d->sha256, err) ||
	    !json_get_bool(j, v, "exact", JSON_OPTIONAL, &d->exact, err))
		return false;
	if (!path_is_safe(slice_str(d->path)))
		return json_error(j, json_get(v, "path"), err, "is not a safe relative path");
	return true;
}

static int deb_compare(const struct catalog_deb *a, const struct catalog_deb *b)
{
	int c = strcmp(a->name, b->name);
	c = c ? c : strcmp(a->version, b->version);
	return c ? c : strcmp(a->arch, b->arch);
}

static bool read_debs(struct catalog *c, struct err *err)
{
	const struct json_value *list;
	if (!json_get_array(c->doc, json_top(c->doc), "debs", JSON_REQUIRED, &list, err))
		return false;
	size_t n = json_count(list);
	if (n > CATALOG_DEBS_MAX)
		return json_error(c->doc, list, err, "has more than %d entries", CATALOG_DEBS_MAX);
	c->debs = calloc(n ? n : 1, sizeof(c->debs[0]));
	if (!c->debs)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		struct catalog_deb *d = &c->debs[c->deb_count];
		if (!read_deb(c->doc, v, d, err))
			return false;
		if (c->deb_count > 0 && deb_compare(d - 1, d) >= 0)
			return json_error(
				c->doc, v, err,
				"must come after the one before it by name, version, arch");
		c->deb_count++;
	}
	return true;
}

/* --- packages ------------------------------------------------------------------------------------ */

static int closure_compare(const void *a, const void *b)
{
	const struct catalog_deb *const *x = a, *const *y = b;
	int c = strcmp((*x)->name, (*y)->name);
	return c ? c : strcmp((*x)->arch, (*y)->arch);
}

/* A package can't carry two versions of one deb: dpkg would install both, one over the other. */
static bool check_closure(const struct catalog *c, const struct json_value *list,
			  const struct package *p, struct err *err)
{
	AUTO(auto_free) const struct catalog_deb **sorted =
		calloc(p->deb_count + 1, sizeof(*sorted));
	if (!sorted)
		return err_no_memory(err);
	for (size_t i = 0; i < p->deb_count; i++)
		sorted[i] = &c->debs[p->debs[i].deb];
	qsort(sorted, p->deb_count, sizeof(*sorted), closure_compare);
	for (size_t i = 1; i < p->deb_count; i++)
		if (closure_compare(&sorted[i - 1], &sorted[i]) == 0)
			return json_error(c->doc, list, err, "names '%s:%s' twice", sorted[i]->name,
					  sorted[i]->arch);
	return true;
}

static bool read_closure(const struct catalog *c, const struct json_value *v, struct package *p,
			 struct err *err)
{
	static const char *const keys[] = { "deb", "batch", NULL };
	const struct json_value *list;
	uint64_t last_batch = 0;
	if (!json_get_array(c->doc, v, "debs", JSON_REQUIRED, &list, err))
		return false;
	size_t n = json_count(list);
	if (n > c->deb_count)
		return json_error(c->doc, list, err, "has more entries than the catalog has debs");
	p->debs = calloc(n + 1, sizeof(p->debs[0]));
	if (!p->debs)
		return err_no_memory(err);
	for (const struct json_value *e = json_first(list); e; e = json_next(e)) {
		uint64_t deb = 0, batch = 0;
		if (!json_only_keys(c->doc, e, keys, err) ||
		    !json_get_u64(c->doc, e, "deb", JSON_REQUIRED, UINT32_MAX, &deb, err) ||
		    !json_get_u64(c->doc, e, "batch", JSON_REQUIRED, CATALOG_DEBS_MAX, &batch, err))
			return false;
		if (deb >= c->deb_count)
			return json_error(c->doc, e, err, "'deb' must be an index into debs");
		if (batch < last_batch)
			return json_error(c->doc, e, err, "'batch' must not go down");
		last_batch = batch;
		p->debs[p->deb_count++] = (struct package_deb) { (uint32_t)deb, (uint32_t)batch };
	}
	return check_closure(c, list, p, err);
}

static bool read_step_list(const struct json *j, const struct json_value *v, const char *key,
			   enum json_need need, struct step **steps, size_t *count, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(j, v, key, need, &list, err))
		return false;
	return !list || (steps_parse(j, list, steps, count, err) &&
			 steps_check_os(j, list, *steps, *count, json_get(v, "match"), err));
}

/* Absent where all of the vendor's files can be given back. */
static bool read_inexact(const struct json *j, const struct json_value *v, struct package *p,
			 struct err *err)
{
	static const char *const keys[] = { "bytes", "files", NULL };
	const struct json_value *inexact = NULL;
	return json_get_object(j, v, "inexact", JSON_OPTIONAL, &inexact, err) &&
	       (!inexact || (json_only_keys(j, inexact, keys, err) &&
			     json_get_u64(j, inexact, "bytes", JSON_REQUIRED, p->vendor_bytes,
					  &p->inexact_bytes, err) &&
			     json_get_u64(j, inexact, "files", JSON_REQUIRED, UINT32_MAX,
					  &p->inexact_files, err)));
}

/* Absent where nothing is compressed again. */
static bool read_remake(const struct json *j, const struct json_value *v, struct package *p,
			struct err *err)
{
	static const char *const keys[] = { "bytes", "cpu_seconds", "files", "memory", NULL };
	const struct json_value *remake = NULL;
	struct package_remake *r = &p->remake;
	if (!json_get_object(j, v, "remake", JSON_OPTIONAL, &remake, err))
		return false;
	return !remake ||
	       (json_only_keys(j, remake, keys, err) &&
		json_get_u64(j, remake, "bytes", JSON_REQUIRED, JSON_INTEGER_MAX, &r->bytes, err) &&
		json_get_u64(j, remake, "cpu_seconds", JSON_REQUIRED, JSON_INTEGER_MAX,
			     &r->cpu_seconds, err) &&
		json_get_u64(j, remake, "files", JSON_REQUIRED, TREE_RECIPES_MAX, &r->files, err) &&
		json_get_u64(j, remake, "memory", JSON_REQUIRED, REMAKE_MEMORY_MAX, &r->memory,
			     err));
}

static bool read_groups(const struct json *j, const struct json_value *v, struct package *p,
			struct err *err)
{
	const struct json_value *list;
	if (!json_get_array(j, v, "groups", JSON_REQUIRED, &list, err))
		return false;
	size_t n = json_count(list);
	p->groups = malloc((n ? n : 1) * sizeof(*p->groups));
	if (!p->groups)
		return err_no_memory(err);
	for (const struct json_value *g = json_first(list); g; g = json_next(g)) {
		uint64_t group = 0;
		if (!json_u64(g, &group) || group >= BLOCK_COUNT_MAX)
			return json_error(j, g, err, "must be the number of a group");
		if (p->group_count && group <= p->groups[p->group_count - 1])
			return json_error(j, g, err, "must be more than the one before it");
		p->groups[p->group_count++] = (uint32_t)group;
	}
	return true;
}

static bool read_payload(const struct json *j, const struct json_value *v, struct package *p,
			 struct err *err)
{
	static const char *const tree_keys[] = { "block", "size", "sha256", NULL };
	static const char *const payload_keys[] = { "bytes", "files", NULL };
	const struct json_value *tree, *payload;
	uint64_t block = 0;
	if (!json_get_object(j, v, "tree", JSON_REQUIRED, &tree, err) ||
	    !json_only_keys(j, tree, tree_keys, err) ||
	    !json_get_u64(j, tree, "block", JSON_REQUIRED, UINT32_MAX, &block, err) ||
	    !json_get_u64(j, tree, "size", JSON_REQUIRED, SIZE_LIMIT, &p->tree.size, err) ||
	    !json_get_sha256(j, tree, "sha256", JSON_REQUIRED, p->tree.sha256, err) ||
	    !json_get_object(j, v, "payload", JSON_REQUIRED, &payload, err) ||
	    !json_only_keys(j, payload, payload_keys, err) ||
	    !json_get_u64(j, payload, "bytes", JSON_REQUIRED, JSON_INTEGER_MAX, &p->payload_bytes,
			  err) ||
	    !json_get_u64(j, payload, "files", JSON_REQUIRED, JSON_INTEGER_MAX, &p->payload_files,
			  err) ||
	    !json_get_u64(j, v, "vendor_bytes", JSON_REQUIRED, JSON_INTEGER_MAX, &p->vendor_bytes,
			  err))
		return false;
	p->tree_block = (uint32_t)block;
	return read_inexact(j, v, p, err) && read_remake(j, v, p, err);
}

static bool read_package(const struct catalog *c, const struct json_value *v, struct package *p,
			 struct err *err)
{
	static const char *const keys[] = { "id",       "title",     "version",      "license",
					    "priority", "match",     "kernel",       "install",
					    "check",    "uninstall", "debs",         "groups",
					    "tree",     "payload",   "vendor_bytes", "needs",
					    "inexact",  "remake",    "terms",        NULL };
	const struct json *j = c->doc;
	p->object = v;
	if (!json_only_keys(j, v, keys, err) ||
	    !json_get_string(j, v, "id", JSON_REQUIRED, &p->id, err) ||
	    !json_get_string(j, v, "title", JSON_REQUIRED, &p->title, err) ||
	    !get_plain(j, v, "version", &p->version, err) ||
	    !json_get_string(j, v, "license", JSON_REQUIRED, &p->license, err) ||
	    !json_get_u64(j, v, "priority", JSON_REQUIRED, UINT32_MAX, &p->priority, err) ||
	    !json_get_object(j, v, "match", JSON_REQUIRED, &p->match, err) ||
	    !match_check(j, p->match, err))
		return false;
	if (!name_is_safe(p->id))
		return json_error(j, json_get(v, "id"), err, "is not a valid package id");
	if (json_get(v, "terms") && !terms_read(j, json_get(v, "terms"), NULL, &p->terms, err))
		return false;
	p->needs = json_get(v, "needs");
	if (p->needs && !needs_check(j, p->needs, err))
		return false;
	if (json_get(v, "kernel") && !get_plain(j, v, "kernel", &p->kernel, err))
		return false;
	return read_step_list(j, v, "install", JSON_REQUIRED, &p->install, &p->install_count,
			      err) &&
	       read_step_list(j, v, "check", JSON_OPTIONAL, &p->check, &p->check_count, err) &&
	       read_step_list(j, v, "uninstall", JSON_OPTIONAL, &p->uninstall, &p->uninstall_count,
			      err) &&
	       read_closure(c, v, p, err) && read_groups(j, v, p, err) &&
	       read_payload(j, v, p, err);
}

static bool read_packages(struct catalog *c, struct err *err)
{
	const struct json_value *list;
	if (!json_get_array(c->doc, json_top(c->doc), "packages", JSON_REQUIRED, &list, err))
		return false;
	size_t n = json_count(list);
	if (n > CATALOG_PACKAGES_MAX)
		return json_error(c->doc, list, err, "has more than %d packages",
				  CATALOG_PACKAGES_MAX);
	c->packages = calloc(n ? n : 1, sizeof(c->packages[0]));
	if (!c->packages)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		struct package *p = &c->packages[c->package_count++];
		if (!read_package(c, v, p, err))
			return false;
		if (c->package_count > 1 && strcmp(p[-1].id, p->id) >= 0)
			return json_error(c->doc, v, err,
					  "id '%s' must come after the one before it", p->id);
	}
	return true;
}

bool catalog_parse(struct slice text, struct catalog *out, struct err *err)
{
	static const char *const keys[] = { "debs", "packages", NULL };
	if (text.len > CATALOG_SIZE_MAX)
		return err_set(err, ERR_FORMAT, "the catalog is larger than %u bytes",
			       CATALOG_SIZE_MAX);
	AUTO(catalog_done) struct catalog c = { 0 };
	c.doc = json_parse("catalog", text, err);
	if (!c.doc || !json_only_keys(c.doc, json_top(c.doc), keys, err) || !read_debs(&c, err) ||
	    !read_packages(&c, err))
		return false;
	*out = c;
	c = (struct catalog) { 0 };
	return true;
}

void catalog_done(struct catalog *c)
{
	for (size_t i = 0; i < c->package_count; i++) {
		free(c->packages[i].install);
		free(c->packages[i].check);
		free(c->packages[i].uninstall);
		free(c->packages[i].debs);
		free(c->packages[i].groups);
	}
	free(c->packages);
	free(c->debs);
	json_free(c->doc);
	*c = (struct catalog) { 0 };
}

static int id_compare(const void *id, const void *package)
{
	return strcmp(id, ((const struct package *)package)->id);
}

const struct package *catalog_find(const struct catalog *c, const char *id)
{
	if (c->package_count == 0)
		return NULL;
	return bsearch(id, c->packages, c->package_count, sizeof(c->packages[0]), id_compare);
}
