/* SPDX-License-Identifier: MIT */
/*
 * find_digest.exe - stands in for two programs that Wine lacks, by the name of its copy:
 *
 *   certutil.exe ...                prints what is in .\certutil.txt
 *   findstr.exe /i /c:TEXT... FILE  0 when a line of it has one of them, whatever the case; else 1
 */
#include <stdio.h>
#include <windows.h>

#include <shlwapi.h>

static int print_file(void)
{
	FILE *f = fopen("certutil.txt", "rb");
	if (!f)
		return 2;
	for (int c; (c = getc(f)) != EOF;)
		putchar(c);
	fclose(f);
	return 0;
}

static int find(int argc, wchar_t **argv)
{
	static wchar_t line[1024];
	int found = 1;
	FILE *f = _wfopen(argv[argc - 1], L"r");
	while (f && fgetws(line, sizeof(line) / sizeof(line[0]), f))
		for (int i = 1; i < argc; i++)
			if (wcsncmp(argv[i], L"/c:", 3) == 0 && StrStrIW(line, argv[i] + 3))
				found = 0;
	return found;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	wchar_t self[MAX_PATH];
	if (!GetModuleFileNameW(NULL, self, MAX_PATH))
		return 2;
	return StrStrIW(self, L"certutil") ? print_file() : find(argc, argv);
}
