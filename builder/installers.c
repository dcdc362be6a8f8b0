/* SPDX-License-Identifier: MIT */
/* installers.c - see installers.h. */
#include "installers.h"

#include <string.h>

#include "version.h"

#define ARGS_MAX 16
#define SECONDS_OFED 3600
#define SECONDS_WINOF 1800

/* What mlnxofedinstall says by its exit code. */
static const char meaning[] =
	"{\"1\":\"it failed; its own log says where\","
	"\"2\":\"it wanted to burn firmware, and there is none for this adapter\","
	"\"22\":\"it does not know one of its options\",\"28\":\"there is not enough space in "
	"/usr\","
	"\"171\":\"the hardware that it is for is not there\","
	"\"172\":\"something that it needs is missing\",\"173\":\"its mst driver did not start\","
	"\"174\":\"other packages depend on what it must remove\"}";

/* What an administrator would set by hand afterwards. */
static const char after[] =
	"[{\"file\":{\"path\":\"/etc/modules-load.d/ibbundle.conf\",\"text\":\"ib_ipoib\\n\"}},"
	"{\"file\":{\"path\":\"/etc/security/limits.d/90-ibbundle.conf\","
	"\"text\":\"* soft memlock unlimited\\n* hard memlock unlimited\\n\"}},"
	"{\"setting\":{\"file\":\"/etc/waagent.conf\",\"key\":\"OS.EnableRDMA\",\"value\":\"y\"}}]";

static const char modules_4[] = "[{\"modules\":{\"names\":[\"mlx4_core\",\"mlx4_ib\",\"ib_core\"],"
				"\"restart\":[\"/etc/init.d/openibd\",\"force-restart\"]}}]";
static const char modules_5[] = "[{\"modules\":{\"names\":[\"mlx5_core\",\"mlx5_ib\",\"ib_core\"],"
				"\"restart\":[\"/etc/init.d/openibd\",\"force-restart\"]}}]";

/* The installer for Debian's kind builds by dkms; missing packages it would fetch. */
static const char needs_deb[] =
	"{\"headers\":true,\"tools\":[\"autoconf\",\"automake\",\"dkms\",\"gcc\",\"lsof\","
	"\"lspci\","
	"\"make\",\"perl\",\"quilt\"],\"packages\":[\"autotools-dev\",\"chrpath\",\"debhelper\","
	"\"graphviz\",\"libc6-dev\",\"libltdl-dev\",\"m4\",\"swig\"]}";
/* That for rpm brings modules, and ends with 172 where a package is missing. */
static const char needs_rpm[] =
	"{\"tools\":[\"ethtool\",\"lsof\",\"lspci\",\"make\",\"perl\",\"python3\"]}";
static const char needs_rpm_7[] = "{\"tools\":[\"ethtool\",\"lsof\",\"lspci\",\"make\",\"perl\"]}";
static const char *const builders[] = { "gcc", "make", "patch", "rpmbuild", NULL };

/* --- pieces ------------------------------------------------------------------------------------- */

/* The members or elements of one of the texts above, put into @into. */
static bool add_parts(struct json *j, struct json_value *into, const char *text, struct err *err)
{
	AUTO(json_auto_free) struct json *parts = json_parse("a step", slice_str(text), err);
	if (!parts)
		return false;
	for (const struct json_value *v = json_first(json_top(parts)); v; v = json_next(v))
		json_add_copy(j, into, json_key(v), v);
	return true;
}

static void add_texts(struct json *j, struct json_value *list, const char *const *texts)
{
	for (; *texts; texts++)
		json_add_string(j, list, NULL, *texts);
}

static struct json_value *add_run(struct json *j, struct json_value *steps, const char *const *args)
{
	struct json_value *step = json_add_object(j, steps, NULL);
	add_texts(j, json_add_array(j, step, "run"), args);
	return step;
}

static void add_device_check(struct json *j, struct json_value *checks)
{
	json_add_object(j, json_add_object(j, checks, NULL), "device");
}

/* --- MLNX_OFED ------------------------------------------------------------------------------------ */

static bool is_deb(const struct installer *what)
{
	return strncmp(what->variant, "ubuntu", 6) == 0 || strncmp(what->variant, "debian", 6) == 0;
}

/* Before 5.1 there is ConnectX-3. */
static bool is_old(const struct installer *what)
{
	return version_compare(what->version, "5.1") < 0;
}

/* Kernels that its modules were not built for: older and newer ones. */
static const char *const outside[] = { "<", ">", NULL };

static const char *needs_of(const struct installer *what)
{
	return is_deb(what)                              ? needs_deb
	       : strncmp(what->variant, "rhel7", 5) == 0 ? needs_rpm_7
							 : needs_rpm;
}

static bool add_ofed_needs(struct json *j, struct json_value *package, const struct installer *what,
			   struct texts *t, struct err *err)
{
	static const char *const old[] = { "mlx4_core", "mlx4_ib", "ib_core", NULL };
	static const char *const newer[] = { "mlx5_core", "mlx5_ib", "ib_core", NULL };
	struct json_value *needs = json_add_array(j, package, "needs");
	struct json_value *all = json_add_object(j, needs, NULL);
	if (!add_parts(j, all, needs_of(what), err))
		return false;
	json_add_bool(j, all, "unsigned_modules", true);
	add_texts(j, json_add_array(j, all, "modules"), is_old(what) ? old : newer);
	json_add_bool(j, all, "replaces_stack", true);
	if (what->kernel_devel) /* which brings the headers itself */
		add_texts(j, json_add_array(j, json_add_object(j, needs, NULL), "tools"), builders);
	for (size_t i = 0; what->kernels && !what->kernel_devel && outside[i]; i++) {
		struct json_value *one = json_add_object(j, needs, NULL);
		json_add_string(j, json_add_object(j, one, "match"), "kernel",
				texts_printf(t, "%s %s", outside[i], what->kernels));
		json_add_bool(j, one, "headers", true);
		add_texts(j, json_add_array(j, one, "tools"), builders);
	}
	return true;
}

