/* SPDX-License-Identifier: MIT */
/*
 * json_scan.c - see json_scan.h.  A recursive descent over the grammar of RFC 8259 that builds
 * nothing; its depth is bounded by JSON_DEPTH_MAX.
 */
#include "json_scan.h"

#include "utf8.h"

#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "json.h"

#define NEVER SIZE_MAX

/* Where the scanner is: a chain from the innermost member or element up to the top. */
struct frame {
	const struct frame *up;
	bool member;      /* of an object: then */
	struct slice key; /* the raw text between the quotes */
	size_t index;     /* in an array */
};

struct scan {
	const char *name;
	struct slice text;
	size_t pos, line;
	size_t values;               /* seen so far, in document order */
	size_t want;                 /* stop at this value, or NEVER */
	char where[JSON_WHERE_SIZE]; /* of the wanted value: "name:line: path" */
	struct err *err;
};

/* The byte @ahead of the position, or -1 at the end. */
static int peek(const struct scan *s, size_t ahead)
{
	return ahead < s->text.len - s->pos ? s->text.p[s->pos + ahead] : -1;
}

static void where_add(char *out, size_t size, const char *s, size_t n)
{
	size_t used = strlen(out);
	for (size_t i = 0; i < n && used + 1 < size; i++) {
		/* What is not plain ASCII could steer the terminal that shows the message. */
		out[used++] = s[i] >= 0x20 && s[i] < 0x7f ? s[i] : '?';
		out[used] = '\0';
	}
}

static void where_path(char *out, size_t size, const struct frame *f, const char *separator)
{
	if (!f)
		return;
	where_path(out, size, f->up, separator);
	if (f->member) {
		if (f->up)
			where_add(out, size, ".", 1);
		else
			where_add(out, size, separator, strlen(separator));
		where_add(out, size, (const char *)f->key.p, f->key.len);
		return;
	}
	char index[32];
	int n = snprintf(index, sizeof(index), "%s[%zu]", f->up ? "" : separator, f->index);
	where_add(out, size, index, (size_t)n);
}

static void where_write(char out[JSON_WHERE_SIZE], const struct scan *s, const struct frame *f)
{
	char line[32];
	int n = snprintf(line, sizeof(line), ":%zu", s->line);
	out[0] = '\0';
	where_add(out, JSON_WHERE_SIZE, s->name, strlen(s->name));
	where_add(out, JSON_WHERE_SIZE, line, (size_t)n);
	where_path(out, JSON_WHERE_SIZE, f, ": ");
}

static bool scan_fail(const struct scan *s, const struct frame *f, const char *text)
{
	char where[JSON_WHERE_SIZE];
	where_write(where, s, f);
	return err_set(s->err, ERR_FORMAT, "%s: %s", where, text);
}

static void scan_space(struct scan *s)
{
	for (int c; (c = peek(s, 0)) == ' ' || c == '\t' || c == '\r' || c == '\n'; s->pos++)
		s->line += c == '\n';
}

