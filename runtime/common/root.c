/* SPDX-License-Identifier: MIT */
/* root.c - see root.h. */
#include "root.h"

#include "path.h"

static bool name_ok(const struct json *j, const struct json_value *v, const char *name,
		    struct err *err)
{
	return name_is_safe(name) || json_error(j, v, err, "'name' is not an allowed name");
}

/* It ends on terminals and in logs. */
static bool is_plain_text(const char *s)
{
	size_t n = 0;
	while (s[n] && (unsigned char)s[n] >= 0x20 && s[n] != 0x7f)
		n++;
	return n <= ROOT_TEXT_MAX && s[n] == '\0';
}

static bool parse_digest_fields(const struct json *j, const struct json_value *v,
				struct digest *out, struct err *err)
{
	return json_get_sha256(j, v, "sha256", JSON_REQUIRED, out->sha256, err) &&
	       json_get_u64(j, v, "size", JSON_REQUIRED, JSON_INTEGER_MAX, &out->size, err);
}

static bool parse_digest(const struct json *j, const struct json_value *top, const char *key,
			 struct digest *out, struct err *err)
{
	static const char *const keys[] = { "sha256", "size", NULL };
	const struct json_value *v;
	return json_get_object(j, top, key, JSON_REQUIRED, &v, err) &&
	       json_only_keys(j, v, keys, err) && parse_digest_fields(j, v, out, err);
}

/* The members of array @key, at most ROOT_PARTS_MAX. */
static bool get_parts(const struct json *j, const struct json_value *top, const char *key,
		      const struct json_value **array, struct err *err)
{
	if (!json_get_array(j, top, key, JSON_REQUIRED, array, err))
		return false;
	if (json_count(*array) > ROOT_PARTS_MAX)
		return json_error(j, *array, err, "has more than %d members", ROOT_PARTS_MAX);
	return true;
}

/* Sorted and unique, so that equal roots are equal bytes. */
static bool check_order(const struct json *j, const struct json_value *v, const char *before,
			const char *name, struct err *err)
{
	if (before && strcmp(before, name) >= 0)
		return json_error(j, v, err, "'%s' is out of order or there twice", name);
	return true;
}

static bool parse_parts(const struct json *j, const struct json_value *top, const char *key,
			struct root_part out[ROOT_PARTS_MAX], size_t *count, struct err *err)
{
	static const char *const keys[] = { "name", "sha256", "size", NULL };
	const struct json_value *array;
	if (!get_parts(j, top, key, &array, err))
		return false;
	const char *before = NULL;
	for (const struct json_value *v = json_first(array); v; v = json_next(v)) {
		struct root_part *part = &out[(*count)++];
		if (!json_only_keys(j, v, keys, err) ||
		    !json_get_string(j, v, "name", JSON_REQUIRED, &part->name, err) ||
		    !name_ok(j, v, part->name, err) ||
		    !check_order(j, v, before, part->name, err) ||
		    !parse_digest_fields(j, v, &part->digest, err))
			return false;
		before = part->name;
	}
	return true;
}

static bool parse_libraries(const struct json *j, const struct json_value *top, struct root *out,
			    struct err *err)
{
	static const char *const keys[] = { "name", "version", NULL };
	const struct json_value *array;
	if (!get_parts(j, top, "libraries", &array, err))
		return false;
	const char *before = NULL;
	for (const struct json_value *v = json_first(array); v; v = json_next(v)) {
		struct root_library *l = &out->libraries[out->library_count++];
		if (!json_only_keys(j, v, keys, err) ||
		    !json_get_string(j, v, "name", JSON_REQUIRED, &l->name, err) ||
		    !json_get_string(j, v, "version", JSON_REQUIRED, &l->version, err) ||
		    !name_ok(j, v, l->name, err) || !check_order(j, v, before, l->name, err))
			return false;
		if (!is_plain_text(l->version))
			return json_error(j, v, err, "'version' is not plain text");
		before = l->name;
	}
	return true;
}

