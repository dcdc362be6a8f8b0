/* SPDX-License-Identifier: MIT */
/*
 * fuzz_facts.c - facts that are taken write a document that reads back as itself, and any facts can
 * be planned for.
 */
#include <stdlib.h>
#include <string.h>

#include "plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SHA "\"00000000000000000000000000000000000000000000000000000000000000ff\""

static const char catalog_text[] =
	"{\"debs\":[{\"name\":\"a\",\"version\":\"2\",\"arch\":\"amd64\",\"path\":\"a\","
	"\"depends\":\"b (>= 1) | v (= 2), c:any\",\"conflicts\":\"d (<< 3)\",\"provides\":\"v\","
	"\"essential\":false,\"size\":1,\"installed_size\":1,\"sha256\":" SHA "}],"
	"\"packages\":[{\"id\":\"p\",\"title\":\"\",\"version\":\"1\",\"license\":\"\","
	"\"priority\":1,"
	"\"match\":{\"os\":\"linux\",\"distro\":\"debian-like\",\"release\":[\"12\",\">= "
	"20\"],\"kernel\":\">= 5\"},"
	"\"install\":[{\"deb\":{}}],\"debs\":[{\"deb\":0,\"batch\":0}],\"groups\":[],"
	"\"tree\":{\"block\":0,\"size\":0,\"sha256\":" SHA "},"
	"\"payload\":{\"bytes\":0,\"files\":0},\"vendor_bytes\":0}]}";

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void plan_for(const struct facts *f)
{
	struct err err = { 0 }, why = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	AUTO(plan_done) struct plan p = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(64u << 20);
	check(catalog_parse(slice_str(catalog_text), &c, &err));
	bool ok = plan_make(&c, f, NULL, &p, &why);
	check(ok == (why.code == ERR_NONE));
	check(plan_write_text(&p, f, true, &out, &err));
	for (size_t i = 0; i < out.len; i++)
		check(out.p[i] >= 0x20 || out.p[i] == '\n');
	check(plan_write_json(&p, f, &why, &out, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	if (size > 100000)
		return 0;
	if (!facts_parse("fuzz", (struct slice) { data, size }, &f, &err)) {
		check(err.code == ERR_FORMAT && err.msg[0]);
		return 0;
	}
	AUTO(buf_done) struct buf once = BUF_INIT(16u << 20);
	AUTO(buf_done) struct buf twice = BUF_INIT(16u << 20);
	AUTO(facts_done) struct facts g = { 0 };
	check(facts_write(&f, &once, &err));
	check(facts_parse("again", buf_slice(&once), &g, &err));
	check(facts_write(&g, &twice, &err));
	check(slice_equal(buf_slice(&once), buf_slice(&twice)));
	plan_for(&f);
	return 0;
}
