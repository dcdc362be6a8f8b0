/* SPDX-License-Identifier: MIT */
/* date.h - a moment as a person reads it. */
#ifndef DATE_H
#define DATE_H

#include <stdint.h>

#define DATE_TEXT_SIZE 16

/* "2026-11-23", in UTC; later than the year 9999 is shown as its end.  Returns @out. */
const char *date_text(uint64_t when, char out[DATE_TEXT_SIZE]);

#endif
