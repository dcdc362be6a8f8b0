/* SPDX-License-Identifier: MIT */
/* rpm_container.c - see rpm_container.h. */
#include "rpm_container.h"

#include <stdlib.h>
#include <string.h>

#define LEAD_MAGIC "\355\253\356\333"
#define LEAD_MAGIC_SIZE 4
#define LEAD_SIGNATURE_AT 78
#define SIGNATURE_IS_HEADER 5
#define HEADER_MAGIC "\216\255\350\001\0\0\0\0"
#define HEADER_MAGIC_SIZE 8
#define INTRO_SIZE 16
#define ENTRY_SIZE 16
#define SIGNATURE_ALIGN 8

enum tag {
	TAG_FILE_SIZES = 1028,
	TAG_FILE_MODES = 1030,
	TAG_FILE_FLAGS = 1037,
	TAG_FILE_DEVICES = 1095,
	TAG_FILE_INODES = 1096,
	TAG_DIR_INDEXES = 1116,
	TAG_BASE_NAMES = 1117,
	TAG_DIR_NAMES = 1118,
	TAG_PAYLOAD_COMPRESSOR = 1125,
	TAG_PAYLOAD_FLAGS = 1126,
	TAG_LONG_FILE_SIZES = 5008
};

enum type { TYPE_INT16 = 3, TYPE_INT32 = 4, TYPE_INT64 = 5, TYPE_STRING = 6, TYPE_STRINGS = 8 };

#define MODE_TYPE 0170000u
#define MODE_FILE 0100000u
#define MODE_SYMLINK 0120000u
#define FLAG_GHOST 64u

static uint64_t uint_be(struct rd *r, size_t bytes)
{
	struct slice s = rd_take(r, bytes);
	uint64_t v = 0;
	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.p[i];
	return v;
}

/* --- where things are ---------------------------------------------------------------------------- */

struct header {
	uint32_t entries, store; /* their number; its bytes */
	uint64_t at, end;        /* of the index; behind the store */
};

static bool read_intro(const struct source *src, uint64_t at, const char *what, uint32_t store_max,
		       struct header *out, struct err *err)
{
	uint8_t raw[INTRO_SIZE];
	struct header h = { .at = at + INTRO_SIZE };
	struct rd r = rd_new((struct slice) { raw, sizeof(raw) });
	if (!source_read(src, at, raw, sizeof(raw), err))
		return err_wrap(err, "its %s", what);
	struct slice magic = rd_take(&r, HEADER_MAGIC_SIZE);
	h.entries = (uint32_t)uint_be(&r, 4);
	h.store = (uint32_t)uint_be(&r, 4);
	if (memcmp(magic.p, HEADER_MAGIC, HEADER_MAGIC_SIZE) != 0)
		return err_set(err, ERR_FORMAT, "its %s does not begin as one", what);
	if (h.entries == 0 || h.entries > RPM_ENTRIES_MAX || h.store > store_max)
		return err_set(err, ERR_FORMAT, "its %s is too large, or empty", what);
	uint64_t size = (uint64_t)h.entries * ENTRY_SIZE + h.store;
	if (size > src->size - h.at)
		return err_set(err, ERR_FORMAT, "its %s is cut short", what);
	h.end = h.at + size;
	*out = h;
	return true;
}

static bool read_lead(const struct source *src, struct err *err)
{
	uint8_t lead[RPM_LEAD_SIZE];
	if (!source_read(src, 0, lead, sizeof(lead), err))
		return err_wrap(err, "its lead");
	if (memcmp(lead, LEAD_MAGIC, LEAD_MAGIC_SIZE) != 0)
		return err_set(err, ERR_FORMAT, "it does not begin as an .rpm");
	if (lead[LEAD_SIGNATURE_AT] != 0 || lead[LEAD_SIGNATURE_AT + 1] != SIGNATURE_IS_HEADER)
		return err_set(err, ERR_FORMAT, "it has a signature of an old kind");
	return true;
}

/* --- what a header says -------------------------------------------------------------------------- */

/* All values of one tag; none where it is absent, of another type, or not all there. */
struct values {
	struct rd r;
	uint32_t count;
};

static struct values find(struct slice index, struct slice store, enum tag tag, enum type type)
{
	struct values none = { 0 };
	for (struct rd r = rd_new(index); r.left;) {
		uint32_t t = (uint32_t)uint_be(&r, 4), has = (uint32_t)uint_be(&r, 4);
		uint32_t offset = (uint32_t)uint_be(&r, 4), count = (uint32_t)uint_be(&r, 4);
		if (t != (uint32_t)tag)
			continue;
		if (has != (uint32_t)type || count == 0 || count > store.len)
			return none;
		return (struct values) { rd_new(slice_part(store, offset, store.len)), count };
	}
	return none;
}

/* The next text, with its NUL; NULL: there is none. */
static const char *next_text(struct values *v)
{
	const uint8_t *end = v->r.left ? memchr(v->r.p, 0, v->r.left) : NULL;
	if (!end)
		return NULL;
	return (const char *)rd_take(&v->r, (uint64_t)(end - v->r.p) + 1).p;
}

/* A short one; "" where it is absent. */
static void read_word(struct slice index, struct slice store, enum tag tag, char out[RPM_WORD_MAX])
{
	struct values v = find(index, store, tag, TYPE_STRING);
	const char *text = next_text(&v);
	out[0] = '\0';
	if (text && strlen(text) < RPM_WORD_MAX)
		memcpy(out, text, strlen(text) + 1);
}

