/* SPDX-License-Identifier: MIT */
/* policy_check.c - see policy.h: a policy, and a bundle that is judged by it. */
#include <string.h>

#include "date.h"
#include "policy.h"
#include "version.h"

#define DAY 86400

static struct policy no_policy; /* never written; const would be 12 KB of zeros in the file */

/* The moment that counts as today's. */
static uint64_t today(const struct policy_case *c)
{
	return c->ignore_clock ? c->created : c->now;
}

/* --- time and versions ------------------------------------------------------------------------- */

bool policy_check_time(const struct policy *p, const struct policy_case *c, struct err *err)
{
	char now[DATE_TEXT_SIZE], then[DATE_TEXT_SIZE];
	uint64_t at = today(c);
	if (!p)
		p = &no_policy;
	if (!c->ignore_clock && (c->now < c->created || c->now < c->latest)) {
		uint64_t known = c->created > c->latest ? c->created : c->latest;
		return err_set(err, ERR_CLOCK,
			       "this machine's clock says %s, but %s is over already (%s): set the "
			       "clock, or give --ignore-clock, and no expiry and no age is checked",
			       date_text(c->now, now), date_text(known, then),
			       known == c->created ? "the bundle was made then"
						   : "a bundle made then was installed here");
	}
	if (c->expires && at >= c->expires)
		return err_set(err, ERR_EXPIRED, "it expired on %s: get a newer bundle",
			       date_text(c->expires, then));
	if (p->maximum_age && at - c->created > p->maximum_age * DAY)
		return err_set(err, ERR_AGE,
			       "it was made on %s, and the policy lets a bundle be %llu days old: "
			       "get a newer bundle",
			       date_text(c->created, then), (unsigned long long)p->maximum_age);
	return true;
}

bool policy_check_version(const struct policy *p, const struct policy_case *c, struct err *err)
{
	for (size_t i = 0; p && i < p->minimum_count; i++) {
		const struct policy_minimum *m = &p->minima[i];
		if (strcmp(m->bundle, c->bundle) == 0 &&
		    version_compare(c->version, m->version) < 0)
			return err_set(err, ERR_MINIMUM,
				       "it is %s %s, and the policy asks for %s at least: get a "
				       "newer bundle",
				       c->bundle, c->version, m->version);
	}
	return true;
}

bool policy_check_downgrade(const char *bundle, const char *version, const char *seen,
			    struct err *err)
{
	if (version_compare(version, seen) >= 0)
		return true;
	return err_set(err, ERR_DOWNGRADE,
		       "it is %s %s, and %s was installed here before: give --allow-downgrade if "
		       "you mean to go back",
		       bundle, version, seen);
}

/* --- one signer -------------------------------------------------------------------------------- */

/* Why a signer does not count, the nearest to counting first; COUNTS is good. */
enum verdict { COUNTS, NO_CRLS, EXPIRED, NOT_ALLOWED, NOT_LED_TO };

static bool is_allowed(const struct policy *p, const struct signer *s)
{
	for (size_t i = 0; i < p->algorithm_count; i++)
		if (p->algorithms[i].algorithm == s->algorithm && s->bits >= p->algorithms[i].bits)
			return true;
	return p->algorithm_count == 0;
}

static bool is_valid(const struct policy *p, const struct policy_case *c, uint64_t not_before,
		     uint64_t not_after)
{
	uint64_t at = today(c);
	return c->created >= not_before && c->created <= not_after && at >= not_before &&
	       (at <= not_after || p->accept_expired_signers);
}

static bool has_role(const struct policy_requirement *r, const char *role)
{
	for (size_t i = 0; i < r->role_count; i++)
		if (strcmp(r->roles[i], role) == 0)
			return true;
	return r->role_count == 0;
}

/* May the anchor speak for this bundle? */
static bool is_for(const struct anchor *a, const struct policy_case *c)
{
	if (a->bundle[0] && strcmp(a->bundle, c->bundle) != 0)
		return false;
	for (size_t i = 0; i < c->retired_count; i++) {
		const struct retired *r = &c->retired[i];
		if (memcmp(r->certificate, a->certificate, SHA256_SIZE) == 0 &&
		    strcmp(r->bundle, c->bundle) == 0 &&
		    (c->created >= r->from || c->now >= r->from || c->latest >= r->from))
			return false;
	}
	return c->created >= a->from;
}

