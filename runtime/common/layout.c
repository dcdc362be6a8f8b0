/* SPDX-License-Identifier: MIT */
/* layout.c - see layout.h. */
#include "layout.h"

#include "missing.h"
#include "remake.h"
#include "thread.h"

#define VERIFY_AHEAD 32       /* blocks whose digests are under way: 256 KiB each */
#define WRITE_SIZE (1u << 20) /* between two looks at whether to stop */

struct progress {
	bool (*report)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
	uint64_t done, total;
};

static bool progress_add(struct progress *p, uint64_t n, struct err *err)
{
	p->done += n;
	if (p->report && !p->report(p->ctx, p->done, p->total))
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	return true;
}

/* --- one tree: what is in which block --- */

/*
 * What is hashed on its own as its bytes go by: a file of the tree, what a container is made from, or
 * the input of a recipe that makes a piece of either.
 */
struct stream {
	const struct tree_entry *entry;
	const uint8_t *sha256; /* expected, of its bytes in the order of blocks */
	uint32_t first_piece, piece_count;
	uint32_t left; /* runs to come */
	bool begun;
	bool is_input, made; /* of a recipe, whose piece somebody wants */
	struct sha256 hash;
};

/* A piece, seen from its block. */
struct run {
	uint32_t block, stream;
	uint64_t offset, length; /* in the block */
	uint64_t at;             /* in the file */
};

/* What becomes of a recipe that makes pieces: none is here, its input is checked, they are made. */
enum use { USE_NONE, USE_READ, USE_MADE };

/* Where a piece belongs that a recipe makes. */
struct target {
	uint32_t recipe, stream;
	uint64_t at;
};

struct plan {
	struct bundle *b;
	const struct tree *t;
	const struct layout_sink *sink;
	struct progress *progress;
	struct tree_entry *containers; /* owned; one a recipe */
	struct stream *streams;        /* owned; in the order of their first bytes */
	size_t stream_count;
	struct run *runs; /* owned */
	size_t run_count;
	struct target *targets; /* owned; by recipe */
	size_t target_count;
	enum use *use; /* owned; one a recipe */
	struct remake remake;
	struct stream *open; /* the file that the sink has open, or NULL */
};