/* --- files --------------------------------------------------------------------------------------- */

static bool read_names(struct slice index, struct slice store, struct rpm_container *c,
		       struct err *err)
{
	struct values dirs = find(index, store, TAG_DIR_NAMES, TYPE_STRINGS);
	struct values numbers = find(index, store, TAG_DIR_INDEXES, TYPE_INT32);
	struct values bases = find(index, store, TAG_BASE_NAMES, TYPE_STRINGS);
	uint32_t dir_count = dirs.count, count = bases.count;
	if (count == 0 || count > RPM_FILES_MAX || numbers.count != count || dir_count == 0 ||
	    dir_count > count)
		return true;
	AUTO(auto_free) const char **names = calloc(dir_count, sizeof(*names));
	c->files = calloc(count, sizeof(*c->files));
	if (!names || !c->files)
		return err_no_memory(err);
	for (uint32_t i = 0; i < dir_count; i++)
		if (!(names[i] = next_text(&dirs)))
			return true;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t dir = uint_be(&numbers.r, 4);
		const char *base = next_text(&bases);
		if (dir >= dir_count || !base)
			return true;
		c->files[i] = (struct cpio_file) { .dir = names[dir], .base = base };
	}
	c->file_count = numbers.r.bad ? 0 : count;
	return true;
}

static void read_sizes(struct slice index, struct slice store, struct rpm_container *c)
{
	struct values v = find(index, store, TAG_LONG_FILE_SIZES, TYPE_INT64);
	size_t width = 8;
	if (v.count == 0) {
		v = find(index, store, TAG_FILE_SIZES, TYPE_INT32);
		width = 4;
	}
	for (size_t i = 0; i < c->file_count; i++)
		c->files[i].size = uint_be(&v.r, width);
	if (v.count != c->file_count || v.r.bad)
		c->file_count = 0;
}

/* One name of a file. */
struct link {
	uint64_t device, inode, number;
};

static int compare_links(const void *pa, const void *pb)
{
	const struct link *a = pa, *b = pb;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* What stands in the stream: nothing of directories, and of several names of a file only the last. */
static bool clear_sizes(struct slice index, struct slice store, struct rpm_container *c,
			struct err *err)
{
	struct values modes = find(index, store, TAG_FILE_MODES, TYPE_INT16);
	struct values flags = find(index, store, TAG_FILE_FLAGS, TYPE_INT32);
	struct values devices = find(index, store, TAG_FILE_DEVICES, TYPE_INT32);
	struct values inodes = find(index, store, TAG_FILE_INODES, TYPE_INT32);
	size_t count = 0;
	if (c->file_count == 0)
		return true;
	AUTO(auto_free) struct link *links = calloc(c->file_count, sizeof(*links));
	if (!links)
		return err_no_memory(err);
	for (size_t i = 0; i < c->file_count; i++) {
		struct link l = { .device = uint_be(&devices.r, 4),
				  .inode = uint_be(&inodes.r, 4),
				  .number = i };
		uint64_t type = uint_be(&modes.r, 2) & MODE_TYPE;
		bool ghost = uint_be(&flags.r, 4) & FLAG_GHOST;
		if (type == MODE_FILE && !ghost)
			links[count++] = l;
		else if (type != MODE_SYMLINK)
			c->files[i].size = 0;
	}
	if (count == 0)
		return true;
	qsort(links, count, sizeof(*links), compare_links);
	for (size_t i = 0; i + 1 < count; i++)
		if (links[i].device == links[i + 1].device && links[i].inode == links[i + 1].inode)
			c->files[links[i].number].size = 0;
	return true;
}

/* --- all of it ----------------------------------------------------------------------------------- */

void rpm_container_done(struct rpm_container *c)
{
	free(c->files);
	free(c->header);
	*c = (struct rpm_container) { 0 };
}

bool rpm_container_read(const struct source *src, struct rpm_container *out, struct err *err)
{
	AUTO(rpm_container_done) struct rpm_container c = { 0 };
	struct header signature, h;
	if (!read_lead(src, err) || !read_intro(src, RPM_LEAD_SIZE, "signature header",
						RPM_SIGNATURE_STORE_MAX, &signature, err))
		return false;
	uint64_t padding = (SIGNATURE_ALIGN - signature.end % SIGNATURE_ALIGN) % SIGNATURE_ALIGN;
	if (!read_intro(src, signature.end + padding, "header", RPM_STORE_MAX, &h, err))
		return false;
	if (h.end == src->size)
		return err_set(err, ERR_FORMAT, "it has no payload");
	size_t index_size = h.entries * ENTRY_SIZE, size = index_size + h.store;
	if (!source_read_alloc(src, "header", h.at, size, size, &c.header, err))
		return false;
	struct slice all = { c.header, size };
	struct slice index = slice_part(all, 0, index_size),
		     store = slice_part(all, index_size, size);
	c.payload = h.end;
	read_word(index, store, TAG_PAYLOAD_COMPRESSOR, c.compressor);
	read_word(index, store, TAG_PAYLOAD_FLAGS, c.flags);
	if (!read_names(index, store, &c, err))
		return false;
	read_sizes(index, store, &c);
	if (!clear_sizes(index, store, &c, err))
		return false;
	*out = c;
	c = (struct rpm_container) { 0 };
	return true;
}
