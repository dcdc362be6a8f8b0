/* SPDX-License-Identifier: MIT */
/*
 * fuzz_facts_software.c - names of keys and files, and texts of uninstall keys and INF files, each up
 * to a NUL byte: whatever is in them, the facts can be saved and read again.
 */
#include <stdlib.h>

#include "facts_software.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX 1024

static void next_text(struct rd *rd, char out[TEXT_MAX])
{
	size_t n = 0;
	while (rd->left && n < TEXT_MAX - 1) {
		out[n] = (char)*rd_take(rd, 1).p;
		if (!out[n])
			return;
		n++;
	}
	out[n] = '\0';
}

static void check(const struct facts *f)
{
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 20);
	AUTO(facts_done) struct facts again = { 0 };
	if (!facts_write(f, &text, NULL) || !facts_parse("again", buf_slice(&text), &again, NULL) ||
	    again.software_count != f->software_count || again.driver_count != f->driver_count)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > (64u << 10))
		return 0;
	AUTO(facts_done)
	struct facts f = { .os = "windows", .id = "", .version_id = "", .pretty_name = "" };
	f.kernel = f.arch = "";
	f.package_manager = "msi";
	f.doc = json_parse("facts", slice_str("[]"), NULL);
	if (!f.doc)
		abort();
	struct rd rd = rd_new((struct slice) { data, size });
	while (rd.left) {
		char a[TEXT_MAX], b[TEXT_MAX], c[TEXT_MAX];
		next_text(&rd, a);
		next_text(&rd, b);
		next_text(&rd, c);
		struct facts_inf inf = { a, b, c, a, b };
		if (facts_is_oem_inf(a) ? !facts_add_driver(&f, &inf, NULL)
					: !facts_add_product(&f, a, b, c, true, NULL))
			break; /* there are enough */
	}
	facts_sort_software(&f);
	check(&f);
	return 0;
}
