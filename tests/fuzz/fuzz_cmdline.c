/* SPDX-License-Identifier: MIT */
/* fuzz_cmdline.c - whatever a line is split into is what its quoted form is split into again. */
#include <stdlib.h>
#include <string.h>

#include "cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf_done) struct buf line = BUF_INIT(10000), again = BUF_INIT(40000);
	AUTO(cmdline_done) struct cmdline first = { 0 }, second = { 0 };
	struct err err = { 0 };
	buf_add(&line, data, size);
	if (line.bad || memchr(buf_str(&line), '\0', line.len))
		return 0;
	check(cmdline_split(buf_str(&line), &first, &err));
	check(first.argc >= 1 && !first.argv[first.argc]);
	bool quotable = cmdline_quote((const char *const *)first.argv, &again);
	check(quotable == (strchr(first.argv[0], '"') == NULL));
	if (!quotable)
		return 0;
	check(cmdline_split(buf_str(&again), &second, &err) && second.argc == first.argc);
	for (int i = 0; i < first.argc; i++)
		check(strcmp(first.argv[i], second.argv[i]) == 0);
	return 0;
}
