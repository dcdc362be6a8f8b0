/* SPDX-License-Identifier: MIT */
/* facts_text.c - see facts_text.h. */
#include "facts_text.h"

#include <string.h>

#define KVP_KEY_SIZE 512
#define KVP_VALUE_SIZE 2048
#define OS_VALUE_MAX 1024

/* Length of the UTF-8 sequence at @p, or 0: overlong forms and surrogates are left to json.c. */
static size_t utf8_len(const uint8_t *p, size_t left)
{
	size_t n = p[0] < 0x80                   ? 1
		   : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
		   : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
						 : 0;
	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if (n == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0)))
		return 0;
	return n;
}

const char *facts_keep(struct facts *f, struct slice text)
{
	AUTO(auto_free) char *copy = malloc(text.len + 1);
	struct json_value *box = f->doc ? json_add_array(f->doc, json_top(f->doc), NULL) : NULL;
	if (!copy || !box)
		return NULL;
	for (size_t i = 0; i < text.len;) {
		size_t n = utf8_len(text.p + i, text.len - i);
		bool plain = n && (n > 1 || (text.p[i] >= 0x20 && text.p[i] != 0x7f));
		for (size_t k = 0; k < (n ? n : 1); k++)
			copy[i + k] = plain                                    ? (char)text.p[i + k]
				      : text.p[i] == '\n' || text.p[i] == '\t' ? ' '
									       : '?';
		i += n ? n : 1;
	}
	copy[text.len] = '\0';
	json_add_string(f->doc, box, NULL, copy);
	return json_string(json_first(box));
}

static bool next_line(struct slice *rest, struct slice *line)
{
	if (!rest->len)
		return false;
	const uint8_t *end = memchr(rest->p, '\n', rest->len);
	size_t n = end ? (size_t)(end - rest->p) : rest->len;
	*line = (struct slice) { rest->p, n };
	size_t skip = end ? n + 1 : n;
	*rest = (struct slice) { rest->p + skip, rest->len - skip };
	return true;
}

/* --- os-release -------------------------------------------------------------------------------- */

/* Take shell quotes and backslashes away (os-release(5): no expansion happens). */
static bool unquote(struct slice in, char out[OS_VALUE_MAX])
{
	size_t n = 0;
	uint8_t quote = 0;
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.p[i];
		if (!quote && (c == '"' || c == '\'')) {
			quote = c;
			continue;
		}
		if (quote && c == quote) {
			quote = 0;
			continue;
		}
		if (c == '\\' && quote != '\'' && i + 1 < in.len)
			c = in.p[++i];
		else if (!quote && (c == ' ' || c == '\t' || c == '\r'))
			break;
		if (n + 1 == OS_VALUE_MAX)
			return false;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return quote == 0;
}

static void keep_words(struct facts *f, const char *text)
{
	const size_t max = sizeof(f->id_like) / sizeof(f->id_like[0]);
	f->id_like_count = 0;
	for (const char *p = text; *p && f->id_like_count < max;) {
		p += strspn(p, " \t");
		size_t n = strcspn(p, " \t");
		if (n)
			f->id_like[f->id_like_count++] =
				facts_keep(f, (struct slice) { (const uint8_t *)p, n });
		p += n;
	}
}

static bool has_prefix(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);
	return s.len >= n && memcmp(s.p, prefix, n) == 0;
}

bool facts_read_os_release(struct slice text, struct facts *f, struct err *err)
{
	const struct {
		const char *key, **out;
	} keys[] = {
		{ "ID=", &f->id },
		{ "VERSION_ID=", &f->version_id },
		{ "PRETTY_NAME=", &f->pretty_name },
	};
	for (struct slice line; next_line(&text, &line);) {
		char value[OS_VALUE_MAX];
		const uint8_t *equal = memchr(line.p, '=', line.len);
		if (!equal)
			continue;
		size_t skip = (size_t)(equal - line.p) + 1;
		if (!unquote((struct slice) { line.p + skip, line.len - skip }, value))
			continue; /* a broken line says nothing; what is needed is then missing */
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (has_prefix(line, keys[i].key) &&
			    !(*keys[i].out = facts_keep(f, slice_str(value))))
				return err_no_memory(err);
		if (has_prefix(line, "ID_LIKE="))
			keep_words(f, value);
	}
	for (size_t i = 0; i < f->id_like_count; i++)
		if (!f->id_like[i])
			return err_no_memory(err);
	return true;
}

