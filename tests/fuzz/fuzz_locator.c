/* SPDX-License-Identifier: MIT */
/*
 * fuzz_locator.c - input: a locator's offset in its file (u64), then the locator.
 *
 * Its check value is made right first, or no input would get any further.
 */
#include <stdint.h>
#include <stdlib.h>

#include "crypto.h"
#include "locator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_new((struct slice) { data, size });
	uint64_t offset = rd_u64le(&r);
	struct locator l;
	if (r.left != LOCATOR_SIZE) {
		if (locator_parse((struct slice) { r.p, r.left }, offset, &l, NULL))
			abort();
		return 0;
	}
	uint8_t raw[LOCATOR_SIZE], digest[SHA256_SIZE];
	rd_copy(&r, raw, sizeof(raw));
	struct slice whole = { raw, sizeof(raw) };
	if (!sha256_of((struct slice) { raw, LOCATOR_SIZE - LOCATOR_CHECK_SIZE }, digest, NULL))
		return 0;
	memcpy(raw + LOCATOR_SIZE - LOCATOR_CHECK_SIZE, digest, LOCATOR_CHECK_SIZE);
	if (!locator_parse(whole, offset, &l, NULL))
		return 0;
	AUTO(buf_done) struct buf again = BUF_INIT(LOCATOR_SIZE);
	if (!locator_write(&l, &again, NULL) || !slice_equal(buf_slice(&again), whole))
		abort(); /* there is one way to write a locator */
	return 0;
}
