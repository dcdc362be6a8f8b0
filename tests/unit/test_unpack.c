/* SPDX-License-Identifier: MIT */
/* What archives may hold, made by tar and python's zipfile as vendors and attackers would. */
#include "unpack.h"

#include "file.h"
#include "support.h"

/* tar(NAME, TYPE[, TARGET])... or zip(NAME): an archive with entries that no honest tool writes. */
#define HOSTILE_PY                                                                                 \
	"import io, sys, tarfile, zipfile\n"                                                       \
	"from tarfile import REGTYPE, LNKTYPE, SYMTYPE, CHRTYPE, BLKTYPE\n"                        \
	"entries = []\n"                                                                           \
	"def tar(name, kind, target=''):\n"                                                        \
	"    t = tarfile.TarInfo(name)\n"                                                          \
	"    t.type, t.linkname = kind, target\n"                                                  \
	"    entries.append(t)\n"                                                                  \
	"def zip(name):\n"                                                                         \
	"    z = zipfile.ZipInfo('x')\n"                                                           \
	"    z.filename = name\n"                                                                  \
	"    entries.append(z)\n"                                                                  \
	"eval(sys.argv[1])\n"                                                                      \
	"if isinstance(entries[0], zipfile.ZipInfo):\n"                                            \
	"    with zipfile.ZipFile('h.tar', 'w') as f:\n"                                           \
	"        f.writestr(entries[0], 'x')\n"                                                    \
	"else:\n"                                                                                  \
	"    with tarfile.open('h.tar', 'w', format=tarfile.PAX_FORMAT) as f:\n"                   \
	"        for t in entries:\n"                                                              \
	"            f.addfile(t, io.BytesIO(b''))\n"

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

/* Unpack @path with the digest that it has. */
static bool unpack(const char *path, struct payload *out, struct err *err)
{
	AUTO(staging_done) struct staging s = { 0 };
	AUTO(buf_done) struct buf content = { 0 };
	uint8_t digest[SHA256_SIZE];
	return file_read(path, 1 << 24, &content, err) &&
	       sha256_of(buf_slice(&content), digest, err) && staging_open(&s, "out", err) &&
	       unpack_archive(path, path, digest, &s, out, err) && payload_finish(out, 1000, err);
}

static const struct payload_entry *find(const struct payload *p, const char *path)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->entries[i].path, path) == 0)
			return &p->entries[i];
	fail_msg("no entry '%s'", path);
	return NULL;
}

