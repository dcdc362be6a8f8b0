/* SPDX-License-Identifier: MIT */
/*
 * platform_file_windows.c - platform.h for Windows: whole files, directories, the log, space, locks.
 *
 * A handle says what was opened; nothing is asked of a path a second time where it matters.
 */
#include "platform.h"

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <string.h>

#include "secure.h"
#include "wide.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define CHUNK_MAX (1u << 30) /* bytes of one call */

/* --- the bundle -------------------------------------------------------------------------------- */

static bool source_pread(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	uint8_t *p = out;
	while (len) {
		OVERLAPPED at = { .Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32) };
		DWORD n = 0;
		if (!ReadFile(ctx, p, len > CHUNK_MAX ? CHUNK_MAX : (DWORD)len, &n, &at) &&
		    GetLastError() != ERROR_HANDLE_EOF)
			return wide_failed(err, GetLastError(), false, "cannot read the bundle");
		if (n == 0)
			return err_set(err, ERR_FORMAT, "the bundle ends early: it was cut short");
		p += n;
		offset += n;
		len -= n;
	}
	return true;
}

/* As wide_path() would make it; grown until it fits, since there is no asking how long it is. */
static wchar_t *own_path(struct err *err)
{
	for (DWORD size = MAX_PATH; size <= 2 * 32768; size *= 2) {
		wchar_t *path = malloc(size * sizeof(*path));
		DWORD n = path ? GetModuleFileNameW(NULL, path, size) : 0;
		if (n && n < size)
			return path;
		free(path);
		if (!n)
			break;
	}
	wide_failed(err, GetLastError(), false, "cannot tell where this program is");
	return NULL;
}

bool platform_program(char out[PLATFORM_PATH_MAX], struct err *err)
{
	AUTO(wide_free) wchar_t *wide = own_path(err);
	AUTO(auto_free) char *path = wide ? wide_utf8(wide, err) : NULL;
	if (!path)
		return false;
	if (strlen(path) >= PLATFORM_PATH_MAX)
		return err_set(err, ERR_SYSTEM, "path is too long: '%.200s...'", path);
	memcpy(out, path, strlen(path) + 1);
	return true;
}

/* Links are followed, as everywhere where the user names a file to read. */
bool platform_source_open(const char *path, struct source *out, struct err *err)
{
	bool own = !path || !path[0];
	const char *name = own ? "this file" : path;
	char self[PLATFORM_PATH_MAX];
	if (own && !platform_program(self, err))
		return false;
	AUTO(wide_free) wchar_t *wide = wide_path(own ? self : path, err);
	if (!wide)
		return false;
	/* Nobody writes to it or deletes it while it is open.  The flag opens directories, too. */
	HANDLE h = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
			       FILE_FLAG_BACKUP_SEMANTICS, NULL);
	if (h == INVALID_HANDLE_VALUE)
		return wide_failed(err, GetLastError(), false, "cannot open '%s'", name);
	BY_HANDLE_FILE_INFORMATION info;
	if (GetFileType(h) != FILE_TYPE_DISK || !GetFileInformationByHandle(h, &info) ||
	    (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)) {
		CloseHandle(h);
		return err_set(err, ERR_FORMAT, "'%s' is not a regular file", name);
	}
	uint64_t size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
	*out = (struct source) { name, size, h, source_pread };
	return true;
}

void platform_source_close(struct source *s)
{
	if (s->ctx)
		CloseHandle(s->ctx);
	*s = (struct source) { 0 };
}

/* --- whole files ------------------------------------------------------------------------------- */

bool platform_read_file(const char *path, struct buf *out, struct err *err)
{
	AUTO(wide_free) wchar_t *wide = wide_path(path, err);
	if (!wide)
		return false;
	unsigned tries = 0;
	AUTO(wide_close) HANDLE h = INVALID_HANDLE_VALUE;
	do /* state files are replaced at any time */
		h = CreateFileW(wide, GENERIC_READ, SHARE_ALL, NULL, OPEN_EXISTING,
				FILE_ATTRIBUTE_NORMAL, NULL);
	while (h == INVALID_HANDLE_VALUE && GetLastError() == ERROR_SHARING_VIOLATION &&
	       wide_try_again(GetLastError(), &tries));
	if (h == INVALID_HANDLE_VALUE)
		return wide_failed(err, GetLastError(), true, "cannot open '%s'", path);
	if (GetFileType(h) != FILE_TYPE_DISK)
		return err_set(err, ERR_SYSTEM, "'%s' is not a file", path);
	uint8_t chunk[16384];
	DWORD n;
	do {
		if (!ReadFile(h, chunk, sizeof(chunk), &n, NULL))
			return wide_failed(err, GetLastError(), false, "cannot read '%s'", path);
		buf_add(out, chunk, n);
	} while (n && !out->bad);
	return buf_ok(out, path, err);
}

