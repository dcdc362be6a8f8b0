/* SPDX-License-Identifier: MIT */
/* cmd_keygen.c - `ibbundle keygen`: a key and a certificate for those who have none. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "file.h"
#include "options.h"
#include "sign.h"

/*
 * A bundle's `created` is that of the repository snapshot in it, and the signer's certificate must
 * have been valid then.  2020-01-01: before any snapshot that anybody still bundles.
 */
#define NOT_BEFORE UINT64_C(1577836800)
#define DAYS_DEFAULT 3650
#define NAME_MAX_LENGTH 64 /* RFC 5280, ub-common-name */

const char cmd_keygen_help[] =
	"Writes DIR/key.pem (a private key, for its owner only) and DIR/cert.pem\n"
	"(a self-signed code-signing certificate).  Where your organisation has a code-signing\n"
	"certificate, use that instead.  Files that exist are never overwritten.\n\n"
	"  -o, --output DIR  where the two files go; made where missing\n"
	"  --name NAME       common name of the certificate (default: ibbundle)\n"
	"  --algorithm A     p256 (default), p384, rsa3072; or ml-dsa-44, ml-dsa-65, ml-dsa-87,\n"
	"                    which take OpenSSL 3.5 or newer\n"
	"  --days N          the certificate ends in N days (default: 3650); it begins in 2020,\n"
	"                    so that bundles of older repository snapshots can be signed\n"
	"  --passphrase-file FILE  encrypts the key with the one line in FILE; without it, it is\n"
	"                    not encrypted\n";

/* A new file, never an old one and never through a link. */
static bool write_new(const char *path, struct slice content, mode_t mode, struct err *err)
{
	AUTO(auto_close)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_USAGE, "'%s' exists and is not overwritten", path);
	if (fd < 0)
		return file_error(err, "create", path);
	if (file_write_all(fd, path, content.p, content.len, err)) {
		if (fsync(fd) == 0)
			return true;
		file_error(err, "write", path);
	}
	unlink(path);
	return false;
}

static bool write_pair(const char *dir, struct slice key, struct slice certificate, struct err *err)
{
	AUTO(buf_done) struct buf key_path = BUF_INIT(4096), certificate_path = BUF_INIT(4096);
	buf_printf(&key_path, "%s/key.pem", dir);
	buf_printf(&certificate_path, "%s/cert.pem", dir);
	if (!buf_ok(&key_path, "the path", err) || !buf_ok(&certificate_path, "the path", err) ||
	    !dir_make(dir, err))
		return false;
	if (!write_new(buf_str(&key_path), key, 0600, err))
		return false;
	if (write_new(buf_str(&certificate_path), certificate, 0644, err)) {
		printf("key          %s (keep it secret)\ncertificate  %s (for --trust and "
		       "trust.d)\n",
		       buf_str(&key_path), buf_str(&certificate_path));
		return true;
	}
	unlink(buf_str(&key_path));
	return false;
}

bool cmd_keygen(int argc, char **argv, struct err *err)
{
	const char *dir = NULL, *passphrase_file = NULL;
	uint64_t days = DAYS_DEFAULT;
	struct sign_keygen how = { .name = "ibbundle",
				   .algorithm = "p256",
				   .not_before = NOT_BEFORE };
	const struct option options[] = {
		{ "output", 'o', OPTION_TEXT, &dir, 0, 0 },
		{ "name", 0, OPTION_TEXT, &how.name, 0, 0 },
		{ "algorithm", 0, OPTION_TEXT, &how.algorithm, 0, 0 },
		{ "passphrase-file", 0, OPTION_TEXT, &passphrase_file, 0, 0 },
		{ "days", 0, OPTION_NUMBER, &days, 1, 36500 },
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 0, 0, &operands, err))
		return false;
	if (!dir)
		return err_set(err, ERR_USAGE,
			       "keygen: -o DIR is missing; see 'ibbundle help keygen'");
	if (strlen(how.name) > NAME_MAX_LENGTH)
		return err_set(err, ERR_USAGE, "keygen: the name is longer than %d bytes",
			       NAME_MAX_LENGTH);
	how.not_after = (uint64_t)time(NULL) + days * 86400;
	AUTO(buf_done) struct buf key = { 0 }, certificate = { 0 };
	AUTO(buf_done) struct buf passphrase = BUF_INIT(PASSPHRASE_MAX);
	if (passphrase_file &&
	    !key_read_passphrase(passphrase_file, "passphrase", &passphrase, err))
		return false;
	how.passphrase = buf_slice(&passphrase);
	if (!sign_keygen(&how, &key, &certificate, err))
		return err_wrap(err, "keygen");
	return write_pair(dir, buf_slice(&key), buf_slice(&certificate), err);
}
