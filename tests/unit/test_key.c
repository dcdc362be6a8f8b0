/* SPDX-License-Identifier: MIT */
/* test_key.c - which keys are read, by what passphrase; tokens are in tests/cli/bundle_keys.sh. */
#include "key.h"

#include <sys/stat.h>

#include <openssl/evp.h>

#include "support.h"

static const struct {
	const char *uri;
	const char *refusal; /* NULL: it is good */
	const char *why;
} uris[] = {
	{ "pkcs11:token=T", NULL, "the one key of a token" },
	{ "pkcs11:token=My%20HSM;object=a.b-c_d~e;type=private", NULL, "label, private key" },
	{ "pkcs11:manufacturer=S%C3%BC;model=v2;serial=0a;id=%01%FF", NULL, "all the others" },
	{ "pkcs11:token=a=b", NULL, "the first '=' counts" },
	{ "pkcs11:", "each with a value", "no attribute" },
	{ "pkcs11:token", "each with a value", "no value" },
	{ "pkcs11:token=", "a value that it can't", "an empty one" },
	{ "pkcs11:=T", "each with a value", "no name" },
	{ "pkcs11:token=T;", "each with a value", "nothing at the end" },
	{ "pkcs11:;token=T", "each with a value", "nothing at the beginning" },
	{ "pkcs11:token=T;pin-value=1234", "--passphrase-file", "a PIN as libp11 takes it" },
	{ "pkcs11:token=T?pin-value=1234", "--passphrase-file", "a PIN as RFC 7512 has it" },
	{ "pkcs11:token=T?x=1&pin-value=1234", "not 'x'", "a query" },
	{ "pkcs11:token=T?pin-source=file:pin", "--passphrase-file", "a PIN in some file" },
	{ "pkcs11:token=T;pin-source=|cat%20pin", "--passphrase-file", "a PIN from a program" },
	{ "pkcs11:token=T?module-path=/tmp/x.so", "--pkcs11-module", "some other library" },
	{ "pkcs11:token=T?module-name=x", "--pkcs11-module", "the same by name" },
	{ "pkcs11:pin-value", "--passphrase-file", "a PIN without a value" },
	{ "pkcs11:token=T?object=K", "not 'object'", "a path's attribute in the query" },
	{ "pkcs11:token=T&object=K", "not 'object'", "a separator that some take" },
	{ "pkcs11:TOKEN=T", "not 'TOKEN'", "names have one spelling" },
	{ "pkcs11:pin%2Dvalue=1", "not 'pin%2Dvalue'", "a hidden name" },
	{ "pkcs11:token=T;token=U", "stands twice", "the same twice" },
	{ "pkcs11:token=T;type=cert", "a value that it can't", "not a key" },
	{ "pkcs11:token=%4", "a value that it can't", "half an escape" },
	{ "pkcs11:token=%zz", "a value that it can't", "an escape of no digits" },
	{ "pkcs11:token=My HSM", "a value that it can't", "a space" },
	{ "pkcs11:token=T\n", "a value that it can't", "a line's end" },
	{ "PKCS11:token=T", "does not begin", "another scheme" },
	{ "", "does not begin", "nothing" },
};

static void test_uris(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(uris); i++) {
		struct err err = { 0 };
		bool ok = key_check_uri(uris[i].uri, &err);
		if (ok != !uris[i].refusal ||
		    (!ok && (err.code != ERR_USAGE || !strstr(err.msg, uris[i].refusal))))
			fail_msg("%s: '%s': '%s'", uris[i].why, uris[i].uri, err.msg);
	}
}

static char long_line[PASSPHRASE_MAX + 2];

static const struct {
	const char *content;
	size_t size;
	const char *passphrase; /* NULL: refused */
	const char *text, *why;
} files[] = {
	{ "secret\n", 7, "secret", NULL, "a line" },
	{ "secret", 6, "secret", NULL, "one without an end" },
	{ "secret\r\n", 8, "secret", NULL, "one of Windows" },
	{ " se cret \n", 10, " se cret ", NULL, "spaces count" },
	{ "\xc3\xbc\n", 3, "\xc3\xbc", NULL, "any bytes" },
	{ long_line, PASSPHRASE_MAX, long_line, NULL, "the longest" },
	{ "", 0, NULL, "no passphrase", "nothing" },
	{ "\n", 1, NULL, "no passphrase", "an empty line" },
	{ "\r\n", 2, NULL, "no passphrase", "one of Windows" },
	{ "one\ntwo\n", 8, NULL, "more than one line", "two lines: it may be another file" },
	{ "\nsecret\n", 8, NULL, "more than one line", "an empty line first" },
	{ "se\0cret\n", 8, NULL, "more than one line", "a NUL" },
	{ long_line, PASSPHRASE_MAX + 1, NULL, "longer", "longer than OpenSSL takes" },
};

