/* SPDX-License-Identifier: MIT */
/* test_url.c - kinds of URLs, local paths, and what of them may be shown. */
#include "url.h"

#include "support.h"

static const struct {
	const char *url;
	enum url_kind kind;
	const char *shown;
	const char *path; /* of a local one; NULL: refused */
} cases[] = {
	{ "http://h/p", URL_HTTP, "http://h/p", NULL },
	{ "HTTPS://h/p", URL_HTTPS, "HTTPS://h/p", NULL },
	{ "https://u:p@h:8/p", URL_HTTPS, "https://h:8/p", NULL },
	{ "https://u:p@q@h/p@r", URL_HTTPS, "https://h/p@r", NULL },
	{ "https://u:p/@h/", URL_HTTPS, "https://u:p/@h/", NULL }, /* that is a host u */
	{ "https://h/p?sig=x", URL_HTTPS, "https://h/p?...", NULL },
	{ "https://h?sig=x", URL_HTTPS, "https://h?...", NULL },
	{ "https://u@h#f", URL_HTTPS, "https://h?...", NULL },
	{ "http://", URL_HTTP, "http://", NULL },
	{ "ftp://u:p@h/p", URL_UNSUPPORTED, "ftp://h/p", NULL },
	{ "", URL_UNSUPPORTED, "", NULL },
	{ "a/b@c?d", URL_LOCAL, "a/b@c?d", "a/b@c?d" },
	{ "/a b", URL_LOCAL, "/a b", "/a b" },
	{ "a%20b", URL_LOCAL, "a%20b", "a%20b" },
	{ "a\nb\x7f", URL_LOCAL, "a?b?", "a\nb\x7f" },
	{ "file:///a%20b", URL_LOCAL, "file:///a%20b", "/a b" },
	{ "file:/a", URL_LOCAL, "file:/a", "/a" },
	{ "file://localhost/a", URL_LOCAL, "file://localhost/a", "/a" },
	{ "file://other/a", URL_LOCAL, "file://other/a", NULL },
	{ "file:a", URL_LOCAL, "file:a", NULL },
	{ "file:///a%2", URL_LOCAL, "file:///a%2", NULL },
	{ "file:///a%zz", URL_LOCAL, "file:///a%zz", NULL },
	{ "file:///a%00b", URL_LOCAL, "file:///a%00b", NULL },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		AUTO(auto_free) char *shown = url_text(cases[i].url);
		if (url_kind(cases[i].url) != cases[i].kind || strcmp(shown, cases[i].shown) != 0)
			fail_msg("'%s' is shown as '%s'", cases[i].url, shown);
		if (cases[i].kind != URL_LOCAL)
			continue;
		AUTO(auto_free) char *path = url_local_path(cases[i].url, &err);
		if (!path != !cases[i].path || (path && strcmp(path, cases[i].path) != 0))
			fail_msg("'%s': path '%s' %s", cases[i].url, path ? path : "", err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
