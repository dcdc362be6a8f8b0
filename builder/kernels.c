/* SPDX-License-Identifier: MIT */
/* kernels.c - see kernels.h. */
#include "kernels.h"

#include <ctype.h>

#include "relation.h"
#include "stanza.h"
#include "version.h"

#define IMAGE "linux-image-"
#define FOUND_MAX 1024 /* kernels of one series */

struct series {
	struct slice number;  /* "6.1." */
	struct slice flavour; /* "-amd64" */
};

/* Split "linux-image-6.1.0-40-amd64" at its ABI; false for another name. */
static bool image_abi(struct slice name, struct slice *abi)
{
	size_t n = sizeof(IMAGE) - 1;
	if (name.len <= n || memcmp(name.p, IMAGE, n) != 0)
		return false;
	*abi = (struct slice) { name.p + n, name.len - n };
	return abi->p[0] >= '0' && abi->p[0] <= '9';
}

/* "6.1." of "6.1.0-40-amd64". */
static bool series_number(struct slice abi, struct slice *out)
{
	size_t dots = 0;
	for (size_t i = 0; i < abi.len; i++) {
		dots += abi.p[i] == '.';
		if (dots == 2) {
			*out = (struct slice) { abi.p, i + 1 };
			return true;
		}
	}
	return false;
}

/* Where the flavour starts: the first part after a dash that begins with a letter. */
static bool series_flavour(struct slice abi, struct slice *out)
{
	for (size_t i = 0; i + 1 < abi.len; i++)
		if (abi.p[i] == '-' && isalpha(abi.p[i + 1])) {
			*out = (struct slice) { abi.p + i, abi.len - i };
			return true;
		}
	return false;
}

static bool abi_split(struct slice name, struct slice *abi, struct series *out)
{
	return image_abi(name, abi) && series_number(*abi, &out->number) &&
	       series_flavour(*abi, &out->flavour);
}

/* The kernel that the meta package depends on. */
static bool meta_series(const struct apt_package *meta, struct series *out)
{
	struct slice rest = meta->depends, clause, abi;
	while (relation_next_clause(&rest, &clause)) {
		struct relation r;
		bool bad = false;
		if (relation_next_alternative(&clause, &r, &bad) && !bad &&
		    abi_split(r.name, &abi, out))
			return true;
	}
	return false;
}

static int newest_first(const void *a, const void *b)
{
	return version_compare(*(const char *const *)b, *(const char *const *)a);
}

/* Each ABI of @want once; "-unsigned", "-dbg", "-cloud" and "-rt" are flavours of their own. */
static size_t find_all(const struct apt_index *indexes, size_t index_count,
		       const struct series *want, struct texts *texts, const char *found[FOUND_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < index_count; i++)
		for (size_t k = 0; k < indexes[i].count; k++) {
			struct slice abi;
			struct series s;
			if (!abi_split(indexes[i].packages[k].name, &abi, &s) ||
			    !slice_equal(s.number, want->number) ||
			    !slice_equal(s.flavour, want->flavour) || n == FOUND_MAX)
				continue;
			bool known = false;
			for (size_t f = 0; f < n; f++)
				known |= slice_is(abi, found[f]);
			if (!known)
				found[n++] = texts_add(texts, abi);
		}
	return n;
}

bool kernels_newest(const char *repository, const struct apt_index *indexes, size_t index_count,
		    const struct apt_package *meta, const char *series, size_t newest,
		    struct texts *texts, const char **abis, size_t *count, struct err *err)
{
	struct series want;
	if (!meta)
		return err_set(err, ERR_UNRESOLVED, "repository '%s' has no kernel series '%s'",
			       repository, series);
	if (!meta_series(meta, &want))
		return err_set(err, ERR_UNRESOLVED,
			       "repository '%s': '%s' depends on no kernel image: not a series",
			       repository, series);
	AUTO(auto_free) const char **found = calloc(FOUND_MAX, sizeof(*found));
	if (!found)
		return err_no_memory(err);
	size_t n = find_all(indexes, index_count, &want, texts, found);
	if (texts->bad)
		return err_no_memory(err);
	if (!n)
		return err_set(err, ERR_UNRESOLVED,
			       "repository '%s' has no kernel of the series '%s'", repository,
			       series);
	qsort(found, n, sizeof(*found), newest_first);
	*count = n < newest ? n : newest;
	memcpy(abis, found, *count * sizeof(*abis));
	return true;
}
