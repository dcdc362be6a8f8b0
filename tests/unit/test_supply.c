/* SPDX-License-Identifier: MIT */
/* test_supply.c - whose file is it, and does it come into the cache as it is. */
#include "support.h"

#include <unistd.h>

#include "supply.h"

/* 'nd' has one such file, 'both' has two. */
static const struct supply_slot places[] = {
	{ "nd", "nd/setup.exe", 1, NULL },
	{ "both", "a.msi", 2, NULL },
	{ "both", "x=y/b.msi", 2, NULL },
};

static const struct {
	const char *given[3];
	const char *want[COUNT_OF(places)]; /* PATH of each slot, or NULL */
	const char *message;                /* NULL: taken */
	const char *why;
} cases[] = {
	{ { NULL }, { NULL }, NULL, "nothing given" },
	{ { "nd=/tmp/s.exe" }, { "/tmp/s.exe" }, NULL, "by id" },
	{ { "nd/nd/setup.exe=s.exe" }, { "s.exe" }, NULL, "by id and file" },
	{ { "nd=a=b" }, { "a=b" }, NULL, "an equals sign in the path" },
	{ { "both/a.msi=1", "both/x=y/b.msi=2" }, { NULL, "1", "2" }, NULL, "two of one package" },
	{ { "nd" },
	  { NULL },
	  "must be ID=PATH, and ID one of: nd, both/a.msi, both/x=y/b.msi",
	  "no path" },
	{ { "nd=" }, { NULL }, "'nd=' must be ID=PATH", "empty path" },
	{ { "both=1" }, { NULL }, "'both=1' must be ID=PATH", "which of the two?" },
	{ { "n=1" }, { NULL }, "'n=1' must be", "the beginning of an id" },
	{ { "ndx=1" }, { NULL }, "'ndx=1' must be", "more than an id" },
	{ { "nd/other=1" }, { NULL }, "'nd/other=1' must be", "another file" },
	{ { "nd=1", "nd/nd/setup.exe=2" },
	  { NULL },
	  "gives 'nd/setup.exe' of 'nd' twice",
	  "twice" },
};

static void test_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct supply_slot slots[COUNT_OF(places)];
		size_t n = 0;
		memcpy(slots, places, sizeof(places));
		while (n < 3 && cases[i].given[n])
			n++;
		bool ok = supply_match(cases[i].given, n, slots, COUNT_OF(slots), &err);
		if (ok != !cases[i].message || (!ok && !strstr(err.msg, cases[i].message)))
			fail_msg("%s: '%s'", cases[i].why, err.msg);
		for (size_t k = 0; ok && k < COUNT_OF(slots); k++) {
			const char *want = cases[i].want[k], *got = slots[k].given;
			if (want ? !got || strcmp(want, got) != 0 : got != NULL)
				fail_msg("%s: slot %zu", cases[i].why, k);
		}
	}
}

static void test_none(void **state)
{
	(void)state;
	struct err err;
	const char *given[] = { "nd=1" };
	assert_fails(supply_match(given, 1, NULL, 0, &err), ERR_USAGE,
		     "'nd=1': no package here takes such a file");
}

static void test_take(void **state)
{
	(void)state;
	struct err err = { 0 };
	uint8_t digest[SHA256_SIZE], wrong[SHA256_SIZE] = { 1 };
	uint64_t size = 0;
	AUTO(cache_auto_free) struct cache *cache = cache_open("cache", &err);
	assert_non_null(cache);
	write_file("setup.exe", "hello\n", 6);
	assert_fails(supply_take(cache, "absent", NULL, 0, digest, &size, &err), ERR_SYSTEM,
		     "cannot open 'absent'");
	assert_fails(supply_take(cache, ".", NULL, 0, digest, &size, &err), ERR_SYSTEM,
		     "'.' is not a regular file");
	assert_fails(supply_take(cache, "setup.exe", wrong, 6, digest, &size, &err), ERR_DIGEST,
		     "'setup.exe': expected");
	assert_fails(supply_take(cache, "setup.exe", NULL, 7, digest, &size, &err), ERR_FORMAT,
		     "'setup.exe' has 6 bytes, and 7 are expected");
	assert_int_equal(size, 0);
	assert_ok(supply_take(cache, "setup.exe", NULL, 0, digest, &size, &err));
	assert_int_equal(size, 6);
	assert_int_equal(digest[0], 0x58); /* 5891b5b5... */
	assert_true(cache_has(cache, digest, 6));
	/* There already: it is read again, not taken on trust. */
	assert_ok(supply_take(cache, "setup.exe", digest, 6, digest, &size, &err));
	write_file("setup.exe", "other\n", 6);
	assert_fails(supply_take(cache, "setup.exe", digest, 6, wrong, &size, &err), ERR_DIGEST,
		     "'setup.exe': expected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_none),
		cmocka_unit_test_setup_teardown(test_take, enter_temp_dir, leave_temp_dir),
	};
	return cmocka_run_group_tests_name("supply", tests, NULL, NULL);
}
