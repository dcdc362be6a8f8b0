/* SPDX-License-Identifier: MIT */
/*
 * resolve_solve.h - libsolv as resolve.c uses it: load suites, set a scene, solve it.
 *
 * The pool holds one libsolv repository per index, whose solvables stand in the index's order, so
 * that a solvable's number leads back to our own record of the package; and two that play the
 * installed system: the base in the main suite's versions, and the same fully patched.
 */
#ifndef RESOLVE_SOLVE_H
#define RESOLVE_SOLVE_H

#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/solver.h>

#include "resolve.h"

#define RESOLVE_SOURCES_MAX 16
#define RESOLVE_TEXT_MAX APT_INDEX_SIZE_MAX
#define RESOLVE_INSTALL (SOLVER_INSTALL | SOLVER_SOLVABLE_NAME)
#define RESOLVE_FAVOR (SOLVER_FAVOR | SOLVER_SOLVABLE_NAME)

enum { BASE_MAIN, BASE_PATCHED, BASE_COUNT };

struct source_repo {
	Repo *repo;
	const struct apt_index *index;
};

struct resolver {
	char *name;
	Pool *pool;
	struct source_repo sources[RESOLVE_SOURCES_MAX];
	size_t count;
	Repo *bases[BASE_COUNT];
	const char **base_names; /* NULL-terminated; texts belong to the pool */
	Map in_base;             /* by name id */
};

/* The record of a solvable, or NULL for one that only plays the installed system. */
const struct apt_package *resolve_package_of(const struct resolver *r, Id id);

/* Append a paragraph with only what the solver reads: descriptions would double its memory. */
void resolve_add_reduced(struct buf *out, const struct apt_package *p);

/* Fill @repo from @text, which has @expect paragraphs. */
bool resolve_load_text(struct resolver *r, Repo *repo, const struct buf *text, size_t expect,
		       struct err *err) MUST_CHECK;

/* Make @index the next source. */
bool resolve_load_index(struct resolver *r, const struct apt_index *index, struct err *err)
	MUST_CHECK;

/* Say what counts: the first @sources suites, and @installed (or NULL) as the system. */
void resolve_set_scene(struct resolver *r, size_t sources, Repo *installed);

/*
 * Solve @jobs in the scene that is set and append every package to @out that is to be installed
 * then and isn't yet.  Of alternatives the first is taken, as apt does.
 */
bool resolve_solve(struct resolver *r, const Queue *jobs, Queue *out, struct err *err) MUST_CHECK;

/* The same version often stands in several suites: the first of them speaks for all. */
Id resolve_first_of(const struct resolver *r, Id id);

/* The newest solvable called @name of the suites that count, or 0. */
Id resolve_newest(const struct resolver *r, Id name);

#endif
