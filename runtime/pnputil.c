/* SPDX-License-Identifier: MIT */
/* pnputil.c - see pnputil.h. */
#include "pnputil.h"

#include <stdbool.h>
#include <string.h>

#include "version.h"

#define PROGRAM "pnputil.exe"
#define WORDS_SINCE "10.0.14393" /* Windows 10 1607, Server 2016 */

static bool has_words(const char *kernel)
{
	return version_compare(kernel, WORDS_SINCE) >= 0;
}

static void fill(const char *const *from, const char *out[PNPUTIL_ARGS])
{
	memset(out, 0, PNPUTIL_ARGS * sizeof(*out));
	for (size_t i = 0; i + 1 < PNPUTIL_ARGS && from[i]; i++)
		out[i] = from[i];
}

void pnputil_add(const char *kernel, const char *inf, const char *out[PNPUTIL_ARGS])
{
	const char *const words[] = { PROGRAM, "/add-driver", inf, "/install", NULL };
	const char *const letters[] = { PROGRAM, "-i", "-a", inf, NULL };
	fill(has_words(kernel) ? words : letters, out);
}

/* The older one leaves devices alone: only "-f" deletes what one of them uses. */
void pnputil_delete(const char *kernel, const char *inf, const char *out[PNPUTIL_ARGS])
{
	const char *const words[] = { PROGRAM, "/delete-driver", inf, "/uninstall", NULL };
	const char *const letters[] = { PROGRAM, "-f", "-d", inf, NULL };
	fill(has_words(kernel) ? words : letters, out);
}

enum pnputil_answer pnputil_answer(uint32_t code)
{
	switch (code) {
	case 0:
		return PNPUTIL_OK;
	case 259: /* ERROR_NO_MORE_ITEMS */
		return PNPUTIL_UNUSED;
	case 1641: /* ERROR_SUCCESS_REBOOT_INITIATED */
	case 3010: /* ERROR_SUCCESS_REBOOT_REQUIRED */
		return PNPUTIL_REBOOT;
	default:
		return PNPUTIL_FAILED;
	}
}
