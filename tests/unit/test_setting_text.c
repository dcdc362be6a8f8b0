/* SPDX-License-Identifier: MIT */
/* test_setting_text.c - a setting in every form it stands in, and back byte for byte. */
#include "support.h"

#include "setting_text.h"

#define KEY "OS.EnableRDMA"

static const struct {
	const char *before, *after; /* NULL: stays */
	const char *why;
} rows[] = {
	{ "A=1\n" KEY "=n\nB=2\n", "A=1\n" KEY "=y\nB=2\n", "another value" },
	{ "A=1\n" KEY "=y\nB=2\n", NULL, "there already" },
	{ KEY " = y\n", NULL, "there already, with spaces" },
	{ KEY "=\"y\"\n", NULL, "there already, in quotes" },
	{ KEY "=y # yes\n", NULL, "there already, with a comment" },
	{ KEY "=yes\n", KEY "=y\n", "begins like it" },
	{ KEY "=\n", KEY "=y\n", "empty" },
	{ "# " KEY "=y\n", KEY "=y\n", "commented, as it is shipped" },
	{ "#" KEY "=n\n", KEY "=y\n", "commented, another value" },
	{ "\t## " KEY " = n \n", KEY "=y\n", "commented, spaces everywhere" },
	{ "  " KEY " = n\n", KEY "=y\n", "indented" },
	{ "# " KEY "=y means that\n", "# " KEY "=y means that\n" KEY "=y\n",
	  "prose is no setting" },
	{ "# " KEY "=\n", "# " KEY "=\n" KEY "=y\n", "nor is nothing" },
	{ KEY "Port=n\nX" KEY "=n\n", KEY "Port=n\nX" KEY "=n\n" KEY "=y\n", "other names" },
	{ "A=1\n", "A=1\n" KEY "=y\n", "absent" },
	{ "", KEY "=y\n", "an empty file" },
	{ "\n", "\n" KEY "=y\n", "an empty line" },
	{ "A=1", "A=1\n" KEY "=y", "absent, and no newline at the end" },
	{ KEY "=n", KEY "=y", "no newline at the end" },
	{ "# " KEY "=n\n" KEY "=n\n", "# " KEY "=n\n" KEY "=y\n", "the comment before it stays" },
	{ "#" KEY "=a\n#" KEY "=b\nC=1\n", "#" KEY "=a\n" KEY "=y\nC=1\n", "the last comment" },
	{ KEY "=n\nA=1\n" KEY "=y\n" KEY "=x\n", KEY "=y\nA=1\n" KEY "=y\n" KEY "=y\n",
	  "several times: whichever is read" },
	{ "A=1\r\n# " KEY "=n\r\nB=2\r\n", "A=1\r\n" KEY "=y\r\nB=2\r\n", "CRLF" },
	{ "A=1\r\nB=2", "A=1\r\nB=2\r\n" KEY "=y", "CRLF, absent, no newline at the end" },
	{ "A=\xff\n" KEY "=n\n", "A=\xff\n" KEY "=y\n", "other lines may be anything" },
};

static const char *line_of(const struct setting_change *c, char out[256])
{
	snprintf(out, 256, "%.*s", (int)c->was.len, c->was.len ? (const char *)c->was.p : "");
	return c->added ? NULL : out;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		struct setting_change changes[SETTING_CHANGES_MAX];
		size_t count = 99;
		AUTO(buf_done) struct buf text = BUF_INIT(4096);
		assert_ok(setting_apply(slice_str(rows[i].before), KEY, "y", &text, changes, &count,
					&err));
		const char *wanted = rows[i].after ? rows[i].after : rows[i].before;
		if (strcmp(buf_str(&text), wanted) != 0 || !count != !rows[i].after)
			fail_msg("%s: '%s'", rows[i].why, buf_str(&text));
		for (size_t k = count; k-- > 0;) {
			char was[256];
			AUTO(buf_done) struct buf back = BUF_INIT(4096);
			enum setting_revert r =
				setting_revert(buf_slice(&text), KEY, KEY "=y",
					       line_of(&changes[k], was), changes[k].nth, &back);
			if (r != SETTING_REVERTED)
				fail_msg("%s: not put back (%d)", rows[i].why, (int)r);
			buf_done(&text);
			text = back;
			back = (struct buf) { 0 };
		}
		if (strcmp(buf_str(&text), rows[i].before) != 0)
			fail_msg("%s: back: '%s'", rows[i].why, buf_str(&text));
	}
}

static const struct {
	const char *now, *was;
	unsigned nth;
	enum setting_revert result;
	const char *then, *why;
} backs[] = {
	{ KEY "=y\n", "#" KEY "=n", 0, SETTING_REVERTED, "#" KEY "=n\n", "as we left it" },
	{ "# new\n" KEY "=x\n" KEY "=y\n", "#" KEY "=n", 0, SETTING_REVERTED,
	  "# new\n" KEY "=x\n#" KEY "=n\n", "moved, but only one is ours" },
	{ KEY "=x\n" KEY "=y\n" KEY "=y\n", "#" KEY "=n", 0, SETTING_FOREIGN, NULL,
	  "which one is ours?" },
	{ KEY "=x\n", "#" KEY "=n", 0, SETTING_FOREIGN, NULL, "somebody gave it another value" },
	{ "A=1\n", "#" KEY "=n", 0, SETTING_FOREIGN, NULL, "somebody took it out" },
	{ "#" KEY "=n\n", "#" KEY "=n", 0, SETTING_AS_BEFORE, NULL,
	  "never done, or undone already" },
	{ "A=1\n", NULL, 0, SETTING_AS_BEFORE, NULL, "our new line is gone already" },
	{ KEY "=n\n", NULL, 0, SETTING_FOREIGN, NULL, "our new line has another value" },
	{ "A=1\n" KEY "=y\nB=2", NULL, 0, SETTING_REVERTED, "A=1\nB=2",
	  "something was put behind our new line" },
};

static void test_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(backs); i++) {
		AUTO(buf_done) struct buf then = BUF_INIT(4096);
		enum setting_revert r = setting_revert(slice_str(backs[i].now), KEY, KEY "=y",
						       backs[i].was, backs[i].nth, &then);
		if (r != backs[i].result ||
		    (backs[i].then && strcmp(buf_str(&then), backs[i].then) != 0))
			fail_msg("%s: %d '%s'", backs[i].why, (int)r, buf_str(&then));
	}
}

static void test_limit(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct setting_change changes[SETTING_CHANGES_MAX];
	size_t count = 0;
	AUTO(buf_done) struct buf text = BUF_INIT(4096);
	AUTO(buf_done) struct buf out = BUF_INIT(4096);
	for (size_t i = 0; i <= SETTING_CHANGES_MAX; i++)
		buf_add_str(&text, KEY "=n\n");
	assert_fails(setting_apply(buf_slice(&text), KEY, "y", &out, changes, &count, &err),
		     ERR_STEP, "is set more than 16 times");
	AUTO(buf_done) struct buf small = BUF_INIT(4);
	assert_fails(setting_apply(slice_str("A=1\n"), KEY, "y", &small, changes, &count, &err),
		     ERR_FORMAT, "larger than 4 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_limit),
	};
	return cmocka_run_group_tests_name("setting_text", tests, NULL, NULL);
}
