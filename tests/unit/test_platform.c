/* SPDX-License-Identifier: MIT */
/* test_platform.c - what others planted where this program reads and writes on Linux, and who starts it how. */
#include "support.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform.h"

#define VICTIM "not to be written\n"

enum plant {
	NOTHING,
	PLAIN_FILE,
	LINK,
	DANGLING_LINK,
	LINK_TO_DIRECTORY,
	SECOND_NAME,
	PIPE,
	SOCKET,
	DIRECTORY,
	DEVICE,
};

static void plant_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "planted" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

/* Put "planted" there, beside "victim" and the empty directory "elsewhere". */
static void plant(enum plant what)
{
	assert_int_equal(system("rm -rf planted victim elsewhere absent && mkdir elsewhere"), 0);
	write_file("victim", VICTIM, strlen(VICTIM));
	switch (what) {
	case PLAIN_FILE:
		write_file("planted", "", 0);
		break;
	case LINK:
		assert_int_equal(symlink("victim", "planted"), 0);
		break;
	case DANGLING_LINK:
		assert_int_equal(symlink("absent", "planted"), 0);
		break;
	case LINK_TO_DIRECTORY:
		assert_int_equal(symlink("elsewhere", "planted"), 0);
		break;
	case SECOND_NAME:
		assert_int_equal(link("victim", "planted"), 0);
		break;
	case PIPE:
		assert_int_equal(mkfifo("planted", 0666), 0);
		break;
	case SOCKET:
		plant_socket();
		break;
	case DIRECTORY:
		assert_int_equal(mkdir("planted", 0777), 0);
		break;
	case DEVICE:
		assert_int_equal(symlink("/dev/zero", "planted"), 0);
		break;
	case NOTHING:
		break;
	}
}

/* Nothing was written where a plant led, or made there. */
static void assert_untouched(const char *why)
{
	if (strcmp(read_text("victim"), VICTIM) != 0 || platform_exists("absent") ||
	    rmdir("elsewhere") != 0)
		fail_msg("%s: it was followed", why);
}

/* A test that waits for a pipe's other end would wait for ever. */
static int with_alarm(void **state)
{
	alarm(60);
	return enter_temp_dir(state);
}

static int without_alarm(void **state)
{
	alarm(0);
	return leave_temp_dir(state);
}

/* --- what is written --------------------------------------------------------------------------- */

