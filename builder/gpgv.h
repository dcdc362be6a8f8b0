/* SPDX-License-Identifier: MIT */
/* gpgv.h - check an OpenPGP clear-signed file by gpgv(1) and get what was signed, nothing else. */
#ifndef GPGV_H
#define GPGV_H

#include "buf.h"
#include "err.h"

/*
 * Check the clear-signed file at @path against the keys in @keyring, and append the signed text to
 * *out.  @what names it in messages ("InRelease of suite 'bookworm'").
 *
 * At least one good signature of a key in @keyring with SHA-256 or better, and no bad one; text
 * outside the signed part is refused.  Signatures of keys that are not in @keyring don't count: an
 * archive signs with its old and its new key.  ERR_SIGNATURE, ERR_UNTRUSTED (no key of the keyring
 * made one), ERR_EXPIRED (key or signature).
 */
bool gpgv_verify(const char *what, const char *path, const char *keyring, struct buf *out,
		 struct err *err) MUST_CHECK;

/* What gpgv's status lines mean, for gpgv_verify and tests. */
bool gpgv_judge(const char *what, struct slice status, struct err *err) MUST_CHECK;

/* One signed message and nothing around it? */
bool gpgv_check_armor(const char *what, struct slice text, struct err *err) MUST_CHECK;

#endif
