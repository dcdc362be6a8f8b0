/* SPDX-License-Identifier: MIT */
/* cmd_rotate.c - `ibbundle rotate`: an old key says who signs from now on. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "date.h"
#include "file.h"
#include "outfile.h"
#include "rotation.h"
#include "sign.h"

const char cmd_rotate_help[] =
	"Writes FILE for 'build --rotation': a statement, signed by the old key, that a new\n"
	"certificate is to be trusted for bundles of one name.  Machines that trust the old one\n"
	"believe it on the terms of their policy: where that asks for several signers, have the\n"
	"others add their signatures with --countersign.\n\n"
	"  -o, --output FILE       what is written\n"
	"  --bundle NAME           for bundles of this name\n"
	"  --new-certificate FILE  to be trusted: the new signer's own, or a CA above it (PEM, "
	"DER)\n"
	"  --from SECONDS          and created from then on (since 1970; default:\n"
	"                          SOURCE_DATE_EPOCH, or now).  A bundle's creation is the time "
	"of\n"
	"                          the repository snapshot in it\n"
	"  --retire                the old certificate is not trusted for them any more after "
	"that\n"
	"  --after ROTATION        put it behind the steps of an earlier one: machines that "
	"missed\n"
	"                          that follow both\n"
	"  --countersign ROTATION  add a signature to the last step of that\n" SIGN_HELP;

struct request {
	const char *output, *bundle, *certificate, *after, *countersign;
	bool retire, has_from;
	uint64_t from, now;
	struct sign_files signer;
};

struct work {
	struct buf before, statement, cms;
	struct rotation_step steps[ROTATION_STEPS_MAX];
	size_t count;
	struct signer who;
};

static void work_auto_free(struct work **slot)
{
	if (!*slot)
		return;
	buf_done(&(*slot)->before);
	buf_done(&(*slot)->statement);
	buf_done(&(*slot)->cms);
	free(*slot);
}

static bool default_from(struct request *r, struct err *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	if (r->from)
		return true;
	r->from = r->now;
	if (!text || !*text)
		return true;
	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 15)
		return err_set(err, ERR_USAGE, "SOURCE_DATE_EPOCH is '%s', no number of seconds",
			       text);
	r->from = strtoull(text, NULL, 10);
	return true;
}

/* The certificates that give way: the signer's, and what stands above it. */
static bool list_replaced(const struct request *r, struct rotation *s, struct err *err)
{
	AUTO(trust_auto_free) struct trust *t = trust_new(err);
	const char *const files[] = { r->signer.certificate, r->signer.chain };
	if (!t)
		return false;
	for (size_t i = 0; i < 2; i++) {
		AUTO(buf_done) struct buf text = { 0 };
		if (files[i] && (!file_read(files[i], SIGN_PEM_MAX, &text, err) ||
				 !trust_add(t, files[i], buf_slice(&text), err)))
			return false;
	}
	if (trust_count(t) > ROTATION_REPLACES_MAX)
		return err_set(err, ERR_USAGE,
			       "rotate: more than %d certificates of the old signer",
			       ROTATION_REPLACES_MAX);
	s->replaces_count = trust_count(t);
	for (size_t i = 0; i < s->replaces_count; i++)
		memcpy(s->replaces[i], trust_anchor(t, i)->certificate, SHA256_SIZE);
	return true;
}

static bool make_statement(const struct request *r, struct work *w, struct err *err)
{
	AUTO(buf_done) struct buf content = { 0 }, pem = BUF_INIT(ROTATION_STATEMENT_MAX);
	struct rotation s = { .bundle = r->bundle, .from = r->from, .retire = r->retire };
	struct anchor is;
	w->statement = BUF_INIT(ROTATION_STATEMENT_MAX);
	if (!file_read(r->certificate, SIGN_PEM_MAX, &content, err) ||
	    !certificate_read(r->certificate, buf_slice(&content), &is, &pem, err) ||
	    !list_replaced(r, &s, err))
		return false;
	for (size_t i = 0; i < s.replaces_count; i++)
		if (memcmp(s.replaces[i], is.certificate, SHA256_SIZE) == 0)
			return err_set(err, ERR_USAGE, "rotate: '%s' is the old signer's already",
				       r->certificate);
	s.certificate = buf_str(&pem);
	return rotation_write(&s, &w->statement, err);
}

