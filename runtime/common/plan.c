/* SPDX-License-Identifier: MIT */
/*
 * plan.c - see plan.h.
 *
 * Every package of the catalog is a candidate.  Those whose rules hold are compared by priority, then
 * by whether they name the distribution itself, then by version; each of the others keeps the reason
 * why it is not the one.
 */
#include "plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "nic_family.h"
#include "plan_debs.h"
#include "version.h"

void plan_done(struct plan *p)
{
	free(p->candidates);
	free(p->debs);
	free(p->preflight);
	free(p->install.p);
	free(p->check.p);
	free(p->uninstall.p);
	*p = (struct plan) { 0 };
}

/* Negative, zero or positive as @a is worth less than, as much as, or more than @b. */
static int candidate_compare(const struct plan_candidate *a, const struct plan_candidate *b)
{
	if (a->package->priority != b->package->priority)
		return a->package->priority < b->package->priority ? -1 : 1;
	if (a->exact != b->exact)
		return a->exact ? 1 : -1;
	return version_compare(a->package->version, b->package->version);
}

/* --- which one ----------------------------------------------------------------------------------- */

static bool judge_all(const struct catalog *catalog, const struct facts *facts, struct plan *plan,
		      struct err *err)
{
	size_t n = catalog->package_count;
	plan->candidates = calloc(n ? n : 1, sizeof(plan->candidates[0]));
	if (!plan->candidates)
		return err_no_memory(err);
	for (size_t i = 0; i < n; i++) {
		struct plan_candidate *c = &plan->candidates[i];
		c->package = &catalog->packages[i];
		c->fits = match_holds(c->package->match, facts, &c->key, c->reason);
		c->exact = match_names_distro(c->package->match, facts);
	}
	plan->candidate_count = n;
	return true;
}

/* The fitting candidate that is worth most; of equals the first. */
static const struct plan_candidate *best(const struct plan *plan)
{
	const struct plan_candidate *winner = NULL;
	for (size_t i = 0; i < plan->candidate_count; i++) {
		const struct plan_candidate *c = &plan->candidates[i];
		if (c->fits && (!winner || candidate_compare(c, winner) > 0))
			winner = c;
	}
	return winner;
}

static void say_beaten(struct plan_candidate *c, const struct plan_candidate *by,
		       const struct facts *f)
{
	const struct package *p = c->package, *winner = by->package;
	if (p->priority != winner->priority)
		snprintf(c->reason, sizeof(c->reason),
			 "fits too, but '%s' has priority %" PRIu64 " and this one %" PRIu64,
			 winner->id, winner->priority, p->priority);
	else if (c->exact != by->exact)
		snprintf(c->reason, sizeof(c->reason),
			 "fits too, but '%s' names %s itself, and this one does not", winner->id,
			 f->id);
	else
		snprintf(c->reason, sizeof(c->reason),
			 "fits too, but '%s' is newer: %s, and this one %s", winner->id,
			 winner->version, p->version);
}

static bool choose(struct plan *plan, const struct plan_candidate *winner, const struct facts *f,
		   struct err *err)
{
	for (size_t i = 0; i < plan->candidate_count; i++) {
		struct plan_candidate *c = &plan->candidates[i];
		if (!c->fits || c == winner)
			continue;
		if (candidate_compare(c, winner) == 0)
			return err_set(err, ERR_FORMAT,
				       "packages '%s' and '%s' fit equally well: choose one with "
				       "--package, and tell whoever made the bundle to give one of "
				       "them a higher priority",
				       winner->package->id, c->package->id);
		say_beaten(c, winner, f);
	}
	plan->chosen = winner->package;
	return true;
}

