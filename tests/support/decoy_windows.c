/* SPDX-License-Identifier: MIT */
/*
 * A DLL that tells when it is loaded: the file PATH-OF-THE-DLL.loaded appears.  Copies of it, by the
 * names of Windows' own DLLs, are planted where a program must not look.
 */
#include <wchar.h>

#include <windows.h>

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved);

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved)
{
	wchar_t path[MAX_PATH + 16];
	DWORD n = reason == DLL_PROCESS_ATTACH ? GetModuleFileNameW(dll, path, MAX_PATH) : 0;
	(void)reserved;
	if (n > 0 && n < MAX_PATH) {
		wcscpy_s(path + n, 16, L".loaded");
		CloseHandle(CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
	}
	return TRUE;
}
