/* SPDX-License-Identifier: MIT */
/* test_purl.c - package URLs are written in their canonical form. */
#include "support.h"

#include "purl.h"

#define HEX "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"

static void test_purls(void **state)
{
	(void)state;
	AUTO(texts_done) struct texts t = { 0 };
	uint8_t sum[SHA256_SIZE];
	for (size_t i = 0; i < sizeof(sum); i++)
		sum[i] = (uint8_t)(i + 1);
	struct lock_deb d = { .package = "libstdc++6",
			      .version = "1:12.2.0-14+deb12u1~x",
			      .arch = "amd64",
			      .origin = "Debian",
			      .distro = "bookworm",
			      .source = "gcc-12 (12.2.0-14)" };
	assert_string_equal(purl_of_deb(&t, &d, sum, NULL),
			    "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bdeb12u1~x"
			    "?arch=amd64&distro=bookworm&upstream=gcc-12");
	d.distro = d.source = "";
	d.version = "1";
	assert_string_equal(purl_of_deb(&t, &d, sum, NULL),
			    "pkg:deb/debian/libstdc%2B%2B6@1?arch=amd64");
	d.origin = "My own archive";
	assert_string_equal(purl_of_deb(&t, &d, sum, "http://h/a b?x=1&y"),
			    "pkg:generic/libstdc%2B%2B6@1?checksum=sha256:" HEX
			    "&download_url=http://h/a%20b%3Fx%3D1%26y");
	assert_string_equal(purl_of_source(&t, "libzstd", "1.5.4+dfsg2-5"),
			    "pkg:deb/debian/libzstd@1.5.4%2Bdfsg2-5?arch=source");
	assert_string_equal(purl_of_file(&t, "a/b.tgz", NULL, NULL, "https://h/b.tgz"),
			    "pkg:generic/a%2Fb.tgz?download_url=https://h/b.tgz");
	assert_string_equal(purl_of_file(&t, "b.tgz", "5.8-1", NULL, NULL),
			    "pkg:generic/b.tgz@5.8-1");
	assert_false(t.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_purls) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
