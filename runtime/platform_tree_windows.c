/* SPDX-License-Identifier: MIT */
/*
 * platform_tree_windows.c - directories on Windows: listing, staging, writing into, removing.
 *
 * There is no openat() in Win32.  Instead the directory that is worked in is held open, without
 * FILE_SHARE_DELETE: as long as it is, neither it nor a directory above it can be renamed, removed
 * or replaced, so that a path through it leads where it did when the handle was opened.
 */
#include "platform.h"

#include <windows.h>

#include <string.h>

#include "secure.h"
#include "wide.h"

#define DEPTH_MAX 256      /* path_is_safe() allows 1024 bytes; a component has at least two */
#define UNITS_MAX 32768    /* UTF-16 units of any path */
#define NAME_UNITS_MAX 255 /* of one name, on every file system of Windows */
#define HELD (FILE_SHARE_READ | FILE_SHARE_WRITE)

static bool is_dots(const wchar_t *name)
{
	return wcscmp(name, L".") == 0 || wcscmp(name, L"..") == 0;
}

/* "PARENT\NAME", owned; NULL when memory ran out or it is no path any more. */
static wchar_t *join(const wchar_t *parent, const wchar_t *name, struct err *err)
{
	size_t a = wcslen(parent), b = wcslen(name);
	wchar_t *out = a + b + 2 < UNITS_MAX ? malloc((a + b + 2) * sizeof(*out)) : NULL;
	if (!out) {
		err_set(err, ERR_SYSTEM, "a path is too long, or memory ran out");
		return NULL;
	}
	memcpy(out, parent, a * sizeof(*out));
	if (a && parent[a - 1] == L'\\') /* a drive's root */
		a--;
	out[a] = L'\\';
	memcpy(out + a + 1, name, (b + 1) * sizeof(*out));
	return out;
}

/* --- listing ----------------------------------------------------------------------------------- */

#define LIST_BYTES (32u << 10) /* names that are asked for at once */

typedef bool name_fn(void *ctx, const wchar_t *name, struct err *err);

static bool each_of(const uint8_t *list, name_fn *fn, void *ctx, struct err *err)
{
	for (;;) {
		FILE_ID_BOTH_DIR_INFO *e = (FILE_ID_BOTH_DIR_INFO *)(uintptr_t)list;
		wchar_t name[NAME_UNITS_MAX + 1];
		size_t n = e->FileNameLength / sizeof(*name);
		if (n > NAME_UNITS_MAX)
			return err_set(err, ERR_SYSTEM, "a name in a directory is too long");
		memcpy(name, e->FileName, n * sizeof(*name));
		name[n] = L'\0';
		if (!is_dots(name) && !fn(ctx, name, err))
			return false;
		if (!e->NextEntryOffset)
			return true;
		list += e->NextEntryOffset;
	}
}

/* The names in the open directory @h; @fn may remove what it is told of. */
static bool each_name(HANDLE h, const char *shown, name_fn *fn, void *ctx, struct err *err)
{
	AUTO(auto_free) uint8_t *list = malloc(LIST_BYTES);
	if (!list)
		return err_no_memory(err);
	while (GetFileInformationByHandleEx(h, FileIdBothDirectoryInfo, list, LIST_BYTES))
		if (!each_of(list, fn, ctx, err))
			return false;
	DWORD error = GetLastError();
	return error == ERROR_NO_MORE_FILES || error == ERROR_FILE_NOT_FOUND ||
	       wide_failed(err, error, false, "cannot list '%s'", shown);
}

static bool take_name(void *ctx, const wchar_t *name, struct err *err)
{
	AUTO(auto_free) char *utf8 = wide_utf8(name, err);
	return utf8 && platform_add_name(ctx, utf8, err);
}