static void test_log(void **state)
{
	(void)state;
	static const struct {
		enum plant plant;
		bool good;
		const char *why;
	} rows[] = {
		{ NOTHING, true, "a new log" },
		{ PLAIN_FILE, true, "one that is there" },
		{ LINK, false, "a link to somebody's file" },
		{ DANGLING_LINK, false, "a link that would make a file" },
		{ SECOND_NAME, false, "a hard link to somebody's file" },
		{ PIPE, false, "a pipe that nobody reads" },
		{ SOCKET, false, "a socket" },
		{ DIRECTORY, false, "a directory" },
		{ DEVICE, false, "a device" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		plant(rows[i].plant);
		FILE *f = platform_open_log("planted", &err);
		if (f) {
			fputs("a line\n", f);
			fclose(f);
		}
		if ((f != NULL) != rows[i].good || (!f && err.code != ERR_SYSTEM))
			fail_msg("%s: '%s'", rows[i].why, err.msg);
		assert_untouched(rows[i].why);
	}
}

/* State, journal, trust and policy are written so: by a new name that takes the old one's place. */
static void test_write_file(void **state)
{
	(void)state;
	static const struct {
		enum plant plant;
		bool good;
		const char *why;
	} rows[] = {
		{ NOTHING, true, "new" },
		{ LINK, true, "a link is replaced" },
		{ DANGLING_LINK, true, "one to nothing, too" },
		{ LINK_TO_DIRECTORY, true, "one to a directory, too" },
		{ SECOND_NAME, true, "a second name becomes another file's" },
		{ PIPE, true, "a pipe is replaced" },
		{ DIRECTORY, false, "a directory stays" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		struct stat st;
		plant(rows[i].plant);
		bool ok = platform_write_file("planted", slice_str("new"), 0644, &err);
		if (ok != rows[i].good)
			fail_msg("%s: '%s'", rows[i].why, err.msg);
		assert_untouched(rows[i].why);
		if (!ok)
			continue;
		assert_int_equal(lstat("planted", &st), 0);
		assert_true(S_ISREG(st.st_mode) && st.st_nlink == 1);
		assert_string_equal(read_text("planted"), "new");
	}
}

static void test_new_dir(void **state)
{
	(void)state;
	static const struct {
		enum plant plant;
		bool good;
		const char *why;
	} rows[] = {
		{ NOTHING, true, "new" },
		{ DIRECTORY, false, "made by somebody in the meantime" },
		{ LINK_TO_DIRECTORY, false, "a link to a directory" },
		{ DANGLING_LINK, false, "a link to nothing" },
		{ PLAIN_FILE, false, "a file" },
	};
	mode_t before = umask(0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		struct stat st;
		plant(rows[i].plant);
		bool ok = platform_make_new_dir("planted", &err);
		if (ok != rows[i].good || (!ok && err.code != ERR_USAGE))
			fail_msg("%s: '%s'", rows[i].why, err.msg);
		assert_untouched(rows[i].why);
		if (ok)
			assert_true(lstat("planted", &st) == 0 && (st.st_mode & 07777) == 0700);
	}
	struct err err = { 0 };
	assert_ok(platform_make_new_dir("absent/too//", &err));
	assert_true(platform_exists("absent/too"));
	umask(before);
}

/* The directory of state, journal and staging. */
static void test_state(void **state)
{
	(void)state;
	static const struct {
		enum plant plant;
		mode_t mode;
		uid_t owner;
		bool good;
		const char *why;
	} rows[] = {
		{ NOTHING, 0, 0, true, "new" },
		{ DIRECTORY, 0755, 0, true, "there" },
		{ DIRECTORY, 0700, 0, true, "there, and private" },
		{ DIRECTORY, 0777, 0, false, "all may write there" },
		{ DIRECTORY, 01777, 0, false, "all may write there, but not remove" },
		{ DIRECTORY, 0775, 0, false, "a group may" },
		{ DIRECTORY, 0755, 1000, false, "somebody made it first" },
		{ LINK_TO_DIRECTORY, 0, 0, false, "a link to another" },
		{ PLAIN_FILE, 0, 0, false, "a file" },
	};
	if (geteuid() != 0)
		skip(); /* who is not root gets no state directory at all */
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		plant(rows[i].plant);
		if (rows[i].plant == DIRECTORY)
			assert_true(chmod("planted", rows[i].mode) == 0 &&
				    chown("planted", rows[i].owner, 0) == 0);
		bool ok = platform_make_state("planted", &err);
		if (ok != rows[i].good || (!ok && err.code != ERR_SYSTEM))
			fail_msg("%s: '%s'", rows[i].why, err.msg);
		assert_untouched(rows[i].why);
	}
}

/* One at a time; the lock ends with who has it, whatever becomes of that. */
static void test_lock(void **state)
{
	(void)state;
	struct err err = { 0 };
	intptr_t first = -1, second = -1;
	plant(DIRECTORY);
	assert_ok(platform_lock("planted", &first, &err));
	assert_fails(platform_lock("planted", &second, &err), ERR_LOCKED, "wait for it");
	platform_unlock(&first);
	assert_ok(platform_lock("planted", &second, &err));
	platform_unlock(&second);
	plant(LINK_TO_DIRECTORY);
	assert_fails(platform_lock("planted", &first, &err), ERR_SYSTEM, "cannot open");
}

/* --- what is read ------------------------------------------------------------------------------ */

static void test_source(void **state)
{
	(void)state;
	static const struct {
		enum plant plant;
		bool good;
		const char *why;
	} rows[] = {
		{ PLAIN_FILE, true, "a file" },
		{ LINK, true, "a link to one" },
		{ PIPE, false, "a pipe that nobody writes" },
		{ DIRECTORY, false, "a directory" },
		{ DEVICE, false, "a device without an end" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(platform_source_close) struct source src = { 0 };
		plant(rows[i].plant);
		bool ok = platform_source_open("planted", &src, &err);
		if (ok != rows[i].good || (!ok && !strstr(err.msg, "is not a regular file")))
			fail_msg("%s: '%s'", rows[i].why, err.msg);
	}
}

/* No mapping: what is gone is an error and no signal. */
static void test_truncated_source(void **state)
{
	(void)state;
	struct err err = { 0 };
	uint8_t byte;
	AUTO(platform_source_close) struct source src = { 0 };
	assert_int_equal(system("head -c 100000 /dev/zero > file"), 0);
	assert_ok(platform_source_open("file", &src, &err));
	assert_ok(source_read(&src, 99999, &byte, 1, &err));
	assert_int_equal(truncate("file", 50000), 0);
	assert_ok(source_read(&src, 49999, &byte, 1, &err));
	assert_fails(source_read(&src, 99999, &byte, 1, &err), ERR_FORMAT, "cut short");
	assert_fails(source_read(&src, 50000, &byte, 1, &err), ERR_FORMAT, "cut short");
}

static void test_read_file(void **state)
{
	(void)state;
	static const struct {
		enum plant plant;
		const char *text;
		enum err_code code;
		const char *why;
	} rows[] = {
		{ LINK, VICTIM, ERR_NONE, "a link" },
		{ PIPE, "", ERR_NONE, "a pipe that nobody writes is empty" },
		{ DEVICE, "", ERR_FORMAT, "a device without an end" },
		{ DIRECTORY, "", ERR_SYSTEM, "a directory" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(buf_done) struct buf text = BUF_INIT(1 << 20);
		plant(rows[i].plant);
		bool ok = platform_read_file("planted", &text, &err);
		if (ok != (rows[i].code == ERR_NONE) || err.code != rows[i].code ||
		    (ok && strcmp(buf_str(&text), rows[i].text) != 0))
			fail_msg("%s: '%s'", rows[i].why, err.msg);
	}
}

static void test_protected(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	plant(LINK);
	assert_int_equal(chmod("victim", 0644), 0);
	assert_true(platform_is_protected("victim"));
	assert_false(platform_is_protected("planted")); /* where it leads may change */
	assert_int_equal(chmod("victim", 0664), 0);
	assert_false(platform_is_protected("victim"));
	assert_false(platform_is_protected("absent"));
}

/* --- who starts it ----------------------------------------------------------------------------- */

/* In a process without @closed (bits): 0 when what comes after can do no harm. */
static int start_without(unsigned closed)
{
	struct err err = { 0 };
	int argc = 0;
	char **argv = NULL, c = 'x';
	umask(closed & 1 ? 0777 : 0);
	for (int fd = 0; fd < 3; fd++)
		if (closed & 1u << fd)
			close(fd);
	if (!platform_start(&argc, &argv, &err))
		return 1;
	if (umask(022) != 022)
		return 2;
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			return 3;
		/* failing stays failing: nothing is taken for written */
		if (closed & 1u << fd && (fd ? write(fd, &c, 1) : read(fd, &c, 1)) >= 0)
			return 4;
	}
	int next = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return next > 2 ? 0 : 5;
}

static void test_start(void **state)
{
	(void)state;
	for (unsigned closed = 0; closed < 8; closed++) {
		int status;
		fflush(NULL);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(start_without(closed));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("without descriptors %#x: status %d", closed, WEXITSTATUS(status));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_write_file),
		cmocka_unit_test(test_new_dir),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_truncated_source),
		cmocka_unit_test(test_read_file),
		cmocka_unit_test(test_protected),
		cmocka_unit_test(test_start),
	};
	return cmocka_run_group_tests(tests, with_alarm, without_alarm);
}
