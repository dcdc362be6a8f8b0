/* SPDX-License-Identifier: MIT */
/* test_bundle.c - opening a bundle: who may have signed it, and what any damage to it does. */
#include "support_bundle.h"
#include "support_pe.h"

#include "layout.h"
#include "ml_dsa_signature.h"

static struct test_key alice, bob, short_lived;

static int make_keys(void **state)
{
	(void)state;
	alice = test_key_make("alice", 1000);
	bob = test_key_make("bob", 1000);
	short_lived = test_key_make("short-lived", 2); /* until TEST_NOW */
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	test_key_done(&alice);
	test_key_done(&bob);
	test_key_done(&short_lived);
	return 0;
}

static const struct bundle_options plain = { .now = TEST_NOW };

/* Open it and go through every byte; with @files, through what the blocks hold as well. */
static bool verify_deep(const struct test_bundle *t, const struct bundle_options *opt, bool files,
			struct err *err)
{
	AUTO(bundle_close) struct bundle b = { 0 };
	struct layout_verified v;
	*err = (struct err) { 0 };
	return bundle_open(&t->source, opt, &b, err) &&
	       layout_verify(&b, files, NULL, NULL, &v, err);
}

static bool verify(const struct test_bundle *t, const struct bundle_options *opt, struct err *err)
{
	return verify_deep(t, opt, false, err);
}

static void make_default(struct test_bundle *t)
{
	struct test_parts p;
	parts_make(&p, true, -1);
	parts_join(&p, &alice, 1, t);
	parts_done(&p);
}

static void test_open(void **state)
{
	(void)state;
	struct test_bundle t;
	make_default(&t);
	AUTO(bundle_close) struct bundle b = { 0 };
	must(bundle_open(&t.source, &plain, &b, why));
	assert_string_equal(b.root.name, "test");
	assert_int_equal(b.signer_count, 1);
	assert_string_equal(b.signers[0].subject, "CN=alice");
	assert_false(b.signers[0].pinned);
	assert_int_equal(b.catalog.package_count, 2);
	const char *stub = NULL;
	must(bundle_check_stub(&b, &stub, why));
	assert_string_equal(stub, "linux-x86_64");

	AUTO(tree_done) struct tree tree = { 0 };
	must(bundle_read_tree(&b, 0, &tree, why));
	assert_int_equal(tree.entry_count, 4);
	struct err err = { 0 };
	assert_false(bundle_read_tree(&b, 2, &tree, &err));

	struct slice raw;
	for (int round = 0; round < 2; round++) {
		must(bundle_read_block(&b, 0, &raw, why));
		assert_true(slice_equal(raw, slice_str(TEST_HALF_1)));
		must(bundle_read_block(&b, 1, &raw, why));
		assert_true(slice_equal(raw, slice_str(TEST_HALF_2)));
		must(bundle_read_block(&b, 3, &raw, why));
	}
	uint64_t before = t.bytes_read;
	must(bundle_read_block(&b, 3, &raw, why));
	must(bundle_read_block(&b, 1, &raw, why));
	assert_int_equal(t.bytes_read, before); /* two are kept */
	assert_false(bundle_read_block(&b, TEST_BLOCKS, &raw, &err));
	assert_int_equal(err.code, ERR_FORMAT);
	test_bundle_done(&t);
}

/* --- who signed it --- */

enum anchors { NO_ANCHORS, ANCHOR_ALICE, ANCHOR_BOB, ANCHOR_SHORT };

static const struct {
	const char *keys; /* "a", "b", "s": signatures in this order */
	enum anchors anchors;
	bool require_trust, allow_unsigned;
	uint64_t now;
	enum err_code code;
	size_t signers;
	const char *why;
} trust_rows[] = {
	{ "a", NO_ANCHORS, false, false, TEST_NOW, ERR_NONE, 1, "signed, nobody pinned" },
	{ "a", ANCHOR_ALICE, false, false, TEST_NOW, ERR_NONE, 1, "signed by an anchor" },
	{ "a", ANCHOR_ALICE, true, false, TEST_NOW, ERR_NONE, 1, "and trust is required" },
	{ "a", ANCHOR_BOB, false, false, TEST_NOW, ERR_UNTRUSTED, 0, "signed by somebody else" },
	{ "a", NO_ANCHORS, true, false, TEST_NOW, ERR_UNPINNED, 0, "no anchor but one required" },
	{ "ab", NO_ANCHORS, false, false, TEST_NOW, ERR_NONE, 2, "two signatures" },
	{ "ab", ANCHOR_BOB, true, false, TEST_NOW, ERR_NONE, 1, "one of two is trusted" },
	{ "as", ANCHOR_BOB, true, false, TEST_NOW, ERR_UNTRUSTED, 0, "none of two is trusted" },
	{ "", NO_ANCHORS, false, false, TEST_NOW, ERR_UNSIGNED, 0, "unsigned" },
	{ "", ANCHOR_ALICE, true, false, TEST_NOW, ERR_UNSIGNED, 0, "unsigned, with anchors" },
	{ "", NO_ANCHORS, false, true, TEST_NOW, ERR_NONE, 0, "unsigned, between pack and sign" },
	{ "a", ANCHOR_BOB, false, true, TEST_NOW, ERR_UNTRUSTED, 0,
	  "allow_unsigned excuses nothing" },
	{ "s", NO_ANCHORS, false, false, TEST_CREATED, ERR_NONE, 1, "still valid" },
	{ "s", ANCHOR_SHORT, false, false, TEST_NOW + 1, ERR_SIGNER_EXPIRED, 0,
	  "certificate has expired" },
	{ "s", NO_ANCHORS, false, false, TEST_NOW + 1, ERR_SIGNER_EXPIRED, 0,
	  "so has one of nobody's" },
	{ "as", NO_ANCHORS, false, false, TEST_NOW + 1, ERR_NONE, 2, "the other one has not" },
	{ "a", NO_ANCHORS, false, false, TEST_CREATED - 1, ERR_CLOCK, 0,
	  "a clock before the bundle's creation" },
	{ "a", ANCHOR_BOB, false, false, TEST_CREATED - 1, ERR_UNTRUSTED, 0,
	  "whose time is nobody's word" },
};

