/* SPDX-License-Identifier: MIT */
/*
 * recompress.c - see recompress.h.
 *
 *   list what ends in .xz or .rpm -> unpack -> measure what it would gain -> choose -> prove -> replace
 *
 * The gain of one file alone is small: blocks of many are compressed a little better than each by
 * itself.  It is large where there is another one that is nearly the same, such as the module of the
 * kernel before.  So files of one path, but for versions, are a family, and chosen together or not.
 *
 * An .rpm is made of the files in it, which lie in many blocks: all that makes it is in memory from the
 * first of them to the last.  So there is a limit to what all of a package's take together.
 */
#include "recompress.h"

#include <string.h>

#include "content.h"
#include "decompress.h"
#include "encode.h"
#include "file.h"
#include "group.h"
#include "interrupt.h"
#include "progress.h"
#include "proof_cache.h"
#include "prove.h"
#include "recipe_make.h"
#include "rpm_open.h"
#include "workers.h"
#include "xz_guess.h"

#define CHUNK (256u << 10)
#define RAW_MAX (UINT64_C(64) << 20) /* of one file; the largest module has 20 MB with debugging */
#define MEMORY_MAX (UINT64_C(256) << 20) /* to make one: its input, the file and the encoder */

/* What a first one of its family becomes in a block, and what a family must gain at least. */
#define FIRST_PERCENT 85

/*
 * The same for an .rpm, by its preset: 0 to 3, which are weak and fast, or another.  Its files are
 * compressed among their like, programs behind a filter.
 */
#define RPM_FIRST_PERCENT_FAST 80
#define RPM_FIRST_PERCENT 90
#define RPM_GAIN_PERCENT_MIN 10

/* Raw bytes a millisecond, measured: one thread of a server processor of 2023. */
#define RATE_NORMAL 3300
#define RATE_FAST 12000 /* presets 0 to 3 */

/* One place in a payload where such a file is. */
struct ref {
	const uint8_t *sha256;
	const char *name;
	uint64_t size;
	uint32_t package;
	struct opened *opened; /* it is content number @content of this, */
	size_t content;
	struct payload_entry *entry; /* or all of this */
};

struct recompress_file {
	const struct ref *refs; /* borrowed while it lasts: all of one content */
	size_t ref_count;
	char *from, *key; /* owned; where its bytes are, and what its family has in common */
	uint32_t machine; /* of an ELF file, else 0 */
	bool is_rpm;
	bool usable; /* as far as its headers tell */
	bool chosen, proven;
	uint64_t cost, saved; /* milliseconds; bytes, as far as measured */
	struct opened made;   /* what it is made from */
	struct opened whole;  /* an entry that is this file, once it is made */
};

struct work {
	struct recompress *r;
	const struct recompress_options *opt;
	struct ref *refs; /* owned */
	size_t ref_count, ref_cap;
	struct recompress_file **order; /* owned; by family */
	struct spent {
		uint64_t milliseconds, rpm_raw;
	} * spent; /* owned; a package each */
};

static void work_done(struct work *w)
{
	free(w->refs);
	free(w->order);
	free(w->spent);
}

void recompress_done(struct recompress *r)
{
	for (size_t i = 0; r->files && i < r->count; i++) {
		free(r->files[i].from);
		free(r->files[i].key);
		opened_done(&r->files[i].made);
		opened_done(&r->files[i].whole);
	}
	free(r->files);
	*r = (struct recompress) { 0 };
}

uint64_t recompress_milliseconds(const struct opened *o)
{
	uint64_t sum = 0;
	struct recipe_op op;
	for (struct rd r = rd_new(buf_slice(&o->recipe)); r.left && recipe_next(&r, &op, NULL);) {
		bool fast = (op.xz.preset & ~RECIPE_XZ_EXTREME) <= 3;
		if (op.kind == RECIPE_XZ)
			sum += op.length / (fast ? RATE_FAST : RATE_NORMAL) + 1;
	}
	return sum;
}

