/* SPDX-License-Identifier: MIT */
/* cmd_publish.c - `ibbundle publish`: a bundle or its parts into a storage container. */
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "file.h"
#include "progress.h"
#include "publish.h"
#include "reader.h"
#include "seal.h"
#include "slice.h"

#define JOBS_DEFAULT 8
#define JOBS_MAX 64

const char cmd_publish_help[] =
	"Puts bundles, slices or volumes into an Azure storage container, by the Blob REST API,\n"
	"each with its .p7s where there is one.\n"
	"URL is https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME, or ends with a slash: then\n"
	"the files keep their names.  Nothing is overwritten; a file that is there already, byte\n"
	"for byte, counts as done.  What was cut short goes on where it ended: run it "
	"again.\n\n" CREDENTIAL_HELP "  --replace          replace what is there under this name\n"
	"  -j, --jobs N       blocks at a time, 1 to 64; default 8\n"
	"  --block-size SIZE  64K to 4000M; default 8M\n" WEB_HELP "\n" READER_HELP "\n"
	"Proxies are taken from http_proxy, https_proxy, all_proxy and no_proxy.\n";

struct request {
	struct reader_options reader;
	struct credential_options secret;
	struct publish_options how;
	struct web_settings web;
	struct blob_url url;
	struct credential credential;
	struct web_pool *pool;
	struct json *json; /* NULL: lines */
	struct json_value *files;
};

static void request_done(struct request *q)
{
	web_pool_free(q->pool);
	credential_done(&q->credential);
	blob_url_done(&q->url);
	json_free(q->json);
}

static void tell(const struct request *q, const char *path, const struct blob_url *url,
		 uint64_t size, const struct publish_result *r)
{
	char text[BYTES_TEXT_SIZE];
	if (q->json) {
		struct json_value *v = json_add_object(q->json, q->files, NULL);
		json_add_string(q->json, v, "path", path);
		json_add_string(q->json, v, "url", url->shown);
		json_add_u64(q->json, v, "size", size);
		json_add_bool(q->json, v, "was_there", r->same);
		json_add_u64(q->json, v, "blocks", r->blocks);
		json_add_u64(q->json, v, "blocks_were_there", r->blocks_there);
		return;
	}
	printf("%s: %s", url->shown, bytes_text(size, text));
	if (r->same)
		printf(", was there already");
	else if (r->blocks_there)
		printf(", %u of %u blocks were there already", (unsigned)r->blocks_there,
		       (unsigned)r->blocks);
	printf("\n");
}

/* What a file is of, for its blob. */
struct metadata {
	char root[SHA256_HEX_SIZE];
	const struct bundle *bundle;
};

/* @path under its own name in a folder, else under the URL with @suffix. */
static bool put(struct request *q, const char *path, const char *suffix, const struct source *src,
		const struct metadata *of, struct err *err)
{
	AUTO(blob_url_done) struct blob_url url = { 0 };
	struct publish_result result;
	bool ok = blob_url_is_folder(&q->url)
			  ? blob_url_in(&q->url, path + file_dir_length(path), &url, err)
			  : blob_url_with(&q->url, suffix, &url, err);
	if (!ok)
		return false;
	struct blob_new blob = { .url = &url,
				 .metadata = {
					 { "x-ms-meta-ibbundle_name", of->bundle->root.name },
					 { "x-ms-meta-ibbundle_version", of->bundle->root.version },
					 { "x-ms-meta-ibbundle_root", of->root } } };
	if (!publish_file(q->pool, src, &blob, &q->how, &result, err))
		return err_wrap(err, "cannot publish '%s'", path);
	tell(q, path, &url, src->size, &result);
	return true;
}

/* The signature over the whole file, where there is one. */
static bool put_signature(struct request *q, const char *path, const struct metadata *of,
			  struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	AUTO(auto_free) char *name = NULL;
	if (asprintf(&name, "%s" SEAL_SUFFIX, path) < 0) {
		name = NULL;
		return err_no_memory(err);
	}
	return file_source_open(name, &src, err) && put(q, name, SEAL_SUFFIX, &src, of, err);
}

static bool publish_one(struct request *q, const char *path, struct err *err)
{
	AUTO(reader_close) struct reader r = { 0 };
	AUTO(file_source_close) struct source src = { 0 };
	struct metadata of = { .bundle = &r.bundle };
	struct signer signer;
	enum whole whole;
	uint8_t digest[SHA256_SIZE];
	if (!reader_open(&r, path, &q->reader, err) || !file_source_open(path, &src, err) ||
	    !reader_check_whole(&r, path, &src, &whole, &signer, err))
		return false;
	struct slice bytes = { r.bundle.root_bytes, (size_t)r.bundle.locator.root.size };
	if (!sha256_of(bytes, digest, err))
		return false;
	sha256_hex(digest, of.root);
	return put(q, path, "", &src, &of, err) &&
	       (whole == WHOLE_NONE || put_signature(q, path, &of, err));
}

static bool prepare(struct request *q, const struct operands *o, const char *block_size,
		    struct err *err)
{
	const char *url = o->v[o->count - 1];
	if (block_size && !slice_parse_size(block_size, &q->how.block_size, err))
		return err_wrap(err, "--block-size");
	if (q->how.block_size < PUBLISH_BLOCK_MIN || q->how.block_size > BLOCK_SIZE_MAX)
		return err_set(err, ERR_USAGE, "--block-size is from 64K to 4000M");
	if (!blob_url_parse(url, &q->url, err))
		return false;
	if (o->count > 2 && !blob_url_is_folder(&q->url))
		return err_set(
			err, ERR_USAGE,
			"for several files the URL must end with a slash: they keep their names");
	if (q->web.cacert && access(q->web.cacert, R_OK) != 0)
		return file_error(err, "read", q->web.cacert);
	if (!q->secret.auth)
		return err_set(err, ERR_USAGE,
			       "say by what you may write there: --auth sas, key or token");
	if (!credential_open(&q->secret, &q->url, &q->credential, err))
		return false;
	q->web.credential = &q->credential;
	q->pool = web_pool_new(&q->web, err);
	return q->pool != NULL;
}

bool cmd_publish(int argc, char **argv, struct err *err)
{
	AUTO(request_done) struct request q = { .how = { .block_size = PUBLISH_BLOCK_DEFAULT },
						.web = { .retries = WEB_RETRIES_DEFAULT } };
	const char *block_size = NULL;
	uint64_t jobs = JOBS_DEFAULT;
	const struct option options[] = {
		READER_OPTIONS(q.reader),
		CREDENTIAL_OPTIONS(q.secret),
		{ "replace", 0, OPTION_FLAG, &q.how.replace, 0, 0 },
		{ "jobs", 'j', OPTION_NUMBER, &jobs, 1, JOBS_MAX },
		{ "block-size", 0, OPTION_TEXT, &block_size, 0, 0 },
		WEB_OPTIONS(q.web),
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 2, BUNDLE_FILES_MAX, &operands, err))
		return false;
	q.how.jobs = (unsigned)jobs;
	if (!prepare(&q, &operands, block_size, err))
		return false;
	if (q.reader.json) {
		q.json = json_new("publish", err);
		if (!q.json)
			return false;
		q.files = json_add_array(q.json, json_top(q.json), "files");
	}
	/* The first one last: where it is, the volumes that belong to it are. */
	for (size_t i = operands.count - 1; i-- > 0;)
		if (!publish_one(&q, operands.v[i], err))
			return false;
	return !q.json || reader_print_json(q.json, err);
}
