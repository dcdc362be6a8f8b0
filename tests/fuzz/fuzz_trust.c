/* SPDX-License-Identifier: MIT */
/* fuzz_trust.c - input: certificates or lists of revoked ones.  What is taken can be told and written. */
#include <stdlib.h>

#include "trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_certificates(struct slice text)
{
	struct err err = { 0 };
	AUTO(trust_auto_free) struct trust *t = trust_new(&err);
	AUTO(buf_done) struct buf pem = BUF_INIT(4u << 20);
	struct anchor is;
	if (!t || (!trust_add(t, "fuzz", text, &err) && err.code == ERR_NONE))
		abort();
	for (size_t i = 0; i < trust_count(t); i++)
		if (!trust_anchor_pem(t, i, &pem, &err) ||
		    trust_find(t, trust_anchor(t, i)->certificate) != trust_anchor(t, i))
			abort();
	if (certificate_read("fuzz", text, &is, NULL, &err) && trust_count(t) != 1)
		abort();
}

static void try_lists(struct slice text)
{
	struct err err = { 0 };
	AUTO(trust_auto_free) struct trust *t = trust_new(&err);
	AUTO(buf_done) struct buf pem = BUF_INIT(4u << 20);
	struct crl_info is;
	if (!t || (!trust_add_crls(t, "fuzz", text, &err) && err.code == ERR_NONE))
		abort();
	for (size_t i = 0; i < trust_crl_count(t); i++) {
		trust_crl(t, i, &is);
		if (is.proven || !trust_crl_pem(t, i, &pem, &err))
			abort(); /* nobody is trusted */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { data, size };
	try_certificates(text);
	try_lists(text);
	return 0;
}
