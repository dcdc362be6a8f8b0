/* SPDX-License-Identifier: MIT */
/*
 * pnputil.h - what pnputil.exe is told, and what its exit codes mean.  Pure.
 *
 * Windows 10 1607 brought new words; older systems have letters alone.
 */
#ifndef PNPUTIL_H
#define PNPUTIL_H

#include <stdint.h>

#define PNPUTIL_ARGS 6

/*
 * The arguments, the program first, NULL-terminated.  @kernel: the system's version as facts have
 * it.  Add the driver package of the file @inf and install it on devices that it fits; or take the
 * package @inf of the driver store ("oem12.inf") off its devices and out of the store.
 */
void pnputil_add(const char *kernel, const char *inf, const char *out[PNPUTIL_ARGS]);
void pnputil_delete(const char *kernel, const char *inf, const char *out[PNPUTIL_ARGS]);

enum pnputil_answer {
	PNPUTIL_OK,
	PNPUTIL_UNUSED, /* in the store, but no device here needs it, or each has a better one */
	PNPUTIL_REBOOT,
	PNPUTIL_FAILED,
};
enum pnputil_answer pnputil_answer(uint32_t code);

#endif