/* --- what there is ------------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);
	return n > m && strcmp(name + n - m, end) == 0;
}

static bool add_ref(struct work *w, struct ref ref, struct err *err)
{
	if (ref.size == 0 || (!ends_in(ref.name, ".xz") && !ends_in(ref.name, ".rpm")))
		return true;
	if (w->ref_count == w->ref_cap) {
		size_t cap = w->ref_cap ? w->ref_cap * 2 : 256;
		struct ref *refs = realloc(w->refs, cap * sizeof(*refs));
		if (!refs)
			return err_no_memory(err);
		w->refs = refs;
		w->ref_cap = cap;
	}
	w->refs[w->ref_count++] = ref;
	return true;
}

static bool add_contents(struct work *w, uint32_t package, struct opened *o, struct err *err)
{
	for (size_t i = 0; i < o->content_count; i++) {
		const struct opened_content *c = &o->contents[i];
		struct ref ref = { c->sha256, c->name, c->size, package, o, i, NULL };
		if (!c->made && !add_ref(w, ref, err))
			return false;
	}
	return true;
}

static bool list_payload(struct work *w, uint32_t package, struct payload *p, struct err *err)
{
	for (size_t i = 0; i < p->count; i++) {
		struct payload_entry *e = &p->entries[i];
		struct ref ref = { e->sha256, e->path, e->size, package, NULL, 0, e };
		if (e->type != TREE_FILE)
			continue;
		if (e->opened ? !add_contents(w, package, e->opened, err) : !add_ref(w, ref, err))
			return false;
	}
	for (size_t i = 0; i < p->container_count; i++)
		if (p->containers[i].opened->exact &&
		    !add_contents(w, package, p->containers[i].opened, err))
			return false;
	return true;
}

static int compare_refs(const void *pa, const void *pb)
{
	const struct ref *a = pa, *b = pb;
	int c = memcmp(a->sha256, b->sha256, SHA256_SIZE);
	c = c ? c : (a->package > b->package) - (a->package < b->package);
	return c ? c : strcmp(a->name, b->name);
}

/* One file for each content. */
static bool list_files(struct work *w, struct err *err)
{
	w->r->files = calloc(w->ref_count + 1, sizeof(*w->r->files));
	w->order = calloc(w->ref_count + 1, sizeof(*w->order));
	if (!w->r->files || !w->order)
		return err_no_memory(err);
	qsort(w->refs, w->ref_count, sizeof(*w->refs), compare_refs);
	for (size_t i = 0; i < w->ref_count;) {
		struct recompress_file *f = &w->r->files[w->r->count];
		const struct ref *first = &w->refs[i];
		size_t end = i + 1;
		while (end < w->ref_count &&
		       memcmp(w->refs[end].sha256, first->sha256, SHA256_SIZE) == 0)
			end++;
		*f = (struct recompress_file) { .refs = first,
						.ref_count = end - i,
						.is_rpm = ends_in(first->name, ".rpm") };
		w->order[w->r->count++] = f;
		f->from = first->opened ? opened_content_path(first->opened, first->content)
					: strdup(first->entry->from);
		f->key = path_without_versions(first->name);
		if (!f->from || !f->key)
			return err_no_memory(err);
		i = end;
	}
	return true;
}

/* --- unpacking ----------------------------------------------------------------------------------- */

/* The machine that an ELF file is for. */
static uint32_t machine_of(struct slice head)
{
	struct rd r = rd_new(slice_part(head, 18, 20));
	return slice_equal(slice_part(head, 0, 4), slice_str("\177ELF")) ? rd_u16le(&r) : 0;
}

static bool unpack_to(struct recompress_file *f, const struct source *src, struct staging *s,
		      uint64_t size, struct err *err)
{
	AUTO(opener_done) struct opener o = OPENER_INIT;
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK);
	AUTO(decoder_auto_free) struct decoder *decoder = decoder_open(src, 0, src->size, err);
	AUTO(auto_free) char *name = strdup(f->refs->name);
	if (!decoder || !chunk || !name)
		return decoder ? err_no_memory(err) : false;
	name[strlen(name) - 3] = '\0'; /* as it is called without .xz */
	if (!opener_begin(&o, &f->made, s, name, size, err))
		return false;
	for (size_t got = 1; got > 0;) {
		if (!interrupt_check(err) || !decoder_read(decoder, chunk, CHUNK, &got, err))
			return false;
		if (o.frame_size == 0)
			f->machine = machine_of((struct slice) { chunk, got });
		if (!opener_frame(&o, chunk, got, err))
			return false;
	}
	return opener_end(&o, err);
}

/* What it would cost to make it, by the recipe that is most likely. */
static bool find_cost(struct recompress_file *f, struct err *err)
{
	uint64_t memory = 0;
	f->cost = recompress_milliseconds(&f->made);
	if (!recipe_make_cost(buf_slice(&f->made.recipe), &memory, err))
		return false;
	f->usable = f->made.size + f->made.vendor_size + memory <= MEMORY_MAX;
	return true;
}

