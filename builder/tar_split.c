/* SPDX-License-Identifier: MIT */
/* tar_split.c - see tar_split.h. */
#include "tar_split.h"

#include <string.h>

#define SIZE_MAX_TAR (UINT64_C(1) << 40)
#define TEXT_MAX 65536u

/* Fields of a header: offset and bytes. */
#define NAME 0, 100
#define SIZE 124, 12
#define CHECKSUM 148, 8
#define TYPE 156
#define MAGIC 257
#define PREFIX 345, 155

void tar_split_init(struct tar_split *t, const struct tar_sink *sink)
{
	*t = (struct tar_split) { .sink = *sink, .text = BUF_INIT(TEXT_MAX) };
}

void tar_split_done(struct tar_split *t)
{
	buf_done(&t->text);
	free(t->name);
	t->name = NULL;
}

/* Octal between blanks or NULs, or GNU's binary with the first bit set. */
static bool number(const uint8_t *record, size_t at, size_t n, uint64_t *out)
{
	const uint8_t *p = record + at;
	uint64_t v = 0;
	size_t i = 0;
	if (p[0] == 0x80) {
		for (i = 1; i < n; i++) {
			if (v >> 55)
				return false;
			v = v << 8 | p[i];
		}
		*out = v;
		return true;
	}
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(p[i] - '0');
	if (i < n && p[i] != ' ' && p[i] != '\0')
		return false;
	*out = v;
	return true;
}

static bool is_header(const uint8_t *record)
{
	uint64_t wanted;
	uint64_t sum = 8 * ' ';
	for (size_t i = 0; i < TAR_RECORD; i++)
		sum += i >= 148 && i < 156 ? 0 : record[i];
	return number(record, CHECKSUM, &wanted) && wanted == sum;
}

static size_t field_length(const uint8_t *record, size_t at, size_t n)
{
	const uint8_t *nul = memchr(record + at, 0, n);
	return nul ? (size_t)(nul - (record + at)) : n;
}

/* The name in the header, with its prefix.  free() it; NULL without memory. */
static char *header_name(const uint8_t *record)
{
	char *name = NULL;
	bool ustar = memcmp(record + MAGIC, "ustar\0", 6) == 0;
	size_t prefix = ustar ? field_length(record, PREFIX) : 0;
	if (asprintf(&name, "%.*s%s%.*s", (int)prefix, (const char *)record + 345,
		     prefix ? "/" : "", (int)field_length(record, NAME), (const char *)record) < 0)
		return NULL;
	return name;
}

/* What a pax header says about the next file: records "LENGTH KEY=VALUE\n". */
static bool read_pax(struct tar_split *t, struct err *err)
{
	for (struct rd r = rd_new(buf_slice(&t->text)); r.left;) {
		struct rd digits = r;
		uint64_t n = 0, used = 0;
		for (uint8_t c; (c = (uint8_t)rd_uint_le(&digits, 1)) >= '0' && c <= '9'; used++)
			n = n < TEXT_MAX ? n * 10 + (uint64_t)(c - '0') : n;
		struct slice record = rd_take(&r, n);
		if (r.bad || digits.bad || n < used + 3)
			return true; /* no pax after all */
		struct slice rest = slice_part(record, (size_t)used + 1, record.len - 1);
		if (rest.len > 5 && memcmp(rest.p, "path=", 5) == 0) {
			free(t->name);
			t->name = strndup((const char *)rest.p + 5, rest.len - 5);
			if (!t->name)
				return err_no_memory(err);
		}
		if (rest.len > 5 && memcmp(rest.p, "size=", 5) == 0) {
			t->has_size = true;
			t->size = 0;
			for (size_t i = 5; i < rest.len && t->size < SIZE_MAX_TAR; i++)
				t->size = t->size * 10 + (uint64_t)(rest.p[i] & 15);
		}
	}
	return true;
}