static void test_every_format(void **state)
{
	(void)state;
	run("mkdir -p t/bin && printf 'run me' > t/bin/tool && chmod 0755 t/bin/tool && "
	    "ln -sf bin/tool t/link && ln -f t/bin/tool t/hard && : > t/empty && "
	    "touch -d @1234567890 t/bin/tool");
	static const struct {
		const char *make, *path;
		bool links;
	} cases[] = {
		{ "tar -cf x.tar -C t .", "x.tar", true },
		{ "tar -czf x.tgz t/bin t/link t/hard t/empty --transform 's,^t/,,'", "x.tgz",
		  true },
		{ "tar -cJf x.tar.xz -C t .", "x.tar.xz", true },
		{ "tar -c --zstd -f x.tar.zst -C t .", "x.tar.zst", true },
		{ "tar -c --format=ustar -f x-ustar.tar -C t .", "x-ustar.tar", true },
		{ "cd t && python3 -c \"import zipfile; z = zipfile.ZipFile('../x.zip', 'w', "
		  "zipfile.ZIP_DEFLATED); [z.write(n) for n in ('bin/tool', 'empty', 'hard')]\"",
		  "x.zip", false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		AUTO(payload_done) struct payload p = { 0 };
		run(cases[i].make);
		assert_ok(unpack(cases[i].path, &p, &err));
		const struct payload_entry *tool = find(&p, "bin/tool");
		assert_int_equal(tool->type, TREE_FILE);
		assert_int_equal(tool->mode, 0755);
		assert_int_equal(tool->size, 6);
		assert_int_equal(find(&p, "bin")->type, TREE_DIR); /* named or not */
		assert_int_equal(find(&p, "empty")->size, 0);
		const struct payload_entry *hard = find(&p, "hard");
		assert_memory_equal(hard->sha256, tool->sha256, SHA256_SIZE);
		if (!cases[i].links)
			continue;
		assert_int_equal(tool->mtime, 1234567890);
		assert_string_equal(find(&p, "link")->target, "bin/tool");
	}
}

/* None of these may become a file anywhere, whatever libarchive thinks of them. */
static void test_hostile_archives(void **state)
{
	(void)state;
	run("rm -rf h && mkdir -p h/sub && echo x > h/f && ln -s /etc/passwd h/absolute && "
	    "ln -s ../../out h/sub/climbs && mkfifo h/fifo && head -c 100000 /dev/urandom > h/big");
	static const struct {
		const char *make, *text, *why;
	} cases[] = {
		{ "tar -cPf h.tar --transform 's,^,../,' -C h f", "not allowed", "climbs out" },
		{ "tar -cPf h.tar --transform 's,^,/tmp/,' -C h f", "not allowed", "absolute" },
		{ "tar -cPf h.tar --transform 's,^,a/../../,' -C h f", "not allowed",
		  "climbs out below" },
		{ "tar -cPf h.tar --transform 's,^,c:/,' -C h f", "not allowed", "a drive" },
		{ "tar -cf h.tar -C h absolute", "leads outside", "link to an absolute path" },
		{ "tar -cf h.tar -C h sub", "leads outside", "link that climbs out" },
		{ "tar -cf h.tar -C h fifo", "neither file nor", "a pipe" },
		{ "tar -cf h.tar -C h f f", "twice", "one path twice" },
		{ "tar -cf h.tar -C h f && tar -rf h.tar --transform 's,^f,f/f,' -C h f", "twice",
		  "a file below a file" },
		{ "tar -cf h.tar -C h big && truncate -s 50000 h.tar", "runcated", "cut short" },
		{ "tar -czf h.tar -C h big && truncate -s 50000 h.tar", "cannot unpack",
		  "cut in the middle of gzip" },
		{ "head -c 5000 /dev/urandom > h.tar", "cannot unpack", "not an archive" },
		{ ": > h.tar", "", "nothing at all" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		AUTO(payload_done) struct payload p = { 0 };
		run(cases[i].make);
		bool ok = unpack("h.tar", &p, &err);
		if (ok && !*cases[i].text && p.count == 0)
			continue; /* an empty archive has nothing in it */
		if (ok || err.code != ERR_FORMAT || !strstr(err.msg, cases[i].text))
			fail_msg("%s: %d '%s'", cases[i].why, (int)err.code, err.msg);
		run("test -z \"$(ls -A | grep ibbundle-unpack)\""); /* nothing left behind */
	}
}

/* What tar makes only of what is there: entries as an attacker writes them, by python. */
static void test_hostile_entries(void **state)
{
	(void)state;
	static const struct {
		const char *make, *text, *why;
	} cases[] = {
		{ "tar('a', LNKTYPE, '/etc/passwd')", "hard link to nothing", "hard link outside" },
		{ "tar('a', LNKTYPE, '../../etc/passwd')", "hard link to nothing",
		  "hard link that climbs" },
		{ "tar('a', LNKTYPE, 'a')", "hard link to nothing", "hard link to itself" },
		{ "tar('a', CHRTYPE)", "neither file nor", "a device of characters" },
		{ "tar('a', BLKTYPE)", "neither file nor", "a device of blocks" },
		{ "tar('a', SYMTYPE, '/'), tar('a/b', REGTYPE)", "", "a file through a link" },
		{ "tar('a' * 65536, REGTYPE)", "not allowed", "a name of 64 KiB" },
		{ "tar('a/' * 32768, REGTYPE)", "not allowed", "64 KiB of directories" },
		{ "tar('a', SYMTYPE, 'b' * 65536)", "leads outside", "a link to 64 KiB" },
		{ "tar('a\\..\\..\\b', REGTYPE)", "not allowed", "backslashes" },
		{ "tar('C:\\b', REGTYPE)", "not allowed", "a drive" },
		{ "tar('\\\\?\\C:\\b', REGTYPE)", "not allowed", "a path of NT" },
		{ "tar('//server/share/b', REGTYPE)", "not allowed", "a share" },
		{ "tar('a:stream', REGTYPE)", "not allowed", "an alternate stream" },
		{ "tar('nul.txt', REGTYPE)", "not allowed", "a device of Windows" },
		{ "tar('a./b', REGTYPE)", "not allowed", "a dot at the end" },
		{ "tar('a' + chr(27) + '[2J', REGTYPE)", "not allowed", "what steers a terminal" },
		{ "zip('..\\..\\b')", "not allowed", "backslashes in a zip" },
		{ "zip('/etc/b')", "not allowed", "absolute in a zip" },
		{ "zip('a' * 65535)", "not allowed", "64 KiB in a zip" },
	};
	write_file("hostile.py", HOSTILE_PY, strlen(HOSTILE_PY));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		AUTO(payload_done) struct payload p = { 0 };
		char command[512];
		snprintf(command, sizeof(command), "python3 hostile.py \"%s\"", cases[i].make);
		run(command);
		bool ok = unpack("h.tar", &p, &err);
		if (ok || err.code != ERR_FORMAT || !strstr(err.msg, cases[i].text))
			fail_msg("%s: %d '%s'", cases[i].why, (int)err.code, err.msg);
		run("test -z \"$(ls -A | grep ibbundle-unpack)\"");
	}
	/* A name ends at a NUL, for the check as for what is written. */
	struct err err = { 0 };
	AUTO(payload_done) struct payload p = { 0 };
	run("python3 hostile.py \"zip('a' + chr(0) + '/../../b')\"");
	assert_ok(unpack("h.tar", &p, &err));
	assert_int_equal(find(&p, "a")->size, 1);
	assert_int_equal(p.count, 1);
}

/* The program never asks for a locale, so names must not depend on one. */
static void test_names_beyond_ascii(void **state)
{
	(void)state;
	static const char *const formats[] = { "gnu", "pax", "ustar" };
	run("rm -rf u && mkdir u && echo x > u/\303\274ber");
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		struct err err = { 0 };
		AUTO(payload_done) struct payload p = { 0 };
		char command[128];
		snprintf(command, sizeof(command), "tar --format=%s -cf u.tar -C u .", formats[i]);
		run(command);
		assert_ok(unpack("u.tar", &p, &err));
		assert_int_equal(find(&p, "\303\274ber")->size, 2);
	}
	struct err err = { 0 };
	AUTO(payload_done) struct payload p = { 0 };
	run("printf x > \"u/$(printf '\\377')\" && tar --format=gnu -cf u.tar -C u .");
	assert_fails(unpack("u.tar", &p, &err), ERR_FORMAT, "not allowed"); /* not UTF-8 */
}

