/* SPDX-License-Identifier: MIT */
/*
 * runner_child_windows.c - runner_child.h for Windows.
 *
 * The runner is this program, started again with the two ends of its pipes on the command line.
 * Each step has a job object of its own, which nothing it starts can leave: to end the job is to
 * end the tree.  Services that an installer registers are started by the system and stand outside.
 * When the parent is gone, the pipe breaks.
 */
#include <string.h>
#include <windows.h>

#include "cmdline.h"
#include "console_text.h"
#include "environment.h"
#include "platform.h"
#include "process_windows.h"
#include "runner_child.h"
#include "wide.h"

#define TICK_MS 20       /* how soon the end of a step is seen */
#define SETTLE_MS 5000   /* for what a step left running to end by itself */
#define LOCK_POLL_MS 250 /* between two looks at Windows Installer */
#define PIDS_MAX 256
#define INSTALLER_MUTEX L"Global\\_MSIExecute" /* Windows Installer holds it while it installs */
#define RUNNER_WORD "--runner"

/* --- which program ----------------------------------------------------------------------------- */

static bool ends_in_exe(const char *path)
{
	size_t n = strlen(path);
	return n > 4 && _stricmp(path + n - 4, ".exe") == 0;
}

static bool is_path(const char *name)
{
	return strpbrk(name, "/\\:") != NULL;
}

static bool is_absolute(const char *path)
{
	return path[0] && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
}

/*
 * The program as an absolute path, owned.  One with a slash is in the step's directory, as on
 * Linux; any other is the system's own: PATH and the current directory are never searched.
 */
static char *find_program(const struct wire_run *run, struct err *err)
{
	const char *name = run->argv[0];
	AUTO(buf_done) struct buf path = BUF_INIT(PLATFORM_PATH_MAX);
	if (!is_path(name)) {
		buf_printf(&path, "%s%s", name, strchr(name, '.') ? "" : ".exe");
	} else if (is_absolute(name)) {
		buf_add_str(&path, name);
	} else {
		buf_printf(&path, "%s\\%s", run->dir, strncmp(name, "./", 2) ? name : name + 2);
	}
	for (size_t i = 0; i < path.len; i++)
		if (path.p[i] == '/')
			path.p[i] = '\\';
	if (!buf_ok(&path, "a program's path", err))
		return NULL;
	if (!ends_in_exe(buf_str(&path))) {
		err_set(err, ERR_STEP,
			"'%s' is not a program: a step runs .exe files ('msi' is the step for "
			".msi files, and no step runs scripts)",
			name);
		return NULL;
	}
	if (!is_path(name))
		return wide_system32(buf_str(&path), err);
	char *out = (char *)path.p;
	path.p = NULL;
	return out;
}

/* The program and its arguments by the rules, or, as it is, behind the program in quotes. */
static bool add_line(const struct wire_run *run, const char *program, struct buf *line)
{
	if (run->cmdline) {
		buf_printf(line, "\"%s\" %s", program, run->cmdline);
		return !strchr(program, '"');
	}
	const char *own = run->argv[0];
	run->argv[0] = (char *)(uintptr_t)program;
	bool ok = cmdline_quote((const char *const *)run->argv, line);
	run->argv[0] = (char *)(uintptr_t)own;
	return ok;
}

static wchar_t *make_line(const struct wire_run *run, const char *program, struct err *err)
{
	AUTO(buf_done) struct buf line = BUF_INIT(WIRE_PAYLOAD_MAX);
	bool ok = add_line(run, program, &line);
	if (!buf_ok(&line, "a step's command line", err))
		return NULL;
	if (!ok) {
		err_set(err, ERR_STEP, "'%s' can't be put on a command line", program);
		return NULL;
	}
	wchar_t *wide = wide_text(buf_str(&line), err);
	if (wide && wcslen(wide) > CMDLINE_MAX) {
		wide_free(&wide);
		err_set(err, ERR_STEP, "the command line of '%s' is longer than Windows takes",
			program);
	}
	return wide;
}

