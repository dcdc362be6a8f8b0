/* SPDX-License-Identifier: MIT */
/*
 * blocks.c - what grouping, prefixes and codecs make of a list of files, without any bundle.
 *
 *   blocks LIST [--goal size|balanced|speed] [--level N] [--block MIB] [--jobs N] [--alone]
 *
 * Each line of LIST is PACKAGE<tab>PATH<tab>FILE: package number PACKAGE (ascending) lays FILE down at
 * PATH.  --alone: no block is compressed against another.  Prints bytes and decoding time by kind of
 * content and codec, CPU time on one thread, and for each package what laying it out decodes.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "family.h"
#include "file.h"
#include "pack.h"

struct settings {
	const char *list;
	struct pack_options pack;
	uint64_t block_size;
	bool alone;
};

struct row {
	uint32_t blocks;
	uint64_t raw, stored;
	double seconds;
};

static double cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool parse(int argc, char **argv, struct settings *s)
{
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(a, "--alone") == 0)
			s->alone = true;
		else if (*a != '-' && !s->list)
			s->list = a;
		else if (strcmp(a, "--goal") == 0 && encode_goal_parse(v, &s->pack.encode.goal))
			i++;
		else if (strcmp(a, "--level") == 0 && sscanf(v, "%d", &s->pack.encode.level) == 1)
			i++;
		else if (strcmp(a, "--jobs") == 0 && sscanf(v, "%u", &s->pack.jobs) == 1)
			i++;
		else if (strcmp(a, "--block") == 0 && sscanf(v, "%lu", &s->block_size) == 1)
			i++;
		else
			return false;
	}
	s->block_size <<= 20;
	return s->list && s->block_size;
}

static bool add_line(struct groups *g, char *line, struct err *err)
{
	char *save = NULL, *package = strtok_r(line, "\t", &save);
	char *path = strtok_r(NULL, "\t", &save), *from = strtok_r(NULL, "\n", &save);
	uint8_t digest[SHA256_SIZE];
	uint32_t number = 0, file;
	if (!from || sscanf(package, "%u", &number) != 1)
		return err_set(err, ERR_USAGE, "a line is not PACKAGE<tab>PATH<tab>FILE");
	AUTO(file_source_close) struct source src = { 0 };
	if (!file_source_open(from, &src, err) || !sha256_of_source(&src, 0, src.size, digest, err))
		return false;
	return groups_add(g, number, digest, src.size, path, from, &file, err);
}

static bool read_list(struct groups *g, const char *path, struct err *err)
{
	char line[8192];
	AUTO(auto_fclose) FILE *f = fopen(path, "r");
	if (!f)
		return err_set(err, ERR_USAGE, "cannot open '%s'", path);
	while (fgets(line, sizeof(line), f))
		if (!add_line(g, line, err))
			return false;
	return true;
}

static bool load(FILE *f, const struct pack *p, uint32_t i, uint8_t **out, struct err *err)
{
	size_t n = (size_t)p->table.blocks[i].stored_size;
	AUTO(auto_free) uint8_t *stored = malloc(n);
	if (!stored)
		return err_no_memory(err);
	if (fseek(f, (long)p->places[i], SEEK_SET) != 0 || fread(stored, 1, n, f) != n)
		return err_set(err, ERR_SYSTEM, "cannot read what was packed");
	*out = stored;
	stored = NULL;
	return true;
}

/* Decode block @i, after its prefix, and take the time of the former. */
static bool decode(FILE *f, const struct pack *p, uint32_t i, double *seconds, uint8_t **out,
		   struct err *err)
{
	const struct block *b = &p->table.blocks[i];
	AUTO(auto_free) uint8_t *stored = NULL, *prefix = NULL;
	AUTO(auto_free) uint8_t *raw = malloc((size_t)b->raw_size);
	struct slice before = { 0 };
	double ignored;
	if (!raw)
		return err_no_memory(err);
	if (b->prefix != BLOCK_NO_PREFIX) {
		if (!decode(f, p, b->prefix - 1, &ignored, &prefix, err))
			return false;
		before = (struct slice) { prefix, (size_t)p->table.blocks[b->prefix - 1].raw_size };
	}
	if (!load(f, p, i, &stored, err))
		return false;
	double start = cpu();
	if (!block_decode(b, (struct slice) { stored, (size_t)b->stored_size }, before, raw, err))
		return false;
	*seconds = cpu() - start;
	*out = raw;
	raw = NULL;
	return true;
}

static void print_row(const char *kind, const char *codec, const struct row *r)
{
	if (r->blocks)
		printf("%-8s %-12s %5u %12llu %12llu %6.2f %% %7.2f s %6.0f MB/s\n", kind, codec,
		       r->blocks, (unsigned long long)r->raw, (unsigned long long)r->stored,
		       100.0 * (double)r->stored / (double)r->raw, r->seconds,
		       (double)r->raw / 1e6 / (r->seconds > 0 ? r->seconds : 1));
}

