/* SPDX-License-Identifier: MIT */
/*
 * bundle.c - see bundle.h.
 *
 * bundle_open() is the list of steps in the order of trust.  Until check_signatures() has passed,
 * only locator.c, signatures.c and crypto.h look at bytes of the file; until then the root is a
 * string of bytes that nobody parses.  Until bundle_judge() has, nothing is used but the root, and of
 * the documents a rotation.
 */
#include "bundle.h"

#include "pe.h"
#include "remake.h"
#include "stub.h"

static bool read_locator(const struct source *src, const struct bundle_options *opt,
			 struct bundle *b, struct err *err)
{
	if (!locator_find(src, &b->place, err))
		return false;
	if (opt->locator_offset && opt->locator_offset != b->place.offset)
		return err_set(err, ERR_FORMAT,
			       "it should end at %llu bytes but is %llu bytes long: copy it again",
			       (unsigned long long)opt->locator_offset + LOCATOR_SIZE,
			       (unsigned long long)b->place.offset + LOCATOR_SIZE);
	if (!locator_read(src, &b->place, &b->locator, err))
		return false;
	const struct locator *l = &b->locator;
	if (l->signatures.size != SIGNATURES_SIZE || l->root.size > ROOT_SIZE_MAX ||
	    l->places.size > PLACES_SIZE_MAX)
		return err_set(err, ERR_FORMAT, "a section has a size that is not allowed");
	return true;
}

/* Only a rotation may lead from a signer whom nobody here knows to one whom somebody does. */
static bool check_signatures(struct bundle *b, const struct bundle_options *opt, struct err *err)
{
	struct err untrusted = { 0 };
	if (!bundle_verify_root(b, opt->trust, &untrusted, err))
		return false;
	b->unsigned_root = b->signer_count == 0 && untrusted.code == ERR_NONE;
	return !b->unsigned_root || opt->allow_unsigned ||
	       err_set(err, ERR_UNSIGNED, "it is not signed: use 'ibbundle sign'");
}

/* The root's bytes into b->root_bytes, once the signatures over them are good. */
static bool read_signed_root(const struct source *src, const struct bundle_options *opt,
			     struct bundle *b, struct err *err)
{
	const struct locator *l = &b->locator;
	if (!source_read_alloc(src, "signatures", l->signatures.offset, l->signatures.size,
			       SIGNATURES_SIZE, &b->signature_bytes, err))
		return false;
	struct rd count = rd_new((struct slice) { b->signature_bytes, SIGNATURES_SIZE });
	if (rd_u32le(&count) == 0 && !opt->allow_unsigned)
		return err_set(err, ERR_UNSIGNED, "it is not signed: use 'ibbundle sign'");
	return source_read_alloc(src, "root", l->root.offset, l->root.size, ROOT_SIZE_MAX,
				 &b->root_bytes, err) &&
	       check_signatures(b, opt, err);
}

/* A section of which the root names size and digest. */
static bool read_section(const struct source *src, const char *what, struct extent at,
			 const struct digest *expected, size_t max, uint8_t **out, struct err *err)
{
	if (at.size != expected->size)
		return err_set(err, ERR_DIGEST, "the %s is not as long as the signed one", what);
	AUTO(auto_free) uint8_t *p = NULL;
	uint8_t digest[SHA256_SIZE];
	if (!source_read_alloc(src, what, at.offset, at.size, max, &p, err) ||
	    !sha256_of((struct slice) { p, (size_t)at.size }, digest, err))
		return false;
	if (memcmp(digest, expected->sha256, sizeof(digest)) != 0)
		return err_set(err, ERR_DIGEST, "the %s is not the signed one", what);
	*out = p;
	p = NULL;
	return true;
}

static bool read_places(const struct source *src, const struct locator *l,
			const struct block_table *table, uint64_t **out, struct err *err)
{
	AUTO(auto_free) uint8_t *raw = NULL;
	return source_read_alloc(src, "places of the blocks", l->places.offset, l->places.size,
				 PLACES_SIZE_MAX, &raw, err) &&
	       block_places_parse((struct slice) { raw, (size_t)l->places.size }, table,
				  l->stub_size, l->blocks_end, out, err);
}