static bool unpack_xz(struct recompress_file *f, const struct source *src, struct staging *s,
		      struct err *err)
{
	struct xz_guess g = { 0 };
	if (!xz_guess(src, 0, src->size, &g, err))
		return false;
	if (g.count == 0 || g.size == 0 || g.size > RAW_MAX)
		return err_set(err, ERR_FORMAT, "no recipe knows it, or it is too large");
	if (!unpack_to(f, src, s, g.size, err))
		return false;
	struct recipe_op op = { .kind = RECIPE_XZ, .length = g.size, .xz = g.ways[0] };
	f->made.vendor_size = src->size;
	f->made.recipe = BUF_INIT(TREE_PARAMETERS_MAX);
	recipe_write(&op, &f->made.recipe);
	return f->made.size == g.size || err_set(err, ERR_FORMAT, "it is not as long as it says");
}

/* What can't be unpacked, or no recipe has words for, stays as it is. */
static bool unpack(void *ctx, size_t index, struct err *err)
{
	struct work *w = ctx;
	struct recompress_file *f = &w->r->files[index];
	struct staging *s = w->opt->staging;
	AUTO(file_source_close) struct source src = { 0 };
	struct err why = { 0 };
	if (!file_source_open(f->from, &src, err))
		return false;
	progress_add(src.size);
	memcpy(f->made.vendor_sha256, f->refs->sha256, SHA256_SIZE);
	bool ok = f->is_rpm ? rpm_open(&src, f->refs->name, s, RAW_MAX, &f->made, &why)
			    : unpack_xz(f, &src, s, &why);
	if (ok && find_cost(f, &why))
		return true;
	if (why.code != ERR_FORMAT)
		return err_set(err, why.code, "%s", why.msg);
	if (f->is_rpm)
		progress_note("%s stays as it is: %s", f->refs->name, why.msg);
	return true;
}

/* --- measuring ----------------------------------------------------------------------------------- */

static int compare_families(const struct recompress_file *a, const struct recompress_file *b)
{
	int c = strcmp(a->key, b->key);
	return c ? c : (a->machine > b->machine) - (a->machine < b->machine);
}

/* By name, so that neighbours are of versions that are close. */
static int compare_in_order(const void *pa, const void *pb)
{
	const struct recompress_file *a = *(struct recompress_file *const *)pa;
	const struct recompress_file *b = *(struct recompress_file *const *)pb;
	int c = compare_families(a, b);
	c = c ? c : strcmp(a->refs->name, b->refs->name);
	return c ? c : compare_refs(a->refs, b->refs);
}

/* All that it is made from. */
static bool read_raw(const struct recompress_file *f, struct buf *out, struct err *err)
{
	const struct opened *o = &f->made;
	*out = BUF_INIT(o->size);
	for (size_t i = 0; i < o->part_count; i++) {
		const struct opened_part *p = &o->parts[i];
		AUTO(auto_free) char *path = opened_content_path(o, p->content);
		AUTO(buf_done) struct buf content = { 0 };
		if (!path)
			return err_no_memory(err);
		if (!file_read(path, MEMORY_MAX, &content, err))
			return false;
		struct slice part =
			slice_part(buf_slice(&content), p->offset, p->offset + p->length);
		buf_add(out, part.p, part.len);
	}
	return buf_ok(out, "what was unpacked", err);
}

/* What it becomes where there is no other of its family, in percent. */
static uint64_t first_percent(const struct recompress_file *f)
{
	struct recipe_op op = { 0 };
	if (!f->is_rpm)
		return FIRST_PERCENT;
	for (struct rd r = rd_new(buf_slice(&f->made.recipe)); r.left;)
		if (!recipe_next(&r, &op, NULL))
			break;
	return (op.xz.preset & ~RECIPE_XZ_EXTREME) <= 3 ? RPM_FIRST_PERCENT_FAST
							: RPM_FIRST_PERCENT;
}

/* What file number @index of the order saves: against the one before it, if that is of its family. */
static bool measure(void *ctx, size_t index, struct err *err)
{
	struct work *w = ctx;
	struct recompress_file *f = w->order[index];
	struct recompress_file *before = index ? w->order[index - 1] : NULL;
	AUTO(buf_done) struct buf raw = { 0 }, prefix = { 0 };
	uint64_t packed = f->made.vendor_size;
	size_t size = 0;
	if (!f->usable)
		return interrupt_check(err);
	progress_add(f->made.size);
	f->saved = packed - packed * first_percent(f) / 100;
	if (!before || !before->usable || compare_families(before, f) != 0)
		return interrupt_check(err);
	if (!read_raw(f, &raw, err) || !read_raw(before, &prefix, err) ||
	    !encode_probe(buf_slice(&raw), buf_slice(&prefix), &size, err))
		return false;
	if (size < packed - f->saved)
		f->saved = packed - size;
	return interrupt_check(err);
}

