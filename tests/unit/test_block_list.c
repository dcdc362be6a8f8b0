/* SPDX-License-Identifier: MIT */
/* test_block_list.c - lists of blocks: the service's answers, and what it is sent. */
#include "block_list.h"

#include "support.h"

#define ONE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define TWO "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define BLOCK(name, size) "<Block><Name>" name "</Name><Size>" size "</Size></Block>"
#define LIST(blocks)                                                                               \
	"<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><UncommittedBlocks>" blocks          \
	"</UncommittedBlocks></BlockList>"

static const struct {
	const char *text;
	int count; /* -1: refused */
	const char *why;
} cases[] = {
	{ LIST(BLOCK(ONE, "5") BLOCK(TWO, "7")), 2, "two" },
	{ LIST(""), 0, "none" },
	{ "\xef\xbb\xbf" LIST(BLOCK(ONE, "5")), 1, "a byte order mark" },
	{ "<BlockList />", 0, "an empty list" },
	{ "<BlockList><CommittedBlocks /><UncommittedBlocks /></BlockList>", 0, "both empty" },
	{ "<BlockList><CommittedBlocks>" BLOCK(ONE, "5") "</CommittedBlocks></BlockList>", 0,
	  "committed ones don't count" },
	{ " <BlockList>\n <UncommittedBlocks>\n  " BLOCK(ONE, "5") "\n </UncommittedBlocks>\n"
								   "</BlockList>\n",
	  1, "white space" },
	{ LIST(BLOCK("bm90IG91cnM=", "5") BLOCK(ONE, "5")), 1, "somebody else's" },
	{ LIST(BLOCK("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", "5")), 0, "as long, other padding" },
	{ LIST(BLOCK("AAAAAAAAAAAAAAA&amp;AAAAAAAAAAAA", "5")), 0, "an entity" },
	{ "", -1, "nothing" },
	{ "<html>", -1, "another document" },
	{ "<?xml", -1, "cut in the declaration" },
	{ "<BlockList><UncommittedBlocks>", -1, "cut" },
	{ "<BlockList><UncommittedBlocks><Block><Name>" ONE, -1, "cut in a name" },
	{ LIST(BLOCK(ONE, "5")) "x", -1, "something behind" },
	{ LIST(BLOCK(ONE, "")), -1, "no size" },
	{ LIST(BLOCK(ONE, "-5")), -1, "negative" },
	{ LIST(BLOCK(ONE, "1234567890123456")), -1, "a size of 16 digits" },
	{ LIST("<Block><Size>5</Size><Name>" ONE "</Name></Block>"), -1, "another order" },
	{ LIST(BLOCK(ONE, "5") "<Other/>"), -1, "an element that nobody knows" },
	{ "<BlockList><UncommittedBlocks/></BlockList><BlockList/>", -1, "two lists" },
	{ "<!DOCTYPE x [<!ENTITY a \"b\">]><BlockList/>", -1, "a document type" },
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		AUTO(block_list_done) struct block_list l = { 0 };
		bool ok = block_list_parse(slice_str(cases[i].text), &l, &err);
		if (ok != (cases[i].count >= 0) || (ok && l.count != (size_t)cases[i].count))
			fail_msg("%s: %d, %zu blocks, %s", cases[i].why, ok, l.count, err.msg);
	}
}

static void test_has(void **state)
{
	(void)state;
	AUTO(block_list_done) struct block_list l = { 0 };
	assert_true(block_list_parse(slice_str(LIST(BLOCK(TWO, "7") BLOCK(ONE, "5"))), &l, NULL));
	assert_true(block_list_has(&l, ONE, 5));
	assert_true(block_list_has(&l, TWO, 7));
	assert_false(block_list_has(&l, TWO, 5));
	assert_false(block_list_has(&l, "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC", 5));
	assert_false(block_list_has(&(struct block_list) { 0 }, ONE, 5));
}

static void test_names(void **state)
{
	(void)state;
	uint8_t md5[MD5_SIZE] = { 0xff };
	char a[BLOCK_NAME_SIZE], b[BLOCK_NAME_SIZE], c[BLOCK_NAME_SIZE];
	block_name(md5, 1, 5, a);
	block_name(md5, 1, BLOCK_SIZE_MAX, b);
	block_name(md5, BLOCK_LIST_MAX, 5, c);
	assert_int_equal(strlen(a), BLOCK_NAME_SIZE - 1); /* all of one blob must be as long */
	assert_int_equal(strlen(b), BLOCK_NAME_SIZE - 1);
	assert_string_not_equal(a, b);
	assert_string_not_equal(a, c);
	AUTO(buf_done) struct buf text = BUF_INIT(1000);
	char names[2][BLOCK_NAME_SIZE] = { ONE, TWO };
	block_list_write((const char(*)[BLOCK_NAME_SIZE])names, 2, &text);
	assert_non_null(strstr(buf_str(&text), "<BlockList><Latest>" ONE "</Latest><Latest>" TWO
					       "</Latest></BlockList>"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_has),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
