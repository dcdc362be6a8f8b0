/* SPDX-License-Identifier: MIT */
/* repository.c - see repository.h. */
#include "repository.h"

#include <ctype.h>

#include "date.h"
#include "decompress.h"
#include "file.h"
#include "gpgv.h"
#include "url.h"

#define PACKED_SIZE_MAX (256u << 20) /* of a Packages file as it is fetched */
#define LIST_URLS_MAX 32

void repository_done(struct repository *r)
{
	for (size_t i = 0; i < r->suite_count; i++) {
		free(r->suites[i].bases);
		release_done(&r->suites[i].release);
	}
	free(r->suites);
	texts_done(&r->texts);
	*r = (struct repository) { 0 };
}

/* --- where it is -------------------------------------------------------------------------------- */

/* The label of "@apt:LABEL", or NULL. */
static const char *apt_label(const char *uri)
{
	size_t n = sizeof(MANIFEST_APT_PREFIX) - 1;
	return strncmp(uri, MANIFEST_APT_PREFIX, n) == 0 ? uri + n : NULL;
}

/* The URL of "--mirror NAME=URL", or NULL. */
static const char *override_of(const struct repository_override *o, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < o->mirror_count; i++)
		if (strncmp(o->mirrors[i], name, n) == 0 && o->mirrors[i][n] == '=')
			return o->mirrors[i] + n + 1;
	return NULL;
}

/* Is @name, of @n bytes, something that a mirror can be given for? */
static bool is_known(const struct manifest *m, const char *name, size_t n)
{
	for (size_t i = 0; i < m->repository_count; i++) {
		const struct manifest_repository *r = &m->repositories[i];
		if (strlen(r->name) == n && memcmp(r->name, name, n) == 0)
			return true;
		for (size_t k = 0; k < r->suite_count; k++)
			for (size_t u = 0; u < r->suites[k].uris.count; u++) {
				const char *label = apt_label(r->suites[k].uris.p[u]);
				if (label && strlen(label) == n && memcmp(label, name, n) == 0)
					return true;
			}
	}
	return false;
}

bool repository_check_override(const struct repository_override *o, const struct manifest *m,
			       struct err *err)
{
	for (size_t i = 0; i < o->mirror_count; i++) {
		const char *equal = strchr(o->mirrors[i], '=');
		if (!equal || equal == o->mirrors[i] || !equal[1])
			return err_set(err, ERR_USAGE, "'--mirror %s' must be NAME=URL",
				       o->mirrors[i]);
		if (!is_known(m, o->mirrors[i], (size_t)(equal - o->mirrors[i])))
			return err_set(err, ERR_USAGE,
				       "'--mirror %s': the manifest has no repository and no "
				       "'@apt:' archive of that name",
				       o->mirrors[i]);
		if (url_kind(equal + 1) == URL_UNSUPPORTED)
			return err_set(err, ERR_USAGE,
				       "'--mirror %s' must be an http, https or file URL, or a "
				       "path",
				       o->mirrors[i]);
	}
	return true;
}

static bool need_apt(struct apt_config *apt, struct err *err)
{
	return apt->archives || apt_config_read(apt, err);
}

static const char *without_slash(struct texts *t, const char *uri)
{
	struct slice s = slice_str(uri);
	while (s.len && s.p[s.len - 1] == '/')
		s.len--;
	return texts_add(t, s);
}

