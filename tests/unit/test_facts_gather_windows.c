/* SPDX-License-Identifier: MIT */
/*
 * test_facts_gather_windows.c - facts of a registry that the test writes: under Wine only, since on
 * Windows it is that of a real machine.  tests/e2e/windows_plan.sh has the releases.
 */
#include "facts_gather.h"

#include <windows.h>

#include "platform.h"
#include "support.h"
#include "wide.h"

#define CONTROL L"SYSTEM\\CurrentControlSet\\Control"
#define ENUM L"SYSTEM\\CurrentControlSet\\Enum"
#define WINDOWS L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion"
#define UNINSTALL WINDOWS L"\\Uninstall"
#define NET_CLASS L"{4d36e972-e325-11ce-bfc1-08002be10318}"

/* --- writing ----------------------------------------------------------------------------------- */

static HKEY make_key(const wchar_t *path, REGSAM view)
{
	HKEY key;
	assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0,
					 KEY_ALL_ACCESS | view, NULL, &key, NULL),
			 ERROR_SUCCESS);
	return key;
}

static void put(HKEY key, const wchar_t *name, const wchar_t *text)
{
	assert_int_equal(RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text,
					(DWORD)((wcslen(text) + 1) * sizeof(*text))),
			 ERROR_SUCCESS);
}

static void put_number(HKEY key, const wchar_t *name, DWORD number)
{
	assert_int_equal(
		RegSetValueExW(key, name, 0, REG_DWORD, (const BYTE *)&number, sizeof(number)),
		ERROR_SUCCESS);
}

/* A list of one text. */
static void put_list(HKEY key, const wchar_t *name, const wchar_t *text)
{
	wchar_t list[512] = { 0 };
	size_t n = wcslen(text);
	assert_true(n + 2 <= COUNT_OF(list));
	memcpy(list, text, n * sizeof(*text));
	assert_int_equal(RegSetValueExW(key, name, 0, REG_MULTI_SZ, (const BYTE *)list,
					(DWORD)((n + 2) * sizeof(*text))),
			 ERROR_SUCCESS);
}

struct function {
	const wchar_t *device, *class_code, *tail, *location, *service;
};

static void put_function(const struct function *f, const wchar_t *vendor)
{
	wchar_t path[512], id[128], class_id[64];
	swprintf(id, COUNT_OF(id), L"PCI\\VEN_%ls&DEV_%ls", vendor, f->device);
	swprintf(class_id, COUNT_OF(class_id), L"PCI\\CC_%ls", f->class_code);
	swprintf(path, COUNT_OF(path), ENUM L"\\%ls\\%ls", id, f->tail);
	HKEY key = make_key(path, 0);
	put(key, L"ClassGUID", NET_CLASS);
	put_list(key, L"HardwareID", id);
	put_list(key, L"CompatibleIDs", class_id);
	if (f->location)
		put(key, L"LocationInformation", f->location);
	if (f->service)
		put(key, L"Service", f->service);
	RegCloseKey(key);
}

static void drop(const wchar_t *path)
{
	RegDeleteTreeW(HKEY_LOCAL_MACHINE, path);
}

static struct facts gather(void)
{
	struct err err = { 0 };
	struct facts f = { 0 };
	struct facts_where where = { .system = "",
				     .hardware = "",
				     .staging = platform_place(PLACE_STATE) };
	assert_ok(facts_gather(&where, &f, &err));
	return f;
}

/* --- tests ------------------------------------------------------------------------------------- */

static const struct facts_nic *find(const struct facts *f, uint32_t device, size_t number)
{
	for (size_t i = 0; i < f->nic_count; i++)
		if (f->nics[i].device == device && number-- == 0)
			return &f->nics[i];
	fail_msg("no function %04x", (unsigned)device);
	return NULL;
}

