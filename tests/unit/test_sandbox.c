/* SPDX-License-Identifier: MIT */
/*
 * test_sandbox.c - a process that shut itself in: what it can't do any more, what it still can, and
 * what is said.  Each case is a child of its own, since it can't be undone.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "platform.h"
#include "runner.h"
#include "sandbox.h"
#include "support.h"

#define STATUS 57 /* what a child ends with that was stopped */
#define DONE 58   /* and one that was not */

static char said[8192];

/* Run @body in a process that shut itself in.  What it ended with; what it said goes to `said`. */
static int in_sandbox(bool writes, void (*body)(void *ctx), void *ctx)
{
	int out[2], status = 0;
	assert_int_equal(pipe(out), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err = { 0 };
		dup2(out[1], STDERR_FILENO);
		if (!sandbox_enter(writes, STATUS, &err))
			_exit(1);
		body(ctx);
		_exit(DONE);
	}
	close(out[1]);
	size_t used = 0;
	ssize_t n;
	while ((n = read(out[0], said + used, sizeof(said) - 1 - used)) > 0)
		used += (size_t)n;
	said[used] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool ended_with(int status, int code)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

/*
 * Could a process shut itself in?  qemu's user mode and kernels without seccomp can't: then it is said
 * why, and there is nothing else to test.
 */
static bool has_seccomp(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct err err = { 0 };
		_exit(sandbox_enter(true, STATUS, &err) ? 0 : err.msg[0] ? 1 : 2);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(ended_with(status, 0) || ended_with(status, 1));
	return ended_with(status, 0);
}

static void need_seccomp(void)
{
	if (!has_seccomp())
		skip();
}

/* The kernel says the same of a process that is shut in as we do. */
static void see_filter(void *ctx)
{
	char text[8192];
	FILE *f = fopen("/proc/self/status", "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	(void)ctx;
	text[n] = '\0';
	_exit(strstr(text, "\nSeccomp:\t2") ? DONE : 2);
}

static void test_enter(void **state)
{
	(void)state;
	int status = in_sandbox(false, see_filter, NULL);
	assert_true(ended_with(status, has_seccomp() ? DONE : 1));
}

#define CALL(name) SYS_##name, #name
static const struct {
	long number;
	const char *name, *why;
} forbidden[] = {
	{ CALL(socket), "the network" },
	{ CALL(socketpair), "the network" },
	{ CALL(connect), "the network" },
	{ CALL(bind), "the network" },
	{ CALL(listen), "the network" },
	{ CALL(accept), "the network" },
	{ CALL(accept4), "the network" },
	{ CALL(sendto), "the network" },
	{ CALL(sendmsg), "the network" },
	{ CALL(sendmmsg), "the network" },
	{ CALL(recvfrom), "the network" },
	{ CALL(recvmsg), "the network" },
	{ CALL(recvmmsg), "the network" },
	{ CALL(setsockopt), "the network" },
	{ CALL(io_uring_setup), "a way around: it can open sockets" },
	{ CALL(io_uring_enter), "a way around" },
	{ CALL(execve), "only the runner executes" },
	{ CALL(execveat), "only the runner executes" },
	{ CALL(memfd_create), "a program in memory" },
	{ CALL(ptrace), "into another process" },
	{ CALL(process_vm_readv), "into another process" },
	{ CALL(process_vm_writev), "into another process" },
	{ CALL(pidfd_getfd), "another process's descriptors" },
	{ CALL(kill), "another process" },
	{ CALL(tgkill), "another process" },
	{ CALL(unshare), "a namespace where it may do more" },
	{ CALL(setns), "another namespace" },
	{ CALL(mount), "mounts" },
	{ CALL(umount2), "mounts" },
	{ CALL(pivot_root), "roots" },
	{ CALL(chroot), "roots" },
	{ CALL(move_mount), "the new calls for mounts" },
	{ CALL(fsopen), "the new calls for mounts" },
	{ CALL(open_by_handle_at), "around the permissions of directories" },
	{ CALL(mknodat), "devices" },
	{ CALL(swapon), "the kernel" },
	{ CALL(init_module), "kernel modules" },
	{ CALL(finit_module), "kernel modules" },
	{ CALL(delete_module), "kernel modules" },
	{ CALL(kexec_load), "another kernel" },
	{ CALL(kexec_file_load), "another kernel" },
	{ CALL(bpf), "programs in the kernel" },
	{ CALL(perf_event_open), "the kernel" },
	{ CALL(userfaultfd), "a tool of exploits" },
	{ CALL(reboot), "the machine" },
	{ CALL(clock_settime), "the clock" },
	{ CALL(settimeofday), "the clock" },
	{ CALL(sethostname), "the machine" },
	{ CALL(add_key), "keys" },
	{ CALL(request_key), "keys" },
	{ CALL(keyctl), "keys" },
	{ CALL(setuid), "another user" },
	{ CALL(setgid), "another user" },
	{ CALL(setresuid), "another user" },
	{ CALL(setresgid), "another user" },
	{ CALL(setgroups), "another user" },
	{ CALL(capset), "capabilities" },
#ifdef __x86_64__
	{ CALL(mknod), "devices" },
	{ CALL(fork), "another process" },
	{ CALL(iopl), "the hardware" },
	{ CALL(ioperm), "the hardware" },
#endif
};

/* What changes files is forbidden where a command only reads. */
static const struct {
	long number;
	const char *name;
} changing[] = {
	{ CALL(mkdirat) },         { CALL(unlinkat) },  { CALL(renameat2) },
	{ CALL(symlinkat) },       { CALL(fchmod) },    { CALL(fchmodat) },
	{ CALL(fchown) },          { CALL(fchownat) },  { CALL(utimensat) },
	{ CALL(ftruncate) },       { CALL(fallocate) }, { CALL(pwrite64) },
	{ CALL(copy_file_range) }, { CALL(syncfs) },    { CALL(sync_file_range) },
#ifdef __x86_64__
	{ CALL(mkdir) },           { CALL(unlink) },    { CALL(rmdir) },
	{ CALL(rename) },          { CALL(symlink) },   { CALL(chmod) },
#endif
};

/* Arguments that the kernel refuses, should it ever see them. */
static void call(void *ctx)
{
	const long *number = ctx;
	syscall(*number, -1L, -1L, -1L, -1L, -1L, -1L);
}

static void assert_told(int status, long number, const char *what)
{
	char text[64];
	snprintf(text, sizeof(text), "forbidden here (number %ld)", number);
	if (!ended_with(status, STATUS) || !strstr(said, text))
		fail_msg("%s: wait status %x, said '%s'", what, (unsigned)status, said);
}

static void test_forbidden(void **state)
{
	(void)state;
	need_seccomp();
	for (size_t i = 0; i < COUNT_OF(forbidden); i++) {
		long number = forbidden[i].number;
		assert_told(in_sandbox(true, call, &number), number, forbidden[i].name);
		assert_told(in_sandbox(false, call, &number), number, forbidden[i].name);
	}
}

static void test_changing(void **state)
{
	(void)state;
	need_seccomp();
	for (size_t i = 0; i < COUNT_OF(changing); i++) {
		long number = changing[i].number;
		assert_told(in_sandbox(false, call, &number), number, changing[i].name);
		if (!ended_with(in_sandbox(true, call, &number), DONE))
			fail_msg("%s: said '%s'", changing[i].name, said);
	}
}

/* --- by argument ------------------------------------------------------------------------------- */

static const struct {
	int flags;
	bool reads;
	const char *why;
} openings[] = {
	{ O_RDONLY, true, "for reading" },
	{ O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, true, "for reading, with care" },
	{ O_RDONLY | O_DIRECTORY, true, "a directory" },
	{ O_WRONLY, false, "for writing" },
	{ O_RDWR, false, "for both" },
	{ O_RDONLY | O_CREAT, false, "makes one" },
	{ O_RDONLY | O_TRUNC, false, "empties one" },
	{ O_WRONLY | O_APPEND, false, "adds to one" },
	{ O_WRONLY | O_TMPFILE, false, "one without a name" },
};

static void open_so(void *ctx)
{
	const int *flags = ctx;
	syscall(SYS_openat, AT_FDCWD, "/nonexistent/file", *flags, 0600);
}

static void test_openings(void **state)
{
	(void)state;
	need_seccomp();
	for (size_t i = 0; i < COUNT_OF(openings); i++) {
		int flags = openings[i].flags;
		if (!ended_with(in_sandbox(true, open_so, &flags), DONE))
			fail_msg("%s, by a command that writes: '%s'", openings[i].why, said);
		int status = in_sandbox(false, open_so, &flags);
		if (openings[i].reads && !ended_with(status, DONE))
			fail_msg("%s, by a command that reads: '%s'", openings[i].why, said);
		if (!openings[i].reads)
			assert_told(status, SYS_openat, openings[i].why);
	}
}

static void *set_flag(void *ctx)
{
	*(bool *)ctx = true;
	return NULL;
}

static void make_thread(void *ctx)
{
	(void)ctx;
	pthread_t thread;
	bool ran = false;
	if (pthread_create(&thread, NULL, set_flag, &ran) || pthread_join(thread, NULL) || !ran)
		_exit(1);
}

static void thread_calls(void *ctx)
{
	(void)ctx;
	syscall(SYS_socket, -1, -1, -1);
}

static void *in_thread(void *ctx)
{
	thread_calls(ctx);
	return NULL;
}

static void call_in_thread(void *ctx)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, in_thread, ctx) == 0)
		pthread_join(thread, NULL);
}

