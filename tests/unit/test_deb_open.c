/* SPDX-License-Identifier: MIT */
/*
 * test_deb_open.c - packages as dpkg-deb, ar and others make them: opened, laid out, given back.
 *
 * Members come from xz(1), gzip(1) and zstd(1), which know nothing of our code.
 */
#include "deb_open.h"

#include <fcntl.h>

#include "file.h"
#include "recipe_run.h"
#include "support.h"

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

struct file_io {
	struct source in;
	uint64_t at;
	int fd;
};

static bool io_read(void *ctx, uint8_t *p, size_t n, size_t *got, struct err *err)
{
	struct file_io *f = ctx;
	*got = n > 7777 ? 7777 : n; /* readers may be slow */
	f->at += *got;
	return source_read(&f->in, f->at - *got, p, *got, err);
}

static bool io_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct file_io *f = ctx;
	return file_write_at(f->fd, "made.deb", at, p, n, err);
}

/* The parts of @o one after the other, to laid.deb. */
static void lay_out(const struct opened *o)
{
	AUTO(auto_fclose) FILE *out = fopen("laid.deb", "wb");
	assert_non_null(out);
	for (size_t i = 0; i < o->part_count; i++) {
		const struct opened_part *p = &o->parts[i];
		AUTO(auto_free) char *path =
			staging_path(o->staging, o->contents[p->content].sha256);
		AUTO(buf_done) struct buf content = { 0 };
		struct err err = { 0 };
		assert_ok(file_read(path, 1 << 28, &content, &err));
		assert_true(p->offset + p->length <= content.len);
		assert_int_equal(fwrite(content.p + p->offset, 1, p->length, out), p->length);
	}
}

/* Its recipe, from laid.deb to made.deb. */
static void make(const struct opened *o)
{
	struct err err = { 0 };
	struct file_io f = { .fd = -1 };
	struct recipe_io io = { .ctx = &f, .read = io_read, .write = io_write };
	uint64_t size = 0;
	run("rm -f made.deb && : > made.deb");
	assert_ok(file_source_open("laid.deb", &f.in, &err));
	f.fd = open("made.deb", O_WRONLY);
	assert_true(f.fd >= 0);
	assert_ok(recipe_run(buf_slice(&o->recipe), f.in.size, &io, &size, &err));
	assert_int_equal(f.at, f.in.size);
	assert_int_equal(size, o->vendor_size);
	close(f.fd);
	file_source_close(&f.in);
}

static bool open_x(struct staging *s, struct deb_proof *proof, struct opened *o, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	memset(err, 0, sizeof(*err));
	return file_source_open("x.deb", &src, err) && deb_open(&src, "x.deb", s, proof, o, err);
}

#define DEB(control, data)                                                                         \
	"rm -f x.deb && cp control.tar data.tar m/ && (cd m && " control " && " data               \
	" && rm -f ../x.deb && ar qc ../x.deb debian-binary control.tar* data.tar*); rm -f "       \
	"m/*tar*"

static const struct {
	const char *make;
	bool exact;
	const char *why;
} debs[] = {
	{ "dpkg-deb --root-owner-group -Zxz -b d x.deb > d.log", true, "dpkg-deb's xz" },
	{ "dpkg-deb --root-owner-group -Zgzip -b d x.deb > d.log", true, "dpkg-deb's gzip" },
	{ "dpkg-deb --root-owner-group -Zgzip -z6 -b d x.deb > d.log", true, "gzip, level 6" },
	{ "dpkg-deb --root-owner-group -Znone -b d x.deb > d.log", true, "dpkg-deb's none" },
	{ "dpkg-deb --root-owner-group -Zxz -z9 -b d x.deb > d.log", true, "xz, level 9" },
	{ "dpkg-deb --root-owner-group -Zxz -z1 -b d x.deb > d.log", true, "xz, level 1" },
	{ "dpkg-deb --root-owner-group -Zxz -z5 -Sextreme -b d x.deb > d.log", true,
	  "xz, extreme: same dictionary as 6" },
	{ DEB("xz control.tar", "xz -T2 --block-size=65536 data.tar"), true, "several xz blocks" },
	{ DEB("xz -T1 control.tar", "xz -T1 data.tar"), true, "one block without sizes" },
	{ DEB("xz -Ccrc32 control.tar", "xz -Csha256 --lzma2=dict=1MiB data.tar"), true,
	  "other checks and the kernel's dictionary" },
	{ DEB("gzip -9n control.tar", "gzip -9 data.tar"), true, "GNU gzip, with name and time" },
	{ DEB("gzip -1 control.tar", "gzip -6 data.tar"), true, "GNU gzip at other levels" },
	{ DEB("gzip -9n control.tar", "xz -0 data.tar"), true, "one of each" },
	{ DEB("xz control.tar", "xz --x86 --lzma2=preset=6 data.tar"), false, "a branch filter" },
	{ DEB("xz control.tar", "xz --lzma2=preset=6,nice=17 data.tar"), false, "odd settings" },
	{ DEB("xz control.tar", "cat data.tar | zstd -q -19 > data.tar.zst && rm data.tar"), false,
	  "zstd changes with its version" },
	{ "dpkg-deb --root-owner-group -Zxz -b d x.deb > d.log && printf 'x' > _gpg && "
	  "ar q x.deb _gpg",
	  true, "a signature after the members" },
};

