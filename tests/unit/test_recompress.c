/* SPDX-License-Identifier: MIT */
/*
 * test_recompress.c - which files are chosen, and what becomes of them.  What the result is laid out to
 * is tests/cli/nested.sh's.
 */
#include "recompress.h"

#include "file.h"
#include "support.h"
#include "support_rpm.h"

#define RAW_SIZE (4u << 20) /* 1.3 CPU seconds each, as they are counted */

/* RAW_SIZE bytes, mostly zeros, with noise of @seed and the letter @tail, as xz(1) compresses them. */
static void make(const char *name, uint32_t seed, char tail, const char *options)
{
	char command[256];
	AUTO(auto_free) uint8_t *raw = calloc(1, RAW_SIZE);
	assert_non_null(raw);
	for (size_t i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		raw[i] = (uint8_t)(seed >> 24);
	}
	raw[RAW_SIZE - 1] = (uint8_t)tail;
	snprintf(command, sizeof(command), "xz %s -c >%s", options, name);
	FILE *p = popen(command, "w"); /* NOLINT: names of this file */
	assert_non_null(p);
	assert_int_equal(fwrite(raw, 1, RAW_SIZE, p), RAW_SIZE);
	assert_int_equal(pclose(p), 0);
}

#define AS_KBUILD "--check=crc32 --lzma2=dict=1MiB"

/* Two packages, each with a/a-VERSION.ko.xz and b-VERSION.ko.xz, and what is nothing for us. */
struct sample {
	struct payload payloads[2];
	struct staging staging;
	struct cache *cache;
	struct recompress r;
	struct recompress_totals totals;
};

static void add(struct sample *s, size_t package, const char *from, const char *path)
{
	AUTO(file_source_close) struct source src = { 0 };
	struct err err = { 0 };
	struct payload_entry e = { .type = TREE_FILE,
				   .mode = 0644,
				   .path = (char *)(uintptr_t)path,
				   .from = (char *)(uintptr_t)from };
	assert_ok(file_source_open(from, &src, &err));
	assert_ok(file_sha256(&src, e.sha256, &err));
	e.size = src.size;
	assert_ok(payload_add(&s->payloads[package], "", &e, &err));
}

static void sample_make(struct sample *s)
{
	struct err err = { 0 };
	*s = (struct sample) { 0 };
	assert_ok(staging_open(&s->staging, "./near", &err));
	s->cache = cache_open("cache", &err);
	assert_non_null(s->cache);
	add(s, 0, "a1", "a/a-1.0.ko.xz");
	add(s, 1, "a2", "a/a-1.1.ko.xz");
	add(s, 0, "b1", "b-1.0.ko.xz");
	add(s, 1, "b2", "b-1.1.ko.xz");
	add(s, 0, "alone", "alone.ko.xz");
	add(s, 0, "gz", "not.xz");
	add(s, 1, "filter", "filter-1.0.ko.xz");
	add(s, 0, "filter", "filter-1.1.ko.xz");
	add(s, 0, "a1", "other-name");
}

static void sample_done(struct sample *s)
{
	payload_done(&s->payloads[0]);
	payload_done(&s->payloads[1]);
	recompress_done(&s->r);
	staging_done(&s->staging);
	cache_free(s->cache);
}

static int make_files(void **state)
{
	if (enter_temp_dir(state) != 0)
		return -1;
	make("a1", 1, '1', AS_KBUILD);
	make("a2", 1, '2', AS_KBUILD);
	make("b1", 2, '1', "-T2 -6");
	make("b2", 2, '2', "-T2 -6");
	make("alone", 3, '1', AS_KBUILD);
	make("filter", 4, '1', "--x86 --lzma2");
	return system("echo text >gz") == 0 ? 0 : -1;
}

static bool run(struct sample *s, struct recompress_rule rule, bool prove, struct err *err)
{
	struct recompress_options opt = {
		.cache = s->cache, .staging = &s->staging, .jobs = 2, .prove = prove, .rule = rule
	};
	return recompress(&s->r, s->payloads, 2, &opt, &s->totals, err);
}

static const struct recompress_rule usual = { 1000, RECOMPRESS_GAIN_DEFAULT };

