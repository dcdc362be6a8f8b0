/* SPDX-License-Identifier: MIT */
/* response.c - see response.h.  RFC 9110: 8.8 validators, 14.4 Content-Range. */
#include "response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* @line's value when it is header @name, else NULL. */
static const char *header_value(const char *line, const char *name)
{
	size_t len = strlen(name);
	if (strncasecmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	line += len + 1;
	return line + strspn(line, " \t");
}

static void copy_value(char out[VALIDATOR_SIZE], const char *value)
{
	size_t len = strcspn(value, "\r\n");
	out[0] = '\0';
	if (len >= VALIDATOR_SIZE) /* too long to be sent back: do without */
		return;
	memcpy(out, value, len);
	out[len] = '\0';
}

/* Digits and @end behind them, no more than 64 bits. */
static bool take_number(const char **at, char end, uint64_t *out)
{
	uint64_t n = 0;
	const char *c = *at;
	for (; *c >= '0' && *c <= '9'; c++) {
		if (n > (UINT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(*c - '0');
	}
	if (c == *at || (end ? *c != end : c[strspn(c, " \t\r\n")] != '\0'))
		return false;
	*at = c + 1;
	*out = n;
	return true;
}

static void note_exact_range(struct response *r, const char *value)
{
	uint64_t first, last, total;
	r->exact_range = take_number(&value, '-', &first) && take_number(&value, '/', &last) &&
			 take_number(&value, '\0', &total) && first <= last && last < total;
	r->range_last = r->exact_range ? last : 0;
}

/* "bytes 100-299/300", or with a star for an unknown total. */
static void note_range(struct response *r, const char *value)
{
	if (strncasecmp(value, "bytes ", 6) != 0 || value[6] < '0' || value[6] > '9')
		return;
	r->has_range = true;
	r->range_start = strtoull(value + 6, NULL, 10);
	const char *total = strchr(value, '/');
	r->range_total = total ? strtoull(total + 1, NULL, 10) : 0; /* a star is 0 as well */
	note_exact_range(r, value + 6);
}

/* A word of letters, digits and what base64 has; anything else is none. */
static void copy_word(char out[REASON_SIZE], const char *value)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	size_t len = strspn(value, plain);
	out[0] = '\0';
	if (len >= REASON_SIZE || value[len + strspn(value + len, " \t\r\n")])
		return;
	memcpy(out, value, len);
	out[len] = '\0';
}

void response_note(struct response *r, const char *data, size_t size)
{
	char line[VALIDATOR_SIZE + 64];
	if (size >= sizeof(line))
		size = sizeof(line) - 1;
	memcpy(line, data, size);
	line[size] = '\0';

	const char *value;
	if (strncasecmp(line, "HTTP/", 5) == 0) {
		*r = (struct response) { 0 };
	} else if ((value = header_value(line, "etag")) != NULL) {
		if (value[0] == '"') /* weak ones (W/"...") don't promise the same bytes */
			copy_value(r->etag, value);
	} else if ((value = header_value(line, "last-modified")) != NULL) {
		copy_value(r->modified, value);
	} else if ((value = header_value(line, "content-range")) != NULL) {
		note_range(r, value);
	} else if ((value = header_value(line, "x-ms-error-code")) != NULL) {
		copy_word(r->reason, value);
	} else if ((value = header_value(line, "x-ms-blob-content-md5")) != NULL ||
		   (value = header_value(line, "content-md5")) != NULL) {
		copy_word(r->md5, value);
	}
}
