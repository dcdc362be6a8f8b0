/* SPDX-License-Identifier: MIT */
/* machine_trust.c - see machine_trust.h. */
#include "machine_trust.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"

#define FILE_SIZE_MAX (1u << 20)

void machine_trust_done(struct machine_trust *m)
{
	free(m->policy_path);
	free(m->dir);
	free(m->seen_path);
	policy_done(&m->policy);
	seen_done(&m->seen);
	trust_free(m->trust);
	*m = (struct machine_trust) { 0 };
}

static bool name_files(const char *root, const char *file, struct machine_trust *m, struct err *err)
{
	const char *slash = file ? strrchr(file, '/') : NULL;
	int n = root ? asprintf(&m->policy_path, "%s/etc/ibbundle/policy.json", root)
		     : asprintf(&m->policy_path, "%s", file);
	if (n < 0) {
		m->policy_path = NULL;
		return err_no_memory(err);
	}
	n = root ? asprintf(&m->dir, "%s/etc/ibbundle/trust.d", root)
		 : asprintf(&m->dir, "%.*strust.d", slash ? (int)(slash - file + 1) : 0, file);
	if (n < 0) {
		m->dir = NULL;
		return err_no_memory(err);
	}
	if (root && asprintf(&m->seen_path, "%s/var/lib/ibbundle/" SEEN_FILE, root) < 0) {
		m->seen_path = NULL;
		return err_no_memory(err);
	}
	return true;
}

static bool exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 || errno != ENOENT;
}

static int is_of_trust(const struct dirent *e)
{
	return trust_file_kind(e->d_name) != TRUST_FILE_OTHER;
}

static bool add_file(struct machine_trust *m, const char *name, struct err *err)
{
	AUTO(auto_free) char *path = NULL;
	AUTO(buf_done) struct buf text = { 0 };
	if (asprintf(&path, "%s/%s", m->dir, name) < 0) {
		path = NULL;
		return err_no_memory(err);
	}
	return file_read(path, FILE_SIZE_MAX, &text, err) &&
	       (trust_file_kind(name) == TRUST_FILE_CRLS
			? trust_add_crls(m->trust, path, buf_slice(&text), err)
			: trust_add(m->trust, path, buf_slice(&text), err));
}

static bool read_dir(struct machine_trust *m, struct err *err)
{
	struct dirent **list = NULL;
	int n = scandir(m->dir, &list, is_of_trust, alphasort);
	if (n < 0)
		return errno == ENOENT || file_error(err, "read", m->dir);
	bool ok = true;
	for (int i = 0; i < n; i++) {
		ok = ok && add_file(m, list[i]->d_name, err);
		free(list[i]);
	}
	free(list);
	return ok;
}

static bool read_policy(struct machine_trust *m, struct err *err)
{
	AUTO(buf_done) struct buf text = { 0 };
	m->has_policy = true;
	return file_read(m->policy_path, POLICY_SIZE_MAX, &text, err) &&
	       policy_parse(m->policy_path, buf_slice(&text), &m->policy, err);
}

static bool read_seen(struct machine_trust *m, struct err *err)
{
	AUTO(buf_done) struct buf text = { 0 };
	if (!m->seen_path || !exists(m->seen_path))
		return seen_new(&m->seen, err);
	return file_read(m->seen_path, SEEN_SIZE_MAX, &text, err) &&
	       seen_parse(m->seen_path, buf_slice(&text), &m->seen, err) &&
	       seen_apply(&m->seen, m->trust, err);
}

bool machine_trust_open(const char *root, const char *file, bool must_exist,
			struct machine_trust *out, struct err *err)
{
	AUTO(machine_trust_done) struct machine_trust m = { .trust = trust_new(err) };
	if (!m.trust || !name_files(root, file, &m, err))
		return false;
	if ((must_exist || exists(m.policy_path)) && !read_policy(&m, err))
		return false;
	if (!read_dir(&m, err) || !policy_apply(&m.policy, m.dir, "/", m.trust, err) ||
	    !read_seen(&m, err))
		return false;
	*out = m;
	m = (struct machine_trust) { 0 };
	return true;
}
