/* SPDX-License-Identifier: MIT */
/* driver_trust.c - see driver_trust.h: the verdict. */
#include "driver_trust.h"

#include <stdio.h>

/* Of winerror.h; the numbers are part of what is tested. */
#define NO_SIGNATURE 0x800b0100u    /* TRUST_E_NOSIGNATURE */
#define NOT_IN_CATALOG 0x80092003u  /* CRYPT_E_FILE_ERROR */
#define ELEMENT_MISSING 0x80070490u /* ERROR_NOT_FOUND */

static const struct {
	uint32_t answer;
	enum err_code code;
	const char *words;
} verdicts[] = {
	{ NO_SIGNATURE, ERR_UNSIGNED, "it has no signature, or does not list the file" },
	{ NOT_IN_CATALOG, ERR_UNSIGNED, "it does not list the file" },
	{ ELEMENT_MISSING, ERR_UNSIGNED, "it does not list the file" },
	{ 0x80096010u, ERR_DIGEST, "the file was changed after it was signed" },
	{ 0x800b0003u, ERR_SIGNATURE, "it is not a catalog" },
	{ 0x800b0004u, ERR_UNTRUSTED, "its signer is not trusted for drivers" },
	{ 0x800b0101u, ERR_EXPIRED, "its signer's certificate was not valid then" },
	{ 0x800b0109u, ERR_UNTRUSTED, "its signer's root is not trusted on this machine" },
	{ 0x800b010au, ERR_UNTRUSTED, "its signer's chain leads to no root" },
	{ 0x800b010cu, ERR_UNTRUSTED, "its signer's certificate is revoked" },
	{ 0x800b0110u, ERR_UNTRUSTED, "its signer's certificate is not for this use" },
	{ 0x800b0111u, ERR_UNTRUSTED, "its signer is distrusted on this machine" },
};

static bool is_absent(uint32_t answer)
{
	return answer == NO_SIGNATURE || answer == NOT_IN_CATALOG || answer == ELEMENT_MISSING;
}

bool driver_trust_verdict(const char *inf, const char *catalog, uint32_t by_sha256,
			  uint32_t by_sha1, struct err *err)
{
	if (by_sha256 == 0 || by_sha1 == 0)
		return true;
	/* The digest that the catalog does not have says nothing. */
	uint32_t answer = is_absent(by_sha256) ? by_sha1 : by_sha256;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (verdicts[i].answer == answer)
			return err_set(err, verdicts[i].code,
				       "the catalog '%s' of '%s' is not good: %s (0x%08x)", catalog,
				       inf, verdicts[i].words, (unsigned)answer);
	return err_set(err, ERR_SIGNATURE, "the catalog '%s' of '%s' is not good: error 0x%08x",
		       catalog, inf, (unsigned)answer);
}