static bool read_before(const char *path, struct work *w, struct err *err)
{
	return (file_read(path, ROTATION_SIZE_MAX, &w->before, err) &&
		rotation_split(buf_slice(&w->before), w->steps, &w->count, err)) ||
	       err_wrap(err, "'%s'", path);
}

/* The step that is signed, without its new signature. */
static bool find_step(struct request *r, struct work *w, struct rotation_step **step,
		      struct err *err)
{
	const char *path = r->countersign ? r->countersign : r->after;
	if (path && !read_before(path, w, err))
		return false;
	if (r->countersign) {
		AUTO(rotation_done) struct rotation s = { 0 };
		*step = &w->steps[w->count - 1];
		if (!rotation_parse((*step)->statement, &s, err))
			return false;
		r->from = s.from;
		return (*step)->count < ROTATION_SIGNATURES_MAX ||
		       err_set(err, ERR_USAGE, "'%s' has as many signatures as it can", path);
	}
	if (w->count == ROTATION_STEPS_MAX)
		return err_set(err, ERR_USAGE, "'%s' has as many steps as it can", path);
	*step = &w->steps[w->count++];
	if (!make_statement(r, w, err))
		return false;
	(*step)->statement = buf_slice(&w->statement);
	return true;
}

static bool rotate(struct request *r, struct err *err)
{
	AUTO(work_auto_free) struct work *w = calloc(1, sizeof(*w));
	AUTO(sign_key_auto_free) struct sign_key *k = sign_key_read(&r->signer, err);
	AUTO(outfile_done) struct outfile out = OUTFILE_INIT;
	AUTO(buf_done) struct buf text = BUF_INIT(ROTATION_SIZE_MAX);
	struct rotation_step *step = NULL;
	char date[DATE_TEXT_SIZE];
	if (!w)
		return err_no_memory(err);
	if (!k || !find_step(r, w, &step, err) ||
	    !sign_bytes(k, step->statement, r->from, r->now, &w->cms, &w->who, err))
		return false;
	step->cms[step->count++] = buf_slice(&w->cms);
	if (!rotation_join(w->steps, w->count, &text, err) || !outfile_open(&out, r->output, err) ||
	    !outfile_write(&out, text.p, text.len, err) || !outfile_sync(&out, err) ||
	    !outfile_commit(&out, 0666, err))
		return false;
	printf("%s: step %zu, signature %zu, by '%s', for bundles created from %s on\n", r->output,
	       w->count, step->count, w->who.subject, date_text(r->from, date));
	return true;
}

bool cmd_rotate(int argc, char **argv, struct err *err)
{
	struct request r = { .now = (uint64_t)time(NULL) };
	const struct option options[] = {
		{ "output", 'o', OPTION_TEXT, &r.output, 0, 0 },
		{ "bundle", 0, OPTION_TEXT, &r.bundle, 0, 0 },
		{ "new-certificate", 0, OPTION_TEXT, &r.certificate, 0, 0 },
		{ "from", 0, OPTION_NUMBER, &r.from, 1, JSON_INTEGER_MAX },
		{ "retire", 0, OPTION_FLAG, &r.retire, 0, 0 },
		{ "after", 0, OPTION_TEXT, &r.after, 0, 0 },
		{ "countersign", 0, OPTION_TEXT, &r.countersign, 0, 0 },
		SIGN_OPTIONS(r.signer),
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 0, 0, &operands, err))
		return false;
	bool makes = r.bundle && r.certificate,
	     any = r.bundle || r.certificate || r.after || r.retire || r.from;
	if (!r.output || (r.countersign ? any : !makes))
		return err_set(err, ERR_USAGE,
			       "rotate: give -o, and either --bundle and --new-certificate or "
			       "--countersign; see 'ibbundle help rotate'");
	return sign_check_files(&r.signer, err) && default_from(&r, err) && rotate(&r, err);
}
