/* SPDX-License-Identifier: MIT */
/*
 * platform_windows.c - platform.h for Windows: the start, places, who and when, stops and events.
 *
 * Whole files, locks and space are in platform_file_windows.c, trees in platform_tree_windows.c.
 */
#include "platform.h"

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <string.h>
#include <time.h>

#include "cmdline.h"
#include "wide.h"
#include "windows_places.h"

const bool platform_has_roots = false;
const char platform_admin[] = "an administrator";
const char platform_admin_hint[] = "start it from an elevated prompt";

/* --- the start --------------------------------------------------------------------------------- */

/* A DLL is taken from System32 only; a broken heap or a missing disk ends the program, unasked. */
static bool harden(struct err *err)
{
	if (!SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32) || !SetDllDirectoryW(L""))
		return wide_failed(err, GetLastError(), false,
				   "cannot restrict where DLLs come from");
	HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
	return true;
}

/* As they were; 0 and NULL: nothing to restore. */
static UINT console_page;
static HANDLE console;
static DWORD console_mode;

static void restore_console(void)
{
	fflush(NULL);
	if (console_page)
		SetConsoleOutputCP(console_page);
	if (console)
		SetConsoleMode(console, console_mode);
}

static bool get_console(FILE *f, HANDLE *out, DWORD *mode)
{
	*out = (HANDLE)_get_osfhandle(_fileno(f));
	return *out != INVALID_HANDLE_VALUE && GetConsoleMode(*out, mode);
}

/* Bytes as they are; to a console whole lines, or it would see characters of UTF-8 in parts. */
static void prepare_output(FILE *f)
{
	HANDLE h;
	DWORD mode;
	_setmode(_fileno(f), _O_BINARY);
	if (get_console(f, &h, &mode))
		setvbuf(f, NULL, _IOFBF, BUFSIZ);
}

static void prepare_console(void)
{
	HANDLE h;
	DWORD mode;
	prepare_output(stdout);
	prepare_output(stderr);
	UINT page = GetConsoleOutputCP();
	if (page && page != CP_UTF8 && SetConsoleOutputCP(CP_UTF8))
		console_page = page;
	/* from Windows 10 on it understands control sequences; progress is drawn with them */
	if (get_console(stderr, &h, &mode) &&
	    SetConsoleMode(h, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING)) {
		console = h;
		console_mode = mode;
	}
	atexit(restore_console);
}

static bool take_arguments(int *argc, char ***argv, struct err *err)
{
	static struct cmdline own; /* for the life of the process */
	AUTO(auto_free) char *line = wide_utf8(GetCommandLineW(), err);
	if (!line || !cmdline_split(line, &own, err))
		return false;
	*argc = own.argc;
	*argv = own.argv;
	return true;
}

static struct windows_places places;

/* The value as it stands, or NULL; never expanded, since that asks the environment. */
static char *program_data(void)
{
	wchar_t text[WINDOWS_PLACE_MAX];
	DWORD size = sizeof(text);
	LSTATUS status = RegGetValueW(
		HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList",
		L"ProgramData", RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, NULL, text,
		&size);
	return status ? NULL : wide_utf8(text, NULL);
}

static bool find_places(struct err *err)
{
	wchar_t dir[MAX_PATH];
	UINT n = GetSystemWindowsDirectoryW(dir, MAX_PATH);
	if (!n || n >= MAX_PATH)
		return wide_failed(err, GetLastError(), false,
				   "cannot find the system's directory");
	AUTO(auto_free) char *windows = wide_utf8(dir, err);
	AUTO(auto_free) char *data = program_data();
	return windows && windows_places_find(windows, data, &places, err);
}

bool platform_start(int *argc, char ***argv, struct err *err)
{
	if (!harden(err))
		return false;
	prepare_console();
	return take_arguments(argc, argv, err) && find_places(err);
}

