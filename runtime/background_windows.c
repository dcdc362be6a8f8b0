/* SPDX-License-Identifier: MIT */
/*
 * background_windows.c - background.h for Windows.
 *
 * A session is here a group of processes for console events, so that a stop reaches the install that
 * a worker started and not the worker.  The worker has a console that nobody sees, which the install
 * shares: without one there are no such events.
 */
#include "background.h"

#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "cmdline.h"
#include "environment.h"
#include "platform.h"
#include "process_windows.h"
#include "wide.h"

#define WORDS_MAX 128
#define LOOK_MS 10

struct start {
	wchar_t *path, *line, *env;
	HANDLE null, read_end, write_end;
	DWORD flags;
};

static void start_done(struct start *s)
{
	wide_free(&s->path);
	wide_free(&s->line);
	free(s->env);
	wide_close(&s->null);
	wide_close(&s->read_end);
	wide_close(&s->write_end);
}

static wchar_t *make_line(const char *self, const char *const *words, struct err *err)
{
	const char *argv[WORDS_MAX] = { self };
	AUTO(buf_done) struct buf line = BUF_INIT(CMDLINE_MAX * 3);
	for (size_t n = 1; *words && n + 1 < WORDS_MAX; n++)
		argv[n] = *words++;
	bool ok = cmdline_quote(argv, &line);
	if (!buf_ok(&line, "a command line", err))
		return NULL;
	wchar_t *wide = ok ? wide_text(buf_str(&line), err) : NULL;
	if (!ok || (wide && wcslen(wide) > CMDLINE_MAX)) {
		wide_free(&wide);
		err_set(err, ERR_USAGE, "this can't be put on a command line");
	}
	return wide;
}

static bool prepare(struct start *s, const char *const *words, const char *const *env,
		    struct err *err)
{
	char self[PLATFORM_PATH_MAX];
	if (!platform_program(self, err))
		return false;
	s->path = wide_path(self, err);
	s->line = s->path ? make_line(self, words, err) : NULL;
	s->env = s->line ? environment_block(platform_place(PLACE_STATE),
					     (char *const *)(uintptr_t)env, err)
			 : NULL;
	return s->env && process_open_null(GENERIC_READ | GENERIC_WRITE, &s->null, err) &&
	       process_make_pipe(&s->read_end, &s->write_end, &s->write_end, err);
}

static bool create(const struct start *s, PROCESS_INFORMATION *p, struct err *err)
{
	AUTO(process_inherited_done)
	struct process_inherited h = { .handles = { s->null, s->write_end }, .count = 2 };
	if (!process_inherited_make(&h, err))
		return false;
	STARTUPINFOEXW info = { .StartupInfo = { .cb = sizeof(info),
						 .dwFlags = STARTF_USESTDHANDLES,
						 .hStdInput = s->null,
						 .hStdOutput = s->write_end,
						 .hStdError = s->write_end },
				.lpAttributeList = h.list };
	if (CreateProcessW(s->path, s->line, NULL, NULL, TRUE,
			   s->flags | CREATE_NEW_PROCESS_GROUP | CREATE_UNICODE_ENVIRONMENT |
				   EXTENDED_STARTUPINFO_PRESENT,
			   s->env, NULL, &info.StartupInfo, p))
		return true;
	wide_failed(err, GetLastError(), false, "cannot start this program");
	return false;
}

/* The worker gets a console of its own, and what it starts shares that. */
bool background_start(const char *const *words, const char *const *env, enum background_how how,
		      struct background *out, struct err *err)
{
	AUTO(start_done) struct start s = { 0 };
	PROCESS_INFORMATION p;
	s.flags = how == BACKGROUND_CHILD ? 0 : CREATE_NO_WINDOW;
	if (how == BACKGROUND_APART)
		s.flags |= CREATE_BREAKAWAY_FROM_JOB;
	if (!prepare(&s, words, env, err) || !create(&s, &p, err))
		return false;
	CloseHandle(p.hThread);
	*out = (struct background) { (intptr_t)p.hProcess, (intptr_t)s.read_end };
	s.read_end = NULL;
	return true;
}

int background_read(struct background *b, char *out, size_t size, uint32_t milliseconds)
{
	ULONGLONG start = GetTickCount64();
	for (;;) {
		DWORD waiting = 0, got = 0;
		if (!PeekNamedPipe((HANDLE)b->output, NULL, 0, NULL, &waiting, NULL))
			return -1;
		if (waiting)
			return ReadFile((HANDLE)b->output, out, (DWORD)size, &got, NULL) && got
				       ? (int)got
				       : -1;
		if (GetTickCount64() - start >= milliseconds)
			return 0;
		Sleep(LOOK_MS);
	}
}

void background_stop(struct background *b)
{
	GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, GetProcessId((HANDLE)b->process));
}

int background_join(struct background *b)
{
	DWORD code = 127;
	HANDLE process = (HANDLE)b->process;
	if (b->output != -1)
		CloseHandle((HANDLE)b->output);
	*b = BACKGROUND_NONE;
	if (WaitForSingleObject(process, INFINITE) == WAIT_OBJECT_0)
		GetExitCodeProcess(process, &code);
	CloseHandle(process);
	return (int)code;
}

void background_let_go(struct background *b)
{
	if (b->output != -1)
		CloseHandle((HANDLE)b->output);
	if (b->process != -1)
		CloseHandle((HANDLE)b->process);
	*b = BACKGROUND_NONE;
}

bool background_variable(const char *name, char *out, size_t size)
{
	wchar_t value[PLATFORM_PATH_MAX];
	AUTO(wide_free) wchar_t *wide = wide_text(name, NULL);
	DWORD n = wide ? GetEnvironmentVariableW(wide, value, PLATFORM_PATH_MAX) : 0;
	AUTO(auto_free) char *text = n && n < PLATFORM_PATH_MAX ? wide_utf8(value, NULL) : NULL;
	int len = text ? snprintf(out, size, "%s", text) : -1;
	return len > 0 && (size_t)len < size;
}

bool background_is_absolute(const char *path)
{
	bool drive = path[0] && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
	return drive || strncmp(path, "\\\\", 2) == 0;
}
