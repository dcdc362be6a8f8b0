/* SPDX-License-Identifier: MIT */
/*
 * windows_types.h - the two types of <windows.h> that <openssl/crypto.h> makes its own of.
 *
 * Without them it chooses others, so that OpenSSL's files disagree about CRYPTO_ONCE, which link-time
 * optimisation notices; <windows.h> in every file would take four times as long to compile.
 */
#ifndef WINDOWS_TYPES_H
#define WINDOWS_TYPES_H

typedef long LONG;
typedef unsigned long DWORD;
#define _WINDEF_H /* what <openssl/crypto.h> asks for */

#endif
