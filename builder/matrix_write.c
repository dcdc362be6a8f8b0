/* SPDX-License-Identifier: MIT */
/*
 * matrix_write.c - the matrix for a terminal, and as JSON.
 *
 * The text is a grid of images by size families, and below it the gaps: of one image, all families
 * with the same reason in one line.
 */
#include <string.h>

#include "matrix.h"

/* --- JSON ---------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct matrix_machine *const *x = a, *const *y = b;
	int c = strcmp((*x)->size->name, (*y)->size->name);
	return c ? c : strcmp((*x)->image->name, (*y)->image->name);
}

bool matrix_write_json(const struct matrix *m, struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("matrix", err);
	AUTO(auto_free) const struct matrix_machine **sorted =
		calloc(m->count + 1, sizeof(*sorted));
	if (!j)
		return false;
	if (!sorted)
		return err_no_memory(err);
	for (size_t i = 0; i < m->count; i++)
		sorted[i] = &m->list[i];
	qsort(sorted, m->count, sizeof(*sorted), by_name);
	struct json_value *list = json_add_array(j, json_top(j), "machines");
	for (size_t i = 0; i < m->count; i++) {
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "size", sorted[i]->size->name);
		json_add_string(j, v, "image", sorted[i]->image->name);
		if (sorted[i]->package)
			json_add_string(j, v, "package", sorted[i]->package->id);
		else
			json_add_null(j, v, "package");
		json_add_string(j, v, "reason", sorted[i]->reason);
	}
	json_add_u64(j, json_top(j), "covered", m->covered);
	json_add_u64(j, json_top(j), "gaps", m->gaps);
	return json_print(j, true, out, err);
}

/* --- text ---------------------------------------------------------------------------------------- */

/* One sign for all sizes of the family that starts at @s; '+' where they differ. */
static char family_sign(const struct matrix *m, size_t s, const struct machine_image *image)
{
	static const char signs[] = { '#', 'v', '-' };
	const struct machines *data = m->machines;
	char sign = ' ';
	for (size_t k = s; k < data->size_count && (k == s || !machines_starts_family(data, k));
	     k++) {
		const struct matrix_machine *x = matrix_find(m, &data->sizes[k], image);
		char one = ' ';
		if (x)
			one = signs[x->state];
		if (sign != ' ' && one != ' ' && one != sign)
			return '+';
		if (one != ' ')
			sign = one;
	}
	return sign;
}

static int image_width(const struct machines *data)
{
	size_t width = 0;
	for (size_t i = 0; i < data->image_count; i++)
		if (strlen(data->images[i].name) > width)
			width = strlen(data->images[i].name);
	return (int)width;
}

static bool has_machines(const struct matrix *m, const struct machine_image *image)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->list[i].image == image)
			return true;
	return false;
}

static void write_grid(const struct matrix *m, struct buf *out)
{
	const struct machines *data = m->machines;
	int width = image_width(data);
	buf_printf(out, "%-*s", width, "");
	for (size_t s = 0; s < data->size_count; s++)
		if (machines_starts_family(data, s))
			buf_printf(out, " %s", data->sizes[s].family->name);
	buf_add_str(out, "\n");
	for (size_t i = 0; i < data->image_count; i++) {
		if (!has_machines(m, &data->images[i]))
			continue;
		buf_printf(out, "%-*s", width, data->images[i].name);
		size_t blanks = 0; /* written before the next sign, so that no line ends in them */
		for (size_t s = 0; s < data->size_count; s++) {
			if (!machines_starts_family(data, s))
				continue;
			char sign = family_sign(m, s, &data->images[i]);
			blanks += strlen(data->sizes[s].family->name) + 1;
			if (sign == ' ')
				continue;
			buf_printf(out, "%*c", (int)blanks, sign);
			blanks = 0;
		}
		buf_add_str(out, "\n");
	}
	buf_add_str(out,
		    "# covered, v covered below the documented floor, - gap, + both, blank: not "
		    "documented\n");
}

/* All sizes with the image and reason of number @at: "HBv4 (5), HX (3)". */
static void write_sizes(const struct matrix *m, size_t at, struct buf *out)
{
	const struct matrix_machine *x = &m->list[at];
	const char *family = NULL;
	size_t count = 0;
	for (size_t i = at; i <= m->count; i++) {
		const struct matrix_machine *y = i < m->count ? &m->list[i] : NULL;
		if (y && !matrix_same_story(x, y))
			continue;
		if (family && (!y || strcmp(family, y->size->family->name) != 0)) {
			buf_printf(out, count > 1 ? " %s (%zu)" : " %s", family, count);
			count = 0;
		}
		family = y ? y->size->family->name : NULL;
		count++;
	}
}

static void write_list(const struct matrix *m, enum matrix_state state, const char *title,
		       struct buf *out)
{
	bool any = false;
	for (size_t k = 0; k < m->machines->image_count; k++) {
		const struct machine_image *image = &m->machines->images[k];
		for (size_t i = 0; i < m->count; i++) {
			if (m->list[i].image != image || m->list[i].state != state ||
			    !matrix_starts_story(m, i))
				continue;
			if (!any)
				buf_printf(out, "\n%s\n", title);
			any = true;
			buf_printf(out, "  %s:", image->name);
			write_sizes(m, i, out);
			buf_printf(out, "\n    %s\n", m->list[i].reason);
		}
	}
}

bool matrix_write_text(const struct matrix *m, struct buf *out, struct err *err)
{
	buf_printf(out, "%s %s: %zu machines, %zu covered", m->manifest->name, m->manifest->version,
		   m->count, m->covered);
	if (m->below_floor)
		buf_printf(out, " (%zu below the documented floor)", m->below_floor);
	buf_printf(out, ", %zu gaps\n\n", m->gaps);
	write_grid(m, out);
	write_list(m, MATRIX_BELOW_FLOOR, "below floor", out);
	write_list(m, MATRIX_GAP, "gaps", out);
	for (size_t i = 0; i < m->candidates.skipped.count; i++)
		buf_printf(
			out,
			"\nnote: '%s' stands for one package per kernel, known once it is locked; "
			"it is left out here\n",
			m->candidates.skipped.p[i]);
	return buf_ok(out, "the matrix", err);
}
