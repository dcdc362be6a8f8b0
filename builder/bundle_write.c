/* SPDX-License-Identifier: MIT */
/* bundle_write.c - see bundle_write.h. */
#include "bundle_write.h"

#include <string.h>

#include "bundle.h"
#include "catalog_write.h"
#include "cmd.h"
#include "progress.h"
#include "stub.h"
#include "unpack.h"

struct writer {
	const struct bundle_input *in;
	struct outfile *out;
	struct groups groups;
	struct pack pack;
	struct catalog_package *packages; /* owned; one per package of the lock */
	struct locator locator;
	struct root root;
};

static void writer_done(struct writer *w)
{
	for (size_t i = 0; w->packages && i < w->in->lock->package_count; i++)
		free(w->packages[i].groups);
	free(w->packages);
	groups_done(&w->groups);
	pack_done(&w->pack);
}

/* --- the stub ----------------------------------------------------------------------------------- */

bool stub_platform(struct slice stub, const char **name, struct err *err)
{
	static const uint8_t elf64le[] = { 0x7f, 'E', 'L', 'F', 2, 1 };
	if (stub.len >= 20 && memcmp(stub.p, elf64le, sizeof(elf64le)) == 0) {
		unsigned machine = (unsigned)stub.p[18] | (unsigned)stub.p[19] << 8;
		if (machine == 62 || machine == 183) { /* EM_X86_64, EM_AARCH64 */
			*name = machine == 62 ? "linux-x86_64" : "linux-aarch64";
			return true;
		}
	}
	return err_set(err, ERR_FORMAT, "it is no program for x86_64 or aarch64 Linux");
}

static bool write_stub(struct writer *w, struct err *err)
{
	struct slice stub = w->in->stub;
	w->locator.stub_size = stub.len;
	if (stub.len == 0)
		return true;
	struct root_part *part = &w->root.stubs[w->root.stub_count++];
	part->name = w->in->stub_name;
	part->digest.size = stub.len;
	return stub_digest(stub, part->digest.sha256, err) &&
	       outfile_write(w->out, stub.p, stub.len, err);
}

/* Last of all: only now is it known where the locator stands. */
static bool patch_stub(struct writer *w, uint64_t locator, struct err *err)
{
	size_t at;
	if (w->in->stub.len == 0)
		return true;
	if (!stub_find_placeholder(w->in->stub, &at, err))
		return false;
	AUTO(buf_done) struct buf number = BUF_INIT(8);
	buf_add_u64le(&number, locator);
	return buf_ok(&number, "the placeholder", err) &&
	       outfile_write_at(w->out, at + STUB_MAGIC_SIZE, number.p, number.len, err);
}

/* --- blocks and trees --------------------------------------------------------------------------- */

static bool group_files(struct writer *w, struct err *err)
{
	for (uint32_t i = 0; i < w->in->lock->package_count; i++) {
		struct payload *p = &w->in->payloads[i];
		for (size_t k = 0; k < p->count; k++) {
			struct payload_entry *e = &p->entries[k];
			if (e->type == TREE_FILE && !groups_add(&w->groups, i, e->sha256, e->size,
								e->path, e->from, &e->file, err))
				return false;
		}
	}
	return groups_finish(&w->groups, GROUP_BLOCK_SIZE, err);
}

static bool pack_files(struct writer *w, struct err *err)
{
	uint64_t total = 0;
	for (size_t i = 0; i < w->groups.group_count; i++)
		total += w->groups.groups[i].size;
	progress_begin("compressing", total);
	bool ok = pack_groups(&w->pack, &w->groups, &w->in->pack, w->out, err);
	progress_end();
	return ok;
}

/* A tree in memory while it is made. */
struct tree_draft {
	struct tree_entry *entries;
	struct tree_piece *pieces;
	size_t piece_count, piece_cap;
};

