/* SPDX-License-Identifier: MIT */
/* date.c - see date.h. */
#include "date.h"

#include <string.h>
#include <time.h>

#define YEAR_9999_END UINT64_C(253402300799)

const char *date_text(uint64_t when, char out[DATE_TEXT_SIZE])
{
	time_t t = (time_t)(when < YEAR_9999_END ? when : YEAR_9999_END);
	const struct tm *tm = gmtime(&t);
	if (!tm || !strftime(out, DATE_TEXT_SIZE, "%Y-%m-%d", tm))
		memcpy(out, "?", 2);
	return out;
}
