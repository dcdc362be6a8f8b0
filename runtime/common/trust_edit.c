/* SPDX-License-Identifier: MIT */
/* trust_edit.c - see trust_edit.h: the command line, and what it does to a policy. */
#include "trust_edit.h"

#include <stdlib.h>
#include <string.h>

#include "path.h"

#define PREFIX_MIN 8 /* hex digits that may stand for a fingerprint */
#define WORDS_MAX 16

/* --- the command line -------------------------------------------------------------------------- */

static const struct {
	const char *word;
	enum trust_verb verb;
	bool operand;
} verbs[] = {
	{ "add", TRUST_ADD, true },    { "remove", TRUST_REMOVE, true },
	{ "set", TRUST_SET, false },   { "distrust", TRUST_DISTRUST, true },
	{ "list", TRUST_LIST, false }, { "show", TRUST_SHOW, false },
};

static bool wrong(struct err *err, const char *text, const char *word)
{
	return err_set(err, ERR_USAGE, "trust: %s '%s': see 'help trust'", text, word);
}

enum kind { TEXT, NUMBER, YES_NO, MINIMUM, SWITCH };

struct option {
	const char *name;
	enum kind kind;
	void *out;
	bool *given; /* NUMBER */
	uint64_t max;
};

static bool read_number(const struct option *o, const char *value, struct err *err)
{
	size_t digits = strspn(value, "0123456789");
	unsigned long long n =
		digits && digits < 8 && !value[digits] ? strtoull(value, NULL, 10) : o->max + 1;
	if (n > o->max)
		return err_set(err, ERR_USAGE, "trust: '%s %s' must be a number from 0 to %llu",
			       o->name, value, (unsigned long long)o->max);
	*(uint64_t *)o->out = n;
	*o->given = true;
	return true;
}

static bool read_value(const struct option *o, const char *value, struct trust_request *r,
		       struct err *err)
{
	bool yes = strcmp(value, "yes") == 0, no = strcmp(value, "no") == 0;
	switch (o->kind) {
	case TEXT:
		if (*(const char **)o->out)
			return wrong(err, "given twice: option", o->name);
		*(const char **)o->out = value;
		return true;
	case NUMBER:
		return *o->given ? wrong(err, "given twice: option", o->name)
				 : read_number(o, value, err);
	case YES_NO:
		if (*(enum trust_flag *)o->out != FLAG_AS_IS)
			return wrong(err, "given twice: option", o->name);
		*(enum trust_flag *)o->out = yes ? FLAG_YES : FLAG_NO;
		return yes || no || wrong(err, "yes or no, and not", value);
	case MINIMUM:
		if (r->minimum_count == POLICY_MINIMA_MAX)
			return wrong(err, "too many values for option", o->name);
		r->minima[r->minimum_count++] = value;
		return true;
	case SWITCH:
		break;
	}
	return true;
}

static bool take_option(struct trust_request *r, int argc, char **argv, int *at, struct err *err)
{
	const struct option options[] = {
		{ "--role", TEXT, &r->role, NULL, 0 },
		{ "--signers", NUMBER, &r->signers, &r->has_signers, POLICY_SIGNERS_MAX },
		{ "--algorithms", TEXT, &r->algorithms, NULL, 0 },
		{ "--minimum", MINIMUM, NULL, NULL, 0 },
		{ "--maximum-age", NUMBER, &r->maximum_age, &r->has_age, POLICY_DAYS_MAX },
		{ "--require-trust", YES_NO, &r->require_trust, NULL, 0 },
		{ "--require-crl", YES_NO, &r->require_crl, NULL, 0 },
		{ "--post-quantum", YES_NO, &r->post_quantum, NULL, 0 },
		{ "--accept-expired-signers", YES_NO, &r->accept_expired_signers, NULL, 0 },
		{ "--root", TEXT, &r->root, NULL, 0 },
		{ "--policy", TEXT, &r->policy, NULL, 0 },
		{ "--json", SWITCH, &r->json, NULL, 0 },
		{ "--verbose", SWITCH, &r->verbose, NULL, 0 },
		{ "-v", SWITCH, &r->verbose, NULL, 0 },
	};
	const char *word = argv[*at];
	size_t n = strcspn(word, "=");
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct option *o = &options[i];
		if (strlen(o->name) != n || strncmp(o->name, word, n) != 0)
			continue;
		if (o->kind == SWITCH) {
			*(bool *)o->out = true;
			return !word[n] || wrong(err, "no value is taken by option", o->name);
		}
		const char *value = word[n] ? word + n + 1 : NULL;
		if (!value && o->kind == YES_NO)
			value = "yes";
		if (!value && *at + 1 < argc)
			value = argv[++*at];
		if (!value || !value[0])
			return wrong(err, "a value is missing after option", o->name);
		return read_value(o, value, r, err);
	}
	return wrong(err, "no option", word);
}

