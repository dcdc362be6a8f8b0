/* SPDX-License-Identifier: MIT */
/* family.c - see family.h. */
#include "family.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "encode.h"
#include "file.h"

#define SAMPLE_FILES 8
#define SAMPLE_SIZE (1u << 20) /* of each */
#define FAMILY_CANDIDATES 8    /* of which a sample is taken, for each run */
#define SAME_PATH_TRIES 4
#define SAME_PATH_RUNS_MAX 64 /* that one path is looked up in */

/* One file of one of the runs that are compared. */
struct ref {
	const struct group_file *file;
	uint32_t run; /* in `runs` */
};

/* Runs that are alike: the sample shrinks to so much of what it is alone. */
struct pair {
	uint64_t percent;
	size_t later, earlier; /* in `runs` */
};

struct families {
	struct groups *g;
	uint32_t runs[FAMILY_RUNS_MAX]; /* of those that are large enough, ascending */
	size_t run_count;
	uint64_t *
		shared; /* owned, run_count x run_count: bytes of [later] with paths of [earlier] */
	uint64_t *own, *extra; /* owned, a package each: raw bytes, and those of bases */
	size_t package_count;
	struct pair *pairs; /* owned */
	size_t pair_count;
	bool *is_base, *is_dependent; /* owned, a group each */
};

static void families_done(struct families *f)
{
	free(f->shared);
	free(f->own);
	free(f->extra);
	free(f->pairs);
	free(f->is_base);
	free(f->is_dependent);
}

/* --- what has the same paths --- */

static int compare_paths_of(const struct group_file *a, const struct group_file *b)
{
	int c = (a->kind > b->kind) - (a->kind < b->kind);
	return c ? c : strcmp(a->sort_key, b->sort_key);
}

static int compare_refs(const void *pa, const void *pb)
{
	const struct ref *a = pa, *b = pb;
	int c = compare_paths_of(a->file, b->file);
	c = c ? c : (a->run > b->run) - (a->run < b->run);
	return c ? c : memcmp(a->file->sha256, b->file->sha256, SHA256_SIZE);
}

/* @refs are all that have one path, by run. */
static void count_shared(struct families *f, const struct ref *refs, size_t count)
{
	uint32_t runs[SAME_PATH_RUNS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < n && runs[k] < refs[i].run; k++)
			f->shared[refs[i].run * f->run_count + runs[k]] += refs[i].file->size;
		if (n < SAME_PATH_RUNS_MAX && (n == 0 || runs[n - 1] != refs[i].run))
			runs[n++] = refs[i].run;
	}
}

static bool compare_paths(struct families *f, struct err *err)
{
	const struct groups *g = f->g;
	AUTO(auto_free) struct ref *refs = malloc((g->order_count + 1) * sizeof(*refs));
	f->shared = calloc(f->run_count * f->run_count + 1, sizeof(*f->shared));
	if (!refs || !f->shared)
		return err_no_memory(err);
	size_t n = 0;
	for (uint32_t i = 0; i < f->run_count; i++) {
		const struct group_run *r = &g->runs[f->runs[i]];
		for (uint32_t k = 0; k < r->file_count; k++)
			refs[n++] = (struct ref) { &g->files[g->order[r->first_file + k]], i };
	}
	qsort(refs, n, sizeof(*refs), compare_refs);
	for (size_t i = 0; i < n;) {
		size_t end = i + 1;
		while (end < n && compare_paths_of(refs[i].file, refs[end].file) == 0)
			end++;
		count_shared(f, refs + i, end - i);
		i = end;
	}
	return true;
}

/* --- what is alike --- */

