/* SPDX-License-Identifier: MIT */
/* pull.c - see pull.h. */
#include "pull.h"

#include <string.h>

#include "interrupt.h"

static bool open_one(struct pull *p, struct web_pool *pool, const char *url, const char *output,
		     bool whole, struct err *err)
{
	AUTO(auto_free) char *path = NULL;
	struct remote *r = &p->files[p->count];
	*r = REMOTE_INIT;
	int n = p->count == 0 ? asprintf(&path, "%s.partial", output)
			      : asprintf(&path, "%s.%zu.partial", output, p->count + 1);
	if (n < 0) {
		path = NULL;
		return err_no_memory(err);
	}
	p->count++;
	return blob_url_parse(url, &r->url, err) && remote_open(r, pool, path, whole, err);
}

bool pull_open(struct pull *p, struct web_pool *pool, char *const *urls, size_t count, bool whole,
	       const struct reader_options *opt, struct cut *c, struct err *err)
{
	p->files = calloc(count, sizeof(*p->files)); /* they must not move */
	if (!p->files)
		return err_no_memory(err);
	for (size_t i = 0; i < count; i++)
		if (!open_one(p, pool, urls[i], c->output, whole, err))
			return false;
	if (!reader_open_source(&c->reader, &p->files[0].src, opt, err))
		return false;
	for (size_t i = 1; i < count; i++)
		if (!bundle_add(&c->reader.bundle, &p->files[i].src, err))
			return false;
	return true;
}

/* What assemble() reads of the blocks in @r. */
static bool want_blocks(struct remote *r, const struct cut *c, struct span_set *wanted,
			struct err *err)
{
	const struct block_table *t = &c->reader.bundle.table;
	for (uint32_t i = 0; i < t->count; i++) {
		const struct block_origin *from = &c->origins[i];
		struct span x = { from->offset, from->offset + t->blocks[i].stored_size };
		if (!from->src || from->src->ctx != r)
			continue;
		if (!interrupt_check(err) || !remote_recognise(r, &t->blocks[i], x.from, err) ||
		    !span_set_add(wanted, x, err))
			return false;
	}
	return true;
}

/* Of the first file also what is not blocks. */
static bool want_rest(const struct remote *r, const struct cut *c, struct span_set *wanted,
		      struct err *err)
{
	const struct locator *l = &c->reader.bundle.locator;
	return span_set_add(wanted, (struct span) { l->table.offset, r->src.size }, err) &&
	       (!cut_keeps_head(c) || span_set_add(wanted, (struct span) { 0, l->stub_size }, err));
}

bool pull_fetch(struct pull *p, const struct cut *c, unsigned jobs, struct err *err)
{
	p->fetched = true;
	for (size_t i = 0; i < p->count; i++) {
		AUTO(span_set_done) struct span_set wanted = { 0 };
		if (!want_blocks(&p->files[i], c, &wanted, err) ||
		    (i == 0 && !want_rest(&p->files[i], c, &wanted, err)) ||
		    !remote_fetch(&p->files[i], &wanted, jobs, err))
			return false;
	}
	return true;
}

void pull_close(struct pull *p, bool keep)
{
	for (size_t i = 0; i < p->count; i++)
		remote_close(&p->files[i], keep && (p->fetched || p->files[i].was_there));
	free(p->files);
	*p = (struct pull) { 0 };
}
