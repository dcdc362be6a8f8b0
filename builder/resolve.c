/* SPDX-License-Identifier: MIT */
/* resolve.c - see resolve.h: the base, the closure with its ties, and its batches. */
#include "resolve.h"

#include <solv/pool.h>
#include <solv/poolarch.h>
#include <solv/repo.h>
#include <solv/solver.h>

#include "options.h"
#include "resolve_solve.h"

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	map_free(&r->in_base);
	if (r->pool)
		pool_free(r->pool);
	free(r->base_names);
	free(r->name);
	free(r);
}

void resolver_auto_free(struct resolver **slot)
{
	resolver_free(*slot);
}

void closure_done(struct closure *c)
{
	free(c->items);
	*c = (struct closure) { 0 };
}

const char *const *resolver_base(const struct resolver *r)
{
	return r->base_names;
}

/* --- the base --------------------------------------------------------------------------------- */

static Id name_id(const struct resolver *r, struct slice name)
{
	return pool_strn2id(r->pool, (const char *)name.p, (unsigned)name.len, 0);
}

/* Make @packages the system that is installed: base number @which. */
static bool base_load(struct resolver *r, int which, const Queue *packages, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(RESOLVE_TEXT_MAX);
	for (int i = 0; i < packages->count; i++)
		resolve_add_reduced(&text, resolve_package_of(r, packages->elements[i]));
	r->bases[which] = repo_create(r->pool, "base");
	return resolve_load_text(r, r->bases[which], &text, (size_t)packages->count, err);
}

/* What debootstrap's minbase asks for: Essential, required, and apt, of the main suite. */
static bool base_main(struct resolver *r, struct err *err)
{
	Queue jobs, packages;
	queue_init(&jobs);
	queue_init(&packages);
	resolve_set_scene(r, 1, NULL);
	const struct apt_index *main = r->sources[0].index;
	for (size_t i = 0; i < main->count; i++) {
		const struct apt_package *p = &main->packages[i];
		bool apt = p->name.len == 3 && memcmp(p->name.p, "apt", 3) == 0;
		if (p->essential || p->required || apt)
			queue_push2(&jobs, RESOLVE_INSTALL, name_id(r, p->name));
	}
	/* debootstrap makes merged roots itself and takes this instead of 'usrmerge' and its perl */
	Id merged = pool_str2id(r->pool, "usr-is-merged", 0);
	if (merged)
		queue_push2(&jobs, RESOLVE_FAVOR, merged);
	bool ok =
		resolve_solve(r, &jobs, &packages, err) && base_load(r, BASE_MAIN, &packages, err);
	if (!ok)
		err_wrap(err, "cannot make the base system");
	queue_free(&jobs);
	queue_free(&packages);
	return ok;
}

/* The same with every update that all suites together have. */
static bool base_patched(struct resolver *r, struct err *err)
{
	Queue jobs, packages;
	queue_init(&jobs);
	queue_init(&packages);
	resolve_set_scene(r, r->count, r->bases[BASE_MAIN]);
	queue_push2(&jobs, SOLVER_UPDATE | SOLVER_SOLVABLE_ALL, 0);
	bool ok = resolve_solve(r, &jobs, &packages, err);
	/* what has no update stays: find the suite's own record of it */
	Map updated;
	map_init(&updated, r->pool->ss.nstrings);
	for (int i = 0; i < packages.count; i++)
		MAPSET(&updated, pool_id2solvable(r->pool, packages.elements[i])->name);
	Id p;
	Solvable *s;
	FOR_REPO_SOLVABLES(r->bases[BASE_MAIN], p, s)
	{
		Id found = MAPTST(&updated, s->name) ? 0 : resolve_newest(r, s->name);
		if (found)
			queue_push(&packages, found);
	}
	map_free(&updated);
	ok = ok && base_load(r, BASE_PATCHED, &packages, err);
	queue_free(&jobs);
	queue_free(&packages);
	return ok;
}

static bool base_names(struct resolver *r, struct err *err)
{
	map_init(&r->in_base, r->pool->ss.nstrings);
	r->base_names = calloc((size_t)r->bases[BASE_MAIN]->nsolvables + 1, sizeof(char *));
	if (!r->base_names)
		return err_no_memory(err);
	size_t n = 0;
	Id p;
	Solvable *s;
	FOR_REPO_SOLVABLES(r->bases[BASE_MAIN], p, s)
	{
		MAPSET(&r->in_base, s->name);
		r->base_names[n++] = pool_id2str(r->pool, s->name);
	}
	return true;
}