static void test_nics(void **state)
{
	static const struct function functions[] = {
		{ L"1018", L"0207", L"4&1&0&0002", L"PCI bus 1, device 2, function 0", L"mlx5" },
		{ L"1018", L"0207", L"4&1&0&0003", L"PCI bus 1, device 2, function 0", NULL },
		{ L"1021", L"0207", L"4&1&0&0004", L"Virtual PCI Bus Slot 2 Serial 3", NULL },
		{ L"1004", L"028000", L"4&1&0&0001", NULL, L"mlx4_bus" },
		{ L"1976", L"0604", L"4&1&0&0005", NULL, NULL }, /* a bridge */
	};
	static const struct function other = { L"1018", L"0207", L"1", NULL, NULL };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(functions); i++)
		put_function(&functions[i], L"15B3");
	put_function(&other, L"1414"); /* of another vendor */
	AUTO(facts_done) struct facts f = gather();
	assert_int_equal(f.nic_count, 4);
	const struct facts_nic *first = find(&f, 0x1018, 0), *second = find(&f, 0x1018, 1);
	assert_string_equal(first->address, "0000:01:02.0");
	assert_string_equal(first->driver, "mlx5");
	assert_null(first->driver_version);
	assert_int_equal(first->link, LINK_INFINIBAND);
	assert_int_equal(first->sriov, SRIOV_VF);
	assert_string_equal(second->address, "4&1&0&0003"); /* the other has that place */
	assert_null(second->driver);
	assert_string_equal(find(&f, 0x1021, 0)->address, "4&1&0&0004");
	assert_int_equal(find(&f, 0x1021, 0)->sriov, SRIOV_NONE);
	assert_int_equal(find(&f, 0x1004, 0)->class_code, 0x028000);
	assert_int_equal(find(&f, 0x1004, 0)->link, LINK_UNKNOWN);
	for (size_t i = 1; i < f.nic_count; i++)
		assert_true(strcmp(f.nics[i - 1].address, f.nics[i].address) < 0);
	for (size_t i = 0; i < f.nic_count; i++)
		assert_false(f.nics[i].ghost); /* Wine knows none */
	drop(ENUM L"\\PCI\\VEN_15B3&DEV_1018");
	drop(ENUM L"\\PCI\\VEN_15B3&DEV_1021");
	drop(ENUM L"\\PCI\\VEN_15B3&DEV_1004");
	drop(ENUM L"\\PCI\\VEN_15B3&DEV_1976");
	drop(ENUM L"\\PCI\\VEN_1414&DEV_1018");
	facts_done(&f);
	f = gather();
	assert_int_equal(f.nic_count, 0);
	assert_false(f.network_direct);
	assert_null(f.nd_version);
}

static void test_software(void **state)
{
	static const wchar_t code[] = L"{0123ABCD-0000-1111-2222-89ABCDEF0123}";
	static const wchar_t *const paths[] = { UNINSTALL L"\\ibb-a", UNINSTALL L"\\ibb-c",
						UNINSTALL L"\\ibb-d" };
	wchar_t path[256];
	(void)state;
	HKEY key = make_key(paths[0], KEY_WOW64_64KEY);
	put(key, L"DisplayName", L"ibb a");
	put(key, L"DisplayVersion", L"1.2");
	RegCloseKey(key);
	key = make_key(paths[0], KEY_WOW64_32KEY); /* the same in the other view */
	put(key, L"DisplayName", L"ibb a");
	put(key, L"DisplayVersion", L"1.2");
	RegCloseKey(key);
	swprintf(path, COUNT_OF(path), UNINSTALL L"\\%ls", code);
	key = make_key(path, KEY_WOW64_32KEY);
	put(key, L"DisplayName", L"ibb b");
	put_number(key, L"WindowsInstaller", 1);
	RegCloseKey(key);
	key = make_key(paths[1], KEY_WOW64_64KEY);
	put(key, L"DisplayName", L"ibb c");
	put_number(key, L"SystemComponent", 1);
	RegCloseKey(key);
	RegCloseKey(make_key(paths[2], KEY_WOW64_64KEY)); /* no name */
	AUTO(facts_done) struct facts f = gather();
	size_t a = 0, b = 0, others = 0;
	for (size_t i = 0; i < f.software_count; i++) {
		const struct facts_software *s = &f.software[i];
		bool is_a = strcmp(s->name, "ibb a") == 0, is_b = strcmp(s->name, "ibb b") == 0;
		a += is_a && strcmp(s->version, "1.2") == 0 && !s->code;
		b += is_b && strcmp(s->version, "") == 0 && s->code &&
		     strcmp(s->code, "{0123ABCD-0000-1111-2222-89ABCDEF0123}") == 0;
		others += !is_a && !is_b && strncmp(s->name, "ibb", 3) == 0;
	}
	assert_int_equal(a, 1);
	assert_int_equal(b, 1);
	assert_int_equal(others, 0);
	for (size_t i = 0; i < COUNT_OF(paths); i++)
		drop(paths[i]);
	assert_int_equal(RegDeleteKeyExW(HKEY_LOCAL_MACHINE, paths[0], KEY_WOW64_32KEY, 0), 0);
	assert_int_equal(RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_32KEY, 0), 0);
}

