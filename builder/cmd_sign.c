/* SPDX-License-Identifier: MIT */
/* cmd_sign.c - `ibbundle sign`: put a signature on a bundle that stands. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "authenticode.h"
#include "cmd.h"
#include "file.h"
#include "options.h"
#include "pe.h"
#include "progress.h"
#include "seal.h"

const char cmd_sign_help[] =
	"Checks all of BUNDLE, signs it, and writes BUNDLE.p7s, a signature over the whole file.\n"
	"Works on a copy that takes BUNDLE's name at the end, so there must be room for it.\n\n"
	"  --add                   keep the signatures that are there; without it they are "
	"replaced\n" SIGN_HELP AUTHENTICODE_HELP;

/* Into the temporary file; by reference where the file system can. */
static bool copy_bundle(const char *path, struct outfile *out, mode_t *mode, struct err *err)
{
	AUTO(auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return file_error(err, "open", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' is not a regular file", path);
	progress_begin("copying", (uint64_t)st.st_size);
	bool ok = outfile_copy(out, fd, path, 0, (uint64_t)st.st_size, err);
	progress_end();
	*mode = st.st_mode & 0777;
	return ok;
}

/*
 * What is signed as a Windows executable covers the root's signatures, so that there is no adding to
 * them without signing that anew.
 */
static bool check_authenticode(const struct seal *s, const struct authenticode_key *k,
			       struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	struct locator_place place;
	uint8_t magic[PE_MAGIC_SIZE];
	if (!file_source_open(s->bundle.temp, &src, err))
		return false;
	src.name = s->bundle.path;
	if (!locator_find(&src, &place, err))
		return err_wrap(err, "cannot use '%s'", src.name);
	if (place.certificates.size && !k->place.key)
		return err_set(
			err, ERR_USAGE,
			"'%s' has an Authenticode signature, which this one would break: give "
			"--authenticode to make that anew",
			src.name);
	if (!k->place.key)
		return true;
	return source_read(&src, 0, magic, sizeof(magic), err) &&
	       (pe_begins((struct slice) { magic, sizeof(magic) }) ||
		err_set(err, ERR_USAGE,
			"--authenticode is for Windows executables, and '%s' is none", src.name));
}

/* The creation time, as the signed root has it. */
static bool read_created(const struct seal *s, uint64_t now, uint64_t *created, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	AUTO(bundle_close) struct bundle b = { 0 };
	struct bundle_options opt = { .now = now };
	if (!file_source_open(s->bundle.temp, &src, err) || !bundle_open(&src, &opt, &b, err))
		return false;
	*created = b.root.created;
	return true;
}

bool cmd_sign(int argc, char **argv, struct err *err)
{
	struct sign_files from = { 0 };
	struct authenticode_key program = { 0 };
	bool add = false;
	const struct option options[] = {
		SIGN_OPTIONS(from),
		{ "add", 0, OPTION_FLAG, &add, 0, 0 },
		AUTHENTICODE_OPTIONS(program),
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, 1, &operands, err))
		return false;
	if (!from.key.key || !from.certificate)
		return err_set(err, ERR_USAGE,
			       "sign: --key and --cert are needed; see 'ibbundle help sign'");
	if (!authenticode_share(&program, &from.key, err) || !sign_check_files(&from, err) ||
	    !authenticode_check_options(&program, err))
		return err_wrap(err, "sign");
	const char *path = operands.v[0];
	uint64_t now = (uint64_t)time(NULL), created = 0;
	AUTO(sign_key_auto_free) struct sign_key *k = sign_key_read(&from, err);
	AUTO(seal_done) struct seal s = SEAL_INIT;
	struct authenticode a = { .state = AUTHENTICODE_NONE };
	mode_t mode = 0;
	if (!k || !outfile_open(&s.bundle, path, err) ||
	    !copy_bundle(path, &s.bundle, &mode, err) || !check_authenticode(&s, &program, err))
		return false;
	/* Nobody signs what is damaged: what seal_verify() refuses never gets its name. */
	if (!seal_root(&s, k, add, now, err) || !read_created(&s, now, &created, err) ||
	    (program.place.key && !authenticode_sign(&program, created, &s.bundle, &a, err)) ||
	    !seal_verify(&s, false, now, err) || !seal_whole(&s, k, created, now, err) ||
	    !seal_commit(&s, mode, err))
		return false;
	printf("%s: signed by '%s'", path, s.signer.subject);
	if (a.state != AUTHENTICODE_NONE)
		printf(", Authenticode by '%s'%s", a.subject, authenticode_note(&a));
	printf("\n");
	return true;
}
