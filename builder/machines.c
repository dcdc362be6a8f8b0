/* SPDX-License-Identifier: MIT */
/* machines.c - see machines.h.  Families, images, then what follows from both. */
#include "machines.h"

#include "file.h"
#include "match.h"
#include "path.h"

void machines_done(struct machines *m)
{
	free(m->families);
	free(m->sizes);
	free(m->images);
	json_free(m->sizes_doc);
	json_free(m->images_doc);
	*m = (struct machines) { 0 };
}

/* --- small things -------------------------------------------------------------------------------- */

/* A required text that isn't empty. */
static bool get_text(const struct json *doc, const struct json_value *obj, const char *key,
		     const char **out, struct err *err)
{
	if (!json_get_string(doc, obj, key, JSON_REQUIRED, out, err))
		return false;
	return **out || json_error(doc, json_get(obj, key), err, "must not be empty");
}

/* A required text that is one of @words (NULL-terminated). */
static bool get_word(const struct json *doc, const struct json_value *obj, const char *key,
		     const char *const *words, const char **out, struct err *err)
{
	const char *text = NULL;
	if (!json_get_string(doc, obj, key, JSON_REQUIRED, &text, err))
		return false;
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0) {
			*out = words[i];
			return true;
		}
	return json_error(doc, json_get(obj, key), err,
			  "'%s' is not a known word here (%s, %s, ...)", text, words[0], words[1]);
}

/* The member @key, an array of 1 to @max elements. */
static bool get_list(const struct json *doc, const struct json_value *obj, const char *key,
		     size_t min, size_t max, const struct json_value **out, struct err *err)
{
	if (!json_get_array(doc, obj, key, JSON_REQUIRED, out, err))
		return false;
	size_t count = json_count(*out);
	return (count >= min && count <= max) ||
	       json_error(doc, *out, err, "must have %zu to %zu elements", min, max);
}

static bool check_schema(const struct json *doc, const char *list, struct err *err)
{
	const char *const keys[] = { "schema", list, NULL };
	uint64_t schema = 0;
	if (!json_only_keys(doc, json_top(doc), keys, err) ||
	    !json_get_u64(doc, json_top(doc), "schema", JSON_REQUIRED, JSON_INTEGER_MAX, &schema,
			  err))
		return false;
	return schema == 1 || json_error(doc, json_get(json_top(doc), "schema"), err,
					 "must be 1, the only schema there is");
}

bool machine_date_valid(const char *text)
{
	static const char shape[] = "####-##-##";
	size_t n = strlen(text);
	if (n != 7 && n != 10)
		return false;
	for (size_t i = 0; i < n; i++)
		if (shape[i] == '#' ? !strchr("0123456789", text[i]) : shape[i] != text[i])
			return false;
	return true;
}

/* --- families ------------------------------------------------------------------------------------ */

static bool parse_device(const struct json *doc, const struct json_value *v, struct facts_nic *nic,
			 struct err *err)
{
	static const char hex[] = "0123456789abcdef";
	const char *device = NULL, *class_code = NULL;
	if (!get_text(doc, v, "device", &device, err) ||
	    !get_text(doc, v, "class", &class_code, err))
		return false;
	if (strlen(device) != 9 || device[4] != ':' || strspn(device, hex) != 4 ||
	    strspn(device + 5, hex) != 4)
		return json_error(doc, json_get(v, "device"), err, "must be like \"15b3:101c\"");
	if (strlen(class_code) != 6 || strspn(class_code, hex) != 6)
		return json_error(doc, json_get(v, "class"), err,
				  "must be 6 hex digits in lower case");
	nic->vendor = (uint32_t)strtoul(device, NULL, 16);
	nic->device = (uint32_t)strtoul(device + 5, NULL, 16);
	nic->class_code = (uint32_t)strtoul(class_code, NULL, 16);
	return true;
}

