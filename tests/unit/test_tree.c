/* SPDX-License-Identifier: MIT */
/* test_tree.c - the list of a package's files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tree.h"

#define TREE_MAX (1u << 17) /* names of 64 KiB among them */
#define ENTRIES 5
#define PIECES 2
#define RECIPES 3
#define ALL_PIECES 7

static struct block records[] = {
	{ .stored_size = 10, .raw_size = 100, .codec = BLOCK_ZSTD },
	{ .stored_size = 10, .raw_size = 50, .codec = BLOCK_ZSTD },
};
static const struct block_table table = { .blocks = records, .count = 2, .group_count = 1 };

/* A tree that a row of a table may change before it is written. */
struct sample {
	struct tree_entry entries[ENTRIES];
	struct tree_piece pieces[ALL_PIECES];
	struct tree_recipe recipes[RECIPES];
	uint32_t entry_count, piece_count, recipe_count;
};

static void name(struct tree_entry *e, const char *path)
{
	e->path = slice_str(path);
}

static struct sample good(void)
{
	struct sample s = { .entry_count = ENTRIES, .piece_count = PIECES };
	s.entries[0] = (struct tree_entry) { .type = TREE_DIR, .mode = 0755 };
	name(&s.entries[0], "d");
	s.entries[1] = (struct tree_entry) { .type = TREE_FILE, .mode = 0644, .sha256 = { 9 } };
	name(&s.entries[1], "d-e"); /* sorts between d and d/a */
	s.entries[2] = (struct tree_entry) {
		.type = TREE_FILE, .mode = 01755, .mtime = 1764000000, .size = 70, .piece_count = 2
	};
	name(&s.entries[2], "d/a");
	s.entries[3] = (struct tree_entry) { .type = TREE_DIR, .mode = 0700 };
	name(&s.entries[3], "d/b");
	s.entries[4] = (struct tree_entry) { .type = TREE_SYMLINK, .mode = 0777 };
	name(&s.entries[4], "d/b/l");
	s.entries[4].target = slice_str("../a");
	s.pieces[0] = (struct tree_piece) { 0, 30, 60 };
	s.pieces[1] = (struct tree_piece) { 1, 40, 10 };
	return s;
}

/* Operations: copy 4 bytes, copy 8 bytes, copy 75 bytes (recipe.h). */
static const uint8_t copy_4[16] = { 2, 0, 0, 0, 0, 0, 0, 0, 4 };
static const uint8_t copy_8[16] = { 2, 0, 0, 0, 0, 0, 0, 0, 8 };
static const uint8_t copy_75[16] = { 2, 0, 0, 0, 0, 0, 0, 0, 75 };

/*
 * The same with recipes: d/a is a vendor's file laid out in another form, of which 5 bytes are what
 * recipe 1 makes of a piece; and there is a container.
 */
static struct sample cooked(void)
{
	struct sample s = good();
	s.entries[2].recipe = 1;
	s.entries[2].piece_count = 3;
	s.entries[2].size = 75;
	s.pieces[0] = (struct tree_piece) { 1, 40, 10 };
	s.pieces[1] = (struct tree_piece) { 0, 30, 60 };
	s.pieces[2] = (struct tree_piece) { TREE_PIECE_MADE, 1, 5 };
	s.recipes[0] = (struct tree_recipe) { .kind = RECIPE_NONE, .size = 1000 };
	s.recipes[1] = (struct tree_recipe) { .kind = RECIPE_OPERATIONS,
					      .parameters = { copy_8, sizeof(copy_8) },
					      .size = 5,
					      .input_size = 8,
					      .first_piece = 3,
					      .piece_count = 2 };
	s.pieces[3] = (struct tree_piece) { 0, 1, 4 };
	s.pieces[4] = (struct tree_piece) { 0, 5, 4 };
	s.recipes[2] = (struct tree_recipe) { .kind = RECIPE_OPERATIONS,
					      .parameters = { copy_4, sizeof(copy_4) },
					      .name = slice_str("d.tgz"),
					      .size = 7,
					      .input_size = 4,
					      .first_piece = 5,
					      .piece_count = 2,
					      .sha256 = { 1 },
					      .stored_sha256 = { 2 } };
	s.pieces[5] = (struct tree_piece) { 1, 1, 1 };
	s.pieces[6] = (struct tree_piece) { 0, 5, 3 };
	s.piece_count = ALL_PIECES;
	s.recipe_count = RECIPES;
	return s;
}