static bool parse_head(const struct json *j, const struct json_value *top, struct root *out,
		       struct err *err)
{
	static const char *const keys[] = { "blocks",  "catalog", "created",   "documents",
					    "expires", "format",  "libraries", "name",
					    "stubs",   "table",   "version",   NULL };
	uint64_t format;
	if (!json_get_u64(j, top, "format", JSON_REQUIRED, JSON_INTEGER_MAX, &format, err))
		return false;
	if (format != ROOT_FORMAT)
		return json_error(j, top, err, "format %llu needs a newer ibbundle",
				  (unsigned long long)format);
	if (!json_only_keys(j, top, keys, err) ||
	    !json_get_string(j, top, "name", JSON_REQUIRED, &out->name, err) ||
	    !json_get_string(j, top, "version", JSON_REQUIRED, &out->version, err) ||
	    !json_get_u64(j, top, "created", JSON_REQUIRED, JSON_INTEGER_MAX, &out->created, err) ||
	    !json_get_u64(j, top, "expires", JSON_OPTIONAL, JSON_INTEGER_MAX, &out->expires, err) ||
	    !json_get_u64(j, top, "blocks", JSON_REQUIRED, JSON_INTEGER_MAX, &out->block_count,
			  err))
		return false;
	if (!name_is_safe(out->name) || !name_is_safe(out->version))
		return json_error(j, top, err, "'name' or 'version' is not an allowed name");
	if (json_get(top, "expires") && out->expires <= out->created)
		return json_error(j, top, err, "'expires' is not after 'created'");
	return true;
}

/* The document was read; was it written the one way? */
static bool check_canonical(const struct root *r, struct slice text, struct err *err)
{
	AUTO(buf_done) struct buf again = BUF_INIT(ROOT_SIZE_MAX);
	if (!json_print(r->doc, false, &again, err))
		return false;
	if (!slice_equal(buf_slice(&again), text))
		return err_set(err, ERR_FORMAT, "the bundle's root is not canonical JSON");
	return true;
}

bool root_parse(struct slice text, struct root *out, struct err *err)
{
	if (text.len > ROOT_SIZE_MAX)
		return err_set(err, ERR_FORMAT, "the bundle's root is larger than %u bytes",
			       ROOT_SIZE_MAX);
	AUTO(root_done) struct root r = { .doc = json_parse("root", text, err) };
	if (!r.doc)
		return false;
	const struct json_value *top = json_top(r.doc);
	if (json_type(top) != JSON_OBJECT)
		return json_error(r.doc, top, err, "must be an object");
	if (!parse_head(r.doc, top, &r, err) ||
	    !parse_digest(r.doc, top, "catalog", &r.catalog, err) ||
	    !parse_digest(r.doc, top, "table", &r.table, err) ||
	    !parse_parts(r.doc, top, "stubs", r.stubs, &r.stub_count, err) ||
	    !parse_parts(r.doc, top, "documents", r.documents, &r.document_count, err) ||
	    !parse_libraries(r.doc, top, &r, err) || !check_canonical(&r, text, err))
		return false;
	*out = r;
	r.doc = NULL;
	return true;
}

void root_done(struct root *r)
{
	json_free(r->doc);
	*r = (struct root) { 0 };
}

static void add_digest_fields(struct json *j, struct json_value *v, const struct digest *d)
{
	json_add_sha256(j, v, "sha256", d->sha256);
	json_add_u64(j, v, "size", d->size);
}

static void add_parts(struct json *j, const char *key, const struct root_part *parts, size_t count)
{
	struct json_value *array = json_add_array(j, json_top(j), key);
	for (size_t i = 0; i < count; i++) {
		struct json_value *v = json_add_object(j, array, NULL);
		json_add_string(j, v, "name", parts[i].name);
		add_digest_fields(j, v, &parts[i].digest);
	}
}

static void add_libraries(struct json *j, const struct root *r)
{
	struct json_value *array = json_add_array(j, json_top(j), "libraries");
	for (size_t i = 0; i < r->library_count; i++) {
		struct json_value *v = json_add_object(j, array, NULL);
		json_add_string(j, v, "name", r->libraries[i].name);
		json_add_string(j, v, "version", r->libraries[i].version);
	}
}

bool root_write(const struct root *r, struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("root", err);
	if (!j)
		return false;
	struct json_value *top = json_top(j);
	json_add_u64(j, top, "format", ROOT_FORMAT);
	json_add_string(j, top, "name", r->name);
	json_add_string(j, top, "version", r->version);
	json_add_u64(j, top, "created", r->created);
	if (r->expires)
		json_add_u64(j, top, "expires", r->expires);
	json_add_u64(j, top, "blocks", r->block_count);
	add_digest_fields(j, json_add_object(j, top, "catalog"), &r->catalog);
	add_digest_fields(j, json_add_object(j, top, "table"), &r->table);
	add_parts(j, "stubs", r->stubs, r->stub_count);
	add_parts(j, "documents", r->documents, r->document_count);
	add_libraries(j, r);

	AUTO(buf_done) struct buf text = BUF_INIT(ROOT_SIZE_MAX);
	AUTO(root_done) struct root check = { 0 };
	if (!json_print(j, false, &text, err) || !root_parse(buf_slice(&text), &check, err))
		return err_wrap(err, "cannot write the bundle's root");
	buf_add(out, text.p, text.len);
	return buf_ok(out, "the bundle's root", err);
}
