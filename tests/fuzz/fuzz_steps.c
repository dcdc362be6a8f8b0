/* SPDX-License-Identifier: MIT */
/* fuzz_steps.c - steps that are taken are written as steps that mean the same. */
#include <stdlib.h>
#include <string.h>

#include "steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_step(const struct step *s)
{
	check(s->timeout > 0 && s->timeout <= STEP_TIMEOUT_MAX);
	check(s->arg_count <= STEP_ARGS_MAX + 1 && !s->args[s->arg_count]);
	for (size_t i = 0; i < s->arg_count; i++)
		check(s->args[i] != NULL);
	for (size_t i = 1; s->kind == STEP_MSI && i < s->arg_count; i++)
		check(strchr(s->args[i], '=') != NULL);
	check(!s->cmdline || (s->kind == STEP_RUN && s->arg_count == 1));
	check(step_kind_name(s->kind)[0] != '\0');
}

static void write_all(const struct step *steps, size_t count, struct buf *out)
{
	struct err err = { 0 };
	AUTO(json_auto_free) struct json *j = json_new("steps", &err);
	check(j != NULL);
	struct json_value *list = json_add_array(j, json_top(j), "steps");
	for (size_t i = 0; i < count; i++)
		steps_write(j, list, &steps[i]);
	check(json_print(j, false, out, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	if (size > 100000)
		return 0;
	AUTO(json_auto_free)
	struct json *j = json_parse("fuzz", (struct slice) { data, size }, &err);
	AUTO(auto_free) struct step *steps = NULL;
	AUTO(auto_free) struct step *back = NULL;
	size_t count = 0, back_count = 0;
	if (!j || !steps_parse(j, json_top(j), &steps, &count, &err)) {
		check(err.code == ERR_FORMAT && err.msg[0] && !steps);
		return 0;
	}
	AUTO(buf_done) struct buf once = BUF_INIT(16u << 20);
	AUTO(buf_done) struct buf twice = BUF_INIT(16u << 20);
	for (size_t i = 0; i < count; i++)
		check_step(&steps[i]);
	write_all(steps, count, &once);
	AUTO(json_auto_free) struct json *again = json_parse("again", buf_slice(&once), &err);
	check(again != NULL);
	check(steps_parse(again, json_get(json_top(again), "steps"), &back, &back_count, &err));
	check(back_count == count);
	write_all(back, back_count, &twice);
	check(slice_equal(buf_slice(&once), buf_slice(&twice)));
	return 0;
}
