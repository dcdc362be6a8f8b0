/* SPDX-License-Identifier: MIT */
/* test_rpm_container.c - the outside of an .rpm, good and bad; rpm's own are in test_rpm_open.c. */
#include "rpm_container.h"

#include "support.h"
#include "support_rpm.h"
#include "support_source.h"

#define RPM_MAX (1u << 20)
#define SIGNATURE_AT RPM_LEAD_SIZE
#define SIGNATURE "12345|"
#define HEADER_AT 136 /* 96 + 16 + 16 + 6, rounded up to a multiple of 8 */

enum {
	SIZES = 1028,
	MODES = 1030,
	FLAGS = 1037,
	DEVICES = 1095,
	INODES = 1096,
	DIR_INDEXES = 1116,
	BASE_NAMES = 1117,
	DIR_NAMES = 1118,
	COMPRESSOR = 1125,
	PAYLOAD_FLAGS = 1126,
	LONG_SIZES = 5008
};

#define FILES 7
static const uint64_t modes[FILES] = {
	040755, 0100644, 0100644, 0120777, 0100644, 0100644, 0100644
};
static const uint64_t sizes[FILES] = { 4096, 1000, 1000, 3, 77, 1000, 6000000000 };
static const uint64_t flags[FILES] = { 0, 0, 0, 0, 64, 0, 0 };
static const uint64_t devices[FILES] = { 1, 1, 1, 1, 1, 2, 1 };
static const uint64_t inodes[FILES] = { 1, 2, 2, 3, 4, 2, 5 };
static const uint64_t dirs[FILES] = { 0, 1, 1, 1, 1, 1, 1 };

static void good_files(struct rpm_test_header *h)
{
	rpm_test_texts(h, DIR_NAMES, RPM_TEST_TEXTS, "/|/usr/|");
	rpm_test_texts(h, BASE_NAMES, RPM_TEST_TEXTS, "usr|a|b|l|ghost|c|d|");
	rpm_test_numbers(h, DIR_INDEXES, RPM_TEST_INT32, dirs, FILES);
	rpm_test_numbers(h, MODES, RPM_TEST_INT16, modes, FILES);
	rpm_test_numbers(h, FLAGS, RPM_TEST_INT32, flags, FILES);
	rpm_test_numbers(h, DEVICES, RPM_TEST_INT32, devices, FILES);
	rpm_test_numbers(h, INODES, RPM_TEST_INT32, inodes, FILES);
}

static void good(struct buf *b)
{
	struct rpm_test_header h = RPM_TEST_HEADER;
	rpm_test_begin(b, SIGNATURE);
	good_files(&h);
	rpm_test_numbers(&h, LONG_SIZES, RPM_TEST_INT64, sizes, FILES);
	rpm_test_texts(&h, COMPRESSOR, RPM_TEST_TEXT, "xz|");
	rpm_test_texts(&h, PAYLOAD_FLAGS, RPM_TEST_TEXT, "6T16|");
	rpm_test_header(&h, b);
	buf_add_str(b, "payload");
}

static bool read_rpm(const struct buf *b, size_t good_reads, struct rpm_container *out,
		     struct err *err)
{
	struct test_medium m = { buf_slice(b), good_reads };
	struct source src = test_source(&m);
	*err = (struct err) { 0 };
	return rpm_container_read(&src, out, err);
}

static void test_good(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(RPM_MAX);
	AUTO(rpm_container_done) struct rpm_container c = { 0 };
	struct err err;
	good(&b);
	assert_ok(read_rpm(&b, SIZE_MAX, &c, &err));
	assert_int_equal(c.payload, b.len - strlen("payload"));
	assert_string_equal(c.compressor, "xz");
	assert_string_equal(c.flags, "6T16");
	assert_int_equal(c.file_count, FILES);
	assert_string_equal(c.files[0].dir, "/");
	assert_string_equal(c.files[6].dir, "/usr/");
	assert_string_equal(c.files[6].base, "d");
	/* A directory and a ghost have nothing; of two names of one file, the last has it. */
	static const uint64_t content[FILES] = { 0, 0, 1000, 3, 0, 1000, 6000000000 };
	for (size_t i = 0; i < FILES; i++)
		if (c.files[i].size != content[i])
			fail_msg("file %zu has %llu", i, (unsigned long long)c.files[i].size);
}