/* The data that follow a header have been seen. */
static bool end_data(struct tar_split *t, struct err *err)
{
	bool ok = true;
	if (t->state == TAR_FILE)
		ok = t->sink.file_end(t->sink.ctx, err);
	if (t->state == TAR_LONG_NAME && !t->text.bad && t->text.len) {
		free(t->name);
		t->name = strdup(buf_str(&t->text));
		ok = t->name || err_no_memory(err);
	}
	if (t->state == TAR_PAX && !t->text.bad)
		ok = read_pax(t, err);
	t->left = t->padding;
	t->padding = 0;
	t->state = t->left ? TAR_SKIP : TAR_HEADER;
	return ok;
}

static bool begin_file(struct tar_split *t, struct err *err)
{
	if (t->has_size)
		t->left = t->size;
	t->padding = (TAR_RECORD - t->left % TAR_RECORD) % TAR_RECORD;
	AUTO(auto_free) char *name = t->name ? t->name : header_name(t->record);
	t->name = NULL;
	t->has_size = false;
	if (!name)
		return err_no_memory(err);
	if (t->left > SIZE_MAX_TAR) {
		t->state = TAR_REST;
		return true;
	}
	t->state = t->left < TAR_FILE_MIN ? TAR_SKIP : TAR_FILE;
	if (t->state == TAR_SKIP) {
		t->left += t->padding;
		t->padding = 0;
		return true;
	}
	if (strlen(name) > TAR_NAME_MAX)
		name[TAR_NAME_MAX] = '\0';
	return t->sink.file_begin(t->sink.ctx, name, t->left, err);
}

/* A whole record has been read where a header may be. */
static bool begin_data(struct tar_split *t, struct err *err)
{
	uint8_t type = t->record[TYPE];
	t->have = 0;
	if (!t->sink.rest(t->sink.ctx, t->record, TAR_RECORD, err))
		return false;
	if (!is_header(t->record) || !number(t->record, SIZE, &t->left) || t->left > SIZE_MAX_TAR) {
		t->state = TAR_REST; /* the zeros at the end among them */
		return true;
	}
	if (type == '0' || type == '\0' || type == '7')
		return begin_file(t, err);
	if (type >= '1' && type <= '6') { /* links, devices, directories: no data */
		free(t->name);
		t->name = NULL;
		t->has_size = false;
		t->left = 0;
	}
	t->padding = (TAR_RECORD - t->left % TAR_RECORD) % TAR_RECORD;
	buf_done(&t->text);
	t->text = BUF_INIT(TEXT_MAX);
	t->state = type == 'L' ? TAR_LONG_NAME : type == 'x' ? TAR_PAX : TAR_SKIP;
	return t->left > 0 || end_data(t, err);
}

static bool take_data(struct tar_split *t, const uint8_t *p, size_t n, struct err *err)
{
	if (t->state == TAR_FILE) {
		if (!t->sink.file_bytes(t->sink.ctx, p, n, err))
			return false;
	} else if (!t->sink.rest(t->sink.ctx, p, n, err)) {
		return false;
	}
	if (t->state == TAR_LONG_NAME || t->state == TAR_PAX)
		buf_add(&t->text, p, n);
	t->left -= n;
	return t->left > 0 || end_data(t, err);
}

bool tar_split_feed(struct tar_split *t, const uint8_t *p, size_t n, struct err *err)
{
	for (struct rd r = rd_new((struct slice) { p, n }); r.left;) {
		if (t->state == TAR_REST)
			return t->sink.rest(t->sink.ctx, r.p, r.left, err);
		if (t->state == TAR_HEADER) {
			size_t want = TAR_RECORD - t->have;
			struct slice s = rd_take(&r, r.left < want ? r.left : want);
			memcpy(t->record + t->have, s.p, s.len);
			t->have += s.len;
			if (t->have == TAR_RECORD && !begin_data(t, err))
				return false;
			continue;
		}
		struct slice s = rd_take(&r, r.left < t->left ? r.left : t->left);
		if (!take_data(t, s.p, s.len, err))
			return false;
	}
	return true;
}

bool tar_split_finish(struct tar_split *t, struct err *err)
{
	size_t have = t->have;
	t->have = 0;
	return have == 0 || t->sink.rest(t->sink.ctx, t->record, have, err);
}