static size_t write_sample(struct sample *s, uint8_t raw[TREE_MAX])
{
	struct tree t = { .entries = s->entries,
			  .pieces = s->pieces,
			  .recipes = s->recipes,
			  .entry_count = s->entry_count,
			  .piece_count = s->piece_count,
			  .recipe_count = s->recipe_count };
	AUTO(buf_done) struct buf b = BUF_INIT(TREE_MAX);
	tree_write(&t, &b);
	assert_true(buf_ok(&b, "tree", NULL));
	memcpy(raw, b.p, b.len);
	return b.len;
}

static bool parse(const uint8_t *raw, size_t n, struct tree *out, struct err *err)
{
	uint8_t *copy = malloc(n ? n : 1);
	assert_non_null(copy);
	memcpy(copy, raw, n);
	*err = (struct err) { 0 };
	return tree_parse(copy, n, &table, out, err);
}

static void test_round_trip(void **state)
{
	(void)state;
	struct sample s = good();
	uint8_t raw[TREE_MAX], again[TREE_MAX];
	size_t n = write_sample(&s, raw);
	AUTO(tree_done) struct tree t = { 0 };
	struct err err;
	assert_true(parse(raw, n, &t, &err));
	assert_int_equal(t.entry_count, ENTRIES);
	assert_int_equal(t.file_count, 2);
	assert_int_equal(t.total_size, 70);
	assert_true(slice_equal(t.entries[4].target, slice_str("../a")));
	assert_int_equal(t.entries[2].first_piece, 0);
	assert_int_equal(t.entries[2].mode, 01755);
	assert_int_equal(t.pieces[1].offset, 40);
	AUTO(buf_done) struct buf b = BUF_INIT(TREE_MAX);
	tree_write(&t, &b);
	assert_int_equal(b.len, n);
	memcpy(again, b.p, n);
	assert_memory_equal(raw, again, n);
	for (size_t cut = 0; cut < n; cut++)
		assert_false(parse(raw, cut, &t, &err));
	assert_false(parse(raw, n + 1, &t, &err));
}