static struct trust *make_anchors(enum anchors which)
{
	switch (which) {
	case ANCHOR_ALICE:
		return test_trust(&alice);
	case ANCHOR_BOB:
		return test_trust(&bob);
	case ANCHOR_SHORT:
		return test_trust(&short_lived);
	case NO_ANCHORS:
		break;
	}
	return NULL;
}

static void test_trust_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(trust_rows) / sizeof(trust_rows[0]); i++) {
		struct test_key keys[SIGNATURES_MAX];
		size_t count = strlen(trust_rows[i].keys);
		for (size_t k = 0; k < count; k++)
			keys[k] = trust_rows[i].keys[k] == 'a'   ? alice
				  : trust_rows[i].keys[k] == 'b' ? bob
								 : short_lived;
		struct test_parts p;
		struct test_bundle t;
		parts_make(&p, false, -1);
		parts_join(&p, keys, count, &t);
		parts_done(&p);
		AUTO(trust_auto_free) struct trust *trust = make_anchors(trust_rows[i].anchors);
		struct bundle_options opt = { .trust = trust,
					      .require_trust = trust_rows[i].require_trust,
					      .allow_unsigned = trust_rows[i].allow_unsigned,
					      .now = trust_rows[i].now };
		AUTO(bundle_close) struct bundle b = { 0 };
		struct err err = { 0 };
		bool ok = bundle_open(&t.source, &opt, &b, &err);
		if (ok != (err.code == ERR_NONE) || err.code != trust_rows[i].code ||
		    b.signer_count != trust_rows[i].signers)
			fail_msg("row %zu: %s: '%s'", i, trust_rows[i].why, err.msg);
		test_bundle_done(&t);
	}
}

/* A signature by ML-DSA beside those of @keys; of something else, which only some libcryptos notice. */
static void join_with_ml_dsa(const struct test_key *keys, size_t count, struct test_bundle *t)
{
	static uint8_t ml_dsa[ML_DSA_SIGNATURE_MAX];
	struct test_parts p;
	struct slice cms[SIGNATURES_MAX];
	AUTO(buf_done) struct buf section = BUF_INIT(SIGNATURES_SIZE);
	parts_make(&p, false, -1);
	parts_join(&p, keys, count, t);
	parts_done(&p);
	uint8_t *at = t->file.p + t->locator.signatures.offset;
	must(signatures_parse((struct slice) { at, SIGNATURES_SIZE }, cms, &count, why));
	cms[count++] = (struct slice) { ml_dsa, ml_dsa_signature(ml_dsa) };
	must(signatures_write(cms, count, &section, why));
	memcpy(at, section.p, section.len);
}

static void test_not_checked(void **state)
{
	(void)state;
	static const struct {
		size_t classical;
		enum anchors anchors;
		bool allow_unsigned;
		enum err_code code; /* where libcrypto has no ML-DSA */
		const char *why;
	} rows[] = {
		{ 1, NO_ANCHORS, false, ERR_NONE, "the classical one is good" },
		{ 1, ANCHOR_ALICE, false, ERR_NONE, "and trusted" },
		{ 1, ANCHOR_BOB, false, ERR_UNTRUSTED, "and not trusted" },
		{ 0, NO_ANCHORS, false, ERR_NOT_CHECKED, "there is no other" },
		{ 0, ANCHOR_ALICE, false, ERR_NOT_CHECKED, "likewise, with an anchor" },
		{ 0, NO_ANCHORS, true, ERR_NOT_CHECKED, "it is not unsigned either" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct test_bundle t;
		char text[NOT_CHECKED_TEXT_SIZE];
		join_with_ml_dsa(&alice, rows[i].classical, &t);
		AUTO(trust_auto_free) struct trust *trust = make_anchors(rows[i].anchors);
		struct bundle_options opt = { .trust = trust,
					      .allow_unsigned = rows[i].allow_unsigned,
					      .now = TEST_NOW };
		AUTO(bundle_close) struct bundle b = { 0 };
		struct err err = { 0 };
		enum err_code expect = crypto_has_ml_dsa() ? ERR_SIGNATURE : rows[i].code;
		bool ok = bundle_open(&t.source, &opt, &b, &err);
		if (ok != (expect == ERR_NONE) || err.code != expect)
			fail_msg("%s: '%s'", rows[i].why, err.msg);
		if (ok) {
			assert_int_equal(b.signer_count, 1);
			assert_int_equal(b.not_checked, 1);
			assert_non_null(
				strstr(bundle_not_checked_text(&b, text), "ML-DSA was not"));
		}
		if (err.code == ERR_NOT_CHECKED)
			assert_non_null(strstr(err.msg, "ML-DSA was not checked"));
		test_bundle_done(&t);
	}
}

static void test_unsigned_reads_nothing_else(void **state)
{
	(void)state;
	struct test_parts p;
	struct test_bundle t;
	parts_make(&p, true, -1);
	parts_join(&p, NULL, 0, &t);
	struct err err;
	assert_false(verify(&t, &plain, &err));
	assert_int_equal(err.code, ERR_UNSIGNED);
	assert_int_equal(t.bytes_read, PE_MAGIC_SIZE + LOCATOR_SIZE + SIGNATURES_SIZE);
	parts_done(&p);
	test_bundle_done(&t);
}

static void test_documents(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t max;
		enum err_code code;
		const char *content, *why;
	} rows[] = {
		{ "notes", 64, ERR_NONE, TEST_NOTES, "the first" },
		{ "spdx.zst", sizeof(TEST_SPDX) - 1, ERR_NONE, TEST_SPDX,
		  "the last, as large as it may be" },
		{ "spdx.zst", sizeof(TEST_SPDX) - 2, ERR_FORMAT, "", "larger" },
		{ "spdx", 64, ERR_NO, "", "there is none" },
	};
	struct test_bundle t;
	make_default(&t);
	AUTO(bundle_close) struct bundle b = { 0 };
	must(bundle_open(&t.source, &plain, &b, why));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(auto_free) uint8_t *p = NULL;
		size_t size = 0;
		struct err err = { 0 };
		bool ok = bundle_read_document(&b, rows[i].name, rows[i].max, &p, &size, &err);
		if (ok != (rows[i].code == ERR_NONE) || err.code != rows[i].code ||
		    (ok && !slice_equal((struct slice) { p, size }, slice_str(rows[i].content))))
			fail_msg("row %zu: %s: '%s'", i, rows[i].why, err.msg);
	}
	test_bundle_done(&t);
}

