/* SPDX-License-Identifier: MIT */
/*
 * facts_stack_linux.c - can a driver be built, loaded and installed?  Headers, programs, modules that
 * the kernel has for good, other stacks, file systems: all from files, nothing is run.
 */
#include <string.h>
#include <sys/stat.h>

#include "facts_gather.h"
#include "facts_text.h"
#include "needs.h"
#include "rootpath.h"

#define BUILTIN_SIZE_MAX (4u << 20)
#define OFED_INFO_SIZE_MAX (4u << 20)

static bool has(const struct facts_where *w, const char *path)
{
	char full[PLATFORM_PATH_MAX];
	struct stat st;
	return rootpath(w->system, path, full, NULL) && stat(full, &st) == 0;
}

/* Bounded; "" when it is not there or can't be read: then it says nothing. */
static void read_text(const struct facts_where *w, const char *path, struct buf *out)
{
	char full[PLATFORM_PATH_MAX];
	if (!rootpath(w->system, path, full, NULL) || !platform_read_file(full, out, NULL))
		out->len = 0;
}

/* --- kernel ------------------------------------------------------------------------------------ */

static bool read_kernel(const struct facts_where *w, struct facts *f, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	AUTO(buf_done) struct buf text = BUF_INIT(BUILTIN_SIZE_MAX);
	if (!f->kernel[0] || strchr(f->kernel, '/'))
		return true;
	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", f->kernel);
	f->kernel_headers = has(w, path) ? ANSWER_YES : ANSWER_NO;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", f->kernel);
	if (!has(w, path))
		return true;
	read_text(w, path, &text);
	return facts_read_builtin(buf_slice(&text), f, err);
}

/* --- programs ---------------------------------------------------------------------------------- */

static bool has_program(const struct facts_where *w, const char *name)
{
	static const char *const dirs[] = { "/usr/bin", "/usr/sbin", "/bin", "/sbin",
					    "/usr/libexec" };
	char path[256];
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dirs[i], name);
		if (has(w, path))
			return true;
	}
	return false;
}

static bool read_tools(const struct facts_where *w, struct facts *f, struct err *err)
{
	for (const struct needs_tool *t = needs_tools; t->name; t++)
		if ((has_program(w, t->name) || (t->other && has_program(w, t->other))) &&
		    !facts_names_add(&f->tools, t->name, err))
			return false;
	f->tools.known = true;
	return true;
}

/* --- other stacks ------------------------------------------------------------------------------ */

static bool read_stack(const struct facts_where *w, struct facts *f, struct err *err)
{
	static const char *const packages[] = { "mlnx-ofed-kernel-dkms", "mlnx-ofed-kernel-modules",
						"doca-ofed" };
	static const char *const dirs[] = { "/var/lib/dkms/mlnx-ofa_kernel",
					    "/usr/src/ofa_kernel" };
	char name[256];
	AUTO(buf_done) struct buf text = BUF_INIT(OFED_INFO_SIZE_MAX);
	read_text(w, "/usr/bin/ofed_info", &text);
	if (!facts_read_ofed_info(buf_slice(&text), f, err))
		return false;
	if (f->vendor_stack)
		return true;
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++) {
		const struct facts_package *p = facts_find_package(f, packages[i], "all");
		if (!p)
			continue;
		snprintf(name, sizeof(name), "%.100s %.100s", p->name, p->version);
		f->vendor_stack = facts_keep(f, slice_str(name));
		return f->vendor_stack || err_no_memory(err);
	}
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (has(w, dirs[i])) {
			f->vendor_stack = "mlnx-ofa_kernel";
			return true;
		}
	return true;
}

/* --- package manager --------------------------------------------------------------------------- */

/* dpkg merges updates/ into its status when it ends: numbered files there say that it did not. */
static bool dpkg_was_cut(const struct facts_where *w)
{
	char path[PLATFORM_PATH_MAX];
	AUTO(platform_free_names) struct platform_names names = { 0 };
	if (!rootpath(w->system, "/var/lib/dpkg/updates", path, NULL) ||
	    !platform_list_dir(path, &names, NULL))
		return false;
	for (size_t i = 0; i < names.count; i++)
		if (!names.names[i][strspn(names.names[i], "0123456789")])
			return true;
	return false;
}

static void read_manager(const struct facts_where *w, struct facts *f)
{
	static const char *const databases[] = {
		"/var/lib/rpm/Packages",
		"/var/lib/rpm/rpmdb.sqlite",
		"/var/lib/rpm/Packages.db",
		"/usr/lib/sysimage/rpm/Packages",
		"/usr/lib/sysimage/rpm/rpmdb.sqlite",
		"/usr/lib/sysimage/rpm/Packages.db",
	};
	if (strcmp(f->package_manager, "dpkg") == 0 && dpkg_was_cut(w))
		f->package_manager_broken = "dpkg was interrupted: run 'dpkg --configure -a'";
	if (strcmp(f->package_manager, "rpm") != 0)
		return;
	for (size_t i = 0; i < sizeof(databases) / sizeof(databases[0]); i++)
		if (has(w, databases[i]))
			return;
	f->package_manager_broken = "rpm has no database: run 'rpm --rebuilddb'";
}

/* --- file systems ------------------------------------------------------------------------------ */

static enum facts_answer answer(bool yes)
{
	return yes ? ANSWER_YES : ANSWER_NO;
}

static bool read_mounts(const struct facts_where *w, struct facts *f, struct err *err)
{
	const char *const paths[] = { w->staging, "/var/lib/dpkg", "/usr" };
	struct platform_space at[3];
	for (size_t i = 0; i < 3; i++) {
		char path[PLATFORM_PATH_MAX];
		if (!rootpath(w->system, paths[i], path, err) || !platform_space(path, &at[i], err))
			return false;
	}
	f->staging_noexec = answer(at[0].no_exec || at[1].no_exec);
	f->staging_read_only = answer(at[0].read_only);
	f->system_read_only = answer(at[1].read_only || at[2].read_only);
	f->space_shared = answer(at[0].device == at[2].device);
	return true;
}

bool facts_gather_stack(const struct facts_where *where, struct facts *f, struct err *err)
{
	if (!read_kernel(where, f, err) || !read_tools(where, f, err) || !read_stack(where, f, err))
		return false;
	read_manager(where, f);
	return read_mounts(where, f, err);
}
