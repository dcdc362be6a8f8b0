/* SPDX-License-Identifier: MIT */
/* manifest.c - see manifest.h.  Top-down: the document, repositories, packages. */
#include "manifest.h"

#include "catalog.h"
#include "file.h"
#include "lock.h"
#include "match.h"
#include "needs.h"
#include "path.h"
#include "repository.h"

#define ABI_SAMPLE "1.2.0-3-amd64" /* stands for ${abi} while the manifest is checked */

static void package_done(struct manifest_package *p)
{
	for (size_t i = 0; i < p->file_count; i++)
		free(p->files[i].urls.p);
	free(p->files);
	free(p->closure.packages.p);
}

static void repository_manifest_done(struct manifest_repository *r)
{
	for (size_t i = 0; i < r->suite_count; i++)
		free(r->suites[i].uris.p);
	free(r->suites);
	free(r->components.p);
}

void manifest_done(struct manifest *m)
{
	for (size_t i = 0; i < m->repository_count; i++)
		repository_manifest_done(&m->repositories[i]);
	for (size_t i = 0; i < m->package_count; i++)
		package_done(&m->packages[i]);
	free(m->terms);
	free(m->repositories);
	free(m->packages);
	json_free(m->doc);
	*m = (struct manifest) { 0 };
}

/* --- small things ------------------------------------------------------------------------------- */

/* A required text that isn't empty. */
static bool get_text(const struct json *doc, const struct json_value *obj, const char *key,
		     const char **out, struct err *err)
{
	const char *text = NULL;
	if (!json_get_string(doc, obj, key, JSON_REQUIRED, &text, err))
		return false;
	if (!*text)
		return json_error(doc, json_get(obj, key), err, "must not be empty");
	*out = text;
	return true;
}

static bool get_optional_text(const struct json *doc, const struct json_value *obj, const char *key,
			      const char **out, struct err *err)
{
	return !json_get(obj, key) || get_text(doc, obj, key, out, err);
}

/* A required list of one or more texts, none empty, none twice. */
static bool get_texts(const struct json *doc, const struct json_value *obj, const char *key,
		      struct strings *out, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(doc, obj, key, JSON_REQUIRED, &list, err))
		return false;
	size_t count = json_count(list);
	if (count == 0 || count > MANIFEST_LIST_MAX)
		return json_error(doc, list, err, "must have 1 to %d elements", MANIFEST_LIST_MAX);
	out->p = calloc(count, sizeof(*out->p));
	if (!out->p)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		const char *text = json_string(v);
		if (!text || !*text)
			return json_error(doc, v, err, "must be a string that is not empty");
		for (size_t i = 0; i < out->count; i++)
			if (strcmp(out->p[i], text) == 0)
				return json_error(doc, v, err, "'%s' stands twice", text);
		out->p[out->count++] = text;
	}
	return true;
}

/* --- repositories ------------------------------------------------------------------------------- */

static bool parse_suite(const struct json *doc, const struct json_value *v,
			struct manifest_suite *out, struct err *err)
{
	static const char *const keys[] = { "suite", "uris", NULL };
	return json_only_keys(doc, v, keys, err) && get_text(doc, v, "suite", &out->name, err) &&
	       get_texts(doc, v, "uris", &out->uris, err);
}

static bool parse_suites(const struct json *doc, const struct json_value *v,
			 struct manifest_repository *out, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(doc, v, "suites", JSON_REQUIRED, &list, err))
		return false;
	size_t count = json_count(list);
	if (count == 0 || count > REPOSITORY_SUITES_MAX)
		return json_error(doc, list, err, "must have 1 to %d elements",
				  REPOSITORY_SUITES_MAX);
	out->suites = calloc(count, sizeof(*out->suites));
	if (!out->suites)
		return err_no_memory(err);
	for (const struct json_value *s = json_first(list); s; s = json_next(s)) {
		struct manifest_suite *suite = &out->suites[out->suite_count++];
		if (!parse_suite(doc, s, suite, err))
			return false;
		for (size_t i = 0; i + 1 < out->suite_count; i++)
			if (strcmp(out->suites[i].name, suite->name) == 0)
				return json_error(doc, s, err, "suite '%s' stands twice",
						  suite->name);
	}
	return true;
}

