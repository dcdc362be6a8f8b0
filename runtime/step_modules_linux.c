/* SPDX-License-Identifier: MIT */
/*
 * step_modules_linux.c - kernel modules that a vendor's package brought: did dkms build them, and does
 * the kernel run them already?
 *
 * dkms keeps what it built in /var/lib/dkms/NAME/VERSION/KERNEL/ARCH/module/, and links
 * /var/lib/dkms/NAME/kernel-KERNEL-ARCH to it while that is installed.  A package's scripts often hide
 * that a build failed, so it is looked at.
 *
 * A loaded module tells its srcversion and version in /sys/module/NAME/; `modinfo` tells those of
 * the one that would be loaded.
 */
#include <stddef.h>
#include <string.h>

#include "step.h"

#define DKMS "/var/lib/dkms"
#define MODINFO_TIMEOUT 30
#define VALUE_MAX 256

/* --- dkms -------------------------------------------------------------------------------------- */

static bool exists(const struct job *job, const char *path)
{
	char full[PLATFORM_PATH_MAX];
	return job_path(job, path, full, NULL) && platform_exists(full);
}

static bool is_built(const struct job *job, const char *name, const char *version)
{
	char path[PLATFORM_PATH_MAX], full[PLATFORM_PATH_MAX];
	AUTO(platform_free_names) struct platform_names files = { 0 };
	snprintf(path, sizeof(path), DKMS "/%s/%s/%s/%s/module", name, version, job->facts.kernel,
		 job->facts.arch);
	if (!job_path(job, path, full, NULL) || !platform_list_dir(full, &files, NULL))
		return false;
	for (size_t i = 0; i < files.count; i++)
		if (strstr(files.names[i], ".ko"))
			return true;
	return false;
}

/* Why it is not installed: the log of its newest build says the rest. */
static bool say_not_installed(const struct job *job, const char *name, struct err *err)
{
	char path[PLATFORM_PATH_MAX], full[PLATFORM_PATH_MAX];
	const char *version = NULL;
	AUTO(platform_free_names) struct platform_names names = { 0 };
	snprintf(path, sizeof(path), DKMS "/%s", name);
	if (!job_path(job, path, full, err) || !platform_list_dir(full, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		const char *v = names.names[i];
		if (strncmp(v, "kernel-", 7) == 0 || strcmp(v, "original_module") == 0)
			continue;
		if (is_built(job, name, v))
			return err_set(
				err, ERR_CHECK,
				"module '%s' %s is built for kernel %s and not installed: run "
				"'dkms install %s/%s -k %s'",
				name, v, job->facts.kernel, name, v, job->facts.kernel);
		version = v;
	}
	if (!version)
		return err_set(err, ERR_CHECK, "dkms does not know module '%s'", name);
	return err_set(err, ERR_CHECK,
		       "module '%s' %s was not built for kernel %s: see " DKMS
		       "/%s/%s/build/make.log",
		       name, version, job->facts.kernel, name, version);
}

bool step_dkms(const struct step *step, struct step_run *run, struct err *err)
{
	const struct job *job = run->job;
	if (!job->facts.kernel[0]) {
		run->skipped = true;
		snprintf(run->detail, sizeof(run->detail), "there is no kernel here");
		return true;
	}
	for (size_t i = 0; i < step->arg_count; i++) {
		char path[PLATFORM_PATH_MAX];
		snprintf(path, sizeof(path), DKMS "/%s/kernel-%s-%s", step->args[i],
			 job->facts.kernel, job->facts.arch);
		if (!exists(job, path))
			return say_not_installed(job, step->args[i], err);
	}
	snprintf(run->detail, sizeof(run->detail),
		 "%zu modules are built and installed for kernel %s", step->arg_count,
		 job->facts.kernel);
	return true;
}

/* --- loaded and installed ---------------------------------------------------------------------- */

/* Which build of a module: of all the fields that tell, "" where one is not there. */
struct build {
	char srcversion[VALUE_MAX], version[VALUE_MAX];
};

static void read_sysfs(const char *module, const char *name, char out[VALUE_MAX])
{
	char path[PLATFORM_PATH_MAX];
	AUTO(buf_done) struct buf text = BUF_INIT(VALUE_MAX - 1);
	snprintf(path, sizeof(path), "/sys/module/%s/%s", module, name);
	out[0] = '\0';
	if (platform_read_file(path, &text, NULL) && text.len)
		snprintf(out, VALUE_MAX, "%.*s", (int)strcspn(buf_str(&text), "\n"),
			 buf_str(&text));
}

/* "mlx5-core" is "mlx5_core" once it is loaded. */
static bool is_loaded(const char *name, char module[VALUE_MAX])
{
	char path[PLATFORM_PATH_MAX];
	snprintf(module, VALUE_MAX, "%s", name);
	for (char *c = module; *c; c++)
		if (*c == '-')
			*c = '_';
	/* a module that is built in has a directory too, but no initstate */
	snprintf(path, sizeof(path), "/sys/module/%s/initstate", module);
	return platform_exists(path);
}

static void on_field(void *ctx, const char *text)
{
	struct build *b = ctx;
	static const struct {
		const char *key;
		size_t offset;
	} fields[] = { { "srcversion:", offsetof(struct build, srcversion) },
		       { "version:", offsetof(struct build, version) } };
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		size_t n = strlen(fields[i].key);
		if (strncmp(text, fields[i].key, n) == 0)
			snprintf((char *)b + fields[i].offset, VALUE_MAX, "%s",
				 text + n + strspn(text + n, " \t"));
	}
}

