/* SPDX-License-Identifier: MIT */
/*
 * fuzz_match.c - an array of two match objects: rules that are taken give an answer for any machine,
 * two that hold for the same one overlap, and the check for ties misses none.
 */
#include <stdlib.h>
#include <string.h>

#include "match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct facts machines[] = {
	{ .os = "linux",
	  .id = "debian",
	  .version_id = "12",
	  .kernel = "6.1.0-40-amd64",
	  .arch = "x86_64",
	  .nics = { { .address = "0101:00:00.0",
		      .vendor = 0x15b3,
		      .device = 0x101c,
		      .class_code = 0x020700,
		      .sriov = SRIOV_VF,
		      .link = LINK_INFINIBAND } },
	  .nic_count = 1 },
	{ .os = "windows",
	  .id = "",
	  .version_id = "",
	  .id_like = { "rhel" },
	  .id_like_count = 1,
	  .kernel = "",
	  .arch = "aarch64",
	  .network_direct = true,
	  .secure_boot = SECURE_BOOT_ON },
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	if (size > 10000)
		return 0;
	AUTO(json_auto_free) struct json *j =
		json_parse("fuzz", (struct slice) { data, size }, &err);
	if (!j || json_type(json_top(j)) != JSON_ARRAY || json_count(json_top(j)) != 2)
		return 0;
	const struct json_value *a = json_first(json_top(j)), *b = json_next(a);
	if (!match_check(j, a, &err) || !match_check(j, b, &err))
		return 0;
	for (size_t i = 0; i < 2; i++) {
		const char *key = NULL;
		char reason[MATCH_REASON_SIZE] = "";
		bool ha = match_holds(a, &machines[i], &key, reason);
		check(ha || (key && reason[0] && strlen(reason) < sizeof(reason)));
		bool hb = match_holds(b, &machines[i], &key, reason);
		check(!ha || !hb || match_overlap(a, b));
		bool alike =
			match_names_distro(a, &machines[i]) == match_names_distro(b, &machines[i]);
		check(!ha || !hb || !alike || match_equally_exact(a, b));
		check(!ha || match_system_misses(a, &machines[i], reason) == 0);
	}
	check(match_overlap(a, b) == match_overlap(b, a));
	check(match_equally_exact(a, b) == match_equally_exact(b, a));
	return 0;
}
