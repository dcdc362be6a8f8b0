/* SPDX-License-Identifier: MIT */
/*
 * step_settings_linux.c - single files and settings of the system, and back (settings.h).
 *
 * Every change stands in the journal before it is made, with what was there: whatever cuts the run
 * off, what it did is known.  Undoing looks first whether the change still stands as it was made.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "setting_text.h"
#include "settings.h"
#include "step.h"
#include "utf8.h"

/* Where a path of the system really is: a link is followed, and what it leads to is changed. */
static bool real_path(const struct job *job, const char *path, char out[PLATFORM_PATH_MAX],
		      struct err *err)
{
	if (!job_path(job, path, out, err) || job->root[0])
		return out[0] != '\0';
	AUTO(auto_free) char *real = realpath(path, NULL);
	if (real && strlen(real) < PLATFORM_PATH_MAX)
		memcpy(out, real, strlen(real) + 1);
	return true;
}

/* *there is false where there is none; one that can't be read is an error. */
static bool read_file(const char *path, struct buf *out, bool *there, struct err *err)
{
	struct err why = { 0 };
	*there = platform_read_file(path, out, &why);
	if (*there || why.code == ERR_NO)
		return true;
	return err_set(err, why.code, "%s", why.msg);
}

/* New content; mode and owner stay those of the file that is there. */
static bool replace_file(const char *path, struct slice text, struct err *err)
{
	struct stat st;
	if (stat(path, &st))
		return err_set(err, ERR_SYSTEM, "cannot look at '%s': %s", path, strerror(errno));
	if (!platform_write_file(path, text, st.st_mode & 07777u, err))
		return false;
	if ((st.st_uid || st.st_gid) && chown(path, st.st_uid, st.st_gid))
		return err_set(err, ERR_SYSTEM, "cannot give '%s' back to its owner: %s", path,
			       strerror(errno));
	return true;
}

static bool make_parent(const char *path, struct err *err)
{
	char dir[PLATFORM_PATH_MAX];
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return true;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	return platform_make_dirs(dir, 0755, err);
}

/* Into the journal, on disk. */
static bool note_change(struct step_run *run, struct state_setting setting, struct err *err)
{
	struct state *journal = run->journal;
	struct state_setting kept = { .nth = setting.nth };
	const struct {
		const char *from, **to;
	} texts[] = { { setting.path, &kept.path },
		      { setting.key, &kept.key },
		      { setting.text, &kept.text },
		      { setting.was, &kept.was } };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].from &&
		    !(*texts[i].to = state_keep(journal, slice_str(texts[i].from))))
			return err_no_memory(err);
	return state_set_setting(journal, kept, err) &&
	       job_write_state(run->job, JOURNAL_FILE, journal, err);
}

static bool may_change(const struct step_run *run, const struct step *step, struct err *err)
{
	return run->journal || err_set(err, ERR_STEP, "'%s' may stand among the install steps only",
				       step_kind_name(step->kind));
}

/* --- file -------------------------------------------------------------------------------------- */

bool step_file(const struct step *step, struct step_run *run, struct err *err)
{
	const char *path = step->args[0], *text = step->args[1];
	char full[PLATFORM_PATH_MAX];
	bool there;
	AUTO(buf_done) struct buf now = BUF_INIT(SETTING_FILE_MAX);
	struct state_setting like = { .path = path, .text = text };
	if (!may_change(run, step, err) || !real_path(run->job, path, full, err) ||
	    !read_file(full, &now, &there, err))
		return false;
	const struct state_setting *ours = state_find_setting(run->journal, &like);
	if (there && slice_equal(buf_slice(&now), slice_str(text))) {
		snprintf(run->detail, sizeof(run->detail), "'%s' is there already", path);
		return true;
	}
	if (there && !(ours && slice_equal(buf_slice(&now), slice_str(ours->text))))
		return err_set(
			err, ERR_STEP,
			"'%s' is there with other content, which is not ours to replace: put "
			"'%.*s' into it, or move it away",
			path, (int)strcspn(text, "\n"), text);
	snprintf(run->detail, sizeof(run->detail), "'%s' written", path);
	return note_change(run, like, err) && make_parent(full, err) &&
	       platform_write_file(full, slice_str(text), step->mode, err);
}

/* --- setting ----------------------------------------------------------------------------------- */

static bool is_utf8(struct slice text)
{
	for (size_t i = 0, n; i < text.len; i += n)
		if (!(n = utf8_length(text, i)))
			return false;
	return true;
}