bool platform_read_protected(const char *path, struct buf *out, struct err *err)
{
	char dir[PLATFORM_PATH_MAX];
	struct err why = { 0 };
	const char *slash = strrchr(path, '\\');
	int n = snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 0, path);
	if (n <= 0 || (size_t)n >= sizeof(dir))
		return err_set(err, ERR_SYSTEM, "no such path: '%.200s'", path);
	AUTO(wide_free) wchar_t *wide_dir = wide_path(dir, err);
	AUTO(wide_free) wchar_t *wide = wide_path(path, err);
	if (!wide_dir || !wide)
		return false;
	if ((!secure_check(wide_dir, SECURE_DIRECTORY, dir, &why) && why.code != ERR_NO) ||
	    (!secure_check(wide, SECURE_FILE, path, &why) && why.code != ERR_NO))
		return err_set(err, ERR_POLICY, "what decides about trust is not used: %s",
			       why.msg);
	return platform_read_file(path, out, err);
}

/* "PATH.xxxxxx" */
static wchar_t *temporary(const wchar_t *path, struct err *err)
{
	enum { RANDOM = 8 };
	size_t len = wcslen(path);
	wchar_t *out = malloc((len + 1 + RANDOM + 1) * sizeof(*out));
	if (!out) {
		err_no_memory(err);
		return NULL;
	}
	memcpy(out, path, len * sizeof(*out));
	out[len] = L'.';
	out[len + 1 + RANDOM] = L'\0';
	if (wide_random_name(out + len + 1, RANDOM, err))
		return out;
	free(out);
	return NULL;
}

static bool write_all(HANDLE h, struct slice data)
{
	while (data.len) {
		DWORD n = 0;
		if (!WriteFile(h, data.p, data.len > CHUNK_MAX ? CHUNK_MAX : (DWORD)data.len, &n,
			       NULL))
			return false;
		data.p += n;
		data.len -= n;
	}
	return true;
}

