/* SPDX-License-Identifier: MIT */
/* test_tar_split.c - archives of every kind cut into parts that are, together, the archive. */
#include "tar_split.h"

#include "file.h"
#include "support.h"

/* What was seen: files by name, and all bytes in order. */
struct seen {
	struct buf names, all;
	uint64_t in_files, size, left;
};

static bool rest(void *ctx, const uint8_t *p, size_t n, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	buf_add(&s->all, p, n);
	return true;
}

static bool file_begin(void *ctx, const char *name, uint64_t size, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	buf_printf(&s->names, "%s %llu|", name, (unsigned long long)size);
	s->left = size;
	return true;
}

static bool file_bytes(void *ctx, const uint8_t *p, size_t n, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	assert_true(n <= s->left);
	s->left -= n;
	s->in_files += n;
	buf_add(&s->all, p, n);
	return true;
}

static bool file_end(void *ctx, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	assert_int_equal(s->left, 0);
	return true;
}

/* In steps of @step bytes: nothing may depend on where the stream is cut. */
static void split(struct slice tar, size_t step, struct seen *out)
{
	struct tar_sink sink = { out, rest, file_begin, file_bytes, file_end };
	AUTO(tar_split_done) struct tar_split t;
	*out = (struct seen) { .names = BUF_INIT(1 << 16), .all = BUF_INIT(1 << 24) };
	struct err err = { 0 };
	tar_split_init(&t, &sink);
	for (size_t at = 0; at < tar.len; at += step) {
		struct slice part = slice_part(tar, at, at + step);
		assert_ok(tar_split_feed(&t, part.p, part.len, &err));
	}
	assert_ok(tar_split_finish(&t, &err));
	assert_true(slice_equal(buf_slice(&out->all), tar));
}

static void seen_done(struct seen *s)
{
	buf_done(&s->names);
	buf_done(&s->all);
}

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static const struct {
	const char *make, *names, *why;
} archives[] = {
	{ "tar --format=gnu -cf x.tar -C t a b", "a 600|b 1024|", "GNU's" },
	{ "tar --format=ustar -cf x.tar -C t a b", "a 600|b 1024|", "POSIX's" },
	{ "tar --format=v7 -cf x.tar -C t a b", "a 600|b 1024|", "the old one" },
	{ "tar --format=pax -cf x.tar -C t a b", "a 600|b 1024|", "with extended headers" },
	{ "tar --format=gnu -cf x.tar -C t small empty a", "a 600|",
	  "small files stay in the rest" },
	{ "tar --format=gnu -cf x.tar -C t link hard a sub", "hard 600|sub/c 600|",
	  "links and directories have no data" },
	{ "tar --format=gnu -cf x.tar -C t --transform 's,^a,'$(printf 'x%.0s' $(seq 150))',' a b",
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 600|"
	  "b 1024|",
	  "a long name in GNU's way" },
	{ "tar --format=pax -cf x.tar -C t --transform 's,^a,'$(printf 'y%.0s' $(seq 110))',' a b",
	  "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
	  "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy 600|b 1024|",
	  "a long name in POSIX's way" },
	{ "tar --format=ustar -cf x.tar -C t --transform 's,^a,'$(printf 'd%.0s' $(seq "
	  "90))/$(printf "
	  "'e%.0s' $(seq 60))',' a",
	  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	  "dd/"
	  "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 600|",
	  "a name with a prefix" },
	{ "tar --format=gnu -cf x.tar -C t a && tar --format=gnu -cf y.tar -C t b && cat y.tar >> "
	  "x.tar",
	  "a 600|", "what comes after the end is rest" },
	{ "tar --format=gnu -cf x.tar -C t b && truncate -s 700 x.tar", "b 1024|",
	  "cut in a file" },
	{ "tar --format=gnu -cf x.tar -C t b && truncate -s 100 x.tar", "", "cut in a header" },
	{ "head -c 3000 /dev/urandom > x.tar", "", "no archive at all" },
	{ ": > x.tar", "", "nothing" },
	{ "tar --format=gnu -cf x.tar -C t a b && printf x | dd of=x.tar bs=1 seek=1536 "
	  "conv=notrunc "
	  "status=none",
	  "a 600|", "a header whose sum is wrong" },
};

static void test_archives(void **state)
{
	(void)state;
	static const size_t steps[] = { 1, 511, 512, 513, 1 << 20 };
	run("mkdir -p t/sub && head -c 600 /dev/zero > t/a && head -c 1024 /dev/zero > t/b && "
	    "echo x > t/small && : > t/empty && ln -s a t/link && ln t/a t/hard && "
	    "head -c 600 /dev/zero > t/sub/c");
	for (size_t i = 0; i < COUNT_OF(archives); i++) {
		struct err err = { 0 };
		AUTO(buf_done) struct buf tar = { 0 };
		run(archives[i].make);
		assert_ok(file_read("x.tar", 1 << 24, &tar, &err));
		for (size_t k = 0; k < COUNT_OF(steps); k++) {
			AUTO(seen_done) struct seen s;
			split(buf_slice(&tar), steps[k], &s);
			if (strcmp(buf_str(&s.names), archives[i].names) != 0)
				fail_msg("%s, step %zu: '%s'", archives[i].why, steps[k],
					 buf_str(&s.names));
		}
	}
}

/* Sizes that nobody has, in both ways to write them: the rest of the stream is rest. */
static void test_sizes(void **state)
{
	(void)state;
	static const struct {
		const char *size;
		const char *names;
	} cases[] = {
		{ "00000001000\0", "f 512|" },
		{ "77777777777\0", "f 8589934591|" },
		{ "\200\0\0\0\0\0\0\0\0\0\2\0", "f 512|" },
		{ "\200\0\0\0\0\0\1\0\0\0\0\0", "f 1099511627776|" },
		{ "\200\0\0\0\0\0\1\0\0\0\0\1", "" },
		{ "\200\377\377\377\377\377\377\377\377\377\377\377", "" },
		{ "\377\377\377\377\377\377\377\377\377\377\377\377", "" },
		{ "1234567890x\0", "" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t record[TAR_RECORD] = { 'f' };
		memcpy(record + 124, cases[i].size, 12);
		record[156] = '0';
		unsigned sum = 8 * ' ';
		for (size_t k = 0; k < TAR_RECORD; k++)
			sum += record[k];
		snprintf((char *)record + 148, 8, "%06o", sum);
		AUTO(seen_done) struct seen s;
		split((struct slice) { record, sizeof(record) }, 512, &s);
		if (strcmp(buf_str(&s.names), cases[i].names) != 0)
			fail_msg("row %zu: '%s'", i, buf_str(&s.names));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_archives),
		cmocka_unit_test(test_sizes),
	};
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
