/* SPDX-License-Identifier: MIT */
/* registry_windows.c - see registry.h. */
#include "registry.h"

#include <string.h>
#include <windows.h>

#include "wide.h"

/* --- keys -------------------------------------------------------------------------------------- */

static bool open_below(HKEY parent, const char *path, REGSAM view, struct registry_key *out)
{
	AUTO(wide_free) wchar_t *wide = wide_text(path, NULL);
	HKEY key;
	if (!wide || RegOpenKeyExW(parent, wide, 0, KEY_READ | view, &key) != ERROR_SUCCESS)
		return false;
	out->key = key;
	return true;
}

bool registry_open(const char *path, enum registry_view view, struct registry_key *out)
{
	return open_below(HKEY_LOCAL_MACHINE, path,
			  view == REGISTRY_32 ? KEY_WOW64_32KEY : KEY_WOW64_64KEY, out);
}

bool registry_open_in(const struct registry_key *parent, const char *name, struct registry_key *out)
{
	return open_below(parent->key, name, 0, out);
}

void registry_close(struct registry_key *k)
{
	if (k->key)
		RegCloseKey(k->key);
	k->key = NULL;
}

bool registry_exists(const char *path)
{
	AUTO(registry_close) struct registry_key key = { 0 };
	return registry_open(path, REGISTRY_64, &key);
}

bool registry_child(const struct registry_key *k, uint32_t index, struct buf *out)
{
	wchar_t name[REGISTRY_NAME_MAX];
	DWORD n = REGISTRY_NAME_MAX;
	if (RegEnumKeyExW(k->key, index, name, &n, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
		return false;
	return registry_decode(name, n * sizeof(name[0]), false, out);
}

/* --- values ------------------------------------------------------------------------------------ */

static bool add_utf8(const wchar_t *text, size_t units, struct buf *out)
{
	int n = units ? WideCharToMultiByte(CP_UTF8, 0, text, (int)units, NULL, 0, NULL, NULL) : 0;
	AUTO(auto_free) char *utf8 = malloc((size_t)n + 1);
	if (!utf8)
		return false;
	if (n)
		WideCharToMultiByte(CP_UTF8, 0, text, (int)units, utf8, n, NULL, NULL);
	buf_add(out, utf8, (size_t)n);
	return !out->bad;
}

/* The registry ends texts by NUL, or not: that is up to who wrote them. */
bool registry_decode(const void *bytes, size_t size, bool list, struct buf *out)
{
	size_t units = size / sizeof(wchar_t);
	if (size > REGISTRY_VALUE_MAX)
		return false;
	AUTO(auto_free) wchar_t *text = malloc((units + 1) * sizeof(*text));
	if (!text)
		return false;
	memcpy(text, bytes, units * sizeof(*text));
	text[units] = L'\0';
	size_t max = out->max;
	buf_done(out);
	*out = BUF_INIT(max);
	for (size_t at = 0; at < units;) {
		size_t n = wcslen(text + at);
		if (list && n == 0)
			break;
		if (!add_utf8(text + at, n, out))
			return false;
		if (!list)
			return true;
		buf_add(out, "", 1);
		at += n + 1;
	}
	return !out->bad;
}

static bool read_value(const struct registry_key *k, const char *name, bool list, struct buf *out)
{
	AUTO(wide_free) wchar_t *wide = wide_text(name, NULL);
	DWORD type = 0, size = 0;
	if (!wide || RegQueryValueExW(k->key, wide, NULL, &type, NULL, &size) != ERROR_SUCCESS ||
	    size > REGISTRY_VALUE_MAX ||
	    (list ? type != REG_MULTI_SZ : type != REG_SZ && type != REG_EXPAND_SZ))
		return false;
	AUTO(auto_free) uint8_t *bytes = malloc(size + 1);
	if (!bytes)
		return false;
	DWORD got = size, same = type; /* it may be written anew meanwhile */
	if (RegQueryValueExW(k->key, wide, NULL, &same, bytes, &got) != ERROR_SUCCESS ||
	    same != type)
		return false;
	return registry_decode(bytes, got, list, out);
}

bool registry_read(const struct registry_key *k, const char *name, struct buf *out)
{
	return read_value(k, name, false, out);
}

bool registry_read_list(const struct registry_key *k, const char *name, struct buf *out)
{
	return read_value(k, name, true, out);
}

bool registry_read_number(const struct registry_key *k, const char *name, uint32_t *out)
{
	AUTO(wide_free) wchar_t *wide = wide_text(name, NULL);
	DWORD type = 0, size = sizeof(*out), number = 0;
	if (!wide ||
	    RegQueryValueExW(k->key, wide, NULL, &type, (BYTE *)&number, &size) != ERROR_SUCCESS ||
	    type != REG_DWORD || size != sizeof(number))
		return false;
	*out = number;
	return true;
}
