/* SPDX-License-Identifier: MIT */
/* test_policy.c - texts that are a policy and that are not, and what a policy asks of a bundle. */
#include "certificate.h"
#include "policy.h"
#include "support.h"

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* --- text -------------------------------------------------------------------------------------- */

static const struct {
	const char *text, *message, *why; /* message NULL: it is taken */
} texts[] = {
	{ "{\"schema\":1}", NULL, "asks for nothing" },
	{ "{\"schema\":1,\"anchors\":[{\"file\":\"a.pem\"},{\"role\":\"site\",\"sha256\":\"" HEX64
	  "\"},{\"certificate\":\"x\",\"role\":\"vendor\"}]}",
	  NULL, "three ways to name a certificate" },
	{ "{\"schema\":1,\"require\":[{\"signers\":2,\"roles\":[\"a\",\"b\"]},{\"signers\":14}]}",
	  NULL, "as many as a bundle can have" },
	{ "{\"schema\":1,\"algorithms\":[\"ecdsa-p256\",\"ecdsa-p384\",\"rsa-3072\",\"rsa-4096\","
	  "\"ml-dsa-44\",\"ml-dsa-65\",\"ml-dsa-87\"]}",
	  NULL, "all there are" },
	{ "{\"schema\":1,\"minimum_versions\":{\"a\":\"1.2\",\"b\":\"2026.1\"}}", NULL, "minima" },
	{ "{\"schema\":1,\"maximum_age_days\":90,\"require_trust\":true,\"require_crl\":true,"
	  "\"post_quantum\":false,\"accept_expired_signers\":true,\"distrusted\":[\"" HEX64 "\"]}",
	  NULL, "the rest" },

	{ "", "policy", "nothing" },
	{ "[]", "must be an object", "no object" },
	{ "{}", "schema", "no schema" },
	{ "{\"schema\":2}", "newer", "of tomorrow" },
	{ "{\"schema\":1,\"requires_trust\":true}", "requires_trust", "misspelt" },
	{ "{\"schema\":1,\"require_trust\":true,\"require_trust\":false}", "require_trust",
	  "a key twice" },
	{ "{\"schema\":1,\"require_trust\":\"yes\"}", "require_trust", "no truth value" },
	{ "{\"schema\":1,\"require_trust\":1}", "require_trust", "a number" },
	{ "{\"schema\":1,\"anchors\":{}}", "anchors", "no list" },
	{ "{\"schema\":1,\"anchors\":[{}]}", "must have one of", "no certificate" },
	{ "{\"schema\":1,\"anchors\":[{\"file\":\"a.pem\",\"sha256\":\"" HEX64 "\"}]}",
	  "must have one of", "two of them" },
	{ "{\"schema\":1,\"anchors\":[{\"file\":\"../a.pem\"}]}", "file in trust.d", "outside" },
	{ "{\"schema\":1,\"anchors\":[{\"file\":\"a/b.pem\"}]}", "file in trust.d", "below" },
	{ "{\"schema\":1,\"anchors\":[{\"file\":\"a\\\\b.pem\"}]}", "file in trust.d",
	  "on Windows" },
	{ "{\"schema\":1,\"anchors\":[{\"sha256\":\"AB\"}]}", "sha256", "no digest" },
	{ "{\"schema\":1,\"anchors\":[{\"file\":\"a.pem\",\"role\":\"\"}]}", "role", "no role" },
	{ "{\"schema\":1,\"anchors\":[{\"file\":\"a.pem\",\"role\":\"The Vendor\"}]}", "role",
	  "no name of a role" },
	{ "{\"schema\":1,\"require\":[{\"signers\":0}]}", "at least 1", "asks for none" },
	{ "{\"schema\":1,\"require\":[{}]}", "signers", "how many?" },
	{ "{\"schema\":1,\"require\":[{\"signers\":1,\"roles\":[]}]}", "empty", "no role at all" },
	{ "{\"schema\":1,\"require\":[{\"signers\":1,\"roles\":[1]}]}", "role", "a number" },
	{ "{\"schema\":1,\"require\":[{\"signers\":10},{\"signers\":7}]}", "more than the 16",
	  "17 can't be" },
	{ "{\"schema\":1,\"require\":[{\"signers\":17}]}", "signers", "nor in one" },
	{ "{\"schema\":1,\"algorithms\":[]}", "empty", "nothing is allowed" },
	{ "{\"schema\":1,\"algorithms\":[\"rsa-1024\"]}", "must be one of", "too short" },
	{ "{\"schema\":1,\"algorithms\":[\"md5\"]}", "must be one of", "no such thing" },
	{ "{\"schema\":1,\"minimum_versions\":{\"a\":1}}", "version", "a number" },
	{ "{\"schema\":1,\"minimum_versions\":{\"A B\":\"1\"}}", "version", "no bundle's name" },
	{ "{\"schema\":1,\"minimum_versions\":[\"1\"]}", "minimum_versions", "a list" },
	{ "{\"schema\":1,\"maximum_age_days\":-1}", "maximum_age_days", "before today" },
	{ "{\"schema\":1,\"distrusted\":[\"x\"]}", "hex digits", "no digest" },
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct err err = { 0 };
		AUTO(policy_done) struct policy p = { 0 }, again = { 0 };
		AUTO(buf_done) struct buf one = BUF_INIT(POLICY_SIZE_MAX),
					  two = BUF_INIT(POLICY_SIZE_MAX);
		bool ok = policy_parse("p.json", slice_str(texts[i].text), &p, &err);
		if (ok != (texts[i].message == NULL) ||
		    (!ok && (err.code != ERR_POLICY || !strstr(err.msg, texts[i].message))))
			fail_msg("%s: %s", texts[i].why, err.msg);
		if (!ok)
			continue;
		assert_ok(policy_write(&p, &one, &err)); /* says the same */
		assert_ok(policy_parse("p.json", buf_slice(&one), &again, &err));
		assert_ok(policy_write(&again, &two, &err));
		assert_string_equal(buf_str(&one), buf_str(&two));
	}
}

