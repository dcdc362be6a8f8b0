/* SPDX-License-Identifier: MIT */
/* group_read.c - see group_read.h. */
#include "group_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

/* What of file number @index of the order lies in a block. */
struct part {
	const struct group_file *file;
	uint64_t from;   /* in the file */
	uint64_t at;     /* in the block */
	uint64_t length; /* 0: nothing, and nothing of those after it either */
};

static struct part part_of(const struct groups *g, const struct group_block *b, uint32_t index)
{
	if (index >= g->order_count)
		return (struct part) { 0 };
	const struct group_file *f = &g->files[g->order[index]];
	uint64_t end = b->start + b->size, file_end = f->offset + f->size;
	if (f->group != b->group || f->offset >= end)
		return (struct part) { 0 };
	uint64_t begin = f->offset < b->start ? b->start : f->offset;
	uint64_t stop = file_end < end ? file_end : end;
	return (struct part) { f, begin - f->offset, begin - b->start, stop - begin };
}

static bool cut_short(const struct group_file *f, uint64_t at, struct err *err)
{
	return err_set(err, ERR_DIGEST,
		       "'%s' is cut short since it was verified: %llu of %llu bytes; delete it and "
		       "fetch again",
		       f->from, (unsigned long long)at, (unsigned long long)f->size);
}

static bool read_part(int fd, const struct part *p, uint8_t *out, struct err *err)
{
	for (uint64_t done = 0; done < p->length;) {
		ssize_t n =
			pread(fd, out + done, (size_t)(p->length - done), (off_t)(p->from + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, ERR_SYSTEM, "cannot read '%s': %s", p->file->from,
				       strerror(errno));
		if (n == 0)
			return cut_short(p->file, p->from + done, err);
		done += (uint64_t)n;
	}
	return true;
}

static int open_file(const struct group_file *f, struct err *err)
{
	int fd = open(f->from, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err_set(err, ERR_SYSTEM, "cannot open '%s': %s", f->from, strerror(errno));
	return fd;
}

bool group_read_block(const struct groups *g, uint32_t block, uint8_t *out, struct err *err)
{
	const struct group_block *b = &g->blocks[block];
	memset(out, 0, (size_t)b->size); /* between files there are gaps */
	for (uint32_t i = b->file;; i++) {
		struct part p = part_of(g, b, i);
		if (p.length == 0)
			return true;
		AUTO(auto_close) int fd = open_file(p.file, err);
		if (fd < 0 || !read_part(fd, &p, out + p.at, err))
			return false;
	}
}

/* --- in their order ------------------------------------------------------------------------------- */

void group_reader_done(struct group_reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	sha256_done(&r->hash);
}

static bool begin_file(struct group_reader *r, const struct group_file *f, struct err *err)
{
	r->fd = open_file(f, err);
	r->done = 0;
	sha256_done(&r->hash);
	return r->fd >= 0 && sha256_init(&r->hash, err);
}

static bool end_file(struct group_reader *r, const struct group_file *f, struct err *err)
{
	uint8_t more, seen[SHA256_SIZE];
	bool longer = pread(r->fd, &more, 1, (off_t)f->size) != 0;
	close(r->fd);
	r->fd = -1;
	r->next++;
	sha256_final(&r->hash, seen);
	if (!longer && memcmp(seen, f->sha256, SHA256_SIZE) == 0)
		return true;
	char want[SHA256_HEX_SIZE], have[SHA256_HEX_SIZE];
	sha256_hex(f->sha256, want);
	sha256_hex(seen, have);
	return err_set(err, ERR_DIGEST,
		       "'%s' has changed since it was verified: expected sha256 %s, found %s%s; "
		       "delete it and fetch again",
		       f->from, want, have, longer ? " and more bytes after it" : "");
}

bool group_read_next(struct group_reader *r, uint32_t block, uint8_t *out, struct err *err)
{
	const struct group_block *b = &r->g->blocks[block];
	memset(out, 0, (size_t)b->size);
	for (;;) {
		struct part p = part_of(r->g, b, r->next);
		if (p.length == 0)
			return true;
		if (r->fd < 0 && !begin_file(r, p.file, err))
			return false;
		if (p.from != r->done)
			return err_set(err, ERR_SYSTEM, "blocks are not read in their order");
		if (!read_part(r->fd, &p, out + p.at, err))
			return false;
		sha256_update(&r->hash, out + p.at, (size_t)p.length);
		r->done += p.length;
		if (r->done < p.file->size)
			return true; /* the rest is in the next block */
		if (!end_file(r, p.file, err))
			return false;
	}
}
