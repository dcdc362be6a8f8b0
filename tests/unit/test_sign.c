/* SPDX-License-Identifier: MIT */
#include "sign.h"

#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "file.h"
#include "support.h"

#define NOW UINT64_C(1790000000)
#define CREATED UINT64_C(1700000000)
#define YEAR (UINT64_C(365) * 86400)

static const uint8_t text[] = "what is signed";
static const struct slice signed_text = { text, sizeof(text) };

/* NAME.key and NAME.crt */
static void make_pair(const char *name, const char *algorithm, uint64_t from, uint64_t to)
{
	struct err err = { 0 };
	struct sign_keygen how = {
		.name = name, .algorithm = algorithm, .not_before = from, .not_after = to
	};
	AUTO(buf_done) struct buf key = { 0 }, certificate = { 0 };
	char path[64];
	assert_ok(sign_keygen(&how, &key, &certificate, &err));
	snprintf(path, sizeof(path), "%s.key", name);
	assert_ok(file_write_atomic(path, buf_slice(&key), 0600, &err));
	snprintf(path, sizeof(path), "%s.crt", name);
	assert_ok(file_write_atomic(path, buf_slice(&certificate), 0644, &err));
}

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static bool sign_with(const char *key, const char *crt, const char *chain, struct buf *cms,
		      struct signer *signer, struct err *err)
{
	struct sign_files from = { .key = { .key = key }, .certificate = crt, .chain = chain };
	AUTO(sign_key_auto_free) struct sign_key *k = sign_key_read(&from, err);
	return k && sign_bytes(k, signed_text, CREATED, NOW, cms, signer, err);
}

static void test_every_algorithm(void **state)
{
	(void)state;
	static const struct {
		const char *name, *digest;
		bool same; /* bytes for the same content, with any OpenSSL */
	} cases[] = {
		{ "p256", "sha256", false },
		{ "p384", "sha384", false },
		{ "rsa3072", "sha256", true },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct signer signer, again;
		AUTO(buf_done) struct buf cms = { 0 };
		char key[32], crt[32], command[512];
		make_pair(cases[i].name, cases[i].name, CREATED - YEAR, NOW + YEAR);
		snprintf(key, sizeof(key), "%s.key", cases[i].name);
		snprintf(crt, sizeof(crt), "%s.crt", cases[i].name);
		assert_ok(sign_with(key, crt, NULL, &cms, &signer, &err));
		assert_ok(cms_verify(buf_slice(&cms), signed_text, NULL, &again, &err));
		assert_non_null(strstr(signer.subject, cases[i].name));

		/* Stock tools agree, and find neither the clock's time nor another digest in it. */
		assert_ok(file_write_atomic("cms", buf_slice(&cms), 0644, &err));
		assert_ok(file_write_atomic("text", signed_text, 0644, &err));
		snprintf(command, sizeof(command),
			 "openssl cms -verify -binary -inform DER -in cms -content text -CAfile %s "
			 "-purpose any -no_check_time -out /dev/null 2>/dev/null",
			 crt);
		run(command);
		snprintf(command, sizeof(command),
			 "openssl cms -cmsout -print -inform DER -in cms | "
			 "grep -A3 signingTime | grep -q 'Nov 14 22:13:20 2023 GMT'");
		run(command);
		snprintf(command, sizeof(command),
			 "openssl asn1parse -inform DER -in cms | grep -q ':%s$'", cases[i].digest);
		run(command);

		AUTO(buf_done) struct buf second = { 0 };
		assert_ok(sign_with(key, crt, NULL, &second, &again, &err));
		bool same = second.len == cms.len && memcmp(second.p, cms.p, cms.len) == 0;
		assert_int_equal(same, cases[i].same || OpenSSL_version_num() >= 0x30200000);
	}
}

static void test_other_content(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct signer signer;
	AUTO(buf_done) struct buf cms = { 0 };
	make_pair("good", "p256", CREATED - YEAR, NOW + YEAR);
	assert_ok(sign_with("good.key", "good.crt", NULL, &cms, &signer, &err));
	struct slice other = { text, sizeof(text) - 1 };
	assert_fails(cms_verify(buf_slice(&cms), other, NULL, &signer, &err), ERR_SIGNATURE,
		     "does not match");
}