static enum verdict judge_path(const struct policy *p, const struct policy_case *c,
			       const struct policy_requirement *r, const struct signer *s,
			       const struct signer_path *path)
{
	if (!has_role(r, path->anchor->role) || !is_for(path->anchor, c))
		return NOT_LED_TO;
	if (!is_allowed(p, s))
		return NOT_ALLOWED;
	if (!is_valid(p, c, path->not_before, path->not_after))
		return EXPIRED;
	if (p->require_crl && !c->crls_later && (!path->has_crls || path->crls_until < today(c)))
		return NO_CRLS;
	return COUNTS;
}

/* The best of its paths.  Where this machine has no anchors, there are none, and all signers do. */
static enum verdict judge_signer(const struct policy *p, const struct policy_case *c,
				 const struct policy_requirement *r, const struct signer *s)
{
	enum verdict best = NOT_LED_TO;
	if (c->anchor_count == 0)
		return !is_allowed(p, s)                              ? NOT_ALLOWED
		       : !is_valid(p, c, s->not_before, s->not_after) ? EXPIRED
								      : COUNTS;
	for (size_t i = 0; i < s->path_count; i++) {
		enum verdict v = judge_path(p, c, r, s, &s->paths[i]);
		best = v < best ? v : best;
	}
	return best;
}

/* --- all requirements -------------------------------------------------------------------------- */

/* Places that are to be filled, one for each signer that a requirement asks for. */
struct matching {
	const struct policy_requirement *places[POLICY_SIGNERS_MAX];
	size_t place_count;
	size_t taken_by[POLICY_SIGNERS_MAX]; /* of a signer: its place plus one; 0: none */
	enum verdict verdicts[POLICY_SIGNERS_MAX][POLICY_SIGNERS_MAX]; /* of place and signer */
};

/* The first signer with the key of signer @i: they are one. */
static size_t first_with_key(const struct policy_case *c, size_t i)
{
	size_t k = 0;
	while (memcmp(c->signers[k].key, c->signers[i].key, SHA256_SIZE) != 0 &&
	       memcmp(c->signers[k].certificate, c->signers[i].certificate, SHA256_SIZE) != 0)
		k++;
	return k;
}

/* Find a signer for @place, moving others to other places where need be (Kuhn's algorithm). */
static bool fill(struct matching *m, const struct policy_case *c, size_t place, bool *visited)
{
	for (size_t i = 0; i < c->signer_count; i++) {
		size_t who = first_with_key(c, i);
		if (m->verdicts[place][i] != COUNTS || visited[who])
			continue;
		visited[who] = true;
		if (m->taken_by[who] == 0 || fill(m, c, m->taken_by[who] - 1, visited)) {
			m->taken_by[who] = place + 1;
			return true;
		}
	}
	return false;
}

static void add_name(struct buf *out, const char *name)
{
	buf_printf(out, "%s'%s'", out->len ? ", " : "", name);
}

/* "2 signers that an anchor of role 'vendor' or 'site' leads to" */
static void describe(const struct policy_requirement *r, struct buf *out)
{
	buf_printf(out, "%llu %s", (unsigned long long)r->signers,
		   r->signers == 1 ? "signer" : "different signers");
	if (r->role_count == 0)
		buf_add_str(out, " that a trusted certificate leads to");
	for (size_t i = 0; i < r->role_count; i++)
		buf_printf(out, "%s'%s'", i ? " or " : " of role ", r->roles[i]);
}

static bool say_verdict(const struct policy *p, const struct policy_case *c, enum verdict v,
			const struct signer *s, const char *wanted, struct err *err)
{
	char word[POLICY_ALGORITHM_SIZE];
	const struct signer_path *path = s->path_count ? &s->paths[0] : NULL;
	if (v == NOT_ALLOWED) {
		policy_algorithm_text(s->algorithm, s->bits, word);
		return err_set(
			err, ERR_ALGORITHM,
			"'%s' signed by %s, which the policy does not allow, and it asks for "
			"%s: see 'trust show'",
			s->subject, word, wanted);
	}
	if (v == NO_CRLS)
		return err_set(err, ERR_CRL_MISSING,
			       path && path->has_crls
				       ? "the policy asks for lists of revoked certificates, and "
					 "one about '%s' should have been renewed since: put a "
					 "newer one into trust.d"
				       : "the policy asks for lists of revoked certificates, and "
					 "there is none of every CA above '%s': put them into "
					 "trust.d",
			       s->subject);
	(void)p;
	struct signer span = *s;
	if (!signer_check_time(&span, c->created, "its creation", err) ||
	    !signer_check_time(&span, today(c), "today's date", err))
		return false;
	return err_set(err, ERR_SIGNER_EXPIRED,
		       "the certificates of '%s' are not valid at its creation and today",
		       s->subject);
}

