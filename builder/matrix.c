/* SPDX-License-Identifier: MIT */
/* matrix.c - see matrix.h.  matrix_write.c and matrix_html.c show it. */
#include "matrix.h"

#include <string.h>

#include "plan.h"
#include "version.h"

void matrix_done(struct matrix *m)
{
	candidates_done(&m->candidates);
	texts_done(&m->texts);
	free(m->list);
	free(m->got);
	*m = (struct matrix) { 0 };
}

const char *matrix_state_name(enum matrix_state state)
{
	static const char *const names[] = { "covered", "below floor", "gap" };
	return names[state];
}

/* The floor that @p does not reach on @family, or NULL. */
static const struct machine_floor *missed_floor(const struct machine_family *family,
						const struct manifest_package *p)
{
	for (size_t i = 0; p->driver && p->version && i < family->floor_count; i++) {
		const struct machine_floor *f = &family->floors[i];
		if (strcmp(f->driver, p->driver) == 0 &&
		    version_compare(p->version, f->version) < 0)
			return f;
	}
	return NULL;
}

static void take_choice(struct matrix *m, struct matrix_machine *machine, const struct plan *plan)
{
	const struct machine_family *family = machine->size->family;
	machine->package = candidates_package(&m->candidates, plan->chosen);
	m->got[plan->chosen - m->candidates.catalog.packages]++;
	m->covered++;
	const struct machine_floor *floor = missed_floor(family, machine->package);
	machine->state = floor ? MATRIX_BELOW_FLOOR : MATRIX_COVERED;
	if (!floor) {
		machine->reason = texts_add(&m->texts, slice_str(plan->reason));
		return;
	}
	m->below_floor++;
	machine->reason = texts_printf(&m->texts,
				       "%s %s is below the documented floor of %s, which is %s; %s",
				       floor->driver, machine->package->version, family->name,
				       floor->version, plan->reason);
}

static bool judge(struct matrix *m, struct matrix_machine *machine, const struct facts *facts,
		  struct err *err)
{
	AUTO(plan_done) struct plan plan = { 0 };
	struct err why = { 0 };
	if (plan_choose(&m->candidates.catalog, facts, &plan, &why)) {
		take_choice(m, machine, &plan);
	} else {
		if (why.code == ERR_NO_MEMORY)
			return err_no_memory(err);
		machine->state = MATRIX_GAP;
		machine->tie = why.code == ERR_FORMAT;
		/* What follows the colon there is for who stands before the machine. */
		machine->reason = texts_printf(
			&m->texts, "%.*s",
			(int)(machine->tie ? strcspn(why.msg, ":") : sizeof(why.msg)), why.msg);
		m->gaps++;
	}
	return !m->texts.bad || err_no_memory(err);
}

bool matrix_make(const struct manifest *manifest, const struct machines *machines,
		 const struct matrix_options *options, struct matrix *out, struct err *err)
{
	AUTO(matrix_done) struct matrix m = { .manifest = manifest, .machines = machines };
	if (!candidates_make(manifest, &m.candidates, err))
		return false;
	m.list = calloc(machines->size_count * machines->image_count + 1, sizeof(*m.list));
	m.got = calloc(m.candidates.catalog.package_count + 1, sizeof(*m.got));
	if (!m.list || !m.got)
		return err_no_memory(err);
	for (size_t s = 0; s < machines->size_count; s++) {
		const struct machine_size *size = &machines->sizes[s];
		for (size_t i = 0; i < machines->image_count; i++) {
			const struct machine_image *image = &machines->images[i];
			struct facts facts;
			if (!(machine_documented(size, image) & options->documented) ||
			    (options->on && machine_retired(size, options->on)) ||
			    !machine_facts(size, image, &facts))
				continue;
			struct matrix_machine *machine = &m.list[m.count++];
			*machine = (struct matrix_machine) { .size = size, .image = image };
			if (!judge(&m, machine, &facts, err))
				return false;
		}
	}
	*out = m;
	m = (struct matrix) { 0 };
	return true;
}