const char *platform_place(enum platform_place place)
{
	switch (place) {
	case PLACE_STATE:
		return places.state;
	case PLACE_TRUST:
		return places.trust;
	case PLACE_POLICY:
		return places.policy;
	case PLACE_LOG:
		return places.log;
	case PLACE_SYSTEM:
		return places.windows;
	case PLACE_ANYWHERE:
		break;
	}
	return places.system32;
}

/* --- who and when ------------------------------------------------------------------------------ */

static bool is_elevated(void)
{
	HANDLE token;
	if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) &&
	    !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return false;
	TOKEN_ELEVATION elevation = { 0 };
	DWORD size;
	bool ok = GetTokenInformation(token, TokenElevation, &elevation, sizeof(elevation), &size);
	CloseHandle(token);
	return ok && elevation.TokenIsElevated;
}

/* Membership that is not for refusing only, as it is in the token that UAC gives first. */
static bool is_member(void)
{
	SID_IDENTIFIER_AUTHORITY authority = SECURITY_NT_AUTHORITY;
	PSID administrators;
	BOOL member = FALSE;
	if (!AllocateAndInitializeSid(&authority, 2, SECURITY_BUILTIN_DOMAIN_RID,
				      DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0, &administrators))
		return false;
	bool ok = CheckTokenMembership(NULL, administrators, &member);
	FreeSid(administrators);
	return ok && member;
}

bool platform_is_admin(void)
{
	return is_member() && is_elevated();
}

uint32_t platform_process_id(void)
{
	return GetCurrentProcessId();
}

uint64_t platform_now(void)
{
	FILETIME now;
	GetSystemTimeAsFileTime(&now);
	int64_t seconds = wide_seconds((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
	return seconds > 0 ? (uint64_t)seconds : 0;
}

uint64_t platform_monotonic(void)
{
	return GetTickCount64();
}

void platform_sleep(uint32_t milliseconds)
{
	Sleep(milliseconds);
}

void platform_format_time(uint64_t when, char out[PLATFORM_TIME_SIZE])
{
	__time64_t t = (__time64_t)when;
	struct tm tm;
	if (_gmtime64_s(&tm, &t) || !strftime(out, PLATFORM_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm))
		memcpy(out, "unknown", sizeof("unknown"));
}

/* --- stops and events -------------------------------------------------------------------------- */

static volatile LONG stops;

/*
 * In a thread of its own.  After a close or a shutdown the process is ended as soon as this returns,
 * so it does not: the main thread has the seconds that Windows gives.  A logoff is some user's, not
 * that of a service; this program's own user's ends it anyway.
 */
static BOOL WINAPI on_stop(DWORD event)
{
	if (event == CTRL_LOGOFF_EVENT)
		return TRUE;
	InterlockedIncrement(&stops);
	if (event == CTRL_CLOSE_EVENT || event == CTRL_SHUTDOWN_EVENT)
		Sleep(INFINITE);
	return TRUE;
}

void platform_catch_stop(void)
{
	SetConsoleCtrlHandler(on_stop, TRUE);
}

unsigned platform_stops(void)
{
	return (unsigned)stops;
}

/* A console that understands the control sequences of a progress line. */
bool platform_is_terminal(FILE *f)
{
	HANDLE h;
	DWORD mode;
	return get_console(f, &h, &mode) && (mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

/* The Application log.  No file of messages is registered: the text is all there is to an event. */
void platform_event(bool failure, const char *text)
{
	AUTO(wide_free) wchar_t *wide = wide_text(text, NULL);
	HANDLE log = wide ? RegisterEventSourceW(NULL, L"ibbundle") : NULL;
	if (!log)
		return;
	const wchar_t *strings[] = { wide };
	ReportEventW(log, failure ? EVENTLOG_ERROR_TYPE : EVENTLOG_INFORMATION_TYPE, 0,
		     failure ? 2 : 1, NULL, 1, 0, strings, NULL);
	DeregisterEventSource(log);
}