static bool read_table(const struct source *src, struct bundle *b, struct err *err)
{
	const struct locator *l = &b->locator;
	AUTO(auto_free) uint8_t *table = NULL;
	if (!read_section(src, "block table", l->table, &b->root.table, TABLE_SIZE_MAX, &table,
			  err) ||
	    !block_table_parse((struct slice) { table, (size_t)l->table.size }, &b->table, err))
		return false;
	if (b->table.count != b->root.block_count)
		return err_set(err, ERR_FORMAT,
			       "the block table does not have the root's %llu blocks",
			       (unsigned long long)b->root.block_count);
	b->files = calloc(b->table.count ? b->table.count : 1, sizeof(*b->files));
	if (!b->files)
		return err_no_memory(err);
	return read_places(src, l, &b->table, &b->places, err);
}

/* Bit @i of @set. */
static bool has_bit(const uint8_t *set, uint32_t i)
{
	return set[i / 8] >> i % 8 & 1;
}

/*
 * A slice keeps the groups that a package lists.  So the prefixes of its blocks must be in those, and
 * its tree as well.
 */
static bool check_groups(const struct block_table *t, const struct package *p, struct err *err)
{
	AUTO(auto_free) uint8_t *listed = calloc(BLOCK_COUNT_MAX / 8, 1);
	if (!listed)
		return err_no_memory(err);
	for (size_t i = 0; i < p->group_count; i++) {
		if (p->groups[i] >= t->group_count)
			return err_set(err, ERR_FORMAT, "package '%s' needs group %u of %u", p->id,
				       (unsigned)p->groups[i], (unsigned)t->group_count);
		listed[p->groups[i] / 8] |= (uint8_t)(1u << p->groups[i] % 8);
	}
	if (!has_bit(listed, t->blocks[p->tree_block].group))
		return err_set(err, ERR_FORMAT,
			       "package '%s' does not list the group that its tree is in", p->id);
	for (size_t i = 0; i < t->prefix_count; i++) {
		const struct block *b = &t->blocks[t->with_prefix[i]];
		if (has_bit(listed, b->group) && !has_bit(listed, t->blocks[b->prefix - 1].group))
			return err_set(err, ERR_FORMAT,
				       "package '%s' does not list the group of block %u, which is "
				       "the prefix of block %u",
				       p->id, (unsigned)b->prefix - 1, (unsigned)t->with_prefix[i]);
	}
	return true;
}

static bool read_catalog(const struct source *src, struct bundle *b, struct err *err)
{
	const struct locator *l = &b->locator;
	AUTO(auto_free) uint8_t *text = NULL;
	if (!read_section(src, "catalog", l->catalog, &b->root.catalog, CATALOG_SIZE_MAX, &text,
			  err) ||
	    !catalog_parse((struct slice) { text, (size_t)l->catalog.size }, &b->catalog, err))
		return false;
	for (size_t i = 0; i < b->catalog.package_count; i++) {
		const struct package *p = &b->catalog.packages[i];
		if (p->tree_block >= b->table.count ||
		    b->table.blocks[p->tree_block].raw_size != p->tree.size)
			return err_set(err, ERR_FORMAT,
				       "no block can hold the tree of package '%s'", p->id);
		if (!check_groups(&b->table, p, err))
			return false;
	}
	return true;
}

/* The documents are all that lies between catalog and root. */
static bool check_documents(const struct bundle *b, struct err *err)
{
	uint64_t left = b->locator.documents.size;
	for (size_t i = 0; i < b->root.document_count; i++) {
		uint64_t size = b->root.documents[i].digest.size;
		if (size > left)
			return err_set(err, ERR_DIGEST, "a document is missing or cut short");
		left -= size;
	}
	if (left)
		return err_set(err, ERR_DIGEST, "it has more documents than were signed");
	return true;
}

bool bundle_open(const struct source *src, const struct bundle_options *opt, struct bundle *out,
		 struct err *err)
{
	AUTO(bundle_close) struct bundle b = { .src = *src, .reader.parallel = opt->parallel };
	if (!read_locator(src, opt, &b, err) || !read_signed_root(src, opt, &b, err) ||
	    !root_parse((struct slice) { b.root_bytes, (size_t)b.locator.root.size }, &b.root,
			err) ||
	    !check_documents(&b, err) || !bundle_judge(&b, opt, err) || !read_table(src, &b, err) ||
	    !read_catalog(src, &b, err))
		return err_wrap(err, "cannot use '%s'", src->name);
	free(b.signature_bytes);
	b.signature_bytes = NULL;
	*out = b;
	b = (struct bundle) { 0 };
	return true;
}

