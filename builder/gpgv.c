/* SPDX-License-Identifier: MIT */
/*
 * gpgv.c - see gpgv.h.
 *
 * gpgv writes its output whatever it thinks of the signature, and its exit status also complains of
 * keys it doesn't know.  So the status lines decide (doc/DETAILS of GnuPG), and only then is the
 * output read.
 */
#include "gpgv.h"

#include <string.h>
#include <unistd.h>

#include "file.h"
#include "process.h"
#include "release.h"
#include "stanza.h"

#define GPGV "/usr/bin/gpgv"
#define GPGV_SECONDS 60
#define KEYRING_SIZE_MAX (16u << 20)
#define STATUS_MAX (1u << 20)

#define MESSAGE_BEGIN "-----BEGIN PGP SIGNED MESSAGE-----"
#define SIGNATURE_BEGIN "-----BEGIN PGP SIGNATURE-----"
#define SIGNATURE_END "-----END PGP SIGNATURE-----"

bool gpgv_check_armor(const char *what, struct slice text, struct err *err)
{
	static const char *const marks[] = { MESSAGE_BEGIN, SIGNATURE_BEGIN, SIGNATURE_END };
	struct slice line;
	size_t seen = 0;
	if (!memmem(text.p, text.len, MESSAGE_BEGIN, sizeof(MESSAGE_BEGIN) - 1))
		return err_set(err, ERR_SIGNATURE, "%s is not signed", what);
	while (slice_next_line(&text, &line)) {
		line = slice_trim(line);
		bool outside = seen == 0 || seen == 3;
		if (seen < 3 && slice_is(line, marks[seen]))
			seen++;
		else if (outside && line.len)
			return err_set(err, ERR_SIGNATURE,
				       "%s has text outside its signed part; it is refused", what);
	}
	if (seen != 3)
		return err_set(err, ERR_SIGNATURE, "%s is cut short: its signature does not end",
			       what);
	return true;
}

/* Hash algorithms by number in OpenPGP (RFC 4880, 9.4): SHA-256, SHA-384, SHA-512. */
static bool is_strong(struct slice valid_line)
{
	struct slice word = { 0 };
	for (int i = 0; i < 8; i++)
		if (!slice_next_word(&valid_line, &word))
			return false;
	return slice_is(word, "8") || slice_is(word, "9") || slice_is(word, "10");
}

struct verdict {
	size_t good, bad, unknown, expired, weak, texts;
};

static void count_line(struct slice line, struct verdict *v, bool *good_before)
{
	struct slice word;
	if (!slice_next_word(&line, &word) || !slice_is(word, "[GNUPG:]") ||
	    !slice_next_word(&line, &word))
		return;
	if (slice_is(word, "GOODSIG")) {
		*good_before = true; /* counts with its VALIDSIG line, which follows */
	} else if (slice_is(word, "VALIDSIG")) {
		if (*good_before && is_strong(line))
			v->good++;
		else if (*good_before)
			v->weak++;
		*good_before = false;
	} else if (slice_is(word, "BADSIG") || slice_is(word, "REVKEYSIG")) {
		v->bad++;
	} else if (slice_is(word, "EXPSIG") || slice_is(word, "EXPKEYSIG")) {
		v->expired++;
	} else if (slice_is(word, "NO_PUBKEY")) {
		v->unknown++;
	} else if (slice_is(word, "PLAINTEXT")) {
		v->texts++;
	}
}

bool gpgv_judge(const char *what, struct slice status, struct err *err)
{
	struct verdict v = { 0 };
	struct slice line;
	bool good_before = false;
	while (slice_next_line(&status, &line))
		count_line(line, &v, &good_before);
	if (v.bad)
		return err_set(err, ERR_SIGNATURE, "%s has a bad signature", what);
	if (v.texts > 1)
		return err_set(err, ERR_SIGNATURE, "%s holds more than one signed text", what);
	if (v.good)
		return true;
	if (v.expired)
		return err_set(err, ERR_EXPIRED, "the signature of %s, or its key, has expired",
			       what);
	if (v.weak)
		return err_set(err, ERR_SIGNATURE, "%s is signed with a digest weaker than SHA-256",
			       what);
	if (v.unknown)
		return err_set(err, ERR_UNTRUSTED, "%s is signed by no key of the keyring", what);
	return err_set(err, ERR_SIGNATURE, "%s has no signature that gpgv can check", what);
}

struct private_dir {
	char path[64], file[80];
};

static void private_dir_remove(struct private_dir *d)
{
	if (!d->path[0])
		return;
	unlink(d->file);
	rmdir(d->path);
}

/* gpgv takes binary keyrings only, and of anything else says just that it knows no key. */
static bool check_keyring(const char *path, struct err *err)
{
	static const char armor[] = "-----BEGIN PGP";
	AUTO(buf_done) struct buf keys = BUF_INIT(KEYRING_SIZE_MAX);
	if (!file_read(path, KEYRING_SIZE_MAX, &keys, err))
		return err_wrap(err, "keyring");
	if (keys.len >= sizeof(armor) - 1 && memcmp(keys.p, armor, sizeof(armor) - 1) == 0)
		return err_set(err, ERR_FORMAT,
			       "keyring '%s' is ASCII; make a binary one by 'gpg --dearmor'", path);
	return true;
}

bool gpgv_verify(const char *what, const char *path, const char *keyring, struct buf *out,
		 struct err *err)
{
	if (!check_keyring(keyring, err))
		return false;
	AUTO(buf_done) struct buf raw = BUF_INIT(RELEASE_SIZE_MAX);
	if (!file_read(path, RELEASE_SIZE_MAX, &raw, err) ||
	    !gpgv_check_armor(what, buf_slice(&raw), err))
		return false;
	/* gpgv looks for a name without a slash in its own home, not where we are */
	AUTO(auto_free) char *keys = realpath(keyring, NULL);
	if (!keys)
		return file_error(err, "find keyring", keyring);
	AUTO(private_dir_remove) struct private_dir dir = { 0 };
	char template[] = "/tmp/ibbundle-gpgv.XXXXXX";
	if (!mkdtemp(template))
		return file_error(err, "make a directory in", "/tmp");
	snprintf(dir.path, sizeof(dir.path), "%s", template);
	snprintf(dir.file, sizeof(dir.file), "%s/text", template);
	const char *const argv[] = { GPGV,       "--status-fd", "1",  "--keyring", keys,
				     "--output", dir.file,      "--", path,        NULL };
	AUTO(buf_done) struct buf status = BUF_INIT(STATUS_MAX);
	int exit_status;
	if (!process_capture(argv, GPGV_SECONDS, &status, &exit_status, err))
		return err_wrap(err, "cannot check the signature of %s", what);
	if (!gpgv_judge(what, buf_slice(&status), err))
		return err_wrap(err, "keyring '%s'", keyring);
	AUTO(buf_done) struct buf text = BUF_INIT(RELEASE_SIZE_MAX);
	if (!file_read(dir.file, RELEASE_SIZE_MAX, &text, err))
		return err_wrap(err, "cannot read what gpgv wrote");
	buf_add(out, text.p, text.len);
	return buf_ok(out, what, err);
}
