/* SPDX-License-Identifier: MIT */
/*
 * matrix_html.c - the matrix as one page: figures, heat map, coverage by family, packages, gaps.
 *
 * Everything is in the document itself; without its script only the filters are missing.  All text
 * that comes from a manifest or from the data goes through add_text().
 */
#include <string.h>

#include "matrix.h"
#include "matrix_page.h"

#define PREFIX "Standard_" /* of every size; left out in headings */

/* Text in an element or in a double-quoted attribute. */
static void add_text(struct buf *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			buf_add_str(out, "&amp;");
			break;
		case '<':
			buf_add_str(out, "&lt;");
			break;
		case '>':
			buf_add_str(out, "&gt;");
			break;
		case '"':
			buf_add_str(out, "&quot;");
			break;
		default:
			buf_add(out, (unsigned char)*text < 0x20 ? "?" : text, 1);
		}
	}
}

/* @before, the text, @after. */
static void add_between(struct buf *out, const char *before, const char *text, const char *after)
{
	buf_add_str(out, before);
	add_text(out, text);
	buf_add_str(out, after);
}

static void add_lines(struct buf *out, const char *const *lines)
{
	for (; *lines; lines++) {
		buf_add_str(out, *lines);
		buf_add_str(out, "\n");
	}
}

static const char *short_name(const struct machine_size *size)
{
	size_t n = sizeof(PREFIX) - 1;
	return strncmp(size->name, PREFIX, n) == 0 ? size->name + n : size->name;
}

static char state_letter(enum matrix_state state)
{
	static const char letters[] = { 'c', 'f', 'g' };
	return letters[state];
}

static const char *state_sign(enum matrix_state state)
{
	static const char *const signs[] = { "&#10003;", "&#8595;", "&#215;" };
	return signs[state];
}

static bool starts_system(const struct machines *data, size_t i)
{
	return i == 0 || strcmp(data->images[i].id, data->images[i - 1].id) != 0;
}

/* --- top of the page ----------------------------------------------------------------------------- */

