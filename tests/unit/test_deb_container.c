/* SPDX-License-Identifier: MIT */
/* test_deb_container.c - the outside of a .deb, good and bad. */
#include "deb_container.h"

#include "buf.h"
#include "support.h"
#include "support_source.h"

#define DEB_MAX 4096

/* A member with the usual header. */
static void add(struct buf *b, const char *name, const char *bytes)
{
	char header[2 * DEB_HEADER_SIZE];
	size_t n = strlen(bytes);
	snprintf(header, sizeof(header), "%-16s%-12s%-6s%-6s%-8s%-10zu`\n", name, "1700000000", "0",
		 "0", "100644", n);
	buf_add_str(b, header);
	buf_add_str(b, bytes);
	if (n % 2)
		buf_add_str(b, "\n");
}

static void good(struct buf *b)
{
	buf_add_str(b, DEB_MAGIC);
	add(b, "debian-binary", "2.0\n");
	add(b, "control.tar.xz", "odd");
	add(b, "_signature", "x");
	add(b, "data.tar/", "even");
}

static bool read_deb(const struct buf *b, struct deb_container *out, struct err *err)
{
	struct test_medium m = { buf_slice(b), SIZE_MAX };
	struct source src = test_source(&m);
	*err = (struct err) { 0 };
	return deb_container_read(&src, out, err);
}

static void test_good(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(DEB_MAX);
	struct deb_container c;
	struct err err;
	good(&b);
	assert_ok(read_deb(&b, &c, &err));
	assert_int_equal(c.count, 4);
	assert_string_equal(c.members[1].name, "control.tar.xz");
	assert_int_equal(c.members[1].size, 3);
	assert_int_equal(c.members[1].padding, '\n');
	assert_true(c.members[1].is_tar);
	assert_false(c.members[2].is_tar);
	assert_true(c.members[3].is_tar);
	assert_memory_equal(b.p + c.members[3].offset, "even", 4);
	uint8_t header[DEB_HEADER_SIZE];
	assert_ok(deb_header_plain(&c.members[1], 10240, header, &err));
	assert_memory_equal(header, "control.tar     1700000000  0     0     100644  10240     `\n",
			    DEB_HEADER_SIZE);
	assert_ok(deb_header_plain(&c.members[3], 9999999999, header, &err));
	assert_memory_equal(header, "data.tar        1700000000  0     0     100644  9999999999`\n",
			    DEB_HEADER_SIZE);
	assert_fails(deb_header_plain(&c.members[3], 10000000000, header, &err), ERR_FORMAT,
		     "too large");
}

/* A .deb may end without the padding of its last member. */
static void test_no_padding_at_the_end(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(DEB_MAX);
	struct deb_container c;
	struct err err;
	buf_add_str(&b, DEB_MAGIC);
	add(&b, "debian-binary", "2.0\n");
	add(&b, "control.tar", "ab");
	add(&b, "data.tar", "abc");
	b.len--;
	assert_ok(read_deb(&b, &c, &err));
	assert_int_equal(c.members[2].padding, 0);
}

static void test_cut(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(DEB_MAX);
	struct deb_container c;
	struct err err;
	good(&b);
	for (size_t n = b.len; n > 0;) {
		b.len = --n;
		if (read_deb(&b, &c, &err) || err.code != ERR_FORMAT)
			fail_msg("cut to %zu: %d", n, (int)err.code);
	}
}

static const struct {
	const char *names[6];
	const char *why;
} shapes[] = {
	{ { "control.tar", "data.tar" }, "no debian-binary" },
	{ { "debian-binary", "control.tar" }, "no data" },
	{ { "debian-binary", "data.tar", "control.tar" }, "the wrong order" },
	{ { "debian-binary", "control.tar", "data.tar", "data.tar" }, "data twice" },
	{ { "debian-binary", "control.tar", "other", "data.tar" }, "a stranger" },
	{ { "debian-binary", "control.tarx", "data.tar" }, "nearly a name" },
};

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(DEB_MAX);
		struct deb_container c;
		struct err err;
		buf_add_str(&b, DEB_MAGIC);
		for (size_t k = 0; shapes[i].names[k]; k++)
			add(&b, shapes[i].names[k], "2.0\n");
		if (read_deb(&b, &c, &err) || err.code != ERR_FORMAT)
			fail_msg("%s", shapes[i].why);
	}
}

static const struct {
	size_t at;
	char byte;
	const char *why;
} edits[] = {
	{ 0, '?', "the magic" },
	{ 8 + 58, '?', "the end of a header" },
	{ 8 + 59, '?', "the last byte of a header" },
	{ 8 + 48, ' ', "no size" },
	{ 8 + 48, '-', "a negative size" },
	{ 8 + 49, 'x', "a size with a letter" },
	{ 8 + 57, '9', "a digit after blanks" },
	{ 8 + 48, '9', "a size past the next header" },
};

static void test_edits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(edits); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(DEB_MAX);
		struct deb_container c;
		struct err err;
		good(&b);
		b.p[edits[i].at] = (uint8_t)edits[i].byte;
		if (read_deb(&b, &c, &err) || err.code != ERR_FORMAT)
			fail_msg("%s", edits[i].why);
	}
}

static void test_too_many_members(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(DEB_MAX);
	struct deb_container c;
	struct err err;
	good(&b);
	for (unsigned i = 0; i < DEB_MEMBERS_MAX; i++)
		add(&b, "_more", "xx");
	assert_fails(read_deb(&b, &c, &err), ERR_FORMAT, "after its members");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),  cmocka_unit_test(test_no_padding_at_the_end),
		cmocka_unit_test(test_cut),   cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_edits), cmocka_unit_test(test_too_many_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
