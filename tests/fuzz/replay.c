/* SPDX-License-Identifier: MIT */
/*
 * replay.c - run a fuzz target once over each file named: its corpus as a plain test.
 *
 * With `make fuzz` the same target is linked with libFuzzer instead.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_SIZE_MAX (16u << 20)

/* NULL, and a message, when it can't be read.  free() it. */
static uint8_t *read_input(const char *path, size_t *size)
{
	AUTO(auto_fclose) FILE *f = fopen(path, "rb");
	AUTO(auto_free) uint8_t *all = malloc(INPUT_SIZE_MAX + 1);
	if (!f || !all) {
		perror(path);
		return NULL;
	}
	*size = fread(all, 1, INPUT_SIZE_MAX + 1, f);
	if (ferror(f) || *size > INPUT_SIZE_MAX) {
		fprintf(stderr, "'%s' can't be read, or is too large\n", path);
		return NULL;
	}
	/* an allocation of exactly that size, so that the sanitizer sees a read past it */
	uint8_t *exact = malloc(*size ? *size : 1);
	if (exact && *size)
		memcpy(exact, all, *size);
	return exact;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t size = 0;
		AUTO(auto_free) uint8_t *input = read_input(argv[i], &size);
		if (!input)
			return 1;
		(void)LLVMFuzzerTestOneInput(input, size);
	}
	printf("%d passed, 0 failed\n", argc - 1);
	return 0;
}
