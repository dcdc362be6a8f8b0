/* SPDX-License-Identifier: MIT */
/*
 * facts_gather_windows.c - facts on Windows: what is asked where.
 *
 *   RtlGetVersion, the registry          which Windows; windows_release.h puts it into words
 *   facts_hardware_windows.c             NICs, Network Direct, product, Secure Boot
 *   facts_software_windows.c             products and driver packages
 *   here                                 processor, space, and what stands in the way of an install
 *
 * Neither WMI nor PowerShell: Server Core images come without them.
 */
#include "facts_gather.h"

#include <string.h>
#include <windows.h>

#include "facts_hardware.h"
#include "facts_software.h"
#include "facts_text.h"
#include "platform.h"
#include "registry.h"
#include "wide.h"
#include "windows_release.h"

#define CONTROL "SYSTEM\\CurrentControlSet\\Control"
#define WINDOWS "SOFTWARE\\Microsoft\\Windows\\CurrentVersion"
#define WINDOWS_NT "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
#define TEXT_MAX (4u << 10)
#define INSTALLER_MUTEX L"Global\\_MSIExecute" /* Windows Installer holds it while it installs */

/* --- which Windows ----------------------------------------------------------------------------- */

/* GetVersionEx() would say what the program's manifest claims to know. */
static bool read_version(struct windows_release *w, struct err *err)
{
	typedef LONG(WINAPI * get_version)(OSVERSIONINFOEXW *);
	get_version get = (get_version)wide_function(L"ntdll.dll", "RtlGetVersion");
	OSVERSIONINFOEXW v = { .dwOSVersionInfoSize = sizeof(v) };
	if (!get || get(&v) != 0)
		return err_set(err, ERR_SYSTEM, "the system does not tell its version");
	w->major = v.dwMajorVersion;
	w->minor = v.dwMinorVersion;
	w->build = v.dwBuildNumber;
	w->product_type = v.wProductType;
	return true;
}

static bool read_release(struct facts *f, struct err *err)
{
	struct windows_release w = { 0 };
	const struct {
		const char *name, **out;
	} texts[] = {
		{ "ProductName", &w.name },
		{ "EditionID", &w.edition },
		{ "InstallationType", &w.installation },
		{ "ReleaseId", &w.display },
		{ "DisplayVersion", &w.display }, /* newer, so that it goes first where it is */
		{ "BuildLabEx", &w.lab },
	};
	AUTO(registry_close) struct registry_key key = { 0 };
	if (!read_version(&w, err))
		return false;
	if (!registry_open(WINDOWS_NT, REGISTRY_64, &key))
		return err_set(err, ERR_SYSTEM, "the registry does not tell which Windows this is");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		AUTO(buf_done) struct buf text = BUF_INIT(TEXT_MAX);
		if (registry_read(&key, texts[i].name, &text) && text.len &&
		    !(*texts[i].out = facts_keep(f, slice_str(buf_str(&text)))))
			return err_no_memory(err);
	}
	w.has_revision = registry_read_number(&key, "UBR", &w.revision);
	return windows_release_describe(&w, f, err);
}

/* This program is for x86_64; on ARM64 it runs emulated, and only IsWow64Process2() says so. */
const char *facts_native_arch(void)
{
	typedef BOOL(WINAPI * is_wow64)(HANDLE, USHORT *, USHORT *);
	is_wow64 ask = (is_wow64)wide_function(L"kernel32.dll", "IsWow64Process2");
	USHORT process = 0, native = 0;
	if (ask && ask(GetCurrentProcess(), &process, &native))
		return windows_release_arch(native);
	SYSTEM_INFO info; /* before Windows 10 1511, which is before ARM64 */
	GetNativeSystemInfo(&info);
	return windows_release_processor(info.wProcessorArchitecture);
}

/* --- what stands in the way -------------------------------------------------------------------- */

/* Each of these is there from when a restart is asked for until it is done. */
static const char *const reboot_keys[] = {
	WINDOWS "\\Component Based Servicing\\RebootPending",
	WINDOWS "\\Component Based Servicing\\RebootInProgress",
	WINDOWS "\\WindowsUpdate\\Auto Update\\RebootRequired",
};

