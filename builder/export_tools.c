/* SPDX-License-Identifier: MIT */
/*
 * export_tools.c - the kinds of `ibbundle export` that are texts for one tool each: packer, image-builder,
 * cloud-init, ansible, dism, custom-script, kickstart.
 *
 * The texts stand in builder/templates/.  All but ansible and dism carry one script (install/), which gets
 * the bundle's files, compares their digests with those of the export, and installs.
 */
#include <string.h>

#include "export.h"
#include "export_bundle.h"

#define ARGUMENTS_MAX 4096
#define SCRIPT_LINUX "install/install.sh"
#define SCRIPT_WINDOWS "install/install.ps1"
#define LINUX_FILES "/var/lib/ibbundle-files"

struct text {
	const char *template, *path;
	bool program;
};

/* Which options a kind has, and what else it is. */
enum {
	FROM = 1 << 0,
	IMAGE = 1 << 1,
	IDENTITY = 1 << 2,
	ALWAYS_IDENTITY = 1 << 3,
	CARRIES = 1 << 4 /* the script in its own text */
};

struct tool {
	const char *name, *from; /* what --from is when it is not given */
	unsigned takes;
	struct text linux_texts[7],
		windows_texts[7]; /* ended by a row without a template; none: not for it */
};

/* --- the kinds -------------------------------------------------------------------------------------- */

#define FROM_HELP                                                                                  \
	"  --from WHERE         where the machine finds the bundle's files: a directory there,\n"  \
	"                       or an http(s) address; a SAS in it is for all to read\n"
#define IDENTITY_HELP                                                                              \
	"  --identity           the machine's managed identity may read that address\n"
#define IMAGE_HELP                                                                                 \
	"  --nic NAME           of the machines that the image is for, such as connectx-6 (may\n"  \
	"                       be given again); without it, that of the machine that bakes\n"     \
	"  --kernel VERSION     what will run there (Linux)\n"

const char export_packer_help[] =
	"Writes a template for Packer's azure-arm, which uploads the bundle to a VM and makes an\n"
	"image of it.\n\n" IMAGE_HELP EXPORT_HELP;
const char export_image_builder_help[] =
	"Writes an ARM template for Azure VM Image Builder.  Its build VM fetches the bundle from\n"
	"a storage account, as its user-assigned identity.\n\n" FROM_HELP IMAGE_HELP EXPORT_HELP;
const char export_cloud_init_help[] =
	"Writes user data for cloud-init, which installs at a Linux machine's first "
	"boot.\n\n" FROM_HELP IDENTITY_HELP EXPORT_HELP;
const char export_ansible_help[] =
	"Writes a role for Ansible, and a playbook that uses it.  With --check it asks each node\n"
	"what it would get.  The certificate of --trust is in the role.\n\n" EXPORT_HELP;
const char export_dism_help[] =
	"Writes a PowerShell script that puts one package of NAME.exe into an offline Windows\n"
	"image: drivers by DISM, what has an installer of its own to run at the end of "
	"setup.\n\n" EXPORT_HELP;
const char export_custom_script_help[] =
	"Writes settings for the Custom Script extension, and scripts that set it on a VM or a\n"
	"scale set.\n\n" FROM_HELP IDENTITY_HELP EXPORT_HELP;
const char export_kickstart_help[] =
	"Writes a part of a kickstart file, which installs into the system that the installer has\n"
	"just made.\n\n" FROM_HELP IMAGE_HELP EXPORT_HELP;

