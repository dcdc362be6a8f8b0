/* SPDX-License-Identifier: MIT */
/* rotation.c - see rotation.h. */
#include "rotation.h"

#include <string.h>

#include "path.h"

#define SCHEMA 1
#define TYPE "ibbundle rotation" /* so that no other signed text can be taken for one */

void rotation_done(struct rotation *r)
{
	json_free(r->doc);
	*r = (struct rotation) { 0 };
}

/* --- the statement ----------------------------------------------------------------------------- */

static bool read_replaces(const struct json *j, struct rotation *r, struct err *err)
{
	const struct json_value *list;
	if (!json_get_array(j, json_top(j), "replaces", JSON_REQUIRED, &list, err))
		return false;
	if (json_count(list) == 0 || json_count(list) > ROTATION_REPLACES_MAX)
		return json_error(j, list, err, "must have 1 to %d members", ROTATION_REPLACES_MAX);
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		const char *hex = json_string(v);
		if (!hex || !sha256_from_hex(hex, r->replaces[r->replaces_count++]))
			return json_error(j, v, err, "must be 64 lower-case hex digits");
	}
	return true;
}

static bool read_statement(struct rotation *r, struct err *err)
{
	static const char *const keys[] = { "bundle", "certificate", "from", "replaces",
					    "retire", "schema",      "type", NULL };
	const struct json *j = r->doc;
	const struct json_value *top = json_top(j);
	const char *type;
	uint64_t schema;
	if (json_type(top) != JSON_OBJECT)
		return json_error(j, top, err, "must be an object");
	if (!json_get_string(j, top, "type", JSON_REQUIRED, &type, err) ||
	    !json_get_u64(j, top, "schema", JSON_REQUIRED, JSON_INTEGER_MAX, &schema, err))
		return false;
	if (strcmp(type, TYPE) != 0 || schema != SCHEMA)
		return json_error(j, top, err, "is no rotation, or needs a newer ibbundle");
	if (!json_only_keys(j, top, keys, err) ||
	    !json_get_string(j, top, "bundle", JSON_REQUIRED, &r->bundle, err) ||
	    !json_get_string(j, top, "certificate", JSON_REQUIRED, &r->certificate, err) ||
	    !json_get_u64(j, top, "from", JSON_REQUIRED, JSON_INTEGER_MAX, &r->from, err) ||
	    !json_get_bool(j, top, "retire", JSON_REQUIRED, &r->retire, err) ||
	    !read_replaces(j, r, err))
		return false;
	return name_is_safe(r->bundle) ||
	       json_error(j, top, err, "'bundle' is not an allowed name");
}

static bool is_canonical(const struct json *j, struct slice text, struct err *err)
{
	AUTO(buf_done) struct buf again = BUF_INIT(ROTATION_STATEMENT_MAX);
	if (!json_print(j, false, &again, err))
		return false;
	return slice_equal(buf_slice(&again), text) ||
	       err_set(err, ERR_ROTATION, "it is not canonical JSON");
}

bool rotation_parse(struct slice statement, struct rotation *out, struct err *err)
{
	AUTO(rotation_done) struct rotation r = { 0 };
	struct err why = { 0 };
	if (statement.len > ROTATION_STATEMENT_MAX)
		return err_set(err, ERR_ROTATION, "a rotation's statement is larger than %u bytes",
			       ROTATION_STATEMENT_MAX);
	r.doc = json_parse("statement", statement, &why);
	if (!r.doc || !read_statement(&r, &why) || !is_canonical(r.doc, statement, &why))
		return err_set(err, why.code == ERR_NO_MEMORY ? why.code : ERR_ROTATION,
			       "the rotation can't be used: %s", why.msg);
	*out = r;
	r = (struct rotation) { 0 };
	return true;
}