struct resolver *resolver_new(const char *name, const char *arch, const struct apt_index *indexes,
			      size_t count, struct err *err)
{
	AUTO(resolver_auto_free) struct resolver *r = calloc(1, sizeof(*r));
	if (!r || !(r->name = strdup(name))) {
		err_no_memory(err);
		return NULL;
	}
	if (count == 0 || count > RESOLVE_SOURCES_MAX) {
		err_set(err, ERR_FORMAT, "repository '%s': %zu suites, at most %d can be used",
			name, count, RESOLVE_SOURCES_MAX);
		return NULL;
	}
	r->pool = pool_create();
	if (pool_setdisttype(r->pool, DISTTYPE_DEB) < 0) {
		err_set(err, ERR_SYSTEM, "this libsolv was built without Debian's rules");
		return NULL;
	}
	pool_setarch(r->pool, arch);
	for (size_t i = 0; i < count; i++)
		if (!resolve_load_index(r, &indexes[i], err))
			return NULL;
	if (!base_main(r, err) || !base_patched(r, err) || !base_names(r, err))
		return NULL;
	resolve_set_scene(r, r->count, NULL); /* resolver_find() may come first */
	struct resolver *done = r;
	r = NULL;
	return done;
}

/* --- the closure ------------------------------------------------------------------------------ */

const struct apt_package *resolver_find(const struct resolver *r, const char *name)
{
	Id id = pool_str2id(r->pool, name, 0);
	Id found = id ? resolve_newest(r, id) : 0;
	return found ? resolve_package_of(r, found) : NULL;
}

static bool unknown(const struct resolver *r, const char *name, struct err *err)
{
	size_t total = 0;
	for (size_t i = 0; i < r->count; i++)
		total += r->sources[i].index->count;
	const char **names = calloc(total + 1, sizeof(*names));
	if (!names)
		return err_no_memory(err);
	size_t n = 0;
	for (size_t i = 0; i < r->count; i++) {
		Id p;
		Solvable *s;
		FOR_REPO_SOLVABLES(r->sources[i].repo, p, s)
		names[n++] = pool_id2str(r->pool, s->name);
	}
	const char *near = options_nearest(name, names);
	free(names);
	if (near)
		return err_set(err, ERR_UNRESOLVED,
			       "repository '%s' has no package '%s', did you mean '%s'?", r->name,
			       name, near);
	return err_set(err, ERR_UNRESOLVED, "repository '%s' has no package '%s'", r->name, name);
}

/* One version of each name, or the two bases want different ones. */
static bool check_unique(const struct resolver *r, const Queue *members, struct err *err)
{
	Map names;
	map_init(&names, r->pool->ss.nstrings);
	bool ok = true;
	for (int i = 0; i < members->count && ok; i++) {
		const Solvable *s = pool_id2solvable(r->pool, members->elements[i]);
		if (MAPTST(&names, s->name))
			ok = err_set(err, ERR_UNRESOLVED,
				     "repository '%s': '%s' is needed in one version on the main "
				     "suite's base and in another on a patched one",
				     r->name, pool_id2str(r->pool, s->name));
		MAPSET(&names, s->name);
	}
	map_free(&names);
	return ok;
}

/*
 * The patched base first: there nothing installed holds a package back from its newest version.
 * Then the same packages, in these versions, on the main suite's base.
 */
static bool solve_on_bases(struct resolver *r, const Queue *jobs, Queue *members, struct err *err)
{
	resolve_set_scene(r, r->count, r->bases[BASE_PATCHED]);
	if (!resolve_solve(r, jobs, members, err))
		return false;
	Queue exact;
	queue_init_clone(&exact, jobs);
	for (int i = 0; i < members->count; i++)
		queue_push2(&exact, SOLVER_INSTALL | SOLVER_SOLVABLE, members->elements[i]);
	resolve_set_scene(r, r->count, r->bases[BASE_MAIN]);
	bool ok = resolve_solve(r, &exact, members, err) && check_unique(r, members, err);
	queue_free(&exact);
	return ok;
}

