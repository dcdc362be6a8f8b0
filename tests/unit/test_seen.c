/* SPDX-License-Identifier: MIT */
/* test_seen.c - what a machine remembers: texts of it, and what raises a version. */
#include "certificate.h"
#include "seen.h"
#include "support.h"

#define REST ",\"anchors\":[],\"retired\":[],\"crls\":[]}"
#define HEAD "{\"schema\":1,\"latest\":0,\"versions\":[]"

static const struct {
	const char *text, *message, *why; /* message NULL: it is taken */
} texts[] = {
	{ "{\"schema\":1,\"latest\":5,\"versions\":[{\"bundle\":\"b\",\"version\":\"1\"}]" REST,
	  NULL, "a version" },
	{ HEAD ",\"anchors\":[],\"retired\":[{\"bundle\":\"b\",\"from\":1,\"sha256\":"
	       "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}],\"crls\":["
	       "\"x\"]}",
	  NULL, "the rest; what it holds is looked at when it is used" },
	{ "", "can't be read", "nothing" },
	{ "[]", "must be an object", "no object" },
	{ "{\"schema\":2,\"latest\":0,\"versions\":[]" REST, "newer version", "of tomorrow" },
	{ "{\"schema\":1,\"versions\":[]" REST, "latest", "something is missing" },
	{ "{\"schema\":1,\"latest\":0,\"versions\":[],\"x\":1" REST, "x", "something unknown" },
	{ "{\"schema\":1,\"latest\":0,\"versions\":[{\"bundle\":\"b\"}]" REST, "version",
	  "no version" },
	{ "{\"schema\":1,\"latest\":0,\"versions\":[{\"bundle\":\"../b\",\"version\":\"1\"}]" REST,
	  "no bundle", "no name" },
	{ "{\"schema\":1,\"latest\":0,\"versions\":[{\"bundle\":\"b\",\"version\":\"1\"},"
	  "{\"bundle\":\"b\",\"version\":\"2\"}]" REST,
	  "twice", "two answers" },
	{ HEAD ",\"anchors\":[{}],\"retired\":[],\"crls\":[]}", "certificate", "no certificate" },
	{ HEAD ",\"anchors\":[],\"retired\":[],\"crls\":[1]}", "string", "no list" },
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct err err = { 0 };
		AUTO(seen_done) struct seen s = { 0 };
		AUTO(buf_done) struct buf out = BUF_INIT(65536);
		bool ok = seen_parse("seen", slice_str(texts[i].text), &s, &err);
		if (ok != (texts[i].message == NULL) ||
		    (!ok && (err.code != ERR_POLICY || !strstr(err.msg, texts[i].message))))
			fail_msg("%s: %s", texts[i].why, err.msg);
		if (ok)
			assert_ok(seen_write(&s, &out, &err));
	}
}

/* One after the other. */
static const struct {
	const char *bundle, *version;
	uint64_t created;
	const char *newest; /* of b, afterwards */
	uint64_t latest;
	const char *why;
} bundles[] = {
	{ "b", "1.9", 100, "1.9", 100, "the first" },
	{ "b", "1.10", 90, "1.10", 100, "newer, though made before" },
	{ "b", "1.2", 200, "1.10", 200, "older, though made later" },
	{ "c", "9", 150, "1.10", 200, "another name" },
	{ "b", "1.10", 150, "1.10", 200, "again" },
};

static void test_versions(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(seen_done) struct seen s = { 0 };
	AUTO(trust_auto_free) struct trust *t = trust_new(&err);
	assert_ok(seen_new(&s, &err));
	assert_null(seen_version(&s, "b"));
	for (size_t i = 0; i < COUNT_OF(bundles); i++) {
		struct seen_bundle b = { .bundle = bundles[i].bundle,
					 .version = bundles[i].version,
					 .created = bundles[i].created,
					 .trust = t };
		assert_ok(seen_remember(&s, &b, &err));
		if (strcmp(seen_version(&s, "b"), bundles[i].newest) != 0 ||
		    s.latest != bundles[i].latest)
			fail_msg("%s: %s, %llu", bundles[i].why, seen_version(&s, "b"),
				 (unsigned long long)s.latest);
	}
	assert_int_equal(s.version_count, 2);
}

static void test_apply(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct seen_anchor good = { certificate, "vendor", "b", 7, "b 1" };
	struct seen_anchor bad = { "hello", "", "b", 0, "b 1" };
	struct seen s = { .anchors = &good, .anchor_count = 1 };
	AUTO(trust_auto_free) struct trust *t = trust_new(&err);
	assert_ok(seen_apply(&s, t, &err));
	assert_int_equal(trust_count(t), 1);
	const struct anchor *a = trust_anchor(t, 0);
	assert_string_equal(a->name, TRUST_SEEN);
	assert_string_equal(a->role, "vendor");
	assert_string_equal(a->bundle, "b");
	assert_int_equal(a->from, 7);
	s.anchors = &bad;
	assert_fails(seen_apply(&s, t, &err), ERR_FORMAT, "remembers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_apply),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
