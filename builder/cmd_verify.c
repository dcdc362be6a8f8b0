/* SPDX-License-Identifier: MIT */
/* cmd_verify.c - `ibbundle verify`: is every byte of a bundle what somebody signed? */
#include "cmd.h"
#include "reader.h"

const char cmd_verify_help[] =
	"Checks the signature over the root, then every digest: block table, catalog, stub, every\n"
	"block, tree and file; and BUNDLE.p7s, the signature over the whole file, if it "
	"exists.\n\n" READER_HELP;

static void print_text(const struct reader *r, const struct layout_verified *seen, bool whole,
		       const struct signer *signer)
{
	reader_print_signers(r);
	if (whole)
		printf("whole file signed by '%s' (%s)\n", signer->subject,
		       reader_pinned_text(r, signer));
	else
		printf("no %s.p7s beside it: the file as a whole is not signed\n", r->path);
	printf("stub: %s\n", seen->stub ? seen->stub : "none in this file");
	printf("%zu packages, %u blocks: every digest matches\n", seen->packages,
	       (unsigned)seen->blocks);
	if (seen->blocks_missing)
		printf("%u blocks were left out of this file: %zu packages are not whole\n",
		       (unsigned)seen->blocks_missing, seen->packages_missing);
}

static bool print_json(const struct reader *r, const struct layout_verified *seen, bool whole,
		       const struct signer *signer, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("verify", err);
	if (!j)
		return false;
	struct json_value *top = json_top(j);
	json_add_string(j, top, "bundle", r->path);
	json_add_string(j, top, "reason", err_reason(ERR_NONE));
	reader_add_signers(r, j, top);
	if (whole)
		json_add_string(j, top, "whole_file_signer", signer->subject);
	if (seen->stub)
		json_add_string(j, top, "stub", seen->stub);
	json_add_u64(j, top, "packages", seen->packages);
	json_add_u64(j, top, "packages_missing", seen->packages_missing);
	json_add_u64(j, top, "blocks", seen->blocks);
	json_add_u64(j, top, "blocks_missing", seen->blocks_missing);
	json_add_u64(j, top, "bytes", seen->bytes);
	return reader_print_json(j, err);
}

bool cmd_verify(int argc, char **argv, struct err *err)
{
	struct reader_options opt = { 0 };
	const struct option options[] = { READER_OPTIONS(opt), { 0 } };
	struct operands operands;
	AUTO(reader_close) struct reader r = { 0 };
	struct layout_verified seen;
	struct signer signer;
	bool whole = false;
	if (!options_parse(argc, argv, options, 1, 1, &operands, err) ||
	    !reader_open(&r, operands.v[0], &opt, err) ||
	    !reader_check_whole(&r, &whole, &signer, err) ||
	    !reader_verify(&r.bundle, "verifying", &seen, err))
		return false;
	if (opt.json)
		return print_json(&r, &seen, whole, &signer, err);
	print_text(&r, &seen, whole, &signer);
	return true;
}
