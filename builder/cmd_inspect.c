/* SPDX-License-Identifier: MIT */
/* cmd_inspect.c - `ibbundle inspect`: what a bundle is and holds, and how to check it without us. */
#include <string.h>

#include "by_hand.h"
#include "cmd.h"
#include "date.h"
#include "documents.h"
#include "file.h"
#include "progress.h"
#include "reader.h"

const char cmd_inspect_help[] =
	"Shows name, signers, sizes, libraries, packages and groups of blocks.  Checks the\n"
	"signature and what it leads to, but no block: that is 'ibbundle verify'.\n\n"
	"  --sbom FORMAT     instead, the bill of materials: spdx (2.3) or cyclonedx (1.6)\n"
	"  --provenance      instead, the in-toto statement of how it was built\n"
	"  --print-commands  instead, lines for a shell that check signatures, block table,\n"
	"                    catalog, stub and the whole file with openssl, sha256sum, dd, od, jq\n"
	"  --package ID      and the tree, blocks and files of this package, with zstd\n"
	"  --signed-bytes    instead, the bytes that signatures are over, of a bundle that may "
	"not\n"
	"                    be signed yet: for 'ibbundle sign --detached' on another machine\n"
	"  -o, --output FILE where they go (default: standard output)\n" READER_HELP;

struct inspect { /* beside struct reader_options */
	bool commands, provenance;
	const char *output, *package, *sbom;
};

struct group_sums {
	uint64_t raw, stored;
	uint32_t blocks;
};

static struct group_sums *sum_groups(const struct block_table *t)
{
	struct group_sums *g = calloc(t->group_count ? t->group_count : 1, sizeof(*g));
	for (uint32_t i = 0; g && i < t->count; i++) {
		g[t->blocks[i].group].raw += t->blocks[i].raw_size;
		g[t->blocks[i].group].stored += t->blocks[i].stored_size;
		g[t->blocks[i].group].blocks++;
	}
	return g;
}

/* --- text --------------------------------------------------------------------------------------- */

static void print_size(const char *what, uint64_t n)
{
	char size[BYTES_TEXT_SIZE];
	printf("  %-12s %12llu  %s\n", what, (unsigned long long)n, bytes_text(n, size));
}

static void print_sizes(const struct bundle *b)
{
	const struct locator *l = &b->locator;
	printf("sizes\n");
	print_size("stub", l->stub_size);
	print_size("blocks", l->blocks_end - l->stub_size);
	print_size("block table", l->places.size + l->table.size);
	print_size("catalog", l->catalog.size);
	print_size("documents", l->documents.size);
	print_size("root", l->root.size);
	print_size("signatures", l->signatures.size);
	print_size("file", b->src.size);
}

/* The packages of the catalog, as JSON: struct package leaves out the groups, which only we show. */
static const struct json_value *first_package(const struct bundle *b)
{
	return json_first(json_get(json_top(b->catalog.doc), "packages"));
}

static bool package_uses(const struct json_value *package, uint64_t group)
{
	const struct json_value *list = json_get(package, "groups");
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		uint64_t n = 0;
		if (json_u64(v, &n) && n == group)
			return true;
	}
	return false;
}

static void print_groups(const struct bundle *b, const struct group_sums *sums)
{
	printf("groups of blocks\n  %5s  %6s  %12s  %12s  %s\n", "GROUP", "BLOCKS", "RAW", "STORED",
	       "USED BY");
	for (uint32_t i = 0; i < b->table.group_count; i++) {
		char raw[BYTES_TEXT_SIZE], stored[BYTES_TEXT_SIZE];
		printf("  %5u  %6u  %12s  %12s ", (unsigned)i, (unsigned)sums[i].blocks,
		       bytes_text(sums[i].raw, raw), bytes_text(sums[i].stored, stored));
		for (const struct json_value *p = first_package(b); p; p = json_next(p))
			if (package_uses(p, i))
				printf(" %s", json_string(json_get(p, "id")));
		printf("\n");
	}
}