/* --- the job of a step ------------------------------------------------------------------------- */

static bool make_job(HANDLE *out, struct err *err)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { 0 };
	limits.BasicLimitInformation.LimitFlags =
		JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
	*out = CreateJobObjectW(NULL, NULL);
	return (*out && SetInformationJobObject(*out, JobObjectExtendedLimitInformation, &limits,
						sizeof(limits))) ||
	       wide_failed(err, GetLastError(), false, "cannot make a job object");
}

/* The console host of a program comes and goes with it and is nobody's work. */
static bool is_console_host(ULONG_PTR pid)
{
	static const wchar_t name[] = L"\\conhost.exe";
	wchar_t path[MAX_PATH];
	DWORD n = MAX_PATH;
	HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)pid);
	BOOL known = process && QueryFullProcessImageNameW(process, 0, path, &n);
	wide_close(&process);
	size_t k = wcslen(name);
	return known && n >= k && _wcsicmp(path + n - k, name) == 0;
}

/* Processes in the job. */
static unsigned count_job(HANDLE job)
{
	struct {
		JOBOBJECT_BASIC_PROCESS_ID_LIST head;
		ULONG_PTR more[PIDS_MAX - 1];
	} list;
	memset(&list, 0, sizeof(list));
	if (!QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, sizeof(list),
				       NULL) &&
	    GetLastError() != ERROR_MORE_DATA)
		return 0;
	unsigned hosts = 0;
	for (DWORD i = 0; i < list.head.NumberOfProcessIdsInList; i++)
		hosts += is_console_host(list.head.ProcessIdList[i]);
	return list.head.NumberOfAssignedProcesses - hosts;
}

/* End all that is in it, and see it gone. */
static void end_job(HANDLE job, UINT code)
{
	TerminateJobObject(job, code);
	for (int i = 0; i < SETTLE_MS / TICK_MS && count_job(job); i++)
		Sleep(TICK_MS);
}

/* --- one step ---------------------------------------------------------------------------------- */

struct running {
	HANDLE process, job, output;
};

static void running_done(struct running *r)
{
	wide_close(&r->process);
	wide_close(&r->output);
	wide_close(&r->job);
}

struct start {
	char *program;
	wchar_t *path, *line, *dir, *env;
	HANDLE null, output_end; /* what it inherits */
};

static void start_done(struct start *s)
{
	free(s->program);
	wide_free(&s->path);
	wide_free(&s->line);
	wide_free(&s->dir);
	wide_free(&s->env);
	wide_close(&s->null);
	wide_close(&s->output_end);
}

static bool prepare(const struct wire_run *run, const char *temp, struct start *s, struct err *err)
{
	s->program = find_program(run, err);
	s->path = s->program ? wide_text(s->program, err) : NULL;
	s->line = s->path ? make_line(run, s->program, err) : NULL;
	s->dir = s->line ? wide_text(run->dir, err) : NULL;
	s->env = s->dir ? environment_block(temp, run->env, err) : NULL;
	return s->env != NULL;
}

/* It waits, and belongs to its job before it does anything. */
static bool start_suspended(const struct start *s, struct running *r, HANDLE *thread,
			    struct err *err)
{
	AUTO(process_inherited_done)
	struct process_inherited h = { .handles = { s->null, s->output_end }, .count = 2 };
	if (!process_inherited_make(&h, err))
		return false;
	STARTUPINFOEXW info = { .StartupInfo = { .cb = sizeof(info),
						 .dwFlags = STARTF_USESTDHANDLES,
						 .hStdInput = s->null,
						 .hStdOutput = s->output_end,
						 .hStdError = s->output_end },
				.lpAttributeList = h.list };
	PROCESS_INFORMATION p;
	if (!CreateProcessW(s->path, s->line, NULL, NULL, TRUE,
			    CREATE_SUSPENDED | CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT |
				    EXTENDED_STARTUPINFO_PRESENT,
			    s->env, s->dir, &info.StartupInfo, &p)) {
		wide_failed(err, GetLastError(), false, "cannot run '%s'", s->program);
		err->code = ERR_STEP;
		return false;
	}
	r->process = p.hProcess;
	*thread = p.hThread;
	if (AssignProcessToJobObject(r->job, p.hProcess))
		return true;
	wide_failed(err, GetLastError(), false, "cannot put '%s' into a job object", s->program);
	TerminateProcess(p.hProcess, 1);
	return false;
}

