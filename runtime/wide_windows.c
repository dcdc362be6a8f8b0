/* SPDX-License-Identifier: MIT */
/* wide_windows.c - see wide.h. */
#include "wide.h"

#include <stdarg.h>
#include <string.h>
#include <windows.h>

#define TEXT_MAX (1 << 20) /* UTF-16 units; far above anything that has a meaning here */
#define PATH_PREFIX L"\\\\?\\"
#define UNC_PREFIX L"\\\\?\\UNC\\"

void wide_free(wchar_t **text)
{
	free(*text);
	*text = NULL;
}

void wide_close(void **handle)
{
	if (*handle && *handle != INVALID_HANDLE_VALUE)
		CloseHandle(*handle);
	*handle = NULL;
}

wchar_t *wide_text(const char *utf8, struct err *err)
{
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, NULL, 0);
	if (n <= 0 || n > TEXT_MAX) {
		err_set(err, ERR_FORMAT, "a text is not UTF-8, or too long: '%.100s'", utf8);
		return NULL;
	}
	wchar_t *out = malloc((size_t)n * sizeof(*out));
	if (!out) {
		err_no_memory(err);
		return NULL;
	}
	MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, out, n);
	return out;
}

char *wide_utf8(const wchar_t *text, struct err *err)
{
	int n = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
	char *out = n > 0 ? malloc((size_t)n) : NULL;
	if (!out) {
		err_no_memory(err);
		return NULL;
	}
	WideCharToMultiByte(CP_UTF8, 0, text, -1, out, n, NULL, NULL);
	return out;
}

/* --- paths ------------------------------------------------------------------------------------- */

/* A colon is in place behind a drive letter only; elsewhere it names an alternate stream. */
static bool has_stream(const wchar_t *path)
{
	const wchar_t *colon = wcschr(path, L':');
	if (colon && colon == path + 1)
		colon = wcschr(colon + 1, L':');
	return colon != NULL;
}

static bool is_device(const wchar_t *path)
{
	return wcsncmp(path, L"\\\\.\\", 4) == 0 || wcsncmp(path, L"\\\\?\\", 4) == 0 ||
	       wcsncmp(path, L"\\??\\", 4) == 0;
}

static wchar_t *full_path(const wchar_t *path, struct err *err)
{
	DWORD n = GetFullPathNameW(path, 0, NULL, NULL);
	wchar_t *out = n ? malloc(((size_t)n + 1) * sizeof(*out)) : NULL;
	if (!out) {
		err_no_memory(err);
		return NULL;
	}
	DWORD got = GetFullPathNameW(path, n, out, NULL);
	if (got && got < n)
		return out;
	free(out);
	err_set(err, ERR_SYSTEM, "a path cannot be made absolute");
	return NULL;
}

wchar_t *wide_path(const char *path, struct err *err)
{
	AUTO(wide_free) wchar_t *given = wide_text(path, err);
	if (!given)
		return NULL;
	for (wchar_t *c = given; *c; c++)
		if (*c == L'/')
			*c = L'\\';
	const wchar_t *plain = given;
	if (wcsncmp(given, PATH_PREFIX, 4) == 0 && given[4] && given[5] == L':')
		plain = given + 4; /* what this function made before */
	if (!*plain || is_device(plain) || has_stream(plain)) {
		err_set(err, ERR_USAGE, "'%s' is not the path of a file or directory", path);
		return NULL;
	}
	AUTO(wide_free) wchar_t *full = full_path(plain, err);
	if (!full)
		return NULL;
	if (is_device(full)) { /* "con", "nul.txt" */
		err_set(err, ERR_USAGE, "'%s' is the name of a device", path);
		return NULL;
	}
	bool share = wcsncmp(full, L"\\\\", 2) == 0;
	const wchar_t *prefix = share ? UNC_PREFIX : PATH_PREFIX;
	const wchar_t *rest = share ? full + 2 : full;
	size_t head = wcslen(prefix), tail = wcslen(rest);
	wchar_t *out = malloc((head + tail + 1) * sizeof(*out));
	if (!out) {
		err_no_memory(err);
		return NULL;
	}
	memcpy(out, prefix, head * sizeof(*out));
	memcpy(out + head, rest, (tail + 1) * sizeof(*out));
	return out;
}

/* --- errors ------------------------------------------------------------------------------------ */

