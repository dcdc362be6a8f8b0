/* SPDX-License-Identifier: MIT */
/* platform_names.c - the names in a directory: what is the same on every system. */
#include "platform.h"

#include <string.h>

#define LIST_MAX 65536

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void platform_free_names(struct platform_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->names[i]);
	free(n->names);
	*n = (struct platform_names) { 0 };
}

bool platform_add_name(struct platform_names *n, const char *name, struct err *err)
{
	if (n->count == LIST_MAX)
		return err_set(err, ERR_SYSTEM, "more than %d names in one directory", LIST_MAX);
	if ((n->count & (n->count - 1)) == 0) { /* grow at every power of two */
		size_t cap = n->count ? n->count * 2 : 1;
		char **more = realloc(n->names, cap * sizeof(*more));
		if (!more)
			return err_no_memory(err);
		n->names = more;
	}
	size_t size = strlen(name) + 1;
	char *copy = malloc(size);
	if (!copy)
		return err_no_memory(err);
	memcpy(copy, name, size);
	n->names[n->count++] = copy;
	return true;
}

void platform_sort_names(struct platform_names *n)
{
	if (n->count)
		qsort(n->names, n->count, sizeof(*n->names), by_name);
}
