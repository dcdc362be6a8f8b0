/* SPDX-License-Identifier: MIT */
/* resolve_solve.c - see resolve_solve.h. */
#include "resolve_solve.h"

#include <solv/evr.h>
#include <solv/problems.h>
#include <solv/repo_deb.h>

const struct apt_package *resolve_package_of(const struct resolver *r, Id id)
{
	const Solvable *s = pool_id2solvable(r->pool, id);
	for (size_t i = 0; i < r->count; i++)
		if (s->repo == r->sources[i].repo)
			return &r->sources[i].index->packages[id - s->repo->start];
	return NULL;
}

/* --- loading ---------------------------------------------------------------------------------- */

static void add_field(struct buf *out, const char *name, struct slice value)
{
	if (!value.len)
		return;
	buf_add_str(out, name);
	buf_add(out, ": ", 2);
	buf_add(out, value.p, value.len);
	buf_add(out, "\n", 1);
}

void resolve_add_reduced(struct buf *out, const struct apt_package *p)
{
	add_field(out, "Package", p->name);
	add_field(out, "Version", p->version);
	add_field(out, "Architecture", p->arch);
	add_field(out, "Multi-Arch", p->multi_arch);
	add_field(out, "Pre-Depends", p->pre_depends);
	add_field(out, "Depends", p->depends);
	add_field(out, "Breaks", p->breaks);
	add_field(out, "Conflicts", p->conflicts);
	add_field(out, "Provides", p->provides);
	buf_add(out, "\n", 1);
}

bool resolve_load_text(struct resolver *r, Repo *repo, const struct buf *text, size_t expect,
		       struct err *err)
{
	if (!buf_ok(text, "the list of packages", err))
		return false;
	if (!expect)
		return true;
	AUTO(auto_fclose) FILE *f = fmemopen(text->p, text->len, "r");
	if (!f)
		return err_no_memory(err);
	if (repo_add_debpackages(repo, f, 0) != 0)
		return err_set(err, ERR_FORMAT, "repository '%s': libsolv cannot read its packages",
			       r->name);
	if ((size_t)repo->nsolvables != expect || (size_t)(repo->end - repo->start) != expect)
		return err_set(err, ERR_FORMAT,
			       "repository '%s': libsolv reads %d packages where %zu are", r->name,
			       repo->nsolvables, expect);
	return true;
}

bool resolve_load_index(struct resolver *r, const struct apt_index *index, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(RESOLVE_TEXT_MAX);
	for (size_t i = 0; i < index->count; i++)
		resolve_add_reduced(&text, &index->packages[i]);
	Repo *repo = repo_create(r->pool, "suite");
	r->sources[r->count++] = (struct source_repo) { repo, index };
	return resolve_load_text(r, repo, &text, index->count, err);
}

/* --- solving ---------------------------------------------------------------------------------- */

void resolve_set_scene(struct resolver *r, size_t sources, Repo *installed)
{
	for (size_t i = 0; i < r->count; i++)
		r->sources[i].repo->disabled = i >= sources;
	for (size_t i = 0; i < BASE_COUNT; i++)
		if (r->bases[i])
			r->bases[i]->disabled = r->bases[i] != installed;
	pool_set_installed(r->pool, installed);
	pool_createwhatprovides(r->pool);
}

/* Rules that say nothing to a person: what is asked for, and that what is installed may stay. */
static bool is_plain_rule(SolverRuleinfo info)
{
	return info == SOLVER_RULE_JOB || info == SOLVER_RULE_UPDATE ||
	       info == SOLVER_RULE_FEATURE || info == SOLVER_RULE_BEST;
}

static void explain_problem(Solver *solver, Id problem, struct buf *text)
{
	Queue rules;
	queue_init(&rules);
	solver_findallproblemrules(solver, problem, &rules);
	size_t before = text->len;
	for (int i = 0; i < rules.count; i++) {
		Id source, target, dep;
		SolverRuleinfo info =
			solver_ruleinfo(solver, rules.elements[i], &source, &target, &dep);
		if (!is_plain_rule(info))
			buf_printf(text, "%s%s", text->len ? "; " : "",
				   solver_problemruleinfo2str(solver, info, source, target, dep));
	}
	if (text->len == before)
		buf_printf(text, "%s%s", text->len ? "; " : "",
			   solver_problem2str(solver, problem));
	queue_free(&rules);
}

static bool explain(struct resolver *r, Solver *solver, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 10);
	Id problem = 0;
	while ((problem = solver_next_problem(solver, problem)) != 0)
		explain_problem(solver, problem, &text);
	if (!buf_ok(&text, "the solver's explanation", err))
		return false;
	return err_set(err, ERR_UNRESOLVED, "repository '%s': %s", r->name, buf_str(&text));
}

