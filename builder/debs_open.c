/* SPDX-License-Identifier: MIT */
/*
 * debs_open.c - see debs_open.h.
 *
 * One thread opens one file at a time, the largest first, so that no processor is left with a large
 * one when all others are done.  Nothing that is written depends on who opened what.
 */
#include "debs_open.h"

#include <string.h>

#include "deb_open.h"
#include "file.h"
#include "progress.h"
#include "proof_cache.h"
#include "workers.h"

struct opening {
	const struct lock *lock;
	const struct debs_open_options *opt;
	struct opened *out;
	const struct lock_file **queue; /* owned */
	size_t count;
};

static int largest_first(const void *pa, const void *pb)
{
	const struct lock_file *a = *(const struct lock_file *const *)pa;
	const struct lock_file *b = *(const struct lock_file *const *)pb;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return (a > b) - (a < b);
}

/* Not opened, for a reason that lies in the file: it stays as it is. */
static void leave(struct opened *out, const struct lock_file *f, const char *why)
{
	opened_done(out);
	progress_note("%s stays as it is: %s", f->name, why);
}

static bool open_one(void *ctx, size_t number, struct err *err)
{
	struct opening *p = ctx;
	const struct lock_file *f = p->queue[number];
	size_t index = (size_t)(f - p->lock->files);
	struct opened *out = &p->out[index];
	struct deb_proof proof = { 0 };
	struct err why = { 0 };
	AUTO(file_source_close) struct source src = { 0 };
	AUTO(auto_free) char *path = cache_path(p->opt->cache, f->sha256);
	if (!path)
		return err_no_memory(err);
	if (!file_source_open(path, &src, err) || !file_check_sha256(&src, f->sha256, err))
		return false;
	if (!p->opt->prove)
		proof_cache_find(p->opt->cache, f->sha256, &proof);
	bool known = proof.known;
	if (!deb_open(&src, f->name, p->opt->staging, &proof, out, &why)) {
		if (why.code != ERR_FORMAT)
			return err_set(err, why.code, "cannot open '%s': %s", f->name, why.msg);
		leave(out, f, why.msg);
		return true;
	}
	memcpy(out->vendor_sha256, f->sha256, SHA256_SIZE);
	if (!known)
		proof_cache_put(p->opt->cache, f->sha256, &proof);
	if (!out->exact)
		progress_note("%s is opened, but can't be made again", f->name);
	return true;
}

static void sum_up(const struct opening *p, struct debs_open_totals *out)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct lock_file *f = p->queue[i];
		const struct opened *o = &p->out[f - p->lock->files];
		bool raw = o->content_count == 0;
		out->files++;
		out->bytes += f->size;
		out->exact_files += raw || o->exact;
		out->exact_bytes += raw || o->exact ? f->size : 0;
		out->raw_files += raw;
		out->raw_bytes += raw ? f->size : 0;
	}
}

bool debs_open(const struct lock *lock, const struct debs_open_options *opt, struct opened *out,
	       struct debs_open_totals *totals, struct err *err)
{
	AUTO(auto_free)
	const struct lock_file **queue = calloc(lock->file_count + 1, sizeof(const void *));
	if (!queue)
		return err_no_memory(err);
	struct opening p = { .lock = lock, .opt = opt, .out = out, .queue = queue };
	uint64_t bytes = 0;
	for (size_t i = 0; i < lock->file_count; i++) {
		if (!lock->files[i].is_deb)
			continue;
		queue[p.count++] = &lock->files[i];
		bytes += lock->files[i].size;
	}
	if (p.count)
		qsort(queue, p.count, sizeof(const void *), largest_first);
	progress_begin("opening packages", bytes);
	bool ok = workers_run(p.count, opt->jobs, open_one, &p, err);
	progress_end();
	*totals = (struct debs_open_totals) { 0 };
	sum_up(&p, totals);
	return ok;
}
