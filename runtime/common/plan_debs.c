/* SPDX-License-Identifier: MIT */
/*
 * plan_debs.c - see plan_debs.h.
 *
 * Two states of the system are compared: before, which is what the facts say, and after, in which
 * the closure's debs have taken the place of older ones (never of newer ones).  A state answers one
 * question quickly: who provides this name?
 *
 * Where an upgrade is in the way, the installed version may do: that deb is held back, and the
 * states are compared again.  Each round holds one more, so that this ends.
 */
#include "plan_debs.h"

#include <string.h>

#include "relation.h"
#include "version.h"

/* One package in a state. */
struct unit {
	const char *name, *version, *arch, *depends, *conflicts, *provides;
	bool configured; /* only such a one satisfies a dependency; any one can be in the way */
	struct plan_deb *deb; /* where it comes from the bundle, else NULL */
};

/* A name under which a unit can be found: its own, or one that it provides. */
struct provision {
	struct slice name;
	struct slice version; /* empty for an unversioned "Provides" */
	bool own;
	size_t unit;
};

struct state {
	struct unit *units; /* owned */
	size_t unit_count;
	struct provision *provisions; /* owned, sorted by name */
	size_t provision_count, provision_cap;
	const char *native; /* Debian's word for this machine's architecture */
};

static void state_done(struct state *s)
{
	free(s->units);
	free(s->provisions);
}

