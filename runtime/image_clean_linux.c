/* SPDX-License-Identifier: MIT */
/*
 * image_clean_linux.c - --generalize: what belongs to one machine goes from an image (image.h).
 *
 * People mount parts of their own system into a root, such as apt's cache.  So nothing is removed
 * below a mount point that shows a part of a file system, or one that is mounted outside as well.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "image.h"

#define MOUNTS_SIZE_MAX (4u << 20)
#define DEPTH_MAX 100 /* each takes a path's length of stack */
#define OWN_FILE_MAX (64u << 10)

struct cleaning {
	struct job *job;
	struct buf mounts; /* /proc/self/mountinfo */
	size_t removed;
};

static void cleaning_done(struct cleaning *c)
{
	buf_done(&c->mounts);
}

/* --- mounts ------------------------------------------------------------------------------------ */

/* proc(5): a blank, tab, newline or backslash is written as a backslash and three octal digits. */
static void unescape(struct slice from, char out[PLATFORM_PATH_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < from.len && n + 1 < PLATFORM_PATH_MAX; i++) {
		const uint8_t *p = from.p + i;
		bool octal = *p == '\\' && from.len - i > 3;
		out[n++] = octal ? (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'))
				 : (char)*p;
		i += octal ? 3 : 0;
	}
	out[n] = '\0';
}

struct mount {
	struct slice device, part; /* "8:1"; "/" or what of the file system is shown */
	char point[PLATFORM_PATH_MAX];
};

/* The next line: third to fifth field. */
static bool next_mount(const char **text, struct mount *out)
{
	struct slice fields[5];
	const char *at = *text, *end = at + strcspn(at, "\n");
	if (!*at)
		return false;
	*text = end + (*end == '\n');
	for (size_t i = 0; i < 5; i++) {
		size_t n = strcspn(at, " \n");
		fields[i] = (struct slice) { (const uint8_t *)at, n };
		at += n + (at[n] == ' ');
	}
	out->device = fields[2];
	out->part = fields[3];
	unescape(fields[4], out->point);
	return true;
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || !path[n]);
}

static bool is_mounted_outside(const struct cleaning *c, struct slice device)
{
	const char *text = buf_str(&c->mounts);
	struct mount m;
	while (next_mount(&text, &m))
		if (slice_equal(m.device, device) && !is_below(m.point, c->job->root))
			return true;
	return false;
}

/* Is @path a mount point whose content is also somebody else's?  That is said. */
static bool is_foreign(const struct cleaning *c, const char *path)
{
	const char *text = buf_str(&c->mounts);
	struct mount m;
	while (next_mount(&text, &m))
		if (strcmp(m.point, path) == 0 &&
		    (!slice_equal(m.part, slice_str("/")) || is_mounted_outside(c, m.device))) {
			report_say(&c->job->report, "'%s' is left: it is mounted from elsewhere",
				   path);
			return true;
		}
	return false;
}

/* It, or what it is in: the root's own mount point is not asked about. */
static bool lies_elsewhere(const struct cleaning *c, const char *path)
{
	char at[PLATFORM_PATH_MAX];
	snprintf(at, sizeof(at), "%s", path);
	for (; strlen(at) > strlen(c->job->root); *strrchr(at, '/') = '\0')
		if (is_foreign(c, at))
			return true;
	return false;
}

/* --- removing ---------------------------------------------------------------------------------- */

static bool remove_name(struct cleaning *c, const char *path, struct err *err)
{
	c->removed++;
	return platform_remove_file(path, err);
}

