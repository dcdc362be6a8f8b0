/* SPDX-License-Identifier: MIT */
/* apt_index.c - see apt_index.h. */
#include "apt_index.h"

#include <ctype.h>

#include "stanza.h"

#define TEXT_MAX 256 /* of a name, version or architecture */

void apt_index_done(struct apt_index *x)
{
	buf_done(&x->text);
	free(x->packages);
	*x = (struct apt_index) { 0 };
}

/* Letters, digits and @more, the first a letter or digit (Debian Policy 5.6.1, 5.6.12). */
static bool is_token(struct slice s, const char *more)
{
	if (!s.len || s.len > TEXT_MAX || !isalnum(s.p[0]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum(s.p[i]) && !strchr(more, s.p[i]))
			return false;
	return true;
}

static bool need_token(const struct stanza_reader *r, const struct stanza *s, const char *field,
		       const char *more, struct slice *out, struct err *err)
{
	struct slice v;
	if (!stanza_need(r, s, field, &v, err))
		return false;
	if (!is_token(v, more))
		return err_set(err, ERR_FORMAT, "%s:%zu: the value of '%s' is not well-formed",
			       r->name, s->line, field);
	*out = v;
	return true;
}

static bool need_number(const struct stanza_reader *r, const struct stanza *s, const char *field,
			struct slice v, uint64_t max, uint64_t *out, struct err *err)
{
	if (!slice_number(v, max, out))
		return err_set(err, ERR_FORMAT, "%s:%zu: '%s' must be a number of at most %llu",
			       r->name, s->line, field, (unsigned long long)max);
	return true;
}

static bool parse_package(const struct stanza_reader *r, const struct stanza *s,
			  struct apt_package *out, struct err *err)
{
	struct apt_package p = { 0 };
	struct slice size, sha256, installed = stanza_get(s, "Installed-Size");
	if (!need_token(r, s, "Package", "+-.", &p.name, err) ||
	    !need_token(r, s, "Version", "+-.~:", &p.version, err) ||
	    !need_token(r, s, "Architecture", "-", &p.arch, err) ||
	    !stanza_need(r, s, "Filename", &p.filename, err) ||
	    !stanza_need(r, s, "Size", &size, err) ||
	    !need_number(r, s, "Size", size, APT_DEB_SIZE_MAX, &p.size, err) ||
	    !stanza_need(r, s, "SHA256", &sha256, err))
		return false;
	if (!slice_sha256(sha256, p.sha256))
		return err_set(err, ERR_FORMAT, "%s:%zu: 'SHA256' must be 64 hex digits", r->name,
			       s->line);
	uint64_t kib = 0; /* the field is in KiB, and optional */
	if (installed.len && !need_number(r, s, "Installed-Size", installed,
					  APT_DEB_SIZE_MAX / 1024 * 16, &kib, err))
		return false;
	p.installed_size = kib * 1024;
	p.pre_depends = stanza_get(s, "Pre-Depends");
	p.depends = stanza_get(s, "Depends");
	p.breaks = stanza_get(s, "Breaks");
	p.conflicts = stanza_get(s, "Conflicts");
	p.provides = stanza_get(s, "Provides");
	p.multi_arch = stanza_get(s, "Multi-Arch");
	p.source = stanza_get(s, "Source");
	p.essential = slice_is(stanza_get(s, "Essential"), "yes");
	p.required = slice_is(stanza_get(s, "Priority"), "required");
	*out = p;
	return true;
}

static bool grow(struct apt_index *x, size_t *cap, struct err *err)
{
	if (x->count < *cap)
		return true;
	size_t more = *cap ? *cap * 2 : 1024;
	struct apt_package *p = realloc(x->packages, more * sizeof(*p));
	if (!p)
		return err_no_memory(err);
	x->packages = p;
	*cap = more;
	return true;
}

bool apt_index_parse(const char *name, uint32_t suite, struct buf *text, struct apt_index *out,
		     struct err *err)
{
	AUTO(apt_index_done) struct apt_index x = { 0 };
	struct stanza_reader r = { .name = name, .rest = buf_slice(text) };
	struct stanza s;
	size_t cap = 0;
	for (;;) {
		if (!stanza_next(&r, &s, err))
			return false;
		if (!s.count)
			break;
		if (x.count == APT_INDEX_PACKAGES_MAX)
			return err_set(err, ERR_FORMAT, "%s: more than %u packages", name,
				       APT_INDEX_PACKAGES_MAX);
		if (!grow(&x, &cap, err) || !parse_package(&r, &s, &x.packages[x.count], err))
			return false;
		struct apt_package *p = &x.packages[x.count++];
		const uint8_t *start = s.fields[0].name.p;
		const struct slice *last = &s.fields[s.count - 1].value;
		p->stanza = (struct slice) { start, (size_t)(last->p + last->len - start) };
		p->suite = suite;
	}
	x.text = *text;
	*text = BUF_INIT(text->max);
	*out = x;
	x = (struct apt_index) { 0 };
	return true;
}