static void test_every_list_ends(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct policy p;
	AUTO(buf_done) struct buf text = BUF_INIT(POLICY_SIZE_MAX);
	buf_add_str(&text, "{\"schema\":1,\"anchors\":[");
	for (int i = 0; i <= POLICY_ANCHORS_MAX; i++)
		buf_printf(&text, "%s{\"file\":\"%d\"}", i ? "," : "", i);
	buf_add_str(&text, "]}");
	assert_fails(policy_parse("p", buf_slice(&text), &p, &err), ERR_POLICY, "more than 64");
}

/* --- whose certificates ------------------------------------------------------------------------ */

static void test_apply(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_done) struct buf pem = BUF_INIT(65536);
	struct anchor is;
	assert_ok(certificate_read("a", slice_str(certificate), &is, &pem, &err));
	static const struct {
		bool there; /* as "d/a.pem" */
		struct policy_anchor a, b;
		enum err_code code;
		const char *role, *why;
	} rows[] = {
		{ true, { .role = "v", .file = "a.pem" }, { 0 }, ERR_NONE, "v", "by file" },
		{ true, { .role = "v", .has_sha256 = true }, { 0 }, ERR_NONE, "v", "by digest" },
		{ false,
		  { .role = "v", .certificate = certificate },
		  { 0 },
		  ERR_NONE,
		  "v",
		  "itself" },
		{ true,
		  { .role = "v", .certificate = certificate },
		  { 0 },
		  ERR_NONE,
		  "v",
		  "itself, and there it is, too" },
		{ true,
		  { .role = "", .certificate = certificate },
		  { 0 },
		  ERR_NONE,
		  "",
		  "no role" },
		{ false, { .role = "v", .file = "a.pem" }, { 0 }, ERR_POLICY, "", "no such file" },
		{ false,
		  { .role = "v", .has_sha256 = true },
		  { 0 },
		  ERR_POLICY,
		  "",
		  "no such digest" },
		{ true, { .role = "v", .file = "a" }, { 0 }, ERR_POLICY, "", "half a name" },
		{ true,
		  { .role = "v", .file = "a.pem" },
		  { .role = "w", .certificate = certificate },
		  ERR_POLICY,
		  "",
		  "two roles" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(trust_auto_free) struct trust *t = trust_new(&err);
		struct policy p = { .anchors = { rows[i].a, rows[i].b },
				    .anchor_count = rows[i].b.role ? 2 : 1 };
		memcpy(p.anchors[0].sha256, is.certificate, sizeof(is.certificate));
		assert_non_null(t);
		if (rows[i].there)
			assert_ok(trust_add(t, "d/a.pem", slice_str(certificate), &err));
		memset(&err, 0, sizeof(err));
		bool ok = policy_apply(&p, "d", "/", t, &err);
		if (ok != (rows[i].code == ERR_NONE) || err.code != rows[i].code)
			fail_msg("%s: %d, %s", rows[i].why, (int)err.code, err.msg);
		if (ok &&
		    (trust_count(t) != 1 || strcmp(trust_anchor(t, 0)->role, rows[i].role) != 0))
			fail_msg("%s: %zu anchors", rows[i].why, trust_count(t));
	}
}

