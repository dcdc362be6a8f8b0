/* SPDX-License-Identifier: MIT */
/*
 * azure_manifest.c - from the rows of azure_resources.h to a manifest.
 *
 *   row -> entry: a file, what its name says, the machines it is for
 *       -> entries that differ in the NIC alone become one, then those that differ in the system
 *       -> packages: one an entry; CentOS has its own, and so has a row's kernel-devel
 *
 * CentOS says "7" or "8" as its VERSION_ID and nothing of its minor release, for which the vendor has
 * a file each.  Its kernel tells: a minor release starts with a kernel of its own.
 */
#include <stdio.h>
#include <string.h>

#include "azure_resources.h"
#include "installers.h"
#include "manifest.h"
#include "texts.h"
#include "version.h"

#define TARGETS_MAX 16
#define PRIORITY 100
#define PRIORITY_KERNEL_DEVEL 110
#define OFED_4_KERNELS "< 5.6" /* MLNX_OFED 4.9 can't be built for newer ones */

/* A system as Match knows it: distro "centos" with the minor release "7.6", say. */
struct target {
	const char *distro, *release; /* release: NULL for all of them */
};

struct entry {
	const struct azure_row *row; /* the first that it came from */
	unsigned nics;               /* bits: 1 << enum azure_nic */
	struct target targets[TARGETS_MAX];
	size_t target_count;
	const char *file;                       /* last part of the URL */
	const char *driver, *version, *variant; /* "mlnx-ofed", "5.5-1.0.3.2", "rhel7.6" */
};

struct import {
	const struct azure_resources *resources;
	struct texts texts;
	struct entry *entries;
	size_t count;
	struct json *out;
	struct json_value *packages;
};

static void import_done(struct import *i)
{
	texts_done(&i->texts);
	free(i->entries);
	json_free(i->out);
}

/* --- what a row says ----------------------------------------------------------------------------- */

static const char *last_part(const char *url)
{
	const char *slash = strrchr(url, '/');
	return slash ? slash + 1 : url;
}

/* The part of @file between @before and @after, or NULL. */
static const char *between(struct texts *t, const char *file, const char *before, const char *after)
{
	size_t n = strlen(file), head = strlen(before), tail = strlen(after);
	if (n <= head + tail || strncmp(file, before, head) != 0 ||
	    strcmp(file + n - tail, after) != 0)
		return NULL;
	return texts_add(t, (struct slice) { (const uint8_t *)file + head, n - head - tail });
}

/* "5.5-1.0.3.2-rhel7.6": two parts of a version, then the system it was built for. */
static bool split_ofed(struct texts *t, const char *middle, struct entry *e)
{
	const char *dash = strchr(middle, '-');
	dash = dash ? strchr(dash + 1, '-') : NULL;
	if (!dash || !dash[1])
		return false;
	e->driver = "mlnx-ofed";
	e->version = texts_printf(t, "%.*s", (int)(dash - middle), middle);
	e->variant = dash + 1;
	return true;
}

/* "2_22_50000_All" or "5_65_51000_All_win2016": numbers, then the systems. */
static bool split_winof(struct texts *t, const char *middle, const char *driver, struct entry *e)
{
	const char *all = strstr(middle, "_All");
	char version[64];
	if (!all || all == middle || (size_t)(all - middle) >= sizeof(version) ||
	    (all[4] && all[4] != '_'))
		return false;
	snprintf(version, sizeof(version), "%.*s", (int)(all - middle), middle);
	for (char *c = version; *c; c++)
		*c = *c == '_' ? '.' : *c;
	e->driver = driver;
	e->version = texts_printf(t, "%s", version);
	e->variant = all[4] ? all + 5 : "";
	return true;
}

