/* SPDX-License-Identifier: MIT */
/* test_json.c - what is taken as JSON, what is refused and how, and canonical text. */
#include "support.h"

#include "json.h"

static struct json *parse(const char *text, struct err *err)
{
	return json_parse("d.json", slice_str(text), err);
}

static const struct {
	const char *text, *message, *why;
} refused[] = {
	{ "", "d.json:1: the text ends where a value", "empty" },
	{ " \n\n", "d.json:3: the text ends where a value", "nothing but space" },
	{ "{\"a\":1}\n x", "d.json:2: something follows", "bytes after the value" },
	{ "{} {}", "d.json:1: something follows", "two values" },
	{ "\xef\xbb\xbf{}", "d.json:1: starts with a byte order mark", "byte order mark" },
	{ "{\"a\":\n{\"a\":1,\n\"a\":2}}", "d.json:3: a.a: this key stands twice", "duplicate" },
	{ "{\"a\":1,\"b\":2,\"\\u0061\":3}", "d.json:1: \\u0061: this key", "same key, escaped" },
	{ "{\"p\":[1,\n1.5]}", "d.json:2: p[1]: must be a whole number", "fraction" },
	{ "{\"\":[1.5]}", "d.json:1: [0]: must be a whole", "empty key in the path" },
	{ "[1e3]", "d.json:1: [0]: must be a whole number", "exponent" },
	{ "[9007199254740992]", "d.json:1: [0]: a number is larger", "2^53" },
	{ "[-9007199254740992]", "d.json:1: [0]: a number is larger", "-2^53" },
	{ "[18446744073709551617]", "d.json:1: [0]: a number is larger", "over 64 bits" },
	{ "[01]", "can't start with a zero", "octal look" },
	{ "[-0]", "can't start with a zero", "negative zero has two texts" },
	{ "[-]", "a minus sign without a number", "sign alone" },
	{ "[+1]", "expected a value", "plus sign" },
	{ "[NaN]", "expected a value", "not a number" },
	{ "[nul]", "expected a value", "cut word" },
	{ "[nullx]", "expected ',' or ']'", "word that goes on" },
	{ "['a']", "expected a value", "single quotes" },
	{ "[1,]", "d.json:1: [1]: expected a value", "comma before the end of an array" },
	{ "{\"a\":1,}", "expected a key in double quotes", "comma before the end of an object" },
	{ "{a:1}", "expected a key in double quotes", "bare key" },
	{ "{1:1}", "expected a key in double quotes", "number as key" },
	{ "{\"a\" 1}", "a: expected ':' after the key", "no colon" },
	{ "{\"a\":1", "expected ',' or '}'", "cut object" },
	{ "{\"a\":1]", "expected ',' or '}'", "wrong bracket" },
	{ "[1 2]", "expected ',' or ']'", "no comma" },
	{ "{\"a\":", "a: the text ends where a value", "cut after the colon" },
	{ "{\"a\":\"b", "a: the text ends inside a string", "cut string" },
	{ "[\"a\nb\"]", "line break or control character", "raw line break" },
	{ "[\"a\x01\"]", "line break or control character", "raw control character" },
	{ "[\"\\x\"]", "an escape that JSON doesn't know", "unknown escape" },
	{ "[\"\\u12g4\"]", "an escape that JSON doesn't know", "not hex" },
	{ "[\"\\u12", "an escape that JSON doesn't know", "cut escape" },
	{ "[\"a\\u0000b\"]", "holds \\u0000", "escaped NUL" },
	{ "[\"\\ud800\"]", "half of a surrogate pair", "lone high surrogate" },
	{ "[\"\\ud800\\u0041\"]", "half of a surrogate pair", "high, then no low" },
	{ "[\"\\udc00\"]", "half of a surrogate pair", "lone low surrogate" },
	{ "\n[\"\xff\"]", "d.json:2: is not valid UTF-8", "no UTF-8 byte" },
	{ "[\"\xc0\x80\"]", "is not valid UTF-8", "overlong NUL" },
	{ "[\"\xe0\x80\xaf\"]", "is not valid UTF-8", "overlong slash" },
	{ "[\"\xed\xa0\x80\"]", "is not valid UTF-8", "surrogate in UTF-8" },
	{ "[\"\xf4\x90\x80\x80\"]", "is not valid UTF-8", "beyond U+10FFFF" },
	{ "[\"\xe2\x82", "is not valid UTF-8", "cut sequence" },
	{ "/* c */ 1", "expected a value", "comment" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct err err = { 0 };
		struct json *j = parse(refused[i].text, &err);
		if (j || err.code != ERR_FORMAT || !strstr(err.msg, refused[i].message))
			fail_msg("%s: '%s'", refused[i].why, err.msg);
	}
}

