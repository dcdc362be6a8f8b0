/* SPDX-License-Identifier: MIT */
/* documents.c - see documents.h. */
#include "documents.h"

#include <string.h>

#include "provenance.h"
#include "zstream.h"

void documents_done(struct documents *d)
{
	for (size_t i = 0; i < d->made_count; i++)
		buf_done(&d->made[i]);
	*d = (struct documents) { 0 };
}

/* --- making them -------------------------------------------------------------------------------- */

static bool insert(struct documents *d, const struct bundle_document *add, struct err *err)
{
	size_t at = d->count;
	if (d->count == ROOT_PARTS_MAX)
		return err_set(err, ERR_FORMAT, "more than %d documents", ROOT_PARTS_MAX);
	for (; at > 0 && strcmp(d->list[at - 1].name, add->name) > 0; at--)
		d->list[at] = d->list[at - 1];
	d->list[at] = *add;
	d->count++;
	return true;
}

static bool add_text(struct documents *d, const char *name, const struct buf *text, int level,
		     struct err *err)
{
	struct buf *frame = &d->made[d->made_count];
	*frame = BUF_INIT(DOCUMENT_RAW_MAX);
	d->made_count++;
	return encode_frame(buf_slice(text), level ? level : 1, frame, err) &&
	       insert(d, &(struct bundle_document) { name, buf_slice(frame) }, err);
}

static bool add_boms(struct documents *d, const struct bundle_input *in, struct err *err)
{
	AUTO(sbom_done) struct sbom bom = { 0 };
	AUTO(buf_done) struct buf spdx = BUF_INIT(DOCUMENT_RAW_MAX);
	AUTO(buf_done) struct buf cyclonedx = BUF_INIT(DOCUMENT_RAW_MAX);
	return sbom_collect(in->lock, in->heads, in->created, &bom, err) &&
	       sbom_write_spdx(&bom, &spdx, err) && sbom_write_cyclonedx(&bom, &cyclonedx, err) &&
	       add_text(d, DOCUMENT_SPDX, &spdx, in->pack.encode.level, err) &&
	       add_text(d, DOCUMENT_CYCLONEDX, &cyclonedx, in->pack.encode.level, err);
}

/* It is about all the others. */
static bool add_provenance(struct documents *d, const struct bundle_input *in,
			   const struct root *root, struct err *err)
{
	struct root said = *root;
	struct provenance p = { .lock = in->lock,
				.root = &said,
				.encode = &in->pack.encode,
				.block_size = in->block_size,
				.recompress = in->recompress,
				.packed = in->packed };
	AUTO(buf_done) struct buf text = BUF_INIT(DOCUMENT_RAW_MAX);
	for (size_t i = 0; i < d->count; i++) {
		struct root_part *part = &said.documents[said.document_count++];
		part->name = d->list[i].name;
		part->digest.size = d->list[i].content.len;
		if (!sha256_of(d->list[i].content, part->digest.sha256, err))
			return false;
	}
	return provenance_write(&p, &text, err) &&
	       add_text(d, DOCUMENT_PROVENANCE, &text, in->pack.encode.level, err);
}

bool documents_make(const struct bundle_input *in, const struct root *root, struct documents *out,
		    struct err *err)
{
	AUTO(documents_done) struct documents d = { 0 };
	for (size_t i = 0; i < in->document_count; i++)
		if (!insert(&d, &in->documents[i], err))
			return false;
	if (!add_boms(&d, in, err) || !add_provenance(&d, in, root, err))
		return false;
	*out = d;
	d = (struct documents) { 0 };
	return true;
}

bool document_is_made(const char *name)
{
	static const char *const made[DOCUMENTS_MADE] = { DOCUMENT_CYCLONEDX, DOCUMENT_PROVENANCE,
							  DOCUMENT_SPDX };
	for (size_t i = 0; i < DOCUMENTS_MADE; i++)
		if (strcmp(name, made[i]) == 0)
			return true;
	return false;
}

/* --- reading them ------------------------------------------------------------------------------- */

static bool decode(struct slice stored, struct buf *out, struct err *err)
{
	uint64_t size = 0;
	if (!zstream_raw_size(stored, &size, err))
		return false;
	if (size > DOCUMENT_RAW_MAX)
		return err_set(err, ERR_FORMAT, "it decodes to more than %u bytes",
			       DOCUMENT_RAW_MAX);
	AUTO(auto_free) uint8_t *raw = malloc((size_t)size + 1);
	if (!raw)
		return err_no_memory(err);
	if (!zstream_decode(stored, (struct slice) { 0 }, raw, (size_t)size, err))
		return false;
	*out = BUF_INIT(DOCUMENT_RAW_MAX);
	buf_add(out, raw, (size_t)size);
	return buf_ok(out, "a document", err);
}

bool document_read(const struct bundle *b, const char *name, struct buf *out, struct err *err)
{
	AUTO(auto_free) uint8_t *stored = NULL;
	size_t size = 0;
	if (!bundle_read_document(b, name, DOCUMENT_RAW_MAX, &stored, &size, err))
		return false;
	return decode((struct slice) { stored, size }, out, err) ||
	       err_wrap(err, "the document '%s' of '%s'", name, b->src.name);
}