static bool read_name(struct import *i, struct entry *e, struct err *err)
{
	struct texts *t = &i->texts;
	e->file = last_part(e->row->url);
	const char *ofed = between(t, e->file, "MLNX_OFED_LINUX-", "-x86_64.tgz");
	const char *winof2 = between(t, e->file, "MLNX_WinOF2-", "_x64.exe");
	const char *winof = between(t, e->file, "MLNX_VPI_WinOF-", "_x64.exe");
	bool ok = e->row->windows ? (winof2 && split_winof(t, winof2, "winof-2", e)) ||
					    (winof && split_winof(t, winof, "winof", e))
				  : ofed && split_ofed(t, ofed, e);
	return ok || json_error(i->resources->doc, e->row->value, err,
				"'%s' is not named like a file that we know how to install: "
				"MLNX_OFED_LINUX-VERSION-SYSTEM-x86_64.tgz, "
				"MLNX_WinOF2-VERSION_All_x64.exe or "
				"MLNX_VPI_WinOF-VERSION_All_SYSTEM_x64.exe",
				e->file);
}

/* The os-release ID of a name in the list, or NULL.  Windows: see add_target(). */
static const char *distro_id(const char *name)
{
	static const char *const ids[][2] = {
		{ "Ubuntu", "ubuntu" }, { "RHEL", "rhel" },     { "CentOS", "centos" },
		{ "SLES", "sles" },     { "Debian", "debian" }, { "AlmaLinux", "almalinux" },
		{ "Oracle", "ol" },     { "Rocky", "rocky" },
	};
	for (size_t k = 0; k < sizeof(ids) / sizeof(ids[0]); k++)
		if (strcmp(ids[k][0], name) == 0)
			return ids[k][1];
	return NULL;
}

static bool add_target(struct import *i, struct entry *e, const char *name, struct err *err)
{
	const struct azure_row *row = e->row;
	struct target target = { distro_id(name),
				 strcmp(row->release, "All") == 0 ? NULL : row->release };
	if (row->windows) {
		bool client = strcmp(name, "10") == 0 || strcmp(name, "11") == 0;
		char *release = strdup(name);
		if (!release)
			return err_no_memory(err);
		for (char *c = release; *c; c++)
			*c = *c == 'R' ? 'r' : *c;
		target.distro = client ? "windows" : "windows-server";
		target.release = texts_add(&i->texts, slice_str(release));
		free(release);
		if (strspn(target.release, "0123456789r") != strlen(target.release) ||
		    strcmp(row->release, "All") != 0)
			target.distro = NULL;
	}
	if (!target.distro)
		return json_error(i->resources->doc, row->value, err,
				  "what systems are '%s' with '%s' is not known", row->distro,
				  row->release);
	if (e->target_count == TARGETS_MAX)
		return json_error(i->resources->doc, row->value, err, "is for more than %d systems",
				  TARGETS_MAX);
	e->targets[e->target_count++] = target;
	return true;
}

static bool read_targets(struct import *i, struct entry *e, struct err *err)
{
	for (const char *p = e->row->distro;; p++) {
		size_t n = strcspn(p, "/");
		const char *name = texts_printf(&i->texts, "%.*s", (int)n, p);
		if (!add_target(i, e, name, err))
			return false;
		p += n;
		if (!*p)
			return true;
	}
}

/* --- entries that are one ------------------------------------------------------------------------ */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_file(const struct azure_row *a, const struct azure_row *b)
{
	return a->windows == b->windows && strcmp(a->url, b->url) == 0 &&
	       same_text(a->kernel_devel, b->kernel_devel) &&
	       same_text(a->kernel_devel_url, b->kernel_devel_url);
}

static bool same_targets(const struct entry *a, const struct entry *b)
{
	bool same = a->target_count == b->target_count;
	for (size_t k = 0; same && k < a->target_count; k++)
		same = strcmp(a->targets[k].distro, b->targets[k].distro) == 0 &&
		       same_text(a->targets[k].release, b->targets[k].release);
	return same;
}

static void drop(struct import *i, size_t at)
{
	i->count--;
	memmove(&i->entries[at], &i->entries[at + 1], (i->count - at) * sizeof(i->entries[0]));
}

/* Same file for the same systems: one entry with the NICs of both. */
static void merge_nics(struct import *i)
{
	for (size_t a = 0; a < i->count; a++)
		for (size_t b = i->count; b-- > a + 1;)
			if (same_file(i->entries[a].row, i->entries[b].row) &&
			    same_targets(&i->entries[a], &i->entries[b])) {
				i->entries[a].nics |= i->entries[b].nics;
				drop(i, b);
			}
}

