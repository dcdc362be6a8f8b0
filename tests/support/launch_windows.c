/* SPDX-License-Identifier: MIT */
/*
 * launch.exe - start a Windows program under Wine and tell what a caller on Windows would see.
 *
 *   launch.exe STATUS [OPTION...] -- PROGRAM ARGUMENT...
 *   launch.exe STATUS [OPTION...] --line COMMANDLINE   for who puts the quotes himself
 *   launch.exe STATUS --running NAME.exe               how many processes of that name are there?
 *
 * The status that Wine gives to Unix is the low byte of the exit code.  The file STATUS gets the whole
 * of it, as a signed number, and the milliseconds that it took; or that count.
 *
 *   --limit SECONDS   end it then, with code 1460 (ERROR_TIMEOUT)
 *   --hold NAME       hold the mutex NAME meanwhile, as another installation does
 *   --set NAME=VALUE  in its environment; Wine takes some of these not from ours
 *   --kill-at FILE    end it as soon as FILE is there, with code 1
 */
#include <stdio.h>
#include <wchar.h>

#include <windows.h>

#include <tlhelp32.h>

struct options {
	DWORD limit; /* milliseconds */
	const wchar_t *hold, *kill_at, *running;
	wchar_t *line;
};

static int fail(const char *what)
{
	fprintf(stderr, "launch: %s: error %lu\n", what, GetLastError());
	return 125;
}

static int write_status(const wchar_t *file, long long a, long long b)
{
	FILE *f = _wfopen(file, L"wb");
	if (!f)
		return fail("cannot write the status file");
	fprintf(f, "%lld %lld\n", a, b);
	return fclose(f) == 0 ? 0 : fail("cannot write the status file");
}

static int count_running(const wchar_t *status, const wchar_t *name)
{
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	if (all == INVALID_HANDLE_VALUE)
		return fail("cannot list the processes");
	PROCESSENTRY32W p = { .dwSize = sizeof(p) };
	int count = 0;
	for (BOOL more = Process32FirstW(all, &p); more; more = Process32NextW(all, &p))
		count += _wcsicmp(p.szExeFile, name) == 0;
	CloseHandle(all);
	return write_status(status, count, 0);
}

static int parse(int argc, wchar_t **argv, struct options *o)
{
	*o = (struct options) { .limit = INFINITE };
	for (int i = 2; i < argc; i += 2) {
		if (wcscmp(argv[i], L"--") == 0) {
			o->line = wcsstr(GetCommandLineW(), L" -- ") + 4;
			return 0;
		}
		if (i + 1 == argc)
			break;
		if (wcscmp(argv[i], L"--limit") == 0)
			o->limit = (DWORD)wcstoul(argv[i + 1], NULL, 10) * 1000;
		else if (wcscmp(argv[i], L"--hold") == 0)
			o->hold = argv[i + 1];
		else if (wcscmp(argv[i], L"--set") == 0)
			_wputenv(argv[i + 1]);
		else if (wcscmp(argv[i], L"--kill-at") == 0)
			o->kill_at = argv[i + 1];
		else if (wcscmp(argv[i], L"--line") == 0)
			o->line = argv[i + 1];
		else if (wcscmp(argv[i], L"--running") == 0)
			o->running = argv[i + 1];
		else
			break;
	}
	if (argc > 2 && (o->running || o->line))
		return 0;
	fprintf(stderr, "usage: launch STATUS [OPTION...] -- COMMANDLINE\n");
	return 125;
}

/* Wait for the process, or for what ends it. */
static void wait_for(HANDLE process, const struct options *o)
{
	ULONGLONG start = GetTickCount64();
	const DWORD step = o->kill_at ? 10 : 250;
	while (WaitForSingleObject(process, step) == WAIT_TIMEOUT) {
		if (o->limit != INFINITE && GetTickCount64() - start > o->limit)
			TerminateProcess(process, ERROR_TIMEOUT);
		if (o->kill_at && GetFileAttributesW(o->kill_at) != INVALID_FILE_ATTRIBUTES)
			TerminateProcess(process, 1);
	}
}

static int launch(const wchar_t *status, wchar_t *command, const struct options *o)
{
	STARTUPINFOW si = { .cb = sizeof(si) };
	PROCESS_INFORMATION pi = { 0 };
	DWORD code = 0;
	if (o->hold && !CreateMutexW(NULL, TRUE, o->hold))
		return fail("cannot make the mutex");
	ULONGLONG start = GetTickCount64();
	if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &si, &pi))
		return fail("cannot start the program");
	wait_for(pi.hProcess, o);
	ULONGLONG took = GetTickCount64() - start;
	if (!GetExitCodeProcess(pi.hProcess, &code))
		return fail("cannot get the exit code");
	return write_status(status, (int)code, (long long)took);
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	struct options o;
	if (parse(argc, argv, &o))
		return 125;
	if (o.running)
		return count_running(argv[1], o.running);
	return launch(argv[1], o.line, &o);
}