static void tree_draft_done(struct tree_draft *d)
{
	free(d->entries);
	free(d->pieces);
}

static bool add_pieces(struct tree_draft *d, const struct groups *g, uint32_t file, uint64_t size,
		       uint32_t *count, struct err *err)
{
	for (uint64_t at = 0; at < size;) {
		struct group_piece p = groups_piece(g, file, at);
		if (d->piece_count == TREE_PIECES_MAX)
			return err_set(err, ERR_FORMAT, "a package with more than %u pieces",
				       TREE_PIECES_MAX);
		if (d->piece_count == d->piece_cap) {
			size_t cap = d->piece_cap ? d->piece_cap * 2 : 64;
			struct tree_piece *pieces = realloc(d->pieces, cap * sizeof(*pieces));
			if (!pieces)
				return err_no_memory(err);
			d->pieces = pieces;
			d->piece_cap = cap;
		}
		d->pieces[d->piece_count++] = (struct tree_piece) { p.block, p.offset, p.length };
		(*count)++;
		at += p.length;
	}
	return true;
}

static bool draft_tree(const struct payload *p, const struct groups *g, struct tree_draft *d,
		       struct catalog_package *c, struct err *err)
{
	d->entries = calloc(p->count ? p->count : 1, sizeof(*d->entries));
	if (!d->entries)
		return err_no_memory(err);
	for (size_t i = 0; i < p->count; i++) {
		const struct payload_entry *from = &p->entries[i];
		struct tree_entry *e = &d->entries[i];
		*e = (struct tree_entry) { .path = slice_str(from->path),
					   .target = slice_str(from->target ? from->target : ""),
					   .type = from->type,
					   .mode = from->mode,
					   .mtime = from->mtime,
					   .first_piece = (uint32_t)d->piece_count };
		if (from->type != TREE_FILE)
			continue;
		e->size = from->size;
		memcpy(e->sha256, from->sha256, sizeof(e->sha256));
		if (!add_pieces(d, g, from->file, from->size, &e->piece_count, err))
			return false;
		c->payload_bytes += from->size;
		c->payload_files++;
	}
	return true;
}

/* All groups that package @index needs: those of its files, and that of its tree. */
static bool list_groups(const struct groups *g, uint32_t index, uint32_t tree_group,
			struct catalog_package *c, struct err *err)
{
	c->groups = calloc(g->group_count + 1, sizeof(*c->groups));
	if (!c->groups)
		return err_no_memory(err);
	for (uint32_t i = 0; i < g->group_count; i++)
		for (size_t k = 0; k < g->groups[i].package_count; k++)
			if (g->groups[i].packages[k] == index)
				c->groups[c->group_count++] = i;
	c->groups[c->group_count++] = tree_group;
	return true;
}

static bool write_tree(struct writer *w, uint32_t index, struct err *err)
{
	struct catalog_package *c = &w->packages[index];
	const struct payload *p = &w->in->payloads[index];
	uint32_t group = (uint32_t)w->groups.group_count + index;
	AUTO(tree_draft_done) struct tree_draft d = { 0 };
	if (!draft_tree(p, &w->groups, &d, c, err) ||
	    !list_groups(&w->groups, index, group, c, err))
		return false;
	struct tree t = { .entries = d.entries,
			  .pieces = d.pieces,
			  .entry_count = (uint32_t)p->count,
			  .piece_count = (uint32_t)d.piece_count };
	AUTO(buf_done) struct buf raw = BUF_INIT(TREE_SIZE_MAX);
	tree_write(&t, &raw);
	if (!buf_ok(&raw, "the tree", err) || !sha256_of(buf_slice(&raw), c->tree_sha256, err))
		return false;
	c->tree_block = w->pack.table.count;
	c->tree_size = raw.len;
	return pack_bytes(&w->pack, buf_slice(&raw), group, w->in->pack.level, w->out, err);
}

