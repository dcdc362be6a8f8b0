/* SPDX-License-Identifier: MIT */
/* test_layout.c - laying a tree out: order of calls, failures of the sink, progress. */
#include "support_bundle.h"

#include "layout.h"
#include "recipe_make.h"
#include "remake.h"

/* A sink that writes down what it is told, and fails at call number fail_at. */
struct log {
	struct buf text;
	unsigned calls, fail_at; /* 0: never */
	unsigned reports, stop_at;
	uint64_t done, total;
	uint8_t kept[512];
};

/* Where a recipe reads and writes. */
struct memory_io {
	struct slice in;
	struct buf *out;
};

static bool memory_read(void *ctx, uint8_t *p, size_t n, size_t *got, struct err *err)
{
	struct memory_io *m = ctx;
	(void)err;
	assert_true(n <= m->in.len);
	memcpy(p, m->in.p, n);
	m->in.p += n;
	m->in.len -= n;
	*got = n;
	return true;
}

static bool memory_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct memory_io *m = ctx;
	(void)err;
	while (m->out->len < at + n) /* a block's header comes last */
		buf_add(m->out, "", 1);
	memcpy(m->out->p + at, p, n);
	return true;
}

static bool log_call(struct log *l, struct err *err, const char *what, struct slice name)
{
	buf_printf(&l->text, "%s %.*s\n", what, (int)name.len, (const char *)name.p);
	if (++l->calls == l->fail_at)
		return err_set(err, ERR_NO_SPACE, "no space at '%s'", what);
	return true;
}

static bool log_dir(void *ctx, const struct tree_entry *e, struct err *err)
{
	return log_call(ctx, err, "dir", e->path);
}
static bool log_symlink(void *ctx, const struct tree_entry *e, struct err *err)
{
	return log_call(ctx, err, "symlink", e->path) && log_call(ctx, err, "to", e->target);
}
static bool log_begin(void *ctx, const struct tree_entry *e, struct err *err)
{
	return log_call(ctx, err, "begin", e->path);
}
static bool log_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct log *l = ctx;
	buf_printf(&l->text, "%u ", (unsigned)at);
	return log_call(l, err, "write", (struct slice) { p, n });
}
static bool log_leave(void *ctx, const struct tree_entry *e, struct err *err)
{
	return log_call(ctx, err, "leave", e->path);
}
static bool log_resume(void *ctx, const struct tree_entry *e, struct err *err)
{
	return log_call(ctx, err, "resume", e->path);
}
static bool log_end(void *ctx, const struct tree_entry *e, struct err *err)
{
	return log_call(ctx, err, "end", e->path);
}
static bool log_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct log *l = ctx;
	assert_true(done >= l->done && done <= total);
	l->done = done;
	l->total = total;
	return ++l->reports != l->stop_at;
}

static struct layout_sink log_sink(struct log *l)
{
	return (struct layout_sink) {
		.ctx = l,
		.dir = log_dir,
		.symlink = log_symlink,
		.file_begin = log_begin,
		.file_write = log_write,
		.file_leave = log_leave,
		.file_resume = log_resume,
		.file_end = log_end,
		.progress = log_progress,
	};
}

static const char expected[] = "dir debs\n"
			       "symlink debs/link\n"
			       "to a.deb\n"
			       "begin debs/a.deb\n"
			       "0 write " TEST_HALF_1 "\n"
			       "60 write " TEST_HALF_2 "\n"
			       "end debs/a.deb\n"
			       "begin empty\n"
			       "end empty\n";

struct opened {
	struct test_bundle file;
	struct bundle bundle;
	struct tree tree;
};

static int open_bundle(void **state)
{
	static struct opened o;
	o = (struct opened) { 0 };
	struct test_parts p;
	parts_make(&p, false, -1);
	parts_join(&p, NULL, 0, &o.file);
	parts_done(&p);
	struct bundle_options opt = { .allow_unsigned = true, .now = TEST_NOW };
	o.bundle = (struct bundle) { 0 };
	must(bundle_open(&o.file.source, &opt, &o.bundle, why));
	must(bundle_read_tree(&o.bundle, 0, &o.tree, why));
	*state = &o;
	return 0;
}

