/* SPDX-License-Identifier: MIT */
/* seal.c - see seal.h. */
#include "seal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "pe.h"
#include "progress.h"
#include "reader.h"
#include "thread.h"

void seal_done(struct seal *s)
{
	outfile_done(&s->bundle);
	outfile_done(&s->whole);
}

/* The temporary file to read from, called by its final name. */
static bool open_source(const struct seal *s, struct source *src, struct err *err)
{
	if (!file_source_open(s->bundle.temp, src, err))
		return false;
	src->name = s->bundle.path;
	return true;
}

bool seal_verify(struct seal *s, bool allow_unsigned, bool files, uint64_t now, struct err *err)
{
	AUTO(auto_parallel) struct parallel *parallel = parallel_new(thread_processors() - 1);
	struct bundle_options opt = { .now = now,
				      .allow_unsigned = allow_unsigned,
				      .parallel = parallel };
	AUTO(file_source_close) struct source src = { 0 };
	AUTO(bundle_close) struct bundle b = { 0 };
	struct layout_verified seen;
	if (!open_source(s, &src, err) || !bundle_open(&src, &opt, &b, err))
		return false;
	if (!reader_verify(&b, files, "verifying", &seen, err))
		return false;
	if (seen.packages_missing && !s->partial)
		return err_set(err, ERR_FORMAT, "'%s' lacks blocks", s->bundle.path);
	return true;
}

/* --- the root ----------------------------------------------------------------------------------- */

static bool read_locator(const struct source *src, struct locator *l, struct err *err)
{
	struct locator_place place;
	if (!locator_find(src, &place, err) || !locator_read(src, &place, l, err))
		return err_wrap(err, "cannot use '%s'", src->name);
	if (l->signatures.size != SIGNATURES_SIZE)
		return err_set(err, ERR_FORMAT, "'%s' has no room for signatures", src->name);
	return true;
}

static bool write_section(struct seal *s, const struct locator *l, const struct slice *cms,
			  size_t count, struct err *err)
{
	AUTO(buf_done) struct buf section = BUF_INIT(SIGNATURES_SIZE);
	return signatures_write(cms, count, &section, err) &&
	       outfile_write_at(&s->bundle, l->signatures.offset, section.p, section.len, err);
}

/* What is there to be signed, with the signatures in @section that are to stay. */
struct signing {
	struct bundle b;
	struct slice root, cms[SIGNATURES_MAX];
	size_t count;
};

static void signing_done(struct signing *g)
{
	bundle_close(&g->b);
}

static bool signing_open(struct signing *g, const struct source *src, struct slice section,
			 uint64_t now, struct err *err)
{
	struct bundle_options opt = { .now = now, .allow_unsigned = true };
	if (!bundle_open(src, &opt, &g->b, err) ||
	    !signatures_parse(section, g->cms, &g->count, err))
		return false;
	g->root = (struct slice) { g->b.root_bytes, (size_t)g->b.locator.root.size };
	return g->count < SIGNATURES_MAX ||
	       err_set(err, ERR_USAGE, "'%s' has %d signatures, which is the most it can",
		       src->name, SIGNATURES_MAX);
}

/* The CMS of s->signer goes behind the others. */
static bool append(struct seal *s, struct signing *g, struct slice cms, struct err *err)
{
	for (size_t i = 0; i < g->b.signer_count; i++)
		if (memcmp(g->b.signers[i].certificate, s->signer.certificate, SHA256_SIZE) == 0)
			return err_set(err, ERR_USAGE, "'%s' is signed by '%s' already",
				       s->bundle.path, s->signer.subject);
	g->cms[g->count] = cms;
	return write_section(s, &g->b.locator, g->cms, g->count + 1, err);
}

static bool read_section(const struct source *src, const struct locator *l, uint8_t **out,
			 struct err *err)
{
	return source_read_alloc(src, "signatures", l->signatures.offset, l->signatures.size,
				 SIGNATURES_SIZE, out, err);
}

