/* SPDX-License-Identifier: MIT */
/* test_fetch.c - fetching from tests/support/httpd.py, a real server on loopback that misbehaves. */
#include "fetch.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "support.h"
#include "url.h"

#define BIG_SIZE 300000u

static char top[4096]; /* the source tree: tests start there */
static char base[64];  /* "http://127.0.0.1:PORT" */
static pid_t server;
static uint8_t big[BIG_SIZE];
static uint8_t big_sha256[SHA256_SIZE];

static void make_content(void)
{
	uint32_t x = 1;
	for (size_t i = 0; i < BIG_SIZE; i++) {
		x = x * 1664525u + 1013904223u;
		big[i] = (uint8_t)(x >> 24);
	}
}

static int start_server(void **state)
{
	if (!getcwd(top, sizeof(top)) || enter_temp_dir(state) != 0 || mkdir("root", 0777) != 0)
		return -1;
	make_content();
	struct err err = { 0 };
	if (!sha256_of((struct slice) { big, BIG_SIZE }, big_sha256, &err))
		return -1;
	write_file("root/big", big, BIG_SIZE);
	write_file("root/empty", "", 0);
	char script[4200];
	snprintf(script, sizeof(script), "%s/tests/support/httpd.py", top);
	server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("python3", "python3", script, "root", "port", "log", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 200 && access("port", R_OK) != 0; i++)
		nanosleep(&(struct timespec) { .tv_nsec = 50000000 }, NULL);
	int port = (int)strtol(read_text("port"), NULL, 10);
	snprintf(base, sizeof(base), "http://127.0.0.1:%d", port);
	return port > 0 ? 0 : -1;
}

static int stop_server(void **state)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return leave_temp_dir(state);
}

static size_t requests(void)
{
	size_t n = 0;
	for (const char *c = read_text("log"); *c; c++)
		n += *c == '\n';
	return n;
}

static const struct fetch_options quick = { .stall_seconds = 10, .wait_ms = 5 };
static const struct fetch_options impatient = { .stall_seconds = 1, .wait_ms = 5 };

enum { NO_SIZE = 1, NO_DIGEST = 2 };