/* true, false, or "@apt". */
static bool parse_choice(const struct json *doc, const struct json_value *obj, const char *key,
			 enum manifest_choice *out, struct err *err)
{
	const struct json_value *v = json_get(obj, key);
	const char *text = json_string(v);
	if (text && strcmp(text, MANIFEST_APT) == 0) {
		*out = CHOICE_APT;
		return true;
	}
	if (v && json_type(v) != JSON_BOOL)
		return json_error(doc, v, err, "must be true, false or \"" MANIFEST_APT "\"");
	bool yes = true;
	if (!json_get_bool(doc, obj, key, JSON_OPTIONAL, &yes, err))
		return false;
	*out = yes ? CHOICE_YES : CHOICE_NO;
	return true;
}

static bool parse_repository(const struct json *doc, const struct json_value *v,
			     struct manifest_repository *out, struct err *err)
{
	static const char *const keys[] = {
		"type", "suites", "components", "keyring", "check_valid_until", "skip_missing", NULL
	};
	const char *type = NULL;
	out->name = json_key(v);
	if (!name_is_safe(out->name))
		return json_error(doc, v, err,
				  "a repository's name has lower-case letters, digits and .+_-");
	if (!json_only_keys(doc, v, keys, err) || !get_text(doc, v, "type", &type, err))
		return false;
	if (strcmp(type, "apt") != 0)
		return json_error(doc, json_get(v, "type"), err, "must be \"apt\"");
	if (!parse_suites(doc, v, out, err) ||
	    !get_texts(doc, v, "components", &out->components, err) ||
	    !get_text(doc, v, "keyring", &out->keyring, err))
		return false;
	if (out->keyring[0] != '/' && strcmp(out->keyring, MANIFEST_APT) != 0)
		return json_error(doc, json_get(v, "keyring"), err,
				  "must be an absolute path or \"" MANIFEST_APT "\"");
	return parse_choice(doc, v, "check_valid_until", &out->check_valid_until, err) &&
	       json_get_bool(doc, v, "skip_missing", JSON_OPTIONAL, &out->skip_missing, err);
}

static bool parse_repositories(struct manifest *m, struct err *err)
{
	const struct json_value *all = NULL;
	if (!json_get_object(m->doc, json_top(m->doc), "repositories", JSON_OPTIONAL, &all, err))
		return false;
	size_t count = json_count(all);
	if (count > MANIFEST_REPOSITORIES_MAX)
		return json_error(m->doc, all, err, "at most %d repositories",
				  MANIFEST_REPOSITORIES_MAX);
	m->repositories = calloc(count + 1, sizeof(*m->repositories));
	if (!m->repositories)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(all); v; v = json_next(v))
		if (!parse_repository(m->doc, v, &m->repositories[m->repository_count++], err))
			return false;
	return true;
}

/* --- terms -------------------------------------------------------------------------------------- */

static bool parse_terms(struct manifest *m, struct err *err)
{
	const struct json_value *all = NULL;
	if (!json_get_object(m->doc, json_top(m->doc), "terms", JSON_OPTIONAL, &all, err))
		return false;
	size_t count = json_count(all);
	if (count > MANIFEST_TERMS_MAX)
		return json_error(m->doc, all, err, "at most %d terms", MANIFEST_TERMS_MAX);
	m->terms = calloc(count + 1, sizeof(*m->terms));
	if (!m->terms)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(all); v; v = json_next(v))
		if (!terms_read(m->doc, v, json_key(v), &m->terms[m->terms_count++], err))
			return false;
	return true;
}

static bool find_terms(const struct manifest *m, const struct json_value *package,
		       const struct terms **out, struct err *err)
{
	const char *id = NULL;
	if (!json_get_string(m->doc, package, "terms", JSON_OPTIONAL, &id, err))
		return false;
	for (size_t i = 0; id && i < m->terms_count; i++)
		if (strcmp(m->terms[i].id, id) == 0)
			*out = &m->terms[i];
	return !id || *out ||
	       json_error(m->doc, json_get(package, "terms"), err,
			  "there are no terms '%s' in this manifest", id);
}

