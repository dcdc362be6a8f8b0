/* SPDX-License-Identifier: MIT */
/*
 * sbom_spdx.c - a bill of materials as SPDX 2.3 in JSON; see sbom.h.
 *
 * Everything is an SPDX package, files included, since only packages have a supplier, a version and a
 * package URL.  "NOASSERTION" is SPDX's word for what is not known.
 */
#include <string.h>

#include "cmd.h"
#include "license.h"
#include "sbom.h"

#define UNKNOWN "NOASSERTION"

struct writer {
	const struct sbom *s;
	struct json *j;
	const char **refs; /* owned: the LicenseRefs that were used, borrowed from texts */
	const char *
		*words; /* owned: what the manifest says in words for each; NULL: it is a name */
	size_t ref_count, ref_cap;
	struct texts texts;
	struct err *err;
};

static void writer_done(struct writer *w)
{
	free(w->refs);
	free(w->words);
	texts_done(&w->texts);
	json_free(w->j);
}

/* --- licences ----------------------------------------------------------------------------------- */

static bool grow_refs(struct writer *w)
{
	size_t cap = w->ref_cap ? w->ref_cap * 2 : 16;
	const char **refs = realloc(w->refs, cap * sizeof(*refs));
	if (refs)
		w->refs = refs;
	const char **words = realloc(w->words, cap * sizeof(*words));
	if (words)
		w->words = words;
	if (!refs || !words)
		return err_no_memory(w->err);
	w->ref_cap = cap;
	return true;
}

static bool note_ref(struct writer *w, const char *ref, const char *words)
{
	for (size_t i = 0; i < w->ref_count; i++)
		if (strcmp(w->refs[i], ref) == 0)
			return true;
	if (w->ref_count == w->ref_cap && !grow_refs(w))
		return false;
	w->refs[w->ref_count] = texts_add(&w->texts, slice_str(ref));
	w->words[w->ref_count++] = words;
	return true;
}

/* Words are no expression: they get an identifier that follows from them. */
static bool words_to_ref(struct writer *w, const char *words, const char **out)
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE], ref[LICENSE_ID_MAX];
	if (!sha256_of(slice_str(words), digest, w->err))
		return false;
	sha256_hex(digest, hex);
	snprintf(ref, sizeof(ref), LICENSE_REF "words-%.16s", hex);
	*out = texts_add(&w->texts, slice_str(ref));
	return note_ref(w, ref, words);
}

static bool declared(struct writer *w, const char *license, const char **out)
{
	char ref[LICENSE_ID_MAX];
	*out = license ? license : UNKNOWN;
	if (!license)
		return true;
	if (!license_is_expression(license))
		return words_to_ref(w, license, out);
	for (const char *at = license; license_next_ref(&at, ref);)
		if (!note_ref(w, ref, NULL))
			return false;
	return true;
}

static void write_refs(struct writer *w)
{
	if (!w->ref_count)
		return;
	struct json_value *list =
		json_add_array(w->j, json_top(w->j), "hasExtractedLicensingInfos");
	for (size_t i = 0; i < w->ref_count; i++) {
		struct json_value *v = json_add_object(w->j, list, NULL);
		json_add_string(w->j, v, "licenseId", w->refs[i]);
		json_add_string(w->j, v, "name",
				w->words[i] ? w->words[i] : w->refs[i] + strlen(LICENSE_REF));
		json_add_string(w->j, v, "extractedText",
				w->words[i]
					? w->words[i]
					: "The text is the supplier's; it comes with the files.");
	}
}

/* --- packages ----------------------------------------------------------------------------------- */

static const char *spdx_id(struct writer *w, uint32_t component)
{
	return texts_printf(&w->texts, "SPDXRef-%s", w->s->components[component].ref);
}

static const char *purpose(enum sbom_kind kind)
{
	switch (kind) {
	case SBOM_BUNDLE:
	case SBOM_PACKAGE:
	case SBOM_DEB:
		return "INSTALL";
	case SBOM_FILE:
		return "FILE";
	case SBOM_STUB:
		return "APPLICATION";
	case SBOM_LIBRARY:
		return "LIBRARY";
	}
	return "OTHER";
}

static void write_names(struct writer *w, struct json_value *v, const struct sbom_component *c)
{
	json_add_string(w->j, v, "name", c->name);
	if (c->version)
		json_add_string(w->j, v, "versionInfo", c->version);
	if (c->title)
		json_add_string(w->j, v, "summary", c->title);
	if (c->file_name)
		json_add_string(w->j, v, "packageFileName", c->file_name);
	json_add_string(w->j, v, "supplier",
			c->supplier ? texts_printf(&w->texts, "Organization: %s", c->supplier)
				    : UNKNOWN);
	json_add_string(w->j, v, "downloadLocation", c->url ? c->url : UNKNOWN);
}

