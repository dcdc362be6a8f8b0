/* SPDX-License-Identifier: MIT */
/*
 * fuzz_json.c - whatever json_parse() takes has one canonical text, which reads back as itself.
 */
#include <stdlib.h>

#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* An error about each value must find its place. */
static void visit(const struct json *j, const struct json_value *v, unsigned *budget)
{
	struct err err = { 0 };
	if (*budget == 0)
		return;
	--*budget;
	check(!json_error(j, v, &err, "x") && err.code == ERR_FORMAT && err.msg[0]);
	for (const struct json_value *c = json_first(v); c; c = json_next(c))
		visit(j, c, budget);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(json_auto_free) struct json *j =
		json_parse("fuzz", (struct slice) { data, size }, &err);
	if (!j) {
		check(err.code == ERR_FORMAT && err.msg[0]);
		return 0;
	}
	unsigned budget = 50;
	visit(j, json_top(j), &budget);

	AUTO(buf_done) struct buf plain = BUF_INIT(64u << 20);
	AUTO(buf_done) struct buf pretty = BUF_INIT(256u << 20);
	AUTO(buf_done) struct buf again = BUF_INIT(64u << 20);
	check(json_print(j, false, &plain, &err) && json_print(j, true, &pretty, &err));
	AUTO(json_auto_free) struct json *k = json_parse("again", buf_slice(&pretty), &err);
	check(k && json_print(k, false, &again, &err));
	check(slice_equal(buf_slice(&plain), buf_slice(&again)));
	return 0;
}
