/* SPDX-License-Identifier: MIT */
/* facts.c - see facts.h.  The document's keys are the names of struct facts' members. */
#include "facts.h"

#include <stdio.h>
#include <string.h>

#include "facts_stack.h"

static const char *const link_names[] = { "unknown", "infiniband", "ethernet", NULL };
static const char *const sriov_names[] = { "unknown", "none", "vf", "pf", NULL };
static const char *const secure_boot_names[] = { "unknown", "off", "on", NULL };
static const char *const os_names[] = { "linux", "windows", NULL };
static const char *const manager_names[] = { "dpkg", "rpm", "msi", "none", NULL };
static const char *const installation_names[] = { "client", "server", "server-core", NULL };
static const char *const product_type_names[] = { "workstation", "server", "domain-controller",
						  NULL };

const char *facts_link_name(enum facts_link link)
{
	return link_names[link];
}

const char *facts_secure_boot_name(enum facts_secure_boot secure_boot)
{
	return secure_boot_names[secure_boot];
}

/* --- reading ------------------------------------------------------------------------------------ */

/* A required string that is one of @names; *out is its position. */
static bool get_word(const struct json *j, const struct json_value *obj, const char *key,
		     const char *const *names, size_t *out, struct err *err)
{
	const char *text;
	if (!json_get_string(j, obj, key, JSON_REQUIRED, &text, err))
		return false;
	for (size_t i = 0; names[i]; i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*out = i;
		return true;
	}
	const struct json_value *v = json_get(obj, key);
	return json_error(j, v, err, "'%s' is not a known word here (%s, %s%s)", text, names[0],
			  names[1], names[2] ? ", ..." : "");
}

/* The same where the word may be missing; *out is one of @names, or untouched. */
static bool get_optional_word(const struct json *j, const struct json_value *obj, const char *key,
			      const char *const *names, const char **out, struct err *err)
{
	size_t i = 0;
	if (!json_get(obj, key))
		return true;
	if (!get_word(j, obj, key, names, &i, err))
		return false;
	*out = names[i];
	return true;
}

static bool get_hex(const struct json *j, const struct json_value *obj, const char *key,
		    size_t digits, uint32_t *out, struct err *err)
{
	const char *text;
	if (!json_get_string(j, obj, key, JSON_REQUIRED, &text, err))
		return false;
	if (strlen(text) != digits || strspn(text, "0123456789abcdef") != digits)
		return json_error(j, json_get(obj, key), err,
				  "must be %zu hex digits in lower case", digits);
	*out = (uint32_t)strtoul(text, NULL, 16);
	return true;
}

static bool read_nic(const struct json *j, const struct json_value *v, struct facts_nic *nic,
		     struct err *err)
{
	static const char *const keys[] = { "address", "vendor",         "device", "class",
					    "driver",  "driver_version", "sriov",  "link",
					    "present", "problem",        NULL };
	size_t sriov = 0, link = 0;
	uint64_t problem = 0;
	bool present = true;
	if (!json_only_keys(j, v, keys, err) ||
	    !json_get_string(j, v, "address", JSON_REQUIRED, &nic->address, err) ||
	    !get_hex(j, v, "vendor", 4, &nic->vendor, err) ||
	    !get_hex(j, v, "device", 4, &nic->device, err) ||
	    !get_hex(j, v, "class", 6, &nic->class_code, err) ||
	    !json_get_string(j, v, "driver", JSON_OPTIONAL, &nic->driver, err) ||
	    !json_get_string(j, v, "driver_version", JSON_OPTIONAL, &nic->driver_version, err) ||
	    !get_word(j, v, "sriov", sriov_names, &sriov, err) ||
	    !get_word(j, v, "link", link_names, &link, err) ||
	    !json_get_bool(j, v, "present", JSON_OPTIONAL, &present, err) ||
	    !json_get_u64(j, v, "problem", JSON_OPTIONAL, UINT32_MAX, &problem, err))
		return false;
	nic->ghost = !present;
	nic->problem = (uint32_t)problem;
	nic->sriov = (enum facts_sriov)sriov;
	nic->link = (enum facts_link)link;
	return true;
}

static bool read_nics(const struct json *j, struct facts *f, struct err *err)
{
	const struct json_value *list;
	if (!json_get_array(j, json_top(j), "nics", JSON_REQUIRED, &list, err))
		return false;
	if (json_count(list) > FACTS_NICS_MAX)
		return json_error(j, list, err, "has more than %d functions", FACTS_NICS_MAX);
	for (const struct json_value *v = json_first(list); v; v = json_next(v))
		if (!read_nic(j, v, &f->nics[f->nic_count++], err))
			return false;
	return true;
}

