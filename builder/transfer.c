/* SPDX-License-Identifier: MIT */
/* transfer.c - see transfer.h. */
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"
#include "url.h"

#define BUSY_MS 200 /* between looks whether another builder is done with a file */
#define WAIT_MS_MAX 60000
#define LOCAL_CHUNK (256 * 1024)
#define PROGRESS_RESETS_TRIES (1 << 20) /* a try that brought so many bytes was not in vain */
#define FAILURES_MAX 640                /* of the message's 1024 bytes */

uint64_t clock_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t transfer_limit(const struct transfer *t)
{
	if (t->item->size)
		return t->item->size;
	return t->item->size_max ? t->item->size_max : FETCH_SIZE_MAX;
}

uint64_t transfer_size(const struct transfer *t)
{
	return t->add ? cache_add_size(t->add) : 0;
}

static void close_file(struct transfer *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

void transfer_begin(struct transfer *t, struct cache *c, struct fetch_item *item, unsigned retries,
		    unsigned wait_ms)
{
	*t = (struct transfer) {
		.cache = c,
		.item = item,
		.retries = retries,
		.wait_ms = wait_ms,
		.fd = -1,
		.failures = BUF_INIT(FAILURES_MAX),
	};
}

void transfer_end(struct transfer *t)
{
	if (t->stage == STAGE_DONE)
		return;
	close_file(t);
	cache_add_free(t->add);
	t->add = NULL;
	buf_done(&t->failures);
	t->stage = STAGE_DONE;
}

static void try_again(struct transfer *t, uint64_t wait_ms)
{
	t->stage = STAGE_WAITING;
	t->not_before_ms = clock_ms() + wait_ms;
}

/* What is there is nothing yet. */
static void forget(struct transfer *t)
{
	t->base = 0;
	t->pieced = false;
	t->validator[0] = '\0';
}

bool transfer_restart(struct transfer *t, struct err *err)
{
	forget(t);
	return cache_add_restart(t->add, err);
}

bool transfer_too_large(const struct transfer *t, struct err *why)
{
	return err_set(why, ERR_FORMAT, "it is larger than the %s %llu bytes",
		       t->item->size ? "expected" : "allowed",
		       (unsigned long long)transfer_limit(t));
}

bool transfer_too_short(const struct transfer *t, struct err *why)
{
	return err_set(why, ERR_NETWORK, "it ended after %llu of %llu bytes",
		       (unsigned long long)transfer_size(t), (unsigned long long)t->item->size);
}

/* --- failing --------------------------------------------------------------------------------- */

static const char *next_step(const struct transfer *t)
{
	switch (t->worst) {
	case ERR_DIGEST:
		return "it changed since it was locked, or somebody tampers with it: compare with "
		       "what its vendor publishes before locking again";
	case ERR_UNTRUSTED:
		return "name the server's certificate authority with --cacert FILE";
	case ERR_FORMAT:
		return "check the URL, then lock again";
	default:
		return t->may_pass ? "check network, proxy and mirror, and run it again: what is "
				     "there is kept"
				   : "check the URL; where the repository has moved on, lock again";
	}
}

/* Where waiting might have helped, the next item would wait in vain as well. */
static bool no_mirror_left(struct transfer *t, struct err *err)
{
	if (t->item->may_be_missing && t->not_there_count == t->item->url_count) {
		t->item->missing = true;
		transfer_end(t);
		return true;
	}
	struct err *where = t->may_pass ? err : &t->lost;
	err_set(where, t->worst, "cannot fetch %s: %s; %s", t->item->what, buf_str(&t->failures),
		next_step(t));
	if (!t->may_pass)
		transfer_end(t);
	return !t->may_pass;
}

/* The mirror's last word: note it and go on with the next, if there is one. */
static bool give_up_mirror(struct transfer *t, const struct err *why, struct err *err)
{
	AUTO(auto_free) char *url = url_text(t->item->urls[t->url]);
	if (!url)
		return err_no_memory(err);
	progress_note("%s: %s", url, why->msg);
	if (t->failures.len)
		buf_add_str(&t->failures, "; ");
	buf_printf(&t->failures, "%s: %s", url, why->msg);
	if (t->tries > 1)
		buf_printf(&t->failures, " (tried %u times)", t->tries);
	/* a wrong digest weighs more than a mirror that does not answer */
	if (t->worst != ERR_DIGEST)
		t->worst = why->code;
	t->not_there_count += t->not_there;
	t->not_there = false;
	if (++t->url == t->item->url_count)
		return no_mirror_left(t, err);
	t->tries = 0;
	t->no_range = false;
	t->whole_again = false;
	t->validator[0] = '\0'; /* another server's ETag means nothing here */
	try_again(t, 0);
	return true;
}

/* After @tries failed tries: wait_ms, then twice as long each time. */
static uint64_t growing_wait(const struct transfer *t)
{
	uint64_t ms = t->wait_ms;
	for (unsigned i = 1; i < t->tries && ms < WAIT_MS_MAX; i++)
		ms *= 2;
	return ms;
}

bool transfer_failed(struct transfer *t, const struct err *why, enum hope hope, uint64_t wait_ms,
		     struct err *err)
{
	close_file(t);
	if (transfer_size(t) >= t->base + PROGRESS_RESETS_TRIES)
		t->tries = 0;
	unsigned retries = t->retries;
	if (hope == HOPE_ONCE && retries > 1)
		retries = 1;
	t->tries++;
	t->may_pass |= hope != HOPE_NONE;
	if (hope == HOPE_NONE || t->tries > retries)
		return give_up_mirror(t, why, err);
	if (!wait_ms)
		wait_ms = growing_wait(t);
	if (wait_ms > WAIT_MS_MAX)
		wait_ms = WAIT_MS_MAX;
	progress_note("%s: %s; trying again in %.1f s", t->item->what, why->msg,
		      (double)wait_ms / 1000);
	try_again(t, wait_ms);
	return true;
}

/* --- the end --------------------------------------------------------------------------------- */

static void succeed(struct transfer *t, const uint8_t digest[SHA256_SIZE], uint64_t size,
		    bool from_cache)
{
	memcpy(t->item->seen_sha256, digest, SHA256_SIZE);
	t->item->seen_size = size;
	t->item->from_cache = from_cache;
	t->item->done = true;
	transfer_end(t);
}

bool transfer_complete(struct transfer *t, struct err *err)
{
	close_file(t);
	uint64_t size = transfer_size(t);
	uint8_t digest[SHA256_SIZE];
	struct err why = { 0 };
	const uint8_t *want = t->item->have_sha256 ? t->item->sha256 : NULL;
	if (cache_add_commit(t->add, want, digest, &why)) {
		succeed(t, digest, size, false);
		return true;
	}
	if (why.code != ERR_DIGEST) {
		*err = why;
		return false;
	}
	bool pieced = t->pieced;
	forget(t); /* commit dropped the bytes */
	if (!pieced || t->whole_again)
		return transfer_failed(t, &why, HOPE_NONE, 0, err);
	t->whole_again = true;
	progress_note("%s: its pieces don't fit together; fetching it as a whole", t->item->what);
	try_again(t, 0);
	return true;
}

/* --- local files ----------------------------------------------------------------------------- */

static bool local_failed(struct transfer *t, struct err *err)
{
	struct err why = { 0 };
	t->not_there = errno == ENOENT;
	err_set(&why, ERR_SYSTEM, "%s", strerror(errno));
	return transfer_failed(t, &why, HOPE_NONE, 0, err);
}

static bool local_begin(struct transfer *t, struct err *err)
{
	struct err why = { 0 };
	AUTO(auto_free) char *path = url_local_path(t->item->urls[t->url], &why);
	if (!path)
		return transfer_failed(t, &why, HOPE_NONE, 0, err);
	struct stat st;
	t->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang us */
	if (t->fd < 0 || fstat(t->fd, &st) != 0)
		return local_failed(t, err);
	if (!S_ISREG(st.st_mode)) {
		err_set(&why, ERR_SYSTEM, "it is not a regular file");
		return transfer_failed(t, &why, HOPE_NONE, 0, err);
	}
	t->stage = STAGE_LOCAL;
	return transfer_restart(t, err); /* reading it again is as good as resuming */
}

bool transfer_local_step(struct transfer *t, struct err *err)
{
	static uint8_t chunk[LOCAL_CHUNK];
	struct err why = { 0 };
	ssize_t n = read(t->fd, chunk, sizeof(chunk));
	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0)
		return local_failed(t, err);
	if (n == 0 && t->item->size && transfer_size(t) < t->item->size) {
		transfer_too_short(t, &why);
		return transfer_failed(t, &why, HOPE_NONE, 0, err);
	}
	if (n == 0)
		return transfer_complete(t, err);
	if ((uint64_t)n > transfer_limit(t) - transfer_size(t)) {
		transfer_too_large(t, &why);
		return transfer_failed(t, &why, HOPE_NONE, 0, err);
	}
	return cache_add_write(t->add, chunk, (size_t)n, err);
}

