/* SPDX-License-Identifier: MIT */
/* supply.c - see supply.h. */
#include "supply.h"

#include <stdio.h>

#include "fetch.h"
#include "file.h"
#include "progress.h"

#define CHUNK (1u << 20)

/* --- places --------------------------------------------------------------------------------------- */

static bool add_slot(struct supply_slot **slots, size_t *count, const char *package,
		     const char *path, size_t of_package, struct err *err)
{
	struct supply_slot *more = realloc(*slots, (*count + 1) * sizeof(*more));
	if (!more)
		return err_no_memory(err);
	*slots = more;
	more[(*count)++] = (struct supply_slot) { package, path, of_package, NULL };
	return true;
}

bool supply_slots_of_manifest(const struct manifest *m, struct supply_slot **slots, size_t *count,
			      struct err *err)
{
	AUTO(auto_free) struct supply_slot *all = NULL;
	size_t n = 0;
	for (size_t i = 0; i < m->package_count; i++) {
		const struct manifest_package *p = &m->packages[i];
		size_t of_package = 0;
		for (size_t k = 0; k < p->file_count; k++)
			of_package += p->files[k].supply;
		for (size_t k = 0; k < p->file_count; k++)
			if (p->files[k].supply &&
			    !add_slot(&all, &n, p->id, p->files[k].path, of_package, err))
				return false;
	}
	*slots = all;
	*count = n;
	all = NULL;
	return true;
}

static bool is_supplied(const struct lock *l, const struct lock_package_file *f)
{
	return l->files[f->file].trust == LOCK_SUPPLIED;
}

bool supply_slots_of_lock(const struct lock *l, struct supply_slot **slots, size_t *count,
			  struct err *err)
{
	AUTO(auto_free) struct supply_slot *all = NULL;
	size_t n = 0;
	for (size_t i = 0; i < l->package_count; i++) {
		const struct lock_package *p = &l->packages[i];
		size_t of_package = 0;
		for (size_t k = 0; k < p->file_count; k++)
			of_package += is_supplied(l, &p->files[k]);
		for (size_t k = 0; k < p->file_count; k++)
			if (is_supplied(l, &p->files[k]) &&
			    !add_slot(&all, &n, p->id, p->files[k].path, of_package, err))
				return false;
	}
	*slots = all;
	*count = n;
	all = NULL;
	return true;
}

void supply_id(const struct supply_slot *slot, struct buf *out)
{
	buf_add_str(out, slot->package);
	if (slot->of_package > 1) {
		buf_add_str(out, "/");
		buf_add_str(out, slot->path);
	}
}

const struct supply_slot *supply_find(const struct supply_slot *slots, size_t count,
				      const char *package, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(slots[i].package, package) == 0 && strcmp(slots[i].path, path) == 0)
			return &slots[i];
	return NULL;
}

/* --- what is given -------------------------------------------------------------------------------- */

/* What follows @head in @text, or NULL. */
static const char *after(const char *text, const char *head)
{
	size_t n = strlen(head);
	return text && strncmp(text, head, n) == 0 ? text + n : NULL;
}

/* PATH, where @text is "PACKAGE=PATH" or "PACKAGE/FILE=PATH" of this slot. */
static const char *path_for(const char *text, const struct supply_slot *slot)
{
	const char *rest = after(text, slot->package);
	const char *path = slot->of_package == 1 ? after(rest, "=") : NULL;
	return path ? path : after(after(after(rest, "/"), slot->path), "=");
}

static bool say_unknown(const char *text, const struct supply_slot *slots, size_t count,
			struct err *err)
{
	AUTO(buf_done) struct buf ids = BUF_INIT(4096);
	for (size_t i = 0; i < count; i++) {
		buf_add_str(&ids, i ? ", " : "");
		supply_id(&slots[i], &ids);
	}
	if (count == 0)
		return err_set(err, ERR_USAGE, "--supply '%s': no package here takes such a file",
			       text);
	return err_set(err, ERR_USAGE, "--supply '%s' must be ID=PATH, and ID one of: %.600s", text,
		       buf_str(&ids));
}

