/* SPDX-License-Identifier: MIT */
/*
 * provider.c - the only OpenSSL provider in the stub: what verifying a CMS signature needs.
 *
 * OpenSSL's default provider names every algorithm there is, and so links all of them.  This file
 * defines the list of built-in providers itself (ossl_predefined_providers), so that the linker
 * never takes OpenSSL's.  The implementations are OpenSSL's own: digests, and the public halves of
 * RSA, EC and ML-DSA.  Randomness, which EC uses to blind points, comes straight from the system.
 *
 * This rests on internals of OpenSSL 3.5.  It is compiled only by third-party.sh.
 */
#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <openssl/params.h>
#include <stdlib.h>

#include "crypto/provider_local.h"
#include "prov/bio.h"
#include "prov/implementations.h"
#include "prov/names.h"
#include "prov/provider_ctx.h"
#include "random.h"

#if OPENSSL_VERSION_MAJOR != 3 || OPENSSL_VERSION_MINOR != 5
#error "provider.c was written for OpenSSL 3.5: read providers/defltprov.c of this version first"
#endif

#define PROPERTIES "provider=default"
#define PUBLIC_KEY PROPERTIES ",input=der,structure=SubjectPublicKeyInfo"
#define FUNCTION(id, f)                                                                            \
	{                                                                                          \
		id, (void (*)(void))f                                                              \
	}
#define END_OF_FUNCTIONS                                                                           \
	{                                                                                          \
		0, NULL                                                                            \
	}
#define END_OF_ALGORITHMS                                                                          \
	{                                                                                          \
		NULL, NULL, NULL, NULL                                                             \
	}

/* --- randomness --- */

/* Has no state: the context is a byte that only has an address. */
static void *rand_newctx(void *provctx, void *parent, const OSSL_DISPATCH *parent_calls)
{
	(void)provctx, (void)parent, (void)parent_calls;
	return malloc(1);
}

static void rand_freectx(void *ctx)
{
	free(ctx);
}

static int rand_instantiate(void *ctx, unsigned int strength, int prediction_resistance,
			    const unsigned char *text, size_t text_len, const OSSL_PARAM params[])
{
	(void)ctx, (void)strength, (void)prediction_resistance, (void)text, (void)text_len;
	(void)params;
	return 1;
}

static int rand_uninstantiate(void *ctx)
{
	(void)ctx;
	return 1;
}

static int rand_generate(void *ctx, unsigned char *out, size_t len, unsigned int strength,
			 int prediction_resistance, const unsigned char *more, size_t more_len)
{
	(void)ctx, (void)strength, (void)prediction_resistance, (void)more, (void)more_len;
	return random_bytes(out, len);
}

static int rand_enable_locking(void *ctx)
{
	(void)ctx;
	return 1;
}

static int rand_get_params(void *ctx, OSSL_PARAM params[])
{
	(void)ctx;
	OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE);
	if (p && !OSSL_PARAM_set_int(p, EVP_RAND_STATE_READY))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH);
	if (p && !OSSL_PARAM_set_uint(p, 256))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST);
	return !p || OSSL_PARAM_set_size_t(p, 65536);
}

static const OSSL_DISPATCH rand_functions[] = {
	FUNCTION(OSSL_FUNC_RAND_NEWCTX, rand_newctx),
	FUNCTION(OSSL_FUNC_RAND_FREECTX, rand_freectx),
	FUNCTION(OSSL_FUNC_RAND_INSTANTIATE, rand_instantiate),
	FUNCTION(OSSL_FUNC_RAND_UNINSTANTIATE, rand_uninstantiate),
	FUNCTION(OSSL_FUNC_RAND_GENERATE, rand_generate),
	FUNCTION(OSSL_FUNC_RAND_ENABLE_LOCKING, rand_enable_locking),
	FUNCTION(OSSL_FUNC_RAND_GET_CTX_PARAMS, rand_get_params),
	END_OF_FUNCTIONS,
};

/* --- algorithms --- */

/*
 * SHA-1 is here because X.509 code takes a certificate without its SHA-1 fingerprint for a broken
 * one.  Signatures by SHA-1 are refused in crypto_openssl.c.
 */
static const OSSL_ALGORITHM digests[] = {
	{ PROV_NAMES_SHA1, PROPERTIES, ossl_sha1_functions, NULL },
	{ PROV_NAMES_SHA2_256, PROPERTIES, ossl_sha256_functions, NULL },
	{ PROV_NAMES_SHA2_384, PROPERTIES, ossl_sha384_functions, NULL },
	{ PROV_NAMES_SHA2_512, PROPERTIES, ossl_sha512_functions, NULL },
	{ PROV_NAMES_SHAKE_128, PROPERTIES, ossl_shake_128_functions, NULL },
	{ PROV_NAMES_SHAKE_256, PROPERTIES, ossl_shake_256_functions, NULL },
	END_OF_ALGORITHMS,
};

