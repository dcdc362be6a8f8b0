/* SPDX-License-Identifier: MIT */
/*
 * image_linux.c - see image.h: kernel and initramfs of an image, and what runs at its first boot.
 *
 * A unit of systemd starts a copy of this program that has all of the bundle but its blocks
 * (own_copy.h).  Other service managers find the program, and nothing that starts it.
 */
#include "image.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "own_copy.h"

#define INITRAMFS_TIMEOUT 1800

#define UNIT_NAME "ibbundle-first-boot.service"
#define UNIT_DIR "/etc/systemd/system"
#define WANTS_DIR UNIT_DIR "/multi-user.target.wants"
#define PROGRAM_DIR "/usr/libexec" /* where SELinux lets systemd start programs, too */
#define PROGRAM PROGRAM_DIR "/ibbundle-first-boot"

/*
 * What is judged is installed already, so a clock that is not set yet must not keep it from being
 * seen.  11: no InfiniBand function here, so it waits for a machine that has one.
 */
static const char unit_text[] =
	"[Unit]\n"
	"Description=Check the InfiniBand driver of this image on the real hardware\n"
	"After=local-fs.target systemd-modules-load.service systemd-udev-trigger.service\n"
	"[Service]\n"
	"Type=oneshot\n"
	"ExecStart=" PROGRAM " first-boot --ignore-clock\n"
	"SuccessExitStatus=11\n";

/* --- kernel and initramfs ---------------------------------------------------------------------- */

static bool is_there(const struct job *job, const char *path)
{
	char full[PLATFORM_PATH_MAX];
	return job_path(job, path, full, NULL) && platform_exists(full);
}

/* Where a kernel's modules are, or its initramfs. */
static const char *kernel_path(const char *format, const char *kernel, char out[PLATFORM_PATH_MAX])
{
	snprintf(out, PLATFORM_PATH_MAX, "%s%s", format, kernel);
	return out;
}

static bool check_kernel(const struct job *job, struct err *err)
{
	const char *kernel = job->args->kernel, *brings = job->plan.chosen->kernel;
	char path[PLATFORM_PATH_MAX];
	if (!kernel || (brings && strcmp(brings, kernel) == 0))
		return true;
	if (!strchr(kernel, '/') && is_there(job, kernel_path("/lib/modules/", kernel, path)))
		return true;
	return err_set(err, ERR_MISSING,
		       "kernel '%s' is not in the root, and '%s' does not bring it: install it "
		       "there first",
		       kernel, job->plan.chosen->id);
}

/* Of Debian's and its kin's programs, and of the others'; the former may start the latter. */
static bool initramfs_command(const struct job *job, const char *kernel, const char *argv[8],
			      char file[PLATFORM_PATH_MAX])
{
	if (is_there(job, "/usr/sbin/update-initramfs")) {
		bool there = is_there(job, kernel_path("/boot/initrd.img-", kernel, file));
		const char *const words[] = { "update-initramfs", there ? "-u" : "-c", "-k", kernel,
					      NULL };
		memcpy(argv, words, sizeof(words));
		return true;
	}
	if (!is_there(job, "/usr/bin/dracut") && !is_there(job, "/usr/sbin/dracut"))
		return false;
	/* without --no-hostonly it would be one for the machine that makes the image */
	snprintf(file, PLATFORM_PATH_MAX, "/boot/initramfs-%s.img", kernel);
	const char *const words[] = { "dracut", "--force", "--no-hostonly", file, kernel, NULL };
	memcpy(argv, words, sizeof(words));
	return true;
}

bool image_initramfs(struct step_run *run, struct err *err)
{
	struct job *job = run->job;
	const char *kernel = job->facts.kernel, *argv[8];
	char path[PLATFORM_PATH_MAX];
	if (!kernel[0] || !is_there(job, kernel_path("/lib/modules/", kernel, path)) ||
	    !initramfs_command(job, kernel, argv, path)) {
		report_step(&job->report, "initramfs", "skipped",
			    "no kernel, or no program for it");
		return true;
	}
	struct runner_request req = { .argv = argv, .dir = "/", .timeout = INITRAMFS_TIMEOUT };
	if (!step_program(run, &req, err))
		return err_wrap(err, "making the initramfs");
	if (run->exit_code)
		return err_set(err, ERR_STEP, "the initramfs: '%s' ended with %u: %s", argv[0],
			       (unsigned)run->exit_code, run->last_line);
	report_step(&job->report, "initramfs", "ok", kernel);
	return true;
}

bool image_check(struct job *job, struct err *err)
{
	return !job->root[0] || (check_kernel(job, err) && image_trust_check(job, err));
}

/* --- the first boot ---------------------------------------------------------------------------- */

static bool make_dir(const struct job *job, const char *dir, struct err *err)
{
	char full[PLATFORM_PATH_MAX];
	return job_path(job, dir, full, err) && platform_make_dirs(full, 0755, err);
}

static bool write_program(struct job *job, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	AUTO(buf_done) struct buf copy = BUF_INIT(OWN_COPY_MAX);
	return own_copy_make(&job->bundle, &copy, err) && make_dir(job, PROGRAM_DIR, err) &&
	       job_file_path(job, PROGRAM, path, err) &&
	       platform_write_file(path, buf_slice(&copy), 0755, err);
}

static bool write_unit(struct job *job, struct err *err)
{
	char path[PLATFORM_PATH_MAX], link[PLATFORM_PATH_MAX];
	if (!make_dir(job, WANTS_DIR, err) ||
	    !job_file_path(job, UNIT_DIR "/" UNIT_NAME, path, err) ||
	    !platform_write_file(path, slice_str(unit_text), 0644, err) ||
	    !job_file_path(job, WANTS_DIR "/" UNIT_NAME, link, err) ||
	    !platform_remove_file(link, err))
		return false;
	return symlink("../" UNIT_NAME, link) == 0 ||
	       err_set(err, ERR_SYSTEM, "cannot make the link '%s': %s", link, strerror(errno));
}

bool image_is_unfinished(const struct job *job, const struct state *last)
{
	const struct arguments *a = job->args;
	return job->root[0] && (a->anchors.count || a->policy || a->generalize ||
				(last->result && !last->first_boot.result));
}

bool image_finish(struct job *job, struct state *state, struct err *err)
{
	if (!job->root[0])
		return true;
	if (!image_trust_put(job, err))
		return false;
	if (!state->result || state->first_boot.result)
		return true;
	if (!write_program(job, err) || !write_unit(job, err))
		return err_wrap(err, "what runs at the first boot");
	state->first_boot = (struct state_first_boot) { "pending", "", 0 };
	report_step(&job->report, "first-boot", "ok", UNIT_NAME);
	return true;
}

bool image_forget(const struct job *job, struct err *err)
{
	static const char *const paths[] = { WANTS_DIR "/" UNIT_NAME, UNIT_DIR "/" UNIT_NAME,
					     PROGRAM };
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char path[PLATFORM_PATH_MAX];
		if (!job_file_path(job, paths[i], path, err) || !platform_remove_file(path, err))
			return false;
	}
	return true;
}