static bool locate_uri(const char *uri, const struct repository_override *o, struct apt_config *apt,
		       struct repository *r, const char **base, struct err *err)
{
	const char *label = apt_label(uri);
	const char *given = override_of(o, r->manifest->name);
	if (!given && label)
		given = override_of(o, label);
	if (!given && !label)
		given = uri;
	if (given) {
		*base = without_slash(&r->texts, given);
		return true;
	}
	if (!need_apt(apt, err))
		return err_wrap(err, "repository '%s'", r->manifest->name);
	const struct apt_archive *archive = apt_config_find(apt, label);
	if (!archive)
		return err_set(
			err, ERR_UNRESOLVED,
			"repository '%s': this machine's apt knows no archive with the label "
			"'%s'; run 'apt-get update', or give --mirror %s=URL",
			r->manifest->name, label, label);
	if (url_kind(archive->uri) == URL_UNSUPPORTED)
		return err_set(err, ERR_UNRESOLVED,
			       "repository '%s': this machine's apt has '%s' at '%s', which is not "
			       "http, https or file; give --mirror %s=URL",
			       r->manifest->name, label, archive->uri, label);
	*base = without_slash(&r->texts, archive->uri);
	return true;
}

static bool locate_suite(const struct manifest_suite *m, const struct repository_override *o,
			 struct apt_config *apt, struct repository *r, struct repository_suite *out,
			 struct err *err)
{
	out->name = m->name;
	out->bases = calloc(m->uris.count, sizeof(*out->bases));
	if (!out->bases)
		return err_no_memory(err);
	for (size_t i = 0; i < m->uris.count; i++) {
		const char *base = NULL;
		if (!locate_uri(m->uris.p[i], o, apt, r, &base, err))
			return false;
		/* an override of the repository stands for all of its mirrors */
		if (!out->base_count || strcmp(out->bases[out->base_count - 1], base) != 0)
			out->bases[out->base_count++] = base;
	}
	return true;
}

/* What apt trusts for the archive of the first suite. */
static const char *apt_keyring(const struct manifest_repository *m, const struct apt_config *apt)
{
	const char *label = apt_label(m->suites[0].uris.p[0]);
	const struct apt_archive *a = label ? apt_config_find(apt, label) : NULL;
	return a && a->keyring ? a->keyring : APT_DEFAULT_KEYRING;
}

bool repository_locate(const struct manifest_repository *manifest,
		       const struct repository_override *o, struct apt_config *apt,
		       struct repository *out, struct err *err)
{
	AUTO(repository_done) struct repository r = { .manifest = manifest };
	r.suites = calloc(manifest->suite_count, sizeof(*r.suites));
	if (!r.suites)
		return err_no_memory(err);
	for (size_t i = 0; i < manifest->suite_count; i++, r.suite_count++)
		if (!locate_suite(&manifest->suites[i], o, apt, &r, &r.suites[i], err)) {
			r.suite_count = i + 1;
			return false;
		}
	bool keyring_of_apt = strcmp(manifest->keyring, MANIFEST_APT) == 0 && !o->keyring;
	if ((keyring_of_apt || manifest->check_valid_until == CHOICE_APT) && !need_apt(apt, err))
		return err_wrap(err, "repository '%s'", manifest->name);
	r.keyring = o->keyring       ? o->keyring
		    : keyring_of_apt ? texts_add(&r.texts, slice_str(apt_keyring(manifest, apt)))
				     : manifest->keyring;
	r.check_valid_until = manifest->check_valid_until == CHOICE_APT
				      ? apt->check_valid_until
				      : manifest->check_valid_until == CHOICE_YES;
	if (r.texts.bad)
		return err_no_memory(err);
	*out = r;
	r = (struct repository) { 0 };
	return true;
}

/* --- fetching ----------------------------------------------------------------------------------- */

/* Items for fetch_all, with everything they borrow. */
struct order {
	struct fetch_item *items;
	const char *(*urls)[LIST_URLS_MAX];
	size_t count;
	struct texts texts;
};

static void order_done(struct order *o)
{
	free(o->items);
	free(o->urls);
	texts_done(&o->texts);
}

static bool order_init(struct order *o, size_t max, struct err *err)
{
	o->items = calloc(max, sizeof(*o->items));
	o->urls = calloc(max, sizeof(*o->urls));
	return (o->items && o->urls) || err_no_memory(err);
}

