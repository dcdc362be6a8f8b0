/* SPDX-License-Identifier: MIT */
/* group.c - see group.h. */
#include "group.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

void groups_done(struct groups *g)
{
	for (size_t i = 0; i < g->file_count; i++) {
		free(g->files[i].from);
		free(g->files[i].sort_key);
		free(g->files[i].packages);
	}
	free(g->files);
	free(g->slots);
	free(g->order);
	free(g->groups);
	free(g->runs);
	free(g->blocks);
	*g = (struct groups) { 0 };
}

/* SHA-256 values are as good as random: their first bytes are the hash. */
static uint32_t *find_slot(const struct groups *g, const uint8_t sha256[SHA256_SIZE])
{
	uint64_t hash;
	memcpy(&hash, sha256, sizeof(hash));
	for (size_t i = (size_t)hash & (g->slot_count - 1);; i = (i + 1) & (g->slot_count - 1)) {
		uint32_t index = g->slots[i];
		if (!index || memcmp(g->files[index - 1].sha256, sha256, SHA256_SIZE) == 0)
			return &g->slots[i];
	}
}

static bool grow(struct groups *g, struct err *err)
{
	if (g->file_count < g->file_cap)
		return true;
	if (g->file_count >= GROUP_FILES_MAX)
		return err_set(err, ERR_FORMAT, "more than %u different files", GROUP_FILES_MAX);
	size_t cap = g->file_cap ? g->file_cap * 2 : 64;
	struct group_file *files = realloc(g->files, cap * sizeof(*files));
	if (!files)
		return err_no_memory(err);
	g->files = files;
	g->file_cap = cap;
	uint32_t *slots = calloc(cap * 2, sizeof(*slots));
	if (!slots)
		return err_no_memory(err);
	free(g->slots);
	g->slots = slots;
	g->slot_count = cap * 2;
	for (size_t i = 0; i < g->file_count; i++)
		*find_slot(g, g->files[i].sha256) = (uint32_t)i + 1;
	return true;
}

static bool add_package(struct group_file *f, uint32_t package, struct err *err)
{
	if (f->package_count && f->packages[f->package_count - 1] == package)
		return true;
	uint32_t *p = realloc(f->packages, (f->package_count + 1) * sizeof(*p));
	if (!p)
		return err_no_memory(err);
	f->packages = p;
	f->packages[f->package_count++] = package;
	return true;
}

