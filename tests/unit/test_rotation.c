/* SPDX-License-Identifier: MIT */
/* test_rotation.c - who may name a successor, and what becomes of the old one. */
#include "support_bundle.h"

#include "rotation.h"
#include "seen.h"

static struct test_key keys[5]; /* a, b, c, d, e */
static char *pems[5];

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		char name[8];
		snprintf(name, sizeof(name), "key %c", (char)('a' + i));
		keys[i] = test_key_make(name, 100);
		unsigned char *der = NULL;
		int n = i2d_X509(keys[i].certificate, &der);
		struct buf pem = BUF_INIT(65536);
		struct anchor is;
		assert_true(n > 0);
		must(certificate_read("x", (struct slice) { der, (size_t)n }, &is, &pem, why));
		pems[i] = (char *)pem.p;
		OPENSSL_free(der);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		test_key_done(&keys[i]);
		free(pems[i]);
	}
	return 0;
}

static void fingerprint(char who, uint8_t out[SHA256_SIZE])
{
	assert_true(X509_digest(keys[who - 'a'].certificate, EVP_sha256(), out, NULL));
}

/*
 * Steps, one after the other: "ab>c" is signed by a and b, and has c stand for a (the first); "!" at
 * the end retires; "?" in front spoils the first signature.
 */
static void make_document(const char *steps, const char *bundle, struct buf *out)
{
	static struct buf statements[ROTATION_STEPS_MAX], cms[ROTATION_STEPS_MAX][4];
	struct rotation_step made[ROTATION_STEPS_MAX] = { 0 };
	size_t count = 0;
	while (*steps) {
		struct rotation_step *s = &made[count];
		bool spoil = *steps == '?';
		steps += spoil;
		const char *arrow = strchr(steps, '>');
		assert_non_null(arrow);
		struct rotation r = { .bundle = bundle,
				      .certificate = pems[arrow[1] - 'a'],
				      .from = TEST_CREATED,
				      .replaces_count = 1,
				      .retire = arrow[2] == '!' };
		fingerprint(steps[0], r.replaces[0]);
		statements[count] = BUF_INIT(ROTATION_STATEMENT_MAX);
		must(rotation_write(&r, &statements[count], why));
		s->statement = buf_slice(&statements[count]);
		for (; steps < arrow; steps++, s->count++) {
			cms[count][s->count] = BUF_INIT(SIGNATURES_SIZE);
			test_sign(&keys[*steps - 'a'], s->statement, &cms[count][s->count]);
			s->cms[s->count] = buf_slice(&cms[count][s->count]);
		}
		if (spoil) /* the signature's value stands last */
			cms[count][0].p[cms[count][0].len - 1] ^= 1;
		steps = arrow + 2 + r.retire;
		steps += *steps == ' ';
		count++;
	}
	must(rotation_join(made, count, out, why));
	for (size_t i = 0; i < count; i++) {
		buf_done(&statements[i]);
		for (size_t k = 0; k < made[i].count; k++)
			buf_done(&cms[i][k]);
	}
}

static struct trust *make_trust(const char *who)
{
	struct trust *t = trust_new(NULL);
	assert_non_null(t);
	for (; *who; who++) {
		struct anchor terms = { .role = *who == 'a' ? "vendor" : "site", .bundle = "" };
		must(trust_add_for(t, "test", slice_str(pems[*who - 'a']), &terms, why));
	}
	return t;
}

static const struct {
	const char *trust, *steps, *bundle;
	unsigned signers; /* that the policy asks for; 0: none is asked */
	enum err_code code;
	const char *brings; /* whom the machine trusts then, beside those before */
	size_t retired;
	const char *why;
} rows[] = {
	{ "a", "a>b", "test", 0, ERR_NONE, "b", 0, "the trusted one names another" },
	{ "a", "a>b!", "test", 0, ERR_NONE, "b", 1, "and goes" },
	{ "a", "a>b b>c", "test", 0, ERR_NONE, "bc", 0, "one after the other" },
	{ "a", "a>b! b>c!", "test", 0, ERR_NONE, "bc", 2, "each goes" },
	{ "b", "a>b b>c", "test", 0, ERR_NONE, "c", 0, "the first step is behind this machine" },
	{ "a", "b>c a>b", "test", 0, ERR_NONE, "b", 0, "in the wrong order" },
	{ "a", "c>b", "test", 0, ERR_NONE, "", 0, "somebody unknown" },
	{ "a", "a>b", "other", 0, ERR_ROTATION, "", 0, "for another bundle" },
	{ "a", "?a>b", "test", 0, ERR_ROTATION, "", 0, "not what was signed" },
	{ "a", "ca>b", "test", 0, ERR_ROTATION, "", 0, "another's certificate, signed with it" },
	{ "ac", "ac>b", "test", 0, ERR_NONE, "b", 0, "signed by two" },
	{ "ac", "a>b", "test", 2, ERR_NONE, "", 0, "by one, where it takes two" },
	{ "ac", "ac>b", "test", 2, ERR_NONE, "b", 0, "by both" },
	{ "ac", "aa>b", "test", 2, ERR_NONE, "", 0, "by one, twice" },
	{ "ac", "a>b a>d", "test", 2, ERR_NONE, "", 0, "who can't make himself two" },
	{ "ac", "ab>d a>b", "test", 2, ERR_NONE, "", 0, "nor by way of another" },
};