/* @place can't be filled: say what is wanted, and if one nearly does, why it does not. */
static bool say_missing(const struct policy *p, const struct policy_case *c,
			const struct matching *m, size_t place, struct err *err)
{
	const struct policy_requirement *r = m->places[place];
	AUTO(buf_done) struct buf wanted = BUF_INIT(512), names = BUF_INIT(512);
	enum verdict nearest = NOT_LED_TO;
	const struct signer *near = NULL;
	size_t good = 0;
	describe(r, &wanted);
	for (size_t i = 0; i < c->signer_count; i++) {
		enum verdict v = m->verdicts[place][i];
		if (v == COUNTS && first_with_key(c, i) == i) {
			good++;
			add_name(&names, c->signers[i].subject);
		} else if (v != COUNTS && v < nearest) {
			nearest = v;
			near = &c->signers[i];
		}
	}
	if (near)
		return say_verdict(p, c, nearest, near, buf_str(&wanted), err);
	if (r->role_count == 0 && good == 0)
		return err_set(
			err, ERR_UNTRUSTED,
			"no trusted certificate leads to the signer: find out who signed it, "
			"and see 'trust list'");
	return err_set(
		err, ERR_SIGNERS,
		"the policy asks for %s%s, and %s%s: have it signed by who is missing, or see "
		"'trust show'",
		buf_str(&wanted), p->requirement_count > 1 ? " (nobody counts twice)" : "",
		good ? "there is only " : "there is none", good ? buf_str(&names) : "");
}

static bool check_post_quantum(const struct policy *p, const struct policy_case *c, struct err *err)
{
	static const struct policy_requirement any = { .signers = 1 };
	if (!p->post_quantum)
		return true;
	for (size_t i = 0; i < c->signer_count; i++)
		if (signer_is_post_quantum(&c->signers[i]) &&
		    judge_signer(p, c, &any, &c->signers[i]) == COUNTS)
			return true;
	return err_set(
		err, ERR_POST_QUANTUM,
		"the policy asks for a post-quantum signature (ML-DSA) that a trusted "
		"certificate leads to, and there is none that was checked: have it signed by "
		"such a key, too");
}

/* Does the policy ask for anything that only anchors can give? */
static bool needs_anchors(const struct policy *p, const struct policy_case *c)
{
	return p->require_trust || c->require_trust || p->requirement_count || p->require_crl ||
	       p->post_quantum;
}

bool policy_check_signers(const struct policy *p, const struct policy_case *c, struct err *err)
{
	static const struct policy_requirement one = { .signers = 1 };
	struct matching m = { 0 };
	if (!p)
		p = &no_policy;
	if (c->signer_count > POLICY_SIGNERS_MAX)
		return err_set(err, ERR_SIGNATURE, "it has more than %d signatures",
			       POLICY_SIGNERS_MAX);
	if (c->anchor_count == 0 && needs_anchors(p, c))
		return err_set(err, ERR_UNPINNED,
			       "it is signed by '%s', but this machine holds no certificate to "
			       "trust: see 'trust add'",
			       c->signer_count ? c->signers[0].subject : "");
	for (size_t i = 0; i < p->requirement_count; i++)
		for (uint64_t k = 0; k < p->requirements[i].signers; k++)
			if (m.place_count < POLICY_SIGNERS_MAX)
				m.places[m.place_count++] = &p->requirements[i];
	if (m.place_count == 0)
		m.places[m.place_count++] = &one;
	for (size_t i = 0; i < m.place_count; i++)
		for (size_t k = 0; k < c->signer_count; k++)
			m.verdicts[i][k] = judge_signer(p, c, m.places[i], &c->signers[k]);
	for (size_t i = 0; i < m.place_count; i++) {
		bool visited[POLICY_SIGNERS_MAX] = { false };
		if (!fill(&m, c, i, visited))
			return say_missing(p, c, &m, i, err);
	}
	return check_post_quantum(p, c, err);
}
