/* SPDX-License-Identifier: MIT */
/* test_rpm_open.c - packages as rpmbuild makes them: opened, and made again. */
#include "rpm_open.h"

#include "file.h"
#include "recipe_run.h"
#include "support.h"

#define RAW_MAX (UINT64_C(64) << 20)

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

/* Input: the parts of an opened file.  Output: compared with the vendor's. */
struct both {
	struct buf in, vendor;
	size_t at;
};

static bool io_read(void *ctx, uint8_t *p, size_t n, size_t *got, struct err *err)
{
	struct both *b = ctx;
	(void)err;
	*got = n > 7777 ? 7777 : n; /* readers may be slow */
	assert_true(*got <= b->in.len - b->at);
	memcpy(p, b->in.p + b->at, *got);
	b->at += *got;
	return true;
}

static bool io_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct both *b = ctx;
	(void)err;
	assert_true(at <= b->vendor.len && n <= b->vendor.len - at);
	assert_memory_equal(b->vendor.p + at, p, n);
	return true;
}

/* The parts of @o one after the other, and its recipe over them: x.rpm. */
static void make(const struct opened *o)
{
	struct both b = { .in = BUF_INIT(1 << 26) };
	struct recipe_io io = { .ctx = &b, .read = io_read, .write = io_write };
	struct err err = { 0 };
	uint64_t size = 0;
	assert_ok(file_read("x.rpm", 1 << 26, &b.vendor, &err));
	for (size_t i = 0; i < o->part_count; i++) {
		const struct opened_part *p = &o->parts[i];
		AUTO(auto_free) char *path = opened_content_path(o, p->content);
		AUTO(buf_done) struct buf content = { 0 };
		assert_ok(file_read(path, 1 << 26, &content, &err));
		assert_true(p->offset + p->length <= content.len);
		buf_add(&b.in, content.p + p->offset, p->length);
	}
	assert_int_equal(b.in.len, o->size);
	assert_ok(recipe_run(buf_slice(&o->recipe), b.in.len, &io, &size, &err));
	assert_int_equal(b.at, b.in.len);
	assert_int_equal(size, b.vendor.len);
	buf_done(&b.in);
	buf_done(&b.vendor);
}

static bool open_x(struct staging *s, uint64_t raw_max, struct opened *o, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	memset(err, 0, sizeof(*err));
	return file_source_open("x.rpm", &src, err) && rpm_open(&src, "x.rpm", s, raw_max, o, err);
}

static bool prove_x(struct deb_proof *proof, struct opened *o, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	return file_source_open("x.rpm", &src, err) && rpm_prove(&src, proof, o, err);
}

/* Two names of one file, of which the last has it; another with the same content; a small one. */
static int set_up(void **state)
{
	if (enter_temp_dir(state) != 0)
		return -1;
	run("printf '%s\\n' 'Name: x' 'Version: 1' 'Release: 1' 'Summary: x' 'License: MIT' "
	    "'AutoReqProv: no' '%description' x %install 'mkdir -p %{buildroot}/usr/x && cd "
	    "%{buildroot}/usr/x' 'cp /bin/ls a && ln a b && cp a c && cp /bin/cat d' "
	    "'echo small > e && ln -s a l' %files /usr/x > x.spec");
	return 0;
}

#define BUILD(payload)                                                                             \
	"rpmbuild -bb --quiet --define \"_topdir $PWD/top\" --define '_binary_payload " payload    \
	"' --define '__os_install_post %{nil}' --define '_build_id_links none' --define "          \
	"'debug_package %{nil}' x.spec > log 2>&1 && mv top/RPMS/*/x-1-1.*.rpm x.rpm"

static const struct {
	const char *make;
	bool exact;
	const char *why; /* or why it stays as it is */
} rpms[] = {
	{ BUILD("w2.xzdio"), true, "the default of RHEL 7 and 8" },
	{ BUILD("w3.xzdio"), true, "a level that shares its dictionary with 4" },
	{ BUILD("w5.xzdio"), true, "with 6" },
	{ BUILD("w6.xzdio"), true, "xz's own default" },
	{ BUILD("w2T16.xzdio"), true, "several threads" },
	{ BUILD("w0T0.xzdio"), true, "as many as there are; several blocks" },
	{ BUILD("w2.xzdio") " && printf 9 > 9 && at=$(LC_ALL=C grep -aboP '\\x00xz\\x00' x.rpm | "
			    "tail -n 1 "
			    "| cut -d : -f 1) && dd if=9 of=x.rpm bs=1 seek=$((at + 4)) "
			    "conv=notrunc "
			    "status=none",
	  true, "a header that tells another level" },
	{ BUILD("w9.gzdio"), false, "no reader can make its payload again (gzip)" },
	{ BUILD("w3.zstdio"), false, "no reader can make its payload again (zstd)" },
	{ BUILD("w9.bzdio"), false, "no reader can make its payload again (bzip2)" },
	{ BUILD("w2.lzdio"), false, "no reader can make its payload again (lzma)" },
	{ BUILD("w.ufdio"), false, "its payload is not compressed" },
	{ BUILD("w2.xzdio") " && printf x >> x.rpm", false, "not one whole .xz stream" },
	{ BUILD("w2.xzdio") " && truncate -s -4 x.rpm", false, "not one whole .xz stream" },
	{ BUILD("w2.xzdio") " && truncate -s 200 x.rpm", false, "is cut short" },
	{ "echo nothing > x.rpm", false, "is cut short" },
};

