/* SPDX-License-Identifier: MIT */
/* source.c - see source.h. */
#include "source.h"

bool source_read(const struct source *src, uint64_t offset, void *out, size_t len, struct err *err)
{
	if (offset > src->size || len > src->size - offset)
		return err_set(err, ERR_FORMAT,
			       "'%s' is cut short: %zu bytes at offset %llu lie past its end",
			       src->name, len, (unsigned long long)offset);
	return len == 0 || src->read_at(src->ctx, offset, out, len, err);
}

bool source_read_alloc(const struct source *src, const char *what, uint64_t offset, uint64_t len,
		       size_t max, uint8_t **out, struct err *err)
{
	if (len > max)
		return err_set(err, ERR_FORMAT, "the %s in '%s' is larger than %zu bytes", what,
			       src->name, max);
	AUTO(auto_free) uint8_t *p = malloc(len ? (size_t)len : 1);
	if (!p)
		return err_no_memory(err);
	if (!source_read(src, offset, p, (size_t)len, err))
		return err_wrap(err, "cannot read the %s", what);
	*out = p;
	p = NULL;
	return true;
}
