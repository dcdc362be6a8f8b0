/* SPDX-License-Identifier: MIT */
/*
 * export_vm_application.c - `ibbundle export vm-application`: an application of an Azure Compute
 * Gallery.
 *
 * The agent puts the package into a directory of its own for each application and version, perhaps under the
 * application's name, and runs each command line there: by /bin/sh -c on Linux, cmd.exe /C on Windows.
 * Anything but 0 is a failure.  The directory stays until the application is removed.  A bundle that
 * is too large for one package is several applications, which come before the one that installs.
 */
#include <string.h>

#include "export.h"
#include "export_bundle.h"
#include "file.h"
#include "slice.h"
#include "volumes.h"

#define PACKAGE_SIZE_MAX UINT64_C(2000000000) /* what the service calls 2 GB */
#define PACKAGE_SIZE UINT64_C(1000000000)     /* what part of its documentation calls the limit */
#define COMMAND_SIZE_MAX 4096
#define NAME_LENGTH_MAX 80
#define FILES "files/"

const char export_vm_application_help[] =
	"Writes the packages (in DIR/files), at most 1 GB each, and the command lines for an\n"
	"application of an Azure Compute Gallery: as a script for az, for PowerShell, as Bicep "
	"and\n"
	"as Terraform text, and as JSON.  BUNDLE is NAME.run or NAME.exe.\n\n"
	"  --application NAME   of the application (default: the bundle's name)\n"
	"  --application-version N.N.N  (default: made from the bundle's version)\n"
	"  --max-size SIZE      of a package; 2G at most, where the service takes "
	"that\n" EXPORT_HELP;

struct application {
	char name[NAME_LENGTH_MAX + 8], order[8];
	struct buf install, update, remove;
	struct template_value values[12];
};

struct vm_application {
	struct export_options opt;
	const char *name, *version, *max_text;
	uint64_t max;

	struct export_bundle bundle;
	struct volumes volumes;
	char made_version[40];            /* of the bundle's version */
	struct application *applications; /* owned; those with parts first, then what installs */
};

static void vm_application_done(struct vm_application *a)
{
	for (size_t i = 0; a->applications && i < a->bundle.file_count; i++) {
		buf_done(&a->applications[i].install);
		buf_done(&a->applications[i].update);
		buf_done(&a->applications[i].remove);
	}
	free(a->applications);
	volumes_done(&a->volumes);
	export_done(&a->bundle);
}

/* --- what is asked for ------------------------------------------------------------------------------ */

/* "2026.11" -> "2026.11.0"; each is at most what 32 bits with a sign hold. */
static bool make_version(const char *text, char out[40])
{
	unsigned long n[3] = { 0 };
	size_t count = 0;
	for (const char *at = text;; at++) {
		size_t digits = strspn(at, "0123456789");
		if (!digits || digits > 9 || count == 3)
			return false;
		n[count++] = strtoul(at, NULL, 10);
		at += digits;
		if (!*at)
			break;
		if (*at != '.')
			return false;
	}
	snprintf(out, 40, "%lu.%lu.%lu", n[0], n[1], n[2]);
	return true;
}

static bool settle_names(struct vm_application *a, struct err *err)
{
	const struct root *root = &a->bundle.reader.bundle.root;
	const char *version = a->version ? a->version : root->version;
	if (!a->name)
		a->name = root->name;
	size_t len = strlen(a->name);
	if (!name_is_safe(a->name) || strchr(a->name, '+') || len > NAME_LENGTH_MAX)
		return err_set(
			err, ERR_USAGE,
			"'%s' can't be an application's name: give one of small letters, digits, "
			"'.', '_' and '-' by --application",
			a->name);
	if (strcmp(a->name, a->bundle.files[0].name) == 0)
		return err_set(err, ERR_USAGE,
			       "give the application another name than the file by --application");
	if (!make_version(version, a->made_version))
		return err_set(
			err, ERR_USAGE,
			"'%s' can't be an application's version: give one of three numbers by "
			"--application-version",
			version);
	return true;
}

static bool read_max(struct vm_application *a, struct err *err)
{
	a->max = PACKAGE_SIZE;
	if (!a->max_text)
		return true;
	if (!slice_parse_size(a->max_text, &a->max, err))
		return err_wrap(err, "--max-size");
	if (a->max > UINT64_C(2) << 30)
		return err_set(err, ERR_USAGE, "--max-size: the service takes at most 2 GB");
	if (a->max > PACKAGE_SIZE_MAX)
		a->max = PACKAGE_SIZE_MAX;
	return true;
}

/* --- the packages ----------------------------------------------------------------------------------- */

