/* SPDX-License-Identifier: MIT */
/* volumes.c - see volumes.h. */
#include "volumes.h"

#include "slice.h"

static bool open_next(struct volumes *s, const char *first, struct seal **out, struct err *err)
{
	AUTO(auto_free) char *name = NULL;
	if (s->count == BUNDLE_FILES_MAX)
		return err_set(err, ERR_USAGE, "--max-size is too small: more than %d files",
			       BUNDLE_FILES_MAX);
	struct seal *v = realloc(s->v, (s->count + 1) * sizeof(*v));
	if (!v)
		return err_no_memory(err);
	s->v = v;
	v[s->count] = SEAL_INIT;
	v[s->count].partial = true;
	*out = &v[s->count++];
	if (s->count == 1)
		return outfile_open(&(*out)->bundle, first, err);
	return slice_volume_name(first, s->count, &name, err) &&
	       outfile_open(&(*out)->bundle, name, err);
}

bool volumes_write(struct volumes *s, const struct assembly *whole, uint64_t max, const char *first,
		   uint64_t now, struct err *err)
{
	const struct block_table *table = &whole->bundle->table;
	AUTO(auto_free)
	struct block_origin *part = calloc(table->count ? table->count : 1, sizeof(*part));
	if (!part)
		return err_no_memory(err);
	uint32_t next = 0;
	do {
		struct seal *v = NULL;
		struct assembly a = { .bundle = whole->bundle, .origins = whole->origins };
		if (s->count == 0) {
			a.stub = whole->stub;
			a.certificates = whole->certificates;
		}
		if (!slice_volume(&a, max, &next, part, err) || !open_next(s, first, &v, err))
			return false;
		a.origins = part;
		if (!assemble(&a, &v->bundle, err) || !seal_verify(v, false, false, now, err))
			return false;
	} while (next < table->count);
	return true;
}

bool volumes_commit(struct volumes *s, bool program, struct err *err)
{
	for (size_t i = s->count; i-- > 0;)
		if (!seal_commit(&s->v[i], i == 0 && program ? 0777 : 0666, err))
			return false;
	return true;
}

void volumes_done(struct volumes *s)
{
	for (size_t i = 0; i < s->count; i++)
		seal_done(&s->v[i]);
	free(s->v);
}
