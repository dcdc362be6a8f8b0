/* SPDX-License-Identifier: MIT */
/* cmd_import.c - `ibbundle import`: manifests, and pins for them, from what others publish. */
#include <string.h>

#include "azure_resources.h"
#include "checksums.h"
#include "cmd.h"
#include "file.h"
#include "options.h"
#include "path.h"

const char cmd_import_help[] =
	"azure-resources FILE -o MANIFEST\n"
	"  Turns the list that Azure's InfiniBand extensions work from (resources.json) into a\n"
	"  manifest: every machine gets what its extension would download.\n\n"
	"sha256sums SUMS MANIFEST -o OUT\n"
	"  Adds the digests of SUMS (as sha256sum writes them) to the files of MANIFEST whose\n"
	"  URLs end in the same name.  A file that is pinned to another digest is an error.\n\n"
	"  -o, --output FILE  the manifest to write\n"
	"  --name NAME        azure-resources: name of the manifest (default: azure-extension)\n"
	"  --version TEXT     azure-resources: its version (default: 1)\n"
	"  --source TEXT      sha256sums: who states the digests; kept beside each\n";

struct request {
	const char *output, *name, *version, *source;
	struct operands operands;
};

static bool import_azure(const struct request *r, struct err *err)
{
	AUTO(azure_resources_done) struct azure_resources resources = { 0 };
	AUTO(buf_done) struct buf text = { 0 }, out = BUF_INIT(MANIFEST_SIZE_MAX);
	const char *path = r->operands.v[1], *name = r->name ? r->name : "azure-extension";
	if (r->operands.count != 2 || r->source)
		return err_set(err, ERR_USAGE,
			       "import: azure-resources takes one FILE, --name and --version; see "
			       "'ibbundle help import'");
	if (!name_is_safe(name))
		return err_set(err, ERR_USAGE,
			       "import: '--name %s' has lower-case letters, digits and .+_- only",
			       name);
	if (!file_read(path, AZURE_RESOURCES_MAX, &text, err) ||
	    !azure_resources_parse(path, buf_slice(&text), &resources, err) ||
	    !azure_resources_manifest(&resources, name, r->version ? r->version : "1", &out, err) ||
	    !file_write_atomic(r->output, buf_slice(&out), 0644, err))
		return false;
	AUTO(manifest_done) struct manifest m = { 0 };
	if (!manifest_read(r->output, &m, err))
		return false;
	printf("%s: %zu packages for %zu rows of '%s'\n", r->output, m.package_count,
	       resources.count, path);
	return true;
}

static bool import_sums(const struct request *r, struct err *err)
{
	AUTO(checksums_done) struct checksums sums = { 0 };
	AUTO(manifest_done) struct manifest m = { 0 };
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(MANIFEST_SIZE_MAX), words = BUF_INIT(16u << 20);
	struct checksums_report report = { 0 };
	if (r->operands.count != 3 || r->name || r->version)
		return err_set(
			err, ERR_USAGE,
			"import: sha256sums takes SUMS, MANIFEST and --source; see 'ibbundle "
			"help import'");
	const char *path = r->operands.v[1];
	if (!file_read(path, CHECKSUMS_SIZE_MAX, &text, err) ||
	    !checksums_parse(path, buf_slice(&text), &sums, err) ||
	    !manifest_read(r->operands.v[2], &m, err) ||
	    !checksums_pin(&sums, &m, r->source, &out, &words, &report, err))
		return false;
	fwrite(words.p, 1, words.len, stdout); /* main() looks whether it worked */
	if (!report.pinned)
		return err_set(err, ERR_NO,
			       "'%s' pins no file of '%s' that is not pinned: '%s' is "
			       "not written",
			       path, r->operands.v[2], r->output);
	if (!file_write_atomic(r->output, buf_slice(&out), 0644, err))
		return false;
	printf("%s: %zu pinned, %zu as they were, %zu without a pin; %zu of '%s' are of other "
	       "files\n",
	       r->output, report.pinned, report.same, report.missing, report.unused, path);
	return true;
}

bool cmd_import(int argc, char **argv, struct err *err)
{
	struct request r = { 0 };
	const struct option options[] = {
		{ "output", 'o', OPTION_TEXT, &r.output, 0, 0 },
		{ "name", 0, OPTION_TEXT, &r.name, 0, 0 },
		{ "version", 0, OPTION_TEXT, &r.version, 0, 0 },
		{ "source", 0, OPTION_TEXT, &r.source, 0, 0 },
		{ 0 },
	};
	if (!options_parse(argc, argv, options, 2, 3, &r.operands, err))
		return false;
	const char *what = r.operands.v[0];
	bool azure = strcmp(what, "azure-resources") == 0;
	if (!azure && strcmp(what, "sha256sums") != 0)
		return err_set(err, ERR_USAGE,
			       "import: '%s' must be azure-resources or sha256sums; see 'ibbundle "
			       "help import'",
			       what);
	if (!r.output)
		return err_set(err, ERR_USAGE,
			       "import: -o FILE is missing; see 'ibbundle help import'");
	return azure ? import_azure(&r, err) : import_sums(&r, err);
}
