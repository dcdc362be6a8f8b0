/* SPDX-License-Identifier: MIT */
/*
 * deb_container.h - the outside of a .deb: an archive of ar(5) with certain members (deb(5)).
 */
#ifndef DEB_CONTAINER_H
#define DEB_CONTAINER_H

#include "cleanup.h"
#include "source.h"

#define DEB_MAGIC "!<arch>\n"
#define DEB_MAGIC_SIZE 8
#define DEB_HEADER_SIZE 60
#define DEB_MEMBERS_MAX 8

struct deb_member {
	char name[17];                   /* as it stands, without the blanks after it */
	uint8_t header[DEB_HEADER_SIZE]; /* as it stands */
	uint64_t offset, size;           /* of its bytes */
	uint8_t padding;                 /* after bytes of odd size; 0: it ends with the file */
	bool is_tar;                     /* control.tar or data.tar, compressed or not */
};

struct deb_container {
	struct deb_member members[DEB_MEMBERS_MAX];
	size_t count;
};

/*
 * Every byte of @src is one of the magic, of a header, of a member or of padding.  The first member
 * is debian-binary, and there are one control.tar and one data.tar.
 */
bool deb_container_read(const struct source *src, struct deb_container *out, struct err *err)
	MUST_CHECK;

/* The header of @m as it is laid out: called control.tar or data.tar, with @size bytes. */
bool deb_header_plain(const struct deb_member *m, uint64_t size, uint8_t out[DEB_HEADER_SIZE],
		      struct err *err) MUST_CHECK;

#endif