static bool holds(const struct trust *t, char who, const char *role)
{
	uint8_t digest[SHA256_SIZE];
	fingerprint(who, digest);
	const struct anchor *a = trust_find(t, digest);
	return a && strcmp(a->name, TRUST_ROTATION) == 0 && strcmp(a->bundle, "test") == 0 &&
	       strcmp(a->role, role) == 0 && a->from == TEST_CREATED;
}

static void test_follow(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(buf_done) struct buf document = BUF_INIT(ROTATION_SIZE_MAX);
		AUTO(trust_auto_free) struct trust *t = make_trust(rows[i].trust);
		size_t before = trust_count(t);
		struct policy p = { .requirements = { { .signers = rows[i].signers } },
				    .requirement_count = rows[i].signers > 0 };
		struct policy_case c = {
			.bundle = "test", .version = "1", .created = TEST_CREATED, .now = TEST_NOW
		};
		struct rotation_result r;
		make_document(rows[i].steps, rows[i].bundle, &document);
		bool ok = rotation_follow(buf_slice(&document), &p, &c, t, &r, &err);
		if (ok != (rows[i].code == ERR_NONE) || err.code != rows[i].code)
			fail_msg("%s: %s", rows[i].why, ok ? "followed" : err.msg);
		if (!ok)
			continue;
		if (trust_count(t) != before + strlen(rows[i].brings) ||
		    r.followed != strlen(rows[i].brings) || r.retired_count != rows[i].retired)
			fail_msg("%s: %zu more, %zu steps, %zu retired", rows[i].why,
				 trust_count(t) - before, r.followed, r.retired_count);
		for (const char *who = rows[i].brings; *who; who++)
			if (!holds(t, *who, rows[i].trust[0] == 'a' ? "vendor" : "site"))
				fail_msg("%s: not %c", rows[i].why, *who);
	}
}

/* --- a bundle ---------------------------------------------------------------------------------- */

static void make_bundle(struct test_parts *p, struct test_bundle *t, const struct buf *document,
			const char *signers)
{
	static char text[ROTATION_SIZE_MAX];
	struct test_key by[4];
	size_t n = 0;
	for (; *signers; signers++)
		by[n++] = keys[*signers - 'a'];
	parts_make(p, false, -1);
	/* The document's bytes have NULs: they stand in the file by hand. */
	p->root.documents[0] =
		(struct root_part) { ROTATION_DOCUMENT, test_digest(buf_slice(document)) };
	p->root.document_count = 1;
	assert_true(document->len < sizeof(text));
	memcpy(text, document->p, document->len);
	p->documents_at = (struct slice) { (const uint8_t *)text, document->len };
	parts_join(p, by, n, t);
}

static const struct {
	const char *trust, *steps, *signers;
	enum err_code code;
	bool rotated;
	const char *why;
} bundles[] = {
	{ "a", "a>b", "b", ERR_NONE, true, "signed by the new one alone" },
	{ "a", "a>b", "ab", ERR_NONE, true, "by both" },
	{ "a", "a>b", "a", ERR_NONE, true, "still by the old one" },
	{ "a", "a>b!", "a", ERR_UNTRUSTED, true, "which is retired" },
	{ "a", "a>b!", "b", ERR_NONE, true, "by the new one" },
	{ "a", "c>b", "b", ERR_UNTRUSTED, false, "an unknown one names a signer" },
	{ "a", "?a>b", "b", ERR_ROTATION, false, "a bad signature" },
	{ "b", "a>b", "b", ERR_NONE, false, "the new one is known already" },
	{ "", "a>b", "b", ERR_NONE, false, "nobody is: it is not looked at" },
};