/* --- damage --- */

static void test_every_byte_flipped(void **state)
{
	(void)state;
	struct test_bundle t;
	struct err err;
	make_default(&t);
	assert_true(verify(&t, &plain, &err));
	size_t signatures = (size_t)t.locator.signatures.offset;
	for (size_t i = (size_t)t.locator.stub_size; i < t.file.len; i++) {
		if (i == signatures)
			i += SIGNATURES_SIZE;
		for (uint8_t mask = 0x01; mask; mask = mask == 1 ? 0x80 : 0) {
			t.file.p[i] ^= mask;
			if (verify(&t, &plain, &err))
				fail_msg("byte %zu flipped by %#x is accepted", i, mask);
			if (err_status(err.code) != 3 && err_status(err.code) != 4)
				fail_msg("byte %zu: '%s'", i, err.msg);
			t.file.p[i] ^= mask;
		}
	}
	assert_true(verify(&t, &plain, &err));
	test_bundle_done(&t);
}

/* The stub's own bytes: not part of what it verifies itself, but verify sees them. */
static void test_every_stub_byte_flipped(void **state)
{
	(void)state;
	struct test_bundle t;
	struct err err;
	make_default(&t);
	for (size_t i = 0; i < t.locator.stub_size; i++) {
		t.file.p[i] ^= 1;
		if (verify(&t, &plain, &err))
			fail_msg("byte %zu of the stub flipped is accepted", i);
		t.file.p[i] ^= 1;
	}
	test_bundle_done(&t);
}

/* In the signature section: refused, or the same root is signed by the same key. */
static void test_signature_bytes_flipped(void **state)
{
	(void)state;
	struct test_bundle t;
	make_default(&t);
	size_t begin = (size_t)t.locator.signatures.offset, accepted = 0;
	struct rd r = rd_new((struct slice) { t.file.p + begin, 8 });
	rd_u32le(&r);
	size_t used = 8 + rd_u32le(&r);
	assert_in_range(used, 300, 2000);
	uint8_t root[SHA256_SIZE], seen[SHA256_SIZE];
	must(sha256_of(
		(struct slice) { t.file.p + t.locator.root.offset, (size_t)t.locator.root.size },
		root, why));
	for (size_t i = 0; i < SIGNATURES_SIZE; i += i < used ? 1 : 61) {
		AUTO(bundle_close) struct bundle b = { 0 };
		t.file.p[begin + i] ^= 0x10;
		bool ok = bundle_open(&t.source, &plain, &b, NULL);
		t.file.p[begin + i] ^= 0x10;
		if (ok && i >= used)
			fail_msg("padding byte %zu flipped is accepted", i);
		if (!ok)
			continue;
		accepted++;
		must(sha256_of((struct slice) { b.root_bytes, (size_t)b.locator.root.size }, seen,
			       why));
		assert_memory_equal(root, seen, SHA256_SIZE);
	}
	print_message("accepted with the same root: %zu of %zu bytes of a CMS\n", accepted, used);
	test_bundle_done(&t);
}

static void test_every_cut(void **state)
{
	(void)state;
	struct test_bundle t;
	struct err err;
	make_default(&t);
	for (uint64_t n = 0; n < t.file.len; n++) {
		t.source.size = n;
		if (verify(&t, &plain, &err))
			fail_msg("cut to %llu bytes is accepted", (unsigned long long)n);
		assert_int_equal(err.code, ERR_FORMAT);
	}
	buf_add(&t.file, "", 1);
	t.source.size = t.file.len;
	assert_false(verify(&t, &plain, &err)); /* one byte more */
	test_bundle_done(&t);
}

/* A byte in the middle taken out or put in: everything after it moves. */
static void test_shifted(void **state)
{
	(void)state;
	struct test_bundle t;
	struct err err;
	make_default(&t);
	size_t front = (size_t)t.locator.signatures.offset;
	AUTO(auto_free) uint8_t *whole = malloc(t.file.len);
	assert_non_null(whole);
	memcpy(whole, t.file.p, t.file.len);
	t.source.size--;
	for (size_t i = 0; i < front; i += 7) {
		memcpy(t.file.p, whole, t.file.len);
		memmove(t.file.p + i, whole + i + 1, t.file.len - i - 1);
		if (verify(&t, &plain, &err))
			fail_msg("byte %zu taken out is accepted", i);
	}
	test_bundle_done(&t);
}

static void test_locator_offset(void **state)
{
	(void)state;
	struct test_bundle t;
	struct err err;
	make_default(&t);
	struct bundle_options opt = plain;
	opt.locator_offset = t.file.len - LOCATOR_SIZE;
	assert_true(verify(&t, &opt, &err));
	opt.locator_offset--;
	assert_false(verify(&t, &opt, &err));
	assert_int_equal(err.code, ERR_FORMAT);
	test_bundle_done(&t);
}

/* --- changed by somebody else while it is read --- */

/* Reads go to the file as it was signed, from the @turns-th one on to what somebody made of it. */
struct changing {
	struct test_bundle *t;
	uint8_t *after;
	uint64_t size_after;
	size_t turns, reads;
};

static bool changing_read(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	struct changing *c = ctx;
	if (c->reads++ < c->turns)
		return test_read_at(c->t, offset, out, len, err);
	if (offset > c->size_after || len > c->size_after - offset)
		return err_set(err, ERR_FORMAT, "it ends early");
	memcpy(out, c->after + offset, len);
	return true;
}

