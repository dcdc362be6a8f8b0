/* SPDX-License-Identifier: MIT */
/* support_windows.h - for tests of Windows' own files: a directory, entered, through the platform. */
#ifndef SUPPORT_WINDOWS_H
#define SUPPORT_WINDOWS_H

#include <windows.h>

#include <sddl.h>

#include "platform.h"
#include "support.h"
#include "wide.h"

static inline int enter_directory(void **state)
{
	struct err err = { 0 };
	wchar_t temp[MAX_PATH];
	char *dir = malloc(PLATFORM_PATH_MAX);
	DWORD n = GetTempPathW(MAX_PATH, temp);
	AUTO(auto_free) char *parent = n && n < MAX_PATH ? wide_utf8(temp, &err) : NULL;
	if (!dir || !parent)
		return -1;
	parent[strlen(parent) - 1] = '\0'; /* its final backslash */
	if (!platform_make_staging(parent, dir, &err)) {
		print_error("%s\n", err.msg);
		return -1;
	}
	AUTO(wide_free) wchar_t *wide = wide_text(dir, &err);
	*state = dir;
	return wide && SetCurrentDirectoryW(wide) ? 0 : -1;
}

static inline int leave_directory(void **state)
{
	struct err err = { 0 };
	bool ok = SetCurrentDirectoryW(L"C:\\") && platform_remove_tree(*state, &err);
	if (!ok)
		print_error("%s\n", err.msg);
	free(*state);
	return ok ? 0 : -1;
}

/* "DIR\NAME" of the test's directory; valid until the next call but three. */
static inline const char *in_directory(void **state, const char *name)
{
	static char paths[4][PLATFORM_PATH_MAX];
	static unsigned at;
	char *out = paths[at++ % 4];
	snprintf(out, PLATFORM_PATH_MAX, "%s\\%s", (const char *)*state, name);
	return out;
}

static inline void set_access(const char *path, const wchar_t *text)
{
	struct err err = { 0 };
	AUTO(wide_free) wchar_t *wide = wide_path(path, &err);
	PSECURITY_DESCRIPTOR d;
	assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &d,
									 NULL));
	assert_true(SetFileSecurityW(wide, DACL_SECURITY_INFORMATION, d));
	LocalFree(d);
}

static inline void let_all_write(const char *path)
{
	set_access(path, L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;WD)");
}

static inline void close_to_others(const char *path)
{
	set_access(path, L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)");
}

#endif
