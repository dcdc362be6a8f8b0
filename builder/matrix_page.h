/* SPDX-License-Identifier: MIT */
/*
 * matrix_page.h - how the matrix's page looks and acts: its style sheet and its script.
 *
 * The script reads the table that matrix_html.c writes: rows have data-os, column heads data-family
 * and data-group, cells a class of one letter (c covered, f below floor, g gap, n not documented) and
 * their text in `title`.  The fragment of the address holds the filters: #os=..&family=..&state=..
 */
#ifndef MATRIX_PAGE_H
#define MATRIX_PAGE_H

extern const char *const matrix_page_style[];  /* lines; NULL ends them */
extern const char *const matrix_page_script[]; /* likewise */

#endif
