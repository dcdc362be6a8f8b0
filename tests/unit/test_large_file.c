/* SPDX-License-Identifier: MIT */
/*
 * test_large_file.c - a bundle behind 2 and 4 GiB of a real file (sparse), read as commands read it.
 *
 * test_bundle.c has the same with offsets only; this one finds an offset that is cut to 32 bits on
 * its way to the system.
 */
#include "support.h"
#include "support_bundle.h"

#include <fcntl.h>

#include "file.h"
#include "layout.h"
#include "sign.h"

/* Write what @t holds at its base offset in a new file. */
static void write_sparse(const struct test_bundle *t, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, t->file.p, t->file.len, (off_t)t->base), t->file.len);
	assert_int_equal(close(fd), 0);
}

static bool read_all(const char *path, struct err *err)
{
	static const struct bundle_options opt = { .allow_unsigned = true, .now = TEST_NOW };
	AUTO(file_source_close) struct source src = { 0 };
	AUTO(bundle_close) struct bundle b = { 0 };
	*err = (struct err) { 0 };
	if (!file_source_open(path, &src, err) || !bundle_open(&src, &opt, &b, err))
		return false;
	for (size_t i = 0; i < b.catalog.package_count; i++) {
		AUTO(tree_done) struct tree tree = { 0 };
		if (!bundle_read_tree(&b, i, &tree, err) ||
		    !layout_tree(&b, &tree, &layout_verify_only, err))
			return false;
	}
	return true;
}

static void flip(const char *path, uint64_t offset)
{
	uint8_t byte;
	AUTO(auto_close) int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
}

static void test_edges(void **state)
{
	(void)state;
	/* Some block lies across the edge, or begins or ends at it. */
	static const uint64_t bases[] = { (UINT64_C(1) << 31) - 100, (UINT64_C(1) << 31),
					  (UINT64_C(1) << 32) - 100, (UINT64_C(1) << 32),
					  (UINT64_C(5) << 30) + 1 };
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct test_parts p;
		struct test_bundle t;
		parts_make(&p, false, -1);
		p.base = bases[i];
		parts_join(&p, NULL, 0, &t);
		write_sparse(&t, "large");
		struct err err;
		assert_ok(read_all("large", &err));
		const uint64_t last[] = { t.locator.blocks_end - 1, t.locator.catalog.offset - 1,
					  t.base + t.file.len - 1 };
		for (size_t k = 0; k < COUNT_OF(last); k++) {
			flip("large", last[k]);
			bool found = !read_all("large", &err);
			flip("large", last[k]);
			if (!found)
				fail_msg("base %llu: byte %llu flipped is accepted",
					 (unsigned long long)bases[i], (unsigned long long)last[k]);
		}
		parts_done(&p);
		test_bundle_done(&t);
	}
}

/* --- the signature over a whole file ------------------------------------------------------------ */

static struct sign_key *make_key(void)
{
	struct err err = { 0 };
	struct sign_keygen how = { .name = "large",
				   .algorithm = "p256",
				   .not_before = TEST_CREATED - 86400,
				   .not_after = TEST_NOW + 86400 };
	AUTO(buf_done) struct buf key = { 0 }, certificate = { 0 };
	assert_ok(sign_keygen(&how, &key, &certificate, &err));
	assert_ok(file_write_atomic("key", buf_slice(&key), 0600, &err));
	assert_ok(file_write_atomic("certificate", buf_slice(&certificate), 0644, &err));
	struct sign_files from = { .key = { .key = "key" }, .certificate = "certificate" };
	struct sign_key *k = sign_key_read(&from, &err);
	assert_ok(k != NULL);
	return k;
}

static bool whole_is_signed(const struct buf *cms, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	struct signer signer;
	return file_source_open("large", &src, err) &&
	       cms_verify_source(buf_slice(cms), &src, NULL, &signer, err);
}

/*
 * RAUC's CVE-2026-34155: what lay beyond 2 GiB was under no signature.  A length that is cut to 31
 * or 32 bits signs little, or nothing, and finds the same again.
 */
static void test_whole_file(void **state)
{
	(void)state;
	static const uint64_t sizes[] = { (UINT64_C(1) << 31) + 1, (UINT64_C(1) << 32) + 1 };
	AUTO(sign_key_auto_free) struct sign_key *k = make_key();
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct err err = { 0 };
		struct signer signer;
		AUTO(buf_done) struct buf cms = { 0 };
		write_file("large", "", 0);
		assert_int_equal(truncate("large", (off_t)sizes[i]), 0);
		AUTO(file_source_close) struct source src = { 0 };
		assert_ok(file_source_open("large", &src, &err));
		assert_ok(sign_source(k, &src, TEST_CREATED, TEST_NOW, &cms, &signer, &err));
		if (i == 0)
			assert_ok(whole_is_signed(&cms, &err));
		flip("large", sizes[i] - 1);
		assert_fails(whole_is_signed(&cms, &err), ERR_SIGNATURE, "does not match");
		if (i > 0)
			continue;
		flip("large", sizes[i] - 1);
		assert_int_equal(truncate("large", (off_t)sizes[i] - 1), 0);
		assert_fails(whole_is_signed(&cms, &err), ERR_SIGNATURE, "does not match");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_edges, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_whole_file, enter_temp_dir, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
