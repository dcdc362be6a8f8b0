/* SPDX-License-Identifier: MIT */
/* lock.c - see lock.h: reading and printing; lock_make.c makes locks, lock_diff.c compares them. */
#include "lock.h"

#include <errno.h>
#include <unistd.h>

#include "file.h"
#include "path.h"

#define SCHEMA 1

static const char *const trust_words[] = {
	[LOCK_REPOSITORY] = "repository",
	[LOCK_PINNED] = "pinned",
	[LOCK_FIRST_USE] = "first-use",
	[LOCK_SUPPLIED] = "supplied",
};
#define TRUST_COUNT (sizeof(trust_words) / sizeof(trust_words[0]))

void lock_truncate(struct lock *l, size_t packages, size_t files)
{
	while (l->file_count > files)
		free(l->files[--l->file_count].urls);
	while (l->package_count > packages) {
		const struct lock_package *p = &l->packages[--l->package_count];
		free(p->debs);
		free(p->files);
	}
}

void lock_done(struct lock *l)
{
	lock_truncate(l, 0, 0);
	free(l->files);
	free(l->packages);
	free(l->suites);
	free(l->left_out);
	json_free(l->doc);
	*l = (struct lock) { 0 };
}

/* Room for as many @size records as @list has elements, at most @max. */
static void *records(const struct json *doc, const struct json_value *list, size_t max, size_t size,
		     struct err *err)
{
	size_t count = json_count(list);
	if (count > max) {
		json_error(doc, list, err, "has more than %zu elements", max);
		return NULL;
	}
	void *p = calloc(count + 1, size);
	if (!p)
		err_no_memory(err);
	return p;
}

/* --- reading: files ----------------------------------------------------------------------------- */

static bool parse_deb(const struct json *doc, const struct json_value *v, struct lock_deb *out,
		      struct err *err)
{
	static const char *const keys[] = { "package",   "version",        "arch",   "depends",
					    "conflicts", "provides",       "origin", "distro",
					    "essential", "installed_size", "source", NULL };
	out->origin = out->distro = out->source = "";
	return json_only_keys(doc, v, keys, err) &&
	       json_get_string(doc, v, "package", JSON_REQUIRED, &out->package, err) &&
	       json_get_string(doc, v, "version", JSON_REQUIRED, &out->version, err) &&
	       json_get_string(doc, v, "arch", JSON_REQUIRED, &out->arch, err) &&
	       json_get_string(doc, v, "depends", JSON_REQUIRED, &out->depends, err) &&
	       json_get_string(doc, v, "conflicts", JSON_REQUIRED, &out->conflicts, err) &&
	       json_get_string(doc, v, "provides", JSON_REQUIRED, &out->provides, err) &&
	       json_get_string(doc, v, "origin", JSON_OPTIONAL, &out->origin, err) &&
	       json_get_string(doc, v, "distro", JSON_OPTIONAL, &out->distro, err) &&
	       json_get_string(doc, v, "source", JSON_OPTIONAL, &out->source, err) &&
	       json_get_bool(doc, v, "essential", JSON_REQUIRED, &out->essential, err) &&
	       json_get_u64(doc, v, "installed_size", JSON_REQUIRED, JSON_INTEGER_MAX,
			    &out->installed_size, err);
}

static bool parse_urls(const struct json *doc, const struct json_value *v, struct lock_file *out,
		       struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(doc, v, "urls", JSON_REQUIRED, &list, err))
		return false;
	if (out->trust == LOCK_SUPPLIED ? json_count(list) != 0 : json_count(list) == 0)
		return json_error(doc, list, err,
				  out->trust == LOCK_SUPPLIED ? "must be empty: it is supplied"
							      : "must not be empty");
	out->urls = records(doc, list, LOCK_URLS_MAX, sizeof(*out->urls), err);
	if (!out->urls)
		return false;
	for (const struct json_value *u = json_first(list); u; u = json_next(u)) {
		const char *url = json_string(u);
		if (!url || !*url)
			return json_error(doc, u, err, "must be a string that is not empty");
		out->urls[out->url_count++] = url;
	}
	return true;
}

