/* SPDX-License-Identifier: MIT */
/*
 * cpu_aarch64.c - tell OpenSSL's SHA-256 assembly what the processor can do.
 *
 * Stands in for OpenSSL's own detection (armcap.c and arm64cpuid.S), which would bring more assembly
 * along and listens to the environment variable OPENSSL_armcap.
 */
#include <asm/hwcap.h>
#include <sys/auxv.h>

#include "crypto/arm_arch.h"

/* Hidden in the assembly.  Zero selects plain instructions. */
unsigned int OPENSSL_armcap_P;

__attribute__((constructor)) static void detect(void)
{
	unsigned long has = getauxval(AT_HWCAP);

	if (has & HWCAP_ASIMD)
		OPENSSL_armcap_P |= ARMV7_NEON;
	if ((has & HWCAP_ASIMD) && (has & HWCAP_SHA2))
		OPENSSL_armcap_P |= ARMV8_SHA256;
}
