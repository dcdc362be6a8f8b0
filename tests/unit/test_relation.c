/* SPDX-License-Identifier: MIT */
/* test_relation.c - package relations as they stand in control files. */
#include "support.h"

#include "relation.h"

/* Every relation of @text as "name:arch op version", alternatives by " | ", clauses by "; ". */
static void describe(const char *text, char *out, size_t size)
{
	struct slice rest = slice_str(text), clause;
	bool bad = false;
	size_t used = 0;
	out[0] = '\0';
	const char *before = "";
	while (relation_next_clause(&rest, &clause)) {
		struct relation r;
		while (relation_next_alternative(&clause, &r, &bad)) {
			used += (size_t)snprintf(
				out + used, size - used, "%s%.*s%s%.*s%s%s%s%.*s", before,
				(int)r.name.len, (const char *)r.name.p, r.arch.len ? ":" : "",
				(int)r.arch.len, r.arch.len ? (const char *)r.arch.p : "",
				r.op[0] ? " " : "", r.op, r.op[0] ? " " : "", (int)r.version.len,
				r.version.len ? (const char *)r.version.p : "");
			assert_true(used < size);
			before = " | ";
		}
		if (bad) {
			snprintf(out, size, "bad");
			return;
		}
		before = "; ";
	}
}

static const struct {
	const char *text, *parsed, *why;
} texts[] = {
	{ "", "", "no relations" },
	{ " \n\t ", "", "nothing but space" },
	{ "libc6", "libc6", "a name" },
	{ "libc6 (>= 2.36)", "libc6 >= 2.36", "a version" },
	{ "libc6(>=2.36)", "libc6 >= 2.36", "no spaces" },
	{ "libc6 ( >= 2.36 )", "libc6 >= 2.36", "many spaces" },
	{ "a (= 1:2.0-1~x+y)", "a = 1:2.0-1~x+y", "epoch and signs" },
	{ "a (<< 1), b (>> 1)", "a << 1; b >> 1", "strict operators" },
	{ "a (< 1), b (> 1)", "a <= 1; b >= 1", "old spellings" },
	{ "awk | mawk (>= 1) | gawk", "awk | mawk >= 1 | gawk", "alternatives" },
	{ "perl:any (>= 5)", "perl:any >= 5", "architecture qualifier" },
	{ "python3:native", "python3:native", "native" },
	{ "libc6:amd64", "libc6:amd64", "one architecture" },
	{ "a,b,\n c ,", "a; b; c", "line break, comma at the end" },
	{ ", ,a", "a", "empty clauses are passed over" },
	{ "g++ , libstdc++6", "g++; libstdc++6", "plus in a name" },
	{ "a b", "bad", "two names" },
	{ "a |", "bad", "nothing after the bar" },
	{ "| a", "bad", "nothing before the bar" },
	{ "a | | b", "bad", "nothing between bars" },
	{ "a:", "bad", "empty architecture" },
	{ "a (1.0)", "bad", "no operator" },
	{ "a (>= )", "bad", "no version" },
	{ "a (>= 1 2)", "bad", "two versions" },
	{ "a (>= 1", "bad", "no closing bracket" },
	{ "a >= 1", "bad", "no brackets" },
	{ "a (>= 1) x", "bad", "something after the brackets" },
	{ "a [amd64]", "bad", "architecture list: only in source packages" },
	{ "a <!nocheck>", "bad", "profile: only in source packages" },
	{ "(>= 1)", "bad", "no name" },
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		char out[256];
		describe(texts[i].text, out, sizeof(out));
		if (strcmp(out, texts[i].parsed) != 0)
			fail_msg("'%s' is '%s': %s", texts[i].text, out, texts[i].why);
	}
}

static const struct {
	const char *relation, *have;
	bool holds;
	const char *why;
} versions[] = {
	{ "a", "0", true, "any version" },
	{ "a (>= 2)", "2", true, "equal" },
	{ "a (>= 2)", "2~rc1", false, "before" },
	{ "a (<= 2)", "2", true, "equal" },
	{ "a (<= 2)", "2+b1", false, "after" },
	{ "a (<< 2)", "2", false, "equal is not strictly less" },
	{ "a (<< 2)", "2~", true, "less" },
	{ "a (>> 2)", "2", false, "equal is not strictly more" },
	{ "a (>> 2)", "1:0", true, "epoch" },
	{ "a (= 2)", "2", true, "equal" },
	{ "a (= 2)", "2-0", true, "equal as versions" },
	{ "a (= 2)", "2+b1", false, "a rebuild is not equal" },
};

static void test_versions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		struct slice clause = slice_str(versions[i].relation);
		struct relation r;
		bool bad = false;
		assert_true(relation_next_alternative(&clause, &r, &bad));
		if (relation_version_holds(&r, slice_str(versions[i].have)) != versions[i].holds)
			fail_msg("%s with %s: %s", versions[i].relation, versions[i].have,
				 versions[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_versions),
	};
	return cmocka_run_group_tests_name("relation", tests, NULL, NULL);
}