const struct matrix_machine *matrix_find(const struct matrix *m, const struct machine_size *size,
					 const struct machine_image *image)
{
	size_t low = 0, high = m->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct matrix_machine *x = &m->list[middle];
		if (x->size < size || (x->size == size && x->image < image))
			low = middle + 1;
		else
			high = middle;
	}
	return low < m->count && m->list[low].size == size && m->list[low].image == image
		       ? &m->list[low]
		       : NULL;
}

bool matrix_same_story(const struct matrix_machine *a, const struct matrix_machine *b)
{
	return a->image == b->image && a->state == b->state && strcmp(a->reason, b->reason) == 0;
}

bool matrix_starts_story(const struct matrix *m, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (matrix_same_story(&m->list[i], &m->list[at]))
			return false;
	return true;
}

/* --- what --strict refuses ----------------------------------------------------------------------- */

static bool same_words(const struct texts *t, const char *text)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->p[i], text) == 0)
			return true;
	return false;
}

/* One line per pair of packages, with the first machine that it happens on. */
static void check_ties(const struct matrix *m, struct texts *problems)
{
	AUTO(texts_done) struct texts seen = { 0 };
	for (size_t i = 0; i < m->count; i++) {
		const struct matrix_machine *x = &m->list[i];
		if (!x->tie || same_words(&seen, x->reason))
			continue;
		texts_add(&seen, slice_str(x->reason));
		texts_printf(problems, "%s on %s: %s", x->size->name, x->image->name, x->reason);
	}
	problems->bad |= seen.bad;
	struct err tie = { 0 };
	if (!plan_check_ties(&m->candidates.catalog, &tie))
		texts_add(problems, slice_str(tie.msg));
}

static void check_rules(const struct matrix *m, struct texts *problems)
{
	for (size_t i = 0; i < m->candidates.catalog.package_count; i++) {
		const struct package *p = &m->candidates.catalog.packages[i];
		char reason[MATCH_REASON_SIZE];
		if (!match_possible(p->match, reason))
			texts_printf(problems, "package '%s' can never match: %s", p->id, reason);
	}
}

/* How a package that nobody gets stands to the machines. */
enum reach { FITS_NONE, FITS_AND_LOSES, FITS_AND_TIES };

static enum reach find_reach(const struct matrix *m, const struct package *p)
{
	enum reach reach = FITS_NONE;
	for (size_t i = 0; i < m->count; i++) {
		struct facts facts;
		const char *key;
		char reason[MATCH_REASON_SIZE];
		if (!machine_facts(m->list[i].size, m->list[i].image, &facts) ||
		    !match_holds(p->match, &facts, &key, reason))
			continue;
		if (m->list[i].tie)
			return FITS_AND_TIES;
		reach = FITS_AND_LOSES;
	}
	return reach;
}

static void check_reach(const struct matrix *m, struct texts *problems, struct texts *warnings)
{
	for (size_t i = 0; i < m->candidates.catalog.package_count; i++) {
		const struct package *p = &m->candidates.catalog.packages[i];
		const char *fine = m->candidates.packages[i]->unreachable_ok;
		char reason[MATCH_REASON_SIZE];
		if (m->got[i] || !match_possible(p->match, reason))
			continue;
		enum reach reach = find_reach(m, p);
		if (reach == FITS_AND_TIES)
			continue; /* told already */
		texts_printf(fine ? warnings : problems,
			     "no machine of the matrix gets package '%s': %s%s%s%s", p->id,
			     reach == FITS_NONE ? "it fits none of them"
						: "wherever it fits, another one is chosen",
			     fine ? " (" : "", fine ? fine : "", fine ? ")" : "");
	}
}

bool matrix_check(const struct matrix *m, struct texts *problems, struct texts *warnings,
		  struct err *err)
{
	check_ties(m, problems);
	check_rules(m, problems);
	check_reach(m, problems, warnings);
	return (!problems->bad && !warnings->bad) || err_no_memory(err);
}