static const struct tool packer = {
	"packer",
	"",
	IMAGE,
	{ { "packer/ibbundle.pkr.hcl", "ibbundle.pkr.hcl", false },
	  { "packer/plugins.pkr.hcl", "plugins.pkr.hcl", false },
	  { SCRIPT_LINUX, "install.sh", true } },
	{ { "packer/ibbundle.pkr.hcl", "ibbundle.pkr.hcl", false },
	  { "packer/plugins.pkr.hcl", "plugins.pkr.hcl", false },
	  { SCRIPT_WINDOWS, "install.ps1", false } },
};
static const struct tool image_builder = {
	"image-builder",
	"https://ACCOUNT.blob.core.windows.net/CONTAINER",
	FROM | IMAGE | ALWAYS_IDENTITY | CARRIES,
	{ { "image-builder/template.json", "template.json", false } },
	{ { "image-builder/template.json", "template.json", false } },
};
static const struct tool cloud_init = {
	"cloud-init",
	LINUX_FILES,
	FROM | IDENTITY | CARRIES,
	{ { "cloud-init/user-data", "user-data", false } },
	{ { 0 } },
};
static const struct tool ansible = {
	"ansible",
	"",
	0,
	{ { "ansible/site.yml", "site.yml", false },
	  { "ansible/defaults/main.yml", "roles/ibbundle/defaults/main.yml", false },
	  { "ansible/meta/main.yml", "roles/ibbundle/meta/main.yml", false },
	  { "ansible/tasks/linux.yml", "roles/ibbundle/tasks/main.yml", false } },
	{ { "ansible/site.yml", "site.yml", false },
	  { "ansible/defaults/main.yml", "roles/ibbundle/defaults/main.yml", false },
	  { "ansible/meta/main.yml", "roles/ibbundle/meta/main.yml", false },
	  { "ansible/tasks/windows.yml", "roles/ibbundle/tasks/main.yml", false } },
};
static const struct tool dism = {
	"dism", "", 0, { { 0 } }, { { "dism/image.ps1", "image.ps1", false } },
};
static const struct tool custom_script = {
	"custom-script",
	"https://ACCOUNT.blob.core.windows.net/CONTAINER",
	FROM | IDENTITY,
	{ { "custom-script/settings.json", "settings.json", false },
	  { "custom-script/protected-settings.json", "protected-settings.json", false },
	  { "custom-script/deploy.sh", "deploy.sh", true },
	  { "custom-script/deploy.ps1", "deploy.ps1", false },
	  { SCRIPT_LINUX, "install.sh", true } },
	{ { "custom-script/settings.json", "settings.json", false },
	  { "custom-script/protected-settings.json", "protected-settings.json", false },
	  { "custom-script/deploy.sh", "deploy.sh", true },
	  { "custom-script/deploy.ps1", "deploy.ps1", false },
	  { SCRIPT_WINDOWS, "install.ps1", false } },
};
static const struct tool kickstart = {
	"kickstart",
	"/run/install/repo",
	FROM | IMAGE | CARRIES,
	{ { "kickstart/ibbundle.ks", "ibbundle.ks", false } },
	{ { 0 } },
};

/* --- one of them ------------------------------------------------------------------------------------ */

struct made {
	struct export_options opt;
	struct option_list nics;
	const char *kernel;
	bool identity;

	const struct tool *tool;
	struct export_bundle bundle;
	struct buf image_arguments, nic_names, script, command, uris[EXPORT_FILES_MAX + 1];
	struct template_value uri_values[EXPORT_FILES_MAX][2];
	const struct template_value *uri_rows[EXPORT_FILES_MAX];
};

static void made_done(struct made *m)
{
	struct buf *all[] = { &m->image_arguments, &m->nic_names, &m->script, &m->command };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		buf_done(all[i]);
	for (size_t i = 0; i <= EXPORT_FILES_MAX; i++)
		buf_done(&m->uris[i]);
	export_done(&m->bundle);
}

static const struct text *texts_for(const struct made *m)
{
	return m->bundle.windows ? m->tool->windows_texts : m->tool->linux_texts;
}

static const char *script_name(const struct made *m)
{
	return m->bundle.windows ? "install.ps1" : "install.sh";
}

/* One line, and nothing that ends a literal in the texts that carry it. */
static bool check_from(const char *from, struct err *err)
{
	return !from[strcspn(from, "\n\r\t'\"\\")] ||
	       err_set(err, ERR_USAGE, "--from '%s': neither quotes nor backslashes", from);
}

static bool check_image(struct made *m, struct err *err)
{
	if (m->bundle.windows && (m->nics.count || m->kernel))
		return err_set(
			err, ERR_USAGE,
			"--nic and --kernel are for Linux: on Windows, drivers are installed on "
			"the machine that bakes");
	for (size_t i = 0; i < m->nics.count; i++) {
		if (!template_is_plain(m->nics.v[i]) || strchr(m->nics.v[i], ' '))
			return err_set(err, ERR_USAGE, "--nic '%s' is none", m->nics.v[i]);
		buf_printf(&m->image_arguments, " --nic %s", m->nics.v[i]);
		buf_printf(&m->nic_names, "%s%s", i ? ", " : "", m->nics.v[i]);
	}
	if (m->kernel && (!template_is_plain(m->kernel) || strchr(m->kernel, ' ')))
		return err_set(err, ERR_USAGE, "--kernel '%s' is none", m->kernel);
	if (m->kernel)
		buf_printf(&m->image_arguments, " --kernel %s", m->kernel);
	return buf_ok(&m->image_arguments, "--nic", err) && buf_ok(&m->nic_names, "--nic", err);
}

/* "https://host/container?query" and a file's name -> its address. */
static void add_uri(struct buf *out, const char *from, const char *name)
{
	size_t n = strcspn(from, "?");
	buf_add(out, from, n);
	buf_printf(out, "/%s%s", name, from + n);
}

