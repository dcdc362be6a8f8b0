/* SPDX-License-Identifier: MIT */
/*
 * facts_gather_linux.c - facts on Linux: what is asked where.
 *
 *   /etc/os-release, dpkg's status, /lib/modules, statvfs         of the system that is installed into
 *   facts_stack_linux.c: headers, programs, other stacks          likewise
 *   facts_hardware_linux.c: PCI, VMBus, key-value pool, DMI, EFI  of the machine
 */
#include "facts_gather.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "facts_hardware.h"
#include "facts_text.h"
#include "rootpath.h"
#include "version.h"

#define SMALL_FILE_MAX (64u << 10)

/* Bounded read of a file in the system; an absent one is empty. */
static bool read_system_file(const char *root, const char *path, struct buf *out, struct err *err)
{
	char full[PLATFORM_PATH_MAX];
	struct err why = { 0 };
	if (!rootpath(root, path, full, err))
		return false;
	if (platform_read_file(full, out, &why) || why.code == ERR_NO)
		return true;
	if (err)
		*err = why;
	return false;
}

static bool system_has(const char *root, const char *path)
{
	char full[PLATFORM_PATH_MAX];
	struct stat st;
	return rootpath(root, path, full, NULL) && stat(full, &st) == 0;
}

static bool read_os(const char *root, struct facts *f, struct err *err)
{
	static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		AUTO(buf_done) struct buf text = BUF_INIT(SMALL_FILE_MAX);
		if (!read_system_file(root, paths[i], &text, err) ||
		    !facts_read_os_release(buf_slice(&text), f, err))
			return false;
		if (f->id[0])
			return true;
	}
	return true;
}

/* Does another process hold a lock on it? */
static bool is_locked(const char *root, const char *path)
{
	char full[PLATFORM_PATH_MAX];
	if (!rootpath(root, path, full, NULL))
		return false;
	int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	bool held = fcntl(fd, F_GETLK, &fl) == 0 && fl.l_type != F_UNLCK;
	close(fd);
	return held;
}

/* What a dpkg that was killed had not yet merged into its status. */
static bool read_updates(const char *root, struct facts *f, struct err *err)
{
	static const char dir[] = "/var/lib/dpkg/updates";
	char path[PLATFORM_PATH_MAX];
	AUTO(platform_free_names) struct platform_names names = { 0 };
	if (!rootpath(root, dir, path, err) || !platform_list_dir(path, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		AUTO(buf_done) struct buf text = BUF_INIT(DPKG_STATUS_MAX);
		if (names.names[i][strspn(names.names[i], "0123456789")])
			continue; /* one that is not complete */
		int n = snprintf(path, sizeof(path), "%s/%s", dir, names.names[i]);
		if (n < 0 || (size_t)n >= sizeof(path) ||
		    !read_system_file(root, path, &text, err) ||
		    !facts_update_dpkg_status(buf_slice(&text), f, err))
			return false;
	}
	return true;
}

static bool read_packages(const char *root, struct facts *f, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(DPKG_STATUS_MAX);
	if (!system_has(root, "/var/lib/dpkg/status")) {
		f->package_manager = system_has(root, "/usr/bin/rpm") ? "rpm" : "none";
		f->package_manager_locked = is_locked(root, "/var/lib/rpm/.rpm.lock");
		return true;
	}
	f->package_manager = "dpkg";
	f->package_manager_locked = is_locked(root, "/var/lib/dpkg/lock-frontend") ||
				    is_locked(root, "/var/lib/dpkg/lock");
	if (!read_system_file(root, "/var/lib/dpkg/status", &text, err) ||
	    !facts_read_dpkg_status(buf_slice(&text), f, err) || !read_updates(root, f, err))
		return err_wrap(err, "the list of installed packages");
	return true;
}

/* An image has no running kernel: the newest that is installed counts. */
static bool newest_kernel(const char *root, struct facts *f, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	AUTO(platform_free_names) struct platform_names names = { 0 };
	if (!rootpath(root, "/lib/modules", path, err) || !platform_list_dir(path, &names, err))
		return false;
	const char *newest = NULL;
	for (size_t i = 0; i < names.count; i++)
		if (!newest || version_compare(names.names[i], newest) > 0)
			newest = names.names[i];
	if (newest && !(f->kernel = facts_keep(f, slice_str(newest))))
		return err_no_memory(err);
	return true;
}

/* The machine that a root's programs are for, from the ELF header of its package manager. */
static const char *image_arch(const char *root)
{
	static const char *const programs[] = { "/usr/bin/dpkg", "/bin/sh", "/usr/bin/rpm" };
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		char path[PLATFORM_PATH_MAX];
		uint8_t head[20] = { 0 };
		if (!rootpath(root, programs[i], path, NULL))
			continue;
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);
		if (fd >= 0)
			close(fd);
		if (n != sizeof(head) || memcmp(head, "\177ELF", 4) != 0)
			continue;
		unsigned machine = head[5] == 2 ? (unsigned)(head[18] << 8 | head[19])
						: (unsigned)(head[19] << 8 | head[18]);
		return machine == 62    ? "x86_64"
		       : machine == 183 ? "aarch64"
		       : machine == 3   ? "i386"
		       : machine == 40  ? "armhf"
					: "unknown";
	}
	return NULL;
}

