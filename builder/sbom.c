/* SPDX-License-Identifier: MIT */
/* sbom.c - see sbom.h: what is in a bundle, and what is known of it. */
#include "sbom.h"

#include <inttypes.h>
#include <string.h>

#include "bundle.h"
#include "cmd.h"
#include "date.h"
#include "purl.h"
#include "stub.h"
#include "stub_parts.h"

void sbom_done(struct sbom *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->components[i].parts);
	free(s->components);
	free(s->stub_digests);
	texts_done(&s->texts);
	*s = (struct sbom) { 0 };
}

const char *sbom_time(uint64_t when, char out[SBOM_TIME_SIZE])
{
	char date[DATE_TEXT_SIZE];
	unsigned second = (unsigned)(when % 86400);
	snprintf(out, SBOM_TIME_SIZE, "%.10sT%02u:%02u:%02uZ", date_text(when, date), second / 3600,
		 second / 60 % 60, second % 60);
	return out;
}

static bool add(struct sbom *s, const struct sbom_component *c, struct err *err)
{
	if (s->count == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		struct sbom_component *more = realloc(s->components, cap * sizeof(*more));
		if (!more)
			return err_no_memory(err);
		s->components = more;
		s->cap = cap;
	}
	s->components[s->count++] = *c;
	return true;
}

static bool make_parts(struct sbom *s, size_t index, size_t count, struct err *err)
{
	s->components[index].parts = calloc(count + 1, sizeof(uint32_t));
	return s->components[index].parts || err_no_memory(err);
}

static void add_part(struct sbom *s, size_t index, size_t part)
{
	struct sbom_component *c = &s->components[index];
	c->parts[c->part_count++] = (uint32_t)part;
}

/* References are letters, digits, '.' and '-' in SPDX; the number keeps two names apart. */
static const char *make_ref(struct sbom *s, const char *kind, size_t number, const char *name)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	buf_printf(&b, "%s-%zu-%s", kind, number, name);
	for (size_t i = 0; i < b.len; i++) {
		uint8_t c = b.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '-')
			b.p[i] = '-';
	}
	s->texts.bad |= b.bad;
	return texts_add(&s->texts, buf_slice(&b));
}

/* --- files -------------------------------------------------------------------------------------- */

/* What all packages that carry a file say of it; NULL where they say nothing, or not the same. */
struct statements {
	const char *version, *license, *supplier;
	bool seen;
};

static const char *agree(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0 ? a : NULL;
}

static void hear(struct statements *of, const struct lock_package *p,
		 const struct lock_package_file *f)
{
	const char *license = f->license ? f->license : p->license;
	const char *supplier = f->supplier ? f->supplier : p->supplier;
	struct statements now = { p->version, license, supplier, true };
	if (of->seen) {
		now.version = agree(of->version, now.version);
		now.license = agree(of->license, now.license);
		now.supplier = agree(of->supplier, now.supplier);
	}
	*of = now;
}

static bool add_file(struct sbom *s, const struct lock_file *f, const struct statements *said,
		     struct err *err)
{
	char hex[SHA256_HEX_SIZE];
	sha256_hex(f->sha256, hex);
	struct sbom_component c = {
		.kind = f->is_deb ? SBOM_DEB : SBOM_FILE,
		.ref = texts_printf(&s->texts, "file-%s", hex),
		.name = f->name,
		.version = said->version,
		.license = said->license,
		.supplier = said->supplier,
		.file_name = f->name,
		.url = lock_file_url(f),
		.sha256 = f->sha256,
	};
	if (f->is_deb) { /* its metadata name no licence */
		c.name = f->deb.package;
		c.version = f->deb.version;
		c.supplier = *f->deb.origin ? f->deb.origin : NULL;
		c.license = NULL;
		c.purl = purl_of_deb(&s->texts, &f->deb, f->sha256, c.url);
	} else {
		c.purl = purl_of_file(&s->texts, f->name, c.version, f->sha256, c.url);
	}
	return add(s, &c, err);
}

/* All files of @lock, in its order; the number of the first is *first. */
static bool add_files(struct sbom *s, const struct lock *lock, size_t *first, struct err *err)
{
	AUTO(auto_free) struct statements *said = calloc(lock->file_count + 1, sizeof(*said));
	if (!said)
		return err_no_memory(err);
	for (size_t i = 0; i < lock->package_count; i++) {
		const struct lock_package *p = &lock->packages[i];
		for (size_t k = 0; k < p->file_count; k++)
			hear(&said[p->files[k].file], p, &p->files[k]);
	}
	*first = s->count;
	for (size_t i = 0; i < lock->file_count; i++)
		if (!add_file(s, &lock->files[i], &said[i], err))
			return false;
	return true;
}

/* --- packages ----------------------------------------------------------------------------------- */

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* A file may lie at two places of a payload. */
static void sort_parts(struct sbom_component *c)
{
	size_t kept = 0;
	qsort(c->parts, c->part_count, sizeof(c->parts[0]), compare_numbers);
	for (size_t i = 0; i < c->part_count; i++)
		if (i == 0 || c->parts[i] != c->parts[kept - 1])
			c->parts[kept++] = c->parts[i];
	c->part_count = kept;
}

