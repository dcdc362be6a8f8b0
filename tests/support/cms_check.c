/* SPDX-License-Identifier: MIT */
/*
 * cms_check.c - the stub's cryptography on a command line.
 *
 * Linked as the stub is (musl, trimmed libcrypto), so that test_crypto.c can put the same questions
 * to it as to the host's OpenSSL, which has everything and therefore proves nothing about the stub.
 *
 *   cms_check verify CMS CONTENT [TRUST...]   "pinned|unpinned NOT-BEFORE NOT-AFTER SUBJECT", or
 *                                             "failed REASON"
 *   cms_check sha256                          one digest a line, per set of instructions: that of
 *                                             the digests of 0, 1, ... SHA256_LENGTHS - 1 bytes
 *   cms_check speed                           SHA-256's rate, per set of instructions
 */
#include <inttypes.h>
#include <time.h>

#include "crypto.h"
#include "instructions.h"

#define FILE_SIZE_MAX (1u << 20)
#define SHA256_LENGTHS 1000
#define SPEED_SIZE (64u << 20)

static int usage(void)
{
	fprintf(stderr, "usage: cms_check verify CMS CONTENT [TRUST...] | sha256 | speed\n");
	return 2;
}

static int failed(const struct err *err)
{
	printf("failed %s\n", err_reason(err->code));
	fprintf(stderr, "%s\n", err->msg);
	return 1;
}

static bool load(const char *path, struct slice *out, struct err *err)
{
	AUTO(auto_fclose) FILE *f = fopen(path, "rb");
	uint8_t *p = f ? malloc(FILE_SIZE_MAX) : NULL;
	if (!p)
		return err_set(err, ERR_SYSTEM, "cannot read '%s'", path);
	*out = (struct slice) { p, fread(p, 1, FILE_SIZE_MAX, f) };
	return true;
}

static int verify(int argc, char **argv)
{
	struct err err = { 0 };
	struct slice cms = { 0 }, content = { 0 };
	struct signer signer;
	AUTO(trust_auto_free) struct trust *trust = trust_new(&err);

	if (!trust || !load(argv[0], &cms, &err) || !load(argv[1], &content, &err))
		return failed(&err);
	for (int i = 2; i < argc; i++) {
		struct slice anchors;
		if (!load(argv[i], &anchors, &err) || !trust_add(trust, argv[i], anchors, &err))
			return failed(&err);
	}
	if (!cms_verify(cms, content, trust, &signer, &err))
		return failed(&err);
	printf("%s %" PRIu64 " %" PRIu64 " %s\n", signer.pinned ? "pinned" : "unpinned",
	       signer.not_before, signer.not_after, signer.subject);
	return 0;
}

static int sha256_all(void)
{
	struct err err = { 0 };
	uint8_t data[SHA256_LENGTHS], digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t set = 0; instructions_choose(set); set++) {
		struct sha256 all = { 0 };
		if (!sha256_init(&all, &err))
			return failed(&err);
		for (size_t n = 0; n < sizeof(data); n++) {
			if (!sha256_of((struct slice) { data, n }, digest, &err))
				return failed(&err);
			sha256_update(&all, digest, sizeof(digest));
		}
		sha256_final(&all, digest);
		sha256_hex(digest, hex);
		printf("%s\n", hex);
	}
	return 0;
}

static int speed(void)
{
	struct err err = { 0 };
	uint8_t digest[SHA256_SIZE];
	uint8_t *data = calloc(1, SPEED_SIZE);

	const char *name = NULL;
	for (size_t set = 0; data && (name = instructions_choose(set)); set++) {
		clock_t start = clock();
		if (!sha256_of((struct slice) { data, SPEED_SIZE }, digest, &err))
			return failed(&err);
		double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
		printf("%s %.0f MB/s\n", name, SPEED_SIZE / seconds / 1e6);
	}
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[1], "verify") == 0)
		return verify(argc - 2, argv + 2);
	if (argc == 2 && strcmp(argv[1], "sha256") == 0)
		return sha256_all();
	if (argc == 2 && strcmp(argv[1], "speed") == 0)
		return speed();
	return usage();
}