static const struct {
	const char *paths[3]; /* mirrors; what starts with '/' gets the server's address in front */
	unsigned flags;
	enum err_code want;
	const char *text; /* in the message, or when it succeeds in the server's log */
	size_t requests;
	const char *why;
} cases[] = {
	{ { "/ok/big" }, 0, ERR_NONE, "GET /ok/big - -", 1, "plain" },
	{ { "/ok/big" }, NO_SIZE, ERR_NONE, "", 1, "size not known" },
	{ { "/ok/big" }, NO_SIZE | NO_DIGEST, ERR_NONE, "", 1, "nothing known" },
	{ { "/chunked/big" }, 0, ERR_NONE, "", 1, "no length announced" },
	{ { "/cut/100000/big" }, 0, ERR_NONE, "bytes=100000- \"", 2, "cut, goes on with If-Range" },
	{ { "/cut/100000/big" },
	  NO_SIZE,
	  ERR_NONE,
	  "bytes=100000- \"",
	  2,
	  "the same, size unknown" },
	{ { "/cut/100000/big" },
	  NO_SIZE | NO_DIGEST,
	  ERR_NONE,
	  "bytes=100000- \"",
	  2,
	  "the ETag tells that it is the same file" },
	{ { "/cutbare/100000/big" },
	  0,
	  ERR_NONE,
	  "bytes=100000- -",
	  2,
	  "digest known: no ETag needed" },
	{ { "/cutbare/100000/big" },
	  NO_DIGEST,
	  ERR_NONE,
	  "/cutbare/100000/big - -\nGET /cutbare",
	  2,
	  "neither digest nor ETag: from the start" },
	{ { "/cutweak/100000/big" },
	  NO_DIGEST,
	  ERR_NONE,
	  "/cutweak/100000/big - -\nGET /cutweak",
	  2,
	  "a weak ETag promises nothing" },
	{ { "/cut/0/big" },
	  0,
	  ERR_NONE,
	  "GET /cut/0/big - -\nGET /cut/0/big - -",
	  2,
	  "cut before the first byte" },
	{ { "/cutall/70000/big" }, 0, ERR_NONE, "bytes=280000-", 5, "cut again and again" },
	{ { "/cutall/50000/big" },
	  0,
	  ERR_NETWORK,
	  "the connection ended after 250000 bytes (tried 5",
	  5,
	  "once too often" },
	{ { "/cutnorange/100000/big" }, 0, ERR_NONE, "bytes=100000-", 2, "no ranges: starts over" },
	{ { "/norange/big" }, 0, ERR_NONE, "", 1, "no ranges needed" },
	{ { "/stall/1000/big" }, 0, ERR_NONE, "bytes=1000-", 2, "stalls once" },
	{ { "/stall/0/big" }, 0, ERR_NONE, "", 2, "stalls before the first byte" },
	{ { "/redirect/3/big" }, 0, ERR_NONE, "GET /ok/big", 4, "redirects are followed" },
	{ { "/redirect/9/big" }, 0, ERR_NETWORK, "more than 5 redirects", 6, "but not for ever" },
	{ { "/loop/big" }, 0, ERR_NETWORK, "more than 5 redirects", 6, "a redirect to itself" },
	{ { "/to/ftp%3A%2F%2F127.0.0.1%2Fx" },
	  0,
	  ERR_NETWORK,
	  "redirects to a place",
	  1,
	  "to another protocol" },
	{ { "/to/file%3A%2F%2F%2Fetc%2Fpasswd" },
	  0,
	  ERR_NETWORK,
	  "redirects to a place",
	  1,
	  "to a local file" },
	{ { "/long/big" },
	  0,
	  ERR_NETWORK,
	  "announces 301000 bytes, expected are 300000",
	  1,
	  "announces too much" },
	{ { "/short/big" },
	  0,
	  ERR_NETWORK,
	  "announces 299999 bytes, expected are 300000",
	  1,
	  "announces too little" },
	{ { "/short/big" }, NO_SIZE, ERR_DIGEST, ", found ", 1, "the digest decides" },
	{ { "/status/404/big" },
	  0,
	  ERR_NETWORK,
	  "/status/404/big: HTTP status 404; check the URL",
	  1,
	  "gone: no second try" },
	{ { "/status/403/big" }, 0, ERR_NETWORK, "HTTP status 403", 1, "forbidden" },
	{ { "/status/500/big" },
	  0,
	  ERR_NETWORK,
	  "HTTP status 500 (tried 5 times)",
	  5,
	  "the server's trouble: tried again" },
	{ { "/status/204/big" }, 0, ERR_NETWORK, "HTTP status 204", 1, "a success, but no file" },
	{ { "/flaky/3/500/big" }, 0, ERR_NONE, "", 4, "recovers" },
	{ { "/flaky/2/429/big" }, 0, ERR_NONE, "", 3, "too many requests" },
	{ { "/later/1/big" }, 0, ERR_NONE, "", 2, "Retry-After is kept" },
	{ { "/wrong/big" }, 0, ERR_DIGEST, "expected sha256 ", 1, "wrong bytes" },
	{ { "/endless/big" },
	  0,
	  ERR_FORMAT,
	  "larger than the expected 300000 bytes",
	  1,
	  "never ends" },
	{ { "/endless/big" },
	  NO_SIZE,
	  ERR_FORMAT,
	  "larger than the allowed 400000 bytes",
	  1,
	  "never ends, bounded by the item" },
	{ { "/changed/100000/big" },
	  0,
	  ERR_NONE,
	  "bytes=100000- \"",
	  2,
	  "changed meanwhile: If-Range brings all of the new one" },
	{ { "/mixed/100000/big" },
	  0,
	  ERR_NONE,
	  "bytes=100000- \"",
	  3,
	  "If-Range ignored: pieces don't fit, once more as a whole" },
	{ { "/offset/100000/big" }, 0, ERR_NONE, "", 3, "the range is another: from the start" },
	{ { "/past/100000/big" }, 0, ERR_NONE, "", 3, "416: from the start" },
	{ { "/status/404/big", "/ok/big" }, 0, ERR_NONE, "GET /ok/big", 2, "second mirror" },
	{ { "/wrong/big", "/ok/big" },
	  0,
	  ERR_NONE,
	  "GET /ok/big - -",
	  2,
	  "wrong bytes, second mirror, from the start" },
	{ { "/cutall/10000/big", "/ok/big" },
	  0,
	  ERR_NONE,
	  "GET /ok/big bytes=50000- -",
	  6,
	  "the second mirror goes on where the first gave up, without its ETag" },
	{ { "/status/404/big", "/status/410/big" },
	  0,
	  ERR_NETWORK,
	  "HTTP status 410",
	  2,
	  "all mirrors are named" },
	{ { "/wrong/big", "/status/404/big" },
	  0,
	  ERR_DIGEST,
	  "HTTP status 404; it changed",
	  2,
	  "a wrong digest weighs more" },
	{ { "/nothing/absent" }, 0, ERR_NETWORK, "HTTP status 404", 1, "not there" },
	{ { "http://127.0.0.1:1/x", "/ok/big" }, 0, ERR_NONE, "", 1, "nobody listens" },
	{ { "http://user:geheim@127.0.0.1:1/x?sig=geheim" },
	  0,
	  ERR_NETWORK,
	  "http://127.0.0.1:1/x?...: ",
	  0,
	  "credentials are not shown" },
	{ { "ftp://127.0.0.1/x" }, 0, ERR_FORMAT, "is not supported", 0, "another protocol" },
	{ { "root/big" }, 0, ERR_NONE, "", 0, "a local path" },
	{ { "root/absent" }, 0, ERR_SYSTEM, "No such file", 0, "no such path" },
	{ { "root" }, 0, ERR_SYSTEM, "it is not a regular file", 0, "a directory" },
	{ { "root/empty" }, 0, ERR_NETWORK, "ended after 0 of 300000", 0, "too short" },
	{ { "root/empty", "root/big" }, 0, ERR_NONE, "", 0, "a local mirror" },
	{ { "file:root/big" }, 0, ERR_FORMAT, "ABSOLUTE", 0, "file: needs an absolute path" },
};

