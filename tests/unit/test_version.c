/* SPDX-License-Identifier: MIT */
/* test_version.c - the table of FORMAT.md, Versions, and more of its kind. */
#include "support.h"

#include "version.h"

static const struct {
	const char *a, *b;
	int sign;
	const char *why;
} pairs[] = {
	{ "1.0", "1.0", 0, "same text" },
	{ "1.9", "1.10", -1, "numbers by value, not by digit" },
	{ "1.01", "1.1", 0, "leading zeros don't count" },
	{ "1.0", "1.0.1", -1, "more is newer" },
	{ "1.0~rc1", "1.0", -1, "tilde comes before the end" },
	{ "1.0~~", "1.0~", -1, "two tildes before one" },
	{ "1.0a", "1.0", 1, "a letter comes after the end" },
	{ "1.0a", "1.0+", -1, "letters before other signs" },
	{ "1.0-1", "1.0-2", -1, "revision decides last" },
	{ "1.0", "1.0-0", 0, "no revision is revision 0" },
	{ "1.0-1", "1.0.1", -1, "the part before the last hyphen decides first" },
	{ "5.5-1.0.3.2", "5.5-1.0.3.0", 1, "vendor's version" },
	{ "4.9-4.1.7.0", "5.5-1.0.3.2", -1, "vendor's version" },
	{ "6.1.0-9-amd64", "6.1.0-40-amd64", -1, "kernel ABI" },
	{ "5.15.0-1041-azure", "5.15.0-1041-generic", -1, "flavour" },
	{ "99999999999999999999", "100000000000000000000", -1, "numbers of any length" },
	{ "", "0", 0, "nothing is zero" },
	{ "2:1", "10", -1, "no epoch here: a colon is a sign like others" },
};

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void test_compare(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		int ab = sign(version_compare(pairs[i].a, pairs[i].b));
		int ba = sign(version_compare(pairs[i].b, pairs[i].a));
		if (ab != pairs[i].sign || ba != -pairs[i].sign)
			fail_msg("'%s' and '%s': %d, %d: %s", pairs[i].a, pairs[i].b, ab, ba,
				 pairs[i].why);
	}
}

static const struct {
	const char *a, *b;
	int sign;
	const char *why;
} debs[] = {
	{ "1:0.1", "2.0", 1, "an epoch beats all" },
	{ "0:1.0", "1.0", 0, "no epoch is epoch 0" },
	{ "2:1.0", "10:1.0", -1, "epochs by value" },
	{ "44.0-2", "44.0-2+b1", -1, "binary rebuild" },
	{ "252.38-1~deb12u1", "252.38-1", -1, "backported to a release" },
	{ "1.0-1-1", "1.0-1", 1, "only the last hyphen starts the revision" },
	{ "5.36.0-7+deb12u3", "5.36.0-7+deb12u2", 1, "security update" },
};

static void test_compare_deb(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(debs); i++)
		if (sign(version_compare_deb(debs[i].a, debs[i].b)) != debs[i].sign ||
		    sign(version_compare_deb(debs[i].b, debs[i].a)) != -debs[i].sign)
			fail_msg("'%s' and '%s': %s", debs[i].a, debs[i].b, debs[i].why);
}

static const struct {
	const char *term, *value;
	bool holds;
	const char *why;
} terms[] = {
	{ ">= 5.15", "5.15.0-1041-azure", true, "two components are compared" },
	{ "<= 5.15", "5.15.0-1041-azure", true, "and so it is at most 5.15 too" },
	{ "> 5.15", "5.15.0-1041-azure", false, "and not more" },
	{ "< 5.15", "5.15.0-1041-azure", false, "and not less" },
	{ "< 5.16", "5.15.0-1041-azure", true, "less in the second component" },
	{ "< 5.4", "5.15.0-1041-azure", false, "15 is more than 4" },
	{ "> 5.4", "5.15.0-1041-azure", true, "15 is more than 4" },
	{ ">= 5.15.0-1042", "5.15.0-1041-azure", false, "four components" },
	{ "> 5.15.0-1040", "5.15.0-1041-azure", true, "four components" },
	{ ">= 10.0.17763", "10.0.17763.5830", true, "a build of Windows" },
	{ "> 10.0.17763", "10.0.17763.5830", false, "its revision does not count" },
	{ "> 10.0.17763.5829", "10.0.17763.5830", true, "here it does" },
	{ "< 10.0.20348", "10.0.17763.5830", true, "an older build" },
	{ ">= 10", "6.3.9600.21871", false, "an older Windows" },
	{ ">= 5.15", "5", false, "the value has fewer components" },
	{ ">= 5.15", "5.15", true, "the value is the bound" },
	{ ">= 5", "5.0", true, "one component" },
	{ "= 5.15", "5.15.0-1041-azure", false, "= takes the whole text" },
	{ "= 6.1.0-40-amd64", "6.1.0-40-amd64", true, "the same kernel" },
	{ "= 6.1.0-40-amd64", "6.1.0-40-cloud-amd64", false, "another flavour" },
	{ "!= 6.1.0-40-amd64", "6.1.0-41-amd64", true, "another kernel" },
	{ "!= 6.1.0-40-amd64", "6.1.0-40-amd64", false, "the same kernel" },
	{ ">= 4.18.0-553", "4.18.0-553.el8_10.x86_64", true, "Red Hat's kernel" },
	{ "< 4.18.0-553", "4.18.0-477.10.1.el8_8.x86_64", true, "Red Hat's kernel" },
	{ ">= 6.12", "6.12~rc1", true, "a tilde separates components" },
	{ ">= 22.04", "9.10", false, "releases too are compared by value" },
	{ "~ 5", "5", false, "no such operator" },
};