static size_t architecture_at(const char *p)
{
	static const char *const names[] = { "x86_64", "amd64", "aarch64", "arm64" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(p, names[i], strlen(names[i])) == 0)
			return strlen(names[i]);
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Characters of the version that begins at the digit @p: 6.12.117+deb13, 2.36-9~bpo1, 1:4.2. */
static size_t version_length(const char *p)
{
	size_t n = 1;
	for (;;) {
		size_t k = n;
		if (p[k] == '.' || p[k] == '-' || p[k] == '+' || p[k] == '~' || p[k] == ':')
			k++;
		if (k > n && (p[n] == '+' || p[n] == '~'))
			while (is_lower(p[k]))
				k++;
		if (!is_digit(p[k]) || architecture_at(p + k))
			return n;
		n = k + 1;
	}
}

char *path_without_versions(const char *path)
{
	char *key = malloc(strlen(path) + 1);
	if (!key)
		return NULL;
	char *w = key;
	for (const char *r = path; *r;) {
		size_t arch = architecture_at(r);
		if (arch || is_digit(*r)) {
			*w++ = arch ? '@' : '0';
			r += arch ? arch : version_length(r);
		} else {
			*w++ = *r++;
		}
	}
	*w = '\0';
	return key;
}

static bool add_file(struct groups *g, const uint8_t sha256[SHA256_SIZE], uint64_t size,
		     const char *path, const char *from, struct err *err)
{
	if (!grow(g, err))
		return false;
	struct group_file *f = &g->files[g->file_count];
	*f = (struct group_file) { .size = size,
				   .from = strdup(from),
				   .sort_key = path_without_versions(path) };
	memcpy(f->sha256, sha256, SHA256_SIZE);
	uint32_t *slot = find_slot(g, sha256);
	g->file_count++; /* from here groups_done() releases it */
	*slot = (uint32_t)g->file_count;
	return (f->from && f->sort_key) || err_no_memory(err);
}

bool groups_add(struct groups *g, uint32_t package, const uint8_t sha256[SHA256_SIZE],
		uint64_t size, const char *path, const char *from, uint32_t *file, struct err *err)
{
	uint32_t known = g->slot_count ? *find_slot(g, sha256) : 0;
	if (!known) {
		if (!add_file(g, sha256, size, path, from, err))
			return false;
		known = (uint32_t)g->file_count;
	}
	struct group_file *f = &g->files[known - 1];
	if (f->size != size)
		return err_set(err, ERR_FORMAT,
			       "'%s' and '%s' have the same SHA-256 but not the same size", path,
			       f->from);
	if (!add_package(f, package, err))
		return false;
	*file = known - 1;
	return true;
}

static int compare_packages(const uint32_t *a, size_t na, const uint32_t *b, size_t nb)
{
	for (size_t i = 0; i < na && i < nb; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return na == nb ? 0 : na < nb ? -1 : 1;
}

static int compare_files(const void *pa, const void *pb)
{
	const struct group_file *a = *(const struct group_file *const *)pa;
	const struct group_file *b = *(const struct group_file *const *)pb;
	int c = compare_packages(a->packages, a->package_count, b->packages, b->package_count);
	if (c == 0)
		c = (a->kind > b->kind) - (a->kind < b->kind);
	if (c == 0)
		c = strcmp(a->sort_key, b->sort_key);
	return c ? c : memcmp(a->sha256, b->sha256, SHA256_SIZE);
}

static bool look_at(struct group_file *f, struct err *err)
{
	uint8_t head[CONTENT_HEAD_SIZE];
	AUTO(auto_close) int fd = open(f->from, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);
	if (n < 0)
		return err_set(err, ERR_SYSTEM, "cannot read '%s': %s", f->from, strerror(errno));
	f->kind = content_kind((struct slice) { head, (size_t)n });
	return true;
}

bool groups_look(struct groups *g, struct err *err)
{
	for (size_t i = 0; i < g->file_count; i++)
		if (g->files[i].size > 0 && !look_at(&g->files[i], err))
			return false;
	return true;
}

static bool sort_files(struct groups *g, struct err *err)
{
	size_t n = g->file_count;
	AUTO(auto_free) const struct group_file **sorted = malloc((n ? n : 1) * sizeof(*sorted));
	g->order = malloc((n ? n : 1) * sizeof(*g->order));
	g->groups = calloc(n ? n : 1, sizeof(*g->groups)); /* at most one group a file, */
	g->runs = calloc(n ? n : 1, sizeof(*g->runs));     /* and one run */
	if (!sorted || !g->order || !g->groups || !g->runs)
		return err_no_memory(err);
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (g->files[i].size > 0)
			sorted[kept++] = &g->files[i];
	qsort(sorted, kept, sizeof(*sorted), compare_files);
	for (size_t i = 0; i < kept; i++)
		g->order[i] = (uint32_t)(sorted[i] - g->files);
	g->order_count = kept;
	return true;
}

/* Code begins, and is cut, where its filter can see it. */
static uint64_t align_code(uint64_t at, enum content_kind kind)
{
	uint64_t align = content_is_code(kind) ? GROUP_CODE_ALIGN : 1;
	return (at + align - 1) / align * align;
}

static bool place_files(struct groups *g, struct err *err)
{
	struct group *grp = NULL;
	for (size_t i = 0; i < g->order_count; i++) {
		struct group_file *f = &g->files[g->order[i]];
		if (!grp || compare_packages(grp->packages, grp->package_count, f->packages,
					     f->package_count) != 0) {
			grp = &g->groups[g->group_count++];
			*grp = (struct group) { .packages = f->packages,
						.package_count = f->package_count,
						.first_file = (uint32_t)i };
		}
		f->group = (uint32_t)(grp - g->groups);
		if (f->size > UINT64_MAX / 4 - grp->size)
			return err_set(err, ERR_FORMAT, "the files are too large together");
		f->offset = align_code(grp->size, f->kind);
		grp->size = f->offset + f->size;
		grp->file_count++;
	}
	return true;
}

static struct group_run *add_run(struct groups *g, uint32_t group, uint32_t file)
{
	const struct group_file *f = &g->files[g->order[file]];
	struct group_run *r = &g->runs[g->run_count++];
	*r = (struct group_run) { .group = group,
				  .kind = f->kind,
				  .first_file = file,
				  .start = f->offset,
				  .base = GROUP_NONE };
	return r;
}

static void count_kinds(const struct groups *g, const struct group *grp,
			uint64_t bytes[CONTENT_KINDS])
{
	memset(bytes, 0, CONTENT_KINDS * sizeof(*bytes));
	for (uint32_t i = grp->first_file; i < grp->first_file + grp->file_count; i++)
		bytes[g->files[g->order[i]].kind] += g->files[g->order[i]].size;
}

/* A kind that there is too little of shares the run before it, or lets the next into its own. */
static void find_runs(struct groups *g, uint32_t group)
{
	const struct group *grp = &g->groups[group];
	uint64_t bytes[CONTENT_KINDS];
	count_kinds(g, grp, bytes);
	struct group_run *run = NULL;
	enum content_kind last = CONTENT_DATA;
	for (uint32_t i = grp->first_file; i < grp->first_file + grp->file_count; i++) {
		const struct group_file *f = &g->files[g->order[i]];
		if (!run || (f->kind != last && bytes[f->kind] >= GROUP_RUN_MIN &&
			     run->size >= GROUP_RUN_MIN))
			run = add_run(g, group, i);
		else if (bytes[f->kind] > bytes[run->kind])
			run->kind = f->kind;
		last = f->kind;
		run->size = f->offset + f->size - run->start;
		run->file_count++;
	}
}

bool groups_sort(struct groups *g, struct err *err)
{
	if (!sort_files(g, err) || !place_files(g, err))
		return false;
	for (uint32_t i = 0; i < g->group_count; i++)
		find_runs(g, i);
	return true;
}

/* --- blocks --- */

static bool add_block(struct groups *g, const struct group_run *run, uint64_t start, uint64_t end,
		      uint32_t prefix, struct err *err)
{
	if (g->block_count == BLOCK_COUNT_MAX)
		return err_set(err, ERR_FORMAT, "more than %u blocks: make them larger",
			       BLOCK_COUNT_MAX);
	if (g->block_count == g->block_cap) {
		uint32_t cap = g->block_cap ? g->block_cap * 2 : 64;
		struct group_block *blocks = realloc(g->blocks, cap * sizeof(*blocks));
		if (!blocks)
			return err_no_memory(err);
		g->blocks = blocks;
		g->block_cap = cap;
	}
	uint32_t file = run->first_file;
	if (g->block_count > run->first_block) /* not from the start for each */
		file = g->blocks[g->block_count - 1].file;
	while (file + 1 < run->first_file + run->file_count &&
	       g->files[g->order[file]].offset + g->files[g->order[file]].size <= start)
		file++;
	g->blocks[g->block_count++] = (struct group_block) { .group = run->group,
							     .kind = run->kind,
							     .file = file,
							     .start = start,
							     .size = end - start,
							     .prefix = prefix };
	return true;
}

/* Blocks of equal size rather than full ones and a crumb: a crumb compresses badly. */
static bool cut_evenly(struct groups *g, const struct group_run *run, uint64_t start, uint64_t end,
		       uint64_t target, uint32_t prefix, struct err *err)
{
	uint64_t size = end - start, count = (size + target - 1) / target;
	uint64_t step = count ? align_code((size + count - 1) / count, run->kind) : 1;
	for (uint64_t at = start; at < end; at += step)
		if (!add_block(g, run, at, end - at < step ? end : at + step, prefix, err))
			return false;
	return true;
}

/* By this its path is more or less likely to begin a block, whatever else is there. */
static bool path_rank(const struct group_file *f, uint64_t *rank, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	if (!sha256_of(slice_str(f->sort_key), digest, err))
		return false;
	memcpy(rank, digest, sizeof(*rank));
	return true;
}

/*
 * The end of a block of @run that begins at @at, at most @target further on.  Where the files of the
 * second half begin, it is the one of lowest rank; so what comes or goes in another version moves the
 * cuts near it and no others.  A file that is longer than that is cut from its own start on.
 */
static bool find_cut(const struct groups *g, const struct group_run *run, uint32_t *next,
		     uint64_t at, uint64_t end, uint64_t target, uint64_t *cut, struct err *err)
{
	uint64_t low = at + target / 2, high = at + target, lowest = UINT64_MAX;
	/* A crumb compresses badly. */
	if (high > end - target / 4)
		high = end - target / 4;
	*cut = 0;
	uint32_t last = run->first_file + run->file_count;
	for (; *next < last && g->files[g->order[*next]].offset <= high; (*next)++) {
		const struct group_file *f = &g->files[g->order[*next]];
		uint64_t rank;
		if (f->offset <= low)
			continue;
		if (!path_rank(f, &rank, err))
			return false;
		if (*cut == 0 || rank < lowest) {
			lowest = rank;
			*cut = f->offset;
		}
	}
	if (*cut)
		return true;
	/* One file reaches over all of it, or a gap of a few bytes before the next run. */
	const struct group_file *f = &g->files[g->order[*next - 1]];
	uint64_t file_end = f->offset + f->size, left = file_end > at ? file_end - at : 1;
	uint64_t pieces = (left + target - 1) / target;
	uint64_t step = align_code((left + pieces - 1) / pieces, run->kind);
	*cut = f->offset > at + target / 8 ? f->offset : step < end - at ? at + step : end;
	return true;
}

static bool cut_by_paths(struct groups *g, const struct group_run *run, uint64_t start,
			 uint64_t end, uint64_t target, struct err *err)
{
	uint32_t next = run->first_file;
	uint64_t at = start, to;
	for (; end - at > target; at = to) {
		while (next > run->first_file && g->files[g->order[next - 1]].offset > at)
			next--;
		if (!find_cut(g, run, &next, at, end, target, &to, err) ||
		    !add_block(g, run, at, to, GROUP_NONE, err))
			return false;
	}
	return at == end || add_block(g, run, at, end, GROUP_NONE, err);
}

/*
 * Where in @run stands what stands in its base at @at of the base's stream (in file number @file of
 * the order): in the file of the same path as far in, or before the next path.
 */
static uint64_t same_place(const struct groups *g, const struct group_run *run, uint32_t *next,
			   const struct group_block *base)
{
	const struct group_file *of = &g->files[g->order[base->file]];
	uint32_t end = run->first_file + run->file_count;
	while (*next < end) {
		const struct group_file *f = &g->files[g->order[*next]];
		int c = strcmp(f->sort_key, of->sort_key);
		if (f->kind > of->kind || (f->kind == of->kind && c >= 0))
			break;
		(*next)++;
	}
	if (*next == end)
		return run->start + run->size;
	const struct group_file *f = &g->files[g->order[*next]];
	if (strcmp(f->sort_key, of->sort_key) != 0 || base->start <= of->offset)
		return f->offset;
	uint64_t into = base->start - of->offset;
	return f->offset + (into < f->size ? into : f->size) / GROUP_CODE_ALIGN * GROUP_CODE_ALIGN;
}

/* Cut @run where its base is cut, so that each of its blocks has one block of the base as prefix. */
static bool cut_as_base(struct groups *g, const struct group_run *run, uint64_t target,
			struct err *err)
{
	const struct group_run *base = &g->runs[run->base];
	uint64_t at = run->start, end = run->start + run->size;
	uint32_t next = run->first_file;
	for (uint32_t i = 0; i < base->block_count; i++) {
		uint64_t to = end;
		if (i + 1 < base->block_count)
			to = same_place(g, run, &next, &g->blocks[base->first_block + i + 1]);
		/* A crumb goes with what comes next. */
		bool last = i + 1 == base->block_count;
		if (to <= at || (!last && (to - at < target / 8 || end - to < target / 8)))
			continue;
		/* A little more than in the base is no reason to make two of it. */
		if (!cut_evenly(g, run, at, to, target + target / 4, base->first_block + i, err))
			return false;
		at = to;
	}
	return cut_by_paths(g, run, at, end, target, err);
}

bool groups_cut(struct groups *g, uint64_t block_size, struct err *err)
{
	for (uint32_t i = 0; i < g->run_count; i++) {
		struct group_run *run = &g->runs[i];
		struct group *grp = &g->groups[run->group];
		run->first_block = g->block_count;
		uint64_t start = run->start, end = run->start + run->size;
		/* What stands between two runs belongs to the first. */
		if (i + 1 < g->run_count && g->runs[i + 1].group == run->group)
			end = g->runs[i + 1].start;
		run->size = end - start;
		uint64_t target = block_size;
		if (run->kind == CONTENT_PACKED && target > GROUP_PACKED_SIZE)
			target = GROUP_PACKED_SIZE;
		if (run->base != GROUP_NONE ? !cut_as_base(g, run, target, err)
					    : !cut_by_paths(g, run, start, end, target, err))
			return false;
		run->block_count = g->block_count - run->first_block;
		if (grp->block_count == 0)
			grp->first_block = run->first_block;
		grp->block_count += run->block_count;
	}
	return true;
}

struct group_piece groups_piece(const struct groups *g, uint32_t file, uint64_t at)
{
	const struct group_file *f = &g->files[file];
	const struct group *grp = &g->groups[f->group];
	uint64_t stream = f->offset + at;
	uint32_t low = grp->first_block, high = grp->first_block + grp->block_count - 1;
	while (low < high) { /* the last block that begins at or before it */
		uint32_t middle = low + (high - low + 1) / 2;
		if (g->blocks[middle].start <= stream)
			low = middle;
		else
			high = middle - 1;
	}
	const struct group_block *b = &g->blocks[low];
	uint64_t offset = stream - b->start, in_block = b->size - offset, in_file = f->size - at;
	return (struct group_piece) { .block = low,
				      .offset = offset,
				      .length = in_block < in_file ? in_block : in_file };
}