static void order_url(struct order *o, struct fetch_item *item, const char *url)
{
	size_t row = (size_t)(item - o->items);
	if (item->url_count < LIST_URLS_MAX)
		o->urls[row][item->url_count++] = url;
	item->urls = o->urls[row];
}

static bool order_fetch(struct order *o, struct cache *cache, const struct fetch_options *options,
			struct err *err)
{
	if (o->texts.bad)
		return err_no_memory(err);
	return fetch_all(cache, o->items, o->count, options, err);
}

/* A file of the cache, whole, and still what its digest says. */
static bool cache_read(struct cache *cache, const uint8_t sha256[SHA256_SIZE], size_t max,
		       struct buf *out, struct err *err)
{
	AUTO(auto_free) char *path = cache_path(cache, sha256);
	if (!path)
		return err_no_memory(err);
	uint8_t seen[SHA256_SIZE];
	if (!file_read(path, max, out, err) || !sha256_of(buf_slice(out), seen, err))
		return false;
	if (memcmp(seen, sha256, SHA256_SIZE) != 0)
		return err_set(err, ERR_DIGEST,
			       "'%s' in the cache was changed; remove it and try again", path);
	return true;
}

/* --- the Release files -------------------------------------------------------------------------- */

static bool check_release(const struct repository *r, const struct repository_suite *s,
			  const char *what, uint64_t now, struct buf *stale, struct err *err)
{
	/* a mirror could serve another suite of the same signer */
	if (!slice_is(s->release.suite, s->name) && !slice_is(s->release.codename, s->name))
		return err_set(
			err, ERR_UNTRUSTED,
			"%s is that of suite '%.*s', codename '%.*s': not what was asked for", what,
			(int)s->release.suite.len, (const char *)s->release.suite.p,
			(int)s->release.codename.len, (const char *)s->release.codename.p);
	if (!s->release.valid_until || s->release.valid_until >= now)
		return true;
	char until[DATE_TEXT_SIZE], made[DATE_TEXT_SIZE];
	date_text(s->release.valid_until, until);
	date_text(s->release.date, made);
	if (r->check_valid_until)
		return err_set(err, ERR_EXPIRED,
			       "%s, of %s, was valid until %s; the mirror may be out of date (or "
			       "say \"check_valid_until\": false)",
			       what, made, until);
	buf_printf(stale, "%ssuite '%s' was valid until %s", stale->len ? ", " : "", s->name,
		   until);
	return buf_ok(stale, "the list of old suites", err);
}

static bool open_suite(const struct repository *r, struct repository_suite *s,
		       const struct fetch_item *item, struct cache *cache, uint64_t now,
		       struct buf *stale, struct err *err)
{
	AUTO(auto_free) char *path = cache_path(cache, item->seen_sha256);
	if (!path)
		return err_no_memory(err);
	AUTO(buf_done) struct buf text = BUF_INIT(RELEASE_SIZE_MAX);
	memcpy(s->release_sha256, item->seen_sha256, SHA256_SIZE);
	return gpgv_verify(item->what, path, r->keyring, &text, err) &&
	       release_parse(item->what, &text, &s->release, err) &&
	       check_release(r, s, item->what, now, stale, err);
}

bool repository_open_all(struct repository *repositories, size_t count, struct cache *cache,
			 const struct fetch_options *options, uint64_t now, struct buf *stale,
			 struct err *err)
{
	AUTO(order_done) struct order o = { 0 };
	if (!count)
		return true;
	if (!order_init(&o, count * REPOSITORY_SUITES_MAX, err))
		return false;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < repositories[i].suite_count; k++) {
			const struct repository_suite *s = &repositories[i].suites[k];
			struct fetch_item *item = &o.items[o.count++];
			item->what = texts_printf(&o.texts, "InRelease of suite '%s'", s->name);
			item->size_max = RELEASE_SIZE_MAX;
			for (size_t u = 0; u < s->base_count; u++)
				order_url(&o, item,
					  texts_printf(&o.texts, "%s/dists/%s/InRelease",
						       s->bases[u], s->name));
		}
	if (!order_fetch(&o, cache, options, err))
		return false;
	const struct fetch_item *item = o.items;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < repositories[i].suite_count; k++, item++)
			if (!open_suite(&repositories[i], &repositories[i].suites[k], item, cache,
					now, stale, err))
				return err_wrap(err, "repository '%s'",
						repositories[i].manifest->name);
	return true;
}