/*
 * Same file for the same NICs on several Windows systems: one entry with all of them.  A package for
 * "windows-server" or "windows" with releases "2016" or "10" takes in nothing more than these.
 */
static void merge_systems(struct import *i)
{
	for (size_t a = 0; a < i->count; a++)
		for (size_t b = a + 1; b < i->count;) {
			struct entry *x = &i->entries[a], *y = &i->entries[b];
			if (!x->row->windows || !same_file(x->row, y->row) || x->nics != y->nics ||
			    x->target_count + y->target_count > TARGETS_MAX) {
				b++;
				continue;
			}
			memcpy(x->targets + x->target_count, y->targets,
			       y->target_count * sizeof(y->targets[0]));
			x->target_count += y->target_count;
			drop(i, b);
		}
}

/* --- rules --------------------------------------------------------------------------------------- */

/* The kernels that CentOS releases were published with, in their order. */
static const struct {
	const char *release, *kernel;
} centos_kernels[] = {
	{ "7.0", "3.10.0-123" },  { "7.1", "3.10.0-229" },  { "7.2", "3.10.0-327" },
	{ "7.3", "3.10.0-514" },  { "7.4", "3.10.0-693" },  { "7.5", "3.10.0-862" },
	{ "7.6", "3.10.0-957" },  { "7.7", "3.10.0-1062" }, { "7.8", "3.10.0-1127" },
	{ "7.9", "3.10.0-1160" }, { "8.0", "4.18.0-80" },   { "8.1", "4.18.0-147" },
	{ "8.2", "4.18.0-193" },  { "8.3", "4.18.0-240" },  { "8.4", "4.18.0-305" },
	{ "8.5", "4.18.0-348" },
};

#define CENTOS_COUNT (sizeof(centos_kernels) / sizeof(centos_kernels[0]))

/* The place of a release in that table, or CENTOS_COUNT. */
static size_t centos_kernel(const char *release)
{
	size_t k = 0;
	while (k < CENTOS_COUNT && strcmp(centos_kernels[k].release, release) != 0)
		k++;
	return k;
}

/* From its own kernel to that of the next minor release; the last has no end. */
static bool add_centos_kernel(struct import *i, struct json_value *match, const struct entry *e,
			      const char *release, struct err *err)
{
	size_t k = centos_kernel(release);
	if (k == CENTOS_COUNT)
		return json_error(i->resources->doc, e->row->value, err,
				  "which kernels CentOS %s has is not known", release);
	struct json_value *kernel = json_add_array(i->out, match, "kernel");
	char term[64];
	snprintf(term, sizeof(term), ">= %s", centos_kernels[k].kernel);
	json_add_string(i->out, kernel, NULL, term);
	if (k + 1 == CENTOS_COUNT || centos_kernels[k + 1].release[0] != release[0])
		return true;
	snprintf(term, sizeof(term), "< %s", centos_kernels[k + 1].kernel);
	json_add_string(i->out, kernel, NULL, term);
	return true;
}

static void add_nics(struct json *j, struct json_value *match, unsigned nics)
{
	static const char *const names[AZURE_NIC_COUNT][3] = {
		[AZURE_CX3_PRO] = { "connectx-3-pro" },
		[AZURE_CX5] = { "connectx-5", "connectx-5-ex" },
		[AZURE_CX6] = { "connectx-6" },
	};
	struct json_value *nic = json_add_array(j, match, "nic");
	for (size_t k = 0; k < AZURE_NIC_COUNT; k++)
		for (size_t n = 0; nics & (1u << k) && names[k][n]; n++)
			json_add_string(j, nic, NULL, names[k][n]);
	struct json_value *link = json_add_array(j, match, "link");
	json_add_string(j, link, NULL, "infiniband");
	if (nics & (1u << AZURE_CX3_PRO))
		json_add_string(j, link, NULL, "unknown"); /* until its driver tells */
}

/* Which of an entry's systems a package is for. */
enum part { PART_PLAIN, PART_CENTOS, PART_KERNEL_DEVEL };

static bool is_centos(const struct target *t)
{
	return strcmp(t->distro, "centos") == 0;
}

static bool in_part(const struct target *t, enum part part)
{
	return part == PART_KERNEL_DEVEL || is_centos(t) == (part == PART_CENTOS);
}

