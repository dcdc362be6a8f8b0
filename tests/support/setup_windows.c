/* SPDX-License-Identifier: MIT */
/*
 * setup.exe - stands in for the vendor's installer: InstallShield's program around an MSI.
 *
 * The MSI lies at its end, followed by its size in 8 bytes (little-endian) and the 8 bytes
 * "IBBSETUP".  What it is called with is appended to C:\ibbtest\setup.log, as it came.  Like the
 * original it takes its own command line apart:
 *
 *   setup.exe /S /v"ARGUMENTS"   msiexec /i MSI ARGUMENTS, where \" in ARGUMENTS is a quote
 *
 * Anything else is 87 (ERROR_INVALID_PARAMETER), as it answers when quotes were put around the whole
 * of /v"...".  Its exit code is msiexec's.
 *
 * Where the file C:\ibbtest\hang exists, it never ends, and neither does the process that it starts.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <windows.h>

#define ARGUMENTS_MAX 2048

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "setup: %s (error %lu)\n", what, GetLastError());
	exit(1603);
}

static void log_command_line(const wchar_t *line)
{
	CreateDirectoryW(L"C:\\ibbtest", NULL);
	FILE *f = _wfopen(L"C:\\ibbtest\\setup.log", L"ab");
	if (!f)
		fail("cannot write its log");
	fprintf(f, "%ls\n", line);
	fclose(f);
}

/* Behind the program's name, which may be in quotes. */
static const wchar_t *arguments_of(const wchar_t *line)
{
	if (*line == L'"') {
		line = wcschr(line + 1, L'"');
		line = line ? line + 1 : L"";
	} else {
		line += wcscspn(line, L" ");
	}
	return *line == L' ' ? line + 1 : line;
}

static bool parse(const wchar_t *p, wchar_t out[ARGUMENTS_MAX])
{
	size_t n = 0;
	if (wcsncmp(p, L"/S /v\"", 6) != 0)
		return false;
	for (p += 6; *p && *p != L'"' && n + 1 < ARGUMENTS_MAX; p++) {
		if (p[0] == L'\\' && p[1] == L'"')
			p++;
		out[n++] = *p;
	}
	out[n] = 0;
	return *p == L'"' && p[1] == 0 && n > 0;
}

/* Start a command line; its exit code, unless it need not be waited for. */
static DWORD run(wchar_t *command, bool wait)
{
	STARTUPINFOW si = { .cb = sizeof(si) };
	PROCESS_INFORMATION pi = { 0 };
	DWORD code = 0;
	if (!CreateProcessW(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &si, &pi))
		fail("cannot start a program");
	if (wait) {
		WaitForSingleObject(pi.hProcess, INFINITE);
		GetExitCodeProcess(pi.hProcess, &code);
	}
	return code;
}

static void unpack(const wchar_t *self, const wchar_t *to)
{
	unsigned char end[16];
	FILE *in = _wfopen(self, L"rb");
	FILE *out = _wfopen(to, L"wb");
	if (!in || !out || _fseeki64(in, -16, SEEK_END) != 0 || fread(end, 1, 16, in) != 16 ||
	    memcmp(end + 8, "IBBSETUP", 8) != 0)
		fail("cannot unpack its MSI");
	long long size = 0;
	for (int i = 7; i >= 0; i--)
		size = size << 8 | end[i];
	if (_fseeki64(in, -16 - size, SEEK_END) != 0)
		fail("its MSI is cut");
	for (; size > 0; size--) {
		int c = fgetc(in);
		if (c == EOF || fputc(c, out) == EOF)
			fail("cannot copy its MSI");
	}
	fclose(in);
	if (fclose(out) != 0)
		fail("cannot write its MSI");
}

static _Noreturn void hang(wchar_t *self)
{
	wchar_t command[MAX_PATH + 32];
	if (!wcsstr(GetCommandLineW(), L"--grandchild")) {
		swprintf(command, MAX_PATH + 32, L"\"%ls\" --grandchild", self);
		run(command, false);
		CreateDirectoryW(L"C:\\ibbtest\\hangs", NULL);
	}
	for (;;)
		Sleep(INFINITE);
}

int wmain(void);

int wmain(void)
{
	wchar_t self[MAX_PATH], temp[MAX_PATH], system[MAX_PATH], arguments[ARGUMENTS_MAX];
	wchar_t command[ARGUMENTS_MAX + 2 * MAX_PATH + 32];
	const wchar_t *line = GetCommandLineW();

	log_command_line(line);
	if (!GetModuleFileNameW(NULL, self, MAX_PATH) || !GetTempPathW(MAX_PATH - 32, temp) ||
	    !GetSystemDirectoryW(system, MAX_PATH))
		fail("cannot find its way");
	if (GetFileAttributesW(L"C:\\ibbtest\\hang") != INVALID_FILE_ATTRIBUTES)
		hang(self);
	if (!parse(arguments_of(line), arguments))
		return ERROR_INVALID_PARAMETER;
	swprintf(temp + wcslen(temp), 32, L"setup-%lu.msi", GetCurrentProcessId());
	unpack(self, temp);
	swprintf(command, sizeof(command) / sizeof(command[0]),
		 L"\"%ls\\msiexec.exe\" /i \"%ls\" %ls", system, temp, arguments);
	DWORD code = run(command, true);
	DeleteFileW(temp);
	return (int)code;
}
