/* SPDX-License-Identifier: MIT */
/*
 * fuzz_relation.c - relations and versions: whatever is read lies inside the text, and versions have
 * an order.
 */
#include <stdlib.h>
#include <string.h>

#include "relation.h"
#include "version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool inside(struct slice whole, struct slice part)
{
	return part.len == 0 || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice whole = { data, size }, rest = whole, clause, last = { 0 };
	bool bad = false;
	if (size > 10000)
		return 0;
	while (!bad && relation_next_clause(&rest, &clause)) {
		struct relation r;
		check(clause.len > 0 && inside(whole, clause));
		while (relation_next_alternative(&clause, &r, &bad)) {
			check(r.name.len > 0 && inside(whole, r.name) && inside(whole, r.arch));
			check(inside(whole, r.version) && (r.op[0] != '\0') == (r.version.len > 0));
			int ab = version_compare_deb_slices(r.version, last);
			int ba = version_compare_deb_slices(last, r.version);
			check(sign(ab) == -sign(ba));
			check(version_compare_deb_slices(r.version, r.version) == 0);
			if (r.op[0])
				check(relation_version_holds(&r, r.version) ==
				      (strchr(r.op, '=') != NULL));
			last = r.version;
		}
	}
	/* The same bytes as a range term. */
	char term[160];
	size_t n = size < sizeof(term) - 1 ? size : sizeof(term) - 1;
	if (n)
		memcpy(term, data, n);
	term[n] = '\0';
	struct err err = { 0 };
	bool valid = version_term_valid(term, &err);
	bool holds = version_term_holds(term, "5.15.0-1041-azure");
	check(valid || err.code == ERR_FORMAT);
	(void)holds;
	return 0;
}