/* The four digits of a \u escape that starts at @ahead, or -1. */
static int peek_unicode(const struct scan *s, size_t ahead)
{
	if (peek(s, ahead) != '\\' || peek(s, ahead + 1) != 'u')
		return -1;
	int v = 0;
	for (size_t i = 0; i < 4; i++) {
		int d = hex_digit(peek(s, ahead + 2 + i));
		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* One escape, which starts at the backslash. */
static bool scan_escape(struct scan *s, const struct frame *f)
{
	int c = peek(s, 1);
	if (c > 0 && strchr("\"\\/bfnrt", c)) {
		s->pos += 2;
		return true;
	}
	int u = peek_unicode(s, 0);
	if (u < 0)
		return scan_fail(s, f, "a string has an escape that JSON doesn't know");
	if (u == 0)
		return scan_fail(s, f, "a string holds \\u0000, which is not allowed here");
	size_t n = 6;
	if (u >= 0xd800 && u <= 0xdfff) {
		int low = peek_unicode(s, 6);
		if (u >= 0xdc00 || low < 0xdc00 || low > 0xdfff)
			return scan_fail(s, f, "a string has half of a surrogate pair");
		n = 12;
	}
	s->pos += n;
	return true;
}

static bool scan_string(struct scan *s, const struct frame *f, struct slice *raw)
{
	size_t start = ++s->pos;
	for (;;) {
		int c = peek(s, 0);
		if (c < 0)
			return scan_fail(s, f, "the text ends inside a string");
		if (c < 0x20)
			return scan_fail(s, f, "a string has a line break or control character");
		if (c == '"')
			break;
		if (c != '\\')
			s->pos++;
		else if (!scan_escape(s, f))
			return false;
	}
	*raw = slice_part(s->text, start, s->pos);
	s->pos++;
	return true;
}

static bool scan_number(struct scan *s, const struct frame *f)
{
	bool minus = peek(s, 0) == '-';
	s->pos += minus;
	if (peek(s, 0) == '0' && (minus || (peek(s, 1) >= '0' && peek(s, 1) <= '9')))
		return scan_fail(s, f, "a number can't start with a zero");
	uint64_t v = 0;
	size_t digits = 0;
	for (int c; (c = peek(s, 0)) >= '0' && c <= '9'; s->pos++, digits++)
		v = v > JSON_INTEGER_MAX ? v : v * 10 + (uint64_t)(c - '0');
	int next = peek(s, 0);
	if (digits == 0)
		return scan_fail(s, f, "a minus sign without a number");
	if (next == '.' || next == 'e' || next == 'E')
		return scan_fail(s, f, "must be a whole number, without '.' or exponent");
	if (v > JSON_INTEGER_MAX)
		return scan_fail(s, f, "a number is larger than 9007199254740991");
	return true;
}

static bool scan_word(struct scan *s, const struct frame *f)
{
	static const char *const words[] = { "true", "false", "null" };
	for (size_t w = 0; w < 3; w++) {
		size_t n = strlen(words[w]);
		if (!slice_equal(slice_part(s->text, s->pos, s->pos + n), slice_str(words[w])))
			continue;
		s->pos += n;
		return true;
	}
	if (peek(s, 0) < 0)
		return scan_fail(s, f, "the text ends where a value should stand");
	return scan_fail(s, f, "expected a value: \"text\", number, true, false, null, [ or {");
}

static bool scan_value(struct scan *s, const struct frame *f, unsigned depth);

/* The members of an object or the elements of an array, with both brackets. */
static bool scan_container(struct scan *s, const struct frame *f, unsigned depth)
{
	bool object = peek(s, 0) == '{';
	int end = object ? '}' : ']';
	struct frame inner = { .up = f, .member = object };

	if (depth > JSON_DEPTH_MAX)
		return scan_fail(s, f, "is nested deeper than 32 levels");
	s->pos++;
	scan_space(s);
	if (peek(s, 0) == end) {
		s->pos++;
		return true;
	}
	for (;; inner.index++) {
		scan_space(s);
		if (object) {
			if (peek(s, 0) != '"')
				return scan_fail(s, f, "expected a key in double quotes");
			if (!scan_string(s, f, &inner.key))
				return false;
			scan_space(s);
			if (peek(s, 0) != ':')
				return scan_fail(s, &inner, "expected ':' after the key");
			s->pos++;
		}
		if (!scan_value(s, &inner, depth))
			return false;
		scan_space(s);
		int c = peek(s, 0);
		if (c != ',' && c != end)
			return scan_fail(s, f,
					 object ? "expected ',' or '}'" : "expected ',' or ']'");
		s->pos++;
		if (c == end)
			return true;
	}
}

static bool scan_value(struct scan *s, const struct frame *f, unsigned depth)
{
	scan_space(s);
	if (s->values == s->want) {
		where_write(s->where, s, f);
		return false;
	}
	if (++s->values > JSON_VALUES_MAX)
		return scan_fail(s, f, "the document has too many values");

	struct slice ignored;
	int c = peek(s, 0);
	if (c == '{' || c == '[')
		return scan_container(s, f, depth + 1);
	if (c == '"')
		return scan_string(s, f, &ignored);
	if (c == '-' || (c >= '0' && c <= '9'))
		return scan_number(s, f);
	return scan_word(s, f);
}

static bool scan_encoding(struct scan *s)
{
	if (s->text.len >= 3 && memcmp(s->text.p, "\xef\xbb\xbf", 3) == 0)
		return scan_fail(s, NULL, "starts with a byte order mark: save it as plain UTF-8");
	size_t line = 1;
	for (size_t n, i = 0; i < s->text.len; i += n) {
		n = utf8_length(s->text, i);
		line += s->text.p[i] == '\n';
		if (n != 0 && s->text.p[i] != 0)
			continue;
		s->line = line;
		return scan_fail(s, NULL, n ? "holds a NUL byte" : "is not valid UTF-8");
	}
	return true;
}

bool json_scan(const char *name, struct slice text, struct err *err)
{
	struct scan s = { .name = name, .text = text, .line = 1, .want = NEVER, .err = err };
	if (!scan_encoding(&s) || !scan_value(&s, NULL, 0))
		return false;
	scan_space(&s);
	if (s.pos != s.text.len)
		return scan_fail(&s, NULL, "something follows the end of the document");
	return true;
}

void json_scan_where(const char *name, struct slice checked, size_t number,
		     char where[JSON_WHERE_SIZE])
{
	struct scan s = { .name = name, .text = checked, .line = 1, .want = number };
	(void)scan_value(&s, NULL, 0); /* stops at the value, and so always "fails" */
	memcpy(where, s.where, JSON_WHERE_SIZE);
}