/* --- what is asked ----------------------------------------------------------------------------- */

#define CREATED UINT64_C(1764000000) /* 2025-11-24 */
#define DAY UINT64_C(86400)
#define NOW (CREATED + 10 * DAY)

static struct anchor vendor = { .subject = "CN=V", .role = "vendor", .bundle = "" };
static struct anchor site = { .subject = "CN=S", .role = "site", .bundle = "" };
static struct anchor unnamed = { .subject = "CN=N", .role = "", .bundle = "" };
static struct anchor other_bundle = { .subject = "CN=O", .role = "vendor", .bundle = "other" };
static struct anchor later = { .role = "vendor", .bundle = "b", .from = CREATED + 1 };

/* A letter is a signer: what leads to it, and what it is. */
static const struct {
	char letter;
	const struct anchor *anchor, *second;
	char key; /* two with the same one are one */
	enum signer_algorithm algorithm;
	unsigned bits;
	int from, to; /* valid, in days from CREATED */
	bool crls;
	int crls_until;
} people[] = {
	{ 'a', &vendor, NULL, 'a', ALGORITHM_ECDSA_P256, 0, -10, 100, true, 20 },
	{ 'b', &vendor, NULL, 'b', ALGORITHM_ECDSA_P384, 0, -10, 100, true, 5 },
	{ 'A', &vendor, NULL, 'a', ALGORITHM_ECDSA_P256, 0, -10, 100, true, 20 },
	{ 's', &site, NULL, 's', ALGORITHM_RSA, 3072, -10, 100, false, 0 },
	{ 'S', &site, NULL, 'a', ALGORITHM_ECDSA_P256, 0, -10, 100, false, 0 },
	{ 'x', &vendor, &site, 'x', ALGORITHM_RSA, 4096, -10, 100, false, 0 },
	{ 'n', &unnamed, NULL, 'n', ALGORITHM_ECDSA_P256, 0, -10, 100, false, 0 },
	{ 'u', NULL, NULL, 'u', ALGORITHM_ECDSA_P256, 0, -10, 100, false, 0 },
	{ 'e', &vendor, NULL, 'e', ALGORITHM_ECDSA_P256, 0, -10, 5, true, 20 },
	{ 'y', &vendor, NULL, 'y', ALGORITHM_ECDSA_P256, 0, 1, 100, true, 20 },
	{ 'q', &vendor, NULL, 'q', ALGORITHM_ML_DSA_65, 0, -10, 100, true, 20 },
	{ 'o', &other_bundle, NULL, 'o', ALGORITHM_ECDSA_P256, 0, -10, 100, true, 20 },
	{ 'l', &later, NULL, 'l', ALGORITHM_ECDSA_P256, 0, -10, 100, true, 20 },
};

