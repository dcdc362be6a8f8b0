/* SPDX-License-Identifier: MIT */
/* trust_store.c - see trust_store.h. */
#include "trust_store.h"

#include <ctype.h>
#include <string.h>

#include "platform.h"

#define CERTIFICATES_MAX (1u << 20) /* bytes of one file */

/* In any case: on Windows they are exported as "NAME.cer", "NAME.CER". */
static bool is_certificate_name(const char *name)
{
	static const char *const endings[] = { ".pem", ".crt", ".cer", ".der" };
	char ending[5];
	size_t n = strlen(name);
	if (n <= 4)
		return false;
	for (size_t i = 0; i <= 4; i++)
		ending[i] = (char)tolower((unsigned char)name[n - 4 + i]);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strcmp(ending, endings[i]) == 0)
			return true;
	return false;
}

static bool add_file(struct trust *t, const char *path, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(CERTIFICATES_MAX);
	if (platform_read_file(path, &text, err) && trust_add(t, path, buf_slice(&text), err))
		return true;
	if (err && err->code == ERR_NO)
		err->code = ERR_SYSTEM; /* a missing file is not the answer to a question */
	return err_wrap(err, "trusted certificates");
}

struct trust *trust_store_load(const char *dir, const char *const *files, size_t file_count,
			       void (*ignored)(void *ctx, const char *path), void *ctx,
			       struct err *err)
{
	AUTO(trust_auto_free) struct trust *t = trust_new(err);
	AUTO(platform_free_names) struct platform_names names = { 0 };
	if (!t)
		return NULL;
	if (platform_exists(dir) && !platform_is_protected(dir)) {
		if (ignored)
			ignored(ctx, dir); /* who may rename there may replace all of it */
	} else if (!platform_list_dir(dir, &names, err)) {
		return NULL;
	}
	for (size_t i = 0; i < names.count; i++) {
		char path[PLATFORM_PATH_MAX];
		int n = snprintf(path, sizeof(path), "%s" PLATFORM_SLASH "%s", dir, names.names[i]);
		if (n < 0 || (size_t)n >= sizeof(path) || !is_certificate_name(names.names[i]))
			continue;
		if (!platform_is_protected(path)) {
			if (ignored)
				ignored(ctx, path);
			continue;
		}
		if (!add_file(t, path, err))
			return NULL;
	}
	for (size_t i = 0; i < file_count; i++)
		if (!add_file(t, files[i], err))
			return NULL;
	struct trust *done = t;
	t = NULL;
	return done;
}
