/* SPDX-License-Identifier: MIT */
/*
 * json.c - see json.h.
 *
 * Two passes: the strict scanner of json_scan.c reads the whole text first, and only what it accepts
 * reaches cJSON, which builds the tree.  cJSON keeps no positions; the scanner finds them again.
 */
#include "json.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto.h"
#include "json_scan.h"
#include "utf8.h"

struct json {
	char name[200];
	char *text; /* owned copy of what was parsed; NULL for a document that is built */
	size_t len;
	cJSON *top;           /* owned */
	const char *unusable; /* building failed: why; "" when memory ran out */
};

/* --- the tree ----------------------------------------------------------------------------------- */

/* A value is a cJSON node under another name, so that nobody else needs cJSON's header. */
static const cJSON *node(const struct json_value *v)
{
	return (const cJSON *)v;
}

static const struct json_value *value(const cJSON *n)
{
	return (const struct json_value *)n;
}

struct member {
	const cJSON *node;
	size_t index;
};

static int member_compare(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int c = strcmp(x->node->string, y->node->string);
	return c ? c : (x->index > y->index) - (x->index < y->index);
}

/* Members of @object sorted by key, then by position.  The caller frees *out. */
static bool members_sorted(const cJSON *object, struct member **out, size_t *count, struct err *err)
{
	size_t n = 0;
	for (const cJSON *c = object->child; c; c = c->next)
		n++;
	struct member *m = malloc((n ? n : 1) * sizeof(*m));
	if (!m)
		return err_no_memory(err);
	size_t i = 0;
	for (const cJSON *c = object->child; c; c = c->next, i++)
		m[i] = (struct member) { c, i };
	qsort(m, n, sizeof(*m), member_compare);
	*out = m;
	*count = n;
	return true;
}

static bool check_duplicates(const struct json *j, const cJSON *n, struct err *err)
{
	if (cJSON_IsObject(n) && n->child && n->child->next) {
		AUTO(auto_free) struct member *m = NULL;
		size_t count = 0;
		if (!members_sorted(n, &m, &count, err))
			return false;
		for (size_t i = 1; i < count; i++)
			if (strcmp(m[i - 1].node->string, m[i].node->string) == 0)
				return json_error(j, value(m[i].node), err,
						  "this key stands twice");
	}
	for (const cJSON *c = n->child; c; c = c->next)
		if (c->child && !check_duplicates(j, c, err))
			return false;
	return true;
}

static struct json *json_alloc(const char *name, struct err *err)
{
	struct json *j = calloc(1, sizeof(*j));
	if (!j) {
		err_no_memory(err);
		return NULL;
	}
	snprintf(j->name, sizeof(j->name), "%s", name);
	return j;
}

struct json *json_parse(const char *name, struct slice text, struct err *err)
{
	if (text.len > JSON_SIZE_MAX) {
		err_set(err, ERR_FORMAT, "%s: is larger than %u bytes", name, JSON_SIZE_MAX);
		return NULL;
	}
	if (!json_scan(name, text, err))
		return NULL;

	AUTO(json_auto_free) struct json *j = json_alloc(name, err);
	if (!j)
		return NULL;
	j->text = malloc(text.len + 1);
	if (j->text) {
		memcpy(j->text, text.p, text.len);
		j->text[text.len] = '\0';
		j->len = text.len;
		j->top = cJSON_ParseWithLength(j->text, text.len);
	}
	if (!j->top) {
		err_no_memory(err); /* the scanner took the text, so nothing else can be wrong */
		return NULL;
	}
	if (!check_duplicates(j, j->top, err))
		return NULL;
	struct json *done = j;
	j = NULL;
	return done;
}

struct json *json_new(const char *name, struct err *err)
{
	struct json *j = json_alloc(name, err);
	if (!j)
		return NULL;
	j->top = cJSON_CreateObject();
	if (!j->top) {
		json_free(j);
		err_no_memory(err);
		return NULL;
	}
	return j;
}

void json_free(struct json *j)
{
	if (!j)
		return;
	cJSON_Delete(j->top);
	free(j->text);
	free(j);
}