static void test_nul_byte(void **state)
{
	(void)state;
	struct err err = { 0 };
	static const uint8_t text[] = "{\"a\":\n\"b\0c\"}";
	assert_null(json_parse("d.json", (struct slice) { text, sizeof(text) - 1 }, &err));
	assert_string_equal(err.msg, "d.json:2: holds a NUL byte");
}

/* Refused before a byte of it is looked at. */
static void test_too_long(void **state)
{
	(void)state;
	struct err err = { 0 };
	assert_null(json_parse("d.json", (struct slice) { NULL, JSON_SIZE_MAX + 1 }, &err));
	assert_string_equal(err.msg, "d.json: is larger than 67108864 bytes");
}

static void test_depth(void **state)
{
	(void)state;
	struct err err = { 0 };
	char text[2 * JSON_DEPTH_MAX + 3] = "";
	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	struct json *j = parse(text, &err);
	assert_non_null(j);
	json_free(j);
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	assert_null(parse(text, &err));
	assert_non_null(strstr(err.msg, "nested deeper than 32 levels"));
}

static const struct {
	const char *text, *canonical, *why;
} taken[] = {
	{ " { \"b\" : 1 , \"a\" : [ ] } ", "{\"a\":[],\"b\":1}", "sorted, no space" },
	{ "{\"B\":1,\"a\":2}", "{\"B\":1,\"a\":2}", "sorted by bytes, keys keep their case" },
	{ "{\"a\":1,\"A\":2}", "{\"A\":2,\"a\":1}", "case makes two keys" },
	{ "\"\\u0041\\/\\u00e9\"", "\"A/\xc3\xa9\"", "minimal escapes" },
	{ "\"\\b\\f\\n\\r\\t\\u001f\\\"\\\\\"", "\"\\b\\f\\n\\r\\t\\u001f\\\"\\\\\"",
	  "kept escapes" },
	{ "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"", "surrogate pair" },
	{ "[0,-1,9007199254740991]", "[0,-1,9007199254740991]", "exact integers" },
	{ "[true,false,null]", "[true,false,null]", "words" },
	{ "{\"\":{}}", "{\"\":{}}", "empty key" },
	{ "7", "7", "a value on its own" },
};

static void test_canonical(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(taken); i++) {
		struct err err = { 0 };
		AUTO(json_auto_free) struct json *j = parse(taken[i].text, &err);
		AUTO(buf_done) struct buf out = BUF_INIT(1000);
		if (!j || !json_print(j, false, &out, &err))
			fail_msg("%s: %s", taken[i].why, err.msg);
		if (strcmp(buf_str(&out), taken[i].canonical) != 0)
			fail_msg("%s: %s", taken[i].why, buf_str(&out));
	}
}

static void test_pretty(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(json_auto_free) struct json *j = parse("{\"b\":[1,{}],\"a\":[]}", &err);
	AUTO(buf_done) struct buf out = BUF_INIT(1000);
	assert_ok(json_print(j, true, &out, &err));
	assert_string_equal(buf_str(&out), "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {}\n  ]\n}\n");
	AUTO(buf_done) struct buf small = BUF_INIT(10);
	assert_fails(json_print(j, true, &small, &err), ERR_FORMAT, "larger than 10 bytes");
}