/* All below @dir but directories, and those too without @keep; no link is followed. */
static bool empty_dir(struct cleaning *c, const char *dir, bool keep, unsigned depth,
		      struct err *err)
{
	AUTO(platform_free_names) struct platform_names names = { 0 };
	if (depth > DEPTH_MAX)
		return err_set(err, ERR_SYSTEM, "'%.100s...' is too deep", dir);
	if (!platform_list_dir(dir, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		char path[PLATFORM_PATH_MAX];
		struct stat st;
		int n = snprintf(path, sizeof(path), "%s/%s", dir, names.names[i]);
		if (n < 0 || (size_t)n >= sizeof(path) || lstat(path, &st))
			return err_set(err, ERR_SYSTEM, "cannot look at '%s'", path);
		if (is_foreign(c, path))
			continue;
		if (!S_ISDIR(st.st_mode)) {
			if (!remove_name(c, path, err))
				return false;
			continue;
		}
		if (!empty_dir(c, path, keep, depth + 1, err))
			return false;
		/* one that still holds something was left alone on purpose */
		if (!keep && rmdir(path) && errno != ENOTEMPTY && errno != EBUSY)
			return err_set(err, ERR_SYSTEM, "cannot remove '%s': %s", path,
				       strerror(errno));
	}
	return true;
}

enum how { FILES_BELOW, ALL_BELOW, ONE_FILE };

static const struct {
	const char *path;
	enum how how;
} places[] = {
	{ "/var/log/journal", ALL_BELOW }, /* in directories by machine id */
	{ "/var/log", FILES_BELOW },       /* ours, too; directories have owners and modes */
	{ "/var/lib/apt/lists", FILES_BELOW },
	{ "/var/cache/apt", FILES_BELOW },
	{ "/var/cache/dnf", ALL_BELOW },
	{ "/var/cache/yum", ALL_BELOW },
	{ "/var/cache/zypp", ALL_BELOW },
	{ "/var/lib/dhcp", FILES_BELOW }, /* leases */
	{ "/var/lib/dhclient", FILES_BELOW },
	{ "/var/lib/NetworkManager", FILES_BELOW },
	{ "/var/lib/cloud/instances", ALL_BELOW }, /* as `cloud-init clean` */
	{ "/var/lib/cloud/instance", ONE_FILE },
	{ "/var/lib/cloud/data", ALL_BELOW },
	{ "/var/lib/cloud/sem", ALL_BELOW },
	{ "/var/lib/systemd/random-seed", ONE_FILE },
	{ "/var/lib/systemd/credential.secret", ONE_FILE },
	{ "/root/.bash_history", ONE_FILE },
	{ "/tmp", ALL_BELOW },
	{ "/var/tmp", ALL_BELOW },
};

/* Where a file that is one machine's own is, and not mounted from elsewhere. */
static bool find_file(const struct cleaning *c, const char *place, char path[PLATFORM_PATH_MAX],
		      struct stat *st)
{
	return job_file_path(c->job, place, path, NULL) && lstat(path, st) == 0 &&
	       !S_ISDIR(st->st_mode) && !lies_elsewhere(c, path);
}

static bool clean_place(struct cleaning *c, const char *place, enum how how, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	struct stat st;
	if (how == ONE_FILE)
		return !find_file(c, place, path, &st) || remove_name(c, path, err);
	return job_path(c->job, place, path, err) &&
	       (!platform_exists(path) || lies_elsewhere(c, path) ||
		empty_dir(c, path, how == FILES_BELOW, 0, err));
}

/* machine-id(5): an empty one is filled at the boot, and the boot is no "first boot" of presets. */
static bool clean_machine_id(struct cleaning *c, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	struct stat st;
	if (find_file(c, "/var/lib/dbus/machine-id", path, &st) && S_ISREG(st.st_mode) &&
	    !remove_name(c, path, err))
		return false;
	if (!find_file(c, "/etc/machine-id", path, &st) || !st.st_size)
		return true;
	c->removed++;
	return platform_write_file(path, (struct slice) { 0 }, 0444, err);
}

/* What debootstrap copies from the machine that it runs on: gone where it still is that. */
static bool clean_copy(struct cleaning *c, const char *place, struct slice own, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	struct stat st;
	AUTO(buf_done) struct buf text = BUF_INIT(OWN_FILE_MAX);
	return !own.len || !find_file(c, place, path, &st) || !S_ISREG(st.st_mode) ||
	       !platform_read_file(path, &text, NULL) || !slice_equal(buf_slice(&text), own) ||
	       remove_name(c, path, err);
}

static bool clean_copies(struct cleaning *c, struct err *err)
{
	struct utsname u;
	char name[sizeof(u.nodename) + 2] = "";
	AUTO(buf_done) struct buf resolver = BUF_INIT(OWN_FILE_MAX);
	if (!platform_read_file("/etc/resolv.conf", &resolver, NULL))
		resolver.len = 0;
	if (uname(&u) == 0)
		snprintf(name, sizeof(name), "%s\n", u.nodename);
	return clean_copy(c, "/etc/hostname", slice_str(name), err) &&
	       clean_copy(c, "/etc/resolv.conf", buf_slice(&resolver), err);
}

bool image_clean(struct job *job, struct err *err)
{
	AUTO(cleaning_done) struct cleaning c = { .job = job, .mounts = BUF_INIT(MOUNTS_SIZE_MAX) };
	char detail[64];
	if (!job->root[0])
		return true;
	if (!platform_read_file("/proc/self/mountinfo", &c.mounts, err))
		return false;
	bool ok = clean_machine_id(&c, err) && clean_copies(&c, err);
	for (size_t i = 0; ok && i < sizeof(places) / sizeof(places[0]); i++)
		ok = clean_place(&c, places[i].path, places[i].how, err);
	if (!ok)
		return err_wrap(err, "generalizing");
	snprintf(detail, sizeof(detail), "%zu files removed", c.removed);
	report_step(&job->report, "generalize", "ok", detail);
	return true;
}