static void make_process(void *ctx)
{
	(void)ctx;
	syscall(SYS_clone, (unsigned long)SIGCHLD, NULL, NULL, NULL, NULL);
}

static void test_threads(void **state)
{
	(void)state;
	need_seccomp();
	assert_true(ended_with(in_sandbox(false, make_thread, NULL), DONE));
	assert_told(in_sandbox(true, call_in_thread, NULL), SYS_socket, "in a thread");
	assert_told(in_sandbox(true, make_process, NULL), SYS_clone, "a process");
}

static void handle_sigsys(void *ctx)
{
	(void)ctx;
	signal(SIGSYS, SIG_IGN);
}

static void catch_others(void *ctx)
{
	(void)ctx;
	platform_catch_stop();
}

static void push_input(void *ctx)
{
	(void)ctx;
	char c = 'x';
	if (ioctl(0, TIOCSTI, &c) == 0 || errno != ENOSYS)
		_exit(1);
}

static void block_sigsys(void *ctx)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	call(ctx);
}

static void test_signals(void **state)
{
	(void)state;
	need_seccomp();
	assert_told(in_sandbox(true, handle_sigsys, NULL), SYS_rt_sigaction, "to go on silently");
	assert_true(ended_with(in_sandbox(false, catch_others, NULL), DONE));
	assert_true(ended_with(in_sandbox(true, push_input, NULL), DONE));
	/* who blocks the signal is ended by it, without a word */
	long number = SYS_socket;
	int status = in_sandbox(true, block_sigsys, &number);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

/* --- the rest ---------------------------------------------------------------------------------- */

static void call_unknown(void *ctx)
{
	const long *number = ctx;
	if (syscall(*number, -1L, -1L, -1L, -1L, -1L, -1L) != -1 || errno != ENOSYS)
		_exit(1);
}

/* What stands in no list is as if the kernel did not have it. */
static void test_unknown(void **state)
{
	(void)state;
	need_seccomp();
	static const long numbers[] = { SYS_pkey_alloc,    SYS_mlockall, SYS_clone3, SYS_openat2,
					SYS_inotify_init1, SYS_prctl,    9999 };
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		long number = numbers[i];
		if (!ended_with(in_sandbox(true, call_unknown, &number), DONE))
			fail_msg("%ld: '%s'", number, said);
	}
}

