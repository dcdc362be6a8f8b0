/* SPDX-License-Identifier: MIT */
/* cmd_verify.c - `ibbundle verify`: is every byte of a bundle what somebody signed? */
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "exact.h"
#include "head.h"
#include "missing.h"
#include "pack.h"
#include "progress.h"
#include "reader.h"
#include "rebuild.h"

const char cmd_verify_help[] =
	"Checks the signature over the root, then every digest: block table, catalog, stub, every\n"
	"block and tree, which is every byte; and BUNDLE.p7s, the signature over the whole file,\n"
	"if it exists.\n"
	"Authenticode of NAME.exe is checked where osslsigncode is installed.  BUNDLE may be a\n"
	"NAME.exe without the bundle, which is NAME.ibb beside it then.\n\n" READER_HELP
	"  --require-authenticode  refuse what has no Authenticode signature that a --trust\n"
	"                   certificate leads to\n"
	"  --files          also decode every block and compare each file that it holds: what\n"
	"                   'build' did; only a mistake in the bundle's making can show\n"
	"  --exact          also make every vendor's file again that is here in another form, and\n"
	"                   compare it with the SHA-256 that was locked; takes minutes, and room "
	"in\n"
	"                   $TMPDIR or /tmp for the largest package\n"
	"  --rebuild LOCK   also build it again from the lock that it was built from, and "
	"compare:\n"
	"                   the first block, or whatever else, that differs is named\n"
	"  --cache DIR, --cacert FILE, --offline, --stub FILE  for that, as with 'ibbundle "
	"build'\n";

/* What was found, beside what stands in the reader. */
struct verified {
	struct layout_verified seen;
	const char *stub;             /* platform; NULL: none */
	enum whole whole, head_whole; /* the signature over all of the bundle, of the head alone */
	struct signer signer, head_signer;
	struct authenticode authenticode;
	bool deep, exact, rebuilt; /* was asked for */
	struct exact_totals files;
};

static void print_whole(const struct reader *r, const char *path, enum whole whole,
			const struct signer *signer)
{
	if (whole == WHOLE_NOT_CHECKED)
		printf("%s.p7s was not checked: it is by ML-DSA, which this program's OpenSSL "
		       "(%s) has not\n",
		       path, crypto_version());
	else if (whole == WHOLE_SIGNED)
		printf("whole file signed by '%s' (%s)\n", signer->subject,
		       reader_pinned_text(r, signer));
	else
		printf("no %s.p7s beside it: the file as a whole is not signed\n", path);
}

static void print_text(const struct reader *r, const struct verified *v)
{
	reader_print_signers(r);
	print_whole(r, r->path, v->whole, &v->signer);
	if (r->head_path) {
		printf("%s is a runtime alone; its bundle is %s\n", r->head_path, r->path);
		print_whole(r, r->head_path, v->head_whole, &v->head_signer);
	}
	printf("stub: %s\n", v->stub ? v->stub : "none in this file");
	if (v->authenticode.state != AUTHENTICODE_NONE)
		printf("Authenticode by '%s' (%s)\n", v->authenticode.subject,
		       authenticode_text(&v->authenticode));
	else if (v->stub && strcmp(v->stub, HEAD_WINDOWS) == 0)
		printf("no Authenticode signature\n");
	printf("%zu packages, %u blocks: every digest matches%s\n", v->seen.packages,
	       (unsigned)v->seen.blocks, v->deep ? ", and every file's" : "");
	char size[BYTES_TEXT_SIZE];
	if (v->exact)
		printf("%llu vendors' files, %s: exactly as they were locked\n",
		       (unsigned long long)v->files.files, bytes_text(v->files.bytes, size));
	if (v->files.unknown)
		printf("%llu vendors' files, %s, are here in another form only\n",
		       (unsigned long long)v->files.unknown,
		       bytes_text(v->files.unknown_bytes, size));
	if (v->rebuilt)
		printf("built again from its lock: the root is the same, and so is every byte\n");
	if (v->seen.blocks_missing)
		printf("%u blocks were left out of this file: %zu packages are not whole\n",
		       (unsigned)v->seen.blocks_missing, v->seen.packages_missing);
}

static bool print_missing(const struct reader *r, const struct verified *v, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(16u << 20);
	if (v->seen.blocks_missing == 0)
		return true;
	if (!missing_print(&r->bundle, &text, err) || !buf_ok(&text, "the list", err))
		return false;
	fwrite(text.p, 1, text.len, stdout); /* main() looks whether it worked */
	return true;
}