static void plan_done(struct plan *p)
{
	remake_done(&p->remake);
	for (size_t i = 0; i < p->stream_count; i++)
		sha256_done(&p->streams[i].hash);
	free(p->containers);
	free(p->streams);
	free(p->runs);
	free(p->targets);
	free(p->use);
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_runs(const void *pa, const void *pb)
{
	const struct run *a = pa, *b = pb;
	int c = compare_u64(a->block, b->block);
	c = c ? c : compare_u64(a->stream, b->stream);
	c = c ? c : compare_u64(a->offset, b->offset);
	c = c ? c : compare_u64(a->at, b->at);
	return c;
}

/* By block, then offset, so that files are begun in the order of their bytes; empty ones last. */
static int compare_starts(const void *pa, const void *pb)
{
	const struct run *a = pa, *b = pb;
	int c = compare_u64(a->block, b->block);
	c = c ? c : compare_u64(a->offset, b->offset);
	c = c ? c : compare_u64(a->stream, b->stream);
	return c;
}

static int compare_targets(const void *pa, const void *pb)
{
	const struct target *a = pa, *b = pb;
	int c = compare_u64(a->recipe, b->recipe);
	c = c ? c : compare_u64(a->stream, b->stream);
	c = c ? c : compare_u64(a->at, b->at);
	return c;
}

/* What a recipe with pieces of its own is made from, as if it were a file. */
static struct tree_entry input_of(const struct tree_recipe *r, uint32_t index)
{
	return (struct tree_entry) { .path = r->name.len ? r->name : slice_str("a recipe's input"),
				     .type = TREE_CONTAINER,
				     .mode = 0644,
				     .size = r->input_size,
				     .first_piece = r->first_piece,
				     .piece_count = r->piece_count,
				     .recipe = index + 1 };
}

static struct stream stream_of(const struct plan *p, uint32_t i)
{
	const struct tree *t = p->t;
	const struct tree_entry *e =
		i < t->entry_count ? &t->entries[i] : &p->containers[i - t->entry_count];
	const struct tree_recipe *r = tree_recipe_of(t, e);
	return (struct stream) { .entry = e,
				 .is_input = e->type == TREE_CONTAINER && !r->name.len,
				 .sha256 = r ? r->stored_sha256 : e->sha256,
				 .first_piece = e->first_piece,
				 .piece_count = e->piece_count };
}

/* Is number @i, of the entries and then of the recipes, something that bytes are read for? */
static bool is_stream(const struct plan *p, uint32_t i)
{
	const struct tree *t = p->t;
	if (i < t->entry_count)
		return t->entries[i].type == TREE_FILE;
	const struct tree_recipe *r = &t->recipes[i - t->entry_count];
	return r->piece_count > 0 &&
	       (r->name.len ? p->sink->containers : p->use[i - t->entry_count] != USE_NONE);
}

/* Which recipes make a piece of an entry, or of a container that the sink asks for. */
static void find_used(struct plan *p)
{
	const struct tree *t = p->t;
	uint32_t end = 0; /* pieces of recipes come after those of entries */
	for (uint32_t i = 0; i < t->entry_count; i++)
		end += t->entries[i].piece_count;
	for (uint32_t i = 0; i < (p->sink->containers ? t->piece_count : end); i++)
		if (t->pieces[i].block == TREE_PIECE_MADE)
			p->use[t->pieces[i].offset] = USE_READ;
}

/* Where the first of its bytes lies, as a run whose stream is @i. */
static struct run start_of(const struct plan *p, uint32_t i)
{
	struct stream s = stream_of(p, i);
	struct run first = { .block = UINT32_MAX, .offset = UINT64_MAX, .stream = i };
	for (uint32_t k = 0; k < s.piece_count; k++) {
		const struct tree_piece *piece = &p->t->pieces[s.first_piece + k];
		if (piece->block < first.block ||
		    (piece->block == first.block && piece->offset < first.offset)) {
			first.block = piece->block;
			first.offset = piece->offset;
		}
	}
	return first;
}

static bool plan_streams(struct plan *p, struct err *err)
{
	uint32_t n = p->t->entry_count + p->t->recipe_count;
	AUTO(auto_free) struct run *starts = malloc((n ? n : 1) * sizeof(*starts));
	p->streams = calloc(n ? n : 1, sizeof(*p->streams));
	p->containers = calloc(p->t->recipe_count + 1, sizeof(*p->containers));
	p->use = calloc(p->t->recipe_count + 1, sizeof(*p->use));
	if (!starts || !p->streams || !p->containers || !p->use)
		return err_no_memory(err);
	find_used(p);
	for (uint32_t i = 0; i < p->t->recipe_count; i++)
		p->containers[i] = input_of(&p->t->recipes[i], i);
	size_t count = 0;
	for (uint32_t i = 0; i < n; i++)
		if (is_stream(p, i))
			starts[count++] = start_of(p, i);
	qsort(starts, count, sizeof(*starts), compare_starts);
	for (size_t i = 0; i < count; i++) {
		p->streams[i] = stream_of(p, starts[i].stream);
		p->run_count += p->streams[i].piece_count;
	}
	p->stream_count = count;
	return true;
}

/* A piece of stream @i that a recipe makes, at @at: it is written when it is there. */
static void plan_target(struct plan *p, uint32_t i, const struct tree_piece *piece, uint64_t at)
{
	struct stream *s = &p->streams[i];
	if (p->sink->wants_made && !p->sink->wants_made(p->sink->ctx, s->entry)) {
		p->progress->done += s->entry->type == TREE_FILE ? piece->length : 0;
		return;
	}
	p->use[piece->offset] = USE_MADE;
	p->targets[p->target_count++] = (struct target) { (uint32_t)piece->offset, i, at };
	s->left++;
}

static bool plan_runs(struct plan *p, struct err *err)
{
	size_t count = 0, most = p->run_count ? p->run_count : 1;
	p->runs = malloc(most * sizeof(*p->runs));
	p->targets = malloc(most * sizeof(*p->targets));
	if (!p->runs || !p->targets)
		return err_no_memory(err);
	for (uint32_t i = 0; i < p->stream_count; i++) {
		struct stream *s = &p->streams[i];
		uint64_t at = 0;
		for (uint32_t k = 0; k < s->piece_count; k++) {
			const struct tree_piece *piece = &p->t->pieces[s->first_piece + k];
			if (piece->block == TREE_PIECE_MADE) {
				plan_target(p, i, piece, at);
			} else {
				p->runs[count++] = (struct run) { piece->block, i, piece->offset,
								  piece->length, at };
				s->left++;
			}
			at += piece->length;
		}
	}
	p->run_count = count;
	qsort(p->runs, count, sizeof(*p->runs), compare_runs);
	qsort(p->targets, p->target_count, sizeof(*p->targets), compare_targets);
	return true;
}

/* --- one tree: its bytes --- */

static bool leave_open(struct plan *p, struct err *err)
{
	struct stream *s = p->open;
	p->open = NULL;
	return !s || p->sink->file_leave(p->sink->ctx, s->entry, err);
}

/* Make @s the file that the sink has open. */
static bool enter(struct plan *p, struct stream *s, struct err *err)
{
	if (p->open == s && s->begun)
		return true;
	if (!leave_open(p, err))
		return false;
	bool begun = s->begun;
	if (!begun && !sha256_init(&s->hash, err))
		return false;
	s->begun = true;
	p->open = s;
	return begun ? p->sink->file_resume(p->sink->ctx, s->entry, err)
		     : p->sink->file_begin(p->sink->ctx, s->entry, err);
}

static bool end(struct plan *p, struct stream *s, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	sha256_final(&s->hash, digest);
	if (memcmp(digest, s->sha256, sizeof(digest)) != 0)
		return err_set(err, ERR_DIGEST, "'%.*s' does not have the signed contents",
			       (int)s->entry->path.len, (const char *)s->entry->path.p);
	p->open = NULL;
	return p->sink->file_end(p->sink->ctx, s->entry, err);
}

/* Bytes of @s: with @hash, such as are in a block. */
static bool write_bytes(struct plan *p, struct stream *s, uint64_t at, struct slice bytes,
			bool hash, struct err *err)
{
	if (!enter(p, s, err))
		return false;
	for (struct rd r = rd_new(bytes); r.left;) {
		struct slice part = rd_take(&r, r.left < WRITE_SIZE ? r.left : WRITE_SIZE);
		if (hash)
			sha256_update(&s->hash, part.p, part.len);
		if (!p->sink->file_write(p->sink->ctx, at, part.p, part.len, err) ||
		    !progress_add(p->progress, s->entry->type == TREE_FILE ? part.len : 0, err))
			return false;
		at += part.len;
	}
	return --s->left > 0 || end(p, s, err);
}

/* What a recipe made, to wherever it belongs. */
static bool deliver(void *ctx, uint32_t recipe, struct slice made, struct err *err)
{
	struct plan *p = ctx;
	size_t low = 0, high = p->target_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (p->targets[middle].recipe < recipe)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < p->target_count && p->targets[low].recipe == recipe; low++) {
		const struct target *t = &p->targets[low];
		if (!write_bytes(p, &p->streams[t->stream], t->at, made, false, err))
			return false;
	}
	return true;
}