static bool sets_anything(const struct trust_request *r)
{
	return r->has_signers || r->algorithms || r->minimum_count || r->has_age ||
	       r->require_trust || r->require_crl || r->post_quantum || r->accept_expired_signers;
}

bool trust_request_changes(const struct trust_request *r)
{
	return r->verb != TRUST_LIST && r->verb != TRUST_SHOW;
}

static bool check_request(const struct trust_request *r, bool operand, struct err *err)
{
	bool sets = r->verb == TRUST_SET || r->verb == TRUST_ADD;
	if (operand && !r->operand)
		return err_set(err, ERR_USAGE, "trust: which certificate? see 'help trust'");
	if (!sets && (sets_anything(r) || r->role))
		return err_set(err, ERR_USAGE,
			       "trust: only 'add' and 'set' take options that change the policy");
	if (r->verb == TRUST_SET && !sets_anything(r))
		return err_set(err, ERR_USAGE, "trust: set what? see 'help trust'");
	if (r->role && r->verb == TRUST_SET && !r->has_signers)
		return err_set(err, ERR_USAGE, "trust: --role of what? add --signers K");
	if (r->verb == TRUST_ADD && r->role && !policy_role_is_safe(r->role))
		return wrong(err, "not an allowed name of a role:", r->role);
	if (r->root && r->policy)
		return err_set(err, ERR_USAGE, "trust: --root or --policy, not both");
	return true;
}

bool trust_request_parse(int argc, char **argv, struct trust_request *out, struct err *err)
{
	const size_t none = sizeof(verbs) / sizeof(verbs[0]);
	size_t verb = none;
	*out = (struct trust_request) { 0 };
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1]) {
			if (!take_option(out, argc, argv, &i, err))
				return false;
		} else if (verb == none) {
			for (verb = 0; verb < none && strcmp(verbs[verb].word, argv[i]) != 0;)
				verb++;
			if (verb == none)
				return wrong(err, "nothing that can be done is", argv[i]);
		} else if (verbs[verb].operand && !out->operand) {
			out->operand = argv[i];
		} else {
			return wrong(err, "one argument too many:", argv[i]);
		}
	}
	if (verb == none)
		return err_set(err, ERR_USAGE,
			       "trust: add, remove, distrust, set, list or show: see 'help trust'");
	out->verb = verbs[verb].verb;
	return check_request(out, verbs[verb].operand, err);
}

/* --- what it sets ------------------------------------------------------------------------------ */

/* The words of a list by commas, in @text. */
static bool split(char *text, const char *words[WORDS_MAX], size_t *count)
{
	*count = 0;
	for (char *p = text; p;) {
		char *comma = strchr(p, ',');
		if (comma)
			*comma++ = '\0';
		if (*count == WORDS_MAX || !*p)
			return false;
		words[(*count)++] = p;
		p = comma;
	}
	return true;
}

