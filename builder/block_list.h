/* SPDX-License-Identifier: MIT */
/*
 * block_list.h - which blocks of an upload the service has: what Get Block List answers, and what Put
 * Block List is sent.
 *
 * A block's name says all about it: MD5 of its bytes, its number, its size.  So what is there can be
 * told from what is wanted, whoever left it there and from whatever file.
 */
#ifndef BLOCK_LIST_H
#define BLOCK_LIST_H

#include "mac.h"

#define BLOCK_LIST_MAX 50000                  /* blocks of a blob, by the service */
#define BLOCK_LIST_TEXT_MAX (24u << 20)       /* bytes of an answer: 100,000 uncommitted blocks */
#define BLOCK_NAME_SIZE 33                    /* base64 of 24 bytes, with its NUL */
#define BLOCK_SIZE_MAX (UINT64_C(4000) << 20) /* by the service, since version 2019-12-12 */

struct uploaded_block {
	char name[BLOCK_NAME_SIZE];
	uint64_t size;
};

struct block_list {
	struct uploaded_block *blocks; /* owned; sorted by name */
	size_t count;
};

void block_name(const uint8_t md5[MD5_SIZE], uint32_t number, uint64_t size,
		char out[BLOCK_NAME_SIZE]);

/*
 * The uncommitted blocks of @text that have names as block_name() makes them; others are left out.
 * ERR_FORMAT for what is no such list.
 */
bool block_list_parse(struct slice text, struct block_list *out, struct err *err) MUST_CHECK;
bool block_list_has(const struct block_list *l, const char *name, uint64_t size);
void block_list_done(struct block_list *l); /* accepts a zeroed struct; for AUTO() */

/* What makes a blob of @count blocks, in this order. */
void block_list_write(const char (*names)[BLOCK_NAME_SIZE], size_t count, struct buf *out);

#endif
