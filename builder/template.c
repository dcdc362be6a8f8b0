/* SPDX-License-Identifier: MIT */
/* template.c - see template.h. */
#include "template.h"

#include <string.h>

#include "utf8.h"

#define WORD_MAX 32 /* bytes of a name with its ":HOW" */

static const char word_letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
static const char plain_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    " +-./:=,_";

/* Values of the innermost row first. */
struct scope {
	const struct template_value *values;
	const struct template_list *lists;
	const struct scope *outer;
};

struct fill {
	const char *name; /* of the file, for messages */
	struct buf *out;
	struct err *err;
	bool bad; /* err is set */
};

static void wrong(struct fill *f, const char *what, const char *word)
{
	if (!f->bad)
		err_set(f->err, ERR_SYSTEM, "template '%s': %s '%s'", f->name, what, word);
	f->bad = true;
}

bool template_is_plain(const char *text)
{
	return text[strspn(text, plain_letters)] == '\0';
}

static const struct template_value *find(const struct scope *s, const char *name)
{
	for (; s; s = s->outer)
		for (const struct template_value *v = s->values; v && v->name; v++)
			if (strcmp(v->name, name) == 0)
				return v;
	return NULL;
}

static const struct template_list *find_list(const struct scope *s, const char *name)
{
	for (; s; s = s->outer)
		for (const struct template_list *l = s->lists; l && l->name; l++)
			if (strcmp(l->name, name) == 0)
				return l;
	return NULL;
}

/* --- how a value is written ----------------------------------------------------------------------- */

/* A literal: @open, then each byte as it is or, where @escape has another way to write it, that. */
struct literal {
	const char *name, *open, *close;
	/* What stands for what is at @at, of *n bytes (1 unless it says otherwise); NULL: itself. */
	const char *(*escape)(const char *at, size_t *n);
};

static const char *escape_sh(const char *at, size_t *n)
{
	(void)n;
	return *at == '\'' ? "'\\''" : NULL;
}

/* PowerShell takes the typographic quotes for plain ones. */
static const char *escape_ps(const char *at, size_t *n)
{
	static const char *const quotes[] = { "'", "\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9a",
					      "\xe2\x80\x9b" };
	static const char *const doubled[] = { "''", "\xe2\x80\x98\xe2\x80\x98",
					       "\xe2\x80\x99\xe2\x80\x99",
					       "\xe2\x80\x9a\xe2\x80\x9a",
					       "\xe2\x80\x9b\xe2\x80\x9b" };
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		if (strncmp(at, quotes[i], strlen(quotes[i])) != 0)
			continue;
		*n = strlen(quotes[i]);
		return doubled[i];
	}
	return NULL;
}

static const char *escape_json(const char *at, size_t *n)
{
	(void)n;
	switch (*at) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\t':
		return "\\t";
	default:
		return NULL;
	}
}

static const char *escape_hcl(const char *at, size_t *n)
{
	if ((*at == '$' || *at == '%') && at[1] == '{') {
		*n = 2;
		return *at == '$' ? "$${" : "%%{";
	}
	return escape_json(at, n);
}

static const char *escape_bicep(const char *at, size_t *n)
{
	if (*at == '\'')
		return "\\'";
	if (*at == '$' && at[1] == '{') {
		*n = 2;
		return "\\${";
	}
	return *at == '"' ? NULL : escape_json(at, n);
}

static const struct literal literals[] = {
	{ "sh", "'", "'", escape_sh },       { "ps", "'", "'", escape_ps },
	{ "json", "\"", "\"", escape_json }, { "hcl", "\"", "\"", escape_hcl },
	{ "bicep", "'", "'", escape_bicep },
};

static void write_literal(struct buf *out, const struct literal *l, const char *text, size_t len)
{
	buf_add_str(out, l->open);
	for (const char *at = text, *end = text + len; at < end;) {
		size_t n = 1;
		const char *instead = l->escape(at, &n);
		if (instead)
			buf_add_str(out, instead);
		else
			buf_add(out, at, n);
		at += n;
	}
	buf_add_str(out, l->close);
}

/* The lines of @text, one after the other; @before stands before each but the first. */
static void write_lines(struct buf *out, const char *text, const char *before, size_t before_len,
			const struct literal *quoted)
{
	for (const char *at = text; *at;) {
		size_t n = strcspn(at, "\n");
		if (at != text) {
			buf_add_str(out, quoted ? ",\n" : "\n");
			if (n || quoted)
				buf_add(out, before, before_len);
		}
		if (quoted)
			write_literal(out, quoted, at, n);
		else
			buf_add(out, at, n);
		at += n + (at[n] == '\n');
	}
}

static void write_comment(struct buf *out, const char *text)
{
	size_t from = out->len;
	buf_add_str(out, text);
	if (out->p && !out->bad)
		utf8_make_plain((char *)out->p + from);
}

/* Valid UTF-8, no control character but tab and newline. */
static bool is_text(const char *text)
{
	struct slice s = slice_str(text);
	for (size_t i = 0, n; i < s.len; i += n) {
		n = utf8_length(s, i);
		bool c1 = n == 2 && s.p[i] == 0xc2 && s.p[i + 1] < 0xa0;
		bool c0 = n == 1 && (s.p[i] < 0x20 || s.p[i] == 0x7f) && s.p[i] != '\n' &&
			  s.p[i] != '\t';
		if (n == 0 || c0 || c1)
			return false;
	}
	return true;
}

