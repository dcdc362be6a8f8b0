/* SPDX-License-Identifier: MIT */
/* deflate.c - see deflate.h.  The only file that includes zlib. */
#include "deflate.h"

#include <zlib.h>

#define CHUNK (64u << 10)

struct deflating {
	z_stream z;
	uint8_t in[CHUNK], out[CHUNK];
};

static void deflating_free(struct deflating **slot)
{
	if (*slot)
		deflateEnd(&(*slot)->z);
	free(*slot);
}

bool deflate_zlib(const struct recipe_op *op, const struct recipe_io *io, uint64_t *at,
		  struct err *err)
{
	AUTO(deflating_free) struct deflating *d = calloc(1, sizeof(*d));
	if (!d)
		return err_no_memory(err);
	if (deflateInit2(&d->z, (int)op->level, Z_DEFLATED, -MAX_WBITS, (int)op->memory,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(err, ERR_FORMAT, "zlib can't do what the recipe asks for");
	uint64_t left = op->length;
	for (int rc = Z_OK; rc != Z_STREAM_END;) {
		if (d->z.avail_in == 0 && left > 0) {
			size_t got = 0, n = left < CHUNK ? (size_t)left : CHUNK;
			if (!io->read(io->ctx, d->in, n, &got, err))
				return false;
			d->z.next_in = d->in;
			d->z.avail_in = (uInt)got;
			left -= got;
		}
		d->z.next_out = d->out;
		d->z.avail_out = CHUNK;
		rc = deflate(&d->z, left > 0 ? Z_NO_FLUSH : Z_FINISH);
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
			return err_set(err, ERR_FORMAT, "zlib can't deflate");
		size_t made = CHUNK - d->z.avail_out;
		if (made && !io->write(io->ctx, *at, d->out, made, err))
			return false;
		*at += made;
	}
	return true;
}

const char *deflate_version(void)
{
	return zlibVersion();
}