void json_auto_free(struct json **slot)
{
	json_free(*slot);
}

struct json_value *json_top(const struct json *j)
{
	return (struct json_value *)j->top;
}

enum json_type json_type(const struct json_value *v)
{
	const cJSON *n = node(v);
	if (cJSON_IsObject(n))
		return JSON_OBJECT;
	if (cJSON_IsArray(n))
		return JSON_ARRAY;
	if (cJSON_IsString(n))
		return JSON_STRING;
	if (cJSON_IsNumber(n))
		return JSON_NUMBER;
	return cJSON_IsBool(n) ? JSON_BOOL : JSON_NULL;
}

const struct json_value *json_first(const struct json_value *v)
{
	return v ? value(node(v)->child) : NULL;
}

const struct json_value *json_next(const struct json_value *v)
{
	return value(node(v)->next);
}

size_t json_count(const struct json_value *v)
{
	size_t n = 0;
	for (const struct json_value *c = json_first(v); c; c = json_next(c))
		n++;
	return n;
}

const char *json_key(const struct json_value *v)
{
	return node(v)->string;
}

const struct json_value *json_get(const struct json_value *obj, const char *key)
{
	if (!obj || !cJSON_IsObject(node(obj)))
		return NULL;
	return value(cJSON_GetObjectItemCaseSensitive(node(obj), key));
}

const char *json_string(const struct json_value *v)
{
	return v ? cJSON_GetStringValue(node(v)) : NULL;
}

bool json_u64(const struct json_value *v, uint64_t *out)
{
	const cJSON *n = node(v);
	if (!cJSON_IsNumber(n) || n->valuedouble < 0)
		return false;
	*out = (uint64_t)n->valuedouble; /* exact: the scanner and json_add_u64 bound it */
	return true;
}

/* --- errors about a value ------------------------------------------------------------------------ */

/* Number of @want in document order, counted on from *count.  False when it is not under @n. */
static bool value_number(const cJSON *n, const cJSON *want, size_t *count)
{
	if (n == want)
		return true;
	++*count;
	for (const cJSON *c = n->child; c; c = c->next)
		if (value_number(c, want, count))
			return true;
	return false;
}

bool json_error(const struct json *j, const struct json_value *v, struct err *err, const char *fmt,
		...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);

	size_t number = 0;
	if (!v || !j->text || !value_number(j->top, node(v), &number))
		return err_set(err, ERR_FORMAT, "%s: %s", j->name, text);
	char where[JSON_WHERE_SIZE];
	json_scan_where(j->name, (struct slice) { (const uint8_t *)j->text, j->len }, number,
			where);
	return err_set(err, ERR_FORMAT, "%s: %s", where, text);
}

/* --- typed members ------------------------------------------------------------------------------- */

/* *member is NULL when it is missing and may be. */
static bool get(const struct json *j, const struct json_value *obj, const char *key,
		enum json_need need, enum json_type type, const char *type_name,
		const struct json_value **member, struct err *err)
{
	if (json_type(obj) != JSON_OBJECT)
		return json_error(j, obj, err, "must be an object");
	*member = json_get(obj, key);
	if (!*member && need == JSON_REQUIRED)
		return json_error(j, obj, err, "key '%s' is missing", key);
	if (*member && json_type(*member) != type)
		return json_error(j, *member, err, "must be %s", type_name);
	return true;
}

bool json_get_string(const struct json *j, const struct json_value *obj, const char *key,
		     enum json_need need, const char **out, struct err *err)
{
	const struct json_value *v;
	if (!get(j, obj, key, need, JSON_STRING, "a string", &v, err))
		return false;
	if (v)
		*out = json_string(v);
	return true;
}

bool json_get_u64(const struct json *j, const struct json_value *obj, const char *key,
		  enum json_need need, uint64_t max, uint64_t *out, struct err *err)
{
	const struct json_value *v;
	if (!get(j, obj, key, need, JSON_NUMBER, "a whole number", &v, err))
		return false;
	uint64_t number = 0;
	if (v && (!json_u64(v, &number) || number > max))
		return json_error(j, v, err, "must be a whole number from 0 to %" PRIu64, max);
	if (v)
		*out = number;
	return true;
}