static bool print_json(const struct reader *r, const struct verified *v, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("verify", err);
	if (!j)
		return false;
	struct json_value *top = json_top(j);
	json_add_string(j, top, "bundle", r->path);
	json_add_string(j, top, "reason", err_reason(ERR_NONE));
	reader_add_signers(r, j, top);
	if (v->whole == WHOLE_SIGNED)
		json_add_string(j, top, "whole_file_signer", v->signer.subject);
	if (v->whole == WHOLE_NOT_CHECKED)
		json_add_bool(j, top, "whole_file_not_checked", true);
	if (r->head_path)
		json_add_string(j, top, "head", r->head_path);
	if (v->head_whole == WHOLE_NOT_CHECKED)
		json_add_bool(j, top, "head_not_checked", true);
	if (v->head_whole == WHOLE_SIGNED)
		json_add_string(j, top, "head_signer", v->head_signer.subject);
	if (v->stub)
		json_add_string(j, top, "stub", v->stub);
	reader_add_authenticode(&v->authenticode, j, top);
	json_add_u64(j, top, "packages", v->seen.packages);
	json_add_u64(j, top, "packages_missing", v->seen.packages_missing);
	json_add_u64(j, top, "blocks", v->seen.blocks);
	json_add_u64(j, top, "blocks_missing", v->seen.blocks_missing);
	if (v->seen.blocks_missing && !missing_write(&r->bundle, j, top, err))
		return false;
	json_add_u64(j, top, "bytes", v->seen.bytes);
	if (v->rebuilt)
		json_add_bool(j, top, "rebuilt", true);
	if (v->exact) {
		json_add_u64(j, top, "exact_files", v->files.files);
		json_add_u64(j, top, "exact_bytes", v->files.bytes);
		json_add_u64(j, top, "inexact_files", v->files.unknown);
	}
	return reader_print_json(j, err);
}

static bool verify(struct reader *r, bool require_authenticode, struct verified *v, struct err *err)
{
	if (!reader_check_whole(r, r->path, &r->src, &v->whole, &v->signer, err))
		return false;
	if (r->head_path &&
	    !reader_check_whole(r, r->head_path, &r->head, &v->head_whole, &v->head_signer, err))
		return false;
	if (!reader_verify(&r->bundle, v->deep, "verifying", &v->seen, err))
		return false;
	v->stub = v->seen.stub;
	if (!reader_check_head(r, &v->stub, &v->authenticode, err))
		return false;
	if (require_authenticode && v->authenticode.state != AUTHENTICODE_TRUSTED)
		return err_set(
			err, ERR_UNTRUSTED, "--require-authenticode: Authenticode of '%s': %s",
			r->head_path ? r->head_path : r->path, authenticode_text(&v->authenticode));
	return true;
}

/* Packages of which blocks are missing were counted before. */
static bool verify_exact(struct reader *r, struct verified *v, struct err *err)
{
	AUTO(exact_seen_done) struct exact_seen seen = { 0 };
	AUTO(auto_free) char *near = NULL;
	const char *dir = getenv("TMPDIR");
	long jobs = sysconf(_SC_NPROCESSORS_ONLN);
	if (asprintf(&near, "%s/x", dir && *dir ? dir : "/tmp") < 0) {
		near = NULL;
		return err_no_memory(err);
	}
	for (size_t i = 0; i < r->bundle.catalog.package_count; i++) {
		AUTO(tree_done) struct tree t = { 0 };
		struct err why = { 0 };
		if (missing_read_tree(&r->bundle, i, true, &t, &why) &&
		    exact_package(&r->bundle, &t, near, jobs < 1 ? 1 : (unsigned)jobs, NULL, &seen,
				  &v->files, &why))
			continue;
		if (why.code != ERR_MISSING_BLOCK) {
			err_set(err, why.code, "%s", why.msg);
			return err_wrap(err, "package '%s'", r->bundle.catalog.packages[i].id);
		}
	}
	return true;
}

bool cmd_verify(int argc, char **argv, struct err *err)
{
	struct reader_options opt = { 0 };
	bool require_authenticode = false;
	struct verified v = { 0 };
	struct option_list stubs = { 0 };
	long jobs = sysconf(_SC_NPROCESSORS_ONLN);
	struct rebuild_options rebuild = { .stubs = &stubs };
	rebuild.jobs = jobs < 1 ? 1 : jobs > PACK_JOBS_MAX ? PACK_JOBS_MAX : (unsigned)jobs;
	const struct option options[] = {
		READER_OPTIONS(opt),
		{ "require-authenticode", 0, OPTION_FLAG, &require_authenticode, 0, 0 },
		{ "files", 0, OPTION_FLAG, &v.deep, 0, 0 },
		{ "exact", 0, OPTION_FLAG, &v.exact, 0, 0 },
		{ "rebuild", 0, OPTION_TEXT, &rebuild.lock, 0, 0 },
		{ "cache", 0, OPTION_TEXT, &rebuild.cache_dir, 0, 0 },
		{ "cacert", 0, OPTION_TEXT, &rebuild.cacert, 0, 0 },
		{ "offline", 0, OPTION_FLAG, &rebuild.offline, 0, 0 },
		{ "stub", 0, OPTION_LIST, &stubs, 0, 0 },
		{ 0 },
	};
	struct operands operands;
	AUTO(reader_close) struct reader r = { 0 };
	if (!options_parse(argc, argv, options, 1, 1, &operands, err) ||
	    !reader_open(&r, operands.v[0], &opt, err) ||
	    !verify(&r, require_authenticode, &v, err) || (v.exact && !verify_exact(&r, &v, err)))
		return false;
	if (rebuild.lock && !rebuild_compare(&r.bundle, &rebuild, err))
		return err_wrap(err, "--rebuild '%s'", rebuild.lock);
	v.rebuilt = rebuild.lock != NULL;
	if (opt.json)
		return print_json(&r, &v, err);
	print_text(&r, &v);
	return print_missing(&r, &v, err);
}
