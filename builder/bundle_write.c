/* SPDX-License-Identifier: MIT */
/* bundle_write.c - see bundle_write.h. */
#include "bundle_write.h"

#include <string.h>

#include "bundle.h"
#include "catalog_write.h"
#include "cmd.h"
#include "deflate.h"
#include "documents.h"
#include "family.h"
#include "file.h"
#include "progress.h"
#include "stub.h"
#include "tree_draft.h"
#include "unpack.h"
#include "xz_encode.h"

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

static struct slice stub_of(const struct head *head)
{
	return head ? buf_slice(&head->stub) : (struct slice) { 0 };
}

static bool write_stub(const struct head *head, struct locator *l, struct outfile *out,
		       struct err *err)
{
	struct slice stub = stub_of(head);
	l->stub_size = stub.len;
	return outfile_write(out, stub.p, stub.len, err);
}

/* Last of all: only now is it known where the locator stands. */
static bool write_locator(const struct head *head, const struct locator *l, struct outfile *out,
			  struct err *err)
{
	size_t at;
	struct slice stub = stub_of(head);
	AUTO(buf_done) struct buf raw = BUF_INIT(LOCATOR_SIZE), number = BUF_INIT(8);
	buf_add_u64le(&number, out->offset);
	if (!buf_ok(&number, "the placeholder", err) || !locator_write(l, &raw, err) ||
	    !outfile_write(out, raw.p, raw.len, err))
		return false;
	return stub.len == 0 ||
	       (stub_find_placeholder(stub, &at, err) &&
		outfile_write_at(out, at + STUB_MAGIC_SIZE, number.p, number.len, err));
}

/* --- blocks and trees --------------------------------------------------------------------------- */

/* The parts of a vendor's file that was opened. */
static bool group_opened(struct writer *w, uint32_t package, struct opened *o, struct err *err)
{
	for (size_t i = 0; i < o->content_count; i++) {
		struct opened_content *c = &o->contents[i];
		if (c->made) {
			if (!group_opened(w, package, c->made, err))
				return false;
			continue;
		}
		AUTO(auto_free) char *from = opened_content_path(o, i);
		if (!from)
			return err_no_memory(err);
		if (!groups_add(&w->groups, package, c->sha256, c->size, c->name, from, &c->file,
				err))
			return false;
	}
	return true;
}

static bool group_file(struct writer *w, uint32_t package, struct payload_entry *e, struct err *err)
{
	if (e->opened)
		return group_opened(w, package, e->opened, err);
	return groups_add(&w->groups, package, e->sha256, e->size, e->path, e->from, &e->file, err);
}

