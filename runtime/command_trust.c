/* SPDX-License-Identifier: MIT */
/* command_trust.c - `trust`: the files of what trust_edit.h says and does. */
#include <string.h>

#include "command.h"
#include "job.h"

#define CERTIFICATE_SIZE_MAX (1u << 20)

static bool print_list(struct job *job, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(TRUST_TEXT_MAX);
	return trust_print_list(job->store.trust, &job->store.seen, platform_now(), job->args->json,
				&text, err) &&
	       report_print(&job->report, &text, err);
}

static bool print_policy(struct job *job, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(TRUST_TEXT_MAX);
	return trust_print_policy(&job->store.policy,
				  job->store.has_policy ? PLATFORM_POLICY_HELP : NULL,
				  trust_count(job->store.trust), &job->store.seen, job->args->json,
				  &text, err) &&
	       report_print(&job->report, &text, err);
}

/* The directory is made where there is none, as that of the state is. */
static bool write_policy(const struct job *job, const struct buf *text, struct err *err)
{
	char place[PLATFORM_PATH_MAX], dir[PLATFORM_PATH_MAX], path[PLATFORM_PATH_MAX];
	snprintf(place, sizeof(place), "%s", platform_place(PLACE_POLICY));
	char *end = strrchr(place, PLATFORM_SLASH[0]);
	if (end)
		*end = '\0';
	return job_path(job, place, dir, err) && platform_make_state(dir, err) &&
	       job_file_path(job, platform_place(PLACE_POLICY), path, err) &&
	       platform_write_file(path, buf_slice(text), 0644, err);
}

static bool write_seen(const struct job *job, const struct buf *text, struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	return job_state_path(job, SEEN_FILE, path, err) &&
	       platform_write_file(path, buf_slice(text), 0644, err);
}

static bool say(struct job *job, const struct buf *said, struct err *err)
{
	AUTO(json_auto_free) struct json *j = NULL;
	AUTO(buf_done) struct buf text = BUF_INIT(TRUST_TEXT_MAX);
	if (!job->args->json) {
		buf_add(&text, said->p, said->len);
		buf_printf(&text, "%s", said->len ? "" : "done\n");
		return report_print(&job->report, &text, err);
	}
	j = json_new("trust", err);
	if (!j)
		return false;
	json_add_bool(j, json_top(j), "ok", true);
	json_add_string(j, json_top(j), "message", buf_str(said));
	return json_print(j, true, &text, err) && report_print(&job->report, &text, err);
}

static bool change(struct job *job, struct err *err)
{
	const struct trust_request *r = &job->args->request;
	AUTO(buf_done) struct buf certificate = BUF_INIT(CERTIFICATE_SIZE_MAX);
	AUTO(buf_done) struct buf policy = BUF_INIT(POLICY_SIZE_MAX),
				  seen = BUF_INIT(SEEN_SIZE_MAX);
	AUTO(buf_done) struct buf said = BUF_INIT(TRUST_TEXT_MAX);
	AUTO(platform_unlock) intptr_t handle = -1;
	if (!platform_is_admin())
		return err_set(err, ERR_NOT_ROOT,
			       "'trust' must be run as %s (%s) to change anything", platform_admin,
			       platform_admin_hint);
	if (r->verb == TRUST_ADD && !platform_read_file(r->operand, &certificate, err)) {
		if (err && err->code == ERR_NO)
			err->code = ERR_SYSTEM;
		return false;
	}
	/* An install may be about to remember something. */
	return job_lock(job, &handle, err) && job_open_trust_of_root(job, &job->store, err) &&
	       trust_edit(r, buf_slice(&certificate), &job->store.policy, &job->store.seen,
			  job->store.trust, &policy, &seen, &said, err) &&
	       (policy.len == 0 || write_policy(job, &policy, err)) &&
	       (seen.len == 0 || write_seen(job, &seen, err)) && say(job, &said, err);
}

bool command_trust(struct job *job, struct err *err)
{
	const struct trust_request *r = &job->args->request;
	if (trust_request_changes(r))
		return change(job, err);
	return job_open_trust_of_root(job, &job->store, err) &&
	       (r->verb == TRUST_LIST ? print_list(job, err) : print_policy(job, err));
}