void bundle_close(struct bundle *b)
{
	block_reader_done(&b->reader);
	free(b->root_bytes);
	free(b->signature_bytes);
	root_done(&b->root);
	trust_free(b->trust);
	free(b->retired);
	block_table_done(&b->table);
	free(b->places);
	free(b->files);
	free(b->more);
	catalog_done(&b->catalog);
	*b = (struct bundle) { 0 };
}

/* --- further files of the same bundle --- */

static bool same_root(const struct bundle *b, const struct source *src, const struct locator *l,
		      struct err *err)
{
	AUTO(auto_free) uint8_t *root = NULL;
	struct slice ours = { b->root_bytes, (size_t)b->locator.root.size };
	if (l->root.size == ours.len && !source_read_alloc(src, "root", l->root.offset,
							   l->root.size, ROOT_SIZE_MAX, &root, err))
		return false;
	return (root && slice_equal(ours, (struct slice) { root, ours.len })) ||
	       err_set(err, ERR_FORMAT, "it is not a part of the same bundle as '%s'", b->src.name);
}

/* The blocks of file number @file that no file before it has. */
static void take_places(struct bundle *b, const uint64_t *places, size_t file)
{
	for (uint32_t i = 0; i < b->table.count; i++) {
		if (b->places[i] != BLOCK_NOT_HERE || places[i] == BLOCK_NOT_HERE)
			continue;
		b->places[i] = places[i];
		b->files[i] = (uint16_t)file;
	}
}

bool bundle_add(struct bundle *b, const struct source *src, struct err *err)
{
	struct locator_place place;
	struct locator l;
	AUTO(auto_free) uint64_t *places = NULL;
	if (b->more_count >= BUNDLE_FILES_MAX)
		return err_set(err, ERR_USAGE, "more than %d files of one bundle",
			       BUNDLE_FILES_MAX);
	if (!locator_find(src, &place, err) || !locator_read(src, &place, &l, err) ||
	    !same_root(b, src, &l, err) || !read_places(src, &l, &b->table, &places, err))
		return err_wrap(err, "cannot use '%s'", src->name);
	struct source *more = realloc(b->more, (b->more_count + 1) * sizeof(*more));
	if (!more)
		return err_no_memory(err);
	b->more = more;
	b->more[b->more_count++] = *src;
	take_places(b, places, b->more_count);
	return true;
}

/* --- blocks --- */

/* The file that block @index is in. */
static const struct source *file_of(const struct bundle *b, uint32_t index)
{
	return b->files[index] ? &b->more[b->files[index] - 1] : &b->src;
}

const struct source *bundle_block_file(const struct bundle *b, uint32_t index)
{
	return b->places[index] == BLOCK_NOT_HERE ? NULL : file_of(b, index);
}

static const char *also(const struct bundle *b)
{
	return b->more_count ? " and of the files with it" : "";
}

static bool find_block(const struct bundle *b, uint32_t index, const struct block **block,
		       uint64_t *offset, struct err *err)
{
	*block = NULL; /* or gcc thinks that callers go on without */
	*offset = 0;
	if (index >= b->table.count)
		return err_set(err, ERR_FORMAT, "there is no block %u in '%s'", (unsigned)index,
			       b->src.name);
	if (b->places[index] == BLOCK_NOT_HERE)
		return err_set(err, ERR_MISSING_BLOCK,
			       "block %u was left out of '%s'%s: use a file that has it",
			       (unsigned)index, b->src.name, also(b));
	*block = &b->table.blocks[index];
	*offset = b->places[index];
	return true;
}

bool bundle_has_block(const struct bundle *b, uint32_t index, struct err *err)
{
	const struct block *block = NULL;
	uint64_t offset = 0;
	if (!find_block(b, index, &block, &offset, err))
		return false;
	if (block->prefix != BLOCK_NO_PREFIX && b->places[block->prefix - 1] == BLOCK_NOT_HERE)
		return err_set(err, ERR_MISSING_BLOCK,
			       "block %u, which block %u needs, was left out of '%s'%s: use a "
			       "file that has it",
			       (unsigned)block->prefix - 1, (unsigned)index, b->src.name, also(b));
	return true;
}

static bool compare_block_digest(const struct bundle *b, uint32_t index,
				 const uint8_t digest[SHA256_SIZE], struct err *err)
{
	if (memcmp(digest, b->table.blocks[index].sha256, SHA256_SIZE) != 0)
		return err_set(err, ERR_DIGEST,
			       "block %u of '%s' is damaged: copy the file again, or get it anew",
			       (unsigned)index, file_of(b, index)->name);
	return true;
}