static void test_passphrases(void **state)
{
	(void)state;
	memset(long_line, 'x', PASSPHRASE_MAX + 1);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct err err = { 0 };
		struct slice in = { (const uint8_t *)files[i].content, files[i].size }, out;
		bool ok = key_parse_passphrase("file", in, &out, &err);
		if (ok != !!files[i].passphrase ||
		    (ok && memcmp(out.p, files[i].passphrase, out.len) != 0) ||
		    (!ok && !strstr(err.msg, files[i].text)))
			fail_msg("%s: '%s'", files[i].why, err.msg);
	}
}

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static const struct {
	const char *key, *passphrase;
	enum err_code code;
	const char *text, *why;
} keys[] = {
	{ "plain", NULL, ERR_NONE, NULL, "not encrypted" },
	{ "plain", "right", ERR_NONE, NULL, "a passphrase that is for another key is not read" },
	{ "pkcs8", "right", ERR_NONE, NULL, "PKCS #8" },
	{ "scrypt", "right", ERR_NONE, NULL, "PKCS #8 with scrypt" },
	{ "traditional", "right", ERR_NONE, NULL, "OpenSSL's older format" },
	{ "pkcs8", "wrong", ERR_USAGE, "does not open", "another passphrase" },
	{ "traditional", "wrong", ERR_USAGE, "does not open", "the same, older format" },
	{ "pkcs8", "two", ERR_USAGE, "more than one line", "no passphrase" },
	{ "pkcs8", "none", ERR_SYSTEM, "cannot open 'none'", "no file" },
	{ "pkcs8", NULL, ERR_USAGE, "no terminal", "nobody to ask" },
	{ "damaged", "right", ERR_FORMAT, "no private key", "cut in its middle" },
	{ "public", NULL, ERR_FORMAT, "no private key", "the other half" },
	{ "empty", NULL, ERR_FORMAT, "no private key", "nothing" },
	{ "none", NULL, ERR_SYSTEM, "cannot open 'none'", "no file" },
};

static void test_files(void **state)
{
	(void)state;
	run("umask 077; openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "
	    "plain "
	    "2>/dev/null || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "
	    "plain; "
	    "printf 'secret\\n' >right; printf 'secreT\\n' >wrong; printf 'a\\nb\\n' >two; : "
	    ">empty; "
	    "openssl pkey -in plain -aes256 -passout file:right -out pkcs8 && "
	    "openssl pkcs8 -topk8 -scrypt -in plain -passout file:right -out scrypt && "
	    "openssl ec -in plain -aes128 -passout file:right -out traditional 2>/dev/null && "
	    "openssl pkey -in plain -pubout -out public && "
	    "sed 3d pkcs8 >damaged");
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct err err = { 0 };
		struct key_place place = { .key = keys[i].key,
					   .passphrase_file = keys[i].passphrase };
		AUTO(key_auto_free) struct key *k = key_read(&place, &err);
		if (err.code != keys[i].code || !k != !!keys[i].text ||
		    (!k && !strstr(err.msg, keys[i].text)))
			fail_msg("%s: %d '%s'", keys[i].why, (int)err.code, err.msg);
		if (k)
			assert_true(EVP_PKEY_is_a(key_pkey(k), "EC"));
	}
}

static const struct {
	struct key_place place;
	enum err_code code;
	const char *text;
} places[] = {
	{ { .key = "pkcs11:token=T" }, ERR_USAGE, "--pkcs11-module" },
	{ { .key = "pkcs11:token=T", .module = "none" }, ERR_SYSTEM, "cannot open 'none'" },
	{ { .key = "pkcs11:token=T;pin-value=1", .module = "plain" }, ERR_USAGE, "PIN" },
	{ { .key = "plain", .passphrase_file = "none" }, ERR_SYSTEM, "cannot open 'none'" },
	{ { .key = "none" }, ERR_SYSTEM, "cannot open 'none'" },
};

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct err err = { 0 };
		AUTO(key_auto_free) struct key *k = key_read(&places[i].place, &err);
		if (k || err.code != places[i].code || !strstr(err.msg, places[i].text))
			fail_msg("%s: %d '%s'", places[i].place.key, (int)err.code, err.msg);
	}
}

/* Without a terminal of its own, whatever the tests are started from. */
static int enter(void **state)
{
	int gone = setsid();
	(void)gone; /* it leads a session already */
	return enter_temp_dir(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uris),
		cmocka_unit_test(test_passphrases),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_places),
	};
	return cmocka_run_group_tests(tests, enter, leave_temp_dir);
}
