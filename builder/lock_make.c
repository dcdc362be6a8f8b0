/* SPDX-License-Identifier: MIT */
/*
 * lock_make.c - see lock_make.h.
 *
 *   what is supplied, and which packages lack it
 *   -> locate and check the repositories that packages use -> fetch every package list
 *   -> for each repository and architecture: load, resolve its packages, unload (one at a time,
 *      since a list takes a hundred megabytes) -> vendor files -> sort -> print
 */
#include "lock_make.h"

#include <inttypes.h>

#include "available.h"
#include "kernels.h"
#include "path.h"
#include "progress.h"
#include "resolve.h"
#include "supply.h"

struct maker {
	const struct lock_request *request;
	struct repository *repositories; /* as in the manifest; those not used are zero */
	struct repository_lists *lists;  /* one per repository and architecture used */
	size_t list_count;
	struct lock lock; /* what is made; texts below, documents borrowed */
	size_t file_cap, package_cap;
	struct texts texts;
	struct json *expanded; /* owns the rules and steps of packages per kernel */
	struct supply_slot *slots;
	size_t slot_count;
	bool *left_out; /* one per package of the manifest */
};

static void maker_done(struct maker *m)
{
	for (size_t i = 0; m->repositories && i < m->request->manifest->repository_count; i++)
		repository_done(&m->repositories[i]);
	for (size_t i = 0; i < m->list_count; i++)
		repository_unload(&m->lists[i]);
	free(m->repositories);
	free(m->lists);
	free(m->slots);
	free(m->left_out);
	lock_done(&m->lock);
	texts_done(&m->texts);
	json_free(m->expanded);
}

/* Make room for one more record of @size bytes in the array at @slot. */
static bool grow(void *slot, size_t count, size_t *cap, size_t size, size_t max, const char *what,
		 struct err *err)
{
	if (count < *cap)
		return true;
	if (count >= max)
		return err_set(err, ERR_FORMAT, "the lock would have more than %zu %s", max, what);
	size_t more = *cap ? *cap * 2 : 64;
	void *p = realloc(*(void **)slot, more * size);
	if (!p)
		return err_no_memory(err);
	*(void **)slot = p;
	*cap = more;
	return true;
}

/* --- files -------------------------------------------------------------------------------------- */

