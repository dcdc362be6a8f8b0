/* SPDX-License-Identifier: MIT */
/* payload.c - see payload.h. */
#include "payload.h"

#include <string.h>

#include "path.h"

static void entry_done(struct payload_entry *e)
{
	free(e->path);
	free(e->target);
	free(e->from);
	*e = (struct payload_entry) { 0 };
}

void payload_done(struct payload *p)
{
	for (size_t i = 0; i < p->count; i++)
		entry_done(&p->entries[i]);
	for (size_t i = 0; i < p->container_count; i++)
		free(p->containers[i].path);
	free(p->containers);
	free(p->entries);
	*p = (struct payload) { 0 };
}

static bool make_room(struct payload *p, struct err *err)
{
	if (p->count < p->cap)
		return true;
	if (p->count >= TREE_ENTRIES_MAX)
		return err_set(err, ERR_FORMAT, "a package with more than %u files",
			       TREE_ENTRIES_MAX);
	size_t cap = p->cap ? p->cap * 2 : 64;
	struct payload_entry *entries = realloc(p->entries, cap * sizeof(*entries));
	if (!entries)
		return err_no_memory(err);
	p->entries = entries;
	p->cap = cap;
	return true;
}

static char *join(const char *prefix, const char *path)
{
	char *s = NULL;
	return asprintf(&s, "%s%s%s", prefix, *prefix ? "/" : "", path) < 0 ? NULL : s;
}

bool payload_add(struct payload *p, const char *prefix, const struct payload_entry *e,
		 struct err *err)
{
	if (!make_room(p, err))
		return false;
	struct payload_entry *n = &p->entries[p->count++]; /* payload_done() releases it */
	*n = *e;
	n->path = join(prefix, e->path);
	n->target = e->target ? strdup(e->target) : NULL;
	n->from = e->from ? strdup(e->from) : NULL;
	if (!n->path || (e->target && !n->target) || (e->from && !n->from))
		return err_no_memory(err);
	if (!path_is_safe(slice_str(n->path)))
		return err_set(err, ERR_FORMAT, "the path '%.200s' is not allowed in a bundle",
			       n->path);
	if (n->target && !path_target_is_safe(slice_str(n->path), slice_str(n->target)))
		return err_set(err, ERR_FORMAT, "the symlink '%.200s' leads outside of its package",
			       n->path);
	return true;
}

bool payload_add_container(struct payload *p, const char *path, struct opened *opened,
			   struct err *err)
{
	struct payload_container *containers =
		realloc(p->containers, (p->container_count + 1) * sizeof(*containers));
	if (!containers)
		return err_no_memory(err);
	p->containers = containers;
	containers[p->container_count] = (struct payload_container) { strdup(path), opened };
	return containers[p->container_count++].path || err_no_memory(err);
}

static int compare_entries(const void *pa, const void *pb)
{
	const struct payload_entry *a = pa, *b = pb;
	int c = strcmp(a->path, b->path);
	/* Of one path the directory that was named wins over the one that was made up. */
	return c ? c : (a->file > b->file) - (a->file < b->file);
}

/* Every directory above every entry, named or not; duplicates go when all are sorted. */
static bool add_parents(struct payload *p, int64_t mtime, struct err *err)
{
	size_t named = p->count;
	const char *last = "";
	for (size_t i = 0; i < named; i++) {
		AUTO(auto_free) char *path = strdup(p->entries[i].path);
		if (!path)
			return err_no_memory(err);
		for (char *slash; (slash = strrchr(path, '/'));) {
			*slash = '\0';
			size_t n = strlen(path);
			if (strncmp(last, path, n) == 0 && last[n] == '/')
				break; /* the entry before had the same parents */
			struct payload_entry dir = { .path = path,
						     .type = TREE_DIR,
						     .mode = 0755,
						     .mtime = mtime,
						     .file = PAYLOAD_NO_FILE };
			if (!payload_add(p, "", &dir, err))
				return false;
		}
		last = p->entries[i].path;
	}
	return true;
}

bool payload_finish(struct payload *p, int64_t mtime, struct err *err)
{
	if (p->count)
		qsort(p->entries, p->count, sizeof(*p->entries), compare_entries);
	if (!add_parents(p, mtime, err))
		return false;
	if (p->count)
		qsort(p->entries, p->count, sizeof(*p->entries), compare_entries);
	size_t kept = 0;
	for (size_t i = 0; i < p->count; i++) {
		struct payload_entry *e = &p->entries[i];
		struct payload_entry *before = kept ? &p->entries[kept - 1] : NULL;
		if (!before || strcmp(before->path, e->path) != 0) {
			struct payload_entry moved = *e;
			*e = (struct payload_entry) { 0 };
			p->entries[kept++] = moved;
			continue;
		}
		if (e->type != TREE_DIR || before->type != TREE_DIR)
			return err_set(err, ERR_FORMAT, "the path '%.200s' is there twice",
				       e->path);
		entry_done(e);
	}
	p->count = kept;
	return true;
}