/* One element stands for @count functions that are alike. */
static bool parse_nics(const struct json *doc, const struct json_value *v, struct machine_family *f,
		       struct err *err)
{
	static const char *const keys[] = { "device", "class", "sriov", "link", "count", NULL };
	static const char *const sriov[] = { "vf", "pf", "none", NULL };
	static const char *const links[] = { "infiniband", "ethernet", "unknown", NULL };
	static const char *const addresses[MACHINES_NICS_MAX] = {
		"0101:00:00.0", "0102:00:00.0", "0103:00:00.0", "0104:00:00.0",
		"0105:00:00.0", "0106:00:00.0", "0107:00:00.0", "0108:00:00.0",
	};
	struct facts_nic nic = { 0 };
	const char *word = NULL, *link = NULL;
	uint64_t count = 0;
	if (!json_only_keys(doc, v, keys, err) || !parse_device(doc, v, &nic, err) ||
	    !get_word(doc, v, "sriov", sriov, &word, err) ||
	    !get_word(doc, v, "link", links, &link, err) ||
	    !json_get_u64(doc, v, "count", JSON_REQUIRED, MACHINES_NICS_MAX, &count, err))
		return false;
	nic.sriov = word == sriov[0] ? SRIOV_VF : word == sriov[1] ? SRIOV_PF : SRIOV_NONE;
	nic.link = link == links[0]   ? LINK_INFINIBAND
		   : link == links[1] ? LINK_ETHERNET
				      : LINK_UNKNOWN;
	if (count == 0 || count > MACHINES_NICS_MAX - f->nic_count)
		return json_error(doc, v, err, "a size has 1 to %d functions", MACHINES_NICS_MAX);
	for (; count; count--) {
		nic.address = addresses[f->nic_count];
		f->nics[f->nic_count++] = nic;
	}
	return true;
}

static bool parse_mode(const struct json *doc, const struct json_value *v, struct machine_family *f,
		       struct err *err)
{
	static const char *const modes[] = { "sr-iov", "network-direct", NULL };
	const char *mode = NULL;
	const struct json_value *nics = NULL;
	if (!get_word(doc, v, "mode", modes, &mode, err) ||
	    !get_list(doc, v, "nics", 0, MACHINES_NICS_MAX, &nics, err))
		return false;
	f->network_direct = mode == modes[1];
	for (const struct json_value *n = json_first(nics); n; n = json_next(n))
		if (!parse_nics(doc, n, f, err))
			return false;
	if (f->network_direct != (f->nic_count == 0))
		return json_error(doc, nics, err,
				  "mode sr-iov is by PCI functions, and network-direct without");
	return true;
}

static bool parse_floor(const struct json *doc, const struct json_value *v,
			struct machine_floor *out, struct err *err)
{
	static const char *const keys[] = { "driver", "version", NULL };
	return json_only_keys(doc, v, keys, err) && get_text(doc, v, "driver", &out->driver, err) &&
	       get_text(doc, v, "version", &out->version, err);
}

static bool parse_floors(const struct json *doc, const struct json_value *v,
			 struct machine_family *f, struct err *err)
{
	const struct json_value *list = NULL;
	if (!json_get(v, "floors"))
		return true;
	if (!get_list(doc, v, "floors", 1, MACHINES_FLOORS_MAX, &list, err))
		return false;
	for (const struct json_value *e = json_first(list); e; e = json_next(e))
		if (!parse_floor(doc, e, &f->floors[f->floor_count++], err))
			return false;
	return true;
}

