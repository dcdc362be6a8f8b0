/* SPDX-License-Identifier: MIT */
/* group.c - see group.h. */
#include "group.h"

#include <string.h>

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

/* "lib/modules/6.1.0-40/x.ko" and "lib/modules/6.1.0-41/x.ko" get the same key. */
static char *make_sort_key(const char *path)
{
	char *key = malloc(strlen(path) + 1);
	if (!key)
		return NULL;
	char *w = key;
	bool in_number = false;
	for (const char *r = path; *r; r++) {
		bool digit = *r >= '0' && *r <= '9';
		if (!digit)
			*w++ = *r;
		else if (!in_number)
			*w++ = '0';
		in_number = digit;
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
				   .sort_key = make_sort_key(path) };
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
		c = strcmp(a->sort_key, b->sort_key);
	return c ? c : memcmp(a->sha256, b->sha256, SHA256_SIZE);
}

static bool sort_files(struct groups *g, struct err *err)
{
	size_t n = g->file_count;
	AUTO(auto_free) const struct group_file **sorted = malloc((n ? n : 1) * sizeof(*sorted));
	g->order = malloc((n ? n : 1) * sizeof(*g->order));
	g->groups = calloc(n ? n : 1, sizeof(*g->groups)); /* at most one group a file */
	if (!sorted || !g->order || !g->groups)
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

/* Blocks of equal size rather than full ones and a crumb: a crumb compresses badly. */
static bool cut_group(struct group *grp, uint64_t target, uint32_t *next_block, struct err *err)
{
	uint64_t count = (grp->size + target / 2) / target;
	if (!count)
		count = 1;
	if (count > BLOCK_COUNT_MAX - *next_block)
		return err_set(err, ERR_FORMAT, "more than %u blocks of %llu bytes",
			       BLOCK_COUNT_MAX, (unsigned long long)target);
	grp->block_size = (grp->size + count - 1) / count;
	grp->first_block = *next_block;
	/* Rounding up may have made the last block of a tiny group superfluous. */
	grp->block_count = (uint32_t)((grp->size + grp->block_size - 1) / grp->block_size);
	*next_block += grp->block_count;
	return true;
}

bool groups_finish(struct groups *g, uint64_t block_size, struct err *err)
{
	if (!sort_files(g, err))
		return false;
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
		f->offset = grp->size;
		if (f->size > UINT64_MAX / 2 - grp->size)
			return err_set(err, ERR_FORMAT, "the files are too large together");
		grp->size += f->size;
		grp->file_count++;
	}
	for (size_t i = 0; i < g->group_count; i++)
		if (!cut_group(&g->groups[i], block_size, &g->block_count, err))
			return false;
	return true;
}

uint64_t group_block_size(const struct group *grp, uint32_t block)
{
	uint64_t start = block * grp->block_size;
	return grp->size - start < grp->block_size ? grp->size - start : grp->block_size;
}

struct group_piece groups_piece(const struct groups *g, uint32_t file, uint64_t at)
{
	const struct group_file *f = &g->files[file];
	const struct group *grp = &g->groups[f->group];
	uint64_t stream = f->offset + at;
	uint32_t block = (uint32_t)(stream / grp->block_size);
	uint64_t offset = stream % grp->block_size;
	uint64_t in_block = group_block_size(grp, block) - offset, in_file = f->size - at;
	return (struct group_piece) { .block = grp->first_block + block,
				      .offset = offset,
				      .length = in_block < in_file ? in_block : in_file };
}
