/* SPDX-License-Identifier: MIT */
/* environment_windows.c - see environment.h. */
#include "environment.h"

#include <string.h>
#include <windows.h>

#include "wide.h"

#define ENTRIES_MAX 128
#define ENTRY_MAX 32767 /* characters, as SetEnvironmentVariable() has it */

/* What is taken over from the system's block, which only administrators can change. */
static const wchar_t *const system_names[] = {
	L"ALLUSERSPROFILE",
	L"CommonProgramFiles",
	L"CommonProgramFiles(x86)",
	L"CommonProgramW6432",
	L"COMPUTERNAME",
	L"NUMBER_OF_PROCESSORS",
	L"OS",
	L"PROCESSOR_ARCHITECTURE",
	L"PROCESSOR_IDENTIFIER",
	L"PROCESSOR_LEVEL",
	L"PROCESSOR_REVISION",
	L"ProgramData",
	L"ProgramFiles",
	L"ProgramFiles(x86)",
	L"ProgramW6432",
	L"PUBLIC",
};

struct entries {
	wchar_t *list[ENTRIES_MAX]; /* owned: "NAME=value" */
	size_t count;
};

static void free_entries(struct entries *e)
{
	for (size_t i = 0; i < e->count; i++)
		free(e->list[i]);
}

/* Up to '='; Windows sorts and compares names without regard to case. */
static int compare_names(const wchar_t *a, const wchar_t *b)
{
	return CompareStringOrdinal(a, (int)wcscspn(a, L"="), b, (int)wcscspn(b, L"="), TRUE) -
	       CSTR_EQUAL;
}

static int compare_entries(const void *a, const void *b)
{
	return compare_names(*(wchar_t *const *)a, *(wchar_t *const *)b);
}

/* Takes @entry over; it replaces one of the same name. */
static bool put(struct entries *e, wchar_t *entry, struct err *err)
{
	if (!entry)
		return false;
	for (size_t i = 0; i < e->count; i++)
		if (compare_names(e->list[i], entry) == 0) {
			free(e->list[i]);
			e->list[i] = entry;
			return true;
		}
	if (e->count == ENTRIES_MAX || !wcschr(entry, L'=') || *entry == L'=') {
		free(entry);
		return err_set(err, ERR_STEP,
			       "the environment of a step is malformed or too large");
	}
	e->list[e->count++] = entry;
	return true;
}

/* "NAME=" and the parts behind it, up to a NULL. */
static bool put_joined(struct entries *e, struct err *err, const wchar_t *const *parts)
{
	size_t len = 1;
	for (size_t i = 0; parts[i]; i++)
		len += wcslen(parts[i]);
	wchar_t *entry = len <= ENTRY_MAX ? calloc(len, sizeof(*entry)) : NULL;
	if (!entry)
		return err_no_memory(err);
	for (size_t i = 0, at = 0; parts[i]; at += wcslen(parts[i]), i++)
		memcpy(entry + at, parts[i], wcslen(parts[i]) * sizeof(*entry));
	return put(e, entry, err);
}
#define PUT(e, err, ...) put_joined(e, err, (const wchar_t *const[]) { __VA_ARGS__, NULL })

/* --- where it comes from ----------------------------------------------------------------------- */

/* By the system's directories, whatever variables say. */
static bool put_directories(struct entries *e, const wchar_t *temp, struct err *err)
{
	wchar_t windows[MAX_PATH], system[MAX_PATH], drive[3] = { 0 };
	UINT n = GetSystemWindowsDirectoryW(windows, MAX_PATH);
	UINT k = GetSystemDirectoryW(system, MAX_PATH);
	if (n < 2 || n >= MAX_PATH || !k || k >= MAX_PATH)
		return wide_failed(err, GetLastError(), false,
				   "cannot find the system's directory");
	memcpy(drive, windows, 2 * sizeof(*drive));
	return PUT(e, err, L"SystemRoot=", windows) && PUT(e, err, L"windir=", windows) &&
	       PUT(e, err, L"SystemDrive=", drive) &&
	       PUT(e, err, L"ComSpec=", system, L"\\cmd.exe") &&
	       PUT(e, err, L"Path=", system, L";", windows) &&
	       PUT(e, err, L"PATHEXT=.COM;.EXE;.BAT;.CMD") && PUT(e, err, L"TEMP=", temp) &&
	       PUT(e, err, L"TMP=", temp);
}

/* The block that a process of no user gets; what it has no use for is left out. */
static bool put_system(struct entries *e, struct err *err)
{
	typedef BOOL(WINAPI * create_fn)(void **block, HANDLE token, BOOL inherit);
	typedef BOOL(WINAPI * destroy_fn)(void *block);
	create_fn create = (create_fn)wide_function(L"userenv.dll", "CreateEnvironmentBlock");
	destroy_fn destroy = (destroy_fn)wide_function(L"userenv.dll", "DestroyEnvironmentBlock");
	void *block = NULL;
	if (!create || !destroy || !create(&block, NULL, FALSE))
		return wide_failed(err, GetLastError(), false,
				   "cannot read the system's environment");
	bool ok = true;
	for (const wchar_t *entry = block; ok && *entry; entry += wcslen(entry) + 1)
		for (size_t i = 0; ok && i < sizeof(system_names) / sizeof(system_names[0]); i++)
			if (compare_names(entry, system_names[i]) == 0)
				ok = PUT(e, err, entry);
	destroy(block);
	return ok;
}

/* The account's own place; an account without one has no such variables. */
static bool put_profile(struct entries *e, struct err *err)
{
	typedef BOOL(WINAPI * profile_fn)(HANDLE token, wchar_t * dir, DWORD * size);
	profile_fn profile = (profile_fn)wide_function(L"userenv.dll", "GetUserProfileDirectoryW");
	wchar_t dir[MAX_PATH];
	DWORD size = MAX_PATH;
	HANDLE token;
	if (!profile || !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return true;
	BOOL have = profile(token, dir, &size);
	CloseHandle(token);
	return !have || (PUT(e, err, L"USERPROFILE=", dir) &&
			 PUT(e, err, L"APPDATA=", dir, L"\\AppData\\Roaming") &&
			 PUT(e, err, L"LOCALAPPDATA=", dir, L"\\AppData\\Local"));
}

/* --- the block --------------------------------------------------------------------------------- */

static wchar_t *join(struct entries *e, struct err *err)
{
	size_t len = 2; /* two NULs end it, also when it is empty */
	qsort(e->list, e->count, sizeof(*e->list), compare_entries);
	for (size_t i = 0; i < e->count; i++)
		len += wcslen(e->list[i]) + 1;
	wchar_t *block = calloc(len, sizeof(*block));
	if (!block) {
		err_no_memory(err);
		return NULL;
	}
	wchar_t *at = block;
	for (size_t i = 0; i < e->count; i++) {
		size_t n = wcslen(e->list[i]) + 1;
		memcpy(at, e->list[i], n * sizeof(*at));
		at += n;
	}
	return block;
}

wchar_t *environment_block(const char *temp, char *const *extra, struct err *err)
{
	AUTO(free_entries) struct entries e = { .count = 0 };
	AUTO(wide_free) wchar_t *wide_temp = wide_text(temp, err);
	if (!wide_temp || !put_system(&e, err) || !put_profile(&e, err) ||
	    !put_directories(&e, wide_temp, err))
		return NULL;
	for (size_t i = 0; extra && extra[i]; i++)
		if (!put(&e, wide_text(extra[i], err), err))
			return NULL;
	return join(&e, err);
}