static bool add_package(struct sbom *s, const struct lock_package *p, size_t number,
			size_t first_file, struct err *err)
{
	size_t index = s->count;
	struct sbom_component c = {
		.kind = SBOM_PACKAGE,
		.ref = make_ref(s, "package", number, p->id),
		.name = p->id,
		.version = p->version,
		.title = p->title,
		.supplier = p->supplier,
		.license = p->license,
		.terms = p->terms.id ? &p->terms : NULL,
	};
	if (!add(s, &c, err) || !make_parts(s, index, p->deb_count + p->file_count, err))
		return false;
	for (size_t i = 0; i < p->deb_count; i++)
		add_part(s, index, first_file + p->debs[i].file);
	for (size_t i = 0; i < p->file_count; i++)
		add_part(s, index, first_file + p->files[i].file);
	sort_parts(&s->components[index]);
	add_part(s, 0, index);
	return true;
}

/* --- stubs -------------------------------------------------------------------------------------- */

static bool add_library(struct sbom *s, size_t stub, size_t number, const struct stub_part *p,
			const char *platform, struct err *err)
{
	struct sbom_component c = {
		.kind = SBOM_LIBRARY,
		.ref = make_ref(s, platform, number, p->name),
		.name = p->name,
		.version = p->version,
		.title = p->title,
		.supplier = p->supplier,
		.license = p->license,
		.purl = p->debian ? purl_of_source(&s->texts, p->name, p->version)
				  : purl_of_file(&s->texts, p->name, p->version, NULL, NULL),
	};
	add_part(s, stub, s->count);
	return add(s, &c, err);
}

static bool add_stub(struct sbom *s, const struct head *head, size_t number, struct err *err)
{
	size_t index = s->count;
	struct stub_parts parts;
	struct slice stub = buf_slice(&head->stub);
	uint8_t *digest = s->stub_digests[number];
	if (!stub_digest(stub, digest, err) || !stub_parts_find(stub, &s->texts, &parts, err))
		return err_wrap(err, "the stub for %s", head->platform);
	struct sbom_component c = {
		.kind = SBOM_STUB,
		.ref = make_ref(s, "stub", number, head->platform),
		.name = texts_printf(&s->texts, "ibbundle-runtime-%s", head->platform),
		.version = parts.version,
		.title = parts.version ? NULL : "it does not say what it is made of",
		.license = parts.version ? "MIT" : NULL,
		.sha256 = digest,
	};
	if (!add(s, &c, err) || !make_parts(s, index, parts.count, err))
		return false;
	for (size_t i = 0; i < parts.count; i++)
		if (!add_library(s, index, i, &parts.v[i], head->platform, err))
			return false;
	add_part(s, 0, index);
	return true;
}

/* --- all ---------------------------------------------------------------------------------------- */

/* A UUID of version 8 (RFC 9562), from what the document follows from. */
static bool make_uuid(struct sbom *s, const struct lock *lock, const struct heads *heads,
		      struct err *err)
{
	uint8_t d[SHA256_SIZE];
	AUTO(sha256_done) struct sha256 h = { 0 };
	AUTO(buf_done) struct buf b = BUF_INIT(8);
	buf_add_u64le(&b, s->created);
	if (!buf_ok(&b, "a time", err) || !sha256_init(&h, err))
		return false;
	sha256_update(&h, lock->sha256, sizeof(lock->sha256));
	sha256_update(&h, b.p, b.len);
	sha256_update(&h, IBBUNDLE_VERSION, sizeof(IBBUNDLE_VERSION));
	for (size_t i = 0; i < heads->count; i++)
		sha256_update(&h, s->stub_digests[i], SHA256_SIZE);
	sha256_final(&h, d);
	d[6] = (uint8_t)((d[6] & 0x0f) | 0x80);
	d[8] = (uint8_t)((d[8] & 0x3f) | 0x80);
	snprintf(s->uuid, sizeof(s->uuid),
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", d[0], d[1],
		 d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14],
		 d[15]);
	return true;
}

static bool collect(struct sbom *s, const struct lock *lock, const struct heads *heads,
		    struct err *err)
{
	struct sbom_component bundle = {
		.kind = SBOM_BUNDLE, .ref = "bundle", .name = lock->name, .version = lock->version
	};
	size_t first_file = 0;
	s->stub_digests = calloc(heads->count + 1, sizeof(*s->stub_digests));
	if (!s->stub_digests)
		return err_no_memory(err);
	if (!add(s, &bundle, err) || !make_parts(s, 0, lock->package_count + heads->count, err) ||
	    !add_files(s, lock, &first_file, err))
		return false;
	for (size_t i = 0; i < lock->package_count; i++)
		if (!add_package(s, &lock->packages[i], i, first_file, err))
			return false;
	for (size_t i = 0; i < heads->count; i++)
		if (!add_stub(s, &heads->v[i], i, err))
			return false;
	return make_uuid(s, lock, heads, err) && (!s->texts.bad || err_no_memory(err));
}

bool sbom_collect(const struct lock *lock, const struct heads *heads, uint64_t created,
		  struct sbom *out, struct err *err)
{
	AUTO(sbom_done)
	struct sbom s = { .name = lock->name, .version = lock->version, .created = created };
	if (!collect(&s, lock, heads, err))
		return err_wrap(err, "cannot list what the bundle carries");
	*out = s;
	s = (struct sbom) { 0 };
	return true;
}
