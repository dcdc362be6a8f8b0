/* SPDX-License-Identifier: MIT */
/* cmd_join.c - `ibbundle join`: a whole bundle from its parts, and from what an older one has. */
#include <string.h>

#include "assemble.h"
#include "cmd.h"
#include "file.h"
#include "progress.h"
#include "reader.h"
#include "seal.h"

const char cmd_join_help[] =
	"Writes the bundle that the last FILE is a part of, byte for byte as it was: every block\n"
	"from the FILE that has it.  The others may be parts of the same bundle (volumes, slices)\n"
	"or of any other, such as last month's.  It begins as that of its parts does that begins\n"
	"with a runtime.\n\n"
	"  -o, --output BUNDLE  the file to write\n"
	"  --sha256 HEX         refuse it when its SHA-256 is another\n" READER_HELP;

struct join {
	struct reader reader; /* of the last file */
	struct source *parts; /* owned array; the files before it */
	size_t part_count;
	struct block_index index;
	struct block_origin *origins; /* owned */
	struct buf stub, certificates;
	struct seal seal;
	uint8_t sha256[SHA256_SIZE];
};

static void join_done(struct join *j)
{
	seal_done(&j->seal);
	buf_done(&j->stub);
	buf_done(&j->certificates);
	free(j->origins);
	block_index_done(&j->index);
	reader_close(&j->reader);
	for (size_t i = 0; i < j->part_count; i++)
		file_source_close(&j->parts[i]);
	free(j->parts);
}

/* --- its parts ---------------------------------------------------------------------------------- */

/* The head of @src, if it is a part of the same bundle and begins with one. */
static bool take_head(struct join *j, const struct source *src, struct err *err)
{
	AUTO(bundle_close) struct bundle part = { 0 };
	const char *platform;
	return j->stub.len || (bundle_open(src, &j->reader.how, &part, err) &&
			       bundle_check_stub(&part, &platform, err) &&
			       assemble_read_head(&part, &j->stub, &j->certificates, err));
}

static bool add_part(struct join *j, const char *path, struct err *err)
{
	struct source *src = &j->parts[j->part_count];
	struct err why = { 0 };
	if (!file_source_open(path, src, err))
		return false;
	j->part_count++;
	if (!block_index_add(&j->index, src, err))
		return false;
	/* Of another bundle it has blocks for us and nothing else. */
	return !bundle_add(&j->reader.bundle, src, &why) || take_head(j, src, err);
}

static bool read_parts(struct join *j, const struct operands *operands, struct err *err)
{
	size_t n = operands->count - 1;
	j->parts = calloc(n ? n : 1, sizeof(*j->parts));
	if (!j->parts)
		return err_no_memory(err);
	if (!take_head(j, &j->reader.src, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!add_part(j, operands->v[i], err))
			return false;
	block_index_finish(&j->index);
	return true;
}

static bool find_blocks(struct join *j, struct err *err)
{
	const struct bundle *b = &j->reader.bundle;
	uint32_t missing = 0, first = 0;
	if (!assemble_origins(b, &j->origins, err))
		return false;
	for (uint32_t i = 0; i < b->table.count; i++) {
		if (!j->origins[i].src)
			j->origins[i] = block_index_find(&j->index, &b->table.blocks[i]);
		if (j->origins[i].src)
			continue;
		first = missing++ ? first : i;
	}
	return missing == 0 ||
	       err_set(err, ERR_MISSING_BLOCK,
		       "%u of %u blocks are in none of the files, the first is block %u: add the "
		       "file that has them",
		       (unsigned)missing, (unsigned)b->table.count, (unsigned)first);
}

/* --- the whole ---------------------------------------------------------------------------------- */

static bool check_sum(struct join *j, const char *expected, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	uint8_t want[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	if (!file_source_open(j->seal.bundle.temp, &src, err) ||
	    !sha256_of_source(&src, 0, src.size, j->sha256, err))
		return false;
	sha256_hex(j->sha256, hex);
	if (!expected ||
	    (sha256_from_hex(expected, want) && memcmp(want, j->sha256, sizeof(want)) == 0))
		return true;
	return err_set(err, ERR_DIGEST, "the bundle's sha256 is %s, not %s", hex, expected);
}

static bool print(const struct join *j, bool json, struct err *err)
{
	char hex[SHA256_HEX_SIZE], size[BYTES_TEXT_SIZE];
	sha256_hex(j->sha256, hex);
	if (!json) {
		printf("%s: %s, sha256 %s\n", j->seal.bundle.path,
		       bytes_text(j->seal.bundle.offset, size), hex);
		return true;
	}
	AUTO(json_auto_free) struct json *doc = json_new("join", err);
	if (!doc)
		return false;
	json_add_string(doc, json_top(doc), "path", j->seal.bundle.path);
	json_add_u64(doc, json_top(doc), "size", j->seal.bundle.offset);
	json_add_sha256(doc, json_top(doc), "sha256", j->sha256);
	return reader_print_json(doc, err);
}

bool cmd_join(int argc, char **argv, struct err *err)
{
	AUTO(join_done) struct join j = { .seal = SEAL_INIT };
	struct reader_options opt = { 0 };
	const char *output = NULL, *sha256 = NULL;
	const struct option options[] = {
		READER_OPTIONS(opt),
		{ "output", 'o', OPTION_TEXT, &output, 0, 0 },
		{ "sha256", 0, OPTION_TEXT, &sha256, 0, 0 },
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, BUNDLE_FILES_MAX, &operands, err))
		return false;
	if (!output)
		return err_set(err, ERR_USAGE,
			       "join: -o BUNDLE is missing; see 'ibbundle help join'");
	struct outfile *out = &j.seal.bundle;
	if (!reader_open(&j.reader, operands.v[operands.count - 1], &opt, err) ||
	    !bundle_check_documents(&j.reader.bundle, err) || !read_parts(&j, &operands, err) ||
	    !find_blocks(&j, err) || !outfile_open(out, output, err))
		return false;
	struct assembly a = { .bundle = &j.reader.bundle,
			      .origins = j.origins,
			      .stub = buf_slice(&j.stub),
			      .certificates = buf_slice(&j.certificates) };
	return assemble(&a, out, err) && seal_verify(&j.seal, false, false, j.reader.now, err) &&
	       check_sum(&j, sha256, err) && seal_commit(&j.seal, j.stub.len ? 0777 : 0666, err) &&
	       print(&j, opt.json, err);
}
