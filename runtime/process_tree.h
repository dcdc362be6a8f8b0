/* SPDX-License-Identifier: MIT */
/* process_tree.h - every process below this one, found and ended. */
#ifndef PROCESS_TREE_H
#define PROCESS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROCESS_TREE_MAX 4096

struct process_tree {
	pid_t pids[PROCESS_TREE_MAX];
	size_t count;
};

/*
 * All living descendants of this process, by @proc, an open /proc (opened before any chroot).
 * This process must be a subreaper, so that orphans stay below it.
 */
void process_tree_read(int proc, struct process_tree *out);

/*
 * End all descendants that are not in @spare: SIGTERM, after @grace_ms SIGKILL, until none is
 * left or it is hopeless.  Reaps them.  Returns how many there were.
 */
size_t process_tree_end(int proc, const struct process_tree *spare, unsigned grace_ms);

#endif