static bool start_step(const struct wire_run *run, const char *temp, struct running *r,
		       struct err *err)
{
	AUTO(start_done) struct start s = { 0 };
	AUTO(wide_close) HANDLE thread = NULL;
	if (!prepare(run, temp, &s, err) || !make_job(&r->job, err) ||
	    !process_open_null(GENERIC_READ, &s.null, err) ||
	    !process_make_pipe(&r->output, &s.output_end, &s.output_end, err) ||
	    !start_suspended(&s, r, &thread, err))
		return false;
	return ResumeThread(thread) != (DWORD)-1 ||
	       wide_failed(err, GetLastError(), false, "cannot run '%s'", s.program);
}

struct output {
	const struct child *child;
	struct child_lines lines;
	struct console_text text;
};

static void on_text(void *ctx, const char *text, size_t len)
{
	struct output *o = ctx;
	child_add_output(o->child, &o->lines, text, len);
	child_flush_line(o->child, &o->lines);
}

/* Read what is there.  False when there was nothing. */
static bool drain(struct output *o, HANDLE pipe)
{
	bool any = false;
	uint8_t chunk[8192];
	DWORD waiting = 0, got = 0;
	while (PeekNamedPipe(pipe, NULL, 0, NULL, &waiting, NULL) && waiting &&
	       ReadFile(pipe, chunk, sizeof(chunk), &got, NULL) && got) {
		console_text_add(&o->text, chunk, got);
		any = true;
	}
	return any;
}

enum ending { BY_ITSELF, TIMED_OUT, STOPPED };

/* Wait until the step's own process ends, or until it has to be ended. */
static enum ending watch(struct child *c, const struct wire_run *run, const struct running *r)
{
	struct output o = { .child = c };
	o.text = (struct console_text) { .code_page = GetOEMCP(), .line = on_text, .ctx = &o };
	uint64_t start = platform_monotonic(), limit = (uint64_t)run->timeout * 1000;
	enum ending ending = BY_ITSELF;
	bool busy = false;
	while (WaitForSingleObject(r->process, busy ? 0 : TICK_MS) == WAIT_TIMEOUT) {
		busy = drain(&o, r->output);
		bool stop = !c->parent_gone && wire_wait(&c->wire, 0) != WIRE_QUIET &&
			    child_heard_stop(c);
		if (stop || (c->parent_gone && !run->finish))
			ending = STOPPED;
		else if (platform_monotonic() - start >= limit)
			ending = TIMED_OUT;
		if (ending != BY_ITSELF) {
			end_job(r->job, ending == TIMED_OUT ? ERROR_TIMEOUT : ERROR_CANCELLED);
			break;
		}
	}
	drain(&o, r->output);
	console_text_end(&o.text);
	return ending;
}

/* What still runs gets a moment to end; then it is ended with the job, and that is said. */
static unsigned settle_leftovers(struct child *c, const struct running *r)
{
	unsigned n = count_job(r->job);
	for (int i = 0; i < SETTLE_MS / TICK_MS && n; i++) {
		Sleep(TICK_MS);
		n = count_job(r->job);
	}
	if (!n)
		return 0;
	char text[96];
	snprintf(text, sizeof(text), "ended %u process(es) that the step left running", n);
	end_job(r->job, ERROR_CANCELLED);
	child_note(c, text);
	return n;
}

