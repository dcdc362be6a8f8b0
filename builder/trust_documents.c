/* SPDX-License-Identifier: MIT */
/* trust_documents.c - see trust_documents.h. */
#include "trust_documents.h"

#include <string.h>

#include "file.h"
#include "rotation.h"

bool crl_document(const struct option_list *files, struct buf *out, struct err *err)
{
	AUTO(trust_auto_free) struct trust *t = trust_new(err);
	AUTO(buf_done) struct buf text = BUF_INIT(CRL_SIZE_MAX);
	if (!t)
		return false;
	for (size_t i = 0; i < files->count; i++) {
		AUTO(buf_done) struct buf content = { 0 };
		if (!file_read(files->v[i], CRL_SIZE_MAX, &content, err) ||
		    !trust_add_crls(t, files->v[i], buf_slice(&content), err))
			return false;
	}
	for (size_t i = 0; i < trust_crl_count(t); i++)
		if (!trust_crl_pem(t, i, &text, err))
			return false;
	buf_done(out);
	*out = text;
	text = (struct buf) { 0 };
	return true;
}

bool rotation_document(const char *file, const char *bundle, struct buf *out, struct err *err)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(auto_free) struct rotation_step *steps = calloc(ROTATION_STEPS_MAX, sizeof(*steps));
	size_t count;
	if (!steps)
		return err_no_memory(err);
	if (!file_read(file, ROTATION_SIZE_MAX, &text, err) ||
	    !rotation_split(buf_slice(&text), steps, &count, err))
		return err_wrap(err, "'%s'", file);
	for (size_t i = 0; i < count; i++) {
		AUTO(rotation_done) struct rotation r = { 0 };
		if (!rotation_parse(steps[i].statement, &r, err))
			return err_wrap(err, "'%s'", file);
		if (strcmp(r.bundle, bundle) != 0)
			return err_set(err, ERR_ROTATION, "'%s' is for the bundle '%s', not '%s'",
				       file, r.bundle, bundle);
	}
	buf_done(out);
	*out = text;
	text = (struct buf) { 0 };
	return true;
}
