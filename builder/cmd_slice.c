/* SPDX-License-Identifier: MIT */
/* cmd_slice.c - `ibbundle slice`: a part of a bundle, with its signatures. */
#include <string.h>

#include "cmd.h"
#include "file.h"
#include "head.h"
#include "progress.h"
#include "reader.h"
#include "seal.h"
#include "slice.h"
#include "stub.h"

const char cmd_slice_help[] =
	"Writes a file of the same bundle from which blocks were left out.  No key is needed, and\n"
	"the signatures over the root stay good; one over the whole file there is not.\n\n"
	"  -o, --output FILE  by its ending with a runtime or without: see 'ibbundle help build';\n"
	"                     with another ending it begins as BUNDLE does\n"
	"  --package ID       what this package needs (may be given again)\n"
	"  --match TERMS      what the packages need that such machines may get:\n"
	"                     'os=linux distro=ubuntu release=22.04,24.04' (may be given again)\n"
	"  --facts FILE       what this machine needs, from 'facts --json' (may be given again)\n"
	"  --without FILE     less what FILE has, a bundle or a part of one (may be given again):\n"
	"                     'ibbundle join FILE SLICE' puts them together\n"
	"  --max-size SIZE    in files of at most SIZE bytes (1900M, 2G): FILE, then NAME.2.ibb,\n"
	"                     NAME.3.ibb, ... to keep beside it\n"
	"  --stub FILE        the runtime, where BUNDLE does not begin with it (default: in stub/\n"
	"                     beside this program)\n" READER_HELP;

struct cut {
	const char *output, *max_text;
	struct option_list ids, matches, facts, without, stub_files;
	uint64_t max;

	struct reader reader;
	struct source have[OPTION_LIST_MAX]; /* the files of --without */
	size_t have_count;
	struct block_index index;
	struct slice_choice choice;
	struct block_origin *origins; /* owned; what all volumes have together */
	struct buf stub, certificates;
	struct heads heads;
	struct seal *volumes; /* owned */
	size_t volume_count;
};

static void cut_done(struct cut *c)
{
	for (size_t i = 0; i < c->volume_count; i++)
		seal_done(&c->volumes[i]);
	free(c->volumes);
	heads_done(&c->heads);
	buf_done(&c->stub);
	buf_done(&c->certificates);
	free(c->origins);
	slice_choice_done(&c->choice);
	block_index_done(&c->index);
	for (size_t i = 0; i < c->have_count; i++)
		file_source_close(&c->have[i]);
	reader_close(&c->reader);
}

/* --- what is asked for -------------------------------------------------------------------------- */

static bool choose(struct cut *c, struct err *err)
{
	const struct catalog *catalog = &c->reader.bundle.catalog;
	if (!slice_choice_init(&c->choice, catalog, err))
		return false;
	for (size_t i = 0; i < c->ids.count; i++) {
		size_t index;
		if (!reader_find_package(&c->reader, c->ids.v[i], &index, err))
			return false;
		c->choice.packages[index] = true;
	}
	for (size_t i = 0; i < c->matches.count; i++)
		if (!slice_choose_match(&c->choice, catalog, c->matches.v[i], err))
			return false;
	for (size_t i = 0; i < c->facts.count; i++) {
		AUTO(buf_done) struct buf text = { 0 };
		AUTO(facts_done) struct facts facts = { 0 };
		const char *path = c->facts.v[i];
		if (!file_read(path, FACTS_SIZE_MAX, &text, err) ||
		    !facts_parse(path, buf_slice(&text), &facts, err))
			return false;
		if (!slice_choose_facts(&c->choice, catalog, &facts, err))
			return err_wrap(err, "'%s'", path);
	}
	return true;
}

static bool drop_what_is_there(struct cut *c, struct err *err)
{
	for (size_t i = 0; i < c->without.count; i++) {
		struct source *src = &c->have[c->have_count];
		if (!file_source_open(c->without.v[i], src, err))
			return false;
		c->have_count++;
		if (!block_index_add(&c->index, src, err))
			return false;
	}
	block_index_finish(&c->index);
	slice_drop(&c->reader.bundle, &c->index, c->origins);
	return true;
}

