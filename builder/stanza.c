/* SPDX-License-Identifier: MIT */
/* stanza.c - see stanza.h. */
#include "stanza.h"

#include <strings.h>

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool slice_is(struct slice s, const char *text)
{
	return slice_equal(s, slice_str(text));
}

struct slice slice_trim(struct slice s)
{
	while (s.len && is_blank(s.p[0]))
		s = (struct slice) { s.p + 1, s.len - 1 };
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool slice_next_word(struct slice *rest, struct slice *word)
{
	*rest = slice_trim(*rest);
	if (!rest->len)
		return false;
	size_t n = 0;
	while (n < rest->len && !is_blank(rest->p[n]))
		n++;
	*word = (struct slice) { rest->p, n };
	*rest = (struct slice) { rest->p + n, rest->len - n };
	return true;
}

bool slice_next_line(struct slice *rest, struct slice *line)
{
	if (!rest->len)
		return false;
	const uint8_t *end = memchr(rest->p, '\n', rest->len);
	size_t n = end ? (size_t)(end - rest->p) : rest->len;
	*line = (struct slice) { rest->p, n };
	size_t used = end ? n + 1 : n;
	*rest = (struct slice) { rest->p + used, rest->len - used };
	return true;
}

bool slice_number(struct slice s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(s.p[i] - '0');
		if (n > (max - digit) / 10 || digit > max)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return true;
}

bool slice_sha256(struct slice s, uint8_t out[SHA256_SIZE])
{
	char hex[SHA256_HEX_SIZE];
	if (s.len != sizeof(hex) - 1)
		return false;
	memcpy(hex, s.p, s.len);
	hex[s.len] = '\0';
	return sha256_from_hex(hex, out);
}

static bool names_equal(struct slice a, struct slice b)
{
	return a.len == b.len && strncasecmp((const char *)a.p, (const char *)b.p, a.len) == 0;
}

struct slice stanza_get(const struct stanza *s, const char *field)
{
	struct slice name = slice_str(field);
	for (size_t i = 0; i < s->count; i++)
		if (names_equal(s->fields[i].name, name))
			return s->fields[i].value;
	return (struct slice) { 0 };
}

bool stanza_need(const struct stanza_reader *r, const struct stanza *s, const char *field,
		 struct slice *out, struct err *err)
{
	struct slice v = stanza_get(s, field);
	if (!v.len)
		return err_set(err, ERR_FORMAT, "%s:%zu: the field '%s' is missing", r->name,
			       s->line, field);
	*out = v;
	return true;
}

/* A field's first line: "Name: value". */
static bool add_field(struct stanza_reader *r, struct stanza *s, struct slice line, struct err *err)
{
	const uint8_t *colon = memchr(line.p, ':', line.len);
	if (!colon || colon == line.p)
		return err_set(err, ERR_FORMAT, "%s:%zu: not a 'Field: value' line", r->name,
			       r->line);
	struct slice name = { line.p, (size_t)(colon - line.p) };
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f)
			return err_set(err, ERR_FORMAT, "%s:%zu: bad character in a field's name",
				       r->name, r->line);
	for (size_t i = 0; i < s->count; i++)
		if (names_equal(s->fields[i].name, name))
			return err_set(err, ERR_FORMAT, "%s:%zu: the field '%.*s' is given twice",
				       r->name, r->line, (int)(name.len < 64 ? name.len : 64),
				       (const char *)name.p);
	if (s->count == STANZA_FIELDS_MAX)
		return err_set(err, ERR_FORMAT, "%s:%zu: more than %d fields in one paragraph",
			       r->name, r->line, STANZA_FIELDS_MAX);
	struct slice value = { colon + 1, line.len - name.len - 1 };
	s->fields[s->count++] = (struct stanza_field) { name, value };
	return true;
}

bool stanza_next(struct stanza_reader *r, struct stanza *out, struct err *err)
{
	struct slice line;
	out->count = 0;
	while (slice_next_line(&r->rest, &line)) {
		r->line++;
		if (!slice_trim(line).len) {
			if (out->count)
				break;
			continue;
		}
		if (memchr(line.p, '\0', line.len))
			return err_set(err, ERR_FORMAT, "%s:%zu: a NUL byte", r->name, r->line);
		if (line.p[0] == ' ' || line.p[0] == '\t') {
			if (!out->count)
				return err_set(
					err, ERR_FORMAT,
					"%s:%zu: a continuation line with no field before it",
					r->name, r->line);
			struct stanza_field *f = &out->fields[out->count - 1];
			f->value.len = (size_t)(line.p + line.len - f->value.p);
			continue;
		}
		if (!out->count)
			out->line = r->line;
		if (!add_field(r, out, line, err))
			return false;
	}
	for (size_t i = 0; i < out->count; i++)
		out->fields[i].value = slice_trim(out->fields[i].value);
	return true;
}
