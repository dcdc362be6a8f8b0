/* SPDX-License-Identifier: MIT */
/* naive.exe DLL... - loads DLLs as one must not: by their names alone.  Shows that decoys work. */
#include <stdio.h>

#include <windows.h>

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	for (int i = 1; i < argc; i++)
		printf("%ls %s\n", argv[i], LoadLibraryW(argv[i]) ? "loaded" : "not found");
	return 0;
}
