/* SPDX-License-Identifier: MIT */
/* fuzz_runner_wire.c - a request as the runner gets it: bounded, and sent on it is the same. */
#include <stdlib.h>
#include <string.h>

#include "runner_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void send_on(const struct wire_run *r, struct buf *out)
{
	struct runner_request req = { .argv = (const char *const *)r->argv,
				      .env = (const char *const *)r->env,
				      .cmdline = r->cmdline,
				      .dir = r->dir,
				      .timeout = r->timeout,
				      .finish = r->finish != 0 };
	wire_add_run(out, &req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(wire_run_done) struct wire_run r = { 0 };
	AUTO(wire_run_done) struct wire_run again = { 0 };
	AUTO(buf_done) struct buf once = BUF_INIT(WIRE_PAYLOAD_MAX), twice = BUF_INIT(0);
	if (size > WIRE_PAYLOAD_MAX)
		return 0;
	if (!wire_take_run((struct slice) { data, size }, &r, &err)) {
		check(err.code != ERR_NONE && err.msg[0] && !r.argv);
		return 0;
	}
	check(r.dir && r.argv && r.argv[0] && r.env);
	send_on(&r, &once);
	check(!once.bad && wire_take_run(buf_slice(&once), &again, &err));
	twice = BUF_INIT(WIRE_PAYLOAD_MAX);
	send_on(&again, &twice);
	check(slice_equal(buf_slice(&once), buf_slice(&twice)));
	return 0;
}