/* @line..@at is what stands before it on its line. */
static void write_value(struct fill *f, const struct template_value *v, const char *how,
			const char *line, size_t before)
{
	static const size_t count = sizeof(literals) / sizeof(literals[0]);
	const struct literal *json = &literals[2];
	const char *text = v->text ? v->text : "";
	if (strcmp(how, "text") == 0) {
		write_comment(f->out, text);
		return;
	}
	if ((!*how && !template_is_plain(text)) || !is_text(text)) {
		if (!f->bad)
			err_set(f->err, ERR_FORMAT,
				"%s '%s' has characters that do not belong there", v->name, text);
		f->bad = true;
		return;
	}
	if (!*how) {
		buf_add_str(f->out, text);
		return;
	}
	if (strcmp(how, "lines") == 0 || strcmp(how, "indent") == 0) {
		write_lines(f->out, text, line, before, *how == 'l' ? json : NULL);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (strcmp(how, literals[i].name) == 0) {
			write_literal(f->out, &literals[i], text, strlen(text));
			return;
		}
	wrong(f, "there is no way to write", how);
}

/* --- lines ---------------------------------------------------------------------------------------- */

/* "name@" or "name:how@" at @at: its length without the '@', 0 when it is none; both words. */
static size_t take_word(const char *at, char name[WORD_MAX], const char **how)
{
	size_t n = strspn(at, word_letters), end = n;
	if (n && at[n] == ':')
		end = n + 1 + strspn(at + n + 1, word_letters);
	if (!n || at[end] != '@' || end >= WORD_MAX || end == n + 1)
		return 0;
	memcpy(name, at, end);
	name[n] = '\0';
	name[end] = '\0';
	*how = end > n ? name + n + 1 : "";
	return end;
}

static void fill_line(struct fill *f, const struct scope *s, const char *line, size_t len)
{
	char name[WORD_MAX];
	const char *how;
	for (size_t i = 0; i < len && !f->bad;) {
		size_t n = line[i] == '@' ? take_word(line + i + 1, name, &how) : 0;
		if (!n) {
			buf_add(f->out, line + i++, 1);
			continue;
		}
		const struct template_value *v = find(s, name);
		if (!v)
			wrong(f, "there is no value", name);
		else
			write_value(f, v, how, line, i);
		i += n + 2;
	}
}

enum directive { LINE_TEXT, LINE_IF, LINE_EACH, LINE_ELSE, LINE_END };

static enum directive read_directive(const char *line, size_t len, char name[WORD_MAX])
{
	static const struct {
		const char *begin;
		enum directive is;
	} all[] = { { "@if ", LINE_IF },
		    { "@each ", LINE_EACH },
		    { "@else", LINE_ELSE },
		    { "@end", LINE_END } };
	while (len && (*line == ' ' || *line == '\t'))
		line++, len--;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		size_t n = strlen(all[i].begin);
		if (len <= n || strncmp(line, all[i].begin, n) != 0 || line[len - 1] != '@')
			continue;
		size_t word = len - n - 1;
		bool named = all[i].is == LINE_IF || all[i].is == LINE_EACH;
		if ((word > 0) != named || word >= WORD_MAX ||
		    strspn(line + n, word_letters) < word)
			continue;
		memcpy(name, line + n, word);
		name[word] = '\0';
		return all[i].is;
	}
	return LINE_TEXT;
}

static enum directive fill_block(struct fill *f, const struct scope *s, const char **at, bool on);

static void fill_if(struct fill *f, const struct scope *s, const char **at, bool on,
		    const char *name)
{
	const struct template_value *v = find(s, name);
	if (on && !v)
		wrong(f, "there is no value", name);
	bool yes = v && v->text && *v->text;
	enum directive end = fill_block(f, s, at, on && yes);
	if (end == LINE_ELSE)
		end = fill_block(f, s, at, on && !yes);
	if (end != LINE_END)
		wrong(f, "no @end@ for @if", name);
}

static void fill_each(struct fill *f, const struct scope *s, const char **at, bool on,
		      const char *name)
{
	const struct template_list *l = find_list(s, name);
	const char *from = *at;
	if (on && !l)
		wrong(f, "there is no list", name);
	for (size_t i = 0; on && l && i < l->count && !f->bad; i++) {
		struct scope row = { l->rows[i], NULL, s };
		*at = from;
		fill_block(f, &row, at, true);
	}
	*at = from;
	if (fill_block(f, s, at, false) != LINE_END)
		wrong(f, "no @end@ for @each", name);
}

/* Lines from *at on, written when @on, up to what ends them; *at is behind it.  LINE_TEXT: the end. */
static enum directive fill_block(struct fill *f, const struct scope *s, const char **at, bool on)
{
	char name[WORD_MAX];
	while (**at && !f->bad) {
		const char *line = *at;
		size_t len = strcspn(line, "\n");
		*at += len + (line[len] == '\n');
		enum directive is = read_directive(line, len, name);
		if (is == LINE_ELSE || is == LINE_END)
			return is;
		if (is == LINE_IF)
			fill_if(f, s, at, on, name);
		else if (is == LINE_EACH)
			fill_each(f, s, at, on, name);
		else if (on)
			fill_line(f, s, line, (size_t)(*at - line));
	}
	return LINE_TEXT;
}

bool template_fill_file(const struct template_file *file, const struct template_values *values,
			struct buf *out, struct err *err)
{
	struct fill f = { .name = file->name, .out = out, .err = err };
	const struct scope s = { values->values, values->lists, NULL };
	const char *at = file->text;
	if (fill_block(&f, &s, &at, true) != LINE_TEXT)
		wrong(&f, "has too many", "@end@");
	return !f.bad && buf_ok(out, "what is written", err);
}

bool template_fill(const char *name, const struct template_values *values, struct buf *out,
		   struct err *err)
{
	for (const struct template_file *file = template_files; file->name; file++)
		if (strcmp(file->name, name) == 0)
			return template_fill_file(file, values, out, err);
	return err_set(err, ERR_SYSTEM, "there is no template '%s'", name);
}