/* --package: what would win otherwise does not matter, the rules do. */
static bool choose_named(const struct catalog *catalog, const char *id, struct plan *plan,
			 enum err_code no, struct err *err)
{
	const struct package *p = catalog_find(catalog, id);
	if (!p)
		return err_set(err, ERR_USAGE, "no package '%s' in this bundle: see 'list'", id);
	for (size_t i = 0; i < plan->candidate_count; i++) {
		struct plan_candidate *c = &plan->candidates[i];
		if (c->package != p && c->fits)
			snprintf(c->reason, sizeof(c->reason), "fits too, but '%s' was asked for",
				 id);
		if (c->package == p && !c->fits)
			return err_set(err, match_key_is_system(c->key) ? ERR_OS_UNSUPPORTED : no,
				       "package '%s' does not fit: %s", id, c->reason);
	}
	plan->chosen = p;
	return true;
}

/* --- why none ------------------------------------------------------------------------------------ */

/* A function whose link is not known may be InfiniBand: ConnectX-3 shows no class of its own. */
static bool maybe_infiniband(const struct facts *f)
{
	for (size_t i = 0; i < f->nic_count; i++)
		if (f->nics[i].vendor == NIC_FAMILY_VENDOR && f->nics[i].link != LINK_ETHERNET &&
		    !f->nics[i].ghost)
			return true;
	return f->network_direct;
}

static bool say_no_device(const struct facts *f, struct err *err)
{
	const char *hint = f->chroot ? "; for an image, name the NIC of the machine that it is for "
				       "with --nic, or give its facts with --facts"
				     : "";
	/* What is named is InfiniBand that went, before Ethernet that is there. */
	const struct facts_nic *nic = f->nic_count ? &f->nics[0] : NULL;
	for (size_t i = 0; i < f->nic_count; i++)
		if (f->nics[i].ghost && f->nics[i].link != LINK_ETHERNET) {
			nic = &f->nics[i];
			break;
		}
	if (!nic)
		return err_set(err, ERR_NO_DEVICE,
			       "no InfiniBand function of vendor 15b3 on this machine%s", hint);
	return err_set(err, ERR_NO_DEVICE,
		       "no InfiniBand function of vendor 15b3 on this machine: 15b3:%04x at %s is "
		       "%s%s",
		       (unsigned)nic->device, nic->address, nic->ghost ? "not present" : "Ethernet",
		       hint);
}

/* "ubuntu 22.04, x86_64, kernel 6.5.0-1025-azure" */
static void system_words(const struct facts *f, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s, %s%s%s", *f->id ? f->id : f->os, *f->version_id ? " " : "",
		 f->version_id, f->arch, *f->kernel ? ", kernel " : "", f->kernel);
}

/* Of several that are equally near, the one that would win. */
static size_t nearest(const struct catalog *catalog, const struct facts *f, size_t *fewest,
		      char reason[MATCH_REASON_SIZE])
{
	size_t best = 0;
	*fewest = SIZE_MAX;
	for (size_t i = 0; i < catalog->package_count; i++) {
		char why[MATCH_REASON_SIZE] = "";
		const struct package *p = &catalog->packages[i];
		size_t misses = match_system_misses(p->match, f, why);
		if (misses > *fewest ||
		    (misses == *fewest && p->priority <= catalog->packages[best].priority))
			continue;
		*fewest = misses;
		best = i;
		memcpy(reason, why, sizeof(why));
	}
	return best;
}

static bool say_no_match(const struct catalog *catalog, const struct facts *f,
			 const struct plan *plan, struct err *err)
{
	char system[256], reason[MATCH_REASON_SIZE] = "";
	size_t misses;
	if (catalog->package_count == 0)
		return err_set(err, ERR_OS_UNSUPPORTED, "this bundle has no packages");
	size_t i = nearest(catalog, f, &misses, reason);
	if (misses == 0)
		return err_set(err, ERR_MACHINE_UNSUPPORTED,
			       "no package of this bundle fits this machine; the nearest is '%s': "
			       "%s",
			       catalog->packages[i].id, plan->candidates[i].reason);
	system_words(f, system, sizeof(system));
	return err_set(err, ERR_OS_UNSUPPORTED,
		       "no package of this bundle is for %s; the nearest is '%s': %s", system,
		       catalog->packages[i].id, reason);
}

/* --- all together -------------------------------------------------------------------------------- */

