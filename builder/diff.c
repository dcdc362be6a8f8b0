/* SPDX-License-Identifier: MIT */
/* diff.c - see diff.h. */
#include "diff.h"

#include <string.h>

#include "block_index.h"

void diff_done(struct diff *d)
{
	for (size_t i = 0; i < d->package_count; i++) {
		struct diff_package *p = &d->packages[i];
		for (size_t k = 0; k < p->file_count; k++)
			free(p->files[k].path);
		free(p->files);
		free(p->id);
		free(p->old_version);
		free(p->new_version);
	}
	free(d->packages);
	*d = (struct diff) { 0 };
}

/* --- the files of a package --------------------------------------------------------------------- */

static uint64_t size_of(const struct tree_entry *e)
{
	return e ? e->size : 0;
}

static bool add_file(struct diff_package *p, const struct tree_entry *old,
		     const struct tree_entry *new, struct err *err)
{
	if (p->file_count == p->file_cap) {
		size_t cap = p->file_cap ? p->file_cap * 2 : 16;
		struct diff_file *files = realloc(p->files, cap * sizeof(*files));
		if (!files)
			return err_no_memory(err);
		p->files = files;
		p->file_cap = cap;
	}
	struct slice path = new ? new->path : old->path;
	struct diff_file f = { .path = strndup((const char *)path.p, path.len),
			       .kind = !old   ? DIFF_ADDED
				       : !new ? DIFF_REMOVED
					      : DIFF_CHANGED,
			       .old_size = size_of(old),
			       .new_size = size_of(new) };
	if (!f.path)
		return err_no_memory(err);
	p->files[p->file_count++] = f;
	return true;
}

/* Times are not looked at: they are the bundle's own where the vendor has none. */
static bool same_entry(const struct tree_entry *a, const struct tree_entry *b)
{
	return a->type == b->type && a->mode == b->mode && a->size == b->size &&
	       slice_equal(a->target, b->target) &&
	       memcmp(a->sha256, b->sha256, sizeof(a->sha256)) == 0;
}

static int compare_paths(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int rc = n ? memcmp(a.p, b.p, n) : 0;
	return rc ? rc : (a.len > b.len) - (a.len < b.len);
}

/* Both are sorted by path. */
static bool compare_trees(const struct tree *old, const struct tree *new, struct diff_package *p,
			  struct err *err)
{
	uint32_t i = 0, k = 0;
	while (i < old->entry_count || k < new->entry_count) {
		const struct tree_entry *a = i < old->entry_count ? &old->entries[i] : NULL;
		const struct tree_entry *b = k < new->entry_count ? &new->entries[k] : NULL;
		int order = !a ? 1 : !b ? -1 : compare_paths(a->path, b->path);
		i += order <= 0;
		k += order >= 0;
		if (order == 0 && same_entry(a, b))
			continue;
		if (!add_file(p, order <= 0 ? a : NULL, order >= 0 ? b : NULL, err))
			return false;
	}
	return true;
}

/* --- what the catalog says of a package ---------------------------------------------------------- */

/* The package's object, but for what follows from its files and its version. */
static bool print_rules(const struct package *p, struct buf *out, struct err *err)
{
	static const char *const derived[] = { "debs",         "groups",  "payload", "tree",
					       "vendor_bytes", "version", NULL };
	AUTO(json_auto_free) struct json *j = json_new("package", err);
	if (!j)
		return false;
	for (const struct json_value *m = json_first(p->object); m; m = json_next(m)) {
		size_t i = 0;
		while (derived[i] && strcmp(derived[i], json_key(m)) != 0)
			i++;
		if (!derived[i])
			json_add_copy(j, json_top(j), json_key(m), m);
	}
	*out = BUF_INIT(CATALOG_SIZE_MAX);
	return json_print(j, false, out, err);
}

static bool same_rules(const struct package *a, const struct package *b, bool *same,
		       struct err *err)
{
	AUTO(buf_done) struct buf before = { 0 }, after = { 0 };
	if (!print_rules(a, &before, err) || !print_rules(b, &after, err))
		return false;
	*same = slice_equal(buf_slice(&before), buf_slice(&after));
	return true;
}

