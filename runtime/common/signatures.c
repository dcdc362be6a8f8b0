/* SPDX-License-Identifier: MIT */
/* signatures.c - the section that holds one CMS after the other; see bundle.h. */
#include "bundle.h"

bool signatures_parse(struct slice section, struct slice out[SIGNATURES_MAX], size_t *count,
		      struct err *err)
{
	struct rd r = rd_new(section);
	uint32_t n = rd_u32le(&r);
	if (section.len != SIGNATURES_SIZE || n > SIGNATURES_MAX)
		return err_set(err, ERR_FORMAT, "the bundle's signatures are damaged");
	struct slice found[SIGNATURES_MAX] = { 0 };
	for (uint32_t i = 0; i < n; i++) {
		found[i] = rd_take(&r, rd_u32le(&r));
		if (found[i].len == 0)
			return err_set(err, ERR_FORMAT, "the bundle's signatures are damaged");
	}
	/* Bytes that nobody looks at would let two files differ and both be good. */
	if (!slice_is_zero((struct slice) { r.p, r.left }))
		return err_set(err, ERR_FORMAT,
			       "the bundle's signatures are not followed by zeros");
	memcpy(out, found, sizeof(found));
	*count = n;
	return true;
}

bool signatures_write(const struct slice *cms, size_t count, struct buf *out, struct err *err)
{
	if (count > SIGNATURES_MAX)
		return err_set(err, ERR_USAGE, "a bundle can hold %d signatures, not %zu",
			       SIGNATURES_MAX, count);
	AUTO(buf_done) struct buf section = BUF_INIT(SIGNATURES_SIZE);
	buf_add_u32le(&section, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		buf_add_u32le(&section, (uint32_t)cms[i].len);
		buf_add(&section, cms[i].p, cms[i].len);
	}
	static const uint8_t zeros[512];
	while (!section.bad && section.len < SIGNATURES_SIZE) {
		size_t n = SIGNATURES_SIZE - section.len;
		buf_add(&section, zeros, n < sizeof(zeros) ? n : sizeof(zeros));
	}
	if (!buf_ok(&section, "the section of signatures", err))
		return false;
	buf_add(out, section.p, section.len);
	return buf_ok(out, "the bundle", err);
}
