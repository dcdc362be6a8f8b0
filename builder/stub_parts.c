/* SPDX-License-Identifier: MIT */
/* stub_parts.c - see stub_parts.h. */
#include "stub_parts.h"

#include <string.h>

#include "stanza.h"
#include "stub.h"

#define NOTE_MAX 1024

/* What is known of the libraries that stubs are built with, by the names of runtime/third-party.sh. */
static const struct known {
	const char *name, *title, *supplier, *license;
} known[] = {
	{ "cjson", "cJSON", "Dave Gamble and cJSON contributors", "MIT" },
	{ "libgcc", "GCC's runtime library", "Free Software Foundation",
	  "GPL-3.0-or-later WITH GCC-exception-3.1" },
	{ "liblzma", "XZ Utils, liblzma", "The Tukaani Project", NULL }, /* differs by version */
	{ "libzstd", "Zstandard", "Meta Platforms", "BSD-3-Clause OR GPL-2.0-only" },
	{ "mingw-w64", "mingw-w64's runtime", "The mingw-w64 project", NULL }, /* differs by file */
	{ "musl", "musl libc", "Rich Felker and musl contributors", "MIT" },
	{ "openssl", "OpenSSL, libcrypto", "The OpenSSL Project", "Apache-2.0" }, /* from 3.0 on */
	{ 0 },
};

/* False: it has none. */
static bool find_note(struct slice stub, struct slice *out)
{
	const char *magic = STUB_PARTS_MAGIC;
	size_t n = strlen(magic);
	for (size_t i = 0; i < stub.len && n < stub.len - i; i++) {
		if (stub.p[i] != (uint8_t)magic[0] || memcmp(stub.p + i, magic, n) != 0)
			continue;
		struct slice rest = slice_part(stub, i + n, stub.len);
		const uint8_t *end = memchr(rest.p, 0, rest.len);
		*out = slice_part(rest, 0, end ? (size_t)(end - rest.p) : rest.len);
		return true;
	}
	return false;
}

static bool is_plain(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return s.len > 0;
}

/* "NAME VERSION[ of DATE]" */
static bool split(struct slice item, struct slice *name, struct slice *version)
{
	return slice_next_word(&item, name) && slice_next_word(&item, version);
}

static void describe(struct stub_part *p)
{
	p->title = p->name;
	p->debian = strchr(p->version, '-') != NULL;
	for (const struct known *k = known; k->name; k++) {
		if (strcmp(k->name, p->name) != 0)
			continue;
		p->title = k->title;
		p->supplier = k->supplier;
		p->license = k->license;
	}
}

static bool next_item(struct slice *rest, struct slice *item)
{
	if (!rest->len)
		return false;
	const uint8_t *comma = memchr(rest->p, ',', rest->len);
	size_t n = comma ? (size_t)(comma - rest->p) : rest->len;
	*item = slice_trim(slice_part(*rest, 0, n));
	*rest = slice_part(*rest, comma ? n + 1 : n, rest->len);
	return true;
}

bool stub_parts_find(struct slice stub, struct texts *texts, struct stub_parts *out,
		     struct err *err)
{
	struct stub_parts parts = { 0 };
	struct slice note = { 0 }, item, name, version;
	if (!find_note(stub, &note)) {
		*out = parts;
		return true;
	}
	if (note.len > NOTE_MAX || !is_plain(note))
		return err_set(err, ERR_FORMAT, "the stub's list of its parts is not text");
	for (size_t i = 0; next_item(&note, &item); i++) {
		if (!split(item, &name, &version) || parts.count == STUB_PARTS_MAX ||
		    (i == 0 && !slice_is(name, "ibbundle")))
			return err_set(err, ERR_FORMAT,
				       "the stub's list of its parts is not names and versions");
		if (i == 0) {
			parts.version = texts_add(texts, version);
			continue;
		}
		struct stub_part *p = &parts.v[parts.count++];
		p->name = texts_add(texts, name);
		p->version = texts_add(texts, version);
		describe(p);
	}
	if (texts->bad)
		return err_no_memory(err);
	*out = parts;
	return true;
}
