/* SPDX-License-Identifier: MIT */
/* block_list.c - see block_list.h. */
#include "block_list.h"

#include <string.h>

/* A cursor over the text, which may have any bytes. */
struct text {
	const char *p, *end;
};

void block_list_done(struct block_list *l)
{
	free(l->blocks);
	*l = (struct block_list) { 0 };
}

void block_name(const uint8_t md5[MD5_SIZE], uint32_t number, uint64_t size,
		char out[BLOCK_NAME_SIZE])
{
	AUTO(buf_done) struct buf text = BUF_INIT(BLOCK_NAME_SIZE);
	uint8_t raw[MD5_SIZE + 8];
	memcpy(raw, md5, MD5_SIZE);
	for (size_t i = 0; i < 4; i++) {
		raw[MD5_SIZE + i] = (uint8_t)(number >> (24 - 8 * i));
		raw[MD5_SIZE + 4 + i] = (uint8_t)(size >> (24 - 8 * i));
	}
	base64_add((struct slice) { raw, sizeof(raw) }, &text);
	memcpy(out, buf_str(&text), text.len < BLOCK_NAME_SIZE ? text.len + 1 : BLOCK_NAME_SIZE);
	out[BLOCK_NAME_SIZE - 1] = '\0';
}

/* --- parsing ------------------------------------------------------------------------------------ */

static void skip_blanks(struct text *t)
{
	while (t->p < t->end && strchr(" \t\r\n", *t->p) && *t->p)
		t->p++;
}

/* Is @word next?  Then it is behind us. */
static bool take(struct text *t, const char *word)
{
	size_t n = strlen(word);
	skip_blanks(t);
	if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0)
		return false;
	t->p += n;
	return true;
}

/* Up to the next '<'. */
static bool take_text(struct text *t, const char **from, size_t *n)
{
	const char *stop = memchr(t->p, '<', (size_t)(t->end - t->p));
	if (!stop)
		return false;
	*from = t->p;
	*n = (size_t)(stop - t->p);
	t->p = stop;
	return true;
}

static bool parse_size(const char *from, size_t n, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (from[i] < '0' || from[i] > '9' || n > 15)
			return false;
		*out = *out * 10 + (uint64_t)(from[i] - '0');
	}
	return n > 0;
}

/* Behind "<Block>". */
static bool take_block(struct text *t, struct uploaded_block *out, bool *ours)
{
	const char *name, *size;
	size_t name_len, size_len;
	if (!take(t, "<Name>") || !take_text(t, &name, &name_len) || !take(t, "</Name>") ||
	    !take(t, "<Size>") || !take_text(t, &size, &size_len) || !take(t, "</Size>") ||
	    !take(t, "</Block>") || !parse_size(size, size_len, &out->size))
		return false;
	AUTO(buf_done) struct buf raw = BUF_INIT(MD5_SIZE + 8);
	*ours = name_len == BLOCK_NAME_SIZE - 1 && base64_parse(name, name_len, &raw) &&
		raw.len == MD5_SIZE + 8;
	if (*ours) {
		memcpy(out->name, name, name_len);
		out->name[name_len] = '\0';
	}
	return true;
}

static bool add(struct block_list *l, size_t *cap, const struct uploaded_block *b, struct err *err)
{
	if (l->count == *cap) {
		size_t more = *cap ? *cap * 2 : 64;
		struct uploaded_block *blocks = realloc(l->blocks, more * sizeof(*blocks));
		if (!blocks)
			return err_no_memory(err);
		l->blocks = blocks;
		*cap = more;
	}
	l->blocks[l->count++] = *b;
	return true;
}

static bool no_list(struct err *err)
{
	return err_set(err, ERR_FORMAT, "the server's answer is no list of blocks");
}

/* Behind "<UncommittedBlocks>" or "<CommittedBlocks>", up to the tag's end. */
static bool take_blocks(struct text *t, const char *end, bool keep, struct block_list *l,
			struct err *err)
{
	size_t cap = 0;
	while (take(t, "<Block>")) {
		struct uploaded_block b = { 0 };
		bool ours = false;
		if (!take_block(t, &b, &ours))
			return no_list(err);
		if (keep && ours && !add(l, &cap, &b, err))
			return false;
	}
	return take(t, end) || no_list(err);
}

static int by_name(const void *a, const void *b)
{
	const struct uploaded_block *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static bool parse(struct text *t, struct block_list *l, struct err *err)
{
	(void)take(t, "\xef\xbb\xbf");
	if (take(t, "<?xml")) {
		const char *end = memchr(t->p, '>', (size_t)(t->end - t->p));
		if (!end)
			return no_list(err);
		t->p = end + 1;
	}
	if (take(t, "<BlockList/>") || take(t, "<BlockList />"))
		return true;
	if (!take(t, "<BlockList>"))
		return no_list(err);
	bool seen = false;
	while (!take(t, "</BlockList>")) {
		if (take(t, "<CommittedBlocks/>") || take(t, "<CommittedBlocks />") ||
		    take(t, "<UncommittedBlocks/>") || take(t, "<UncommittedBlocks />"))
			continue;
		bool ok = false;
		if (take(t, "<CommittedBlocks>")) {
			ok = take_blocks(t, "</CommittedBlocks>", false, l, err);
		} else if (!seen && take(t, "<UncommittedBlocks>")) {
			seen = true;
			ok = take_blocks(t, "</UncommittedBlocks>", true, l, err);
		} else {
			no_list(err);
		}
		if (!ok)
			return false;
	}
	return true;
}

bool block_list_parse(struct slice text, struct block_list *out, struct err *err)
{
	AUTO(block_list_done) struct block_list l = { 0 };
	struct text t = { (const char *)text.p, (const char *)text.p + text.len };
	if (text.len == 0)
		return no_list(err);
	if (!parse(&t, &l, err))
		return false;
	skip_blanks(&t);
	if (t.p != t.end)
		return no_list(err);
	if (l.count)
		qsort(l.blocks, l.count, sizeof(*l.blocks), by_name);
	*out = l;
	l = (struct block_list) { 0 };
	return true;
}

bool block_list_has(const struct block_list *l, const char *name, uint64_t size)
{
	struct uploaded_block key = { .size = size };
	memcpy(key.name, name, BLOCK_NAME_SIZE);
	const struct uploaded_block *found =
		l->count ? bsearch(&key, l->blocks, l->count, sizeof(key), by_name) : NULL;
	return found && found->size == size;
}

void block_list_write(const char (*names)[BLOCK_NAME_SIZE], size_t count, struct buf *out)
{
	buf_add_str(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<BlockList>");
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "<Latest>%s</Latest>", names[i]);
	buf_add_str(out, "</BlockList>\n");
}