static bool parse_trust(const struct json *doc, const struct json_value *v, enum lock_trust *out,
			struct err *err)
{
	const char *word = NULL;
	if (!json_get_string(doc, v, "trust", JSON_REQUIRED, &word, err))
		return false;
	for (size_t i = 0; i < TRUST_COUNT; i++)
		if (strcmp(word, trust_words[i]) == 0) {
			*out = (enum lock_trust)i;
			return true;
		}
	return json_error(doc, json_get(v, "trust"), err,
			  "must be \"repository\", \"pinned\", \"first-use\" or \"supplied\"");
}

static bool parse_file(const struct json *doc, const struct json_value *v, struct lock_file *out,
		       struct err *err)
{
	static const char *const keys[] = {
		"name", "urls", "size", "sha256", "trust", "deb", NULL
	};
	const struct json_value *deb = NULL;
	if (!json_only_keys(doc, v, keys, err) ||
	    !json_get_string(doc, v, "name", JSON_REQUIRED, &out->name, err) ||
	    !parse_trust(doc, v, &out->trust, err) || !parse_urls(doc, v, out, err) ||
	    !json_get_u64(doc, v, "size", JSON_REQUIRED, JSON_INTEGER_MAX, &out->size, err) ||
	    !json_get_sha256(doc, v, "sha256", JSON_REQUIRED, out->sha256, err) ||
	    !json_get_object(doc, v, "deb", JSON_OPTIONAL, &deb, err))
		return false;
	out->is_deb = deb != NULL;
	return !deb || parse_deb(doc, deb, &out->deb, err);
}

/* Sorted by name, then digest; so equal ones are neighbours unless their names differ. */
static bool parse_files(struct lock *l, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(l->doc, json_top(l->doc), "files", JSON_REQUIRED, &list, err))
		return false;
	l->files = records(l->doc, list, LOCK_FILES_MAX, sizeof(*l->files), err);
	if (!l->files)
		return false;
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		struct lock_file *f = &l->files[l->file_count++];
		if (!parse_file(l->doc, v, f, err))
			return false;
		if (l->file_count > 1 && lock_file_compare(f - 1, f) >= 0)
			return json_error(l->doc, v, err,
					  "files must be sorted by name, then sha256");
	}
	return true;
}

int lock_file_compare(const void *a, const void *b)
{
	const struct lock_file *x = a, *y = b;
	int c = strcmp(x->name, y->name);
	return c ? c : memcmp(x->sha256, y->sha256, SHA256_SIZE);
}

const char *lock_file_url(const struct lock_file *f)
{
	for (size_t i = 0; i < f->url_count; i++)
		if (strncmp(f->urls[i], "http://", 7) == 0 ||
		    strncmp(f->urls[i], "https://", 8) == 0)
			return f->urls[i];
	return NULL;
}

/* --- reading: packages -------------------------------------------------------------------------- */

static bool parse_index(const struct lock *l, const struct json_value *v, uint32_t *out,
			struct err *err)
{
	uint64_t n = 0;
	if (!json_get_u64(l->doc, v, "file", JSON_REQUIRED, UINT32_MAX, &n, err))
		return false;
	if (n >= l->file_count)
		return json_error(l->doc, json_get(v, "file"), err, "there is no such file");
	*out = (uint32_t)n;
	return true;
}