/* What is laid out goes here: only the signed bytes may, whatever stands in the file by then. */
static size_t laid_out;

static bool only_signed_bytes(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	(void)ctx;
	(void)at;
	(void)err;
	laid_out += n;
	if (!(n == strlen(TEST_HALF_1) && memcmp(p, TEST_HALF_1, n) == 0) &&
	    !(n == strlen(TEST_HALF_2) && memcmp(p, TEST_HALF_2, n) == 0))
		fail_msg("bytes that nobody signed were written");
	return true;
}

static bool lay_out_all(const struct source *src, struct err *err)
{
	AUTO(bundle_close) struct bundle b = { 0 };
	struct layout_sink sink = layout_verify_only;
	sink.file_write = only_signed_bytes;
	if (!bundle_open(src, &plain, &b, err))
		return false;
	for (size_t i = 0; i < b.catalog.package_count; i++) {
		AUTO(tree_done) struct tree tree = { 0 };
		if (!bundle_read_tree(&b, i, &tree, err) || !layout_tree(&b, &tree, &sink, err))
			return false;
	}
	return true;
}

/*
 * Whichever read is the first to see another file, of any of these kinds: the signed bytes are laid
 * out, or it is an error.  With the last turn nothing changed.
 */
static void test_changed_while_read(void **state)
{
	(void)state;
	enum change { ALL_BITS, ONE_BIT_EACH, ZEROS, CUT, OTHERS_FILE, CHANGES };
	struct test_bundle t, other;
	struct test_parts p;
	make_default(&t);
	parts_make(&p, true, -1);
	p.root.version = "6.66"; /* signed as well, by somebody else */
	parts_join(&p, &bob, 1, &other);
	parts_done(&p);
	for (int how = 0; how < CHANGES; how++) {
		AUTO(auto_free) uint8_t *after = malloc(t.file.len);
		assert_non_null(after);
		for (size_t i = 0; i < t.file.len; i++)
			after[i] = how == OTHERS_FILE ? i < other.file.len ? other.file.p[i] : 0
				   : how == ALL_BITS  ? t.file.p[i] ^ 0xff
				   : how == ZEROS     ? 0
				   : i % 16 == 0      ? t.file.p[i] ^ 1
						      : t.file.p[i];
		bool unchanged = false;
		for (size_t turns = 0; !unchanged; turns++) {
			struct changing c = { &t, after, how == CUT ? 700 : t.file.len, turns, 0 };
			struct source src = { "test.run", t.file.len, &c, changing_read };
			struct err err = { 0 };
			laid_out = 0;
			bool ok = lay_out_all(&src, &err);
			unchanged = turns >= c.reads;
			if (ok)
				assert_int_equal(laid_out,
						 strlen(TEST_HALF_1 TEST_HALF_2 TEST_HALF_2));
			else if (unchanged ||
				 (err_status(err.code) != 3 && err_status(err.code) != 4))
				fail_msg("kind %d, read %zu: '%s'", how, turns, err.msg);
			/* of the other's file, what is signed by both is as good */
			if (ok && !unchanged && how != OTHERS_FILE)
				fail_msg("kind %d: read %zu of %zu was not verified", how, turns,
					 c.reads);
		}
	}
	test_bundle_done(&other);
	test_bundle_done(&t);
}

/* --- Windows executables --- */

#define CERTIFICATES 40 /* bytes */

/* A bundle whose data end @residue bytes after a multiple of 8. */
static void make_exe(struct test_bundle *t, size_t residue)
{
	for (size_t more = 0; more < 8; more++) {
		struct test_parts p;
		parts_make(&p, false, -1);
		pe_test_stub(&p.stub, more);
		parts_join(&p, &alice, 1, t);
		parts_done(&p);
		if (t->file.len % 8 == residue)
			return;
		test_bundle_done(t);
	}
	fail_msg("no stub gives residue %zu", residue);
}

static void sign_exe(struct test_bundle *t)
{
	pe_test_sign(&t->file, CERTIFICATES);
	bundle_make_source(t);
}

static void test_exe_of_every_residue(void **state)
{
	(void)state;
	for (size_t residue = 0; residue < 8; residue++) {
		struct test_bundle t;
		struct err err;
		make_exe(&t, residue);
		struct bundle_options opt = plain;
		opt.locator_offset = t.file.len - LOCATOR_SIZE;
		assert_ok(verify(&t, &opt, &err));
		sign_exe(&t);
		assert_ok(verify(&t, &plain, &err));
		assert_ok(verify(&t, &opt, &err));
		AUTO(bundle_close) struct bundle b = { 0 };
		must(bundle_open(&t.source, &plain, &b, why));
		assert_int_equal(b.place.offset, opt.locator_offset);
		assert_int_equal(b.place.certificates.size, CERTIFICATES);
		assert_int_equal(b.place.certificates.offset, t.file.len - CERTIFICATES);
		/* a stub that is told another place does not take this one */
		opt.locator_offset++;
		assert_fails(verify(&t, &opt, &err), ERR_FORMAT, "copy it again");
		test_bundle_done(&t);
	}
}

/* All of it is in CheckSum, what no digest covers included. */
static void test_every_byte_of_an_exe_flipped(void **state)
{
	(void)state;
	struct test_bundle t;
	struct err err;
	make_exe(&t, 3);
	sign_exe(&t);
	assert_ok(verify(&t, &plain, &err));
	size_t skipped =
		t.locator.signatures.offset; /* mostly zeros: as many again as all others */
	for (size_t i = 0; i < t.file.len; i++) {
		if (i > skipped + 2048 && i < skipped + SIGNATURES_SIZE && i % 64)
			continue;
		t.file.p[i] ^= 1;
		if (verify(&t, &plain, &err))
			fail_msg("byte %zu flipped is accepted", i);
		t.file.p[i] ^= 1;
	}
	for (uint64_t n = t.file.len; n-- > t.file.len - 64;) {
		t.source.size = n;
		if (verify(&t, &plain, &err))
			fail_msg("cut to %llu bytes, it is accepted", (unsigned long long)n);
	}
	test_bundle_done(&t);
}

