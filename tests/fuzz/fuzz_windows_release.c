/* SPDX-License-Identifier: MIT */
/*
 * fuzz_windows_release.c - which Windows it is, from a registry with anything in it: facts come out
 * that can be saved and read again.  Build and product type in front, then texts up to a NUL byte.
 */
#include <stdlib.h>

#include "windows_release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX 1024

static const char *next_text(struct rd *rd, char out[TEXT_MAX])
{
	size_t n = 0;
	if (!rd->left)
		return NULL;
	while (rd->left && n < TEXT_MAX - 1) {
		out[n] = (char)*rd_take(rd, 1).p;
		if (!out[n])
			return out;
		n++;
	}
	out[n] = '\0';
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char texts[5][TEXT_MAX];
	AUTO(facts_done) struct facts f = { .os = "windows", .arch = "", .package_manager = "msi" };
	AUTO(facts_done) struct facts again = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(1u << 20);
	struct rd rd = rd_new((struct slice) { data, size });
	struct windows_release w = { .major = 10 };
	w.build = rd_u32le(&rd);
	w.product_type = rd_u16le(&rd);
	if (rd.bad)
		return 0;
	w.name = next_text(&rd, texts[0]);
	w.edition = next_text(&rd, texts[1]);
	w.installation = next_text(&rd, texts[2]);
	w.display = next_text(&rd, texts[3]);
	w.lab = next_text(&rd, texts[4]);
	f.doc = json_parse("facts", slice_str("[]"), NULL);
	if (!f.doc || !windows_release_describe(&w, &f, NULL) || !facts_write(&f, &text, NULL) ||
	    !facts_parse("again", buf_slice(&text), &again, NULL))
		abort();
	return 0;
}
