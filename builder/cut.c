/* SPDX-License-Identifier: MIT */
/* cut.c - see cut.h. */
#include "cut.h"

#include <string.h>

#include "file.h"
#include "progress.h"
#include "stub.h"

void cut_done(struct cut *c)
{
	volumes_done(&c->volumes);
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

bool cut_select(struct cut *c, struct err *err)
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
	const struct head *h = NULL;
	if (heads_read(&c->heads, &c->stub_files, err))
		h = heads_find_signed(&c->heads, &c->reader.bundle.root, platform, err);
	if (!h)
		return false;
	c->stub = BUF_INIT(STUB_SIZE_MAX);
	buf_add(&c->stub, h->stub.p, h->stub.len);
	return buf_ok(&c->stub, "the stub", err);
}

/* Certificates stay where a part is to be joined again: they belong to what comes of it. */
static bool take_head(struct cut *c, struct err *err)
{
	const struct bundle *b = &c->reader.bundle;
	const char *here;
	if (!bundle_check_stub(b, &here, err) ||
	    !assemble_read_head(b, &c->stub, &c->certificates, err))
		return false;
	if (c->certificates.len && !c->without.count) {
		fprintf(stderr,
			"note: '%s' has no Authenticode signature, since that of '%s' covers other "
			"bytes\n",
			c->output, b->src.name);
		buf_done(&c->certificates);
	}
	return true;
}

/* The platform that the name of the file asks for; NULL for none.  False: by the bundle's head. */
static bool wants_platform(const struct cut *c, const char **platform)
{
	size_t base;
	return head_of_name(c->output, platform, &base);
}

bool cut_keeps_head(const struct cut *c)
{
	const char *wanted = NULL, *here = reader_stub_platform(&c->reader);
	if (!wants_platform(c, &wanted))
		return true;
	return wanted && here && strcmp(wanted, here) == 0;
}

static bool read_head(struct cut *c, struct err *err)
{
	const char *wanted = NULL;
	if (cut_keeps_head(c))
		return take_head(c, err);
	return !wants_platform(c, &wanted) || !wanted || find_stub(c, wanted, err);
}

/* --- the files ---------------------------------------------------------------------------------- */

static bool write_volumes(struct cut *c, struct err *err)
{
	const struct assembly a = { .bundle = &c->reader.bundle,
				    .origins = c->origins,
				    .stub = buf_slice(&c->stub),
				    .certificates = buf_slice(&c->certificates) };
	return volumes_write(&c->volumes, &a, c->max, c->output, c->reader.now, err) &&
	       volumes_commit(&c->volumes, c->stub.len > 0, err);
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

void cut_add_json(const struct cut *c, struct json *j)
{
	uint64_t packages = 0, blocks = 0;
	add_sums(c, &packages, &blocks);
	struct json_value *files = json_add_array(j, json_top(j), "files");
	for (size_t i = 0; i < c->volumes.count; i++) {
		struct json_value *v = json_add_object(j, files, NULL);
		json_add_string(j, v, "path", c->volumes.v[i].bundle.path);
		json_add_u64(j, v, "size", c->volumes.v[i].bundle.offset);
	}
	json_add_u64(j, json_top(j), "packages", packages);
	json_add_u64(j, json_top(j), "blocks", blocks);
}

bool cut_print(const struct cut *c, const char *command, bool as_json, struct err *err)
{
	const struct bundle *b = &c->reader.bundle;
	char size[BYTES_TEXT_SIZE], of[BYTES_TEXT_SIZE];
	uint64_t packages = 0, blocks = 0;
	add_sums(c, &packages, &blocks);
	if (as_json) {
		AUTO(json_auto_free) struct json *j = json_new(command, err);
		if (!j)
			return false;
		cut_add_json(c, j);
		return reader_print_json(j, err);
	}
	for (size_t i = 0; i < c->volumes.count; i++)
		printf("%s: %s\n", c->volumes.v[i].bundle.path,
		       bytes_text(c->volumes.v[i].bundle.offset, size));
	printf("%llu of %zu packages, %llu of %u blocks%s, from %s of %s\n",
	       (unsigned long long)packages, b->catalog.package_count, (unsigned long long)blocks,
	       (unsigned)b->table.count, c->without.count ? " (the rest is in --without)" : "",
	       b->src.name, bytes_text(b->src.size, of));
	return true;
}

bool cut_check_options(struct cut *c, const char *command, struct err *err)
{
	if (!c->output)
		return err_set(err, ERR_USAGE, "%s: -o FILE is missing; see 'ibbundle help %s'",
			       command, command);
	return !c->max_text || slice_parse_size(c->max_text, &c->max, err) ||
	       err_wrap(err, "--max-size");
}

bool cut_write(struct cut *c, struct err *err)
{
	return bundle_check_documents(&c->reader.bundle, err) && read_head(c, err) &&
	       write_volumes(c, err);
}