/* --- the packages ------------------------------------------------------------------------------- */

static bool read_tree(const struct bundle *b, const struct package *p, struct tree *out,
		      struct err *err)
{
	return !p || bundle_read_tree(b, (size_t)(p - b->catalog.packages), out, err);
}

/* @id is in @old as @a and in @new as @b; one of these may be NULL. */
static bool add_package(struct diff *d, const char *id, const struct bundle *old,
			const struct package *a, const struct bundle *new, const struct package *b,
			struct err *err)
{
	AUTO(tree_done) struct tree before = { 0 }, after = { 0 };
	struct diff_package *p = &d->packages[d->package_count];
	bool same_tree = a && b && memcmp(a->tree.sha256, b->tree.sha256, SHA256_SIZE) == 0;
	*p = (struct diff_package) { .id = strdup(id),
				     .kind = !a   ? DIFF_ADDED
					     : !b ? DIFF_REMOVED
						  : DIFF_CHANGED,
				     .old_version = strdup(a ? a->version : ""),
				     .new_version = strdup(b ? b->version : "") };
	d->package_count++;
	if (!p->id || !p->old_version || !p->new_version)
		return err_no_memory(err);
	bool rules = true;
	if (a && b && !same_rules(a, b, &rules, err))
		return false;
	p->described = !rules;
	if (!same_tree && (!read_tree(old, a, &before, err) || !read_tree(new, b, &after, err) ||
			   !compare_trees(&before, &after, p, err)))
		return false;
	/* Nothing to tell of one that is the same. */
	if (p->kind == DIFF_CHANGED && p->file_count == 0 && !p->described &&
	    strcmp(a->version, b->version) == 0) {
		free(p->id);
		free(p->old_version);
		free(p->new_version);
		d->package_count--;
	}
	return true;
}

static bool compare_packages(const struct bundle *old, const struct bundle *new, struct diff *d,
			     struct err *err)
{
	const struct catalog *a = &old->catalog, *b = &new->catalog;
	size_t i = 0, k = 0;
	d->packages = calloc(a->package_count + b->package_count + 1, sizeof(*d->packages));
	if (!d->packages)
		return err_no_memory(err);
	while (i < a->package_count || k < b->package_count) {
		const struct package *x = i < a->package_count ? &a->packages[i] : NULL;
		const struct package *y = k < b->package_count ? &b->packages[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->id, y->id);
		i += order <= 0;
		k += order >= 0;
		if (!add_package(d, order <= 0 ? x->id : y->id, old, order <= 0 ? x : NULL, new,
				 order >= 0 ? y : NULL, err))
			return false;
	}
	return true;
}

static bool compare_blocks(const struct bundle *old, const struct bundle *new, struct diff *d,
			   struct err *err)
{
	AUTO(block_index_done) struct block_index x = { 0 };
	if (!block_index_add(&x, &old->src, err))
		return false;
	block_index_finish(&x);
	d->blocks = new->table.count;
	for (uint32_t i = 0; i < new->table.count; i++) {
		const struct block *b = &new->table.blocks[i];
		bool lacks = !block_index_find(&x, b).src;
		d->bytes += b->stored_size;
		d->new_bytes += lacks ? b->stored_size : 0;
		d->new_blocks += lacks;
	}
	return true;
}

bool diff_make(const struct bundle *old, const struct bundle *new, struct diff *out,
	       struct err *err)
{
	AUTO(diff_done) struct diff d = { 0 };
	size_t size = (size_t)old->locator.root.size;
	d.same_root = old->locator.root.size ==
		      new->locator.root.size &&memcmp(old->root_bytes, new->root_bytes, size) == 0;
	if (!compare_packages(old, new, &d, err) || !compare_blocks(old, new, &d, err))
		return false;
	*out = d;
	d = (struct diff) { 0 };
	return true;
}