static bool is_address(const char *from)
{
	return strncmp(from, "https://", 8) == 0 || strncmp(from, "http://", 7) == 0;
}

/*
 * What the Custom Script extension runs: the script, which finds the files beside itself where the extension has
 * fetched them.
 */
static bool make_addresses(struct made *m, struct err *err)
{
	const char *from = m->opt.from, *name = script_name(m);
	const char *where = is_address(from) ? "." : from;
	if (m->bundle.windows)
		buf_printf(&m->command,
			   "powershell -NoProfile -ExecutionPolicy Bypass -File \"%s\\%s\" -Where "
			   "\"%s\"",
			   where, name, where);
	else
		buf_printf(&m->command, "sh '%s/%s' '%s'", where, name, where);
	for (size_t i = 0; i < m->bundle.file_count; i++) {
		m->uris[i] = BUF_INIT(TEMPLATE_TEXT_MAX);
		add_uri(&m->uris[i], from, m->bundle.files[i].name);
		m->uri_values[i][0] = (struct template_value) { "uri", buf_str(&m->uris[i]) };
		m->uri_rows[i] = m->uri_values[i];
	}
	m->uris[EXPORT_FILES_MAX] = BUF_INIT(TEMPLATE_TEXT_MAX);
	add_uri(&m->uris[EXPORT_FILES_MAX], from, name);
	return buf_ok(&m->command, "the command line", err);
}

/* --- packages, for dism ----------------------------------------------------------------------------- */

struct dism_rows {
	struct template_value (*values)[5]; /* owned; of packages, then of their drivers */
	const struct template_value **rows; /* owned */
	size_t package_count, driver_count;
};

static void dism_rows_done(struct dism_rows *d)
{
	free(d->values);
	free(d->rows);
}

static bool is_windows(const struct package *p)
{
	const struct json_value *os = json_get(p->match, "os");
	return os && json_string(os) && strcmp(json_string(os), "windows") == 0;
}

static void add_row(struct dism_rows *d, const struct package *p, const char *inf, bool installer)
{
	size_t n = d->package_count + d->driver_count;
	const struct template_value values[5] = { { "id", p->id },
						  { "package_title", p->title },
						  { "inf", inf },
						  { "installer", installer ? "true" : "false" },
						  { 0 } };
	memcpy(d->values[n], values, sizeof(values));
	d->rows[n] = d->values[n];
}

static bool make_dism_rows(const struct catalog *c, struct dism_rows *d, struct err *err)
{
	size_t room = c->package_count + 1;
	for (size_t i = 0; i < c->package_count; i++)
		for (size_t k = 0; k < c->packages[i].install_count; k++)
			room += c->packages[i].install[k].arg_count;
	d->values = calloc(room, sizeof(*d->values));
	d->rows = calloc(room, sizeof(*d->rows));
	if (!d->values || !d->rows)
		return err_no_memory(err);
	for (size_t i = 0; i < c->package_count; i++) {
		const struct package *p = &c->packages[i];
		bool installer = false;
		for (size_t k = 0; k < p->install_count; k++)
			installer |= p->install[k].kind != STEP_INF;
		if (is_windows(p)) {
			add_row(d, p, NULL, installer);
			d->package_count++;
		}
	}
	for (size_t i = 0; i < c->package_count; i++) {
		const struct package *p = &c->packages[i];
		for (size_t k = 0; is_windows(p) && k < p->install_count; k++)
			for (size_t n = 0; p->install[k].kind == STEP_INF && p->install[k].args[n];
			     n++) {
				add_row(d, p, p->install[k].args[n], false);
				d->driver_count++;
			}
	}
	return d->package_count > 0 ||
	       err_set(err, ERR_USAGE, "the bundle has no package for Windows");
}

/* --- the texts -------------------------------------------------------------------------------------- */

