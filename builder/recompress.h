/* SPDX-License-Identifier: MIT */
/*
 * recompress.h - files that are compressed inside of vendors' files, such as a kernel's .ko.xz, and .rpm
 * packages (rpm_open.h), also by themselves: stored unpacked where that gains enough, and compressed
 * again, byte for byte, when they are laid out.
 *
 * Only xz is looked at: no other encoder is in the runtime.  What is chosen depends on the contents, the
 * budget and the version of zstd, and on no clock.
 */
#ifndef RECOMPRESS_H
#define RECOMPRESS_H

#include "cache.h"
#include "payload.h"

/* CPU seconds a package: a whole kernel of Debian 13 takes 141. */
#define RECOMPRESS_BUDGET_DEFAULT 240
#define RECOMPRESS_BUDGET_MAX 1000000

/* Percent of its bytes that a family of .xz files has to save; 15 is what one that is alone saves. */
#define RECOMPRESS_GAIN_DEFAULT 25
#define RECOMPRESS_GAIN_MAX 100

/* Of a package's .rpm files together: half of what a reader gives to making pieces (remake.h). */
#define RECOMPRESS_RPM_RAW_MAX (UINT64_C(512) << 20)

/* What is worth it. */
struct recompress_rule {
	uint64_t budget; /* CPU seconds a package, as recompress_milliseconds() has them; 0: none */
	uint64_t gain;   /* percent */
};

struct recompress_options {
	const struct cache *cache;
	struct staging *staging; /* open, and there as long as what is chosen */
	unsigned jobs;
	bool prove; /* also what an earlier build has proven */
	struct recompress_rule rule;
	uint64_t rpm_raw_max; /* bytes a package */
};

/* Files of one kind. */
struct recompress_kind {
	uint64_t seen, seen_bytes;     /* all */
	uint64_t files, packed, bytes; /* stored unpacked: how many, as they come, and unpacked */
	uint64_t not_proven;           /* chosen, but what makes them was not found out */
};

struct recompress_totals {
	struct recompress_kind xz, rpm;
};

/* What the payloads refer to afterwards. */
struct recompress {
	struct recompress_file *files; /* owned */
	size_t count;
};
void recompress_done(struct recompress *r); /* accepts a zeroed struct; for AUTO() */

/* Change what is worth it in all of the @count @payloads, which need not be finished. */
bool recompress(struct recompress *r, struct payload *payloads, size_t count,
		const struct recompress_options *opt, struct recompress_totals *totals,
		struct err *err) MUST_CHECK;

/* CPU time that @o, which makes a content, takes on one processor of the reference. */
uint64_t recompress_milliseconds(const struct opened *o);

#endif
