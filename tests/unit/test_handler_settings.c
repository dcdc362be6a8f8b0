/* SPDX-License-Identifier: MIT */
/* test_handler_settings.c - what the guest agent writes, and what somebody may ask for. */
#include "handler_settings.h"
#include "support.h"

/* --- settings ---------------------------------------------------------------------------------- */

#define WRAP(public) "{\"runtimeSettings\":[{\"handlerSettings\":{\"publicSettings\":" public "}}]}"

static const struct {
	const char *text;
	const char *says; /* of the refusal; NULL: taken */
	const char *why;
} rows[] = {
	{ "", NULL, "the agent's file for no settings" },
	{ WRAP("{}"), NULL, "none asked for" },
	{ WRAP("null"), NULL, "none at all" },
	{ WRAP("{\"requireTrust\":true}"), NULL, "tighter" },
	{ WRAP("{\"requireTrust\":false}"), NULL, "as the policy says" },
	{ WRAP("{\"reboot\":\"wait\"}"), NULL, "a policy" },
	{ WRAP("{\"reboot\":\"report\"}"), NULL, "the other" },
	{ WRAP("{\"reboot\":\"now\"}"), "publicSettings.reboot", "nobody reboots by himself" },
	{ WRAP("{\"requireTrust\":\"yes\"}"), "requireTrust", "no text for a truth" },
	{ WRAP("{\"bundle\":\"\"}"), "publicSettings.bundle", "empty" },
	{ WRAP("{\"bundle\":\"--trust=/tmp/x\"}"), "begin with '-'", "an option in its place" },
	{ WRAP("{\"package\":\"--allow-downgrade\"}"), "begin with '-'", "another" },
	{ WRAP("{\"acceptLicenses\":[\"--ignore-clock\"]}"), "the name of terms", "a third" },
	{ WRAP("{\"acceptLicenses\":[1]}"), "the name of terms", "a number" },
	{ WRAP("{\"acceptLicenses\":\"all\"}"), "acceptLicenses", "no list" },
	{ WRAP("{\"trust\":\"/tmp/x\"}"), "publicSettings.trust", "what would loosen" },
	{ WRAP("{\"allowDowngrade\":true}"), "allowDowngrade", "likewise" },
	{ WRAP("{\"ignoreClock\":true}"), "ignoreClock", "likewise" },
	{ WRAP("[]"), "publicSettings", "a list" },
	{ "{\"runtimeSettings\":[]}", "array with an object", "nothing in it" },
	{ "{\"runtimeSettings\":{}}", "runtimeSettings", "no list" },
	{ "{}", "runtimeSettings", "nothing" },
};

static void test_settings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(handler_settings_done) struct handler_settings s = { 0 };
		bool ok = handler_settings_parse("0.settings", slice_str(rows[i].text), &s, &err);
		if (ok != !rows[i].says ||
		    (!ok && (err.code != ERR_USAGE || !strstr(err.msg, rows[i].says))))
			fail_msg("%s: %s", rows[i].why, err.msg);
	}
}

/* It may be what the agent has written so far: it is read again, as ERR_USAGE is not. */
static void test_no_json(void **state)
{
	struct err err = { 0 };
	struct handler_settings s;
	(void)state;
	assert_fails(
		handler_settings_parse("0.settings",
				       slice_str("{\"runtimeSettings\":[{\"handlerSettings\":{\"p"),
				       &s, &err),
		ERR_FORMAT, "ends");
	assert_fails(handler_settings_parse(
			     "0.settings", slice_str(WRAP("{\"bundle\":\"/a\",\"bundle\":\"/b\"}")),
			     &s, &err),
		     ERR_FORMAT, "stands twice");
}

static void test_settings_values(void **state)
{
	static const char text[] =
		WRAP("{\"bundle\":\"/mnt/a.run\",\"package\":\"p\",\"requireTrust\":true,"
		     "\"acceptLicenses\":[\"a\",\"b\"],\"reboot\":\"wait\"}");
	static const char secret[] =
		"{\"runtimeSettings\":[{\"handlerSettings\":{\"protectedSettings\":\"MII=\","
		"\"protectedSettingsCertThumbprint\":\"00\"}}]}";
	struct err err = { 0 };
	AUTO(handler_settings_done) struct handler_settings s = { 0 };
	AUTO(handler_settings_done) struct handler_settings p = { 0 };
	(void)state;
	assert_ok(handler_settings_parse("1.settings", slice_str(text), &s, &err));
	assert_string_equal(s.bundle, "/mnt/a.run");
	assert_string_equal(s.package, "p");
	assert_true(s.require_trust && s.wait_for_reboot && !s.has_protected);
	assert_int_equal(s.accept_count, 2);
	assert_string_equal(s.accept[1], "b");
	assert_ok(handler_settings_parse("2.settings", slice_str(secret), &p, &err));
	assert_true(p.has_protected && !p.bundle && !p.require_trust);
}

