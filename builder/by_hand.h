/* SPDX-License-Identifier: MIT */
/*
 * by_hand.h - lines for a shell that check a bundle with stock tools alone (FORMAT.md, By hand).
 *
 * What they print is nothing to believe us for: the numbers that we fill in only say where in the file
 * to look.  Every digest that something is compared with is taken from what was signed, by jq and od.
 */
#ifndef BY_HAND_H
#define BY_HAND_H

#include "reader.h"

/*
 * Print them on stdout: root and signatures, block table, catalog, documents, stub, the signature over
 * the whole file and Authenticode's, where there are such; and one package's tree, blocks and files,
 * unless @package is NULL.  ERR_USAGE when there is none of that name.
 */
bool by_hand_print(const struct reader *r, const char *package, struct err *err) MUST_CHECK;

#endif