static void test_recipes(void **state)
{
	(void)state;
	struct sample s = cooked();
	uint8_t raw[TREE_MAX];
	size_t n = write_sample(&s, raw);
	AUTO(tree_done) struct tree t = { 0 };
	struct err err;
	if (!parse(raw, n, &t, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(t.recipe_count, RECIPES);
	assert_ptr_equal(tree_recipe_of(&t, &t.entries[2]), &t.recipes[0]);
	assert_null(tree_recipe_of(&t, &t.entries[1]));
	assert_int_equal(t.recipes[1].first_piece, 3);
	assert_true(slice_equal(t.recipes[2].name, slice_str("d.tgz")));
	assert_true(slice_equal(t.recipes[2].parameters, s.recipes[2].parameters));
	assert_int_equal(t.recipes[2].stored_sha256[0], 2);
	AUTO(buf_done) struct buf b = BUF_INIT(TREE_MAX);
	tree_write(&t, &b);
	assert_int_equal(b.len, n);
	assert_memory_equal(raw, b.p, n);
	for (size_t cut = 0; cut < n; cut++)
		assert_false(parse(raw, cut, &t, &err));
}

static void test_exact_entry(void **state)
{
	(void)state;
	struct sample s = cooked();
	uint8_t raw[TREE_MAX];
	s.recipes[0].kind = RECIPE_OPERATIONS;
	s.recipes[0].parameters = (struct slice) { copy_75, sizeof(copy_75) };
	size_t n = write_sample(&s, raw);
	AUTO(tree_done) struct tree t = { 0 };
	struct err err;
	if (!parse(raw, n, &t, &err))
		fail_msg("%s", err.msg);
}

/* What a container is made from may be made; what makes that may lie anywhere. */
static void test_made_in_container(void **state)
{
	(void)state;
	struct sample s = cooked();
	uint8_t raw[TREE_MAX];
	s.pieces[3].offset = 90;
	s.pieces[5] = (struct tree_piece) { TREE_PIECE_MADE, 1, 5 };
	s.recipes[2].input_size = 8;
	s.recipes[2].parameters = (struct slice) { copy_8, sizeof(copy_8) };
	size_t n = write_sample(&s, raw);
	AUTO(tree_done) struct tree t = { 0 };
	struct err err;
	if (!parse(raw, n, &t, &err))
		fail_msg("%s", err.msg);
}

static void test_empty(void **state)
{
	(void)state;
	struct sample s = { 0 };
	uint8_t raw[TREE_MAX];
	size_t n = write_sample(&s, raw);
	AUTO(tree_done) struct tree t = { 0 };
	struct err err;
	assert_int_equal(n, TREE_HEADER_SIZE);
	assert_true(parse(raw, n, &t, &err));
	assert_int_equal(t.total_size, 0);
}

/* One way to spoil the sample each. */
static void absolute(struct sample *s)
{
	name(&s->entries[1], "/e");
}
static void climbs(struct sample *s)
{
	name(&s->entries[1], "d/../e");
}
static void backslashes(struct sample *s)
{
	name(&s->entries[1], "d\\..\\e");
}
static void long_name(struct sample *s)
{
	static uint8_t letters[65536];
	memset(letters, 'e', sizeof(letters));
	s->entries[1].path = (struct slice) { letters, sizeof(letters) };
}
static void long_target(struct sample *s)
{
	static uint8_t letters[65536];
	memset(letters, 'e', sizeof(letters));
	s->entries[4].target = (struct slice) { letters, sizeof(letters) };
}
static void nul_in_name(struct sample *s)
{
	s->entries[1].path = (struct slice) { (const uint8_t *)"e\0f", 3 };
}
static void empty_name(struct sample *s)
{
	name(&s->entries[0], "");
}
static void twice(struct sample *s)
{
	name(&s->entries[1], "d");
}
/* A name that nothing else in the tree hangs on. */
static void leaf_twice(struct sample *s)
{
	s->entries[3].type = TREE_SYMLINK;
	s->entries[3].mode = 0777;
	name(&s->entries[4], "d/b");
	s->entries[3].target = s->entries[4].target = slice_str("a");
}
static void bare_device(struct sample *s)
{
	memset(s->entries[1].sha256, 0, sizeof(s->entries[1].sha256));
	s->entries[1].type = (enum tree_type)4;
}
static void unsorted(struct sample *s)
{
	name(&s->entries[1], "a");
}
static void orphan(struct sample *s)
{
	name(&s->entries[3], "e/b");
	name(&s->entries[4], "e/b/l");
}
static void under_a_file(struct sample *s)
{
	s->entries[3].type = TREE_FILE;
}
static void under_a_link(struct sample *s)
{
	s->entries[3].type = TREE_SYMLINK;
	s->entries[3].mode = 0777;
	s->entries[3].target = slice_str("a");
}
static void link_outside(struct sample *s)
{
	s->entries[4].target = slice_str("../../../etc");
}
static void link_absolute(struct sample *s)
{
	s->entries[4].target = slice_str("/etc");
}
static void link_empty(struct sample *s)
{
	s->entries[4].target = (struct slice) { 0 };
}
static void file_with_target(struct sample *s)
{
	s->entries[2].target = slice_str("x");
}
static void device(struct sample *s)
{
	s->entries[1].type = (enum tree_type)4;
}
static void no_type(struct sample *s)
{
	s->entries[1].type = (enum tree_type)0;
}
static void setuid(struct sample *s)
{
	s->entries[2].mode = 04755;
}
static void setgid(struct sample *s)
{
	s->entries[0].mode = 02755;
}
static void type_in_mode(struct sample *s)
{
	s->entries[2].mode = 0100644;
}
static void link_mode(struct sample *s)
{
	s->entries[4].mode = 0755;
}
static void before_1970(struct sample *s)
{
	s->entries[2].mtime = -1;
}
static void after_9999(struct sample *s)
{
	s->entries[2].mtime = TREE_MTIME_MAX + 1;
}
static void dir_with_size(struct sample *s)
{
	s->entries[0].size = 1;
}
static void dir_with_digest(struct sample *s)
{
	s->entries[0].sha256[31] = 1;
}
static void link_with_pieces(struct sample *s)
{
	s->entries[2].piece_count = 1;
	s->entries[2].size = 60;
	s->entries[4].piece_count = 1;
}
static void size_too_large(struct sample *s)
{
	s->entries[2].size++;
}
static void size_too_small(struct sample *s)
{
	s->entries[2].size--;
}
static void piece_of_no_block(struct sample *s)
{
	s->pieces[0].block = 2;
}
static void piece_empty(struct sample *s)
{
	s->pieces[0].length = 0;
	s->entries[2].size = 10;
}
static void piece_past_end(struct sample *s)
{
	s->pieces[1].offset = 41;
}
static void piece_wraps(struct sample *s)
{
	s->pieces[1].offset = UINT64_MAX - 4;
}
static void piece_huge(struct sample *s)
{
	s->pieces[1].length = UINT64_MAX - 59;
	s->entries[2].size = 0; /* the sum, wrapped */
}
static void piece_unused(struct sample *s)
{
	s->entries[2].piece_count = 1;
	s->entries[2].size = 60;
}

static void pieces_out_of_order(struct sample *s)
{
	struct tree_piece first = s->pieces[0];
	s->pieces[0] = s->pieces[1];
	s->pieces[1] = first;
}
static void made_without_recipe(struct sample *s)
{
	s->pieces[1] = (struct tree_piece) { TREE_PIECE_MADE, 0, 10 };
}

/* These begin with cooked(). */
static void recipe_of_a_directory(struct sample *s)
{
	s->entries[0].recipe = 1;
}
static void no_such_recipe(struct sample *s)
{
	s->entries[2].recipe = RECIPES + 1;
}
static void no_such_made(struct sample *s)
{
	s->pieces[2].offset = UINT64_MAX;
}
static void made_by_the_entrys(struct sample *s)
{
	s->pieces[2].offset = 0;
	s->pieces[2].length = 1000;
	s->entries[2].size = 1070;
}
static void made_by_a_container(struct sample *s)
{
	s->pieces[2].offset = 2;
	s->pieces[2].length = 7;
	s->entries[2].size = 77;
}
static void made_of_other_length(struct sample *s)
{
	s->pieces[2].length = 4;
	s->entries[2].size = 74;
}
static void entry_by_a_nested(struct sample *s)
{
	s->entries[2].recipe = 2;
}
static void entry_by_a_container(struct sample *s)
{
	s->entries[2].recipe = 3;
}
static void nested_without_use(struct sample *s)
{
	s->pieces[2] = (struct tree_piece) { 0, 0, 5 };
}
static void unknown_kind(struct sample *s)
{
	s->recipes[1].kind = (enum recipe_kind)2;
}
static void none_with_parameters(struct sample *s)
{
	s->recipes[0].parameters = slice_str("x");
}
static void no_parameters(struct sample *s)
{
	s->recipes[1].parameters = (struct slice) { 0 };
}
static void too_little_input(struct sample *s)
{
	s->recipes[1].parameters = (struct slice) { copy_75, sizeof(copy_75) };
}
static void input_left_over(struct sample *s)
{
	s->recipes[2].parameters = (struct slice) { copy_4, sizeof(copy_4) };
	s->recipes[2].input_size = 5;
	s->pieces[6].length = 4;
}
static void entry_too_short(struct sample *s)
{
	s->recipes[0].kind = RECIPE_OPERATIONS;
	s->recipes[0].parameters = (struct slice) { copy_8, sizeof(copy_8) };
}
static void unsafe_container(struct sample *s)
{
	s->recipes[2].name = slice_str("../d.tgz");
}
static void container_of_nothing(struct sample *s)
{
	s->recipes[2].piece_count = 0;
	s->recipes[2].input_size = 0;
	s->piece_count -= 2;
}
static void container_unknown_but_with_bytes(struct sample *s)
{
	s->recipes[2].kind = RECIPE_NONE;
	s->recipes[2].parameters = (struct slice) { 0 };
}
static void nested_unknown(struct sample *s)
{
	s->recipes[1].kind = RECIPE_NONE;
	s->recipes[1].parameters = (struct slice) { 0 };
}
static void recipe_gives_nothing(struct sample *s)
{
	s->recipes[0].size = 0;
}
static void recipe_gives_too_much(struct sample *s)
{
	s->recipes[0].size = UINT64_MAX;
}
static void recipe_pieces_too_long(struct sample *s)
{
	s->recipes[1].input_size--;
}
static void recipe_pieces_too_short(struct sample *s)
{
	s->recipes[1].input_size++;
}
static void recipe_pieces_missing(struct sample *s)
{
	s->recipes[2].piece_count = 1;
	s->recipes[2].input_size = 1;
}
static void recipe_of_made(struct sample *s)
{
	s->pieces[3] = (struct tree_piece) { TREE_PIECE_MADE, 1, 5 };
	s->recipes[1].input_size = 9;
}

static const struct {
	void (*spoil)(struct sample *s);
	const char *why;
	bool cooked;
} spoiled[] = {
	{ pieces_out_of_order, "pieces of a plain file out of order", false },
	{ made_without_recipe, "a plain file with a piece that is made", false },
	{ recipe_of_a_directory, "a directory with a recipe", true },
	{ no_such_recipe, "an entry's recipe past the end", true },
	{ no_such_made, "a piece's recipe past the end", true },
	{ made_by_the_entrys, "a piece made by what is made from its file", true },
	{ made_by_a_container, "a piece made by a container's recipe", true },
	{ made_of_other_length, "a piece not as long as what is made", true },
	{ entry_by_a_nested, "an entry with a recipe that has its own input", true },
	{ entry_by_a_container, "an entry with a container's recipe", true },
	{ nested_without_use, "a recipe that nothing uses", true },
	{ unknown_kind, "a kind from the future", true },
	{ none_with_parameters, "parameters for nothing", true },
	{ no_parameters, "operations, but none", true },
	{ too_little_input, "operations that need more than there is", true },
	{ input_left_over, "operations that leave some", true },
	{ entry_too_short, "operations that leave some of an entry", true },
	{ unsafe_container, "a container that climbs out", true },
	{ container_of_nothing, "a container made from nothing", true },
	{ container_unknown_but_with_bytes, "bytes for a container that can't be made", true },
	{ nested_unknown, "a piece that can't be made", true },
	{ recipe_gives_nothing, "a recipe for no bytes", true },
	{ recipe_gives_too_much, "a recipe for 2^64 bytes", true },
	{ recipe_pieces_too_long, "more pieces than input", true },
	{ recipe_pieces_too_short, "less pieces than input", true },
	{ recipe_pieces_missing, "a piece that no recipe uses", true },
	{ recipe_of_made, "a recipe made of a recipe", true },
	{ absolute, "absolute path", false },
	{ climbs, "path climbs out", false },
	{ backslashes, "path climbs out on Windows", false },
	{ long_name, "path of 64 KiB", false },
	{ long_target, "target of 64 KiB", false },
	{ nul_in_name, "NUL in a path", false },
	{ empty_name, "empty path", false },
	{ twice, "one path twice", false },
	{ leaf_twice, "one link twice", false },
	{ bare_device, "a device with nothing in it", false },
	{ unsorted, "out of order", false },
	{ orphan, "parent directory not listed", false },
	{ under_a_file, "parent is a file", false },
	{ under_a_link, "parent is a link: would write through it", false },
	{ link_outside, "link leads outside", false },
	{ link_absolute, "link is absolute", false },
	{ link_empty, "link to nothing", false },
	{ file_with_target, "file with a link's target", false },
	{ device, "unknown type", false },
	{ no_type, "type zero", false },
	{ setuid, "setuid", false },
	{ setgid, "setgid", false },
	{ type_in_mode, "file type bits in the mode", false },
	{ link_mode, "two ways to write a link's mode", false },
	{ before_1970, "negative time", false },
	{ after_9999, "time out of range", false },
	{ dir_with_size, "directory with a size", false },
	{ dir_with_digest, "directory with a digest", false },
	{ link_with_pieces, "link with contents", false },
	{ size_too_large, "pieces shorter than the file", false },
	{ size_too_small, "pieces longer than the file", false },
	{ piece_of_no_block, "no such block", false },
	{ piece_empty, "piece of no bytes", false },
	{ piece_past_end, "piece ends outside its block", false },
	{ piece_wraps, "piece's end wraps", false },
	{ piece_huge, "sum of pieces wraps", false },
	{ piece_unused, "piece that no file uses", false },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
		struct sample s = spoiled[i].cooked ? cooked() : good();
		spoiled[i].spoil(&s);
		uint8_t raw[TREE_MAX];
		size_t n = write_sample(&s, raw);
		AUTO(tree_done) struct tree t = { 0 };
		struct err err;
		if (parse(raw, n, &t, &err))
			fail_msg("row %zu: %s", i, spoiled[i].why);
		if (err.code != ERR_FORMAT)
			fail_msg("row %zu: %s: %s", i, spoiled[i].why, err.msg);
	}
}

#define ENTRY(i, field) (TREE_HEADER_SIZE + (i)*TREE_ENTRY_SIZE + (field))
#define PIECE(i, field) ENTRY(ENTRIES, (i)*TREE_PIECE_SIZE + (field))

static const struct {
	size_t at, bytes;
	uint64_t value;
	const char *text, *why;
} edits[] = {
	{ 0, 1, 'X', "header", "magic" },
	{ 8, 4, ENTRIES + 1, "add up", "more entries than bytes" },
	{ 8, 4, UINT32_MAX, "too many", "entries over the limit" },
	{ 12, 4, UINT32_MAX, "too many", "pieces over the limit" },
	{ 16, 4, 1, "add up", "more recipes than bytes" },
	{ 16, 4, UINT32_MAX, "too many", "recipes over the limit" },
	{ 20, 4, UINT32_MAX, "add up", "names past the end" },
	{ 24, 8, 71, "add up", "other total" },
	{ 32, 1, 1, "header", "reserved" },
	{ 63, 1, 1, "header", "reserved, last byte" },
	{ ENTRY(0, 0), 4, UINT32_MAX, "damaged", "name past the end" },
	{ ENTRY(4, 4), 4, 1000, "damaged", "target past the end" },
	{ ENTRY(2, 68), 4, 1, "not there", "recipe" },
	{ ENTRY(2, 72), 8, 1, "damaged", "reserved" },
	{ ENTRY(1, 64), 4, UINT32_MAX, "fewer pieces", "pieces past the end" },
	{ PIECE(0, 4), 4, 1, "piece", "reserved" },
};

static void test_edited(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		struct sample s = good();
		uint8_t raw[TREE_MAX];
		size_t n = write_sample(&s, raw);
		for (size_t k = 0; k < edits[i].bytes; k++)
			raw[edits[i].at + k] = (uint8_t)(edits[i].value >> 8 * k);
		AUTO(tree_done) struct tree t = { 0 };
		struct err err;
		if (parse(raw, n, &t, &err))
			fail_msg("row %zu: %s", i, edits[i].why);
		if (err.code != ERR_FORMAT || !strstr(err.msg, edits[i].text))
			fail_msg("row %zu: %s: '%s'", i, edits[i].why, err.msg);
	}
}

static void test_name_left_over(void **state)
{
	(void)state;
	struct sample s = good();
	uint8_t raw[TREE_MAX];
	size_t n = write_sample(&s, raw);
	raw[n] = 'x';
	raw[20]++; /* bytes of names */
	AUTO(tree_done) struct tree t = { 0 };
	struct err err;
	assert_false(parse(raw, n + 1, &t, &err));
	assert_non_null(strstr(err.msg, "no entry uses"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_recipes),
		cmocka_unit_test(test_exact_entry), cmocka_unit_test(test_made_in_container),
		cmocka_unit_test(test_empty),       cmocka_unit_test(test_refused),
		cmocka_unit_test(test_edited),      cmocka_unit_test(test_name_left_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