/* --- choosing ------------------------------------------------------------------------------------ */

struct family {
	size_t first, count; /* in the order */
	uint64_t cost, saved, packed;
};

static int compare_worth(const void *pa, const void *pb)
{
	const struct family *a = pa, *b = pb;
	/* Bytes saved a second; products of 2^26 bytes by 2^26 milliseconds do not wrap. */
	uint64_t x = a->saved * b->cost, y = b->saved * a->cost;
	if (x != y)
		return x > y ? -1 : 1;
	return (a->first > b->first) - (a->first < b->first);
}

/* Add what @m costs to every package that has any of it, or take it away again. */
static void charge(struct work *w, const struct family *m, bool away)
{
	for (size_t i = m->first; i < m->first + m->count; i++) {
		const struct recompress_file *f = w->order[i];
		uint32_t last = UINT32_MAX;
		for (size_t k = 0; f->usable && k < f->ref_count; k++) {
			uint32_t package = f->refs[k].package;
			struct spent *s = &w->spent[package];
			uint64_t raw = f->is_rpm ? f->made.size : 0;
			if (package != last) {
				s->milliseconds += away ? 0 - f->cost : f->cost;
				s->rpm_raw += away ? 0 - raw : raw;
			}
			last = package;
		}
	}
}

static bool fits(const struct work *w, const struct family *m)
{
	for (size_t i = m->first; i < m->first + m->count; i++) {
		const struct recompress_file *f = w->order[i];
		for (size_t k = 0; f->usable && k < f->ref_count; k++) {
			const struct spent *s = &w->spent[f->refs[k].package];
			if (s->milliseconds > w->opt->rule.budget * 1000 ||
			    s->rpm_raw > w->opt->rpm_raw_max)
				return false;
		}
	}
	return true;
}

static size_t list_families(const struct work *w, struct family *out)
{
	size_t n = 0;
	for (size_t i = 0; i < w->r->count; i++) {
		const struct recompress_file *f = w->order[i];
		if (i == 0 || compare_families(w->order[i - 1], f) != 0)
			out[n++] = (struct family) { .first = i };
		struct family *m = &out[n - 1];
		m->count++;
		m->cost += f->usable ? f->cost : 0;
		m->saved += f->saved;
		m->packed += f->usable ? f->made.vendor_size : 0;
	}
	return n;
}

/* Whole families, those that save most a second first, as long as every package can afford it. */
static bool choose(struct work *w, size_t packages, struct err *err)
{
	AUTO(auto_free) struct family *families = calloc(w->r->count + 1, sizeof(*families));
	w->spent = calloc(packages + 1, sizeof(*w->spent));
	if (!families || !w->spent)
		return err_no_memory(err);
	size_t n = list_families(w, families);
	qsort(families, n, sizeof(*families), compare_worth);
	for (size_t i = 0; i < n; i++) {
		const struct family *m = &families[i];
		bool rpm = w->order[m->first]->is_rpm;
		uint64_t least = rpm ? RPM_GAIN_PERCENT_MIN : w->opt->rule.gain;
		if (m->cost == 0 || m->saved * 100 < m->packed * least)
			continue;
		charge(w, m, false);
		bool ok = fits(w, m);
		if (!ok)
			charge(w, m, true);
		for (size_t k = m->first; ok && k < m->first + m->count; k++)
			w->order[k]->chosen = w->order[k]->usable;
	}
	return true;
}

/* --- proving ------------------------------------------------------------------------------------- */

static bool prove_xz(const struct source *src, struct deb_proof *proof, struct opened *o,
		     struct err *err)
{
	AUTO(prove_ways_done) struct prove_ways ways = { 0 };
	uint32_t *way = &proof->ways[0];
	if (!prove_find_ways(src, 0, src->size, &ways, err) ||
	    (!proof->known && !prove(src, 0, src->size, o->size, &ways, way, err)))
		return false;
	proof->ways[1] = PROVE_NO_WAY;
	proof->known = true;
	if (*way >= ways.count)
		return true;
	struct recipe_op op = ways.v[*way].ops[0];
	op.length = o->size;
	o->recipe.len = 0;
	recipe_write(&op, &o->recipe);
	o->exact = true;
	return buf_ok(&o->recipe, "a recipe", err);
}

