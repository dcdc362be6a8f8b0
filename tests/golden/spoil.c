/* SPDX-License-Identifier: MIT */
/*
 * spoil.c - write the golden bundles that are refused, and the one that they were before that.
 *
 * Usage: spoil DIR
 *
 * Each breaks one rule of FORMAT.md, and is whole and well signed otherwise: what stands behind the
 * spoiled bytes was made anew.  ./list says what is wrong with each.  The bundles are made by hand, without
 * the builder, which would refuse to.  Keys and certificates are new ones with every run.
 */
#include "../unit/support_bundle.h"
#include "../unit/support_pe.h"

#include <openssl/pem.h>

#define DAYS 36500 /* valid for */

static const char *dir;
static struct test_key good_key, other_key, short_key, weak_key, plain_key;

static void write_bundle(const char *name, struct slice s)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	write_file(path, s.p, s.len);
}

/* --- a bundle in its sections --- */

struct sections {
	struct buf before; /* stub, blocks, places, block table, catalog, documents */
	struct buf root;
	struct buf signatures;
	struct locator locator;
};

static void sections_done(struct sections *s)
{
	buf_done(&s->before);
	buf_done(&s->root);
	buf_done(&s->signatures);
}

static void add_part(struct buf *out, const struct test_bundle *t, uint64_t from, uint64_t size)
{
	buf_add(out, t->file.p + from, (size_t)size);
}

static void sections_of(const struct test_bundle *t, struct sections *s)
{
	const struct locator *l = &t->locator;
	*s = (struct sections) { .locator = *l };
	s->before = s->root = s->signatures = BUF_INIT(TEST_FILE_MAX);
	add_part(&s->before, t, 0, l->root.offset);
	add_part(&s->root, t, l->root.offset, l->root.size);
	add_part(&s->signatures, t, l->signatures.offset, l->signatures.size);
}

/* The first @from becomes @to, of any length. */
static void replace(struct buf *b, const char *from, const char *to)
{
	AUTO(buf_done) struct buf old = *b;
	size_t n = strlen(from), at = 0;
	*b = BUF_INIT(TEST_FILE_MAX);
	while (at + n <= old.len && memcmp(old.p + at, from, n) != 0)
		at++;
	if (at + n > old.len)
		fail_msg("there is no '%s' to replace", from);
	buf_add(b, old.p, at);
	buf_add_str(b, to);
	buf_add(b, old.p + at + n, old.len - at - n);
}

static void sign_again(struct sections *s, const struct test_key *keys, size_t count)
{
	struct test_bundle t = { .file = BUF_INIT(TEST_FILE_MAX) };
	test_append_signatures(&t, buf_slice(&s->root), keys, count);
	buf_done(&s->signatures);
	s->signatures = t.file;
}

/* The file; its locator is as it should be. */
static void sections_write(struct sections *s, const char *name)
{
	AUTO(buf_done) struct buf out = BUF_INIT(TEST_FILE_MAX);
	struct locator *l = &s->locator;
	buf_add(&out, s->before.p, s->before.len);
	l->root = (struct extent) { out.len, s->root.len };
	buf_add(&out, s->root.p, s->root.len);
	l->signatures = (struct extent) { out.len, s->signatures.len };
	buf_add(&out, s->signatures.p, s->signatures.len);
	size_t at = out.len, placeholder;
	must(locator_write(l, &out, why));
	if (l->stub_size) {
		must(stub_find_placeholder((struct slice) { out.p, (size_t)l->stub_size },
					   &placeholder, why));
		put_u64le(out.p + placeholder + STUB_MAGIC_SIZE, at);
	}
	write_bundle(name, buf_slice(&out));
}

/* --- what is spoiled before it is signed --- */

static void make(struct test_parts *p, struct sections *s)
{
	struct test_bundle t;
	parts_join(p, &good_key, 1, &t);
	parts_done(p);
	sections_of(&t, s);
	test_bundle_done(&t);
}

