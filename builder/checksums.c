/* SPDX-License-Identifier: MIT */
/* checksums.c - see checksums.h.  Reading, then pinning. */
#include "checksums.h"

#include <string.h>

#include "hex.h"
#include "utf8.h"

void checksums_done(struct checksums *c)
{
	free(c->list);
	texts_done(&c->texts);
	*c = (struct checksums) { 0 };
}

/* --- reading ------------------------------------------------------------------------------------- */

static bool read_digest(struct slice line, uint8_t out[SHA256_SIZE])
{
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		int high = hex_digit(line.p[2 * i]), low = hex_digit(line.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high * 16 + low);
	}
	return true;
}

static bool name_is_plain(struct slice name)
{
	for (size_t pos = 0, n; pos < name.len; pos += n) {
		n = utf8_length(name, pos);
		if (n == 0 || name.p[pos] < 0x20 || name.p[pos] == 0x7f)
			return false;
	}
	return name.len > 0;
}

static struct slice after_last_slash(struct slice name)
{
	for (size_t i = name.len; i > 0; i--)
		if (name.p[i - 1] == '/')
			return (struct slice) { name.p + i, name.len - i };
	return name;
}

static bool parse_line(struct checksums *c, struct slice line, const char *name, size_t number,
		       struct err *err)
{
	const size_t digits = 2 * SHA256_SIZE;
	struct checksum *sum = &c->list[c->count];
	if (line.len < digits + 3 || !read_digest(line, sum->sha256) || line.p[digits] != ' ' ||
	    (line.p[digits + 1] != ' ' && line.p[digits + 1] != '*'))
		return err_set(err, ERR_FORMAT,
			       "%s:%zu: must be 64 hex digits, two spaces and a name, as sha256sum "
			       "writes it",
			       name, number);
	struct slice file = { line.p + digits + 2, line.len - digits - 2 };
	file = after_last_slash(file);
	if (!name_is_plain(file))
		return err_set(err, ERR_FORMAT, "%s:%zu: has no plain name of a file", name,
			       number);
	sum->name = texts_add(&c->texts, file);
	c->count++;
	return !c->texts.bad || err_no_memory(err);
}