static bool listed(const struct json_value *list, const char *text)
{
	for (const struct json_value *v = json_first(list); v; v = json_next(v))
		if (strcmp(json_string(v), text) == 0)
			return true;
	return false;
}

static void add_once(struct json *j, struct json_value *list, const char *text)
{
	if (list && !listed(list, text))
		json_add_string(j, list, NULL, text);
}

static bool add_match(struct import *i, struct json_value *package, const struct entry *e,
		      enum part part, struct err *err)
{
	struct json *j = i->out;
	struct json_value *match = json_add_object(j, package, "match"), *releases = NULL;
	json_add_string(j, match, "os", e->row->windows ? "windows" : "linux");
	json_add_string(j, match, "arch", "x86_64");
	add_nics(j, match, e->nics);
	struct json_value *distros = json_add_array(j, match, "distro");
	for (size_t k = 0; k < e->target_count; k++) {
		const struct target *t = &e->targets[k];
		if (!in_part(t, part))
			continue;
		add_once(j, distros, t->distro);
		if (!t->release)
			continue;
		if (!releases)
			releases = json_add_array(j, match, "release");
		add_once(j, releases,
			 is_centos(t) ? texts_printf(&i->texts, "%.*s",
						     (int)strcspn(t->release, "."), t->release)
				      : t->release);
		if (part == PART_CENTOS && !add_centos_kernel(i, match, e, t->release, err))
			return false;
	}
	if (part == PART_KERNEL_DEVEL)
		json_add_string(j, match, "kernel",
				texts_printf(&i->texts, "= %s", e->row->kernel_devel));
	else if (part == PART_PLAIN && strcmp(e->driver, "mlnx-ofed") == 0 &&
		 version_compare(e->version, "5.0") < 0)
		json_add_string(j, match, "kernel", OFED_4_KERNELS);
	return true;
}

/* --- packages ------------------------------------------------------------------------------------ */

