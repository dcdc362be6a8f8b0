/* SPDX-License-Identifier: MIT */
/* test_runner.c - the second process: exit codes, limits, clean surroundings, nothing left. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "platform.h"
#include "runner.h"
#include "support.h"

static char seen[8192];

static void on_line(void *ctx, const char *text)
{
	(void)ctx;
	size_t used = strlen(seen);
	snprintf(seen + used, sizeof(seen) - used, "%s|", text);
}

static const struct runner_events events = { on_line, on_line, NULL };

static bool run_sh(struct runner *r, const char *script, uint32_t timeout, int *code,
		   struct err *err)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	struct runner_request req = { .argv = argv, .dir = "/", .timeout = timeout };
	struct runner_result res = { 0 };
	seen[0] = '\0';
	bool ok = runner_run(r, &req, &events, &res, err);
	*code = res.exit_code;
	return ok;
}

static struct runner *start(void)
{
	struct err err = { 0 };
	struct runner *r = runner_start("", &err);
	if (!r)
		fail_msg("%s", err.msg);
	return r;
}

static const struct {
	const char *script;
	int code;
	const char *output, *why;
} cases[] = {
	{ "exit 0", 0, "", "success" },
	{ "exit 7", 7, "", "failure" },
	{ "kill -9 $$", 137, "", "killed by a signal" },
	{ "echo a; echo b >&2; printf c", 0, "a|b|c|", "both outputs, and a line without an end" },
	{ "printf '1\\r2\\r\\n\\n3'", 0, "1|2|3|", "carriage returns end lines, empty ones go" },
	{ "cat", 0, "", "there is no input to wait for" },
	{ "echo $PATH:$LC_ALL:$DEBIAN_FRONTEND:$IBB_LEAK", 0,
	  "/usr/sbin:/usr/bin:/sbin:/bin:C:noninteractive:|", "the environment is clean" },
	{ "umask", 0, "0022|", "whatever ours is" },
	{ "ls /proc/self/fd | wc -l", 0, "4|",
	  "no descriptor of ours leaks (0 to 2, and ls's own)" },
	{ "trap '' INT; kill -INT $$; echo on", 0, "on|", "signals are the step's own business" },
	{ "nice /nonexistent/x || echo no", 0, NULL, "a program that is not there" },
};

static void test_steps(void **state)
{
	(void)state;
	setenv("IBB_LEAK", "leaked", 1);
	umask(077);
	AUTO(runner_auto_free) struct runner *r = start();
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		int code;
		assert_ok(run_sh(r, cases[i].script, 60, &code, &err));
		if (code != cases[i].code || (cases[i].output && strcmp(seen, cases[i].output)))
			fail_msg("%s: %d, '%s'", cases[i].why, code, seen);
	}
}

static void test_request(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(runner_auto_free) struct runner *r = start();
	const char *const argv[] = { "env", NULL };
	const char *const env[] = { "EXTRA=1", NULL };
	struct runner_request req = { .argv = argv, .env = env, .dir = "/", .timeout = 60 };
	struct runner_result res;
	seen[0] = '\0';
	assert_ok(runner_run(r, &req, &events, &res, &err));
	assert_non_null(strstr(seen, "|EXTRA=1|"));
	assert_null(strstr(seen, "IBB_LEAK"));
	req.dir = "/nonexistent";
	assert_ok(runner_run(r, &req, &events, &res, &err));
	assert_int_equal(res.exit_code, 127);
	assert_non_null(strstr(seen, "cannot enter '/nonexistent'"));
	const char *const missing[] = { "/nonexistent/program", NULL };
	req = (struct runner_request) { .argv = missing, .dir = "/", .timeout = 60 };
	assert_ok(runner_run(r, &req, &events, &res, &err));
	assert_int_equal(res.exit_code, 127);
	assert_non_null(strstr(seen, "cannot run '/nonexistent/program'"));
}

/* qemu's user mode knows no PR_SET_CHILD_SUBREAPER, and so the runner loses what left its parent. */
static void need_subreaper(void)
{
	int set;
	if (prctl(PR_GET_CHILD_SUBREAPER, &set, 0, 0, 0) != 0)
		skip();
}

/* Every process of the tree ends, also one that left its session, its parent and its signals. */
static void test_timeout(void **state)
{
	need_subreaper();
	struct err err = { 0 };
	char script[8192];
	int code;
	AUTO(runner_auto_free) struct runner *r = start();
	snprintf(script, sizeof(script),
		 "(setsid sh -c 'trap \"\" TERM; echo $$ > %s/pid; while :; do sleep 1; done' &) ; "
		 "sleep 600",
		 (char *)*state);
	uint64_t begin = platform_monotonic();
	assert_fails(run_sh(r, script, 1, &code, &err), ERR_TIMEOUT, "longer than 1 seconds");
	assert_true(platform_monotonic() - begin < 20000);
	pid_t pid = (pid_t)atoi(read_text("pid"));
	assert_true(pid > 0);
	assert_int_equal(kill(pid, 0), -1);
	/* and the runner serves on */
	assert_ok(run_sh(r, "echo again", 10, &code, &err));
	assert_string_equal(seen, "again|");
}

/* A daemon that keeps the output open does not hold the step up, and is left alone here. */
static void test_daemon(void **state)
{
	(void)state;
	need_subreaper();
	struct err err = { 0 };
	AUTO(runner_auto_free) struct runner *r = start();
	const char *const argv[] = { "/bin/sh", "-c", "sleep 30 & echo $!", NULL };
	struct runner_request req = { .argv = argv, .dir = "/", .timeout = 20 };
	struct runner_result res;
	seen[0] = '\0';
	uint64_t begin = platform_monotonic();
	assert_ok(runner_run(r, &req, &events, &res, &err));
	assert_true(platform_monotonic() - begin < 10000);
	assert_int_equal(res.left_over, 1);
	pid_t pid = (pid_t)atoi(seen);
	assert_int_equal(kill(pid, 0), 0);
	/* a later step that is ended does not take it along */
	int code;
	assert_fails(run_sh(r, "sleep 60", 1, &code, &err), ERR_TIMEOUT, "longer");
	assert_int_equal(kill(pid, 0), 0);
	kill(pid, SIGKILL);
}

/* The parent dies: a step that may be cut ends, one that should finish does. */
static void parent_dies(bool finish, const char *mark)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct err err = { 0 };
		struct runner *r = runner_start("", &err);
		char script[8192];
		snprintf(script, sizeof(script), "touch %s.begun; sleep 2; touch %s.ended", mark,
			 mark);
		const char *const argv[] = { "/bin/sh", "-c", script, NULL };
		struct runner_request req = { .argv = argv, .dir = "/", .timeout = 60 };
		struct runner_result res;
		req.finish = finish;
		_exit(r && runner_run(r, &req, &events, &res, &err) ? 0 : 1);
	}
	char name[8192];
	snprintf(name, sizeof(name), "%s.begun", mark);
	for (int i = 0; i < 200 && access(name, F_OK); i++)
		platform_sleep(50);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	platform_sleep(4000);
}

static void test_parent_dies(void **state)
{
	char mark[4096];
	snprintf(mark, sizeof(mark), "%s/cut", (char *)*state);
	parent_dies(false, mark);
	assert_int_not_equal(access("cut.ended", F_OK), 0);
	snprintf(mark, sizeof(mark), "%s/kept", (char *)*state);
	parent_dies(true, mark);
	assert_int_equal(access("kept.ended", F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_request),
		cmocka_unit_test_setup_teardown(test_timeout, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test(test_daemon),
		cmocka_unit_test_setup_teardown(test_parent_dies, enter_temp_dir, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
