/* SPDX-License-Identifier: MIT */
/* instructions_x86_64.c - features of the processor taken away: runtime/openssl/cpu_x86_64.c. */
#include "instructions.h"

#include <string.h>

extern unsigned int OPENSSL_ia32cap_P[10];

static const struct {
	const char *name;
	unsigned int ecx_off, ebx_off; /* leaves 1 and 7 */
} sets[] = {
	{ "best", 0, 0 },
	{ "avx2", 0, 1u << 29 },
	{ "avx", 0, 1u << 29 | 1u << 5 },
	{ "ssse3", 1u << 28, 1u << 29 | 1u << 5 },
	{ "plain", ~0u, ~0u },
};

const char *instructions_choose(size_t set)
{
	static unsigned int all[10];
	if (!all[0])
		memcpy(all, OPENSSL_ia32cap_P, sizeof(all));
	if (set >= sizeof(sets) / sizeof(sets[0]))
		return NULL;
	OPENSSL_ia32cap_P[1] = all[1] & ~sets[set].ecx_off;
	OPENSSL_ia32cap_P[2] = all[2] & ~sets[set].ebx_off;
	return sets[set].name;
}
