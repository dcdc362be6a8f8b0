/* SPDX-License-Identifier: MIT */
/* step_check_linux.c - does it work?  The kinds of steps that look and change nothing. */
#include <string.h>

#include "rd.h"
#include "rootpath.h"
#include "step.h"
#include "version.h"

#define LIBRARY_TIMEOUT 60
#define DEVICE_POLL_MS 200

/* --- installed --------------------------------------------------------------------------------- */

bool step_installed(const struct step *step, struct step_run *run, struct err *err)
{
	(void)step;
	/* What dpkg says now, not what the plan was made from. */
	if (!job_read_facts(run->job, err))
		return false;
	const struct catalog *c = &run->job->bundle.catalog;
	const struct plan *plan = &run->job->plan;
	for (size_t i = 0; i < run->package->deb_count; i++) {
		const struct catalog_deb *d = &c->debs[run->package->debs[i].deb];
		const struct facts_package *p =
			facts_find_package(&run->job->facts, d->name, d->arch);
		if (!p)
			return err_set(err, ERR_CHECK, "package '%s' is not installed", d->name);
		if (strcmp(p->status, "installed") != 0)
			return err_set(err, ERR_CHECK, "package '%s' is only %s", d->name,
				       p->status);
		/* The plan held it back for the sake of something installed, and said so. */
		bool held =
			plan->chosen == run->package && i < plan->deb_count && plan->debs[i].held;
		if (!held && version_compare_deb(p->version, d->version) < 0)
			return err_set(err, ERR_CHECK, "package '%s' is at %s, not at %s", d->name,
				       p->version, d->version);
	}
	snprintf(run->detail, sizeof(run->detail), "%zu packages are installed",
		 run->package->deb_count);
	return true;
}

/* --- libraries --------------------------------------------------------------------------------- */

/* The dynamic loader that a program of the system asks for (ELF-64 gABI, PT_INTERP). */
static bool find_loader(const struct job *job, char out[256], struct err *err)
{
	static const char program[] = "/usr/bin/dpkg";
	char path[PLATFORM_PATH_MAX];
	AUTO(platform_source_close) struct source src = { 0 };
	uint8_t head[64], entry[56];
	if (!job_path(job, program, path, err) || !platform_source_open(path, &src, err) ||
	    !source_read(&src, 0, head, sizeof(head), err))
		return false;
	struct rd r = rd_new((struct slice) { head, sizeof(head) });
	bool elf = memcmp(rd_take(&r, 6).p, "\177ELF\2\1", 6) == 0;
	rd_take(&r, 26);
	uint64_t offset = rd_u64le(&r);
	rd_take(&r, 14);
	uint16_t size = rd_u16le(&r), count = rd_u16le(&r);
	for (uint64_t i = 0; elf && size == sizeof(entry) && i < count && offset < src.size; i++) {
		if (!source_read(&src, offset + i * sizeof(entry), entry, sizeof(entry), err))
			return false;
		struct rd e = rd_new((struct slice) { entry, sizeof(entry) });
		uint32_t type = rd_u32le(&e);
		rd_take(&e, 4);
		uint64_t at = rd_u64le(&e);
		rd_take(&e, 16);
		uint64_t len = rd_u64le(&e);
		if (type != 3 || len < 2 || len > 255)
			continue;
		out[len] = '\0';
		return source_read(&src, at, out, (size_t)len, err);
	}
	return err_set(err, ERR_CHECK, "'%s' names no dynamic loader", program);
}

struct loader_output {
	struct step_run *run;
	char problem[STEP_DETAIL_SIZE];
};

static void on_loader_line(void *ctx, const char *text)
{
	struct loader_output *o = ctx;
	static const char *const signs[] = { "not found", "undefined symbol", "cannot open",
					     "error while loading" };
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (!o->problem[0] && strstr(text, signs[i]))
			snprintf(o->problem, sizeof(o->problem), "%s", text + strspn(text, " \t"));
	report_log(&o->run->job->report, "| %s", text);
}

static bool check_library(struct step_run *run, const char *loader, const char *name,
			  struct err *err)
{
	/* As `ldd -r` does: resolve everything now, and say what is missing. */
	static const char *const env[] = { "LD_BIND_NOW=1", "LD_WARN=1", NULL };
	const char *argv[] = { loader, "--list", name, NULL };
	struct loader_output o = { .run = run };
	struct runner_events ev = { on_loader_line, NULL, &o };
	struct runner_request req = {
		.argv = argv, .env = env, .dir = "/", .timeout = LIBRARY_TIMEOUT
	};
	struct runner_result res;
	if (!runner_run(run->job->runner, &req, &ev, &res, err))
		return false;
	if (res.exit_code || o.problem[0])
		return err_set(err, ERR_CHECK, "library '%s' does not load: %s", name,
			       o.problem[0] ? o.problem : "the dynamic loader gave no reason");
	return true;
}

bool step_libraries(const struct step *step, struct step_run *run, struct err *err)
{
	char loader[256];
	if (!find_loader(run->job, loader, err))
		return false;
	for (size_t i = 0; i < step->arg_count; i++)
		if (!check_library(run, loader, step->args[i], err))
			return false;
	snprintf(run->detail, sizeof(run->detail), "%zu libraries load", step->arg_count);
	return true;
}

/* --- device ------------------------------------------------------------------------------------ */

static bool has_infiniband(const struct facts *f)
{
	for (size_t i = 0; i < f->nic_count; i++)
		if (f->nics[i].link == LINK_INFINIBAND)
			return true;
	return false;
}

bool step_device(const struct step *step, struct step_run *run, struct err *err)
{
	const struct job *job = run->job;
	const char *why = job->root[0]                   ? "this is an image root"
			  : job->facts.chroot            ? "this is a chroot or a container"
			  : run->reboot                  ? "only after a reboot"
			  : !has_infiniband(&job->facts) ? "this machine has no InfiniBand function"
							 : NULL;
	if (why) {
		run->skipped = true;
		snprintf(run->detail, sizeof(run->detail), "%s", why);
		return true;
	}
	uint32_t limit = step->timeout < run->patience ? step->timeout : run->patience;
	uint64_t start = platform_monotonic();
	for (;;) {
		AUTO(platform_free_names) struct platform_names names = { 0 };
		if (!platform_list_dir("/sys/class/infiniband", &names, err))
			return false;
		if (names.count) {
			snprintf(run->detail, sizeof(run->detail), "%s is there", names.names[0]);
			return true;
		}
		if (platform_stops())
			return err_set(err, ERR_INTERRUPTED, "stopped while waiting for a device");
		if (platform_monotonic() - start >= (uint64_t)limit * 1000)
			return err_set(err, ERR_CHECK, "no RDMA device showed up within %u seconds",
				       limit);
		platform_sleep(DEVICE_POLL_MS);
	}
}