/* "mlnx-ofed-5.5-1.0.3.2-rhel7.6-centos", and a number where that stands already. */
static const char *package_id(struct import *i, const struct entry *e, enum part part)
{
	static const char *const parts[] = { "", "-centos", "-kernel-devel" };
	char id[160];
	snprintf(id, sizeof(id), "%s-%s%s%s%s", e->driver, e->version, *e->variant ? "-" : "",
		 e->variant, parts[part]);
	for (char *c = id; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	size_t alike = 0;
	for (const struct json_value *p = json_first(i->packages); p; p = json_next(p)) {
		const char *other = json_string(json_get(p, "id"));
		size_t n = strlen(id);
		if (!other)
			continue; /* memory ran out, which the end tells */
		alike += strncmp(other, id, n) == 0 && (!other[n] || other[n] == '_');
	}
	return alike ? texts_printf(&i->texts, "%s_%zu", id, alike + 1)
		     : texts_printf(&i->texts, "%s", id);
}

static const char *package_title(struct import *i, const struct entry *e, enum part part)
{
	static const char *const names[] = { "ConnectX-3 Pro", "ConnectX-5", "ConnectX-6" };
	const char *list = "", *system = "";
	for (size_t k = 0; k < AZURE_NIC_COUNT; k++)
		if (e->nics & (1u << k))
			list = texts_printf(&i->texts, "%s%s%s", list, *list ? ", " : "", names[k]);
	for (size_t k = 0; k < e->target_count; k++)
		if (in_part(&e->targets[k], part))
			system =
				texts_printf(&i->texts, "%s%s%s%s%s", system, *system ? ", " : "",
					     e->targets[k].distro, e->targets[k].release ? " " : "",
					     e->targets[k].release ? e->targets[k].release : "");
	return texts_printf(&i->texts, "%s %s for %s on %s", e->driver, e->version, list, system);
}

static void add_file(struct json *j, struct json_value *files, const char *url, bool archive)
{
	struct json_value *file = json_add_object(j, files, NULL);
	json_add_string(j, json_add_array(j, file, "url"), NULL, url);
	if (!archive)
		return;
	json_add_string(j, file, "path", "ofed");
	json_add_bool(j, file, "unpack", true);
}

static bool add_steps(struct import *i, struct json_value *package, const struct entry *e,
		      enum part part, struct err *err)
{
	struct installer what = {
		.file = e->file, .driver = e->driver, .version = e->version, .variant = e->variant
	};
	/* A package for CentOS is for these kernels alone. */
	if (part == PART_PLAIN && strncmp(e->variant, "rhel", 4) == 0) {
		size_t k = centos_kernel(e->variant + 4);
		what.kernels = k < CENTOS_COUNT ? centos_kernels[k].kernel : NULL;
	}
	if (part == PART_KERNEL_DEVEL) {
		what.kernel_devel = e->row->kernel_devel;
		what.kernel_devel_rpm = last_part(e->row->kernel_devel_url);
	}
	return installers_add(i->out, package, &what, &i->texts, err);
}

static bool add_package(struct import *i, const struct entry *e, enum part part, struct err *err)
{
	struct json *j = i->out;
	const char *id = package_id(i, e, part);
	struct json_value *package = json_add_object(j, i->packages, NULL);
	json_add_string(j, package, "id", id);
	json_add_string(j, package, "title", package_title(i, e, part));
	json_add_string(j, package, "version", e->version);
	json_add_string(j, package, "driver", e->driver);
	json_add_string(j, package, "license", "the vendor's, shown by its installer");
	json_add_u64(j, package, "priority",
		     part == PART_KERNEL_DEVEL ? PRIORITY_KERNEL_DEVEL : PRIORITY);
	if (part == PART_KERNEL_DEVEL)
		json_add_string(j, package, "unreachable_ok",
				"for the one kernel that its kernel-devel is of");
	struct json_value *files = json_add_array(j, package, "files");
	add_file(j, files, e->row->url, !e->row->windows);
	if (part == PART_KERNEL_DEVEL)
		add_file(j, files, e->row->kernel_devel_url, false);
	return add_steps(i, package, e, part, err) && add_match(i, package, e, part, err);
}

static bool add_packages(struct import *i, const struct entry *e, struct err *err)
{
	bool plain = false, centos = false;
	for (size_t k = 0; k < e->target_count; k++)
		*(is_centos(&e->targets[k]) ? &centos : &plain) = true;
	return (!plain || add_package(i, e, PART_PLAIN, err)) &&
	       (!centos || add_package(i, e, PART_CENTOS, err)) &&
	       (!e->row->kernel_devel_url || add_package(i, e, PART_KERNEL_DEVEL, err));
}

static bool make_entries(struct import *i, struct err *err)
{
	i->entries = calloc(i->resources->count, sizeof(*i->entries));
	if (!i->entries)
		return err_no_memory(err);
	for (size_t k = 0; k < i->resources->count; k++) {
		struct entry *e = &i->entries[i->count++];
		e->row = &i->resources->rows[k];
		e->nics = 1u << e->row->nic;
		/* Texts are empty once memory has run out: that is what is wrong then. */
		if (!read_name(i, e, err) || !read_targets(i, e, err))
			return i->texts.bad ? err_no_memory(err) : false;
	}
	merge_nics(i);
	merge_systems(i);
	return true;
}

bool azure_resources_manifest(const struct azure_resources *r, const char *name,
			      const char *version, struct buf *out, struct err *err)
{
	AUTO(import_done) struct import i = { .resources = r };
	AUTO(manifest_done) struct manifest check = { 0 };
	i.out = json_new("manifest", err);
	if (!i.out || !make_entries(&i, err))
		return false;
	json_add_u64(i.out, json_top(i.out), "schema", 1);
	json_add_string(i.out, json_top(i.out), "name", name);
	json_add_string(i.out, json_top(i.out), "version", version);
	json_add_string(i.out, json_top(i.out), "title",
			"What Azure's InfiniBand driver extensions install");
	i.packages = json_add_array(i.out, json_top(i.out), "packages");
	for (size_t k = 0; k < i.count; k++)
		if (!add_packages(&i, &i.entries[k], err))
			return false;
	if (i.texts.bad)
		return err_no_memory(err);
	return json_print(i.out, true, out, err) &&
	       (manifest_parse("the manifest", buf_slice(out), &check, err) ||
		err_wrap(err, "what was imported makes no manifest"));
}