/* --- packages ----------------------------------------------------------------------------------- */

/* Where a file goes when the manifest doesn't say: the last part of its first URL. */
static const char *default_path(const char *url)
{
	const char *slash = strrchr(url, '/');
	return slash ? slash + 1 : url;
}

/* Where it comes from: URLs, or whoever has it. */
static bool parse_origin(const struct json *doc, const struct json_value *v,
			 struct manifest_file *out, struct err *err)
{
	if (!json_get_bool(doc, v, "supply", JSON_OPTIONAL, &out->supply, err))
		return false;
	if (!out->supply) {
		if (!get_texts(doc, v, "url", &out->urls, err))
			return false;
		if (out->urls.count > LOCK_URLS_MAX)
			return json_error(doc, json_get(v, "url"), err, "at most %d mirrors",
					  LOCK_URLS_MAX);
		out->path = default_path(out->urls.p[0]);
		return true;
	}
	if (json_get(v, "url"))
		return json_error(doc, json_get(v, "url"), err,
				  "a file is either fetched or supplied: not 'url' and 'supply'");
	if (!json_get(v, "path"))
		return json_error(doc, v, err, "a supplied file needs a \"path\"");
	return true;
}

static bool parse_file(const struct json *doc, const struct json_value *v,
		       struct manifest_file *out, struct err *err)
{
	static const char *const keys[] = { "url",     "supply",  "sha256",   "hash_source",
					    "size",    "path",    "unpack",   "title",
					    "comment", "license", "supplier", "keep",
					    NULL };
	const char *comment = NULL, *keep = NULL;
	if (!json_only_keys(doc, v, keys, err) || !parse_origin(doc, v, out, err) ||
	    !json_get_string(doc, v, "title", JSON_OPTIONAL, &out->title, err) ||
	    !json_get_string(doc, v, "comment", JSON_OPTIONAL, &comment, err) ||
	    !json_get_sha256(doc, v, "sha256", JSON_OPTIONAL, out->sha256, err) ||
	    !get_optional_text(doc, v, "hash_source", &out->hash_source, err) ||
	    !get_optional_text(doc, v, "license", &out->license, err) ||
	    !get_optional_text(doc, v, "supplier", &out->supplier, err) ||
	    !json_get_u64(doc, v, "size", JSON_OPTIONAL, FETCH_SIZE_MAX, &out->size, err) ||
	    !json_get_bool(doc, v, "unpack", JSON_OPTIONAL, &out->unpack, err) ||
	    !json_get_string(doc, v, "keep", JSON_OPTIONAL, &keep, err))
		return false;
	if (keep && (strcmp(keep, "exact") != 0 || !out->unpack))
		return json_error(doc, json_get(v, "keep"), err,
				  "must be \"exact\", and is for files with \"unpack\": true");
	out->keep_exact = keep != NULL;
	for (const char *c = out->title; c && *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return json_error(doc, json_get(v, "title"), err, "must be one line");
	out->have_sha256 = json_get(v, "sha256") != NULL;
	if (!json_get_string(doc, v, "path", JSON_OPTIONAL, &out->path, err))
		return false;
	if (!path_is_safe(slice_str(out->path)))
		return json_error(doc, v, err,
				  "'%s' can't be its path in the payload; give a plain \"path\"",
				  out->path);
	return true;
}

static bool parse_files(const struct json *doc, const struct json_value *v,
			struct manifest_package *out, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(doc, v, "files", JSON_OPTIONAL, &list, err))
		return false;
	size_t count = json_count(list);
	if (count > MANIFEST_LIST_MAX)
		return json_error(doc, list, err, "at most %d elements", MANIFEST_LIST_MAX);
	out->files = calloc(count + 1, sizeof(*out->files));
	if (!out->files)
		return err_no_memory(err);
	for (const struct json_value *f = json_first(list); f; f = json_next(f)) {
		struct manifest_file *file = &out->files[out->file_count++];
		if (!parse_file(doc, f, file, err))
			return false;
		for (size_t i = 0; i + 1 < out->file_count; i++)
			if (strcmp(out->files[i].path, file->path) == 0)
				return json_error(doc, f, err, "the path '%s' stands twice",
						  file->path);
	}
	return true;
}