static void print_stubs(const struct reader *r)
{
	const struct bundle *b = &r->bundle;
	struct extent certificates;
	const struct source *head = reader_head(r, &certificates);
	const char *here = reader_stub_platform(r);
	for (size_t i = 0; i < b->root.stub_count; i++) {
		const char *name = b->root.stubs[i].name;
		printf("%s%s%s", i ? ", " : "stubs for ", name,
		       here && strcmp(name, here) == 0 ? " (in this file)" : "");
	}
	printf(b->root.stub_count ? "\n" : "no stubs\n");
	if (r->head_path)
		printf("%s is a runtime alone; its bundle is %s\n", r->head_path, r->path);
	if (certificates.size)
		printf("%s has an Authenticode signature: 'ibbundle verify' checks it\n",
		       head->name);
}

/* Which of the vendors' files are here in another form only. */
static void print_exact(const struct catalog *c)
{
	bool all = true;
	for (size_t i = 0; i < c->package_count; i++) {
		const struct package *p = &c->packages[i];
		char size[BYTES_TEXT_SIZE];
		if (p->inexact_files == 0)
			continue;
		all = false;
		printf("%s: %llu of the vendors' files, %s, can't be given back as they were\n",
		       p->id, (unsigned long long)p->inexact_files,
		       bytes_text(p->inexact_bytes, size));
	}
	if (all)
		printf("the vendors' files can all be given back as they were\n");
}

/* What is compressed again when a package is laid out. */
static void print_remake(const struct catalog *c)
{
	for (size_t i = 0; i < c->package_count; i++) {
		const struct package_remake *r = &c->packages[i].remake;
		char bytes[BYTES_TEXT_SIZE], memory[BYTES_TEXT_SIZE];
		if (r->files == 0)
			continue;
		printf("%s: %llu files, %s unpacked, are compressed again when it is laid out: "
		       "about "
		       "%llu CPU seconds, at least %s of memory\n",
		       c->packages[i].id, (unsigned long long)r->files, bytes_text(r->bytes, bytes),
		       (unsigned long long)r->cpu_seconds, bytes_text(r->memory, memory));
	}
}

static void print_text(const struct reader *r, const struct group_sums *sums)
{
	const struct bundle *b = &r->bundle;
	char date[DATE_TEXT_SIZE];
	printf("%s: %s %s, created %s\n", r->path, b->root.name, b->root.version,
	       date_text(b->root.created, date));
	if (b->root.expires)
		printf("expires %s\n", date_text(b->root.expires, date));
	reader_print_signers(r);
	print_stubs(r);
	printf("made with");
	for (size_t i = 0; i < b->root.library_count; i++)
		printf("%s %s %s", i ? "," : "", b->root.libraries[i].name,
		       b->root.libraries[i].version);
	printf("\n%zu packages, %zu Debian packages in them, %u blocks\n", b->catalog.package_count,
	       b->catalog.deb_count, (unsigned)b->table.count);
	print_exact(&b->catalog);
	print_remake(&b->catalog);
	print_sizes(b);
	print_groups(b, sums);
}

/* --- JSON --------------------------------------------------------------------------------------- */

static void add_digest(struct json *j, struct json_value *top, const char *key,
		       const struct digest *d)
{
	struct json_value *v = json_add_object(j, top, key);
	json_add_u64(j, v, "size", d->size);
	json_add_sha256(j, v, "sha256", d->sha256);
}

static void add_extent(struct json *j, struct json_value *top, const char *key, uint64_t offset,
		       uint64_t size)
{
	struct json_value *v = json_add_object(j, top, key);
	json_add_u64(j, v, "offset", offset);
	json_add_u64(j, v, "size", size);
}

static void add_sections(const struct bundle *b, struct json *j, struct json_value *top)
{
	const struct locator *l = &b->locator;
	struct json_value *v = json_add_object(j, top, "sections");
	add_extent(j, v, "stub", 0, l->stub_size);
	add_extent(j, v, "blocks", l->stub_size, l->blocks_end - l->stub_size);
	add_extent(j, v, "places", l->places.offset, l->places.size);
	add_extent(j, v, "table", l->table.offset, l->table.size);
	add_extent(j, v, "catalog", l->catalog.offset, l->catalog.size);
	add_extent(j, v, "documents", l->documents.offset, l->documents.size);
	add_extent(j, v, "root", l->root.offset, l->root.size);
	add_extent(j, v, "signatures", l->signatures.offset, l->signatures.size);
	add_extent(j, v, "locator", b->place.offset, LOCATOR_SIZE);
}

