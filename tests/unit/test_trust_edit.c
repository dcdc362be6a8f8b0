/* SPDX-License-Identifier: MIT */
/* test_trust_edit.c - command lines of `trust`, and what they make of a policy. */
#include "certificate.h"
#include "support.h"
#include "trust_edit.h"

#define WORDS_MAX 10

static bool parse(const char *const words[WORDS_MAX], struct trust_request *out, struct err *err)
{
	char *argv[WORDS_MAX + 1] = { (char *)(uintptr_t) "trust" };
	int argc = 1;
	for (; argc <= WORDS_MAX && words[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
	return trust_request_parse(argc, argv, out, err);
}

static const struct {
	const char *words[WORDS_MAX], *message, *why;
} lines[] = {
	{ { "list" }, NULL, "list" },
	{ { "show", "--json", "-v" }, NULL, "show" },
	{ { "add", "c.pem", "--role=vendor", "--signers", "2" }, NULL, "add, and ask for two" },
	{ { "--role", "vendor", "add", "c.pem" }, NULL, "options first" },
	{ { "set", "--require-trust" }, NULL, "yes is understood" },
	{ { "set", "--require-trust=no", "--minimum", "a=1", "--minimum", "b=" }, NULL, "several" },
	{ { NULL }, "add, remove", "nothing" },
	{ { "frob" }, "frob", "no such verb" },
	{ { "list", "x" }, "one argument too many", "an operand" },
	{ { "add", "a", "b" }, "one argument too many", "two" },
	{ { "add" }, "which certificate", "none" },
	{ { "add", "a", "--frob" }, "no option", "no such option" },
	{ { "add", "a", "--role" }, "a value is missing", "no value" },
	{ { "add", "a", "--role=" }, "a value is missing", "an empty one" },
	{ { "list", "--json=1" }, "no value is taken", "a value" },
	{ { "set", "--signers", "1", "--signers", "2" }, "given twice", "twice" },
	{ { "set", "--require-crl", "--require-crl=no" }, "given twice", "yes and no" },
	{ { "set", "--signers", "-1" }, "number", "a negative number" },
	{ { "set", "--maximum-age", "40000" }, "number", "a hundred years" },
	{ { "remove", "(none)", "--signers", "1" }, "only 'add' and 'set'", "not with remove" },
	{ { "show", "--root", "r", "--policy", "p" }, "not both", "two places" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct err err = { 0 };
		struct trust_request r;
		bool ok = parse(lines[i].words, &r, &err);
		if (ok != (lines[i].message == NULL) ||
		    (!ok && (err.code != ERR_USAGE || !strstr(err.msg, lines[i].message))))
			fail_msg("%s: %s", lines[i].why, err.msg);
	}
}

/* One after the other: what the policy says then, without white space. */
static const struct {
	const char *words[WORDS_MAX];
	enum err_code code;
	const char *has, *lacks, *why;
} edits[] = {
	{ { "set", "--signers", "2" }, ERR_NONE, "\"require\":[{\"signers\":2}]", "roles", "two" },
	{ { "set", "--signers", "1" }, ERR_NONE, "\"require\":[{\"signers\":1}]", "roles", "one" },
	{ { "set", "--signers", "1", "--role", "a,b" },
	  ERR_NONE,
	  "{\"roles\":[\"a\",\"b\"],\"signers\":1}",
	  "(none)",
	  "and one of two roles" },
	{ { "set", "--signers", "0" },
	  ERR_NONE,
	  "\"require\":[{\"roles\"",
	  "{\"signers\"",
	  "not the first" },
	{ { "set", "--signers", "0", "--role", "a,b" },
	  ERR_NONE,
	  "\"require\":[]",
	  "roles",
	  "nor that" },
	{ { "set", "--signers", "0", "--role", "c" },
	  ERR_NONE,
	  "\"require\":[]",
	  "roles",
	  "nor none" },
	{ { "set", "--signers", "1", "--role", "A" }, ERR_USAGE, "", "(none)", "no role" },
	{ { "set", "--signers", "1", "--role", "a,,b" }, ERR_USAGE, "", "(none)", "no list" },
	{ { "set", "--algorithms", "rsa-4096,ecdsa-p256" },
	  ERR_NONE,
	  "[\"rsa-4096\",\"ecdsa-p256\"]",
	  "p384",
	  "two" },
	{ { "set", "--algorithms", "any" }, ERR_NONE, "", "algorithms", "all" },
	{ { "set", "--algorithms", "any,rsa-4096" }, ERR_USAGE, "", "(none)", "all and one" },
	{ { "set", "--minimum", "a=1", "--minimum", "b=2" },
	  ERR_NONE,
	  "{\"a\":\"1\",\"b\":\"2\"}",
	  "(none)",
	  "two minima" },
	{ { "set", "--minimum", "a=3" },
	  ERR_NONE,
	  "{\"a\":\"3\",\"b\":\"2\"}",
	  "(none)",
	  "another" },
	{ { "set", "--minimum", "a=" }, ERR_NONE, "{\"b\":\"2\"}", "\"a\"", "none" },
	{ { "set", "--minimum", "b" }, ERR_USAGE, "", "(none)", "which version?" },
	{ { "set", "--minimum", "b=" }, ERR_NONE, "", "minimum", "none at all" },
	{ { "set", "--maximum-age", "7" }, ERR_NONE, "\"maximum_age_days\":7", "(none)", "a week" },
	{ { "set", "--maximum-age", "0" }, ERR_NONE, "", "maximum", "any age" },
	{ { "set", "--require-trust", "--post-quantum" },
	  ERR_NONE,
	  "\"post_quantum\":true",
	  "(none)",
	  "yes" },
	{ { "set", "--post-quantum=no" },
	  ERR_NONE,
	  "\"require_trust\":true",
	  "post_quantum",
	  "no" },
	{ { "add", "c.pem", "--role", "v" },
	  ERR_NONE,
	  "\"role\":\"v\"",
	  "(none)",
	  "a certificate" },
	{ { "add", "c.pem", "--role", "w" },
	  ERR_NONE,
	  "\"role\":\"w\"",
	  "\"v\"",
	  "of another role" },
	{ { "remove", "CN=nobody" }, ERR_NO, "", "(none)", "no such one" },
	{ { "remove", "CN=mini" }, ERR_NO, "", "(none)", "half a name" },
	{ { "distrust", "CN=mini test" }, ERR_NONE, "\"distrusted\":[\"", "(none)", "by name" },
	{ { "distrust", "12" }, ERR_USAGE, "", "(none)", "no fingerprint" },
	{ { "remove", "CN=mini test" }, ERR_NONE, "\"anchors\":[]", "CERTIFICATE", "gone" },
};

static void without_space(struct buf *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->len; i++)
		if (b->p[i] != ' ' && b->p[i] != '\n')
			b->p[n++] = b->p[i];
	b->len = n;
	b->p[n] = '\0';
}

/* Edit @text, which becomes the new one. */
static bool edit(const char *const words[WORDS_MAX], struct buf *text, struct err *why)
{
	struct err err = { 0 };
	struct trust_request r;
	AUTO(policy_done) struct policy p = { 0 };
	AUTO(seen_done) struct seen s = { 0 };
	AUTO(trust_auto_free) struct trust *t = trust_new(&err);
	struct buf new_text = BUF_INIT(POLICY_SIZE_MAX);
	AUTO(buf_done) struct buf seen = BUF_INIT(SEEN_SIZE_MAX), said = BUF_INIT(TRUST_TEXT_MAX);
	assert_ok(parse(words, &r, &err));
	assert_ok(policy_parse("p", buf_slice(text), &p, &err));
	assert_ok(policy_apply(&p, "d", "/", t, &err));
	assert_ok(seen_new(&s, &err));
	if (!trust_edit(&r, slice_str(certificate), &p, &s, t, &new_text, &seen, &said, why)) {
		buf_done(&new_text);
		return false;
	}
	assert_int_equal(seen.len, 0);
	buf_done(text);
	*text = new_text;
	return true;
}

static void test_edits(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf text = BUF_INIT(POLICY_SIZE_MAX);
	buf_add_str(&text, "{\"schema\":1}");
	for (size_t i = 0; i < COUNT_OF(edits); i++) {
		struct err err = { 0 };
		bool ok = edit(edits[i].words, &text, &err);
		if (ok != (edits[i].code == ERR_NONE) || err.code != edits[i].code)
			fail_msg("%s: %s", edits[i].why, err.msg);
		if (!ok)
			continue;
		AUTO(buf_done) struct buf plain = BUF_INIT(POLICY_SIZE_MAX);
		buf_add(&plain, text.p, text.len);
		without_space(&plain);
		if (!strstr(buf_str(&plain), edits[i].has) ||
		    strstr(buf_str(&plain), edits[i].lacks))
			fail_msg("%s: %s", edits[i].why, buf_str(&plain));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_edits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
