/* SPDX-License-Identifier: MIT */
/* fuzz_version.c - three versions, one a line: they have one order; and a range term. */
#include <stdlib.h>
#include <string.h>

#include "version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void check_order(int (*compare)(const char *, const char *), const char *const v[3])
{
	for (size_t i = 0; i < 3; i++) {
		check(compare(v[i], v[i]) == 0);
		for (size_t j = 0; j < 3; j++)
			check(sign(compare(v[i], v[j])) == -sign(compare(v[j], v[i])));
	}
	for (size_t i = 0; i < 3; i++) {
		const char *a = v[i], *b = v[(i + 1) % 3], *c = v[(i + 2) % 3];
		if (compare(a, b) <= 0 && compare(b, c) <= 0)
			check(compare(a, c) <= 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4096)
		return 0;
	AUTO(auto_free) char *text = calloc(size + 1, 1);
	check(text != NULL);
	if (size)
		memcpy(text, data, size);
	char *at = text;
	const char *v[3] = { "", "", "" };
	for (size_t i = 0; i < 3 && at; i++) {
		v[i] = at;
		at = strchr(at, '\n');
		if (at)
			*at++ = '\0';
	}
	check_order(version_compare, v);
	check_order(version_compare_deb, v);
	struct err err = { 0 };
	if (version_term_valid(v[0], &err)) {
		bool once = version_term_holds(v[0], v[1]);
		check(version_compare(v[1], v[2]) != 0 || strcmp(v[1], v[2]) != 0 ||
		      version_term_holds(v[0], v[2]) == once);
	} else {
		check(err.code != ERR_NONE && err.msg[0]);
	}
	return 0;
}
