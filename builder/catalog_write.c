/* SPDX-License-Identifier: MIT */
/* catalog_write.c - see catalog_write.h. */
#include "catalog_write.h"

#include <string.h>

#include "catalog.h"
#include "plan.h"

char *catalog_deb_path(const struct lock_deb *deb)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	buf_printf(&b, "debs/%s_", deb->package);
	for (const char *v = deb->version; *v; v++) {
		if (*v == ':')
			buf_add_str(&b, "%3a");
		else
			buf_add(&b, v, 1);
	}
	buf_printf(&b, "_%s.deb", deb->arch);
	return b.bad ? NULL : strdup(buf_str(&b));
}

/* The catalog's order of debs, and where each file of the lock is in it. */
struct deb_order {
	const struct lock_file **files; /* owned; sorted */
	uint32_t *index;                /* owned; by the lock's file number */
	size_t count;
};

static void deb_order_done(struct deb_order *o)
{
	free(o->files);
	free(o->index);
}

static int compare_debs(const void *pa, const void *pb)
{
	const struct lock_deb *a = &(*(const struct lock_file *const *)pa)->deb;
	const struct lock_deb *b = &(*(const struct lock_file *const *)pb)->deb;
	int c = strcmp(a->package, b->package);
	c = c ? c : strcmp(a->version, b->version);
	return c ? c : strcmp(a->arch, b->arch);
}

static bool order_debs(const struct lock *lock, struct deb_order *o, struct err *err)
{
	size_t n = lock->file_count ? lock->file_count : 1;
	o->files = calloc(n, sizeof(*o->files));
	o->index = calloc(n, sizeof(*o->index));
	if (!o->files || !o->index)
		return err_no_memory(err);
	for (size_t i = 0; i < lock->file_count; i++)
		if (lock->files[i].is_deb)
			o->files[o->count++] = &lock->files[i];
	if (o->count)
		qsort(o->files, o->count, sizeof(*o->files), compare_debs);
	for (size_t i = 0; i < o->count; i++) {
		if (i > 0 && compare_debs(&o->files[i - 1], &o->files[i]) == 0)
			return err_set(err, ERR_FORMAT,
				       "the lock has two different files of %s %s (%s)",
				       o->files[i]->deb.package, o->files[i]->deb.version,
				       o->files[i]->deb.arch);
		o->index[o->files[i] - lock->files] = (uint32_t)i;
	}
	return true;
}

static bool add_deb(struct json *j, struct json_value *list, const struct lock_file *f,
		    bool inexact, struct err *err)
{
	AUTO(auto_free) char *path = catalog_deb_path(&f->deb);
	if (!path)
		return err_no_memory(err);
	struct json_value *v = json_add_object(j, list, NULL);
	json_add_string(j, v, "name", f->deb.package);
	json_add_string(j, v, "version", f->deb.version);
	json_add_string(j, v, "arch", f->deb.arch);
	json_add_string(j, v, "path", path);
	json_add_string(j, v, "depends", f->deb.depends);
	json_add_string(j, v, "conflicts", f->deb.conflicts);
	json_add_string(j, v, "provides", f->deb.provides);
	json_add_bool(j, v, "essential", f->deb.essential);
	json_add_u64(j, v, "size", f->size);
	json_add_u64(j, v, "installed_size", f->deb.installed_size);
	json_add_sha256(j, v, "sha256", f->sha256);
	if (inexact)
		json_add_bool(j, v, "exact", false);
	return true;
}

/* The vendor's files of a package, each counted once: all, or those in @which alone. */
static uint64_t vendor_bytes(const struct lock *lock, const struct lock_package *p,
			     const bool *which, uint64_t *count)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < p->deb_count + p->file_count; i++) {
		uint32_t file =
			i < p->deb_count ? p->debs[i].file : p->files[i - p->deb_count].file;
		if (which && !which[file])
			continue;
		sum += lock->files[file].size;
		(*count)++;
	}
	return sum;
}

static void add_vendor(struct json *j, struct json_value *v, const struct lock *lock,
		       const struct lock_package *p, const bool *inexact)
{
	uint64_t count = 0, bytes = vendor_bytes(lock, p, NULL, &count);
	json_add_u64(j, v, "vendor_bytes", bytes);
	count = 0;
	bytes = inexact ? vendor_bytes(lock, p, inexact, &count) : 0;
	if (count == 0)
		return;
	struct json_value *less = json_add_object(j, v, "inexact");
	json_add_u64(j, less, "bytes", bytes);
	json_add_u64(j, less, "files", count);
}