static bool parse_closure(const struct manifest *m, const struct json_value *v,
			  struct manifest_closure *out, struct err *err)
{
	static const char *const keys[] = { "repository", "arch", "packages", "base", NULL };
	const char *repository = NULL;
	if (!json_only_keys(m->doc, v, keys, err) ||
	    !get_text(m->doc, v, "repository", &repository, err) ||
	    !get_text(m->doc, v, "arch", &out->arch, err) ||
	    !get_text(m->doc, v, "base", &out->base, err) ||
	    !get_texts(m->doc, v, "packages", &out->packages, err))
		return false;
	if (!name_is_safe(out->arch))
		return json_error(m->doc, json_get(v, "arch"), err,
				  "must be an architecture's name, like \"amd64\"");
	if (strcmp(out->base, "minbase") != 0)
		return json_error(m->doc, json_get(v, "base"), err, "must be \"minbase\"");
	for (size_t i = 0; i < m->repository_count; i++)
		if (strcmp(m->repositories[i].name, repository) == 0)
			out->repository = &m->repositories[i];
	if (!out->repository)
		return json_error(m->doc, json_get(v, "repository"), err,
				  "there is no repository '%s' in this manifest", repository);
	return true;
}

static bool parse_kernels(const struct json *doc, const struct json_value *v,
			  struct manifest_kernels *out, struct err *err)
{
	static const char *const keys[] = { "series", "newest", NULL };
	if (!json_only_keys(doc, v, keys, err) || !get_text(doc, v, "series", &out->series, err) ||
	    !json_get_u64(doc, v, "newest", JSON_REQUIRED, MANIFEST_KERNELS_MAX, &out->newest, err))
		return false;
	if (!out->newest)
		return json_error(doc, json_get(v, "newest"), err, "must be 1 or more");
	return true;
}

static bool expand_members(struct json *doc, struct json_value *into, const struct json_value *v,
			   const char *abi)
{
	for (const struct json_value *c = json_first(v); c; c = json_next(c))
		if (!manifest_expand(doc, into, json_key(c), c, abi))
			return false;
	return true;
}

bool manifest_expand(struct json *doc, struct json_value *parent, const char *key,
		     const struct json_value *v, const char *abi)
{
	if (json_type(v) == JSON_OBJECT)
		return expand_members(doc, json_add_object(doc, parent, key), v, abi);
	if (json_type(v) == JSON_ARRAY)
		return expand_members(doc, json_add_array(doc, parent, key), v, abi);
	const char *text = json_string(v);
	if (!text) {
		json_add_copy(doc, parent, key, v);
		return true;
	}
	AUTO(auto_free) char *expanded = manifest_expand_text(text, abi);
	if (!expanded)
		return false;
	json_add_string(doc, parent, key, expanded);
	return true;
}

char *manifest_expand_text(const char *text, const char *abi)
{
	AUTO(buf_done) struct buf out = BUF_INIT(1u << 20);
	const char *hit;
	while ((hit = strstr(text, MANIFEST_ABI)) != NULL) {
		buf_add(&out, text, (size_t)(hit - text));
		buf_add_str(&out, abi);
		text = hit + sizeof(MANIFEST_ABI) - 1;
	}
	buf_add_str(&out, text);
	return out.bad ? NULL : strdup(buf_str(&out));
}

