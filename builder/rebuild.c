/* SPDX-License-Identifier: MIT */
/* rebuild.c - see rebuild.h. */
#include "rebuild.h"

#include <string.h>

#include "bundle_write.h"
#include "contents.h"
#include "documents.h"
#include "fetch.h"
#include "file.h"
#include "lock_fetch.h"
#include "provenance.h"

struct rebuild {
	const struct bundle *b;
	const struct rebuild_options *opt;
	struct lock lock;
	struct cache *cache;
	struct contents contents;
	struct heads heads; /* those that the root names, and no other */
	struct encode_options encode;
	uint64_t block_size;
	struct recompress_rule recompress;
	bool packed;
	struct bundle_document kept[ROOT_PARTS_MAX]; /* the documents that are not made anew */
	size_t kept_count;
	char *near; /* owned: a name in the directory for temporary files */
	struct outfile file;
	struct source src;
	struct bundle again;
};

static void rebuild_done(struct rebuild *r)
{
	bundle_close(&r->again);
	file_source_close(&r->src);
	outfile_done(&r->file);
	free(r->near);
	for (size_t i = 0; i < r->kept_count; i++)
		free((void *)(uintptr_t)r->kept[i].content.p);
	heads_done(&r->heads);
	contents_done(&r->contents);
	cache_free(r->cache);
	lock_done(&r->lock);
}

/* --- what it was made from ----------------------------------------------------------------------- */

static bool read_parameters(struct rebuild *r, struct err *err)
{
	AUTO(buf_done) struct buf text = { 0 };
	if (!document_read(r->b, DOCUMENT_PROVENANCE, &text, err)) {
		if (err && err->code == ERR_NO)
			err->code = ERR_FORMAT;
		return err_wrap(err, "how it was built is not known");
	}
	AUTO(json_auto_free) struct json *j = json_parse("provenance", buf_slice(&text), err);
	const struct json_value *v = NULL;
	const char *goal = NULL;
	uint64_t level = 0;
	r->recompress.gain = RECOMPRESS_GAIN_DEFAULT;
	if (!(j && json_get_object(j, json_top(j), "predicate", JSON_REQUIRED, &v, err) &&
	      json_get_object(j, v, "buildDefinition", JSON_REQUIRED, &v, err) &&
	      json_get_object(j, v, "externalParameters", JSON_REQUIRED, &v, err) &&
	      json_get_u64(j, v, "block_size", JSON_REQUIRED, GROUP_BLOCK_SIZE_MAX, &r->block_size,
			   err) &&
	      json_get_u64(j, v, "level", JSON_REQUIRED, ENCODE_LEVEL_MAX, &level, err) &&
	      json_get_string(j, v, "optimize", JSON_REQUIRED, &goal, err) &&
	      json_get_u64(j, v, "recompress_budget", JSON_OPTIONAL, RECOMPRESS_BUDGET_MAX,
			   &r->recompress.budget, err) &&
	      json_get_u64(j, v, "recompress_gain", JSON_OPTIONAL, RECOMPRESS_GAIN_MAX,
			   &r->recompress.gain, err) &&
	      json_get_bool(j, v, "packed", JSON_OPTIONAL, &r->packed, err)))
		return false;
	if (r->block_size == 0)
		return json_error(j, json_get(v, "block_size"), err, "must not be 0");
	r->encode.level = (int)level;
	return encode_goal_parse(goal, &r->encode.goal) ||
	       json_error(j, json_get(v, "optimize"), err, "is not known: use a newer ibbundle");
}

static bool keep_documents(struct rebuild *r, struct err *err)
{
	const struct root *root = &r->b->root;
	for (size_t i = 0; i < root->document_count; i++) {
		const char *name = root->documents[i].name;
		uint8_t *content;
		size_t size;
		if (document_is_made(name))
			continue;
		if (!bundle_read_document(r->b, name, DOCUMENT_RAW_MAX, &content, &size, err))
			return false;
		r->kept[r->kept_count++] = (struct bundle_document) { name, { content, size } };
	}
	return true;
}