static void test_debs(void **state)
{
	(void)state;
	run("mkdir -p d/DEBIAN d/usr/bin m && "
	    "printf 'Package: x\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@x>\\n"
	    "Description: x\\n' > d/DEBIAN/control && cp /bin/ls d/usr/bin/a && "
	    "cp /bin/ls d/usr/bin/b && echo small > d/usr/bin/c && printf '2.0\\n' > "
	    "m/debian-binary && "
	    "ln -s a d/usr/bin/l && "
	    "dpkg-deb --root-owner-group -Znone -b d plain.deb > d.log && ar x plain.deb");
	for (size_t i = 0; i < COUNT_OF(debs); i++) {
		struct err err;
		AUTO(staging_done) struct staging s = { 0 };
		struct opened o = { 0 }, again = { 0 };
		struct deb_proof proof = { 0 };
		run(debs[i].make);
		assert_ok(staging_open(&s, "x", &err));
		if (!open_x(&s, &proof, &o, &err))
			fail_msg("%s: %s", debs[i].why, err.msg);
		if (o.exact != debs[i].exact)
			fail_msg("%s: exact %d", debs[i].why, o.exact);
		/* ls is there twice, its content once; "small" is too small */
		assert_int_equal(o.content_count, 3);
		assert_memory_equal(o.contents[1].sha256, o.contents[2].sha256, SHA256_SIZE);
		assert_string_equal(o.contents[1].name, "./usr/bin/a");
		lay_out(&o);
		run("test \"$(ar t laid.deb | head -n 3 | tr '\\n' ' ')\" = "
		    "'debian-binary control.tar data.tar '");
		run("bash -c 'cmp <(dpkg-deb --ctrl-tarfile x.deb) <(dpkg-deb --ctrl-tarfile "
		    "laid.deb) "
		    "&& cmp <(dpkg-deb --fsys-tarfile x.deb) <(dpkg-deb --fsys-tarfile laid.deb)'");
		if (o.exact) {
			make(&o);
			run("cmp x.deb made.deb");
		}
		assert_true(proof.known);
		assert_ok(open_x(&s, &proof, &again, &err)); /* with what was found out */
		assert_int_equal(again.exact, o.exact);
		assert_true(slice_equal(buf_slice(&again.recipe), buf_slice(&o.recipe)));
		assert_memory_equal(again.sha256, o.sha256, SHA256_SIZE);
		opened_done(&o);
		opened_done(&again);
	}
}

static const struct {
	const char *make, *why;
} refused[] = {
	{ ": > x.deb", "nothing" },
	{ "head -c 100000 /dev/urandom > x.deb", "noise" },
	{ "cp plain.deb x.deb && truncate -s -1000 x.deb", "cut short" },
	{ "rm -f x.deb && ar qc x.deb m/debian-binary control.tar", "no data" },
	{ DEB("xz control.tar", "xz data.tar && truncate -s 20000 data.tar.xz"), "xz cut short" },
	{ DEB("xz control.tar", "gzip data.tar && truncate -s 20000 data.tar.gz"),
	  "gzip cut short" },
	{ DEB("xz control.tar",
	      "xz data.tar && printf 'not what was there' | dd of=data.tar.xz bs=1 "
	      "seek=9000 conv=notrunc status=none"),
	  "damaged" },
	{ DEB("xz control.tar",
	      "xz -k data.tar && xz -k --stdout data.tar >> data.tar.xz && rm data.tar"),
	  "two streams, of which dpkg takes the first" },
	{ "head -c 200000000 /dev/zero > m/z && " DEB(
		  "xz control.tar", "cat z >> data.tar && xz -0 data.tar") " ; rm m/z",
	  "what would fill a disk" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct err err = { 0 };
		AUTO(staging_done) struct staging s = { 0 };
		struct opened o = { 0 };
		struct deb_proof proof = { 0 };
		run(refused[i].make);
		assert_ok(staging_open(&s, "x", &err));
		if (open_x(&s, &proof, &o, &err) || err.code != ERR_FORMAT)
			fail_msg("%s: %d %s", refused[i].why, (int)err.code, err.msg);
		opened_done(&o);
	}
}

/* A proof that is not true gives another recipe, or none; never a failure, never other contents. */
static void test_wrong_proof(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(staging_done) struct staging s = { 0 };
	struct opened right = { 0 };
	struct deb_proof proof = { 0 };
	run(debs[0].make);
	assert_ok(staging_open(&s, "x", &err));
	assert_ok(open_x(&s, &proof, &right, &err));
	static const uint32_t ways[] = { 1, 99, PROVE_NO_WAY, UINT32_MAX - 1 };
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct opened wrong = { 0 };
		struct deb_proof lie = { .known = true, .ways = { ways[i], ways[i] } };
		assert_ok(open_x(&s, &lie, &wrong, &err));
		assert_memory_equal(wrong.sha256, right.sha256, SHA256_SIZE);
		assert_int_equal(wrong.exact, ways[i] == 1);
		opened_done(&wrong);
	}
	opened_done(&right);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_debs),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_wrong_proof),
	};
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
