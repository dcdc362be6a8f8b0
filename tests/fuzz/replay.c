/* SPDX-License-Identifier: MIT */
/*
 * replay.c - run a fuzz target once over each file named: its corpus as a plain test.
 *
 * With `make fuzz` the same target is linked with libFuzzer instead.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_SIZE_MAX (16u << 20)

int main(int argc, char **argv)
{
	struct err err = { 0 };
	for (int i = 1; i < argc; i++) {
		AUTO(buf_done) struct buf input = BUF_INIT(0);
		if (!file_read(argv[i], INPUT_SIZE_MAX, &input, &err)) {
			fprintf(stderr, "%s\n", err.msg);
			return 1;
		}
		/* an allocation of exactly that size, so that the sanitizer sees a read past it */
		AUTO(auto_free) uint8_t *exact = malloc(input.len ? input.len : 1);
		if (!exact)
			return 1;
		if (input.len)
			memcpy(exact, input.p, input.len);
		(void)LLVMFuzzerTestOneInput(exact, input.len);
	}
	printf("%d passed, 0 failed\n", argc - 1);
	return 0;
}
