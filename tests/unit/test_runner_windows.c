/* SPDX-License-Identifier: MIT */
/*
 * test_runner_windows.c - the second process on Windows: exit codes, limits, nothing left.
 *
 * The steps are this program again, told by its first argument what to do.
 */
#include <windows.h>

#include "platform.h"
#include "runner_wire.h"
#include "support.h"
#include "wide.h"

static char self[PLATFORM_PATH_MAX];
static char seen[8192];

/* --- what a step does -------------------------------------------------------------------------- */

static bool spawn_self(const char *arguments)
{
	char line[8192];
	snprintf(line, sizeof(line), "\"%s\" %s", self, arguments);
	STARTUPINFOA info = { .cb = sizeof(info) };
	PROCESS_INFORMATION p;
	return CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &info, &p);
}

static void touch(const char *name)
{
	FILE *f = fopen(name, "wb");
	if (f) {
		fprintf(f, "%lu", (unsigned long)GetCurrentProcessId());
		fclose(f);
	}
}

static int act(int argc, char **argv)
{
	if (strcmp(argv[1], "exit") == 0)
		return (int)strtoul(argv[2], NULL, 0);
	if (strcmp(argv[1], "say") == 0) { /* each argument is a line; the last has no end */
		for (int i = 2; i < argc; i++)
			printf("%s%s", i > 2 ? "\n" : "", argv[i]);
		return 0;
	}
	if (strcmp(argv[1], "line") == 0)
		return printf("%s", GetCommandLineA()) < 0;
	if (strcmp(argv[1], "env") == 0)
		return printf("%s", getenv(argv[2]) ? getenv(argv[2]) : "(none)") < 0;
	if (strcmp(argv[1], "dir") == 0) {
		char dir[PLATFORM_PATH_MAX] = "";
		GetCurrentDirectoryA(sizeof(dir), dir);
		return printf("%s", dir) < 0;
	}
	if (strcmp(argv[1], "input") == 0)
		return printf("%d", getchar()) < 0;
	if (strcmp(argv[1], "temp") == 0) { /* it is there, and can be written to */
		char path[PLATFORM_PATH_MAX];
		snprintf(path, sizeof(path), "%s\\x", getenv("TEMP"));
		touch(path);
		return printf("%s", path) < 0 ||
		       GetFileAttributesA(path) == INVALID_FILE_ATTRIBUTES;
	}
	if (strcmp(argv[1], "error") == 0) {
		fprintf(stderr, "%s", argv[2]);
		return 0;
	}
	if (strcmp(argv[1], "much") == 0) {
		for (int i = 0; i < 20000; i++)
			printf("line %d of many that fill the pipe\n", i);
		return 0;
	}
	if (strcmp(argv[1], "crash") == 0)
		RaiseException(EXCEPTION_ACCESS_VIOLATION, EXCEPTION_NONCONTINUABLE, 0, NULL);
	if (strcmp(argv[1], "mark") == 0) { /* begin and end as files */
		char name[PLATFORM_PATH_MAX];
		snprintf(name, sizeof(name), "%s.begun", argv[2]);
		touch(name);
		Sleep((DWORD)strtoul(argv[3], NULL, 10));
		snprintf(name, sizeof(name), "%s.ended", argv[2]);
		touch(name);
		return 0;
	}
	if (strcmp(argv[1], "tree") == 0) { /* a child and a grandchild that outlive their limit */
		char arguments[PLATFORM_PATH_MAX + 64];
		snprintf(arguments, sizeof(arguments), "act mark \"%s\" 60000", argv[2]);
		spawn_self(arguments);
		if (strcmp(argv[3], "wait") == 0)
			Sleep(60000);
		return 0;
	}
	return 99;
}

/* --- asking for steps -------------------------------------------------------------------------- */

static void on_line(void *ctx, const char *text)
{
	(void)ctx;
	size_t used = strlen(seen);
	snprintf(seen + used, sizeof(seen) - used, "%s|", text);
}

static const struct runner_events events = { on_line, on_line, NULL };

static struct runner *start(void)
{
	struct err err = { 0 };
	struct runner *r = runner_start("", &err);
	if (!r)
		fail_msg("%s", err.msg);
	return r;
}

static const char *work_dir(void)
{
	return platform_place(PLACE_STATE);
}

static bool run_act(struct runner *r, const char *const *words, uint32_t timeout,
		    struct runner_result *res, struct err *err)
{
	const char *argv[16] = { self, "act" };
	for (size_t i = 0; words[i]; i++)
		argv[i + 2] = words[i];
	struct runner_request req = { .argv = argv, .dir = work_dir(), .timeout = timeout };
	*res = (struct runner_result) { 0 };
	seen[0] = '\0';
	return runner_run(r, &req, &events, res, err);
}

