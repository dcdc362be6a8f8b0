/* SPDX-License-Identifier: MIT */
/* apt_config.c - see apt_config.h. */
#include "apt_config.h"

#include <string.h>
#include <strings.h>

#include "file.h"
#include "process.h"
#include "stanza.h"

#define APT_GET "/usr/bin/apt-get"
#define APT_CONFIG "/usr/bin/apt-config"
#define APT_SECONDS 60
#define OUTPUT_MAX (4u << 20)
#define SOURCES_SIZE_MAX (1u << 20)

void apt_config_done(struct apt_config *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->archives[i].keyring);
	free(c->archives);
	buf_done(&c->text);
	*c = (struct apt_config) { 0 };
}

const struct apt_archive *apt_config_find(const struct apt_config *c, const char *label)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->archives[i].label, label) == 0)
			return &c->archives[i];
	return NULL;
}

/* "signed-by=PATH" among the options of a one-line entry: "deb [arch=amd64 signed-by=...] ..." */
static struct slice signed_by_of_line(struct slice line)
{
	static const char key[] = "signed-by=";
	size_t n = sizeof(key) - 1;
	for (size_t i = 0; i + n < line.len; i++) {
		if (memcmp(line.p + i, key, n) != 0)
			continue;
		struct slice value = { line.p + i + n, 0 };
		while (i + n + value.len < line.len && !strchr(" \t]", value.p[value.len]))
			value.len++;
		return value;
	}
	return (struct slice) { 0 };
}

static struct slice signed_by_of_paragraph(struct slice text, uint64_t entry)
{
	static const char key[] = "Signed-By:";
	struct slice line;
	uint64_t at = 0;
	bool inside = false;
	while (slice_next_line(&text, &line)) {
		if (line.len && line.p[0] == '#')
			continue;
		bool blank = slice_trim(line).len == 0;
		at += !blank && !inside;
		inside = !blank;
		if (at == entry && line.len > sizeof(key) - 1 &&
		    strncasecmp((const char *)line.p, key, sizeof(key) - 1) == 0)
			return slice_trim((struct slice) { line.p + sizeof(key) - 1,
							   line.len - (sizeof(key) - 1) });
	}
	return (struct slice) { 0 };
}

struct slice apt_signed_by(const char *path, struct slice text, uint64_t entry)
{
	struct slice found = { 0 }, line;
	size_t n = strlen(path);
	if (n > 8 && strcmp(path + n - 8, ".sources") == 0) {
		found = signed_by_of_paragraph(text, entry);
	} else {
		for (uint64_t at = 1; slice_next_line(&text, &line); at++)
			if (at == entry)
				found = signed_by_of_line(line);
	}
	bool is_path = found.len && found.p[0] == '/' && !memchr(found.p, ' ', found.len) &&
		       !memchr(found.p, ',', found.len);
	return is_path ? found : (struct slice) { 0 };
}

/* @entry as apt prints it: "/etc/apt/sources.list.d/debian.sources:1". */
static bool find_keyring(char *entry, char **out, struct err *err)
{
	char *colon = strrchr(entry, ':');
	uint64_t number;
	if (!colon || !slice_number(slice_str(colon + 1), UINT32_MAX, &number))
		return true;
	*colon = '\0';
	AUTO(buf_done) struct buf text = BUF_INIT(SOURCES_SIZE_MAX);
	struct err unread = { 0 };
	if (!file_read(entry, SOURCES_SIZE_MAX, &text, &unread))
		return true; /* apt itself could read it; without it the default keyring holds */
	struct slice path = apt_signed_by(entry, buf_slice(&text), number);
	if (!path.len)
		return true;
	*out = strndup((const char *)path.p, path.len);
	return *out || err_no_memory(err);
}

/* One line of apt-get's answer: label, base URI and source entry, separated by tabs. */
static bool add_archive(struct apt_config *c, char *line, struct err *err)
{
	char *uri = strchr(line, '\t');
	char *entry = uri ? strchr(uri + 1, '\t') : NULL;
	if (!entry)
		return err_set(err, ERR_SYSTEM, "'%s indextargets' prints an unknown line",
			       APT_GET);
	*uri++ = '\0';
	*entry++ = '\0';
	size_t n = strlen(uri);
	if (n && uri[n - 1] == '/')
		uri[n - 1] = '\0';
	/* an option that apt does not know stays as it was asked for: "$(LABEL)" */
	if (!*line || *line == '$' || apt_config_find(c, line) || c->count == APT_ARCHIVES_MAX)
		return true;
	struct apt_archive *a = &c->archives[c->count++];
	*a = (struct apt_archive) { .label = line, .uri = uri };
	return find_keyring(entry, &a->keyring, err);
}

static bool read_archives(struct apt_config *c, struct err *err)
{
	static const char *const ask[] = { APT_GET,
					   "indextargets",
					   "--format",
					   "$(LABEL)\t$(REPO_URI)\t$(SOURCESENTRY)",
					   "Created-By: Packages",
					   NULL };
	int status;
	if (!process_capture(ask, APT_SECONDS, &c->text, &status, err))
		return false;
	if (status != 0)
		return err_set(err, ERR_SYSTEM, "'%s indextargets' ends with status %d", APT_GET,
			       status);
	c->archives = calloc(APT_ARCHIVES_MAX, sizeof(*c->archives));
	if (!c->archives)
		return err_no_memory(err);
	char *line = (char *)c->text.p;
	while (line && *line) {
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		if (!add_archive(c, line, err))
			return false;
		line = end ? end + 1 : NULL;
	}
	return true;
}

static bool read_check_valid_until(bool *out, struct err *err)
{
	static const char *const ask[] = { APT_CONFIG, "shell", "v", "Acquire::Check-Valid-Until/b",
					   NULL };
	AUTO(buf_done) struct buf text = BUF_INIT(4096);
	int status;
	if (!process_capture(ask, APT_SECONDS, &text, &status, err))
		return false;
	if (status != 0)
		return err_set(err, ERR_SYSTEM, "'%s' ends with status %d", APT_CONFIG, status);
	*out = strstr(buf_str(&text), "'false'") == NULL; /* not set: apt checks */
	return true;
}

bool apt_config_read(struct apt_config *out, struct err *err)
{
	AUTO(apt_config_done) struct apt_config c = { .text = BUF_INIT(OUTPUT_MAX) };
	if (!read_archives(&c, err) || !read_check_valid_until(&c.check_valid_until, err))
		return err_wrap(err, "cannot ask this machine's apt");
	*out = c;
	c = (struct apt_config) { 0 };
	return true;
}
