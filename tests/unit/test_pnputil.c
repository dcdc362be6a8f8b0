/* SPDX-License-Identifier: MIT */
/* test_pnputil.c - the words that each Windows understands, and each answer. */
#include "pnputil.h"
#include "support.h"

static const struct {
	const char *kernel;
	bool words;
	const char *why;
} systems[] = {
	{ "6.2.9200.16384", false, "Server 2012" },
	{ "6.3.9600.19724", false, "Server 2012 R2" },
	{ "10.0.10240.17443", false, "Windows 10 1507" },
	{ "10.0.10586.1176", false, "Windows 10 1511" },
	{ "10.0.14393.0", true, "Windows 10 1607, Server 2016: the first" },
	{ "10.0.17763.5830", true, "Server 2019" },
	{ "10.0.26100.1", true, "Server 2025" },
	{ "10.0.9999.1", false, "numbers, not text" },
};

static void join(const char *const argv[PNPUTIL_ARGS], char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; argv[i]; i++) {
		assert_true(i < PNPUTIL_ARGS - 1);
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? " " : "", argv[i]);
	}
}

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(systems); i++) {
		char add[256], drop[256];
		const char *argv[PNPUTIL_ARGS];
		pnputil_add(systems[i].kernel, "C:\\s\\a.inf", argv);
		join(argv, add, sizeof(add));
		pnputil_delete(systems[i].kernel, "oem7.inf", argv);
		join(argv, drop, sizeof(drop));
		if (strcmp(add, systems[i].words ? "pnputil.exe /add-driver C:\\s\\a.inf /install"
						 : "pnputil.exe -i -a C:\\s\\a.inf") != 0 ||
		    strcmp(drop, systems[i].words ? "pnputil.exe /delete-driver oem7.inf /uninstall"
						  : "pnputil.exe -f -d oem7.inf") != 0)
			fail_msg("%s: %s; %s", systems[i].why, add, drop);
	}
}

static const struct {
	uint32_t code;
	enum pnputil_answer answer;
	const char *why;
} codes[] = {
	{ 0, PNPUTIL_OK, "success" },
	{ 259, PNPUTIL_UNUSED, "no device needs it" },
	{ 3010, PNPUTIL_REBOOT, "reboot needed" },
	{ 1641, PNPUTIL_REBOOT, "reboot begun" },
	{ 1, PNPUTIL_FAILED, "wrong use" },
	{ 2, PNPUTIL_FAILED, "no such file" },
	{ 5, PNPUTIL_FAILED, "not elevated" },
	{ 0x800b0109, PNPUTIL_FAILED, "an HRESULT" },
	{ 0xe0000247, PNPUTIL_FAILED, "SetupAPI's" },
};

static void test_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(codes); i++)
		if (pnputil_answer(codes[i].code) != codes[i].answer)
			fail_msg("%x: %s", (unsigned)codes[i].code, codes[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_codes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
