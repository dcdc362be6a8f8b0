/* SPDX-License-Identifier: MIT */
/* provenance.c - see provenance.h.  Top-down: the statement, what was made, from what, by whom. */
#include "provenance.h"

#include <string.h>

#include "cmd.h"
#include "texts.h"

struct writer {
	const struct provenance *p;
	struct json *j;
	struct texts texts;
};

static void writer_done(struct writer *w)
{
	json_free(w->j);
	texts_done(&w->texts);
}

static struct json_value *add_resource(struct writer *w, struct json_value *list, const char *name,
				       const uint8_t *sha256)
{
	struct json_value *v = json_add_object(w->j, list, NULL);
	json_add_string(w->j, v, "name", name);
	json_add_sha256(w->j, json_add_object(w->j, v, "digest"), "sha256", sha256);
	return v;
}

/* --- what was made ------------------------------------------------------------------------------ */

static void write_subjects(struct writer *w, struct json_value *top)
{
	const struct root *r = w->p->root;
	struct json_value *list = json_add_array(w->j, top, "subject");
	add_resource(w, list, "catalog", r->catalog.sha256);
	add_resource(w, list, "table", r->table.sha256);
	for (size_t i = 0; i < r->document_count; i++)
		add_resource(w, list, texts_printf(&w->texts, "documents/%s", r->documents[i].name),
			     r->documents[i].digest.sha256);
	for (size_t i = 0; i < r->stub_count; i++)
		add_resource(w, list, texts_printf(&w->texts, "stubs/%s", r->stubs[i].name),
			     r->stubs[i].digest.sha256);
}

/* --- from what ---------------------------------------------------------------------------------- */

static const char *trust_word(enum lock_trust trust)
{
	switch (trust) {
	case LOCK_REPOSITORY:
		return "repository";
	case LOCK_PINNED:
		return "pinned";
	case LOCK_FIRST_USE:
		return "first-use";
	case LOCK_SUPPLIED:
		return "supplied";
	}
	return "";
}

static void write_file(struct writer *w, struct json_value *list, const struct lock_file *f)
{
	struct json_value *v = add_resource(w, list, f->name, f->sha256);
	if (lock_file_url(f))
		json_add_string(w->j, v, "uri", lock_file_url(f));
	struct json_value *notes = json_add_object(w->j, v, "annotations");
	json_add_u64(w->j, notes, "size", f->size);
	json_add_string(w->j, notes, "trust", trust_word(f->trust));
}

static void write_inputs(struct writer *w, struct json_value *definition)
{
	const struct lock *l = w->p->lock;
	const struct root *r = w->p->root;
	struct json_value *list = json_add_array(w->j, definition, "resolvedDependencies");
	add_resource(w, list, "manifest", l->manifest_sha256);
	add_resource(w, list, "lock", l->sha256);
	for (size_t i = 0; i < r->stub_count; i++)
		add_resource(w, list, texts_printf(&w->texts, "stubs/%s", r->stubs[i].name),
			     r->stubs[i].digest.sha256);
	for (size_t i = 0; i < l->suite_count; i++)
		add_resource(w, list,
			     texts_printf(&w->texts, "repositories/%s/%s/InRelease",
					  l->suites[i].repository, l->suites[i].suite),
			     l->suites[i].release_sha256);
	for (size_t i = 0; i < l->file_count; i++)
		write_file(w, list, &l->files[i]);
}

static void write_parameters(struct writer *w, struct json_value *definition)
{
	const struct root *r = w->p->root;
	struct json_value *v = json_add_object(w->j, definition, "externalParameters");
	json_add_string(w->j, v, "name", r->name);
	json_add_string(w->j, v, "version", r->version);
	json_add_u64(w->j, v, "created", r->created);
	json_add_u64(w->j, v, "block_size", w->p->block_size);
	json_add_u64(w->j, v, "level", (uint64_t)w->p->encode->level);
	if (w->p->recompress.budget)
		json_add_u64(w->j, v, "recompress_budget", w->p->recompress.budget);
	if (w->p->recompress.budget && w->p->recompress.gain != RECOMPRESS_GAIN_DEFAULT)
		json_add_u64(w->j, v, "recompress_gain", w->p->recompress.gain);
	if (w->p->packed)
		json_add_bool(w->j, v, "packed", true);
	json_add_string(w->j, v, "optimize", encode_goal_name(w->p->encode->goal));
	struct json_value *platforms = json_add_array(w->j, v, "platforms");
	for (size_t i = 0; i < r->stub_count; i++)
		json_add_string(w->j, platforms, NULL, r->stubs[i].name);
}

/* --- by whom ------------------------------------------------------------------------------------ */

static void write_run(struct writer *w, struct json_value *predicate)
{
	const struct root *r = w->p->root;
	struct json_value *details = json_add_object(w->j, predicate, "runDetails");
	struct json_value *builder = json_add_object(w->j, details, "builder");
	json_add_string(w->j, builder, "id", PROVENANCE_BUILDER);
	struct json_value *versions = json_add_object(w->j, builder, "version");
	for (size_t i = 0; i < r->library_count; i++)
		json_add_string(w->j, versions, r->libraries[i].name, r->libraries[i].version);
}

bool provenance_write(const struct provenance *p, struct buf *out, struct err *err)
{
	AUTO(writer_done) struct writer w = { .p = p, .j = json_new("provenance", err) };
	if (!w.j)
		return false;
	struct json_value *top = json_top(w.j);
	json_add_string(w.j, top, "_type", PROVENANCE_STATEMENT);
	write_subjects(&w, top);
	json_add_string(w.j, top, "predicateType", PROVENANCE_PREDICATE);
	struct json_value *predicate = json_add_object(w.j, top, "predicate");
	struct json_value *definition = json_add_object(w.j, predicate, "buildDefinition");
	json_add_string(w.j, definition, "buildType", PROVENANCE_BUILD);
	write_parameters(&w, definition);
	write_inputs(&w, definition);
	write_run(&w, predicate);
	if (w.texts.bad)
		return err_no_memory(err);
	return json_print(w.j, false, out, err) && buf_ok(out, "the provenance", err);
}