/* The file with @f's digest, added when it is new or can now be fetched; takes over f->urls. */
static bool add_file(struct maker *m, struct lock_file *f, uint32_t *index, struct err *err)
{
	struct lock *l = &m->lock;
	for (size_t i = 0; i < l->file_count; i++)
		if (memcmp(l->files[i].sha256, f->sha256, SHA256_SIZE) == 0) {
			*index = (uint32_t)i;
			bool better = l->files[i].trust == LOCK_SUPPLIED;
			free(better ? l->files[i].urls : f->urls);
			if (better)
				l->files[i] = *f;
			f->urls = NULL;
			return true;
		}
	if (!grow(&l->files, l->file_count, &m->file_cap, sizeof(*l->files), LOCK_FILES_MAX,
		  "files", err))
		return false;
	*index = (uint32_t)l->file_count;
	l->files[l->file_count++] = *f;
	f->urls = NULL;
	return true;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* "A, B" of two relation fields, on one line. */
static const char *join(struct texts *t, struct slice a, struct slice b)
{
	AUTO(buf_done) struct buf both = BUF_INIT(1u << 20);
	buf_add(&both, a.p, a.len);
	if (a.len && b.len)
		buf_add(&both, ", ", 2);
	buf_add(&both, b.p, b.len);
	for (size_t i = 0; i < both.len; i++)
		if (both.p[i] == '\n')
			both.p[i] = ' ';
	if (both.bad)
		t->bad = true;
	return texts_add(t, buf_slice(&both));
}

static bool deb_file(struct maker *m, const struct repository *r, const struct apt_package *p,
		     uint32_t *index, struct err *err)
{
	struct slice path = p->filename;
	if (path.len > 2 && path.p[0] == '.' && path.p[1] == '/')
		path = (struct slice) { path.p + 2, path.len - 2 };
	if (!path_is_safe(path))
		return err_set(err, ERR_FORMAT,
			       "repository '%s': package '%.*s' has an unsafe Filename",
			       r->manifest->name, (int)p->name.len, (const char *)p->name.p);
	const struct repository_suite *s = &r->suites[p->suite];
	const char **urls = calloc(s->base_count, sizeof(*urls));
	if (!urls)
		return err_no_memory(err);
	for (size_t i = 0; i < s->base_count; i++)
		urls[i] = repository_url(&m->texts, s->bases[i], path);
	struct slice none = { 0 };
	struct lock_file f = {
		.name = last_part(texts_add(&m->texts, path)),
		.urls = urls,
		.url_count = s->base_count,
		.size = p->size,
		.trust = LOCK_REPOSITORY,
		.is_deb = true,
		.deb = { .package = texts_add(&m->texts, p->name),
			 .version = texts_add(&m->texts, p->version),
			 .arch = texts_add(&m->texts, p->arch),
			 .depends = join(&m->texts, p->pre_depends, p->depends),
			 .conflicts = join(&m->texts, p->breaks, p->conflicts),
			 .provides = join(&m->texts, p->provides, none),
			 .origin = texts_add(&m->texts, s->release.origin),
			 .distro = texts_add(&m->texts, r->suites[0].release.codename),
			 .source = join(&m->texts, p->source, none),
			 .essential = p->essential,
			 .installed_size = p->installed_size },
	};
	memcpy(f.sha256, p->sha256, SHA256_SIZE);
	bool ok = add_file(m, &f, index, err);
	free(f.urls);
	return ok;
}

/* --- packages ----------------------------------------------------------------------------------- */

static struct lock_package *add_package(struct maker *m, struct err *err)
{
	struct lock *l = &m->lock;
	if (!grow(&l->packages, l->package_count, &m->package_cap, sizeof(*l->packages),
		  LOCK_PACKAGES_MAX, "packages", err))
		return NULL;
	struct lock_package *p = &l->packages[l->package_count++];
	*p = (struct lock_package) { 0 };
	return p;
}

static bool set_debs(struct maker *m, const struct repository *r, const struct closure *c,
		     struct lock_package *p, struct err *err)
{
	p->debs = calloc(c->count + 1, sizeof(*p->debs));
	if (!p->debs)
		return err_no_memory(err);
	for (size_t i = 0; i < c->count; i++) {
		struct lock_package_deb *d = &p->debs[p->deb_count++];
		d->batch = c->items[i].batch;
		if (!deb_file(m, r, c->items[i].package, &d->file, err))
			return false;
	}
	return true;
}

/* A version for people and for ties: without the epoch, which says nothing outside its archive. */
static const char *plain_version(struct texts *t, struct slice version)
{
	const uint8_t *colon = memchr(version.p, ':', version.len);
	if (colon) {
		size_t skip = (size_t)(colon - version.p) + 1;
		version = (struct slice) { version.p + skip, version.len - skip };
	}
	return texts_add(t, version);
}

/* Put title, id, rules and steps of @from into @p, with ${abi} replaced when there is an @abi. */
static bool set_rules(struct maker *m, const struct manifest_package *from, const char *abi,
		      struct lock_package *p, struct err *err)
{
	p->license = from->license;
	p->supplier = from->supplier;
	if (from->terms)
		p->terms = *from->terms;
	p->priority = from->priority;
	p->version = from->version;
	p->kernel = abi;
	if (!abi) {
		p->id = from->id;
		p->title = from->title;
		p->match = from->match;
		p->install = from->install;
		p->check = from->check;
		p->uninstall = from->uninstall;
		p->needs = from->needs;
		return true;
	}
	AUTO(auto_free) char *id = manifest_expand_text(from->id, abi);
	if (!id || !manifest_expand(m->expanded, json_top(m->expanded), id, from->value, abi))
		return err_no_memory(err);
	const struct json_value *v = json_get(json_top(m->expanded), id);
	p->id = texts_add(&m->texts, slice_str(id));
	p->title = json_string(json_get(v, "title"));
	p->match = json_get(v, "match");
	p->install = json_get(v, "install");
	p->check = json_get(v, "check");
	p->uninstall = json_get(v, "uninstall");
	p->needs = json_get(v, "needs");
	return (p->title && p->match && p->install) || err_no_memory(err);
}

static bool expand_names(struct maker *m, const struct strings *names, const char *abi,
			 const char **out, struct err *err)
{
	for (size_t i = 0; i < names->count; i++) {
		AUTO(auto_free) char *name = manifest_expand_text(names->p[i], abi ? abi : "");
		if (!name)
			return err_no_memory(err);
		out[i] = abi ? texts_add(&m->texts, slice_str(name)) : names->p[i];
	}
	return !m->texts.bad || err_no_memory(err);
}

static bool make_package(struct maker *m, const struct manifest_package *from, const char *abi,
			 const struct repository *r, struct resolver *resolver, struct err *err)
{
	const struct strings *names = &from->closure.packages;
	AUTO(auto_free) const char **wanted = calloc(names->count, sizeof(*wanted));
	AUTO(closure_done) struct closure closure = { 0 };
	if (!wanted)
		return err_no_memory(err);
	if (!expand_names(m, names, abi, wanted, err) ||
	    !resolver_closure(resolver, wanted, names->count, &closure, err))
		return err_wrap(err, "package '%s'", from->id);
	struct lock_package *p = add_package(m, err);
	if (!p || !set_rules(m, from, abi, p, err) || !set_debs(m, r, &closure, p, err))
		return false;
	if (!p->version) {
		const struct apt_package *first = resolver_find(resolver, wanted[0]);
		p->version = plain_version(&m->texts, first->version);
	}
	progress_note("%s: %zu packages", p->id, p->deb_count);
	return true;
}

static bool make_kernels(struct maker *m, const struct manifest_package *from,
			 const struct repository_lists *lists, struct resolver *resolver,
			 struct err *err)
{
	const char *abis[MANIFEST_KERNELS_MAX];
	size_t count = 0;
	const struct manifest_kernels *k = &from->kernels;
	if (!kernels_newest(lists->repository->manifest->name, lists->indexes, lists->index_count,
			    resolver_find(resolver, k->series), k->series, (size_t)k->newest,
			    &m->texts, abis, &count, err))
		return err_wrap(err, "package '%s'", from->id);
	for (size_t i = 0; i < count; i++)
		if (!make_package(m, from, abis[i], lists->repository, resolver, err))
			return false;
	return true;
}

/* --- repositories ------------------------------------------------------------------------------- */

static bool uses(const struct maker *m, size_t package, const struct repository_lists *l)
{
	const struct manifest_package *p = &m->request->manifest->packages[package];
	return !m->left_out[package] && p->closure.repository == l->repository->manifest &&
	       strcmp(p->closure.arch, l->arch) == 0;
}

/* Everything that one repository and architecture is needed for. */
static bool resolve_lists(struct maker *m, struct repository_lists *l, struct err *err)
{
	const struct manifest *manifest = m->request->manifest;
	AUTO(resolver_auto_free) struct resolver *resolver = resolver_new(
		l->repository->manifest->name, l->arch, l->indexes, l->index_count, err);
	bool ok = resolver != NULL;
	for (size_t i = 0; i < manifest->package_count && ok; i++) {
		const struct manifest_package *p = &manifest->packages[i];
		if (!uses(m, i, l))
			continue;
		ok = p->kernels.series ? make_kernels(m, p, l, resolver, err)
				       : make_package(m, p, NULL, l->repository, resolver, err);
	}
	return ok;
}

/*
 * With "skip_missing", resolve again without the files that no mirror has until all are there: each
 * round takes at least one from the lists, so it ends.
 */
static bool resolve_available(struct maker *m, struct repository_lists *l, struct buf *missing,
			      struct err *err)
{
	size_t packages = m->lock.package_count, files = m->lock.file_count;
	for (;;) {
		size_t gone = 0;
		if (!resolve_lists(m, l, err))
			return missing->len ? err_wrap(err, "no mirror has %s", buf_str(missing))
					    : false;
		if (l->repository->manifest->skip_missing &&
		    !available_check(&m->lock, files, l, m->request->cache, m->request->fetch,
				     missing, &gone, err))
			return false;
		if (!gone)
			return true;
		lock_truncate(&m->lock, packages, files);
	}
}

static bool make_lists(struct maker *m, struct repository_lists *l, struct buf *missing,
		       struct err *err)
{
	if (!repository_load(l, m->request->cache, err))
		return false;
	bool ok = resolve_available(m, l, missing, err);
	repository_unload(l);
	return ok;
}

static bool plan_lists(struct maker *m, struct apt_config *apt, struct err *err)
{
	const struct manifest *manifest = m->request->manifest;
	for (size_t i = 0; i < manifest->package_count; i++) {
		const struct manifest_closure *c = &manifest->packages[i].closure;
		if (!c->repository || m->left_out[i])
			continue;
		struct repository *r = &m->repositories[c->repository - manifest->repositories];
		if (!r->manifest &&
		    !repository_locate(c->repository, m->request->override, apt, r, err))
			return false;
		bool known = false;
		for (size_t k = 0; k < m->list_count; k++)
			known |= uses(m, i, &m->lists[k]);
		if (!known)
			m->lists[m->list_count++] =
				(struct repository_lists) { .repository = r, .arch = c->arch };
	}
	return true;
}

/* Only those that a package uses: the others have no manifest set. */
static bool open_repositories(struct maker *m, struct buf *stale, struct err *err)
{
	size_t count = m->request->manifest->repository_count;
	for (size_t i = 0; i < count; i++)
		if (m->repositories[i].manifest &&
		    !repository_open_all(&m->repositories[i], 1, m->request->cache,
					 m->request->fetch, m->request->now, stale, err))
			return false;
	return true;
}

static bool record_suites(struct maker *m, struct err *err)
{
	size_t count = 0;
	for (size_t i = 0; i < m->request->manifest->repository_count; i++)
		count += m->repositories[i].suite_count;
	struct lock *l = &m->lock;
	l->suites = calloc(count + 1, sizeof(*l->suites));
	if (!l->suites)
		return err_no_memory(err);
	for (size_t i = 0; i < m->request->manifest->repository_count; i++)
		for (size_t k = 0; k < m->repositories[i].suite_count; k++) {
			const struct repository_suite *s = &m->repositories[i].suites[k];
			struct lock_suite *out = &l->suites[l->suite_count++];
			out->repository = m->repositories[i].manifest->name;
			out->suite = s->name;
			out->date = s->release.date;
			memcpy(out->release_sha256, s->release_sha256, SHA256_SIZE);
			if (l->created < s->release.date)
				l->created = s->release.date;
		}
	return true;
}

static bool make_closures(struct maker *m, struct lock_warnings *warnings, struct err *err)
{
	const struct manifest *manifest = m->request->manifest;
	AUTO(apt_config_done) struct apt_config apt = { 0 };
	m->repositories = calloc(manifest->repository_count + 1, sizeof(*m->repositories));
	m->lists = calloc(manifest->package_count, sizeof(*m->lists));
	if (!m->repositories || !m->lists)
		return err_no_memory(err);
	if (!plan_lists(m, &apt, err) || !open_repositories(m, &warnings->stale, err) ||
	    !record_suites(m, err) ||
	    !repository_fetch_lists(m->lists, m->list_count, m->request->cache, m->request->fetch,
				    err))
		return false;
	for (size_t i = 0; i < m->list_count; i++)
		if (!make_lists(m, &m->lists[i], &warnings->missing, err))
			return false;
	return true;
}

/* --- what is supplied --------------------------------------------------------------------------- */

static bool find_left_out(struct maker *m, struct err *err)
{
	const struct manifest *manifest = m->request->manifest;
	struct lock *l = &m->lock;
	m->left_out = calloc(manifest->package_count + 1, sizeof(*m->left_out));
	l->left_out = calloc(manifest->package_count + 1, sizeof(*l->left_out));
	if (!m->left_out || !l->left_out)
		return err_no_memory(err);
	if (!supply_slots_of_manifest(manifest, &m->slots, &m->slot_count, err) ||
	    !supply_match(m->request->supply, m->request->supply_count, m->slots, m->slot_count,
			  err))
		return false;
	for (size_t i = 0; i < manifest->package_count; i++) {
		const struct manifest_package *p = &manifest->packages[i];
		AUTO(buf_done) struct buf reason = BUF_INIT(1u << 16);
		m->left_out[i] = supply_lacks(m->slots, m->slot_count, p, &reason);
		if (!buf_ok(&reason, "what is not supplied", err))
			return false;
		if (m->left_out[i])
			l->left_out[l->left_out_count++] =
				(struct lock_left_out) { p->id,
							 texts_add(&m->texts, buf_slice(&reason)) };
	}
	if (m->texts.bad)
		return err_no_memory(err);
	if (l->left_out_count < manifest->package_count)
		return true;
	return err_set(err, ERR_USAGE, "no package is left: '%s' %s", l->left_out[0].id,
		       l->left_out[0].reason);
}

/* --- vendor files ------------------------------------------------------------------------------- */

/* Those whose digest or size the manifest does not say are looked at now. */
static bool fetch_vendor(struct maker *m, const struct manifest_file *f, struct lock_file *out,
			 struct err *err)
{
	out->trust = f->have_sha256 ? LOCK_PINNED : LOCK_FIRST_USE;
	out->size = f->size;
	memcpy(out->sha256, f->sha256, SHA256_SIZE);
	if (f->have_sha256 && f->size)
		return true;
	struct fetch_item item = { .what = f->path,
				   .urls = f->urls.p,
				   .url_count = f->urls.count,
				   .have_sha256 = f->have_sha256,
				   .size = f->size };
	memcpy(item.sha256, f->sha256, SHA256_SIZE);
	if (!fetch_all(m->request->cache, &item, 1, m->request->fetch, err))
		return false;
	memcpy(out->sha256, item.seen_sha256, SHA256_SIZE);
	out->size = item.seen_size;
	return true;
}

static bool take_supplied(struct maker *m, const char *package, const struct manifest_file *f,
			  struct lock_file *out, struct err *err)
{
	const struct supply_slot *slot = supply_find(m->slots, m->slot_count, package, f->path);
	out->trust = LOCK_SUPPLIED;
	return supply_take(m->request->cache, slot->given, f->have_sha256 ? f->sha256 : NULL,
			   f->size, out->sha256, &out->size, err);
}

static bool vendor_file(struct maker *m, const char *package, const struct manifest_file *f,
			uint32_t *index, struct err *err)
{
	struct lock_file file = { .name = last_part(f->path) };
	if (f->supply ? !take_supplied(m, package, f, &file, err) : !fetch_vendor(m, f, &file, err))
		return false;
	file.urls = calloc(f->urls.count + 1, sizeof(*file.urls));
	if (!file.urls)
		return err_no_memory(err);
	if (f->urls.count)
		memcpy(file.urls, f->urls.p, f->urls.count * sizeof(*file.urls));
	file.url_count = f->urls.count;
	bool ok = add_file(m, &file, index, err);
	free(file.urls);
	return ok;
}

static bool set_files(struct maker *m, const struct manifest_package *from, struct lock_package *p,
		      struct err *err)
{
	p->files = calloc(from->file_count + 1, sizeof(*p->files));
	if (!p->files)
		return err_no_memory(err);
	for (size_t i = 0; i < from->file_count; i++) {
		struct lock_package_file *f = &p->files[p->file_count++];
		f->path = from->files[i].path;
		f->unpack = from->files[i].unpack;
		f->keep_exact = from->files[i].keep_exact;
		f->license = from->files[i].license;
		f->supplier = from->files[i].supplier;
		if (!vendor_file(m, from->id, &from->files[i], &f->file, err))
			return err_wrap(err, "package '%s'", from->id);
	}
	return true;
}

/* Packages with a closure stand in the lock already, one per kernel where there are kernels. */
static bool make_files(struct maker *m, struct err *err)
{
	const struct manifest *manifest = m->request->manifest;
	for (size_t i = 0; i < manifest->package_count; i++) {
		const struct manifest_package *from = &manifest->packages[i];
		if (m->left_out[i])
			continue;
		if (!from->closure.repository) {
			struct lock_package *p = add_package(m, err);
			if (!p || !set_rules(m, from, NULL, p, err))
				return false;
			p->debs = calloc(1, sizeof(*p->debs));
			if (!p->debs || !set_files(m, from, p, err))
				return p->debs ? false : err_no_memory(err);
			continue;
		}
		for (size_t k = 0; k < m->lock.package_count; k++) {
			struct lock_package *p = &m->lock.packages[k];
			AUTO(auto_free) char *id =
				manifest_expand_text(from->id, p->kernel ? p->kernel : "");
			if (!id)
				return err_no_memory(err);
			if (strcmp(p->id, id) == 0 && !set_files(m, from, p, err))
				return false;
		}
	}
	return true;
}

/* --- order -------------------------------------------------------------------------------------- */

struct sorted_file { /* the file first: lock_file_compare sorts these too */
	struct lock_file file;
	uint32_t before;
};

static int package_compare(const void *a, const void *b)
{
	return strcmp(((const struct lock_package *)a)->id, ((const struct lock_package *)b)->id);
}

static bool sort_files(struct lock *l, struct err *err)
{
	AUTO(auto_free) struct sorted_file *sorted = calloc(l->file_count + 1, sizeof(*sorted));
	AUTO(auto_free) uint32_t *now_at = calloc(l->file_count + 1, sizeof(*now_at));
	if (!sorted || !now_at)
		return err_no_memory(err);
	for (size_t i = 0; i < l->file_count; i++)
		sorted[i] = (struct sorted_file) { l->files[i], (uint32_t)i };
	qsort(sorted, l->file_count, sizeof(*sorted), lock_file_compare);
	for (size_t i = 0; i < l->file_count; i++) {
		l->files[i] = sorted[i].file;
		now_at[sorted[i].before] = (uint32_t)i;
	}
	for (size_t i = 0; i < l->package_count; i++) {
		struct lock_package *p = &l->packages[i];
		for (size_t k = 0; k < p->deb_count; k++)
			p->debs[k].file = now_at[p->debs[k].file];
		for (size_t k = 0; k < p->file_count; k++)
			p->files[k].file = now_at[p->files[k].file];
	}
	return true;
}

static bool sort_all(struct lock *l, struct err *err)
{
	qsort(l->packages, l->package_count, sizeof(*l->packages), package_compare);
	for (size_t i = 1; i < l->package_count; i++)
		if (strcmp(l->packages[i - 1].id, l->packages[i].id) == 0)
			return err_set(err, ERR_FORMAT,
				       "two packages of the manifest come out as '%s'",
				       l->packages[i].id);
	return sort_files(l, err);
}

bool lock_make(const struct lock_request *request, struct buf *out, struct lock_warnings *warnings,
	       struct err *err)
{
	AUTO(maker_done) struct maker m = { .request = request };
	m.expanded = json_new("packages per kernel", err);
	if (!m.expanded || !repository_check_override(request->override, request->manifest, err))
		return false;
	m.lock.name = request->manifest->name;
	m.lock.version = request->manifest->version;
	memcpy(m.lock.manifest_sha256, request->manifest->sha256, SHA256_SIZE);
	if (!find_left_out(&m, err) || !make_closures(&m, warnings, err) || !make_files(&m, err) ||
	    !sort_all(&m.lock, err))
		return false;
	if (m.texts.bad)
		return err_no_memory(err);
	return lock_print(&m.lock, out, err);
}