static bool read_id_like(const struct json *j, struct facts *f, struct err *err)
{
	const struct json_value *list;
	if (!json_get_array(j, json_top(j), "id_like", JSON_REQUIRED, &list, err))
		return false;
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		if (!json_string(v))
			return json_error(j, v, err, "must be a string");
		if (f->id_like_count == sizeof(f->id_like) / sizeof(f->id_like[0]))
			return json_error(j, list, err, "has more than 8 names");
		f->id_like[f->id_like_count++] = json_string(v);
	}
	return true;
}

static bool read_package(const struct json *j, const struct json_value *v, struct facts_package *p,
			 struct err *err)
{
	static const char *const keys[] = { "name",    "version",   "arch",     "status",
					    "depends", "conflicts", "provides", NULL };
	*p = (struct facts_package) {
		.status = "installed", .depends = "", .conflicts = "", .provides = ""
	};
	return json_only_keys(j, v, keys, err) &&
	       json_get_string(j, v, "name", JSON_REQUIRED, &p->name, err) &&
	       json_get_string(j, v, "version", JSON_REQUIRED, &p->version, err) &&
	       json_get_string(j, v, "arch", JSON_REQUIRED, &p->arch, err) &&
	       json_get_string(j, v, "status", JSON_OPTIONAL, &p->status, err) &&
	       json_get_string(j, v, "depends", JSON_OPTIONAL, &p->depends, err) &&
	       json_get_string(j, v, "conflicts", JSON_OPTIONAL, &p->conflicts, err) &&
	       json_get_string(j, v, "provides", JSON_OPTIONAL, &p->provides, err);
}

static int package_compare(const void *a, const void *b)
{
	const struct facts_package *x = a, *y = b;
	int c = strcmp(x->name, y->name);
	return c ? c : strcmp(x->arch, y->arch);
}

void facts_sort_packages(struct facts *f)
{
	if (f->package_count)
		qsort(f->packages, f->package_count, sizeof(f->packages[0]), package_compare);
}

static bool read_packages(const struct json *j, struct facts *f, struct err *err)
{
	const struct json_value *list;
	if (!json_get_array(j, json_top(j), "packages", JSON_REQUIRED, &list, err))
		return false;
	size_t n = json_count(list);
	if (n > FACTS_PACKAGES_MAX)
		return json_error(j, list, err, "has more than %d packages", FACTS_PACKAGES_MAX);
	f->packages = calloc(n ? n : 1, sizeof(f->packages[0]));
	if (!f->packages)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v))
		if (!read_package(j, v, &f->packages[f->package_count++], err))
			return false;
	facts_sort_packages(f);
	for (size_t i = 1; i < n; i++)
		if (package_compare(&f->packages[i - 1], &f->packages[i]) == 0)
			return json_error(j, list, err, "package '%s:%s' stands twice",
					  f->packages[i].name, f->packages[i].arch);
	return true;
}

/* --- reading: what only Windows has ------------------------------------------------------------- */

bool facts_product_code_is_valid(const char *text)
{
	static const char shape[] = "{########-####-####-####-############}";
	if (strlen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '#' ? !strchr("0123456789abcdefABCDEF", text[i])
				    : shape[i] != text[i])
			return false;
	return true;
}

static bool read_product(const struct json *j, const struct json_value *v, struct facts_software *s,
			 struct err *err)
{
	static const char *const keys[] = { "name", "version", "code", NULL };
	if (!json_only_keys(j, v, keys, err) ||
	    !json_get_string(j, v, "name", JSON_REQUIRED, &s->name, err) ||
	    !json_get_string(j, v, "version", JSON_REQUIRED, &s->version, err) ||
	    !json_get_string(j, v, "code", JSON_OPTIONAL, &s->code, err))
		return false;
	if (s->code && !facts_product_code_is_valid(s->code))
		return json_error(j, json_get(v, "code"), err,
				  "must be a product code, {8-4-4-4-12 hex digits}");
	return true;
}

static bool read_software(const struct json *j, struct facts *f, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(j, json_top(j), "software", JSON_OPTIONAL, &list, err))
		return false;
	size_t n = json_count(list);
	if (n > FACTS_SOFTWARE_MAX)
		return json_error(j, list, err, "has more than %d products", FACTS_SOFTWARE_MAX);
	f->software = calloc(n + 1, sizeof(f->software[0]));
	if (!f->software)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v))
		if (!read_product(j, v, &f->software[f->software_count++], err))
			return false;
	return true;
}