static bool make_path(const struct vm_application *a, const char *name, char **out, struct err *err)
{
	if (asprintf(out, "%s/" FILES "%s", a->bundle.out.temp, name) < 0) {
		*out = NULL;
		return err_no_memory(err);
	}
	return true;
}

static bool copy_file(struct vm_application *a, const struct export_file *f, bool program,
		      struct err *err)
{
	AUTO(auto_free) char *path = NULL;
	AUTO(outfile_done) struct outfile out = OUTFILE_INIT;
	return make_path(a, f->name, &path, err) && outfile_open(&out, path, err) &&
	       outfile_copy(&out, file_source_fd(&f->src), f->path, 0, f->src.size, err) &&
	       outfile_commit(&out, program ? 0777 : 0666, err);
}

/* The last file of the bundle holds blocks: it, and those like it, become others. */
static bool split(struct vm_application *a, struct err *err)
{
	struct export_bundle *e = &a->bundle;
	const struct bundle *b = &e->reader.bundle;
	AUTO(auto_free) struct block_origin *origins = NULL;
	AUTO(auto_free) char *first = NULL;
	AUTO(buf_done) struct buf stub = { 0 };
	AUTO(buf_done) struct buf certificates = { 0 };
	bool alone = e->reader.head_path != NULL;
	if (!assemble_origins(b, &origins, err) ||
	    (!alone && !assemble_read_head(b, &stub, &certificates, err)))
		return false;
	if (certificates.len)
		return err_set(
			err, ERR_USAGE,
			"'%s' is larger than a package, and in parts its Authenticode signature "
			"would not hold: build it with --exe-max 1",
			e->files[0].name);
	const struct assembly whole = { .bundle = b, .origins = origins, .stub = buf_slice(&stub) };
	return make_path(a, e->files[alone].name, &first, err) &&
	       volumes_write(&a->volumes, &whole, a->max, first, e->reader.now, err) &&
	       volumes_commit(&a->volumes, !alone, err);
}

static bool take_volumes(struct vm_application *a, struct err *err)
{
	struct export_bundle *e = &a->bundle;
	if (e->reader.head_path && !copy_file(a, &e->files[0], true, err))
		return false;
	export_drop_files(e, e->reader.head_path ? 1 : 0);
	for (size_t i = 0; i < a->volumes.count; i++)
		if (!export_add_file(e, a->volumes.v[i].bundle.path, err))
			return false;
	return true;
}

static bool write_packages(struct vm_application *a, struct err *err)
{
	struct export_bundle *e = &a->bundle;
	bool fits = true;
	if (!export_make_dirs(e, FILES, err))
		return false;
	for (size_t i = 0; i < e->file_count; i++)
		fits &= e->files[i].src.size <= a->max;
	if (!fits)
		return split(a, err) && take_volumes(a, err);
	for (size_t i = 0; i < e->file_count; i++)
		if (!copy_file(a, &e->files[i], i == 0, err))
			return false;
	return true;
}

/* --- the command lines ------------------------------------------------------------------------------ */

/*
 * The package under its name, and it is the one that this was made for.  On Windows before Server 2016, certutil
 * prints a digest with a blank after each byte.
 */
static void add_check(const struct vm_application *a, const char *application,
		      const struct export_file *f, struct buf *out)
{
	if (!a->bundle.windows) {
		buf_printf(out, "test -e %s || ln %s %s; echo '%s  %s' | sha256sum -c - && ",
			   f->name, application, f->name, f->sha256, f->name);
		return;
	}
	buf_printf(out,
		   "(if not exist %s ren %s %s)&certutil -hashfile %s SHA256>%s.sum&findstr /i ",
		   f->name, application, f->name, f->name, f->name);
	buf_printf(out, "/c:\"%s\" /c:\"", f->sha256);
	for (size_t i = 0; f->sha256[i]; i += 2)
		buf_printf(out, "%s%.2s", i ? " " : "", f->sha256 + i);
	buf_printf(out, "\" %s.sum&&", f->name);
}

/* What belongs to the bundle lies in the directories of the other applications. */
static void add_bundles(const struct vm_application *a, struct buf *out)
{
	const struct export_bundle *e = &a->bundle;
	const char *up = e->windows ? "..\\..\\" : "../../", *slash = e->windows ? "\\" : "/";
	if (e->file_count == 1)
		return;
	if (!e->reader.head_path)
		buf_printf(out, " --bundle %s", e->files[0].name);
	for (size_t i = 1; i < e->file_count; i++)
		buf_printf(out, " --bundle %s%s%s%s%s%s", up, a->applications[i - 1].name, slash,
			   a->made_version, slash, e->files[i].name);
}