static struct signer make_signer(char letter)
{
	size_t i = 0;
	while (i < COUNT_OF(people) && people[i].letter != letter)
		i++;
	assert_true(i < COUNT_OF(people));
	struct signer s = { .algorithm = people[i].algorithm, .bits = people[i].bits };
	s.subject[0] = letter;
	s.certificate[0] = (uint8_t)letter;
	s.key[0] = (uint8_t)people[i].key;
	s.not_before = CREATED + (uint64_t)((int64_t)DAY * people[i].from);
	s.not_after = CREATED + (uint64_t)((int64_t)DAY * people[i].to);
	const struct anchor *anchors[] = { people[i].anchor, people[i].second };
	for (size_t k = 0; k < 2 && anchors[k]; k++)
		s.paths[s.path_count++] =
			(struct signer_path) { anchors[k], s.not_before, s.not_after,
					       people[i].crls,
					       CREATED + (uint64_t)people[i].crls_until * DAY };
	s.pinned = s.path_count > 0;
	return s;
}

#define ONE(role, n)                                                                               \
	{                                                                                          \
		{ role }, (role) != NULL, n                                                        \
	}
#define ANY(n)                                                                                     \
	{                                                                                          \
		{ NULL }, 0, n                                                                     \
	}

static const struct {
	const char *signers;
	struct policy policy;
	size_t anchors;
	enum err_code code;
	const char *text, *why;
} signer_rows[] = {
	{ "u", { 0 }, 0, ERR_NONE, "", "no anchors, and no policy" },
	{ "", { 0 }, 0, ERR_UNTRUSTED, "", "no signer is never enough" },
	{ "a", { 0 }, 1, ERR_NONE, "", "one anchor leads to it" },
	{ "u", { 0 }, 1, ERR_UNTRUSTED, "no trusted certificate", "none does" },
	{ "", { 0 }, 1, ERR_UNTRUSTED, "", "and nobody signed" },
	{ "ua", { 0 }, 1, ERR_NONE, "", "one of two" },
	{ "u", { .require_trust = true }, 0, ERR_UNPINNED, "trust add", "trust is required" },
	{ "a", { .require_trust = true }, 1, ERR_NONE, "", "and given" },

	{ "ab", { .requirements = { ANY(2) }, .requirement_count = 1 }, 1, ERR_NONE, "", "2 of n" },
	{ "a",
	  { .requirements = { ANY(2) }, .requirement_count = 1 },
	  1,
	  ERR_SIGNERS,
	  "there is only 'a'",
	  "1 is not 2" },
	{ "aa",
	  { .requirements = { ANY(2) }, .requirement_count = 1 },
	  1,
	  ERR_SIGNERS,
	  "only 'a'",
	  "the same signer twice" },
	{ "aA",
	  { .requirements = { ANY(2) }, .requirement_count = 1 },
	  1,
	  ERR_SIGNERS,
	  "only 'a'",
	  "the same key under two certificates" },
	{ "au",
	  { .requirements = { ANY(2) }, .requirement_count = 1 },
	  1,
	  ERR_SIGNERS,
	  "only 'a'",
	  "somebody unknown does not count" },
	{ "aAb",
	  { .requirements = { ANY(2) }, .requirement_count = 1 },
	  1,
	  ERR_NONE,
	  "",
	  "two keys under three certificates" },
	{ "u",
	  { .requirements = { ANY(1) }, .requirement_count = 1 },
	  0,
	  ERR_UNPINNED,
	  "",
	  "a requirement, and no anchors" },
	{ "a",
	  { .requirements = { ONE("vendor", 1) }, .requirement_count = 1 },
	  1,
	  ERR_NONE,
	  "",
	  "by role" },
	{ "s",
	  { .requirements = { ONE("vendor", 1) }, .requirement_count = 1 },
	  2,
	  ERR_SIGNERS,
	  "'vendor'",
	  "of another role" },
	{ "n",
	  { .requirements = { ONE("vendor", 1) }, .requirement_count = 1 },
	  2,
	  ERR_SIGNERS,
	  "'vendor'",
	  "of no role" },
	{ "n",
	  { .requirements = { ANY(1) }, .requirement_count = 1 },
	  1,
	  ERR_NONE,
	  "",
	  "any role" },
	{ "as",
	  { .requirements = { ONE("vendor", 1), ONE("site", 1) }, .requirement_count = 2 },
	  2,
	  ERR_NONE,
	  "",
	  "countersigned by the site" },
	{ "a",
	  { .requirements = { ONE("vendor", 1), ONE("site", 1) }, .requirement_count = 2 },
	  2,
	  ERR_SIGNERS,
	  "'site'",
	  "the site's is missing" },
	{ "ab",
	  { .requirements = { ONE("vendor", 1), ONE("site", 1) }, .requirement_count = 2 },
	  2,
	  ERR_SIGNERS,
	  "'site'",
	  "two of the vendor's are not the site's" },
	{ "aS",
	  { .requirements = { ONE("vendor", 1), ONE("site", 1) }, .requirement_count = 2 },
	  2,
	  ERR_SIGNERS,
	  "'site'",
	  "one key for both" },
	{ "x",
	  { .requirements = { ONE("vendor", 1), ONE("site", 1) }, .requirement_count = 2 },
	  2,
	  ERR_SIGNERS,
	  "nobody counts twice",
	  "one signer for both" },
	{ "xa",
	  { .requirements = { ONE("vendor", 1), ONE("site", 1) }, .requirement_count = 2 },
	  2,
	  ERR_NONE,
	  "",
	  "who may be either is moved to where he is needed" },
	{ "ax",
	  { .requirements = { ONE("vendor", 1), ONE("site", 1) }, .requirement_count = 2 },
	  2,
	  ERR_NONE,
	  "",
	  "in any order" },
	{ "sx",
	  { .requirements = { ONE("vendor", 1), ONE("site", 1) }, .requirement_count = 2 },
	  2,
	  ERR_NONE,
	  "",
	  "either way" },
	{ "abs",
	  { .requirements = { ONE("vendor", 2), ONE("site", 1) }, .requirement_count = 2 },
	  2,
	  ERR_NONE,
	  "",
	  "two and one" },

	{ "a",
	  { .algorithms = { { ALGORITHM_ECDSA_P256, 0 } }, .algorithm_count = 1 },
	  1,
	  ERR_NONE,
	  "",
	  "an allowed algorithm" },
	{ "b",
	  { .algorithms = { { ALGORITHM_ECDSA_P256, 0 } }, .algorithm_count = 1 },
	  1,
	  ERR_ALGORITHM,
	  "ecdsa-p384",
	  "another one" },
	{ "u",
	  { .algorithms = { { ALGORITHM_ECDSA_P384, 0 } }, .algorithm_count = 1 },
	  0,
	  ERR_ALGORITHM,
	  "ecdsa-p256",
	  "without anchors, too" },
	{ "s",
	  { .algorithms = { { ALGORITHM_RSA, 4096 } }, .algorithm_count = 1 },
	  1,
	  ERR_ALGORITHM,
	  "rsa-3072",
	  "too short" },
	{ "x",
	  { .algorithms = { { ALGORITHM_RSA, 3072 } }, .algorithm_count = 1 },
	  1,
	  ERR_NONE,
	  "",
	  "longer than asked for" },
	{ "ab",
	  { .requirements = { ANY(2) },
	    .requirement_count = 1,
	    .algorithms = { { ALGORITHM_ECDSA_P256, 0 } },
	    .algorithm_count = 1 },
	  1,
	  ERR_ALGORITHM,
	  "'b' signed by ecdsa-p384",
	  "who would be the second" },

	{ "a", { .post_quantum = true }, 1, ERR_POST_QUANTUM, "ML-DSA", "only a classical one" },
	{ "aq", { .post_quantum = true }, 1, ERR_NONE, "", "both" },
	{ "u", { .post_quantum = true }, 0, ERR_UNPINNED, "", "whose would it be?" },
	{ "aq",
	  { .post_quantum = true,
	    .algorithms = { { ALGORITHM_ECDSA_P256, 0 } },
	    .algorithm_count = 1 },
	  1,
	  ERR_POST_QUANTUM,
	  "",
	  "which is not allowed" },

	{ "e", { 0 }, 1, ERR_SIGNER_EXPIRED, "2025-11-29", "expired since" },
	{ "e", { .accept_expired_signers = true }, 1, ERR_NONE, "", "which is accepted" },
	{ "ea", { 0 }, 1, ERR_NONE, "", "the other one has not" },
	{ "ea",
	  { .requirements = { ANY(2) }, .requirement_count = 1 },
	  1,
	  ERR_SIGNER_EXPIRED,
	  "'e'",
	  "two were needed" },
	{ "y",
	  { .accept_expired_signers = true },
	  1,
	  ERR_SIGNER_EXPIRED,
	  "2025-11-24",
	  "too young is never accepted" },

	{ "a", { .require_crl = true }, 1, ERR_NONE, "", "a list that is new enough" },
	{ "b", { .require_crl = true }, 1, ERR_CRL_MISSING, "renewed", "a stale one" },
	{ "s", { .require_crl = true }, 1, ERR_CRL_MISSING, "none of every CA", "no list" },
	{ "u", { .require_crl = true }, 0, ERR_UNPINNED, "", "no anchors" },

	{ "o", { 0 }, 1, ERR_UNTRUSTED, "", "an anchor for another bundle" },
	{ "l", { 0 }, 1, ERR_UNTRUSTED, "", "an anchor for later ones" },
};