static bool ask_modinfo(struct step_run *run, const char *name, struct build *out, bool *known,
			struct err *err)
{
	const char *argv[] = { "modinfo", name, NULL };
	struct runner_events ev = { on_field, NULL, out };
	struct runner_request req = { .argv = argv, .dir = "/", .timeout = MODINFO_TIMEOUT };
	struct runner_result res;
	*out = (struct build) { 0 };
	if (!runner_run(run->job->runner, &req, &ev, &res, err))
		return false;
	*known = res.exit_code == 0;
	return true;
}

/* The first loaded module that is not the installed one; NULL: all are. */
static bool find_stale(const struct step *step, struct step_run *run, const char **stale,
		       struct err *err)
{
	*stale = NULL;
	for (size_t i = 0; i < step->name_count; i++) {
		struct build loaded, installed;
		char module[VALUE_MAX];
		bool known;
		if (!is_loaded(step->args[i], module))
			continue;
		read_sysfs(module, "srcversion", loaded.srcversion);
		read_sysfs(module, "version", loaded.version);
		if (!ask_modinfo(run, step->args[i], &installed, &known, err))
			return false;
		if (known && strcmp(loaded.srcversion, installed.srcversion) == 0 &&
		    strcmp(loaded.version, installed.version) == 0)
			continue;
		report_log(&run->job->report, "module '%s': loaded '%s' '%s', installed '%s' '%s'",
			   step->args[i], loaded.version, loaded.srcversion,
			   known ? installed.version : "none", installed.srcversion);
		*stale = step->args[i];
		return true;
	}
	return true;
}

/* --- restart, or reboot ------------------------------------------------------------------------ */

/* An Ethernet function that the same family drives: taking the driver away cuts this machine off. */
static const struct facts_nic *network_of_ours(const struct facts *f)
{
	for (size_t i = 0; i < f->nic_count; i++)
		if (f->nics[i].link != LINK_INFINIBAND && f->nics[i].driver && !f->nics[i].ghost)
			return &f->nics[i];
	return NULL;
}

static bool need_reboot(struct step_run *run, const char *stale, const char *why)
{
	run->reboot = true;
	snprintf(run->detail, sizeof(run->detail),
		 "the loaded module '%.64s' is not the installed one%.300s: reboot needed", stale,
		 why);
	return true;
}

/* True when what had to be done is done; a restart that fails leaves it to a reboot. */
static bool restart(const struct step *step, struct step_run *run, const char *stale,
		    struct err *err)
{
	const char *const *argv = step->args + step->name_count;
	struct runner_events ev = step_events(run);
	struct runner_request req = { .argv = argv, .dir = "/", .timeout = step->timeout };
	struct runner_result res;
	char why[STEP_DETAIL_SIZE];
	report_log(&run->job->report, "running '%s'", argv[0]);
	if (!runner_run(run->job->runner, &req, &ev, &res, err))
		return false;
	if (res.exit_code) {
		snprintf(why, sizeof(why), ", and '%s' ended with %d", argv[0], res.exit_code);
		return need_reboot(run, stale, why);
	}
	if (!find_stale(step, run, &stale, err))
		return false;
	if (stale)
		return need_reboot(run, stale, " after a restart either");
	snprintf(run->detail, sizeof(run->detail), "restarted by '%s'", argv[0]);
	return true;
}

bool step_modules(const struct step *step, struct step_run *run, struct err *err)
{
	const struct job *job = run->job;
	const char *stale = NULL;
	if (job->root[0] || job->facts.chroot) {
		run->skipped = true;
		snprintf(run->detail, sizeof(run->detail), "no modules are loaded %s",
			 job->root[0] ? "in an image root" : "by a chroot or a container");
		return true;
	}
	if (!find_stale(step, run, &stale, err))
		return false;
	if (!stale) {
		snprintf(run->detail, sizeof(run->detail),
			 "what is loaded of %zu modules is what is installed", step->name_count);
		return true;
	}
	const struct facts_nic *nic = network_of_ours(&job->facts);
	char why[VALUE_MAX];
	if (nic) {
		snprintf(why, sizeof(why), ", and %s, the network, runs on '%s'", nic->address,
			 nic->driver);
		return need_reboot(run, stale, why);
	}
	if (step->arg_count == step->name_count)
		return need_reboot(run, stale, "");
	return restart(step, run, stale, err);
}
