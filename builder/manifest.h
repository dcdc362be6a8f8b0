/* SPDX-License-Identifier: MIT */
/*
 * manifest.h - what people write: which packages, from where, for which machines.
 *
 * manifests/README.md describes every key.  Parsing is strict: an unknown or duplicate key, a wrong
 * type, an unknown repository or a bad rule is one error with the document's name, line and path.
 */
#ifndef MANIFEST_H
#define MANIFEST_H

#include "crypto.h"
#include "json.h"
#include "terms.h"

#define MANIFEST_SIZE_MAX (4u << 20)
#define MANIFEST_PACKAGES_MAX 4096
#define MANIFEST_REPOSITORIES_MAX 256
#define MANIFEST_TERMS_MAX 256
#define MANIFEST_LIST_MAX 256 /* elements of any list of strings */
#define MANIFEST_KERNELS_MAX 16
#define MANIFEST_APT_PREFIX "@apt:" /* a URI: as this machine's apt has it for that archive label */
#define MANIFEST_APT "@apt"         /* keyring, check_valid_until: as this machine's apt has it */
#define MANIFEST_ABI "${abi}"       /* replaced by each kernel's ABI in a package with "kernels" */

struct strings { /* borrowed texts in an owned array */
	const char **p;
	size_t count;
};

/* A yes or no that may be left to the machine's apt configuration. */
enum manifest_choice { CHOICE_NO, CHOICE_YES, CHOICE_APT };

struct manifest_suite {
	const char *name;
	struct strings uris; /* mirrors in order, or one "@apt:LABEL" */
};

struct manifest_repository {
	const char *name;
	struct manifest_suite
		*suites; /* owned; the first is the main suite, which makes the base */
	size_t suite_count;
	struct strings components;
	const char *keyring; /* absolute path, or "@apt" */
	enum manifest_choice check_valid_until;
	bool skip_missing; /* pass over a .deb that the index lists and no mirror has */
};

struct manifest_file {
	bool supply;       /* nobody publishes it: no URLs; supply.h */
	const char *title; /* what it is, for people; or NULL */
	struct strings urls;
	bool have_sha256;
	uint8_t sha256[SHA256_SIZE];
	const char *hash_source;        /* who states the hash, or that nobody does; or NULL */
	uint64_t size;                  /* 0: not known */
	const char *path;               /* in the payload */
	const char *license, *supplier; /* or NULL: what the package says */
	bool unpack;
	bool keep_exact; /* of what is unpacked: in any case give the file itself back, too */
};

struct manifest_closure {
	const struct manifest_repository *repository; /* NULL: the package has no closure */
	const char *arch;                             /* Debian's name: "amd64" */
	struct strings packages;
	const char *base; /* "minbase" */
};

struct manifest_kernels {
	const char *series; /* meta package: "linux-image-amd64"; NULL: not a package per kernel */
	uint64_t newest;    /* how many ABIs */
};

struct manifest_package {
	const struct json_value *value; /* the whole package, for messages */
	const char *id, *title, *license;
	const char *supplier;       /* who made its files, or NULL */
	const struct terms *terms;  /* or NULL */
	const char *version;        /* NULL: that of the closure's first package */
	const char *driver;         /* "mlnx-ofed": what floors of machines are about; or NULL */
	const char *unreachable_ok; /* why no machine of the matrix gets it; or NULL */
	uint64_t priority;
	struct manifest_file *files; /* owned */
	size_t file_count;
	struct manifest_closure closure;
	struct manifest_kernels kernels;
	const struct json_value *match, *install, *check, *uninstall,
		*needs; /* the last three: or NULL */
};

struct manifest {
	struct json *doc; /* owns every text below */
	uint8_t sha256[SHA256_SIZE];
	const char *name, *version, *title; /* title: or NULL */
	struct terms *terms;                /* owned */
	size_t terms_count;
	struct manifest_repository *repositories;
	size_t repository_count;
	struct manifest_package *packages; /* in the manifest's order */
	size_t package_count;
};

/* @name is what errors call the document. */
bool manifest_parse(const char *name, struct slice text, struct manifest *out, struct err *err)
	MUST_CHECK;
bool manifest_read(const char *path, struct manifest *out, struct err *err) MUST_CHECK;
void manifest_done(struct manifest *m); /* accepts a zeroed struct; for AUTO() */

/*
 * A package with "kernels" stands for one package per ABI: put a copy of @v, with ${abi} replaced
 * in every text, below @parent.  False when memory ran out.
 */
bool manifest_expand(struct json *doc, struct json_value *parent, const char *key,
		     const struct json_value *v, const char *abi) MUST_CHECK;
char *manifest_expand_text(const char *text, const char *abi) MUST_CHECK; /* free() it */

#endif