static void check(size_t row, const struct policy *p, const struct policy_case *c)
{
	struct err err = { 0 };
	bool ok = policy_check_signers(p, c, &err);
	if (ok != (signer_rows[row].code == ERR_NONE) || err.code != signer_rows[row].code ||
	    !strstr(err.msg, signer_rows[row].text))
		fail_msg("%s: %s, '%s'", signer_rows[row].why, err_reason(err.code), err.msg);
}

static void test_signers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(signer_rows); i++) {
		struct signer signers[8];
		struct policy_case c = { .bundle = "b",
					 .version = "1",
					 .created = CREATED,
					 .signers = signers,
					 .signer_count = strlen(signer_rows[i].signers),
					 .anchor_count = signer_rows[i].anchors,
					 .now = NOW };
		for (size_t k = 0; k < c.signer_count; k++)
			signers[k] = make_signer(signer_rows[i].signers[k]);
		check(i, &signer_rows[i].policy, &c);
	}
}

static void test_retired(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct signer s = make_signer('a');
	struct retired r[] = { { { 0 }, "other", 0 }, { { 0 }, "b", NOW + DAY } };
	struct policy_case c = { .bundle = "b",
				 .version = "1",
				 .created = CREATED,
				 .signers = &s,
				 .signer_count = 1,
				 .anchor_count = 1,
				 .retired = r,
				 .retired_count = 2,
				 .now = NOW };
	assert_ok(policy_check_signers(NULL, &c, &err)); /* for another one, and not yet */
	c.now = NOW + DAY;
	assert_fails(policy_check_signers(NULL, &c, &err), ERR_UNTRUSTED, "");
	c.now = NOW;
	c.latest = NOW + DAY; /* whatever the clock says */
	assert_fails(policy_check_signers(NULL, &c, &err), ERR_UNTRUSTED, "");
}

