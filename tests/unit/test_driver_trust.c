/* SPDX-License-Identifier: MIT */
/*
 * test_driver_trust.c - what WinVerifyTrust()'s answers mean.  Only they can be shown here: Wine's
 * own answers say nothing about Windows.
 */
#include "driver_trust.h"
#include "support.h"

#define ABSENT 0x800b0100u

static const struct {
	uint32_t by_sha256, by_sha1;
	enum err_code code;
	const char *message, *why;
} cases[] = {
	{ 0, 0, ERR_NONE, "", "both" },
	{ 0, ABSENT, ERR_NONE, "", "a catalog of SHA-256" },
	{ ABSENT, 0, ERR_NONE, "", "a catalog of SHA-1" },
	{ 0, 0x800b0109, ERR_NONE, "", "by either it is listed and its signer trusted" },
	{ ABSENT, ABSENT, ERR_UNSIGNED, "does not list the file (0x800b0100)", "in neither" },
	{ 0x80092003, 0x80092003, ERR_UNSIGNED, "does not list the file", "in neither" },
	{ 0x80070490, ABSENT, ERR_UNSIGNED, "does not list the file", "in neither" },
	{ 0x800b0109, ABSENT, ERR_UNTRUSTED, "root is not trusted",
	  "the digest that is there counts" },
	{ ABSENT, 0x800b0109, ERR_UNTRUSTED, "root is not trusted", "likewise" },
	{ 0x80096010, ABSENT, ERR_DIGEST, "changed after it was signed", "a changed file" },
	{ 0x800b0003, 0x800b0003, ERR_SIGNATURE, "not a catalog", "any other file as catalog" },
	{ 0x800b0004, ABSENT, ERR_UNTRUSTED, "not trusted for drivers", "plain code signing" },
	{ 0x800b0101, ABSENT, ERR_EXPIRED, "not valid then", "expired, no time stamp" },
	{ 0x800b010a, ABSENT, ERR_UNTRUSTED, "leads to no root", "intermediate missing" },
	{ 0x800b010c, ABSENT, ERR_UNTRUSTED, "revoked", "revoked" },
	{ 0x800b0110, ABSENT, ERR_UNTRUSTED, "not for this use", "a certificate for TLS" },
	{ 0x800b0111, ABSENT, ERR_UNTRUSTED, "distrusted", "in the list of untrusted ones" },
	{ 0x80004005, ABSENT, ERR_SIGNATURE, "error 0x80004005", "no answer that is known" },
	{ 1, 1, ERR_SIGNATURE, "error 0x00000001", "anything but 0 is no" },
};

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		bool ok = driver_trust_verdict("d\\mlx5.inf", "mlx5.cat", cases[i].by_sha256,
					       cases[i].by_sha1, &err);
		if (ok != (cases[i].code == ERR_NONE) || err.code != cases[i].code ||
		    !strstr(err.msg, cases[i].message))
			fail_msg("%s: %d '%s'", cases[i].why, (int)err.code, err.msg);
		assert_true(ok ||
			    (strstr(err.msg, "'d\\mlx5.inf'") && strstr(err.msg, "'mlx5.cat'")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_verdicts) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
