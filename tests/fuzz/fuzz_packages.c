/* SPDX-License-Identifier: MIT */
/*
 * fuzz_packages.c - the texts of an apt repository: Packages, Release, gpgv's status and the armor.
 *
 * The first byte picks the parser; the rest is its text.
 */
#include <stdlib.h>

#include "apt_config.h"
#include "apt_index.h"
#include "gpgv.h"
#include "release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok, const struct err *err)
{
	if (!ok && (err->code == ERR_NONE || !err->msg[0]))
		abort();
}

static void packages(struct buf *text, struct err *err)
{
	AUTO(apt_index_done) struct apt_index x = { 0 };
	bool ok = apt_index_parse("fuzz", 0, text, &x, err);
	check(ok, err);
	for (size_t i = 0; i < x.count; i++) /* slices lie inside the text */
		if (x.packages[i].stanza.p < x.text.p ||
		    x.packages[i].stanza.p + x.packages[i].stanza.len > x.text.p + x.text.len)
			abort();
}

static void release(struct buf *text, struct err *err)
{
	AUTO(release_done) struct release r = { 0 };
	bool ok = release_parse("fuzz", text, &r, err);
	check(ok, err);
	uint8_t sha256[SHA256_SIZE];
	uint64_t file_size;
	if (ok)
		release_find(&r, "main/binary-amd64/Packages", sha256, &file_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	if (!size)
		return 0;
	struct slice rest = { data + 1, size - 1 };
	AUTO(buf_done) struct buf text = BUF_INIT(16u << 20);
	buf_add(&text, rest.p, rest.len);
	if (data[0] == 'P')
		packages(&text, &err);
	else if (data[0] == 'R')
		release(&text, &err);
	else if (data[0] == 'S')
		check(gpgv_judge("fuzz", rest, &err), &err);
	else if (data[0] == 'A')
		check(gpgv_check_armor("fuzz", rest, &err), &err);
	else
		(void)apt_signed_by(data[0] == 'L' ? "a.list" : "a.sources", rest, 1);
	return 0;
}