static void test_budget(void **state)
{
	(void)state;
	static const struct {
		struct recompress_rule rule;
		uint64_t files;
		const char *why;
	} rows[] = {
		{ { 0, 25 }, 0, "never" },
		{ { 1, 25 }, 0, "less than one takes" },
		{ { 2, 25 }, 2, "one family, in both packages" },
		{ { 3, 25 }, 4, "both" },
		{ { 1000, 25 }, 4, "what is alone does not gain enough" },
		{ { 1000, 15 }, 5, "but this much" },
		{ { 1000, 100 }, 0, "nothing gains all" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(sample_done) struct sample s;
		struct err err = { 0 };
		sample_make(&s);
		assert_ok(run(&s, rows[i].rule, false, &err));
		if (s.totals.xz.files != rows[i].files)
			fail_msg("%llu: %s", (unsigned long long)s.totals.xz.files, rows[i].why);
		assert_int_equal(s.totals.xz.bytes, rows[i].files * RAW_SIZE);
		assert_int_equal(s.totals.xz.not_proven, 0);
	}
}

/* An entry becomes one piece that is made; its content elsewhere, under another name, too. */
static void test_replaced(void **state)
{
	(void)state;
	AUTO(sample_done) struct sample s;
	struct err err = { 0 };
	sample_make(&s);
	assert_ok(run(&s, usual, true, &err));
	assert_int_equal(s.totals.xz.seen, 7);
	for (size_t p = 0; p < 2; p++) {
		for (size_t i = 0; i < s.payloads[p].count; i++) {
			const struct payload_entry *e = &s.payloads[p].entries[i];
			bool ours =
				strncmp(e->path, "a/", 2) == 0 || strncmp(e->path, "b-", 2) == 0;
			assert_int_equal(ours, e->opened != NULL);
			if (!ours)
				continue;
			const struct opened *made = e->opened->contents[0].made;
			assert_int_equal(e->opened->size, e->size);
			assert_memory_equal(e->opened->sha256, e->sha256, SHA256_SIZE);
			assert_true(e->opened->exact && made->exact);
			assert_int_equal(made->size, RAW_SIZE);
			assert_memory_equal(made->vendor_sha256, e->sha256, SHA256_SIZE);
			assert_string_equal(strrchr(made->contents[0].name, '.'), ".ko");
			assert_int_equal(recompress_milliseconds(made), RAW_SIZE / 3300 + 1);
		}
	}
}

/* A proof that says "none" is believed, and none is made up for it. */
static void test_not_proven(void **state)
{
	(void)state;
	AUTO(sample_done) struct sample s;
	struct err err = { 0 };
	sample_make(&s);
	assert_ok(run(&s, usual, false, &err));
	assert_int_equal(system("for f in cache/recipes-1/*/*; do printf '%s\n' '- -' >$f; done"),
			 0);
	recompress_done(&s.r);
	for (size_t p = 0; p < 2; p++)
		for (size_t i = 0; i < s.payloads[p].count; i++)
			s.payloads[p].entries[i].opened = NULL;
	assert_ok(run(&s, usual, false, &err));
	assert_int_equal(s.totals.xz.files, 0);
	assert_int_equal(s.totals.xz.not_proven, 4);
}

/* An .rpm whose payload is RAW_SIZE bytes that are no cpio. */
static void make_rpm(const char *name, uint32_t seed)
{
	AUTO(buf_done) struct buf head = BUF_INIT(4096);
	AUTO(buf_done) struct buf payload = { 0 };
	struct rpm_test_header h = RPM_TEST_HEADER;
	struct err err = { 0 };
	make("payload", seed, '1', "-2 --check=sha256");
	assert_ok(file_read("payload", RAW_SIZE, &payload, &err));
	rpm_test_begin(&head, "1|");
	rpm_test_texts(&h, 1125, RPM_TEST_TEXT, "xz|");
	rpm_test_header(&h, &head);
	AUTO(auto_fclose) FILE *f = fopen(name, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(head.p, 1, head.len, f), head.len);
	assert_int_equal(fwrite(payload.p, 1, payload.len, f), payload.len);
}

/* What makes .rpm files is held all at once, so there is a limit to it, for each package. */
static void test_rpms(void **state)
{
	(void)state;
	static const struct {
		uint64_t budget, raw_max, files;
		const char *why;
	} rows[] = {
		{ 1000, UINT64_MAX, 4, "each gains enough, also alone" },
		{ 1000, 2 * (RAW_SIZE + 4096), 3, "two in one package, one in the other" },
		{ 1000, RAW_SIZE, 0, "not even one: headers are held, too" },
		{ 0, UINT64_MAX, 0, "never" },
	};
	make_rpm("r1", 11);
	make_rpm("r2", 12);
	make_rpm("r3", 13);
	make_rpm("r4", 14);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(sample_done) struct sample s = { 0 };
		struct err err = { 0 };
		assert_ok(staging_open(&s.staging, "./near", &err));
		s.cache = cache_open("cache", &err);
		assert_non_null(s.cache);
		add(&s, 0, "r1", "one.rpm");
		add(&s, 0, "r2", "two.rpm");
		add(&s, 0, "r3", "three.rpm");
		add(&s, 1, "r4", "four.rpm");
		add(&s, 1, "gz", "no.rpm");
		struct recompress_options opt = { .cache = s.cache,
						  .staging = &s.staging,
						  .jobs = 2,
						  .rule.budget = rows[i].budget,
						  .rpm_raw_max = rows[i].raw_max };
		assert_ok(recompress(&s.r, s.payloads, 2, &opt, &s.totals, &err));
		if (s.totals.rpm.files != rows[i].files)
			fail_msg("%llu: %s", (unsigned long long)s.totals.rpm.files, rows[i].why);
		assert_int_equal(s.totals.rpm.not_proven, 0);
		assert_int_equal(s.totals.xz.seen, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_not_proven),
		cmocka_unit_test(test_rpms),
	};
	return cmocka_run_group_tests(tests, make_files, leave_temp_dir);
}