static void trees_again(struct test_parts *p)
{
	struct buf *trees = p->trees;
	p->blocks.len = 0;
	parts_add_block(p, 0, slice_str(TEST_HALF_1), BLOCK_ZSTD, 0);
	parts_add_block(p, 1, slice_str(TEST_HALF_2), BLOCK_STORED, 1);
	parts_add_block(p, 2, buf_slice(&trees[0]), BLOCK_ZSTD, 0);
	parts_add_block(p, 3, buf_slice(&trees[1]), BLOCK_ZSTD, 2);
	parts_add_catalog(p, "1,2");
}

#define ENTRY(n) (TREE_HEADER_SIZE + (n)*TREE_ENTRY_SIZE)
#define PIECES ENTRY(4)
#define NAMES (PIECES + 2 * TREE_PIECE_SIZE) /* "debs" "debs/a.deb" "debs/link" "a.deb" "empty" */

/* Of alpha's tree: debs/, debs/a.deb, debs/link -> a.deb, empty. */
static const struct {
	const char *name;
	size_t at, width; /* width 0: text */
	uint64_t value;
	const char *text;
} tree_rows[] = {
	{ "tree-magic", 0, 1, 'J', NULL },
	{ "tree-entries", 8, 4, 5, NULL },
	{ "tree-pieces", 12, 4, 3, NULL },
	{ "tree-recipes", 16, 4, 1, NULL },
	{ "tree-sum", 24, 8, 7, NULL },
	{ "tree-reserved", 32, 1, 1, NULL },
	{ "tree-entry-reserved", ENTRY(1) + 72, 1, 1, NULL },
	{ "tree-type", ENTRY(0) + 8, 4, 4, NULL },
	{ "tree-setuid", ENTRY(1) + 12, 4, 04755, NULL },
	{ "tree-link-mode", ENTRY(2) + 12, 4, 0755, NULL },
	{ "tree-time", ENTRY(1) + 16, 8, UINT64_C(253402300800), NULL },
	{ "tree-directory-size", ENTRY(0) + 24, 8, 1, NULL },
	{ "tree-piece-length", PIECES + 16, 8, 1, NULL },
	{ "tree-piece-block", PIECES, 4, 4, NULL },
	{ "tree-piece-outside", PIECES + 8, 8, 1, NULL },
	{ "tree-piece-order", PIECES, 4, 0, NULL }, /* see there */
	{ "tree-piece-made", PIECES, 4, UINT32_MAX, NULL },
	{ "tree-recipe-number", ENTRY(1) + 68, 4, 1, NULL },
	{ "tree-file-digest", ENTRY(1) + 32, 1, 0, NULL },
	{ "tree-directory-digest", ENTRY(0) + 32, 1, 1, NULL },
	{ "path-absolute", NAMES, 0, 0, "/ebs" },
	{ "path-dots", NAMES + 4, 0, 0, "debs/../ab" },
	{ "path-backslash", NAMES + 4, 0, 0, "debs\\a.deb" },
	{ "path-colon", NAMES + 4, 0, 0, "debs/a:deb" },
	{ "path-control", NAMES + 4, 0, 0,
	  "debs/a\x01"
	  "deb" },
	{ "path-utf8", NAMES + 4, 0, 0,
	  "debs/a\xff"
	  "deb" },
	{ "path-device", NAMES + 4, 0, 0, "debs/aux.d" },
	{ "path-dot-at-end", NAMES + 4, 0, 0, "debs/abcd." },
	{ "path-empty-component", NAMES + 4, 0, 0, "debs//adeb" },
	{ "path-order", NAMES + 4, 0, 0, "debs/z.deb" },
	{ "path-twice", NAMES + 4, 0, 0, "debs/a.debdebs/a.de" },
	{ "path-no-parent", NAMES + 4, 0, 0, "dexx/a.deb" },
	{ "path-parent-a-file", NAMES, 0, 0, "debs" },
	{ "target-absolute", NAMES + 23, 0, 0, "/.deb" },
	{ "target-outside", NAMES + 23, 0, 0, "../.." },
	{ "target-dots-later", NAMES + 23, 0, 0, "a/../" },
};

