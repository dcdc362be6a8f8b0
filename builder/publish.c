/* SPDX-License-Identifier: MIT */
/* publish.c - see publish.h. */
#include "publish.h"

#include <stdatomic.h>
#include <string.h>

#include "progress.h"
#include "workers.h"

struct upload {
	struct web_pool *pool;
	const struct source *src;
	struct blob_new *blob;
	uint64_t block_size;
	uint32_t count;
	char (*names)[BLOCK_NAME_SIZE]; /* owned; of each block */
	struct block_list there;
	atomic_uint sent, there_count;
};

static void upload_done(struct upload *u)
{
	free(u->names);
	block_list_done(&u->there);
}

/* --- blocks ------------------------------------------------------------------------------------- */

static bool digest_all(struct upload *u, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(MD5_TEXT_SIZE);
	uint8_t md5[MD5_SIZE];
	if (!md5_of_source(u->src, 0, u->src->size, md5, err))
		return false;
	base64_add((struct slice) { md5, sizeof(md5) }, &text);
	snprintf(u->blob->md5, sizeof(u->blob->md5), "%s", buf_str(&text));
	return buf_ok(&text, "a digest", err);
}

static bool send_block(struct upload *u, uint32_t number, struct err *err)
{
	uint64_t offset = number * u->block_size, left = u->src->size - offset;
	uint64_t size = left < u->block_size ? left : u->block_size;
	uint8_t md5[MD5_SIZE];
	if (!md5_of_source(u->src, offset, size, md5, err))
		return false;
	block_name(md5, number, size, u->names[number]);
	if (block_list_has(&u->there, u->names[number], size))
		atomic_fetch_add(&u->there_count, 1);
	else if (!blob_put_block(u->pool, u->blob->url, u->names[number], u->src, offset, size, md5,
				 err))
		return false;
	else
		atomic_fetch_add(&u->sent, 1);
	progress_add(size);
	return true;
}

static bool send_one(void *ctx, size_t index, struct err *err)
{
	struct upload *u = ctx;
	if (send_block(u, (uint32_t)index, err))
		return true;
	web_pool_stop(u->pool); /* the first error is the one that is told */
	return false;
}

static bool send_blocks(struct upload *u, unsigned jobs, struct err *err)
{
	bool secret;
	u->names = calloc(u->count, sizeof(*u->names));
	if (!u->names)
		return err_no_memory(err);
	if (!blob_list(u->pool, u->blob->url, &u->there, &secret, err))
		return false;
	if (secret)
		fprintf(stderr,
			"note: this credential may not list what an upload left at '%s' before: "
			"all is sent again\n",
			u->blob->url->shown);
	progress_begin("uploading", u->src->size);
	bool ok = workers_run(u->count, jobs, send_one, u, err);
	progress_end();
	if (!ok && (atomic_load(&u->sent) || atomic_load(&u->there_count)))
		err_wrap(err, "what was uploaded waits there, run it again to go on");
	return ok;
}

/* --- what is there ------------------------------------------------------------------------------ */

static bool is_same(const struct upload *u, const struct blob_found *found)
{
	return found->state == BLOB_THERE && found->size == u->src->size && found->md5[0] &&
	       strcmp(found->md5, u->blob->md5) == 0;
}

/* May it be made?  *same: it need not be. */
static bool look_first(struct upload *u, bool replace, struct blob_found *found, bool *same,
		       struct err *err)
{
	const char *url = u->blob->url->shown;
	if (!blob_look(u->pool, u->blob->url, found, err))
		return false;
	*same = is_same(u, found);
	if (found->state == BLOB_NONE || *same)
		return true;
	if (found->state == BLOB_SECRET)
		return !replace || err_set(err, ERR_UNTRUSTED,
					   "'%s': this credential may not read, so --replace can't "
					   "tell what it "
					   "would replace",
					   url);
	if (!replace)
		return err_set(err, ERR_CONFLICT,
			       "'%s' is there already, and is another file: take another name, or "
			       "give --replace",
			       url);
	if (!found->etag[0])
		return err_set(err, ERR_NETWORK, "'%s': the server tells no ETag of it", url);
	u->blob->if_match = found->etag;
	return true;
}

/* Something was in the way: what we made ourselves, if the answer to that was lost? */
static bool look_again(struct upload *u, struct err *err)
{
	struct blob_found now;
	if (!blob_look(u->pool, u->blob->url, &now, err))
		return false;
	return is_same(u, &now) ||
	       err_set(err, ERR_CONFLICT,
		       u->blob->if_match
			       ? "'%s' changed while this was uploaded: look who else writes it"
			       : "'%s' is there already: take another name, or give --replace",
		       u->blob->url->shown);
}

bool publish_file(struct web_pool *p, const struct source *src, struct blob_new *b,
		  const struct publish_options *opt, struct publish_result *out, struct err *err)
{
	AUTO(upload_done) struct upload u = { .pool = p, .src = src, .blob = b };
	struct blob_found found;
	enum blob_made made;
	uint64_t least = (src->size + BLOCK_LIST_MAX - 1) / BLOCK_LIST_MAX;
	u.block_size = opt->block_size > least ? opt->block_size : least;
	u.count = (uint32_t)((src->size + u.block_size - 1) / u.block_size);
	if (u.block_size > BLOCK_SIZE_MAX)
		return err_set(err, ERR_USAGE, "'%s' is larger than a blob can be", src->name);
	bool same;
	if (!digest_all(&u, err) || !look_first(&u, opt->replace, &found, &same, err))
		return false;
	*out = (struct publish_result) { .same = same };
	if (same)
		return true;
	bool ok = u.count == 1 ? blob_put(p, b, src, &made, err)
			       : send_blocks(&u, opt->jobs, err) &&
					 blob_commit(p, b, (const char(*)[BLOCK_NAME_SIZE])u.names,
						     u.count, &made, err);
	if (!ok || (made == BLOB_IN_THE_WAY && !look_again(&u, err)))
		return false;
	out->blocks = u.count;
	out->blocks_there = atomic_load(&u.there_count);
	return true;
}
