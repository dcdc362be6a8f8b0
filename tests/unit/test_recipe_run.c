/* SPDX-License-Identifier: MIT */
/*
 * test_recipe_run.c - each encoder against the program whose bytes it is to give: xz(1), gzip(1), and
 * python's zlib.
 */
#include "recipe_run.h"

#include "file.h"
#include "support.h"

#define OUT_MAX (1u << 22)

struct memory_io {
	struct slice in;
	size_t at, step;
	uint8_t *out; /* OUT_MAX bytes */
	uint64_t end;
	uint64_t fail_at; /* output from here on has no room */
};

static bool io_read(void *ctx, uint8_t *p, size_t n, size_t *got, struct err *err)
{
	struct memory_io *m = ctx;
	size_t left = m->in.len - m->at;
	if (left == 0)
		return err_set(err, ERR_FORMAT, "no more input");
	*got = n < m->step ? n : m->step;
	*got = *got < left ? *got : left;
	memcpy(p, m->in.p + m->at, *got);
	m->at += *got;
	return true;
}

static bool io_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct memory_io *m = ctx;
	if (at + n > m->fail_at)
		return err_set(err, ERR_NO_SPACE, "no room");
	memcpy(m->out + at, p, n);
	m->end = at + n > m->end ? at + n : m->end;
	return true;
}

#define XZ(preset, check, dictionary, block)                                                       \
	{                                                                                          \
		.kind = RECIPE_XZ, .xz = { preset, check, dictionary, block }                      \
	}
#define MIB (1u << 20)

static const struct {
	struct recipe_op op;
	const char *command; /* from in to out */
	size_t cut_front, cut_end;
} encoders[] = {
	{ XZ(6, 4, 8 * MIB, 0), "xz -T1 -c in", 0, 0 },
	{ XZ(6, 4, 8 * MIB, 24 * MIB), "xz -T2 -c in", 0, 0 },
	{ XZ(6, 4, 8 * MIB, 100000), "xz -T2 --block-size=100000 -c in", 0, 0 },
	{ XZ(6, 1, MIB, 0), "xz -T1 -Ccrc32 --lzma2=dict=1MiB -c in", 0, 0 },
	{ XZ(6, 1, MIB, 3 * MIB), "xz -T2 -Ccrc32 --lzma2=dict=1MiB -c in", 0, 0 },
	{ XZ(2, 10, 2 * MIB, 0), "xz -T1 -2 -Csha256 -c in", 0, 0 },
	{ XZ(0, 0, MIB / 4, 0), "xz -T1 -0 -Cnone -c in", 0, 0 },
	{ XZ(3 | RECIPE_XZ_EXTREME, 4, 4 * MIB, 0), "xz -T1 -3e -c in", 0, 0 },
	{ { .kind = RECIPE_GZIP, .level = 9 }, "gzip -9nc in", 10, 8 },
	{ { .kind = RECIPE_GZIP, .level = 1 }, "gzip -1nc in", 10, 8 },
	{ { .kind = RECIPE_ZLIB, .level = 9, .memory = 8 },
	  "python3 -c 'import zlib,sys; c = zlib.compressobj(9, 8, -15, 8); "
	  "d = open(\"in\", \"rb\").read(); sys.stdout.buffer.write(c.compress(d) + c.flush())'",
	  0,
	  0 },
	{ { .kind = RECIPE_ZLIB, .level = 1, .memory = 9 },
	  "python3 -c 'import zlib,sys; c = zlib.compressobj(1, 8, -15, 9); "
	  "d = open(\"in\", \"rb\").read(); sys.stdout.buffer.write(c.compress(d) + c.flush())'",
	  0,
	  0 },
};

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static bool encode(const struct recipe_op *op, struct slice in, size_t step, uint64_t fail_at,
		   struct xz_encoder *encoder, struct memory_io *m, struct err *err)
{
	static uint8_t out[OUT_MAX];
	struct recipe_op with_length = *op;
	with_length.length = in.len;
	*m = (struct memory_io) { .in = in, .step = step, .out = out, .fail_at = fail_at };
	struct recipe_io io = { m, io_read, io_write, encoder };
	uint64_t at = 0;
	if (!recipe_run_op(&with_length, &io, &at, err))
		return false;
	assert_int_equal(at, m->end);
	assert_int_equal(m->at, in.len);
	return true;
}

static void test_encoders(void **state)
{
	(void)state;
	struct err why;
	struct xz_encoder *kept = xz_encoder_new(&why); /* by all, after failures, too */
	assert_non_null(kept);
	static const char *const inputs[] = {
		"seq 60000 > in",
		"head -c 300000 /dev/urandom > in",
		"printf x > in",
		"head -c 100000 /dev/zero > in",
	};
	for (size_t i = 0; i < COUNT_OF(inputs); i++) {
		struct err err = { 0 };
		AUTO(buf_done) struct buf in = { 0 };
		run(inputs[i]);
		assert_ok(file_read("in", OUT_MAX, &in, &err));
		for (size_t k = 0; k < COUNT_OF(encoders); k++) {
			AUTO(buf_done) struct buf wanted = { 0 };
			char command[512];
			struct memory_io m;
			snprintf(command, sizeof(command), "%s > out", encoders[k].command);
			run(command);
			assert_ok(file_read("out", OUT_MAX, &wanted, &err));
			struct slice want = slice_part(buf_slice(&wanted), encoders[k].cut_front,
						       wanted.len - encoders[k].cut_end);
			for (unsigned n = 0; n < 2; n++) {
				struct xz_encoder *encoder = n ? kept : NULL;
				assert_ok(encode(&encoders[k].op, buf_slice(&in),
						 k % 2 ? 1000 : SIZE_MAX, OUT_MAX, encoder, &m,
						 &err));
				if (!slice_equal((struct slice) { m.out, m.end }, want))
					fail_msg("input %zu: not as '%s'", i, encoders[k].command);
				/* A failure on either side comes through, and nothing hangs. */
				assert_fails(encode(&encoders[k].op, buf_slice(&in), SIZE_MAX, 0,
						    encoder, &m, &err),
					     ERR_NO_SPACE, "no room");
			}
		}
	}
	xz_encoder_free(kept);
}

/* The whole of a recipe, as that of a .deb. */
static void test_recipe(void **state)
{
	(void)state;
	static uint8_t out[OUT_MAX];
	static const uint8_t in[] = "keep drop rest";
	struct err err = { 0 };
	const struct recipe_op ops[] = {
		{ .kind = RECIPE_COPY, .length = 5 },
		{ .kind = RECIPE_SKIP, .length = 5 },
		{ .kind = RECIPE_LITERAL, .literal = slice_str("the ") },
		{ .kind = RECIPE_COPY, .length = 4 },
	};
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	for (size_t i = 0; i < COUNT_OF(ops); i++)
		recipe_write(&ops[i], &b);
	struct memory_io m = { .in = { in, 14 }, .step = 3, .out = out, .fail_at = OUT_MAX };
	struct recipe_io io = { .ctx = &m, .read = io_read, .write = io_write };
	uint64_t size = 0;
	assert_ok(recipe_run(buf_slice(&b), 14, &io, &size, &err));
	assert_int_equal(size, 13);
	assert_memory_equal(out, "keep the rest", 13);
	assert_fails(recipe_run(buf_slice(&b), 15, &io, &size, &err), ERR_FORMAT, "leave input");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encoders),
		cmocka_unit_test(test_recipe),
	};
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
