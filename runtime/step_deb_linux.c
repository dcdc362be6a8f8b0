/* SPDX-License-Identifier: MIT */
/*
 * step_deb_linux.c - Debian packages, by the system's own dpkg.
 *
 * One call per batch: the lock put the packages into batches such that what must be configured
 * before another is unpacked (Pre-Depends) stands in an earlier one.  What is there in the same or
 * a newer version is left alone; nothing is ever downgraded.
 */
#include <string.h>

#include "step.h"

#define DPKG "/usr/bin/dpkg"
#define DPKG_ARGS_MAX 8192
#define PURGE_TIMEOUT 1800

/* Its lock is held by the runner already (as apt does for the dpkg it starts). */
static const char *const dpkg_env[] = { "DPKG_FRONTEND_LOCKED=1", NULL };

/*
 * Where a package brings the kernel of an image, its initramfs is made once, when all is there
 * (image_initramfs()): the kernel's own hook leaves it out when it is told so.
 */
static const char *const image_env[] = { "DPKG_FRONTEND_LOCKED=1", "INITRD=No", NULL };

static const char *const *env_of(const struct job *job)
{
	return job->root[0] && job->plan.chosen && job->plan.chosen->kernel ? image_env : dpkg_env;
}

struct progress {
	struct step_run *run;
	size_t done, total;           /* unpacked and configured each count one */
	char error[STEP_DETAIL_SIZE]; /* the first line in which dpkg complains */
};

static bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static void on_dpkg_line(void *ctx, const char *text)
{
	struct progress *p = ctx;
	size_t n = strlen(text);
	if (starts_with(text, "(Reading database") && n && text[n - 1] == '%')
		return; /* twenty lines of percentages */
	if (starts_with(text, "Unpacking ") || starts_with(text, "Setting up ") ||
	    starts_with(text, "Removing ")) {
		p->done++;
		report_progress(&p->run->job->report, p->done, p->total, "package operations");
	}
	if (!p->error[0] && starts_with(text, "dpkg: error"))
		snprintf(p->error, sizeof(p->error), "%s", text);
	struct runner_events ev = step_events(p->run);
	ev.line(ev.ctx, text);
}

static void on_dpkg_note(void *ctx, const char *text)
{
	const struct progress *p = ctx;
	struct runner_events ev = step_events(p->run);
	ev.note(ev.ctx, text);
}

static bool call_dpkg(struct progress *p, const char *what, const char *const *argv,
		      uint32_t timeout, struct err *err)
{
	struct runner_events ev = { on_dpkg_line, on_dpkg_note, p };
	struct runner_request req = { .argv = argv,
				      .env = env_of(p->run->job),
				      .dir = "/",
				      .timeout = timeout,
				      .finish = true };
	struct runner_result res;
	p->error[0] = '\0';
	if (!runner_run(p->run->job->runner, &req, &ev, &res, err))
		return err_wrap(err, "%s", what);
	if (res.exit_code == 0)
		return true;
	const char *why = p->error[0] ? p->error : p->run->last_line;
	return err_set(err, ERR_STEP, "%s: dpkg ended with %d: %s", what, res.exit_code,
		       why[0] ? why : "it gave no reason");
}

bool step_dpkg(struct step_run *run, const char *what, const char *const *args, uint32_t timeout,
	       struct err *err)
{
	const char *argv[16] = { DPKG };
	for (size_t i = 0; args[i] && i + 2 < sizeof(argv) / sizeof(argv[0]); i++)
		argv[i + 1] = args[i];
	struct progress p = { .run = run };
	return call_dpkg(&p, what, argv, timeout, err);
}

/* "NAME:ARCH", since two architectures of one package may stand side by side. */
static bool qualified(struct buf *b, const struct facts_package *p)
{
	buf_printf(b, "%s%s%s", p->name, strcmp(p->arch, "all") == 0 ? "" : ":",
		   strcmp(p->arch, "all") == 0 ? "" : p->arch);
	buf_add(b, "", 1);
	return !b->bad;
}

bool step_purge(struct step_run *run, const struct facts_package *const *list, size_t count,
		struct err *err)
{
	static const char *const head[] = { DPKG, "--force-remove-reinstreq", "--purge" };
	const size_t fixed = sizeof(head) / sizeof(head[0]);
	if (!count)
		return true;
	AUTO(auto_free) const char **argv = calloc(fixed + count + 1, sizeof(*argv));
	AUTO(buf_done) struct buf names = BUF_INIT(1u << 20);
	for (size_t i = 0; i < count; i++)
		if (!qualified(&names, list[i]))
			break;
	if (!argv || names.bad)
		return err_no_memory(err);
	memcpy(argv, head, sizeof(head));
	const char *name = buf_str(&names);
	for (size_t i = 0; i < count; i++, name += strlen(name) + 1)
		argv[fixed + i] = name;
	struct progress p = { .run = run, .total = count };
	report_progress_begin(&run->job->report, "removing");
	bool ok = call_dpkg(&p, "removing packages", argv, PURGE_TIMEOUT, err);
	report_progress_end(&run->job->report);
	return ok;
}

/* The files of one batch, after the fixed arguments; *next is the first deb behind it. */
static bool install_batch(struct progress *p, const struct step *step, const struct plan *plan,
			  size_t *next, struct err *err)
{
	static const char *const head[] = { DPKG,
					    "--force-confdef",
					    "--force-confold",
					    "--refuse-downgrade",
					    "--auto-deconfigure",
					    "--install" };
	const size_t fixed = sizeof(head) / sizeof(head[0]);
	AUTO(auto_free) const char **argv = calloc(DPKG_ARGS_MAX, sizeof(*argv));
	AUTO(buf_done) struct buf paths = BUF_INIT(1u << 20);
	size_t at = *next, n = 0;
	uint32_t batch = plan->debs[at].batch;
	for (; at < plan->deb_count && plan->debs[at].batch == batch; at++) {
		if (plan->debs[at].action == DEB_KEEP)
			continue;
		buf_printf(&paths, "%s/%s", p->run->staging, plan->debs[at].deb->path);
		buf_add(&paths, "", 1);
		n++;
	}
	*next = at;
	if (!argv || (paths.bad && !paths.full))
		return err_no_memory(err);
	if (paths.full || fixed + n + 1 > DPKG_ARGS_MAX)
		return err_set(err, ERR_STEP, "a batch of %zu packages is too large for one call",
			       n);
	memcpy(argv, head, sizeof(head));
	const char *path = buf_str(&paths);
	for (size_t i = 0; i < n; i++, path += strlen(path) + 1)
		argv[fixed + i] = path;
	return !n || call_dpkg(p, "installing packages", argv, step->timeout, err);
}

bool step_deb(const struct step *step, struct step_run *run, struct err *err)
{
	const struct plan *plan = &run->job->plan;
	struct progress p = { .run = run, .total = plan->changes * 2 };
	if (!plan->changes) {
		snprintf(run->detail, sizeof(run->detail), "nothing to do");
		return true;
	}
	report_progress_begin(&run->job->report, "installing");
	for (size_t at = 0; at < plan->deb_count;) {
		if (platform_stops()) {
			report_progress_end(&run->job->report);
			return err_set(err, ERR_INTERRUPTED,
				       "stopped between two calls of dpkg: run install again to "
				       "finish");
		}
		if (!install_batch(&p, step, plan, &at, err)) {
			report_progress_end(&run->job->report);
			return false;
		}
	}
	report_progress_end(&run->job->report);
	snprintf(run->detail, sizeof(run->detail), "%zu packages installed or upgraded",
		 plan->changes);
	return true;
}
