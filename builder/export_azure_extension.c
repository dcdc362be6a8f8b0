/* SPDX-License-Identifier: MIT */
/*
 * export_azure_extension.c - `ibbundle export azure-extension`: the package of a VM extension, as the
 * Azure guest agents take it.
 *
 *   HandlerManifest.json   what the agent calls: the runtime's `handler` (runtime/handler.h)
 *   ibbundle[.exe]         the runtime; BUNDLE itself where that begins with it
 *   ibbundle.ibb           BUNDLE, where it does not
 */
#include <string.h>

#include "export.h"
#include "file.h"
#include "head.h"
#include "progress.h"
#include "reader.h"
#include "zip_write.h"

#define MANIFEST_MAX (64u << 10)

const char export_azure_extension_help[] =
	"The extension installs what fits the VM, and needs no network but the agent's own.  Its\n"
	"settings, all of them optional: bundle (a path on the VM), package, requireTrust,\n"
	"acceptLicenses, reboot.  README.md says what they mean, and who may publish "
	"extensions.\n\n"
	"  -o, --output FILE    the ZIP file\n"
	"  --platform NAME      linux-x86_64, linux-aarch64 or windows-x86_64 (default: what "
	"BUNDLE\n"
	"                       begins with)\n"
	"  --without-bundle     the runtime alone: settings name the bundle on the VM\n"
	"  --heartbeat          promise the agent a heartbeat: then a worker stays in memory\n"
	"  --stub FILE          the runtime, where BUNDLE does not begin with it (default: in "
	"stub/\n"
	"                       beside this program)\n" READER_HELP;

struct extension {
	const char *output, *platform;
	struct option_list stubs;
	bool without_bundle, heartbeat;

	struct reader reader;
	struct heads heads;
	const struct head *stub;      /* the runtime, or NULL: it is in @program */
	const struct source *program; /* a file that is the runtime */
	const struct source *data;    /* the bundle beside it, or NULL */
	const char *name;             /* of the program in the package */
	struct zip zip;
};

static void extension_done(struct extension *p)
{
	zip_done(&p->zip);
	heads_done(&p->heads);
	reader_close(&p->reader);
}

static bool is_platform(const char *name)
{
	const char *known;
	for (size_t i = 0; (known = head_platform(i)); i++)
		if (strcmp(known, name) == 0)
			return true;
	return false;
}

/* Which files it takes: BUNDLE as it is, if it runs there, or with a runtime from elsewhere. */
static bool choose(struct extension *p, struct err *err)
{
	const struct bundle *b = &p->reader.bundle;
	struct extent unused;
	const char *here = p->reader.head_path ? HEAD_WINDOWS : NULL;
	if (!here && !bundle_check_stub(b, &here, err))
		return false;
	if (!p->platform)
		p->platform = here;
	if (!p->platform)
		return err_set(err, ERR_USAGE,
			       "'%s' has no runtime: say for which --platform the extension is",
			       p->reader.path);
	if (!is_platform(p->platform))
		return err_set(err, ERR_USAGE,
			       "unknown platform '%s': see 'ibbundle help export azure-extension'",
			       p->platform);
	p->name = strcmp(p->platform, HEAD_WINDOWS) == 0 ? "ibbundle.exe" : "ibbundle";
	bool runs = here && strcmp(here, p->platform) == 0;
	if (!p->without_bundle && (!runs || p->reader.head_path))
		p->data = &b->src;
	if (runs && (!p->without_bundle || p->reader.head_path)) {
		p->program = reader_head(&p->reader, &unused);
		return true;
	}
	if (!heads_read(&p->heads, &p->stubs, err))
		return false;
	p->stub = heads_find_signed(&p->heads, &b->root, p->platform, err);
	return p->stub != NULL;
}

static bool add_manifest(struct extension *p, struct err *err)
{
	static const char *const verbs[] = { "install", "uninstall", "update", "enable",
					     "disable" };
	AUTO(buf_done) struct buf text = BUF_INIT(MANIFEST_MAX);
	buf_add_str(&text, "[\n  {\n    \"version\": 1.0,\n    \"handlerManifest\": {\n");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		buf_printf(&text, "      \"%sCommand\": \"%s handler %s\",\n", verbs[i], p->name,
			   verbs[i]);
	buf_printf(&text,
		   "      \"rebootAfterInstall\": false,\n"
		   "      \"reportHeartbeat\": %s,\n"
		   "      \"updateMode\": \"UpdateWithInstall\",\n"
		   "      \"continueOnUpdateFailure\": true,\n"
		   "      \"supportsMultipleExtensions\": false\n    }\n  }\n]\n",
		   p->heartbeat ? "true" : "false");
	return buf_ok(&text, "the manifest", err) &&
	       zip_add_text(&p->zip, "HandlerManifest.json", 0644, buf_slice(&text), err);
}

static bool write_package(struct extension *p, struct err *err)
{
	uint64_t total = (p->program ? p->program->size : 0) + (p->data ? p->data->size : 0);
	if (!zip_open(&p->zip, p->output, p->reader.bundle.root.created, err) ||
	    !add_manifest(p, err))
		return false;
	progress_begin("writing", total);
	bool ok = (p->stub ? zip_add_text(&p->zip, p->name, 0755, buf_slice(&p->stub->stub), err)
			   : zip_add(&p->zip, p->name, 0755, p->program, err)) &&
		  (!p->data || zip_add(&p->zip, "ibbundle.ibb", 0644, p->data, err)) &&
		  zip_commit(&p->zip, err);
	progress_end();
	return ok;
}

static bool print(const struct extension *p, bool as_json, struct err *err)
{
	const struct root *root = &p->reader.bundle.root;
	char size[BYTES_TEXT_SIZE];
	if (!as_json) {
		printf("%s: %s, an extension of %s %s for %s%s\n", p->output,
		       bytes_text(p->zip.file.offset, size), root->name, root->version, p->platform,
		       p->without_bundle ? ", without the bundle" : "");
		return true;
	}
	AUTO(json_auto_free) struct json *j = json_new("export", err);
	if (!j)
		return false;
	json_add_string(j, json_top(j), "path", p->output);
	json_add_u64(j, json_top(j), "size", p->zip.file.offset);
	json_add_string(j, json_top(j), "platform", p->platform);
	json_add_bool(j, json_top(j), "with_bundle", !p->without_bundle);
	return reader_print_json(j, err);
}

bool export_azure_extension(int argc, char **argv, struct err *err)
{
	AUTO(extension_done) struct extension p = { .zip = ZIP_INIT };
	struct reader_options opt = { 0 };
	struct layout_verified verified;
	const struct option options[] = {
		READER_OPTIONS(opt),
		{ "output", 'o', OPTION_TEXT, &p.output, 0, 0 },
		{ "platform", 0, OPTION_TEXT, &p.platform, 0, 0 },
		{ "without-bundle", 0, OPTION_FLAG, &p.without_bundle, 0, 0 },
		{ "heartbeat", 0, OPTION_FLAG, &p.heartbeat, 0, 0 },
		{ "stub", 0, OPTION_LIST, &p.stubs, 0, 0 },
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, 1, &operands, err))
		return false;
	if (!p.output)
		return err_set(err, ERR_USAGE, "%s: -o FILE is missing; see 'ibbundle help %s'",
			       argv[0], argv[0]);
	return reader_open(&p.reader, operands.v[0], &opt, err) && choose(&p, err) &&
	       bundle_check_documents(&p.reader.bundle, err) &&
	       reader_verify(&p.reader.bundle, false, "verifying", &verified, err) &&
	       write_package(&p, err) && print(&p, opt.json, err);
}
