/* SPDX-License-Identifier: MIT */
/* instructions_aarch64.c - features of the processor taken away: runtime/openssl/cpu_aarch64.c. */
#include "instructions.h"

#include <stdbool.h>

/* ARMV8_SHA256 of OpenSSL's arm_arch.h. */
#define SHA256 (1u << 4)

extern unsigned int OPENSSL_armcap_P;

static const struct {
	const char *name;
	unsigned int off;
} sets[] = {
	{ "best", 0 },
	{ "neon", SHA256 },
	{ "plain", ~0u },
};

const char *instructions_choose(size_t set)
{
	static unsigned int all;
	static bool known;
	if (!known)
		all = OPENSSL_armcap_P;
	known = true;
	if (set >= sizeof(sets) / sizeof(sets[0]))
		return NULL;
	OPENSSL_armcap_P = all & ~sets[set].off;
	return sets[set].name;
}
