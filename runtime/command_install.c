/* SPDX-License-Identifier: MIT */
/*
 * command_install.c - install, from start to end:
 *
 *   bundle -> facts -> plan -> is it there already?      (nothing has changed so far)
 *          -> preflight -> locks -> journal -> apply -> state
 */
#include <string.h>

#include "apply.h"
#include "command.h"
#include "facts_gather.h"
#include "image.h"
#include "system.h"

/* --- before anything changes ------------------------------------------------------------------- */

static bool check_use(const struct job *job, struct err *err)
{
	if (job->args->facts && !job->root[0])
		return err_set(err, ERR_USAGE,
			       "--facts with install needs --root: this machine's own facts count "
			       "('plan --facts' replays a saved machine)");
	return job_has_bundle(job, err);
}

static bool check_arch(const struct job *job, struct err *err)
{
	if (!job->root[0] || strcmp(job->facts.arch, facts_native_arch()) == 0)
		return true;
	if (strcmp(job->facts.arch, "unknown") == 0)
		return err_set(err, ERR_OS_UNSUPPORTED,
			       "no program in the root '%s' tells its processor", job->root);
	return err_set(err, ERR_OS_UNSUPPORTED,
		       "the root '%s' is for %s, and its programs can't run on this machine (%s)",
		       job->root, job->facts.arch, facts_native_arch());
}

static bool find_plan(struct job *job, struct err *err)
{
	return job_read_facts(job, err) && check_arch(job, err) && job_make_plan(job, err) &&
	       system_check_plan(job, err) && image_check(job, err);
}

static void say_plan(struct job *job)
{
	const struct package *p = job->plan.chosen;
	if (job->args->facts)
		report_say(&job->report, "the machine is taken from '%s', the system from '%s'",
			   job->args->facts, job->root);
	report_say(&job->report, "%s %s: %s", p->id, p->version, job->plan.reason);
	if (job->root[0] && !job->args->kernel && job->facts.kernel[0])
		report_say(&job->report, "the kernel will be %s, the newest in the root",
			   job->facts.kernel);
	for (size_t i = 0; i < job->plan.deb_count; i++) {
		const struct plan_deb *d = &job->plan.debs[i];
		if (d->held)
			report_say(&job->report, "'%s' stays at %s: '%s' does not go with %s",
				   d->deb->name, d->from, d->held_for, d->deb->version);
	}
	if (!job->report.doc)
		return;
	struct json_value *v =
		json_add_object(job->report.doc, json_top(job->report.doc), "package");
	json_add_string(job->report.doc, v, "id", p->id);
	json_add_string(job->report.doc, v, "version", p->version);
	json_add_u64(job->report.doc, v, "changes", job->plan.changes);
}

/* Say all that stands in the way; @recovering: a package manager that we left broken is our own matter. */
static bool is_ready(struct job *job, bool recovering, struct err *err)
{
	enum err_code except = recovering ? ERR_BROKEN : ERR_NONE;
	const struct preflight_line *no = preflight_refusal(&job->plan, except);
	for (size_t i = 0; i < job->plan.preflight_count; i++) {
		const struct preflight_line *line = &job->plan.preflight[i];
		if (line != no && (except == ERR_NONE || line->code != except))
			report_say(&job->report, "%s", line->text);
	}
	if (no && job->report.doc)
		preflight_write(job->report.doc, json_top(job->report.doc), &job->plan);
	return !no || err_set(err, no->code, "%s", no->text);
}

/* Read a state or journal; absent or unreadable is an empty one, the latter said aloud. */
static bool read_state(struct job *job, const char *file, struct state *out)
{
	struct err err = { 0 };
	if (job_read_state(job, file, out, &err))
		return true;
	if (err.code != ERR_NO)
		report_say(&job->report, "'%s' is not used: %s", file, err.msg);
	return false;
}

/* --- the journal ------------------------------------------------------------------------------- */

