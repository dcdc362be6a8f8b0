/* SPDX-License-Identifier: MIT */
/* slice.c - see slice.h. */
#include "slice.h"

#include <string.h>

#include "head.h"
#include "json.h"
#include "plan.h"

bool slice_choice_init(struct slice_choice *c, const struct catalog *catalog, struct err *err)
{
	c->package_count = catalog->package_count;
	c->packages = calloc(c->package_count ? c->package_count : 1, sizeof(*c->packages));
	return c->packages || err_no_memory(err);
}

void slice_choice_done(struct slice_choice *c)
{
	free(c->packages);
	*c = (struct slice_choice) { 0 };
}

/* --- by what a machine is ----------------------------------------------------------------------- */

/* Of rules that take range terms a plain value means "just this one". */
static bool takes_terms(const char *key)
{
	return strcmp(key, "kernel") == 0;
}

/* ">=6.1" -> ">= 6.1" */
static bool add_value(struct json *j, struct json_value *list, const char *key, const char *text,
		      size_t len, struct err *err)
{
	AUTO(buf_done) struct buf value = BUF_INIT(1024);
	size_t op = strspn(text, "=!<>");
	op = op > len ? len : op;
	if (op || takes_terms(key))
		buf_printf(&value, "%.*s ", op ? (int)op : 1, op ? text : "=");
	buf_add(&value, text + op, len - op);
	buf_add(&value, "", 1);
	if (!buf_ok(&value, "a term", err))
		return false;
	json_add_string(j, list, NULL, (const char *)value.p);
	return true;
}

static bool add_term(struct json *j, const char *term, size_t len, struct err *err)
{
	const char *equals = memchr(term, '=', len);
	AUTO(auto_free) char *key = equals ? strndup(term, (size_t)(equals - term)) : NULL;
	if (!equals)
		return err_set(err, ERR_USAGE,
			       "'%.*s' is no term: give KEY=VALUE, as in 'os=linux distro=ubuntu'",
			       (int)len, term);
	if (!key)
		return err_no_memory(err);
	if (json_get(json_top(j), key))
		return err_set(err, ERR_USAGE, "'%s' is there twice: give KEY=VALUE,VALUE", key);
	struct json_value *list = json_add_array(j, json_top(j), key);
	const char *at = equals + 1, *end = term + len;
	for (;;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;
		if (!add_value(j, list, key, at, (size_t)(stop - at), err))
			return false;
		if (!comma)
			return true;
		at = comma + 1;
	}
}

static struct json *parse_terms(const char *terms, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("--match", err);
	if (!j)
		return NULL;
	for (const char *at = terms; *(at += strspn(at, " "));) {
		size_t len = strcspn(at, " ");
		if (!add_term(j, at, len, err))
			return NULL;
		at += len;
	}
	if (!match_check(j, json_top(j), err)) {
		if (err && err->code == ERR_FORMAT)
			err->code = ERR_USAGE;
		return NULL;
	}
	struct json *done = j;
	j = NULL;
	return done;
}

bool slice_choose_match(struct slice_choice *c, const struct catalog *catalog, const char *terms,
			struct err *err)
{
	AUTO(json_auto_free) struct json *j = parse_terms(terms, err);
	if (!j)
		return err_wrap(err, "--match '%s'", terms);
	bool any = false;
	for (size_t i = 0; i < catalog->package_count; i++)
		if (match_overlap(catalog->packages[i].match, json_top(j)))
			any = c->packages[i] = true;
	return any || err_set(err, ERR_USAGE,
			      "--match '%s' fits no package: see 'ibbundle list --json'", terms);
}

bool slice_choose_facts(struct slice_choice *c, const struct catalog *catalog,
			const struct facts *facts, struct err *err)
{
	AUTO(plan_done) struct plan plan = { 0 };
	if (!plan_choose(catalog, facts, &plan, err))
		return false;
	c->packages[plan.chosen - catalog->packages] = true;
	return true;
}

/* --- which blocks ------------------------------------------------------------------------------- */

bool slice_keep(const struct bundle *b, const struct slice_choice *c, struct block_origin *origins,
		struct err *err)
{
	AUTO(auto_free) bool *groups = calloc(b->table.group_count + 1, sizeof(*groups));
	if (!groups)
		return err_no_memory(err);
	for (size_t i = 0; i < c->package_count; i++)
		for (size_t k = 0; c->packages[i] && k < b->catalog.packages[i].group_count; k++)
			groups[b->catalog.packages[i].groups[k]] = true;
	for (uint32_t i = 0; i < b->table.count; i++) {
		if (!groups[b->table.blocks[i].group])
			origins[i] = (struct block_origin) { 0 };
		else if (!origins[i].src)
			return err_set(err, ERR_MISSING_BLOCK,
				       "block %u was left out of '%s' already: slice a file that "
				       "has it",
				       (unsigned)i, b->src.name);
	}
	return true;
}

void slice_drop(const struct bundle *b, const struct block_index *have,
		struct block_origin *origins)
{
	for (uint32_t i = 0; i < b->table.count; i++)
		if (block_index_find(have, &b->table.blocks[i]).src)
			origins[i] = (struct block_origin) { 0 };
}

/* --- volumes ------------------------------------------------------------------------------------ */

bool slice_volume(const struct assembly *a, uint64_t max, uint32_t *next, struct block_origin *out,
		  struct err *err)
{
	const struct block_table *t = &a->bundle->table;
	uint64_t size = assemble_overhead(a);
	uint32_t i = *next;
	bool any = false;
	memset(out, 0, t->count * sizeof(*out));
	for (; i < t->count; i++) {
		if (!a->origins[i].src)
			continue;
		uint64_t more = t->blocks[i].stored_size;
		if (max && (size > max || more > max - size))
			break;
		size += more;
		out[i] = a->origins[i];
		any = true;
	}
	unsigned long long least = size + (i < t->count ? t->blocks[i].stored_size : 0);
	if (i < t->count && !any)
		return err_set(err, ERR_USAGE,
			       "--max-size is too small: block %u and what every volume needs are "
			       "%llu bytes",
			       (unsigned)i, least);
	*next = i;
	return true;
}

bool slice_volume_name(const char *first, size_t number, char **out, struct err *err)
{
	static const char *const endings[] = { ".run", ".exe", HEAD_NONE_ENDING };
	size_t base = strlen(first);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);
		if (base > n && strcmp(first + base - n, endings[i]) == 0) {
			base -= n;
			break;
		}
	}
	if (asprintf(out, "%.*s.%zu" HEAD_NONE_ENDING, (int)base, first, number) < 0) {
		*out = NULL;
		return err_no_memory(err);
	}
	return true;
}

bool slice_parse_size(const char *text, uint64_t *out, struct err *err)
{
	static const char units[] = "KMG";
	uint64_t n = 0;
	const char *at = text;
	for (; *at >= '0' && *at <= '9' && n < UINT64_MAX >> 40; at++)
		n = n * 10 + (uint64_t)(*at - '0');
	const char *unit = *at ? strchr(units, *at) : NULL;
	if (at == text || n == 0 || (*at && (!unit || at[1])))
		return err_set(err, ERR_USAGE,
			       "'%s' is no size: give bytes, or a number with K, M or G", text);
	*out = unit ? n << 10 * (unit - units + 1) : n;
	return true;
}