static void put(uint8_t *at, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void spoil_tree(size_t row, uint8_t *tree)
{
	const char *name = tree_rows[row].name;
	uint8_t *at = tree + tree_rows[row].at, piece[TREE_PIECE_SIZE];
	if (tree_rows[row].text)
		memcpy(at, tree_rows[row].text, strlen(tree_rows[row].text));
	else if (strcmp(name, "tree-file-digest") == 0)
		*at ^= 1;
	else
		put(at, tree_rows[row].width, tree_rows[row].value);
	if (strcmp(name, "path-parent-a-file") == 0)
		put(tree + ENTRY(0) + 8, 4, TREE_FILE);
	if (strcmp(name, "tree-piece-order") == 0) {
		memcpy(piece, at, sizeof(piece));
		memcpy(at, at + sizeof(piece), sizeof(piece));
		memcpy(at + sizeof(piece), piece, sizeof(piece));
	}
}

static void write_trees(void)
{
	for (size_t i = 0; i < COUNT_OF(tree_rows); i++) {
		struct test_parts p;
		AUTO(sections_done) struct sections s;
		parts_make(&p, false, -1);
		spoil_tree(i, p.trees[0].p);
		trees_again(&p);
		make(&p, &s);
		sections_write(&s, tree_rows[i].name);
	}
}

/* --- recipes --- */

#define RECIPE (TREE_HEADER_SIZE + TREE_ENTRY_SIZE + TREE_PIECE_SIZE)
#define PARAMETERS (RECIPE + TREE_RECIPE_SIZE + 4) /* behind the path "data" */

/* Of beta's tree: data, whose vendor's form is made by one operation. */
static const struct {
	const char *name;
	size_t at, width;
	uint64_t value;
	bool xz; /* the operation; else it copies */
} recipe_rows[] = {
	{ "recipe-kind", RECIPE, 4, 2, false },
	{ "recipe-parameters", RECIPE + 4, 4, 17, false },
	{ "recipe-name", RECIPE + 8, 4, 4, false },
	{ "recipe-pieces", RECIPE + 12, 4, 1, false },
	{ "recipe-size", RECIPE + 16, 8, 0, false },
	{ "recipe-input-size", RECIPE + 24, 8, 1, false },
	{ "recipe-stored-digest", RECIPE + 64, 2, 0, false },
	{ "recipe-operation", PARAMETERS, 4, 7, false },
	{ "recipe-argument", PARAMETERS + 4, 4, 1, false },
	{ "recipe-length", PARAMETERS + 8, 8, 5, false },
	{ "recipe-length-zero", PARAMETERS + 8, 8, 0, false },
	{ "recipe-xz-preset", PARAMETERS + 4, 4, 10, true },
	{ "recipe-xz-check", PARAMETERS + 16, 4, 2, true },
	{ "recipe-xz-dictionary", PARAMETERS + 20, 4, (64u << 20) + 1, true },
	{ "recipe-made-not-announced", RECIPE + 12, 4, 1, false }, /* see there */
	{ "good-recipe", 0, 0, 0, false },
	{ "good-recipe-xz", 0, 0, 0, true },
};

static void recipe_tree(bool xz, bool made, struct buf *out)
{
	static const uint8_t copy[16] = { 2, [8] = sizeof(TEST_HALF_2) - 1 };
	static const uint8_t pack[32] = { 4, [4] = 6, [8] = sizeof(TEST_HALF_2) - 1, [16] = 1,
					  [22] = 0x10 /* 1 MiB */ };
	struct slice content = slice_str(TEST_HALF_2);
	struct tree_entry data = test_file("data", TEST_HALF_2, 1);
	struct tree_piece pieces[] = { { 1, 0, content.len }, { 1, 0, content.len } };
	struct tree_recipe recipe = { .kind = RECIPE_OPERATIONS,
				      .parameters = { copy, sizeof(copy) },
				      .size = content.len };
	memcpy(recipe.sha256, data.sha256, sizeof(recipe.sha256));
	memcpy(recipe.stored_sha256, data.sha256, sizeof(recipe.stored_sha256));
	if (xz)
		recipe.parameters = (struct slice) { pack, sizeof(pack) };
	if (made) {
		pieces[0] = (struct tree_piece) { TREE_PIECE_MADE, 0, content.len };
		recipe.first_piece = recipe.piece_count = 1;
		recipe.input_size = content.len;
	}
	data.recipe = 1;
	struct tree_recipe recipes[] = { recipe, recipe };
	if (made) { /* that of the entry only copies, and has no pieces */
		recipes[1].piece_count = 0;
		recipes[1].input_size = 0;
		data.recipe = 2;
	}
	*out = BUF_INIT(TEST_FILE_MAX);
	tree_write(&(struct tree) { .entries = &data,
				    .entry_count = 1,
				    .pieces = pieces,
				    .piece_count = made ? 2 : 1,
				    .recipes = recipes,
				    .recipe_count = made ? 2 : 1 },
		   out);
}

static void write_recipes(void)
{
	for (size_t i = 0; i < COUNT_OF(recipe_rows); i++) {
		struct test_parts p;
		AUTO(sections_done) struct sections s;
		bool made = strstr(recipe_rows[i].name, "-made-") != NULL;
		parts_make(&p, false, -1);
		buf_done(&p.trees[1]);
		recipe_tree(recipe_rows[i].xz, made, &p.trees[1]);
		if (!made)
			put(p.trees[1].p + recipe_rows[i].at, recipe_rows[i].width,
			    recipe_rows[i].value);
		trees_again(&p);
		make(&p, &s);
		sections_write(&s, recipe_rows[i].name);
	}
}

/* --- the block table, and what is in blocks --- */

static void spoil_sizes(struct test_parts *p)
{
	p->records[0].raw_size++;
}

static void spoil_raw_max(struct test_parts *p)
{
	p->records[0].raw_size = BLOCK_RAW_MAX + 1;
}

static void spoil_raw_zero(struct test_parts *p)
{
	p->records[0].raw_size = 0;
}

static void spoil_stored_sizes(struct test_parts *p)
{
	p->records[1].raw_size++;
}

static void spoil_codec(struct test_parts *p)
{
	p->records[0].codec = (enum block_codec)5;
}

static void spoil_prefix_itself(struct test_parts *p)
{
	p->records[0].prefix = 1;
}

static void spoil_prefix_later(struct test_parts *p)
{
	p->records[0].prefix = 3;
}

static void spoil_prefix_codec(struct test_parts *p)
{
	p->records[1].prefix = 1;
}

static void spoil_prefix_chain(struct test_parts *p)
{
	parts_use_prefix(p, "0,1,2");
	p->records[2].prefix = 2;
}

static void spoil_prefix_group(struct test_parts *p)
{
	parts_use_prefix(p, "1,2");
}

static void spoil_group(struct test_parts *p)
{
	p->records[3].group = 3;
}

static void spoil_count(struct test_parts *p)
{
	p->more_blocks = 1;
}

/* The tree's block is another one than the catalog says. */
static void spoil_tree_digest(struct test_parts *p)
{
	AUTO(buf_done) struct buf catalog = p->catalog;
	p->catalog = BUF_INIT(TEST_FILE_MAX);
	p->trees[0].p[NAMES] = 'D';
	trees_again(p);
	buf_done(&p->catalog);
	p->catalog = BUF_INIT(TEST_FILE_MAX);
	buf_add(&p->catalog, catalog.p, catalog.len);
}

/* Block 0 with these stored bytes. */
static void set_block(struct test_parts *p, struct slice stored, enum block_codec codec)
{
	struct block *b = &p->records[0];
	AUTO(buf_done) struct buf old = p->blocks;
	size_t rest = (size_t)b->stored_size;
	p->blocks = BUF_INIT(TEST_FILE_MAX);
	buf_add(&p->blocks, stored.p, stored.len);
	buf_add(&p->blocks, old.p + rest, old.len - rest);
	b->stored_size = stored.len;
	b->codec = codec;
	must(sha256_of(stored, b->sha256, why));
}

static void spoil_two_frames(struct test_parts *p)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TEST_FILE_MAX);
	buf_add(&b, p->blocks.p, (size_t)p->records[0].stored_size);
	buf_add(&b, p->blocks.p, (size_t)p->records[0].stored_size);
	set_block(p, buf_slice(&b), BLOCK_ZSTD);
}

