/* SPDX-License-Identifier: MIT */
/* fuzz_needs.c - needs that are taken give a plan an answer, whatever the machine is. */
#include <stdlib.h>

#include "needs.h"
#include "plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct json_value *needs, struct facts *f)
{
	static struct step run = { .kind = STEP_RUN };
	struct package package = { .id = "p", .needs = needs, .install = &run, .install_count = 1 };
	AUTO(plan_done) struct plan p = { .chosen = &package, .space_staging = 1 };
	struct err err = { 0 };
	if (!preflight_make(f, NULL, &p, &err))
		abort();
	for (size_t i = 0; i < p.preflight_count; i++)
		if (!p.preflight[i].text[0] || p.preflight[i].code == ERR_NONE)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	if (size > 10000)
		return 0;
	AUTO(json_auto_free)
	struct json *j = json_parse("fuzz", (struct slice) { data, size }, &err);
	if (!j || !needs_check(j, json_top(j), &err))
		return 0;
	struct facts f = { .os = "linux",
			   .id = "rhel",
			   .version_id = "",
			   .kernel = "4.18.0-553.el8.x86_64",
			   .arch = "x86_64",
			   .package_manager = "rpm",
			   .secure_boot = SECURE_BOOT_ON,
			   .kernel_headers = ANSWER_NO,
			   .vendor_stack = "MLNX_OFED_LINUX-5.8" };
	look(json_top(j), &f);
	f.package_manager = "dpkg";
	f.tools.known = true;
	look(json_top(j), &f);
	return 0;
}