static char *copy_of(const char *text, struct err *err)
{
	size_t n = strlen(text) + 1;
	char *copy = malloc(n);
	if (copy)
		memcpy(copy, text, n);
	else
		err_no_memory(err);
	return copy;
}

static bool same_roles(const struct policy_requirement *r, const char *const *roles, size_t count)
{
	if (r->role_count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(r->roles[i], roles[i]) != 0)
			return false;
	return true;
}

/* @roles is kept until the policy is written. */
static bool set_signers(const struct trust_request *r, char *roles, struct policy *p,
			struct err *err)
{
	const char *words[WORDS_MAX];
	size_t count = 0, at = 0;
	if (roles && (!split(roles, words, &count) || count > POLICY_ROLES_MAX))
		return wrong(err, "not a list of roles:", r->role);
	for (size_t i = 0; i < count; i++)
		if (!policy_role_is_safe(words[i]))
			return wrong(err, "not an allowed name of a role:", words[i]);
	while (at < p->requirement_count && !same_roles(&p->requirements[at], words, count))
		at++;
	if (r->signers == 0) {
		if (at == p->requirement_count)
			return true;
		p->requirement_count--;
		memmove(&p->requirements[at], &p->requirements[at + 1],
			(p->requirement_count - at) * sizeof(p->requirements[0]));
		return true;
	}
	if (at == POLICY_REQUIREMENTS_MAX)
		return err_set(err, ERR_USAGE, "trust: a policy has at most %d requirements",
			       POLICY_REQUIREMENTS_MAX);
	if (at == p->requirement_count)
		p->requirement_count++;
	p->requirements[at] = (struct policy_requirement) { .signers = r->signers };
	for (size_t i = 0; i < count; i++)
		p->requirements[at].roles[p->requirements[at].role_count++] = words[i];
	return true;
}

static bool set_algorithms(const char *text, struct policy *p, struct err *err)
{
	AUTO(auto_free) char *copy = copy_of(text, err);
	const char *words[WORDS_MAX];
	size_t count;
	if (!copy)
		return false;
	p->algorithm_count = 0;
	if (strcmp(text, "any") == 0)
		return true;
	if (!split(copy, words, &count) || count > POLICY_ALGORITHMS_MAX)
		return wrong(err, "not a list of algorithms:", text);
	for (size_t i = 0; i < count; i++)
		if (!policy_algorithm_parse(words[i], &p->algorithms[p->algorithm_count++]))
			return wrong(err, "not an algorithm:", words[i]);
	return true;
}

/* @text is kept until the policy is written. */
static bool set_minimum(char *text, struct policy *p, struct err *err)
{
	char *equals = strchr(text, '=');
	size_t at = 0;
	if (equals)
		*equals++ = '\0';
	if (!equals || !name_is_safe(text) || (*equals && !name_is_safe(equals)))
		return err_set(err, ERR_USAGE,
			       "trust: --minimum takes BUNDLE=VERSION, not '%s%s%s'", text,
			       equals ? "=" : "", equals ? equals : "");
	while (at < p->minimum_count && strcmp(p->minima[at].bundle, text) != 0)
		at++;
	if (!*equals && at == p->minimum_count)
		return true;
	if (!*equals) {
		p->minima[at] = p->minima[--p->minimum_count];
		return true;
	}
	if (at == POLICY_MINIMA_MAX)
		return err_set(err, ERR_USAGE, "trust: a policy has at most %d minima",
			       POLICY_MINIMA_MAX);
	if (at == p->minimum_count)
		p->minimum_count++;
	p->minima[at] = (struct policy_minimum) { text, equals };
	return true;
}

static void set_flag(enum trust_flag flag, bool *out)
{
	if (flag != FLAG_AS_IS)
		*out = flag == FLAG_YES;
}

/* Texts that a policy borrows until it is written. */
struct borrowed {
	char *roles, *minima[POLICY_MINIMA_MAX];
	struct buf pem;
};

