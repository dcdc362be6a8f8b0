/* SPDX-License-Identifier: MIT */
/* cmd_trust.c - `ibbundle trust`: whom a machine trusts, in its image or as a file to put there. */
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "file.h"
#include "machine_trust.h"
#include "outdir.h"
#include "outfile.h"
#include "trust_edit.h"

#define CERTIFICATE_SIZE_MAX (1u << 20)

const char cmd_trust_help[] =
	"Edits the policy of an image, or a file that is to be one: see "
	"manifests/README.md.\n\n" TRUST_HELP
	"  --root DIR            an image: DIR/etc/ibbundle/policy.json, and what is beside it\n"
	"  --policy FILE         this file; certificates that it names by file are in the trust.d\n"
	"                        beside it\n"
	"  --json                one JSON document\n";

static bool write_text(const char *path, const struct buf *text, struct err *err)
{
	AUTO(outfile_done) struct outfile out = OUTFILE_INIT;
	AUTO(auto_free) char *dir = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;
	if (!dir)
		return err_no_memory(err);
	if (slash)
		*slash = '\0';
	return (!slash || slash == dir || dir_make(dir, err)) && outfile_open(&out, path, err) &&
	       outfile_write(&out, text->p, text->len, err) && outfile_sync(&out, err) &&
	       outfile_commit(&out, 0644, err);
}

static bool change(const struct trust_request *r, struct machine_trust *m, struct err *err)
{
	AUTO(buf_done) struct buf certificate = { 0 }, said = BUF_INIT(TRUST_TEXT_MAX);
	AUTO(buf_done) struct buf policy = BUF_INIT(POLICY_SIZE_MAX),
				  seen = BUF_INIT(SEEN_SIZE_MAX);
	if (r->verb == TRUST_ADD && !file_read(r->operand, CERTIFICATE_SIZE_MAX, &certificate, err))
		return false;
	if (!trust_edit(r, buf_slice(&certificate), &m->policy, &m->seen, m->trust, &policy, &seen,
			&said, err) ||
	    (policy.len && !write_text(m->policy_path, &policy, err)) ||
	    (seen.len && !write_text(m->seen_path, &seen, err)))
		return false;
	if (!r->json) {
		printf("%s", said.len ? buf_str(&said) : "done\n");
		return true;
	}
	AUTO(json_auto_free) struct json *j = json_new("trust", err);
	AUTO(buf_done) struct buf text = BUF_INIT(TRUST_TEXT_MAX);
	if (!j)
		return false;
	json_add_bool(j, json_top(j), "ok", true);
	json_add_string(j, json_top(j), "message", buf_str(&said));
	if (!json_print(j, true, &text, err))
		return false;
	printf("%s", buf_str(&text));
	return true;
}

bool cmd_trust(int argc, char **argv, struct err *err)
{
	struct trust_request r;
	AUTO(machine_trust_done) struct machine_trust m = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(TRUST_TEXT_MAX);
	if (!trust_request_parse(argc, argv, &r, err))
		return false;
	if (!r.root && !r.policy)
		return err_set(err, ERR_USAGE,
			       "trust: give --root DIR or --policy FILE; a machine's own policy is "
			       "edited by a bundle's 'trust'");
	if (!machine_trust_open(r.root, r.policy, false, &m, err))
		return false;
	if (trust_request_changes(&r))
		return change(&r, &m, err);
	bool ok = r.verb == TRUST_LIST
			  ? trust_print_list(m.trust, &m.seen, (uint64_t)time(NULL), r.json, &text,
					     err)
			  : trust_print_policy(&m.policy, m.has_policy ? m.policy_path : NULL,
					       trust_count(m.trust), &m.seen, r.json, &text, err);
	if (ok)
		printf("%s", buf_str(&text));
	return ok;
}