/* What earlier runs brought and is still there: removed with the rest one day. */
static bool inherit(struct state *s, const struct state *from, const struct facts *f,
		    struct err *err)
{
	for (size_t i = 0; i < from->deb_count; i++) {
		const struct state_deb *d = &from->debs[i];
		if (facts_find_package(f, d->name, d->arch) && !state_find(s, d->name, d->arch) &&
		    !state_add(s, *d, err))
			return false;
	}
	AUTO(inventory_done) struct inventory there = { 0 };
	if (!inventory_take(f, &there, err) || !inventory_add(&s->came, &from->came, NULL, err))
		return false;
	inventory_keep(&s->came, &there);
	return true;
}

/* What was there before a run that was cut off: by that it is known what that run brought. */
static bool inherit_before(struct state *s, const struct state *cut_off, struct err *err)
{
	s->has_before = cut_off->has_before;
	return inventory_add(&s->before, &cut_off->before, NULL, err);
}

static bool fill_journal(const struct job *job, const struct state *last,
			 const struct state *cut_off, struct state *s, struct err *err)
{
	const struct package *p = job->plan.chosen;
	s->operation = "install";
	s->result = "running";
	s->reason = "interrupted";
	s->message = "";
	s->when = platform_now();
	s->bundle = job->bundle.root.name;
	s->bundle_version = job->bundle.root.version;
	s->package = p->id;
	s->package_version = p->version;
	if (!inherit(s, last, &job->facts, err) || !inherit(s, cut_off, &job->facts, err) ||
	    !inherit_before(s, cut_off, err) || !state_inherit_there(s, cut_off, err) ||
	    !state_inherit_settings(s, last, err) || !state_inherit_settings(s, cut_off, err))
		return false;
	for (size_t i = 0; i < job->plan.deb_count; i++) {
		const struct plan_deb *d = &job->plan.debs[i];
		if (d->action == DEB_KEEP || d->action == DEB_REPAIR ||
		    state_find(s, d->deb->name, d->deb->arch))
			continue;
		struct state_deb add = { d->deb->name, d->deb->version, d->deb->arch, d->from };
		if (!state_add(s, add, err))
			return false;
	}
	const struct plan_steps *uninstall = &job->plan.uninstall;
	s->uninstall = calloc(uninstall->count + 1, sizeof(*s->uninstall));
	if (!s->uninstall)
		return err_no_memory(err);
	if (uninstall->count)
		memcpy(s->uninstall, uninstall->p, uninstall->count * sizeof(*s->uninstall));
	s->uninstall_count = uninstall->count;
	return true;
}

/* Write it, and read it back: from here on it owns its strings, whatever happens to the plan. */
static bool write_journal(const struct job *job, const struct state *last,
			  const struct state *cut_off, struct state *out, struct err *err)
{
	AUTO(state_done) struct state s = { 0 };
	return fill_journal(job, last, cut_off, &s, err) &&
	       job_write_state(job, JOURNAL_FILE, &s, err) &&
	       job_read_state(job, JOURNAL_FILE, out, err);
}

/* The versions that are there now. */
static void update_versions(const struct job *job, struct state *s)
{
	for (size_t i = 0; i < s->deb_count; i++) {
		const struct facts_package *p =
			facts_find_package(&job->facts, s->debs[i].name, s->debs[i].arch);
		if (p)
			s->debs[i].version = p->version;
	}
}

/*
 * How it ended, for `status`.  What was interrupted stays a journal, beside the state that was:
 * the next run finishes it.
 */
static bool write_state(const struct job *job, struct state *s, const char *result,
			const struct err *why, struct err *err)
{
	s->result = result;
	s->reason = why ? err_reason(why->code) : s->reboot_required ? "reboot-required" : "ok";
	s->message = why ? why->msg : "";
	s->when = platform_now();
	update_versions(job, s);
	if (why && why->code == ERR_INTERRUPTED)
		return job_write_state(job, JOURNAL_FILE, s, err);
	s->has_before = false;
	state_forget_there(s);
	return job_write_state(job, STATE_FILE, s, err) && job_end_journal(job, err);
}

/* --- change ------------------------------------------------------------------------------------ */

