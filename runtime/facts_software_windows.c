/* SPDX-License-Identifier: MIT */
/* facts_software_windows.c - see facts_software.h: the uninstall keys, and the driver store by SetupAPI. */
#include "facts_software.h"

#include <string.h>
#include <windows.h>

/* these need the one above */
#include <setupapi.h>

#include "registry.h"
#include "wide.h"

#define UNINSTALL "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
#define DRIVER_FILES "SYSTEM\\DriverDatabase\\DriverInfFiles"
#define TEXT_MAX (4u << 10) /* a name or a version; longer ones count as not there */
#define FIELD_MAX 512       /* characters of a field in an INF file */

/* --- products ---------------------------------------------------------------------------------- */

static bool read_product(const struct registry_key *parent, const char *name, struct facts *f,
			 struct err *err)
{
	AUTO(registry_close) struct registry_key key = { 0 };
	AUTO(buf_done) struct buf title = BUF_INIT(TEXT_MAX);
	AUTO(buf_done) struct buf version = BUF_INIT(TEXT_MAX);
	uint32_t component = 0, msi = 0;
	if (!registry_open_in(parent, name, &key) || !registry_read(&key, "DisplayName", &title) ||
	    !title.len)
		return true;
	if (registry_read_number(&key, "SystemComponent", &component) && component == 1)
		return true;
	if (!registry_read(&key, "DisplayVersion", &version))
		buf_done(&version);
	if (!registry_read_number(&key, "WindowsInstaller", &msi))
		msi = 0;
	return facts_add_product(f, buf_str(&title), buf_str(&version), name, msi == 1, err);
}

static bool read_view(enum registry_view view, struct facts *f, struct err *err)
{
	AUTO(registry_close) struct registry_key key = { 0 };
	AUTO(buf_done) struct buf name = BUF_INIT(TEXT_MAX);
	if (!registry_open(UNINSTALL, view, &key))
		return true;
	for (uint32_t i = 0; registry_child(&key, i, &name); i++)
		if (!read_product(&key, buf_str(&name), f, err))
			return false;
	return true;
}

bool facts_read_software(struct facts *f, struct err *err)
{
	if (!read_view(REGISTRY_64, f, err) || !read_view(REGISTRY_32, f, err))
		return err_wrap(err, "the list of installed products");
	facts_sort_software(f);
	return true;
}

/* --- the driver store -------------------------------------------------------------------------- */

struct api {
	HINF(WINAPI *open)(PCWSTR, PCWSTR, DWORD, PUINT);
	void(WINAPI *close)(HINF);
	BOOL(WINAPI *find)(HINF, PCWSTR, PCWSTR, PINFCONTEXT);
	BOOL(WINAPI *field)(PINFCONTEXT, DWORD, PWSTR, DWORD, PDWORD);
};

static bool load(struct api *a, struct err *err)
{
	static const wchar_t setup[] = L"setupapi.dll";
	a->open = (HINF(WINAPI *)(PCWSTR, PCWSTR, DWORD, PUINT))wide_function(setup,
									      "SetupOpenInfFileW");
	a->close = (void(WINAPI *)(HINF))wide_function(setup, "SetupCloseInfFile");
	a->find = (BOOL(WINAPI *)(HINF, PCWSTR, PCWSTR, PINFCONTEXT))wide_function(
		setup, "SetupFindFirstLineW");
	a->field = (BOOL(WINAPI *)(PINFCONTEXT, DWORD, PWSTR, DWORD, PDWORD))wide_function(
		setup, "SetupGetStringFieldW");
	return (a->open && a->close && a->find && a->field) ||
	       wide_failed(err, GetLastError(), false, "setupapi.dll can't be used");
}

/* Field @field of [Version] @name, with its %strings% resolved; "" when there is none. */
static void read_field(const struct api *a, HINF inf, const wchar_t *name, DWORD field,
		       struct buf *out)
{
	INFCONTEXT line;
	wchar_t text[FIELD_MAX];
	buf_done(out);
	*out = BUF_INIT(TEXT_MAX);
	if (!a->find(inf, L"Version", name, &line) ||
	    !a->field(&line, field, text, FIELD_MAX, NULL) ||
	    !registry_decode(text, wcslen(text) * sizeof(text[0]), false, out))
		*out = BUF_INIT(TEXT_MAX);
}

/* Where the driver store has it: "mlx5.inf_amd64_0123456789abcdef"; "" when it is not said. */
static void read_folder(const char *name, struct buf *out)
{
	AUTO(registry_close) struct registry_key files = { 0 };
	AUTO(registry_close) struct registry_key key = { 0 };
	if (!registry_open(DRIVER_FILES, REGISTRY_64, &files) ||
	    !registry_open_in(&files, name, &key))
		return;
	if (!registry_read(&key, "Active", out) && !registry_read_list(&key, "", out))
		buf_done(out);
}

static bool read_inf(const struct api *a, const wchar_t *dir, const char *name, struct facts *f,
		     struct err *err)
{
	wchar_t path[2 * MAX_PATH];
	AUTO(wide_free) wchar_t *wide = wide_text(name, err);
	if (!wide)
		return false;
	if (_snwprintf(path, 2 * MAX_PATH, L"%ls\\%ls", dir, wide) < 0)
		return true;
	path[2 * MAX_PATH - 1] = L'\0';
	AUTO(buf_done) struct buf provider = BUF_INIT(TEXT_MAX);
	AUTO(buf_done) struct buf class_name = BUF_INIT(TEXT_MAX);
	AUTO(buf_done) struct buf version = BUF_INIT(TEXT_MAX);
	AUTO(buf_done) struct buf folder = BUF_INIT(TEXT_MAX);
	HINF inf = a->open(path, NULL, INF_STYLE_WIN4, NULL);
	if (inf != (HINF)INVALID_HANDLE_VALUE) { /* else: it is there, that much can be said */
		read_field(a, inf, L"Provider", 1, &provider);
		read_field(a, inf, L"Class", 1, &class_name);
		read_field(a, inf, L"DriverVer", 2, &version); /* date, version */
		a->close(inf);
	}
	read_folder(name, &folder);
	struct facts_inf found = {
		.inf = name,
		.folder = buf_str(&folder),
		.provider = buf_str(&provider),
		.class_name = buf_str(&class_name),
		.version = buf_str(&version),
	};
	return facts_add_driver(f, &found, err);
}

bool facts_read_drivers(struct facts *f, struct err *err)
{
	struct api api;
	wchar_t dir[MAX_PATH], pattern[MAX_PATH + 16];
	UINT n = GetSystemWindowsDirectoryW(dir, MAX_PATH - 4);
	if (!n || n >= MAX_PATH - 4)
		return wide_failed(err, GetLastError(), false, "the driver store can't be found");
	memcpy(dir + n, L"\\INF", sizeof(L"\\INF"));
	if (!load(&api, err) || _snwprintf(pattern, MAX_PATH + 16, L"%ls\\oem*.inf", dir) < 0)
		return false;
	WIN32_FIND_DATAW entry;
	HANDLE search = FindFirstFileW(pattern, &entry);
	if (search == INVALID_HANDLE_VALUE)
		return GetLastError() == ERROR_FILE_NOT_FOUND ||
		       wide_failed(err, GetLastError(), false, "the driver store can't be read");
	bool ok = true;
	do {
		AUTO(auto_free) char *name = wide_utf8(entry.cFileName, err);
		ok = name && (!facts_is_oem_inf(name) || read_inf(&api, dir, name, f, err));
	} while (ok && FindNextFileW(search, &entry));
	FindClose(search);
	facts_sort_software(f);
	return ok;
}
