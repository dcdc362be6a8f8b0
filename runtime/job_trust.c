/* SPDX-License-Identifier: MIT */
/* job_trust.c - whom this machine trusts, whose the bundle is, and what is remembered; see job.h. */
#include <string.h>

#include "command.h"
#include "date.h"
#include "job.h"

static void ignored(void *ctx, const char *path)
{
	report_say(ctx, "'%s' is not used: only %s may own and write what is trusted", path,
		   platform_admin);
}

/* Every time, and for every signature: who, and whether this machine knows them. */
static void say_signers(struct job *j)
{
	struct json_value *list =
		j->report.doc ? json_add_array(j->report.doc, json_top(j->report.doc), "signers")
			      : NULL;
	for (size_t i = 0; i < j->bundle.signer_count; i++) {
		const struct signer *s = &j->bundle.signers[i];
		report_say(&j->report, "signed by \"%s\" (%s)", s->subject,
			   s->pinned ? "trusted on this machine" : "not pinned on this machine");
		if (!list)
			continue;
		struct json_value *v = json_add_object(j->report.doc, list, NULL);
		json_add_string(j->report.doc, v, "subject", s->subject);
		json_add_bool(j->report.doc, v, "pinned", s->pinned);
		json_add_sha256(j->report.doc, v, "certificate_sha256", s->certificate);
		json_add_bool(j->report.doc, v, "post_quantum", signer_is_post_quantum(s));
	}
	char text[NOT_CHECKED_TEXT_SIZE];
	if (j->bundle.not_checked)
		report_say(&j->report, "%s", bundle_not_checked_text(&j->bundle, text));
	if (list)
		json_add_u64(j->report.doc, json_top(j->report.doc), "signatures_not_checked",
			     j->bundle.not_checked);
}

bool job_open_trust(struct job *j, struct err *err)
{
	char seen[PLATFORM_PATH_MAX];
	int n = snprintf(seen, sizeof(seen), "%s" PLATFORM_SLASH SEEN_FILE,
			 platform_place(PLACE_STATE));
	struct trust_places where = { platform_place(PLACE_POLICY), platform_place(PLACE_TRUST),
				      seen };
	if (n < 0 || (size_t)n >= sizeof(seen))
		return err_set(err, ERR_SYSTEM, "path is too long: '%s'", SEEN_FILE);
	return trust_store_open(&where, j->args->trust.v, j->args->trust.count, ignored, &j->report,
				&j->store, err);
}

bool job_open_trust_of_root(struct job *j, struct trust_store *out, struct err *err)
{
	char policy[PLATFORM_PATH_MAX], dir[PLATFORM_PATH_MAX], seen[PLATFORM_PATH_MAX];
	struct trust_places where = { policy, dir, seen };
	return job_file_path(j, platform_place(PLACE_POLICY), policy, err) &&
	       job_path(j, platform_place(PLACE_TRUST), dir, err) &&
	       job_state_path(j, SEEN_FILE, seen, err) &&
	       trust_store_open(&where, NULL, 0, ignored, &j->report, out, err);
}

struct bundle_options job_bundle_options(const struct job *j)
{
	return (struct bundle_options) {
		.trust = j->store.trust,
		.policy = &j->store.policy,
		.retired = j->store.seen.retired,
		.retired_count = j->store.seen.retired_count,
		.require_trust = j->args->require_trust,
		.now = platform_now(),
		.latest = j->store.seen.latest,
		.ignore_clock = j->args->ignore_clock,
		.parallel = j->parallel,
	};
}

/* What was installed in the root: it is there that a version must not go back. */
static bool read_seen(const struct job *j, struct seen *out, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	return job_state_path(j, SEEN_FILE, path, err) && trust_store_read_seen(path, out, err);
}

/* Refused by install alone; the others say it. */
static bool check_downgrade(struct job *j, struct err *err)
{
	AUTO(seen_done) struct seen image = { 0 };
	const struct root *root = &j->bundle.root;
	if (j->root[0] && !read_seen(j, &image, err))
		return false;
	const char *seen = seen_version(j->root[0] ? &image : &j->store.seen, root->name);
	if (!seen || policy_check_downgrade(root->name, root->version, seen, &j->downgrade))
		return true;
	if (j->args->allow_downgrade) {
		report_say(&j->report, "%s %s goes back from %s (--allow-downgrade)", root->name,
			   root->version, seen);
		j->downgrade = (struct err) { 0 };
		return true;
	}
	if (j->args->command->changes)
		return err_set(err, j->downgrade.code, "cannot use '%s': %s", j->source.name,
			       j->downgrade.msg);
	if (!(j->args->command->takes & TAKES_INSTALL)) /* a plan has it among its lines */
		report_say(&j->report, "install would refuse: %s", j->downgrade.msg);
	return true;
}

static void say_trust(struct job *j)
{
	const struct bundle *b = &j->bundle;
	const struct trust *t = b->trust ? b->trust : j->store.trust;
	uint64_t now = platform_now();
	say_signers(j);
	if (j->args->ignore_clock)
		report_say(&j->report,
			   "the clock is ignored: it was not checked whether the bundle "
			   "or its signers have expired, nor its age");
	if (b->rotated)
		report_say(&j->report, "a trusted signer names another for '%s'", b->root.name);
	for (size_t i = 0; i < trust_crl_count(t); i++) {
		struct crl_info list;
		char date[DATE_TEXT_SIZE];
		trust_crl(t, i, &list);
		if (list.proven && list.newest && list.next && list.next < now)
			report_say(&j->report,
				   "the list of what '%s' revoked should have been renewed by %s; "
				   "what it names stays revoked",
				   list.issuer, date_text(list.next, date));
	}
	if (!j->report.doc)
		return;
	struct json_value *v = json_add_object(j->report.doc, json_top(j->report.doc), "bundle");
	json_add_string(j->report.doc, v, "name", b->root.name);
	json_add_string(j->report.doc, v, "version", b->root.version);
}

bool job_say_trust(struct job *j, struct err *err)
{
	say_trust(j);
	return check_downgrade(j, err);
}

bool job_remember_bundle(struct job *j, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	AUTO(seen_done) struct seen s = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(SEEN_SIZE_MAX), before = BUF_INIT(SEEN_SIZE_MAX);
	const struct bundle *b = &j->bundle;
	if (b->signer_count == 0 || !b->signers[0].pinned)
		return true; /* whoever made it must not be able to keep others from being installed */
	struct seen_bundle what = { b->root.name,
				    b->root.version,
				    b->root.created,
				    b->trust ? b->trust : j->store.trust,
				    b->retired ? b->retired : j->store.seen.retired,
				    b->retired ? b->retired_count : j->store.seen.retired_count,
				    b->rotated && !j->root[0] };
	if (!job_state_path(j, SEEN_FILE, path, err) || !read_seen(j, &s, err) ||
	    !seen_write(&s, &before, err) || !seen_remember(&s, &what, err) ||
	    !seen_write(&s, &text, err) || !buf_ok(&text, SEEN_FILE, err))
		return false;
	return slice_equal(buf_slice(&before), buf_slice(&text)) ||
	       platform_write_file(path, buf_slice(&text), 0644, err);
}