static void test_require_trust(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct signer s = make_signer('u');
	struct policy_case c = { .bundle = "b",
				 .version = "1",
				 .created = CREATED,
				 .signers = &s,
				 .signer_count = 1,
				 .now = NOW };
	assert_ok(policy_check_signers(NULL, &c, &err));
	c.require_trust = true;
	assert_fails(policy_check_signers(NULL, &c, &err), ERR_UNPINNED, "'u'");
}

static const struct {
	uint64_t now, latest, expires, maximum_age;
	bool ignore_clock;
	enum err_code code;
	const char *text, *why;
} time_rows[] = {
	{ NOW, 0, 0, 0, false, ERR_NONE, "", "nothing is asked" },
	{ CREATED, 0, 0, 0, false, ERR_NONE, "", "this very second" },
	{ CREATED - 1, 0, 0, 0, false, ERR_CLOCK, "--ignore-clock", "a clock that is slow" },
	{ 0, 0, 0, 0, false, ERR_CLOCK, "1970-01-01", "or was never set" },
	{ CREATED - 1, 0, 0, 0, true, ERR_NONE, "", "and is ignored" },
	{ NOW, NOW, 0, 0, false, ERR_NONE, "", "as late as the newest bundle" },
	{ NOW, NOW + 1, 0, 0, false, ERR_CLOCK, "installed here", "set back" },
	{ NOW, NOW + 1, 0, 0, true, ERR_NONE, "", "which is ignored" },
	{ NOW, 0, NOW + 1, 0, false, ERR_NONE, "", "a second left" },
	{ NOW, 0, NOW, 0, false, ERR_EXPIRED, "2025-12-04", "expired" },
	{ NOW, 0, NOW, 0, true, ERR_NONE, "", "not looked at" },
	{ NOW, 0, 0, 10, false, ERR_NONE, "", "as old as it may be" },
	{ NOW + 1, 0, 0, 10, false, ERR_AGE, "10 days", "older" },
	{ NOW + 1, 0, 0, 10, true, ERR_NONE, "", "not looked at, either" },
};