static void set_url(char *out, size_t size, const char *path)
{
	snprintf(out, size, "%s%s", path[0] == '/' ? base : "", path);
}

static bool is_cached_whole(struct cache *c)
{
	AUTO(auto_free) char *path = cache_path(c, big_sha256);
	static uint8_t content[BIG_SIZE + 1];
	FILE *f = fopen(path, "rb");
	if (!f)
		return false;
	size_t n = fread(content, 1, sizeof(content), f);
	fclose(f);
	return n == BIG_SIZE && memcmp(content, big, BIG_SIZE) == 0;
}

static void run_case(size_t i)
{
	char urls[3][256], dir[32];
	const char *list[3] = { urls[0], urls[1], urls[2] };
	struct fetch_item item = { .what = "the test file", .urls = list, .size_max = 400000 };
	for (; item.url_count < 3 && cases[i].paths[item.url_count]; item.url_count++)
		set_url(urls[item.url_count], sizeof(urls[0]), cases[i].paths[item.url_count]);
	item.size = cases[i].flags & NO_SIZE ? 0 : BIG_SIZE;
	item.have_sha256 = !(cases[i].flags & NO_DIGEST);
	memcpy(item.sha256, big_sha256, SHA256_SIZE);
	unlink("log");

	struct err err = { 0 };
	snprintf(dir, sizeof(dir), "cache%zu", i);
	AUTO(cache_auto_free) struct cache *c = cache_open(dir, &err);
	assert_non_null(c);
	bool stalls = strstr(cases[i].paths[0], "stall") != NULL;
	bool ok = fetch_all(c, &item, 1, stalls ? &impatient : &quick, &err);
	if (ok != (cases[i].want == ERR_NONE) || err.code != cases[i].want)
		fail_msg("%s: %s: kind %d '%s'", cases[i].paths[0], cases[i].why, (int)err.code,
			 err.msg);
	if (is_cached_whole(c) != ok)
		fail_msg("%s: %s: what is in the cache", cases[i].paths[0], cases[i].why);
	const char *where = ok ? read_text("log") : err.msg;
	if (!strstr(where, cases[i].text))
		fail_msg("%s: %s: '%s' lacks '%s'", cases[i].paths[0], cases[i].why, where,
			 cases[i].text);
	if (strstr(err.msg, "geheim"))
		fail_msg("%s: a secret is shown: %s", cases[i].paths[0], err.msg);
	if (requests() != cases[i].requests)
		fail_msg("%s: %s: %zu requests:\n%s", cases[i].paths[0], cases[i].why, requests(),
			 read_text("log"));
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		run_case(i);
}