static const struct root_part *find_stub(const struct root *root, const char *platform)
{
	for (size_t i = 0; i < root->stub_count; i++)
		if (strcmp(root->stubs[i].name, platform) == 0)
			return &root->stubs[i];
	return NULL;
}

/* The root names the runtimes that it was built with, whichever of them is in the file. */
static bool choose_heads(struct rebuild *r, struct err *err)
{
	const struct root *root = &r->b->root;
	struct heads *h = &r->heads;
	if (!heads_read(h, r->opt->stubs, err))
		return false;
	for (size_t i = 0; i < h->count;) {
		if (find_stub(root, h->v[i].platform)) {
			i++;
			continue;
		}
		buf_done(&h->v[i].stub);
		memmove(&h->v[i], &h->v[i + 1], (h->count - i - 1) * sizeof(h->v[0]));
		h->count--;
	}
	for (size_t i = 0; i < root->stub_count; i++)
		if (!heads_find(h, root->stubs[i].name, err))
			return false;
	return true;
}

static bool make_near(struct rebuild *r, struct err *err)
{
	const char *dir = getenv("TMPDIR");
	if (asprintf(&r->near, "%s/ibbundle-rebuild", dir && *dir ? dir : "/var/tmp") < 0) {
		r->near = NULL;
		return err_no_memory(err);
	}
	return true;
}

static bool build_again(struct rebuild *r, struct err *err)
{
	struct fetch_options fetch = { .offline = r->opt->offline, .cacert = r->opt->cacert };
	struct fetch_totals totals;
	struct contents_options how = { .near = r->near,
					.created = r->b->root.created,
					.jobs = r->opt->jobs,
					.recompress = r->recompress,
					.packed = r->packed };
	r->cache = cache_open(r->opt->cache_dir, err);
	if (!r->cache || !lock_fetch(&r->lock, r->cache, &fetch, &totals, err))
		return false;
	how.cache = r->cache;
	if (!contents_collect(&r->contents, &r->lock, &how, err))
		return false;
	struct bundle_input in = {
		.lock = &r->lock,
		.payloads = r->contents.payloads,
		.inexact = r->contents.inexact,
		.recompress = r->recompress,
		.packed = r->packed,
		.created = r->b->root.created,
		.heads = &r->heads,
		.block_size = r->block_size,
		.pack = { .encode = r->encode, .jobs = r->opt->jobs },
		.documents = r->kept,
		.document_count = r->kept_count,
	};
	struct bundle_options open = { .now = r->b->root.created, .allow_unsigned = true };
	return outfile_open(&r->file, r->near, err) && bundle_write(&in, &r->file, err) &&
	       file_source_open(r->file.temp, &r->src, err) &&
	       bundle_open(&r->src, &open, &r->again, err);
}

/* --- the first difference ------------------------------------------------------------------------ */

/* " (it was made with zstd 1.5.4, here that is 1.5.7)", or "". */
static void tell_libraries(const struct rebuild *r, struct buf *out)
{
	const struct root *a = &r->b->root, *b = &r->again.root;
	for (size_t i = 0; i < a->library_count; i++) {
		const char *here = "not there";
		for (size_t k = 0; k < b->library_count; k++)
			if (strcmp(a->libraries[i].name, b->libraries[k].name) == 0)
				here = b->libraries[k].version;
		if (strcmp(a->libraries[i].version, here) != 0)
			buf_printf(out, "%s%s %s, here that is %s",
				   out->len ? "; " : " (it was made with ", a->libraries[i].name,
				   a->libraries[i].version, here);
	}
	if (out->len)
		buf_add_str(out, ")");
}

static bool same_digest(const struct digest *a, const struct digest *b)
{
	return a->size == b->size && memcmp(a->sha256, b->sha256, SHA256_SIZE) == 0;
}