/* All certificates that must not sign, each made by openssl or keygen. */
static void test_refusals(void **state)
{
	(void)state;
	make_pair("good", "p256", CREATED - YEAR, NOW + YEAR);
	make_pair("other", "p256", CREATED - YEAR, NOW + YEAR);
	make_pair("late", "p256", CREATED + YEAR, NOW + YEAR);
	make_pair("over", "p256", CREATED - YEAR, CREATED + YEAR);
	run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=tls "
	    "-addext extendedKeyUsage=serverAuth -keyout tls.key -out tls.crt 2>/dev/null");
	run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=any "
	    "-keyout any.key -out any.crt 2>/dev/null");
	run("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=weak "
	    "-addext extendedKeyUsage=codeSigning -keyout weak.key -out weak.crt 2>/dev/null");
	run("openssl pkey -in good.key -aes256 -passout pass:x -out locked.key");
	run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-521 -nodes -subj /CN=big "
	    "-addext extendedKeyUsage=codeSigning -keyout big.key -out big.crt 2>/dev/null");
	run("openssl req -x509 -newkey ed25519 -nodes -subj /CN=ed "
	    "-addext extendedKeyUsage=codeSigning -keyout ed.key -out ed.crt 2>/dev/null");
	/* OpenSSL 3.5 could, but no reader accepts it. */
	bool old = OpenSSL_version_num() < 0x30500000;
	run("echo nothing > empty.key; cp empty.key empty.crt");
	const struct {
		const char *key, *crt, *chain;
		enum err_code code;
		const char *text, *why;
	} cases[] = {
		{ "other.key", "good.crt", NULL, ERR_USAGE, "not that of the certificate",
		  "another's key" },
		{ "late.key", "late.crt", NULL, ERR_SIGNER_EXPIRED, "creation",
		  "after the bundle" },
		{ "over.key", "over.crt", NULL, ERR_SIGNER_EXPIRED, "today", "expired" },
		{ "tls.key", "tls.crt", NULL, ERR_SIGNATURE, "code signing", "for TLS" },
		{ "any.key", "any.crt", NULL, ERR_SIGNATURE, "code-signing", "no purpose" },
		{ "weak.key", "weak.crt", NULL, ERR_SIGNATURE, "2048", "short RSA key" },
		{ "big.key", "big.crt", NULL, ERR_SIGNATURE, "P-384", "another curve" },
		{ "ed.key", "ed.crt", NULL, old ? ERR_SYSTEM : ERR_SIGNATURE,
		  old ? "OpenSSL 3.5" : "P-384", "no CMS with it" },
		{ "good.key", "ed.crt", NULL, ERR_USAGE, "not that of", "another type's" },
		{ "locked.key", "good.crt", NULL, ERR_USAGE, "passphrase", "nobody to ask for it" },
		{ "empty.key", "good.crt", NULL, ERR_FORMAT, "no private key", "not a key" },
		{ "good.key", "empty.crt", NULL, ERR_FORMAT, "no certificate", "not one" },
		{ "good.key", "good.crt", "empty.crt", ERR_FORMAT, "no certificate", "chain" },
		{ "none.key", "good.crt", NULL, ERR_SYSTEM, "none.key", "no file" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct signer signer;
		AUTO(buf_done) struct buf cms = { 0 };
		if (sign_with(cases[i].key, cases[i].crt, cases[i].chain, &cms, &signer, &err) ||
		    err.code != cases[i].code || !strstr(err.msg, cases[i].text))
			fail_msg("%s: %d '%s'", cases[i].why, (int)err.code, err.msg);
	}
}

/* "ca" is above "sub", and that above "leaf"; the last has the key that signs. */
static void make_chain(void)
{
	run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -subj /CN=ca "
	    "-days 3650 -keyout ca.key -out ca.crt 2>/dev/null");
	run("printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=keyCertSign\\n' >sub.ext; "
	    "printf 'extendedKeyUsage=codeSigning\\nkeyUsage=digitalSignature\\n' >leaf.ext; "
	    "issue() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$1 "
	    "-keyout $1.key -out $1.csr 2>/dev/null && "
	    "openssl x509 -req -in $1.csr -CA $2.crt -CAkey $2.key -CAcreateserial -days 3650 "
	    "-extfile $1.ext -out $1.crt 2>/dev/null; }; "
	    "issue sub ca && issue leaf sub && cat leaf.crt sub.crt >down.crt && "
	    "cat ca.crt sub.crt leaf.crt >up.crt");
}

static const struct {
	const char *crt, *chain;
	bool leads; /* to "ca", where only that is trusted */
	const char *why;
} chains[] = {
	{ "down.crt", NULL, true, "the signer's first" },
	{ "up.crt", NULL, true, "the anchor's first, and the signer's last" },
	{ "leaf.crt", "sub.crt", true, "a file of its own for what is between" },
	{ "down.crt", "ca.crt", true, "both" },
	{ "leaf.crt", NULL, false, "nothing leads from the signer to the anchor" },
	{ "leaf.crt", "ca.crt", false, "one is missing between them" },
};

static void test_chain(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_done) struct buf ca = { 0 };
	AUTO(trust_auto_free) struct trust *t = trust_new(&err);
	uint64_t now = (uint64_t)time(NULL) + 60;
	make_chain();
	assert_ok(file_read("ca.crt", 65536, &ca, &err));
	assert_ok(trust_add(t, "ca.crt", buf_slice(&ca), &err));
	for (size_t i = 0; i < COUNT_OF(chains); i++) {
		struct signer signer;
		AUTO(buf_done) struct buf cms = { 0 };
		struct sign_files from = { .key = { .key = "leaf.key" },
					   .certificate = chains[i].crt,
					   .chain = chains[i].chain };
		AUTO(sign_key_auto_free) struct sign_key *k = sign_key_read(&from, &err);
		assert_non_null(k);
		assert_ok(sign_bytes(k, signed_text, now, now, &cms, &signer, &err));
		assert_string_equal(signer.subject, "CN=leaf");
		bool leads = cms_verify(buf_slice(&cms), signed_text, t, &signer, &err);
		if (leads != chains[i].leads || (leads && !signer.pinned))
			fail_msg("%s: %s", chains[i].why, err.msg);
	}
	assert_false(sign_with("leaf.key", "sub.crt", NULL, &ca, NULL, &err));
	assert_int_equal(err.code, ERR_USAGE);
}

static void test_keygen(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct sign_keygen how = { .name = "x", .algorithm = "rsa1024" };
	AUTO(buf_done) struct buf key = { 0 }, certificate = { 0 };
	assert_fails(sign_keygen(&how, &key, &certificate, &err), ERR_USAGE,
		     "'rsa1024' is none of p256, p384, rsa3072");
}

/* Without a terminal, whatever the tests are started from. */
static int enter(void **state)
{
	int gone = setsid();
	(void)gone; /* it leads a session already */
	return enter_temp_dir(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_algorithm), cmocka_unit_test(test_other_content),
		cmocka_unit_test(test_refusals),        cmocka_unit_test(test_chain),
		cmocka_unit_test(test_keygen),
	};
	return cmocka_run_group_tests(tests, enter, leave_temp_dir);
}