bool platform_list_dir(const char *path, struct platform_names *out, struct err *err)
{
	AUTO(platform_free_names) struct platform_names list = { 0 };
	AUTO(wide_free) wchar_t *wide = wide_path(path, err);
	if (!wide)
		return false;
	AUTO(wide_close)
	HANDLE h = CreateFileW(wide, FILE_LIST_DIRECTORY, HELD | FILE_SHARE_DELETE, NULL,
			       OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	BY_HANDLE_FILE_INFORMATION info;
	if (h == INVALID_HANDLE_VALUE) {
		DWORD error = GetLastError();
		if (error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND)
			return wide_failed(err, error, false, "cannot list '%s'", path);
	} else if (!GetFileInformationByHandle(h, &info)) {
		return wide_failed(err, GetLastError(), false, "cannot list '%s'", path);
	} else if ((info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) &&
		   !each_name(h, path, take_name, &list, err)) {
		return false;
	}
	platform_sort_names(&list);
	*out = list;
	list = (struct platform_names) { 0 };
	return true;
}

/* --- removing ---------------------------------------------------------------------------------- */

/* Itself, be it a link; nobody else can put another in its place meanwhile. */
static HANDLE open_to_remove(const wchar_t *path)
{
	unsigned tries = 0;
	for (;;) {
		HANDLE h = CreateFileW(
			path,
			DELETE | FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES,
			HELD, NULL, OPEN_EXISTING,
			FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS, NULL);
		if (h != INVALID_HANDLE_VALUE || !wide_try_again(GetLastError(), &tries))
			return h;
	}
}

static bool clear_read_only(HANDLE h, DWORD attributes)
{
	FILE_BASIC_INFO basic = { .FileAttributes = attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY };
	if (!(attributes & FILE_ATTRIBUTE_READONLY))
		return true;
	if (!basic.FileAttributes)
		basic.FileAttributes = FILE_ATTRIBUTE_NORMAL; /* 0 would leave them as they are */
	return SetFileInformationByHandle(h, FileBasicInfo, &basic, sizeof(basic));
}

static bool mark_removed(HANDLE h)
{
	FILE_DISPOSITION_INFO gone = { TRUE };
	unsigned tries = 0;
	while (!SetFileInformationByHandle(h, FileDispositionInfo, &gone, sizeof(gone)))
		if (!wide_try_again(GetLastError(), &tries))
			return false;
	return true;
}

/* What is being emptied. */
struct removal {
	const wchar_t *path;
	const char *shown; /* the top, for messages */
	unsigned depth;
};

static bool remove_one(const wchar_t *path, const char *shown, unsigned depth, struct err *err);

static bool remove_child(void *ctx, const wchar_t *name, struct err *err)
{
	const struct removal *r = ctx;
	AUTO(wide_free) wchar_t *child = join(r->path, name, err);
	return child && remove_one(child, r->shown, r->depth + 1, err);
}

static bool empty_dir(HANDLE h, struct removal *r, struct err *err)
{
	if (r->depth == DEPTH_MAX)
		return err_set(err, ERR_SYSTEM, "cannot remove '%s': it is too deep", r->shown);
	return each_name(h, r->shown, remove_child, r, err);
}

/* A file, a link or a whole tree.  The handle decides what it is, and is what is removed. */
static bool remove_one(const wchar_t *path, const char *shown, unsigned depth, struct err *err)
{
	HANDLE h = open_to_remove(path);
	if (h == INVALID_HANDLE_VALUE) {
		DWORD error = GetLastError();
		return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ||
		       wide_failed(err, error, false, "cannot remove '%s'", shown);
	}
	BY_HANDLE_FILE_INFORMATION info = { 0 };
	bool ok = GetFileInformationByHandle(h, &info);
	DWORD directory = FILE_ATTRIBUTE_DIRECTORY, link = FILE_ATTRIBUTE_REPARSE_POINT;
	if (ok && (info.dwFileAttributes & (directory | link)) == directory &&
	    !empty_dir(h, &(struct removal) { path, shown, depth }, err)) {
		CloseHandle(h);
		return false;
	}
	ok = ok && clear_read_only(h, info.dwFileAttributes) && mark_removed(h);
	DWORD error = GetLastError();
	CloseHandle(h); /* here it goes */
	return ok || wide_failed(err, error, false, "cannot remove '%s'", shown);
}

bool platform_remove_tree(const char *path, struct err *err)
{
	AUTO(wide_free) wchar_t *wide = wide_path(path, err);
	return wide && remove_one(wide, path, 0, err);
}

/* --- staging ----------------------------------------------------------------------------------- */

bool platform_make_staging(const char *parent, char out[PLATFORM_PATH_MAX], struct err *err)
{
	enum { RANDOM = 8 };
	wchar_t name[] = L"staging-xxxxxxxx";
	if (!wide_random_name(name + wcslen(name) - RANDOM, RANDOM, err))
		return false;
	AUTO(wide_free) wchar_t *wide = wide_path(parent, err);
	AUTO(wide_free) wchar_t *path = wide ? join(wide, name, err) : NULL;
	if (!path)
		return false;
	char made[PLATFORM_PATH_MAX];
	int n = snprintf(made, sizeof(made), "%s\\%ls", parent, name);
	if (n < 0 || (size_t)n >= sizeof(made))
		return err_set(err, ERR_SYSTEM, "path is too long: '%.200s...'", parent);
	if (!secure_make_dir(path, SECURE_NOTHING)) /* exclusively */
		return wide_failed(err, GetLastError(), false,
				   "cannot make a staging directory in '%s'", parent);
	memcpy(out, made, (size_t)n + 1);
	return true;
}

/* --- a sink for layout.h ----------------------------------------------------------------------- */

/* What platform_dir.dir points to. */
struct open_dir {
	HANDLE held;
	wchar_t *path; /* where it really is, through no link */
};

static const struct open_dir *dir_of(const struct platform_dir *d)
{
	return (const struct open_dir *)d->dir;
}

static wchar_t *real_path(HANDLE h, const char *shown, struct err *err)
{
	DWORD n = GetFinalPathNameByHandleW(h, NULL, 0, VOLUME_NAME_DOS);
	wchar_t *path = n && n < UNITS_MAX ? malloc(((size_t)n + 1) * sizeof(*path)) : NULL;
	DWORD got = path ? GetFinalPathNameByHandleW(h, path, n + 1, VOLUME_NAME_DOS) : 0;
	if (got && got <= n)
		return path;
	free(path);
	wide_failed(err, GetLastError(), false, "cannot tell where '%s' is", shown);
	return NULL;
}

bool platform_dir_open(const char *path, struct platform_dir *out, struct err *err)
{
	AUTO(wide_free) wchar_t *wide = wide_path(path, err);
	AUTO(auto_free) struct open_dir *d = wide ? calloc(1, sizeof(*d)) : NULL;
	if (!d)
		return wide ? err_no_memory(err) : false;
	d->held = CreateFileW(wide, FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES, HELD, NULL,
			      OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	if (d->held == INVALID_HANDLE_VALUE)
		return wide_failed(err, GetLastError(), false, "cannot open directory '%s'", path);
	BY_HANDLE_FILE_INFORMATION info;
	bool ok = GetFileInformationByHandle(d->held, &info) &&
		  (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY);
	d->path = ok ? real_path(d->held, path, err) : NULL;
	if (!d->path) {
		CloseHandle(d->held);
		return ok ? false : err_set(err, ERR_SYSTEM, "'%s' is not a directory", path);
	}
	*out = (struct platform_dir) { .dir = (intptr_t)d, .file = -1, .name = path };
	d = NULL;
	return true;
}

bool platform_dir_share(const struct platform_dir *d UNUSED, struct err *err UNUSED)
{
	return true; /* who may read it is what its parent hands down */
}

/* Only an administrator may ask for a volume; NTFS writes a file's data before it tells of its size. */
bool platform_dir_sync(const struct platform_dir *d UNUSED, struct err *err UNUSED)
{
	return true;
}

void platform_dir_close(struct platform_dir *d)
{
	if (d->name) { /* a zeroed struct holds nothing */
		struct open_dir *own = (struct open_dir *)d->dir;
		if (d->file != -1)
			CloseHandle((HANDLE)d->file);
		CloseHandle(own->held);
		free(own->path);
		free(own);
	}
	*d = (struct platform_dir) { .dir = -1, .file = -1 };
}

/* @text, which is UTF-8 and part of a tree, with backslashes. */
static wchar_t *native(struct slice text, struct err *err)
{
	char utf8[PLATFORM_PATH_MAX];
	if (text.len >= sizeof(utf8)) {
		err_set(err, ERR_FORMAT, "a path in the payload is too long");
		return NULL;
	}
	memcpy(utf8, text.p, text.len);
	utf8[text.len] = '\0';
	wchar_t *wide = wide_text(utf8, err);
	for (wchar_t *c = wide; c && *c; c++)
		if (*c == L'/')
			*c = L'\\';
	return wide;
}

static wchar_t *entry_path(const struct platform_dir *d, const struct tree_entry *e,
			   struct err *err)
{
	AUTO(wide_free) wchar_t *name = native(e->path, err);
	return name ? join(dir_of(d)->path, name, err) : NULL;
}

static bool entry_failed(const struct platform_dir *d, const struct tree_entry *e, DWORD error,
			 struct err *err)
{
	return wide_failed(err, error, false, "cannot write '%.*s' in '%.200s'", (int)e->path.len,
			   (const char *)e->path.p, d->name);
}

static bool sink_dir(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct platform_dir *d = ctx;
	AUTO(wide_free) wchar_t *path = entry_path(d, e, err);
	if (!path)
		return false;
	return CreateDirectoryW(path, NULL) || entry_failed(d, e, GetLastError(), err);
}

/* Links to directories and to files differ here; a tree's directories are there before its links. */
static bool is_dir_target(const wchar_t *link, const wchar_t *target)
{
	const wchar_t *slash = wcsrchr(link, L'\\');
	while (slash && slash > link && wcsncmp(target, L"..\\", 3) == 0) {
		target += 3;
		do
			slash--;
		while (slash > link && *slash != L'\\');
	}
	size_t n = slash ? (size_t)(slash - link) + 1 : 0, len = wcslen(target) + 1;
	AUTO(wide_free) wchar_t *path = malloc((n + len) * sizeof(*path));
	if (!path)
		return false;
	memcpy(path, link, n * sizeof(*path));
	memcpy(path + n, target, len * sizeof(*path));
	DWORD attributes = GetFileAttributesW(path);
	return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

static bool is_link(const wchar_t *path)
{
	DWORD attributes = GetFileAttributesW(path);
	return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT);
}

static bool sink_symlink(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct platform_dir *d = ctx;
	AUTO(wide_free) wchar_t *path = entry_path(d, e, err);
	AUTO(wide_free) wchar_t *target = path ? native(e->target, err) : NULL;
	if (!target)
		return false;
	DWORD flags = is_dir_target(path, target) ? SYMBOLIC_LINK_FLAG_DIRECTORY : 0;
	/* It is looked for afterwards, since not every system that says it made one did. */
	if (CreateSymbolicLinkW(path, target, flags) && is_link(path))
		return true;
	DWORD error = GetLastError();
	return wide_failed(
		err, error ? error : ERROR_NOT_SUPPORTED, false,
		"cannot make the symbolic link '%.*s' in '%.200s', which on Windows only "
		"%s may",
		(int)e->path.len, (const char *)e->path.p, d->name, platform_admin);
}

#define PREALLOCATE_MIN (1u << 20) /* smaller files are not worth the call */

/* All of its room at once: less scattered, and a full disk is told of before it is filled. */
static bool preallocate(HANDLE h, uint64_t size)
{
	FILE_ALLOCATION_INFO room = { .AllocationSize.QuadPart = (LONGLONG)size };
	return size < PREALLOCATE_MIN ||
	       SetFileInformationByHandle(h, FileAllocationInfo, &room, sizeof(room)) ||
	       GetLastError() != ERROR_DISK_FULL; /* not every file system can */
}

static bool open_file(struct platform_dir *d, const struct tree_entry *e, DWORD how,
		      struct err *err)
{
	AUTO(wide_free) wchar_t *path = entry_path(d, e, err);
	if (!path)
		return false;
	unsigned tries = 0;
	for (;;) { /* a file that was left may be in a scanner's hands */
		HANDLE h = CreateFileW(path, GENERIC_WRITE | FILE_WRITE_ATTRIBUTES, 0, NULL, how,
				       FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
		d->file = (intptr_t)h;
		if (h != INVALID_HANDLE_VALUE)
			return true;
		DWORD error = GetLastError();
		if (!wide_try_again(error, &tries))
			return entry_failed(d, e, error, err);
	}
}

static bool sink_file_begin(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct platform_dir *d = ctx;
	return open_file(d, e, CREATE_NEW, err) &&
	       (preallocate((HANDLE)d->file, e->size) || entry_failed(d, e, ERROR_DISK_FULL, err));
}

static bool sink_file_resume(void *ctx, const struct tree_entry *e, struct err *err)
{
	return open_file(ctx, e, OPEN_EXISTING, err);
}

static bool sink_file_leave(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct platform_dir *d = ctx;
	bool ok = CloseHandle((HANDLE)d->file);
	d->file = -1;
	return ok || entry_failed(d, e, GetLastError(), err);
}

static bool sink_file_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct platform_dir *d = ctx;
	while (n) {
		DWORD w = 0;
		OVERLAPPED where = { .Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32) };
		if (!WriteFile((HANDLE)d->file, p, n > INT32_MAX ? INT32_MAX : (DWORD)n, &w,
			       &where))
			return wide_failed(err, GetLastError(), false, "cannot write in '%s'",
					   d->name);
		p += w;
		n -= w;
		at += w;
	}
	return true;
}

static bool sink_file_end(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct platform_dir *d = ctx;
	uint64_t ticks = wide_filetime(e->mtime);
	FILETIME time = { (DWORD)ticks, (DWORD)(ticks >> 32) };
	bool ok = SetFileTime((HANDLE)d->file, NULL, NULL, &time);
	DWORD error = GetLastError();
	if (!CloseHandle((HANDLE)d->file) && ok) {
		ok = false;
		error = GetLastError();
	}
	d->file = -1;
	return ok || entry_failed(d, e, error, err);
}

static bool sink_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct platform_dir *d = ctx;
	if (platform_stops())
		return false;
	return !d->progress || d->progress(d->progress_ctx, done, total);
}

/* On any thread. */
static bool sink_stops(void *ctx UNUSED)
{
	return platform_stops() != 0;
}

struct layout_sink platform_dir_sink(struct platform_dir *d)
{
	return (struct layout_sink) {
		.ctx = d,
		.dir = sink_dir,
		.symlink = sink_symlink,
		.file_begin = sink_file_begin,
		.file_write = sink_file_write,
		.file_leave = sink_file_leave,
		.file_resume = sink_file_resume,
		.file_end = sink_file_end,
		.stops = sink_stops,
		.progress = sink_progress,
	};
}
