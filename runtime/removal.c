/* SPDX-License-Identifier: MIT */
/*
 * removal.c - see removal.h.
 *
 * dpkg refuses a whole call when one package in it is needed, so the set is made small enough
 * first: as long as a package outside it needs one inside, that one is taken out.
 */
#include "removal.h"

#include <stdio.h>
#include <string.h>

#include "relation.h"

void removal_done(struct removal *r)
{
	free(r->go);
	free(r->stay);
	free(r->needed_by);
	*r = (struct removal) { 0 };
}

static bool provides(const struct facts_package *p, const struct relation *wanted)
{
	struct slice rest = slice_str(p->provides), clause;
	bool bad = false;
	while (relation_next_clause(&rest, &clause)) {
		struct relation r;
		while (relation_next_alternative(&clause, &r, &bad))
			if (slice_equal(r.name, wanted->name) &&
			    (!wanted->op[0] ||
			     (r.op[0] && relation_version_holds(wanted, r.version))))
				return true;
	}
	return false;
}

static bool satisfies(const struct facts_package *p, const struct relation *r)
{
	if (slice_equal(slice_str(p->name), r->name) &&
	    relation_version_holds(r, slice_str(p->version)))
		return true;
	return p->provides[0] && provides(p, r);
}

struct set {
	const struct facts *f;
	bool *go; /* per package */
	const struct facts_package **needed_by;
};

/* The first package that goes, or that stays, and satisfies the clause; package_count: none. */
static size_t find_for(const struct set *s, struct slice clause, bool going)
{
	struct relation r;
	bool bad = false;
	while (relation_next_alternative(&clause, &r, &bad))
		for (size_t i = 0; i < s->f->package_count; i++)
			if (s->go[i] == going && satisfies(&s->f->packages[i], &r))
				return i;
	return s->f->package_count;
}

/* Take out what @p, which stays, needs from the set.  True when the set changed. */
static bool keep_needs(struct set *s, const struct facts_package *p)
{
	bool changed = false;
	struct slice rest = slice_str(p->depends), clause;
	while (relation_next_clause(&rest, &clause)) {
		size_t going = find_for(s, clause, true);
		if (going == s->f->package_count ||
		    find_for(s, clause, false) < s->f->package_count)
			continue;
		s->go[going] = false;
		s->needed_by[going] = p;
		changed = true;
	}
	return changed;
}

/* Removing the kernel that runs is refused by its own maintainer script. */
static void keep_running_kernel(struct set *s)
{
	char name[512];
	if (s->f->chroot || !s->f->kernel[0])
		return;
	snprintf(name, sizeof(name), "linux-image-%s", s->f->kernel);
	for (size_t i = 0; i < s->f->package_count; i++)
		if (strcmp(s->f->packages[i].name, name) == 0)
			s->go[i] = false;
}

bool removal_plan(const struct facts *f, const bool *wanted, struct removal *out, struct err *err)
{
	size_t n = f->package_count + 1; /* never a zero allocation */
	AUTO(auto_free) bool *go = calloc(n, sizeof(*go));
	AUTO(auto_free) const struct facts_package **by = calloc(n, sizeof(void *));
	AUTO(removal_done)
	struct removal r = { .go = calloc(n, sizeof(void *)),
			     .stay = calloc(n, sizeof(void *)),
			     .needed_by = calloc(n, sizeof(void *)) };
	if (!go || !by || !r.go || !r.stay || !r.needed_by)
		return err_no_memory(err);
	memcpy(go, wanted, f->package_count * sizeof(*go));
	struct set s = { f, go, by };
	keep_running_kernel(&s);
	for (bool changed = true; changed;) {
		changed = false;
		for (size_t i = 0; i < f->package_count; i++)
			if (!go[i] && keep_needs(&s, &f->packages[i]))
				changed = true;
	}
	for (size_t i = 0; i < f->package_count; i++) {
		if (go[i])
			r.go[r.go_count++] = &f->packages[i];
		if (wanted[i] && !go[i]) {
			r.needed_by[r.stay_count] = by[i];
			r.stay[r.stay_count++] = &f->packages[i];
		}
	}
	*out = r;
	r = (struct removal) { 0 };
	return true;
}
