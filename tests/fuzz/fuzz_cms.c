/* SPDX-License-Identifier: MIT */
/* fuzz_cms.c - any bytes as a signature, and as a file of trusted certificates. */
#include "crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char content[] = "content\n";
	struct slice input = { data, size };
	struct signer signer;
	struct err err = { 0 };

	AUTO(trust_auto_free) struct trust *none = trust_new(&err);
	AUTO(trust_auto_free) struct trust *trust = trust_new(&err);
	if (!none || !trust)
		return 0;
	if (cms_verify(input, slice_str(content), none, &signer, &err) && signer.pinned)
		abort(); /* nothing was trusted */
	if (trust_add(trust, "fuzz", input, &err) != (trust_count(trust) > 0))
		abort();
	return 0;
}