#define SESSION CONTROL L"\\Session Manager"
#define NETLOGON L"SYSTEM\\CurrentControlSet\\Services\\Netlogon"

static const struct {
	const wchar_t *key, *value; /* no value: the key alone says it */
	bool list;
	const wchar_t *text;
	bool due;
	const char *why;
} reboots[] = {
	{ WINDOWS L"\\Component Based Servicing\\RebootPending", NULL, false, NULL, true,
	  "a component or an update was installed" },
	{ WINDOWS L"\\Component Based Servicing\\RebootInProgress", NULL, false, NULL, true,
	  "it is under way" },
	{ WINDOWS L"\\WindowsUpdate\\Auto Update\\RebootRequired", NULL, false, NULL, true,
	  "Windows Update" },
	{ SESSION, L"PendingFileRenameOperations", true, L"\\??\\C:\\a.sys", true, "files in use" },
	{ SESSION, L"PendingFileRenameOperations", true, L"", false, "none left" },
	{ SESSION, L"PendingFileRenameOperations2", true, L"\\??\\C:\\a.sys", true,
	  "more of them" },
	{ NETLOGON, L"JoinDomain", false, L"example", true, "joining a domain" },
	{ NETLOGON, L"AvoidSpnSet", false, L"example", true, "the same" },
	{ CONTROL L"\\ComputerName\\ActiveComputerName", L"ComputerName", false, L"BEFORE", true,
	  "another name" },
	{ CONTROL L"\\ComputerName\\ActiveComputerName", L"ComputerName", false, L"after", false,
	  "the same name" },
};

static void test_reboots(void **state)
{
	HKEY key = make_key(CONTROL L"\\ComputerName\\ComputerName", 0);
	wchar_t before[64] = { 0 };
	DWORD size = sizeof(before) - sizeof(before[0]);
	(void)state;
	RegQueryValueExW(key, L"ComputerName", NULL, NULL, (BYTE *)before, &size);
	put(key, L"ComputerName", L"AFTER");
	HKEY active = make_key(CONTROL L"\\ComputerName\\ActiveComputerName", 0);
	wchar_t was[64] = { 0 };
	size = sizeof(was) - sizeof(was[0]);
	RegQueryValueExW(active, L"ComputerName", NULL, NULL, (BYTE *)was, &size);
	put(active, L"ComputerName", L"AFTER");
	for (size_t i = 0; i < COUNT_OF(reboots); i++) {
		HKEY at = make_key(reboots[i].key, 0);
		if (reboots[i].value && reboots[i].list)
			put_list(at, reboots[i].value, reboots[i].text);
		else if (reboots[i].value)
			put(at, reboots[i].value, reboots[i].text);
		AUTO(facts_done) struct facts f = gather();
		if (f.pending_reboot != (reboots[i].due ? ANSWER_YES : ANSWER_NO))
			fail_msg("%s: %d", reboots[i].why, (int)f.pending_reboot);
		if (reboots[i].value)
			RegDeleteValueW(at, reboots[i].value);
		RegCloseKey(at);
		if (!reboots[i].value)
			drop(reboots[i].key);
		put(active, L"ComputerName", L"AFTER");
	}
	put(key, L"ComputerName", before);
	put(active, L"ComputerName", was);
	RegCloseKey(active);
	RegCloseKey(key);
	AUTO(facts_done) struct facts f = gather();
	assert_int_equal(f.pending_reboot, ANSWER_NO);
}