static bool select_blocks(struct cut *c, struct err *err)
{
	const struct bundle *b = &c->reader.bundle;
	bool some = c->ids.count || c->matches.count || c->facts.count;
	return assemble_origins(b, &c->origins, err) &&
	       (!some || (choose(c, err) && slice_keep(b, &c->choice, c->origins, err))) &&
	       drop_what_is_there(c, err);
}

/* --- the head ----------------------------------------------------------------------------------- */

/* Take the stub of @platform from those at hand, if it is the one that was signed. */
static bool find_stub(struct cut *c, const char *platform, struct err *err)
{
	const struct root *root = &c->reader.bundle.root;
	uint8_t digest[SHA256_SIZE];
	if (!heads_read(&c->heads, &c->stub_files, err))
		return false;
	const struct head *h = heads_find(&c->heads, platform, err);
	if (!h || !stub_digest(buf_slice(&h->stub), digest, err))
		return false;
	for (size_t i = 0; i < root->stub_count; i++)
		if (strcmp(root->stubs[i].name, platform) == 0 &&
		    memcmp(root->stubs[i].digest.sha256, digest, sizeof(digest)) == 0) {
			c->stub = BUF_INIT(STUB_SIZE_MAX);
			buf_add(&c->stub, h->stub.p, h->stub.len);
			return buf_ok(&c->stub, "the stub", err);
		}
	return err_set(err, ERR_DIGEST,
		       "the runtime for %s that is here is not the one that was signed with the "
		       "bundle: name that with --stub, or slice a file that begins with it",
		       platform);
}

static void drop(struct buf *b)
{
	buf_done(b);
	*b = (struct buf) { 0 };
}

/*
 * Certificates stay in a part that is to be joined again: they belong to what comes of it.  Anything
 * else is not what they were made for.
 */
static bool read_head(struct cut *c, struct err *err)
{
	const struct bundle *b = &c->reader.bundle;
	const char *platform = NULL, *here;
	size_t base;
	bool named = head_of_name(c->output, &platform, &base);
	if (!bundle_check_stub(b, &here, err) ||
	    !assemble_read_head(b, &c->stub, &c->certificates, err))
		return false;
	if (named && !(platform && here && strcmp(platform, here) == 0)) {
		drop(&c->stub);
		drop(&c->certificates);
		if (platform && !find_stub(c, platform, err))
			return false;
	}
	if (c->certificates.len && !c->without.count) {
		fprintf(stderr,
			"note: '%s' has no Authenticode signature, since that of '%s' covers other "
			"bytes\n",
			c->output, b->src.name);
		drop(&c->certificates);
	}
	return true;
}

/* --- the files ---------------------------------------------------------------------------------- */

static bool open_volume(struct cut *c, struct seal **out, struct err *err)
{
	AUTO(auto_free) char *name = NULL;
	if (c->volume_count == BUNDLE_FILES_MAX)
		return err_set(err, ERR_USAGE, "--max-size is too small: more than %d files",
			       BUNDLE_FILES_MAX);
	struct seal *v = realloc(c->volumes, (c->volume_count + 1) * sizeof(*v));
	if (!v)
		return err_no_memory(err);
	c->volumes = v;
	v[c->volume_count] = SEAL_INIT;
	v[c->volume_count].partial = true;
	*out = &v[c->volume_count++];
	if (c->volume_count == 1)
		return outfile_open(&(*out)->bundle, c->output, err);
	return slice_volume_name(c->output, c->volume_count, &name, err) &&
	       outfile_open(&(*out)->bundle, name, err);
}

static bool write_volumes(struct cut *c, struct err *err)
{
	const struct bundle *b = &c->reader.bundle;
	AUTO(auto_free)
	struct block_origin *part = calloc(b->table.count ? b->table.count : 1, sizeof(*part));
	if (!part)
		return err_no_memory(err);
	uint32_t next = 0;
	do {
		struct seal *v = NULL;
		struct assembly a = { .bundle = b, .origins = c->origins };
		if (c->volume_count == 0) {
			a.stub = buf_slice(&c->stub);
			a.certificates = buf_slice(&c->certificates);
		}
		if (!slice_volume(&a, c->max, &next, part, err) || !open_volume(c, &v, err))
			return false;
		a.origins = part;
		if (!assemble(&a, &v->bundle, err) || !seal_verify(v, false, c->reader.now, err))
			return false;
	} while (next < b->table.count);
	return true;
}