static bool prove_file(void *ctx, size_t index, struct err *err)
{
	struct work *w = ctx;
	struct recompress_file *f = &w->r->files[index];
	AUTO(file_source_close) struct source src = { 0 };
	struct deb_proof proof = { 0 };
	if (!f->chosen)
		return true;
	if (!w->opt->prove)
		proof_cache_find(w->opt->cache, f->refs->sha256, &proof);
	bool known = proof.known;
	if (!file_source_open(f->from, &src, err) ||
	    !(f->is_rpm ? rpm_prove(&src, &proof, &f->made, err)
			: prove_xz(&src, &proof, &f->made, err)))
		return false;
	if (!known)
		proof_cache_put(w->opt->cache, f->refs->sha256, &proof);
	f->proven = f->made.exact;
	return true;
}

/* --- replacing ----------------------------------------------------------------------------------- */

/* An entry that is such a file and nothing else: it is laid out as it comes, of one piece. */
static bool make_whole(struct recompress_file *f, struct err *err)
{
	struct opened *o = &f->whole;
	if (o->content_count)
		return true;
	o->size = o->vendor_size = f->made.vendor_size;
	memcpy(o->sha256, f->refs->sha256, SHA256_SIZE);
	memcpy(o->vendor_sha256, f->refs->sha256, SHA256_SIZE);
	if (!opened_set_whole(o, f->refs->name, f->from, err))
		return false;
	o->contents[0].made = &f->made;
	o->exact = true;
	o->recipe = BUF_INIT(TREE_PARAMETERS_MAX);
	recipe_write(&(struct recipe_op) { .kind = RECIPE_COPY, .length = o->size }, &o->recipe);
	return buf_ok(&o->recipe, "a recipe", err);
}

static bool replace(struct recompress_file *f, struct err *err)
{
	for (size_t i = 0; i < f->ref_count; i++) {
		const struct ref *r = &f->refs[i];
		if (r->opened) {
			r->opened->contents[r->content].made = &f->made;
			continue;
		}
		if (!make_whole(f, err))
			return false;
		r->entry->opened = &f->whole;
	}
	return true;
}

/* --- all of it ----------------------------------------------------------------------------------- */

static bool run(struct work *w, const char *what, uint64_t bytes,
		bool (*each)(void *ctx, size_t index, struct err *err), struct err *err)
{
	progress_begin(what, bytes);
	bool ok = workers_run(w->r->count, w->opt->jobs, each, w, err);
	progress_end();
	return ok;
}

static void count(const struct recompress_file *f, struct recompress_kind *t)
{
	t->seen++;
	t->seen_bytes += f->refs->size;
	t->not_proven += f->chosen && !f->proven;
	t->files += f->proven;
	t->packed += f->proven ? f->made.vendor_size : 0;
	t->bytes += f->proven ? f->made.size : 0;
}

static bool replace_all(struct work *w, struct recompress_totals *totals, struct err *err)
{
	for (size_t i = 0; i < w->r->count; i++) {
		struct recompress_file *f = &w->r->files[i];
		count(f, f->is_rpm ? &totals->rpm : &totals->xz);
		if (f->proven && !replace(f, err))
			return false;
	}
	return true;
}

bool recompress(struct recompress *r, struct payload *payloads, size_t count,
		const struct recompress_options *opt, struct recompress_totals *totals,
		struct err *err)
{
	AUTO(work_done) struct work w = { .r = r, .opt = opt };
	struct recompress_totals sum = { 0 };
	uint64_t packed = 0, raw = 0, chosen = 0;
	for (size_t i = 0; i < count && opt->rule.budget > 0; i++)
		if (!list_payload(&w, (uint32_t)i, &payloads[i], err))
			return false;
	*totals = sum;
	if (w.ref_count == 0)
		return true;
	if (!list_files(&w, err))
		return false;
	for (size_t i = 0; i < r->count; i++)
		packed += r->files[i].refs->size;
	if (!run(&w, "unpacking .xz files", packed, unpack, err))
		return false;
	qsort(w.order, r->count, sizeof(*w.order), compare_in_order);
	for (size_t i = 0; i < r->count; i++)
		raw += r->files[i].usable ? r->files[i].made.size : 0;
	if (!run(&w, "measuring .xz files", raw, measure, err) || !choose(&w, count, err))
		return false;
	for (size_t i = 0; i < r->count; i++)
		chosen += r->files[i].chosen ? r->files[i].made.vendor_size : 0;
	if (!run(&w, "proving .xz files", chosen, prove_file, err) || !replace_all(&w, &sum, err))
		return false;
	*totals = sum;
	return true;
}