/* --- dpkg's status ----------------------------------------------------------------------------- */

enum { NAME, VERSION, ARCH, STATUS, PRE_DEPENDS, DEPENDS, BREAKS, CONFLICTS, PROVIDES, FIELDS };

static const char *const field_names[FIELDS] = {
	"package", "version", "architecture", "status",   "pre-depends",
	"depends", "breaks",  "conflicts",    "provides",
};

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* "Name: value": which field, and its value; FIELDS for any other line. */
static size_t field_of(struct slice line, struct slice *value)
{
	for (size_t f = 0; f < FIELDS; f++) {
		size_t n = strlen(field_names[f]);
		if (line.len <= n || line.p[n] != ':')
			continue;
		size_t i = 0;
		while (i < n && lower(line.p[i]) == field_names[f][i])
			i++;
		if (i < n)
			continue;
		n++;
		while (n < line.len && (line.p[n] == ' ' || line.p[n] == '\t'))
			n++;
		*value = (struct slice) { line.p + n, line.len - n };
		return f;
	}
	return FIELDS;
}

/* "install ok installed" -> "installed" */
static struct slice last_word(struct slice s)
{
	for (size_t from = s.len; from > 0; from--)
		if (s.p[from - 1] == ' ')
			return (struct slice) { s.p + from, s.len - from };
	return s;
}

/* Two relation fields as one; "" when both are empty. */
static const char *keep_joined(struct facts *f, struct slice a, struct slice b)
{
	if (!a.len && !b.len)
		return "";
	AUTO(buf_done) struct buf both = BUF_INIT(1u << 20);
	buf_add(&both, a.p, a.len);
	if (a.len && b.len)
		buf_add_str(&both, ", ");
	buf_add(&both, b.p, b.len);
	return both.bad ? NULL : facts_keep(f, buf_slice(&both));
}

/* Take out what an earlier stanza said of this package. */
static void drop_package(struct facts *f, struct slice name, struct slice arch)
{
	size_t kept = 0;
	for (size_t i = 0; i < f->package_count; i++)
		if (!slice_equal(slice_str(f->packages[i].name), name) ||
		    !slice_equal(slice_str(f->packages[i].arch), arch))
			f->packages[kept++] = f->packages[i];
	f->package_count = kept;
}

static bool add_package(struct facts *f, const struct slice v[FIELDS], bool update, struct err *err)
{
	struct slice status = last_word(v[STATUS]);
	if (update && v[NAME].len)
		drop_package(f, v[NAME], v[ARCH]);
	if (!v[NAME].len || !v[VERSION].len || slice_equal(status, slice_str("not-installed")) ||
	    slice_equal(status, slice_str("config-files")))
		return true;
	size_t n = f->package_count;
	if (n == FACTS_PACKAGES_MAX)
		return err_set(err, ERR_FORMAT, "dpkg's status lists more than %d packages",
			       FACTS_PACKAGES_MAX);
	if ((n & (n - 1)) == 0) { /* grow at every power of two */
		struct facts_package *more = realloc(f->packages, (n ? n * 2 : 1) * sizeof(*more));
		if (!more)
			return err_no_memory(err);
		f->packages = more;
	}
	struct facts_package p = {
		.name = facts_keep(f, v[NAME]),
		.version = facts_keep(f, v[VERSION]),
		.arch = facts_keep(f, v[ARCH]),
		.status = facts_keep(f, status),
		.depends = keep_joined(f, v[PRE_DEPENDS], v[DEPENDS]),
		.conflicts = keep_joined(f, v[BREAKS], v[CONFLICTS]),
		.provides = keep_joined(f, v[PROVIDES], (struct slice) { 0 }),
	};
	if (!p.name || !p.version || !p.arch || !p.status || !p.depends || !p.conflicts ||
	    !p.provides)
		return err_no_memory(err);
	f->packages[f->package_count++] = p;
	return true;
}