/* The first one last: where it is, the others are. */
static bool commit(struct cut *c, struct err *err)
{
	for (size_t i = c->volume_count; i-- > 0;)
		if (!seal_commit(&c->volumes[i], i == 0 && c->stub.len ? 0777 : 0666, err))
			return false;
	return true;
}

static void add_sums(const struct cut *c, uint64_t *packages, uint64_t *blocks)
{
	const struct bundle *b = &c->reader.bundle;
	for (size_t i = 0; i < c->choice.package_count; i++)
		*packages += c->choice.packages[i];
	if (!c->choice.packages)
		*packages = b->catalog.package_count;
	for (uint32_t i = 0; i < b->table.count; i++)
		*blocks += c->origins[i].src != NULL;
}

static bool print_json(const struct cut *c, uint64_t packages, uint64_t blocks, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("slice", err);
	if (!j)
		return false;
	struct json_value *files = json_add_array(j, json_top(j), "files");
	for (size_t i = 0; i < c->volume_count; i++) {
		struct json_value *v = json_add_object(j, files, NULL);
		json_add_string(j, v, "path", c->volumes[i].bundle.path);
		json_add_u64(j, v, "size", c->volumes[i].bundle.offset);
	}
	json_add_u64(j, json_top(j), "packages", packages);
	json_add_u64(j, json_top(j), "blocks", blocks);
	return reader_print_json(j, err);
}

static bool print(const struct cut *c, bool json, struct err *err)
{
	const struct bundle *b = &c->reader.bundle;
	char size[BYTES_TEXT_SIZE], of[BYTES_TEXT_SIZE];
	uint64_t packages = 0, blocks = 0;
	add_sums(c, &packages, &blocks);
	if (json)
		return print_json(c, packages, blocks, err);
	for (size_t i = 0; i < c->volume_count; i++)
		printf("%s: %s\n", c->volumes[i].bundle.path,
		       bytes_text(c->volumes[i].bundle.offset, size));
	printf("%llu of %zu packages, %llu of %u blocks%s, from %s of %s\n",
	       (unsigned long long)packages, b->catalog.package_count, (unsigned long long)blocks,
	       (unsigned)b->table.count, c->without.count ? " (the rest is in --without)" : "",
	       b->src.name, bytes_text(b->src.size, of));
	return true;
}

bool cmd_slice(int argc, char **argv, struct err *err)
{
	AUTO(cut_done) struct cut c = { 0 };
	struct reader_options opt = { 0 };
	const struct option options[] = {
		READER_OPTIONS(opt),
		{ "output", 'o', OPTION_TEXT, &c.output, 0, 0 },
		{ "package", 0, OPTION_LIST, &c.ids, 0, 0 },
		{ "match", 0, OPTION_LIST, &c.matches, 0, 0 },
		{ "facts", 0, OPTION_LIST, &c.facts, 0, 0 },
		{ "without", 0, OPTION_LIST, &c.without, 0, 0 },
		{ "max-size", 0, OPTION_TEXT, &c.max_text, 0, 0 },
		{ "stub", 0, OPTION_LIST, &c.stub_files, 0, 0 },
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, 1, &operands, err))
		return false;
	if (!c.output)
		return err_set(err, ERR_USAGE,
			       "slice: -o FILE is missing; see 'ibbundle help slice'");
	if (c.max_text && !slice_parse_size(c.max_text, &c.max, err))
		return err_wrap(err, "--max-size");
	return reader_open(&c.reader, operands.v[0], &opt, err) && select_blocks(&c, err) &&
	       bundle_check_documents(&c.reader.bundle, err) && read_head(&c, err) &&
	       write_volumes(&c, err) && commit(&c, err) && print(&c, opt.json, err);
}
