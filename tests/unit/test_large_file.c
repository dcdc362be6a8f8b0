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

/* Write what @t holds at its base offset in a new file. */
static void write_sparse(const struct test_bundle *t, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, t->file.p, t->file.len, (off_t)t->base), t->file.len);
	assert_int_equal(close(fd), 0);
}

static void read_all(const char *path)
{
	static const struct bundle_options opt = { .allow_unsigned = true, .now = TEST_NOW };
	AUTO(file_source_close) struct source src = { 0 };
	AUTO(bundle_close) struct bundle b = { 0 };
	must(file_source_open(path, &src, why));
	must(bundle_open(&src, &opt, &b, why));
	for (size_t i = 0; i < b.catalog.package_count; i++) {
		AUTO(tree_done) struct tree tree = { 0 };
		must(bundle_read_tree(&b, i, &tree, why));
		must(layout_tree(&b, &tree, &layout_verify_only, why));
	}
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
		read_all("large");
		parts_done(&p);
		test_bundle_done(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_edges, enter_temp_dir, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
