/* SPDX-License-Identifier: MIT */
/* driver_trust_windows.c - see driver_trust.h: INF files by SetupAPI, catalogs by WinTrust. */
#include "driver_trust.h"

#include <string.h>
#include <windows.h>

#include <mscat.h>
#include <setupapi.h>
#include <softpub.h>
#include <wintrust.h>

#include "wide.h"

#define NAME_MAX_CHARS 256
#define DIGEST_MAX 64

static bool no_function(const char *dll, struct err *err)
{
	return err_set(err, ERR_SYSTEM, "this system's %s has not what checking drivers needs",
		       dll);
}

/* --- the catalog's name ------------------------------------------------------------------------ */

/* [Version] CatalogFile, of the decorations that count on this processor the first (INF Version). */
static bool read_catalog_name(HINF inf, wchar_t out[NAME_MAX_CHARS], struct err *err)
{
	typedef BOOL(WINAPI * line_fn)(PINFCONTEXT, HINF, PCWSTR, PCWSTR, PWSTR, DWORD, PDWORD);
	static const wchar_t *const keys[] = { L"CatalogFile.ntamd64", L"CatalogFile.nt",
					       L"CatalogFile" };
	line_fn get_line = (line_fn)wide_function(L"setupapi.dll", "SetupGetLineTextW");
	out[0] = L'\0';
	if (!get_line)
		return no_function("setupapi.dll", err);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !out[0]; i++)
		if (!get_line(NULL, inf, L"Version", keys[i], out, NAME_MAX_CHARS, NULL))
			out[0] = L'\0';
	return true;
}

static bool find_catalog_name(const char *path, const wchar_t *wide_path_, wchar_t *out,
			      struct err *err)
{
	typedef HINF(WINAPI * open_fn)(PCWSTR, PCWSTR, DWORD, PUINT);
	typedef void(WINAPI * close_fn)(HINF);
	open_fn open_inf = (open_fn)wide_function(L"setupapi.dll", "SetupOpenInfFileW");
	close_fn close_inf = (close_fn)wide_function(L"setupapi.dll", "SetupCloseInfFile");
	UINT line = 0;
	if (!open_inf || !close_inf)
		return no_function("setupapi.dll", err);
	HINF inf = open_inf(wide_path_, NULL, INF_STYLE_WIN4, &line);
	if (inf == INVALID_HANDLE_VALUE) {
		wide_failed(err, GetLastError(), false, "'%s' is no INF file (line %u)", path,
			    line);
		err->code = ERR_FORMAT;
		return false;
	}
	bool ok = read_catalog_name(inf, out, err);
	close_inf(inf);
	if (ok && !out[0])
		return err_set(err, ERR_UNSIGNED,
			       "'%s' names no catalog: a driver package must be signed", path);
	if (ok && wcspbrk(out, L"\\/:"))
		return err_set(err, ERR_FORMAT, "the catalog of '%s' is not beside it", path);
	return ok;
}

/* --- what WinTrust says ------------------------------------------------------------------------ */

/* A digest of the file, as the catalog database computes it, and in hexadecimal. */
struct member {
	HCATADMIN admin;
	BYTE digest[DIGEST_MAX];
	DWORD size;
	wchar_t tag[2 * DIGEST_MAX + 1];
};

/* By SHA-256.  False: a system without the functions, and so without such catalogs. */
static bool digest_sha256(struct member *m, HANDLE file)
{
	typedef BOOL(WINAPI * acquire_fn)(HCATADMIN *, const GUID *, const WCHAR *, const void *,
					  DWORD);
	typedef BOOL(WINAPI * hash_fn)(HCATADMIN, HANDLE, DWORD *, BYTE *, DWORD);
	static const GUID action = DRIVER_ACTION_VERIFY;
	acquire_fn acquire =
		(acquire_fn)wide_function(L"wintrust.dll", "CryptCATAdminAcquireContext2");
	hash_fn hash =
		(hash_fn)wide_function(L"wintrust.dll", "CryptCATAdminCalcHashFromFileHandle2");
	return acquire && hash && acquire(&m->admin, &action, L"SHA256", NULL, 0) &&
	       hash(m->admin, file, &m->size, m->digest, 0);
}

/* By SHA-1, as every system can. */
static bool digest_sha1(struct member *m, HANDLE file)
{
	typedef BOOL(WINAPI * acquire_fn)(HCATADMIN *, const GUID *, DWORD);
	typedef BOOL(WINAPI * hash_fn)(HANDLE, DWORD *, BYTE *, DWORD);
	static const GUID action = DRIVER_ACTION_VERIFY;
	acquire_fn acquire =
		(acquire_fn)wide_function(L"wintrust.dll", "CryptCATAdminAcquireContext");
	hash_fn hash =
		(hash_fn)wide_function(L"wintrust.dll", "CryptCATAdminCalcHashFromFileHandle");
	return acquire && hash && acquire(&m->admin, &action, 0) &&
	       hash(file, &m->size, m->digest, 0);
}

static void make_tag(struct member *m)
{
	for (DWORD i = 0; i < m->size; i++)
		for (DWORD k = 0; k < 2; k++)
			m->tag[2 * i + k] = L"0123456789ABCDEF"[m->digest[i] >> (4 - 4 * k) & 15];
}

