/* SPDX-License-Identifier: MIT */
/*
 * path.c - see path.h.
 *
 * One rule for all systems: a bundle that is made on Linux is laid out on Windows, where "a:b" is a
 * stream, "nul.txt" a device and "x. " the same file as "x".
 */
#include "path.h"

#include "utf8.h"

#define NAME_MAX_BYTES 128

/* C0, DEL, C1, and what Windows does not allow in a name. */
static bool is_forbidden(struct slice s)
{
	if (s.p[0] < 0x20 || s.p[0] == 0x7f)
		return true;
	if (s.p[0] == 0xc2 && s.len > 1 && s.p[1] < 0xa0)
		return true;
	return s.p[0] < 0x80 && strchr("\\:*?\"<>|", s.p[0]) != NULL;
}

static bool equal_ignoring_case(struct slice s, const char *upper)
{
	if (s.len != strlen(upper))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];
		if (c >= 'a' && c <= 'z')
			c = (uint8_t)(c - 'a' + 'A');
		if (c != (uint8_t)upper[i])
			return false;
	}
	return true;
}

/* What stands before the first dot, without trailing spaces, decides ("aux .h" is a device). */
static bool is_device(struct slice name)
{
	static const char *const devices[] = { "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$" };
	static const char *const numbered[] = { "COM", "LPT" };
	/* Digits, and the three superscripts that Windows takes for digits. */
	static const char *const digits[] = { "0", "1", "2", "3",        "4",        "5",       "6",
					      "7", "8", "9", "\xc2\xb9", "\xc2\xb2", "\xc2\xb3" };
	const uint8_t *dot = memchr(name.p, '.', name.len);
	struct slice base = { name.p, dot ? (size_t)(dot - name.p) : name.len };
	while (base.len && base.p[base.len - 1] == ' ')
		base.len--;
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (equal_ignoring_case(base, devices[i]))
			return true;
	if (base.len < 4)
		return false;
	struct slice word = { base.p, 3 }, rest = { base.p + 3, base.len - 3 };
	for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]); i++)
		for (size_t k = 0; k < sizeof(digits) / sizeof(digits[0]); k++)
			if (equal_ignoring_case(word, numbered[i]) &&
			    slice_equal(rest, slice_str(digits[k])))
				return true;
	return false;
}

static bool component_is_safe(struct slice name)
{
	if (name.len == 0 || name.len > PATH_COMPONENT_MAX)
		return false;
	/* Covers "." and "..", too. */
	if (name.p[name.len - 1] == '.' || name.p[name.len - 1] == ' ')
		return false;
	for (struct rd r = rd_new(name); r.left;) {
		struct slice here = { r.p, r.left };
		size_t n = utf8_length(here, 0);
		if (n == 0 || is_forbidden(here))
			return false;
		rd_take(&r, n);
	}
	return !is_device(name);
}

/* Cut the first component off @rest.  False when nothing is left after it. */
static bool next_component(struct slice *rest, struct slice *name)
{
	const uint8_t *slash = rest->len ? memchr(rest->p, '/', rest->len) : NULL;
	struct rd r = rd_new(*rest);
	*name = rd_take(&r, slash ? (size_t)(slash - rest->p) : rest->len);
	rd_take(&r, slash ? 1 : 0);
	*rest = (struct slice) { r.p, r.left };
	return slash != NULL;
}

bool path_is_safe(struct slice path)
{
	if (path.len == 0 || path.len > PATH_SAFE_MAX)
		return false;
	for (bool more = true; more;) {
		struct slice name;
		more = next_component(&path, &name);
		if (!component_is_safe(name))
			return false;
	}
	return true;
}

bool path_target_is_safe(struct slice link, struct slice target)
{
	if (target.len == 0 || target.len > PATH_SAFE_MAX)
		return false;
	size_t depth = 0; /* directories between the tree's root and the link */
	for (size_t i = 0; i < link.len; i++)
		depth += link.p[i] == '/';
	for (bool more = true, named = false; more;) {
		struct slice name;
		more = next_component(&target, &name);
		if (!slice_equal(name, slice_str(".."))) {
			named = true;
			if (!component_is_safe(name))
				return false;
		} else if (named || depth-- == 0) {
			return false;
		}
	}
	return true;
}

bool name_is_safe(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char further[] = "abcdefghijklmnopqrstuvwxyz0123456789.+_-";
	size_t n = strlen(name);
	return n > 0 && n <= NAME_MAX_BYTES && strspn(name, first) > 0 &&
	       strspn(name, further) == n && path_is_safe(slice_str(name));
}