static bool read_start(const struct group_file *f, uint8_t *out, struct slice *got, struct err *err)
{
	size_t want = f->size < SAMPLE_SIZE ? (size_t)f->size : SAMPLE_SIZE;
	AUTO(auto_close) int fd = open(f->from, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	while (fd >= 0 && done < want) {
		ssize_t n = pread(fd, out + done, want - done, (off_t)done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	*got = (struct slice) { out, done };
	return (fd >= 0 && done == want) ||
	       err_set(err, ERR_SYSTEM, "cannot read '%s' any more", f->from);
}

static const struct group_file *file_of(const struct groups *g, const struct group_run *run,
					uint32_t i)
{
	return &g->files[g->order[run->first_file + i]];
}

/* The first file of @run that does not come before those with the path of @like. */
static uint32_t find_path(const struct groups *g, const struct group_run *run,
			  const struct group_file *like)
{
	uint32_t low = 0, high = run->file_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (compare_paths_of(file_of(g, run, middle), like) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct sample {
	uint8_t *a, *b; /* owned */
	size_t alone, with;
};

static void sample_done(struct sample *s)
{
	free(s->a);
	free(s->b);
}

/* @file alone and against the one of @base's files with its path that is most like it, if any. */
static bool probe_file(const struct groups *g, const struct group_file *file,
		       const struct group_run *base, struct sample *s, bool *found, struct err *err)
{
	struct slice raw, prefix, none = { 0 };
	uint32_t first = find_path(g, base, file), i;
	size_t alone = 0, best = SIZE_MAX;
	for (i = first; i < base->file_count && i < first + SAME_PATH_TRIES; i++) {
		size_t with = 0;
		const struct group_file *like = file_of(g, base, i);
		if (compare_paths_of(like, file) != 0)
			break;
		if ((i == first && (!read_start(file, s->a, &raw, err) ||
				    !encode_probe(raw, none, &alone, err))) ||
		    !read_start(like, s->b, &prefix, err) || !encode_probe(raw, prefix, &with, err))
			return false;
		best = with < best ? with : best;
	}
	*found = i > first;
	if (*found) {
		s->alone += alone;
		s->with += best;
	}
	return true;
}

/* How large a sample of @run becomes without and with files of @base before them. */
static bool take_sample(const struct groups *g, const struct group_run *run,
			const struct group_run *base, struct sample *s, struct err *err)
{
	s->a = malloc(SAMPLE_SIZE);
	s->b = malloc(SAMPLE_SIZE);
	if (!s->a || !s->b)
		return err_no_memory(err);
	uint32_t taken = 0, step = run->file_count / (2 * SAMPLE_FILES) + 1;
	for (uint32_t i = 0; i < run->file_count && taken < SAMPLE_FILES; i += step) {
		bool found;
		if (!probe_file(g, file_of(g, run, i), base, s, &found, err))
			return false;
		taken += found;
	}
	return true;
}

/* --- what may be --- */

/* Room in every package of @run's group for the raw bytes of @base? */
static bool within_budget(const struct families *f, const struct group_run *run,
			  const struct group_run *base)
{
	const struct group *grp = &f->g->groups[run->group];
	for (size_t i = 0; i < grp->package_count; i++) {
		uint32_t p = grp->packages[i];
		if (f->extra[p] + base->size > f->own[p])
			return false;
	}
	return true;
}

/* By what is known of the two without having looked at their bytes. */
static bool may_be_like(const struct families *f, size_t later, size_t earlier)
{
	const struct groups *g = f->g;
	const struct group_run *run = &g->runs[f->runs[later]];
	const struct group_run *base = &g->runs[f->runs[earlier]];
	return run->group != base->group && run->kind == base->kind &&
	       g->groups[base->group].size / 2 <= g->groups[run->group].size &&
	       f->shared[later * f->run_count + earlier] >= run->size / 2;
}

/* The ones that share most with @later, of equal ones the nearest. */
static size_t choose_candidates(const struct families *f, size_t later,
				size_t out[FAMILY_CANDIDATES])
{
	const uint64_t *shared = f->shared + later * f->run_count;
	size_t n = 0;
	for (size_t i = later; i-- > 0;) {
		if (!may_be_like(f, later, i))
			continue;
		size_t at = n;
		while (at > 0 && shared[out[at - 1]] < shared[i])
			at--;
		if (at == FAMILY_CANDIDATES)
			continue;
		n += n < FAMILY_CANDIDATES;
		memmove(&out[at + 1], &out[at], (n - 1 - at) * sizeof(*out));
		out[at] = i;
	}
	return n;
}

static bool add_pairs(struct families *f, size_t later, struct err *err)
{
	size_t candidates[FAMILY_CANDIDATES];
	size_t n = choose_candidates(f, later, candidates);
	for (size_t i = 0; i < n; i++) {
		AUTO(sample_done) struct sample s = { 0 };
		const struct group_run *run = &f->g->runs[f->runs[later]];
		const struct group_run *base = &f->g->runs[f->runs[candidates[i]]];
		if (!take_sample(f->g, run, base, &s, err))
			return false;
		uint64_t percent = s.alone ? (uint64_t)s.with * 100 / s.alone : 100;
		if (percent <= ENCODE_PREFIX_PERCENT)
			f->pairs[f->pair_count++] = (struct pair) { percent, later, candidates[i] };
	}
	return true;
}

static int compare_pairs(const void *pa, const void *pb)
{
	const struct pair *a = pa, *b = pb;
	int c = (a->percent > b->percent) - (a->percent < b->percent);
	c = c ? c : (a->later > b->later) - (a->later < b->later);
	return c ? c : (a->earlier > b->earlier) - (a->earlier < b->earlier);
}

/* The more alike, the earlier it is its turn. */
static void take_pair(struct families *f, const struct pair *p)
{
	struct group_run *run = &f->g->runs[f->runs[p->later]];
	const struct group_run *base = &f->g->runs[f->runs[p->earlier]];
	const struct group *grp = &f->g->groups[run->group];
	if (run->base != GROUP_NONE || f->is_base[run->group] || f->is_dependent[base->group] ||
	    !within_budget(f, run, base))
		return;
	run->base = f->runs[p->earlier];
	f->is_base[base->group] = true;
	f->is_dependent[run->group] = true;
	for (size_t i = 0; i < grp->package_count; i++)
		f->extra[grp->packages[i]] += base->size;
}

static bool families_init(struct families *f, struct groups *g, struct err *err)
{
	f->g = g;
	for (uint32_t i = 0; i < g->run_count && f->run_count < FAMILY_RUNS_MAX; i++)
		if (g->runs[i].size >= FAMILY_RUN_MIN)
			f->runs[f->run_count++] = i;
	for (size_t i = 0; i < g->group_count; i++) {
		const struct group *grp = &g->groups[i];
		if (grp->packages[grp->package_count - 1] >= f->package_count)
			f->package_count = grp->packages[grp->package_count - 1] + 1;
	}
	f->own = calloc(f->package_count + 1, sizeof(*f->own));
	f->extra = calloc(f->package_count + 1, sizeof(*f->extra));
	f->is_base = calloc(g->group_count + 1, sizeof(*f->is_base));
	f->is_dependent = calloc(g->group_count + 1, sizeof(*f->is_dependent));
	if (!f->own || !f->extra || !f->is_base || !f->is_dependent)
		return err_no_memory(err);
	for (size_t i = 0; i < g->group_count; i++)
		for (size_t k = 0; k < g->groups[i].package_count; k++)
			f->own[g->groups[i].packages[k]] += g->groups[i].size;
	return true;
}

bool families_find(struct groups *g, struct err *err)
{
	AUTO(families_done) struct families f = { 0 };
	if (!families_init(&f, g, err) || !compare_paths(&f, err))
		return false;
	f.pairs = malloc((f.run_count + 1) * FAMILY_CANDIDATES * sizeof(*f.pairs));
	if (!f.pairs)
		return err_no_memory(err);
	for (size_t i = 1; i < f.run_count; i++)
		if (!add_pairs(&f, i, err))
			return false;
	qsort(f.pairs, f.pair_count, sizeof(*f.pairs), compare_pairs);
	for (size_t i = 0; i < f.pair_count; i++)
		take_pair(&f, &f.pairs[i]);
	return true;
}
