/* SPDX-License-Identifier: MIT */
/*
 * rpm_container.h - the outside of an .rpm (of format 3, 4 or 6): lead, signature header, header, and
 * a payload up to the end of the file.
 *
 * Both headers are an index of entries and a store that these point into, all big-endian ("RPM package
 * format" in rpm's reference manual).  What is wanted of the signature header is where it ends; of the
 * header, what tells of the payload.
 */
#ifndef RPM_CONTAINER_H
#define RPM_CONTAINER_H

#include "cleanup.h"
#include "cpio_split.h"
#include "source.h"

#define RPM_LEAD_SIZE 96
#define RPM_ENTRIES_MAX 4096u               /* of either index; packages have some sixty */
#define RPM_SIGNATURE_STORE_MAX (64u << 20) /* what rpm takes; never read */
#define RPM_STORE_MAX (32u << 20)           /* a kernel's 20,000 headers take 3 MiB */
#define RPM_FILES_MAX (1u << 18)
#define RPM_WORD_MAX 16

struct rpm_container {
	uint64_t payload;              /* its offset */
	char compressor[RPM_WORD_MAX]; /* "xz", "zstd", ... as the header says; "": it does not */
	char flags[RPM_WORD_MAX];      /* its level and more; "": none */
	struct cpio_file *files;       /* owned; in the order of the header */
	size_t file_count;             /* 0: what it says of them makes no sense */
	uint8_t *header;               /* owned; what the names point into */
};

/* The payload has at least one byte.  Texts and sizes of files are claims, for cpio_split.h. */
bool rpm_container_read(const struct source *src, struct rpm_container *out, struct err *err)
	MUST_CHECK;
void rpm_container_done(struct rpm_container *c); /* accepts a zeroed struct; for AUTO() */

#endif