/* What it says of its files makes no sense; that is no harm. */
static void no_names(struct rpm_test_header *h)
{
	rpm_test_numbers(h, SIZES, RPM_TEST_INT32, sizes, FILES);
}

static void no_sizes(struct rpm_test_header *h)
{
	good_files(h);
}

static void few_sizes(struct rpm_test_header *h)
{
	good_files(h);
	rpm_test_numbers(h, SIZES, RPM_TEST_INT32, sizes, FILES - 1);
}

static void sizes_past_the_end(struct rpm_test_header *h)
{
	good_files(h);
	rpm_test_entry(h, SIZES, RPM_TEST_INT32, FILES, (uint32_t)h->store.len - 4);
}

static void offset_past_the_end(struct rpm_test_header *h)
{
	good_files(h);
	rpm_test_entry(h, SIZES, RPM_TEST_INT32, FILES, UINT32_MAX);
}

static void other_type(struct rpm_test_header *h)
{
	good_files(h);
	rpm_test_numbers(h, SIZES, RPM_TEST_INT16, sizes, FILES);
}

static void bad_dir(struct rpm_test_header *h)
{
	static const uint64_t numbers[] = { 0, 2 };
	static const uint64_t two[] = { 1, 2 };
	rpm_test_texts(h, DIR_NAMES, RPM_TEST_TEXTS, "/|/usr/|");
	rpm_test_texts(h, BASE_NAMES, RPM_TEST_TEXTS, "a|b|");
	rpm_test_numbers(h, DIR_INDEXES, RPM_TEST_INT32, numbers, 2);
	rpm_test_numbers(h, SIZES, RPM_TEST_INT32, two, 2);
}

static void many_dirs(struct rpm_test_header *h)
{
	static const uint64_t zero = 0;
	rpm_test_texts(h, BASE_NAMES, RPM_TEST_TEXTS, "a|");
	rpm_test_numbers(h, DIR_INDEXES, RPM_TEST_INT32, &zero, 1);
	rpm_test_numbers(h, SIZES, RPM_TEST_INT32, &zero, 1);
	rpm_test_texts(h, DIR_NAMES, RPM_TEST_TEXTS, "/|/usr/|");
}

static void many_names(struct rpm_test_header *h)
{
	rpm_test_entry(h, BASE_NAMES, RPM_TEST_TEXTS, RPM_FILES_MAX + 1, 0);
	rpm_test_entry(h, DIR_INDEXES, RPM_TEST_INT32, RPM_FILES_MAX + 1, 0);
	rpm_test_entry(h, DIR_NAMES, RPM_TEST_TEXTS, RPM_FILES_MAX + 1, 0);
	for (uint32_t i = 0; i <= RPM_FILES_MAX; i++)
		buf_add(&h->store, "\0", 2);
}

static void open_name(struct rpm_test_header *h)
{
	static const uint64_t two[] = { 0, 0 };
	rpm_test_numbers(h, DIR_INDEXES, RPM_TEST_INT32, two, 2);
	rpm_test_numbers(h, SIZES, RPM_TEST_INT32, two, 2);
	rpm_test_texts(h, DIR_NAMES, RPM_TEST_TEXTS, "/|");
	rpm_test_entry(h, BASE_NAMES, RPM_TEST_TEXTS, 2, (uint32_t)h->store.len);
	buf_add_str(&h->store, "one name that does not end");
}

static const struct {
	void (*add)(struct rpm_test_header *h);
	const char *why;
} senseless[] = {
	{ no_names, "no names" },
	{ no_sizes, "no sizes" },
	{ few_sizes, "a size is missing" },
	{ sizes_past_the_end, "sizes go past the end of the store" },
	{ offset_past_the_end, "sizes begin past the end of the store" },
	{ other_type, "sizes of another type" },
	{ bad_dir, "a directory that is not there" },
	{ many_dirs, "more directories than files" },
	{ many_names, "more names than there may be" },
	{ open_name, "the last name does not end" },
};

static void test_senseless_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(senseless); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(2 * RPM_MAX);
		AUTO(rpm_container_done) struct rpm_container c = { 0 };
		struct rpm_test_header h = RPM_TEST_HEADER;
		struct err err;
		rpm_test_begin(&b, SIGNATURE);
		rpm_test_texts(&h, COMPRESSOR, RPM_TEST_TEXT, "a name without any sense|");
		senseless[i].add(&h);
		rpm_test_header(&h, &b);
		buf_add_str(&b, "payload");
		assert_ok(read_rpm(&b, SIZE_MAX, &c, &err));
		if (c.file_count != 0)
			fail_msg("%s: %zu files", senseless[i].why, c.file_count);
		assert_string_equal(c.compressor, "");
	}
}