/* Many at a time: one content twice, two that no mirror has; the others come all the same. */
static void test_many(void **state)
{
	(void)state;
	enum { COUNT = 12 };
	char urls[COUNT][128];
	const char *list[COUNT];
	struct fetch_item items[COUNT] = { 0 };
	struct err err = { 0 };
	for (unsigned i = 0; i < COUNT; i++) {
		char content[64], name[32];
		snprintf(content, sizeof(content), "content %u", i / 2 * 2 == 4 ? 4 : i);
		snprintf(name, sizeof(name), "root/many%u", i);
		write_file(name, content, strlen(content));
		snprintf(urls[i], sizeof(urls[i]), "%s/%s/many%u", base,
			 i == 3 || i == 7 ? "status/404" : "ok", i);
		list[i] = urls[i];
		items[i] = (struct fetch_item) { .what = "one of many",
						 .urls = &list[i],
						 .url_count = 1,
						 .have_sha256 = true,
						 .size = strlen(content) };
		assert_ok(sha256_of(slice_str(content), items[i].sha256, &err));
	}
	AUTO(cache_auto_free) struct cache *c = cache_open("many", &err);
	assert_non_null(c);
	assert_fails(fetch_all(c, items, COUNT, &quick, &err), ERR_NETWORK,
		     "2 files are not to be had (-v names each), the first: cannot fetch one of");
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(items[i].done, i != 3 && i != 7);
		assert_int_equal(cache_has(c, items[i].sha256, items[i].size), items[i].done);
	}
	/* a single one at a time must not wait for itself */
	struct fetch_options one = quick;
	one.jobs = 1;
	AUTO(cache_auto_free) struct cache *d = cache_open("many1", &err);
	assert_ok(fetch_all(d, items + 4, 2, &one, &err));
	assert_true(items[5].from_cache);
}

/* What is there needs no URL that works, and what is not is named when offline. */
static void test_offline(void **state)
{
	(void)state;
	struct err err = { 0 };
	const struct fetch_options offline = { .offline = true };
	const char *const nowhere[] = { "ftp://nowhere/" };
	const char *const local[] = { "root/big" };
	struct fetch_item item = { .what = "the test file",
				   .urls = local,
				   .url_count = 1,
				   .have_sha256 = true,
				   .size = BIG_SIZE };
	memcpy(item.sha256, big_sha256, SHA256_SIZE);
	AUTO(cache_auto_free) struct cache *c = cache_open("offline", &err);
	assert_fails(fetch_all(c, &item, 1, &offline, &err), ERR_NETWORK,
		     "the test file is not in the cache 'offline' and this is offline");
	assert_ok(fetch_all(c, &item, 1, &quick, &err));
	assert_false(item.from_cache);
	item.urls = nowhere;
	assert_ok(fetch_all(c, &item, 1, &offline, &err));
	assert_true(item.from_cache);
	item.have_sha256 = false; /* such an item is fetched again each time */
	item.urls = local;
	assert_fails(fetch_all(c, &item, 1, &offline, &err), ERR_NETWORK, "not in the cache");
	assert_ok(fetch_all(c, &item, 1, &quick, &err));
	assert_false(item.from_cache);
	assert_memory_equal(item.seen_sha256, big_sha256, SHA256_SIZE);
}

/* A partial file of an earlier run: of this file, of another, complete, too long. */
static void test_resume_between_runs(void **state)
{
	(void)state;
	static const struct {
		size_t size;
		uint8_t first; /* xored into its first byte */
		size_t requests;
		const char *log;
	} rows[] = {
		{ 1000, 0, 1, "GET /ok/big bytes=1000- -" },
		{ 1000, 1, 2, "GET /ok/big bytes=1000- -\nGET /ok/big - -" },
		{ BIG_SIZE, 0, 0, "" },
		{ BIG_SIZE, 1, 1, "GET /ok/big - -" },
		{ BIG_SIZE + 1, 0, 1, "GET /ok/big - -" },
	};
	static uint8_t part[BIG_SIZE + 1];
	char hex[SHA256_HEX_SIZE], path[128], url[128];
	snprintf(url, sizeof(url), "%s/ok/big", base);
	const char *const urls[] = { url };
	sha256_hex(big_sha256, hex);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		struct fetch_item item = { .what = "the test file",
					   .urls = urls,
					   .url_count = 1,
					   .have_sha256 = true,
					   .size = BIG_SIZE };
		memcpy(item.sha256, big_sha256, SHA256_SIZE);
		snprintf(path, sizeof(path), "resumed%zu", i);
		AUTO(cache_auto_free) struct cache *c = cache_open(path, &err);
		snprintf(path, sizeof(path), "resumed%zu/partial/%s", i, hex);
		memcpy(part, big, BIG_SIZE);
		part[0] ^= rows[i].first;
		write_file(path, part, rows[i].size);
		unlink("log");
		assert_ok(fetch_all(c, &item, 1, &quick, &err));
		assert_true(is_cached_whole(c));
		if (requests() != rows[i].requests || !strstr(read_text("log"), rows[i].log))
			fail_msg("row %zu: %s", i, read_text("log"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_offline),
		cmocka_unit_test(test_resume_between_runs),
	};
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