/* Which images: by the size's own documentation, and by that of the extensions. */
static bool parse_documented(const struct json *doc, const struct json_value *v,
			     struct machine_family *f, struct err *err)
{
	const struct json_value *list = NULL;
	if (!get_list(doc, v, "images", 0, MACHINES_LIST_MAX, &f->images, err) ||
	    !get_list(doc, v, "extension", 0, 2, &list, err))
		return false;
	for (const struct json_value *m = json_first(f->images); m; m = json_next(m))
		if (json_type(m) != JSON_OBJECT)
			return json_error(doc, m, err, "must be an object of match rules");
		else if (!match_check(doc, m, err))
			return false;
	for (const struct json_value *o = json_first(list); o; o = json_next(o)) {
		const char *os = json_string(o);
		bool *which = os && strcmp(os, "linux") == 0     ? &f->extension_linux
			      : os && strcmp(os, "windows") == 0 ? &f->extension_windows
								 : NULL;
		if (!which || *which)
			return json_error(doc, o, err,
					  "must be \"linux\" or \"windows\", each once");
		*which = true;
	}
	return true;
}

static bool parse_family(const struct json *doc, const struct json_value *v,
			 struct machine_family *f, struct err *err)
{
	static const char *const keys[] = { "family", "sizes",   "arch",   "mode",
					    "nics",   "retires", "images", "extension",
					    "floors", "source",  NULL };
	static const char *const arches[] = { "x86_64", "aarch64", NULL };
	if (!json_only_keys(doc, v, keys, err) || !get_text(doc, v, "family", &f->name, err) ||
	    !get_word(doc, v, "arch", arches, &f->arch, err) || !parse_mode(doc, v, f, err) ||
	    !json_get_string(doc, v, "retires", JSON_OPTIONAL, &f->retires, err) ||
	    !parse_documented(doc, v, f, err) || !parse_floors(doc, v, f, err) ||
	    !get_text(doc, v, "source", &f->source, err))
		return false;
	if (f->retires && !machine_date_valid(f->retires))
		return json_error(doc, json_get(v, "retires"), err,
				  "must be a day or month, like \"2027-05-31\" or \"2021-03\"");
	return true;
}

static bool add_sizes(struct machines *m, const struct json_value *v,
		      const struct machine_family *f, struct err *err)
{
	const struct json_value *list = NULL;
	if (!get_list(m->sizes_doc, v, "sizes", 1, MACHINES_LIST_MAX, &list, err))
		return false;
	for (const struct json_value *e = json_first(list); e; e = json_next(e)) {
		const char *name = json_string(e);
		if (!name || !path_is_safe(slice_str(name)) || strchr(name, '/'))
			return json_error(
				m->sizes_doc, e, err,
				"must be the name of a size, like \"Standard_HB176rs_v4\"");
		for (size_t i = 0; i < m->size_count; i++)
			if (strcmp(m->sizes[i].name, name) == 0)
				return json_error(m->sizes_doc, e, err, "size '%s' stands twice",
						  name);
		if (m->size_count == MACHINES_LIST_MAX)
			return json_error(m->sizes_doc, e, err, "there are more than %d sizes",
					  MACHINES_LIST_MAX);
		m->sizes[m->size_count++] = (struct machine_size) { name, f };
	}
	return true;
}

static bool parse_sizes(struct machines *m, struct err *err)
{
	const struct json_value *list = NULL;
	if (!check_schema(m->sizes_doc, "families", err) ||
	    !get_list(m->sizes_doc, json_top(m->sizes_doc), "families", 1, MACHINES_LIST_MAX, &list,
		      err))
		return false;
	m->families = calloc(json_count(list), sizeof(*m->families));
	m->sizes = calloc(MACHINES_LIST_MAX, sizeof(*m->sizes));
	if (!m->families || !m->sizes)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		struct machine_family *f = &m->families[m->family_count++];
		if (!parse_family(m->sizes_doc, v, f, err) || !add_sizes(m, v, f, err))
			return false;
	}
	return true;
}

/* --- images -------------------------------------------------------------------------------------- */