static void say_reason(struct plan *plan, const struct facts *f)
{
	char system[256];
	system_words(f, system, sizeof(system));
	const struct facts_nic *nic = match_nic(plan->chosen->match, f);
	if (nic)
		snprintf(plan->reason, sizeof(plan->reason), "%s; %s function %04x:%04x at %s",
			 system,
			 nic->link == LINK_INFINIBAND ? "InfiniBand"
			 : nic->link == LINK_ETHERNET ? "Ethernet"
						      : "network",
			 (unsigned)nic->vendor, (unsigned)nic->device, nic->address);
	else
		snprintf(plan->reason, sizeof(plan->reason), "%s%s", system,
			 f->network_direct ? "; Network Direct device" : "");
}

/* @seen is the machine with the kernel that is asked about. */
static bool choose_package(const struct catalog *catalog, const struct facts *seen,
			   const struct plan_options *opt, struct plan *out, struct err *err)
{
	if (!judge_all(catalog, seen, out, err))
		return false;
	enum err_code no = maybe_infiniband(seen) ? ERR_MACHINE_UNSUPPORTED : ERR_NO_DEVICE;
	if (opt && opt->package) {
		if (!choose_named(catalog, opt->package, out, no, err))
			return false;
	} else {
		const struct plan_candidate *winner = best(out);
		if (!winner && no == ERR_NO_DEVICE)
			return say_no_device(seen, err);
		if (!winner)
			return say_no_match(catalog, seen, out, err);
		if (!choose(out, winner, seen, err))
			return false;
	}
	say_reason(out, seen);
	return true;
}

bool plan_choose(const struct catalog *catalog, const struct facts *facts, struct plan *out,
		 struct err *err)
{
	*out = (struct plan) { 0 };
	return choose_package(catalog, facts, NULL, out, err);
}

static bool resolve(const struct facts *f, struct plan *plan, struct err *err)
{
	const struct package *p = plan->chosen;
	const struct {
		const struct step *steps;
		size_t count;
		struct plan_steps *out;
	} lists[] = { { p->install, p->install_count, &plan->install },
		      { p->check, p->check_count, &plan->check },
		      { p->uninstall, p->uninstall_count, &plan->uninstall } };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (!steps_resolve(lists[i].steps, lists[i].count, f, &lists[i].out->p, err))
			return err_wrap(err, "package '%s'", p->id);
		lists[i].out->count = lists[i].count;
	}
	return true;
}

/* What is known is about another kernel. */
static void as_if_kernel(struct facts *seen, const char *kernel)
{
	if (strcmp(seen->kernel, kernel) != 0) {
		seen->kernel_headers = ANSWER_UNKNOWN;
		seen->builtin_modules = (struct facts_names) { 0 };
	}
	seen->kernel = kernel;
}

bool plan_make(const struct catalog *catalog, const struct facts *facts,
	       const struct plan_options *opt, struct plan *out, struct err *err)
{
	struct facts seen = *facts; /* borrows everything */
	*out = (struct plan) { 0 };
	if (opt && opt->kernel)
		as_if_kernel(&seen, opt->kernel);
	return choose_package(catalog, &seen, opt, out, err) &&
	       plan_debs(catalog, &seen, out, err) && resolve(&seen, out, err) &&
	       preflight_make(&seen, opt, out, err);
}

/* Could a machine get either with equal right? */
static bool could_tie(const struct package *a, const struct package *b)
{
	return a->priority == b->priority && version_compare(a->version, b->version) == 0 &&
	       match_overlap(a->match, b->match) && match_equally_exact(a->match, b->match);
}

bool plan_check_ties(const struct catalog *catalog, struct err *err)
{
	for (size_t i = 0; i < catalog->package_count; i++)
		for (size_t k = i + 1; k < catalog->package_count; k++) {
			const struct package *a = &catalog->packages[i], *b = &catalog->packages[k];
			if (could_tie(a, b))
				return err_set(
					err, ERR_FORMAT,
					"packages '%s' and '%s' could fit the same machine and "
					"have the same priority and version: give one a higher "
					"priority or narrow its match",
					a->id, b->id);
		}
	return true;
}