static bool run_in(struct child *c, const struct wire_run *run, const char *temp,
		   struct runner_result *out, struct err *err)
{
	AUTO(running_done) struct running r = { NULL, NULL, NULL };
	DWORD code = 0;
	if (!start_step(run, temp, &r, err))
		return false;
	enum ending ending = watch(c, run, &r);
	if (ending == TIMED_OUT)
		return err_set(err, ERR_TIMEOUT,
			       "'%s' took longer than %u seconds and was ended with all it started",
			       run->argv[0], (unsigned)run->timeout);
	if (ending == STOPPED)
		return err_set(err, ERR_INTERRUPTED, "'%s' was ended by a stop signal",
			       run->argv[0]);
	if (!GetExitCodeProcess(r.process, &code))
		return wide_failed(err, GetLastError(), false, "'%s' left no exit code",
				   run->argv[0]);
	out->exit_code = (int)code;
	out->left_over = settle_leftovers(c, &r);
	return true;
}

/*
 * A fresh TEMP where only administrators write: installers unpack into it and run what they
 * unpacked.  The name is that of a staging directory, so that a run that was cut off leaves
 * nothing which the next one does not take away.
 */
bool child_run(struct child *c, const struct wire_run *run, struct runner_result *out,
	       struct err *err)
{
	char temp[PLATFORM_PATH_MAX];
	struct err left = { 0 };
	if (!platform_make_staging(platform_place(PLACE_STATE), temp, err))
		return err_wrap(err, "cannot make a TEMP directory for '%s'", run->argv[0]);
	bool ok = run_in(c, run, temp, out, err);
	if (!platform_remove_tree(temp, &left))
		child_note(c, left.msg);
	return ok;
}

/* --- Windows Installer's lock ------------------------------------------------------------------ */

/* Does an installation run?  Its mutex is there only while one does. */
static bool installer_is_busy(void)
{
	AUTO(wide_close) HANDLE mutex = OpenMutexW(SYNCHRONIZE, FALSE, INSTALLER_MUTEX);
	if (!mutex)
		return GetLastError() == ERROR_ACCESS_DENIED;
	DWORD got = WaitForSingleObject(mutex, 0);
	if (got == WAIT_OBJECT_0 || got == WAIT_ABANDONED)
		ReleaseMutex(mutex);
	return got == WAIT_TIMEOUT;
}

/* Only waited for, never kept: msiexec has to get it. */
bool child_lock(struct child *c, uint32_t seconds, bool *waited, struct err *err)
{
	static const char busy[] = "Windows Installer is busy with another installation";
	uint64_t until = platform_monotonic() + (uint64_t)seconds * 1000;
	while (installer_is_busy()) {
		if (!*waited)
			child_note(c, busy);
		*waited = true;
		if (platform_monotonic() >= until)
			return err_set(
				err, ERR_LOCKED,
				"%s, which did not finish in time: try again when it is done",
				busy);
		if (wire_wait(&c->wire, LOCK_POLL_MS) == WIRE_QUIET)
			continue;
		if (child_heard_stop(c) || c->parent_gone)
			return err_set(err, ERR_INTERRUPTED, "stopped while %s", busy);
	}
	return true;
}

bool child_enter(struct child *c UNUSED, struct err *err UNUSED)
{
	return true; /* there are no image roots */
}

/* --- its life ---------------------------------------------------------------------------------- */

/* A handle from the command line, or NULL if it is not that of a pipe. */
static HANDLE take_pipe(const char *text)
{
	char *end = NULL;
	uintptr_t value = (uintptr_t)strtoull(text, &end, 10);
	HANDLE h = (HANDLE)value;
	if (!value || !end || *end || GetFileType(h) != FILE_TYPE_PIPE)
		return NULL;
	SetHandleInformation(h, HANDLE_FLAG_INHERIT, 0); /* not for the steps */
	return h;
}

/*
 * Whoever holds the other ends of two pipes of ours could start programs without us, too.  Typed by
 * hand the word does nothing: there is no pipe, and the command line is refused like any other.
 */
