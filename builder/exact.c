/* SPDX-License-Identifier: MIT */
/* exact.c - see exact.h. */
#include "exact.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "interrupt.h"
#include "progress.h"
#include "recipe_run.h"
#include "staging.h"
#include "workers.h"

/* One file of a vendor: an entry of the tree, or a container. */
struct item {
	struct tree_entry entry;          /* of a container: as layout.h gives it */
	const struct tree_recipe *recipe; /* NULL: it is laid out as it is */
	char *laid, *made;                /* owned: what it is made from, and what is made */
};

struct exact {
	const struct tree *t;
	struct staging dir;
	const struct exact_taker *taker;
	struct exact_seen *seen; /* or NULL */
	struct item *
		items; /* owned; the entries, then the recipes; those without laid are not wanted */
	size_t count;
	int fd; /* of the file that is laid out now, or -1 */
	const char *open;
	pthread_mutex_t mutex; /* over the taker and the totals */
	struct exact_totals totals;
};

static void exact_done(struct exact *x)
{
	auto_close(&x->fd);
	for (size_t i = 0; x->items && i < x->count; i++) {
		free(x->items[i].laid);
		free(x->items[i].made);
	}
	free(x->items);
	staging_done(&x->dir);
}

/* --- what is wanted ------------------------------------------------------------------------------ */

static bool is_under(struct slice path, struct slice dir)
{
	return path.len > dir.len && path.p[dir.len] == '/' && memcmp(path.p, dir.p, dir.len) == 0;
}

static bool in_container(const struct tree *t, struct slice path)
{
	for (uint32_t i = 0; i < t->recipe_count; i++)
		if (t->recipes[i].name.len && is_under(path, t->recipes[i].name))
			return true;
	return false;
}

static bool want(struct exact *x, size_t index, const struct tree_entry *e, struct err *err)
{
	struct item *item = &x->items[index];
	item->entry = *e;
	item->recipe = tree_recipe_of(x->t, e);
	if (asprintf(&item->laid, "%s/%zu", x->dir.path, index) < 0)
		item->laid = NULL;
	if (asprintf(&item->made, "%s/%zu.made", x->dir.path, index) < 0)
		item->made = NULL;
	return (item->laid && item->made) || err_no_memory(err);
}

static void note_unknown(struct exact *x, struct slice name, const struct tree_recipe *r)
{
	progress_note("%.*s can't be given back as the vendor made it", (int)name.len,
		      (const char *)name.p);
	x->totals.unknown++;
	x->totals.unknown_bytes += r->size;
}

void exact_seen_done(struct exact_seen *s)
{
	free(s->sha256);
}

