/* SPDX-License-Identifier: MIT */
/* contents.c - see contents.h. */
#include "contents.h"

#include <string.h>

#include "archive_open.h"
#include "catalog_write.h"
#include "file.h"
#include "progress.h"
#include "proof_cache.h"
#include "unpack.h"

void contents_done(struct contents *c)
{
	for (size_t i = 0; c->payloads && i < c->lock->package_count; i++)
		payload_done(&c->payloads[i]);
	for (size_t i = 0; c->unpacked && i < c->lock->file_count; i++)
		payload_done(&c->unpacked[i]);
	free(c->payloads);
	for (size_t i = 0; c->opened && i < c->lock->file_count; i++)
		opened_done(&c->opened[i]);
	free(c->unpacked);
	free(c->opened);
	free(c->inexact);
	recompress_done(&c->recompress);
	staging_done(&c->staging);
}

static bool add_plain(struct contents *c, struct payload *p, const struct lock_file *f,
		      const char *path, uint32_t mode, struct err *err)
{
	AUTO(auto_free) char *from = cache_path(c->opt.cache, f->sha256);
	if (!from)
		return err_no_memory(err);
	struct payload_entry e = { .path = (char *)(uintptr_t)path,
				   .type = TREE_FILE,
				   .mode = mode,
				   .mtime = (int64_t)c->opt.created,
				   .size = f->size,
				   .from = from };
	memcpy(e.sha256, f->sha256, SHA256_SIZE);
	return payload_add(p, "", &e, err);
}

/* A .deb, laid out with uncompressed members. */
static bool add_opened(struct contents *c, struct payload *p, struct opened *opened,
		       const char *path, struct err *err)
{
	struct payload_entry e = { .path = (char *)(uintptr_t)path,
				   .type = TREE_FILE,
				   .mode = 0644,
				   .mtime = (int64_t)c->opt.created,
				   .size = opened->size,
				   .opened = opened };
	memcpy(e.sha256, opened->sha256, SHA256_SIZE);
	return payload_add(p, "", &e, err);
}

/* Does any package want the archive itself, too? */
static bool wants_exact(const struct lock *l, uint32_t file)
{
	for (size_t i = 0; i < l->package_count; i++)
		for (size_t k = 0; k < l->packages[i].file_count; k++)
			if (l->packages[i].files[k].file == file &&
			    l->packages[i].files[k].keep_exact)
				return true;
	return false;
}

/* What makes the archive at @from again, or the archive itself, or only what it was. */
static bool open_container(struct contents *c, uint32_t file, const char *from, struct err *err)
{
	const struct lock_file *f = &c->lock->files[file];
	struct opened *o = &c->opened[file];
	struct deb_proof proof = { 0 };
	struct err why = { 0 };
	AUTO(file_source_close) struct source src = { 0 };
	if (!file_source_open(from, &src, err))
		return false;
	if (!c->opt.prove)
		proof_cache_find(c->opt.cache, f->sha256, &proof);
	bool known = proof.known;
	memcpy(o->vendor_sha256, f->sha256, SHA256_SIZE);
	progress_begin("opening archives", f->size);
	bool ok = archive_open(&src, f->name, &c->staging, &proof, o, &why);
	progress_end();
	if (!ok && why.code != ERR_FORMAT)
		return err_set(err, why.code, "cannot open '%s': %s", f->name, why.msg);
	if (proof.known && !known)
		proof_cache_put(c->opt.cache, f->sha256, &proof);
	bool raw = (!ok || !o->exact) && wants_exact(c->lock, file);
	if (!ok || !o->exact) { /* its tar stream is of no use */
		opened_done(o);
		o->vendor_size = f->size;
		memcpy(o->vendor_sha256, f->sha256, SHA256_SIZE);
	}
	if (raw && !archive_keep(&src, f->name, from, f->sha256, o, err))
		return false;
	c->inexact[file] = !o->exact;
	c->debs.files++;
	c->debs.bytes += f->size;
	c->debs.exact_files += o->exact;
	c->debs.exact_bytes += o->exact ? f->size : 0;
	c->debs.raw_files += raw;
	c->debs.raw_bytes += raw ? f->size : 0;
	return true;
}

