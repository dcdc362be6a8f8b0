/* SPDX-License-Identifier: MIT */
/* console_text_windows.c - see console_text.h. */
#include "console_text.h"

#include <stdbool.h>
#include <string.h>
#include <windows.h>

#define UTF8_MAX (3 * CONSOLE_TEXT_LINE_MAX) /* no code page and no UTF-16 unit needs more */

static void send_wide(struct console_text *c, const wchar_t *text, int n)
{
	char utf8[UTF8_MAX];
	int len = n ? WideCharToMultiByte(CP_UTF8, 0, text, n, utf8, sizeof(utf8), NULL, NULL) : 0;
	if (len > 0)
		c->line(c->ctx, utf8, (size_t)len);
}

static void send_bytes(struct console_text *c)
{
	wchar_t text[CONSOLE_TEXT_LINE_MAX];
	const char *bytes = (const char *)c->bytes;
	int len = (int)c->len;
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, bytes, len, text,
				    CONSOLE_TEXT_LINE_MAX);
	if (!n)
		n = MultiByteToWideChar(c->code_page, 0, bytes, len, text, CONSOLE_TEXT_LINE_MAX);
	send_wide(c, text, n);
}

static void flush(struct console_text *c)
{
	if (c->len && c->kind == CONSOLE_TEXT_WIDE) {
		wchar_t text[CONSOLE_TEXT_LINE_MAX / 2];
		memcpy(text, c->bytes, c->len & ~(size_t)1);
		send_wide(c, text, (int)(c->len / 2));
	} else if (c->len) {
		send_bytes(c);
	}
	c->len = 0;
}

/* The first two bytes tell. */
static void decide(struct console_text *c)
{
	if (c->kind != CONSOLE_TEXT_NEW || c->len < 2)
		return;
	bool mark = c->bytes[0] == 0xff && c->bytes[1] == 0xfe;
	bool wide = mark || (c->bytes[0] && !c->bytes[1]);
	c->kind = wide ? CONSOLE_TEXT_WIDE : CONSOLE_TEXT_BYTES;
	if (mark)
		c->len = 0;
}

static bool is_end(uint8_t byte)
{
	return byte == '\n' || byte == '\r';
}

/* Is the line over with the byte that came last?  Then that is taken off. */
static bool ends(struct console_text *c)
{
	size_t unit = c->kind == CONSOLE_TEXT_WIDE ? 2 : 1;
	if (c->len < unit || c->len % unit || !is_end(c->bytes[c->len - unit]) ||
	    (unit == 2 && c->bytes[c->len - 1]))
		return false;
	c->len -= unit;
	return true;
}

void console_text_add(struct console_text *c, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		c->bytes[c->len++] = p[i];
		if (c->kind == CONSOLE_TEXT_NEW) {
			decide(c);
			/* A line end among the first two bytes: an empty line, or one of one byte. */
			if (c->kind == CONSOLE_TEXT_BYTES && c->len == 2 && is_end(c->bytes[0])) {
				c->bytes[0] = c->bytes[1];
				c->len = 1;
			}
		}
		if (c->kind != CONSOLE_TEXT_NEW && (ends(c) || c->len == sizeof(c->bytes)))
			flush(c);
	}
}

void console_text_end(struct console_text *c)
{
	if (c->kind == CONSOLE_TEXT_NEW) /* a single byte */
		c->len = c->len && is_end(c->bytes[0]) ? 0 : c->len;
	flush(c);
	c->kind = CONSOLE_TEXT_NEW;
}