/* Was it there before?  It is after. */
static bool was_seen(struct exact_seen *s, const uint8_t sha256[SHA256_SIZE], bool *yes,
		     struct err *err)
{
	size_t low = 0, high = s->count;
	*yes = false;
	while (low < high && !*yes) {
		size_t middle = low + (high - low) / 2;
		int c = memcmp(s->sha256[middle], sha256, SHA256_SIZE);
		*yes = c == 0;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (*yes)
		return true;
	if (s->count == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 256;
		uint8_t(*grown)[SHA256_SIZE] = realloc(s->sha256, cap * SHA256_SIZE);
		if (!grown)
			return err_no_memory(err);
		s->sha256 = grown;
		s->cap = cap;
	}
	memmove(s->sha256 + low + 1, s->sha256 + low, (s->count - low) * SHA256_SIZE);
	memcpy(s->sha256[low], sha256, SHA256_SIZE);
	s->count++;
	return true;
}

/* One file of a vendor: number @index, unless it was looked at before. */
static bool list_item(struct exact *x, size_t index, const struct tree_entry *e, struct err *err)
{
	const struct tree_recipe *r = tree_recipe_of(x->t, e);
	bool seen = false;
	if (x->seen && !was_seen(x->seen, r ? r->sha256 : e->sha256, &seen, err))
		return false;
	if (seen)
		return true;
	if (!r || r->kind != RECIPE_NONE)
		return want(x, index, e, err);
	note_unknown(x, e->path, r);
	return true;
}

static bool list_items(struct exact *x, struct err *err)
{
	const struct tree *t = x->t;
	x->count = (size_t)t->entry_count + t->recipe_count;
	x->items = calloc(x->count + 1, sizeof(*x->items));
	if (!x->items)
		return err_no_memory(err);
	for (uint32_t i = 0; i < t->entry_count; i++) {
		const struct tree_entry *e = &t->entries[i];
		if (e->type == TREE_FILE && !in_container(t, e->path) && !list_item(x, i, e, err))
			return false;
	}
	for (uint32_t i = 0; i < t->recipe_count; i++) {
		struct slice name = t->recipes[i].name;
		struct tree_entry e = { .path = name,
					.type = TREE_CONTAINER,
					.mode = 0644, /* nobody has said */
					.recipe = i + 1 };
		if (name.len && !list_item(x, t->entry_count + i, &e, err))
			return false;
	}
	return true;
}

/* --- laying out what recipes need ---------------------------------------------------------------- */

static struct item *item_of(struct exact *x, const struct tree_entry *e)
{
	size_t index = e->type == TREE_CONTAINER ? (size_t)x->t->entry_count + e->recipe - 1
						 : (size_t)(e - x->t->entries);
	struct item *item = &x->items[index];
	/* What nobody takes was compared as it went by. */
	return item->laid && (item->recipe || x->taker) ? item : NULL;
}

static bool ignore(UNUSED void *ctx, UNUSED const struct tree_entry *e, UNUSED struct err *err)
{
	return true;
}

static bool open_item(struct exact *x, const struct tree_entry *e, int flags, struct err *err)
{
	struct item *item = item_of(x, e);
	if (!item)
		return interrupt_check(err);
	x->open = item->laid;
	x->fd = open(item->laid, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
	return x->fd >= 0 || file_error(err, "write", item->laid);
}

static bool sink_begin(void *ctx, const struct tree_entry *e, struct err *err)
{
	return open_item(ctx, e, O_CREAT | O_EXCL, err);
}

static bool sink_resume(void *ctx, const struct tree_entry *e, struct err *err)
{
	return open_item(ctx, e, 0, err);
}

static bool sink_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct exact *x = ctx;
	return x->fd < 0 || file_write_at(x->fd, x->open, at, p, n, err);
}

static bool sink_close(void *ctx, UNUSED const struct tree_entry *e, struct err *err)
{
	struct exact *x = ctx;
	int fd = x->fd;
	x->fd = -1;
	return fd < 0 || close(fd) == 0 || file_error(err, "write", x->open);
}

/* What nobody takes and no recipe needs is not made. */
static bool sink_wants_made(void *ctx, const struct tree_entry *e)
{
	return item_of(ctx, e) != NULL;
}

/* On any thread. */
static bool sink_stops(UNUSED void *ctx)
{
	return interrupt_seen();
}

static bool sink_progress(UNUSED void *ctx, uint64_t done, UNUSED uint64_t total)
{
	progress_update(done);
	return !interrupt_seen();
}

static bool lay_out(struct exact *x, struct bundle *b, struct err *err)
{
	struct layout_sink sink = {
		.ctx = x,
		.dir = ignore,
		.symlink = ignore,
		.file_begin = sink_begin,
		.file_resume = sink_resume,
		.file_write = sink_write,
		.file_leave = sink_close,
		.file_end = sink_close,
		.containers = true,
		.wants_made = sink_wants_made,
		.stops = sink_stops,
		.progress = sink_progress,
	};
	progress_begin("reading", x->t->total_size);
	bool ok = layout_tree(b, x->t, &sink, err);
	progress_end();
	return ok;
}

/* --- running recipes ----------------------------------------------------------------------------- */

struct run {
	struct source in;
	uint64_t at;
	int fd;
	const char *made;
};

static void run_done(struct run *r)
{
	file_source_close(&r->in);
	auto_close(&r->fd);
}

static bool run_read(void *ctx, uint8_t *p, size_t n, size_t *got, struct err *err)
{
	struct run *r = ctx;
	if (!interrupt_check(err) || !source_read(&r->in, r->at, p, n, err))
		return false;
	r->at += n;
	*got = n;
	return true;
}

static bool run_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct run *r = ctx;
	progress_add(n);
	return file_write_at(r->fd, r->made, at, p, n, err);
}

