/* SPDX-License-Identifier: MIT */
/* fleet.c - see fleet.h. */
#include "fleet.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "file.h"
#include "plan.h"

#define SUFFIX ".json"

void fleet_done(struct fleet *f)
{
	candidates_done(&f->candidates);
	texts_done(&f->texts);
	free(f->nodes);
	free(f->used);
	*f = (struct fleet) { 0 };
}

/* --- the files ----------------------------------------------------------------------------------- */

static int is_facts(const struct dirent *e)
{
	size_t n = strlen(e->d_name), suffix = sizeof(SUFFIX) - 1;
	return e->d_name[0] != '.' && n > suffix && strcmp(e->d_name + n - suffix, SUFFIX) == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void free_entries(struct dirent **list, int count)
{
	for (int i = 0; list && i < count; i++)
		free(list[i]);
	free(list);
}

/* --- judging ------------------------------------------------------------------------------------- */

/* A file's name may hold anything, and goes to a terminal. */
static const char *node_name(struct texts *texts, const char *file)
{
	AUTO(auto_free) char *name = strndup(file, strlen(file) - (sizeof(SUFFIX) - 1));
	for (char *c = name; c && *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	if (!name)
		texts->bad = true;
	return name ? texts_add(texts, slice_str(name)) : "";
}

static bool judge(struct fleet *f, const struct facts *facts, struct fleet_node *node,
		  struct err *err)
{
	AUTO(plan_done) struct plan plan = { 0 };
	struct err why = { 0 };
	if (plan_choose(&f->candidates.catalog, facts, &plan, &why)) {
		node->state = FLEET_COVERED;
		node->package = candidates_package(&f->candidates, plan.chosen);
		node->reason = texts_add(&f->texts, slice_str(plan.reason));
		f->used[plan.chosen - f->candidates.catalog.packages] = true;
		f->covered++;
	} else if (why.code == ERR_NO_MEMORY) {
		return err_no_memory(err);
	} else {
		node->state = why.code == ERR_NO_DEVICE ? FLEET_NO_INFINIBAND : FLEET_MISSING;
		node->reason = texts_add(&f->texts, slice_str(why.msg));
		f->missing += node->state == FLEET_MISSING;
	}
	return !f->texts.bad || err_no_memory(err);
}

static bool judge_file(struct fleet *f, const char *dir, const char *file, struct err *err)
{
	AUTO(buf_done) struct buf path = BUF_INIT(65536), text = { 0 };
	AUTO(facts_done) struct facts facts = { 0 };
	buf_printf(&path, "%s/%s", dir, file);
	if (!buf_ok(&path, "a path of the fleet", err) ||
	    !file_read(buf_str(&path), FACTS_SIZE_MAX, &text, err) ||
	    !facts_parse(buf_str(&path), buf_slice(&text), &facts, err))
		return false;
	struct fleet_node *node = &f->nodes[f->count++];
	node->name = node_name(&f->texts, file);
	return judge(f, &facts, node, err);
}

bool fleet_make(const struct manifest *manifest, const char *dir, struct fleet *out,
		struct err *err)
{
	AUTO(fleet_done) struct fleet f = { .manifest = manifest };
	if (!candidates_make(manifest, &f.candidates, err))
		return false;
	struct dirent **list = NULL;
	int n = scandir(dir, &list, is_facts, by_bytes);
	if (n < 0)
		return file_error(err, "read directory", dir);
	f.nodes = calloc((size_t)n + 1, sizeof(*f.nodes));
	f.used = calloc(f.candidates.catalog.package_count + 1, sizeof(*f.used));
	bool ok = f.nodes && f.used ? true : err_no_memory(err);
	if (ok && n == 0)
		ok = err_set(err, ERR_FORMAT,
			     "no facts (*" SUFFIX ") in '%s': 'BUNDLE facts --json' on a machine "
			     "writes them",
			     dir);
	if (ok && n > FLEET_NODES_MAX)
		ok = err_set(err, ERR_FORMAT, "'%s' has more than %d facts", dir, FLEET_NODES_MAX);
	for (int i = 0; ok && i < n; i++)
		ok = judge_file(&f, dir, list[i]->d_name, err);
	free_entries(list, n);
	if (!ok)
		return false;
	*out = f;
	f = (struct fleet) { 0 };
	return true;
}

/* --- showing ------------------------------------------------------------------------------------- */

bool fleet_write_text(const struct fleet *f, struct buf *out, struct err *err)
{
	buf_printf(out, "%s %s: %zu nodes, %zu covered, %zu missing", f->manifest->name,
		   f->manifest->version, f->count, f->covered, f->missing);
	size_t none = f->count - f->covered - f->missing;
	if (none)
		buf_printf(out, ", %zu without InfiniBand", none);
	buf_add_str(out, "\n");
	for (size_t i = 0; i < f->count; i++) {
		const struct fleet_node *n = &f->nodes[i];
		buf_printf(out, "  %-8s %s",
			   n->state == FLEET_COVERED   ? "covered"
			   : n->state == FLEET_MISSING ? "MISSING"
						       : "-",
			   n->name);
		buf_printf(out, ": %s\n", n->package ? n->package->id : n->reason);
	}
	for (size_t i = 0; i < f->candidates.skipped.count; i++)
		buf_printf(out,
			   "note: '%s' stands for one package per kernel, known once it is locked; "
			   "it is left out here\n",
			   f->candidates.skipped.p[i]);
	return buf_ok(out, "the fleet", err);
}

bool fleet_write_json(const struct fleet *f, struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("fleet", err);
	if (!j)
		return false;
	struct json_value *list = json_add_array(j, json_top(j), "nodes");
	for (size_t i = 0; i < f->count; i++) {
		const struct fleet_node *n = &f->nodes[i];
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "node", n->name);
		if (n->package)
			json_add_string(j, v, "package", n->package->id);
		else
			json_add_null(j, v, "package");
		json_add_string(j, v, "reason", n->reason);
		json_add_bool(j, v, "missing", n->state == FLEET_MISSING);
	}
	json_add_u64(j, json_top(j), "covered", f->covered);
	json_add_u64(j, json_top(j), "gaps", f->missing);
	return json_print(j, true, out, err);
}

/* --- the smallest manifest ----------------------------------------------------------------------- */

static bool is_used(const struct fleet *f, const struct manifest_package *p)
{
	for (size_t i = 0; i < f->candidates.catalog.package_count; i++)
		if (f->candidates.packages[i] == p)
			return f->used[i];
	return false;
}

static bool repository_needed(const struct fleet *f, const char *name)
{
	for (size_t i = 0; i < f->manifest->package_count; i++) {
		const struct manifest_package *p = &f->manifest->packages[i];
		if (p->closure.repository && strcmp(p->closure.repository->name, name) == 0 &&
		    is_used(f, p))
			return true;
	}
	return false;
}

static void copy_repositories(const struct fleet *f, struct json *j, const struct json_value *all)
{
	struct json_value *needed = NULL;
	for (const struct json_value *r = json_first(all); r; r = json_next(r)) {
		if (!repository_needed(f, json_key(r)))
			continue;
		if (!needed)
			needed = json_add_object(j, json_top(j), "repositories");
		json_add_copy(j, needed, json_key(r), r);
	}
}

bool fleet_write_minimal(const struct fleet *f, struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("manifest", err);
	if (!j)
		return false;
	const struct json_value *top = json_top(f->manifest->doc);
	for (const struct json_value *v = json_first(top); v; v = json_next(v)) {
		if (strcmp(json_key(v), "repositories") == 0) {
			copy_repositories(f, j, v);
		} else if (strcmp(json_key(v), "packages") != 0) {
			json_add_copy(j, json_top(j), json_key(v), v);
		}
	}
	struct json_value *packages = json_add_array(j, json_top(j), "packages");
	for (size_t i = 0; i < f->manifest->package_count; i++)
		if (is_used(f, &f->manifest->packages[i]))
			json_add_copy(j, packages, NULL, f->manifest->packages[i].value);
	return json_print(j, true, out, err);
}
