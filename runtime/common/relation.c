/* SPDX-License-Identifier: MIT */
/* relation.c - see relation.h. */
#include "relation.h"

#include "version.h"

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct slice trim(struct slice s)
{
	while (s.len && is_space(s.p[s.len - 1]))
		s.len--;
	struct rd r = rd_new(s);
	while (r.left && is_space(r.p[0]))
		rd_take(&r, 1);
	return (struct slice) { r.p, r.left };
}

/* Bytes up to @end, which is consumed too; all of @rest when there is no @end. */
static struct slice take_until(struct slice *rest, uint8_t end)
{
	size_t n = 0;
	while (n < rest->len && rest->p[n] != end)
		n++;
	struct rd r = rd_new(*rest);
	struct slice s = rd_take(&r, n);
	if (r.left)
		rd_take(&r, 1);
	*rest = (struct slice) { r.p, r.left };
	return s;
}

/* Take the bytes at the start that are in a package name, architecture or version. */
static struct slice take_word(struct slice *rest, const char *extra)
{
	size_t n = 0;
	while (n < rest->len) {
		uint8_t c = rest->p[n];
		bool plain =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!plain && (c == '\0' || !strchr(extra, c)))
			break;
		n++;
	}
	struct rd r = rd_new(*rest);
	struct slice s = rd_take(&r, n);
	*rest = trim((struct slice) { r.p, r.left });
	return s;
}

bool relation_next_clause(struct slice *rest, struct slice *clause)
{
	while (rest->len) {
		*clause = trim(take_until(rest, ','));
		if (clause->len) /* dpkg too passes over an empty one, such as after a last comma */
			return true;
	}
	return false;
}

/* "(>= 1.2)"; "<" and ">" are old spellings of "<=" and ">=". */
static bool parse_version(struct slice s, struct relation *out)
{
	static const char *const ops[][2] = { { "<<", "<<" }, { "<=", "<=" }, { ">>", ">>" },
					      { ">=", ">=" }, { "=", "=" },   { "<", "<=" },
					      { ">", ">=" } };
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		size_t n = strlen(ops[i][0]);
		if (s.len < n || memcmp(s.p, ops[i][0], n) != 0)
			continue;
		struct rd r = rd_new(s);
		rd_take(&r, n);
		struct slice rest = trim((struct slice) { r.p, r.left });
		memcpy(out->op, ops[i][1], strlen(ops[i][1]) + 1);
		out->version = take_word(&rest, ".+-~:_");
		return out->version.len > 0 && rest.len == 0;
	}
	return false;
}

static bool parse_relation(struct slice text, struct relation *out)
{
	struct relation r = { 0 };
	r.name = take_word(&text, "+-._");
	if (r.name.len == 0)
		return false;
	if (text.len && text.p[0] == ':') {
		take_until(&text, ':');
		r.arch = take_word(&text, "-");
		if (r.arch.len == 0)
			return false;
	}
	if (text.len && text.p[0] == '(') {
		if (text.p[text.len - 1] != ')')
			return false;
		take_until(&text, '(');
		text.len--;
		text = trim(text);
		if (!parse_version(text, &r))
			return false;
		text.len = 0;
	}
	if (text.len)
		return false;
	*out = r;
	return true;
}

bool relation_next_alternative(struct slice *clause, struct relation *out, bool *bad)
{
	if (clause->len == 0)
		return false;
	struct slice text = *clause;
	bool more = memchr(text.p, '|', text.len) != NULL;
	struct slice one = trim(take_until(&text, '|'));
	/* "a |" is malformed: an alternative must follow. */
	if (parse_relation(one, out) && !(more && text.len == 0)) {
		*clause = text;
		return true;
	}
	*clause = (struct slice) { 0 };
	*bad = true;
	return false;
}

bool relation_version_holds(const struct relation *r, struct slice have)
{
	if (!r->op[0])
		return true;
	int d = version_compare_deb_slices(have, r->version);
	if (r->op[0] == '<')
		return r->op[1] == '<' ? d < 0 : d <= 0;
	if (r->op[0] == '>')
		return r->op[1] == '>' ? d > 0 : d >= 0;
	return d == 0;
}