/* The flip is refused; the rest of the file stands as it was. */
static void test_checksum(void **state)
{
	(void)state;
	struct test_bundle t;
	struct err err;
	make_exe(&t, 0);
	assert_ok(verify(&t, &plain, &err)); /* unsigned, it is 0 */
	t.file.p[PE_TEST_CHECKSUM] = 1;
	assert_fails(verify(&t, &plain, &err), ERR_DIGEST, "CheckSum");
	sign_exe(&t);
	put_u32le(t.file.p + PE_TEST_CHECKSUM, 0);
	assert_ok(verify(&t, &plain, &err)); /* a signer need not fill it in */
	test_bundle_done(&t);
}

static void spoil_padding(struct test_bundle *t)
{
	t->file.p[t->file.len - CERTIFICATES - 1] = 1;
}
static void spoil_appended(struct test_bundle *t)
{
	buf_add_str(&t->file, "12345678");
}
static void spoil_cut(struct test_bundle *t)
{
	t->file.len -= 8;
}
/* Certificates go on over what was appended: they are not read, but they end where the file does. */
static void spoil_nothing(struct test_bundle *t)
{
	buf_add_str(&t->file, "12345678");
	put_u32le(t->file.p + PE_TEST_SECURITY + 4, CERTIFICATES + 8);
}
static void spoil_padding_of_8(struct test_bundle *t)
{
	uint32_t end = (uint32_t)t->file.len;
	buf_add_str(&t->file, "12345678");
	memset(t->file.p + end - CERTIFICATES, 0, 8);
	put_u32le(t->file.p + PE_TEST_SECURITY, end - CERTIFICATES + 8);
}
static void spoil_no_entry(struct test_bundle *t)
{
	put_u64le(t->file.p + PE_TEST_SECURITY, 0);
}
static void spoil_table_over_locator(struct test_bundle *t)
{
	put_u32le(t->file.p + PE_TEST_SECURITY, (uint32_t)t->file.len - CERTIFICATES - 16);
	put_u32le(t->file.p + PE_TEST_SECURITY + 4, CERTIFICATES + 16);
}
static void spoil_table_over_stub(struct test_bundle *t)
{
	put_u32le(t->file.p + PE_TEST_SECURITY, PE_TEST_SECURITY + 8);
	put_u32le(t->file.p + PE_TEST_SECURITY + 4, (uint32_t)t->file.len - PE_TEST_SECURITY - 8);
}
/* A second locator at the file's end, in the certificates. */
static void spoil_locator_in_certificates(struct test_bundle *t)
{
	uint32_t table = (uint32_t)t->file.len - CERTIFICATES;
	put_u32le(t->file.p + PE_TEST_SECURITY + 4, CERTIFICATES + LOCATOR_SIZE);
	must(locator_write(&t->locator, &t->file, why));
	put_u32le(t->file.p + PE_TEST_SECURITY, table);
}

static const struct {
	void (*spoil)(struct test_bundle *t);
	bool good;
	const char *why;
} spoiled_exes[] = {
	{ spoil_padding, false, "padding that is not zero" },
	{ spoil_appended, false, "something after the certificates" },
	{ spoil_cut, false, "a part of the certificates" },
	{ spoil_nothing, true, "more certificates" },
	{ spoil_padding_of_8, false, "more padding than is needed" },
	{ spoil_no_entry, false, "certificates that the headers do not tell of" },
	{ spoil_table_over_locator, false, "certificates that begin in the locator" },
	{ spoil_table_over_stub, false, "certificates that begin in the headers" },
	{ spoil_locator_in_certificates, true, "a locator that nobody looks at" },
};

static void test_spoiled_exes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(spoiled_exes); i++) {
		struct test_bundle t;
		struct err err;
		make_exe(&t, 5);
		sign_exe(&t);
		spoiled_exes[i].spoil(&t);
		put_u32le(t.file.p + PE_TEST_CHECKSUM, pe_test_checksum(&t.file));
		bundle_make_source(&t);
		if (verify(&t, &plain, &err) != spoiled_exes[i].good)
			fail_msg("%s: %s", spoiled_exes[i].why, err.msg);
		test_bundle_done(&t);
	}
}

/* A file without stub may begin with a block that is a signed setup program, stored as it is. */
static void test_block_that_is_an_exe(void **state)
{
	(void)state;
	struct test_parts p;
	struct test_bundle t;
	AUTO(buf_done) struct buf exe = BUF_INIT(TEST_FILE_MAX);
	parts_make(&p, false, -1);
	pe_test_stub(&exe, 0);
	pe_test_sign(&exe, CERTIFICATES);
	p.blocks.len = 0;
	parts_add_block(&p, 0, buf_slice(&exe), BLOCK_STORED, 0);
	parts_add_block(&p, 1, slice_str(TEST_HALF_2), BLOCK_STORED, 1);
	parts_add_block(&p, 2, buf_slice(&p.trees[0]), BLOCK_ZSTD, 0);
	parts_add_block(&p, 3, buf_slice(&p.trees[1]), BLOCK_ZSTD, 2);
	parts_join(&p, &alice, 1, &t);
	AUTO(bundle_close) struct bundle b = { 0 };
	must(bundle_open(&t.source, &plain, &b, why));
	assert_int_equal(b.place.certificates.size, 0);
	test_bundle_done(&t);
	parts_done(&p);
}

/* --- signed, but wrong --- */

