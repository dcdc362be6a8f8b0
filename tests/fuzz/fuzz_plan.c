/* SPDX-License-Identifier: MIT */
/*
 * fuzz_plan.c - a catalog and, after a NUL, the facts of a machine: whatever both say, there is one plan
 * or one reason, and it can be told.
 */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "preflight.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void tell(const struct catalog *c, const struct facts *f, struct buf *out)
{
	struct err why = { 0 }, err = { 0 };
	AUTO(plan_done) struct plan p = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 20);
	bool ok = plan_make(c, f, NULL, &p, &why);
	check(ok == (why.code == ERR_NONE) && (ok || why.msg[0]));
	check(!ok || p.chosen);
	check(p.candidate_count == c->package_count);
	check(plan_write_text(&p, f, true, &text, &err));
	check(plan_write_json(&p, f, ok ? NULL : &why, out, &err));
	for (size_t i = 0; i < p.deb_count; i++)
		check(p.debs[i].action == DEB_INSTALL || p.debs[i].from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = { data, size };
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	if (!nul || size > 200000)
		return 0;
	size_t at = (size_t)(nul - data);
	struct err err = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	if (!catalog_parse(slice_part(input, 0, at), &c, &err) ||
	    !facts_parse("facts", slice_part(input, at + 1, size), &f, &err)) {
		check(err.code == ERR_FORMAT && err.msg[0]);
		return 0;
	}
	AUTO(buf_done) struct buf once = BUF_INIT(64u << 20), twice = BUF_INIT(64u << 20);
	tell(&c, &f, &once);
	tell(&c, &f, &twice);
	check(slice_equal(buf_slice(&once), buf_slice(&twice)));
	AUTO(json_auto_free) struct json *j = json_parse("plan", buf_slice(&once), &err);
	check(j != NULL);
	return 0;
}