static void test_too_many_terms(void **state)
{
	char text[1024] = "{\"runtimeSettings\":[{\"handlerSettings\":{\"publicSettings\":"
			  "{\"acceptLicenses\":[\"a\"";
	struct err err = { 0 };
	struct handler_settings s;
	(void)state;
	size_t n = strlen(text);
	for (int i = 0; i < HANDLER_ACCEPT_MAX; i++, n += 4)
		memcpy(text + n, ",\"a\"", 4);
	memcpy(text + n, "]}}}]}", 7);
	assert_fails(handler_settings_parse("0.settings", slice_str(text), &s, &err), ERR_USAGE,
		     "more than 32 terms");
}

/* --- environment and manifest ------------------------------------------------------------------ */

#define PLACES "\"logFolder\":\"/l\",\"configFolder\":\"/c\",\"statusFolder\":\"/s\""

static const struct {
	const char *text;
	bool ok;
	const char *why;
} environments[] = {
	{ "[{\"version\":1.0,\"name\":\"n\",\"handlerEnvironment\":{" PLACES "}}]", true,
	  "as the agent writes it" },
	{ "[{\"version\": 1.00 ,\"name\":\"n\",\"extra\":[1],\"handlerEnvironment\":{" PLACES
	  ",\"eventsFolder\":\"/e\"}}]",
	  true, "more than we know" },
	{ "[{\"name\":\"a.0\",\"version\":1,\"handlerEnvironment\":{" PLACES "}}]", true,
	  "a point in a text" },
	{ "[{\"name\":\"n\",\"version\":1.5,\"handlerEnvironment\":{" PLACES "}}]", false,
	  "another version" },
	{ "[{\"name\":\"n\",\"handlerEnvironment\":{\"logFolder\":\"/l\"}}]", false,
	  "places are missing" },
	{ "[{\"name\":1,\"handlerEnvironment\":{" PLACES "}}]", false, "a number for a name" },
	{ "{\"name\":\"n\",\"handlerEnvironment\":{" PLACES "}}", false, "no list" },
	{ "[{\"version\":1.0,\"name\":\"n\",\"handlerEnv", false, "half of it" },
	{ "", false, "nothing yet" },
};

static void test_environment(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(environments); i++) {
		struct err err = { 0 };
		AUTO(handler_environment_done) struct handler_environment e = { 0 };
		if (handler_environment_parse("h", slice_str(environments[i].text), &e, &err) !=
		    environments[i].ok)
			fail_msg("%s: %s", environments[i].why, err.msg);
		if (environments[i].ok)
			assert_string_equal(e.status, "/s");
	}
}

static void test_point_in_text(void **state)
{
	struct err err = { 0 };
	AUTO(handler_environment_done) struct handler_environment e = { 0 };
	(void)state;
	assert_ok(handler_environment_parse("h",
					    slice_str("[{\"name\":\"a\\\".0 \\\\\",\"version\":1.0,"
						      "\"handlerEnvironment\":{" PLACES "}}]"),
					    &e, &err));
	assert_string_equal(e.name, "a\".0 \\");
}

static void test_manifest(void **state)
{
	struct err err = { 0 };
	bool beat = false;
	(void)state;
	assert_ok(handler_manifest_parse("m",
					 slice_str("[{\"version\":1.0,\"handlerManifest\":"
						   "{\"reportHeartbeat\":true}}]"),
					 &beat, &err));
	assert_true(beat);
	assert_ok(
		handler_manifest_parse("m", slice_str("[{\"handlerManifest\":{}}]"), &beat, &err));
	assert_false(beat);
	assert_fails(handler_manifest_parse("m", slice_str("[]"), &beat, &err), ERR_FORMAT,
		     "array");
}

/* --- numbers ----------------------------------------------------------------------------------- */

static void test_sequence(void **state)
{
	static const struct {
		const char *name;
		bool ok;
		uint32_t n;
		const char *why;
	} cases[] = {
		{ "0.settings", true, 0, "the first" },
		{ "12.settings", true, 12, "another" },
		{ "2147483647.settings", true, 2147483647, "the last" },
		{ "2147483648.settings", false, 0, "past it" },
		{ "99999999999.settings", false, 0, "far past it" },
		{ ".settings", false, 0, "no number" },
		{ "1.settings.bak", false, 0, "another ending" },
		{ "x.1.settings", false, 0, "of several configurations" },
		{ "-1.settings", false, 0, "a sign" },
		{ "1.status", false, 0, "no settings" },
		{ "HandlerState", false, 0, "the agent's own" },
	};
	uint32_t n = 7;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (handler_sequence_of_file(cases[i].name, &n) != cases[i].ok ||
		    (cases[i].ok && n != cases[i].n))
			fail_msg("'%s': %s", cases[i].name, cases[i].why);
	}
	assert_true(handler_sequence("3", &n) && n == 3);
	assert_false(handler_sequence("3 ", &n) || handler_sequence("", &n));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),        cmocka_unit_test(test_no_json),
		cmocka_unit_test(test_settings_values), cmocka_unit_test(test_too_many_terms),
		cmocka_unit_test(test_environment),     cmocka_unit_test(test_point_in_text),
		cmocka_unit_test(test_manifest),        cmocka_unit_test(test_sequence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