/* A name of what @a has otherwise than @b, or NULL. */
static const char *part_that_differs(const struct root_part *a, size_t a_count,
				     const struct root_part *b, size_t b_count)
{
	for (size_t i = 0; i < a_count || i < b_count; i++) {
		if (i >= a_count)
			return b[i].name;
		if (i >= b_count || strcmp(a[i].name, b[i].name) != 0 ||
		    !same_digest(&a[i].digest, &b[i].digest))
			return a[i].name;
	}
	return NULL;
}

static bool same_block(const struct block *a, const struct block *b)
{
	return a->stored_size == b->stored_size && a->raw_size == b->raw_size &&
	       a->codec == b->codec && a->prefix == b->prefix && a->group == b->group &&
	       memcmp(a->sha256, b->sha256, SHA256_SIZE) == 0;
}

/* The first package of the bundle that uses group @group. */
static const char *user_of(const struct bundle *b, uint32_t group)
{
	for (size_t i = 0; i < b->catalog.package_count; i++)
		for (size_t k = 0; k < b->catalog.packages[i].group_count; k++)
			if (b->catalog.packages[i].groups[k] == group)
				return b->catalog.packages[i].id;
	return "?";
}

static bool compare_blocks(const struct rebuild *r, const char *libraries, struct err *err)
{
	const struct block_table *a = &r->b->table, *b = &r->again.table;
	for (uint32_t i = 0; i < a->count && i < b->count; i++)
		if (!same_block(&a->blocks[i], &b->blocks[i]))
			return err_set(
				err, ERR_DIGEST,
				"block %u of %u, which package '%s' uses, is another when it is "
				"built again%s",
				(unsigned)i, (unsigned)a->count, user_of(r->b, a->blocks[i].group),
				libraries);
	return a->count == b->count ||
	       err_set(err, ERR_DIGEST, "it has %u blocks, built again there are %u%s",
		       (unsigned)a->count, (unsigned)b->count, libraries);
}

static bool compare(const struct rebuild *r, struct err *err)
{
	const struct root *a = &r->b->root, *b = &r->again.root;
	AUTO(buf_done) struct buf libraries = BUF_INIT(8192);
	const char *part;
	if (r->b->locator.root.size == r->again.locator.root.size &&
	    memcmp(r->b->root_bytes, r->again.root_bytes, (size_t)r->b->locator.root.size) == 0)
		return true;
	tell_libraries(r, &libraries);
	if (strcmp(a->name, b->name) != 0 || strcmp(a->version, b->version) != 0)
		return err_set(err, ERR_DIGEST, "it is %s %s, the lock is of %s %s", a->name,
			       a->version, b->name, b->version);
	part = part_that_differs(a->stubs, a->stub_count, b->stubs, b->stub_count);
	if (part)
		return err_set(err, ERR_DIGEST, "the runtime for %s is another than the one here",
			       part);
	if (!compare_blocks(r, buf_str(&libraries), err))
		return false;
	if (!same_digest(&a->catalog, &b->catalog))
		return err_set(err, ERR_DIGEST, "the catalog is another when it is built again%s",
			       buf_str(&libraries));
	part = part_that_differs(a->documents, a->document_count, b->documents, b->document_count);
	if (part)
		return err_set(err, ERR_DIGEST,
			       "the document '%s' is another when it is built again%s", part,
			       buf_str(&libraries));
	return err_set(err, ERR_DIGEST, "the root is another when it is built again%s",
		       buf_str(&libraries));
}

bool rebuild_compare(const struct bundle *b, const struct rebuild_options *opt, struct err *err)
{
	AUTO(rebuild_done) struct rebuild r = { .b = b, .opt = opt, .file = OUTFILE_INIT };
	return lock_read(opt->lock, &r.lock, err) && read_parameters(&r, err) &&
	       keep_documents(&r, err) && choose_heads(&r, err) && make_near(&r, err) &&
	       build_again(&r, err) && compare(&r, err);
}
