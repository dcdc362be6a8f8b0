/* SPDX-License-Identifier: MIT */
/* release.c - see release.h. */
#include "release.h"

#include <time.h>

#define FILE_SIZE_MAX (UINT64_C(1) << 40)

void release_done(struct release *r)
{
	buf_done(&r->text);
	*r = (struct release) { 0 };
}

bool release_date(struct slice text, uint64_t *out)
{
	char s[64];
	if (text.len >= sizeof(s))
		return false;
	if (text.len)
		memcpy(s, text.p, text.len);
	s[text.len] = '\0';
	struct tm tm = { 0 };
	const char *zone = strptime(s, "%a, %d %b %Y %H:%M:%S ", &tm);
	if (!zone || (strcmp(zone, "UTC") != 0 && strcmp(zone, "GMT") != 0 &&
		      strcmp(zone, "+0000") != 0 && strcmp(zone, "Z") != 0))
		return false;
	time_t t = timegm(&tm);
	if (t < 0)
		return false;
	*out = (uint64_t)t;
	return true;
}

static bool has_word(struct slice words, const char *word)
{
	struct slice w;
	while (slice_next_word(&words, &w))
		if (slice_is(w, word))
			return true;
	return false;
}

/* One line of the list: "HEX SIZE PATH".  A blank line yields an empty path. */
static bool split_line(struct slice line, uint8_t sha256[SHA256_SIZE], uint64_t *size,
		       struct slice *path)
{
	struct slice hex, number, more;
	*path = (struct slice) { 0 };
	if (!slice_next_word(&line, &hex))
		return true;
	return slice_next_word(&line, &number) && slice_next_word(&line, path) &&
	       !slice_next_word(&line, &more) && slice_sha256(hex, sha256) &&
	       slice_number(number, FILE_SIZE_MAX, size);
}

static bool check_list(const char *name, struct slice list, struct err *err)
{
	struct slice line, path;
	uint8_t sha256[SHA256_SIZE];
	uint64_t size;
	for (size_t at = 1; slice_next_line(&list, &line); at++)
		if (!split_line(line, sha256, &size, &path))
			return err_set(err, ERR_FORMAT,
				       "%s: line %zu of its SHA256 list is not a digest, a size "
				       "and a path",
				       name, at);
	return true;
}

bool release_find(const struct release *r, const char *path, uint8_t sha256[SHA256_SIZE],
		  uint64_t *size)
{
	struct slice rest = r->sha256, line, p;
	while (slice_next_line(&rest, &line))
		if (split_line(line, sha256, size, &p) && slice_is(p, path))
			return true;
	return false;
}

static bool parse_dates(const char *name, const struct stanza *s, struct release *out,
			struct err *err)
{
	struct slice date = stanza_get(s, "Date"), until = stanza_get(s, "Valid-Until");
	if (!release_date(date, &out->date))
		return err_set(err, ERR_FORMAT, "%s: its Date is missing or not a date in UTC",
			       name);
	if (until.len && !release_date(until, &out->valid_until))
		return err_set(err, ERR_FORMAT, "%s: its Valid-Until is not a date in UTC", name);
	return true;
}

bool release_parse(const char *name, struct buf *text, struct release *out, struct err *err)
{
	struct release r = { 0 };
	struct stanza_reader reader = { .name = name, .rest = buf_slice(text) };
	struct stanza s, more;
	if (!stanza_next(&reader, &s, err) || !stanza_next(&reader, &more, err))
		return false;
	if (!s.count)
		return err_set(err, ERR_FORMAT, "%s: is empty", name);
	if (more.count)
		return err_set(err, ERR_FORMAT, "%s:%zu: a second paragraph", name, more.line);
	if (!parse_dates(name, &s, &r, err))
		return false;
	r.suite = stanza_get(&s, "Suite");
	r.codename = stanza_get(&s, "Codename");
	r.origin = stanza_get(&s, "Origin");
	r.by_hash = slice_is(stanza_get(&s, "Acquire-By-Hash"), "yes");
	r.all_apart = has_word(stanza_get(&s, "Architectures"), "all") &&
		      !has_word(stanza_get(&s, "No-Support-for-Architecture-all"), "Packages");
	r.sha256 = stanza_get(&s, "SHA256");
	if (!r.sha256.len)
		return err_set(err, ERR_FORMAT,
			       "%s: has no SHA256 section; weaker digests are not taken", name);
	if (!check_list(name, r.sha256, err))
		return false;
	r.text = *text;
	*text = BUF_INIT(text->max);
	*out = r;
	return true;
}
