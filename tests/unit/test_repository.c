/* SPDX-License-Identifier: MIT */
/*
 * test_repository.c - the texts of an apt repository, one by one; tests/cli/lock_trust.sh has whole
 * repositories.
 */
#include "support.h"

#include "gpgv.h"
#include "repository.h"

#define SHA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DATE "Date: Thu, 09 Oct 2025 08:53:20 UTC\n"
#define LIST "SHA256:\n " SHA "  12 main/binary-amd64/Packages\n"

static const struct {
	const char *text, *error; /* NULL: it is fine */
} releases[] = {
	{ DATE LIST, NULL },
	{ "Suite: s\n" DATE "Valid-Until: Fri, 10 Oct 2025 08:53:20 UTC\n" LIST, NULL },
	{ "", "is empty" },
	{ LIST, "Date is missing" },
	{ "Date: yesterday\n" LIST, "Date is missing or not a date" },
	{ DATE "Valid-Until: soon\n" LIST, "Valid-Until is not a date" },
	{ DATE "MD5Sum:\n a 1 b\n", "no SHA256" },
	{ DATE "SHA256:\n " SHA " 12\n", "line 1 of its SHA256 list" },
	{ DATE "SHA256:\n " SHA " x y\n", "line 1 of its SHA256 list" },
	{ DATE "SHA256:\n 00 1 y\n", "line 1 of its SHA256 list" },
	{ DATE LIST "\nDate: again\n", "a second paragraph" },
	{ DATE DATE LIST, "'Date' is given twice" },
	{ "x\n" DATE LIST, "r:1: not a 'Field: value' line" },
	{ " x\n" DATE LIST, "r:1: a continuation line" },
};

static void test_releases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(releases); i++) {
		struct err err = { 0 };
		AUTO(buf_done) struct buf text = BUF_INIT(4096);
		AUTO(release_done) struct release r = { 0 };
		buf_add_str(&text, releases[i].text);
		bool ok = release_parse("r", &text, &r, &err);
		if (ok != !releases[i].error || (!ok && !strstr(err.msg, releases[i].error)))
			fail_msg("case %zu: '%s'", i, err.msg);
		uint8_t sha256[SHA256_SIZE];
		uint64_t size = 0;
		if (ok) {
			assert_true(release_find(&r, "main/binary-amd64/Packages", sha256, &size));
			assert_int_equal(size, 12);
			assert_false(release_find(&r, "main/binary-amd64/Pack", sha256, &size));
			assert_int_equal(r.date, 1760000000);
		}
	}
}

static const struct {
	const char *text;
	uint64_t when; /* 0: not a date */
} dates[] = {
	{ "Thu, 01 Jan 1970 00:00:01 UTC", 1 },
	{ "Thu, 09 Oct 2025 08:53:20 +0000", 1760000000 },
	{ "Thu, 09 Oct 2025 08:53:20 GMT", 1760000000 },
	{ "Thu, 09 Oct 2025 08:53:20 CET", 0 },
	{ "Thu, 09 Oct 2025 08:53:20", 0 },
	{ "2025-10-09", 0 },
	{ "", 0 },
};

static void test_dates(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(dates); i++) {
		uint64_t when = 0;
		bool ok = release_date(slice_str(dates[i].text), &when);
		if (ok != (dates[i].when != 0) || when != dates[i].when)
			fail_msg("'%s': %llu", dates[i].text, (unsigned long long)when);
	}
}

#define FIELDS "Version: 1\nArchitecture: all\nFilename: a.deb\nSize: 5\nSHA256: " SHA "\n"

static const struct {
	const char *text, *error;
} packages[] = {
	{ "Package: a\n" FIELDS, NULL },
	{ "Package: a\n" FIELDS "\n\n\nPackage: b\n" FIELDS "\n", NULL },
	{ "", NULL },
	{ FIELDS, "p:1: the field 'Package' is missing" },
	{ "Package: a\n" FIELDS "\nPackage: b\n", "p:8: the field 'Version' is missing" },
	{ "Package: a b\n" FIELDS, "'Package' is not well-formed" },
	{ "Package: ../a\n" FIELDS, "'Package' is not well-formed" },
	{ "Package: a\nSize: 5\n" FIELDS, "'Size' is given twice" },
	{ "Package: a\nVersion: 1\nArchitecture: all\nFilename: a\nSize: x\nSHA256: " SHA "\n",
	  "'Size' must be a number" },
	{ "Package: a\nVersion: 1\nArchitecture: all\nFilename: a\nSize: 99999999999\nSHA256: " SHA,
	  "'Size' must be a number" },
	{ "Package: a\nVersion: 1\nArchitecture: all\nFilename: a\nSize: 1\n",
	  "'SHA256' is missing" },
	{ "Package: a\nVersion: 1\nArchitecture: all\nFilename: a\nSize: 1\nSHA256: xyz\n",
	  "64 hex digits" },
	{ "Package: a\n" FIELDS "Installed-Size: -1\n", "'Installed-Size'" },
};

