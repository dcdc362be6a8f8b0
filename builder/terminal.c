/* SPDX-License-Identifier: MIT */
/* terminal.c - see terminal.h. */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "file.h"
#include "interrupt.h"

#define TERMINAL "/dev/tty"

/* One byte at a time: what follows the line is not ours. */
static bool read_line(int fd, struct buf *out, struct err *err)
{
	size_t before = out->len;
	for (;;) {
		char c;
		ssize_t n = read(fd, &c, 1);
		if (!interrupt_check(err))
			return false;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_error(err, "read", TERMINAL);
		if (n == 0 || c == '\n')
			break;
		buf_add(out, &c, 1);
	}
	if (out->len == before && !out->bad)
		return err_set(err, ERR_USAGE, "nothing was typed");
	return buf_ok(out, "what was typed", err);
}

bool terminal_ask(const char *prompt, struct buf *out, struct err *err)
{
	AUTO(auto_close) int fd = open(TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios old, silent;
	if (fd < 0 || tcgetattr(fd, &old) != 0)
		return err_set(err, ERR_USAGE, "there is no terminal to ask on");
	silent = old;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	silent.c_lflag |= ICANON | ISIG;
	/* What was typed before the prompt was not meant for it. */
	if (tcsetattr(fd, TCSAFLUSH, &silent) != 0)
		return file_error(err, "set", TERMINAL);
	bool ok = file_write_all(fd, TERMINAL, prompt, strlen(prompt), err) &&
		  read_line(fd, out, err);
	if (tcsetattr(fd, TCSANOW, &old) != 0 && ok)
		ok = file_error(err, "set", TERMINAL);
	return file_write_all(fd, TERMINAL, "\n", 1, NULL) && ok;
}
