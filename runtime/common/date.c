/* SPDX-License-Identifier: MIT */
/* date.c - see date.h.  Counted by hand: gmtime() of Windows ends with the year 3000. */
#include "date.h"

#include <stdbool.h>
#include <stdio.h>

#define YEAR_9999_END UINT64_C(253402300799)
#define DAY_SECONDS 86400

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned month_days(unsigned year, unsigned month)
{
	static const unsigned char days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return days[month] + (month == 1 && is_leap(year) ? 1u : 0u);
}

const char *date_text(uint64_t when, char out[DATE_TEXT_SIZE])
{
	unsigned day = (unsigned)((when < YEAR_9999_END ? when : YEAR_9999_END) / DAY_SECONDS);
	unsigned year = 1970, month = 0;

	for (unsigned days; day >= (days = is_leap(year) ? 366u : 365u); year++)
		day -= days;
	for (unsigned days; day >= (days = month_days(year, month)); month++)
		day -= days;
	snprintf(out, DATE_TEXT_SIZE, "%04u-%02u-%02u", year % 10000, (month + 1) % 100,
		 (day + 1) % 100);
	return out;
}