static int close_bundle(void **state)
{
	struct opened *o = *state;
	tree_done(&o->tree);
	bundle_close(&o->bundle);
	test_bundle_done(&o->file);
	return 0;
}

static void test_order(void **state)
{
	struct opened *o = *state;
	struct log l = { .text = BUF_INIT(4096) };
	struct layout_sink sink = log_sink(&l);
	must(layout_tree(&o->bundle, &o->tree, &sink, why));
	assert_string_equal(buf_str(&l.text), expected);
	assert_int_equal(l.done, strlen(TEST_HALF_1 TEST_HALF_2));
	assert_int_equal(l.total, l.done);
	buf_done(&l.text);
}

/* Names in one order, bytes in the other: each block is decoded once. */
static void test_order_of_blocks(void **state)
{
	struct opened *o = *state;
	struct tree_piece pieces[] = { { 1, 0, strlen(TEST_HALF_2) }, { 0, 4, 9 }, { 0, 0, 3 } };
	struct tree_entry entries[] = { test_file("a", TEST_HALF_2, 1),
					test_file("b", "first hal", 1), test_file("c", "the", 1) };
	for (uint32_t i = 0; i < 3; i++)
		entries[i].first_piece = i;
	struct tree t = { .entries = entries,
			  .entry_count = 3,
			  .file_count = 3,
			  .pieces = pieces,
			  .piece_count = 3,
			  .total_size = strlen(TEST_HALF_2) + 12 };
	struct log l = { .text = BUF_INIT(4096) };
	struct layout_sink sink = log_sink(&l);
	must(layout_tree(&o->bundle, &t, &sink, why));
	assert_string_equal(buf_str(&l.text), "begin c\n0 write the\nend c\n"
					      "begin b\n0 write first hal\nend b\n"
					      "begin a\n0 write " TEST_HALF_2 "\nend a\n");
	buf_done(&l.text);
}

/*
 * A file of a recipe takes its pieces from anywhere, in any order, twice if need be; each block is
 * still decoded once.  What is checked is its bytes in the order of blocks.
 */
static void test_pieces_here_and_there(void **state)
{
	struct opened *o = *state;
	struct tree_piece pieces[] = { { 1, 4, 6 }, { 0, 0, 3 },  { 0, 3, 7 }, { 1, 0, 3 },
				       { 0, 0, 3 }, { 0, 10, 4 }, { 1, 3, 5 } };
	struct tree_entry entries[] = { test_file("a",
						  "second"
						  "the"
						  " first "
						  "the"
						  "the",
						  5),
					test_file("b", "half sec", 2) };
	struct tree_recipe recipe = { .size = 1 };
	must(sha256_of(slice_str("thethe first thesecond"), recipe.stored_sha256, why));
	entries[0].recipe = 1;
	entries[1].first_piece = 5;
	must(sha256_of(slice_str("half"
				 " seco"),
		       entries[1].sha256, why));
	entries[1].size = 9;
	struct tree t = { .entries = entries,
			  .entry_count = 2,
			  .file_count = 2,
			  .pieces = pieces,
			  .piece_count = 7,
			  .recipes = &recipe,
			  .recipe_count = 1,
			  .total_size = 31 };
	struct log l = { .text = BUF_INIT(4096) };
	struct layout_sink sink = log_sink(&l);
	must(layout_tree(&o->bundle, &t, &sink, why));
	assert_string_equal(buf_str(&l.text), "begin a\n6 write the\n19 write the\n"
					      "9 write  first \nleave a\n"
					      "begin b\n0 write half\nleave b\n"
					      "resume a\n16 write the\n0 write second\nend a\n"
					      "resume b\n4 write  seco\nend b\n");
	assert_int_equal(l.done, 31);
	for (unsigned i = 1; i <= l.calls; i++) {
		struct log again = { .text = BUF_INIT(4096), .fail_at = i };
		struct layout_sink failing = log_sink(&again);
		struct err err = { 0 };
		assert_false(layout_tree(&o->bundle, &t, &failing, &err));
		assert_int_equal(err.code, ERR_NO_SPACE);
		assert_int_equal(again.calls, i);
		buf_done(&again.text);
	}
	recipe.stored_sha256[0] ^= 1;
	struct err err = { 0 };
	l.done = 0;
	assert_false(layout_tree(&o->bundle, &t, &sink, &err));
	assert_int_equal(err.code, ERR_DIGEST);
	buf_done(&l.text);
}

