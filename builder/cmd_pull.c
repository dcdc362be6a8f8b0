/* SPDX-License-Identifier: MIT */
/* cmd_pull.c - `ibbundle pull`: of a bundle on a server, the part that is needed. */
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "file.h"
#include "progress.h"
#include "pull.h"

#define JOBS_DEFAULT 8
#define JOBS_MAX 64

const char cmd_pull_help[] =
	"Reads a bundle's index by range requests, verifies its signature, fetches only the\n"
	"blocks that are asked for, and writes what 'ibbundle slice' would write.  Any HTTP "
	"server\n"
	"that has ranges will do.  Everything is verified, so plain http is as good as https for\n"
	"integrity.  More URLs are volumes or slices of the same bundle.  What was cut short goes\n"
	"on where it ended, in FILE.partial: run it again.\n\n" CREDENTIAL_HELP
	"  --whole            the server has no ranges: fetch all of the file, then slice it here\n"
	"  -j, --jobs N       requests at a time, 1 to 64; default 8\n" WEB_HELP
	"\n" CUT_HELP READER_HELP "\n"
	"Proxies are taken from http_proxy, https_proxy, all_proxy and no_proxy.\n";

struct request {
	struct reader_options reader;
	struct credential_options secret;
	struct web_settings web;
	struct credential credential;
	struct web_pool *pool;
	uint64_t jobs;
	bool whole;
};

static void request_done(struct request *q)
{
	web_pool_free(q->pool);
	credential_done(&q->credential);
}

static bool prepare(struct request *q, const struct operands *o, struct err *err)
{
	if (q->web.cacert && access(q->web.cacert, R_OK) != 0)
		return file_error(err, "read", q->web.cacert);
	for (size_t i = o->count; i-- > 0;) {
		AUTO(blob_url_done) struct blob_url url = { 0 };
		if (!blob_url_parse(o->v[i], &url, err))
			return false;
		if (blob_url_is_folder(&url))
			return err_set(err, ERR_USAGE, "'%s' names no file", url.shown);
		if (i == 0 && !credential_open(&q->secret, &url, &q->credential, err))
			return false;
	}
	q->web.credential = &q->credential;
	q->pool = web_pool_new(&q->web, err);
	return q->pool != NULL;
}

static bool print(const struct request *q, const struct cut *c, struct err *err)
{
	char text[BYTES_TEXT_SIZE];
	uint64_t bytes = web_received(q->pool);
	if (!q->reader.json) {
		if (!cut_print(c, "pull", false, err))
			return false;
		printf("%s transferred\n", bytes_text(bytes, text));
		return true;
	}
	AUTO(json_auto_free) struct json *j = json_new("pull", err);
	if (!j)
		return false;
	cut_add_json(c, j);
	json_add_u64(j, json_top(j), "transferred", bytes);
	return reader_print_json(j, err);
}

/* The connection or the server gave up, not the bytes. */
static bool may_go_on(const struct err *err)
{
	return err->code == ERR_NETWORK || err->code == ERR_TIMEOUT ||
	       err->code == ERR_INTERRUPTED || err->code == ERR_CONFLICT ||
	       err->code == ERR_UNTRUSTED;
}

static bool pull(struct request *q, struct cut *c, const struct operands *o, struct pull *p,
		 struct err *err)
{
	return pull_open(p, q->pool, o->v, o->count, q->whole, &q->reader, c, err) &&
	       cut_select(c, err) && pull_fetch(p, c, (unsigned)q->jobs, err) &&
	       cut_write(c, err) && print(q, c, err);
}

bool cmd_pull(int argc, char **argv, struct err *err)
{
	AUTO(request_done) struct request q = { .jobs = JOBS_DEFAULT,
						.web = { .retries = WEB_RETRIES_DEFAULT } };
	struct cut c = { 0 };
	const struct option options[] = {
		READER_OPTIONS(q.reader),
		CREDENTIAL_OPTIONS(q.secret),
		CUT_OPTIONS(c),
		{ "whole", 0, OPTION_FLAG, &q.whole, 0, 0 },
		{ "jobs", 'j', OPTION_NUMBER, &q.jobs, 1, JOBS_MAX },
		WEB_OPTIONS(q.web),
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, BUNDLE_FILES_MAX, &operands, err) ||
	    !cut_check_options(&c, "pull", err) || !prepare(&q, &operands, err))
		return false;
	struct pull p = { 0 };
	struct err why = { 0 };
	const char *output = c.output;
	bool ok = pull(&q, &c, &operands, &p, &why);
	bool keep = !ok && may_go_on(&why), some = keep && p.fetched;
	cut_done(&c); /* it reads what the pull holds */
	pull_close(&p, keep);
	if (some)
		err_wrap(&why, "what was fetched is in '%s.partial', run it again to go on",
			 output);
	if (!ok)
		*err = why;
	return ok;
}