/* The names under which libcrypto asks for a source of seeds and for a generator. */
static const OSSL_ALGORITHM rands[] = {
	{ "CTR-DRBG:SEED-SRC", PROPERTIES, rand_functions, NULL },
	END_OF_ALGORITHMS,
};

static const OSSL_ALGORITHM keys[] = {
	{ PROV_NAMES_RSA, PROPERTIES, ossl_rsa_keymgmt_functions, NULL },
	{ PROV_NAMES_EC, PROPERTIES, ossl_ec_keymgmt_functions, NULL },
	{ PROV_NAMES_ML_DSA_44, PROPERTIES, ossl_ml_dsa_44_keymgmt_functions, NULL },
	{ PROV_NAMES_ML_DSA_65, PROPERTIES, ossl_ml_dsa_65_keymgmt_functions, NULL },
	{ PROV_NAMES_ML_DSA_87, PROPERTIES, ossl_ml_dsa_87_keymgmt_functions, NULL },
	END_OF_ALGORITHMS,
};

static const OSSL_ALGORITHM signatures[] = {
	{ PROV_NAMES_RSA, PROPERTIES, ossl_rsa_signature_functions, NULL },
	{ PROV_NAMES_ECDSA, PROPERTIES, ossl_ecdsa_signature_functions, NULL },
	{ PROV_NAMES_ML_DSA_44, PROPERTIES, ossl_ml_dsa_44_signature_functions, NULL },
	{ PROV_NAMES_ML_DSA_65, PROPERTIES, ossl_ml_dsa_65_signature_functions, NULL },
	{ PROV_NAMES_ML_DSA_87, PROPERTIES, ossl_ml_dsa_87_signature_functions, NULL },
	END_OF_ALGORITHMS,
};

static const OSSL_ALGORITHM decoders[] = {
	{ "RSA", PUBLIC_KEY, ossl_SubjectPublicKeyInfo_der_to_rsa_decoder_functions, NULL },
	{ "EC", PUBLIC_KEY, ossl_SubjectPublicKeyInfo_der_to_ec_decoder_functions, NULL },
	{ PROV_NAMES_ML_DSA_44, PUBLIC_KEY,
	  ossl_SubjectPublicKeyInfo_der_to_ml_dsa_44_decoder_functions, NULL },
	{ PROV_NAMES_ML_DSA_65, PUBLIC_KEY,
	  ossl_SubjectPublicKeyInfo_der_to_ml_dsa_65_decoder_functions, NULL },
	{ PROV_NAMES_ML_DSA_87, PUBLIC_KEY,
	  ossl_SubjectPublicKeyInfo_der_to_ml_dsa_87_decoder_functions, NULL },
	{ "DER", PUBLIC_KEY, ossl_SubjectPublicKeyInfo_der_to_der_decoder_functions, NULL },
	END_OF_ALGORITHMS,
};

/* --- the provider --- */

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_cache)
{
	(void)provctx;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_DIGEST:
		return digests;
	case OSSL_OP_RAND:
		return rands;
	case OSSL_OP_KEYMGMT:
		return keys;
	case OSSL_OP_SIGNATURE:
		return signatures;
	case OSSL_OP_DECODER:
		return decoders;
	default:
		return NULL;
	}
}

static void teardown(void *provctx)
{
	BIO_meth_free(ossl_prov_ctx_get0_core_bio_method(provctx));
	ossl_prov_ctx_free(provctx);
}

static const OSSL_DISPATCH functions[] = {
	FUNCTION(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
	FUNCTION(OSSL_FUNC_PROVIDER_TEARDOWN, teardown),
	END_OF_FUNCTIONS,
};

static OSSL_LIB_CTX *library_of(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *offered)
{
	for (; offered->function_id != 0; offered++)
		if (offered->function_id == OSSL_FUNC_CORE_GET_LIBCTX)
			return (OSSL_LIB_CTX *)OSSL_FUNC_core_get_libctx(offered)(core);
	return NULL;
}

static int init(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *offered,
		const OSSL_DISPATCH **out, void **provctx)
{
	OSSL_LIB_CTX *library = library_of(core, offered);
	if (!library || !ossl_prov_bio_from_dispatch(offered))
		return 0;
	PROV_CTX *ctx = ossl_prov_ctx_new();
	BIO_METHOD *bio = ossl_bio_prov_init_bio_method();
	if (!ctx || !bio) {
		BIO_meth_free(bio);
		ossl_prov_ctx_free(ctx);
		return 0;
	}
	ossl_prov_ctx_set0_libctx(ctx, library);
	ossl_prov_ctx_set0_handle(ctx, core);
	ossl_prov_ctx_set0_core_bio_method(ctx, bio);
	*provctx = ctx;
	*out = functions;
	return 1;
}

const OSSL_PROVIDER_INFO ossl_predefined_providers[] = {
	{ .name = "default", .init = init, .is_fallback = 1 },
	{ 0 },
};
