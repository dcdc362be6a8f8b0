/* SPDX-License-Identifier: MIT */
/* test_facts_text.c - os-release, dpkg's status and the key-value pool, as they come in the wild. */
#include "facts_text.h"
#include "support.h"

static struct facts new_facts(void)
{
	struct err err = { 0 };
	struct facts f = { .id = "", .version_id = "", .pretty_name = "" };
	f.doc = json_parse("facts", slice_str("[]"), &err);
	assert_non_null(f.doc);
	return f;
}

static const struct {
	const char *text, *id, *version_id, *pretty_name, *why;
} releases[] = {
	{ "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
	  "debian", "12", "Debian GNU/Linux 12 (bookworm)", "as Debian writes it" },
	{ "ID=\"rhel\"\nVERSION_ID='8.2'\n", "rhel", "8.2", "", "both kinds of quotes" },
	{ "NAME=x\nMY_ID=no\nIDS=no\nID=yes", "yes", "", "", "whole keys only, no final newline" },
	{ "ID=debian\nVERSION_CODENAME=trixie/sid\n", "debian", "", "",
	  "testing has no VERSION_ID" },
	{ "# ID=no\n\nID=arch\n", "arch", "", "", "comments and empty lines" },
	{ "PRETTY_NAME=\"a \\\"b\\\" \\$c \\\\\"\n", "", "", "a \"b\" $c \\", "escapes" },
	{ "ID=\"open\nVERSION_ID=1\n", "", "1", "", "an unclosed quote spoils its line only" },
	{ "ID=sles trailing\n", "sles", "", "", "unquoted, a value ends at a space" },
	{ "ID=de\xff"
	  "bian\n",
	  "de?bian", "", "", "not UTF-8" },
	{ "ID=a\nID=b\n", "b", "", "", "the last one wins, as in a shell" },
	{ "", "", "", "", "nothing at all" },
};

static void test_os_release(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(releases); i++) {
		struct err err = { 0 };
		AUTO(facts_done) struct facts f = new_facts();
		assert_ok(facts_read_os_release(slice_str(releases[i].text), &f, &err));
		if (strcmp(f.id, releases[i].id) || strcmp(f.version_id, releases[i].version_id) ||
		    strcmp(f.pretty_name, releases[i].pretty_name))
			fail_msg("%s: '%s' '%s' '%s'", releases[i].why, f.id, f.version_id,
				 f.pretty_name);
	}
}

static void test_id_like(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = new_facts();
	assert_ok(facts_read_os_release(slice_str("ID_LIKE=\"rhel  centos fedora\"\n"), &f, &err));
	assert_int_equal(f.id_like_count, 3);
	assert_string_equal(f.id_like[0], "rhel");
	assert_string_equal(f.id_like[2], "fedora");
}

static const char status[] = "Package: zlib1g\n"
			     "Status: install ok installed\n"
			     "Architecture: amd64\n"
			     "Version: 1:1.2.13\n"
			     "Depends: libc6 (>= 2.14)\n"
			     "Description: compression\n"
			     " Depends: this is prose, not a field\n"
			     "\n"
			     "package: libc6\n"
			     "STATUS: install ok unpacked\n"
			     "Architecture: amd64\n"
			     "Version: 2.36-9\n"
			     "Pre-Depends: libgcc-s1\n"
			     "Depends: libcrypt1,\n"
			     " libidn2-0\n"
			     "Breaks: a (<< 1)\n"
			     "Conflicts: b\n"
			     "Provides: c (= 1)\n"
			     "\n"
			     "Package: gone\n"
			     "Status: deinstall ok config-files\n"
			     "Architecture: amd64\n"
			     "Version: 1\n"
			     "\n"
			     "Package: never\n"
			     "Status: unknown ok not-installed\n"
			     "Architecture: amd64\n"
			     "\n"
			     "Package: bare\n"
			     "Status: install ok installed\n"
			     "Architecture: all\n"
			     "Version: 1"; /* cut off by no newline */

