/* SPDX-License-Identifier: MIT */
/*
 * ml_dsa_openssl.h - the part of crypto_openssl.c that is about ML-DSA (FIPS 204).
 *
 * One source is compiled against libcrypto with and without it (before 3.5), and the system's may be
 * either, so algorithms are told by their object identifiers and the library is asked when it runs.
 */
#ifndef ML_DSA_OPENSSL_H
#define ML_DSA_OPENSSL_H

#include "crypto.h"

#include <openssl/cms.h>
#include <openssl/x509.h>

bool ml_dsa_is_named(const X509_ALGOR *algorithm);

/*
 * Is @si a signature by ML-DSA-44, 65 or 87, with the key of certificate @signer?  Then it has the
 * form that RFC 9882 gives it, with signed attributes, and this libcrypto can check it: the value,
 * chain and purpose are still to be checked.
 *
 * ERR_SIGNATURE when it claims to be one and is not; ERR_NOT_CHECKED when it looks like one and
 * this libcrypto has no ML-DSA, so that nothing is known about it.
 */
bool ml_dsa_check_form(CMS_SignerInfo *si, const X509 *signer, bool *is_ml_dsa,
		       enum signer_algorithm *algorithm, struct err *err) MUST_CHECK;

/*
 * Is the key of certificate @x one for ML-DSA?  ERR_SIGNATURE when it is but damaged, ERR_NOT_CHECKED
 * when this libcrypto has no ML-DSA.
 */
bool ml_dsa_check_key(const X509 *x, bool *is_ml_dsa, struct err *err) MUST_CHECK;

#endif
