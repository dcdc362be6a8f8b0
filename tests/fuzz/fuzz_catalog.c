/* SPDX-License-Identifier: MIT */
/* fuzz_catalog.c - a catalog that is taken can be planned from, whatever it says. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char facts_text[] =
	"{\"schema\":1,\"os\":\"linux\",\"id\":\"debian\",\"version_id\":\"12\","
	"\"pretty_name\":\"\",\"id_like\":[\"x\"],\"kernel\":\"6.1.0-40-amd64\","
	"\"arch\":\"x86_64\",\"nics\":[{\"address\":\"0101:00:00.0\",\"vendor\":\"15b3\","
	"\"device\":\"101c\",\"class\":\"020700\",\"sriov\":\"vf\",\"link\":\"infiniband\"}],"
	"\"network_direct\":true,\"secure_boot\":\"off\",\"chroot\":false,"
	"\"space_staging\":1,\"space_system\":2,\"package_manager\":\"dpkg\","
	"\"package_manager_locked\":false,\"packages\":["
	"{\"name\":\"liba\",\"version\":\"1\",\"arch\":\"amd64\",\"provides\":\"v (= 1)\"},"
	"{\"name\":\"libc6\",\"version\":\"2.36-9\",\"arch\":\"amd64\",\"conflicts\":\"libb\"},"
	"{\"name\":\"x\",\"version\":\"1\",\"arch\":\"all\",\"depends\":\"liba (= 1)\"}]}";

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 }, why = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	if (size > 100000)
		return 0;
	if (!catalog_parse((struct slice) { data, size }, &c, &err)) {
		check(err.code == ERR_FORMAT && err.msg[0]);
		return 0;
	}
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(plan_done) struct plan p = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(64u << 20);
	check(facts_parse("facts", slice_str(facts_text), &f, &err));
	bool ok = plan_make(&c, &f, NULL, &p, &why);
	check(ok == (why.code == ERR_NONE));
	check(plan_write_text(&p, &f, true, &out, &err));
	check(plan_write_json(&p, &f, &why, &out, &err));
	bool untied = plan_check_ties(&c, &err);
	/* Two that fit equally well are two that could: the builder would have refused them. */
	check(why.code != ERR_FORMAT || !untied);
	for (size_t i = 0; i < c.package_count; i++)
		check(catalog_find(&c, c.packages[i].id) == &c.packages[i]);
	return 0;
}