static bool parse_package_debs(const struct lock *l, const struct json_value *v,
			       struct lock_package *p, struct err *err)
{
	static const char *const keys[] = { "file", "batch", NULL };
	const struct json_value *list = NULL;
	if (!json_get_array(l->doc, v, "debs", JSON_REQUIRED, &list, err))
		return false;
	p->debs = records(l->doc, list, LOCK_FILES_MAX, sizeof(*p->debs), err);
	if (!p->debs)
		return false;
	uint32_t last = 0;
	for (const struct json_value *d = json_first(list); d; d = json_next(d)) {
		struct lock_package_deb *deb = &p->debs[p->deb_count];
		uint64_t batch = 0;
		if (!json_only_keys(l->doc, d, keys, err) || !parse_index(l, d, &deb->file, err) ||
		    !json_get_u64(l->doc, d, "batch", JSON_REQUIRED, UINT32_MAX, &batch, err))
			return false;
		if (!l->files[deb->file].is_deb)
			return json_error(l->doc, d, err, "'%s' is not a .deb",
					  l->files[deb->file].name);
		if (batch < last || batch > last + 1 || (!p->deb_count && batch))
			return json_error(l->doc, d, err, "batches must ascend from 0");
		deb->batch = last = (uint32_t)batch;
		p->deb_count++;
	}
	return true;
}

static bool parse_package_files(const struct lock *l, const struct json_value *v,
				struct lock_package *p, struct err *err)
{
	static const char *const keys[] = { "file",     "path",       "unpack", "license",
					    "supplier", "keep_exact", NULL };
	const struct json_value *list = NULL;
	if (!json_get_array(l->doc, v, "files", JSON_REQUIRED, &list, err))
		return false;
	p->files = records(l->doc, list, LOCK_FILES_MAX, sizeof(*p->files), err);
	if (!p->files)
		return false;
	for (const struct json_value *f = json_first(list); f; f = json_next(f)) {
		struct lock_package_file *file = &p->files[p->file_count++];
		if (!json_only_keys(l->doc, f, keys, err) || !parse_index(l, f, &file->file, err) ||
		    !json_get_string(l->doc, f, "path", JSON_REQUIRED, &file->path, err) ||
		    !json_get_string(l->doc, f, "license", JSON_OPTIONAL, &file->license, err) ||
		    !json_get_string(l->doc, f, "supplier", JSON_OPTIONAL, &file->supplier, err) ||
		    !json_get_bool(l->doc, f, "unpack", JSON_REQUIRED, &file->unpack, err) ||
		    !json_get_bool(l->doc, f, "keep_exact", JSON_OPTIONAL, &file->keep_exact, err))
			return false;
		if (!path_is_safe(slice_str(file->path)))
			return json_error(l->doc, f, err, "'%s' is not a safe path", file->path);
	}
	return true;
}

static bool parse_package(const struct lock *l, const struct json_value *v, struct lock_package *p,
			  struct err *err)
{
	static const char *const keys[] = { "id",       "title",     "version", "license",
					    "priority", "kernel",    "match",   "install",
					    "check",    "uninstall", "debs",    "files",
					    "needs",    "supplier",  "terms",   NULL };
	const struct json *j = l->doc;
	if (!json_only_keys(j, v, keys, err) ||
	    !json_get_string(j, v, "id", JSON_REQUIRED, &p->id, err) ||
	    !json_get_string(j, v, "title", JSON_REQUIRED, &p->title, err) ||
	    !json_get_string(j, v, "version", JSON_REQUIRED, &p->version, err) ||
	    !json_get_string(j, v, "license", JSON_REQUIRED, &p->license, err) ||
	    !json_get_string(j, v, "supplier", JSON_OPTIONAL, &p->supplier, err) ||
	    !json_get_u64(j, v, "priority", JSON_REQUIRED, UINT32_MAX, &p->priority, err) ||
	    !json_get_string(j, v, "kernel", JSON_OPTIONAL, &p->kernel, err) ||
	    !json_get_object(j, v, "match", JSON_REQUIRED, &p->match, err) ||
	    !json_get_array(j, v, "install", JSON_REQUIRED, &p->install, err) ||
	    !json_get_array(j, v, "check", JSON_OPTIONAL, &p->check, err) ||
	    !json_get_array(j, v, "uninstall", JSON_OPTIONAL, &p->uninstall, err))
		return false;
	p->needs = json_get(v, "needs");
	if (json_get(v, "terms") && !terms_read(j, json_get(v, "terms"), NULL, &p->terms, err))
		return false;
	if (!name_is_safe(p->id))
		return json_error(j, json_get(v, "id"), err, "'%s' is not a safe name", p->id);
	return parse_package_debs(l, v, p, err) && parse_package_files(l, v, p, err);
}

