/* SPDX-License-Identifier: MIT */
/* interrupt.c - see interrupt.h. */
#include "interrupt.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t seen;

static void note_signal(int number)
{
	seen = number;
}

void interrupt_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;
	memset(&action, 0, sizeof(action));
	action.sa_handler = note_signal;
	action.sa_flags = (int)SA_RESETHAND; /* and no SA_RESTART: a blocked call returns */
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction old;
		/* nohup's wish stands */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error, not a silent death */
	signal(SIGXFSZ, SIG_IGN); /* so is a file that reaches its limit */
}

bool interrupt_seen(void)
{
	return seen != 0;
}

bool interrupt_check(struct err *err)
{
	if (!seen)
		return true;
	return err_set(err, ERR_INTERRUPTED, "interrupted by signal %d", (int)seen);
}
