/* SPDX-License-Identifier: MIT */
/* output.c - see output.h. */
#include "output.h"

#include <string.h>
#include <sys/stat.h>

#include "file.h"

void outputs_done(struct outputs *o)
{
	for (size_t i = 0; i < o->count; i++) {
		seal_done(&o->v[i].seal);
		free(o->v[i].path);
	}
	o->count = 0;
}

/* --- which ones --------------------------------------------------------------------------------- */

static bool add_output(struct outputs *o, const char *name, size_t base, const char *ending,
		       const struct head *head, struct err *err)
{
	struct output *out = &o->v[o->count];
	*out = (struct output) { .head = head, .seal = SEAL_INIT };
	if (asprintf(&out->path, "%.*s%s", (int)base, name, ending) < 0) {
		out->path = NULL;
		return err_no_memory(err);
	}
	o->count++;
	return outfile_open(&out->seal.bundle, out->path, err);
}

bool output_is_windows(const struct output *out)
{
	return out->head && strcmp(out->head->platform, HEAD_WINDOWS) == 0;
}

static bool add_one(struct outputs *o, const char *name, const char *platform,
		    const struct heads *heads, struct err *err)
{
	const struct head *head = NULL;
	if (platform) {
		head = heads_find(heads, platform, err);
		if (!head)
			return err_wrap(err, "cannot write '%s'", name);
	}
	return add_output(o, name, strlen(name), "", head, err);
}

static bool add_all(struct outputs *o, const char *name, const struct heads *heads, struct err *err)
{
	struct stat st;
	size_t n = strlen(name);
	if (n == file_dir_length(name) || (stat(name, &st) == 0 && S_ISDIR(st.st_mode)))
		return err_set(err, ERR_USAGE, "'%s' is a directory: give the name of a file",
			       name);
	for (size_t i = 0; i < heads->count; i++)
		if (!add_output(o, name, n, head_ending(heads->v[i].platform), &heads->v[i], err))
			return false;
	return add_output(o, name, n, HEAD_NONE_ENDING, NULL, err);
}

bool outputs_open(struct outputs *o, const char *name, bool no_stub, const struct heads *heads,
		  struct err *err)
{
	const char *platform;
	size_t base;
	if (no_stub)
		return add_one(o, name, NULL, heads, err);
	if (head_of_name(name, &platform, &base))
		return add_one(o, name, platform, heads, err);
	return add_all(o, name, heads, err);
}

/* --- writing ------------------------------------------------------------------------------------ */

/* The one that the blocks are compressed into: not the program that may be too large for them. */
static struct output *first_of(struct outputs *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (!output_is_windows(&o->v[i]))
			return &o->v[i];
	return &o->v[0];
}

static uint64_t stub_size(const struct output *out)
{
	return out->head ? out->head->stub.len : 0;
}

static bool has_data_file(const struct outputs *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (!o->v[i].head)
			return true;
	return false;
}

/* Windows programs that would be too large become heads alone, and there is a NAME.ibb. */
static bool split_large(struct outputs *o, const struct output *first, uint64_t exe_max,
			struct err *err)
{
	uint64_t data = first->seal.bundle.offset - stub_size(first);
	for (size_t i = 0; i < o->count; i++) {
		struct output *out = &o->v[i];
		if (!output_is_windows(out) || data + stub_size(out) <= exe_max)
			continue;
		const char *platform;
		size_t base;
		out->alone = true;
		if (!has_data_file(o) &&
		    (!head_of_name(out->path, &platform, &base) ||
		     !add_output(o, out->path, base, HEAD_NONE_ENDING, NULL, err)))
			return false;
	}
	return true;
}

/* It may be the first, which the others were copied from: it is begun anew. */
static bool write_alone(struct output *out, struct err *err)
{
	struct seal *s = &out->seal;
	seal_done(s);
	*s = SEAL_INIT;
	return outfile_open(&s->bundle, out->path, err) &&
	       outfile_write(&s->bundle, out->head->stub.p, out->head->stub.len, err);
}

static bool copy_first(struct outputs *o, const struct output *first, struct err *err)
{
	for (size_t i = 0; i < o->count; i++) {
		struct output *out = &o->v[i];
		if (out != first && !out->alone &&
		    !bundle_copy(&first->seal.bundle, out->head, &out->seal.bundle, err))
			return false;
	}
	for (size_t i = 0; i < o->count; i++)
		if (o->v[i].alone && !write_alone(&o->v[i], err))
			return false;
	return true;
}

/* --- signing and verifying ---------------------------------------------------------------------- */

/* A head alone is checked against the root of the bundle that it will find beside it. */
static bool verify_alone(struct outputs *o, struct output *out, uint64_t now, struct err *err)
{
	struct bundle_options opt = { .now = now, .allow_unsigned = true };
	AUTO(file_source_close) struct source src = { 0 }, data = { 0 };
	AUTO(bundle_close) struct bundle b = { 0 };
	struct head_alone seen;
	size_t i = 0;
	while (o->v[i].head)
		i++;
	return file_source_open(out->seal.bundle.temp, &src, err) &&
	       file_source_open(o->v[i].seal.bundle.temp, &data, err) &&
	       bundle_open(&data, &opt, &b, err) && head_check_alone(&src, &b.root, &seen, err);
}

static bool finish_one(struct outputs *o, struct output *out, const struct bundle_input *in,
		       const struct output_options *how, struct err *err)
{
	if (how->authenticode && output_is_windows(out) &&
	    !authenticode_sign(how->authenticode, in->created, &out->seal.bundle,
			       &out->authenticode, err))
		return err_wrap(err, "cannot sign '%s'", out->path);
	if (out->alone ? !verify_alone(o, out, how->now, err)
		       : !seal_verify(&out->seal, !how->key, out == first_of(o), how->now, err))
		return false;
	return !how->key || seal_whole(&out->seal, how->key, in->created, how->now, err);
}

bool outputs_write(struct outputs *o, const struct bundle_input *in,
		   const struct output_options *how, struct err *err)
{
	struct output *first = first_of(o);
	struct bundle_input with_head = *in;
	with_head.head = first->head;
	if (!bundle_write(&with_head, &first->seal.bundle, err) ||
	    (how->key && !seal_root(&first->seal, how->key, false, how->now, err)) ||
	    !split_large(o, first, how->exe_max, err) || !copy_first(o, first, err))
		return false;
	for (size_t i = 0; i < o->count; i++)
		if (!finish_one(o, &o->v[i], in, how, err))
			return false;
	return true;
}

/* What a head alone needs is there before it is. */
bool outputs_commit(struct outputs *o, struct err *err)
{
	for (size_t i = 0; i < o->count; i++)
		if (!o->v[i].alone && !seal_commit(&o->v[i].seal, o->v[i].head ? 0777 : 0666, err))
			return false;
	for (size_t i = 0; i < o->count; i++)
		if (o->v[i].alone && !seal_commit(&o->v[i].seal, 0777, err))
			return false;
	return true;
}