static int slice_compare(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static int provision_compare(const void *a, const void *b)
{
	const struct provision *x = a, *y = b;
	int c = slice_compare(x->name, y->name);
	if (c)
		return c;
	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return slice_compare(x->version, y->version);
}

static bool state_provide(struct state *s, struct provision p, struct err *err)
{
	if (s->provision_count == s->provision_cap) {
		size_t cap = s->provision_cap ? s->provision_cap * 2 : 1024;
		struct provision *more = realloc(s->provisions, cap * sizeof(*more));
		if (!more)
			return err_no_memory(err);
		s->provisions = more;
		s->provision_cap = cap;
	}
	s->provisions[s->provision_count++] = p;
	return true;
}

/* Once all units are there. */
static bool state_index(struct state *s, struct err *err)
{
	for (size_t i = 0; i < s->unit_count; i++) {
		const struct unit *u = &s->units[i];
		struct provision own = { slice_str(u->name), slice_str(u->version), true, i };
		if (!state_provide(s, own, err))
			return false;
		struct slice rest = slice_str(u->provides), clause;
		bool bad = false; /* of an installed package: the rest of its list is passed over */
		while (!bad && relation_next_clause(&rest, &clause)) {
			struct relation r;
			while (relation_next_alternative(&clause, &r, &bad)) {
				struct provision p = { r.name, r.version, false, i };
				if (!state_provide(s, p, err))
					return false;
			}
		}
	}
	if (s->provision_count)
		qsort(s->provisions, s->provision_count, sizeof(*s->provisions), provision_compare);
	return true;
}

static size_t state_first(const struct state *s, struct slice name)
{
	size_t low = 0, high = s->provision_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (slice_compare(s->provisions[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool version_fits(const struct relation *r, const struct provision *p)
{
	if (!r->op[0])
		return true;
	return p->version.len > 0 && relation_version_holds(r, p->version);
}

/* "all" counts as the native architecture. */
static const char *real_arch(const struct state *s, const char *arch)
{
	return strcmp(arch, "all") == 0 ? s->native : arch;
}

static bool arch_fits(const struct state *s, const struct relation *r, const struct unit *self,
		      const struct unit *other, bool conflict)
{
	const char *have = real_arch(s, other->arch);
	if (slice_equal(r->arch, slice_str("any")) || (conflict && r->arch.len == 0))
		return true;
	if (slice_equal(r->arch, slice_str("native")))
		return strcmp(have, s->native) == 0;
	if (r->arch.len)
		return slice_equal(r->arch, slice_str(have));
	return strcmp(have, real_arch(s, self->arch)) == 0;
}

/* A unit that satisfies dependency @r of @self, or NULL. */
static const struct unit *find_partner(const struct state *s, const struct relation *r,
				       const struct unit *self)
{
	for (size_t i = state_first(s, r->name); i < s->provision_count; i++) {
		const struct provision *p = &s->provisions[i];
		if (!slice_equal(p->name, r->name))
			break;
		const struct unit *u = &s->units[p->unit];
		if (u->configured && version_fits(r, p) && arch_fits(s, r, self, u, false))
			return u;
	}
	return NULL;
}

/* A unit that conflict @r of @self is about, or NULL.  Nothing conflicts with itself. */
static const struct unit *find_opponent(const struct state *s, const struct relation *r,
					const struct unit *self)
{
	for (size_t i = state_first(s, r->name); i < s->provision_count; i++) {
		const struct provision *p = &s->provisions[i];
		if (!slice_equal(p->name, r->name))
			break;
		const struct unit *u = &s->units[p->unit];
		if (strcmp(u->name, self->name) != 0 && version_fits(r, p) &&
		    arch_fits(s, r, self, u, true))
			return u;
	}
	return NULL;
}

/* A clause that can't be read is not judged: it holds, without a partner. */
static bool depends_holds(const struct state *s, struct slice clause, const struct unit *self,
			  const struct unit **partner)
{
	struct relation r;
	bool bad = false;
	*partner = NULL;
	while (!*partner && relation_next_alternative(&clause, &r, &bad))
		*partner = find_partner(s, &r, self);
	return *partner || bad;
}

static const struct unit *conflicts_with(const struct state *s, struct slice clause,
					 const struct unit *self)
{
	struct relation r;
	bool bad = false;
	const struct unit *opponent = NULL;
	while (!opponent && relation_next_alternative(&clause, &r, &bad))
		opponent = find_opponent(s, &r, self);
	return opponent;
}

/* The unit with the name of the clause's first alternative, whatever its version, or NULL. */
static const struct unit *first_named(const struct state *s, struct slice clause)
{
	struct relation r;
	bool bad = false;
	if (!relation_next_alternative(&clause, &r, &bad))
		return NULL;
	for (size_t i = state_first(s, r.name); i < s->provision_count; i++) {
		if (!slice_equal(s->provisions[i].name, r.name))
			break;
		if (s->provisions[i].own)
			return &s->units[s->provisions[i].unit];
	}
	return NULL;
}

static bool say_missing(const struct state *after, struct slice clause, const struct unit *u,
			struct err *err)
{
	const struct unit *other = first_named(after, clause);
	int n = clause.len > 200 ? 200 : (int)clause.len;
	const char *who = u->deb ? "" : "installed ";
	if (!other)
		return err_set(
			err, ERR_CONFLICT,
			"%s'%s' %s needs '%.*s', which neither the system nor the bundle has", who,
			u->name, u->version, n, (const char *)clause.p);
	if (!other->configured)
		return err_set(err, ERR_CONFLICT,
			       "%s'%s' %s needs '%.*s', but '%s' %s is not fully installed: run "
			       "'dpkg --configure -a' first",
			       who, u->name, u->version, n, (const char *)clause.p, other->name,
			       other->version);
	return err_set(err, ERR_CONFLICT, "%s'%s' %s needs '%.*s', but '%s' %s %s", who, u->name,
		       u->version, n, (const char *)clause.p, other->name, other->version,
		       other->deb ? "would be installed from the bundle"
				  : "is installed and is never downgraded");
}

/* What broke, and which of two units could stay at its installed version to mend it. */
struct conflict {
	struct plan_deb *hold; /* NULL: nothing can */
	const char *held_for;
};

static void blame(struct conflict *c, const struct unit *upgraded, const struct unit *needs)
{
	if (c->hold || !upgraded || !upgraded->deb || upgraded->deb->action != DEB_UPGRADE)
		return;
	c->hold = upgraded->deb;
	c->held_for = needs->name;
}

/* The unit of state @s with name and architecture of @like, or NULL. */
static const struct unit *find_same(const struct state *s, const struct unit *like)
{
	struct slice name = slice_str(like->name);
	for (size_t i = state_first(s, name); i < s->provision_count; i++) {
		const struct provision *p = &s->provisions[i];
		const struct unit *u = &s->units[p->unit];
		if (!slice_equal(p->name, name))
			break;
		if (p->own && strcmp(real_arch(s, u->arch), real_arch(s, like->arch)) == 0)
			return u;
	}
	return NULL;
}

static bool check_depends(const struct state *before, const struct state *after,
			  const struct unit *u, struct conflict *conflict, struct err *err)
{
	struct slice rest = slice_str(u->depends), clause;
	while (relation_next_clause(&rest, &clause)) {
		const struct unit *partner = NULL;
		if (depends_holds(after, clause, u, &partner) ||
		    (!u->deb && !depends_holds(before, clause, u, &partner)))
			continue;
		/* The partner that it had, or itself, could stay as it is. */
		blame(conflict, partner ? find_same(after, partner) : NULL, u);
		blame(conflict, u, first_named(after, clause) ? first_named(after, clause) : u);
		return say_missing(after, clause, u, err);
	}
	return true;
}

static bool check_conflicts(const struct state *before, const struct state *after,
			    const struct unit *u, struct conflict *conflict, struct err *err)
{
	struct slice rest = slice_str(u->conflicts), clause;
	while (relation_next_clause(&rest, &clause)) {
		const struct unit *other = conflicts_with(after, clause, u);
		if (!other || (!u->deb && conflicts_with(before, clause, u)))
			continue;
		blame(conflict, u, other);
		blame(conflict, other, u);
		return err_set(err, ERR_CONFLICT,
			       "%s'%s' %s conflicts with '%.*s', and %s'%s' %s is there",
			       u->deb ? "" : "installed ", u->name, u->version,
			       clause.len > 200 ? 200 : (int)clause.len, (const char *)clause.p,
			       other->deb ? "" : "installed ", other->name, other->version);
	}
	return true;
}

/* The same package for two architectures must have one version. */
static bool check_twin(const struct state *after, const struct unit *u, struct conflict *conflict,
		       struct err *err)
{
	struct slice name = slice_str(u->name);
	for (size_t i = state_first(after, name); i < after->provision_count; i++) {
		const struct provision *p = &after->provisions[i];
		const struct unit *other = &after->units[p->unit];
		if (!slice_equal(p->name, name))
			break;
		if (!p->own || other == u || version_compare_deb(other->version, u->version) == 0)
			continue;
		blame(conflict, u, other);
		return err_set(err, ERR_CONFLICT,
			       "'%s:%s' %s can't stand beside installed '%s:%s' %s: both must have "
			       "the same version",
			       u->name, u->arch, u->version, other->name, other->arch,
			       other->version);
	}
	return true;
}

/* --- what happens to each deb -------------------------------------------------------------------- */

static bool status_configured(const char *status)
{
	return strcmp(status, "installed") == 0 || strncmp(status, "triggers-", 9) == 0;
}

/* Are files of the package there? */
static bool status_present(const char *status)
{
	return strcmp(status, "config-files") != 0 && strcmp(status, "not-installed") != 0;
}

static bool decide(const struct catalog_deb *d, const struct facts_package *have,
		   struct plan_deb *out, struct err *err)
{
	if (!have || !status_present(have->status)) {
		out->action = DEB_INSTALL;
		return true;
	}
	int c = version_compare_deb(have->version, d->version);
	bool configured = status_configured(have->status);
	if (c > 0 && !configured)
		return err_set(err, ERR_CONFLICT,
			       "installed '%s' %s is %s, and the bundle has only %s: run "
			       "'dpkg --configure -a' first",
			       d->name, have->version, have->status, d->version);
	out->from = have->version;
	out->action = c < 0 ? DEB_UPGRADE : configured ? DEB_KEEP : DEB_REPAIR;
	return true;
}

static struct unit unit_of_deb(struct plan_deb *p)
{
	const struct catalog_deb *d = p->deb;
	return (struct unit) { d->name,      d->version,  d->arch, d->depends,
			       d->conflicts, d->provides, true,    p };
}

static struct unit unit_of_package(const struct facts_package *p)
{
	return (struct unit) { p->name,
			       p->version,
			       p->arch,
			       p->depends,
			       p->conflicts,
			       p->provides,
			       status_configured(p->status),
			       NULL };
}

static bool state_new(struct state *s, size_t units, const struct facts *f, struct err *err)
{
	s->native = facts_deb_arch(f->arch);
	s->units = calloc(units ? units : 1, sizeof(s->units[0]));
	return s->units || err_no_memory(err);
}

/* @have: for each deb of the plan the installed package of its name, or NULL. */
static bool make_states(const struct facts *f, const struct plan *plan,
			const struct facts_package *const *have, struct state *before,
			struct state *after, struct err *err)
{
	AUTO(auto_free) bool *replaced = calloc(f->package_count + 1, sizeof(*replaced));
	if (!replaced)
		return err_no_memory(err);
	if (!state_new(before, f->package_count, f, err) ||
	    !state_new(after, f->package_count + plan->deb_count, f, err))
		return false;
	for (size_t i = 0; i < plan->deb_count; i++) {
		if (plan->debs[i].action == DEB_KEEP)
			continue;
		after->units[after->unit_count++] = unit_of_deb(&plan->debs[i]);
		if (have[i])
			replaced[have[i] - f->packages] = true;
	}
	for (size_t i = 0; i < f->package_count; i++) {
		if (!status_present(f->packages[i].status))
			continue;
		struct unit u = unit_of_package(&f->packages[i]);
		before->units[before->unit_count++] = u;
		if (!replaced[i])
			after->units[after->unit_count++] = u;
	}
	return state_index(before, err) && state_index(after, err);
}

static bool check_states(const struct facts *f, const struct plan *plan,
			 const struct facts_package *const *have, struct conflict *conflict,
			 struct err *err)
{
	AUTO(state_done) struct state before = { 0 };
	AUTO(state_done) struct state after = { 0 };
	if (!make_states(f, plan, have, &before, &after, err))
		return false;
	for (size_t i = 0; i < after.unit_count; i++) {
		const struct unit *u = &after.units[i];
		if (!check_depends(&before, &after, u, conflict, err) ||
		    !check_conflicts(&before, &after, u, conflict, err) ||
		    (u->deb && !check_twin(&after, u, conflict, err)))
			return false;
	}
	return true;
}

static void release_held(struct plan *plan)
{
	for (size_t i = 0; i < plan->deb_count; i++) {
		struct plan_deb *d = &plan->debs[i];
		if (!d->held)
			continue;
		d->action = DEB_UPGRADE;
		d->held = false;
		d->held_for = NULL;
	}
}

/* Hold back what must be; when that doesn't help, the first conflict is the one to tell. */
static bool settle(const struct facts *f, struct plan *plan,
		   const struct facts_package *const *have, struct err *err)
{
	struct err first = { 0 };
	for (;;) {
		struct conflict conflict = { 0 };
		struct err why = { 0 };
		if (check_states(f, plan, have, &conflict, &why))
			return true;
		if (first.code == ERR_NONE || why.code != ERR_CONFLICT)
			first = why;
		if (why.code != ERR_CONFLICT || !conflict.hold) {
			release_held(plan);
			return err_set(err, first.code, "%s", first.msg);
		}
		conflict.hold->action = DEB_KEEP;
		conflict.hold->held = true;
		conflict.hold->held_for = conflict.held_for;
	}
}

static bool only_debs(const struct package *p)
{
	for (size_t i = 0; i < p->install_count; i++)
		if (p->install[i].kind != STEP_DEB)
			return false;
	return true;
}

static void count_space(struct plan *plan)
{
	uint64_t staging = 0, system = 0;
	for (size_t i = 0; i < plan->deb_count; i++) {
		const struct plan_deb *d = &plan->debs[i];
		staging += d->deb->size;
		if (d->action == DEB_KEEP)
			continue;
		plan->changes++;
		system += d->deb->installed_size;
	}
	if (plan->changes == 0 && only_debs(plan->chosen))
		return;
	if (staging < plan->chosen->payload_bytes)
		staging = plan->chosen->payload_bytes; /* the vendor's files are in there too */
	plan->space_staging = staging + PLAN_STAGING_EXTRA;
	plan->space_system = system + PLAN_SYSTEM_EXTRA;
	if (plan->chosen->kernel)
		plan->space_system += PLAN_KERNEL_EXTRA;
}

bool plan_debs(const struct catalog *catalog, const struct facts *facts, struct plan *plan,
	       struct err *err)
{
	const struct package *p = plan->chosen;
	if (p->deb_count && strcmp(facts->package_manager, "dpkg") != 0)
		return err_set(err, ERR_OS_UNSUPPORTED,
			       "package '%s' needs dpkg, and this system has %s", p->id,
			       strcmp(facts->package_manager, "none") == 0
				       ? "no package manager"
				       : facts->package_manager);
	AUTO(auto_free) const struct facts_package **have = calloc(p->deb_count + 1, sizeof(*have));
	plan->debs = calloc(p->deb_count + 1, sizeof(plan->debs[0]));
	if (!have || !plan->debs)
		return err_no_memory(err);
	for (size_t i = 0; i < p->deb_count; i++) {
		const struct catalog_deb *d = &catalog->debs[p->debs[i].deb];
		struct plan_deb *out = &plan->debs[i];
		have[i] = facts_find_package(facts, d->name, d->arch);
		*out = (struct plan_deb) { .deb = d, .batch = p->debs[i].batch };
		if (!decide(d, have[i], out, err))
			return false;
		plan->deb_count++;
	}
	bool settled = settle(facts, plan, have, err);
	count_space(plan);
	return settled;
}
