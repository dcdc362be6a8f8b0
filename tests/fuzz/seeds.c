/* SPDX-License-Identifier: MIT */
/*
 * seeds.c - write the seeds of the format's fuzz targets; run when the format changes (make seeds).
 *
 * Usage: seeds tests/fuzz/corpus
 */
#include "../unit/support_bundle.h"
#include "../unit/support_pe.h"

static const char *corpus;

static void write_seed(const char *noun, const char *name, struct slice s)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s/%s", corpus, noun, name);
	AUTO(auto_fclose) FILE *f = fopen(path, "wb");
	if (!f || fwrite(s.p, 1, s.len, f) != s.len)
		fail_msg("cannot write '%s'", path);
}

static struct slice section(const struct test_bundle *t, struct extent e)
{
	return (struct slice) { t->file.p + e.offset, (size_t)e.size };
}

static void write_locator(const struct test_bundle *t, const char *name)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TEST_FILE_MAX);
	size_t offset = t->file.len - LOCATOR_SIZE;
	buf_add_u64le(&b, offset);
	buf_add(&b, t->file.p + offset, LOCATOR_SIZE);
	write_seed("locator", name, buf_slice(&b));
}

static void write_block(const struct test_bundle *t, const char *name)
{
	const struct locator *l = &t->locator;
	AUTO(buf_done) struct buf b = BUF_INIT(TEST_FILE_MAX);
	buf_add_u64le(&b, l->stub_size);
	buf_add_u64le(&b, l->blocks_end);
	buf_add_u32le(&b, (uint32_t)l->table.size);
	buf_add(&b, section(t, l->table).p, (size_t)l->table.size);
	buf_add(&b, section(t, l->places).p, (size_t)l->places.size);
	write_seed("block", name, buf_slice(&b));
}

static void write_catalog(const struct test_bundle *t, const char *name)
{
	write_seed("catalog", name, section(t, t->locator.catalog));
}

static void write_bundle(const struct test_bundle *t, const char *name)
{
	struct locator l = t->locator;
	AUTO(buf_done) struct buf b = BUF_INIT(TEST_FILE_MAX);
	buf_add(&b, t->file.p, (size_t)l.signatures.offset);
	l.signatures.size = 0;
	must(locator_write(&l, &b, why));
	write_seed("bundle", name, buf_slice(&b));
}

/* A file of pieces here and there, one of which is made, and a container. */
static void write_recipes(void)
{
	struct tree_entry file = { .path = slice_str("f"),
				   .type = TREE_FILE,
				   .mode = 0644,
				   .size = 30,
				   .piece_count = 3,
				   .recipe = 1 };
	struct tree_piece pieces[] = {
		{ 1, 7, 8 }, { TREE_PIECE_MADE, 1, 2 }, { 0, 40, 20 }, { 0, 10, 40 }, { 1, 0, 4096 }
	};
	static const uint8_t copy_40[16] = { 2, 0, 0, 0, 0, 0, 0, 0, 40 };
	static const uint8_t copy_4096[16] = { 2, 0, 0, 0, 0, 0, 0, 0, 0, 16 };
	struct tree_recipe recipes[] = {
		{ .size = 99 },
		{ .kind = RECIPE_OPERATIONS,
		  .parameters = { copy_40, sizeof(copy_40) },
		  .size = 2,
		  .input_size = 40,
		  .first_piece = 3,
		  .piece_count = 1 },
		{ .kind = RECIPE_OPERATIONS,
		  .parameters = { copy_4096, sizeof(copy_4096) },
		  .name = slice_str("f.tgz"),
		  .size = 5,
		  .input_size = 4096,
		  .first_piece = 4,
		  .piece_count = 1 },
	};
	AUTO(buf_done) struct buf b = BUF_INIT(TEST_FILE_MAX);
	tree_write(&(struct tree) { .entries = &file,
				    .entry_count = 1,
				    .pieces = pieces,
				    .piece_count = 5,
				    .recipes = recipes,
				    .recipe_count = 3 },
		   &b);
	write_seed("tree", "recipes", buf_slice(&b));
}

static void write_one(const char *name, bool with_stub, int slice, bool with_prefix)
{
	struct test_parts p;
	struct test_bundle t;
	parts_make(&p, with_stub, slice);
	if (with_prefix)
		parts_use_prefix(&p, "0,1,2");
	if (with_stub)
		p.root.expires = TEST_NOW;
	parts_join(&p, NULL, 0, &t);
	write_locator(&t, name);
	write_block(&t, name);
	write_bundle(&t, name);
	write_seed("root", name, section(&t, t.locator.root));
	write_catalog(&t, name);
	write_seed("tree", "several", buf_slice(&p.trees[0]));
	write_seed("tree", "one-file", buf_slice(&p.trees[1]));
	parts_done(&p);
	test_bundle_done(&t);
}

/* An executable with a locator that has nothing to lead to, and its signed form. */
static void write_pe(void)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TEST_FILE_MAX);
	pe_test_stub(&b, 3);
	struct locator l = { .stub_size = b.len, .blocks_end = b.len };
	l.places.offset = l.table.offset = l.catalog.offset = b.len;
	l.root.offset = l.signatures.offset = b.len;
	put_u64le(b.p + b.len - sizeof(uint64_t), b.len);
	must(locator_write(&l, &b, why));
	write_seed("pe", "unsigned", buf_slice(&b));
	pe_test_sign(&b, 16);
	write_seed("pe", "signed", buf_slice(&b));
}

/* Sections of two signatures, and of none; of the padding one byte, as the target adds the rest. */
static void write_signatures(void)
{
	static const uint8_t first[] = { 0x30, 0x03, 1, 2, 3 }, second[] = { 0x30, 0x01, 4 };
	const struct slice cms[] = { { first, sizeof(first) }, { second, sizeof(second) } };
	AUTO(buf_done) struct buf two = BUF_INIT(SIGNATURES_SIZE), none = BUF_INIT(SIGNATURES_SIZE);
	must(signatures_write(cms, 2, &two, why));
	must(signatures_write(cms, 0, &none, why));
	write_seed("signatures", "two", slice_part(buf_slice(&two), 0, 32));
	write_seed("signatures", "none", slice_part(buf_slice(&none), 0, 32));
}

static void write_seeds(void **state)
{
	(void)state;
	write_signatures();
	write_pe();
	write_recipes();
	write_one("whole", true, -1, false);
	write_one("no-stub", false, -1, false);
	write_one("slice", false, 0, false);
	write_one("prefix", false, -1, true);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	corpus = argv[1];
	const struct CMUnitTest tests[] = { cmocka_unit_test(write_seeds) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