static bool check_bytes(const struct item *item, const struct source *src,
			const uint8_t expected[SHA256_SIZE], struct err *err)
{
	uint8_t found[SHA256_SIZE];
	if (!file_sha256(src, found, err))
		return false;
	return memcmp(found, expected, SHA256_SIZE) == 0 ||
	       err_set(err, ERR_DIGEST, "'%.*s' is not the vendor's file when its recipe is run",
		       (int)item->entry.path.len, (const char *)item->entry.path.p);
}

static bool run_recipe(struct item *item, struct err *err)
{
	AUTO(run_done) struct run r = { .fd = -1, .made = item->made };
	struct recipe_io io = { .ctx = &r, .read = run_read, .write = run_write };
	uint64_t size = 0;
	if (!file_source_open(item->laid, &r.in, err))
		return false;
	/* The digest that layout_tree() compared is that of another order. */
	if (item->entry.type == TREE_FILE && !check_bytes(item, &r.in, item->entry.sha256, err))
		return false;
	r.fd = open(item->made, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (r.fd < 0)
		return file_error(err, "create", item->made);
	return recipe_run(item->recipe->parameters, r.in.size, &io, &size, err);
}

static bool check_made(const struct item *item, struct err *err)
{
	AUTO(file_source_close) struct source made = { 0 };
	return file_source_open(item->made, &made, err) &&
	       check_bytes(item, &made, item->recipe->sha256, err);
}

static bool hand_over(struct exact *x, const struct item *item, struct err *err)
{
	struct tree_entry e = item->entry;
	if (item->recipe) {
		e.size = item->recipe->size;
		memcpy(e.sha256, item->recipe->sha256, sizeof(e.sha256));
	}
	pthread_mutex_lock(&x->mutex);
	bool ok = !x->taker ||
		  x->taker->take(x->taker->ctx, &e, item->recipe ? item->made : item->laid, err);
	x->totals.files++;
	x->totals.bytes += e.size;
	pthread_mutex_unlock(&x->mutex);
	return ok;
}

static bool finish(void *ctx, size_t index, struct err *err)
{
	struct exact *x = ctx;
	struct item *item = &x->items[index];
	if (!item->laid)
		return true;
	if (item->recipe && (!run_recipe(item, err) || !check_made(item, err)))
		return false;
	if (!hand_over(x, item, err))
		return false;
	unlink(item->laid);
	unlink(item->made);
	return true;
}

bool exact_package(struct bundle *b, const struct tree *t, const char *near, unsigned jobs,
		   const struct exact_taker *taker, struct exact_seen *seen,
		   struct exact_totals *totals, struct err *err)
{
	AUTO(exact_done)
	struct exact x = {
		.t = t, .taker = taker, .seen = seen, .fd = -1, .mutex = PTHREAD_MUTEX_INITIALIZER
	};
	uint64_t bytes = 0;
	if (!staging_open(&x.dir, near, err) || !list_items(&x, err) || !lay_out(&x, b, err))
		return false;
	for (uint32_t i = 0; i < t->recipe_count; i++)
		bytes += t->recipes[i].kind == RECIPE_OPERATIONS ? t->recipes[i].size : 0;
	progress_begin("making the vendors' files", bytes);
	bool ok = workers_run(x.count, jobs, finish, &x, err);
	progress_end();
	totals->files += x.totals.files;
	totals->bytes += x.totals.bytes;
	totals->unknown += x.totals.unknown;
	totals->unknown_bytes += x.totals.unknown_bytes;
	return ok;
}