static bool parse_packages(struct lock *l, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(l->doc, json_top(l->doc), "packages", JSON_REQUIRED, &list, err))
		return false;
	l->packages = records(l->doc, list, LOCK_PACKAGES_MAX, sizeof(*l->packages), err);
	if (!l->packages)
		return false;
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		struct lock_package *p = &l->packages[l->package_count++];
		if (!parse_package(l, v, p, err))
			return false;
		if (l->package_count > 1 && strcmp((p - 1)->id, p->id) >= 0)
			return json_error(l->doc, v, err, "packages must be sorted by id");
	}
	return true;
}

/* --- reading: the document ---------------------------------------------------------------------- */

static bool parse_suite(const struct lock *l, const struct json_value *v, struct lock_suite *out,
			struct err *err)
{
	static const char *const keys[] = { "repository", "suite", "date", "release_sha256", NULL };
	return json_only_keys(l->doc, v, keys, err) &&
	       json_get_string(l->doc, v, "repository", JSON_REQUIRED, &out->repository, err) &&
	       json_get_string(l->doc, v, "suite", JSON_REQUIRED, &out->suite, err) &&
	       json_get_u64(l->doc, v, "date", JSON_REQUIRED, JSON_INTEGER_MAX, &out->date, err) &&
	       json_get_sha256(l->doc, v, "release_sha256", JSON_REQUIRED, out->release_sha256,
			       err);
}

static bool parse_suites(struct lock *l, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(l->doc, json_top(l->doc), "suites", JSON_REQUIRED, &list, err))
		return false;
	l->suites = records(l->doc, list, LOCK_PACKAGES_MAX, sizeof(*l->suites), err);
	if (!l->suites)
		return false;
	for (const struct json_value *v = json_first(list); v; v = json_next(v))
		if (!parse_suite(l, v, &l->suites[l->suite_count++], err))
			return false;
	return true;
}

/* These go to a terminal as they are. */
static bool get_line(const struct json *doc, const struct json_value *v, const char *key,
		     const char **out, struct err *err)
{
	if (!json_get_string(doc, v, key, JSON_REQUIRED, out, err))
		return false;
	for (const char *c = *out; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return json_error(doc, json_get(v, key), err,
					  "has a control character in it");
	return true;
}

static bool parse_left_out(struct lock *l, struct err *err)
{
	static const char *const keys[] = { "id", "reason", NULL };
	const struct json_value *list = NULL;
	if (!json_get_array(l->doc, json_top(l->doc), "left_out", JSON_OPTIONAL, &list, err))
		return false;
	l->left_out = records(l->doc, list, LOCK_PACKAGES_MAX, sizeof(*l->left_out), err);
	if (!l->left_out)
		return false;
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		struct lock_left_out *out = &l->left_out[l->left_out_count++];
		if (!json_only_keys(l->doc, v, keys, err) ||
		    !get_line(l->doc, v, "id", &out->id, err) ||
		    !get_line(l->doc, v, "reason", &out->reason, err))
			return false;
	}
	return true;
}