static void edit_expired(struct test_parts *p)
{
	p->root.expires = TEST_NOW;
}
static void edit_not_expired(struct test_parts *p)
{
	p->root.expires = TEST_NOW + 1;
}
static void edit_block_count(struct test_parts *p)
{
	p->table.count--;
}
static void edit_root_blocks(struct test_parts *p)
{
	p->more_blocks = 1;
}
static void edit_block_digest(struct test_parts *p)
{
	p->records[0].sha256[0] ^= 1;
}
static void edit_raw_size(struct test_parts *p)
{
	p->records[0].raw_size++;
}
static void edit_tree_size(struct test_parts *p)
{
	p->records[2].raw_size++;
}
static void edit_zstd_garbage(struct test_parts *p)
{
	/* The stored bytes of block 1, which is not compressed, taken for zstd. */
	p->records[1].codec = BLOCK_ZSTD;
}
static void edit_prefix(struct test_parts *p)
{
	parts_use_prefix(p, "0,1,2");
}
static void edit_prefix_unlisted(struct test_parts *p)
{
	parts_use_prefix(p, "1,2");
}
static void edit_prefix_of_stored(struct test_parts *p)
{
	p->records[1].prefix = 1;
}
static void edit_prefix_too_deep(struct test_parts *p)
{
	parts_use_prefix(p, "0,1,2");
	p->records[3].prefix = 2;
}
static void edit_other_prefix(struct test_parts *p)
{
	parts_use_prefix(p, "0,1,2");
	p->records[3].prefix = 1;
}
static void edit_no_group(struct test_parts *p)
{
	parts_add_catalog(p, "1,2,3");
}
static void edit_tree_unlisted(struct test_parts *p)
{
	parts_add_catalog(p, "1");
}
static void edit_groups_order(struct test_parts *p)
{
	parts_add_catalog(p, "2,1");
}
static void edit_group_twice(struct test_parts *p)
{
	parts_add_catalog(p, "1,2,2");
}
static void edit_unknown_codec(struct test_parts *p)
{
	p->records[1].codec = BLOCK_CODECS;
}
static void edit_lzma2_garbage(struct test_parts *p)
{
	p->records[1].codec = BLOCK_LZMA2_X86;
}
/* Replace @from, of the same length, in the catalog. */
static void edit_catalog(struct test_parts *p, const char *from, const char *to)
{
	char *at = strstr((char *)p->catalog.p, from);
	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
}
static void edit_tree_block(struct test_parts *p)
{
	edit_catalog(p, "\"block\":2", "\"block\":9");
}
static void edit_tree_of_beta(struct test_parts *p)
{
	edit_catalog(p, "\"block\":2", "\"block\":3");
}
static void edit_remake(struct test_parts *p)
{
	AUTO(auto_free) char *text = strdup(buf_str(&p->catalog));
	char *at = strstr(text, "\"vendor_bytes\"");
	assert_non_null(at);
	p->catalog.len = (size_t)(at - text);
	buf_printf(&p->catalog,
		   "\"remake\":{\"bytes\":1,\"cpu_seconds\":1,\"files\":1,\"memory\":1},%s", at);
}

static void edit_payload_files(struct test_parts *p)
{
	edit_catalog(p, "\"files\":2", "\"files\":3");
}
static void edit_tree_digest(struct test_parts *p)
{
	char *at = strstr((char *)p->catalog.p, "\"sha256\":\"");
	assert_non_null(at);
	at[10] = at[10] == '0' ? '1' : '0';
}
static void edit_no_catalog(struct test_parts *p)
{
	p->catalog.len = 0;
}
static void edit_document(struct test_parts *p)
{
	p->documents = "what there is to know"
		       "what is IN it";
}
static void edit_document_cut(struct test_parts *p)
{
	p->documents = TEST_NOTES;
}
static void edit_document_more(struct test_parts *p)
{
	p->documents = TEST_NOTES TEST_SPDX "!";
}
static void edit_document_wraps(struct test_parts *p)
{
	p->root.documents[0].digest.size = JSON_INTEGER_MAX;
}

static const struct {
	void (*edit)(struct test_parts *p);
	enum err_code code;
	const char *text, *why;
} signed_rows[] = {
	{ edit_not_expired, ERR_NONE, "", "one second left" },
	{ edit_expired, ERR_EXPIRED, "2025-11-25", "expired now" },
	{ edit_block_count, ERR_FORMAT, "", "a block that no record names" },
	{ edit_root_blocks, ERR_FORMAT, "root's 5 blocks", "the root counts otherwise" },
	{ edit_block_digest, ERR_DIGEST, "block 0", "other block" },
	{ edit_raw_size, ERR_FORMAT, "decode", "zstd frame of another size" },
	{ edit_tree_size, ERR_FORMAT, "alpha", "tree and its block differ in size" },
	{ edit_zstd_garbage, ERR_FORMAT, "block 1", "not zstd" },
	{ edit_prefix, ERR_NONE, "", "a block and a tree with a prefix" },
	{ edit_prefix_unlisted, ERR_FORMAT, "'beta' does not list the group of block 0",
	  "a prefix that a slice would leave out" },
	{ edit_prefix_of_stored, ERR_FORMAT, "not zstd", "prefix of a stored block" },
	{ edit_prefix_too_deep, ERR_FORMAT, "has a prefix itself", "prefix of a prefix" },
	{ edit_other_prefix, ERR_FORMAT, "beta", "not the prefix that it was made with" },
	{ edit_no_group, ERR_FORMAT, "group 3 of 3", "a group that there is not" },
	{ edit_tree_unlisted, ERR_FORMAT, "its tree", "a tree that a slice would leave out" },
	{ edit_groups_order, ERR_FORMAT, "more than the one before", "groups in another order" },
	{ edit_group_twice, ERR_FORMAT, "more than the one before", "a group twice" },
	{ edit_unknown_codec, ERR_FORMAT, "newer ibbundle", "a codec that there is not" },
	{ edit_lzma2_garbage, ERR_FORMAT, "block 1", "not LZMA2" },
	{ edit_tree_block, ERR_FORMAT, "alpha", "tree in no block" },
	{ edit_tree_of_beta, ERR_FORMAT, "alpha", "tree of another package" },
	{ edit_payload_files, ERR_FORMAT, "alpha", "other number of files" },
	{ edit_remake, ERR_FORMAT, "otherwise than the catalog says", "what nobody has to make" },
	{ edit_tree_digest, ERR_DIGEST, "alpha", "other tree" },
	{ edit_no_catalog, ERR_FORMAT, "catalog", "empty catalog" },
	{ edit_document, ERR_DIGEST, "spdx.zst", "other document" },
	{ edit_document_cut, ERR_DIGEST, "cut short", "no second document" },
	{ edit_document_more, ERR_DIGEST, "more documents", "a byte after the documents" },
	{ edit_document_wraps, ERR_DIGEST, "cut short", "document of 2^53 - 1 bytes" },
};