static void test_machine(void **state)
{
	AUTO(facts_done) struct facts f = gather();
	(void)state;
	assert_string_equal(f.os, "windows");
	assert_string_equal(f.package_manager, "msi");
	assert_string_equal(f.arch, "x86_64");
	assert_false(f.chroot);
	assert_true(f.space_staging > 0 && f.space_system > 0);
	assert_int_not_equal(f.space_shared, ANSWER_UNKNOWN);
	assert_int_equal(f.system_read_only, ANSWER_NO);
	assert_int_equal(f.secure_boot, SECURE_BOOT_UNKNOWN);
	HKEY key = make_key(CONTROL, 0);
	put_number(key, L"ContainerType", 2);
	HKEY boot = make_key(CONTROL L"\\SecureBoot\\State", 0);
	put_number(boot, L"UEFISecureBootEnabled", 0);
	facts_done(&f);
	f = gather();
	assert_true(f.chroot);
	assert_int_equal(f.secure_boot, SECURE_BOOT_OFF);
	put_number(boot, L"UEFISecureBootEnabled", 1);
	facts_done(&f);
	f = gather();
	assert_int_equal(f.secure_boot, SECURE_BOOT_ON);
	RegDeleteValueW(key, L"ContainerType");
	RegCloseKey(boot);
	RegCloseKey(key);
	drop(CONTROL L"\\SecureBoot");
}

static const wchar_t installer_mutex[] = L"Global\\_MSIExecute";

struct holder {
	HANDLE held, release;
	DWORD got;
};

static DWORD WINAPI hold_installer(void *ctx)
{
	struct holder *h = ctx;
	HANDLE mutex = CreateMutexW(NULL, FALSE, installer_mutex);
	h->got = WaitForSingleObject(mutex, 10000); /* gathering must not have kept it */
	SetEvent(h->held);
	WaitForSingleObject(h->release, INFINITE);
	ReleaseMutex(mutex);
	CloseHandle(mutex);
	return 0;
}

static void test_installer_is_busy(void **state)
{
	struct holder h = { .held = CreateEventW(NULL, TRUE, FALSE, NULL),
			    .release = CreateEventW(NULL, TRUE, FALSE, NULL) };
	HANDLE idle = CreateMutexW(NULL, FALSE, installer_mutex); /* it outlives installations */
	(void)state;
	AUTO(facts_done) struct facts f = gather();
	assert_false(f.package_manager_locked);
	HANDLE thread = CreateThread(NULL, 0, hold_installer, &h, 0, NULL);
	assert_non_null(thread);
	WaitForSingleObject(h.held, INFINITE);
	assert_int_equal(h.got, WAIT_OBJECT_0);
	facts_done(&f);
	f = gather();
	assert_true(f.package_manager_locked);
	SetEvent(h.release);
	WaitForSingleObject(thread, INFINITE);
	facts_done(&f);
	f = gather();
	assert_false(f.package_manager_locked);
	CloseHandle(thread);
	CloseHandle(idle);
	CloseHandle(h.held);
	CloseHandle(h.release);
}

static bool is_wine(void)
{
	return wide_function(L"ntdll.dll", "wine_get_version") != NULL;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nics),
		cmocka_unit_test(test_software),
		cmocka_unit_test(test_reboots),
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_installer_is_busy),
	};
	if (!is_wine()) {
		print_error("this test writes devices into the registry: it is for Wine\n");
		return 1;
	}
	if (!platform_start(&argc, &argv, &err)) {
		print_error("%s\n", err.msg);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
