/* SPDX-License-Identifier: MIT */
/* plan_write.c - a plan for people and for programs; see plan.h.  README.md shows both. */
#include <inttypes.h>
#include <string.h>

#include "plan.h"

static const char *const action_words[] = { "install", "upgrade", "keep", "repair" };

static void count_actions(const struct plan *p, size_t counts[4])
{
	memset(counts, 0, 4 * sizeof(counts[0]));
	for (size_t i = 0; i < p->deb_count; i++)
		counts[p->debs[i].action]++;
}

/* --- for people ---------------------------------------------------------------------------------- */

/* Text from facts or bundle: what could steer a terminal is shown as '?'. */
static void add_clean(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		buf_add(out, c < 0x20 || c == 0x7f ? "?" : text, 1);
	}
}

static void add_size(struct buf *out, uint64_t bytes)
{
	if (bytes < 1000000000)
		buf_printf(out, "%.1f MB", (double)bytes / 1e6);
	else
		buf_printf(out, "%.1f GB", (double)bytes / 1e9);
}

/* The same but for the address: shown as one line. */
static bool nics_alike(const struct facts_nic *a, const struct facts_nic *b)
{
	const char *x = a->driver ? a->driver : "", *y = b->driver ? b->driver : "";
	return a->vendor == b->vendor && a->device == b->device && a->link == b->link &&
	       a->ghost == b->ghost && a->problem == b->problem && strcmp(x, y) == 0;
}

static void write_machine(const struct facts *f, struct buf *out)
{
	buf_add_str(out, "machine  ");
	add_clean(out, *f->pretty_name ? f->pretty_name : *f->id ? f->id : f->os);
	buf_add_str(out, ", ");
	add_clean(out, f->arch);
	if (*f->kernel) {
		buf_add_str(out, ", kernel ");
		add_clean(out, f->kernel);
	}
	if (f->vm_size) {
		buf_add_str(out, ", ");
		add_clean(out, f->vm_size);
	}
	buf_add_str(out, "\n");
	for (size_t n, i = 0; i < f->nic_count; i += n) {
		const struct facts_nic *nic = &f->nics[i];
		for (n = 1; i + n < f->nic_count && nics_alike(nic, &f->nics[i + n]);)
			n++;
		buf_printf(out, "         %04x:%04x at ", (unsigned)nic->vendor,
			   (unsigned)nic->device);
		add_clean(out, nic->address);
		if (n > 1)
			buf_printf(out, " and %zu more", n - 1);
		buf_printf(out, ", link %s, driver ", facts_link_name(nic->link));
		add_clean(out, nic->driver ? nic->driver : "none");
		if (nic->problem)
			buf_printf(out, ", problem %u", (unsigned)nic->problem);
		buf_add_str(out, nic->ghost ? ", not present\n" : "\n");
	}
	if (f->network_direct)
		buf_add_str(out, "         Network Direct device\n");
	if (f->nic_count == 0 && !f->network_direct)
		buf_add_str(out, "         no network function of vendor 15b3\n");
}

static void write_others(const struct plan *p, struct buf *out)
{
	const char *label = "others   ";
	for (size_t i = 0; i < p->candidate_count; i++) {
		const struct plan_candidate *c = &p->candidates[i];
		if (c->package == p->chosen)
			continue;
		buf_add_str(out, label);
		add_clean(out, c->package->id);
		buf_add_str(out, ": ");
		add_clean(out, *c->reason ? c->reason : "fits too");
		buf_add_str(out, "\n");
		label = "         ";
	}
}

/* "run ./setup.exe /S", "inf a.inf b.inf" */
static void write_step(const struct step *s, struct buf *out)
{
	buf_add_str(out, step_kind_name(s->kind));
	size_t shown = s->kind == STEP_FILE ? 1 : s->arg_count; /* not the file's whole text */
	for (size_t i = 0; i < shown; i++) {
		bool restart = s->kind == STEP_MODULES && i == s->name_count;
		bool value = s->kind == STEP_SETTING && i == 2;
		buf_add_str(out, restart ? ", else " : value ? "=" : " ");
		add_clean(out, s->args[i]);
	}
	if (s->cmdline) {
		buf_add_str(out, " ");
		add_clean(out, s->cmdline);
	}
	buf_add_str(out, "\n");
}