#ifdef __x86_64__
static void call_x32(void *ctx)
{
	(void)ctx;
	syscall(0x40000000L + SYS_getpid);
}

static void call_i386(void *ctx)
{
	(void)ctx;
	long result = 20; /* getpid there */
	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
}

static void test_other_tables(void **state)
{
	(void)state;
	need_seccomp();
	int status = in_sandbox(true, call_x32, NULL);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	status = in_sandbox(true, call_i386, NULL);
	assert_true(WIFSIGNALED(status)); /* SIGSEGV where the kernel has no i386 */
}
#endif

static void log_and_call(void *ctx)
{
	FILE *log = platform_open_log("log", NULL);
	if (!log)
		_exit(1);
	sandbox_log_to(log);
	call(ctx);
}

static void test_log(void **state)
{
	(void)state;
	need_seccomp();
	long number = SYS_connect;
	assert_told(in_sandbox(true, log_and_call, &number), number, "with a log");
	const char *log = read_text("log");
	assert_non_null(strstr(log, " ibbundle["));
	assert_non_null(strstr(log, "failed (exit code 57): stopped before a system call"));
}

static void look(void *ctx)
{
	(void)ctx;
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 10);
	struct err err = { 0 };
	if (!platform_read_file("/proc/self/status", &text, &err) ||
	    !strstr(buf_str(&text), "NoNewPrivs:\t1\n") || !strstr(buf_str(&text), "Seccomp:\t2\n"))
		_exit(1);
}

static void test_status(void **state)
{
	(void)state;
	need_seccomp();
	assert_true(ended_with(in_sandbox(false, look, NULL), DONE));
}

/* It was forked before: what it runs may do all that is forbidden here. */
static void test_runner_is_free(void **state)
{
	(void)state;
	need_seccomp();
	pid_t pid = fork();
	if (pid == 0) {
		struct err err = { 0 };
		static const char *const argv[] = {
			"/bin/sh", "-c",
			"grep -q '^NoNewPrivs:.0' /proc/self/status && "
			"grep -q '^Seccomp:.0' /proc/self/status || exit 3",
			NULL
		};
		struct runner_request req = { .argv = argv, .dir = "/", .timeout = 60 };
		struct runner_result res = { 0 };
		struct runner *r = runner_start("", &err);
		if (!r || !sandbox_enter(true, STATUS, &err))
			_exit(1);
		if (!runner_run(r, &req, NULL, &res, &err))
			_exit(2);
		runner_free(r);
		_exit(res.exit_code ? res.exit_code : DONE);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!ended_with(status, DONE))
		fail_msg("wait status %x", (unsigned)status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enter),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_changing),
		cmocka_unit_test(test_openings),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_unknown),
#ifdef __x86_64__
		cmocka_unit_test(test_other_tables),
#endif
		cmocka_unit_test_setup_teardown(test_log, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_runner_is_free),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