/* Files to be replaced or removed at the start; joining or leaving a domain. */
static const struct {
	const char *key, *value;
	bool list;
} reboot_values[] = {
	{ CONTROL "\\Session Manager", "PendingFileRenameOperations", true },
	{ CONTROL "\\Session Manager", "PendingFileRenameOperations2", true },
	{ "SYSTEM\\CurrentControlSet\\Services\\Netlogon", "JoinDomain", false },
	{ "SYSTEM\\CurrentControlSet\\Services\\Netlogon", "AvoidSpnSet", false },
};

static bool read_at(const char *path, const char *name, bool list, struct buf *out)
{
	AUTO(registry_close) struct registry_key key = { 0 };
	return registry_open(path, REGISTRY_64, &key) &&
	       (list ? registry_read_list(&key, name, out) : registry_read(&key, name, out)) &&
	       out->len > 0;
}

/* Has the computer a new name that it does not go by yet? */
static bool is_renamed(void)
{
	AUTO(buf_done) struct buf now = BUF_INIT(TEXT_MAX);
	AUTO(buf_done) struct buf next = BUF_INIT(TEXT_MAX);
	static const char name[] = "ComputerName";
	return read_at(CONTROL "\\ComputerName\\ActiveComputerName", name, false, &now) &&
	       read_at(CONTROL "\\ComputerName\\ComputerName", name, false, &next) &&
	       _stricmp(buf_str(&now), buf_str(&next)) != 0;
}

static bool is_reboot_pending(void)
{
	for (size_t i = 0; i < sizeof(reboot_keys) / sizeof(reboot_keys[0]); i++)
		if (registry_exists(reboot_keys[i]))
			return true;
	for (size_t i = 0; i < sizeof(reboot_values) / sizeof(reboot_values[0]); i++) {
		AUTO(buf_done) struct buf value = BUF_INIT(1u << 20);
		if (read_at(reboot_values[i].key, reboot_values[i].value, reboot_values[i].list,
			    &value))
			return true;
	}
	return is_renamed();
}

/* The mutex outlives an installation: what counts is whether somebody holds it. */
static bool is_installer_busy(void)
{
	HANDLE mutex = OpenMutexW(SYNCHRONIZE, FALSE, INSTALLER_MUTEX);
	if (!mutex)
		return false;
	DWORD got = WaitForSingleObject(mutex, 0);
	if (got == WAIT_OBJECT_0 || got == WAIT_ABANDONED)
		ReleaseMutex(mutex);
	CloseHandle(mutex);
	return got == WAIT_TIMEOUT;
}

static bool is_container(void)
{
	AUTO(registry_close) struct registry_key key = { 0 };
	uint32_t type = 0;
	return registry_open(CONTROL, REGISTRY_64, &key) &&
	       registry_read_number(&key, "ContainerType", &type) && type != 0;
}

static enum facts_answer answer(bool yes)
{
	return yes ? ANSWER_YES : ANSWER_NO;
}

static bool read_space(const struct facts_where *w, struct facts *f, struct err *err)
{
	struct platform_space staging, system;
	if (!platform_space(w->staging, &staging, err) ||
	    !platform_space(platform_place(PLACE_SYSTEM), &system, err))
		return false;
	f->space_staging = staging.free_bytes;
	f->space_system = system.free_bytes;
	f->space_shared = answer(staging.device == system.device);
	f->staging_read_only = answer(staging.read_only);
	f->system_read_only = answer(system.read_only);
	return true;
}

bool facts_gather(const struct facts_where *where, struct facts *out, struct err *err)
{
	AUTO(facts_done)
	struct facts f = { .os = "windows", .package_manager = "msi" };
	f.doc = json_parse("facts", slice_str("[]"), err); /* only a place for strings */
	if (!f.doc || !read_release(&f, err) || !read_space(where, &f, err) ||
	    !facts_read_hardware(where->hardware, &f, err) || !facts_read_software(&f, err) ||
	    !facts_read_drivers(&f, err))
		return err_wrap(err, "facts");
	f.arch = where->machine ? facts_keep(&f, slice_str(where->machine)) : facts_native_arch();
	if (!f.arch)
		return err_no_memory(err);
	f.elevated = answer(platform_is_admin());
	f.pending_reboot = answer(is_reboot_pending());
	f.package_manager_locked = is_installer_busy();
	f.chroot = is_container();
	*out = f;
	f = (struct facts) { 0 };
	return true;
}
