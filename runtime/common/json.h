/* SPDX-License-Identifier: MIT */
/*
 * json.h - strict JSON in, canonical JSON out (cJSON underneath; only json.c includes it).
 *
 * Stricter than RFC 8259: UTF-8 only and no NUL, no duplicate keys, nothing after the value,
 * nesting at most JSON_DEPTH_MAX, integers exact up to 2^53 - 1.  Errors name the document, the
 * line and the path of the value: "demo.json:12: packages[3].match.kernel: must be a string".
 * cJSON keeps no positions: json.c has a small scanner that finds the line of a value again.
 */
#ifndef JSON_H
#define JSON_H

#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "rd.h"

#define JSON_DEPTH_MAX 32
#define JSON_SIZE_MAX (64u << 20)  /* of a document; callers have their own, smaller limits */
#define JSON_VALUES_MAX (1u << 20) /* a value takes some 80 bytes of memory */
#define JSON_INTEGER_MAX ((UINT64_C(1) << 53) - 1)

struct json;       /* a document: owns its values and a copy of its text */
struct json_value; /* one value in it: borrowed from the document */

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* Parse @text; @name is what errors call the document (copied).  NULL on failure. */
struct json *json_parse(const char *name, struct slice text, struct err *err) MUST_CHECK;
void json_free(struct json *j);
void json_auto_free(struct json **slot); /* for AUTO() */

/* An empty object to build on. */
struct json *json_new(const char *name, struct err *err) MUST_CHECK;

struct json_value *json_top(const struct json *j);
enum json_type json_type(const struct json_value *v);

/* Iteration over an array or object, in document order; NULL at the end (or for any other type). */
const struct json_value *json_first(const struct json_value *v);
const struct json_value *json_next(const struct json_value *v);
size_t json_count(const struct json_value *v);

/* The member's key, or NULL in an array. */
const char *json_key(const struct json_value *v);

/* Member @key of an object, or NULL.  Keys are compared case-sensitively. */
const struct json_value *json_get(const struct json_value *obj, const char *key);

/* The text of a string, else NULL. */
const char *json_string(const struct json_value *v);

/* False when @v is not a whole number from 0 on. */
bool json_u64(const struct json_value *v, uint64_t *out) MUST_CHECK;

/*
 * Typed members.  A missing member is an error when @required, else leaves *out untouched and
 * succeeds; a member of another type is always an error.  Strings borrow from the document.
 */
enum json_need { JSON_OPTIONAL, JSON_REQUIRED };
bool json_get_string(const struct json *j, const struct json_value *obj, const char *key,
		     enum json_need need, const char **out, struct err *err) MUST_CHECK;
bool json_get_u64(const struct json *j, const struct json_value *obj, const char *key,
		  enum json_need need, uint64_t max, uint64_t *out, struct err *err) MUST_CHECK;
bool json_get_bool(const struct json *j, const struct json_value *obj, const char *key,
		   enum json_need need, bool *out, struct err *err) MUST_CHECK;
bool json_get_array(const struct json *j, const struct json_value *obj, const char *key,
		    enum json_need need, const struct json_value **out, struct err *err) MUST_CHECK;
bool json_get_object(const struct json *j, const struct json_value *obj, const char *key,
		     enum json_need need, const struct json_value **out, struct err *err)
	MUST_CHECK;

/* 64 lower-case hex digits. */
bool json_get_sha256(const struct json *j, const struct json_value *obj, const char *key,
		     enum json_need need, uint8_t out[32], struct err *err) MUST_CHECK;

/* @v must be an object with no key but those in the NULL-terminated @keys. */
bool json_only_keys(const struct json *j, const struct json_value *v, const char *const *keys,
		    struct err *err) MUST_CHECK;

/* ERR_FORMAT about @v: "name:line: path: text".  Returns false. */
bool json_error(const struct json *j, const struct json_value *v, struct err *err, const char *fmt,
		...) PRINTF_LIKE(4, 5);

/*
 * Building.  Each returns the new value, or NULL when memory ran out or @parent is NULL, so that
 * calls chain and json_print() reports it once (the document remembers).  @key is NULL when the
 * parent is an array.
 */
struct json_value *json_add_object(struct json *j, struct json_value *parent, const char *key);
struct json_value *json_add_array(struct json *j, struct json_value *parent, const char *key);
void json_add_string(struct json *j, struct json_value *parent, const char *key, const char *text);
void json_add_u64(struct json *j, struct json_value *parent, const char *key, uint64_t number);
void json_add_bool(struct json *j, struct json_value *parent, const char *key, bool value);
void json_add_null(struct json *j, struct json_value *parent, const char *key);
void json_add_sha256(struct json *j, struct json_value *parent, const char *key,
		     const uint8_t digest[32]);
/* A deep copy of a value of any document. */
void json_add_copy(struct json *j, struct json_value *parent, const char *key,
		   const struct json_value *v);

/*
 * Canonical text: keys sorted by bytes, minimal escapes, no space; or, @pretty, the same order
 * with two-space indents and a final newline.  Equal documents give equal bytes.  What is not UTF-8
 * in a string that was added is written as U+FFFD.
 */
bool json_print(const struct json *j, bool pretty, struct buf *out, struct err *err) MUST_CHECK;

#endif
