/* SPDX-License-Identifier: MIT */
/*
 * sandbox.h - what the process that reads the bundle gives up before it reads a byte of it.
 *
 * Linux: a filter of system calls (seccomp).  It is a list of what is allowed, which can be
 * complete, since the stub is static: no library that comes with the system adds a call.
 *
 *   allowed     files, memory, time, threads of its own; in a command that only reads, no call that
 *               changes a file, and no file is opened for writing
 *   forbidden   the network, executing, other processes, mounts, kernel modules, bpf, keys, user
 *               ids, io_uring, ...: the call is not made, one line says so on standard error and in
 *               the log, and the process ends with its failure status.  Not SIGKILL: nobody would
 *               know why.  Not an error to the caller: who tries these is not our code any more.
 *   any other   answers ENOSYS, as on a kernel that does not have it: libraries know what to do
 *   another machine's call (i386, x32): the process is ended by SIGSYS
 *
 * It can't be taken off again.  The runner, which executes, was forked before and is without it.
 *
 * Windows has nothing of the kind for a process that is running.  There the program imports from
 * KERNEL32, ADVAPI32 and msvcrt alone, so that no code that knows the network is loaded;
 * tests/support/check-stub holds that.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdio.h>

#include "err.h"

/*
 * For a process with one thread, once.  @writes: the command may change files.  @status: what to end
 * with after a forbidden call.  False where kernel or emulator can't do it: then nothing is
 * different, and @err says what the system said.
 */
bool sandbox_enter(bool writes, int status, struct err *err) MUST_CHECK;

/* Tell of a forbidden call there as well; NULL ends it. */
void sandbox_log_to(FILE *log);

#endif
