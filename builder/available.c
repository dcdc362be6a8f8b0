/* SPDX-License-Identifier: MIT */
/* available.c - see available.h. */
#include "available.h"

#include "lock_fetch.h"

static void take_out(struct repository_lists *lists, const uint8_t sha256[SHA256_SIZE])
{
	for (size_t i = 0; i < lists->index_count; i++) {
		struct apt_index *x = &lists->indexes[i];
		size_t kept = 0;
		for (size_t k = 0; k < x->count; k++)
			if (memcmp(x->packages[k].sha256, sha256, SHA256_SIZE) != 0)
				x->packages[kept++] = x->packages[k];
		x->count = kept;
	}
}

bool available_check(const struct lock *lock, size_t first, struct repository_lists *lists,
		     struct cache *cache, const struct fetch_options *options, struct buf *names,
		     size_t *gone, struct err *err)
{
	size_t count = lock->file_count - first;
	AUTO(auto_free) struct fetch_item *items = calloc(count + 1, sizeof(*items));
	if (!items)
		return err_no_memory(err);
	for (size_t i = 0; i < count; i++) {
		items[i] = lock_fetch_item(&lock->files[first + i]);
		items[i].may_be_missing = true;
	}
	if (!fetch_all(cache, items, count, options, err))
		return false;
	*gone = 0;
	for (size_t i = 0; i < count; i++) {
		if (!items[i].missing)
			continue;
		take_out(lists, items[i].sha256);
		buf_printf(names, "%s%s", names->len ? ", " : "", items[i].what);
		++*gone;
	}
	return buf_ok(names, "the list of missing files", err);
}
