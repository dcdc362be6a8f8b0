/* SPDX-License-Identifier: MIT */
/* mac.c - see mac.h. */
#include "mac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "interrupt.h"

#define CHUNK (256u << 10)

bool hmac_sha256(struct slice key, struct slice data, uint8_t out[SHA256_SIZE], struct err *err)
{
	unsigned n = SHA256_SIZE;
	if (!crypto_init(err))
		return false;
	if (key.len > INT32_MAX ||
	    !HMAC(EVP_sha256(), key.p, (int)key.len, data.p, data.len, out, &n))
		return err_set(err, ERR_SYSTEM, "libcrypto has no HMAC-SHA-256");
	return true;
}

static void md_free(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

bool md5_of_source(const struct source *src, uint64_t offset, uint64_t size, uint8_t out[MD5_SIZE],
		   struct err *err)
{
	if (!crypto_init(err))
		return false;
	AUTO(md_free) EVP_MD_CTX *c = EVP_MD_CTX_new();
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK);
	if (!c || !chunk)
		return err_no_memory(err);
	if (EVP_DigestInit_ex(c, EVP_md5(), NULL) != 1)
		return err_set(err, ERR_SYSTEM,
			       "libcrypto offers no MD5 here (FIPS mode?), and the Blob service "
			       "checks uploads by it");
	for (uint64_t done = 0; done < size;) {
		size_t n = size - done < CHUNK ? (size_t)(size - done) : CHUNK;
		if (!interrupt_check(err) || !source_read(src, offset + done, chunk, n, err))
			return false;
		EVP_DigestUpdate(c, chunk, n);
		done += n;
	}
	return EVP_DigestFinal_ex(c, out, NULL) == 1 ||
	       err_set(err, ERR_SYSTEM, "libcrypto failed to make an MD5");
}

void base64_add(struct slice data, struct buf *out)
{
	uint8_t text[65];
	for (size_t i = 0; i < data.len; i += 48) {
		size_t n = data.len - i < 48 ? data.len - i : 48;
		int len = EVP_EncodeBlock(text, data.p + i, (int)n);
		buf_add(out, text, (size_t)len);
	}
}

bool base64_parse(const char *text, size_t len, struct buf *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t pad = 0;
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	if (len == 0 || len % 4 != 0)
		return false;
	for (size_t i = 0; i < len - pad; i++)
		if (!text[i] || !strchr(digits, text[i]))
			return false;
	for (size_t i = 0; i < len; i += 4) {
		uint8_t raw[3];
		size_t n = i + 4 == len ? 3 - pad : 3;
		if (EVP_DecodeBlock(raw, (const uint8_t *)text + i, 4) != 3)
			return false;
		buf_add(out, raw, n);
	}
	return !out->bad;
}

void buf_wipe(struct buf *b)
{
	if (b->p)
		OPENSSL_cleanse(b->p, b->cap);
	buf_done(b);
}