static bool parse_id_like(const struct json *doc, const struct json_value *v,
			  struct machine_image *out, struct err *err)
{
	const struct json_value *list = NULL;
	if (!get_list(doc, v, "id_like", 0, sizeof(out->id_like) / sizeof(out->id_like[0]), &list,
		      err))
		return false;
	for (const struct json_value *e = json_first(list); e; e = json_next(e)) {
		if (!json_string(e))
			return json_error(doc, e, err, "must be a string");
		out->id_like[out->id_like_count++] = json_string(e);
	}
	return true;
}

/* The processors that there is an image for, each with its usual kernel. */
static bool parse_kernels(const struct json *doc, const struct json_value *v,
			  struct machine_image *out, struct err *err)
{
	static const char *const keys[] = { "x86_64", "aarch64", NULL };
	const struct json_value *kernels = NULL;
	if (!json_get_object(doc, v, "kernel", JSON_REQUIRED, &kernels, err) ||
	    !json_only_keys(doc, kernels, keys, err) ||
	    !json_get_string(doc, kernels, "x86_64", JSON_OPTIONAL, &out->kernel_x86_64, err) ||
	    !json_get_string(doc, kernels, "aarch64", JSON_OPTIONAL, &out->kernel_aarch64, err))
		return false;
	return json_count(kernels) > 0 ||
	       json_error(doc, kernels, err, "names no processor that there is an image for");
}

static bool parse_image(const struct json *doc, const struct json_value *v,
			struct machine_image *out, struct err *err)
{
	static const char *const keys[] = { "image",     "title",           "os",
					    "id",        "id_like",         "version_id",
					    "kernel",    "package_manager", "installation",
					    "extension", "endorsed",        "source",
					    NULL };
	static const char *const oses[] = { "linux", "windows", NULL };
	static const char *const installations[] = { "client", "server", "server-core", NULL };
	static const char *const managers[] = { "dpkg", "rpm", "msi", "none", NULL };
	if (!json_only_keys(doc, v, keys, err) || !get_text(doc, v, "image", &out->name, err) ||
	    !get_text(doc, v, "title", &out->title, err) ||
	    !get_word(doc, v, "os", oses, &out->os, err) ||
	    !get_text(doc, v, "id", &out->id, err) || !parse_id_like(doc, v, out, err) ||
	    !json_get_string(doc, v, "version_id", JSON_REQUIRED, &out->version_id, err) ||
	    !parse_kernels(doc, v, out, err) ||
	    !get_word(doc, v, "package_manager", managers, &out->package_manager, err) ||
	    (json_get(v, "installation") &&
	     !get_word(doc, v, "installation", installations, &out->installation, err)) ||
	    !json_get_bool(doc, v, "extension", JSON_OPTIONAL, &out->extension, err) ||
	    !json_get_bool(doc, v, "endorsed", JSON_OPTIONAL, &out->endorsed, err) ||
	    !get_text(doc, v, "source", &out->source, err))
		return false;
	return name_is_safe(out->name) ||
	       json_error(doc, json_get(v, "image"), err,
			  "has lower-case letters, digits and .+_- only");
}

static bool parse_images(struct machines *m, struct err *err)
{
	const struct json *doc = m->images_doc;
	const struct json_value *list = NULL;
	if (!check_schema(doc, "images", err) ||
	    !get_list(doc, json_top(doc), "images", 1, MACHINES_LIST_MAX, &list, err))
		return false;
	m->images = calloc(json_count(list), sizeof(*m->images));
	if (!m->images)
		return err_no_memory(err);
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		struct machine_image *image = &m->images[m->image_count++];
		if (!parse_image(doc, v, image, err))
			return false;
		for (size_t i = 0; i + 1 < m->image_count; i++)
			if (strcmp(m->images[i].name, image->name) == 0)
				return json_error(doc, v, err, "image '%s' stands twice",
						  image->name);
	}
	return true;
}

/* --- the two documents --------------------------------------------------------------------------- */