/* Is @dep "NAME (= VERSION)", perhaps among alternatives? */
static bool is_tie(const Pool *pool, Id dep)
{
	while (ISRELDEP((unsigned)dep)) {
		const Reldep *rel = GETRELDEP(pool, (unsigned)dep);
		if (rel->flags == REL_EQ)
			return true;
		if (rel->flags == REL_OR && is_tie(pool, rel->evr))
			return true;
		dep = rel->name;
	}
	return false;
}

/*
 * Append to @ties the packages that @id depends on by "=", of the suites, that are in the base.
 */
static void find_ties(const struct resolver *r, Id id, Queue *ties)
{
	Pool *pool = r->pool;
	Queue deps;
	queue_init(&deps);
	solvable_lookup_deparray(pool_id2solvable(pool, id), SOLVABLE_REQUIRES, &deps, 0);
	for (int i = 0; i < deps.count; i++) {
		Id p, pp;
		if (!is_tie(pool, deps.elements[i]))
			continue;
		FOR_PROVIDES(p, pp, deps.elements[i])
		if (resolve_package_of(r, p) &&
		    MAPTST(&r->in_base, pool_id2solvable(pool, p)->name))
			queue_push(ties, resolve_first_of(r, p));
	}
	queue_free(&deps);
}

static bool has(const Queue *q, Id id)
{
	for (int i = 0; i < q->count; i++)
		if (q->elements[i] == id)
			return true;
	return false;
}

static bool add_member(const struct resolver *r, Queue *members, Id id)
{
	Id name = pool_id2solvable(r->pool, id)->name;
	for (int i = 0; i < members->count; i++)
		if (pool_id2solvable(r->pool, members->elements[i])->name == name)
			return false;
	queue_push(members, id);
	return true;
}

/*
 * A root may be older than the main suite is now, and dpkg refuses to break "=": take along the
 * base's packages that members are tied to, and those of the base that are tied to one of these.
 */
static void add_ties(struct resolver *r, Queue *members)
{
	resolve_set_scene(r, r->count, NULL);
	Queue ties;
	queue_init(&ties);
	bool more;
	do {
		more = false;
		queue_empty(&ties);
		for (int i = 0; i < members->count; i++)
			find_ties(r, members->elements[i], &ties);
		for (int i = 0; i < ties.count; i++)
			more |= add_member(r, members, ties.elements[i]);
		for (size_t i = 0; r->base_names[i]; i++) {
			Id own = resolve_newest(r, pool_str2id(r->pool, r->base_names[i], 0));
			queue_empty(&ties);
			if (own)
				find_ties(r, own, &ties);
			for (int k = 0; k < ties.count; k++)
				if (has(members, ties.elements[k])) {
					more |= add_member(r, members, own);
					break;
				}
		}
	} while (more);
	queue_free(&ties);
}

/* --- batches ---------------------------------------------------------------------------------- */

struct edge {
	int from, to; /* members: from depends on to */
	bool pre;
};

struct edges {
	struct edge *p;
	size_t count, cap;
};

static bool edge_add(struct edges *e, struct edge edge, struct err *err)
{
	if (e->count == e->cap) {
		size_t cap = e->cap ? e->cap * 2 : 256;
		struct edge *p = realloc(e->p, cap * sizeof(*p));
		if (!p)
			return err_no_memory(err);
		e->p = p;
		e->cap = cap;
	}
	e->p[e->count++] = edge;
	return true;
}

/* Edges of member @from for one kind of dependency: @marker 1 Pre-Depends, -1 Depends. */
static bool edges_of(struct resolver *r, const Queue *members, const int *member_of, int from,
		     Id marker, struct edges *out, struct err *err)
{
	Pool *pool = r->pool;
	Queue deps;
	queue_init(&deps);
	solvable_lookup_deparray(pool_id2solvable(pool, members->elements[from]), SOLVABLE_REQUIRES,
				 &deps, marker);
	bool ok = true;
	for (int i = 0; i < deps.count && ok; i++) {
		Id p, pp;
		FOR_PROVIDES(p, pp, deps.elements[i])
		if (ok && member_of[p] >= 0 && member_of[p] != from)
			ok = edge_add(out, (struct edge) { from, member_of[p], marker > 0 }, err);
	}
	queue_free(&deps);
	return ok;
}