static void test_signed_but_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(signed_rows) / sizeof(signed_rows[0]); i++) {
		struct test_parts p;
		struct test_bundle t;
		struct err err;
		parts_make(&p, true, -1);
		signed_rows[i].edit(&p);
		parts_join(&p, &alice, 1, &t);
		bool ok = verify_deep(&t, &plain, true, &err);
		if (ok != (err.code == ERR_NONE) || err.code != signed_rows[i].code ||
		    !strstr(err.msg, signed_rows[i].text))
			fail_msg("row %zu: %s: '%s'", i, signed_rows[i].why, err.msg);
		parts_done(&p);
		test_bundle_done(&t);
	}
}

/* A locator that cuts the same bytes up in another way; its own check is right. */
static const struct {
	int places, table, catalog, documents, root; /* change of the size */
	enum err_code code;
	const char *why;
} cuts[] = {
	{ 0, 0, 0, 0, 0, ERR_NONE, "as it is" },
	{ -8, 8, 0, 0, 0, ERR_DIGEST, "table begins too early" },
	{ 8, -8, 0, 0, 0, ERR_DIGEST, "table begins too late" },
	{ 0, 1, -1, 0, 0, ERR_DIGEST, "table ends too late" },
	{ 0, 0, 1, -1, 0, ERR_DIGEST, "catalog ends too late" },
	{ 0, 0, -1, 1, 0, ERR_DIGEST, "catalog ends too early" },
	{ 0, 0, 0, 1, -1, ERR_SIGNATURE, "root begins too late" },
	{ 0, 0, 0, -1, 1, ERR_SIGNATURE, "root begins too early" },
	{ 0, 0, 0, 0, 4, ERR_FORMAT, "root ends too late: not enough signatures" },
	{ 0, 0, 0, 0, -4, ERR_FORMAT, "root ends too early: too many signatures" },
};

/* The section after @before, @change bytes longer than it was. */
static void move(struct extent *e, const struct extent *before, int change)
{
	e->offset = before->offset + before->size;
	e->size += (uint64_t)change;
}

static void test_cut_otherwise(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct test_bundle t;
		struct err err;
		make_default(&t);
		struct locator l = t.locator;
		uint64_t end = l.signatures.offset + l.signatures.size;
		l.places.size += (uint64_t)cuts[i].places;
		move(&l.table, &l.places, cuts[i].table);
		move(&l.catalog, &l.table, cuts[i].catalog);
		move(&l.documents, &l.catalog, cuts[i].documents);
		move(&l.root, &l.documents, cuts[i].root);
		move(&l.signatures, &l.root, 0);
		l.signatures.size = end - l.signatures.offset;
		t.file.len -= LOCATOR_SIZE;
		must(locator_write(&l, &t.file, why));
		bool ok = verify(&t, &plain, &err);
		if (ok != (cuts[i].code == ERR_NONE) || err.code != cuts[i].code)
			fail_msg("row %zu: %s: '%s'", i, cuts[i].why, err.msg);
		test_bundle_done(&t);
	}
}

/* --- memory --- */

static size_t slots_used(const struct bundle *b)
{
	size_t n = 0;
	for (size_t i = 0; i < BLOCK_READER_SLOTS; i++)
		n += b->reader.slots[i].block != 0;
	return n;
}

/* Blocks that are too large to keep two of are not kept. */
static void test_large_blocks(void **state)
{
	(void)state;
	struct test_parts p;
	struct test_bundle t;
	size_t size = 30u << 20;
	AUTO(auto_free) uint8_t *zeros = calloc(1, size);
	assert_non_null(zeros);
	parts_make(&p, false, -1);
	p.blocks.len = 0;
	for (uint32_t i = 0; i < 2; i++)
		parts_add_block(&p, i, (struct slice) { zeros, size }, BLOCK_ZSTD, 0);
	for (uint32_t i = 0; i < 2; i++)
		parts_add_block(&p, 2 + i, buf_slice(&p.trees[i]), BLOCK_ZSTD, i);
	parts_join(&p, &alice, 1, &t);
	AUTO(bundle_close) struct bundle b = { 0 };
	must(bundle_open(&t.source, &plain, &b, why));
	struct slice raw;
	for (uint32_t i = 0; i < 4; i++) {
		uint64_t before = t.bytes_read;
		must(bundle_read_block(&b, i % 2, &raw, why));
		assert_int_equal(raw.len, size);
		assert_true(t.bytes_read > before);
		assert_int_equal(slots_used(&b), 1);
	}
	parts_done(&p);
	test_bundle_done(&t);
}

/* --- slices --- */

static void test_slice(void **state)
{
	(void)state;
	struct test_parts p;
	struct test_bundle t;
	parts_make(&p, true, 0);
	parts_join(&p, &alice, 1, &t);
	AUTO(bundle_close) struct bundle b = { 0 };
	must(bundle_open(&t.source, &plain, &b, why)); /* the signature still holds */
	struct layout_verified v;
	must(layout_verify(&b, true, NULL, NULL, &v, why));
	assert_int_equal(v.packages, 1);
	assert_int_equal(v.packages_missing, 1);
	assert_int_equal(v.blocks, TEST_BLOCKS - 1);
	assert_int_equal(v.blocks_missing, 1);
	assert_int_equal(v.bytes, strlen(TEST_HALF_2));
	struct slice raw;
	struct err err = { 0 };
	assert_false(bundle_read_block(&b, 0, &raw, &err));
	assert_int_equal(err.code, ERR_MISSING_BLOCK);
	parts_done(&p);
	test_bundle_done(&t);
}