/* What a container is made from is given to who asks for it, and to nobody else. */
static void test_container(void **state)
{
	struct opened *o = *state;
	struct tree_piece pieces[] = { { 0, 4, 5 }, { 1, 4, 6 }, { 0, 0, 3 } };
	struct tree_entry entries[] = { test_entry(TREE_DIR, "d", 0755),
					test_file("d/f", "first", 1) };
	struct tree_recipe recipe = { .kind = RECIPE_OPERATIONS,
				      .name = slice_str("d"),
				      .size = 1,
				      .input_size = 9,
				      .first_piece = 1,
				      .piece_count = 2 };
	must(sha256_of(slice_str("the"
				 "second"),
		       recipe.stored_sha256, why));
	struct tree t = { .entries = entries,
			  .entry_count = 2,
			  .file_count = 1,
			  .pieces = pieces,
			  .piece_count = 3,
			  .recipes = &recipe,
			  .recipe_count = 1,
			  .total_size = 5 };
	static const char plain[] = "dir d\nbegin d/f\n0 write first\nend d/f\n";
	static const char all[] = "dir d\nbegin d\n6 write the\nleave d\nbegin d/f\n"
				  "0 write first\nend d/f\nresume d\n0 write second\nend d\n";
	for (unsigned ask = 0; ask < 2; ask++) {
		struct log l = { .text = BUF_INIT(4096) };
		struct layout_sink sink = log_sink(&l);
		sink.containers = ask;
		must(layout_tree(&o->bundle, &t, &sink, why));
		assert_string_equal(buf_str(&l.text), ask ? all : plain);
		assert_int_equal(l.done, 5);
		buf_done(&l.text);
	}
	recipe.stored_sha256[0] ^= 1;
	struct err err = { 0 };
	assert_false(layout_tree(&o->bundle, &t, &layout_verify_only, &err));
	assert_int_equal(err.code, ERR_DIGEST);
}

/* An xz operation over @length bytes, appended to @out. */
static void add_xz(struct buf *out, uint64_t length)
{
	struct recipe_op op = { .kind = RECIPE_XZ,
				.length = length,
				.xz = { .preset = 6, .check = 1, .dictionary = 1u << 20 } };
	recipe_write(&op, out);
}

/* What @name, a file of one made piece, is made of: two pieces of blocks, the later one first. */
struct made_tree {
	struct tree_piece pieces[4];
	struct tree_entry entries[2];
	struct tree_recipe recipes[2];
	struct buf xz, copy, product;
	struct tree tree;
};

static struct slice product_of(struct made_tree *m, const char *input)
{
	struct memory_io io = { .in = slice_str(input), .out = &m->product };
	struct recipe_io how = { .ctx = &io, .read = memory_read, .write = memory_write };
	uint64_t size = 0;
	must(recipe_make(buf_slice(&m->xz), &how, &size, why));
	return buf_slice(&m->product);
}

/*
 * "a" is "the", then what xz makes of "second" and "first", then " seco"; a container, "d", is the
 * product alone.
 */
