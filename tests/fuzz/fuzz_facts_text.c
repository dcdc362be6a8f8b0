/* SPDX-License-Identifier: MIT */
/*
 * fuzz_facts_text.c - system files of an image root that somebody else made: whatever is in them,
 * the facts can be saved and read again.  The first byte says which kind of file it is.
 */
#include <stdlib.h>

#include "facts_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_kind(uint8_t kind, struct slice text, struct facts *f)
{
	switch (kind) {
	case 'o':
		return facts_read_os_release(text, f, NULL);
	case 'd':
		return facts_read_dpkg_status(text, f, NULL);
	case 'u': /* the same package again and again */
		return facts_read_dpkg_status(text, f, NULL) &&
		       facts_update_dpkg_status(text, f, NULL);
	case 'k':
		f->nd_version = facts_read_kvp(text, "NdDriverVersion", f);
		return true;
	case 'b':
		return facts_read_builtin(text, f, NULL);
	case 's':
		return facts_read_ofed_info(text, f, NULL);
	default:
		return false;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > (1u << 20))
		return 0;
	AUTO(facts_done)
	struct facts f = { .os = "linux", .id = "", .version_id = "", .pretty_name = "" };
	f.kernel = f.arch = "";
	f.package_manager = "dpkg";
	f.doc = json_parse("facts", slice_str("[]"), NULL);
	if (!f.doc)
		abort();
	if (!read_kind(data[0], (struct slice) { data + 1, size - 1 }, &f))
		return 0;
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 20);
	if (!facts_write(&f, &text, NULL))
		abort();
	return 0;
}
