/* SPDX-License-Identifier: MIT */
/*
 * fuzz_path.c - a path, and after a NUL the target of a link there: what is called safe does not lead
 * out, by a reading of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* Where @s leads from @depth directories down, or -1 once it is outside. */
static int walk(struct slice s, int depth)
{
	size_t from = 0;
	for (size_t i = 0; i <= s.len; i++) {
		if (i < s.len && s.p[i] != '/')
			continue;
		struct slice part = slice_part(s, from, i);
		from = i + 1;
		if (slice_equal(part, slice_str("..")))
			depth--;
		else if (part.len && !slice_equal(part, slice_str(".")))
			depth++;
		if (depth < 0)
			return -1;
	}
	return depth;
}

static void check_path(struct slice path)
{
	check(path.len > 0 && path.p[0] != '/' && path.p[path.len - 1] != '/');
	check(!memchr(path.p, '\\', path.len) && !memchr(path.p, ':', path.len));
	int parts = 1;
	for (size_t i = 0; i < path.len; i++) {
		check(path.p[i] >= 0x20);
		parts += path.p[i] == '/';
	}
	check(walk(path, 0) == parts); /* neither empty parts nor dots */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	struct slice path = { data, nul ? (size_t)(nul - data) : size };
	bool safe = path_is_safe(path);
	if (safe)
		check_path(path);
	if (safe && nul) {
		struct slice target = slice_part((struct slice) { data, size }, path.len + 1, size);
		int depth = walk(path, 0) - 1; /* of the directory that the link is in */
		if (path_target_is_safe(path, target))
			check(target.len && target.p[0] != '/' && walk(target, depth) >= 0);
	}
	AUTO(auto_free) char *name = calloc(path.len + 1, 1);
	check(name != NULL);
	if (path.len)
		memcpy(name, path.p, path.len);
	check(!name_is_safe(name) || (safe && !strchr(name, '/') && path.len <= 128));
	return 0;
}
