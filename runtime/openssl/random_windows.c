/* SPDX-License-Identifier: MIT */
/*
 * random_windows.c - BCryptGenRandom, from the bcrypt.dll of System32.
 *
 * Loaded by hand: a static import of bcrypt.dll, or of advapi32's RtlGenRandom, which Windows forwards
 * to cryptbase.dll, would be looked for in the program's own folder first, as neither is a known DLL.
 */
#include "random.h"

#include <windows.h>

#include <bcrypt.h>
#include <limits.h>

typedef NTSTATUS(WINAPI *gen_random_fn)(BCRYPT_ALG_HANDLE, PUCHAR, ULONG, ULONG);

/* Never unloaded.  Two threads that come here at once find the same function. */
static gen_random_fn gen_random(void)
{
	HMODULE dll = LoadLibraryExW(L"bcrypt.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	return dll ? (gen_random_fn)(void (*)(void))GetProcAddress(dll, "BCryptGenRandom") : NULL;
}

bool random_bytes(unsigned char *out, size_t len)
{
	gen_random_fn fill = gen_random();
	if (!fill || len > ULONG_MAX)
		return false;
	return fill(NULL, out, (ULONG)len, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0;
}