static void spoil_frame_skippable(struct test_parts *p)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TEST_FILE_MAX);
	static const uint8_t skippable[] = { 0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 'x' };
	buf_add(&b, p->blocks.p, (size_t)p->records[0].stored_size);
	buf_add(&b, skippable, sizeof(skippable));
	set_block(p, buf_slice(&b), BLOCK_ZSTD);
}

static void spoil_frame_size(struct test_parts *p)
{
	uint8_t packed[512];
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_contentSizeFlag, 0);
	size_t n = ZSTD_compress2(ctx, packed, sizeof(packed), TEST_HALF_1, strlen(TEST_HALF_1));
	ZSTD_freeCCtx(ctx);
	assert_false(ZSTD_isError(n));
	set_block(p, (struct slice) { packed, n }, BLOCK_ZSTD);
}

static void spoil_frame_cut(struct test_parts *p)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TEST_FILE_MAX);
	buf_add(&b, p->blocks.p, (size_t)p->records[0].stored_size - 4);
	set_block(p, buf_slice(&b), BLOCK_ZSTD);
}

static void spoil_lzma2(struct test_parts *p)
{
	static const uint8_t reserved_control[] = { 3, 0, 0, 'x', 0 };
	set_block(p, (struct slice) { reserved_control, sizeof(reserved_control) }, BLOCK_LZMA2);
}