static void add(struct row *r, const struct block *b, double seconds)
{
	r->blocks++;
	r->raw += b->raw_size;
	r->stored += b->stored_size;
	r->seconds += seconds;
}

/* What laying out package @package takes: its blocks, and each prefix when it changes. */
static void print_package(const struct groups *g, const struct pack *p, uint32_t package,
			  const double *seconds)
{
	struct row own = { 0 }, prefixes = { 0 };
	uint32_t last = BLOCK_NO_PREFIX;
	for (uint32_t i = 0; i < g->block_count; i++) {
		const struct group *grp = &g->groups[g->blocks[i].group];
		bool mine = false;
		for (size_t k = 0; k < grp->package_count; k++)
			mine |= grp->packages[k] == package;
		if (!mine)
			continue;
		uint32_t prefix = p->table.blocks[i].prefix;
		add(&own, &p->table.blocks[i], seconds[i]);
		if (prefix != BLOCK_NO_PREFIX && prefix != last)
			add(&prefixes, &p->table.blocks[prefix - 1], seconds[prefix - 1]);
		last = prefix;
	}
	char name[32];
	snprintf(name, sizeof(name), "%u", package);
	print_row(name, "own", &own);
	print_row(name, "prefixes", &prefixes);
}

static bool measure(const struct groups *g, const struct pack *p, const char *path, struct err *err)
{
	static const char *const kinds[CONTENT_KINDS] = { "data", "object", "x86", "arm64",
							  "packed" };
	struct row rows[CONTENT_KINDS][BLOCK_CODECS + 1] = { 0 }, all = { 0 }, tiny = { 0 };
	uint32_t packages = 0;
	AUTO(auto_fclose) FILE *f = fopen(path, "rb");
	AUTO(auto_free) double *seconds = calloc(p->table.count + 1, sizeof(*seconds));
	if (!f || !seconds)
		return err_set(err, ERR_SYSTEM, "cannot read what was packed");
	for (uint32_t i = 0; i < p->table.count; i++) {
		const struct block *b = &p->table.blocks[i];
		AUTO(auto_free) uint8_t *raw = NULL;
		if (!decode(f, p, i, &seconds[i], &raw, err))
			return false;
		add(&rows[g->blocks[i].kind][b->prefix ? BLOCK_CODECS : b->codec], b, seconds[i]);
		add(&all, b, seconds[i]);
		if (b->raw_size < (64u << 10))
			add(&tiny, b, seconds[i]);
	}
	for (size_t k = 0; k < CONTENT_KINDS; k++)
		for (uint32_t c = 0; c <= BLOCK_CODECS; c++)
			print_row(kinds[k], c == BLOCK_CODECS ? "zstd+prefix" : block_codec_name(c),
				  &rows[k][c]);
	print_row("< 64 KiB", "", &tiny);
	print_row("all", "", &all);
	for (size_t i = 0; i < g->group_count; i++)
		for (size_t k = 0; k < g->groups[i].package_count; k++)
			if (g->groups[i].packages[k] >= packages)
				packages = g->groups[i].packages[k] + 1;
	for (uint32_t i = 0; i < packages; i++)
		print_package(g, p, i, seconds);
	return true;
}

static bool run(const struct settings *s, struct err *err)
{
	const char *path = "bench-blocks.tmp";
	AUTO(groups_done) struct groups g = { 0 };
	AUTO(pack_done) struct pack p = { 0 };
	AUTO(outfile_done) struct outfile out = OUTFILE_INIT;
	if (!read_list(&g, s->list, err) || !groups_look(&g, err) || !groups_sort(&g, err))
		return false;
	double start = cpu();
	if ((!s->alone && !families_find(&g, err)) || !groups_cut(&g, s->block_size, err))
		return false;
	printf("%zu contents, %zu groups, %zu runs, %u blocks; families %.2f CPU s\n", g.file_count,
	       g.group_count, g.run_count, g.block_count, cpu() - start);
	start = cpu();
	if (!outfile_open(&out, path, err) || !pack_init(&p, g.block_count, err) ||
	    !pack_groups(&p, &g, &s->pack, &out, err) || !outfile_commit(&out, 0644, err))
		return false;
	printf("packed in %.1f CPU s\n", cpu() - start);
	bool ok = measure(&g, &p, path, err);
	remove(path);
	return ok;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct settings s = {
		.pack = { .encode = { .level = ENCODE_LEVEL_DEFAULT }, .jobs = 2 },
		.block_size = GROUP_BLOCK_SIZE >> 20,
	};
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!parse(argc, argv, &s)) {
		fprintf(stderr, "usage: blocks LIST [--goal size|balanced|speed] [--level N] "
				"[--block MIB] [--jobs N] [--alone]\n");
		return 2;
	}
	if (run(&s, &err))
		return 0;
	fprintf(stderr, "blocks: %s\n", err.msg);
	return (int)err.code;
}
