/* SPDX-License-Identifier: MIT */
/* fuzz_sign.c - input: the PKCS #7 of an Authenticode signature, or a file of certificates. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = { data, size };
	char subject[SIGNER_NAME_SIZE] = "";
	AUTO(buf_done) struct buf pem = BUF_INIT(SIGN_PEM_MAX), again = BUF_INIT(SIGN_PEM_MAX);
	if (sign_read_pkcs7(input, subject, &pem, NULL) &&
	    (pem.len == 0 || strlen(subject) >= sizeof(subject)))
		abort();
	if (!sign_add_pem(input, &again, NULL) && size && data[0] != 0x30 && size < SIGN_PEM_MAX)
		abort();
	return 0;
}
