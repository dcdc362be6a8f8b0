/* SPDX-License-Identifier: MIT */
/* test_credential.c - secrets: what may be one, where it may go, and that nobody is told. */
#include "credential.h"

#include "support.h"

static const struct {
	enum credential_kind kind;
	const char *text, *want; /* NULL: refused */
	const char *why;
} cases[] = {
	{ CREDENTIAL_SAS, "sv=1&sig=a%2Bb%3D\n", "sv=1&sig=a%2Bb%3D", "a line of a file" },
	{ CREDENTIAL_SAS, "?sv=1&sig=a\r\n", "sv=1&sig=a", "as the portal shows it" },
	{ CREDENTIAL_SAS, "https://h/c?sv=1&sig=a", NULL, "a whole URL" },
	{ CREDENTIAL_SAS, "sv=1&sig=a b", NULL, "a blank" },
	{ CREDENTIAL_SAS, "sv=1\nsig=a", NULL, "two lines" },
	{ CREDENTIAL_SAS, "sv=1#sig", NULL, "a fragment" },
	{ CREDENTIAL_SAS, "secret", NULL, "no query" },
	{ CREDENTIAL_SAS, "?", NULL, "nothing" },
	{ CREDENTIAL_SAS, "", NULL, "nothing at all" },
	{ CREDENTIAL_KEY, "Zm9vYmFy\n", "foobar", "base64" },
	{ CREDENTIAL_KEY, "Zm9v YmFy", NULL, "a blank" },
	{ CREDENTIAL_KEY, "DefaultEndpointsProtocol=https;AccountKey=Zm9v", NULL,
	  "a connection string" },
	{ CREDENTIAL_KEY, "\n", NULL, "an empty line" },
	{ CREDENTIAL_TOKEN, "eyJ0.eyJh.x-_~+/=\n", "eyJ0.eyJh.x-_~+/=", "a token" },
	{ CREDENTIAL_TOKEN, "a\r\nx-ms-evil: 1", NULL, "a header behind it" },
	{ CREDENTIAL_TOKEN, "{\"accessToken\": \"a\"}", NULL, "the document that it came in" },
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		AUTO(credential_done) struct credential c = { .secret = BUF_INIT(CREDENTIAL_MAX) };
		bool ok =
			credential_parse(cases[i].kind, "'f'", slice_str(cases[i].text), &c, &err);
		if (ok != (cases[i].want != NULL) ||
		    (ok && strcmp(buf_str(&c.secret), cases[i].want) != 0))
			fail_msg("%s: '%s' %s", cases[i].why, buf_str(&c.secret), err.msg);
		if (!ok && (err.code != ERR_USAGE ||
			    (*cases[i].text && cases[i].text[1] && strstr(err.msg, cases[i].text))))
			fail_msg("%s: says '%s'", cases[i].why, err.msg);
	}
}

static const struct {
	const char *url;
	bool allowed;
} ways[] = {
	{ "https://h/c/b", true },           { "http://127.0.0.1:1/a/c/b", true },
	{ "http://[::1]/a/c/b", true },      { "http://localhost/a/c/b", true },
	{ "http://h/c/b", false },           { "http://10.1.2.3/a/c/b", false },
	{ "http://127.0.0.1.h/c/b", false },
};

static void test_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		AUTO(blob_url_done) struct blob_url u = { 0 };
		struct credential none = { 0 }, sas = { .kind = CREDENTIAL_SAS };
		struct err err = { 0 };
		assert_true(blob_url_parse(ways[i].url, &u, NULL));
		assert_true(credential_check(&none, &u, NULL));
		if (credential_check(&sas, &u, &err) != ways[i].allowed)
			fail_msg("'%s'", ways[i].url);
	}
}

static const struct {
	const char *sas, *want;
} hints[] = {
	{ "se=2020-01-01T00%3A00%3A00Z&sig=x", ": the SAS expired at 2020-01-01T00:00:00Z" },
	{ "se=2020-01-01&sig=x", ": the SAS expired at 2020-01-01" },
	{ "se=9999-01-01&sig=x", "" },
	{ "se=soon&sig=x", "" },
	{ "se=1999-01-01%1b%5b31m&sig=x", "" },
	{ "sig=x", "" },
};

static void test_hint(void **state)
{
	(void)state;
	char out[CREDENTIAL_HINT_SIZE];
	for (size_t i = 0; i < COUNT_OF(hints); i++) {
		AUTO(credential_done) struct credential c = { .secret = BUF_INIT(CREDENTIAL_MAX) };
		assert_true(
			credential_parse(CREDENTIAL_SAS, "x", slice_str(hints[i].sas), &c, NULL));
		assert_string_equal(credential_hint(&c, out), hints[i].want);
	}
}

static void test_hide(void **state)
{
	(void)state;
	char text[] = "cannot ask http://h/?sig=abc%2B&x=1 or SIG=d 'sig=e' sig=";
	credential_hide(text);
	assert_string_equal(text, "cannot ask http://h/?sig=******&x=1 or SIG=* 'sig=*' sig=");
}

static void test_open(void **state)
{
	(void)state;
	AUTO(blob_url_done) struct blob_url u = { 0 };
	assert_true(blob_url_parse("https://h/c/b", &u, NULL));
	static const struct {
		struct credential_options opt;
		enum credential_kind kind; /* NONE: refused */
	} rows[] = {
		{ { "sas", "sas" }, CREDENTIAL_SAS },    { { "token", NULL }, CREDENTIAL_TOKEN },
		{ { "key", "sas" }, CREDENTIAL_NONE },   { { "key", "none" }, CREDENTIAL_NONE },
		{ { "guess", "sas" }, CREDENTIAL_NONE }, { { NULL, "sas" }, CREDENTIAL_NONE },
	};
	write_file("sas", "sig=x\n", 6);
	setenv("IBBUNDLE_TOKEN", "abc", 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(credential_done) struct credential c = { 0 };
		struct err err = { 0 };
		bool ok = credential_open(&rows[i].opt, &u, &c, &err);
		if (ok != (rows[i].kind != CREDENTIAL_NONE) || (ok && c.kind != rows[i].kind))
			fail_msg("row %zu: %s", i, err.msg);
	}
	AUTO(credential_done) struct credential c = { 0 };
	assert_true(credential_open(&(struct credential_options) { 0 }, &u, &c, NULL));
	assert_int_equal(c.kind, CREDENTIAL_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_hide),
		cmocka_unit_test_setup_teardown(test_open, enter_temp_dir, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