bool json_get_bool(const struct json *j, const struct json_value *obj, const char *key,
		   enum json_need need, bool *out, struct err *err)
{
	const struct json_value *v;
	if (!get(j, obj, key, need, JSON_BOOL, "true or false", &v, err))
		return false;
	if (v)
		*out = cJSON_IsTrue(node(v));
	return true;
}

bool json_get_array(const struct json *j, const struct json_value *obj, const char *key,
		    enum json_need need, const struct json_value **out, struct err *err)
{
	const struct json_value *v;
	if (!get(j, obj, key, need, JSON_ARRAY, "an array", &v, err))
		return false;
	if (v)
		*out = v;
	return true;
}

bool json_get_object(const struct json *j, const struct json_value *obj, const char *key,
		     enum json_need need, const struct json_value **out, struct err *err)
{
	const struct json_value *v;
	if (!get(j, obj, key, need, JSON_OBJECT, "an object", &v, err))
		return false;
	if (v)
		*out = v;
	return true;
}

bool json_get_sha256(const struct json *j, const struct json_value *obj, const char *key,
		     enum json_need need, uint8_t out[32], struct err *err)
{
	const char *hex = NULL;
	if (!json_get_string(j, obj, key, need, &hex, err))
		return false;
	if (hex && !sha256_from_hex(hex, out))
		return json_error(j, json_get(obj, key), err,
				  "must be a SHA-256: 64 hex digits in lower case");
	return true;
}

bool json_only_keys(const struct json *j, const struct json_value *v, const char *const *keys,
		    struct err *err)
{
	if (json_type(v) != JSON_OBJECT)
		return json_error(j, v, err, "must be an object");
	for (const struct json_value *m = json_first(v); m; m = json_next(m)) {
		size_t i = 0;
		while (keys[i] && strcmp(keys[i], json_key(m)) != 0)
			i++;
		if (!keys[i])
			return json_error(j, m, err, "unknown key");
	}
	return true;
}

/* --- building ------------------------------------------------------------------------------------ */

/* Takes @item, which may be NULL. */
static struct json_value *add(struct json *j, struct json_value *parent, const char *key,
			      cJSON *item)
{
	cJSON *p = (cJSON *)parent;
	bool added = p && item &&
		     (key ? cJSON_IsObject(p) && cJSON_AddItemToObject(p, key, item)
			  : cJSON_IsArray(p) && cJSON_AddItemToArray(p, item));
	if (added)
		return (struct json_value *)item;
	cJSON_Delete(item);
	if (!j->unusable)
		j->unusable = "";
	return NULL;
}

struct json_value *json_add_object(struct json *j, struct json_value *parent, const char *key)
{
	return add(j, parent, key, cJSON_CreateObject());
}

struct json_value *json_add_array(struct json *j, struct json_value *parent, const char *key)
{
	return add(j, parent, key, cJSON_CreateArray());
}

void json_add_string(struct json *j, struct json_value *parent, const char *key, const char *text)
{
	add(j, parent, key, cJSON_CreateString(text));
}

void json_add_u64(struct json *j, struct json_value *parent, const char *key, uint64_t number)
{
	if (number > JSON_INTEGER_MAX && !j->unusable)
		j->unusable = "a number is larger than 9007199254740991";
	add(j, parent, key, cJSON_CreateNumber((double)number));
}

void json_add_bool(struct json *j, struct json_value *parent, const char *key, bool flag)
{
	add(j, parent, key, cJSON_CreateBool(flag));
}

void json_add_null(struct json *j, struct json_value *parent, const char *key)
{
	add(j, parent, key, cJSON_CreateNull());
}

void json_add_sha256(struct json *j, struct json_value *parent, const char *key,
		     const uint8_t digest[32])
{
	char hex[SHA256_HEX_SIZE];
	sha256_hex(digest, hex);
	json_add_string(j, parent, key, hex);
}