/* --- the beginning --------------------------------------------------------------------------- */

/* Hold the partial file of a known digest.  t->add stays NULL where that has to wait or is moot. */
static bool hold(struct transfer *t, struct err *err)
{
	struct fetch_item *item = t->item;
	bool busy;
	t->add = cache_add_resume(t->cache, item->sha256, &busy, err);
	if (busy) {
		if (!t->told_busy)
			progress_note("%s: another download of it is under way", item->what);
		t->told_busy = true;
		try_again(t, BUSY_MS);
		return true;
	}
	if (!t->add)
		return false;
	/* who held it before may have finished it */
	uint64_t size;
	if (cache_size(t->cache, item->sha256, &size) && (!item->size || size == item->size)) {
		succeed(t, item->sha256, size, true);
		return true;
	}
	t->pieced = transfer_size(t) > 0;
	return transfer_size(t) <= transfer_limit(t) || transfer_restart(t, err);
}

bool transfer_start(struct transfer *t, struct err *err)
{
	if (!t->add && t->item->have_sha256) {
		if (!hold(t, err))
			return false;
		if (!t->add)
			return true;
	}
	if (!t->add)
		t->add = cache_add_begin(t->cache, err);
	if (!t->add)
		return false;
	if (t->item->size && transfer_size(t) == t->item->size)
		return transfer_complete(t, err); /* an earlier run ended just before this */
	if (url_kind(t->item->urls[t->url]) == URL_LOCAL)
		return local_begin(t, err);
	/* without a digest only a validator tells that both pieces are of one file */
	bool may_resume = !t->no_range && (t->item->have_sha256 || t->validator[0]);
	if (transfer_size(t) && !may_resume && !transfer_restart(t, err))
		return false;
	t->base = transfer_size(t);
	t->stage = STAGE_HTTP;
	return true;
}