static bool group_files(struct writer *w, struct err *err)
{
	for (uint32_t i = 0; i < w->in->lock->package_count; i++) {
		struct payload *p = &w->in->payloads[i];
		for (size_t k = 0; k < p->count; k++) {
			struct payload_entry *e = &p->entries[k];
			if (e->type == TREE_FILE && !group_file(w, i, e, err))
				return false;
		}
		for (size_t k = 0; k < p->container_count; k++)
			if (p->containers[k].opened->exact &&
			    !group_opened(w, i, p->containers[k].opened, err))
				return false;
	}
	return groups_look(&w->groups, err) && groups_sort(&w->groups, err) &&
	       (w->in->pack.encode.level == 0 || families_find(&w->groups, err)) &&
	       groups_cut(&w->groups, w->in->block_size, err);
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

/* All groups that package @index needs: of its files, of the prefixes of these, and of its tree. */
static bool list_groups(const struct writer *w, uint32_t index, uint32_t tree_group,
			struct catalog_package *c, struct err *err)
{
	const struct groups *g = &w->groups;
	const struct block_table *t = &w->pack.table;
	AUTO(auto_free) bool *needed = calloc(g->group_count + 1, sizeof(*needed));
	c->groups = calloc(g->group_count + 1, sizeof(*c->groups));
	if (!needed || !c->groups)
		return err_no_memory(err);
	for (uint32_t i = 0; i < g->group_count; i++)
		for (size_t k = 0; k < g->groups[i].package_count; k++)
			needed[i] |= g->groups[i].packages[k] == index;
	/* One round will do: no group of a prefix has blocks with a prefix (family.h). */
	for (uint32_t i = 0; i < g->block_count; i++)
		if (needed[t->blocks[i].group] && t->blocks[i].prefix != BLOCK_NO_PREFIX)
			needed[t->blocks[t->blocks[i].prefix - 1].group] = true;
	for (uint32_t i = 0; i < g->group_count; i++)
		if (needed[i])
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
	if (!tree_draft_make(&d, p, &w->groups, err) || !list_groups(w, index, group, c, err))
		return false;
	c->payload_bytes = d.tree.total_size;
	c->payload_files = d.tree.file_count;
	if (!remake_measure(&d.tree, &c->remake, err))
		return false;
	for (size_t i = 0; i < d.made_count; i++)
		c->remake_cpu += recompress_milliseconds(d.made[i]);
	AUTO(buf_done) struct buf raw = BUF_INIT(TREE_SIZE_MAX);
	tree_write(&d.tree, &raw);
	if (!buf_ok(&raw, "the tree", err) || !sha256_of(buf_slice(&raw), c->tree_sha256, err))
		return false;
	c->tree_block = w->pack.table.count;
	c->tree_size = raw.len;
	return pack_bytes(&w->pack, buf_slice(&raw), group, &w->in->pack.encode, w->out, err);
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
	return catalog_write(w->in->lock, w->packages, w->in->inexact, &b, err) &&
	       write_section(w, &b, "the catalog", &w->locator.catalog, &w->root.catalog, err);
}

/* The versions that decide about bytes; sorted by name. */
static void name_libraries(struct root *r)
{
	r->libraries[0] = (struct root_library) { "ibbundle", IBBUNDLE_VERSION };
	r->libraries[1] = (struct root_library) { "libarchive", unpack_version() };
	r->libraries[2] = (struct root_library) { "liblzma", xz_encode_version() };
	r->libraries[3] = (struct root_library) { "zlib", deflate_version() };
	r->libraries[4] = (struct root_library) { "zstd", encode_zstd_version() };
	r->library_count = 5;
}

/* All that there are, whichever of them is in this file: heads are sorted as the root is. */
static bool name_stubs(const struct heads *heads, struct root *r, struct err *err)
{
	for (size_t i = 0; i < heads->count; i++) {
		struct root_part *part = &r->stubs[r->stub_count++];
		part->name = heads->v[i].platform;
		part->digest.size = heads->v[i].stub.len;
		if (!stub_digest(buf_slice(&heads->v[i].stub), part->digest.sha256, err))
			return false;
	}
	return true;
}

/* All that the root says but the documents, which may say it again. */
static bool name_parts(struct writer *w, struct err *err)
{
	w->root.name = w->in->lock->name;
	w->root.version = w->in->lock->version;
	w->root.created = w->in->created;
	name_libraries(&w->root);
	return name_stubs(w->in->heads, &w->root, err);
}

static bool write_documents(struct writer *w, struct err *err)
{
	AUTO(documents_done) struct documents documents = { 0 };
	if (!documents_make(w->in, &w->root, &documents, err))
		return false;
	for (size_t i = 0; i < documents.count; i++) {
		const struct bundle_document *d = &documents.list[i];
		struct root_part *part = &w->root.documents[w->root.document_count++];
		part->name = d->name;
		part->digest.size = d->content.len;
		if (!sha256_of(d->content, part->digest.sha256, err) ||
		    !outfile_write(w->out, d->content.p, d->content.len, err))
			return false;
	}
	return true;
}

static bool write_root(struct writer *w, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(ROOT_SIZE_MAX);
	return root_write(&w->root, &b, err) &&
	       write_section(w, &b, "the root", &w->locator.root, NULL, err);
}

static bool write_end(struct writer *w, struct err *err)
{
	AUTO(buf_done) struct buf signatures = BUF_INIT(SIGNATURES_SIZE);
	return signatures_write(NULL, 0, &signatures, err) &&
	       write_section(w, &signatures, "the signatures", &w->locator.signatures, NULL, err) &&
	       write_locator(w->in->head, &w->locator, w->out, err);
}

bool bundle_write(const struct bundle_input *in, struct outfile *out, struct err *err)
{
	AUTO(writer_done) struct writer w = { .in = in, .out = out };
	return write_stub(in->head, &w.locator, out, err) && write_blocks(&w, err) &&
	       write_places(&w, err) && write_table(&w, err) && write_catalog(&w, err) &&
	       name_parts(&w, err) && write_documents(&w, err) && write_root(&w, err) &&
	       write_end(&w, err);
}

/* --- the same with another head ----------------------------------------------------------------- */

/* The places of @from, moved by as much as the blocks are. */
static bool copy_places(const struct source *src, struct extent from, uint64_t old_begin,
			uint64_t new_begin, struct outfile *out, struct err *err)
{
	AUTO(auto_free) uint8_t *old = NULL;
	AUTO(buf_done) struct buf moved = BUF_INIT(PLACES_SIZE_MAX);
	if (!source_read_alloc(src, "places of the blocks", from.offset, from.size, PLACES_SIZE_MAX,
			       &old, err))
		return false;
	struct rd r = rd_new((struct slice) { old, (size_t)from.size });
	while (r.left && !r.bad) {
		uint64_t place = rd_u64le(&r);
		buf_add_u64le(&moved,
			      place == BLOCK_NOT_HERE ? place : place - old_begin + new_begin);
	}
	return buf_ok(&moved, "the list of places", err) &&
	       outfile_write(out, moved.p, moved.len, err);
}

/* @old is where the sections of @src are. */
static bool copy_sections(const struct outfile *from, const struct source *src,
			  const struct locator *old, const struct head *head, struct outfile *out,
			  struct err *err)
{
	uint64_t a = old->stub_size, b = stub_of(head).len;
	struct locator l = locator_moved(old, b, old->blocks_end - a + b);
	if (!write_stub(head, &l, out, err))
		return false;
	uint64_t end = old->signatures.offset + old->signatures.size;
	return outfile_copy(out, from->fd, from->path, a, old->blocks_end - a, err) &&
	       copy_places(src, old->places, a, b, out, err) &&
	       outfile_copy(out, from->fd, from->path, old->table.offset, end - old->table.offset,
			    err) &&
	       write_locator(head, &l, out, err);
}

bool bundle_copy(const struct outfile *from, const struct head *head, struct outfile *out,
		 struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	struct locator_place place;
	struct locator old;
	if (!file_source_open(from->temp, &src, err) || !locator_find(&src, &place, err) ||
	    !locator_read(&src, &place, &old, err))
		return err_wrap(err, "cannot copy '%s'", from->path);
	progress_begin("copying", src.size);
	bool ok = copy_sections(from, &src, &old, head, out, err);
	progress_end();
	return ok;
}
