/* SPDX-License-Identifier: MIT */
/* test_handler_status.c - the status file: shape, phases, hostile texts, size. */
#include "handler_status.h"
#include "json.h"
#include "support.h"

/* The text as a document; json.h wants whole numbers, and none below 0. */
static struct json *print(const struct handler_status *s, struct buf *text)
{
	struct err err = { 0 };
	*text = BUF_INIT(HANDLER_STATUS_MAX);
	assert_ok(handler_status_print(s, 1700000000, text, &err));
	char *version = strstr((char *)text->p, "1.0");
	assert_non_null(version);
	memcpy(version, "1  ", 3);
	struct json *j = json_parse("status", buf_slice(text), &err);
	if (!j)
		fail_msg("%s\n%s", err.msg, buf_str(text));
	return j;
}

static const struct json_value *status_of(const struct json *j)
{
	return json_get(json_first(json_top(j)), "status");
}

static const char *text_of(const struct json_value *v)
{
	return json_string(json_get(json_get(v, "formattedMessage"), "message"));
}

static const struct json_value *substatus(const struct json *j, size_t n)
{
	const struct json_value *v = json_first(json_get(status_of(j), "substatus"));
	for (; v && n; n--)
		v = json_next(v);
	return v;
}

static struct handler_status *fresh(void)
{
	static struct handler_status s;
	s = (struct handler_status) { .name = "Contoso.Driver" };
	return &s;
}

static void test_nothing_yet(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(json_auto_free) struct json *j = print(fresh(), &text);
	(void)state;
	assert_string_equal(json_string(json_get(json_first(json_top(j)), "timestampUTC")),
			    "2023-11-14T22:13:20Z");
	assert_string_equal(json_string(json_get(status_of(j), "status")), "transitioning");
	assert_string_equal(json_string(json_get(status_of(j), "name")), "Contoso.Driver");
	assert_int_equal(json_count(json_get(status_of(j), "substatus")), 0);
}

static void test_phases(void **state)
{
	struct handler_status *s = fresh();
	(void)state;
	handler_status_begin(s, "bundle");
	handler_status_say(s, "signed");
	handler_status_begin(s, "install");
	handler_status_say(s, "unpacking");
	{
		AUTO(buf_done) struct buf text = { 0 };
		AUTO(json_auto_free) struct json *j = print(s, &text);
		assert_string_equal(text_of(status_of(j)), "unpacking");
		assert_string_equal(json_string(json_get(substatus(j, 0), "status")), "success");
		assert_string_equal(text_of(substatus(j, 0)), "signed");
		assert_string_equal(json_string(json_get(substatus(j, 1), "status")),
				    "transitioning");
		assert_null(substatus(j, 2));
	}
	handler_status_end(s, HANDLER_ERROR, 14, "step-failed", "it broke");
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(json_auto_free) struct json *j = print(s, &text);
	uint64_t code = 0;
	assert_string_equal(json_string(json_get(status_of(j), "status")), "error");
	assert_true(json_u64(json_get(status_of(j), "code"), &code) && code == 14);
	assert_string_equal(text_of(substatus(j, 1)), "it broke");
	assert_true(json_u64(json_get(substatus(j, 0), "code"), &code) && code == 0);
	assert_string_equal(json_string(json_get(substatus(j, 2), "name")), "reason");
	assert_string_equal(text_of(substatus(j, 2)), "step-failed");
}

/* As a package's program may have said it. */
static void test_hostile_text(void **state)
{
	struct handler_status *s = fresh();
	(void)state;
	handler_status_begin(s, "install");
	handler_status_say(s, "a\"}]\\ \x1b[2J\xff\xc3\xa4\n\x7f");
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(json_auto_free) struct json *j = print(s, &text);
	assert_string_equal(text_of(status_of(j)), "a\"}]\\ ?[2J?????");
}

/* Whatever is said, it stays far below what the agent takes. */
static void test_size(void **state)
{
	struct handler_status *s = fresh();
	char long_text[4 * HANDLER_TEXT_MAX];
	(void)state;
	memset(long_text, '"', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	for (int i = 0; i < 3 * HANDLER_PHASES_MAX; i++) {
		handler_status_begin(s, long_text);
		handler_status_say(s, long_text);
	}
	handler_status_end(s, HANDLER_ERROR, -1, "system", long_text);
	AUTO(buf_done) struct buf text = BUF_INIT(HANDLER_STATUS_MAX);
	struct err err = { 0 };
	assert_ok(handler_status_print(s, 0, &text, &err));
	assert_true(text.len < HANDLER_STATUS_MAX / 2);
	assert_non_null(strstr(buf_str(&text), "\"code\": -1"));
}

static void test_heartbeat(void **state)
{
	struct handler_status *s = fresh();
	struct err err = { 0 };
	AUTO(buf_done) struct buf busy = BUF_INIT(4096), good = BUF_INIT(4096);
	(void)state;
	assert_ok(handler_heartbeat_print(s, &busy, &err));
	assert_non_null(strstr(buf_str(&busy), "\"status\": \"notready\""));
	handler_status_end(s, HANDLER_SUCCESS, 0, "ok", "installed");
	assert_ok(handler_heartbeat_print(s, &good, &err));
	assert_non_null(strstr(buf_str(&good), "\"status\": \"ready\""));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_yet),  cmocka_unit_test(test_phases),
		cmocka_unit_test(test_hostile_text), cmocka_unit_test(test_size),
		cmocka_unit_test(test_heartbeat),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
