/* SPDX-License-Identifier: MIT */
/* command_read.c - the commands that change nothing but the DIR of extract. */
#include <string.h>

#include "command.h"
#include "facts_print.h"
#include "job.h"
#include "missing.h"
#include "state.h"
#include "system.h"

#define OUTPUT_MAX (64u << 20)

bool command_facts(struct job *job, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(OUTPUT_MAX);
	if (!job_read_facts(job, err))
		return false;
	const struct facts *f = &job->facts;
	if (job->args->json)
		return facts_write(f, &text, err) && report_print(&job->report, &text, err);
	facts_print(f, job->root[0] != '\0', &text);
	return report_print(&job->report, &text, err);
}

bool command_plan(struct job *job, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(OUTPUT_MAX);
	struct err why = { 0 };
	if (!job_open_bundle(job, err) || !job_read_facts(job, err))
		return false;
	bool fits = job_make_plan(job, &why);
	if (fits && job->downgrade.code != ERR_NONE &&
	    !preflight_add(&job->plan, job->downgrade.code, job->downgrade.msg, err))
		return false;
	bool ok =
		job->args->json
			? plan_write_json(&job->plan, &job->facts, fits ? NULL : &why, &text, err)
			: plan_write_text(&job->plan, &job->facts, job->args->verbose, &text, err);
	if (!ok || !report_print(&job->report, &text, err))
		return false;
	return fits || err_set(err, why.code, "%s", why.msg);
}

bool command_list(struct job *job, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(OUTPUT_MAX);
	if (!job_open_bundle(job, err))
		return false;
	const struct catalog *c = &job->bundle.catalog;
	if (!job->args->json) {
		buf_printf(&text, "%s %s\n", job->bundle.root.name, job->bundle.root.version);
		for (size_t i = 0; i < c->package_count; i++)
			buf_printf(&text, "%-32s %-16s %8.1f MB  %s\n", c->packages[i].id,
				   c->packages[i].version,
				   (double)c->packages[i].vendor_bytes / 1e6, c->packages[i].title);
		return report_print(&job->report, &text, err);
	}
	AUTO(json_auto_free) struct json *j = json_new("list", err);
	if (!j)
		return false;
	json_add_string(j, json_top(j), "name", job->bundle.root.name);
	json_add_string(j, json_top(j), "version", job->bundle.root.version);
	struct json_value *list = json_add_array(j, json_top(j), "packages");
	for (size_t i = 0; i < c->package_count; i++) {
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "id", c->packages[i].id);
		json_add_string(j, v, "version", c->packages[i].version);
		json_add_string(j, v, "title", c->packages[i].title);
		json_add_u64(j, v, "vendor_bytes", c->packages[i].vendor_bytes);
		json_add_u64(j, v, "payload_bytes", c->packages[i].payload_bytes);
		json_add_u64(j, v, "payload_files", c->packages[i].payload_files);
	}
	return json_print(j, true, &text, err) && report_print(&job->report, &text, err);
}

/* --- verify and extract ------------------------------------------------------------------------ */

static bool draw(void *ctx, uint64_t done, uint64_t total)
{
	report_progress(ctx, done, total, "bytes");
	return platform_stops() == 0;
}