static void make_commands(const struct vm_application *a, struct application *app,
			  const struct export_file *f)
{
	const struct export_bundle *e = &a->bundle;
	bool installs = f == &e->files[0];
	const char *run = e->windows ? "" : "chmod 700 ", *then = e->windows ? ".\\" : " && ./";
	add_check(a, app->name, f, &app->install);
	add_check(a, app->name, f, &app->remove);
	if (!installs) {
		buf_add_str(&app->install, e->windows ? "exit 0" : "true");
		app->remove.len = 0;
		buf_add_str(&app->remove, e->windows ? "exit 0" : "true");
	} else {
		const char *program = e->windows ? "" : f->name;
		buf_printf(&app->install, "%s%s%s%s install --exit-codes vm-application%s", run,
			   program, then, f->name, buf_str(&e->arguments));
		add_bundles(a, &app->install);
		buf_printf(&app->remove, "%s%s%s%s uninstall --exit-codes vm-application", run,
			   program, then, f->name);
	}
	buf_add(&app->update, app->install.p, app->install.len);
}

static bool make_application(struct vm_application *a, size_t order, const struct export_file *f,
			     struct err *err)
{
	struct application *app = &a->applications[order];
	app->install = app->update = app->remove = BUF_INIT(COMMAND_SIZE_MAX);
	size_t number = (size_t)(f - a->bundle.files) + 1;
	if (number == 1)
		snprintf(app->name, sizeof(app->name), "%s", a->name);
	else
		snprintf(app->name, sizeof(app->name), "%s-%zu", a->name, number);
	snprintf(app->order, sizeof(app->order), "%zu", order + 1);
	make_commands(a, app, f);
	if (!buf_ok(&app->install, "the command line", err) ||
	    !buf_ok(&app->remove, "the command line", err))
		return err_wrap(err, "application '%s'", app->name);
	const struct template_value values[] = {
		{ "application", app->name },
		{ "order", app->order },
		{ "install", buf_str(&app->install) },
		{ "update", buf_str(&app->update) },
		{ "remove", buf_str(&app->remove) },
		{ "file", f->name },
		{ "sha256", f->sha256 },
		{ "size", f->size },
		{ "last", number == 1 ? "yes" : "" },

		{ 0 },
	};
	memcpy(app->values, values, sizeof(values));
	return true;
}

static bool make_applications(struct vm_application *a, struct err *err)
{
	struct export_bundle *e = &a->bundle;
	size_t n = e->file_count;
	a->applications = calloc(n, sizeof(*a->applications));
	if (!a->applications)
		return err_no_memory(err);
	for (size_t i = 0; i + 1 < n; i++)
		if (!make_application(a, i, &e->files[i + 1], err))
			return false;
	return make_application(a, n - 1, &e->files[0], err);
}

/* --- the texts -------------------------------------------------------------------------------------- */

static bool write_texts(struct vm_application *a, struct err *err)
{
	static const struct {
		const char *template, *path;
		bool program;
	} texts[] = {
		{ "vm-application/applications.json", "applications.json", false },
		{ "vm-application/create.sh", "create.sh", true },
		{ "vm-application/create.ps1", "create.ps1", false },
		{ "vm-application/main.bicep", "main.bicep", false },
		{ "vm-application/main.tf", "main.tf", false },
	};
	struct export_bundle *e = &a->bundle;
	const struct template_value *rows[EXPORT_FILES_MAX];
	const struct template_value more[] = {
		{ "application_version", a->made_version },
		{ "os", e->windows ? "Windows" : "Linux" },
		{ 0 },
	};
	for (size_t i = 0; i < e->file_count; i++)
		rows[i] = a->applications[i].values;
	const struct template_list lists[] = { { "applications", rows, e->file_count }, { 0 } };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		AUTO(buf_done) struct buf text = BUF_INIT(TEMPLATE_TEXT_MAX);
		if (!export_fill(e, texts[i].template, more, lists, &text, err) ||
		    !export_put(e, texts[i].path, &text, texts[i].program, err))
			return false;
	}
	return true;
}

bool export_vm_application(int argc, char **argv, struct err *err)
{
	AUTO(vm_application_done) struct vm_application a = { 0 };
	const struct option options[] = {
		EXPORT_OPTIONS(a.opt),
		{ "application", 0, OPTION_TEXT, &a.name, 0, 0 },
		{ "application-version", 0, OPTION_TEXT, &a.version, 0, 0 },
		{ "max-size", 0, OPTION_TEXT, &a.max_text, 0, 0 },
		{ 0 },
	};
	struct operands operands;
	return options_parse(argc, argv, options, 1, 1, &operands, err) && read_max(&a, err) &&
	       export_open(&a.bundle, operands.v[0], &a.opt, err) && settle_names(&a, err) &&
	       write_packages(&a, err) && make_applications(&a, err) && write_texts(&a, err) &&
	       export_finish(&a.bundle, err);
}