static bool parse_top(struct lock *l, struct err *err)
{
	static const char *const keys[] = { "schema",          "name",   "version",  "created",
					    "manifest_sha256", "suites", "packages", "files",
					    "left_out",        NULL };
	const struct json_value *top = json_top(l->doc);
	uint64_t schema = 0;
	if (!json_only_keys(l->doc, top, keys, err) ||
	    !json_get_u64(l->doc, top, "schema", JSON_REQUIRED, UINT32_MAX, &schema, err))
		return false;
	if (schema != SCHEMA)
		return json_error(l->doc, json_get(top, "schema"), err,
				  "schema %llu is not supported; run 'ibbundle lock' again",
				  (unsigned long long)schema);
	if (!json_get_string(l->doc, top, "name", JSON_REQUIRED, &l->name, err) ||
	    !json_get_string(l->doc, top, "version", JSON_REQUIRED, &l->version, err) ||
	    !json_get_u64(l->doc, top, "created", JSON_REQUIRED, JSON_INTEGER_MAX, &l->created,
			  err) ||
	    !json_get_sha256(l->doc, top, "manifest_sha256", JSON_REQUIRED, l->manifest_sha256,
			     err))
		return false;
	if (!name_is_safe(l->name))
		return json_error(l->doc, json_get(top, "name"), err, "'%s' is not a safe name",
				  l->name);
	return parse_suites(l, err) && parse_files(l, err) && parse_packages(l, err) &&
	       parse_left_out(l, err);
}

bool lock_parse(const char *name, struct slice text, struct lock *out, struct err *err)
{
	AUTO(lock_done) struct lock l = { 0 };
	if (text.len > LOCK_SIZE_MAX)
		return err_set(err, ERR_FORMAT, "%s: is larger than %u bytes", name, LOCK_SIZE_MAX);
	l.doc = json_parse(name, text, err);
	if (!l.doc || !sha256_of(text, l.sha256, err) || !parse_top(&l, err))
		return false;
	*out = l;
	l = (struct lock) { 0 };
	return true;
}

bool lock_read(const char *path, struct lock *out, struct err *err)
{
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return err_set(err, ERR_USAGE,
			       "there is no lock '%s'; run 'ibbundle lock MANIFEST' first", path);
	AUTO(buf_done) struct buf text = BUF_INIT(LOCK_SIZE_MAX);
	return file_read(path, LOCK_SIZE_MAX, &text, err) &&
	       lock_parse(path, buf_slice(&text), out, err);
}

bool lock_path(const char *manifest_path, char **out, struct err *err)
{
	size_t n = strlen(manifest_path);
	if (n > 5 && strcmp(manifest_path + n - 5, ".json") == 0)
		n -= 5;
	if (n > INT32_MAX)
		return err_set(err, ERR_USAGE, "the manifest's path is too long");
	char *path = NULL;
	if (asprintf(&path, "%.*s%s", (int)n, manifest_path, LOCK_SUFFIX) < 0)
		return err_no_memory(err);
	*out = path;
	return true;
}

/* --- printing ----------------------------------------------------------------------------------- */

/* A text that may be absent: NULL or "". */
static void print_text(struct json *doc, struct json_value *v, const char *key, const char *text)
{
	if (text && *text)
		json_add_string(doc, v, key, text);
}

static void print_file(struct json *doc, struct json_value *list, const struct lock_file *f)
{
	struct json_value *v = json_add_object(doc, list, NULL);
	json_add_string(doc, v, "name", f->name);
	json_add_u64(doc, v, "size", f->size);
	json_add_sha256(doc, v, "sha256", f->sha256);
	json_add_string(doc, v, "trust", trust_words[f->trust]);
	struct json_value *urls = json_add_array(doc, v, "urls");
	for (size_t i = 0; i < f->url_count; i++)
		json_add_string(doc, urls, NULL, f->urls[i]);
	if (!f->is_deb)
		return;
	struct json_value *deb = json_add_object(doc, v, "deb");
	json_add_string(doc, deb, "package", f->deb.package);
	json_add_string(doc, deb, "version", f->deb.version);
	json_add_string(doc, deb, "arch", f->deb.arch);
	json_add_string(doc, deb, "depends", f->deb.depends);
	json_add_string(doc, deb, "conflicts", f->deb.conflicts);
	json_add_string(doc, deb, "provides", f->deb.provides);
	print_text(doc, deb, "origin", f->deb.origin);
	print_text(doc, deb, "distro", f->deb.distro);
	print_text(doc, deb, "source", f->deb.source);
	json_add_bool(doc, deb, "essential", f->deb.essential);
	json_add_u64(doc, deb, "installed_size", f->deb.installed_size);
}