static void spoil_lzma2_end(struct test_parts *p)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TEST_FILE_MAX);
	size_t n = strlen(TEST_HALF_1);
	const uint8_t head[] = { 1, (uint8_t)((n - 1) >> 8), (uint8_t)(n - 1) };
	buf_add(&b, head, sizeof(head)); /* a chunk that is not compressed, and no end after it */
	buf_add_str(&b, TEST_HALF_1);
	set_block(p, buf_slice(&b), BLOCK_LZMA2);
}

static void spoil_documents(struct test_parts *p)
{
	p->documents = TEST_NOTES "what is in IT";
}

static void spoil_documents_size(struct test_parts *p)
{
	p->documents = TEST_NOTES TEST_SPDX "!";
}

static void spoil_expires(struct test_parts *p)
{
	p->root.expires = TEST_NOW;
}

static void spoil_created(struct test_parts *p)
{
	p->root.created = UINT64_C(4102444800); /* 2100 */
}

static const struct {
	const char *name;
	void (*spoil)(struct test_parts *p);
} parts_rows[] = {
	{ "table-raw-size", spoil_sizes },
	{ "table-raw-size-max", spoil_raw_max },
	{ "table-raw-size-zero", spoil_raw_zero },
	{ "table-stored-size", spoil_stored_sizes },
	{ "table-codec", spoil_codec },
	{ "table-prefix-itself", spoil_prefix_itself },
	{ "table-prefix-later", spoil_prefix_later },
	{ "table-prefix-codec", spoil_prefix_codec },
	{ "table-prefix-chain", spoil_prefix_chain },
	{ "table-group", spoil_group },
	{ "root-blocks", spoil_count },
	{ "catalog-prefix-group", spoil_prefix_group },
	{ "block-two-frames", spoil_two_frames },
	{ "block-frame-skippable", spoil_frame_skippable },
	{ "block-frame-size", spoil_frame_size },
	{ "block-frame-cut", spoil_frame_cut },
	{ "block-lzma2", spoil_lzma2 },
	{ "block-lzma2-end", spoil_lzma2_end },
	{ "catalog-tree-digest", spoil_tree_digest },
	{ "documents-digest", spoil_documents },
	{ "documents-size", spoil_documents_size },
	{ "root-expired", spoil_expires },
	{ "root-created-later", spoil_created },
};

static void write_parts(void)
{
	for (size_t i = 0; i < COUNT_OF(parts_rows); i++) {
		struct test_parts p;
		AUTO(sections_done) struct sections s;
		parts_make(&p, false, -1);
		parts_rows[i].spoil(&p);
		make(&p, &s);
		sections_write(&s, parts_rows[i].name);
	}
}