/* Bytes that a recipe is made from. */
static bool take_input(struct plan *p, struct stream *s, uint64_t at, struct slice bytes,
		       struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	uint32_t recipe = s->entry->recipe - 1;
	if (!s->begun && !sha256_init(&s->hash, err))
		return false;
	s->begun = true;
	sha256_update(&s->hash, bytes.p, bytes.len);
	if (s->made && !remake_add(&p->remake, recipe, at, bytes, err))
		return false;
	if (--s->left > 0)
		return true;
	sha256_final(&s->hash, digest);
	if (memcmp(digest, s->sha256, sizeof(digest)) != 0)
		return err_set(err, ERR_DIGEST,
			       "what recipe %u is made from does not have the signed contents",
			       (unsigned)recipe);
	return !s->made || remake_start(&p->remake, recipe, err);
}

static bool write_run(struct plan *p, const struct run *run, struct slice raw, struct err *err)
{
	struct stream *s = &p->streams[run->stream];
	struct rd r = rd_new(raw);
	rd_take(&r, run->offset);
	struct slice piece = rd_take(&r, run->length);
	if (piece.len != run->length) /* tree_parse() saw to that */
		return err_set(err, ERR_FORMAT, "a piece lies outside block %u",
			       (unsigned)run->block);
	return s->is_input ? take_input(p, s, run->at, piece, err)
			   : write_bytes(p, s, run->at, piece, true, err);
}