void json_add_copy(struct json *j, struct json_value *parent, const char *key,
		   const struct json_value *v)
{
	add(j, parent, key, v ? cJSON_Duplicate(node(v), true) : NULL);
}

/* --- canonical text ------------------------------------------------------------------------------ */

struct printer {
	const struct json *j;
	struct buf *out;
	bool pretty;
	struct err *err;
};

static void print_string(struct buf *out, const char *text)
{
	static const char short_escapes[] = "\bb\ff\nn\rr\tt\"\"\\\\";
	struct slice t = slice_str(text);
	buf_add(out, "\"", 1);
	for (size_t n, i = 0; i < t.len; i += n) {
		const char *e = short_escapes;
		while (*e && *e != text[i])
			e += 2;
		n = utf8_length(t, i);
		if (*e)
			buf_printf(out, "\\%c", e[1]);
		else if (t.p[i] < 0x20)
			buf_printf(out, "\\u%04x", t.p[i]);
		else if (n)
			buf_add(out, slice_part(t, i, i + n).p, n);
		else
			buf_add_str(out, "\xef\xbf\xbd"); /* replacement character */
		n = n ? n : 1;
	}
	buf_add(out, "\"", 1);
}

static void print_break(struct printer *p, unsigned depth)
{
	if (p->pretty)
		buf_printf(p->out, "\n%*s", (int)(2 * depth), "");
}

static bool print_value(struct printer *p, const cJSON *n, unsigned depth);

static bool print_object(struct printer *p, const cJSON *n, unsigned depth)
{
	AUTO(auto_free) struct member *m = NULL;
	size_t count = 0;
	if (!members_sorted(n, &m, &count, p->err))
		return false;
	buf_add_str(p->out, "{");
	for (size_t i = 0; i < count; i++) {
		const char *key = m[i].node->string;
		if (i > 0 && strcmp(key, m[i - 1].node->string) == 0)
			return err_set(p->err, ERR_FORMAT, "%s: key '%s' stands twice", p->j->name,
				       key);
		buf_add_str(p->out, i ? "," : "");
		print_break(p, depth + 1);
		print_string(p->out, key);
		buf_add_str(p->out, p->pretty ? ": " : ":");
		if (!print_value(p, m[i].node, depth + 1))
			return false;
	}
	if (count)
		print_break(p, depth);
	buf_add_str(p->out, "}");
	return true;
}

static bool print_array(struct printer *p, const cJSON *n, unsigned depth)
{
	buf_add_str(p->out, "[");
	for (const cJSON *c = n->child; c; c = c->next) {
		buf_add_str(p->out, c == n->child ? "" : ",");
		print_break(p, depth + 1);
		if (!print_value(p, c, depth + 1))
			return false;
	}
	if (n->child)
		print_break(p, depth);
	buf_add_str(p->out, "]");
	return true;
}

static bool print_value(struct printer *p, const cJSON *n, unsigned depth)
{
	if (depth > JSON_DEPTH_MAX)
		return err_set(p->err, ERR_FORMAT, "%s: is nested deeper than 32 levels",
			       p->j->name);
	if (cJSON_IsObject(n))
		return print_object(p, n, depth);
	if (cJSON_IsArray(n))
		return print_array(p, n, depth);
	if (cJSON_IsString(n))
		print_string(p->out, n->valuestring);
	else if (cJSON_IsNumber(n))
		buf_printf(p->out, "%" PRId64, (int64_t)n->valuedouble);
	else if (cJSON_IsBool(n))
		buf_add_str(p->out, cJSON_IsTrue(n) ? "true" : "false");
	else
		buf_add_str(p->out, "null");
	return true;
}

bool json_print(const struct json *j, bool pretty, struct buf *out, struct err *err)
{
	struct printer p = { j, out, pretty, err };
	if (j->unusable && !*j->unusable)
		return err_no_memory(err);
	if (j->unusable)
		return err_set(err, ERR_FORMAT, "%s: %s", j->name, j->unusable);
	if (!print_value(&p, j->top, 0))
		return false;
	buf_add_str(out, pretty ? "\n" : "");
	return buf_ok(out, j->name, err);
}