static const struct {
	const char *words[5];
	uint32_t code;
	const char *output, *why;
} cases[] = {
	{ { "exit", "0" }, 0, "", "success" },
	{ { "exit", "1603" }, 1603, "", "more than a byte" },
	{ { "exit", "3010" }, 3010, "", "reboot needed" },
	{ { "exit", "0xffffffff" }, 0xffffffff, "", "-1" },
	{ { "exit", "0x80070643" }, 0x80070643, "", "an HRESULT" },
	{ { "crash" }, 0xc0000005, NULL, "an exception ends it; nobody is asked" },
	{ { "say", "a", "b", "c" }, 0, "a|b|c|", "lines, and one without an end" },
	{ { "say", "a b", "", "c\"d\\" }, 0, "a b|c\"d\\|", "arguments arrive as they were" },
	{ { "error", "oh" }, 0, "oh|", "standard error is output, too" },
	{ { "input" }, 0, "-1|", "there is no input to wait for" },
	{ { "env", "IBB_LEAK" }, 0, "(none)|", "the environment is clean" },
	{ { "env", "PATHEXT" }, 0, ".COM;.EXE;.BAT;.CMD|", "and has what programs need" },
};

static void test_steps(void **state)
{
	(void)state;
	SetEnvironmentVariableW(L"IBB_LEAK", L"leaked");
	AUTO(runner_auto_free) struct runner *r = start();
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct runner_result res;
		assert_ok(run_act(r, cases[i].words, 60, &res, &err));
		if ((uint32_t)res.exit_code != cases[i].code ||
		    (cases[i].output && strcmp(seen, cases[i].output)))
			fail_msg("%s: %x, '%s'", cases[i].why, (unsigned)res.exit_code, seen);
		assert_int_equal(res.left_over, 0);
	}
}

/* The text behind the program is passed as it is, whatever quotes it has. */
static void test_cmdline(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(runner_auto_free) struct runner *r = start();
	const char *const argv[] = { self, NULL };
	struct runner_request req = { .argv = argv,
				      .cmdline = "act line /S /v\"/qn /norestart A=\\\"b c\\\"\"",
				      .dir = work_dir(),
				      .timeout = 60 };
	struct runner_result res;
	char wanted[PLATFORM_PATH_MAX + 128];
	snprintf(wanted, sizeof(wanted), "\"%s\" %s|", self, req.cmdline);
	seen[0] = '\0';
	assert_ok(runner_run(r, &req, &events, &res, &err));
	assert_string_equal(seen, wanted);
}

static const struct {
	const char *program, *message, *why;
} programs[] = {
	{ "./setup.msi", "'./setup.msi' is not a program", "msiexec's business" },
	{ "./setup.bat", "is not a program", "a script" },
	{ "./setup.CMD", "is not a program", "a script" },
	{ "./setup.exe.", "is not a program", "Windows would drop the dot" },
	{ "./.exe", "cannot run '", "it is not there" },
	{ "./missing.exe", "\\missing.exe'", "the message has the whole path" },
	{ "missing", "system32\\missing.exe'", "bare names are the system's, and no others" },
	{ "sub/missing.exe", "\\sub\\missing.exe'", "in the step's directory" },
	{ "C:/missing/x.exe", "cannot run 'C:\\missing\\x.exe'", "absolute" },
};

static void test_programs(void **state)
{
	(void)state;
	AUTO(runner_auto_free) struct runner *r = start();
	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		struct err err = { 0 };
		const char *const argv[] = { programs[i].program, NULL };
		struct runner_request req = { .argv = argv, .dir = work_dir(), .timeout = 60 };
		struct runner_result res;
		if (runner_run(r, &req, &events, &res, &err) || err.code != ERR_STEP ||
		    !strstr(err.msg, programs[i].message))
			fail_msg("%s: %d '%s'", programs[i].why, (int)err.code, err.msg);
	}
}

/* "./x" is in the step's directory, which is also the current one; extra variables arrive. */
static void test_request(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct runner_result res;
	AUTO(runner_auto_free) struct runner *r = start();
	char copy[PLATFORM_PATH_MAX];
	snprintf(copy, sizeof(copy), "%s\\copy.exe", work_dir());
	assert_true(CopyFileA(self, copy, FALSE));
	const char *const in_dir[] = { "./copy.exe", "act", "dir", NULL };
	struct runner_request req = { .argv = in_dir, .dir = work_dir(), .timeout = 60 };
	seen[0] = '\0';
	assert_ok(runner_run(r, &req, &events, &res, &err));
	assert_int_equal(_strnicmp(seen, work_dir(), strlen(work_dir())), 0);

	const char *const env_argv[] = { self, "act", "env", "EXTRA", NULL };
	const char *const env[] = { "EXTRA=1", NULL };
	req = (struct runner_request) {
		.argv = env_argv, .env = env, .dir = work_dir(), .timeout = 60
	};
	seen[0] = '\0';
	assert_ok(runner_run(r, &req, &events, &res, &err));
	assert_string_equal(seen, "1|");

	static const char *const temp[] = { "temp", NULL };
	assert_ok(run_act(r, temp, 60, &res, &err));
	assert_int_equal(res.exit_code, 0);
	assert_non_null(strstr(seen, "staging-"));
	seen[strlen(seen) - 1] = '\0';
	assert_int_equal(GetFileAttributesA(seen), INVALID_FILE_ATTRIBUTES); /* gone again */

	static const char *const much[] = { "much", NULL };
	assert_ok(run_act(r, much, 60, &res, &err));
	assert_int_equal(res.exit_code, 0);
}