/* The prefix is missing, which only beta could do without. */
static void test_slice_without_prefix(void **state)
{
	(void)state;
	struct test_parts p;
	struct test_bundle t;
	parts_make(&p, true, 0);
	parts_use_prefix(&p, "0,1,2");
	parts_join(&p, &alice, 1, &t);
	AUTO(bundle_close) struct bundle b = { 0 };
	must(bundle_open(&t.source, &plain, &b, why));
	struct layout_verified v;
	must(layout_verify(&b, true, NULL, NULL, &v, why));
	assert_int_equal(v.packages_missing, 2);
	struct slice raw;
	struct err err = { 0 };
	assert_false(bundle_read_block(&b, 1, &raw, &err));
	assert_int_equal(err.code, ERR_MISSING_BLOCK);
	assert_non_null(strstr(err.msg, "block 0, which block 1 needs"));
	parts_done(&p);
	test_bundle_done(&t);
}

/* --- large files --- */

/* Two slices of one bundle, each without what the other has. */
static void test_two_files(void **state)
{
	(void)state;
	static const struct {
		int first, second; /* block that is left out of each */
		bool other;        /* the second is of another bundle */
		enum err_code add, read;
		const char *why;
	} rows[] = {
		{ 0, 1, false, ERR_NONE, ERR_NONE, "each has what the other lacks" },
		{ -1, 1, false, ERR_NONE, ERR_NONE, "the first has all" },
		{ 0, 0, false, ERR_NONE, ERR_MISSING_BLOCK, "none has block 0" },
		{ 0, -1, true, ERR_FORMAT, ERR_MISSING_BLOCK, "another bundle's root" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct test_parts p[2];
		struct test_bundle t[2];
		struct err err = { 0 };
		parts_make(&p[0], true, rows[i].first);
		parts_make(&p[1], true, rows[i].second);
		if (rows[i].other)
			p[1].root.created++;
		for (size_t k = 0; k < 2; k++)
			parts_join(&p[k], &alice, 1, &t[k]);
		t[1].source.name = "second.ibb";
		AUTO(bundle_close) struct bundle b = { 0 };
		struct layout_verified seen;
		must(bundle_open(&t[0].source, &plain, &b, why));
		bool ok = bundle_add(&b, &t[1].source, &err);
		if (ok != (rows[i].add == ERR_NONE) || (!ok && err.code != rows[i].add) ||
		    (!ok && !strstr(err.msg, "second.ibb")))
			fail_msg("row %zu: %s: '%s'", i, rows[i].why, err.msg);
		must(layout_verify(&b, true, NULL, NULL, &seen, why));
		if ((seen.packages == 2) != (rows[i].read == ERR_NONE))
			fail_msg("row %zu: %s: %zu packages", i, rows[i].why, seen.packages);
		for (size_t k = 0; k < 2; k++) {
			parts_done(&p[k]);
			test_bundle_done(&t[k]);
		}
	}
}

static void test_large_offsets(void **state)
{
	(void)state;
	/* Positions that some block straddles, begins or ends at. */
	static const uint64_t edges[] = { UINT64_C(1) << 31, UINT64_C(1) << 32, UINT64_C(1) << 40 };
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		for (uint64_t before = 0; before < 200; before += before < 4 ? 1 : 49) {
			struct test_parts p;
			struct test_bundle t;
			parts_make(&p, false, -1);
			p.base = edges[i] - before;
			parts_join(&p, &alice, 1, &t);
			AUTO(bundle_close) struct bundle b = { 0 };
			must(bundle_open(&t.source, &plain, &b, why));
			struct layout_verified v;
			b.locator.stub_size = 0; /* the zeros before it are no stub */
			must(layout_verify(&b, true, NULL, NULL, &v, why));
			assert_int_equal(v.packages, 2);
			struct err err = { 0 };
			t.file.p[3] ^= 1;
			assert_false(layout_verify(&b, true, NULL, NULL, &v, &err));
			assert_int_equal(err.code, ERR_DIGEST);
			parts_done(&p);
			test_bundle_done(&t);
		}
	}
}

/* Opening reads what plan needs, and no more, however large the file is. */
static void test_open_reads_little(void **state)
{
	(void)state;
	struct test_parts p;
	struct test_bundle t;
	parts_make(&p, false, -1);
	p.base = UINT64_C(1) << 42;
	parts_join(&p, &alice, 1, &t);
	AUTO(bundle_close) struct bundle b = { 0 };
	must(bundle_open(&t.source, &plain, &b, why));
	const struct locator *l = &t.locator;
	assert_int_equal(t.bytes_read, PE_MAGIC_SIZE + LOCATOR_SIZE + l->signatures.size +
					       l->root.size + l->table.size + l->places.size +
					       l->catalog.size);
	parts_done(&p);
	test_bundle_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_trust_rows),
		cmocka_unit_test(test_not_checked),
		cmocka_unit_test(test_unsigned_reads_nothing_else),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_every_byte_flipped),
		cmocka_unit_test(test_every_stub_byte_flipped),
		cmocka_unit_test(test_signature_bytes_flipped),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_shifted),
		cmocka_unit_test(test_locator_offset),
		cmocka_unit_test(test_changed_while_read),
		cmocka_unit_test(test_exe_of_every_residue),
		cmocka_unit_test(test_every_byte_of_an_exe_flipped),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_spoiled_exes),
		cmocka_unit_test(test_block_that_is_an_exe),
		cmocka_unit_test(test_signed_but_wrong),
		cmocka_unit_test(test_cut_otherwise),
		cmocka_unit_test(test_large_blocks),
		cmocka_unit_test(test_slice),
		cmocka_unit_test(test_slice_without_prefix),
		cmocka_unit_test(test_two_files),
		cmocka_unit_test(test_large_offsets),
		cmocka_unit_test(test_open_reads_little),
	};
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
