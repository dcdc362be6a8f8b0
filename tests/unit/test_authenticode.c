/* SPDX-License-Identifier: MIT */
/*
 * test_authenticode.c - what is told of a signature without osslsigncode, and what is none.
 *
 * Signatures that hold and that do not are made and checked with it in tests/cli/.
 */
#include "authenticode.h"

#include <openssl/pkcs7.h>

#include "file.h"
#include "options.h"
#include "sign.h"
#include "support_bundle.h"

/* A PKCS #7 SignedData in DER, appended. */
static void add_pkcs7(struct buf *out, const struct test_key *k, int flags)
{
	BIO *data = BIO_new_mem_buf("data", 4);
	PKCS7 *p7 = PKCS7_sign(k->certificate, k->key, NULL, data, flags | PKCS7_BINARY);
	unsigned char *der = NULL;
	assert_non_null(p7);
	int n = i2d_PKCS7(p7, &der);
	assert_true(n > 0);
	buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
	PKCS7_free(p7);
	BIO_free(data);
}

/* An entry of the certificate table (PE Format, Attribute Certificate Table). */
static void add_entry(struct buf *out, uint32_t size, struct slice der)
{
	buf_add_u32le(out, size);
	buf_add_u32le(out, 0x00020200); /* revision 2, PKCS_SIGNED_DATA */
	buf_add(out, der.p, der.len);
	while (out->len % 8)
		buf_add(out, "", 1);
}

/* A PATH in which there is no osslsigncode, until teardown. */
static char *old_path;

static int enter(void **state)
{
	old_path = strdup(getenv("PATH"));
	return setenv("PATH", "relative:/nowhere:", 1) || enter_temp_dir(state);
}

static int leave(void **state)
{
	setenv("PATH", old_path, 1);
	free(old_path);
	return leave_temp_dir(state);
}

static bool verify(const struct buf *table, struct authenticode *out, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	*err = (struct err) { 0 };
	write_file("program", buf_str(table), table->len);
	return file_source_open("program", &src, err) &&
	       authenticode_verify(&src, (struct extent) { 0, table->len }, (struct slice) { 0 },
				   out, err);
}

static void test_without_the_tool(void **state)
{
	(void)state;
	struct err err;
	struct authenticode a;
	struct test_key k = test_key_make("signer", 1000);
	AUTO(buf_done) struct buf der = BUF_INIT(65536), table = BUF_INIT(65536);
	add_pkcs7(&der, &k, 0);
	add_entry(&table, (uint32_t)der.len + 8, buf_slice(&der));
	assert_ok(verify(&table, &a, &err));
	assert_int_equal(a.state, AUTHENTICODE_UNCHECKED);
	assert_string_equal(a.subject, "CN=signer");
	assert_string_equal(authenticode_word(&a), "unchecked");

	struct buf none = BUF_INIT(16);
	assert_ok(verify(&none, &a, &err));
	assert_int_equal(a.state, AUTHENTICODE_NONE);
	test_key_done(&k);
}

static void test_damaged_tables(void **state)
{
	(void)state;
	struct err err;
	struct authenticode a;
	struct test_key k = test_key_make("signer", 1000);
	AUTO(buf_done) struct buf der = BUF_INIT(65536), bare = BUF_INIT(65536);
	add_pkcs7(&der, &k, 0);
	add_pkcs7(&bare, &k, PKCS7_NOCERTS);
	uint32_t whole = (uint32_t)der.len + 8;
	const struct {
		uint32_t size;
		struct slice content;
		const char *why;
	} rows[] = {
		{ 7, buf_slice(&der), "an entry that is smaller than its head" },
		{ 0, buf_slice(&der), "an entry of nothing" },
		{ 8, buf_slice(&der), "an entry that is all head" },
		{ whole + 8, buf_slice(&der), "an entry that is larger than the table" },
		{ UINT32_MAX, buf_slice(&der), "an entry that is very large" },
		{ whole / 2, buf_slice(&der), "half of a signature" },
		{ 24, slice_str("not a signature."), "no DER" },
		{ (uint32_t)bare.len + 8, buf_slice(&bare), "a signature without a certificate" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(buf_done) struct buf table = BUF_INIT(65536);
		add_entry(&table, rows[i].size, rows[i].content);
		if (verify(&table, &a, &err) || err.code != ERR_SIGNATURE)
			fail_msg("%s: %s", rows[i].why, err.msg);
	}
	test_key_done(&k);
}

static const struct {
	struct authenticode_key key;
	enum err_code code;
	const char *says;
} keys[] = {
	{ { .certificates = "program" }, ERR_USAGE, "--authenticode is missing" },
	{ { .place = { .passphrase_file = "program" } }, ERR_USAGE, "--authenticode is missing" },
	{ { .place = { .key = "pkcs11:token=T" } }, ERR_USAGE, "--authenticode-cert" },
	{ { .place = { .key = "pkcs11:token=T" }, .certificates = "program" },
	  ERR_USAGE,
	  "--pkcs11-module" },
	{ { .place = { .key = "pkcs11:token=T", .module = "none" }, .certificates = "program" },
	  ERR_SYSTEM,
	  "cannot open 'none'" },
	{ { .place = { .key = "pkcs11:token=T;pin-value=1", .module = "program" },
	    .certificates = "program" },
	  ERR_USAGE,
	  "--passphrase-file" },
	{ { .place = { .key = "none" } }, ERR_SYSTEM, "cannot open 'none'" },
	{ { .place = { .key = "program", .passphrase_file = "none" } },
	  ERR_SYSTEM,
	  "cannot open 'none'" },
	{ { .place = { .key = "program" } }, ERR_SYSTEM, "not installed" },
};

/* Of what was given for the bundle's own key, what this one gets. */
static void test_sharing(void **state)
{
	(void)state;
	struct err err = { 0 };
	const struct key_place file = { .key = "key", .passphrase_file = "own" };
	const struct key_place token = { .key = "pkcs11:token=T", .module = "lib" };
	const struct key_place wrong = { .key = "key", .module = "lib" };
	struct authenticode_key k = { .place = { .key = "program" } };
	assert_ok(authenticode_share(&k, &file, &err));
	assert_string_equal(k.place.passphrase_file, "own");
	k.place.passphrase_file = "other";
	assert_ok(authenticode_share(&k, &file, &err));
	assert_string_equal(k.place.passphrase_file, "other");
	assert_ok(authenticode_share(&k, &token, &err));
	assert_fails(authenticode_share(&k, &wrong, &err), ERR_USAGE, "--pkcs11-module is for");
	k.place.key = "pkcs11:token=U";
	assert_ok(authenticode_share(&k, &wrong, &err));
	assert_string_equal(k.place.module, "lib");
	struct authenticode_key none = { 0 };
	assert_ok(authenticode_share(&none, &file, &err));
	assert_null(none.place.passphrase_file);
}

static void test_options(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct authenticode_key nothing = { 0 };
	write_file("program", "", 0);
	assert_ok(authenticode_check_options(&nothing, &err));
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		assert_fails(authenticode_check_options(&keys[i].key, &err), keys[i].code,
			     keys[i].says);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_without_the_tool, enter, leave),
		cmocka_unit_test_setup_teardown(test_damaged_tables, enter, leave),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test_setup_teardown(test_options, enter, leave),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
