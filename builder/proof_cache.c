/* SPDX-License-Identifier: MIT */
/* proof_cache.c - see proof_cache.h. */
#include "proof_cache.h"

#include <string.h>

#include "file.h"

#define VERSION 1
#define TEXT_MAX 64

static char *proof_path(const struct cache *c, const uint8_t sha256[SHA256_SIZE])
{
	char hex[SHA256_HEX_SIZE], *path = NULL;
	sha256_hex(sha256, hex);
	if (asprintf(&path, "%s/recipes-%d/%.2s/%s", cache_dir(c), VERSION, hex, hex) < 0)
		return NULL;
	return path;
}

/* "-" or a number of at most two digits. */
static bool read_way(struct rd *r, uint8_t end, uint32_t *out)
{
	uint32_t n = 0;
	uint8_t c = (uint8_t)rd_uint_le(r, 1);
	if (c == '-') {
		n = PROVE_NO_WAY;
		c = (uint8_t)rd_uint_le(r, 1);
	} else {
		for (unsigned i = 0; i < 2 && c >= '0' && c <= '9'; i++) {
			n = n * 10 + (uint32_t)(c - '0');
			c = (uint8_t)rd_uint_le(r, 1);
		}
	}
	*out = n;
	return !r->bad && c == end;
}

void proof_cache_find(const struct cache *c, const uint8_t sha256[SHA256_SIZE],
		      struct deb_proof *proof)
{
	AUTO(auto_free) char *path = proof_path(c, sha256);
	AUTO(buf_done) struct buf text = { 0 };
	struct deb_proof found = { .known = true };
	if (!path || !file_read(path, TEXT_MAX, &text, NULL))
		return;
	struct rd r = rd_new(buf_slice(&text));
	if (read_way(&r, ' ', &found.ways[0]) && read_way(&r, '\n', &found.ways[1]) && rd_end(&r))
		*proof = found;
}

static void write_way(struct buf *out, uint32_t way, const char *end)
{
	if (way == PROVE_NO_WAY)
		buf_printf(out, "-%s", end);
	else
		buf_printf(out, "%u%s", (unsigned)way, end);
}

void proof_cache_put(const struct cache *c, const uint8_t sha256[SHA256_SIZE],
		     const struct deb_proof *proof)
{
	AUTO(auto_free) char *path = proof_path(c, sha256);
	AUTO(buf_done) struct buf text = BUF_INIT(TEXT_MAX);
	if (!path)
		return;
	write_way(&text, proof->ways[0], " ");
	write_way(&text, proof->ways[1], "\n");
	size_t dir = file_dir_length(path);
	path[dir - 1] = '\0';
	bool made = dir_make(path, NULL);
	path[dir - 1] = '/';
	if (made && !text.bad && !file_write_atomic(path, buf_slice(&text), 0644, NULL))
		return;
}