/* --- ends -------------------------------------------------------------------------------------- */

static void mark_name(const char *name, char out[PLATFORM_PATH_MAX])
{
	snprintf(out, PLATFORM_PATH_MAX, "%s\\%s", work_dir(), name);
}

static bool exists(const char *mark, const char *suffix)
{
	char name[PLATFORM_PATH_MAX + 16];
	snprintf(name, sizeof(name), "%s%s", mark, suffix);
	return GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES;
}

static void wait_for(const char *mark, const char *suffix)
{
	for (int i = 0; i < 1200 && !exists(mark, suffix); i++)
		platform_sleep(50);
	assert_true(exists(mark, suffix));
}

static void forget(const char *mark)
{
	char name[PLATFORM_PATH_MAX + 16];
	snprintf(name, sizeof(name), "%s.begun", mark);
	DeleteFileA(name);
	snprintf(name, sizeof(name), "%s.ended", mark);
	DeleteFileA(name);
}

/* Is the process that wrote the mark still there? */
static bool lives(const char *mark)
{
	char name[PLATFORM_PATH_MAX + 16];
	snprintf(name, sizeof(name), "%s.begun", mark);
	HANDLE p = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)strtoul(read_text(name), NULL, 10));
	bool alive = p && WaitForSingleObject(p, 0) == WAIT_TIMEOUT;
	if (p)
		CloseHandle(p);
	return alive;
}

static void test_timeout(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct runner_result res;
	char mark[PLATFORM_PATH_MAX];
	mark_name("timeout", mark);
	forget(mark);
	AUTO(runner_auto_free) struct runner *r = start();
	const char *const words[] = { "tree", mark, "wait", NULL };
	uint64_t begin = platform_monotonic();
	assert_fails(run_act(r, words, 3, &res, &err), ERR_TIMEOUT, "longer than 3 seconds");
	assert_true(platform_monotonic() - begin < 30000);
	wait_for(mark, ".begun");
	assert_false(lives(mark));
	/* and the runner serves on */
	static const char *const again[] = { "say", "again", NULL };
	assert_ok(run_act(r, again, 60, &res, &err));
	assert_string_equal(seen, "again|");
}

/* As runner.c does at a signal. */
static void test_stop(void **state)
{
	(void)state;
	struct err err = { 0 };
	char mark[PLATFORM_PATH_MAX];
	mark_name("stop", mark);
	forget(mark);
	AUTO(runner_auto_free) struct runner *r = start();
	AUTO(buf_done) struct buf request = BUF_INIT(WIRE_PAYLOAD_MAX);
	const char *const argv[] = { self, "act", "tree", mark, "wait", NULL };
	const struct runner_request req = {
		.argv = argv, .dir = work_dir(), .timeout = 60, .finish = true
	};
	wire_add_run(&request, &req);
	assert_true(wire_send(&r->wire, WIRE_RUN, buf_slice(&request)));
	wait_for(mark, ".begun");
	assert_true(wire_send(&r->wire, WIRE_STOP, (struct slice) { 0 }));
	struct wire_frame f = { .payload = BUF_INIT(0) };
	assert_true(wire_receive(&r->wire, &f));
	assert_int_equal(f.kind, WIRE_FAIL);
	struct rd rd = rd_new(buf_slice(&f.payload));
	assert_int_equal(rd_u32le(&rd), ERR_INTERRUPTED);
	buf_done(&f.payload);
	assert_false(lives(mark));
	static const char *const again[] = { "say", "again", NULL };
	struct runner_result res;
	assert_ok(run_act(r, again, 60, &res, &err));
}

/* What a step leaves running in its job is ended, and that is said. */
static void test_left_over(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct runner_result res;
	char mark[PLATFORM_PATH_MAX];
	mark_name("left", mark);
	forget(mark);
	AUTO(runner_auto_free) struct runner *r = start();
	const char *const words[] = { "tree", mark, "go", NULL };
	assert_ok(run_act(r, words, 60, &res, &err));
	assert_int_equal(res.left_over, 1);
	assert_string_equal(seen, "ended 1 process(es) that the step left running|");
	wait_for(mark, ".begun");
	assert_false(lives(mark));
}

