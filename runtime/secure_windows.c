/* SPDX-License-Identifier: MIT */
/* secure_windows.c - see secure.h. */
#include "secure.h"

#include <windows.h>

#include <sddl.h>

#include "acl.h"
#include "wide.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define DESCRIPTOR_MAX (128u << 10) /* an access list has at most 64 KiB */

/* --- making ------------------------------------------------------------------------------------ */

/* Owner Administrators; nothing inherited; full access, and read and execute, handed down. */
static const wchar_t *descriptor_text(enum secure_others others)
{
	return others == SECURE_READ
		       ? L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"
		       : L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
}

static bool make_attributes(enum secure_others others, SECURITY_ATTRIBUTES *out)
{
	*out = (SECURITY_ATTRIBUTES) { .nLength = sizeof(*out) };
	return ConvertStringSecurityDescriptorToSecurityDescriptorW(
		descriptor_text(others), SDDL_REVISION_1, &out->lpSecurityDescriptor, NULL);
}

/* LocalFree() may change what GetLastError() says. */
static void free_attributes(SECURITY_ATTRIBUTES *a)
{
	DWORD error = GetLastError();
	LocalFree(a->lpSecurityDescriptor);
	SetLastError(error);
}

bool secure_make_dir(const wchar_t *path, enum secure_others others)
{
	SECURITY_ATTRIBUTES a;
	if (!make_attributes(others, &a))
		return false;
	bool ok = CreateDirectoryW(path, &a);
	free_attributes(&a);
	return ok;
}

void *secure_open_file(const wchar_t *path, enum secure_others others)
{
	SECURITY_ATTRIBUTES a;
	if (!make_attributes(others, &a))
		return INVALID_HANDLE_VALUE;
	HANDLE h = CreateFileW(path, GENERIC_READ | GENERIC_WRITE,
			       FILE_SHARE_READ | FILE_SHARE_WRITE, &a, OPEN_ALWAYS,
			       FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	free_attributes(&a);
	return h;
}

/* --- checking ---------------------------------------------------------------------------------- */

/* "S-1-..." of @sid, owned; NULL on failure. */
static char *sid_text(PSID sid, struct err *err)
{
	wchar_t *text = NULL;
	if (!sid || !IsValidSid(sid) || !ConvertSidToStringSidW(sid, &text)) {
		err_set(err, ERR_SYSTEM, "has an access list that names nobody");
		return NULL;
	}
	char *out = wide_utf8(text, err);
	LocalFree(text);
	return out;
}

static void acl_done(struct acl *a)
{
	for (size_t i = 0; i < a->count; i++)
		free(a->entries[i].sid);
	free(a->entries);
	free(a->owner);
	free(a->also);
	*a = (struct acl) { 0 };
}

static bool take_entries(ACL *list, struct acl *out, struct err *err)
{
	out->entries = calloc((size_t)list->AceCount + 1, sizeof(*out->entries));
	if (!out->entries)
		return err_no_memory(err);
	for (DWORD i = 0; i < list->AceCount; i++) {
		ACCESS_ALLOWED_ACE *ace;
		if (!GetAce(list, i, (void **)&ace))
			return wide_failed(err, GetLastError(), false, "has a broken access list");
		struct acl_entry e = { .type = ace->Header.AceType };
		if (e.type == ACL_ALLOW) {
			e.mask = ace->Mask;
			e.sid = sid_text(&ace->SidStart, err);
			if (!e.sid)
				return false;
		}
		out->entries[out->count++] = e;
	}
	return true;
}

static bool on_wine(void)
{
	HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
	return ntdll && GetProcAddress(ntdll, "wine_get_version");
}

/* Whom this process runs as; a file's owner, where owners are Unix's. */
static bool take_user(struct acl *out, struct err *err)
{
	union {
		TOKEN_USER user;
		uint8_t bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} u;
	AUTO(wide_close) HANDLE token = NULL;
	DWORD size;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) ||
	    !GetTokenInformation(token, TokenUser, &u, sizeof(u), &size))
		return wide_failed(err, GetLastError(), false, "cannot tell who runs this");
	out->also = sid_text(u.user.User.Sid, err);
	return out->also != NULL;
}

static bool take_descriptor(void *descriptor, struct acl *out, struct err *err)
{
	PSID owner = NULL;
	ACL *list = NULL;
	BOOL defaulted, present = FALSE;
	if (!GetSecurityDescriptorOwner(descriptor, &owner, &defaulted) ||
	    !GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted))
		return wide_failed(err, GetLastError(), false,
				   "has an access list that cannot be read");
	out->owner = sid_text(owner, err);
	if (!out->owner || (on_wine() && !take_user(out, err)))
		return false;
	out->absent = !present || !list;
	return out->absent || take_entries(list, out, err);
}

static bool read_acl(HANDLE h, struct acl *out, struct err *err)
{
	const SECURITY_INFORMATION what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
	DWORD size = 0;
	GetKernelObjectSecurity(h, what, NULL, 0, &size);
	AUTO(auto_free) void *descriptor = size && size <= DESCRIPTOR_MAX ? malloc(size) : NULL;
	if (!descriptor)
		return size && size <= DESCRIPTOR_MAX
			       ? err_no_memory(err)
			       : wide_failed(err, GetLastError(), false,
					     "has an access list that cannot be read");
	if (!GetKernelObjectSecurity(h, what, descriptor, size, &size))
		return wide_failed(err, GetLastError(), false,
				   "has an access list that cannot be read");
	return take_descriptor(descriptor, out, err);
}

static bool kind_fits(DWORD attributes, enum secure_kind kind)
{
	bool directory = attributes & FILE_ATTRIBUTE_DIRECTORY;
	return kind == SECURE_ANY || directory == (kind == SECURE_DIRECTORY);
}

bool secure_check(const wchar_t *path, enum secure_kind kind, const char *shown, struct err *err)
{
	AUTO(wide_close)
	HANDLE h = CreateFileW(path, READ_CONTROL | FILE_READ_ATTRIBUTES, SHARE_ALL, NULL,
			       OPEN_EXISTING,
			       FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS, NULL);
	if (h == INVALID_HANDLE_VALUE)
		return wide_failed(err, GetLastError(), true, "cannot open '%s'", shown);
	BY_HANDLE_FILE_INFORMATION info;
	if (!GetFileInformationByHandle(h, &info))
		return wide_failed(err, GetLastError(), false, "cannot read what '%s' is", shown);
	if (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)
		return err_set(err, ERR_SYSTEM, "'%s' is a link: remove it", shown);
	if (!kind_fits(info.dwFileAttributes, kind))
		return err_set(err, ERR_SYSTEM, "'%s' is not a %s: remove it", shown,
			       kind == SECURE_FILE ? "file" : "directory");
	AUTO(acl_done) struct acl list = { 0 };
	struct err why = { 0 };
	if (read_acl(h, &list, &why) && acl_protects(&list, &why))
		return true;
	return err_set(err, why.code,
		       "'%s' %s: remove it unless you made it, else give it to the administrators "
		       "(takeown /A /F PATH, then icacls PATH /inheritance:r /grant:r "
		       "*S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *S-1-5-32-545:(OI)(CI)RX)",
		       shown, why.msg);
}
