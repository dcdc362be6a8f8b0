/* SPDX-License-Identifier: MIT */
/* setting_text.c - see setting_text.h. */
#include "setting_text.h"

#include <string.h>

enum about { NOTHING, COMMENTED, ACTIVE };

struct line {
	struct slice text;  /* without its end */
	struct slice end;   /* "\n", "\r\n", or nothing at the end of the file */
	enum about about;   /* the key */
	struct slice value; /* without spaces around it, quotes, and a comment behind it */
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct slice skip_spaces(struct slice s)
{
	size_t n = 0;
	while (n < s.len && is_space(s.p[n]))
		n++;
	return slice_part(s, n, s.len);
}

static struct slice trim(struct slice s)
{
	s = skip_spaces(s);
	while (s.len && is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

/* As the Azure agent reads a value. */
static struct slice plain_value(struct slice s)
{
	const uint8_t *hash = s.len ? memchr(s.p, '#', s.len) : NULL;
	s = trim(hash ? slice_part(s, 0, (size_t)(hash - s.p)) : s);
	if (s.len >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.len - 1] == s.p[0])
		s = slice_part(s, 1, s.len - 1);
	return s;
}

static bool has_space(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_space(s.p[i]))
			return true;
	return false;
}

/* Prose that begins with the key is no setting: what is commented has one word behind the '='. */
static void classify(struct line *l, const char *key)
{
	struct slice rest = skip_spaces(l->text);
	bool comment = false;
	size_t n = strlen(key);
	while (rest.len && rest.p[0] == '#') {
		comment = true;
		rest = skip_spaces(slice_part(rest, 1, rest.len));
	}
	if (!slice_equal(slice_part(rest, 0, n), slice_str(key)))
		return;
	rest = skip_spaces(slice_part(rest, n, rest.len));
	if (!rest.len || rest.p[0] != '=')
		return;
	struct slice raw = trim(slice_part(rest, 1, rest.len));
	if (comment && (!raw.len || has_space(raw)))
		return;
	l->about = comment ? COMMENTED : ACTIVE;
	l->value = plain_value(raw);
}

static bool next_line(struct slice *rest, const char *key, struct line *out)
{
	if (!rest->len)
		return false;
	const uint8_t *newline = memchr(rest->p, '\n', rest->len);
	size_t whole = newline ? (size_t)(newline - rest->p) + 1 : rest->len;
	size_t n = newline ? whole - 1 : whole;
	if (newline && n && rest->p[n - 1] == '\r')
		n--;
	*out = (struct line) { .text = slice_part(*rest, 0, n),
			       .end = slice_part(*rest, n, whole) };
	classify(out, key);
	*rest = slice_part(*rest, whole, rest->len);
	return true;
}

static void add_slice(struct buf *out, struct slice s)
{
	if (s.len)
		buf_add(out, s.p, s.len);
}

/* What is there about the key. */
struct survey {
	size_t active, commented; /* lines */
	bool crlf, open;          /* of the first line; the last line has no end */
};

static struct survey look(struct slice text, const char *key)
{
	struct survey s = { 0 };
	struct line l;
	for (size_t i = 0; next_line(&text, key, &l); i++) {
		s.active += l.about == ACTIVE;
		s.commented += l.about == COMMENTED;
		s.crlf = i == 0 ? l.end.len == 2 : s.crlf;
		s.open = l.end.len == 0;
		/* a lone CR at the very end must not become half of the end that is put there */
		s.crlf = s.crlf || (s.open && l.text.len && l.text.p[l.text.len - 1] == '\r');
	}
	return s;
}

/* A new last line; the file ends as it did, with or without the end of a line. */
static void append(const struct survey *s, const char *key, const char *value, struct buf *out)
{
	const char *end = s->crlf ? "\r\n" : "\n";
	if (s->open)
		buf_add_str(out, end);
	buf_printf(out, "%s=%s%s", key, value, s->open ? "" : end);
}

bool setting_apply(struct slice text, const char *key, const char *value, struct buf *out,
		   struct setting_change changes[SETTING_CHANGES_MAX], size_t *count,
		   struct err *err)
{
	const struct survey s = look(text, key);
	size_t n = 0, commented = 0;
	uint64_t nth = 0;
	struct line l;
	for (struct slice rest = text; next_line(&rest, key, &l);) {
		commented += l.about == COMMENTED;
		bool change = l.about == ACTIVE ? !slice_equal(l.value, slice_str(value))
						: l.about == COMMENTED && !s.active &&
							  commented == s.commented;
		if (change) {
			if (n == SETTING_CHANGES_MAX)
				return err_set(err, ERR_STEP, "'%s' is set more than %d times", key,
					       SETTING_CHANGES_MAX);
			changes[n++] = (struct setting_change) { .nth = nth, .was = l.text };
			buf_printf(out, "%s=%s", key, value);
		} else {
			add_slice(out, l.text);
		}
		add_slice(out, l.end);
		nth += l.about != NOTHING;
	}
	if (!s.active && !s.commented) {
		changes[n++] = (struct setting_change) { .nth = nth, .added = true };
		append(&s, key, value, out);
	}
	*count = n;
	return buf_ok(out, "the file with the setting", err);
}

/* --- back -------------------------------------------------------------------------------------- */

/* Which line about the key is ours: @nth, or the only one that is so.  SIZE_MAX: none. */
static size_t find_line(struct slice text, const char *key, const char *wanted, uint64_t nth)
{
	size_t found = SIZE_MAX, hits = 0, i = 0;
	struct line l;
	while (next_line(&text, key, &l)) {
		if (l.about == NOTHING)
			continue;
		if (slice_equal(l.text, slice_str(wanted))) {
			if (i == nth)
				return i;
			found = i;
			hits++;
		}
		i++;
	}
	return hits == 1 ? found : SIZE_MAX;
}

static bool is_as_before(struct slice text, const char *key, const char *was, uint64_t nth)
{
	const struct survey s = look(text, key);
	return was ? find_line(text, key, was, nth) != SIZE_MAX : s.active + s.commented <= nth;
}

enum setting_revert setting_revert(struct slice text, const char *key, const char *line,
				   const char *was, uint64_t nth, struct buf *out)
{
	size_t ours = find_line(text, key, line, nth), i = 0;
	struct slice end = { 0 }; /* of the line before, not written yet */
	struct line l;
	if (ours == SIZE_MAX)
		return is_as_before(text, key, was, nth) ? SETTING_AS_BEFORE : SETTING_FOREIGN;
	while (next_line(&text, key, &l)) {
		bool here = l.about != NOTHING && i++ == ours;
		if (here && !was) {
			if (!l.end.len) /* the end of the line before came with it */
				end = l.end;
			continue;
		}
		add_slice(out, end);
		add_slice(out, here ? slice_str(was) : l.text);
		end = l.end;
	}
	add_slice(out, end);
	return SETTING_REVERTED;
}