static bool note_lines(struct step_run *run, const struct step *step,
		       const struct setting_change *changes, size_t count, struct err *err)
{
	AUTO(buf_done) struct buf line = BUF_INIT(4096);
	buf_printf(&line, "%s=%s", step->args[1], step->args[2]);
	if (!buf_ok(&line, "a setting", err))
		return false;
	for (size_t i = 0; i < count; i++) {
		AUTO(buf_done) struct buf was = BUF_INIT(SETTING_FILE_MAX);
		if (changes[i].was.len)
			buf_add(&was, changes[i].was.p, changes[i].was.len);
		if (!buf_ok(&was, "a line", err))
			return false;
		if (!is_utf8(buf_slice(&was)) || strlen(buf_str(&was)) != was.len)
			return err_set(
				err, ERR_STEP,
				"the line of '%s' in '%s' is not text in UTF-8: change it by "
				"hand",
				step->args[1], step->args[0]);
		struct state_setting setting = { .path = step->args[0],
						 .key = step->args[1],
						 .text = buf_str(&line),
						 .was = changes[i].added ? NULL : buf_str(&was),
						 .nth = changes[i].nth };
		if (!note_change(run, setting, err))
			return false;
	}
	return true;
}

bool step_setting(const struct step *step, struct step_run *run, struct err *err)
{
	const char *path = step->args[0], *key = step->args[1], *value = step->args[2];
	char full[PLATFORM_PATH_MAX];
	bool there;
	size_t count = 0;
	struct setting_change changes[SETTING_CHANGES_MAX];
	AUTO(buf_done) struct buf now = BUF_INIT(SETTING_FILE_MAX);
	AUTO(buf_done) struct buf then = BUF_INIT(SETTING_FILE_MAX + 4096);
	if (!may_change(run, step, err) || !real_path(run->job, path, full, err) ||
	    !read_file(full, &now, &there, err))
		return false;
	if (!there) {
		run->skipped = true;
		snprintf(run->detail, sizeof(run->detail), "there is no '%s'", path);
		return true;
	}
	if (!setting_apply(buf_slice(&now), key, value, &then, changes, &count, err))
		return err_wrap(err, "'%s'", path);
	snprintf(run->detail, sizeof(run->detail), "%s=%s %s in '%s'", key, value,
		 count ? "set" : "stands already", path);
	return !count || (note_lines(run, step, changes, count, err) &&
			  replace_file(full, buf_slice(&then), err));
}

/* --- back -------------------------------------------------------------------------------------- */

static bool undo_file(struct job *job, const struct state_setting *s,
		      const struct state_setting *keep, struct err *err)
{
	char full[PLATFORM_PATH_MAX];
	bool there;
	AUTO(buf_done) struct buf now = BUF_INIT(SETTING_FILE_MAX);
	if (!real_path(job, s->path, full, err) || !read_file(full, &now, &there, err))
		return false;
	if (!there)
		return true;
	if (!slice_equal(buf_slice(&now), slice_str(s->text))) {
		if (!keep)
			report_say(&job->report, "'%s' stays: it was changed since", s->path);
		return true;
	}
	if (keep) /* an earlier install had put another text there */
		return replace_file(full, slice_str(keep->text), err);
	return platform_remove_file(full, err);
}

static bool undo_line(struct job *job, const struct state_setting *s, struct err *err)
{
	char full[PLATFORM_PATH_MAX];
	bool there;
	AUTO(buf_done) struct buf now = BUF_INIT(SETTING_FILE_MAX + 8192);
	AUTO(buf_done) struct buf then = BUF_INIT(SETTING_FILE_MAX + 16384);
	if (!real_path(job, s->path, full, err) || !read_file(full, &now, &there, err))
		return false;
	if (!there)
		return true;
	switch (setting_revert(buf_slice(&now), s->key, s->text, s->was, s->nth, &then)) {
	case SETTING_REVERTED:
		return buf_ok(&then, s->path, err) && replace_file(full, buf_slice(&then), err);
	case SETTING_FOREIGN:
		report_say(&job->report, "'%s' in '%s' stays: it was changed since", s->key,
			   s->path);
		return true;
	case SETTING_AS_BEFORE:
		break;
	}
	return true;
}

static bool put_back(struct job *job, const struct state *s, const struct state *others,
		     bool restore, struct err *err)
{
	bool ok = true;
	for (size_t i = s->setting_count; i-- > 0;) {
		const struct state_setting *t = &s->settings[i];
		const struct state_setting *other = others ? state_find_setting(others, t) : NULL;
		struct err why = { 0 };
		if (other && (!restore || t->key || strcmp(other->text, t->text) == 0))
			continue;
		if (t->key ? undo_line(job, t, &why) : undo_file(job, t, other, &why))
			continue;
		report_say(&job->report, "%s", why.msg);
		if (ok) /* the first one is told; the others are tried all the same */
			ok = err_set(err, why.code, "%s", why.msg);
	}
	return ok;
}

bool settings_remove(struct job *job, const struct state *s, const struct state *done,
		     struct err *err)
{
	return put_back(job, s, done, false, err);
}

bool settings_undo(struct job *job, struct state *s, const struct state *last, struct err *err)
{
	size_t kept = 0;
	if (!put_back(job, s, last, true, err))
		return false;
	for (size_t i = 0; i < s->setting_count; i++) {
		const struct state_setting *t = state_find_setting(last, &s->settings[i]);
		if (t)
			s->settings[kept++] = *t;
	}
	s->setting_count = kept;
	return true;
}