static bool print_verified(struct job *job, const struct layout_verified *v, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 10);
	const struct bundle *b = &job->bundle;
	if (job->args->json) {
		AUTO(json_auto_free) struct json *j = json_new("verify", err);
		if (!j)
			return false;
		struct json_value *top = json_top(j), *list = json_add_array(j, top, "signers");
		json_add_string(j, top, "name", b->root.name);
		json_add_string(j, top, "version", b->root.version);
		json_add_bool(j, top, "ok", true);
		if (job->downgrade.code != ERR_NONE) {
			json_add_string(j, top, "install_refused", err_reason(job->downgrade.code));
			json_add_string(j, top, "install_message", job->downgrade.msg);
		}
		json_add_u64(j, top, "packages", v->packages);
		json_add_u64(j, top, "packages_missing", v->packages_missing);
		json_add_u64(j, top, "blocks", v->blocks);
		json_add_u64(j, top, "blocks_missing", v->blocks_missing);
		if (v->blocks_missing && !missing_write(b, j, top, err))
			return false;
		for (size_t i = 0; i < b->signer_count; i++) {
			struct json_value *s = json_add_object(j, list, NULL);
			json_add_string(j, s, "subject", b->signers[i].subject);
			json_add_bool(j, s, "pinned", b->signers[i].pinned);
			json_add_sha256(j, s, "certificate_sha256", b->signers[i].certificate);
			json_add_bool(j, s, "post_quantum", signer_is_post_quantum(&b->signers[i]));
		}
		json_add_u64(j, top, "signatures_not_checked", b->not_checked);
		return json_print(j, true, &text, err) && report_print(&job->report, &text, err);
	}
	buf_printf(&text, "%s %s is intact: %zu packages, %u blocks, %.1f MB of files\n",
		   b->root.name, b->root.version, v->packages, (unsigned)v->blocks,
		   (double)v->bytes / 1e6);
	if (v->blocks_missing)
		buf_printf(&text, "left out of this file: %u blocks, so %zu packages\n",
			   (unsigned)v->blocks_missing, v->packages_missing);
	if (v->blocks_missing && !job_print_missing(job, &text, err))
		return false;
	return report_print(&job->report, &text, err);
}

bool command_verify(struct job *job, struct err *err)
{
	struct layout_verified v = { 0 };
	platform_catch_stop();
	if (!job_open_bundle(job, err))
		return false;
	report_progress_begin(&job->report, "verifying");
	return layout_verify(&job->bundle, job->args->files, draw, &job->report, &v, err) &&
	       print_verified(job, &v, err);
}

/* --package alone names it; otherwise the machine's facts choose. */
static bool choose(struct job *job, size_t *index, struct err *err)
{
	const struct package *p = NULL;
	if (job->args->package) {
		p = catalog_find(&job->bundle.catalog, job->args->package);
		if (!p)
			return err_set(err, ERR_NO, "the bundle has no package '%s': see 'list'",
				       job->args->package);
	} else {
		if (!job_read_facts(job, err) || (!job_make_plan(job, err) && !job->plan.chosen))
			return false;
		p = job->plan.chosen;
	}
	*index = (size_t)(p - job->bundle.catalog.packages);
	return true;
}

static bool extract_to(struct job *job, const char *dir, size_t index, struct err *err)
{
	AUTO(tree_done) struct tree tree = { 0 };
	AUTO(platform_dir_close) struct platform_dir out = { 0 };
	if (!job_read_tree(job, index, &tree, err) || !platform_dir_open(dir, &out, err))
		return false;
	out.progress = draw;
	out.progress_ctx = &job->report;
	out.durable = true;
	struct layout_sink sink = platform_dir_sink(&out);
	report_progress_begin(&job->report, "extracting");
	/* Until all is there, nobody else may come in: a directory of the package may be for all. */
	if (!layout_tree(&job->bundle, &tree, &sink, err) || !platform_dir_share(&out, err) ||
	    !platform_dir_sync(&out, err))
		return false;
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 10);
	const struct package *p = &job->bundle.catalog.packages[index];
	if (job->args->json) {
		AUTO(json_auto_free) struct json *j = json_new("extract", err);
		if (!j)
			return false;
		json_add_string(j, json_top(j), "package", p->id);
		json_add_u64(j, json_top(j), "files", tree.file_count);
		json_add_u64(j, json_top(j), "bytes", tree.total_size);
		return json_print(j, true, &text, err) && report_print(&job->report, &text, err);
	}
	buf_printf(&text, "%s: %u files, %.1f MB\n", p->id, (unsigned)tree.file_count,
		   (double)tree.total_size / 1e6);
	return report_print(&job->report, &text, err);
}