/* A package per kernel is checked as it will be: with a kernel's ABI in its rules. */
static bool check_expanded(const struct json *doc, const struct manifest_package *p,
			   struct err *err)
{
	if (!strstr(p->id, MANIFEST_ABI))
		return json_error(doc, json_get(p->value, "id"), err,
				  "a package with \"kernels\" needs " MANIFEST_ABI " in its id");
	AUTO(auto_free) char *id = manifest_expand_text(p->id, ABI_SAMPLE);
	AUTO(json_auto_free) struct json *sample = json_new("with a kernel's ABI", err);
	if (!sample)
		return false;
	if (!id || !manifest_expand(sample, json_top(sample), "match", p->match, ABI_SAMPLE))
		return err_no_memory(err);
	if (!name_is_safe(id))
		return json_error(doc, json_get(p->value, "id"), err,
				  "has lower-case letters, digits and .+_-, and " MANIFEST_ABI);
	struct err inner = { 0 };
	if (!match_check(sample, json_get(json_top(sample), "match"), &inner))
		return json_error(doc, p->match, err, "%s", inner.msg);
	return true;
}

static bool parse_steps(const struct json *doc, const struct json_value *list,
			const struct json_value *match, struct err *err)
{
	AUTO(auto_free) struct step *steps = NULL;
	size_t count = 0;
	return steps_parse(doc, list, &steps, &count, err) &&
	       steps_check_os(doc, list, steps, count, match, err);
}

static bool check_steps(const struct json *doc, const struct manifest_package *p, const char *key,
			enum json_need need, const struct json_value **out, struct err *err)
{
	if (!json_get_array(doc, p->value, key, need, out, err))
		return false;
	if (!*out)
		return true;
	if (!p->kernels.series)
		return parse_steps(doc, *out, p->match, err);
	/* ${abi} may stand in them: checked as they will be */
	AUTO(json_auto_free) struct json *sample = json_new("with a kernel's ABI", err);
	if (!sample)
		return false;
	if (!manifest_expand(sample, json_top(sample), "match", p->match, ABI_SAMPLE) ||
	    !manifest_expand(sample, json_top(sample), key, *out, ABI_SAMPLE))
		return err_no_memory(err);
	struct err inner = { 0 };
	const struct json_value *top = json_top(sample);
	if (!parse_steps(sample, json_get(top, key), json_get(top, "match"), &inner))
		return json_error(doc, *out, err, "%s", inner.msg);
	return true;
}

static bool parse_rules(const struct json *doc, const struct json_value *v,
			struct manifest_package *p, struct err *err)
{
	if (!json_get_object(doc, v, "match", JSON_REQUIRED, &p->match, err))
		return false;
	if (!p->kernels.series && !name_is_safe(p->id))
		return json_error(doc, json_get(v, "id"), err,
				  "has lower-case letters, digits and .+_- only");
	if (p->kernels.series ? !check_expanded(doc, p, err) : !match_check(doc, p->match, err))
		return false;
	p->needs = json_get(v, "needs");
	if (p->needs && !needs_check(doc, p->needs, err))
		return false;
	return check_steps(doc, p, "install", JSON_REQUIRED, &p->install, err) &&
	       check_steps(doc, p, "check", JSON_OPTIONAL, &p->check, err) &&
	       check_steps(doc, p, "uninstall", JSON_OPTIONAL, &p->uninstall, err);
}

