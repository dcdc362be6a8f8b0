/* SPDX-License-Identifier: MIT */
/* test_msiexec.c - the lines that msiexec gets, and each answer it may give. */
#include "msiexec.h"
#include "support.h"

static const struct {
	const char *path, *properties[4], *line, *why;
} installs[] = {
	{ "C:\\x\\a.msi",
	  { NULL },
	  "/i \"C:\\x\\a.msi\" /qn /norestart /l*v \"C:\\log\\p-a.msi.log\" REBOOT=ReallySuppress",
	  "no properties" },
	{ "C:\\a b\\c.msi",
	  { "A=1", "B=", "C=x y=z\\" },
	  "/i \"C:\\a b\\c.msi\" /qn /norestart /l*v \"C:\\log\\p-a.msi.log\" "
	  "REBOOT=ReallySuppress A=\"1\" B=\"\" C=\"x y=z\\\"",
	  "values in quotes, whatever they are; the last backslash means nothing to msiexec" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(installs); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(4096);
		msiexec_add_install(&b, installs[i].path, "C:\\log\\p-a.msi.log",
				    installs[i].properties);
		if (strcmp(buf_str(&b), installs[i].line) != 0)
			fail_msg("%s: %s", installs[i].why, buf_str(&b));
	}
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	msiexec_add_uninstall(&b, "{01234567-89AB-CDEF-0123-456789ABCDEF}", "C:\\l.log");
	assert_string_equal(buf_str(&b), "/x {01234567-89AB-CDEF-0123-456789ABCDEF} /qn /norestart "
					 "/l*v \"C:\\l.log\" REBOOT=ReallySuppress");
}

static const struct {
	uint32_t code;
	enum msiexec_answer answer;
	const char *meaning, *why; /* a part of it; NULL: none */
} codes[] = {
	{ 0, MSIEXEC_OK, "done", "success" },
	{ 3010, MSIEXEC_REBOOT, "restart is needed", "success" },
	{ 1641, MSIEXEC_REBOOT, "restart was begun", "it asked in spite of REBOOT=" },
	{ 1618, MSIEXEC_BUSY, "another installation", "try again" },
	{ 1605, MSIEXEC_GONE, "not installed", "uninstalled by somebody else" },
	{ 13, MSIEXEC_FAILED, "data is invalid", "failure" },
	{ 87, MSIEXEC_FAILED, "parameters", "broken quoting" },
	{ 1601, MSIEXEC_FAILED, "service", "failure" },
	{ 1602, MSIEXEC_FAILED, "cancelled", "failure" },
	{ 1603, MSIEXEC_FAILED, "fatal error", "failure" },
	{ 1612, MSIEXEC_FAILED, "source", "the cached package is gone" },
	{ 1619, MSIEXEC_FAILED, "could not be opened", "failure" },
	{ 1620, MSIEXEC_FAILED, "not a valid package", "failure" },
	{ 1622, MSIEXEC_FAILED, "log file", "failure" },
	{ 1625, MSIEXEC_FAILED, "policy", "failure" },
	{ 1633, MSIEXEC_FAILED, "processor", "failure" },
	{ 1638, MSIEXEC_FAILED, "another version", "failure" },
	{ 1639, MSIEXEC_FAILED, "argument", "failure" },
	{ 1, MSIEXEC_FAILED, NULL, "not one of its own" },
	{ 0xffffffff, MSIEXEC_FAILED, NULL, "-1" },
	{ 0xc0000005, MSIEXEC_FAILED, NULL, "it crashed" },
};

static void test_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		const char *meaning = msiexec_meaning(codes[i].code);
		if (msiexec_answer(codes[i].code) != codes[i].answer ||
		    !meaning != !codes[i].meaning ||
		    (meaning && !strstr(meaning, codes[i].meaning)))
			fail_msg("%u (%s): %s", (unsigned)codes[i].code, codes[i].why,
				 meaning ? meaning : "no meaning");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_codes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