/* --- texts --- */

static const struct {
	const char *name, *from, *to;
} catalog_rows[] = {
	{ "catalog-json", "\"packages\":[", "\"packages\":[," },
	{ "catalog-member", "\"debs\":[],\"packages\"", "\"debs\":[],\"more\":0,\"packages\"" },
	{ "catalog-key-twice", "\"priority\":1,", "\"priority\":1,\"priority\":1," },
	{ "catalog-id", "\"id\":\"alpha\"", "\"id\":\"Alpha\"" },
	{ "catalog-order", "\"id\":\"alpha\"", "\"id\":\"zeta\"" },
	{ "catalog-twice", "\"id\":\"beta\"", "\"id\":\"alpha\"" },
	{ "catalog-groups", "\"groups\":[0,1]", "\"groups\":[1,0]" },
	{ "catalog-group-left-out", "\"groups\":[0,1]", "\"groups\":[1]" },
	{ "catalog-match", "{\"os\":\"linux\"}", "{\"os\":\"linux\",\"moon\":\"full\"}" },
	{ "catalog-step", "\"install\":[]", "\"install\":[{\"pray\":{}}]" },
	{ "catalog-payload", "\"files\":2", "\"files\":3" },
	{ "catalog-tree-block", "\"block\":3", "\"block\":4" },
	{ "catalog-priority", "\"priority\":1,", "\"priority\":-1," },
}, root_rows[] = {
	{ "root-json", "{\"blocks\"", "{{\"blocks\"" },
	{ "root-space", "\"format\":1", "\"format\": 1" },
	{ "root-order", "{\"blocks\":4,", "{\"zlocks\":4," },
	{ "root-member", "\"version\":\"1.0\"}", "\"version\":\"1.0\",\"wishes\":\"all\"}" },
	{ "root-member-left-out", "\"created\":1764000000,", "" },
	{ "root-format", "\"format\":1", "\"format\":2" },
	{ "root-name", "\"name\":\"test\"", "\"name\":\"Test\"" },
	{ "root-number", "\"created\":1764000000", "\"created\":1764000000.0" },
	{ "root-expires-before", "\"documents\"", "\"expires\":1763999999,\"documents\"" },
	{ "root-library-text", "\"1.5.4\"", "\"1.5\\u001b[31m\"" },
};

static void write_texts(void)
{
	for (size_t i = 0; i < COUNT_OF(catalog_rows); i++) {
		struct test_parts p;
		AUTO(sections_done) struct sections s;
		parts_make(&p, false, -1);
		replace(&p.catalog, catalog_rows[i].from, catalog_rows[i].to);
		make(&p, &s);
		sections_write(&s, catalog_rows[i].name);
	}
	for (size_t i = 0; i < COUNT_OF(root_rows); i++) {
		struct test_parts p;
		AUTO(sections_done) struct sections s;
		parts_make(&p, false, -1);
		make(&p, &s);
		replace(&s.root, root_rows[i].from, root_rows[i].to);
		sign_again(&s, &good_key, 1);
		sections_write(&s, root_rows[i].name);
	}
}

/* --- who signed --- */

static const struct {
	const char *name;
	const struct test_key *keys[2];
	size_t count;
} signature_rows[] = {
	{ "unsigned", { NULL, NULL }, 0 },
	{ "signer-other", { &other_key, NULL }, 1 },
	{ "signer-expired", { &short_key, NULL }, 1 },
	{ "signer-not-for-code", { &plain_key, NULL }, 1 },
	{ "signer-weak", { &weak_key, NULL }, 1 },
};

/* @what of the section of signatures. */
static void spoil_signatures(struct sections *s, const char *what)
{
	uint8_t *p = s->signatures.p;
	size_t length = (size_t)p[4] | (size_t)p[5] << 8;
	if (strcmp(what, "signature-value") == 0)
		p[8 + length - 1] ^= 1;
	else if (strcmp(what, "signature-padding") == 0)
		p[SIGNATURES_SIZE - 1] = 1;
	else if (strcmp(what, "signature-count") == 0)
		p[0] = 17;
	else if (strcmp(what, "signature-length") == 0)
		put(p + 4, 4, SIGNATURES_SIZE);
	else if (strcmp(what, "signature-der") == 0)
		p[8] = 0x31;
	else if (strcmp(what, "signature-of-another-root") == 0)
		replace(&s->root, "\"version\":\"1.0\"", "\"version\":\"1.1\"");
	else
		fail_msg("no such thing as '%s'", what);
}