static bool replace(const wchar_t *from, const wchar_t *to)
{
	unsigned tries = 0;
	while (!MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
		if (!wide_try_again(GetLastError(), &tries))
			return false;
	return true;
}

/* Who may read it is what its directory hands down. */
bool platform_write_file(const char *path, struct slice data, unsigned mode UNUSED, struct err *err)
{
	AUTO(wide_free) wchar_t *wide = wide_path(path, err);
	AUTO(wide_free) wchar_t *temp = wide ? temporary(wide, err) : NULL;
	if (!temp)
		return false;
	HANDLE h =
		CreateFileW(temp, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
	if (h == INVALID_HANDLE_VALUE)
		return wide_failed(err, GetLastError(), false, "cannot write '%s'", path);
	bool ok = write_all(h, data) && FlushFileBuffers(h);
	DWORD error = GetLastError();
	CloseHandle(h);
	if (ok && !replace(temp, wide)) {
		ok = false;
		error = GetLastError();
	}
	if (ok)
		return true;
	DeleteFileW(temp);
	return wide_failed(err, error, false, "cannot write '%s'", path);
}

bool platform_exists(const char *path)
{
	AUTO(wide_free) wchar_t *wide = wide_path(path, NULL);
	return wide && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
}

bool platform_remove_file(const char *path, struct err *err)
{
	AUTO(wide_free) wchar_t *wide = wide_path(path, err);
	unsigned tries = 0;
	while (wide && !DeleteFileW(wide)) {
		DWORD error = GetLastError();
		if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
			break;
		if (!wide_try_again(error, &tries))
			return wide_failed(err, error, false, "cannot remove '%s'", path);
	}
	return wide != NULL;
}

/* --- directories ------------------------------------------------------------------------------- */

/* Where the first component of "\\?\C:\..." or "\\?\UNC\server\share\..." begins. */
static size_t root_length(const wchar_t *path)
{
	const wchar_t *at = path + 4; /* wide_path() puts four characters in front */
	unsigned skip = wcsncmp(at, L"UNC\\", 4) == 0 ? 3 : 1;
	for (; skip; skip--) {
		const wchar_t *end = wcschr(at, L'\\');
		if (!end)
			return wcslen(path);
		at = end + 1;
	}
	return (size_t)(at - path);
}

static bool is_directory(const wchar_t *path)
{
	DWORD attributes = GetFileAttributesW(path);
	return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

/* @path and its parents; those that are not there are made by @make. */
static bool make_dirs(wchar_t *path, bool (*make)(const wchar_t *path), const char *shown,
		      struct err *err)
{
	size_t len = wcslen(path);
	for (size_t i = root_length(path); i <= len; i++) {
		wchar_t c = path[i];
		if (c != L'\\' && c != L'\0')
			continue;
		path[i] = L'\0';
		bool ok = is_directory(path) || make(path);
		DWORD error = GetLastError();
		path[i] = c;
		if (!ok && error != ERROR_ALREADY_EXISTS)
			return wide_failed(err, error, false, "cannot make directory '%s'", shown);
	}
	return is_directory(path) || err_set(err, ERR_SYSTEM, "'%s' is not a directory", shown);
}

static bool make_plain(const wchar_t *path)
{
	return CreateDirectoryW(path, NULL);
}

static bool make_readable(const wchar_t *path)
{
	return secure_make_dir(path, SECURE_READ);
}

bool platform_make_dirs(const char *path, unsigned mode UNUSED, struct err *err)
{
	AUTO(wide_free) wchar_t *wide = wide_path(path, err);
	return wide && make_dirs(wide, make_plain, path, err);
}

bool platform_make_new_dir(const char *path, struct err *err)
{
	AUTO(wide_free) wchar_t *wide = wide_path(path, err);
	if (!wide)
		return false;
	size_t len = wcslen(wide), floor = root_length(wide);
	while (len > floor && wide[len - 1] == L'\\')
		wide[--len] = L'\0';
	wchar_t *slash = wcsrchr(wide, L'\\');
	if (slash && (size_t)(slash - wide) >= floor) {
		*slash = L'\0';
		bool ok = make_dirs(wide, make_plain, path, err);
		*slash = L'\\';
		if (!ok)
			return false;
	}
	if (make_plain(wide))
		return true;
	DWORD error = GetLastError();
	if (error != ERROR_ALREADY_EXISTS)
		return wide_failed(err, error, false, "cannot make directory '%s'", path);
	return err_set(err, ERR_USAGE, "cannot make directory '%s': it exists", path);
}

bool platform_make_state(const char *path, struct err *err)
{
	AUTO(wide_free) wchar_t *wide = wide_path(path, err);
	if (!wide)
		return false;
	if (!secure_make_dir(wide, SECURE_READ) && GetLastError() != ERROR_ALREADY_EXISTS)
		return wide_failed(err, GetLastError(), false, "cannot make directory '%s'", path);
	return secure_check(wide, SECURE_DIRECTORY, path, err);
}

bool platform_is_protected(const char *path)
{
	AUTO(wide_free) wchar_t *wide = wide_path(path, NULL);
	return wide && secure_check(wide, SECURE_ANY, path, NULL);
}

/* --- the log ----------------------------------------------------------------------------------- */

/*
 * A user may have made the directories before this program did, and put a link there to a file that
 * only this program may write: a log has one name, and is no link.
 */
static bool is_plain_file(HANDLE h)
{
	BY_HANDLE_FILE_INFORMATION info;
	return GetFileType(h) == FILE_TYPE_DISK && GetFileInformationByHandle(h, &info) &&
	       info.nNumberOfLinks == 1 &&
	       !(info.dwFileAttributes & (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY));
}

static FILE *stream_of(HANDLE h)
{
	/* Lines end as Windows' own tools want them. */
	int fd = _open_osfhandle((intptr_t)h, _O_APPEND | _O_TEXT);
	FILE *f = fd < 0 ? NULL : _fdopen(fd, "at");
	if (f)
		return f;
	if (fd >= 0)
		_close(fd);
	else
		CloseHandle(h);
	return NULL;
}

static bool make_log_parent(wchar_t *path, const char *shown, struct err *err)
{
	wchar_t *slash = wcsrchr(path, L'\\');
	if (!slash || (size_t)(slash - path) < root_length(path))
		return true;
	*slash = L'\0';
	bool ok = make_dirs(path, make_readable, shown, err);
	*slash = L'\\';
	return ok;
}

FILE *platform_open_log(const char *path, struct err *err)
{
	AUTO(wide_free) wchar_t *wide = wide_path(path, err);
	if (!wide || !make_log_parent(wide, path, err))
		return NULL;
	HANDLE h = CreateFileW(wide, FILE_APPEND_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
			       FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS,
			       FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	if (h == INVALID_HANDLE_VALUE) {
		wide_failed(err, GetLastError(), false, "cannot write the log '%s'", path);
		return NULL;
	}
	if (!is_plain_file(h)) {
		CloseHandle(h);
		err_set(err, ERR_SYSTEM,
			"cannot write the log '%s': it is a link, or has another name", path);
		return NULL;
	}
	FILE *f = stream_of(h);
	if (!f)
		err_set(err, ERR_SYSTEM, "cannot write the log '%s'", path);
	return f;
}

/* --- space ------------------------------------------------------------------------------------- */

bool platform_space(const char *path, struct platform_space *out, struct err *err)
{
	AUTO(wide_free) wchar_t *at = wide_path(path, err);
	if (!at)
		return false;
	size_t floor = root_length(at);
	while (!is_directory(at)) {
		wchar_t *slash = wcsrchr(at, L'\\');
		if (!slash || (size_t)(slash - at) < floor) {
			at[floor] = L'\0'; /* "\\?\C:\" */
			break;
		}
		*slash = L'\0';
	}
	ULARGE_INTEGER available;
	DWORD serial = 0, flags = 0;
	AUTO(wide_close)
	HANDLE h = CreateFileW(at, FILE_READ_ATTRIBUTES, SHARE_ALL, NULL, OPEN_EXISTING,
			       FILE_FLAG_BACKUP_SEMANTICS, NULL);
	if (h == INVALID_HANDLE_VALUE || !GetDiskFreeSpaceExW(at, &available, NULL, NULL) ||
	    !GetVolumeInformationByHandleW(h, NULL, 0, &serial, NULL, &flags, NULL, 0))
		return wide_failed(err, GetLastError(), false, "cannot tell the free space at '%s'",
				   path);
	*out = (struct platform_space) {
		.free_bytes = available.QuadPart,
		.device = serial,
		.read_only = flags & FILE_READ_ONLY_VOLUME,
	};
	return true;
}

/* --- locks ------------------------------------------------------------------------------------- */

bool platform_lock(const char *path, intptr_t *handle, struct err *err)
{
	char file[PLATFORM_PATH_MAX];
	int n = snprintf(file, sizeof(file), "%s\\lock", path);
	if (n < 0 || (size_t)n >= sizeof(file))
		return err_set(err, ERR_SYSTEM, "path is too long: '%.200s...'", path);
	AUTO(wide_free) wchar_t *wide = wide_path(file, err);
	if (!wide)
		return false;
	HANDLE h = secure_open_file(wide, SECURE_NOTHING);
	if (h == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED)
		return err_set(err, ERR_NOT_ROOT, "cannot lock '%s': only %s may", path,
			       platform_admin);
	if (h == INVALID_HANDLE_VALUE)
		return wide_failed(err, GetLastError(), false, "cannot lock '%s'", path);
	OVERLAPPED at = { 0 };
	if (!LockFileEx(h, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)) {
		DWORD error = GetLastError();
		CloseHandle(h);
		if (error != ERROR_LOCK_VIOLATION && error != ERROR_IO_PENDING)
			return wide_failed(err, error, false, "cannot lock '%s'", path);
		return err_set(err, ERR_LOCKED,
			       "another install or uninstall is running in '%s': wait for it",
			       path);
	}
	*handle = (intptr_t)h;
	return true;
}

void platform_unlock(intptr_t *handle)
{
	if (*handle != -1)
		CloseHandle((HANDLE)*handle);
	*handle = -1;
}