static void add_groups(const struct bundle *b, const struct group_sums *sums, struct json *j,
		       struct json_value *top)
{
	struct json_value *list = json_add_array(j, top, "groups");
	for (uint32_t i = 0; i < b->table.group_count; i++) {
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_u64(j, v, "blocks", sums[i].blocks);
		json_add_u64(j, v, "raw", sums[i].raw);
		json_add_u64(j, v, "stored", sums[i].stored);
		struct json_value *ids = json_add_array(j, v, "packages");
		for (const struct json_value *p = first_package(b); p; p = json_next(p))
			if (package_uses(p, i))
				json_add_string(j, ids, NULL, json_string(json_get(p, "id")));
	}
}

static bool print_json(const struct reader *r, const struct group_sums *sums, struct err *err)
{
	const struct bundle *b = &r->bundle;
	AUTO(json_auto_free) struct json *j = json_new("inspect", err);
	if (!j)
		return false;
	struct json_value *top = json_top(j);
	json_add_string(j, top, "name", b->root.name);
	json_add_string(j, top, "version", b->root.version);
	json_add_u64(j, top, "created", b->root.created);
	if (b->root.expires)
		json_add_u64(j, top, "expires", b->root.expires);
	reader_add_signers(r, j, top);
	struct extent certificates;
	reader_head(r, &certificates);
	if (reader_stub_platform(r))
		json_add_string(j, top, "stub", reader_stub_platform(r));
	json_add_bool(j, top, "authenticode", certificates.size != 0);
	struct json_value *list = json_add_array(j, top, "stubs");
	for (size_t i = 0; i < b->root.stub_count; i++)
		json_add_string(j, list, NULL, b->root.stubs[i].name);
	struct json_value *inexact = json_add_array(j, top, "inexact");
	for (size_t i = 0; i < b->catalog.package_count; i++) {
		const struct package *p = &b->catalog.packages[i];
		if (p->inexact_files == 0)
			continue;
		struct json_value *v = json_add_object(j, inexact, NULL);
		json_add_string(j, v, "id", p->id);
		json_add_u64(j, v, "files", p->inexact_files);
		json_add_u64(j, v, "bytes", p->inexact_bytes);
	}
	struct json_value *remake = json_add_array(j, top, "remake");
	for (size_t i = 0; i < b->catalog.package_count; i++) {
		const struct package *p = &b->catalog.packages[i];
		if (p->remake.files == 0)
			continue;
		struct json_value *v = json_add_object(j, remake, NULL);
		json_add_string(j, v, "id", p->id);
		json_add_u64(j, v, "files", p->remake.files);
		json_add_u64(j, v, "bytes", p->remake.bytes);
		json_add_u64(j, v, "cpu_seconds", p->remake.cpu_seconds);
		json_add_u64(j, v, "memory", p->remake.memory);
	}
	struct json_value *libraries = json_add_object(j, top, "libraries");
	for (size_t i = 0; i < b->root.library_count; i++)
		json_add_string(j, libraries, b->root.libraries[i].name,
				b->root.libraries[i].version);
	json_add_u64(j, top, "size", b->src.size);
	add_sections(b, j, top);
	add_digest(j, top, "catalog", &b->root.catalog);
	add_digest(j, top, "table", &b->root.table);
	struct json_value *documents = json_add_object(j, top, "documents");
	for (size_t i = 0; i < b->root.document_count; i++)
		add_digest(j, documents, b->root.documents[i].name, &b->root.documents[i].digest);
	json_add_u64(j, top, "blocks", b->table.count);
	json_add_u64(j, top, "debs", b->catalog.deb_count);
	json_add_u64(j, top, "packages", b->catalog.package_count);
	add_groups(b, sums, j, top);
	return reader_print_json(j, err);
}