static void write_head(const struct matrix *m, struct buf *out)
{
	buf_add_str(out,
		    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
	add_between(out, "<title>What ", m->manifest->name, " covers</title>\n<style>\n");
	add_lines(out, matrix_page_style);
	buf_add_str(out, "</style>\n</head>\n<body>\n<main>\n");
	add_between(out, "<h1>What <em>", m->manifest->name, "</em> ");
	add_between(out, "", m->manifest->version, " covers</h1>\n");
	if (m->manifest->title)
		add_between(out, "<p class=\"soft\">", m->manifest->title, "</p>\n");
}

static void write_tile(struct buf *out, const char *name, size_t number, size_t of,
		       const char *words)
{
	buf_printf(out, "<div class=\"tile %s\"><b>%zu</b>%s", name, number, words);
	if (of)
		buf_printf(out, " <span class=\"soft\">%zu.%zu&#8239;%%</span>", number * 100 / of,
			   number * 1000 / of % 10);
	buf_add_str(out, "</div>\n");
}

static void write_figures(const struct matrix *m, struct buf *out)
{
	buf_add_str(out, "<div class=\"tiles\">\n");
	write_tile(out, "m", m->count, 0, "documented machines");
	write_tile(out, "c", m->covered - m->below_floor, m->count, "covered");
	write_tile(out, "f", m->below_floor, m->count, "covered, below floor");
	write_tile(out, "g", m->gaps, m->count, "gaps");
	buf_add_str(out,
		    "</div>\n<p>A machine is a VM size with an operating system image that is "
		    "documented for it. It is covered when this manifest has a package for it; "
		    "<em>below floor</em> when that driver is older than the size's documentation "
		    "asks for; else it is a gap.</p>\n");
}

static void write_filters(const struct matrix *m, struct buf *out)
{
	const struct machines *data = m->machines;
	buf_add_str(out, "<h2>Heat map</h2>\n<form id=\"filters\" hidden>\n<label>System <select "
			 "name=\"os\"><option value=\"\">all</option>");
	for (size_t i = 0; i < data->image_count; i++)
		if (starts_system(data, i))
			add_between(out, "<option>", data->images[i].id, "</option>");
	buf_add_str(out, "</select></label>\n<label>Size family <select name=\"family\"><option "
			 "value=\"\">all</option>");
	for (size_t s = 0; s < data->size_count; s++)
		if (machines_starts_family(data, s))
			add_between(out, "<option>", data->sizes[s].family->name, "</option>");
	buf_add_str(out,
		    "</select></label>\n<fieldset><legend>State</legend>\n"
		    "<label><input type=\"checkbox\" name=\"covered\" checked> covered</label>\n"
		    "<label><input type=\"checkbox\" name=\"floor\" checked> below floor</label>\n"
		    "<label><input type=\"checkbox\" name=\"gap\" checked> gap</label></fieldset>\n"
		    "<button type=\"reset\">Show all</button>\n");
	buf_printf(out,
		   "<span class=\"soft\" aria-live=\"polite\">Showing <span "
		   "id=\"shown\">%zu</span> of "
		   "%zu machines</span>\n</form>\n",
		   m->count, m->count);
	buf_add_str(out,
		    "<div class=\"key\"><span><span class=\"sign c\">&#10003;</span>covered</span>"
		    "<span><span class=\"sign f\">&#8595;</span>covered, below floor</span>"
		    "<span><span class=\"sign g\">&#215;</span>gap</span>"
		    "<span><span class=\"sign n\"></span>not documented together</span>"
		    "<span>Point at a cell, or walk with the arrow keys, for the "
		    "reason.</span></div>\n");
}

/* --- heat map ------------------------------------------------------------------------------------ */

static size_t family_span(const struct machines *data, size_t s)
{
	size_t n = 1;
	while (s + n < data->size_count && !machines_starts_family(data, s + n))
		n++;
	return n;
}

static void write_columns(const struct machines *data, struct buf *out)
{
	buf_add_str(out, "<thead>\n<tr class=\"fam\"><th class=\"name\"></th>");
	for (size_t s = 0; s < data->size_count; s++) {
		if (!machines_starts_family(data, s))
			continue;
		buf_printf(
			out,
			"<th class=\"lead\" scope=\"colgroup\" data-group=\"%zu\" colspan=\"%zu\">",
			s, family_span(data, s));
		add_between(out, "", data->sizes[s].family->name, "</th>");
	}
	buf_add_str(out, "</tr>\n<tr class=\"size\"><th class=\"name\"></th>");
	size_t group = 0;
	for (size_t s = 0; s < data->size_count; s++) {
		bool lead = machines_starts_family(data, s);
		group = lead ? s : group;
		buf_printf(out, "<th scope=\"col\"%s data-group=\"%zu\" data-family=\"",
			   lead ? " class=\"lead\"" : "", group);
		add_text(out, data->sizes[s].family->name);
		add_between(out, "\"><span>", short_name(&data->sizes[s]), "</span></th>");
	}
	buf_add_str(out, "</tr>\n</thead>\n");
}

static void write_cell(const struct matrix_machine *x, bool lead, struct buf *out)
{
	const char *more = lead ? " lead" : "";
	if (!x) {
		buf_printf(out, "<td class=\"n%s\"></td>", more);
		return;
	}
	buf_printf(out, "<td class=\"%c%s\" tabindex=\"-1\" title=\"%s", state_letter(x->state),
		   more, matrix_state_name(x->state));
	if (x->package)
		add_between(out, " by ", x->package->id, "");
	add_between(out, ": ", x->reason, "\">");
	buf_printf(out, "%s</td>", state_sign(x->state));
}

static void write_map(const struct matrix *m, struct buf *out)
{
	const struct machines *data = m->machines;
	buf_add_str(out, "<div class=\"scroll\">\n<table class=\"map\" id=\"map\">\n");
	write_columns(data, out);
	buf_add_str(out, "<tbody>\n");
	for (size_t i = 0; i < data->image_count; i++) {
		const struct machine_image *image = &data->images[i];
		add_between(out, "<tr data-os=\"", image->id, "\"");
		buf_add_str(out, starts_system(data, i) ? " class=\"first\">" : ">");
		add_between(out, "<th class=\"name\" scope=\"row\">", image->title, "</th>");
		for (size_t s = 0; s < data->size_count; s++)
			write_cell(matrix_find(m, &data->sizes[s], image),
				   machines_starts_family(data, s), out);
		buf_add_str(out, "</tr>\n");
	}
	buf_add_str(out, "</tbody>\n</table>\n</div>\n");
}

/* --- below it ------------------------------------------------------------------------------------ */

static void write_bar(const size_t states[3], size_t count, struct buf *out)
{
	buf_add_str(out, "<td><div class=\"bar\">");
	for (int k = 0; k < 3; k++)
		if (states[k])
			buf_printf(out, "<i class=\"%c\" style=\"width:%zu.%zu%%\"></i>",
				   state_letter((enum matrix_state)k), states[k] * 100 / count,
				   states[k] * 1000 / count % 10);
	buf_add_str(out, "</div></td>");
}

static void write_families(const struct matrix *m, struct buf *out)
{
	const struct machines *data = m->machines;
	buf_add_str(out,
		    "<h2>By size family</h2>\n<table class=\"list\">\n<tr><th>Family</th><th "
		    "class=\"num\">Machines</th><th class=\"num\">Covered</th><th "
		    "class=\"num\">Below floor</th><th class=\"num\">Gaps</th><th></th><th>Retires"
		    "</th></tr>\n");
	for (size_t s = 0; s < data->size_count; s++) {
		if (!machines_starts_family(data, s))
			continue;
		const struct machine_family *f = data->sizes[s].family;
		size_t states[3] = { 0 };
		for (size_t i = 0; i < m->count; i++)
			if (strcmp(m->list[i].size->family->name, f->name) == 0)
				states[m->list[i].state]++;
		size_t count = states[0] + states[1] + states[2];
		if (!count)
			continue;
		add_between(out, "<tr><td>", f->name, "</td>");
		buf_printf(out,
			   "<td class=\"num\">%zu</td><td class=\"num\">%zu</td><td "
			   "class=\"num\">%zu</td><td class=\"num\">%zu</td>",
			   count, states[0] + states[1], states[1], states[2]);
		write_bar(states, count, out);
		add_between(out, "<td>", f->retires ? f->retires : "", "</td></tr>\n");
	}
	buf_add_str(out, "</table>\n");
}

static void write_packages(const struct matrix *m, struct buf *out)
{
	buf_add_str(out, "<h2>Packages</h2>\n<table class=\"list\">\n<tr><th>Package</th><th>"
			 "Version</th><th>What it is</th><th class=\"num\">Machines</th></tr>\n");
	for (size_t i = 0; i < m->candidates.catalog.package_count; i++) {
		const struct package *p = &m->candidates.catalog.packages[i];
		add_between(out, "<tr><td><code>", p->id, "</code></td>");
		add_between(out, "<td>", *p->version ? p->version : "as locked", "</td>");
		add_between(out, "<td>", p->title, "</td>");
		buf_printf(out, "<td class=\"num\">%zu</td></tr>\n", m->got[i]);
	}
	buf_add_str(out, "</table>\n");
	for (size_t i = 0; i < m->candidates.skipped.count; i++)
		add_between(
			out, "<p class=\"soft\"><code>", m->candidates.skipped.p[i],
			"</code> stands for one package per kernel, known once it is locked; it is "
			"left out here.</p>\n");
}

static void write_group(const struct matrix *m, size_t at, struct buf *out)
{
	const struct matrix_machine *x = &m->list[at];
	add_between(out, "<tr><td>", x->image->title, "</td><td>");
	bool more = false;
	for (size_t i = at; i < m->count; i++) {
		if (!matrix_same_story(x, &m->list[i]))
			continue;
		add_between(out, more ? ", " : "", short_name(m->list[i].size), "");
		more = true;
	}
	add_between(out, "</td><td>", x->reason, "</td></tr>\n");
}

static void write_reasons(const struct matrix *m, enum matrix_state state, const char *title,
			  struct buf *out)
{
	bool any = false;
	for (size_t k = 0; k < m->machines->image_count; k++)
		for (size_t i = 0; i < m->count; i++) {
			if (m->list[i].image != &m->machines->images[k] ||
			    m->list[i].state != state || !matrix_starts_story(m, i))
				continue;
			if (!any)
				buf_printf(out,
					   "<h2>%s</h2>\n<table class=\"list\">\n<tr><th>Image"
					   "</th><th>Sizes</th><th>Reason</th></tr>\n",
					   title);
			any = true;
			write_group(m, i, out);
		}
	if (any)
		buf_add_str(out, "</table>\n");
}

bool matrix_write_html(const struct matrix *m, struct buf *out, struct err *err)
{
	write_head(m, out);
	write_figures(m, out);
	write_filters(m, out);
	write_map(m, out);
	write_families(m, out);
	write_packages(m, out);
	write_reasons(m, MATRIX_BELOW_FLOOR, "Below floor", out);
	write_reasons(m, MATRIX_GAP, "Gaps", out);
	buf_add_str(out,
		    "</main>\n<div id=\"detail\" role=\"status\" aria-live=\"polite\"><span "
		    "class=\"soft\">Each cell says which package that machine gets, or why none."
		    "</span></div>\n<script>\n");
	add_lines(out, matrix_page_script);
	buf_add_str(out, "</script>\n</body>\n</html>\n");
	return buf_ok(out, "the page", err);
}