bool supply_match(const char *const *given, size_t given_count, struct supply_slot *slots,
		  size_t count, struct err *err)
{
	for (size_t i = 0; i < given_count; i++) {
		struct supply_slot *slot = NULL;
		const char *path = NULL;
		for (size_t k = 0; k < count && !path; k++) {
			slot = &slots[k];
			path = path_for(given[i], slot);
		}
		if (!path || !*path)
			return say_unknown(given[i], slots, count, err);
		if (slot->given)
			return err_set(err, ERR_USAGE, "--supply gives '%s' of '%s' twice",
				       slot->path, slot->package);
		slot->given = path;
	}
	return true;
}

bool supply_lacks(const struct supply_slot *slots, size_t count, const struct manifest_package *p,
		  struct buf *out)
{
	bool lacks = false;
	for (size_t i = 0; i < p->file_count; i++) {
		const struct manifest_file *f = &p->files[i];
		const struct supply_slot *slot =
			f->supply ? supply_find(slots, count, p->id, f->path) : NULL;
		if (!slot || slot->given)
			continue;
		buf_printf(out, "%s '%s'%s%s%s, which nobody publishes: give it with --supply ",
			   lacks ? "; and" : "needs", f->path, f->title ? " (" : "",
			   f->title ? f->title : "", f->title ? ")" : "");
		supply_id(slot, out);
		buf_add_str(out, "=PATH");
		lacks = true;
	}
	return lacks;
}

/* --- the cache ------------------------------------------------------------------------------------ */

static bool copy(const struct source *from, struct cache_add *to, struct err *err)
{
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK);
	if (!chunk)
		return err_no_memory(err);
	for (uint64_t at = 0; at < from->size;) {
		size_t n = from->size - at < CHUNK ? (size_t)(from->size - at) : CHUNK;
		if (!source_read(from, at, chunk, n, err) || !cache_add_write(to, chunk, n, err))
			return false;
		at += n;
		progress_update(at);
	}
	return true;
}

bool supply_take(struct cache *c, const char *path, const uint8_t *want, uint64_t want_size,
		 uint8_t digest[SHA256_SIZE], uint64_t *size, struct err *err)
{
	AUTO(file_source_close) struct source from = { 0 };
	uint8_t seen[SHA256_SIZE];
	if (!file_source_open(path, &from, err))
		return false;
	if (from.size > FETCH_SIZE_MAX)
		return err_set(err, ERR_FORMAT, "'%s' is larger than %llu bytes", path,
			       (unsigned long long)FETCH_SIZE_MAX);
	if (want_size && from.size != want_size)
		return err_set(err, ERR_FORMAT, "'%s' has %llu bytes, and %llu are expected", path,
			       (unsigned long long)from.size, (unsigned long long)want_size);
	AUTO(cache_add_auto_free) struct cache_add *add = cache_add_begin(c, err);
	if (!add)
		return false;
	progress_begin("hashing", from.size);
	bool ok = copy(&from, add, err);
	progress_end();
	if (!ok)
		return false;
	if (!cache_add_commit(add, want, seen, err))
		return err_wrap(err, "'%s'", path);
	memcpy(digest, seen, SHA256_SIZE);
	*size = from.size;
	return true;
}

bool supply_check_cache(const struct lock *l, const struct cache *c, struct err *err)
{
	AUTO(auto_free) struct supply_slot *slots = NULL;
	size_t count = 0, at = 0;
	if (!supply_slots_of_lock(l, &slots, &count, err))
		return false;
	for (size_t i = 0; i < l->package_count; i++)
		for (size_t k = 0; k < l->packages[i].file_count; k++) {
			const struct lock_package_file *f = &l->packages[i].files[k];
			const struct lock_file *file = &l->files[f->file];
			if (!is_supplied(l, f))
				continue;
			const struct supply_slot *slot = &slots[at++];
			if (cache_has(c, file->sha256, file->size))
				continue;
			AUTO(buf_done) struct buf id = BUF_INIT(4096);
			supply_id(slot, &id);
			return err_set(err, ERR_USAGE,
				       "'%s' of package '%s' is not in the cache '%s', and nobody "
				       "publishes it: run 'ibbundle fetch --supply %s=PATH "
				       "MANIFEST'",
				       slot->path, slot->package, cache_dir(c), buf_str(&id));
		}
	return true;
}

void supply_warn_left_out(const struct lock *l)
{
	for (size_t i = 0; i < l->left_out_count; i++)
		fprintf(stderr, "ibbundle: warning: package '%s' is left out: %s\n",
			l->left_out[i].id, l->left_out[i].reason);
}