static void test_members(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(json_auto_free) struct json *j =
		parse("{\n\"s\":\"x\",\n\"n\":5,\n\"b\":true,\n\"a\":[1,\"y\"],\n\"o\":{\"k\":-1}}",
		      &err);
	assert_non_null(j);
	const struct json_value *top = json_top(j), *v = NULL;
	const char *s = "before";
	uint64_t n = 77;
	bool b = false;
	uint8_t digest[32];

	assert_ok(json_get_string(j, top, "s", JSON_REQUIRED, &s, &err));
	assert_string_equal(s, "x");
	assert_ok(json_get_u64(j, top, "n", JSON_REQUIRED, 5, &n, &err));
	assert_int_equal(n, 5);
	assert_ok(json_get_bool(j, top, "b", JSON_REQUIRED, &b, &err));
	assert_true(b);
	assert_ok(json_get_array(j, top, "a", JSON_REQUIRED, &v, &err));
	assert_int_equal(json_count(v), 2);
	assert_string_equal(json_string(json_next(json_first(v))), "y");
	assert_null(json_key(json_first(v)));
	assert_ok(json_get_object(j, top, "o", JSON_REQUIRED, &v, &err));
	assert_string_equal(json_key(json_first(v)), "k");

	s = "before";
	assert_ok(json_get_string(j, top, "none", JSON_OPTIONAL, &s, &err));
	assert_string_equal(s, "before");
	assert_null(json_get(top, "S"));
	assert_fails(json_get_string(j, top, "none", JSON_REQUIRED, &s, &err), ERR_FORMAT,
		     "d.json:1: key 'none' is missing");
	assert_fails(json_get_string(j, top, "n", JSON_OPTIONAL, &s, &err), ERR_FORMAT,
		     "d.json:3: n: must be a string");
	assert_fails(json_get_u64(j, top, "n", JSON_REQUIRED, 4, &n, &err), ERR_FORMAT,
		     "d.json:3: n: must be a whole number from 0 to 4");
	assert_fails(json_get_u64(j, v, "k", JSON_REQUIRED, 4, &n, &err), ERR_FORMAT,
		     "d.json:6: o.k: must be a whole number from 0 to 4");
	assert_fails(json_get_u64(j, top, "s", JSON_REQUIRED, 4, &n, &err), ERR_FORMAT,
		     "d.json:2: s: must be a whole number");
	assert_fails(json_get_bool(j, top, "n", JSON_REQUIRED, &b, &err), ERR_FORMAT,
		     "n: must be true or false");
	assert_fails(json_get_array(j, top, "o", JSON_REQUIRED, &v, &err), ERR_FORMAT,
		     "o: must be an array");
	assert_fails(json_get_object(j, top, "a", JSON_REQUIRED, &v, &err), ERR_FORMAT,
		     "a: must be an object");
	assert_fails(json_get_sha256(j, top, "s", JSON_REQUIRED, digest, &err), ERR_FORMAT,
		     "s: must be a SHA-256");
	assert_fails(json_get_string(j, json_get(top, "a"), "s", JSON_REQUIRED, &s, &err),
		     ERR_FORMAT, "d.json:5: a: must be an object");
}

static void test_only_keys(void **state)
{
	(void)state;
	static const char *const keys[] = { "a", "b", NULL };
	struct err err = { 0 };
	AUTO(json_auto_free) struct json *j = parse("{\"a\":1,\n\"x\":[{\"c\\u001b\":\n1}]}", &err);
	assert_fails(json_only_keys(j, json_top(j), keys, &err), ERR_FORMAT,
		     "d.json:2: x: unknown key");
	assert_fails(json_only_keys(j, json_first(json_get(json_top(j), "x")), keys, &err),
		     ERR_FORMAT, "d.json:3: x[0].c\\u001b: unknown key");
	assert_fails(json_only_keys(j, json_get(json_top(j), "a"), keys, &err), ERR_FORMAT,
		     "a: must be an object");
}