/* --- signed bytes ------------------------------------------------------------------------------- */

static bool write_signed_bytes(const struct reader *r, const char *path, struct err *err)
{
	const struct bundle *b = &r->bundle;
	struct slice root = { b->root_bytes, (size_t)b->locator.root.size };
	uint8_t sha256[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	if (!path) {
		fwrite(root.p, 1, root.len, stdout); /* main() looks whether it worked */
		return true;
	}
	if (!sha256_of(root, sha256, err) || !file_write_atomic(path, root, 0644, err))
		return false;
	sha256_hex(sha256, hex);
	printf("%s: the root of %s %s, sha256 %s, %zu signatures so far\n", path, b->root.name,
	       b->root.version, hex, b->signer_count);
	return true;
}

/* --- documents ---------------------------------------------------------------------------------- */

static bool document_of(const struct inspect *in, const char **name, struct err *err)
{
	const char *sbom = in->sbom ? in->sbom : "";
	*name = in->provenance                   ? DOCUMENT_PROVENANCE
		: strcmp(sbom, "spdx") == 0      ? DOCUMENT_SPDX
		: strcmp(sbom, "cyclonedx") == 0 ? DOCUMENT_CYCLONEDX
						 : NULL;
	return *name || !in->sbom ||
	       err_set(err, ERR_USAGE, "inspect: --sbom is 'spdx' or 'cyclonedx', not '%s'", sbom);
}

/* As it was signed. */
static bool print_document(const struct reader *r, const char *name, struct err *err)
{
	AUTO(buf_done) struct buf text = { 0 };
	if (!document_read(&r->bundle, name, &text, err))
		return false;
	fwrite(text.p, 1, text.len, stdout); /* main() looks whether it worked */
	putchar('\n');
	return true;
}

/* --- what is asked for -------------------------------------------------------------------------- */

static bool check_choice(const struct inspect *in, const struct reader_options *opt,
			 struct err *err)
{
	if (in->commands + in->provenance + (in->sbom != NULL) + opt->allow_unsigned + opt->json >
	    1)
		return err_set(
			err, ERR_USAGE,
			"inspect: give one of --json, --print-commands, --provenance, --sbom "
			"and --signed-bytes");
	return (!in->output || opt->allow_unsigned) && (!in->package || in->commands)
		       ? true
		       : err_set(err, ERR_USAGE,
				 "inspect: --package is for --print-commands, and -o for "
				 "--signed-bytes");
}

bool cmd_inspect(int argc, char **argv, struct err *err)
{
	struct reader_options opt = { 0 };
	struct inspect in = { 0 };
	const char *document = NULL;
	const struct option options[] = {
		READER_OPTIONS(opt),
		{ "print-commands", 0, OPTION_FLAG, &in.commands, 0, 0 },
		{ "package", 0, OPTION_TEXT, &in.package, 0, 0 },
		{ "signed-bytes", 0, OPTION_FLAG, &opt.allow_unsigned, 0, 0 },
		{ "output", 'o', OPTION_TEXT, &in.output, 0, 0 },
		{ "sbom", 0, OPTION_TEXT, &in.sbom, 0, 0 },
		{ "provenance", 0, OPTION_FLAG, &in.provenance, 0, 0 },
		{ 0 },
	};
	struct operands operands;
	AUTO(reader_close) struct reader r = { 0 };
	if (!options_parse(argc, argv, options, 1, 1, &operands, err) ||
	    !check_choice(&in, &opt, err) || !document_of(&in, &document, err) ||
	    !reader_open(&r, operands.v[0], &opt, err))
		return false;
	if (opt.allow_unsigned)
		return write_signed_bytes(&r, in.output, err);
	if (document)
		return print_document(&r, document, err);
	if (in.commands)
		return by_hand_print(&r, in.package, err);
	AUTO(auto_free) struct group_sums *sums = sum_groups(&r.bundle.table);
	if (!sums)
		return err_no_memory(err);
	if (opt.json)
		return print_json(&r, sums, err);
	print_text(&r, sums);
	return true;
}