/* The system's words, in English where it has them, without their full stop and line end. */
static void error_words(DWORD error, char *out, size_t size)
{
	wchar_t text[512];
	const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
			    FORMAT_MESSAGE_MAX_WIDTH_MASK;
	const DWORD english = MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US);
	DWORD n = FormatMessageW(flags, NULL, error, english, text, 512, NULL);
	if (!n)
		n = FormatMessageW(flags, NULL, error, 0, text, 512, NULL);
	while (n && (text[n - 1] == L' ' || text[n - 1] == L'.'))
		n--;
	int len = WideCharToMultiByte(CP_UTF8, 0, text, (int)n, out, (int)size - 1, NULL, NULL);
	out[len > 0 ? len : 0] = '\0';
}

static enum err_code code_of(DWORD error, bool missing)
{
	switch (error) {
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
		return missing ? ERR_NO : ERR_SYSTEM;
	case ERROR_DISK_FULL:
	case ERROR_HANDLE_DISK_FULL:
		return ERR_NO_SPACE;
	case ERROR_NOT_ENOUGH_MEMORY:
	case ERROR_OUTOFMEMORY:
		return ERR_NO_MEMORY;
	default:
		return ERR_SYSTEM;
	}
}

bool wide_failed(struct err *err, uint32_t error, bool missing, const char *fmt, ...)
{
	char what[512], words[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	error_words(error, words, sizeof(words));
	return err_set(err, code_of(error, missing), "%s: %s%serror %lu%s", what, words,
		       words[0] ? " (" : "", (unsigned long)error, words[0] ? ")" : "");
}

/* --- waiting, times, names --------------------------------------------------------------------- */

#define TRIES_MAX 20
#define TRY_MS 50

bool wide_try_again(uint32_t error, unsigned *tries)
{
	switch (error) {
	case ERROR_ACCESS_DENIED: /* being deleted, or open where it is to be replaced */
	case ERROR_SHARING_VIOLATION:
	case ERROR_LOCK_VIOLATION:
	case ERROR_DIR_NOT_EMPTY: /* what was deleted from it is still open */
		break;
	default:
		return false;
	}
	if (*tries >= TRIES_MAX)
		return false;
	++*tries;
	Sleep(TRY_MS);
	return true;
}

#define TICKS_A_SECOND 10000000
#define SECONDS_TO_1970 INT64_C(11644473600)

int64_t wide_seconds(uint64_t filetime)
{
	return (int64_t)(filetime / TICKS_A_SECOND) - SECONDS_TO_1970;
}

uint64_t wide_filetime(int64_t seconds)
{
	int64_t since_1601 = seconds + SECONDS_TO_1970;
	return since_1601 > 0 ? (uint64_t)since_1601 * TICKS_A_SECOND : 0;
}

typedef LONG(WINAPI *gen_random_fn)(void *, uint8_t *, ULONG, ULONG);
#define SYSTEM_PREFERRED_RNG 2 /* BCRYPT_USE_SYSTEM_PREFERRED_RNG */

bool wide_random_name(wchar_t *out, size_t count, struct err *err)
{
	static const wchar_t letters[] = L"abcdefghijklmnopqrstuvwxyz012345";
	gen_random_fn gen = (gen_random_fn)wide_function(L"bcrypt.dll", "BCryptGenRandom");
	for (size_t i = 0; i < count; i++) {
		uint8_t byte;
		if (!gen || gen(NULL, &byte, 1, SYSTEM_PREFERRED_RNG) != 0)
			return err_set(err, ERR_SYSTEM, "the system has no random numbers");
		out[i] = letters[byte % 32];
	}
	return true;
}

/* --- System32 ---------------------------------------------------------------------------------- */

void (*wide_function(const wchar_t *dll, const char *name))(void)
{
	HMODULE module = LoadLibraryExW(dll, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	return module ? (void (*)(void))GetProcAddress(module, name) : NULL;
}

char *wide_system32(const char *name, struct err *err)
{
	wchar_t dir[MAX_PATH];
	UINT n = GetSystemDirectoryW(dir, MAX_PATH);
	if (!n || n >= MAX_PATH) {
		wide_failed(err, GetLastError(), false, "cannot find the system's directory");
		return NULL;
	}
	AUTO(auto_free) char *utf8 = wide_utf8(dir, err);
	size_t size = utf8 ? strlen(utf8) + strlen(name) + 2 : 0;
	char *out = size ? malloc(size) : NULL;
	if (!out) {
		err_no_memory(err);
		return NULL;
	}
	snprintf(out, size, "%s\\%s", utf8, name);
	return out;
}