/* What will be done besides installing the closure. */
static void write_steps(const struct plan *p, struct buf *out)
{
	const char *label = "steps    ";
	for (size_t i = 0; i < p->install.count; i++) {
		if (p->install.p[i].kind == STEP_DEB && p->deb_count)
			continue;
		buf_add_str(out, label);
		write_step(&p->install.p[i], out);
		label = "         ";
	}
}

static void write_changes(const struct plan *p, struct buf *out)
{
	static const struct {
		enum deb_action action;
		const char *words;
	} parts[] = { { DEB_INSTALL, "to install" },
		      { DEB_UPGRADE, "to upgrade" },
		      { DEB_REPAIR, "to repair" },
		      { DEB_KEEP, "kept as they are" } };
	size_t counts[4];
	count_actions(p, counts);
	const char *before = "changes  ";
	for (size_t i = 0; i < 4; i++) {
		if (counts[parts[i].action] == 0)
			continue;
		buf_printf(out, "%s%zu %s", before, counts[parts[i].action], parts[i].words);
		before = ", ";
	}
	buf_add_str(out, *before == ',' ? "\n" : "changes  no Debian packages\n");
}

/* Always shown: the machine does not get what the bundle has. */
static void write_held(const struct plan *p, struct buf *out)
{
	for (size_t i = 0; i < p->deb_count; i++) {
		const struct plan_deb *d = &p->debs[i];
		if (!d->held)
			continue;
		buf_printf(out, "         %s stays at ", d->deb->name);
		add_clean(out, d->from);
		buf_add_str(out, ": '");
		add_clean(out, d->held_for);
		buf_printf(out, "' does not go with %s\n", d->deb->version);
	}
}

static void write_debs(const struct plan *p, struct buf *out)
{
	for (size_t i = 0; i < p->deb_count; i++) {
		const struct plan_deb *d = &p->debs[i];
		buf_printf(out, "         %-7s  %s:%s ", action_words[d->action], d->deb->name,
			   d->deb->arch);
		if (d->from && d->action != DEB_REPAIR) {
			add_clean(out, d->from);
			if (d->action == DEB_KEEP) {
				buf_add_str(out, "\n");
				continue;
			}
			buf_add_str(out, " -> ");
		}
		buf_printf(out, "%s\n", d->deb->version);
	}
}

static void write_space(const char *label, uint64_t need, uint64_t have, struct buf *out)
{
	buf_add_str(out, label);
	add_size(out, need);
	buf_add_str(out, " of ");
	add_size(out, have);
	buf_add_str(out, need > have ? " free: NOT ENOUGH\n" : " free\n");
}

/* What is compressed again before anything is installed; all processors share it. */
static void write_remake(const struct package *p, struct buf *out)
{
	if (p->remake.files == 0)
		return;
	buf_printf(out,
		   "remakes  %" PRIu64 " compressed files: about %" PRIu64 " CPU seconds, memory ",
		   p->remake.files, p->remake.cpu_seconds);
	add_size(out, p->remake.memory);
	buf_add_str(out, " or more\n");
}

/* Several that fit equally well, or another one was asked for. */
static bool any_fits(const struct plan *p)
{
	for (size_t i = 0; i < p->candidate_count; i++)
		if (p->candidates[i].fits)
			return true;
	return false;
}

/* Everything that stands in the way, those that install refuses for first. */
static void write_preflight(const struct plan *p, struct buf *out)
{
	const char *label = "refuses  ";
	for (int refuse = 1; refuse >= 0; refuse--) {
		for (size_t i = 0; i < p->preflight_count; i++) {
			if (p->preflight[i].refuse != (bool)refuse)
				continue;
			buf_printf(out, "%s%s\n", label, p->preflight[i].text);
			label = "         ";
		}
		label = "note     ";
	}
}