static bool read_driver(const struct json *j, const struct json_value *v, struct facts_driver *d,
			struct err *err)
{
	static const char *const keys[] = {
		"inf", "original", "provider", "class", "version", NULL
	};
	return json_only_keys(j, v, keys, err) &&
	       json_get_string(j, v, "inf", JSON_REQUIRED, &d->inf, err) &&
	       json_get_string(j, v, "original", JSON_OPTIONAL, &d->original, err) &&
	       json_get_string(j, v, "provider", JSON_REQUIRED, &d->provider, err) &&
	       json_get_string(j, v, "class", JSON_REQUIRED, &d->class_name, err) &&
	       json_get_string(j, v, "version", JSON_REQUIRED, &d->version, err);
}

static bool read_drivers(const struct json *j, struct facts *f, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(j, json_top(j), "drivers", JSON_OPTIONAL, &list, err))
		return false;
	size_t n = json_count(list);
	if (n > FACTS_DRIVERS_MAX)
		return json_error(j, list, err, "has more than %d drivers", FACTS_DRIVERS_MAX);
	f->drivers = calloc(n + 1, sizeof(f->drivers[0]));
	if (!f->drivers)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v))
		if (!read_driver(j, v, &f->drivers[f->driver_count++], err))
			return false;
	return true;
}

static bool read_windows(const struct json *j, struct facts *f, struct err *err)
{
	const struct json_value *top = json_top(j);
	return json_get_string(j, top, "edition", JSON_OPTIONAL, &f->edition, err) &&
	       get_optional_word(j, top, "installation", installation_names, &f->installation,
				 err) &&
	       get_optional_word(j, top, "product_type", product_type_names, &f->product_type,
				 err) &&
	       facts_read_answer(j, top, "elevated", &f->elevated, err) &&
	       facts_read_answer(j, top, "pending_reboot", &f->pending_reboot, err) &&
	       read_software(j, f, err) && read_drivers(j, f, err);
}

/* --- reading: the document ---------------------------------------------------------------------- */

static bool read_system(const struct json *j, struct facts *f, struct err *err)
{
	const struct json_value *top = json_top(j);
	size_t os = 0;
	if (!json_get_string(j, top, "comment", JSON_OPTIONAL, &f->comment, err) ||
	    !get_word(j, top, "os", os_names, &os, err) ||
	    !json_get_string(j, top, "id", JSON_REQUIRED, &f->id, err) ||
	    !json_get_string(j, top, "version_id", JSON_REQUIRED, &f->version_id, err) ||
	    !json_get_string(j, top, "pretty_name", JSON_REQUIRED, &f->pretty_name, err) ||
	    !read_id_like(j, f, err) ||
	    !json_get_string(j, top, "kernel", JSON_REQUIRED, &f->kernel, err) ||
	    !json_get_string(j, top, "arch", JSON_REQUIRED, &f->arch, err) ||
	    !json_get_string(j, top, "vm_size", JSON_OPTIONAL, &f->vm_size, err) ||
	    !json_get_string(j, top, "product", JSON_OPTIONAL, &f->product, err))
		return false;
	f->os = os_names[os];
	return true;
}

static bool read_state(const struct json *j, struct facts *f, struct err *err)
{
	const struct json_value *top = json_top(j);
	size_t secure_boot = 0, manager = 0;
	if (!json_get_bool(j, top, "network_direct", JSON_REQUIRED, &f->network_direct, err) ||
	    !json_get_string(j, top, "nd_version", JSON_OPTIONAL, &f->nd_version, err) ||
	    !get_word(j, top, "secure_boot", secure_boot_names, &secure_boot, err) ||
	    !json_get_bool(j, top, "chroot", JSON_REQUIRED, &f->chroot, err) ||
	    !json_get_u64(j, top, "space_staging", JSON_REQUIRED, JSON_INTEGER_MAX,
			  &f->space_staging, err) ||
	    !json_get_u64(j, top, "space_system", JSON_REQUIRED, JSON_INTEGER_MAX, &f->space_system,
			  err) ||
	    !get_word(j, top, "package_manager", manager_names, &manager, err) ||
	    !json_get_bool(j, top, "package_manager_locked", JSON_REQUIRED,
			   &f->package_manager_locked, err))
		return false;
	f->secure_boot = (enum facts_secure_boot)secure_boot;
	f->package_manager = manager_names[manager];
	return true;
}