static void test_packages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(packages); i++) {
		struct err err = { 0 };
		AUTO(buf_done) struct buf text = BUF_INIT(4096);
		AUTO(apt_index_done) struct apt_index x = { 0 };
		buf_add_str(&text, packages[i].text);
		bool ok = apt_index_parse("p", 0, &text, &x, &err);
		if (ok != !packages[i].error || (!ok && !strstr(err.msg, packages[i].error)))
			fail_msg("case %zu: '%s'", i, err.msg);
	}
}

#define GOOD "[GNUPG:] GOODSIG 12 me\n"
#define VALID(hash) "[GNUPG:] VALIDSIG AB 2025-10-09 1 0 4 0 1 " hash " 01 AB\n"

static const struct {
	const char *status;
	enum err_code code;
} verdicts[] = {
	{ GOOD VALID("8"), ERR_NONE },
	{ GOOD VALID("10") "[GNUPG:] NO_PUBKEY 1\n", ERR_NONE },
	{ "[GNUPG:] ERRSIG 1\n[GNUPG:] NO_PUBKEY 1\n", ERR_UNTRUSTED },
	{ GOOD VALID("2"), ERR_SIGNATURE }, /* SHA-1 */
	{ GOOD VALID("8") "[GNUPG:] BADSIG 1 x\n", ERR_SIGNATURE },
	{ "[GNUPG:] EXPKEYSIG 1 x\n" VALID("8"), ERR_EXPIRED },
	{ "[GNUPG:] REVKEYSIG 1 x\n" VALID("8"), ERR_SIGNATURE },
	{ VALID("8"), ERR_SIGNATURE }, /* counts only after GOODSIG */
	{ "gpgv: GOODSIG 1 x\n", ERR_SIGNATURE },
	{ GOOD VALID("8") "[GNUPG:] PLAINTEXT 1\n[GNUPG:] PLAINTEXT 2\n", ERR_SIGNATURE },
	{ "", ERR_SIGNATURE },
};

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
		struct err err = { 0 };
		bool ok = gpgv_judge("it", slice_str(verdicts[i].status), &err);
		if (ok != (verdicts[i].code == ERR_NONE) || err.code != verdicts[i].code)
			fail_msg("case %zu: %d '%s'", i, (int)err.code, err.msg);
	}
}

static const struct {
	const char *path, *text;
	uint64_t entry;
	const char *keyring; /* "" where there is none */
} sources[] = {
	{ "a.sources", "Types: deb\nSigned-By: /a.gpg\n", 1, "/a.gpg" },
	{ "a.sources", "# c\n\n# d\nTypes: deb\n\nTypes: deb\nsigned-by:  /b.gpg \n", 2, "/b.gpg" },
	{ "a.sources", "Types: deb\n\nTypes: deb\nSigned-By: /b.gpg\n", 1, "" },
	{ "a.sources", "Types: deb\nSigned-By:\n -----BEGIN PGP\n", 1, "" },
	{ "a.sources", "Types: deb\nSigned-By: /a.gpg,/b.gpg\n", 1, "" },
	{ "a.list", "deb http://h/ s main\ndeb [arch=amd64 signed-by=/c.gpg] http://h/ s main\n", 2,
	  "/c.gpg" },
	{ "a.list", "deb [signed-by=/c.gpg arch=amd64] http://h/ s main\n", 1, "/c.gpg" },
	{ "a.list", "deb [signed-by=ABCD] http://h/ s main\n", 1, "" },
	{ "a.list", "deb http://h/ s main\n", 1, "" },
	{ "a.list", "", 1, "" },
};

static void test_signed_by(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sources); i++) {
		struct slice got = apt_signed_by(sources[i].path, slice_str(sources[i].text),
						 sources[i].entry);
		if (!slice_is(got, sources[i].keyring))
			fail_msg("case %zu: '%.*s'", i, (int)got.len, (const char *)got.p);
	}
}

static void test_url(void **state)
{
	(void)state;
	AUTO(texts_done) struct texts t = { 0 };
	assert_string_equal(repository_url(&t, "http://h/d", slice_str("pool/a+b_1~2.deb")),
			    "http://h/d/pool/a+b_1~2.deb");
	assert_string_equal(repository_url(&t, "http://h", slice_str("a_1%3a2 #?.deb")),
			    "http://h/a_1%253a2%20%23%3F.deb");
	assert_false(t.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_releases),  cmocka_unit_test(test_dates),
		cmocka_unit_test(test_packages),  cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_signed_by), cmocka_unit_test(test_url),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