bool plan_write_text(const struct plan *p, const struct facts *f, bool verbose, struct buf *out,
		     struct err *err)
{
	write_machine(f, out);
	if (p->chosen) {
		buf_printf(out, "package  %s, version %s: ", p->chosen->id, p->chosen->version);
		add_clean(out, p->chosen->title);
		buf_add_str(out, "\nbecause  ");
		add_clean(out, p->reason);
		buf_add_str(out, "\n");
	} else {
		buf_add_str(out, any_fits(p) ? "package  none chosen\n" : "package  none fits\n");
	}
	write_others(p, out);
	if (p->chosen && p->chosen->deb_count) {
		write_changes(p, out);
		write_held(p, out);
		if (verbose)
			write_debs(p, out);
	}
	write_steps(p, out);
	if (p->space_staging || p->space_system) {
		write_space("space    staging ", p->space_staging, f->space_staging, out);
		write_space("         system  ", p->space_system, f->space_system, out);
	}
	if (p->space_staging)
		write_remake(p->chosen, out);
	write_preflight(p, out);
	return buf_ok(out, "the plan", err);
}

/* --- for programs -------------------------------------------------------------------------------- */

static void optional(struct json *j, struct json_value *obj, const char *key, const char *text)
{
	if (text)
		json_add_string(j, obj, key, text);
	else
		json_add_null(j, obj, key);
}

static void write_candidates(const struct plan *p, struct json *j, struct json_value *list)
{
	for (size_t i = 0; i < p->candidate_count; i++) {
		const struct plan_candidate *c = &p->candidates[i];
		bool chosen = c->package == p->chosen;
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "id", c->package->id);
		json_add_string(j, v, "version", c->package->version);
		json_add_u64(j, v, "priority", c->package->priority);
		json_add_bool(j, v, "fits", c->fits);
		json_add_bool(j, v, "chosen", chosen);
		optional(j, v, "rule", c->fits ? NULL : c->key);
		json_add_string(j, v, "why", chosen ? p->reason : c->reason);
	}
}

static void write_deb_list(const struct plan *p, struct json *j, struct json_value *list)
{
	for (size_t i = 0; i < p->deb_count; i++) {
		const struct plan_deb *d = &p->debs[i];
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "name", d->deb->name);
		json_add_string(j, v, "version", d->deb->version);
		json_add_string(j, v, "arch", d->deb->arch);
		json_add_string(j, v, "action", action_words[d->action]);
		optional(j, v, "from", d->from);
		optional(j, v, "held_for", d->held_for);
		json_add_u64(j, v, "batch", d->batch);
	}
}

bool plan_write_json(const struct plan *p, const struct facts *f, const struct err *why_not,
		     struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("plan", err);
	if (!j)
		return false;
	struct json_value *top = json_top(j);
	bool ok = !why_not || why_not->code == ERR_NONE;
	json_add_string(j, top, "reason", err_reason(ok ? ERR_NONE : why_not->code));
	json_add_string(j, top, "message", ok ? p->reason : why_not->msg);
	optional(j, top, "package", p->chosen ? p->chosen->id : NULL);

	struct json_value *machine = json_add_object(j, top, "machine");
	json_add_string(j, machine, "os", f->os);
	json_add_string(j, machine, "id", f->id);
	json_add_string(j, machine, "version_id", f->version_id);
	json_add_string(j, machine, "arch", f->arch);
	json_add_string(j, machine, "kernel", f->kernel);
	optional(j, machine, "vm_size", f->vm_size);

	write_candidates(p, j, json_add_array(j, top, "candidates"));
	size_t counts[4];
	count_actions(p, counts);
	struct json_value *changes = json_add_object(j, top, "changes");
	for (size_t i = 0; i < 4; i++)
		json_add_u64(j, changes, action_words[i], counts[i]);
	write_deb_list(p, j, json_add_array(j, top, "debs"));
	struct json_value *steps = json_add_array(j, top, "steps");
	for (size_t i = 0; i < p->install.count; i++)
		steps_write(j, steps, &p->install.p[i]);
	struct json_value *space = json_add_object(j, top, "space");
	json_add_u64(j, space, "staging", p->space_staging);
	json_add_u64(j, space, "system", p->space_system);
	if (p->chosen && p->space_staging) {
		struct json_value *remake = json_add_object(j, top, "remake");
		json_add_u64(j, remake, "files", p->chosen->remake.files);
		json_add_u64(j, remake, "bytes", p->chosen->remake.bytes);
		json_add_u64(j, remake, "cpu_seconds", p->chosen->remake.cpu_seconds);
		json_add_u64(j, remake, "memory", p->chosen->remake.memory);
	}
	preflight_write(j, top, p);
	return json_print(j, true, out, err);
}