static void test_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(time_rows); i++) {
		struct err err = { 0 };
		struct policy p = { .maximum_age = time_rows[i].maximum_age };
		struct policy_case c = { .bundle = "b",
					 .version = "1",
					 .created = CREATED,
					 .expires = time_rows[i].expires,
					 .now = time_rows[i].now,
					 .latest = time_rows[i].latest,
					 .ignore_clock = time_rows[i].ignore_clock };
		bool ok = policy_check_time(&p, &c, &err);
		if (ok != (time_rows[i].code == ERR_NONE) || err.code != time_rows[i].code ||
		    !strstr(err.msg, time_rows[i].text))
			fail_msg("%s: %s, '%s'", time_rows[i].why, err_reason(err.code), err.msg);
	}
}

static const struct {
	const char *bundle, *version;
	bool low, older; /* than the minimum 2026.10.0 of "b"; than 2026.10.0, seen before */
	const char *why;
} version_rows[] = {
	{ "b", "2026.10.0", false, false, "the same" },
	{ "b", "2026.9.0", true, true, "older, though not by the alphabet" },
	{ "b", "2026.10.0-1", false, false, "a revision" },
	{ "b", "2026.10", true, true, "shorter" },
	{ "b", "2026.10.0~rc1", true, true, "before it" },
	{ "b", "2027", false, false, "newer" },
	{ "c", "1", false, true, "the policy has no word about this one" },
};

static void test_versions(void **state)
{
	(void)state;
	struct policy p = { .minima = { { "b", "2026.10.0" } }, .minimum_count = 1 };
	for (size_t i = 0; i < COUNT_OF(version_rows); i++) {
		struct err low = { 0 }, older = { 0 };
		struct policy_case c = { .bundle = version_rows[i].bundle,
					 .version = version_rows[i].version };
		bool enough = policy_check_version(&p, &c, &low);
		bool newer = policy_check_downgrade(c.bundle, c.version, "2026.10.0", &older);
		if (enough == version_rows[i].low || low.code != (enough ? ERR_NONE : ERR_MINIMUM))
			fail_msg("%s: %s", version_rows[i].why, low.msg);
		if (newer == version_rows[i].older ||
		    older.code != (newer ? ERR_NONE : ERR_DOWNGRADE))
			fail_msg("%s: %s", version_rows[i].why, older.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),   cmocka_unit_test(test_every_list_ends),
		cmocka_unit_test(test_apply),   cmocka_unit_test(test_signers),
		cmocka_unit_test(test_retired), cmocka_unit_test(test_require_trust),
		cmocka_unit_test(test_time),    cmocka_unit_test(test_versions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