static bool write_text(struct made *m, const struct text *t, const struct template_list *lists,
		       struct err *err)
{
	struct export_bundle *e = &m->bundle;
	AUTO(buf_done) struct buf text = BUF_INIT(TEMPLATE_TEXT_MAX);
	bool nics = m->nics.count > 0;
	const struct template_value more[] = {
		{ "image_arguments", buf_str(&m->image_arguments) },
		{ "nics", nics ? "yes" : "" },
		{ "whose", nics ? buf_str(&m->nic_names) : "the NIC of this one" },
		{ "image_root", nics ? " --root /" : "" },
		{ "codes", m->tool == &custom_script ? " --exit-codes vm-application" : "" },
		{ "identity", m->identity ? " --identity" : "" },
		{ "identity_element", m->identity ? ", --identity" : "" },
		{ "address", is_address(m->opt.from) ? "yes" : "" },
		{ "script", buf_str(&m->script) },
		{ "script_name", script_name(m) },
		{ "script_uri", buf_str(&m->uris[EXPORT_FILES_MAX]) },
		{ "command", buf_str(&m->command) },
		{ "publisher", e->windows ? "Microsoft.Compute" : "Microsoft.Azure.Extensions" },
		{ "type", e->windows ? "CustomScriptExtension" : "CustomScript" },
		{ "extension_version", e->windows ? "1.10" : "2.1" },
		{ 0 },
	};
	if (!export_fill(e, t->template, more, lists, &text, err))
		return false;
	if (strcmp(t->template, SCRIPT_LINUX) == 0 || strcmp(t->template, SCRIPT_WINDOWS) == 0) {
		m->script = text;
		text = (struct buf) { 0 };
		return !t->path || export_put(e, t->path, &m->script, t->program, err);
	}
	return export_put(e, t->path, &text, t->program, err);
}

static bool write_texts(struct made *m, struct err *err)
{
	struct export_bundle *e = &m->bundle;
	const struct text script = { e->windows ? SCRIPT_WINDOWS : SCRIPT_LINUX, NULL, false };
	AUTO(dism_rows_done) struct dism_rows d = { 0 };
	if (m->tool == &dism && !make_dism_rows(&e->reader.bundle.catalog, &d, err))
		return false;
	const struct template_list of_dism[] = {
		{ "packages", d.rows, d.package_count },
		{ "drivers", d.rows ? d.rows + d.package_count : NULL, d.driver_count },
		{ 0 }
	};
	const struct template_list others[] = { { "uris", m->uri_rows, e->file_count }, { 0 } };
	const struct template_list *lists = m->tool == &dism ? of_dism : others;
	if ((m->tool->takes & CARRIES) && !write_text(m, &script, lists, err))
		return false;
	for (const struct text *t = texts_for(m); t->template; t++)
		if (!write_text(m, t, lists, err))
			return false;
	return m->tool != &ansible || !e->reader.anchors.len ||
	       export_put(e, "roles/ibbundle/files/trust.pem", &e->reader.anchors, false, err);
}

static bool make(struct made *m, const char *path, struct err *err)
{
	const struct tool *tool = m->tool;
	if (!m->opt.from)
		m->opt.from = tool->from;
	m->identity |= (tool->takes & ALWAYS_IDENTITY) != 0;
	m->image_arguments = BUF_INIT(ARGUMENTS_MAX);
	m->nic_names = BUF_INIT(ARGUMENTS_MAX);
	m->command = BUF_INIT(ARGUMENTS_MAX);
	if (!check_from(m->opt.from, err) || !export_open(&m->bundle, path, &m->opt, err))
		return false;
	if (!texts_for(m)->template)
		return err_set(err, ERR_USAGE, "export %s is for %s: give %s", tool->name,
			       m->bundle.windows ? "Linux" : "Windows",
			       m->bundle.windows ? "NAME.run" : "NAME.exe");
	return check_image(m, err) && make_addresses(m, err) && write_texts(m, err) &&
	       export_finish(&m->bundle, err);
}

static bool run(const struct tool *tool, int argc, char **argv, struct err *err)
{
	AUTO(made_done) struct made m = { .tool = tool };
	const struct option common[] = { EXPORT_OPTIONS(m.opt) };
	const struct option from = { "from", 0, OPTION_TEXT, &m.opt.from, 0, 0 },
			    identity = { "identity", 0, OPTION_FLAG, &m.identity, 0, 0 },
			    nic = { "nic", 0, OPTION_LIST, &m.nics, 0, 0 },
			    kernel = { "kernel", 0, OPTION_TEXT, &m.kernel, 0, 0 };
	struct option options[sizeof(common) / sizeof(common[0]) + 5] = { { 0 } };
	struct operands operands;
	size_t n = sizeof(common) / sizeof(common[0]);
	memcpy(options, common, sizeof(common));
	if (tool->takes & FROM)
		options[n++] = from;
	if (tool->takes & IDENTITY)
		options[n++] = identity;
	if (tool->takes & IMAGE) {
		options[n++] = nic;
		options[n++] = kernel;
	}
	return options_parse(argc, argv, options, 1, 1, &operands, err) &&
	       make(&m, operands.v[0], err);
}

#define KIND(kind)                                                                                 \
	bool export_##kind(int argc, char **argv, struct err *err)                                 \
	{                                                                                          \
		return run(&kind, argc, argv, err);                                                \
	}

KIND(ansible)
KIND(cloud_init)
KIND(custom_script)
KIND(dism)
KIND(image_builder)
KIND(kickstart)
KIND(packer)
