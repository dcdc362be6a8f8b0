/* SPDX-License-Identifier: MIT */
/*
 * facts_stack.h - the part of facts that says whether a driver can be built, loaded and installed:
 * headers, programs, modules, other stacks, file systems.  Only facts.c reads and writes it; each
 * member is optional, and unknown where a document lacks it.
 */
#ifndef FACTS_STACK_H
#define FACTS_STACK_H

#include "facts.h"

bool facts_stack_read(const struct json *j, struct facts *f, struct err *err) MUST_CHECK;
void facts_stack_write(struct json *j, struct json_value *top, const struct facts *f);
void facts_stack_done(struct facts *f);

/* The keys, NULL-terminated. */
extern const char *const facts_stack_keys[];

/* A yes or no that may be missing. */
bool facts_read_answer(const struct json *j, const struct json_value *obj, const char *key,
		       enum facts_answer *out, struct err *err) MUST_CHECK;
void facts_write_answer(struct json *j, struct json_value *obj, const char *key,
			enum facts_answer answer);

#endif
