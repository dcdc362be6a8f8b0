/* SPDX-License-Identifier: MIT */
/* image_trust_linux.c - --anchor and --policy: what an image is to trust and to ask for (image.h). */
#include <string.h>

#include "image.h"
#include "trust.h"

#define ANCHOR_SIZE_MAX (1u << 20)

/* One file: where it comes from, and where it goes. */
struct addition {
	const char *from;
	char to[PLATFORM_PATH_MAX]; /* a path of this machine */
	struct buf text;
	bool there;   /* with this content, already */
	bool written; /* by us */
};

struct additions {
	struct addition *v; /* owned */
	size_t count;
};

static void additions_done(struct additions *a)
{
	for (size_t i = 0; i < a->count; i++)
		buf_done(&a->v[i].text);
	free(a->v);
	*a = (struct additions) { 0 };
}

/* Read it, and look at what stands in its place. */
static bool read_addition(const struct job *job, const char *from, const char *place,
			  struct addition *a, struct err *err)
{
	AUTO(buf_done) struct buf now = BUF_INIT(ANCHOR_SIZE_MAX);
	struct err why = { 0 };
	a->from = from;
	if (!platform_read_file(from, &a->text, &why))
		return err_set(err, why.code == ERR_NO ? ERR_SYSTEM : why.code, "%s", why.msg);
	if (!job_file_path(job, place, a->to, err))
		return false;
	if (!platform_exists(a->to))
		return true;
	a->there = platform_read_file(a->to, &now, &why) &&
		   slice_equal(buf_slice(&now), buf_slice(&a->text));
	return a->there ||
	       err_set(err, ERR_USAGE,
		       "'%s' is there, with other content than '%s': remove one of them", a->to,
		       from);
}

static bool read_anchor(const struct job *job, const char *from, struct addition *a,
			struct err *err)
{
	const char *slash = strrchr(from, '/'), *name = slash ? slash + 1 : from;
	char place[PLATFORM_PATH_MAX];
	AUTO(trust_auto_free) struct trust *scratch = trust_new(err);
	enum trust_file kind = trust_file_kind(name);
	if (!scratch)
		return false;
	if (kind == TRUST_FILE_OTHER)
		return err_set(err, ERR_USAGE,
			       "--anchor '%s': its name must end in .pem, .crt, .cer, .der or .crl",
			       from);
	int n = snprintf(place, sizeof(place), "%s/%s", platform_place(PLACE_TRUST), name);
	if (n < 0 || (size_t)n >= sizeof(place))
		return err_set(err, ERR_USAGE, "path is too long: '%.100s'", from);
	return read_addition(job, from, place, a, err) &&
	       (kind == TRUST_FILE_CRLS ? trust_add_crls(scratch, from, buf_slice(&a->text), err)
					: trust_add(scratch, from, buf_slice(&a->text), err));
}

static bool read_policy(const struct job *job, struct addition *a, struct err *err)
{
	AUTO(policy_done) struct policy policy = { 0 };
	const char *from = job->args->policy;
	return read_addition(job, from, platform_place(PLACE_POLICY), a, err) &&
	       policy_parse(from, buf_slice(&a->text), &policy, err);
}

/* @out is released in every case. */
static bool read_all(const struct job *job, struct additions *out, struct err *err)
{
	const struct argument_list *anchors = &job->args->anchors;
	out->v = calloc(anchors->count + 1, sizeof(*out->v));
	if (!out->v)
		return err_no_memory(err);
	for (; out->count < anchors->count; out->count++) {
		struct addition *a = &out->v[out->count];
		a->text = BUF_INIT(ANCHOR_SIZE_MAX);
		if (!read_anchor(job, anchors->v[out->count], a, err)) {
			buf_done(&a->text);
			return false;
		}
	}
	if (!job->args->policy)
		return true;
	struct addition *a = &out->v[out->count++];
	a->text = BUF_INIT(POLICY_SIZE_MAX);
	return read_policy(job, a, err);
}

bool image_trust_check(struct job *job, struct err *err)
{
	AUTO(additions_done) struct additions all = { 0 };
	return read_all(job, &all, err);
}

static bool write_all(const struct job *job, struct additions *all, struct err *err)
{
	char dir[PLATFORM_PATH_MAX];
	if (!job_path(job, platform_place(PLACE_TRUST), dir, err) || !platform_make_state(dir, err))
		return false;
	for (size_t i = 0; i < all->count; i++) {
		struct addition *a = &all->v[i];
		if (!a->there && !platform_write_file(a->to, buf_slice(&a->text), 0644, err))
			return false;
		a->written = !a->there;
	}
	return true;
}

bool image_trust_put(struct job *job, struct err *err)
{
	AUTO(additions_done) struct additions all = { 0 };
	AUTO(trust_store_done) struct trust_store trial = { 0 };
	if (!read_all(job, &all, err))
		return false;
	if (!all.count)
		return true;
	/* then as the machine will, when it opens a bundle */
	if (write_all(job, &all, err) && job_open_trust_of_root(job, &trial, err)) {
		char detail[64];
		snprintf(detail, sizeof(detail), "%zu file(s) about whom it trusts", all.count);
		report_step(&job->report, "trust", "ok", detail);
		return true;
	}
	for (size_t i = 0; i < all.count; i++) {
		struct err left = { 0 };
		if (all.v[i].written && !platform_remove_file(all.v[i].to, &left))
			report_say(&job->report, "%s", left.msg);
	}
	return err_wrap(err, "what the image is to trust");
}