/* Only regular files of the same device and inode are one. */
static void test_no_links(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(RPM_MAX);
	AUTO(rpm_container_done) struct rpm_container c = { 0 };
	struct rpm_test_header h = RPM_TEST_HEADER;
	struct err err;
	static const uint64_t type[] = { 040755 }, size[] = { 4096 }, dir[] = { 0 };
	rpm_test_begin(&b, SIGNATURE);
	rpm_test_texts(&h, DIR_NAMES, RPM_TEST_TEXTS, "/|");
	rpm_test_texts(&h, BASE_NAMES, RPM_TEST_TEXTS, "usr|");
	rpm_test_numbers(&h, DIR_INDEXES, RPM_TEST_INT32, dir, 1);
	rpm_test_numbers(&h, MODES, RPM_TEST_INT16, type, 1);
	rpm_test_numbers(&h, SIZES, RPM_TEST_INT32, size, 1);
	rpm_test_header(&h, &b);
	buf_add_str(&b, "payload");
	assert_ok(read_rpm(&b, SIZE_MAX, &c, &err));
	assert_int_equal(c.file_count, 1);
	assert_int_equal(c.files[0].size, 0);
}

static const struct {
	size_t at;
	uint8_t byte;
	const char *text, *why;
} flipped[] = {
	{ 0, 0, "does not begin as an .rpm", "lead: magic" },
	{ 79, 4, "signature of an old kind", "lead: type of signature" },
	{ SIGNATURE_AT, 0, "signature header does not begin", "signature: magic" },
	{ SIGNATURE_AT + 3, 2, "signature header does not begin", "signature: version" },
	{ SIGNATURE_AT + 7, 1, "signature header does not begin", "signature: reserved" },
	{ SIGNATURE_AT + 11, 0, "signature header is too large, or empty",
	  "signature: no entries" },
	{ SIGNATURE_AT + 10, 0x20, "signature header is too large, or empty",
	  "signature: entries" },
	{ SIGNATURE_AT + 12, 0x05, "signature header is too large, or empty", "signature: store" },
	{ SIGNATURE_AT + 13, 0x10, "signature header is cut short", "signature: past the end" },
	{ SIGNATURE_AT + 15, 20, "header does not begin", "signature: a larger store" },
	{ HEADER_AT, 0, "its header does not begin", "header: magic" },
	{ HEADER_AT + 8, 1, "its header is too large, or empty", "header: entries" },
	{ HEADER_AT + 11, 0, "its header is too large, or empty", "header: no entries" },
	{ HEADER_AT + 12, 3, "its header is too large, or empty", "header: store" },
	{ HEADER_AT + 13, 1, "its header is cut short", "header: past the end" },
};

static void test_flipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(flipped); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(RPM_MAX);
		AUTO(rpm_container_done) struct rpm_container c = { 0 };
		struct err err;
		good(&b);
		b.p[flipped[i].at] = flipped[i].byte;
		if (read_rpm(&b, SIZE_MAX, &c, &err))
			fail_msg("%s: taken", flipped[i].why);
		if (err.code != ERR_FORMAT || !strstr(err.msg, flipped[i].text))
			fail_msg("%s: %d, %s", flipped[i].why, (int)err.code, err.msg);
	}
}

static void test_cut(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(RPM_MAX);
	AUTO(rpm_container_done) struct rpm_container c = { 0 };
	struct err err;
	good(&b);
	b.len -= strlen("payload");
	assert_fails(read_rpm(&b, SIZE_MAX, &c, &err), ERR_FORMAT, "no payload");
	while (b.len > 0) {
		b.len--;
		assert_fails(read_rpm(&b, SIZE_MAX, &c, &err), ERR_FORMAT, "");
	}
}

static void test_medium_fails(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(RPM_MAX);
	AUTO(rpm_container_done) struct rpm_container c = { 0 };
	struct err err;
	good(&b);
	for (size_t i = 0; i < 4; i++)
		assert_fails(read_rpm(&b, i, &c, &err), ERR_SYSTEM, "medium failed");
	assert_ok(read_rpm(&b, 4, &c, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),     cmocka_unit_test(test_senseless_files),
		cmocka_unit_test(test_no_links), cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_cut),      cmocka_unit_test(test_medium_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
