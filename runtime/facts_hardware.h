/* SPDX-License-Identifier: MIT */
/* facts_hardware.h - NICs, Network Direct, DMI and Secure Boot, from sysfs and its neighbours. */
#ifndef FACTS_HARDWARE_H
#define FACTS_HARDWARE_H

#include "facts.h"

/* @root: where /sys and /var/lib/hyperv are found; "" but in tests. */
bool facts_read_hardware(const char *root, struct facts *f, struct err *err) MUST_CHECK;

#endif
