/* SPDX-License-Identifier: MIT */
/*
 * export_bundle.h - what the kinds of `export` that write a directory of texts have in common: the bundle
 * and its files, what `install` is told, and the values that templates ask for (template.h):
 *
 *   name, version, program     of the bundle; the file that the machine runs
 *   title                      "NAME VERSION", for comments
 *   arguments                  what follows 'install', plain words, with a blank before each; or ""
 *   certificate                of --trust, PEM; or ""
 *   from                       --from, or what the kind has for it
 *   linux, windows             "yes" or ""
 *   files, parts               lists, of all files and of those beside the program, with
 *                              file, sha256 (of lower-case digits), size
 *
 * A bundle is one file, or a Windows program with NAME.ibb beside it; volumes are NAME.2.ibb and so on.
 */
#ifndef EXPORT_BUNDLE_H
#define EXPORT_BUNDLE_H

#include "outdir.h"
#include "reader.h"
#include "template.h"

#define EXPORT_FILES_MAX 64
#define EXPORT_FILE_VALUES 4

struct export_file {
	char *path;       /* owned */
	const char *name; /* in path; plain, with no blank and no slash */
	struct source src;
	char sha256[SHA256_HEX_SIZE], size[24];
	struct template_value values[EXPORT_FILE_VALUES];
};

struct export_options {
	const char *output, *from;
	struct option_list accept;
	struct reader_options reader;
};

struct export_bundle {
	const struct export_options *opt;
	struct reader reader;
	bool windows;
	struct export_file files[EXPORT_FILES_MAX]; /* the program first */
	const struct template_value *rows[EXPORT_FILES_MAX];
	size_t file_count;
	struct buf title, arguments;
	struct outdir out;
	struct json *report; /* owned; of what was written */
	struct json_value *written;
};

/* Rows for an options table, filled into a `struct export_options opt`. */
#define EXPORT_OPTIONS(opt)                                                                        \
	READER_OPTIONS((opt).reader), { "output", 'o', OPTION_TEXT, &(opt).output, 0, 0 },         \
	{                                                                                          \
		"accept-license", 0, OPTION_LIST, &(opt).accept, 0, 0                              \
	}

#define EXPORT_HELP                                                                                \
	"  -o, --output DIR     must not exist, or be empty\n"                                     \
	"  --accept-license ID  what 'install' accepts there (may be given again)\n"               \
	"  --trust FILE         accept only signers that FILE leads to (PEM), here and there:\n"   \
	"                       'install' is told --require-trust (may be given again)\n"          \
	"  --require-trust      refuse when no --trust is given\n"                                 \
	"  --policy FILE        ask of the bundle what a machine with this policy would\n"         \
	"  --ignore-clock       don't check expiry and age: this machine's clock is wrong\n"       \
	"  --json               one JSON document\n"

/*
 * Open @path and what belongs to it, and begin the directory.  ERR_USAGE for a file that no machine runs, names that
 * are not plain, and terms that no package comes under.
 */
bool export_open(struct export_bundle *e, const char *path, const struct export_options *opt,
		 struct err *err) MUST_CHECK;
void export_done(struct export_bundle *e); /* for AUTO() */

/*
 * Fill in template @name, with at most 24 values and 2 lists before the common ones; each ended by a row without a
 * name, or NULL.
 */
bool export_fill(struct export_bundle *e, const char *name, const struct template_value *more,
		 const struct template_list *lists, struct buf *out, struct err *err) MUST_CHECK;

/* A text as @path of the directory, whose own directories are made; mode 0644, or 0755 for a program. */
bool export_put(struct export_bundle *e, const char *path, const struct buf *text, bool program,
		struct err *err) MUST_CHECK;

/* "files/": the directories that a path in it names. */
bool export_make_dirs(struct export_bundle *e, const char *path, struct err *err) MUST_CHECK;

/* Other files take the place of those from @from on. */
void export_drop_files(struct export_bundle *e, size_t from);
bool export_add_file(struct export_bundle *e, const char *path, struct err *err) MUST_CHECK;

/* Final name, and what was written on stdout. */
bool export_finish(struct export_bundle *e, struct err *err) MUST_CHECK;

#endif
