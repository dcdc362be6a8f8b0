/* SPDX-License-Identifier: MIT */
/*
 * lock_diff.c - what changed between two locks, for a person (lock.h, lock_diff).
 *
 *   package debian-12-amd64 44.0-2
 *     perl-base 5.36.0-7+deb12u3 -> 5.36.0-7+deb12u4
 *     + libfoo1 1.0-1
 *   + package debian-13-amd64 56.1-1
 */
#include <string.h>

#include "lock.h"

#define DIFF_MAX (16u << 20)

/* One .deb or vendor file of a package. */
struct part {
	const char *name;    /* of the Debian package, or the path in the payload */
	const char *version; /* of the Debian package, or "" */
	const uint8_t *sha256;
};

struct parts {
	struct part *p; /* owned; sorted by name */
	size_t count;
};

static void parts_done(struct parts *x)
{
	free(x->p);
}

static int part_compare(const void *a, const void *b)
{
	return strcmp(((const struct part *)a)->name, ((const struct part *)b)->name);
}

/* @p may be NULL: nothing. */
static bool parts_of(const struct lock *l, const struct lock_package *p, struct parts *out,
		     struct err *err)
{
	size_t max = p ? p->deb_count + p->file_count : 0;
	out->p = calloc(max + 1, sizeof(*out->p));
	if (!out->p)
		return err_no_memory(err);
	for (size_t i = 0; p && i < p->deb_count; i++) {
		const struct lock_file *f = &l->files[p->debs[i].file];
		out->p[out->count++] = (struct part) { f->deb.package, f->deb.version, f->sha256 };
	}
	for (size_t i = 0; p && i < p->file_count; i++)
		out->p[out->count++] =
			(struct part) { p->files[i].path, "", l->files[p->files[i].file].sha256 };
	qsort(out->p, out->count, sizeof(*out->p), part_compare);
	return true;
}

static void say_part(struct buf *out, const char *sign, const struct part *p)
{
	buf_printf(out, "  %s%s%s%s\n", sign, p->name, *p->version ? " " : "", p->version);
}

static void say_change(struct buf *out, const struct part *old, const struct part *new)
{
	if (strcmp(old->version, new->version) != 0)
		buf_printf(out, "  %s %s -> %s\n", old->name, old->version, new->version);
	else if (memcmp(old->sha256, new->sha256, SHA256_SIZE) != 0)
		buf_printf(out, "  %s%s%s: other content, same name\n", old->name,
			   *old->version ? " " : "", old->version);
}

static void diff_parts(const struct parts *old, const struct parts *new, struct buf *out)
{
	size_t i = 0, k = 0;
	while (i < old->count || k < new->count) {
		int c = i == old->count   ? 1
			: k == new->count ? -1
					  : strcmp(old->p[i].name, new->p[k].name);
		if (c < 0)
			say_part(out, "- ", &old->p[i++]);
		else if (c > 0)
			say_part(out, "+ ", &new->p[k++]);
		else
			say_change(out, &old->p[i++], &new->p[k++]);
	}
}

/* The canonical text of a value, which may be NULL. */
static bool value_text(const struct json_value *v, struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *doc = json_new("rules", err);
	if (!doc)
		return false;
	if (v)
		json_add_copy(doc, json_top(doc), "v", v);
	return json_print(doc, false, out, err);
}

static bool values_equal(const struct json_value *a, const struct json_value *b, bool *equal,
			 struct err *err)
{
	AUTO(buf_done) struct buf x = BUF_INIT(DIFF_MAX);
	AUTO(buf_done) struct buf y = BUF_INIT(DIFF_MAX);
	if (!value_text(a, &x, err) || !value_text(b, &y, err))
		return false;
	*equal = slice_equal(buf_slice(&x), buf_slice(&y));
	return true;
}

static bool diff_rules(const struct lock_package *old, const struct lock_package *new,
		       struct buf *out, struct err *err)
{
	const struct {
		const char *key;
		const struct json_value *old, *new;
	} rules[] = {
		{ "match", old->match, new->match },
		{ "install", old->install, new->install },
		{ "check", old->check, new->check },
		{ "uninstall", old->uninstall, new->uninstall },
	};
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		bool equal = false;
		if (!values_equal(rules[i].old, rules[i].new, &equal, err))
			return false;
		if (!equal)
			buf_printf(out, "  %s: other rules or steps\n", rules[i].key);
	}
	if (old->priority != new->priority)
		buf_printf(out, "  priority %llu -> %llu\n", (unsigned long long)old->priority,
			   (unsigned long long)new->priority);
	return true;
}

/* The package in both locks. */
static bool diff_package(const struct lock *old_lock, const struct lock_package *old,
			 const struct lock *new_lock, const struct lock_package *new,
			 struct buf *out, struct err *err)
{
	AUTO(buf_done) struct buf body = BUF_INIT(DIFF_MAX);
	AUTO(parts_done) struct parts before = { 0 };
	AUTO(parts_done) struct parts after = { 0 };
	if (!parts_of(old_lock, old, &before, err) || !parts_of(new_lock, new, &after, err))
		return false;
	diff_parts(&before, &after, &body);
	if (!diff_rules(old, new, &body, err) || !buf_ok(&body, "the difference", err))
		return false;
	if (strcmp(old->version, new->version) != 0)
		buf_printf(out, "package %s %s -> %s\n", new->id, old->version, new->version);
	else if (body.len)
		buf_printf(out, "package %s %s\n", new->id, new->version);
	buf_add_str(out, buf_str(&body));
	return true;
}

bool lock_diff(const struct lock *old, const struct lock *new, struct buf *out, struct err *err)
{
	size_t i = 0, k = 0;
	while (i < old->package_count || k < new->package_count) {
		const struct lock_package *a = &old->packages[i], *b = &new->packages[k];
		int c = i == old->package_count   ? 1
			: k == new->package_count ? -1
						  : strcmp(a->id, b->id);
		if (c < 0)
			buf_printf(out, "- package %s %s\n", a->id, a->version);
		else if (c > 0)
			buf_printf(out, "+ package %s %s\n", b->id, b->version);
		else if (!diff_package(old, a, new, b, out, err))
			return false;
		i += c <= 0;
		k += c >= 0;
	}
	return buf_ok(out, "the difference", err);
}
