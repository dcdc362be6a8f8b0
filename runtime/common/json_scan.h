/* SPDX-License-Identifier: MIT */
/*
 * json_scan.h - JSON text that nobody has looked at yet: is it what json.h promises, and where in it
 * does a value stand?  Only json.c uses this.
 */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include <stdint.h>

#include "err.h"
#include "rd.h"

#define JSON_WHERE_SIZE 320 /* "name:line: path"; a longer one is cut */

/* Encoding, grammar, depth, numbers, number of values; everything but duplicate keys. */
bool json_scan(const char *name, struct slice text, struct err *err) MUST_CHECK;

/* Where the value with @number (from 0, in document order) stands in text that json_scan() took. */
void json_scan_where(const char *name, struct slice checked, size_t number,
		     char where[JSON_WHERE_SIZE]);

#endif