static void write_signatures(void)
{
	static const char *const spoiled[] = { "signature-value", "signature-padding",
					       "signature-count", "signature-length",
					       "signature-der",   "signature-of-another-root" };
	for (size_t i = 0; i < COUNT_OF(signature_rows) + COUNT_OF(spoiled) + 1; i++) {
		struct test_parts p;
		struct test_key keys[2];
		AUTO(sections_done) struct sections s;
		parts_make(&p, false, -1);
		make(&p, &s);
		if (i < COUNT_OF(signature_rows)) {
			for (size_t k = 0; k < signature_rows[i].count; k++)
				keys[k] = *signature_rows[i].keys[k];
			sign_again(&s, keys, signature_rows[i].count);
			sections_write(&s, signature_rows[i].name);
		} else if (i - COUNT_OF(signature_rows) < COUNT_OF(spoiled)) {
			const char *name = spoiled[i - COUNT_OF(signature_rows)];
			spoil_signatures(&s, name);
			sections_write(&s, name);
		} else { /* a good one first, and the bad one not passed over */
			sign_again(&s, (struct test_key[]) { good_key, other_key }, 2);
			size_t at =
				8 + ((size_t)s.signatures.p[4] | (size_t)s.signatures.p[5] << 8);
			size_t n = (size_t)s.signatures.p[at] | (size_t)s.signatures.p[at + 1] << 8;
			s.signatures.p[at + 4 + n - 1] ^= 1;
			sections_write(&s, "signature-second-bad");
		}
	}
}

/* --- bytes that nobody signs --- */

enum place { LOCATOR, PLACES, BLOCKS, TABLE, CATALOG, STUB, PE };

static const struct {
	const char *name;
	enum place place;
	size_t at, width;
	uint64_t value;
	bool check; /* the locator's own is made good */
} byte_rows[] = {
	{ "locator-magic", LOCATOR, 0, 1, 'X', true },
	{ "locator-version", LOCATOR, 8, 4, 2, true },
	{ "locator-flags", LOCATOR, 12, 4, 1, true },
	{ "locator-stub-size", LOCATOR, 16, 8, 1u << 30, true },
	{ "locator-gap", LOCATOR, 24, 8, 1, true },
	{ "locator-table-size", LOCATOR, 56, 8, 1, true },
	{ "locator-overflow", LOCATOR, 40, 8, UINT64_MAX, true },
	{ "locator-check", LOCATOR, 112, 1, 0, false },
	{ "places-moved", PLACES, 0, 8, 1, false },
	{ "places-order", PLACES, 8, 8, 0, false },
	{ "places-outside", PLACES, 24, 8, 1u << 30, false },
	{ "places-left-out", PLACES, 0, 8, UINT64_MAX, false },
	{ "block-digest", BLOCKS, 10, 1, 0, false },
	{ "table-digest", TABLE, 16, 1, 1, false },
	{ "catalog-digest", CATALOG, 20, 1, '!', false },
	{ "stub-digest", STUB, 3, 1, 'x', false },
	{ "stub-placeholder", STUB, 28, 1, 7, false },
	{ "pe-checksum", PE, PE_TEST_CHECKSUM, 4, 1, false },
	{ "pe-security", PE, PE_TEST_SECURITY, 8, UINT64_C(0x800000400), false },
};

static size_t place_of(const struct locator *l, enum place place, size_t locator_at)
{
	switch (place) {
	case LOCATOR:
		return locator_at;
	case PLACES:
		return (size_t)l->places.offset;
	case BLOCKS:
		return (size_t)l->stub_size;
	case TABLE:
		return (size_t)l->table.offset;
	case CATALOG:
		return (size_t)l->catalog.offset;
	case STUB:
	case PE:
		break;
	}
	return 0;
}