static bool change(struct job *job, const struct state *last, const struct state *cut_off,
		   bool *reboot, struct err *err)
{
	AUTO(state_done) struct state journal = { 0 };
	if (!write_journal(job, last, cut_off, &journal, err))
		return false;
	*reboot = system_needs_reboot(job, last);
	report_phase(&job->report, "install");
	bool ok = apply_package(job, &journal, reboot, err) && image_finish(job, &journal, err);
	struct err unused = { 0 };
	if (!ok && err->code != ERR_INTERRUPTED)
		apply_undo(job, &journal, last);
	journal.reboot_required = ok && *reboot;
	const char *result = ok                             ? "installed"
			     : err->code == ERR_INTERRUPTED ? "interrupted"
							    : "failed";
	if (!write_state(job, &journal, result, ok ? NULL : err, ok ? err : &unused)) {
		if (!ok)
			report_say(&job->report, "%s", unused.msg);
		return false;
	}
	return ok;
}

/* Locks, and what was read before them once more where it may have changed. */
static bool settle(struct job *job, const struct state *cut_off, struct err *err)
{
	bool waited = false;
	if (!system_lock(job, &waited, err))
		return false;
	if (!cut_off->result && !waited)
		return true;
	return (!cut_off->result || apply_recover(job, cut_off, err)) && find_plan(job, err) &&
	       is_ready(job, false, err);
}

/* What an image has to get beside a package that is there already. */
static bool finish_image(struct job *job, struct state *last, intptr_t *handle, struct err *err)
{
	if (!image_is_unfinished(job, last))
		return true;
	return (*handle >= 0 || (job_lock(job, handle, err) && job_open_log(job, err))) &&
	       image_finish(job, last, err) &&
	       (!last->result || job_write_state(job, STATE_FILE, last, err));
}

/* The end of an install; that it can't be remembered is said, and undoes nothing. */
static bool say_done(struct job *job, const char *what, bool reboot)
{
	struct err err = { 0 };
	if (!job_remember_bundle(job, &err))
		report_say(&job->report, "it is not remembered which bundle this was: %s", err.msg);
	report_say(&job->report, "%s: %s %s%s%s", what, job->plan.chosen->id,
		   job->plan.chosen->version, reboot ? "; reboot " : "",
		   reboot ? system_reboot_reason : "");
	if (job->report.doc)
		json_add_string(job->report.doc, json_top(job->report.doc), "result", what);
	report_reboot(&job->report, reboot);
	return true;
}

/* All is there: look whether it works, and go. */
static bool confirm(struct job *job, struct state *last, intptr_t *handle, struct err *err)
{
	const uint32_t patience = 1; /* an idempotent run is over within two seconds */
	bool reboot = system_needs_reboot(job, last);
	return apply_checks(job, patience, reboot, err) && finish_image(job, last, handle, err) &&
	       say_done(job, "already installed", reboot);
}

static bool install_locked(struct job *job, intptr_t *handle, struct err *err)
{
	struct runner_events ev = job_events(job);
	AUTO(state_done) struct state last = { 0 };
	AUTO(state_done) struct state cut_off = { 0 };
	bool reboot = false;
	report_phase(&job->report, "plan");
	if (!find_plan(job, err))
		return false;
	say_plan(job);
	read_state(job, STATE_FILE, &last);
	read_state(job, JOURNAL_FILE, &cut_off);
	if (!cut_off.result && system_is_installed(job, &last))
		return runner_enter(job->runner, &ev, err) && confirm(job, &last, handle, err);
	if (!is_ready(job, cut_off.result != NULL, err))
		return false;
	report_phase(&job->report, "prepare");
	/* From here on the root is written to, too. */
	if (*handle < 0 && (!job_lock(job, handle, err) || !job_open_log(job, err)))
		return false;
	if (!runner_enter(job->runner, &ev, err) || !settle(job, &cut_off, err) ||
	    !apply_clean(job, err) || !change(job, &last, &cut_off, &reboot, err))
		return false;
	return say_done(job, "installed", reboot);
}

bool command_install(struct job *job, struct err *err)
{
	AUTO(platform_unlock) intptr_t handle = -1;
	platform_catch_stop();
	if (!check_use(job, err))
		return false;
	report_phase(&job->report, "bundle");
	/* On a machine refusals are logged as well; an image that is refused stays as it is. */
	if (!job->root[0] && (!job_lock(job, &handle, err) || !job_open_log(job, err)))
		return false;
	return job_open_bundle(job, err) && install_locked(job, &handle, err) &&
	       (!job->args->generalize || image_clean(job, err));
}
