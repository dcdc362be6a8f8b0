/* SPDX-License-Identifier: MIT */
/*
 * nic_pattern.h - which PCI functions a text of the rule "nic" means:
 *
 *   15b3:101c     that vendor and device          connectx-5      a generation, see nic_family.h
 *   15b3:*        any device of the vendor        connectx-5-vf   its virtual functions
 *
 * Each may end in a slash and a class of 4 hex digits: "15b3:1004/0280", "connectx-3/0280".
 */
#ifndef NIC_PATTERN_H
#define NIC_PATTERN_H

#include "err.h"
#include "facts.h"

bool nic_pattern_valid(const char *pattern, struct err *err) MUST_CHECK;

/* All that follows is for valid patterns. */
bool nic_pattern_fits(const char *pattern, const struct facts_nic *nic);

/* Could one function fit both? */
bool nic_patterns_meet(const char *a, const char *b);

/* The 4 digits of the class, or NULL where the pattern takes any. */
const char *nic_pattern_class(const char *pattern);

#endif
