/* SPDX-License-Identifier: MIT */
/*
 * seed.c - libcrypto's own collection of entropy, which has none: provider.c asks the system itself.
 *
 * Stands in for OpenSSL's prov_seed.c, which offers seeds to providers, and for rand_unix.c and
 * rand_win.c behind it, which would open devices and link the systems' older interfaces.
 */
#include <openssl/core.h>

#include "crypto/rand.h"

size_t ossl_rand_get_entropy(OSSL_LIB_CTX *library, unsigned char **out, int entropy,
			     size_t min_len, size_t max_len)
{
	(void)library, (void)out, (void)entropy, (void)min_len, (void)max_len;
	return 0;
}

size_t ossl_rand_get_user_entropy(OSSL_LIB_CTX *library, unsigned char **out, int entropy,
				  size_t min_len, size_t max_len)
{
	return ossl_rand_get_entropy(library, out, entropy, min_len, max_len);
}

void ossl_rand_cleanup_entropy(OSSL_LIB_CTX *library, unsigned char *buf, size_t len)
{
	(void)library, (void)buf, (void)len;
}

void ossl_rand_cleanup_user_entropy(OSSL_LIB_CTX *library, unsigned char *buf, size_t len)
{
	(void)library, (void)buf, (void)len;
}

size_t ossl_rand_get_nonce(OSSL_LIB_CTX *library, unsigned char **out, size_t min_len,
			   size_t max_len, const void *salt, size_t salt_len)
{
	(void)library, (void)out, (void)min_len, (void)max_len, (void)salt, (void)salt_len;
	return 0;
}

size_t ossl_rand_get_user_nonce(OSSL_LIB_CTX *library, unsigned char **out, size_t min_len,
				size_t max_len, const void *salt, size_t salt_len)
{
	return ossl_rand_get_nonce(library, out, min_len, max_len, salt, salt_len);
}

void ossl_rand_cleanup_nonce(OSSL_LIB_CTX *library, unsigned char *buf, size_t len)
{
	(void)library, (void)buf, (void)len;
}

void ossl_rand_cleanup_user_nonce(OSSL_LIB_CTX *library, unsigned char *buf, size_t len)
{
	(void)library, (void)buf, (void)len;
}

int ossl_rand_pool_init(void)
{
	return 1;
}

void ossl_rand_pool_cleanup(void)
{
}

void ossl_rand_pool_keep_random_devices_open(int keep)
{
	(void)keep;
}