/* An archive is unpacked once, however many packages use it. */
static bool add_unpacked(struct contents *c, struct payload *p, const struct lock_package_file *pf,
			 struct err *err)
{
	const struct lock_file *f = &c->lock->files[pf->file];
	struct payload *content = &c->unpacked[pf->file];
	if (content->count == 0) {
		AUTO(auto_free) char *from = cache_path(c->opt.cache, f->sha256);
		if (!from)
			return err_no_memory(err);
		progress_note("unpacking %s", f->name);
		if ((!c->staging.path && !staging_open(&c->staging, c->opt.near, err)) ||
		    !unpack_archive(from, f->name, f->sha256, &c->staging, content, err) ||
		    !open_container(c, pf->file, from, err))
			return false;
	}
	for (size_t i = 0; i < content->count; i++)
		if (!payload_add(p, pf->path, &content->entries[i], err))
			return err_wrap(err, "'%s'", f->name);
	return payload_add_container(p, pf->path, &c->opened[pf->file], err);
}

static bool collect_package(struct contents *c, size_t index, struct err *err)
{
	const struct lock_package *lp = &c->lock->packages[index];
	struct payload *p = &c->payloads[index];
	for (size_t i = 0; i < lp->deb_count; i++) {
		const struct lock_file *f = &c->lock->files[lp->debs[i].file];
		AUTO(auto_free) char *path = catalog_deb_path(&f->deb);
		if (!path)
			return err_no_memory(err);
		struct opened *opened = &c->opened[lp->debs[i].file];
		if (opened->content_count ? !add_opened(c, p, opened, path, err)
					  : !add_plain(c, p, f, path, 0644, err))
			return false;
	}
	for (size_t i = 0; i < lp->file_count; i++) {
		const struct lock_package_file *pf = &lp->files[i];
		/* A file of its own may be a program to run. */
		if (pf->unpack ? !add_unpacked(c, p, pf, err)
			       : !add_plain(c, p, &c->lock->files[pf->file], pf->path, 0755, err))
			return false;
	}
	return payload_finish(p, (int64_t)c->opt.created, err);
}

/* What is compressed inside of what was opened. */
static bool open_nested(struct contents *c, struct err *err)
{
	struct recompress_options opt = { .cache = c->opt.cache,
					  .staging = &c->staging,
					  .jobs = c->opt.jobs,
					  .prove = c->opt.prove,
					  .rule = c->opt.recompress,
					  .rpm_raw_max = RECOMPRESS_RPM_RAW_MAX };
	if (opt.rule.budget && !c->staging.path && !staging_open(&c->staging, c->opt.near, err))
		return false;
	return recompress(&c->recompress, c->payloads, c->lock->package_count, &opt,
			  &c->recompressed, err);
}

static bool open_debs(struct contents *c, struct err *err)
{
	bool any = false;
	c->opened = calloc(c->lock->file_count + 1, sizeof(*c->opened));
	c->inexact = calloc(c->lock->file_count + 1, sizeof(*c->inexact));
	if (!c->opened || !c->inexact)
		return err_no_memory(err);
	for (size_t i = 0; i < c->lock->file_count && !c->opt.packed; i++)
		any = any || c->lock->files[i].is_deb;
	if (!any)
		return true;
	struct debs_open_options opt = { .cache = c->opt.cache,
					 .staging = &c->staging,
					 .jobs = c->opt.jobs,
					 .prove = c->opt.prove };
	if ((!c->staging.path && !staging_open(&c->staging, c->opt.near, err)) ||
	    !debs_open(c->lock, &opt, c->opened, &c->debs, err))
		return false;
	for (size_t i = 0; i < c->lock->file_count; i++)
		c->inexact[i] = c->opened[i].content_count && !c->opened[i].exact;
	return true;
}

bool contents_collect(struct contents *c, const struct lock *lock,
		      const struct contents_options *opt, struct err *err)
{
	c->lock = lock;
	c->opt = *opt;
	c->payloads = calloc(lock->package_count + 1, sizeof(*c->payloads));
	c->unpacked = calloc(lock->file_count + 1, sizeof(*c->unpacked));
	if (!c->payloads || !c->unpacked)
		return err_no_memory(err);
	if (!open_debs(c, err))
		return false;
	for (size_t i = 0; i < lock->package_count; i++)
		if (!collect_package(c, i, err))
			return err_wrap(err, "package '%s'", lock->packages[i].id);
	return open_nested(c, err);
}