bool rotation_write(const struct rotation *r, struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("statement", err);
	AUTO(buf_done) struct buf text = BUF_INIT(ROTATION_STATEMENT_MAX);
	AUTO(rotation_done) struct rotation again = { 0 };
	char hex[SHA256_HEX_SIZE];
	if (!j)
		return false;
	struct json_value *top = json_top(j);
	json_add_string(j, top, "type", TYPE);
	json_add_u64(j, top, "schema", SCHEMA);
	json_add_string(j, top, "bundle", r->bundle);
	json_add_string(j, top, "certificate", r->certificate);
	json_add_u64(j, top, "from", r->from);
	json_add_bool(j, top, "retire", r->retire);
	struct json_value *list = json_add_array(j, top, "replaces");
	for (size_t i = 0; i < r->replaces_count; i++) {
		sha256_hex(r->replaces[i], hex);
		json_add_string(j, list, NULL, hex);
	}
	if (!json_print(j, false, &text, err) || !rotation_parse(buf_slice(&text), &again, err))
		return false;
	buf_add(out, text.p, text.len);
	return buf_ok(out, "the statement", err);
}

/* --- framing ----------------------------------------------------------------------------------- */

static bool take_step(struct rd *r, struct rotation_step *step)
{
	step->statement = rd_take(r, rd_u32le(r));
	uint32_t count = rd_u32le(r);
	if (r->bad || step->statement.len == 0 || step->statement.len > ROTATION_STATEMENT_MAX ||
	    count == 0 || count > ROTATION_SIGNATURES_MAX)
		return false;
	step->count = count;
	for (uint32_t i = 0; i < count; i++) {
		step->cms[i] = rd_take(r, rd_u32le(r));
		if (step->cms[i].len == 0)
			return false;
	}
	return !r->bad;
}

bool rotation_split(struct slice document, struct rotation_step steps[ROTATION_STEPS_MAX],
		    size_t *count, struct err *err)
{
	struct rd r = rd_new(document);
	size_t n = 0;
	if (document.len > ROTATION_SIZE_MAX)
		return err_set(err, ERR_ROTATION, "the rotation is larger than %u bytes",
			       ROTATION_SIZE_MAX);
	do {
		if (n == ROTATION_STEPS_MAX)
			return err_set(err, ERR_ROTATION, "the rotation has more than %d steps",
				       ROTATION_STEPS_MAX);
		if (!take_step(&r, &steps[n++]))
			return err_set(err, ERR_ROTATION, "the rotation is damaged");
	} while (r.left);
	*count = n;
	return true;
}

bool rotation_join(const struct rotation_step *steps, size_t count, struct buf *out,
		   struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(ROTATION_SIZE_MAX);
	struct rotation_step again[ROTATION_STEPS_MAX];
	size_t n;
	for (size_t i = 0; i < count; i++) {
		buf_add_u32le(&text, (uint32_t)steps[i].statement.len);
		buf_add(&text, steps[i].statement.p, steps[i].statement.len);
		buf_add_u32le(&text, (uint32_t)steps[i].count);
		for (size_t k = 0; k < steps[i].count; k++) {
			buf_add_u32le(&text, (uint32_t)steps[i].cms[k].len);
			buf_add(&text, steps[i].cms[k].p, steps[i].cms[k].len);
		}
	}
	if (!buf_ok(&text, "the rotation", err) ||
	    !rotation_split(buf_slice(&text), again, &n, err))
		return false;
	buf_add(out, text.p, text.len);
	return buf_ok(out, "the rotation", err);
}

/* --- following --------------------------------------------------------------------------------- */

/* Signers of a step whom an anchor leads to; at most its number of signatures. */
static bool verify_step(const struct rotation_step *step, const struct trust *t,
			struct signer signers[ROTATION_SIGNATURES_MAX], size_t *count,
			struct err *err)
{
	*count = 0;
	for (size_t i = 0; i < step->count; i++) {
		struct err why = { 0 };
		if (cms_verify(step->cms[i], step->statement, t, &signers[*count], &why))
			(*count)++;
		else if (why.code == ERR_REVOKED || why.code == ERR_NO_MEMORY)
			return err_set(err, why.code, "%s", why.msg);
		else if (why.code != ERR_UNTRUSTED && why.code != ERR_NOT_CHECKED)
			return err_set(err, ERR_ROTATION, "the rotation can't be used: %s",
				       why.msg);
	}
	return true;
}