/* Rebuilt for the kernel that runs, where it can be. */
static void add_rebuilds(struct json *j, struct json_value *step, const struct installer *what,
			 struct texts *t)
{
	static const char *const args[] = { "--add-kernel-support",         "-k", "${kernel}", "-s",
					    "/lib/modules/${kernel}/build", NULL };
	struct json_value *also = json_add_array(j, step, "also");
	for (size_t i = 0; outside[i]; i++) {
		struct json_value *one = json_add_object(j, also, NULL);
		struct json_value *match = json_add_object(j, one, "match");
		json_add_string(j, match, "kernel",
				texts_printf(t, "%s %s", outside[i], what->kernels));
		json_add_string(j, match, "headers", "on");
		add_texts(j, json_add_array(j, match, "tools"), builders);
		add_texts(j, json_add_array(j, one, "args"), args);
	}
}

/*
 * No firmware: a virtual function takes none.  From 5.1 on the installer for rpm refuses machines with
 * an older device beside it unless told not to look; before, it does not know the option.
 */
static bool add_installer_run(struct json *j, struct json_value *install,
			      const struct installer *what, struct texts *t, struct err *err)
{
	size_t stem = strlen(what->file) - strlen(".tgz");
	const char *args[ARGS_MAX] = { texts_printf(t, "./ofed/%.*s/mlnxofedinstall", (int)stem,
						    what->file),
				       "-q",
				       "--force",
				       "--without-fw-update",
				       "--skip-repo",
				       "--tmpdir",
				       "${staging}" };
	size_t n = 7;
	if (is_deb(what)) { /* by dkms, for this kernel */
		args[n++] = "--without-depcheck";
		args[n++] = "-k";
		args[n++] = "${kernel}";
		args[n++] = "-s";
		args[n++] = "/lib/modules/${kernel}/build";
	} else if (!is_old(what)) {
		args[n++] = "--skip-unsupported-devices-check";
	}
	if (what->kernel_devel) {
		args[n++] = "--add-kernel-support";
		args[n++] = "--kernel";
		args[n++] = what->kernel_devel;
		args[n++] = "--kernel-sources";
		args[n++] = texts_printf(t, "/usr/src/kernels/%s", what->kernel_devel);
	}
	struct json_value *step = add_run(j, install, args);
	if (what->kernels && !what->kernel_devel)
		add_rebuilds(j, step, what, t);
	json_add_u64(j, step, "timeout", SECONDS_OFED);
	return add_parts(j, json_add_object(j, step, "meaning"), meaning, err);
}

static bool add_ofed(struct json *j, struct json_value *package, const struct installer *what,
		     struct texts *t, struct err *err)
{
	static const char *const remove[] = { "ofed_uninstall.sh", "--force", NULL };
	static const char *const dkms[] = { "mlnx-ofed-kernel", NULL };
	if (!add_ofed_needs(j, package, what, t, err))
		return false;
	struct json_value *install = json_add_array(j, package, "install");
	if (what->kernel_devel) {
		const char *rpm[] = { "rpm", "-i", "--replacepkgs", what->kernel_devel_rpm, NULL };
		add_run(j, install, rpm);
	}
	if (!add_installer_run(j, install, what, t, err) || !add_parts(j, install, after, err) ||
	    !add_parts(j, install, is_old(what) ? modules_4 : modules_5, err))
		return false;
	struct json_value *check = json_add_array(j, package, "check");
	if (is_deb(what))
		add_texts(j, json_add_array(j, json_add_object(j, check, NULL), "dkms"), dkms);
	add_device_check(j, check);
	json_add_u64(j, add_run(j, json_add_array(j, package, "uninstall"), remove), "timeout",
		     SECONDS_OFED);
	return true;
}

/* --- WinOF and WinOF-2 ---------------------------------------------------------------------------- */

static void add_winof(struct json *j, struct json_value *package, const struct installer *what,
		      struct texts *t)
{
	const char *product = strcmp(what->driver, "winof-2") == 0 ? "MLNX_WinOF2" : "MLNX_VPI";
	const char *args[] = { texts_printf(t, "./%s", what->file), NULL };
	struct json_value *step = add_run(j, json_add_array(j, package, "install"), args);
	json_add_string(j, step, "cmdline",
			"/S /v\"/qn /norestart /l*vx winof.log MT_SKIPFWUPGRD=1\"");
	json_add_string(j, step, "log", "winof.log");
	json_add_u64(j, step, "timeout", SECONDS_WINOF);
	struct json_value *reboot = json_add_array(j, step, "reboot");
	json_add_u64(j, reboot, NULL, 3010);
	json_add_u64(j, reboot, NULL, 1641);
	struct json_value *check = json_add_array(j, package, "check");
	struct json_value *software =
		json_add_object(j, json_add_object(j, check, NULL), "software");
	json_add_string(j, software, "name", product);
	json_add_string(j, software, "at_least", what->version);
	add_device_check(j, check);
	struct json_value *remove =
		json_add_object(j, json_add_array(j, package, "uninstall"), NULL);
	json_add_string(j, remove, "remove", product);
}

bool installers_add(struct json *j, struct json_value *package, const struct installer *what,
		    struct texts *texts, struct err *err)
{
	if (strcmp(what->driver, "mlnx-ofed") == 0)
		return add_ofed(j, package, what, texts, err);
	add_winof(j, package, what, texts);
	return true;
}
