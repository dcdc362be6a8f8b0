/* SPDX-License-Identifier: MIT */
/* sha256.c - the digests of crypto.h, by OpenSSL 3. */
#include "crypto.h"

#include <openssl/evp.h>

#define CHUNK_SIZE (256u << 10)

bool sha256_init(struct sha256 *h, struct err *err)
{
	if (!crypto_init(err))
		return false;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (!ctx || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL)) {
		EVP_MD_CTX_free(ctx);
		return err_no_memory(err);
	}
	h->state = ctx;
	return true;
}

/*
 * EVP_DigestUpdate counts in size_t all the way down.  It can't fail on a live context; if it did,
 * no later digest could be believed, and there is no way to tell the caller.
 */
void sha256_update(struct sha256 *h, const void *p, size_t n)
{
	if (n && !EVP_DigestUpdate(h->state, p, n))
		abort();
}

void sha256_final(struct sha256 *h, uint8_t out[SHA256_SIZE])
{
	if (!EVP_DigestFinal_ex(h->state, out, NULL))
		abort();
	sha256_done(h);
}

void sha256_done(struct sha256 *h)
{
	EVP_MD_CTX_free(h->state);
	h->state = NULL;
}

bool sha256_of(struct slice data, uint8_t out[SHA256_SIZE], struct err *err)
{
	struct sha256 h = { 0 };
	if (!sha256_init(&h, err))
		return false;
	sha256_update(&h, data.p, data.len);
	sha256_final(&h, out);
	return true;
}

bool sha256_of_source(const struct source *src, uint64_t offset, uint64_t size,
		      uint8_t out[SHA256_SIZE], struct err *err)
{
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK_SIZE);
	AUTO(sha256_done) struct sha256 h = { 0 };
	if (!chunk)
		return err_no_memory(err);
	if (!sha256_init(&h, err))
		return false;
	for (uint64_t done = 0; done < size;) {
		uint64_t left = size - done;
		size_t n = left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
		if (!source_read(src, offset + done, chunk, n, err))
			return false;
		sha256_update(&h, chunk, n);
		done += n;
	}
	sha256_final(&h, out);
	return true;
}

void sha256_hex(const uint8_t digest[SHA256_SIZE], char out[SHA256_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[2 * SHA256_SIZE] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool sha256_from_hex(const char *hex, uint8_t out[SHA256_SIZE])
{
	uint8_t digest[SHA256_SIZE];
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		int high = hex_value(hex[2 * i]);
		int low = high < 0 ? -1 : hex_value(hex[2 * i + 1]);
		if (low < 0)
			return false;
		digest[i] = (uint8_t)(high << 4 | low);
	}
	if (hex[2 * SHA256_SIZE] != '\0')
		return false;
	memcpy(out, digest, SHA256_SIZE);
	return true;
}