static void make_tree(struct made_tree *m)
{
	*m = (struct made_tree) { .xz = BUF_INIT(100),
				  .copy = BUF_INIT(100),
				  .product = BUF_INIT(4096) };
	add_xz(&m->xz, 11);
	struct slice product = product_of(m, "secondfirst");
	struct tree_piece pieces[] = {
		{ 0, 0, 3 }, { TREE_PIECE_MADE, 1, product.len }, { 1, 4, 6 }, { 0, 4, 5 }
	};
	memcpy(m->pieces, pieces, sizeof(pieces));
	AUTO(buf_done) struct buf all = BUF_INIT(4096);
	buf_add_str(&all, "the");
	buf_add(&all, product.p, product.len);
	m->entries[0] = test_file("a", buf_str(&all), 2);
	m->entries[0].size = all.len;
	must(sha256_of(buf_slice(&all), m->entries[0].sha256, why));
	m->entries[0].recipe = 1;
	recipe_write(&(struct recipe_op) { .kind = RECIPE_COPY, .length = all.len }, &m->copy);
	m->recipes[0] = (struct tree_recipe) { .kind = RECIPE_OPERATIONS,
					       .parameters = buf_slice(&m->copy),
					       .size = all.len };
	must(sha256_of(slice_str("the"), m->recipes[0].stored_sha256, why));
	m->recipes[1] = (struct tree_recipe) { .kind = RECIPE_OPERATIONS,
					       .parameters = buf_slice(&m->xz),
					       .size = product.len,
					       .input_size = 11,
					       .first_piece = 2,
					       .piece_count = 2 };
	must(sha256_of(product, m->recipes[1].sha256, why));
	must(sha256_of(slice_str("firstsecond"), m->recipes[1].stored_sha256, why));
	m->tree = (struct tree) { .entries = m->entries,
				  .entry_count = 1,
				  .file_count = 1,
				  .pieces = m->pieces,
				  .piece_count = 4,
				  .recipes = m->recipes,
				  .recipe_count = 2,
				  .total_size = all.len };
}

static void made_tree_done(struct made_tree *m)
{
	buf_done(&m->xz);
	buf_done(&m->copy);
	buf_done(&m->product);
}

/* A sink that keeps the one file that is written. */
static bool keep_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct log *l = ctx;
	assert_true(at + n <= sizeof(l->kept));
	memcpy(l->kept + at, p, n);
	return log_call(l, err, "write", (struct slice) { 0 });
}

static void test_made(void **state)
{
	struct opened *o = *state;
	AUTO(made_tree_done) struct made_tree m;
	make_tree(&m);
	for (unsigned threads = 0; threads < 3; threads++) {
		AUTO(auto_parallel) struct parallel *pool = threads ? parallel_new(threads) : NULL;
		struct log l = { .text = BUF_INIT(4096) };
		struct layout_sink sink = log_sink(&l);
		uint8_t digest[SHA256_SIZE];
		sink.file_write = keep_write;
		o->bundle.reader.parallel = pool;
		must(layout_tree(&o->bundle, &m.tree, &sink, why));
		must(sha256_of((struct slice) { l.kept, m.tree.total_size }, digest, why));
		assert_memory_equal(digest, m.entries[0].sha256, SHA256_SIZE);
		assert_int_equal(l.done, m.tree.total_size);
		unsigned calls = l.calls;
		buf_done(&l.text);
		for (unsigned i = 1; i <= calls; i++) {
			l = (struct log) { .text = BUF_INIT(4096), .fail_at = i };
			struct err err = { 0 };
			assert_false(layout_tree(&o->bundle, &m.tree, &sink, &err));
			assert_int_equal(err.code, ERR_NO_SPACE);
			assert_int_equal(l.calls, i);
			buf_done(&l.text);
		}
		block_reader_done(&o->bundle.reader);
		o->bundle.reader = (struct block_reader) { 0 };
	}
}

static bool stops_at_once(void *ctx)
{
	(void)ctx;
	return true;
}

