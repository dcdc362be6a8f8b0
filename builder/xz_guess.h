/* SPDX-License-Identifier: MIT */
/* xz_guess.h - how an .xz stream may have been made, from what its headers and index say. */
#ifndef XZ_GUESS_H
#define XZ_GUESS_H

#include "recipe.h"
#include "source.h"

#define XZ_GUESSES_MAX 8

struct xz_guess {
	uint64_t size;                         /* unpacked */
	struct recipe_xz ways[XZ_GUESSES_MAX]; /* likely ones first */
	size_t count;                          /* 0: none that a recipe could name */
};

/* ERR_FORMAT when these bytes of @src are not one whole .xz stream.  The sizes are its own claim. */
bool xz_guess(const struct source *src, uint64_t offset, uint64_t size, struct xz_guess *out,
	      struct err *err) MUST_CHECK;

#endif