static void member_done(struct member *m)
{
	typedef BOOL(WINAPI * release_fn)(HCATADMIN, DWORD);
	release_fn release =
		(release_fn)wide_function(L"wintrust.dll", "CryptCATAdminReleaseContext");
	if (m->admin && release)
		release(m->admin, 0);
}

/* No window, no network; the state that it keeps is given back at once. */
static bool ask(WINTRUST_CATALOG_INFO *info, uint32_t *answer, struct err *err)
{
	typedef LONG(WINAPI * verify_fn)(HWND, GUID *, void *);
	typedef BOOL(WINAPI * free_fn)(PCCERT_CONTEXT);
	verify_fn verify = (verify_fn)wide_function(L"wintrust.dll", "WinVerifyTrust");
	free_fn free_cert = (free_fn)wide_function(L"crypt32.dll", "CertFreeCertificateContext");
	if (!verify || !free_cert)
		return no_function("wintrust.dll", err);
	GUID action = DRIVER_ACTION_VERIFY;
	/* Empty: the driver store decides whether the driver is for this version of Windows. */
	DRIVER_VER_INFO version = { .cbStruct = sizeof(version) };
	WINTRUST_DATA data = { .cbStruct = sizeof(data),
			       .pPolicyCallbackData = &version,
			       .dwUIChoice = WTD_UI_NONE,
			       .fdwRevocationChecks = WTD_REVOKE_NONE,
			       .dwUnionChoice = WTD_CHOICE_CATALOG,
			       .dwStateAction = WTD_STATEACTION_VERIFY,
			       .dwProvFlags = WTD_CACHE_ONLY_URL_RETRIEVAL };
	data.pCatalog = info;
	*answer = (uint32_t)verify(INVALID_HANDLE_VALUE, &action, &data);
	data.dwStateAction = WTD_STATEACTION_CLOSE;
	verify(INVALID_HANDLE_VALUE, &action, &data);
	if (version.pcSignerCertContext)
		free_cert(version.pcSignerCertContext);
	return true;
}

/* The answer when the file is looked up by the digest that @compute has. */
static bool ask_by(bool (*compute)(struct member *, HANDLE), HANDLE file, const wchar_t *path,
		   const wchar_t *catalog, uint32_t *answer, struct err *err)
{
	AUTO(member_done) struct member m = { .size = DIGEST_MAX };
	*answer = (uint32_t)TRUST_E_NOSIGNATURE;
	if (!compute(&m, file))
		return true;
	make_tag(&m);
	WINTRUST_CATALOG_INFO info = { .cbStruct = sizeof(info),
				       .pcwszCatalogFilePath = catalog,
				       .pcwszMemberTag = m.tag,
				       .pcwszMemberFilePath = path,
				       .hMemberFile = file,
				       .pbCalculatedFileHash = m.digest,
				       .cbCalculatedFileHash = m.size,
				       .hCatAdmin = m.admin };
	return ask(&info, answer, err);
}

static bool ask_both(const wchar_t *path, const wchar_t *catalog, uint32_t *by_sha256,
		     uint32_t *by_sha1, struct err *err)
{
	HANDLE file =
		CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return wide_failed(err, GetLastError(), false, "cannot open a driver's INF file");
	bool ok = ask_by(digest_sha256, file, path, catalog, by_sha256, err) &&
		  ask_by(digest_sha1, file, path, catalog, by_sha1, err);
	CloseHandle(file);
	return ok;
}

/* --- both -------------------------------------------------------------------------------------- */

/* The path of the file @name in the directory of @path, owned. */
static wchar_t *beside(const wchar_t *path, const wchar_t *name, struct err *err)
{
	const wchar_t *slash = wcsrchr(path, L'\\');
	size_t dir = slash ? (size_t)(slash - path) + 1 : 0, n = wcslen(name) + 1;
	wchar_t *out = malloc((dir + n) * sizeof(*out));
	if (!out) {
		err_no_memory(err);
		return NULL;
	}
	memcpy(out, path, dir * sizeof(*out));
	memcpy(out + dir, name, n * sizeof(*out));
	return out;
}

bool driver_trust_check(const char *path, struct err *err)
{
	wchar_t name[NAME_MAX_CHARS];
	uint32_t by_sha256 = 0, by_sha1 = 0;
	AUTO(wide_free) wchar_t *inf = wide_text(path, err);
	if (!inf || !find_catalog_name(path, inf, name, err))
		return false;
	AUTO(wide_free) wchar_t *catalog = beside(inf, name, err);
	AUTO(auto_free) char *catalog_name = catalog ? wide_utf8(name, err) : NULL;
	if (!catalog_name)
		return false;
	if (GetFileAttributesW(catalog) == INVALID_FILE_ATTRIBUTES)
		return err_set(err, ERR_UNSIGNED, "the catalog '%s' of '%s' is not there",
			       catalog_name, path);
	return ask_both(inf, catalog, &by_sha256, &by_sha1, err) &&
	       driver_trust_verdict(path, catalog_name, by_sha256, by_sha1, err);
}