static void test_terms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(terms); i++)
		if (version_term_holds(terms[i].term, terms[i].value) != terms[i].holds)
			fail_msg("'%s' %s: %s", terms[i].value, terms[i].term, terms[i].why);
}

static const struct {
	const char *term;
	bool valid;
	const char *why;
} shapes[] = {
	{ ">= 5.4", true, "plain" },
	{ "= 4.18.0-553.el8_10.x86_64", true, "underscore" },
	{ "", false, "empty" },
	{ "5.4", false, "no operator" },
	{ ">=5.4", false, "no space" },
	{ ">=  5.4", false, "two spaces" },
	{ "== 5.4", false, "unknown operator" },
	{ "=> 5.4", false, "unknown operator" },
	{ ">= ", false, "no version" },
	{ ">= 5.4 ", false, "space at the end" },
	{ ">= 5..4", false, "empty component" },
	{ ">= .4", false, "empty first component" },
	{ ">= 5.", false, "empty last component" },
	{ ">= 5.4:1", false, "a colon is no separator" },
};

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		struct err err = { 0 };
		if (version_term_valid(shapes[i].term, &err) != shapes[i].valid)
			fail_msg("'%s': %s", shapes[i].term, shapes[i].why);
		if (!shapes[i].valid && err.code != ERR_FORMAT)
			fail_msg("'%s': no error", shapes[i].term);
	}
}

/* --- the table in FORMAT.md says the same -------------------------------------------------------- */

/* Column @n (from 1) of a table's row, without spaces and backquotes around it. */
static void column(const char *row, int n, char *out, size_t size)
{
	for (int i = 0; i < n && row; i++) {
		row = strchr(row, '|');
		row = row ? row + 1 : NULL;
	}
	size_t len = row ? strcspn(row, "|") : 0;
	while (len && strchr(" `", *row)) {
		row++;
		len--;
	}
	while (len && strchr(" `", row[len - 1]))
		len--;
	snprintf(out, size, "%.*s", (int)len, row ? row : "");
}

static void check_row(const char *row, size_t *compared, size_t *terms_seen)
{
	char a[100], b[100], c[100], d[100];
	column(row, 1, a, sizeof(a));
	column(row, 2, b, sizeof(b));
	column(row, 3, c, sizeof(c));
	column(row, 4, d, sizeof(d));
	if (strlen(b) == 1 && strchr("<=>", b[0])) {
		if (sign(version_compare(a, c)) != (b[0] == '<' ? -1 : b[0] == '>'))
			fail_msg("FORMAT.md is wrong: %s %s %s", a, b, c);
		++*compared;
	} else if (strcmp(c, "yes") == 0 || strcmp(c, "no") == 0) {
		if (version_term_holds(b, a) != (c[0] == 'y'))
			fail_msg("FORMAT.md is wrong: %s %s: %s", a, b, c);
		++*terms_seen;
	}
}

static void test_format_md(void **state)
{
	(void)state;
	const char *from = strstr(read_text("runtime/common/FORMAT.md"), "\n## Versions\n");
	assert_non_null(from);
	const char *to = strstr(from + 1, "\n## ");
	size_t compared = 0, terms_seen = 0;
	for (const char *row = strchr(from + 1, '\n'); row && row < to; row = strchr(row + 1, '\n'))
		if (row[1] == '|')
			check_row(row + 1, &compared, &terms_seen);
	assert_true(compared >= 10 && terms_seen >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),   cmocka_unit_test(test_compare_deb),
		cmocka_unit_test(test_terms),     cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_format_md),
	};
	return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}
