/* SPDX-License-Identifier: MIT */
/* facts_software.c - see facts_software.h; the reading is in facts_software_windows.c. */
#include "facts_software.h"

#include <string.h>

#include "facts_text.h"
#include "version.h"

/* NULL stays NULL; *ok turns false when memory runs out. */
static const char *keep(struct facts *f, const char *text, bool *ok)
{
	const char *kept = text ? facts_keep(f, slice_str(text)) : NULL;
	if (text && !kept)
		*ok = false;
	return kept;
}

/* Room for one more of @size bytes behind @count: the array grows at every power of two. */
static bool make_room(void **list, size_t count, size_t size, struct err *err)
{
	if (count & (count - 1))
		return true;
	void *more = realloc(*list, (count ? count * 2 : 1) * size);
	if (!more)
		return err_no_memory(err);
	*list = more;
	return true;
}

/* --- products ---------------------------------------------------------------------------------- */

bool facts_add_product(struct facts *f, const char *name, const char *version, const char *code,
		       bool msi, struct err *err)
{
	if (f->software_count == FACTS_SOFTWARE_MAX)
		return err_set(err, ERR_FORMAT, "more than %d products are installed",
			       FACTS_SOFTWARE_MAX);
	void *list = f->software;
	if (!make_room(&list, f->software_count, sizeof(f->software[0]), err))
		return false;
	f->software = list;
	bool ok = true;
	struct facts_software s = {
		.name = keep(f, name, &ok),
		.version = keep(f, version, &ok),
		.code = keep(f, msi && facts_product_code_is_valid(code) ? code : NULL, &ok),
	};
	if (!ok)
		return err_no_memory(err);
	f->software[f->software_count++] = s;
	return true;
}

static int product_compare(const void *a, const void *b)
{
	const struct facts_software *x = a, *y = b;
	int c = strcmp(x->name, y->name);
	c = c ? c : strcmp(x->version, y->version);
	return c ? c : strcmp(x->code ? x->code : "", y->code ? y->code : "");
}

/* --- drivers ----------------------------------------------------------------------------------- */

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool begins(const char *text, const char *prefix)
{
	for (; *prefix; text++, prefix++)
		if (lower((unsigned char)*text) != *prefix)
			return false;
	return true;
}

bool facts_is_oem_inf(const char *name)
{
	static const char oem[] = "oem", inf[] = ".inf";
	if (!begins(name, oem))
		return false;
	const char *number = name + sizeof(oem) - 1;
	size_t digits = strspn(number, "0123456789");
	return digits > 0 && digits <= 10 && begins(number + digits, inf) &&
	       number[digits + sizeof(inf) - 1] == '\0';
}

/* "mlx5.inf_amd64_0123456789abcdef" -> "mlx5.inf" */
static struct slice original_name(const char *folder)
{
	static const char inf[] = ".inf_";
	size_t end = 0;
	for (size_t i = 1; folder[0] && folder[i]; i++)
		if (begins(folder + i, inf))
			end = i + sizeof(inf) - 2;
	return slice_part(slice_str(folder), 0, end);
}

bool facts_add_driver(struct facts *f, const struct facts_inf *inf, struct err *err)
{
	if (f->driver_count == FACTS_DRIVERS_MAX)
		return err_set(err, ERR_FORMAT, "the driver store has more than %d packages",
			       FACTS_DRIVERS_MAX);
	void *list = f->drivers;
	if (!make_room(&list, f->driver_count, sizeof(f->drivers[0]), err))
		return false;
	f->drivers = list;
	bool ok = true;
	struct facts_driver d = {
		.inf = keep(f, inf->inf, &ok),
		.provider = keep(f, inf->provider, &ok),
		.class_name = keep(f, inf->class_name, &ok),
		.version = keep(f, inf->version, &ok),
	};
	struct slice original = inf->folder ? original_name(inf->folder) : (struct slice) { 0 };
	if (original.len && !(d.original = facts_keep(f, original)))
		ok = false;
	if (!ok)
		return err_no_memory(err);
	f->drivers[f->driver_count++] = d;
	return true;
}

/* "oem2.inf" before "oem10.inf" */
static int driver_compare(const void *a, const void *b)
{
	const struct facts_driver *x = a, *y = b;
	return version_compare(x->inf, y->inf);
}

/* --- both -------------------------------------------------------------------------------------- */

void facts_sort_software(struct facts *f)
{
	size_t kept = 0;
	if (f->driver_count)
		qsort(f->drivers, f->driver_count, sizeof(f->drivers[0]), driver_compare);
	if (f->software_count)
		qsort(f->software, f->software_count, sizeof(f->software[0]), product_compare);
	for (size_t i = 0; i < f->software_count; i++)
		if (!kept || product_compare(&f->software[kept - 1], &f->software[i]) != 0)
			f->software[kept++] = f->software[i];
	f->software_count = kept;
}