const char *facts_native_arch(void)
{
	static struct utsname u;
	return uname(&u) ? "unknown" : u.machine;
}

static bool read_kernel_and_arch(const struct facts_where *w, struct facts *f, struct err *err)
{
	struct utsname u;
	if (uname(&u))
		return err_set(err, ERR_SYSTEM, "the system does not tell its name");
	const char *arch = w->machine ? w->machine : u.machine;
	if (w->image) {
		arch = image_arch(w->system);
		arch = arch ? arch : "unknown";
	}
	f->arch = facts_keep(f, slice_str(arch));
	if (!f->arch)
		return err_no_memory(err);
	if (w->image && !w->kernel)
		return newest_kernel(w->system, f, err);
	f->kernel = facts_keep(f, slice_str(w->kernel ? w->kernel : u.release));
	return f->kernel || err_no_memory(err);
}

static bool read_space(const struct facts_where *w, struct facts *f, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	struct platform_space space;
	if (!rootpath(w->system, w->staging, path, err) || !platform_space(path, &space, err))
		return false;
	f->space_staging = space.free_bytes;
	if (!rootpath(w->system, "/usr", path, err) || !platform_space(path, &space, err))
		return false;
	f->space_system = space.free_bytes;
	return true;
}

/* In a chroot or container there is no hardware of one's own, and often no service manager. */
static bool is_contained(const char *root)
{
	static const char *const marks[] = { "/.dockerenv", "/run/.containerenv",
					     "/run/systemd/container" };
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (system_has(root, marks[i]))
			return true;
	struct stat here, first;
	return !root[0] && stat("/", &here) == 0 && stat("/proc/1/root/.", &first) == 0 &&
	       (here.st_dev != first.st_dev || here.st_ino != first.st_ino);
}

bool facts_gather(const struct facts_where *where, struct facts *out, struct err *err)
{
	AUTO(facts_done)
	struct facts f = { .os = "linux", .id = "", .version_id = "", .pretty_name = "" };
	f.kernel = f.arch = "";
	f.package_manager = "none";
	f.doc = json_parse("facts", slice_str("[]"), err); /* only a place for strings */
	if (!f.doc || !read_os(where->system, &f, err) || !read_kernel_and_arch(where, &f, err) ||
	    !read_packages(where->system, &f, err) || !read_space(where, &f, err) ||
	    (where->hardware && !facts_read_hardware(where->hardware, &f, err)) ||
	    !facts_gather_stack(where, &f, err))
		return err_wrap(err, "facts");
	f.chroot = where->image || is_contained(where->system);
	*out = f;
	f = (struct facts) { 0 };
	return true;
}
