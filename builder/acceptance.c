/* SPDX-License-Identifier: MIT */
/* acceptance.c - see acceptance.h. */
#include "acceptance.h"

#include <stdio.h>
#include <string.h>

static bool same(const struct lock_package *p, const char *id)
{
	return p->terms.id && strcmp(p->terms.id, id) == 0;
}

/* The first package with the terms of package @index says them. */
static bool is_first(const struct lock *lock, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (same(&lock->packages[i], lock->packages[index].terms.id))
			return false;
	return true;
}

static void say(const struct lock *lock, const struct lock_package *p, bool accepted)
{
	static const char *const may[] = {
		[TERMS_NOT_KNOWN] = "whether they may be passed on is not known",
		[TERMS_NO] = "they may not be passed on",
		[TERMS_YES] = "they may be passed on",
	};
	const struct terms *t = &p->terms;
	size_t count = 0;
	for (size_t i = 0; i < lock->package_count; i++)
		count += same(&lock->packages[i], t->id);
	fprintf(stderr, "ibbundle: terms '%s' of %zu package%s (%s%s): %s%s%s; %s\n", t->id, count,
		count == 1 ? "" : "s", p->id, count == 1 ? "" : ", ...", t->title,
		t->url ? ", " : "", t->url ? t->url : "", may[t->redistribute]);
	if (t->accept)
		fprintf(stderr, "ibbundle: terms '%s' %s\n", t->id,
			accepted ? "are accepted" : "must be accepted");
}

static bool check_names(const struct lock *lock, const struct option_list *accepted,
			struct err *err)
{
	for (size_t i = 0; i < accepted->count; i++) {
		bool known = strcmp(accepted->v[i], TERMS_ALL) == 0;
		for (size_t k = 0; k < lock->package_count; k++)
			known |= same(&lock->packages[k], accepted->v[i]);
		if (!known)
			return err_set(err, ERR_USAGE,
				       "--accept-license: no package comes under terms '%s'",
				       accepted->v[i]);
	}
	return true;
}

bool acceptance_check(const struct lock *lock, const struct option_list *accepted, struct err *err)
{
	const struct lock_package *missing = NULL;
	if (!check_names(lock, accepted, err))
		return false;
	for (size_t i = 0; i < lock->package_count; i++) {
		const struct lock_package *p = &lock->packages[i];
		if (!p->terms.id || !is_first(lock, i))
			continue;
		bool ok = terms_accepted(&p->terms, accepted->v, accepted->count);
		say(lock, p, ok);
		if (!ok && !missing)
			missing = p;
	}
	return !missing ||
	       err_set(err, ERR_TERMS,
		       "'%s' must be accepted to put package '%s' into a bundle: read them, and "
		       "give --accept-license %s",
		       missing->terms.title, missing->id, missing->terms.id);
}