static bool parse_package(const struct manifest *m, const struct json_value *v,
			  struct manifest_package *p, struct err *err)
{
	static const char *const keys[] = {
		"id",       "title",    "version",   "license", "driver",
		"priority", "files",    "closure",   "kernels", "match",
		"install",  "check",    "uninstall", "comment", "unreachable_ok",
		"needs",    "supplier", "terms",     NULL
	};
	const struct json_value *closure = NULL, *kernels = NULL;
	const char *comment = NULL;
	p->value = v;
	if (!json_only_keys(m->doc, v, keys, err) || !get_text(m->doc, v, "id", &p->id, err) ||
	    !get_text(m->doc, v, "title", &p->title, err) ||
	    !get_text(m->doc, v, "license", &p->license, err) ||
	    !json_get_string(m->doc, v, "comment", JSON_OPTIONAL, &comment, err) ||
	    !json_get_u64(m->doc, v, "priority", JSON_REQUIRED, UINT32_MAX, &p->priority, err) ||
	    !get_optional_text(m->doc, v, "driver", &p->driver, err) ||
	    !get_optional_text(m->doc, v, "supplier", &p->supplier, err) ||
	    !find_terms(m, v, &p->terms, err) ||
	    !get_optional_text(m->doc, v, "unreachable_ok", &p->unreachable_ok, err) ||
	    !parse_files(m->doc, v, p, err) ||
	    !json_get_object(m->doc, v, "closure", JSON_OPTIONAL, &closure, err) ||
	    !json_get_object(m->doc, v, "kernels", JSON_OPTIONAL, &kernels, err))
		return false;
	if (closure && !parse_closure(m, closure, &p->closure, err))
		return false;
	if (kernels && !closure)
		return json_error(m->doc, kernels, err, "needs a \"closure\"");
	if (kernels && !parse_kernels(m->doc, kernels, &p->kernels, err))
		return false;
	if ((json_get(v, "version") || !closure) &&
	    !get_text(m->doc, v, "version", &p->version, err))
		return false;
	return parse_rules(m->doc, v, p, err);
}

static bool parse_packages(struct manifest *m, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get_array(m->doc, json_top(m->doc), "packages", JSON_REQUIRED, &list, err))
		return false;
	size_t count = json_count(list);
	if (count == 0 || count > MANIFEST_PACKAGES_MAX)
		return json_error(m->doc, list, err, "must have 1 to %d packages",
				  MANIFEST_PACKAGES_MAX);
	m->packages = calloc(count, sizeof(*m->packages));
	if (!m->packages)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		struct manifest_package *p = &m->packages[m->package_count++];
		if (!parse_package(m, v, p, err))
			return false;
		for (size_t i = 0; i + 1 < m->package_count; i++)
			if (strcmp(m->packages[i].id, p->id) == 0)
				return json_error(m->doc, json_get(v, "id"), err,
						  "another package has the id '%s'", p->id);
	}
	return true;
}

/* --- the document ------------------------------------------------------------------------------- */

static bool parse_top(struct manifest *m, struct err *err)
{
	static const char *const keys[] = { "schema",       "name",     "version", "title",
					    "repositories", "packages", "terms",   NULL };
	const struct json_value *top = json_top(m->doc);
	uint64_t schema = 0;
	if (!json_only_keys(m->doc, top, keys, err) ||
	    !json_get_u64(m->doc, top, "schema", JSON_REQUIRED, UINT32_MAX, &schema, err))
		return false;
	if (schema != 1)
		return json_error(m->doc, json_get(top, "schema"), err,
				  "schema %llu is not supported, 1 is", (unsigned long long)schema);
	if (!get_text(m->doc, top, "name", &m->name, err) ||
	    !get_text(m->doc, top, "version", &m->version, err) ||
	    !json_get_string(m->doc, top, "title", JSON_OPTIONAL, &m->title, err))
		return false;
	if (!name_is_safe(m->name))
		return json_error(m->doc, json_get(top, "name"), err,
				  "has lower-case letters, digits and .+_- only");
	return parse_repositories(m, err) && parse_terms(m, err) && parse_packages(m, err);
}

bool manifest_parse(const char *name, struct slice text, struct manifest *out, struct err *err)
{
	AUTO(manifest_done) struct manifest m = { 0 };
	if (text.len > MANIFEST_SIZE_MAX)
		return err_set(err, ERR_FORMAT, "%s: is larger than %u bytes", name,
			       MANIFEST_SIZE_MAX);
	m.doc = json_parse(name, text, err);
	if (!m.doc || !sha256_of(text, m.sha256, err) || !parse_top(&m, err))
		return false;
	*out = m;
	m = (struct manifest) { 0 };
	return true;
}

bool manifest_read(const char *path, struct manifest *out, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(MANIFEST_SIZE_MAX);
	return file_read(path, MANIFEST_SIZE_MAX, &text, err) &&
	       manifest_parse(path, buf_slice(&text), out, err);
}