static bool write_blocks(struct writer *w, struct err *err)
{
	size_t n = w->in->lock->package_count;
	w->packages = calloc(n ? n : 1, sizeof(*w->packages));
	if (!w->packages)
		return err_no_memory(err);
	if (!group_files(w, err) ||
	    !pack_init(&w->pack, w->groups.block_count + (uint32_t)n, err) || !pack_files(w, err))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!write_tree(w, i, err))
			return err_wrap(err, "package '%s'", w->in->lock->packages[i].id);
	w->pack.table.group_count = (uint32_t)(w->groups.group_count + n);
	w->locator.blocks_end = w->out->offset;
	return true;
}

/* --- what leads to them ------------------------------------------------------------------------- */

/* Append a section; with @digest, note what the root has to say about it. */
static bool write_section(struct writer *w, const struct buf *content, const char *what,
			  struct extent *at, struct digest *digest, struct err *err)
{
	if (!buf_ok(content, what, err))
		return false;
	*at = (struct extent) { w->out->offset, content->len };
	if (digest) {
		digest->size = content->len;
		if (!sha256_of(buf_slice(content), digest->sha256, err))
			return false;
	}
	return outfile_write(w->out, content->p, content->len, err);
}

static bool write_places(struct writer *w, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(PLACES_SIZE_MAX);
	for (uint32_t i = 0; i < w->pack.table.count; i++)
		buf_add_u64le(&b, w->pack.places[i]);
	return write_section(w, &b, "the list of places", &w->locator.places, NULL, err);
}

static bool write_table(struct writer *w, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TABLE_SIZE_MAX);
	block_table_write(&w->pack.table, &b);
	w->root.block_count = w->pack.table.count;
	return write_section(w, &b, "the block table", &w->locator.table, &w->root.table, err);
}

static bool write_catalog(struct writer *w, struct err *err)
{
	AUTO(buf_done) struct buf b = { 0 };
	return catalog_write(w->in->lock, w->packages, &b, err) &&
	       write_section(w, &b, "the catalog", &w->locator.catalog, &w->root.catalog, err);
}

/* The versions that decide about bytes; sorted by name. */
static void name_libraries(struct root *r)
{
	r->libraries[0] = (struct root_library) { "ibbundle", IBBUNDLE_VERSION };
	r->libraries[1] = (struct root_library) { "libarchive", unpack_version() };
	r->libraries[2] = (struct root_library) { "zstd", pack_zstd_version() };
	r->library_count = 3;
}

static bool write_root(struct writer *w, struct err *err)
{
	w->root.name = w->in->lock->name;
	w->root.version = w->in->lock->version;
	w->root.created = w->in->created;
	name_libraries(&w->root);
	AUTO(buf_done) struct buf b = BUF_INIT(ROOT_SIZE_MAX);
	return root_write(&w->root, &b, err) &&
	       write_section(w, &b, "the root", &w->locator.root, NULL, err);
}

static bool write_end(struct writer *w, struct err *err)
{
	AUTO(buf_done) struct buf signatures = BUF_INIT(SIGNATURES_SIZE);
	AUTO(buf_done) struct buf locator = BUF_INIT(LOCATOR_SIZE);
	if (!signatures_write(NULL, 0, &signatures, err) ||
	    !write_section(w, &signatures, "the signatures", &w->locator.signatures, NULL, err))
		return false;
	uint64_t at = w->out->offset;
	return locator_write(&w->locator, &locator, err) &&
	       outfile_write(w->out, locator.p, locator.len, err) && patch_stub(w, at, err);
}

bool bundle_write(const struct bundle_input *in, struct outfile *out, struct err *err)
{
	AUTO(writer_done) struct writer w = { .in = in, .out = out };
	return write_stub(&w, err) && write_blocks(&w, err) && write_places(&w, err) &&
	       write_table(&w, err) && write_catalog(&w, err) && write_root(&w, err) &&
	       write_end(&w, err);
}