/* As much memory as the tree needs, or a quarter of what is free. */
static bool plan_remake(struct plan *p, struct err *err)
{
	p->remake = (struct remake) { .tree = p->t,
				      .parallel = p->b->reader.parallel,
				      .memory = p->target_count ? thread_memory() / 4 : 0,
				      .ctx = p,
				      .deliver = deliver,
				      .stops = p->sink->stops,
				      .stop_ctx = p->sink->ctx };
	for (size_t i = 0; i < p->stream_count; i++) {
		struct stream *s = &p->streams[i];
		s->made = s->is_input && p->use[s->entry->recipe - 1] == USE_MADE;
	}
	return remake_init(&p->remake, err);
}

/* So that they can be read and decoded ahead of need. */
static bool expect_blocks(struct plan *p, struct err *err)
{
	AUTO(auto_free) uint32_t *blocks = malloc((p->run_count + 1) * sizeof(*blocks));
	size_t n = 0;
	if (!blocks)
		return err_no_memory(err);
	for (size_t i = 0; i < p->run_count; i++)
		if (n == 0 || blocks[n - 1] != p->runs[i].block)
			blocks[n++] = p->runs[i].block;
	return block_reader_expect(p->b, blocks, n, err);
}

static bool write_files(struct plan *p, struct err *err)
{
	struct slice raw = { 0 };
	if (!expect_blocks(p, err))
		return false;
	for (size_t i = 0; i < p->run_count; i++) {
		const struct run *run = &p->runs[i];
		if ((i == 0 || run->block != p->runs[i - 1].block) &&
		    !bundle_read_block(p->b, run->block, &raw, err))
			return false;
		if (!write_run(p, run, raw, err))
			return false;
	}
	if (!remake_finish(&p->remake, err))
		return false;
	/* Those that are empty, or of which nothing was wanted. */
	for (size_t i = 0; i < p->stream_count; i++)
		if (!p->streams[i].begun &&
		    (!enter(p, &p->streams[i], err) || !end(p, &p->streams[i], err)))
			return false;
	return true;
}

/* Directories, then symlinks, in the tree's order; then files. */
static bool layout_entries(struct bundle *b, const struct tree *t, const struct layout_sink *sink,
			   struct progress *progress, struct err *err)
{
	AUTO(plan_done)
	struct plan p = { .b = b, .t = t, .sink = sink, .progress = progress };
	if (!plan_streams(&p, err) || !plan_runs(&p, err) || !plan_remake(&p, err))
		return false;
	for (uint32_t i = 0; i < t->entry_count; i++)
		if (t->entries[i].type == TREE_DIR && !sink->dir(sink->ctx, &t->entries[i], err))
			return false;
	for (uint32_t i = 0; i < t->entry_count; i++)
		if (t->entries[i].type == TREE_SYMLINK &&
		    !sink->symlink(sink->ctx, &t->entries[i], err))
			return false;
	return write_files(&p, err);
}

bool layout_tree(struct bundle *b, const struct tree *t, const struct layout_sink *sink,
		 struct err *err)
{
	struct progress progress = { sink->progress, sink->ctx, 0, t->total_size };
	return progress_add(&progress, 0, err) && layout_entries(b, t, sink, &progress, err);
}

/* --- the sink that writes nothing --- */

static bool ignore_entry(void *ctx, const struct tree_entry *e, struct err *err)
{
	(void)ctx;
	(void)e;
	(void)err;
	return true;
}

static bool ignore_bytes(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	(void)ctx;
	(void)at;
	(void)p;
	(void)n;
	(void)err;
	return true;
}

static bool wants_nothing(void *ctx, const struct tree_entry *e)
{
	(void)ctx;
	(void)e;
	return false;
}