static const char *const base_keys[] = { "schema",
					 "comment",
					 "os",
					 "id",
					 "version_id",
					 "pretty_name",
					 "id_like",
					 "kernel",
					 "arch",
					 "vm_size",
					 "product",
					 "nics",
					 "network_direct",
					 "nd_version",
					 "secure_boot",
					 "chroot",
					 "space_staging",
					 "space_system",
					 "packages",
					 "package_manager",
					 "package_manager_locked",
					 "edition",
					 "installation",
					 "product_type",
					 "elevated",
					 "pending_reboot",
					 "software",
					 "drivers" };

#define BASE_KEYS (sizeof(base_keys) / sizeof(base_keys[0]))
#define KEYS_MAX 64

/* All keys of a document in one list. */
static void list_keys(const char *keys[KEYS_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < BASE_KEYS; i++)
		keys[n++] = base_keys[i];
	for (size_t i = 0; facts_stack_keys[i] && n + 1 < KEYS_MAX; i++)
		keys[n++] = facts_stack_keys[i];
	keys[n] = NULL;
}

bool facts_parse(const char *name, struct slice text, struct facts *out, struct err *err)
{
	if (text.len > FACTS_SIZE_MAX)
		return err_set(err, ERR_FORMAT, "%s: facts are at most %u bytes", name,
			       FACTS_SIZE_MAX);
	AUTO(facts_done) struct facts f = { 0 };
	uint64_t schema = 0;
	const char *keys[KEYS_MAX];
	list_keys(keys);
	f.doc = json_parse(name, text, err);
	if (!f.doc || !json_only_keys(f.doc, json_top(f.doc), keys, err) ||
	    !json_get_u64(f.doc, json_top(f.doc), "schema", JSON_REQUIRED, JSON_INTEGER_MAX,
			  &schema, err))
		return false;
	if (schema != FACTS_SCHEMA)
		return json_error(f.doc, json_get(json_top(f.doc), "schema"), err,
				  "must be %d, the only schema of facts there is", FACTS_SCHEMA);
	if (!read_system(f.doc, &f, err) || !read_nics(f.doc, &f, err) ||
	    !read_state(f.doc, &f, err) || !read_packages(f.doc, &f, err) ||
	    !read_windows(f.doc, &f, err) || !facts_stack_read(f.doc, &f, err))
		return false;
	*out = f;
	f = (struct facts) { 0 };
	return true;
}

void facts_done(struct facts *f)
{
	free(f->packages);
	free(f->software);
	free(f->drivers);
	facts_stack_done(f);
	json_free(f->doc);
	*f = (struct facts) { 0 };
}

/* --- writing ------------------------------------------------------------------------------------ */

/* A member that is left out when it says nothing. */
static void add_unless(struct json *j, struct json_value *obj, const char *key, const char *text,
		       const char *nothing)
{
	if (text && !(nothing && strcmp(text, nothing) == 0))
		json_add_string(j, obj, key, text);
}

static void add_hex(struct json *j, struct json_value *obj, const char *key, int digits,
		    uint32_t number)
{
	char text[16];
	snprintf(text, sizeof(text), "%0*x", digits, (unsigned)number);
	json_add_string(j, obj, key, text);
}

static void write_nic(struct json *j, struct json_value *list, const struct facts_nic *nic)
{
	struct json_value *v = json_add_object(j, list, NULL);
	json_add_string(j, v, "address", nic->address);
	add_hex(j, v, "vendor", 4, nic->vendor);
	add_hex(j, v, "device", 4, nic->device);
	add_hex(j, v, "class", 6, nic->class_code);
	add_unless(j, v, "driver", nic->driver, NULL);
	add_unless(j, v, "driver_version", nic->driver_version, NULL);
	json_add_string(j, v, "sriov", sriov_names[nic->sriov]);
	json_add_string(j, v, "link", link_names[nic->link]);
	if (nic->ghost)
		json_add_bool(j, v, "present", false);
	if (nic->problem)
		json_add_u64(j, v, "problem", nic->problem);
}

static void write_package(struct json *j, struct json_value *list, const struct facts_package *p)
{
	struct json_value *v = json_add_object(j, list, NULL);
	json_add_string(j, v, "name", p->name);
	json_add_string(j, v, "version", p->version);
	json_add_string(j, v, "arch", p->arch);
	add_unless(j, v, "status", p->status, "installed");
	add_unless(j, v, "depends", p->depends, "");
	add_unless(j, v, "conflicts", p->conflicts, "");
	add_unless(j, v, "provides", p->provides, "");
}

