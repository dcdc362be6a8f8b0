/* SPDX-License-Identifier: MIT */
/* cmd_sign.c - `ibbundle sign`: put a signature on a bundle that stands. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "file.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"
#include "seal.h"

#define COPY_CHUNK (8u << 20)

const char cmd_sign_help[] =
	"Checks all of BUNDLE, signs it, and writes BUNDLE.p7s, a signature over the whole file.\n"
	"Works on a copy that takes BUNDLE's name at the end, so there must be room for it.\n\n"
	"  --key FILE    private key (PEM, not encrypted)\n"
	"  --cert FILE   its certificate (PEM), with the code-signing purpose\n"
	"  --chain FILE  certificates between it and the one that readers trust (PEM)\n"
	"  --add         keep the signatures that are there; without it they are replaced\n";

/* Into the temporary file; by reference where the file system can. */
static bool copy_bundle(const char *path, struct outfile *out, mode_t *mode, struct err *err)
{
	AUTO(auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return file_error(err, "open", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' is not a regular file", path);
	AUTO(auto_free) uint8_t *chunk = malloc(COPY_CHUNK);
	if (!chunk)
		return err_no_memory(err);
	uint64_t size = (uint64_t)st.st_size;
	while (out->offset < size) {
		ssize_t n = read(fd, chunk, COPY_CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_error(err, "read", path);
		if (n == 0)
			return err_set(err, ERR_FORMAT, "'%s' became shorter while it was read",
				       path);
		if (!interrupt_check(err) || !outfile_write(out, chunk, (size_t)n, err))
			return false;
		progress_update(out->offset);
	}
	*mode = st.st_mode & 0777;
	return true;
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
	const char *key = NULL, *cert = NULL, *chain = NULL;
	bool add = false;
	const struct option options[] = {
		{ "key", 0, OPTION_TEXT, &key, 0, 0 },
		{ "cert", 0, OPTION_TEXT, &cert, 0, 0 },
		{ "chain", 0, OPTION_TEXT, &chain, 0, 0 },
		{ "add", 0, OPTION_FLAG, &add, 0, 0 },
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, 1, &operands, err))
		return false;
	if (!key || !cert)
		return err_set(err, ERR_USAGE,
			       "sign: --key and --cert are needed; see 'ibbundle help sign'");
	const char *path = operands.v[0];
	uint64_t now = (uint64_t)time(NULL), created = 0;
	AUTO(sign_key_auto_free) struct sign_key *k = sign_key_read(key, cert, chain, err);
	AUTO(seal_done) struct seal s = SEAL_INIT;
	mode_t mode = 0;
	if (!k || !outfile_open(&s.bundle, path, err))
		return false;
	progress_begin("copying", 0);
	bool copied = copy_bundle(path, &s.bundle, &mode, err);
	progress_end();
	/* Nobody signs what is damaged: what seal_verify() refuses never gets its name. */
	if (!copied || !seal_root(&s, k, add, now, err) || !seal_verify(&s, false, now, err) ||
	    !read_created(&s, now, &created, err) || !seal_whole(&s, k, created, now, err) ||
	    !seal_commit(&s, mode, err))
		return false;
	printf("%s: signed by '%s'\n", path, s.signer.subject);
	return true;
}