const struct layout_sink layout_verify_only = {
	.wants_made = wants_nothing,
	.dir = ignore_entry,
	.symlink = ignore_entry,
	.file_begin = ignore_entry,
	.file_write = ignore_bytes,
	.file_leave = ignore_entry,
	.file_resume = ignore_entry,
	.file_end = ignore_entry,
	.containers = true,
};

/* --- the whole file --- */

/* One block whose digest is checked on any thread. */
struct check {
	struct parallel_job job;
	const struct bundle *b;
	uint32_t block;
	bool started, ok;
	struct err err;
};

static void run_check(void *arg)
{
	struct check *c = arg;
	c->ok = bundle_check_block(c->b, c->block, &c->err);
}

struct checks {
	struct parallel *parallel;
	struct check v[VERIFY_AHEAD];
};

static void checks_done(struct checks *c)
{
	for (size_t i = 0; i < VERIFY_AHEAD; i++)
		if (c->v[i].started)
			parallel_wait(c->parallel, &c->v[i].job);
}

/* The one that was started VERIFY_AHEAD blocks ago, if any. */
static bool end_check(struct checks *c, struct check *at, struct progress *progress,
		      struct layout_verified *out, struct err *err)
{
	if (!at->started)
		return true;
	parallel_wait(c->parallel, &at->job);
	at->started = false;
	if (!at->ok)
		return err_set(err, at->err.code, "%s", at->err.msg);
	out->blocks++;
	return progress_add(progress, at->b->table.blocks[at->block].stored_size, err);
}

static bool verify_blocks(const struct bundle *b, struct progress *progress,
			  struct layout_verified *out, struct err *err)
{
	AUTO(checks_done) struct checks c = { .parallel = b->reader.parallel };
	size_t n = 0;
	for (uint32_t i = 0; i < b->table.count; i++) {
		if (b->places[i] == BLOCK_NOT_HERE) {
			out->blocks_missing++;
			continue;
		}
		struct check *at = &c.v[n++ % VERIFY_AHEAD];
		if (!end_check(&c, at, progress, out, err))
			return false;
		*at = (struct check) { .b = b, .block = i, .started = true };
		at->job = (struct parallel_job) { .run = run_check, .arg = at };
		parallel_start(c.parallel, &at->job);
	}
	for (size_t i = 0; i < VERIFY_AHEAD; i++)
		if (!end_check(&c, &c.v[(n + i) % VERIFY_AHEAD], progress, out, err))
			return false;
	return true;
}

static bool verify_package(struct bundle *b, size_t index, bool files, struct progress *progress,
			   struct err *err)
{
	AUTO(tree_done) struct tree t = { 0 };
	return missing_read_tree(b, index, true, &t, err) &&
	       (!files || layout_entries(b, &t, &layout_verify_only, progress, err) ||
		err_wrap(err, "package '%s'", b->catalog.packages[index].id));
}

static bool verify_packages(struct bundle *b, bool files, struct progress *progress,
			    struct layout_verified *out, struct err *err)
{
	for (size_t i = 0; i < b->catalog.package_count; i++) {
		uint64_t bytes = b->catalog.packages[i].payload_bytes;
		uint64_t before = progress->done;
		struct err e = { 0 };
		if (verify_package(b, i, files, progress, &e)) {
			out->packages++;
			out->bytes += bytes;
		} else if (e.code == ERR_MISSING_BLOCK) {
			out->packages_missing++;
			progress->done = before + (files ? bytes : 0);
		} else {
			return err_set(err, e.code, "%s", e.msg);
		}
	}
	return true;
}

bool layout_verify(struct bundle *b, bool files,
		   bool (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
		   struct layout_verified *out, struct err *err)
{
	struct progress p = { progress, ctx, 0, b->locator.blocks_end - b->locator.stub_size };
	for (size_t i = 0; files && i < b->catalog.package_count; i++)
		p.total += b->catalog.packages[i].payload_bytes;
	struct layout_verified found = { 0 };
	if (!bundle_check_stub(b, &found.stub, err) || !bundle_check_documents(b, err) ||
	    !verify_blocks(b, &p, &found, err) || !verify_packages(b, files, &p, &found, err) ||
	    !bundle_check_sum(b, err))
		return false;
	*out = found;
	return true;
}