void runner_serve_if_asked(int argc, char **argv)
{
	if (argc != 4 || strcmp(argv[1], RUNNER_WORD) != 0)
		return;
	HANDLE in = take_pipe(argv[2]), out = take_pipe(argv[3]);
	if (!in || !out)
		return;
	struct child c = { .wire = { (intptr_t)in, (intptr_t)out }, .root = "" };
	child_serve(&c);
	ExitProcess(0);
}

/* Out of the job that a guest agent may have put us into, where that is allowed. */
static bool create(const wchar_t *path, wchar_t *line, STARTUPINFOEXW *info, HANDLE *process,
		   struct err *err)
{
	const DWORD flags = CREATE_NO_WINDOW | EXTENDED_STARTUPINFO_PRESENT;
	PROCESS_INFORMATION p;
	if (!CreateProcessW(path, line, NULL, NULL, TRUE, flags | CREATE_BREAKAWAY_FROM_JOB, NULL,
			    NULL, &info->StartupInfo, &p) &&
	    (GetLastError() != ERROR_ACCESS_DENIED ||
	     !CreateProcessW(path, line, NULL, NULL, TRUE, flags, NULL, NULL, &info->StartupInfo,
			     &p)))
		return wide_failed(err, GetLastError(), false, "cannot start the runner");
	CloseHandle(p.hThread);
	*process = p.hProcess;
	return true;
}

#define LINE_UNITS (PLATFORM_PATH_MAX + 64) /* the path of this program, and two handles */

/* @in, @out: its ends of the pipes. */
static bool start_runner(HANDLE in, HANDLE out, HANDLE null, HANDLE *process, struct err *err)
{
	char self[PLATFORM_PATH_MAX];
	AUTO(wide_free) wchar_t *path = platform_program(self, err) ? wide_path(self, err) : NULL;
	AUTO(auto_free) wchar_t *line = malloc(LINE_UNITS * sizeof(*line));
	AUTO(process_inherited_done)
	struct process_inherited h = { .handles = { in, out, null }, .count = 3 };
	if (!path)
		return false;
	if (!line)
		return err_no_memory(err);
	if (!process_inherited_make(&h, err))
		return false;
	snwprintf(line, LINE_UNITS, L"\"%ls\" " RUNNER_WORD " %llu %llu", path,
		  (unsigned long long)(uintptr_t)in, (unsigned long long)(uintptr_t)out);
	STARTUPINFOEXW info = { .StartupInfo = { .cb = sizeof(info),
						 .dwFlags = STARTF_USESTDHANDLES,
						 .hStdInput = null,
						 .hStdOutput = null,
						 .hStdError = null },
				.lpAttributeList = h.list };
	return create(path, line, &info, process, err);
}

bool runner_spawn(struct runner *r, const char *root, struct err *err)
{
	AUTO(wide_close) HANDLE null = NULL;
	AUTO(wide_close) HANDLE to_read = NULL;
	AUTO(wide_close) HANDLE to_write = NULL;
	AUTO(wide_close) HANDLE from_read = NULL;
	AUTO(wide_close) HANDLE from_write = NULL;
	HANDLE process = NULL;
	if (root[0])
		return err_set(err, ERR_USAGE, "there are no image roots on Windows");
	if (!process_open_null(GENERIC_READ | GENERIC_WRITE, &null, err) ||
	    !process_make_pipe(&to_read, &to_write, &to_read, err) ||
	    !process_make_pipe(&from_read, &from_write, &from_write, err) ||
	    !start_runner(to_read, from_write, null, &process, err))
		return false;
	r->wire = (struct wire) { (intptr_t)from_read, (intptr_t)to_write };
	r->process = (intptr_t)process;
	from_read = to_write = NULL;
	return true;
}

void runner_join(struct runner *r)
{
	CloseHandle((HANDLE)r->wire.out); /* the runner sees the end and exits */
	CloseHandle((HANDLE)r->wire.in);
	WaitForSingleObject((HANDLE)r->process, INFINITE);
	CloseHandle((HANDLE)r->process);
}
