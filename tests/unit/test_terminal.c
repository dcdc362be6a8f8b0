/* SPDX-License-Identifier: MIT */
/* test_terminal.c - what is typed at a prompt, on a terminal that the test plays the person at. */
#include "terminal.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "interrupt.h"
#include "support.h"

#define LIMIT 10
#define PATIENCE 10000 /* milliseconds; only a failure takes them */
#define PROMPT "PIN: "

struct seen {
	char screen[256]; /* all that the terminal showed */
	char line[LIMIT + 1];
	struct err err;
	bool ok, restored;
};

/*
 * The child: ask, tell by @report what came of it, and stay until @hold ends: what a process wrote to a
 * terminal may be lost when it is the last one there.
 */
static void ask(int report, int hold, bool terminal)
{
	struct seen s = { 0 };
	AUTO(buf_done) struct buf line = BUF_INIT(LIMIT);
	struct termios before, after;
	signal(SIGINT, SIG_DFL); /* a shell has its background jobs ignore it */
	interrupt_catch();
	memset(&before, 0, sizeof(before));
	memset(&after, 0, sizeof(after));
	if (terminal)
		tcgetattr(STDIN_FILENO, &before);
	s.ok = terminal_ask(PROMPT, &line, &s.err);
	if (terminal)
		tcgetattr(STDIN_FILENO, &after);
	s.restored = memcmp(&before, &after, sizeof(before)) == 0 &&
		     (!terminal || (after.c_lflag & ECHO));
	memcpy(s.line, buf_str(&line), line.len);
	bool told = write(report, &s, sizeof(s)) == (ssize_t)sizeof(s);
	char end;
	_exit(read(hold, &end, 1) == 0 && told ? 0 : 1);
}

static void finish(pid_t child, int report, struct seen *out)
{
	int status;
	char screen[sizeof(out->screen)];
	memcpy(screen, out->screen, sizeof(screen));
	assert_int_equal(read(report, out, sizeof(*out)), sizeof(*out));
	memcpy(out->screen, screen, sizeof(screen));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Add to the screen what there is to see; false when there is no more. */
static bool look(int master, struct seen *out)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	size_t n = strlen(out->screen);
	if (poll(&p, 1, PATIENCE) <= 0)
		return false;
	return read(master, out->screen + n, sizeof(out->screen) - 1 - n) > 0; /* at the end, EIO */
}

/* Type @keys once the prompt is there, and look on to the end. */
static void type(const char *keys, struct seen *out)
{
	int report[2], hold[2], master;
	*out = (struct seen) { 0 };
	assert_int_equal(pipe(report), 0);
	assert_int_equal(pipe(hold), 0);
	pid_t child = forkpty(&master, NULL, NULL, NULL);
	assert_true(child >= 0);
	if (child == 0) {
		close(hold[1]);
		ask(report[1], hold[0], true);
	}
	close(report[1]);
	close(hold[0]);
	while (!strstr(out->screen, PROMPT) && look(master, out))
		;
	assert_int_equal(write(master, keys, strlen(keys)), strlen(keys));
	while (strlen(out->screen) < strlen(PROMPT "\r\n") && look(master, out))
		;
	close(hold[1]);
	while (look(master, out))
		;
	finish(child, report[0], out);
	close(report[0]);
	close(master);
}

static const struct {
	const char *keys, *line; /* no line: refused */
	enum err_code code;
	const char *text, *why;
} rows[] = {
	{ "secret\n", "secret", ERR_NONE, NULL, "a line" },
	{ "secret\rmore\r", "secret", ERR_NONE, NULL, "the key that ends a line" },
	{ "sx\177ecret\n", "secret", ERR_NONE, NULL, "corrected while typing" },
	{ "0123456789\n", "0123456789", ERR_NONE, NULL, "the longest" },
	{ "0123456789x\n", NULL, ERR_FORMAT, "larger than", "too long" },
	{ "\n", NULL, ERR_USAGE, "nothing was typed", "nothing" },
	{ "\4", NULL, ERR_USAGE, "nothing was typed", "end of file" },
	{ "sec\3", NULL, ERR_INTERRUPTED, "signal 2", "Ctrl-C" },
};

static void test_typing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct seen s;
		type(rows[i].keys, &s);
		if (s.ok != !!rows[i].line || s.err.code != rows[i].code || !s.restored ||
		    (rows[i].text && !strstr(s.err.msg, rows[i].text)) ||
		    (s.ok && strcmp(s.line, rows[i].line) != 0))
			fail_msg("%s: '%s', '%s'", rows[i].why, s.line, s.err.msg);
		/* Nothing but the prompt and the end of its line is ever shown. */
		assert_string_equal(s.screen, PROMPT "\r\n");
	}
}

static void test_without(void **state)
{
	(void)state;
	int report[2], hold[2];
	struct seen s = { 0 };
	assert_int_equal(pipe(report), 0);
	assert_int_equal(pipe(hold), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setsid();
		close(hold[1]);
		ask(report[1], hold[0], false);
	}
	close(report[1]);
	close(hold[0]);
	close(hold[1]);
	finish(child, report[0], &s);
	close(report[0]);
	assert_false(s.ok);
	assert_int_equal(s.err.code, ERR_USAGE);
	assert_non_null(strstr(s.err.msg, "no terminal"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typing),
		cmocka_unit_test(test_without),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