static bool parse_lines(struct checksums *c, const char *name, struct slice text, struct err *err)
{
	size_t number = 0;
	while (text.len) {
		const uint8_t *end = memchr(text.p, '\n', text.len);
		struct slice line = { text.p, end ? (size_t)(end - text.p) : text.len };
		size_t used = line.len + (end ? 1 : 0);
		text = (struct slice) { text.p + used, text.len - used };
		number++;
		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (!line.len || line.p[0] == '#')
			continue;
		if (c->count == CHECKSUMS_LINES_MAX)
			return err_set(err, ERR_FORMAT, "%s:%zu: there are more than %d files",
				       name, number, CHECKSUMS_LINES_MAX);
		if (!parse_line(c, line, name, number, err))
			return false;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct checksum *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/* A name may stand again with the same digest. */
static bool unite(struct checksums *c, const char *name, struct err *err)
{
	size_t kept = 0;
	qsort(c->list, c->count, sizeof(c->list[0]), by_name);
	for (size_t i = 0; i < c->count; i++) {
		if (kept && strcmp(c->list[kept - 1].name, c->list[i].name) == 0) {
			if (memcmp(c->list[kept - 1].sha256, c->list[i].sha256, SHA256_SIZE) != 0)
				return err_set(err, ERR_FORMAT, "%s: '%s' has two digests", name,
					       c->list[i].name);
			continue;
		}
		c->list[kept++] = c->list[i];
	}
	c->count = kept;
	return true;
}

bool checksums_parse(const char *name, struct slice text, struct checksums *out, struct err *err)
{
	AUTO(checksums_done) struct checksums c = { 0 };
	if (text.len > CHECKSUMS_SIZE_MAX)
		return err_set(err, ERR_FORMAT, "%s: is larger than %u bytes", name,
			       CHECKSUMS_SIZE_MAX);
	c.list = calloc(CHECKSUMS_LINES_MAX, sizeof(*c.list));
	if (!c.list)
		return err_no_memory(err);
	if (!parse_lines(&c, name, text, err) || !unite(&c, name, err))
		return false;
	if (!c.count)
		return err_set(err, ERR_FORMAT, "%s: names no file", name);
	*out = c;
	c = (struct checksums) { 0 };
	return true;
}

/* --- pinning ------------------------------------------------------------------------------------- */

struct pinning {
	const struct checksums *sums;
	const char *source;
	struct json *out;
	struct buf *words;
	bool *used; /* for each of the sums */
	struct checksums_report report;
};

static const char *last_part(const char *url)
{
	const char *slash = strrchr(url, '/');
	return slash ? slash + 1 : url;
}

static const struct checksum *find(const struct checksums *c, const char *name)
{
	struct checksum key = { .name = name };
	return bsearch(&key, c->list, c->count, sizeof(c->list[0]), by_name);
}

/* The digest that the file's URLs lead to; two of them may not differ. */
static bool find_for(const struct pinning *p, const struct manifest_file *f,
		     const struct checksum **out, struct err *err)
{
	*out = NULL;
	for (size_t i = 0; i < f->urls.count; i++) {
		const struct checksum *sum = find(p->sums, last_part(f->urls.p[i]));
		if (sum && *out && memcmp(sum->sha256, (*out)->sha256, SHA256_SIZE) != 0)
			return err_set(err, ERR_DIGEST,
				       "'%s' and '%s' are the same file in the manifest and have "
				       "different digests",
				       (*out)->name, sum->name);
		*out = sum ? sum : *out;
	}
	return true;
}

/* A copy of @value, the file as it stands, with the pin.  A word about an older pin goes with it. */
static void copy_pinned(struct pinning *p, struct json_value *list, const struct json_value *value,
			const struct checksum *sum)
{
	struct json_value *copy = json_add_object(p->out, list, NULL);
	for (const struct json_value *v = json_first(value); v; v = json_next(v))
		if (strcmp(json_key(v), "hash_source") != 0)
			json_add_copy(p->out, copy, json_key(v), v);
	json_add_sha256(p->out, copy, "sha256", sum->sha256);
	if (p->source)
		json_add_string(p->out, copy, "hash_source", p->source);
}

static bool pin_file(struct pinning *p, const struct manifest_package *package,
		     const struct manifest_file *f, const struct json_value *value,
		     struct json_value *list, struct err *err)
{
	const struct checksum *sum;
	const char *word = "pinned";
	if (!find_for(p, f, &sum, err))
		return err_wrap(err, "package '%s'", package->id);
	if (sum && f->have_sha256 && memcmp(sum->sha256, f->sha256, SHA256_SIZE) != 0)
		return err_set(err, ERR_DIGEST,
			       "package '%s': '%s' is pinned to another digest already: find out "
			       "which is right, and take the other one out",
			       package->id, sum->name);
	if (sum && !f->have_sha256) {
		p->report.pinned++;
		copy_pinned(p, list, value, sum);
	} else {
		word = f->have_sha256 ? "as it was" : "not pinned";
		p->report.same += f->have_sha256;
		p->report.missing += !f->have_sha256;
		json_add_copy(p->out, list, NULL, value);
	}
	if (sum)
		p->used[sum - p->sums->list] = true;
	buf_printf(p->words, "%-10s  %s: %s\n", word, package->id,
		   f->urls.count ? last_part(f->urls.p[0]) : f->path);
	return true;
}

static bool pin_package(struct pinning *p, const struct manifest_package *package,
			struct json_value *list, struct err *err)
{
	struct json_value *copy = json_add_object(p->out, list, NULL);
	for (const struct json_value *v = json_first(package->value); v; v = json_next(v)) {
		if (strcmp(json_key(v), "files") != 0) {
			json_add_copy(p->out, copy, json_key(v), v);
			continue;
		}
		struct json_value *files = json_add_array(p->out, copy, "files");
		size_t i = 0;
		for (const struct json_value *f = json_first(v); f; f = json_next(f))
			if (!pin_file(p, package, &package->files[i++], f, files, err))
				return false;
	}
	return true;
}

bool checksums_pin(const struct checksums *c, const struct manifest *m, const char *source,
		   struct buf *out, struct buf *words, struct checksums_report *report,
		   struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("manifest", err);
	if (!j)
		return false;
	AUTO(auto_free) bool *used = calloc(c->count, sizeof(*used));
	struct pinning p = { .sums = c, .source = source, .out = j, .words = words, .used = used };
	if (!used)
		return err_no_memory(err);
	const struct json_value *top = json_top(m->doc);
	for (const struct json_value *v = json_first(top); v; v = json_next(v))
		if (strcmp(json_key(v), "packages") != 0)
			json_add_copy(j, json_top(j), json_key(v), v);
	struct json_value *packages = json_add_array(j, json_top(j), "packages");
	for (size_t i = 0; i < m->package_count; i++)
		if (!pin_package(&p, &m->packages[i], packages, err))
			return false;
	for (size_t i = 0; i < c->count; i++)
		p.report.unused += !used[i];
	*report = p.report;
	return json_print(j, true, out, err) && buf_ok(words, "the report", err);
}