/* Every stanza of @text; with @update each replaces what is known of its package. */
static bool read_stanzas(struct slice text, struct facts *f, bool update, struct err *err)
{
	struct slice v[FIELDS] = { 0 };
	size_t last = FIELDS;
	for (struct slice line; next_line(&text, &line);) {
		if (!line.len) { /* an empty line ends a package */
			if (!add_package(f, v, update, err))
				return false;
			memset(v, 0, sizeof(v));
			last = FIELDS;
		} else if (line.p[0] == ' ' || line.p[0] == '\t') {
			/* A value goes on: dpkg writes relations on one line, others may fold. */
			if (last < FIELDS && last >= PRE_DEPENDS)
				v[last].len = (size_t)(line.p + line.len - v[last].p);
		} else {
			struct slice value;
			last = field_of(line, &value);
			if (last < FIELDS)
				v[last] = value;
		}
	}
	if (!add_package(f, v, update, err))
		return false;
	facts_sort_packages(f);
	return true;
}

bool facts_read_dpkg_status(struct slice text, struct facts *f, struct err *err)
{
	free(f->packages);
	f->packages = NULL;
	f->package_count = 0;
	return read_stanzas(text, f, false, err);
}

bool facts_update_dpkg_status(struct slice text, struct facts *f, struct err *err)
{
	return read_stanzas(text, f, true, err);
}

/* --- modules and stacks ------------------------------------------------------------------------ */

static size_t find(struct slice in, const char *text)
{
	size_t n = strlen(text);
	for (size_t i = 0; in.len >= n && i <= in.len - n; i++)
		if (memcmp(in.p + i, text, n) == 0)
			return i;
	return SIZE_MAX;
}

/* "kernel/drivers/net/ethernet/mellanox/mlx5/core/mlx5_core.ko" -> "mlx5_core" */
static struct slice module_name(struct slice line)
{
	size_t from = line.len, to;
	while (from > 0 && line.p[from - 1] != '/')
		from--;
	struct slice name = slice_part(line, from, line.len);
	to = find(name, ".ko");
	return slice_part(name, 0, to < name.len ? to : name.len);
}

bool facts_read_builtin(struct slice text, struct facts *f, struct err *err)
{
	f->builtin_modules.known = true;
	for (struct slice line; next_line(&text, &line);) {
		char plain[64];
		struct slice name = module_name(line);
		if ((find(line, "/mellanox/") == SIZE_MAX &&
		     find(line, "/infiniband/") == SIZE_MAX) ||
		    !name.len || name.len >= sizeof(plain) ||
		    f->builtin_modules.count == FACTS_NAMES_MAX)
			continue;
		for (size_t i = 0; i < name.len; i++)
			plain[i] = name.p[i] == '-' ? '_' : (char)name.p[i];
		const char *kept = facts_keep(f, (struct slice) { (uint8_t *)plain, name.len });
		if (!kept)
			return err_no_memory(err);
		if (!facts_names_add(&f->builtin_modules, kept, err))
			return false;
	}
	return true;
}

/* The letters of a name and version, from the start of @text. */
static struct slice stack_name(struct slice text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";
	size_t n = 0;
	while (n < text.len && n < 100 && text.p[n] && strchr(plain, text.p[n]))
		n++;
	return slice_part(text, 0, n);
}

bool facts_read_ofed_info(struct slice text, struct facts *f, struct err *err)
{
	static const char *const names[] = { "MLNX_OFED_LINUX-", "OFED-internal-" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct slice rest = text;
		for (size_t at; (at = find(rest, names[i])) != SIZE_MAX;) {
			rest = slice_part(rest, at, rest.len);
			struct slice name = stack_name(rest);
			size_t n = strlen(names[i]);
			if (name.len > n && name.p[n] >= '0' && name.p[n] <= '9') {
				f->vendor_stack = facts_keep(f, name);
				return f->vendor_stack || err_no_memory(err);
			}
			rest = slice_part(rest, n, rest.len);
		}
	}
	return true;
}

/* --- the Hyper-V key-value pool ---------------------------------------------------------------- */

static struct slice until_nul(struct slice s)
{
	const uint8_t *end = s.len ? memchr(s.p, 0, s.len) : NULL;
	return (struct slice) { s.p, end ? (size_t)(end - s.p) : s.len };
}

const char *facts_read_kvp(struct slice pool, const char *key, struct facts *f)
{
	struct rd rd = rd_new(pool);
	while (rd.left) {
		struct slice name = until_nul(rd_take(&rd, KVP_KEY_SIZE));
		struct slice value = until_nul(rd_take(&rd, KVP_VALUE_SIZE));
		if (rd.bad) /* a record cut short says nothing */
			return NULL;
		if (slice_equal(name, slice_str(key)))
			return facts_keep(f, value);
	}
	return NULL;
}