/* Stored bytes, digest checked.  The caller frees *out. */
static bool read_stored(const struct bundle *b, uint32_t index, uint8_t **out, struct err *err)
{
	const struct block *block = NULL;
	uint64_t offset = 0;
	AUTO(auto_free) uint8_t *p = NULL;
	uint8_t digest[SHA256_SIZE];
	if (!find_block(b, index, &block, &offset, err) ||
	    !source_read_alloc(file_of(b, index), "block", offset, block->stored_size,
			       BLOCK_STORED_MAX, &p, err) ||
	    !sha256_of((struct slice) { p, (size_t)block->stored_size }, digest, err) ||
	    !compare_block_digest(b, index, digest, err))
		return false;
	*out = p;
	p = NULL;
	return true;
}

bool bundle_load_block(const struct bundle *b, uint32_t index, struct slice prefix, uint8_t **out,
		       struct err *err)
{
	AUTO(auto_free) uint8_t *stored = NULL;
	if (!read_stored(b, index, &stored, err))
		return false;
	const struct block *block = &b->table.blocks[index];
	if (block->codec == BLOCK_STORED) {
		*out = stored;
		stored = NULL;
		return true;
	}
	AUTO(auto_free) uint8_t *raw = malloc((size_t)block->raw_size);
	if (!raw)
		return err_no_memory(err);
	if (!block_decode(block, (struct slice) { stored, (size_t)block->stored_size }, prefix, raw,
			  err))
		return err_wrap(err, "cannot decode block %u of '%s'", (unsigned)index,
				file_of(b, index)->name);
	*out = raw;
	raw = NULL;
	return true;
}

/* Raw bytes, without the reader and what it keeps.  The caller frees *out. */
static bool read_raw(const struct bundle *b, uint32_t index, uint8_t **out, struct err *err)
{
	AUTO(auto_free) uint8_t *raw = NULL;
	struct slice prefix = { 0 };
	if (!bundle_has_block(b, index, err))
		return false;
	uint32_t before = b->table.blocks[index].prefix;
	if (before != BLOCK_NO_PREFIX) {
		if (!bundle_load_block(b, before - 1, prefix, &raw, err))
			return false;
		prefix = (struct slice) { raw, (size_t)b->table.blocks[before - 1].raw_size };
	}
	return bundle_load_block(b, index, prefix, out, err);
}

bool bundle_read_block(struct bundle *b, uint32_t index, struct slice *raw, struct err *err)
{
	return block_reader_read(b, index, raw, err);
}

bool bundle_check_block(const struct bundle *b, uint32_t index, struct err *err)
{
	const struct block *block;
	uint64_t offset;
	uint8_t digest[SHA256_SIZE];
	if (!find_block(b, index, &block, &offset, err))
		return false;
	return sha256_of_source(file_of(b, index), offset, block->stored_size, digest, err) &&
	       compare_block_digest(b, index, digest, err);
}

/* --- documents --- */

bool bundle_read_document(const struct bundle *b, const char *name, size_t max, uint8_t **out,
			  size_t *size, struct err *err)
{
	struct extent at = { b->locator.documents.offset, 0 };
	for (size_t i = 0; i < b->root.document_count; i++) {
		const struct root_part *part = &b->root.documents[i];
		at.size = part->digest.size;
		if (strcmp(part->name, name) == 0) {
			*size = (size_t)at.size;
			return read_section(&b->src, name, at, &part->digest, max, out, err);
		}
		at.offset += at.size;
	}
	return err_set(err, ERR_NO, "'%s' has no document '%s'", b->src.name, name);
}

bool bundle_check_documents(const struct bundle *b, struct err *err)
{
	struct extent at = { b->locator.documents.offset, 0 };
	uint8_t digest[SHA256_SIZE];
	for (size_t i = 0; i < b->root.document_count; i++) {
		const struct root_part *part = &b->root.documents[i];
		at.size = part->digest.size;
		if (!sha256_of_source(&b->src, at.offset, at.size, digest, err))
			return false;
		if (memcmp(digest, part->digest.sha256, sizeof(digest)) != 0)
			return err_set(err, ERR_DIGEST, "the document '%s' of '%s' is damaged",
				       part->name, b->src.name);
		at.offset += at.size;
	}
	return true;
}

/* --- trees and the stub --- */