static void write_identity(struct writer *w, struct json_value *v, const struct sbom_component *c)
{
	if (c->sha256) {
		struct json_value *list = json_add_array(w->j, v, "checksums");
		struct json_value *sum = json_add_object(w->j, list, NULL);
		json_add_string(w->j, sum, "algorithm", "SHA256");
		json_add_sha256(w->j, sum, "checksumValue", c->sha256);
	}
	if (c->purl) {
		struct json_value *list = json_add_array(w->j, v, "externalRefs");
		struct json_value *ref = json_add_object(w->j, list, NULL);
		json_add_string(w->j, ref, "referenceCategory", "PACKAGE-MANAGER");
		json_add_string(w->j, ref, "referenceType", "purl");
		json_add_string(w->j, ref, "referenceLocator", c->purl);
	}
}

static void write_terms(struct writer *w, struct json_value *v, const struct terms *t)
{
	json_add_string(w->j, v, "licenseComments",
			texts_printf(&w->texts, "It comes under '%s'%s%s.%s%s", t->title,
				     t->url ? ", " : "", t->url ? t->url : "",
				     t->accept ? " These terms ask for acceptance." : "",
				     t->redistribute == TERMS_NO
					     ? " The files may not be passed on."
				     : t->redistribute == TERMS_YES ? " The files may be passed on."
								    : ""));
}

static bool write_package(struct writer *w, struct json_value *list, uint32_t index)
{
	const struct sbom_component *c = &w->s->components[index];
	const char *license;
	if (!declared(w, c->license, &license))
		return false;
	struct json_value *v = json_add_object(w->j, list, NULL);
	json_add_string(w->j, v, "SPDXID", spdx_id(w, index));
	write_names(w, v, c);
	write_identity(w, v, c);
	json_add_bool(w->j, v, "filesAnalyzed", false);
	json_add_string(w->j, v, "licenseConcluded", UNKNOWN);
	json_add_string(w->j, v, "licenseDeclared", license);
	if (c->terms)
		write_terms(w, v, c->terms);
	json_add_string(w->j, v, "copyrightText", UNKNOWN);
	json_add_string(w->j, v, "primaryPackagePurpose", purpose(c->kind));
	return true;
}

static void relate(struct writer *w, struct json_value *list, const char *from, const char *type,
		   const char *to)
{
	struct json_value *v = json_add_object(w->j, list, NULL);
	json_add_string(w->j, v, "spdxElementId", from);
	json_add_string(w->j, v, "relationshipType", type);
	json_add_string(w->j, v, "relatedSpdxElement", to);
}

static void write_relationships(struct writer *w)
{
	const struct sbom *s = w->s;
	struct json_value *list = json_add_array(w->j, json_top(w->j), "relationships");
	relate(w, list, "SPDXRef-DOCUMENT", "DESCRIBES", spdx_id(w, 0));
	for (uint32_t i = 0; i < s->count; i++) {
		const struct sbom_component *c = &s->components[i];
		const char *type = c->kind == SBOM_STUB ? "STATIC_LINK" : "CONTAINS";
		for (size_t k = 0; k < c->part_count; k++)
			relate(w, list, spdx_id(w, i), type, spdx_id(w, c->parts[k]));
	}
}

/* --- the document ------------------------------------------------------------------------------- */

static void write_head(struct writer *w)
{
	const struct sbom *s = w->s;
	struct json_value *top = json_top(w->j);
	char time[SBOM_TIME_SIZE];
	json_add_string(w->j, top, "SPDXID", "SPDXRef-DOCUMENT");
	json_add_string(w->j, top, "spdxVersion", "SPDX-2.3");
	json_add_string(w->j, top, "dataLicense", "CC0-1.0");
	json_add_string(w->j, top, "name", texts_printf(&w->texts, "%s-%s", s->name, s->version));
	/* The form that SPDX 2.3, 6.5 gives to those who have no place of their own on the web. */
	json_add_string(
		w->j, top, "documentNamespace",
		texts_printf(&w->texts, "http://spdx.org/spdxdocs/%s-%s", s->name, s->uuid));
	struct json_value *info = json_add_object(w->j, top, "creationInfo");
	json_add_string(w->j, info, "created", sbom_time(s->created, time));
	json_add_string(w->j, json_add_array(w->j, info, "creators"), NULL,
			"Tool: ibbundle-" IBBUNDLE_VERSION);
}

bool sbom_write_spdx(const struct sbom *s, struct buf *out, struct err *err)
{
	AUTO(writer_done) struct writer w = { .s = s, .err = err };
	w.j = json_new("spdx", err);
	if (!w.j)
		return false;
	write_head(&w);
	struct json_value *list = json_add_array(w.j, json_top(w.j), "packages");
	for (uint32_t i = 0; i < s->count; i++)
		if (!write_package(&w, list, i))
			return false;
	write_relationships(&w);
	write_refs(&w);
	if (w.texts.bad)
		return err_no_memory(err);
	return json_print(w.j, false, out, err) && buf_ok(out, "the SPDX document", err);
}
