/* SPDX-License-Identifier: MIT */
/*
 * reader.h - what the commands that read a bundle have in common: trust, open, describe.
 */
#ifndef READER_H
#define READER_H

#include "authenticode.h"
#include "layout.h"
#include "machine_trust.h"
#include "options.h"

struct reader_options {
	struct option_list trust; /* PEM or DER files */
	bool require_trust;
	const char *policy; /* a file; NULL: none */
	bool ignore_clock;
	bool json;
	bool allow_unsigned; /* for who is about to sign it */
};

struct reader {
	const char *path; /* of the bundle; borrowed */
	struct source src;
	bool borrowed; /* src is the caller's to close */
	/* Where a Windows executable was asked for that is a head alone: it, and NAME.ibb beside it. */
	const char *head_path; /* NULL: the bundle was asked for; borrowed */
	struct source head;
	char *data_path;              /* owned: what path is then */
	struct buf anchors;           /* the --trust files as PEM */
	struct machine_trust machine; /* of --policy, with the --trust files */
	struct parallel *parallel;    /* owned; reads the bundle's blocks ahead */
	struct bundle bundle;
	uint64_t now;
	struct bundle_options how; /* it was opened by these; further files of it can be */
};

/* Rows for an options table, filled into a `struct reader_options opt`. */
#define READER_OPTIONS(opt)                                                                        \
	{ "trust", 0, OPTION_LIST, &(opt).trust, 0, 0 },                                           \
		{ "require-trust", 0, OPTION_FLAG, &(opt).require_trust, 0, 0 },                   \
		{ "policy", 0, OPTION_TEXT, &(opt).policy, 0, 0 },                                 \
		{ "ignore-clock", 0, OPTION_FLAG, &(opt).ignore_clock, 0, 0 },                     \
	{                                                                                          \
		"json", 0, OPTION_FLAG, &(opt).json, 0, 0                                          \
	}

/* What the help of each of these commands says about them. */
#define READER_HELP                                                                                \
	"  --trust FILE     accept only signers that a certificate in FILE leads to (PEM or\n"     \
	"                   DER; may be given again)\n"                                            \
	"  --require-trust  refuse when no --trust is given\n"                                     \
	"  --policy FILE    ask of it what a machine with this policy would, with the trust.d\n"   \
	"                   beside it\n"                                                           \
	"  --ignore-clock   don't check expiry and age: this machine's clock is wrong\n"           \
	"  --json           one JSON document\n"

/*
 * As bundle_open(): nothing is left to trust but blocks, trees and the stub.  @path may be a NAME.exe
 * that stands alone, for its NAME.ibb.
 */
bool reader_open(struct reader *r, const char *path, const struct reader_options *opt,
		 struct err *err) MUST_CHECK;

/* The same of a bundle that is no file here; @src must stay open as long as @r. */
bool reader_open_source(struct reader *r, const struct source *src,
			const struct reader_options *opt, struct err *err) MUST_CHECK;

void reader_close(struct reader *r); /* for AUTO() */

/* layout_verify() with progress under @title. */
bool reader_verify(struct bundle *b, bool files, const char *title, struct layout_verified *out,
		   struct err *err) MUST_CHECK;

/* The signature over a whole file: none, a good one, or one that libcrypto can't check. */
enum whole { WHOLE_NONE, WHOLE_SIGNED, WHOLE_NOT_CHECKED };

/* Check PATH.p7s, the signature over all of @src, which is @path.  @signer is that of a good one. */
bool reader_check_whole(struct reader *r, const char *path, const struct source *src,
			enum whole *found, struct signer *signer, struct err *err) MUST_CHECK;

/* The file that the platform runs: the bundle, or the head beside it; and its certificates. */
const struct source *reader_head(const struct reader *r, struct extent *certificates);

/* The platform of the stub in that file; NULL without one.  Only 'verify' checks the stub. */
const char *reader_stub_platform(const struct reader *r);

/* Check the head that stands alone, if there is one, and the Authenticode signature, if there is one. */
bool reader_check_head(struct reader *r, const char **platform, struct authenticode *a,
		       struct err *err) MUST_CHECK;

/* How far @s is to be believed: "trusted", or why not. */
const char *reader_pinned_text(const struct reader *r, const struct signer *s);

/* "signed by 'CN=x' (not pinned: ...)" lines on stdout, one per signer. */
void reader_print_signers(const struct reader *r);

/* "signers": [...] of a JSON document, and "signatures_not_checked": how many. */
void reader_add_signers(const struct reader *r, struct json *j, struct json_value *top);

/* "authenticode": {...}, where there is such a signature; "state" unless it was not looked at. */
void reader_add_authenticode(const struct authenticode *a, struct json *j, struct json_value *top);

/* Print a document on stdout. */
bool reader_print_json(const struct json *j, struct err *err) MUST_CHECK;

/* ERR_USAGE, naming the ids that there are, when @id is not one of them. */
bool reader_find_package(const struct reader *r, const char *id, size_t *index, struct err *err)
	MUST_CHECK;

#endif
