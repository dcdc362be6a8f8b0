/* SPDX-License-Identifier: MIT */
/*
 * pnputil.exe - stands in for Windows' own, which Wine lacks.  The test puts it into System32.
 *
 * What it is called with is appended to C:\ibbtest\pnputil.log, as it came.  It knows the two forms
 * that are used, in the spelling of Windows 8 and in that of Windows 10:
 *
 *   -a INF, /add-driver INF [/install]       copies INF to windows\inf\oemN.inf with N the first free
 *   -d OEM, /delete-driver OEM [OPTION...]   removes windows\inf\OEM
 *
 * and answers with the number in C:\ibbtest\pnputil.exit where there is one, else 0.  With another
 * number than 0, 259, 3010 and 1641 it changes nothing.  Other forms are 87.
 */
#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

#include <windows.h>

static void log_command_line(void)
{
	CreateDirectoryW(L"C:\\ibbtest", NULL);
	FILE *f = _wfopen(L"C:\\ibbtest\\pnputil.log", L"ab");
	if (!f)
		return;
	fprintf(f, "%ls\n", GetCommandLineW());
	fclose(f);
}

static int told(void)
{
	int code = 0;
	FILE *f = _wfopen(L"C:\\ibbtest\\pnputil.exit", L"rb");
	if (!f)
		return 0;
	if (fscanf(f, "%d", &code) != 1)
		code = 1;
	fclose(f);
	return code;
}

static bool is(const wchar_t *given, const wchar_t *old, const wchar_t *new)
{
	return _wcsicmp(given, old) == 0 || _wcsicmp(given, new) == 0;
}

static int add(const wchar_t *inf)
{
	wchar_t to[MAX_PATH];
	if (GetFileAttributesW(inf) == INVALID_FILE_ATTRIBUTES)
		return ERROR_FILE_NOT_FOUND;
	for (int n = 0; n < 1000; n++) {
		swprintf(to, MAX_PATH, L"C:\\windows\\inf\\oem%d.inf", n);
		if (CopyFileW(inf, to, TRUE)) {
			printf("Published name: oem%d.inf\r\n", n);
			return 0;
		}
	}
	return ERROR_CANNOT_COPY;
}

static int delete_inf(const wchar_t *name)
{
	wchar_t path[MAX_PATH];
	swprintf(path, MAX_PATH, L"C:\\windows\\inf\\%ls", name);
	return DeleteFileW(path) ? 0 : (int)GetLastError();
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	int answer = told();
	log_command_line();
	if (argc < 3 ||
	    (!is(argv[1], L"-a", L"/add-driver") && !is(argv[1], L"-d", L"/delete-driver")))
		return ERROR_INVALID_PARAMETER;
	if (answer != 0 && answer != 259 && answer != 3010 && answer != 1641)
		return answer;
	int failed = is(argv[1], L"-a", L"/add-driver") ? add(argv[2]) : delete_inf(argv[2]);
	return failed ? failed : answer;
}
