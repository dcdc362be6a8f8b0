/* SPDX-License-Identifier: MIT */
/* cmd_list.c - `ibbundle list`: the packages of a bundle. */
#include "cmd.h"
#include "progress.h"
#include "reader.h"

const char cmd_list_help[] = "One line per package: id, version, what it brings, and its size as "
			     "laid out on disk.\n\n" READER_HELP;

static void print_text(const struct catalog *c)
{
	int id = 2, version = 7;
	for (size_t i = 0; i < c->package_count; i++) {
		int n = (int)strlen(c->packages[i].id), m = (int)strlen(c->packages[i].version);
		id = n > id ? n : id;
		version = m > version ? m : version;
	}
	printf("%-*s  %-*s  %9s  %5s  %s\n", id, "ID", version, "VERSION", "SIZE", "FILES",
	       "TITLE");
	for (size_t i = 0; i < c->package_count; i++) {
		const struct package *p = &c->packages[i];
		char size[BYTES_TEXT_SIZE];
		printf("%-*s  %-*s  %9s  %5llu  %s\n", id, p->id, version, p->version,
		       bytes_text(p->payload_bytes, size), (unsigned long long)p->payload_files,
		       p->title);
	}
}

static bool print_json(const struct reader *r, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("list", err);
	if (!j)
		return false;
	struct json_value *list = json_add_array(j, json_top(j), "packages");
	const struct catalog *c = &r->bundle.catalog;
	for (size_t i = 0; i < c->package_count; i++) {
		const struct package *p = &c->packages[i];
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "id", p->id);
		json_add_string(j, v, "title", p->title);
		json_add_string(j, v, "version", p->version);
		json_add_string(j, v, "license", p->license);
		json_add_u64(j, v, "priority", p->priority);
		json_add_copy(j, v, "match", p->match);
		if (p->kernel)
			json_add_string(j, v, "kernel", p->kernel);
		json_add_u64(j, v, "bytes", p->payload_bytes);
		json_add_u64(j, v, "files", p->payload_files);
		json_add_u64(j, v, "vendor_bytes", p->vendor_bytes);
		json_add_u64(j, v, "inexact_bytes", p->inexact_bytes);
		json_add_u64(j, v, "inexact_files", p->inexact_files);
		struct json_value *debs = json_add_array(j, v, "debs");
		for (size_t k = 0; k < p->deb_count; k++) {
			const struct catalog_deb *d = &c->debs[p->debs[k].deb];
			struct json_value *e = json_add_object(j, debs, NULL);
			json_add_string(j, e, "name", d->name);
			json_add_string(j, e, "version", d->version);
			json_add_string(j, e, "arch", d->arch);
			if (!d->exact)
				json_add_bool(j, e, "exact", false);
		}
	}
	return reader_print_json(j, err);
}

bool cmd_list(int argc, char **argv, struct err *err)
{
	struct reader_options opt = { 0 };
	const struct option options[] = { READER_OPTIONS(opt), { 0 } };
	struct operands operands;
	AUTO(reader_close) struct reader r = { 0 };
	if (!options_parse(argc, argv, options, 1, 1, &operands, err) ||
	    !reader_open(&r, operands.v[0], &opt, err))
		return false;
	if (opt.json)
		return print_json(&r, err);
	print_text(&r.bundle.catalog);
	return true;
}
