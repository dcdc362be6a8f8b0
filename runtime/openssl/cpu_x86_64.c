/* SPDX-License-Identifier: MIT */
/*
 * cpu_x86_64.c - tell OpenSSL's SHA-256 assembly what the processor can do.
 *
 * Stands in for OpenSSL's own detection (x86_64cpuid.s and cpuid.c), which would bring more
 * assembly along and listens to the environment variable OPENSSL_ia32cap.
 */
#include <cpuid.h>

#define ECX_XSAVE_ON (1u << 27)
#define ECX_AVX_FMA_XOP (1u << 28 | 1u << 12 | 1u << 11)
#define EBX_AVX2 (1u << 5)
#define EDX_INTEL (1u << 30) /* a reserved bit that the assembly reads as "made by Intel" */
#define XCR0_SSE_AVX 6u

/*
 * CPUID leaf 1 EDX and ECX, leaf 7 EBX, and more that SHA-256 does not ask for.  A libcrypto built
 * without assembly has the variable and leaves it zero, which selects plain instructions.
 */
extern unsigned int OPENSSL_ia32cap_P[10];

static unsigned int xcr0(void)
{
	unsigned int low, high;
	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

__attribute__((constructor)) static void detect(void)
{
	unsigned int a, b, c, d, vendor;

	if (!__get_cpuid(0, &a, &vendor, &c, &d) || !__get_cpuid(1, &a, &b, &c, &d))
		return;
	d &= ~EDX_INTEL;
	if (vendor == signature_INTEL_ebx)
		d |= EDX_INTEL;
	OPENSSL_ia32cap_P[0] = d;
	OPENSSL_ia32cap_P[1] = c;
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
		OPENSSL_ia32cap_P[2] = b;

	/* AVX needs the system to save its registers; SHA's instructions use only SSE's. */
	if (!(OPENSSL_ia32cap_P[1] & ECX_XSAVE_ON) || (xcr0() & XCR0_SSE_AVX) != XCR0_SSE_AVX) {
		OPENSSL_ia32cap_P[1] &= ~ECX_AVX_FMA_XOP;
		OPENSSL_ia32cap_P[2] &= ~EBX_AVX2;
	}
}