static void write_software(struct json *j, struct json_value *top, const struct facts *f)
{
	struct json_value *list = f->software_count ? json_add_array(j, top, "software") : NULL;
	for (size_t i = 0; i < f->software_count; i++) {
		const struct facts_software *s = &f->software[i];
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "name", s->name);
		json_add_string(j, v, "version", s->version);
		add_unless(j, v, "code", s->code, NULL);
	}
}

static void write_drivers(struct json *j, struct json_value *top, const struct facts *f)
{
	struct json_value *list = f->driver_count ? json_add_array(j, top, "drivers") : NULL;
	for (size_t i = 0; i < f->driver_count; i++) {
		const struct facts_driver *d = &f->drivers[i];
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "inf", d->inf);
		add_unless(j, v, "original", d->original, NULL);
		json_add_string(j, v, "provider", d->provider);
		json_add_string(j, v, "class", d->class_name);
		json_add_string(j, v, "version", d->version);
	}
}

/* What only Windows has; nothing of it is written where nothing is known. */
static void write_windows(struct json *j, struct json_value *top, const struct facts *f)
{
	add_unless(j, top, "edition", f->edition, NULL);
	add_unless(j, top, "installation", f->installation, NULL);
	add_unless(j, top, "product_type", f->product_type, NULL);
	facts_write_answer(j, top, "elevated", f->elevated);
	facts_write_answer(j, top, "pending_reboot", f->pending_reboot);
	write_software(j, top, f);
	write_drivers(j, top, f);
}

bool facts_write(const struct facts *f, struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("facts", err);
	if (!j)
		return false;
	struct json_value *top = json_top(j);
	json_add_u64(j, top, "schema", FACTS_SCHEMA);
	add_unless(j, top, "comment", f->comment, NULL);
	json_add_string(j, top, "os", f->os);
	json_add_string(j, top, "id", f->id);
	json_add_string(j, top, "version_id", f->version_id);
	json_add_string(j, top, "pretty_name", f->pretty_name);
	struct json_value *id_like = json_add_array(j, top, "id_like");
	for (size_t i = 0; i < f->id_like_count; i++)
		json_add_string(j, id_like, NULL, f->id_like[i]);
	json_add_string(j, top, "kernel", f->kernel);
	json_add_string(j, top, "arch", f->arch);
	add_unless(j, top, "vm_size", f->vm_size, NULL);
	add_unless(j, top, "product", f->product, NULL);
	struct json_value *nics = json_add_array(j, top, "nics");
	for (size_t i = 0; i < f->nic_count; i++)
		write_nic(j, nics, &f->nics[i]);
	json_add_bool(j, top, "network_direct", f->network_direct);
	add_unless(j, top, "nd_version", f->nd_version, NULL);
	json_add_string(j, top, "secure_boot", secure_boot_names[f->secure_boot]);
	json_add_bool(j, top, "chroot", f->chroot);
	json_add_u64(j, top, "space_staging", f->space_staging);
	json_add_u64(j, top, "space_system", f->space_system);
	json_add_string(j, top, "package_manager", f->package_manager);
	json_add_bool(j, top, "package_manager_locked", f->package_manager_locked);
	struct json_value *packages = json_add_array(j, top, "packages");
	for (size_t i = 0; i < f->package_count; i++)
		write_package(j, packages, &f->packages[i]);
	write_windows(j, top, f);
	facts_stack_write(j, top, f);
	return json_print(j, true, out, err);
}

/* --- looking up --------------------------------------------------------------------------------- */

size_t facts_first_package(const struct facts *f, const char *name)
{
	size_t low = 0, high = f->package_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(f->packages[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct facts_package *facts_find_package(const struct facts *f, const char *name,
					       const char *arch)
{
	for (size_t i = facts_first_package(f, name); i < f->package_count; i++) {
		const struct facts_package *p = &f->packages[i];
		if (strcmp(p->name, name) != 0)
			break;
		if (strcmp(p->arch, arch) == 0 || strcmp(p->arch, "all") == 0 ||
		    strcmp(arch, "all") == 0)
			return p;
	}
	return NULL;
}

const char *facts_deb_arch(const char *machine)
{
	static const char *const names[][2] = { { "x86_64", "amd64" }, { "aarch64", "arm64" } };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(machine, names[i][0]) == 0)
			return names[i][1];
	return machine;
}
