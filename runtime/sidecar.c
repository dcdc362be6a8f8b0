/* SPDX-License-Identifier: MIT */
/* sidecar.c - see sidecar.h. */
#include "sidecar.h"

#include <ctype.h>
#include <string.h>

#define ENDING ".ibb"

/* Bytes at the end of @name that are @ending, in any case. */
static size_t ending_length(const char *name, const char *ending)
{
	size_t n = strlen(ending), len = strlen(name);
	if (len <= n || strchr("/\\", name[len - n - 1]))
		return 0; /* the ending is all of the name */
	for (size_t i = 0; i < n; i++)
		if (tolower((unsigned char)name[len - n + i]) != ending[i])
			return 0;
	return n;
}

/* Length of @path without the ending of a program or a bundle. */
static size_t base_length(const char *path)
{
	return strlen(path) - ending_length(path, ".exe") - ending_length(path, ".run") -
	       ending_length(path, ENDING);
}

bool sidecar_name(const char *program, char out[PLATFORM_PATH_MAX])
{
	int n = snprintf(out, PLATFORM_PATH_MAX, "%.*s" ENDING, (int)base_length(program), program);
	return n > 0 && n < PLATFORM_PATH_MAX;
}

bool sidecar_volume(const char *first, unsigned number, char out[PLATFORM_PATH_MAX])
{
	int n = snprintf(out, PLATFORM_PATH_MAX, "%.*s.%u" ENDING, (int)base_length(first), first,
			 number);
	return n > 0 && n < PLATFORM_PATH_MAX;
}

bool sidecar_find(char out[PLATFORM_PATH_MAX], struct err *err)
{
	char program[PLATFORM_PATH_MAX], path[PLATFORM_PATH_MAX];
	if (!platform_program(program, err))
		return false;
	if (!sidecar_name(program, path) || !platform_exists(path))
		return err_set(err, ERR_NO, "no bundle lies beside this program");
	memcpy(out, path, strlen(path) + 1);
	return true;
}
