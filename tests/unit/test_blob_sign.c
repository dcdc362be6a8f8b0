/* SPDX-License-Identifier: MIT */
/* test_blob_sign.c - what SharedKey signs, by the examples of Azure's documentation, and what goes out. */
#include "blob_sign.h"

#include "support.h"

static const struct {
	const char *method, *account, *url;
	struct {
		const char *name, *value;
	} headers[6];
	uint64_t body;
	const char *want, *why;
} cases[] = {
	{ "GET",
	  "myaccount",
	  "https://myaccount.blob.core.windows.net/"
	  "mycontainer?restype=container&comp=metadata&timeout=20",
	  { { "x-ms-version", "2015-02-21" }, { "x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT" } },
	  0,
	  "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\n"
	  "x-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\n"
	  "timeout:20",
	  "documented: container metadata" },
	{ "GET",
	  "myaccount",
	  "http://myaccount.blob.core.windows.net/"
	  "mycontainer?restype=container&comp=list&include=metadata,snapshots,uncommittedblobs",
	  { { 0 } },
	  0,
	  "GET\n\n\n\n\n\n\n\n\n\n\n\n/myaccount/mycontainer\ncomp:list\n"
	  "include:metadata,snapshots,uncommittedblobs\nrestype:container",
	  "documented: a list" },
	{ "GET",
	  "myaccount",
	  "https://myaccount-secondary.blob.core.windows.net/mycontainer/myblob",
	  { { 0 } },
	  0,
	  "GET\n\n\n\n\n\n\n\n\n\n\n\n/myaccount/mycontainer/myblob",
	  "documented: a blob at the secondary location" },
	{ "PUT",
	  "devstoreaccount1",
	  "http://127.0.0.1:10000/devstoreaccount1/c/b?comp=block&blockid=AA%2B%3D",
	  { { "Content-MD5", "md5" }, { "x-ms-date", "D" } },
	  11,
	  "PUT\n\n\n11\nmd5\n\n\n\n\n\n\n\nx-ms-date:D\n/devstoreaccount1/devstoreaccount1/c/b\n"
	  "blockid:AA+=\ncomp:block",
	  "emulator: the account twice; a length; escapes undone" },
	{ "GET",
	  "a",
	  "https://a.b/c/a%20b",
	  { { "Range", "bytes=0-4" },
	    { "If-Match", "\"0x1\"" },
	    { "X-MS-B", "2" },
	    { "x-ms-a", "1" } },
	  0,
	  "GET\n\n\n\n\n\n\n\n\"0x1\"\n\n\nbytes=0-4\nx-ms-a:1\nx-ms-b:2\n/a/c/a%20b",
	  "conditions in their places; names sorted in lower case; the path as it is sent" },
	{ "PUT",
	  "a",
	  "https://a.b/c/b",
	  { { "If-None-Match", "*" } },
	  0,
	  "PUT\n\n\n\n\n\n\n\n\n*\n\n\n/a/c/b",
	  "no length for nothing" },
};

static void test_string(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO(buf_done) struct buf text = BUF_INIT(4096);
		struct web_headers h = { 0 };
		for (size_t k = 0; k < 6 && cases[i].headers[k].name; k++)
			web_header(&h, cases[i].headers[k].name, "%s", cases[i].headers[k].value);
		blob_string_to_sign(cases[i].method, &h, cases[i].body, cases[i].account,
				    cases[i].url, &text);
		if (strcmp(buf_str(&text), cases[i].want) != 0)
			fail_msg("%s: '%s'", cases[i].why, buf_str(&text));
	}
}

/* The documented string, by the key that the emulator is known to have; made with another tool. */
static void test_signature(void **state)
{
	(void)state;
	static const char key[] = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"
				  "K1SZFPTOtr/KBHBeksoGMGw==";
	AUTO(credential_done) struct credential c = { .secret = BUF_INIT(CREDENTIAL_MAX) };
	AUTO(buf_done) struct buf text = BUF_INIT(100);
	uint8_t mac[SHA256_SIZE];
	assert_true(credential_parse(CREDENTIAL_KEY, "a test", slice_str(key), &c, NULL));
	assert_true(hmac_sha256(buf_slice(&c.secret), slice_str(cases[0].want), mac, NULL));
	base64_add((struct slice) { mac, sizeof(mac) }, &text);
	assert_string_equal(buf_str(&text), "1u9lui2jDxj0+fpbHjQ5m5NnastJRSYM+PSmfi8TXx4=");
}

/* What a credential of each kind adds. */
static void sign_as(enum credential_kind kind, const char *secret, const char *url_text,
		    struct web_headers *headers, struct buf *url, struct buf *authorization)
{
	AUTO(credential_done) struct credential c = { .secret = BUF_INIT(CREDENTIAL_MAX) };
	AUTO(blob_url_done) struct blob_url u = { 0 };
	assert_true(blob_url_parse(url_text, &u, NULL));
	struct web_request r = { .method = "GET", .url = &u, .query = "comp=blocklist" };
	if (kind != CREDENTIAL_NONE)
		assert_true(credential_parse(kind, "a test", slice_str(secret), &c, NULL));
	assert_true(blob_sign(&c, &r, headers, url, authorization, NULL));
}

static const struct {
	enum credential_kind kind;
	const char *secret, *url, *want_url, *want;
} kinds[] = {
	{ CREDENTIAL_NONE, "", "https://h/c/b", "https://h/c/b?comp=blocklist", "" },
	{ CREDENTIAL_SAS, "sv=1&sig=x%3D", "https://h/c/b",
	  "https://h/c/b?comp=blocklist&sv=1&sig=x%3D", "" },
	{ CREDENTIAL_SAS, "?sig=x", "https://h/c/b?versionid=2",
	  "https://h/c/b?versionid=2&comp=blocklist&sig=x", "" },
	{ CREDENTIAL_TOKEN, "e.J.x", "https://h/c/b", "https://h/c/b?comp=blocklist",
	  "Bearer e.J.x" },
	{ CREDENTIAL_KEY, "Zm9v", "https://h/c/b", "https://h/c/b?comp=blocklist", "SharedKey h:" },
};

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		AUTO(buf_done) struct buf url = BUF_INIT(4096), authorization = BUF_INIT(4096);
		struct web_headers h = { 0 };
		sign_as(kinds[i].kind, kinds[i].secret, kinds[i].url, &h, &url, &authorization);
		assert_string_equal(buf_str(&url), kinds[i].want_url);
		assert_int_equal(
			strncmp(buf_str(&authorization), kinds[i].want, strlen(kinds[i].want)), 0);
		assert_int_equal(authorization.len > 0, kinds[i].want[0] != 0);
		bool dated = web_header_value(&h, "X-MS-Date")[0] != '\0';
		assert_int_equal(dated, kinds[i].kind == CREDENTIAL_KEY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_string),
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_kinds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