static void borrowed_done(struct borrowed *b)
{
	free(b->roles);
	for (size_t i = 0; i < POLICY_MINIMA_MAX; i++)
		free(b->minima[i]);
	buf_done(&b->pem);
}

static bool apply_settings(const struct trust_request *r, struct borrowed *b, struct policy *p,
			   struct err *err)
{
	if (r->has_signers) {
		b->roles = r->role ? copy_of(r->role, err) : NULL;
		if ((r->role && !b->roles) || !set_signers(r, b->roles, p, err))
			return false;
	}
	if (r->algorithms && !set_algorithms(r->algorithms, p, err))
		return false;
	for (size_t i = 0; i < r->minimum_count; i++) {
		b->minima[i] = copy_of(r->minima[i], err);
		if (!b->minima[i] || !set_minimum(b->minima[i], p, err))
			return false;
	}
	if (r->has_age)
		p->maximum_age = r->maximum_age;
	set_flag(r->require_trust, &p->require_trust);
	set_flag(r->require_crl, &p->require_crl);
	set_flag(r->post_quantum, &p->post_quantum);
	set_flag(r->accept_expired_signers, &p->accept_expired_signers);
	return true;
}

/* --- certificates ------------------------------------------------------------------------------ */

/* The certificate of an anchor of the policy itself. */
static bool identify(const struct policy_anchor *a, struct anchor *out)
{
	return a->certificate &&
	       certificate_read("policy", slice_str(a->certificate), out, NULL, NULL);
}

static bool add_certificate(const struct trust_request *r, struct slice certificate,
			    struct borrowed *b, struct policy *p, struct buf *said, struct err *err)
{
	struct anchor is, there;
	char hex[SHA256_HEX_SIZE];
	size_t at = 0;
	b->pem = BUF_INIT(POLICY_SIZE_MAX);
	if (!certificate_read(r->operand, certificate, &is, &b->pem, err))
		return false;
	while (at < p->anchor_count &&
	       !(identify(&p->anchors[at], &there) &&
		 memcmp(there.certificate, is.certificate, FINGERPRINT_SIZE) == 0))
		at++;
	if (at == POLICY_ANCHORS_MAX)
		return err_set(err, ERR_USAGE, "trust: a policy has at most %d certificates",
			       POLICY_ANCHORS_MAX);
	if (at == p->anchor_count)
		p->anchor_count++;
	p->anchors[at] = (struct policy_anchor) { .role = r->role ? r->role : "",
						  .certificate = buf_str(&b->pem) };
	sha256_hex(is.certificate, hex);
	buf_printf(said, "trusted: '%s'%s%s, sha256 %s\n", is.subject, r->role ? ", role " : "",
		   r->role ? r->role : "", hex);
	return true;
}

/* A fingerprint, its first digits, or a subject. */
static bool names(const char *word, const struct anchor *a)
{
	char hex[SHA256_HEX_SIZE];
	size_t n = strlen(word);
	sha256_hex(a->certificate, hex);
	return strcmp(word, a->subject) == 0 ||
	       (n >= PREFIX_MIN && n < sizeof(hex) && strncmp(word, hex, n) == 0);
}

static bool names_anchor(const char *word, const struct policy_anchor *a)
{
	struct anchor is = { 0 };
	if (a->file)
		return strcmp(word, a->file) == 0;
	if (a->has_sha256)
		memcpy(is.certificate, a->sha256, FINGERPRINT_SIZE);
	else if (!identify(a, &is))
		return false;
	return names(word, &is);
}