bool command_extract(struct job *job, struct err *err)
{
	const char *dir = job->args->operand;
	size_t index = 0;
	platform_catch_stop();
	if (!dir)
		return err_set(err, ERR_USAGE, "'extract' needs a directory that does not exist");
	if (platform_exists(dir))
		return err_set(err, ERR_USAGE, "'%s' exists: name a directory that does not", dir);
	if (!job_open_bundle(job, err) || !choose(job, &index, err) ||
	    !platform_make_new_dir(dir, err))
		return false;
	if (extract_to(job, dir, index, err))
		return true;
	struct err left = { 0 };
	if (!platform_remove_tree(dir, &left))
		report_say(&job->report, "%s", left.msg);
	return false;
}

/* --- status ------------------------------------------------------------------------------------ */

/* Of an image: its check on the machine that was made from it. */
static void add_first_boot(const struct state_first_boot *f, struct buf *text)
{
	char when[PLATFORM_TIME_SIZE];
	if (!f->result)
		return;
	platform_format_time(f->when, when);
	buf_printf(text, "check at the first boot: %s%s%s%s%s\n",
		   strcmp(f->result, "pending") == 0 ? "still to come" : f->result,
		   f->when ? ", " : "", f->when ? when : "", f->message[0] ? ": " : "", f->message);
}

static bool print_status(struct job *job, const struct state *s, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(OUTPUT_MAX);
	if (job->args->json)
		return state_print(s, &text, err) && report_print(&job->report, &text, err);
	char when[PLATFORM_TIME_SIZE];
	platform_format_time(s->when, when);
	size_t added = 0;
	for (size_t i = 0; i < s->deb_count; i++)
		added += !s->debs[i].from;
	buf_printf(&text, "%s: %s %s, from bundle %s %s, %s\n", s->result, s->package,
		   s->package_version, s->bundle, s->bundle_version, when);
	if (strcmp(s->result, "interrupted") == 0)
		buf_printf(&text, "the %s was cut off: run it again to finish\n", s->operation);
	if (strcmp(s->result, "running") == 0)
		buf_printf(&text, "the %s is under way\n", s->operation);
	if (strcmp(s->result, "unfinished") == 0)
		buf_printf(&text, "the %s is under way or was cut off: %s can tell\n", s->operation,
			   platform_admin);
	if (s->message[0])
		buf_printf(&text, "%s: %s\n", s->reason, s->message);
	if (s->reboot_required)
		buf_printf(&text, "a reboot is needed %s\n", system_reboot_reason);
	buf_printf(&text, "%zu packages were added, %zu upgraded\n", added, s->deb_count - added);
	add_first_boot(&s->first_boot, &text);
	return report_print(&job->report, &text, err);
}

/* A journal is that of a run under way as long as that one holds the lock. */
static const char *journal_result(const struct job *job)
{
	char dir[PLATFORM_PATH_MAX];
	AUTO(platform_unlock) intptr_t handle = -1;
	struct err err = { 0 };
	if (!job_path(job, platform_place(PLACE_STATE), dir, &err) ||
	    platform_lock(dir, &handle, &err))
		return "interrupted";
	if (err.code == ERR_NOT_ROOT)
		return "unfinished"; /* one or the other: only who may install can tell */
	return err.code == ERR_LOCKED ? "running" : "interrupted";
}

bool command_status(struct job *job, struct err *err)
{
	AUTO(state_done) struct state s = { 0 };
	struct err why = { 0 };
	bool cut_off = job_read_state(job, JOURNAL_FILE, &s, &why);
	if (!cut_off && why.code != ERR_NO)
		return err_set(err, why.code, "%s", why.msg);
	if (!cut_off && !job_read_state(job, STATE_FILE, &s, &why))
		return err_set(err, why.code, "%s",
			       why.code == ERR_NO ? "nothing is installed by this program"
						  : why.msg);
	if (cut_off)
		s.result = journal_result(job);
	if (!print_status(job, &s, err))
		return false;
	if (s.first_boot.result && strcmp(s.first_boot.result, "failed") == 0)
		return err_set(err, ERR_NO, "the check at the first boot failed: %s",
			       s.first_boot.message);
	return (!cut_off && strcmp(s.result, "installed") == 0) ||
	       err_set(err, ERR_NO, "%s %s is not installed", s.package, s.package_version);
}