static void test_bundles(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bundles); i++) {
		struct err err = { 0 };
		struct test_parts p;
		struct test_bundle t;
		AUTO(buf_done) struct buf document = BUF_INIT(ROTATION_SIZE_MAX);
		AUTO(trust_auto_free) struct trust *trust = make_trust(bundles[i].trust);
		AUTO(bundle_close) struct bundle b = { 0 };
		struct bundle_options opt = { .trust = trust, .now = TEST_NOW };
		make_document(bundles[i].steps, "test", &document);
		make_bundle(&p, &t, &document, bundles[i].signers);
		bool ok = bundle_open(&t.source, &opt, &b, &err);
		if (ok != (bundles[i].code == ERR_NONE) || err.code != bundles[i].code)
			fail_msg("%s: %s", bundles[i].why, ok ? "opened" : err.msg);
		if (ok && b.rotated != bundles[i].rotated)
			fail_msg("%s: rotated?", bundles[i].why);
		parts_done(&p);
		test_bundle_done(&t);
	}
}

/* A bundle brings a signer; the next one needs nothing but his signature; the old one is gone. */
static void test_remembered(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct test_parts p;
	struct test_bundle t;
	AUTO(buf_done) struct buf document = BUF_INIT(ROTATION_SIZE_MAX), text = BUF_INIT(1 << 20);
	AUTO(trust_auto_free) struct trust *trust = make_trust("a");
	AUTO(bundle_close) struct bundle b = { 0 };
	AUTO(seen_done) struct seen s = { 0 }, again = { 0 };
	struct bundle_options opt = { .trust = trust, .now = TEST_NOW };
	make_document("a>b!", "test", &document);
	make_bundle(&p, &t, &document, "b");
	assert_ok(bundle_open(&t.source, &opt, &b, &err));
	assert_ok(seen_new(&s, &err));
	struct seen_bundle what = { b.root.name, b.root.version,  b.root.created, b.trust,
				    b.retired,   b.retired_count, b.rotated };
	assert_ok(seen_remember(&s, &what, &err));
	assert_ok(seen_remember(&s, &what, &err)); /* once more changes nothing */
	assert_int_equal(s.anchor_count, 1);
	assert_int_equal(s.retired_count, 1);
	assert_string_equal(s.anchors[0].origin, "test 1.0");
	assert_ok(seen_write(&s, &text, &err));
	assert_ok(seen_parse("seen", buf_slice(&text), &again, &err));
	assert_ok(seen_apply(&again, trust, &err));
	parts_done(&p);
	test_bundle_done(&t);

	static const struct {
		const char *signers;
		enum err_code code;
	} later[] = { { "b", ERR_NONE }, { "a", ERR_UNTRUSTED }, { "c", ERR_UNTRUSTED } };
	for (size_t i = 0; i < COUNT_OF(later); i++) {
		AUTO(bundle_close) struct bundle next = { 0 };
		struct test_key by[1] = { keys[later[i].signers[0] - 'a'] };
		opt.retired = again.retired;
		opt.retired_count = again.retired_count;
		parts_make(&p, false, -1);
		parts_join(&p, by, 1, &t);
		memset(&err, 0, sizeof(err));
		bool ok = bundle_open(&t.source, &opt, &next, &err);
		if (ok != (later[i].code == ERR_NONE) || err.code != later[i].code)
			fail_msg("%s: %s", later[i].signers, err.msg);
		parts_done(&p);
		test_bundle_done(&t);
	}
	uint8_t digest[SHA256_SIZE];
	fingerprint('b', digest);
	assert_true(seen_forget_anchor(&again, digest));
	assert_false(seen_forget_anchor(&again, digest));
}

/* --- framing ----------------------------------------------------------------------------------- */

static void test_framing(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_done) struct buf good = BUF_INIT(ROTATION_SIZE_MAX);
	struct rotation_step steps[ROTATION_STEPS_MAX];
	size_t count = 0;
	make_document("a>b", "test", &good);
	for (size_t n = 0; n < good.len; n++) /* whatever is missing */
		assert_fails(rotation_split((struct slice) { good.p, n }, steps, &count, &err),
			     ERR_ROTATION, "damaged");
	assert_ok(rotation_split(buf_slice(&good), steps, &count, &err));
	assert_int_equal(count, 1);
	buf_add(&good, "", 1);
	assert_fails(rotation_split(buf_slice(&good), steps, &count, &err), ERR_ROTATION, "");
	AUTO(buf_done) struct buf many = BUF_INIT(ROTATION_SIZE_MAX);
	for (int i = 0; i <= ROTATION_STEPS_MAX; i++)
		buf_add(&many, good.p, good.len - 1);
	assert_fails(rotation_split(buf_slice(&many), steps, &count, &err), ERR_ROTATION,
		     "more than 8 steps");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_bundles),
		cmocka_unit_test(test_remembered),
		cmocka_unit_test(test_framing),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
