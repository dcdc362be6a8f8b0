/* SPDX-License-Identifier: MIT */
/* test_checksums.c - lines of sha256sum, good and bad, and what they pin. */
#include "support.h"

#include "checksums.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct {
	const char *text;
	size_t count;      /* files, or: */
	const char *error; /* why not */
} cases[] = {
	{ A "  a.tgz\n", 1, NULL },
	{ A "  a.tgz", 1, NULL },
	{ A " *a.tgz\r\n" B "  x/y/b c.tgz\n", 2, NULL },
	{ "# made on Monday\n\n" A "  a.tgz\n", 1, NULL },
	{ A "  a.tgz\n" A "  other/a.tgz\n", 1, NULL },
	{ "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA  a.tgz\n", 1, NULL },
	{ "", 0, "sums: names no file" },
	{ "# nothing\n", 0, "sums: names no file" },
	{ "\n" A " a.tgz\n", 0, "sums:2: must be 64 hex digits" },
	{ A "\ta.tgz\n", 0, "sums:1: must be 64 hex digits" },
	{ "a" A "  a.tgz\n", 0, "sums:1: must be 64 hex digits" },
	{ "\\" A "  a\\nb\n", 0, "sums:1: must be 64 hex digits" },
	{ "SHA256 (a.tgz) = " A "\n", 0, "sums:1: must be 64 hex digits" },
	{ A "  \n", 0, "sums:1: must be 64 hex digits" },
	{ A "  a/\n", 0, "sums:1: has no plain name" },
	{ A "  a\x01z\n", 0, "sums:1: has no plain name" },
	{ A "  a\xff\n", 0, "sums:1: has no plain name" },
	{ A "  a.tgz\n" B "  a.tgz\n", 0, "'a.tgz' has two digests" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		AUTO(checksums_done) struct checksums c = { 0 };
		bool ok = checksums_parse("sums", slice_str(cases[i].text), &c, &err);
		if (ok != (cases[i].error == NULL))
			fail_msg("%s: %s", cases[i].text, ok ? "was taken" : err.msg);
		if (ok && c.count != cases[i].count)
			fail_msg("%s: %zu files", cases[i].text, c.count);
		if (!ok && (err.code != ERR_FORMAT || !strstr(err.msg, cases[i].error)))
			fail_msg("%s: '%s'", cases[i].text, err.msg);
	}
}

static void test_nul(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct checksums c = { 0 };
	static const char text[] = A "  a\0b\n";
	assert_fails(checksums_parse("sums",
				     (struct slice) { (const uint8_t *)text, sizeof(text) - 1 }, &c,
				     &err),
		     ERR_FORMAT, "has no plain name");
}

#define MANIFEST(files)                                                                            \
	"{\"schema\":1,\"name\":\"demo\",\"version\":\"1\",\"packages\":[{\"id\":\"p\",\"title\":" \
	"\"T\",\"license\":\"MIT\",\"version\":\"1\",\"priority\":1,\"files\":[" files             \
	"],\"match\":{},\"install\":[{\"run\":[\"x\"]}]}]}"

static const struct {
	const char *manifest;
	const char *source;
	size_t pinned, same, missing;
	const char *want;  /* stands in the new manifest, without spaces */
	const char *error; /* or that */
} pins[] = {
	{ MANIFEST("{\"url\":[\"http://h/d/a.tgz\"]}"), NULL, 1, 0, 0,
	  "{\"sha256\":\"" A "\",\"url\":[\"http://h/d/a.tgz\"]}", NULL },
	{ MANIFEST("{\"url\":[\"http://h/a.tgz\"]}"), "page 1", 1, 0, 0,
	  "{\"hash_source\":\"page 1\",\"sha256\":\"" A "\"", NULL },
	{ MANIFEST("{\"url\":[\"http://h/a.tgz\"],\"hash_source\":\"nobody\",\"unpack\":true}"),
	  NULL, 1, 0, 0, "{\"sha256\":\"" A "\",\"unpack\":true,\"url\":", NULL },
	{ MANIFEST("{\"url\":[\"http://h/other\",\"a.tgz\"]}"), NULL, 1, 0, 0, A, NULL },
	{ MANIFEST("{\"url\":[\"http://h/a.tgz\"],\"sha256\":\"" A "\",\"hash_source\":\"v\"}"),
	  "new", 0, 1, 0, "\"hash_source\":\"v\"", NULL },
	{ MANIFEST("{\"url\":[\"http://h/z.tgz\"]},{\"url\":[\"http://h/b.tgz\"]}"), NULL, 1, 0, 1,
	  "{\"url\":[\"http://h/z.tgz\"]}", NULL },
	{ MANIFEST("{\"supply\":true,\"path\":\"a.tgz\"}"), NULL, 0, 0, 1,
	  "{\"path\":\"a.tgz\",\"supply\":true}", NULL },
	{ MANIFEST("{\"url\":[\"http://h/a.tgz\"],\"sha256\":\"" B "\"}"), NULL, 0, 0, 0, NULL,
	  "package 'p': 'a.tgz' is pinned to another digest" },
	{ MANIFEST("{\"url\":[\"http://h/a.tgz\",\"http://h/b.tgz\"]}"), NULL, 0, 0, 0, NULL,
	  "package 'p': 'a.tgz' and 'b.tgz' are the same file" },
};

static void test_pins(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pins); i++) {
		struct err err = { 0 };
		struct checksums_report report = { 0 };
		AUTO(checksums_done) struct checksums c = { 0 };
		AUTO(manifest_done) struct manifest m = { 0 }, again = { 0 };
		AUTO(buf_done) struct buf out = BUF_INIT(65536), words = BUF_INIT(65536);
		AUTO(json_auto_free) struct json *j = NULL;
		AUTO(buf_done) struct buf flat = BUF_INIT(65536);
		assert_ok(
			checksums_parse("sums", slice_str(A "  a.tgz\n" B "  b.tgz\n"), &c, &err));
		assert_ok(manifest_parse("m", slice_str(pins[i].manifest), &m, &err));
		if (pins[i].error) {
			assert_fails(
				checksums_pin(&c, &m, pins[i].source, &out, &words, &report, &err),
				ERR_DIGEST, pins[i].error);
			continue;
		}
		assert_ok(checksums_pin(&c, &m, pins[i].source, &out, &words, &report, &err));
		assert_int_equal(report.pinned, pins[i].pinned);
		assert_int_equal(report.same, pins[i].same);
		assert_int_equal(report.missing, pins[i].missing);
		assert_int_equal(report.unused, pins[i].pinned + pins[i].same ? 1 : 2);
		assert_ok(manifest_parse("again", buf_slice(&out), &again, &err));
		j = json_parse("out", buf_slice(&out), &err);
		assert_ok(json_print(j, false, &flat, &err));
		if (!strstr(buf_str(&flat), pins[i].want))
			fail_msg("no %s in %s", pins[i].want, buf_str(&flat));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_pins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