static bool edges_make(struct resolver *r, const Queue *members, struct edges *out, struct err *err)
{
	AUTO(auto_free) int *member_of = malloc((size_t)r->pool->nsolvables * sizeof(int));
	if (!member_of)
		return err_no_memory(err);
	for (int i = 0; i < r->pool->nsolvables; i++)
		member_of[i] = -1;
	for (int i = 0; i < members->count; i++)
		member_of[members->elements[i]] = i;
	for (int i = 0; i < members->count; i++)
		if (!edges_of(r, members, member_of, i, 1, out, err) ||
		    !edges_of(r, members, member_of, i, -1, out, err))
			return false;
	return true;
}

/*
 * Levels by relaxation: a member is not below what it depends on, and above what it pre-depends on.
 * A level can't exceed the number of members unless a pre-dependency lies on a cycle.
 */
static bool levels_make(struct resolver *r, const Queue *members, const struct edges *edges,
			uint32_t *level, struct err *err)
{
	bool changed = true;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < edges->count; i++) {
			const struct edge *e = &edges->p[i];
			uint32_t least = level[e->to] + e->pre;
			if (level[e->from] >= least)
				continue;
			if (least > (uint32_t)members->count)
				return err_set(
					err, ERR_UNRESOLVED,
					"repository '%s': '%s' pre-depends on itself in a circle",
					r->name,
					pool_solvid2str(r->pool, members->elements[e->from]));
			level[e->from] = least;
			changed = true;
		}
	}
	return true;
}

static int item_compare(const void *a, const void *b)
{
	const struct closure_item *x = a, *y = b;
	if (x->batch != y->batch)
		return x->batch < y->batch ? -1 : 1;
	struct slice n = x->package->name, m = y->package->name;
	int c = memcmp(n.p, m.p, n.len < m.len ? n.len : m.len);
	return c ? c : (n.len > m.len) - (n.len < m.len);
}

static bool closure_make(struct resolver *r, const Queue *members, struct closure *out,
			 struct err *err)
{
	if (members->count > CLOSURE_MAX)
		return err_set(err, ERR_FORMAT, "repository '%s': a closure of %d packages",
			       r->name, members->count);
	struct edges edges = { 0 };
	size_t n = (size_t)members->count;
	AUTO(auto_free) uint32_t *level = calloc(n + 1, sizeof(*level));
	AUTO(closure_done) struct closure c = { calloc(n + 1, sizeof(*c.items)), n };
	bool ok = level && c.items ? edges_make(r, members, &edges, err) : err_no_memory(err);
	ok = ok && levels_make(r, members, &edges, level, err);
	free(edges.p);
	if (!ok)
		return false;
	for (size_t i = 0; i < n; i++) {
		Id id = members->elements[i];
		bool base = MAPTST(&r->in_base, pool_id2solvable(r->pool, id)->name) != 0;
		c.items[i] = (struct closure_item) { resolve_package_of(r, id), level[i], base };
	}
	qsort(c.items, n, sizeof(*c.items), item_compare);
	/* levels that no member has leave no gap */
	uint32_t batch = 0, before = n ? c.items[0].batch : 0;
	for (size_t i = 0; i < n; i++) {
		batch += c.items[i].batch != before;
		before = c.items[i].batch;
		c.items[i].batch = batch;
	}
	*out = c;
	c = (struct closure) { 0 };
	return true;
}

bool resolver_closure(struct resolver *r, const char *const *names, size_t count,
		      struct closure *out, struct err *err)
{
	Queue jobs, members;
	queue_init(&jobs);
	queue_init(&members);
	resolve_set_scene(r, r->count, NULL);
	bool ok = true;
	for (size_t i = 0; i < count && ok; i++) {
		Id id = pool_str2id(r->pool, names[i], 0);
		if (!id || !resolve_newest(r, id))
			ok = unknown(r, names[i], err);
		else
			queue_push2(&jobs, RESOLVE_INSTALL | SOLVER_FORCEBEST, id);
	}
	ok = ok && solve_on_bases(r, &jobs, &members, err);
	if (ok) {
		add_ties(r, &members);
		ok = closure_make(r, &members, out, err);
	}
	queue_free(&jobs);
	queue_free(&members);
	return ok;
}
