/* SPDX-License-Identifier: MIT */
/* test_template.c - places in texts are filled in, and no value gets out of its quotes. */
#include "support.h"
#include "template.h"

#define HOSTILE "a'b\"c$(d)`e`${f}%{g}\\h\n;{{ i }}"

static const struct template_value first_row[] = { { "row", "one" }, { "last", "" }, { 0 } };
static const struct template_value second_row[] = { { "row", "two" }, { "last", "yes" }, { 0 } };
static const struct template_value *const rows[] = { first_row, second_row };
static const struct template_list lists[] = { { "rows", rows, 2 }, { "none", rows, 0 }, { 0 } };

static const struct template_value values[] = {
	{ "name", "mini" },
	{ "plain", "a-b_c.1+2 --x=/y:z," },
	{ "hostile", HOSTILE },
	{ "quotes", "it\xe2\x80\x99s" },
	{ "empty", "" },
	{ "missing", NULL },
	{ "script", "#!/bin/sh\n\tx \"y\"\n\nend\n" },
	{ "control", "a\033[31m" },
	{ "c1", "a\xc2\x9b" },
	{ "broken", "a\xff" },
	{ "row", "outer" },
	{ 0 },
};

static const struct {
	const char *template, *want; /* NULL: refused */
	const char *why;
} cases[] = {
	{ "", "", "nothing" },
	{ "x @name@ y", "x mini y", "a value" },
	{ "@name@@name@\n", "minimini\n", "beside each other" },
	{ "@plain@", "a-b_c.1+2 --x=/y:z,", "all that is plain" },
	{ "a@b.c @{ @( @@ @ @Name@ @na me@", "a@b.c @{ @( @@ @ @Name@ @na me@", "not places" },
	{ "@hostile@", NULL, "what is not plain needs quotes" },
	{ "@hostile:sh@", "'a'\\''b\"c$(d)`e`${f}%{g}\\h\n;{{ i }}'", "a shell" },
	{ "@hostile:ps@", "'a''b\"c$(d)`e`${f}%{g}\\h\n;{{ i }}'", "PowerShell" },
	{ "@quotes:ps@", "'it\xe2\x80\x99\xe2\x80\x99s'", "PowerShell's other quotes" },
	{ "@hostile:json@", "\"a'b\\\"c$(d)`e`${f}%{g}\\\\h\\n;{{ i }}\"", "JSON" },
	{ "@hostile:hcl@", "\"a'b\\\"c$(d)`e`$${f}%%{g}\\\\h\\n;{{ i }}\"", "HCL" },
	{ "@hostile:bicep@", "'a\\'b\"c$(d)`e`\\${f}%{g}\\\\h\\n;{{ i }}'", "Bicep" },
	{ "# @hostile:text@", "# a'b\"c$(d)`e`${f}%{g}\\h ;{{ i }}", "a comment stays one line" },
	{ "# @control:text@", "# a [31m", "and steers no terminal" },
	{ "@control:json@", NULL, "no control characters" },
	{ "@c1:sh@", NULL, "nor those of the second set" },
	{ "@broken:sh@", NULL, "not UTF-8" },
	{ "@name:perl@", NULL, "no such way" },
	{ "@unknown@", NULL, "no such value" },
	{ "[\n  @script:lines@\n]",
	  "[\n  \"#!/bin/sh\",\n  \"\\tx \\\"y\\\"\",\n  \"\",\n  \"end\"\n]", "lines of JSON" },
	{ "|\n  @script:indent@\nz", "|\n  #!/bin/sh\n  \tx \"y\"\n\n  end\nz",
	  "an indented block" },
	{ "a\n@if name@\nb\n@end@\nc\n", "a\nb\nc\n", "there" },
	{ "a\n  @if empty@\nb\n  @end@\nc\n", "a\nc\n", "empty" },
	{ "@if missing@\nb\n@else@\nc\n@end@\n", "c\n", "not there" },
	{ "@if name@\n@if empty@\nx\n@else@\ny\n@end@\n@else@\nz\n@end@\n", "y\n", "nested" },
	{ "@if empty@\n@if unknown@\nx\n@end@\n@end@\n", "", "not looked at" },
	{ "@each rows@\n- @row@ @name@\n@end@\n@row@", "- one mini\n- two mini\nouter", "rows" },
	{ "@each rows@\n@row@\n@if last@\n.\n@else@\n,\n@end@\n@end@\n", "one\n,\ntwo\n.\n",
	  "conditions of a row" },
	{ "@each none@\nx\n@end@\ny", "y", "no rows" },
	{ "@each unknown@\nx\n@end@\n", NULL, "no such list" },
	{ "@if name@\nx\n", NULL, "no end" },
	{ "@each rows@\nx\n", NULL, "no end of rows" },
	{ "x\n@end@\n", NULL, "an end too many" },
	{ "x\n@else@\n", NULL, "an else too many" },
};

static void test_template(void **state)
{
	(void)state;
	const struct template_values v = { values, lists };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(buf_done) struct buf out = BUF_INIT(4096);
		struct err err = { 0 };
		const struct template_file file = { "t", cases[i].template };
		bool ok = template_fill_file(&file, &v, &out, &err);
		if (ok != (cases[i].want != NULL) ||
		    (ok && strcmp(buf_str(&out), cases[i].want) != 0))
			fail_msg("%s: '%s' became '%s' (%s)", cases[i].why, cases[i].template,
				 ok ? buf_str(&out) : "refused", err.msg);
		if (!ok && !err.code)
			fail_msg("%s: refused without saying why", cases[i].why);
	}
}

static void test_limit(void **state)
{
	(void)state;
	const struct template_values v = { values, lists };
	AUTO(buf_done) struct buf out = BUF_INIT(8);
	struct err err = { 0 };
	const struct template_file file = { "t", "@plain@" };
	assert_false(template_fill_file(&file, &v, &out, &err));
	assert_int_equal(err.code, ERR_FORMAT);
}

static void test_names(void **state)
{
	(void)state;
	const struct template_values v = { values, lists };
	AUTO(buf_done) struct buf out = BUF_INIT(8);
	struct err err = { 0 };
	assert_false(template_fill("no/such", &v, &out, &err));
	assert_non_null(template_files[0].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_template),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
