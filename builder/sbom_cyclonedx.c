/* SPDX-License-Identifier: MIT */
/*
 * sbom_cyclonedx.c - a bill of materials as CycloneDX 1.6 in JSON; see sbom.h.
 *
 * What is not known is left out, as CycloneDX has no word for it.
 */
#include <string.h>

#include "cmd.h"
#include "license.h"
#include "sbom.h"

static const char *type(enum sbom_kind kind)
{
	switch (kind) {
	case SBOM_BUNDLE:
	case SBOM_PACKAGE:
	case SBOM_DEB:
	case SBOM_STUB:
		return "application";
	case SBOM_FILE:
		return "file";
	case SBOM_LIBRARY:
		return "library";
	}
	return "data";
}

static void write_license(struct json *j, struct json_value *v, const char *license)
{
	struct json_value *one = json_add_object(j, json_add_array(j, v, "licenses"), NULL);
	if (license_is_expression(license))
		json_add_string(j, one, "expression", license);
	else
		json_add_string(j, json_add_object(j, one, "license"), "name", license);
}

/* A package has terms, and a file an address: never both. */
static void write_reference(struct json *j, struct json_value *v, const char *kind, const char *url,
			    const char *comment)
{
	struct json_value *list = json_add_array(j, v, "externalReferences");
	struct json_value *ref = json_add_object(j, list, NULL);
	json_add_string(j, ref, "type", kind);
	json_add_string(j, ref, "url", url);
	if (comment)
		json_add_string(j, ref, "comment", comment);
}

static void write_component(struct json *j, struct json_value *v, const struct sbom_component *c)
{
	json_add_string(j, v, "type", type(c->kind));
	json_add_string(j, v, "bom-ref", c->ref);
	json_add_string(j, v, "name", c->name);
	if (c->version)
		json_add_string(j, v, "version", c->version);
	if (c->title)
		json_add_string(j, v, "description", c->title);
	if (c->supplier)
		json_add_string(j, json_add_object(j, v, "supplier"), "name", c->supplier);
	if (c->license)
		write_license(j, v, c->license);
	if (c->purl)
		json_add_string(j, v, "purl", c->purl);
	if (c->sha256) {
		struct json_value *hash = json_add_object(j, json_add_array(j, v, "hashes"), NULL);
		json_add_string(j, hash, "alg", "SHA-256");
		json_add_sha256(j, hash, "content", c->sha256);
	}
	if (c->url)
		write_reference(j, v, "distribution", c->url, NULL);
	else if (c->terms && c->terms->url)
		write_reference(j, v, "license", c->terms->url, c->terms->title);
}

static void write_metadata(const struct sbom *s, struct json *j)
{
	char time[SBOM_TIME_SIZE];
	struct json_value *v = json_add_object(j, json_top(j), "metadata");
	json_add_string(j, v, "timestamp", sbom_time(s->created, time));
	struct json_value *tools = json_add_object(j, v, "tools");
	struct json_value *tool = json_add_object(j, json_add_array(j, tools, "components"), NULL);
	json_add_string(j, tool, "type", "application");
	json_add_string(j, tool, "name", "ibbundle");
	json_add_string(j, tool, "version", IBBUNDLE_VERSION);
	struct json_value *phase = json_add_object(j, json_add_array(j, v, "lifecycles"), NULL);
	json_add_string(j, phase, "phase", "build");
	write_component(j, json_add_object(j, v, "component"), &s->components[0]);
}

static void write_dependencies(const struct sbom *s, struct json *j)
{
	struct json_value *list = json_add_array(j, json_top(j), "dependencies");
	for (size_t i = 0; i < s->count; i++) {
		const struct sbom_component *c = &s->components[i];
		if (!c->part_count)
			continue;
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "ref", c->ref);
		struct json_value *on = json_add_array(j, v, "dependsOn");
		for (size_t k = 0; k < c->part_count; k++)
			json_add_string(j, on, NULL, s->components[c->parts[k]].ref);
	}
}

/* The lists of packages, files and stubs are whole; what is inside of a file is not looked at. */
static void write_compositions(const struct sbom *s, struct json *j)
{
	struct json_value *list = json_add_array(j, json_top(j), "compositions");
	struct json_value *whole = json_add_object(j, list, NULL);
	json_add_string(j, whole, "aggregate", "complete");
	struct json_value *refs = json_add_array(j, whole, "dependencies");
	for (size_t i = 0; i < s->count; i++)
		if (s->components[i].kind == SBOM_BUNDLE || s->components[i].kind == SBOM_PACKAGE)
			json_add_string(j, refs, NULL, s->components[i].ref);
	struct json_value *open = json_add_object(j, list, NULL);
	json_add_string(j, open, "aggregate", "unknown");
	refs = json_add_array(j, open, "assemblies");
	for (size_t i = 0; i < s->count; i++)
		if (s->components[i].kind == SBOM_FILE || s->components[i].kind == SBOM_DEB)
			json_add_string(j, refs, NULL, s->components[i].ref);
}

bool sbom_write_cyclonedx(const struct sbom *s, struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("cyclonedx", err);
	if (!j)
		return false;
	struct json_value *top = json_top(j);
	json_add_string(j, top, "bomFormat", "CycloneDX");
	json_add_string(j, top, "specVersion", "1.6");
	AUTO(buf_done) struct buf serial = BUF_INIT(64);
	buf_printf(&serial, "urn:uuid:%s", s->uuid);
	json_add_string(j, top, "serialNumber", buf_str(&serial));
	json_add_u64(j, top, "version", 1);
	write_metadata(s, j);
	struct json_value *list = json_add_array(j, top, "components");
	for (size_t i = 1; i < s->count; i++)
		write_component(j, json_add_object(j, list, NULL), &s->components[i]);
	write_dependencies(s, j);
	write_compositions(s, j);
	return json_print(j, false, out, err) && buf_ok(out, "the CycloneDX document", err);
}