/* --- the lists of packages ---------------------------------------------------------------------- */

struct list { /* one Packages file */
	uint8_t sha256[SHA256_SIZE];
	uint64_t size;
	const char *path; /* below dists/SUITE */
	const char *directory;
};

/* The smallest form of COMPONENT/binary-ARCH/Packages that the Release file names. */
static bool find_list(const struct repository_suite *s, const char *component, const char *arch,
		      struct texts *t, struct list *out)
{
	static const char *const endings[] = { ".xz", ".zst", ".bz2", ".gz", "" };
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		const char *path =
			texts_printf(t, "%s/binary-%s/Packages%s", component, arch, endings[i]);
		if (!release_find(&s->release, path, out->sha256, &out->size))
			continue;
		out->path = path;
		out->directory = texts_printf(t, "%s/binary-%s", component, arch);
		return true;
	}
	return false;
}

/* All lists of a suite for @arch: one per component, and those for "all" where they stand apart. */
static bool find_lists(const struct repository *r, const struct repository_suite *s,
		       const char *arch, struct texts *t, struct list *out, size_t *count,
		       struct err *err)
{
	for (size_t i = 0; i < r->manifest->components.count; i++) {
		const char *component = r->manifest->components.p[i];
		if (!find_list(s, component, arch, t, &out[*count]))
			return err_set(err, ERR_UNRESOLVED,
				       "repository '%s': suite '%s' has no component '%s' for "
				       "architecture '%s'",
				       r->manifest->name, s->name, component, arch);
		++*count;
		if (s->release.all_apart && find_list(s, component, "all", t, &out[*count]))
			++*count;
	}
	return true;
}

/* Each Packages file of each suite: @use is called in the same order every time. */
static bool each_list(const struct repository_lists *l, struct texts *t,
		      bool (*use)(void *ctx, size_t suite, const struct list *list,
				  struct err *err),
		      void *ctx, struct err *err)
{
	size_t max = l->repository->manifest->components.count * 2;
	AUTO(auto_free) struct list *found = calloc(max, sizeof(*found));
	if (!found)
		return err_no_memory(err);
	for (size_t i = 0; i < l->repository->suite_count; i++) {
		size_t count = 0;
		if (!find_lists(l->repository, &l->repository->suites[i], l->arch, t, found, &count,
				err))
			return false;
		for (size_t k = 0; k < count; k++)
			if (!use(ctx, i, &found[k], err))
				return false;
	}
	return true;
}

struct ordering {
	struct order *order;
	const struct repository_lists *lists;
};

static bool order_list(void *ctx, size_t suite, const struct list *list, struct err *err)
{
	(void)err;
	const struct ordering *x = ctx;
	struct order *o = x->order;
	const struct repository_suite *s = &x->lists->repository->suites[suite];
	struct fetch_item *item = &o->items[o->count++];
	item->what = texts_printf(&o->texts, "%s of suite '%s'", list->path, s->name);
	item->have_sha256 = true;
	memcpy(item->sha256, list->sha256, SHA256_SIZE);
	item->size = list->size;
	item->size_max = PACKED_SIZE_MAX;
	char hex[SHA256_HEX_SIZE];
	sha256_hex(list->sha256, hex);
	for (size_t u = 0; u < s->base_count; u++) {
		if (s->release.by_hash)
			order_url(o, item,
				  texts_printf(&o->texts, "%s/dists/%s/%s/by-hash/SHA256/%s",
					       s->bases[u], s->name, list->directory, hex));
		order_url(o, item,
			  texts_printf(&o->texts, "%s/dists/%s/%s", s->bases[u], s->name,
				       list->path));
	}
	return true;
}

