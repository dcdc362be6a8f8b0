/* SPDX-License-Identifier: MIT */
/* deb_container.c - see deb_container.h. */
#include "deb_container.h"

#include <string.h>

#define NAME_SIZE 16
#define SIZE_AT 48
#define SIZE_SIZE 10
#define END_AT 58

/* Digits, then blanks. */
static bool parse_size(const uint8_t *p, uint64_t *out)
{
	uint64_t n = 0;
	size_t i = 0;
	for (; i < SIZE_SIZE && p[i] >= '0' && p[i] <= '9'; i++)
		n = n * 10 + (uint64_t)(p[i] - '0');
	size_t digits = i;
	while (i < SIZE_SIZE && p[i] == ' ')
		i++;
	*out = n;
	return digits > 0 && i == SIZE_SIZE;
}

/* "control.tar" or "data.tar", by itself or with an extension. */
static bool is_tar_name(const char *name)
{
	static const char *const stems[] = { "control.tar", "data.tar" };
	for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++) {
		size_t n = strlen(stems[i]);
		if (strncmp(name, stems[i], n) == 0 &&
		    (name[n] == '\0' || name[n] == '.' || name[n] == '/'))
			return true;
	}
	return false;
}

static bool read_member(const struct source *src, uint64_t at, struct deb_member *m,
			struct err *err)
{
	if (!source_read(src, at, m->header, DEB_HEADER_SIZE, err))
		return false;
	size_t n = NAME_SIZE;
	while (n > 0 && m->header[n - 1] == ' ')
		n--;
	memcpy(m->name, m->header, n);
	m->name[n] = '\0';
	m->offset = at + DEB_HEADER_SIZE;
	if (m->header[END_AT] != '`' || m->header[END_AT + 1] != '\n' ||
	    !parse_size(m->header + SIZE_AT, &m->size) || m->size > src->size - m->offset)
		return err_set(err, ERR_FORMAT, "a member has a bad header");
	m->is_tar = is_tar_name(m->name);
	bool padded = m->size % 2 && m->offset + m->size < src->size;
	return !padded || source_read(src, m->offset + m->size, &m->padding, 1, err);
}

static uint64_t member_end(const struct deb_member *m)
{
	return m->offset + m->size + (m->padding != 0);
}

/* dpkg insists on this order; what begins with "_" may come anywhere after the first. */
static bool check_members(const struct deb_container *c, struct err *err)
{
	static const char *const wanted[] = { "control.tar", "data.tar" };
	size_t tars = 0;
	for (size_t i = 0; i < c->count; i++) {
		const struct deb_member *m = &c->members[i];
		if (i == 0 && strcmp(m->name, "debian-binary") != 0 &&
		    strcmp(m->name, "debian-binary/") != 0)
			return err_set(err, ERR_FORMAT, "its first member is not debian-binary");
		if (i == 0 || m->name[0] == '_')
			continue;
		if (!m->is_tar || tars == 2 ||
		    strncmp(m->name, wanted[tars], strlen(wanted[tars])) != 0)
			return err_set(err, ERR_FORMAT, "it has a member that does not belong");
		tars++;
	}
	return tars == 2 || err_set(err, ERR_FORMAT, "it lacks control.tar or data.tar");
}

bool deb_container_read(const struct source *src, struct deb_container *out, struct err *err)
{
	struct deb_container c = { 0 };
	uint8_t magic[DEB_MAGIC_SIZE];
	if (src->size < sizeof(magic) || !source_read(src, 0, magic, sizeof(magic), err) ||
	    memcmp(magic, DEB_MAGIC, sizeof(magic)) != 0)
		return err_set(err, ERR_FORMAT, "it is no ar archive");
	for (uint64_t at = sizeof(magic); at < src->size;) {
		if (c.count == DEB_MEMBERS_MAX || src->size - at < DEB_HEADER_SIZE)
			return err_set(err, ERR_FORMAT, "there is something after its members");
		struct deb_member *m = &c.members[c.count++];
		if (!read_member(src, at, m, err))
			return false;
		if (m->size % 2 && m->offset + m->size < src->size && !m->padding)
			return err_set(err, ERR_FORMAT, "a member is padded with a zero");
		at = member_end(m);
	}
	if (!check_members(&c, err))
		return false;
	*out = c;
	return true;
}

bool deb_header_plain(const struct deb_member *m, uint64_t size, uint8_t out[DEB_HEADER_SIZE],
		      struct err *err)
{
	char text[NAME_SIZE + SIZE_SIZE + 1];
	if (size > UINT64_C(9999999999))
		return err_set(err, ERR_FORMAT, "it is too large for ar");
	int n = snprintf(text, sizeof(text), "%-16s%-10llu",
			 m->name[0] == 'c' ? "control.tar" : "data.tar", (unsigned long long)size);
	if (n != NAME_SIZE + SIZE_SIZE)
		return err_set(err, ERR_SYSTEM, "cannot write a header of ar");
	memcpy(out, m->header, DEB_HEADER_SIZE);
	memcpy(out, text, NAME_SIZE);
	memcpy(out + SIZE_AT, text + NAME_SIZE, SIZE_SIZE);
	return true;
}
