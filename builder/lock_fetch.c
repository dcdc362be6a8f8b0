/* SPDX-License-Identifier: MIT */
/* lock_fetch.c - see lock_fetch.h. */
#include "lock_fetch.h"

#include <string.h>

#include "supply.h"

struct fetch_item lock_fetch_item(const struct lock_file *f)
{
	struct fetch_item item = {
		.what = f->name,
		.urls = f->urls,
		.url_count = f->url_count,
		.have_sha256 = true,
		.size = f->size,
	};
	memcpy(item.sha256, f->sha256, SHA256_SIZE);
	return item;
}

bool lock_fetch(const struct lock *lock, struct cache *c, const struct fetch_options *options,
		struct fetch_totals *totals, struct err *err)
{
	AUTO(auto_free) struct fetch_item *items = calloc(lock->file_count + 1, sizeof(*items));
	if (!items)
		return err_no_memory(err);
	if (!supply_check_cache(lock, c, err))
		return false;
	for (size_t i = 0; i < lock->file_count; i++)
		items[i] = lock_fetch_item(&lock->files[i]);
	if (!fetch_all(c, items, lock->file_count, options, err))
		return false;
	*totals = (struct fetch_totals) { .files = lock->file_count };
	for (size_t i = 0; i < lock->file_count; i++) {
		totals->bytes += items[i].seen_size;
		totals->cached_files += items[i].from_cache;
	}
	return true;
}