/* A CheckSum that was right is so no more; 0 always is. */
static bool clear_checksum(struct seal *s, const struct source *src, uint64_t stub_size,
			   struct err *err)
{
	static const uint8_t zero[PE_CHECKSUM_SIZE];
	uint8_t raw[PE_HEADERS_MAX];
	struct pe pe;
	struct slice head = { raw, stub_size < sizeof(raw) ? (size_t)stub_size : sizeof(raw) };
	if (!source_read(src, 0, raw, head.len, err))
		return false;
	return !pe_begins(head) ||
	       (pe_parse(head, &pe, err) &&
		outfile_write_at(&s->bundle, pe.checksum_at, zero, sizeof(zero), err));
}

bool seal_root(struct seal *s, const struct sign_key *k, bool add, uint64_t now, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	struct locator l;
	if (!open_source(s, &src, err) || !read_locator(&src, &l, err) ||
	    !clear_checksum(s, &src, l.stub_size, err))
		return false;
	/* What is replaced need not be good: it may have expired. */
	if (!add && !write_section(s, &l, NULL, 0, err))
		return false;
	AUTO(auto_free) uint8_t *section = NULL;
	AUTO(signing_done) struct signing g = { 0 };
	AUTO(buf_done) struct buf made = { 0 };
	if (!read_section(&src, &l, &section, err) ||
	    !signing_open(&g, &src, (struct slice) { section, SIGNATURES_SIZE }, now, err))
		return false;
	return (sign_bytes(k, g.root, g.b.root.created, now, &made, &s->signer, err) ||
		err_wrap(err, "cannot sign '%s'", src.name)) &&
	       append(s, &g, buf_slice(&made), err);
}

bool seal_attach(struct seal *s, struct slice cms, uint64_t now, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	AUTO(auto_free) uint8_t *section = NULL;
	AUTO(signing_done) struct signing g = { 0 };
	struct locator l;
	return open_source(s, &src, err) && read_locator(&src, &l, err) &&
	       clear_checksum(s, &src, l.stub_size, err) && read_section(&src, &l, &section, err) &&
	       signing_open(&g, &src, (struct slice) { section, SIGNATURES_SIZE }, now, err) &&
	       sign_check(cms, g.root, g.b.root.created, now, &s->signer, err) &&
	       append(s, &g, cms, err);
}

/* --- the whole file ------------------------------------------------------------------------------ */

bool seal_whole(struct seal *s, const struct sign_key *k, uint64_t created, uint64_t now,
		struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	AUTO(buf_done) struct buf cms = { 0 };
	AUTO(auto_free) char *path = NULL;
	if (asprintf(&path, "%s" SEAL_SUFFIX, s->bundle.path) < 0) {
		path = NULL;
		return err_no_memory(err);
	}
	if (!open_source(s, &src, err))
		return false;
	progress_begin("signing", src.size);
	bool ok = sign_source(k, &src, created, now, &cms, &s->signer, err);
	progress_end();
	return ok && outfile_open(&s->whole, path, err) &&
	       outfile_write(&s->whole, cms.p, cms.len, err);
}

bool seal_commit(struct seal *s, unsigned mode, struct err *err)
{
	AUTO(auto_free) char *old = NULL;
	if (asprintf(&old, "%s" SEAL_SUFFIX, s->bundle.path) < 0) {
		old = NULL;
		return err_no_memory(err);
	}
	/* All bytes of both are on the disk before anything old goes. */
	if (!outfile_sync(&s->bundle, err) || (s->whole.fd >= 0 && !outfile_sync(&s->whole, err)))
		return false;
	if (unlink(old) != 0 && errno != ENOENT)
		return file_error(err, "remove", old);
	return outfile_commit(&s->bundle, mode, err) &&
	       (s->whole.fd < 0 || outfile_commit(&s->whole, 0666, err));
}