bool machines_parse(const char *sizes_name, struct slice sizes, const char *images_name,
		    struct slice images, struct machines *out, struct err *err)
{
	AUTO(machines_done) struct machines m = { 0 };
	if (sizes.len > MACHINES_FILE_MAX || images.len > MACHINES_FILE_MAX)
		return err_set(err, ERR_FORMAT, "%s: is larger than %u bytes",
			       sizes.len > MACHINES_FILE_MAX ? sizes_name : images_name,
			       MACHINES_FILE_MAX);
	m.sizes_doc = json_parse(sizes_name, sizes, err);
	if (!m.sizes_doc || !parse_sizes(&m, err))
		return false;
	m.images_doc = json_parse(images_name, images, err);
	if (!m.images_doc || !parse_images(&m, err))
		return false;
	*out = m;
	m = (struct machines) { 0 };
	return true;
}

bool machines_read(const char *dir, struct machines *out, struct err *err)
{
	AUTO(buf_done) struct buf sizes = { 0 }, images = { 0 };
	AUTO(buf_done) struct buf sizes_path = BUF_INIT(65536), images_path = BUF_INIT(65536);
	buf_printf(&sizes_path, "%s/sizes.json", dir);
	buf_printf(&images_path, "%s/images.json", dir);
	return buf_ok(&sizes_path, "the path of the machines", err) &&
	       buf_ok(&images_path, "the path of the machines", err) &&
	       file_read(buf_str(&sizes_path), MACHINES_FILE_MAX, &sizes, err) &&
	       file_read(buf_str(&images_path), MACHINES_FILE_MAX, &images, err) &&
	       machines_parse(buf_str(&sizes_path), buf_slice(&sizes), buf_str(&images_path),
			      buf_slice(&images), out, err);
}

/* --- what follows -------------------------------------------------------------------------------- */

bool machines_starts_family(const struct machines *m, size_t s)
{
	return s == 0 || strcmp(m->sizes[s].family->name, m->sizes[s - 1].family->name) != 0;
}

bool machine_facts(const struct machine_size *size, const struct machine_image *image,
		   struct facts *out)
{
	const struct machine_family *family = size->family;
	const char *kernel =
		strcmp(family->arch, "x86_64") == 0 ? image->kernel_x86_64 : image->kernel_aarch64;
	if (!kernel)
		return false;
	*out = (struct facts) {
		.os = image->os,
		.id = image->id,
		.version_id = image->version_id,
		.pretty_name = image->title,
		.id_like_count = image->id_like_count,
		.kernel = kernel,
		.arch = family->arch,
		.vm_size = size->name,
		.nic_count = family->nic_count,
		.network_direct = family->network_direct,
		.secure_boot = SECURE_BOOT_OFF,
		.space_staging = JSON_INTEGER_MAX,
		.space_system = JSON_INTEGER_MAX,
		.package_manager = image->package_manager,
		.installation = image->installation,
	};
	memcpy(out->id_like, image->id_like, sizeof(image->id_like));
	memcpy(out->nics, family->nics, sizeof(family->nics));
	return true;
}

unsigned machine_documented(const struct machine_size *size, const struct machine_image *image)
{
	const struct machine_family *family = size->family;
	struct facts facts;
	unsigned by = 0;
	if (!machine_facts(size, image, &facts))
		return 0;
	for (const struct json_value *m = json_first(family->images); m; m = json_next(m)) {
		const char *key;
		char reason[MATCH_REASON_SIZE];
		if (match_holds(m, &facts, &key, reason))
			by |= DOCUMENTED_SIZE;
	}
	bool windows = strcmp(image->os, "windows") == 0;
	if (image->extension && (windows ? family->extension_windows : family->extension_linux))
		by |= DOCUMENTED_EXTENSION;
	if (image->endorsed && !family->network_direct)
		by |= DOCUMENTED_ENDORSED;
	return by;
}

bool machine_retired(const struct machine_size *size, const char *on)
{
	const char *retires = size->family->retires;
	return retires && strncmp(retires, on, strlen(retires)) < 0;
}