static void print_optional(struct json *doc, struct json_value *v, const char *key,
			   const struct json_value *member)
{
	if (member)
		json_add_copy(doc, v, key, member);
}

static void print_package(struct json *doc, struct json_value *list, const struct lock_package *p)
{
	struct json_value *v = json_add_object(doc, list, NULL);
	json_add_string(doc, v, "id", p->id);
	json_add_string(doc, v, "title", p->title);
	json_add_string(doc, v, "version", p->version);
	json_add_string(doc, v, "license", p->license);
	print_text(doc, v, "supplier", p->supplier);
	if (p->terms.id)
		terms_write(doc, v, "terms", &p->terms);
	json_add_u64(doc, v, "priority", p->priority);
	print_text(doc, v, "kernel", p->kernel);
	json_add_copy(doc, v, "match", p->match);
	json_add_copy(doc, v, "install", p->install);
	print_optional(doc, v, "check", p->check);
	print_optional(doc, v, "uninstall", p->uninstall);
	print_optional(doc, v, "needs", p->needs);
	struct json_value *debs = json_add_array(doc, v, "debs");
	for (size_t i = 0; i < p->deb_count; i++) {
		struct json_value *d = json_add_object(doc, debs, NULL);
		json_add_u64(doc, d, "file", p->debs[i].file);
		json_add_u64(doc, d, "batch", p->debs[i].batch);
	}
	struct json_value *files = json_add_array(doc, v, "files");
	for (size_t i = 0; i < p->file_count; i++) {
		struct json_value *f = json_add_object(doc, files, NULL);
		json_add_u64(doc, f, "file", p->files[i].file);
		json_add_string(doc, f, "path", p->files[i].path);
		print_text(doc, f, "license", p->files[i].license);
		print_text(doc, f, "supplier", p->files[i].supplier);
		json_add_bool(doc, f, "unpack", p->files[i].unpack);
		if (p->files[i].keep_exact)
			json_add_bool(doc, f, "keep_exact", true);
	}
}

bool lock_print(const struct lock *l, struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *doc = json_new("lock", err);
	if (!doc)
		return false;
	struct json_value *top = json_top(doc);
	json_add_u64(doc, top, "schema", SCHEMA);
	json_add_string(doc, top, "name", l->name);
	json_add_string(doc, top, "version", l->version);
	json_add_u64(doc, top, "created", l->created);
	json_add_sha256(doc, top, "manifest_sha256", l->manifest_sha256);
	struct json_value *suites = json_add_array(doc, top, "suites");
	for (size_t i = 0; i < l->suite_count; i++) {
		const struct lock_suite *s = &l->suites[i];
		struct json_value *v = json_add_object(doc, suites, NULL);
		json_add_string(doc, v, "repository", s->repository);
		json_add_string(doc, v, "suite", s->suite);
		json_add_u64(doc, v, "date", s->date);
		json_add_sha256(doc, v, "release_sha256", s->release_sha256);
	}
	struct json_value *files = json_add_array(doc, top, "files");
	for (size_t i = 0; i < l->file_count; i++)
		print_file(doc, files, &l->files[i]);
	struct json_value *packages = json_add_array(doc, top, "packages");
	for (size_t i = 0; i < l->package_count; i++)
		print_package(doc, packages, &l->packages[i]);
	struct json_value *left_out =
		l->left_out_count ? json_add_array(doc, top, "left_out") : NULL;
	for (size_t i = 0; i < l->left_out_count; i++) {
		struct json_value *v = json_add_object(doc, left_out, NULL);
		json_add_string(doc, v, "id", l->left_out[i].id);
		json_add_string(doc, v, "reason", l->left_out[i].reason);
	}
	return json_print(doc, true, out, err);
}
