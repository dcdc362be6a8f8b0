/* SPDX-License-Identifier: MIT */
/*
 * stack_guard_windows.c - what -fstack-protector needs, which mingw-w64 has only in libssp.
 *
 * libssp takes its value from advapi32's CryptGenRandom before main() runs, and that may load a DLL from
 * the program's folder.  This takes it from where Microsoft's compiler does (__security_init_cookie):
 * clocks, ids and addresses.  Compiled without link-time optimisation, since only code that is
 * generated at the very end refers to it, and without stack protector.
 */
#include <stdint.h>
#include <windows.h>

#include <intrin.h>

void __stack_chk_fail(void);

uintptr_t __stack_chk_guard;

/* Before any function that is protected: the start-up code calls the constructors, then main(). */
__attribute__((constructor(101))) static void set_guard(void)
{
	LARGE_INTEGER ticks;
	FILETIME now;
	GetSystemTimeAsFileTime(&now);
	QueryPerformanceCounter(&ticks);

	uint64_t x = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
	x ^= (uint64_t)ticks.QuadPart << 20 ^ __rdtsc();
	x ^= (uint64_t)GetCurrentProcessId() << 32 ^ GetCurrentThreadId();
	x ^= (uintptr_t)&now ^ (uintptr_t)&__stack_chk_guard << 16;
	/* splitmix64's finaliser: every bit of the above reaches every bit of the value */
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	x ^= x >> 31;
	__stack_chk_guard = x & ~(uintptr_t)0xff; /* a string that runs over ends at the zero */
}

_Noreturn void __stack_chk_fail(void)
{
	TerminateProcess(GetCurrentProcess(), STATUS_STACK_BUFFER_OVERRUN);
	__builtin_trap();
}