static bool check_tree_totals(const struct package *p, const struct tree *t, struct err *err)
{
	if (t->total_size != p->payload_bytes || t->file_count != p->payload_files)
		return err_set(err, ERR_FORMAT,
			       "its tree has %llu bytes in %u files, the catalog says %llu in %llu",
			       (unsigned long long)t->total_size, (unsigned)t->file_count,
			       (unsigned long long)p->payload_bytes,
			       (unsigned long long)p->payload_files);
	return true;
}

/* What was announced to whoever plans is what it takes. */
static bool check_remake(const struct package *p, const struct tree *t, struct err *err)
{
	struct remake_cost cost;
	if (!remake_measure(t, &cost, err))
		return false;
	return (cost.files == p->remake.files && cost.bytes == p->remake.bytes &&
		cost.memory == p->remake.memory) ||
	       err_set(err, ERR_FORMAT,
		       "its tree has to be compressed again otherwise than the catalog says");
}

static bool read_tree(const struct bundle *b, const struct package *p, struct tree *out,
		      struct err *err)
{
	AUTO(auto_free) uint8_t *raw = NULL;
	uint8_t digest[SHA256_SIZE];
	size_t size = (size_t)p->tree.size; /* bundle_open(): as the block's raw size */
	if (!read_raw(b, p->tree_block, &raw, err) ||
	    !sha256_of((struct slice) { raw, size }, digest, err))
		return false;
	if (memcmp(digest, p->tree.sha256, sizeof(digest)) != 0)
		return err_set(err, ERR_DIGEST, "its tree is not the one that the catalog names");
	uint8_t *owned = raw;
	raw = NULL;
	AUTO(tree_done) struct tree t = { 0 };
	if (!tree_parse(owned, size, &b->table, &t, err) || !check_tree_totals(p, &t, err) ||
	    !check_remake(p, &t, err))
		return false;
	*out = t;
	t = (struct tree) { 0 };
	return true;
}

bool bundle_read_tree(const struct bundle *b, size_t index, struct tree *out, struct err *err)
{
	if (index >= b->catalog.package_count)
		return err_set(err, ERR_USAGE, "there is no package %zu", index);
	const struct package *p = &b->catalog.packages[index];
	return read_tree(b, p, out, err) || err_wrap(err, "cannot read package '%s'", p->id);
}

static bool check_stub(const struct bundle *b, struct slice stub, const char **name,
		       struct err *err)
{
	size_t at;
	uint8_t digest[SHA256_SIZE];
	if (!stub_find_placeholder(stub, &at, err) || !stub_digest(stub, digest, err))
		return false;
	if (stub_locator_offset(stub, at) != b->place.offset)
		return err_set(err, ERR_FORMAT, "it looks for the bundle's end at another offset");
	for (size_t i = 0; i < b->root.stub_count; i++) {
		const struct root_part *part = &b->root.stubs[i];
		if (part->digest.size == stub.len &&
		    memcmp(part->digest.sha256, digest, sizeof(digest)) == 0) {
			*name = part->name;
			return true;
		}
	}
	return err_set(err, ERR_DIGEST,
		       "it is none of those that were signed: do not run this file");
}

bool bundle_check_stub(const struct bundle *b, const char **name, struct err *err)
{
	if (b->locator.stub_size == 0) {
		*name = NULL;
		return true;
	}
	AUTO(auto_free) uint8_t *stub = NULL;
	if (!source_read_alloc(&b->src, "stub", 0, b->locator.stub_size, STUB_SIZE_MAX, &stub, err))
		return false;
	return check_stub(b, (struct slice) { stub, (size_t)b->locator.stub_size }, name, err) ||
	       err_wrap(err, "the stub of '%s' can't be used", b->src.name);
}

bool bundle_check_sum(const struct bundle *b, struct err *err)
{
	uint8_t head[PE_HEADERS_MAX];
	uint64_t size = b->locator.stub_size, sum = 0;
	struct slice s = { head, size < sizeof(head) ? (size_t)size : sizeof(head) };
	struct pe pe;
	if (!source_read(&b->src, 0, head, s.len, err))
		return false;
	if (!pe_begins(s))
		return true;
	if (!pe_parse(s, &pe, err))
		return false;
	if (pe.checksum == 0)
		return true;
	return pe_checksum_source(&b->src, &sum, err) &&
	       (pe_checksum_end(&pe, sum, b->src.size) == pe.checksum ||
		err_set(err, ERR_DIGEST,
			"the CheckSum in the headers of '%s' is wrong: it is damaged",
			b->src.name));
}