/* Each way in which what is made, or what it is made from, is not the signed one. */
static void test_made_wrong(void **state)
{
	struct opened *o = *state;
	static const struct {
		size_t spoil; /* which */
		enum err_code code;
		const char *text;
	} rows[] = {
		{ 0, ERR_DIGEST, "made from does not have the signed contents" },
		{ 1, ERR_DIGEST, "is not the vendor's" },
		{ 2, ERR_DIGEST, "larger than it should be" },
		{ 3, ERR_DIGEST, "is not the vendor's" },
		{ 4, ERR_DIGEST, "'a' does not have the signed contents" },
		{ 5, ERR_FORMAT, "no reader does" },
		{ 6, ERR_FORMAT, "takes more than 1024 MiB" },
		{ 7, ERR_INTERRUPTED, "interrupted" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(made_tree_done) struct made_tree m;
		struct log l = { .text = BUF_INIT(4096) };
		struct layout_sink sink = log_sink(&l);
		struct err err = { 0 };
		make_tree(&m);
		struct tree_recipe *r = &m.recipes[1];
		switch (rows[i].spoil) {
		case 0:
			r->stored_sha256[0] ^= 1;
			break;
		case 1:
			r->sha256[0] ^= 1;
			break;
		case 2:
			r->size--;
			break;
		case 3:
			r->size++;
			break;
		case 4:
			m.recipes[0].stored_sha256[0] ^= 1;
			break;
		case 5:
			m.xz.len = 0;
			recipe_write(&(struct recipe_op) { .kind = RECIPE_GZIP,
							   .level = 9,
							   .length = 11 },
				     &m.xz);
			r->parameters = buf_slice(&m.xz);
			break;
		case 6:
			r->size = REMAKE_MEMORY_MAX;
			break;
		case 7:
			sink.stops = stops_at_once;
			break;
		}
		assert_false(layout_tree(&o->bundle, &m.tree, &sink, &err));
		assert_int_equal(err.code, rows[i].code);
		if (!strstr(err.msg, rows[i].text))
			fail_msg("row %zu: %s", i, err.msg);
		assert_null(strstr(buf_str(&l.text), "end a")); /* it does not get its name */
		buf_done(&l.text);
	}
}

static bool wants_not(void *ctx, const struct tree_entry *e)
{
	(void)ctx;
	(void)e;
	return false;
}

/* Who does not want what is made is spared the work, and what it is made from is checked. */
static void test_made_unwanted(void **state)
{
	struct opened *o = *state;
	AUTO(made_tree_done) struct made_tree m;
	struct log l = { .text = BUF_INIT(4096) };
	struct layout_sink sink = log_sink(&l);
	struct err err = { 0 };
	make_tree(&m);
	sink.wants_made = wants_not;
	m.recipes[1].sha256[0] ^= 1; /* so that it would fail */
	must(layout_tree(&o->bundle, &m.tree, &sink, why));
	assert_string_equal(buf_str(&l.text), "begin a\n0 write the\nend a\n");
	assert_int_equal(l.done, m.tree.total_size);
	must(layout_tree(&o->bundle, &m.tree, &layout_verify_only, why));
	m.recipes[1].stored_sha256[0] ^= 1;
	assert_false(layout_tree(&o->bundle, &m.tree, &layout_verify_only, &err));
	assert_int_equal(err.code, ERR_DIGEST);
	buf_done(&l.text);
}

/* A container of what is made: not even read for who does not ask for containers. */
static void test_made_for_container(void **state)
{
	struct opened *o = *state;
	AUTO(made_tree_done) struct made_tree m;
	make_tree(&m);
	m.entries[0] = test_entry(TREE_DIR, "d", 0755);
	m.recipes[0] = (struct tree_recipe) { .kind = RECIPE_OPERATIONS,
					      .name = slice_str("d"),
					      .parameters = buf_slice(&m.copy),
					      .size = m.product.len,
					      .input_size = m.product.len,
					      .first_piece = 0,
					      .piece_count = 1 };
	m.pieces[0] = m.pieces[1];
	must(sha256_of((struct slice) { 0 }, m.recipes[0].stored_sha256, why));
	m.tree.file_count = 0;
	m.tree.total_size = 0;
	for (unsigned ask = 0; ask < 2; ask++) {
		struct log l = { .text = BUF_INIT(4096) };
		struct layout_sink sink = log_sink(&l);
		sink.file_write = keep_write;
		sink.containers = ask;
		must(layout_tree(&o->bundle, &m.tree, &sink, why));
		assert_string_equal(buf_str(&l.text),
				    ask ? "dir d\nbegin d\nwrite \nend d\n" : "dir d\n");
		if (ask)
			assert_memory_equal(l.kept, m.product.p, m.product.len);
		buf_done(&l.text);
	}
}

static void test_every_call_fails(void **state)
{
	struct opened *o = *state;
	for (unsigned i = 1; i <= 9; i++) {
		struct log l = { .text = BUF_INIT(4096), .fail_at = i };
		struct layout_sink sink = log_sink(&l);
		struct err err = { 0 };
		assert_false(layout_tree(&o->bundle, &o->tree, &sink, &err));
		assert_int_equal(err.code, ERR_NO_SPACE);
		assert_int_equal(l.calls, i); /* and none after it */
		buf_done(&l.text);
	}
}

static void test_stopped(void **state)
{
	struct opened *o = *state;
	for (unsigned i = 1; i <= 3; i++) {
		struct log l = { .text = BUF_INIT(4096), .stop_at = i };
		struct layout_sink sink = log_sink(&l);
		struct err err = { 0 };
		assert_false(layout_tree(&o->bundle, &o->tree, &sink, &err));
		assert_int_equal(err.code, ERR_INTERRUPTED);
		assert_null(strstr(buf_str(&l.text), "end"));
		buf_done(&l.text);
	}
}

/* A file whose bytes are not the signed ones is never ended, so never gets its final name. */
static void test_wrong_digest(void **state)
{
	struct opened *o = *state;
	struct log l = { .text = BUF_INIT(4096) };
	struct layout_sink sink = log_sink(&l);
	struct err err = { 0 };
	o->tree.entries[1].sha256[0] ^= 1;
	assert_false(layout_tree(&o->bundle, &o->tree, &sink, &err));
	assert_int_equal(err.code, ERR_DIGEST);
	assert_non_null(strstr(err.msg, "'debs/a.deb'"));
	assert_null(strstr(buf_str(&l.text), "end"));
	buf_done(&l.text);
}

static void test_damaged_block(void **state)
{
	struct opened *o = *state;
	struct log l = { .text = BUF_INIT(4096) };
	struct layout_sink sink = log_sink(&l);
	struct err err = { 0 };
	o->file.file.p[o->bundle.places[1]] ^= 1;
	assert_false(layout_tree(&o->bundle, &o->tree, &sink, &err));
	assert_int_equal(err.code, ERR_DIGEST);
	assert_null(strstr(buf_str(&l.text), TEST_HALF_2)); /* not a byte of it was let through */
	buf_done(&l.text);
}

static void test_verify_progress(void **state)
{
	struct opened *o = *state;
	struct log l = { .text = BUF_INIT(4096) };
	struct layout_verified v;
	must(layout_verify(&o->bundle, true, log_progress, &l, &v, why));
	assert_int_equal(l.done, l.total);
	assert_int_equal(v.packages, 2);
	assert_null(v.stub);
	unsigned reports = l.reports;
	for (unsigned i = 1; i <= reports; i++) {
		l = (struct log) { .stop_at = i };
		struct err err = { 0 };
		assert_false(layout_verify(&o->bundle, true, log_progress, &l, &v, &err));
		assert_int_equal(err.code, ERR_INTERRUPTED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(test_order_of_blocks, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(test_pieces_here_and_there, open_bundle,
						close_bundle),
		cmocka_unit_test_setup_teardown(test_container, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(test_made, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(test_made_wrong, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(test_made_unwanted, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(test_made_for_container, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(test_every_call_fails, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(test_stopped, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(test_wrong_digest, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(test_damaged_block, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(test_verify_progress, open_bundle, close_bundle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
