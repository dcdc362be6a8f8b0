/* SPDX-License-Identifier: MIT */
/*
 * system_windows.c - see system.h: Windows Installer and the driver store.
 *
 * What comes is known by looking before and after (inventory.h).  Before the first step the journal
 * says what there is; after the last one, or after whatever cut them off, what is new is ours.
 */
#include "system.h"

#include <string.h>
#include <windows.h>

#include "products.h"

#define REMOVE_TIMEOUT 1800

/* --- before anything changes ------------------------------------------------------------------- */

bool system_check_plan(const struct job *job, struct err *err)
{
	const struct package *p = job->plan.chosen;
	for (size_t i = 0; i < p->install_count; i++) {
		const char *os = step_os(&p->install[i]);
		if (os && strcmp(os, "windows") != 0)
			return err_set(err, ERR_OS_UNSUPPORTED,
				       "package '%s' has a step '%s', which is for %s", p->id,
				       step_kind_name(p->install[i].kind), os);
	}
	return true;
}

/* The product that each "software" check of @p asks for; whether it has such checks at all. */
static bool software_is_there(const struct job *job, const struct package *p,
			      const struct facts_software **found, bool *has_checks)
{
	*has_checks = false;
	for (size_t i = 0; i < p->check_count; i++) {
		const struct step *s = &p->check[i];
		size_t at = 0;
		if (s->kind != STEP_SOFTWARE)
			continue;
		*has_checks = true;
		*found = products_next(&job->facts, s->args[0], s->at_least, &at);
		if (!*found)
			return false;
	}
	return *has_checks;
}

bool system_is_installed(struct job *job, const struct state *last)
{
	const struct package *p = job->plan.chosen;
	const struct facts_software *found = NULL;
	bool has_checks, ours = state_tells_of(last, p->id, p->version);
	if (!software_is_there(job, p, &found, &has_checks))
		return !has_checks && ours;
	if (!ours)
		report_say(&job->report, "'%s' %s is there, and not by an install of this package",
			   found->name, found->version);
	return true;
}

const char system_reboot_reason[] = "to finish";

bool system_needs_reboot(const struct job *job UNUSED, const struct state *last)
{
	return state_awaits_reboot(last, platform_now(), GetTickCount64());
}

/* --- while it changes -------------------------------------------------------------------------- */

bool system_lock(struct job *job, bool *waited, struct err *err)
{
	struct runner_events ev = job_events(job);
	*waited = false;
	return runner_lock_packages(job->runner, job->args->lock_timeout, &ev, waited, err);
}

/* @next becomes the journal: it is written and read back, so that it owns its texts. */
static bool replace_journal(struct job *job, struct state *journal, const struct state *next,
			    struct err *err)
{
	AUTO(state_done) struct state back = { 0 };
	if (!job_write_state(job, JOURNAL_FILE, next, err) ||
	    !job_read_state(job, JOURNAL_FILE, &back, err))
		return false;
	back.changed = journal->changed;
	struct state old = *journal;
	*journal = back;
	back = old;
	return true;
}

/* The look before; after a run that was cut off, that one's holds. */
bool system_prepare(struct job *job, struct state *journal, struct err *err)
{
	AUTO(inventory_done) struct inventory before = { 0 };
	if (journal->has_before)
		return true;
	if (!inventory_take(&job->facts, &before, err))
		return false;
	struct state next = *journal;
	next.has_before = true;
	next.before = before;
	return replace_journal(job, journal, &next, err);
}

bool system_tidy(struct job *job UNUSED, struct err *err UNUSED)
{
	return true; /* nothing stands while steps run */
}

/* The name of a product, for people; its code when it has none any more. */
static const char *product_name(const struct job *job, const char *code)
{
	for (size_t i = 0; i < job->facts.software_count; i++) {
		const struct facts_software *s = &job->facts.software[i];
		if (s->code && strcmp(s->code, code) == 0)
			return s->name;
	}
	return code;
}

static void log_new(struct job *job, const struct inventory *came, const struct inventory *known)
{
	for (size_t i = 0; i < came->product_count; i++)
		if (!inventory_has_product(known, came->products[i]))
			report_log(&job->report, "'%s' came with this install, as %s",
				   product_name(job, came->products[i]), came->products[i]);
	for (size_t i = 0; i < came->driver_count; i++)
		if (!inventory_has_driver(known, &came->drivers[i]))
			report_log(&job->report, "driver '%s' %s came with this install, as %s",
				   came->drivers[i].original, came->drivers[i].version,
				   came->drivers[i].inf);
}

/* The look after. */
bool system_note_changes(struct job *job, struct state *journal, struct err *err)
{
	AUTO(inventory_done) struct inventory now = { 0 };
	AUTO(inventory_done) struct inventory came = { 0 };
	if (!job_read_facts(job, err) || !inventory_take(&job->facts, &now, err) ||
	    !inventory_add(&came, &journal->came, NULL, err))
		return false;
	inventory_keep(&came, &now);
	if (journal->has_before && !inventory_add(&came, &now, &journal->before, err))
		return false;
	log_new(job, &came, &journal->came);
	struct state next = *journal;
	next.came = came;
	return replace_journal(job, journal, &next, err);
}

/* --- and back ---------------------------------------------------------------------------------- */

