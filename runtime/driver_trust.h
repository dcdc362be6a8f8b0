/* SPDX-License-Identifier: MIT */
/*
 * driver_trust.h - may this driver package go into the driver store?
 *
 * The bundle's signature says that its builder meant this file.  This asks the other question:
 * whether Windows trusts who signed the driver.  The driver store asks it as well, but after it has
 * begun, and with a prompt for a publisher that it does not know.
 */
#ifndef DRIVER_TRUST_H
#define DRIVER_TRUST_H

#include <stdint.h>

#include "err.h"

/*
 * The INF file @path must name a catalog beside it, that catalog must be signed as a driver's
 * (DRIVER_ACTION_VERIFY), and it must list this very file.  No prompt, no network.
 */
bool driver_trust_check(const char *path, struct err *err) MUST_CHECK;

/*
 * What WinVerifyTrust()'s answers mean for the file @inf and its @catalog: @by_sha256 and @by_sha1,
 * looked up by either digest of the file (a catalog has one of them).  Pure: it is what tests can
 * show of driver_trust_check() without Windows.
 */
bool driver_trust_verdict(const char *inf, const char *catalog, uint32_t by_sha256,
			  uint32_t by_sha1, struct err *err) MUST_CHECK;

#endif
