/* SPDX-License-Identifier: MIT */
/*
 * standard_methods.h - the key types that the stub's libcrypto knows: RSA and EC.
 *
 * Stands in for OpenSSL's file of the same name, which only crypto/asn1/ameth_lib.c includes.
 * Ordered by type, since that file searches it by halves.
 */
static const EVP_PKEY_ASN1_METHOD *standard_methods[] = {
	&ossl_rsa_asn1_meths[0],
	&ossl_rsa_asn1_meths[1],
	&ossl_eckey_asn1_meth,
};