static void test_build(void **state)
{
	(void)state;
	struct err err = { 0 };
	uint8_t digest[32] = { 0xab };
	AUTO(json_auto_free) struct json *other = parse("{\"deep\":[1,{\"z\":null}]}", &err);
	AUTO(json_auto_free) struct json *j = json_new("built", &err);
	struct json_value *top = json_top(j);
	struct json_value *list = json_add_array(j, top, "list");
	json_add_string(j, list, NULL,
			"a\xff"
			"b");
	json_add_u64(j, list, NULL, JSON_INTEGER_MAX);
	json_add_null(j, json_add_object(j, list, NULL), "n");
	json_add_bool(j, top, "yes", true);
	json_add_sha256(j, top, "sha", digest);
	json_add_copy(j, top, "copy", json_top(other));
	AUTO(buf_done) struct buf out = BUF_INIT(1000);
	assert_ok(json_print(j, false, &out, &err));
	assert_string_equal(buf_str(&out),
			    "{\"copy\":{\"deep\":[1,{\"z\":null}]},\"list\":[\"a\xef\xbf\xbd"
			    "b\",9007199254740991,{\"n\":null}],\"sha\":"
			    "\"ab00000000000000000000000000000000000000000000000000000000000000\","
			    "\"yes\":true}");
}

static void test_build_wrong(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(1000);
	AUTO(json_auto_free) struct json *large = json_new("built", &err);
	json_add_u64(large, json_top(large), "n", JSON_INTEGER_MAX + 1);
	assert_fails(json_print(large, false, &out, &err), ERR_FORMAT, "a number is larger");
	AUTO(json_auto_free) struct json *twice = json_new("built", &err);
	json_add_null(twice, json_top(twice), "n");
	json_add_null(twice, json_top(twice), "n");
	assert_fails(json_print(twice, false, &out, &err), ERR_FORMAT, "'n' stands twice");
	AUTO(json_auto_free) struct json *orphan = json_new("built", &err);
	assert_null(json_add_array(orphan, NULL, "n"));
	assert_fails(json_print(orphan, false, &out, &err), ERR_NO_MEMORY, "");
}

/* Would take minutes if each key were compared with each other one. */
static void test_many_keys(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(16u << 20);
	buf_add_str(&text, "{\"k0\":0");
	for (int i = 1; i < 200000; i++)
		buf_printf(&text, ",\n\"k%d\":0", i);
	AUTO(buf_done) struct buf twice = BUF_INIT(16u << 20);
	buf_add(&twice, text.p, text.len);
	buf_add_str(&text, "}");
	buf_add_str(&twice, ",\n\"k7\":0}");
	AUTO(json_auto_free) struct json *j = json_parse("many", buf_slice(&text), &err);
	assert_non_null(j);
	assert_null(json_parse("many", buf_slice(&twice), &err));
	assert_string_equal(err.msg, "many:200001: k7: this key stands twice");
}

static void test_many_values(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(16u << 20);
	buf_add_str(&text, "[0");
	for (unsigned i = 0; i < JSON_VALUES_MAX; i++)
		buf_add_str(&text, ",0");
	buf_add_str(&text, "]");
	assert_null(json_parse("many", buf_slice(&text), &err));
	assert_non_null(strstr(err.msg, "the document has too many values"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),   cmocka_unit_test(test_nul_byte),
		cmocka_unit_test(test_too_long),  cmocka_unit_test(test_depth),
		cmocka_unit_test(test_canonical), cmocka_unit_test(test_pretty),
		cmocka_unit_test(test_members),   cmocka_unit_test(test_only_keys),
		cmocka_unit_test(test_build),     cmocka_unit_test(test_build_wrong),
		cmocka_unit_test(test_many_keys), cmocka_unit_test(test_many_values),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