/* The anchor that gives way: held here, and it leads to one who signed. */
static const struct anchor *find_replaced(const struct rotation *r, const struct signer *signers,
					  size_t count)
{
	for (size_t i = 0; i < r->replaces_count; i++)
		for (size_t k = 0; k < count; k++)
			for (size_t n = 0; n < signers[k].path_count; n++)
				if (memcmp(signers[k].paths[n].anchor->certificate, r->replaces[i],
					   SHA256_SIZE) == 0)
					return signers[k].paths[n].anchor;
	return NULL;
}

static bool add_anchor(const struct rotation *r, const struct anchor *old, struct trust *t,
		       struct err *err)
{
	char role[CERTIFICATE_NAME_SIZE];
	snprintf(role, sizeof(role), "%s", old->role); /* @old moves when @t grows */
	struct anchor terms = { .role = role, .bundle = r->bundle, .from = r->from };
	struct anchor is;
	struct err why = { 0 };
	if (certificate_read("rotation", slice_str(r->certificate), &is, NULL, &why) &&
	    trust_add_for(t, TRUST_ROTATION, slice_str(r->certificate), &terms, &why))
		return true;
	return err_set(err, why.code == ERR_NO_MEMORY ? why.code : ERR_ROTATION,
		       "the rotation can't be used: %s", why.msg);
}

static bool follow_step(const struct rotation_step *step, const struct policy *p,
			const struct policy_case *c, struct trust *t, struct rotation_result *out,
			struct err *err)
{
	AUTO(rotation_done) struct rotation r = { 0 };
	AUTO(auto_free) struct signer *signers = calloc(ROTATION_SIGNATURES_MAX, sizeof(*signers));
	struct policy_case as = *c;
	if (!signers)
		return err_no_memory(err);
	if (!verify_step(step, t, signers, &as.signer_count, err))
		return false;
	if (as.signer_count == 0)
		return true; /* about somebody whom this machine does not know */
	if (!rotation_parse(step->statement, &r, err))
		return false;
	if (strcmp(r.bundle, c->bundle) != 0)
		return err_set(err, ERR_ROTATION, "its rotation is for the bundle '%s'", r.bundle);
	const struct anchor *old = find_replaced(&r, signers, as.signer_count);
	if (!old)
		return err_set(err, ERR_ROTATION,
			       "its rotation replaces certificates that none of its signers has");
	as.signers = signers;
	as.created = r.from;
	as.anchor_count = trust_count(t);
	if (!policy_check_signers(p, &as, NULL))
		return true;
	if (!add_anchor(&r, old, t, err))
		return false;
	for (size_t i = 0; r.retire && i < r.replaces_count; i++) {
		struct retired *gone = &out->retired[out->retired_count];
		if (!trust_find(t, r.replaces[i]))
			continue;
		*gone = (struct retired) { .bundle = c->bundle, .from = r.from };
		memcpy(gone->certificate, r.replaces[i], SHA256_SIZE);
		out->retired_count++;
	}
	out->followed++;
	return true;
}

bool rotation_follow(struct slice document, const struct policy *p, const struct policy_case *c,
		     struct trust *t, struct rotation_result *out, struct err *err)
{
	AUTO(auto_free)
	struct rotation_step *steps = calloc(ROTATION_STEPS_MAX, sizeof(*steps));
	size_t count;
	*out = (struct rotation_result) { 0 };
	if (!steps)
		return err_no_memory(err);
	if (!rotation_split(document, steps, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!follow_step(&steps[i], p, c, t, out, err))
			return err_wrap(err, "step %zu of %zu", i + 1, count);
	return true;
}