static void test_dpkg_status(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = new_facts();
	assert_ok(facts_read_dpkg_status(slice_str(status), &f, &err));
	assert_int_equal(f.package_count, 3);
	assert_string_equal(f.packages[0].name, "bare");
	const struct facts_package *c = facts_find_package(&f, "libc6", "amd64");
	assert_non_null(c);
	assert_string_equal(c->status, "unpacked");
	assert_string_equal(c->depends, "libgcc-s1, libcrypt1,  libidn2-0");
	assert_string_equal(c->conflicts, "a (<< 1), b");
	assert_string_equal(c->provides, "c (= 1)");
	const struct facts_package *z = facts_find_package(&f, "zlib1g", "amd64");
	assert_string_equal(z->version, "1:1.2.13");
	assert_string_equal(z->depends, "libc6 (>= 2.14)");
	/* and what was read can be saved and read again */
	AUTO(buf_done) struct buf text = BUF_INIT(1u << 20);
	f.os = "linux";
	f.kernel = f.arch = "";
	f.package_manager = "dpkg";
	AUTO(facts_done) struct facts again = { 0 };
	assert_ok(facts_write(&f, &text, &err));
	assert_ok(facts_parse("saved", buf_slice(&text), &again, &err));
	assert_int_equal(again.package_count, 3);
}

static void test_kvp(void **state)
{
	(void)state;
	static uint8_t pool[2 * 2560];
	AUTO(facts_done) struct facts f = new_facts();
	memcpy(pool, "OtherKey", 8);
	memcpy(pool + 2560, "NdDriverVersion", 15);
	memcpy(pool + 2560 + 512, "142.0", 5);
	struct slice whole = { pool, sizeof(pool) };
	assert_string_equal(facts_read_kvp(whole, "NdDriverVersion", &f), "142.0");
	assert_string_equal(facts_read_kvp(whole, "OtherKey", &f), "");
	assert_null(facts_read_kvp(whole, "NdDriver", &f));
	struct slice cut = { pool, sizeof(pool) - 1 };
	assert_null(facts_read_kvp(cut, "NdDriverVersion", &f));
	assert_null(facts_read_kvp((struct slice) { 0 }, "NdDriverVersion", &f));
}

static const struct {
	const char *text, *stack, *why;
} stacks[] = {
	{ "#!/bin/bash\nif [ \"$1\" == \"-s\" ]; then\n echo MLNX_OFED_LINUX-5.8-1.0.1.1:\nfi\n",
	  "MLNX_OFED_LINUX-5.8-1.0.1.1", "MLNX_OFED" },
	{ "echo OFED-internal-24.10-0.7.0:\n", "OFED-internal-24.10-0.7.0", "DOCA-OFED" },
	{ "MLNX_OFED_LINUX-$VERSION\nMLNX_OFED_LINUX-4.9", "MLNX_OFED_LINUX-4.9",
	  "first a variable" },
	{ "MLNX_OFED_LINUX-", NULL, "cut off" },
	{ "", NULL, "no such script" },
};

static void test_ofed_info(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(stacks); i++) {
		struct err err = { 0 };
		AUTO(facts_done) struct facts f = new_facts();
		assert_ok(facts_read_ofed_info(slice_str(stacks[i].text), &f, &err));
		if (!stacks[i].stack != !f.vendor_stack ||
		    (f.vendor_stack && strcmp(f.vendor_stack, stacks[i].stack) != 0))
			fail_msg("%s: '%s'", stacks[i].why,
				 f.vendor_stack ? f.vendor_stack : "none");
	}
}

static void test_builtin(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = new_facts();
	assert_ok(facts_read_builtin(
		slice_str("kernel/fs/ext4/ext4.ko\n"
			  "kernel/drivers/net/ethernet/mellanox/mlx5/core/mlx5_core.ko\n"
			  "kernel/drivers/infiniband/ulp/ipoib/ib-ipoib.ko.xz\n"
			  "kernel/drivers/infiniband/\nkernel/drivers/infiniband/core/ib_core"),
		&f, &err));
	assert_true(f.builtin_modules.known);
	assert_int_equal(f.builtin_modules.count, 3);
	assert_true(facts_names_has(&f.builtin_modules, "mlx5_core"));
	assert_true(facts_names_has(&f.builtin_modules, "ib_ipoib")); /* as the kernel names it */
	assert_true(facts_names_has(&f.builtin_modules, "ib_core"));
	assert_false(facts_names_has(&f.builtin_modules, "ext4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_os_release),  cmocka_unit_test(test_id_like),
		cmocka_unit_test(test_dpkg_status), cmocka_unit_test(test_kvp),
		cmocka_unit_test(test_ofed_info),   cmocka_unit_test(test_builtin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