Id resolve_first_of(const struct resolver *r, Id id)
{
	Pool *pool = r->pool;
	const Solvable *s = pool_id2solvable(pool, id);
	Id first = id, p, pp;
	FOR_PROVIDES(p, pp, s->name)
	{
		const Solvable *t = pool_id2solvable(pool, p);
		if (p < first && t->name == s->name && t->evr == s->evr && t->arch == s->arch &&
		    resolve_package_of(r, p))
			first = p;
	}
	return first;
}

/*
 * Of the alternatives "a | b | c" in @dep the name that Debian means to be taken: the first that a
 * package among @choices bears.  0 when there are no alternatives, or all are virtual.
 */
static Id first_alternative(const Pool *pool, Id dep, const Queue *choices)
{
	if (ISRELDEP((unsigned)dep)) {
		const Reldep *rel = GETRELDEP(pool, (unsigned)dep);
		Id found = first_alternative(pool, rel->name, choices);
		if (!found && rel->flags == REL_OR)
			found = first_alternative(pool, rel->evr, choices);
		return found;
	}
	for (int i = 0; i < choices->count; i++) {
		Id p = choices->elements[i]; /* negative: the one that was chosen */
		if (pool_id2solvable(pool, p < 0 ? -p : p)->name == dep)
			return dep;
	}
	return 0;
}

static bool is_favored(const Queue *jobs, Id name)
{
	for (int i = 0; i < jobs->count; i += 2)
		if (jobs->elements[i] == RESOLVE_FAVOR && jobs->elements[i + 1] == name)
			return true;
	return false;
}

/*
 * libsolv forgets the order of alternatives and takes what it numbered first.  Find choices it made
 * against that order, and ask for the right one in @jobs.  True when there was one.
 */
static bool prefer_first(struct resolver *r, Solver *solver, Queue *jobs)
{
	bool more = false;
	Queue choices;
	queue_init(&choices);
	int count = solver_alternatives_count(solver);
	for (Id i = 1; i <= count; i++) {
		Id rule, from, chosen;
		if (solver_get_alternative(solver, i, &rule, &from, &chosen, &choices, NULL) !=
		    SOLVER_ALTERNATIVE_TYPE_RULE)
			continue;
		Id source, target, dep;
		if (solver_ruleinfo(solver, rule, &source, &target, &dep) !=
		    SOLVER_RULE_PKG_REQUIRES)
			continue;
		Id name = first_alternative(r->pool, dep, &choices);
		Id taken = pool_id2solvable(r->pool, chosen)->name;
		if (!name || taken == name || is_favored(jobs, taken) || is_favored(jobs, name))
			continue;
		queue_push2(jobs, RESOLVE_FAVOR, name);
		more = true;
	}
	queue_free(&choices);
	return more;
}

/* Append to @out every package of the suites that the solver decided to install. */
static void take_result(const struct resolver *r, Solver *solver, Queue *out)
{
	Queue decisions;
	queue_init(&decisions);
	solver_get_decisionqueue(solver, &decisions);
	for (int i = 0; i < decisions.count; i++) {
		Id p = decisions.elements[i];
		if (p > SYSTEMSOLVABLE && resolve_package_of(r, p))
			queue_pushunique(out, resolve_first_of(r, p));
	}
	queue_free(&decisions);
}

bool resolve_solve(struct resolver *r, const Queue *jobs, Queue *out, struct err *err)
{
	Queue all;
	queue_init_clone(&all, jobs);
	bool ok = true;
	bool again = true;
	while (ok && again) {
		Solver *solver = solver_create(r->pool);
		solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
		if (solver_solve(solver, &all) != 0)
			ok = explain(r, solver, err);
		again = ok && prefer_first(r, solver, &all);
		if (ok && !again)
			take_result(r, solver, out);
		solver_free(solver);
	}
	queue_free(&all);
	return ok;
}

Id resolve_newest(const struct resolver *r, Id name)
{
	Pool *pool = r->pool;
	Id best = 0, p, pp;
	FOR_PROVIDES(p, pp, name)
	{
		const Solvable *s = pool_id2solvable(pool, p);
		if (s->name != name || !resolve_package_of(r, p))
			continue;
		if (!best || pool_evrcmp(pool, s->evr, pool_id2solvable(pool, best)->evr,
					 EVRCMP_COMPARE) > 0)
			best = p;
	}
	return best;
}