/* The parent dies: a step that may be cut ends, one that should finish does. */
static void parent_dies(bool finish, const char *mark)
{
	char line[3 * PLATFORM_PATH_MAX];
	snprintf(line, sizeof(line), "\"%s\" parent \"%s\" %s", self, mark, finish ? "yes" : "no");
	STARTUPINFOA info = { .cb = sizeof(info) };
	PROCESS_INFORMATION p;
	forget(mark);
	assert_true(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &info, &p));
	wait_for(mark, ".begun");
	TerminateProcess(p.hProcess, 1);
	WaitForSingleObject(p.hProcess, INFINITE);
	CloseHandle(p.hThread);
	CloseHandle(p.hProcess);
}

static int act_as_parent(const char *mark, bool finish)
{
	struct err err = { 0 };
	struct runner *r = runner_start("", &err);
	const char *const argv[] = { self, "act", "mark", mark, "3000", NULL };
	struct runner_request req = {
		.argv = argv, .dir = work_dir(), .timeout = 60, .finish = finish
	};
	struct runner_result res;
	return r && runner_run(r, &req, &events, &res, &err) ? 0 : 1;
}

static void test_parent_dies(void **state)
{
	(void)state;
	char mark[PLATFORM_PATH_MAX];
	mark_name("cut", mark);
	parent_dies(false, mark);
	for (int i = 0; i < 200 && lives(mark); i++)
		platform_sleep(50);
	assert_false(lives(mark));
	assert_false(exists(mark, ".ended"));
	mark_name("kept", mark);
	parent_dies(true, mark);
	wait_for(mark, ".ended");
}

/* --- Windows Installer's lock ------------------------------------------------------------------ */

static DWORD WINAPI hold_mutex(void *event)
{
	HANDLE mutex = CreateMutexW(NULL, TRUE, L"Global\\_MSIExecute");
	SetEvent(((HANDLE *)event)[0]);
	WaitForSingleObject(((HANDLE *)event)[1], INFINITE);
	ReleaseMutex(mutex);
	CloseHandle(mutex);
	return 0;
}

static void test_lock(void **state)
{
	(void)state;
	struct err err = { 0 };
	bool waited = false;
	AUTO(runner_auto_free) struct runner *r = start();
	assert_ok(runner_lock_packages(r, 1, &events, &waited, &err));
	assert_false(waited);
	HANDLE signals[2] = { CreateEventW(NULL, TRUE, FALSE, NULL),
			      CreateEventW(NULL, TRUE, FALSE, NULL) };
	HANDLE thread = CreateThread(NULL, 0, hold_mutex, (void *)signals, 0, NULL);
	WaitForSingleObject(signals[0], INFINITE);
	seen[0] = '\0';
	assert_fails(runner_lock_packages(r, 1, &events, &waited, &err), ERR_LOCKED,
		     "did not finish in time");
	assert_string_equal(seen, "Windows Installer is busy with another installation|");
	SetEvent(signals[1]);
	WaitForSingleObject(thread, INFINITE);
	assert_ok(runner_lock_packages(r, 1, &events, &waited, &err));
	assert_false(waited);
}

/* Typed by hand the word is nothing: what is no pipe is not served. */
static void test_by_hand(void **state)
{
	(void)state;
	static char program[] = "x", word[] = "--runner", number[] = "4", text[] = "NUL",
		    none[] = "0";
	char *const lines[][4] = { { program, word, number, none },
				   { program, word, text, text },
				   { program, word, none, none } };
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		runner_serve_if_asked(4, (char **)(uintptr_t)lines[i]); /* returns */
	runner_serve_if_asked(2, (char **)(uintptr_t)lines[0]);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	if (!platform_start(&argc, &argv, &err))
		return 1;
	runner_serve_if_asked(argc, argv);
	GetModuleFileNameA(NULL, self, sizeof(self));
	if (argc > 2 && strcmp(argv[1], "act") == 0)
		return act(argc - 1, argv + 1);
	if (argc == 4 && strcmp(argv[1], "parent") == 0)
		return act_as_parent(argv[2], strcmp(argv[3], "yes") == 0);
	if (!platform_make_state(work_dir(), &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),    cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_programs), cmocka_unit_test(test_request),
		cmocka_unit_test(test_timeout),  cmocka_unit_test(test_left_over),
		cmocka_unit_test(test_stop),     cmocka_unit_test(test_parent_dies),
		cmocka_unit_test(test_lock),     cmocka_unit_test(test_by_hand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