/* All of @go; what fails is said, and the rest goes on.  False, with the first failure, then. */
static bool remove_all(struct step_run *run, const struct inventory *go, struct err *err)
{
	struct job *job = run->job;
	struct err first = { 0 };
	for (size_t i = 0; i < go->product_count + go->driver_count; i++) {
		struct err why = { 0 };
		size_t driver = i - go->product_count;
		bool ok = i < go->product_count
				  ? step_msi_uninstall(run, go->products[i],
						       product_name(job, go->products[i]),
						       REMOVE_TIMEOUT, &why)
				  : step_inf_delete(run, go->drivers[driver].inf, REMOVE_TIMEOUT,
						    &why);
		if (ok)
			continue;
		report_say(&job->report, "%s", why.msg);
		if (!first.code)
			first = why;
		if (why.code == ERR_INTERRUPTED || why.code == ERR_LOCKED)
			break;
	}
	return !first.code || err_set(err, first.code, "%s", first.msg);
}

/* Was a version of the package's product there before this run? */
static bool was_there(const struct job *job, const struct state *journal, const struct state *last)
{
	const struct package *p = job->plan.chosen;
	if (last->result && strcmp(last->result, "installed") == 0 &&
	    strcmp(last->package, journal->package) == 0)
		return true;
	for (size_t i = 0; i < p->check_count; i++) {
		const struct facts_software *s;
		size_t at = 0;
		if (p->check[i].kind != STEP_SOFTWARE)
			continue;
		while ((s = products_next(&job->facts, p->check[i].args[0], NULL, &at)) != NULL)
			if (!s->code || inventory_has_product(&journal->before, s->code))
				return true;
	}
	return false;
}

/* As far as they go: what they leave is removed one by one. */
static void run_uninstall(struct job *job, const struct state *journal)
{
	struct step_run run = { .job = job, .package = job->plan.chosen };
	struct err why = { 0 };
	for (size_t i = 0; i < journal->uninstall_count; i++)
		if (!step_do(&journal->uninstall[i], &run, &why))
			return;
}

/* Facts anew, and off the list what is gone. */
static bool forget_removed(struct job *job, struct state *journal, struct err *err)
{
	AUTO(inventory_done) struct inventory now = { 0 };
	if (!job_read_facts(job, err) || !inventory_take(&job->facts, &now, err))
		return false;
	inventory_keep(&journal->came, &now);
	return job_write_state(job, JOURNAL_FILE, journal, err);
}

static bool undo(struct job *job, struct state *journal, const struct state *last, size_t *count,
		 struct err *err)
{
	AUTO(inventory_done) struct inventory go = { 0 };
	AUTO(inventory_done) struct inventory now = { 0 };
	struct step_run run = { .job = job, .package = job->plan.chosen };
	bool waited;
	/* An installation whose msiexec was ended at its time limit may still roll back. */
	if (!system_lock(job, &waited, err) || !system_note_changes(job, journal, err))
		return false;
	if (!inventory_add(&go, &journal->came, &last->came, err))
		return false;
	*count = go.product_count + go.driver_count;
	if (journal->changed && !was_there(job, journal, last)) {
		run_uninstall(job, journal);
		if (!job_read_facts(job, err))
			return false;
	}
	if (!inventory_take(&job->facts, &now, err))
		return false;
	inventory_keep(&go, &now);
	return remove_all(&run, &go, err);
}

bool system_undo(struct job *job, struct state *journal, const struct state *last,
		 char detail[STEP_DETAIL_SIZE], struct err *err)
{
	size_t count = 0;
	bool ok = undo(job, journal, last, &count, err);
	snprintf(detail, STEP_DETAIL_SIZE, "%s",
		 count ? "what came with this run is gone again" : "there was nothing to remove");
	return forget_removed(job, journal, ok ? err : NULL) && ok;
}

/*
 * Windows Installer rolls back by itself what was cut off.  What had come before that stays where the
 * same package is installed once more, and goes where it would be half of another one.
 */
bool system_recover(struct job *job, const struct state *journal, struct err *err)
{
	AUTO(inventory_done) struct inventory now = { 0 };
	AUTO(inventory_done) struct inventory go = { 0 };
	const struct package *p = job->plan.chosen; /* none: all is uninstalled next */
	struct step_run run = { .job = job };
	struct err why = { 0 };
	if (!p || !journal->has_before || strcmp(journal->package, p->id) == 0)
		return true;
	if (!job_read_facts(job, err) || !inventory_take(&job->facts, &now, err) ||
	    !inventory_add(&go, &now, &journal->before, err))
		return false;
	if (inventory_is_empty(&go))
		return true;
	bool ok = remove_all(&run, &go, &why);
	report_step(&job->report, "undo", ok ? "ok" : "failed",
		    ok ? "what came with the run that was cut off is gone again" : why.msg);
	return why.code != ERR_INTERRUPTED || err_set(err, ERR_INTERRUPTED, "%s", why.msg);
}

/* What @s says is ours; of an install that was cut off, what is there and was not. */
static bool add_ours(const struct state *s, const struct inventory *now, struct inventory *go,
		     struct err *err)
{
	return inventory_add(go, &s->came, NULL, err) &&
	       (!s->has_before || inventory_add(go, now, &s->before, err));
}

bool system_remove(struct job *job, const struct state *state, const struct state *journal,
		   bool *reboot, struct err *err)
{
	AUTO(inventory_done) struct inventory now = { 0 };
	AUTO(inventory_done) struct inventory go = { 0 };
	struct step_run run = { .job = job };
	char detail[128];
	/* The package's own steps have removed most of it. */
	if (!job_read_facts(job, err) || !inventory_take(&job->facts, &now, err) ||
	    !add_ours(state, &now, &go, err) || !add_ours(journal, &now, &go, err))
		return false;
	inventory_keep(&go, &now);
	if (!remove_all(&run, &go, err))
		return false;
	*reboot = *reboot || run.reboot;
	snprintf(detail, sizeof(detail), "%zu products and %zu driver packages", go.product_count,
		 go.driver_count);
	report_step(&job->report, "remove", "ok", detail);
	return job_read_facts(job, err);
}