static void check_opened(const char *why, struct staging *s)
{
	struct err err;
	struct opened o = { 0 };
	struct deb_proof proof = { 0 };
	if (!open_x(s, RAW_MAX, &o, &err))
		fail_msg("%s: %s", why, err.msg);
	/* The frame, c, d, and what has two names, as rpm wants it: last, and once. */
	assert_int_equal(o.content_count, 4);
	assert_string_equal(o.contents[1].name, "./usr/x/c");
	assert_string_equal(o.contents[2].name, "./usr/x/d");
	assert_string_equal(o.contents[3].name, "./usr/x/b");
	assert_memory_equal(o.contents[1].sha256, o.contents[3].sha256, SHA256_SIZE);
	assert_false(o.exact);
	assert_ok(prove_x(&proof, &o, &err));
	if (!o.exact || !proof.known)
		fail_msg("%s: it is not proven", why);
	make(&o);
	/* Known before, it is the same again; and a proof that is wrong is taken at its word. */
	proof.ways[0] += 100;
	o.exact = false;
	assert_ok(prove_x(&proof, &o, &err));
	assert_false(o.exact);
	proof.ways[0] -= 100;
	assert_ok(prove_x(&proof, &o, &err));
	assert_true(o.exact);
	make(&o);
	opened_done(&o);
}

static void test_rpms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rpms); i++) {
		AUTO(staging_done) struct staging s = { 0 };
		struct opened o = { 0 };
		struct err err;
		run(rpms[i].make);
		assert_ok(staging_open(&s, "x", &err));
		if (rpms[i].exact) {
			check_opened(rpms[i].why, &s);
			continue;
		}
		if (open_x(&s, RAW_MAX, &o, &err))
			fail_msg("%s: it is opened", rpms[i].why);
		if (err.code != ERR_FORMAT || !strstr(err.msg, rpms[i].why))
			fail_msg("%s: %d, %s", rpms[i].why, (int)err.code, err.msg);
		opened_done(&o);
	}
}

/* What is compressed as no recipe knows: opened, and not proven. */
static void test_other_settings(void **state)
{
	(void)state;
	AUTO(staging_done) struct staging s = { 0 };
	struct opened o = { 0 };
	struct deb_proof proof = { 0 };
	struct err err;
	run(BUILD("w2.xzdio"));
	run("at=$(LC_ALL=C grep -aboP '\\xfd7zXZ' x.rpm | head -n 1 | cut -d : -f 1) && "
	    "head -c $at x.rpm > head && tail -c +$((at + 1)) x.rpm | xz -d > raw");
	assert_ok(staging_open(&s, "x", &err));
	run("xz -c --lzma2=preset=2,nice=17 raw | cat head - > x.rpm");
	assert_ok(open_x(&s, RAW_MAX, &o, &err));
	assert_ok(prove_x(&proof, &o, &err));
	assert_false(o.exact);
	assert_true(proof.known);
	opened_done(&o);
	run("xz -c --x86 --lzma2=preset=2 raw | cat head - > x.rpm");
	assert_fails(open_x(&s, RAW_MAX, &o, &err), ERR_FORMAT, "filters");
	opened_done(&o);
	run("cat head > x.rpm && xz -c2 raw >> x.rpm");
	assert_fails(open_x(&s, 100000, &o, &err), ERR_FORMAT, "more than 100000");
	opened_done(&o);
	run(": | xz -c2 | cat head - > x.rpm");
	assert_fails(open_x(&s, RAW_MAX, &o, &err), ERR_FORMAT, "empty");
	opened_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rpms),
		cmocka_unit_test(test_other_settings),
	};
	return cmocka_run_group_tests(tests, set_up, leave_temp_dir);
}