static void add_results(struct json *j, struct json_value *v, const struct catalog_package *c)
{
	struct json_value *groups = json_add_array(j, v, "groups");
	for (size_t i = 0; i < c->group_count; i++)
		json_add_u64(j, groups, NULL, c->groups[i]);
	struct json_value *tree = json_add_object(j, v, "tree");
	json_add_u64(j, tree, "block", c->tree_block);
	json_add_u64(j, tree, "size", c->tree_size);
	json_add_sha256(j, tree, "sha256", c->tree_sha256);
	struct json_value *payload = json_add_object(j, v, "payload");
	json_add_u64(j, payload, "bytes", c->payload_bytes);
	json_add_u64(j, payload, "files", c->payload_files);
	if (c->remake.files == 0)
		return;
	struct json_value *remake = json_add_object(j, v, "remake");
	json_add_u64(j, remake, "bytes", c->remake.bytes);
	json_add_u64(j, remake, "cpu_seconds", (c->remake_cpu + 999) / 1000);
	json_add_u64(j, remake, "files", c->remake.files);
	json_add_u64(j, remake, "memory", c->remake.memory);
}

static void add_package(struct json *j, struct json_value *list, const struct lock *lock,
			const struct lock_package *p, const struct deb_order *order,
			const struct catalog_package *c, const bool *inexact)
{
	struct json_value *v = json_add_object(j, list, NULL);
	json_add_string(j, v, "id", p->id);
	json_add_string(j, v, "title", p->title);
	json_add_string(j, v, "version", p->version);
	json_add_string(j, v, "license", p->license);
	if (p->terms.id)
		terms_write(j, v, "terms", &p->terms);
	json_add_u64(j, v, "priority", p->priority);
	json_add_copy(j, v, "match", p->match);
	if (p->kernel)
		json_add_string(j, v, "kernel", p->kernel);
	json_add_copy(j, v, "install", p->install);
	if (p->check)
		json_add_copy(j, v, "check", p->check);
	if (p->uninstall)
		json_add_copy(j, v, "uninstall", p->uninstall);
	if (p->needs)
		json_add_copy(j, v, "needs", p->needs);
	struct json_value *debs = json_add_array(j, v, "debs");
	for (size_t i = 0; i < p->deb_count; i++) {
		struct json_value *d = json_add_object(j, debs, NULL);
		json_add_u64(j, d, "deb", order->index[p->debs[i].file]);
		json_add_u64(j, d, "batch", p->debs[i].batch);
	}
	add_vendor(j, v, lock, p, inexact);
	add_results(j, v, c);
}

bool catalog_write(const struct lock *lock, const struct catalog_package *packages,
		   const bool *inexact, struct buf *out, struct err *err)
{
	AUTO(deb_order_done) struct deb_order order = { 0 };
	AUTO(json_auto_free) struct json *j = json_new("catalog", err);
	if (!j || !order_debs(lock, &order, err))
		return false;
	struct json_value *debs = json_add_array(j, json_top(j), "debs");
	for (size_t i = 0; i < order.count; i++)
		if (!add_deb(j, debs, order.files[i],
			     inexact && inexact[order.files[i] - lock->files], err))
			return false;
	struct json_value *list = json_add_array(j, json_top(j), "packages");
	for (size_t i = 0; i < lock->package_count; i++)
		add_package(j, list, lock, &lock->packages[i], &order, &packages[i], inexact);
	AUTO(buf_done) struct buf text = BUF_INIT(CATALOG_SIZE_MAX);
	if (!json_print(j, false, &text, err) || !buf_ok(&text, "the catalog", err))
		return false;
	*out = text;
	text = (struct buf) { 0 };
	return true;
}

bool catalog_check(const struct lock *lock, struct err *err)
{
	AUTO(auto_free)
	struct catalog_package *packages = calloc(lock->package_count + 1, sizeof(*packages));
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(catalog_done) struct catalog catalog = { 0 };
	if (!packages)
		return err_no_memory(err);
	return catalog_write(lock, packages, NULL, &text, err) &&
	       catalog_parse(buf_slice(&text), &catalog, err) && plan_check_ties(&catalog, err);
}