static void test_modes_and_times(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(payload_done) struct payload p = { 0 };
	run("rm -rf m && mkdir m && echo a > m/s && chmod 6755 m/s && mkdir m/t && "
	    "chmod 1777 m/t && touch -d @-5 m/s && tar -cf m.tar -C m s t");
	assert_ok(unpack("m.tar", &p, &err));
	assert_int_equal(find(&p, "s")->mode, 0755); /* no setuid */
	assert_int_equal(find(&p, "s")->mtime, 0);   /* not before 1970 */
	assert_int_equal(find(&p, "t")->mode, 01777);
}

static void test_changed_archive(void **state)
{
	(void)state;
	struct err err = { 0 };
	uint8_t digest[SHA256_SIZE] = { 0 };
	AUTO(staging_done) struct staging s = { 0 };
	AUTO(payload_done) struct payload p = { 0 };
	run("echo x > c && tar -cf c.tar c");
	assert_ok(staging_open(&s, "out", &err));
	assert_fails(unpack_archive("c.tar", "c.tar", digest, &s, &p, &err), ERR_DIGEST,
		     "has changed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_format),    cmocka_unit_test(test_hostile_archives),
		cmocka_unit_test(test_hostile_entries), cmocka_unit_test(test_names_beyond_ascii),
		cmocka_unit_test(test_modes_and_times), cmocka_unit_test(test_changed_archive),
	};
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