static void write_bytes(void)
{
	for (size_t i = 0; i < COUNT_OF(byte_rows); i++) {
		struct test_parts p;
		struct test_bundle t;
		parts_make(&p, byte_rows[i].place == STUB, -1);
		if (byte_rows[i].place == PE)
			pe_test_stub(&p.stub, 3);
		parts_join(&p, &good_key, 1, &t);
		size_t locator = t.file.len - LOCATOR_SIZE;
		size_t at = place_of(&t.locator, byte_rows[i].place, locator) + byte_rows[i].at;
		if (byte_rows[i].width == 1 && t.file.p[at] == byte_rows[i].value)
			fail_msg("'%s' spoils nothing", byte_rows[i].name);
		put(t.file.p + at, byte_rows[i].width, byte_rows[i].value);
		if (byte_rows[i].check) {
			uint8_t digest[SHA256_SIZE];
			size_t n = LOCATOR_SIZE - LOCATOR_CHECK_SIZE;
			must(sha256_of((struct slice) { t.file.p + locator, n }, digest, why));
			memcpy(t.file.p + locator + n, digest, LOCATOR_CHECK_SIZE);
		}
		write_bundle(byte_rows[i].name, buf_slice(&t.file));
		parts_done(&p);
		test_bundle_done(&t);
	}
}

/* Cut, gone on, and moved; and the same bundle as it should be. */
static void write_lengths(void)
{
	struct test_parts p;
	struct test_bundle t;
	parts_make(&p, true, -1);
	parts_join(&p, &good_key, 1, &t);
	struct slice whole = buf_slice(&t.file);
	write_bundle("good", whole);
	write_bundle("file-cut", (struct slice) { whole.p, whole.len - 1 });
	write_bundle("file-head-cut", (struct slice) { whole.p + 1, whole.len - 1 });
	write_bundle("file-half", (struct slice) { whole.p, whole.len / 2 });
	write_bundle("file-locator-alone",
		     (struct slice) { whole.p + whole.len - LOCATOR_SIZE, LOCATOR_SIZE });
	buf_add(&t.file, "", 1);
	write_bundle("file-goes-on", buf_slice(&t.file));
	parts_done(&p);
	test_bundle_done(&t);
}

/* --- keys --- */

static struct test_key make_key(const char *name, EVP_PKEY *key, const char *usage, int days)
{
	struct test_key k = test_key_make(name, days);
	EVP_PKEY_free(k.key);
	k.key = key;
	assert_non_null(key);
	X509_set_pubkey(k.certificate, key);
	int at = X509_get_ext_by_NID(k.certificate, NID_ext_key_usage, -1);
	X509_EXTENSION_free(X509_delete_ext(k.certificate, at));
	test_add_extension(k.certificate, NID_ext_key_usage, usage);
	assert_true(X509_sign(k.certificate, key, EVP_sha256()) > 0);
	return k;
}

static void write_anchors(void)
{
	const struct test_key *all[] = { &good_key, &short_key, &weak_key, &plain_key };
	char path[4096];
	snprintf(path, sizeof(path), "%s/anchors.pem", dir);
	AUTO(auto_fclose) FILE *f = fopen(path, "w");
	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (!f || !PEM_write_X509(f, all[i]->certificate))
			fail_msg("cannot write '%s'", path);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: spoil DIR\n");
		return 2;
	}
	dir = argv[1];
	good_key = test_key_make("golden", DAYS);
	other_key = test_key_make("somebody else", DAYS);
	short_key = test_key_make("golden, expired", 2);
	weak_key = make_key("golden, weak", EVP_RSA_gen(2048), "codeSigning", DAYS);
	plain_key = make_key("golden, for mail", EVP_EC_gen("P-256"), "emailProtection", DAYS);
	write_anchors();
	write_lengths();
	write_bytes();
	write_trees();
	write_recipes();
	write_parts();
	write_texts();
	write_signatures();
	test_key_done(&good_key);
	test_key_done(&other_key);
	test_key_done(&short_key);
	test_key_done(&weak_key);
	test_key_done(&plain_key);
	return 0;
}