/* Which one of all that is trusted, where several have such a name. */
static bool find_named(const char *word, const struct trust *t, const struct anchor **out,
		       struct err *err)
{
	*out = NULL;
	for (size_t i = 0; i < trust_count(t); i++) {
		const struct anchor *a = trust_anchor(t, i);
		if (!names(word, a))
			continue;
		if (*out && memcmp((*out)->certificate, a->certificate, FINGERPRINT_SIZE) != 0)
			return err_set(
				err, ERR_USAGE,
				"trust: '%s' names several certificates: give the fingerprint "
				"that 'trust list' shows",
				word);
		*out = a;
	}
	return true;
}

static bool remove_certificate(const struct trust_request *r, struct policy *p, struct seen *s,
			       const struct trust *t, bool *policy, bool *seen, struct buf *said,
			       struct err *err)
{
	const struct anchor *is;
	size_t kept = 0;
	if (!find_named(r->operand, t, &is, err))
		return false;
	for (size_t i = 0; i < p->anchor_count; i++)
		if (!names_anchor(r->operand, &p->anchors[i]))
			p->anchors[kept++] = p->anchors[i];
	*policy = kept < p->anchor_count;
	p->anchor_count = kept;
	*seen = is && seen_forget_anchor(s, is->certificate);
	if (*policy || *seen) {
		buf_printf(said, "no longer trusted%s: '%s'\n",
			   *policy && *seen ? ", by the policy and by a rotation"
			   : *seen          ? ", as a bundle's rotation had it"
					    : "",
			   is ? is->subject : r->operand);
		return true;
	}
	if (is && (strchr(is->name, '/') || strchr(is->name, '\\')))
		return err_set(err, ERR_NO,
			       "trust: '%s' is trusted because of '%s': remove that file",
			       is->subject, is->name);
	return err_set(err, ERR_NO, "trust: nothing that is trusted is '%s': see 'trust list'",
		       r->operand);
}

static bool distrust(const struct trust_request *r, struct policy *p, const struct trust *t,
		     struct buf *said, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	const struct anchor *is;
	char hex[SHA256_HEX_SIZE];
	if (!sha256_from_hex(r->operand, digest)) {
		if (!find_named(r->operand, t, &is, err))
			return false;
		if (!is)
			return err_set(err, ERR_USAGE,
				       "trust: '%s' is no fingerprint (64 hex digits, SHA-256)",
				       r->operand);
		memcpy(digest, is->certificate, sizeof(digest));
	}
	for (size_t i = 0; i < p->distrusted_count; i++)
		if (memcmp(p->distrusted[i], digest, sizeof(digest)) == 0)
			return true;
	if (p->distrusted_count == POLICY_DISTRUSTED_MAX)
		return err_set(err, ERR_USAGE, "trust: a policy can name %d such certificates",
			       POLICY_DISTRUSTED_MAX);
	memcpy(p->distrusted[p->distrusted_count++], digest, sizeof(digest));
	sha256_hex(digest, hex);
	buf_printf(said, "distrusted: sha256 %s\n", hex);
	return true;
}

bool trust_edit(const struct trust_request *r, struct slice certificate, const struct policy *p,
		struct seen *s, const struct trust *t, struct buf *policy_text,
		struct buf *seen_text, struct buf *said, struct err *err)
{
	AUTO(borrowed_done) struct borrowed b = { 0 };
	AUTO(auto_free) struct policy *changed = malloc(sizeof(*changed));
	bool policy = true, seen = false, ok = true;
	if (!changed)
		return err_no_memory(err);
	*changed = *p; /* its strings stay @p's */
	if (r->verb == TRUST_ADD)
		ok = add_certificate(r, certificate, &b, changed, said, err);
	else if (r->verb == TRUST_DISTRUST)
		ok = distrust(r, changed, t, said, err);
	else if (r->verb == TRUST_REMOVE)
		ok = remove_certificate(r, changed, s, t, &policy, &seen, said, err);
	return ok && apply_settings(r, &b, changed, err) && buf_ok(said, "what was done", err) &&
	       (!policy || policy_write(changed, policy_text, err)) &&
	       (!seen || seen_write(s, seen_text, err));
}