bool repository_fetch_lists(struct repository_lists *lists, size_t count, struct cache *cache,
			    const struct fetch_options *options, struct err *err)
{
	size_t max = 1;
	for (size_t i = 0; i < count; i++)
		max += lists[i].repository->suite_count *
		       lists[i].repository->manifest->components.count * 2;
	AUTO(order_done) struct order o = { 0 };
	if (!order_init(&o, max, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct ordering x = { &o, &lists[i] };
		if (!each_list(&lists[i], &o.texts, order_list, &x, err))
			return false;
	}
	return order_fetch(&o, cache, options, err);
}

struct loading {
	struct repository_lists *lists;
	struct cache *cache;
	struct buf *texts; /* one per suite: the components' lists, one after the other */
};

static bool load_list(void *ctx, size_t suite, const struct list *list, struct err *err)
{
	struct loading *x = ctx;
	AUTO(buf_done) struct buf packed = BUF_INIT(PACKED_SIZE_MAX);
	if (!cache_read(x->cache, list->sha256, PACKED_SIZE_MAX, &packed, err) ||
	    !decompress(list->path, buf_slice(&packed), &x->texts[suite], err))
		return err_wrap(err, "suite '%s'", x->lists->repository->suites[suite].name);
	buf_add(&x->texts[suite], "\n\n", 2);
	return buf_ok(&x->texts[suite], list->path, err);
}

bool repository_load(struct repository_lists *lists, struct cache *cache, struct err *err)
{
	const struct repository *r = lists->repository;
	struct buf texts[REPOSITORY_SUITES_MAX];
	for (size_t i = 0; i < REPOSITORY_SUITES_MAX; i++)
		texts[i] = BUF_INIT(APT_INDEX_SIZE_MAX);
	AUTO(texts_done) struct texts names = { 0 };
	struct loading x = { lists, cache, texts };
	lists->indexes = calloc(r->suite_count, sizeof(*lists->indexes));
	lists->index_count = lists->indexes ? r->suite_count : 0;
	bool ok =
		lists->indexes ? each_list(lists, &names, load_list, &x, err) : err_no_memory(err);
	for (size_t i = 0; i < r->suite_count && ok; i++) {
		const char *name =
			texts_printf(&names, "Packages of suite '%s'", r->suites[i].name);
		ok = names.bad ? err_no_memory(err)
			       : apt_index_parse(name, (uint32_t)i, &texts[i], &lists->indexes[i],
						 err);
	}
	for (size_t i = 0; i < REPOSITORY_SUITES_MAX; i++)
		buf_done(&texts[i]);
	if (!ok)
		repository_unload(lists);
	return ok || err_wrap(err, "repository '%s'", r->manifest->name);
}

void repository_unload(struct repository_lists *lists)
{
	for (size_t i = 0; i < lists->index_count; i++)
		apt_index_done(&lists->indexes[i]);
	free(lists->indexes);
	lists->indexes = NULL;
	lists->index_count = 0;
}

const char *repository_url(struct texts *t, const char *base, struct slice filename)
{
	static const char plain[] = "-._~/+!$&'()*,;=:@"; /* and letters and digits: RFC 3986 */
	AUTO(buf_done) struct buf url = BUF_INIT(64u << 10);
	buf_add_str(&url, base);
	buf_add(&url, "/", 1);
	for (size_t i = 0; i < filename.len; i++) {
		uint8_t c = filename.p[i];
		if ((c < 0x80 && isalnum(c)) || (c && strchr(plain, c)))
			buf_add(&url, &c, 1);
		else
			buf_printf(&url, "%%%02X", c);
	}
	if (url.bad)
		t->bad = true;
	return texts_add(t, buf_slice(&url));
}
