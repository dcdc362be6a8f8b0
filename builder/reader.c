/* SPDX-License-Identifier: MIT */
/* reader.c - see reader.h. */
#include "reader.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "file.h"
#include "head.h"
#include "interrupt.h"
#include "pe.h"
#include "progress.h"
#include "seal.h"
#include "sign.h"
#include "thread.h"

#define TRUST_FILE_MAX (1u << 20)

static bool read_trust(struct reader *r, const struct option_list *files, struct err *err)
{
	for (size_t i = 0; i < files->count; i++) {
		AUTO(buf_done) struct buf content = { 0 };
		if (!file_read(files->v[i], TRUST_FILE_MAX, &content, err) ||
		    !trust_add(r->machine.trust, files->v[i], buf_slice(&content), err) ||
		    !sign_add_pem(buf_slice(&content), &r->anchors, err))
			return false;
	}
	return true;
}

/* When @r->src is a head alone, NAME.ibb becomes the bundle. */
static bool find_data_file(struct reader *r, struct err *err)
{
	bool alone;
	const char *platform;
	size_t base;
	if (!head_is_alone(&r->src, &alone, err))
		return false;
	if (!alone)
		return true;
	if (!head_of_name(r->path, &platform, &base) || !platform)
		base = strlen(r->path);
	if (asprintf(&r->data_path, "%.*s" HEAD_NONE_ENDING, (int)base, r->path) < 0) {
		r->data_path = NULL;
		return err_no_memory(err);
	}
	r->head_path = r->path;
	r->path = r->data_path;
	r->head = r->src;
	r->src = (struct source) { 0 };
	return file_source_open(r->path, &r->src, err) ||
	       err_wrap(err, "'%s' is a runtime without its bundle", r->head_path);
}

static bool read_options(struct reader *r, const char *path, const struct reader_options *opt,
			 struct err *err)
{
	r->path = path;
	r->now = (uint64_t)time(NULL);
	r->anchors = BUF_INIT(SIGN_PEM_MAX);
	r->parallel = parallel_new(thread_processors() - 1);
	if (opt->policy) {
		if (!machine_trust_open(NULL, opt->policy, true, &r->machine, err))
			return false;
	} else {
		r->machine.trust = trust_new(err);
	}
	r->how = (struct bundle_options) { .trust = r->machine.trust,
					   .policy = &r->machine.policy,
					   .ignore_clock = opt->ignore_clock,
					   .require_trust = opt->require_trust,
					   .allow_unsigned = opt->allow_unsigned,
					   .now = r->now,
					   .parallel = r->parallel };
	return r->machine.trust && read_trust(r, &opt->trust, err);
}

bool reader_open(struct reader *r, const char *path, const struct reader_options *opt,
		 struct err *err)
{
	return read_options(r, path, opt, err) && file_source_open(path, &r->src, err) &&
	       find_data_file(r, err) && bundle_open(&r->src, &r->how, &r->bundle, err);
}

bool reader_open_source(struct reader *r, const struct source *src,
			const struct reader_options *opt, struct err *err)
{
	if (!read_options(r, src->name, opt, err))
		return false;
	r->src = *src;
	r->borrowed = true;
	return bundle_open(&r->src, &r->how, &r->bundle, err);
}

void reader_close(struct reader *r)
{
	bundle_close(&r->bundle);
	parallel_free(r->parallel);
	if (!r->borrowed)
		file_source_close(&r->src);
	file_source_close(&r->head);
	free(r->data_path);
	buf_done(&r->anchors);
	machine_trust_done(&r->machine);
}

struct verify_report {
	const char *title;
	bool begun;
};

static bool report(void *ctx, uint64_t done, uint64_t total)
{
	struct verify_report *r = ctx;
	if (!r->begun)
		progress_begin(r->title, total);
	r->begun = true;
	progress_update(done);
	return !interrupt_seen();
}

bool reader_verify(struct bundle *b, bool files, const char *title, struct layout_verified *out,
		   struct err *err)
{
	struct verify_report r = { title, false };
	bool ok = layout_verify(b, files, report, &r, out, err);
	if (r.begun)
		progress_end();
	return ok;
}

/*
 * There is one signature over the whole file, and perhaps several over the root: that the one is
 * another's than ours is told, not refused, since ours covers the same blocks.
 */
static bool verify_whole(struct reader *r, const struct source *src, struct slice cms,
			 struct signer *signer, struct err *err)
{
	struct err first = { 0 };
	if (cms_verify_source(cms, src, r->machine.trust, signer, &first))
		return true;
	if (first.code == ERR_UNTRUSTED && !r->how.require_trust)
		return cms_verify_source(cms, src, NULL, signer, err);
	return err_set(err, first.code, "%s", first.msg);
}

bool reader_check_whole(struct reader *r, const char *file, const struct source *src,
			enum whole *found, struct signer *signer, struct err *err)
{
	AUTO(auto_free) char *path = NULL;
	if (asprintf(&path, "%s" SEAL_SUFFIX, file) < 0) {
		path = NULL;
		return err_no_memory(err);
	}
	struct stat st;
	*found = WHOLE_NONE;
	if (lstat(path, &st) != 0 && errno == ENOENT)
		return true;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) /* a pipe would be waited for */
		return err_set(err, ERR_FORMAT, "'%s' is not a regular file", path);
	AUTO(buf_done) struct buf cms = { 0 };
	if (!file_read(path, SIGN_CMS_MAX, &cms, err))
		return false;
	struct err why = { 0 };
	progress_begin("whole file", src->size);
	bool ok =
		verify_whole(r, src, buf_slice(&cms), signer, &why) &&
		signer_check_time(signer, r->bundle.root.created, "the bundle's creation", &why) &&
		signer_check_time(signer, r->now, "today's date", &why);
	progress_end();
	*found = ok ? WHOLE_SIGNED : WHOLE_NOT_CHECKED;
	if (ok || why.code == ERR_NOT_CHECKED)
		return true;
	return err_set(err, why.code, "'%s': %s", path, why.msg);
}

const struct source *reader_head(const struct reader *r, struct extent *certificates)
{
	struct pe pe = { 0 };
	uint8_t raw[PE_HEADERS_MAX];
	*certificates = r->bundle.place.certificates;
	if (!r->head_path)
		return &r->src;
	size_t n = r->head.size < sizeof(raw) ? (size_t)r->head.size : sizeof(raw);
	if (!source_read(&r->head, 0, raw, n, NULL) ||
	    !pe_parse((struct slice) { raw, n }, &pe, NULL))
		pe = (struct pe) { 0 };
	*certificates = (struct extent) { pe.table_offset, pe.table_size };
	return &r->head;
}

const char *reader_stub_platform(const struct reader *r)
{
	const struct bundle *b = &r->bundle;
	struct extent certificates;
	const struct source *src = reader_head(r, &certificates);
	uint8_t head[PE_HEADERS_MAX];
	uint64_t size = r->head_path ? src->size : b->locator.stub_size;
	size_t n = size < sizeof(head) ? (size_t)size : sizeof(head);
	const char *platform;
	if (n == 0 || !source_read(src, 0, head, n, NULL) ||
	    !stub_platform((struct slice) { head, n }, &platform, NULL))
		return NULL;
	return platform;
}

bool reader_check_head(struct reader *r, const char **platform, struct authenticode *a,
		       struct err *err)
{
	struct head_alone seen;
	struct extent certificates;
	if (r->head_path) {
		if (!head_check_alone(&r->head, &r->bundle.root, &seen, err))
			return false;
		*platform = seen.platform;
	}
	const struct source *src = reader_head(r, &certificates);
	return authenticode_verify(src, certificates, buf_slice(&r->anchors), a, err) ||
	       err_wrap(err, "'%s'", src->name);
}

const char *reader_pinned_text(const struct reader *r, const struct signer *s)
{
	if (s->pinned)
		return "trusted";
	return trust_count(r->machine.trust) ? "no --trust certificate leads there"
					     : "not pinned: no --trust was given";
}

void reader_print_signers(const struct reader *r)
{
	if (r->how.ignore_clock)
		printf("the clock is ignored: neither expiry nor age was checked\n");
	if (r->bundle.rotated)
		printf("a trusted signer names another for '%s'\n", r->bundle.root.name);
	for (size_t i = 0; i < r->bundle.signer_count; i++) {
		const struct signer *s = &r->bundle.signers[i];
		char hex[SHA256_HEX_SIZE];
		sha256_hex(s->certificate, hex);
		printf("signed by '%s' (%s)\n  certificate sha256 %s\n", s->subject,
		       reader_pinned_text(r, s), hex);
	}
	char text[NOT_CHECKED_TEXT_SIZE];
	if (r->bundle.not_checked)
		printf("%s\n", bundle_not_checked_text(&r->bundle, text));
}

void reader_add_signers(const struct reader *r, struct json *j, struct json_value *top)
{
	struct json_value *list = json_add_array(j, top, "signers");
	for (size_t i = 0; i < r->bundle.signer_count; i++) {
		const struct signer *s = &r->bundle.signers[i];
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "subject", s->subject);
		json_add_sha256(j, v, "certificate", s->certificate);
		json_add_bool(j, v, "pinned", s->pinned);
		json_add_bool(j, v, "post_quantum", signer_is_post_quantum(s));
	}
	json_add_u64(j, top, "signatures_not_checked", r->bundle.not_checked);
}

void reader_add_authenticode(const struct authenticode *a, struct json *j, struct json_value *top)
{
	if (a->state == AUTHENTICODE_NONE)
		return;
	struct json_value *v = json_add_object(j, top, "authenticode");
	json_add_string(j, v, "subject", a->subject);
	json_add_string(j, v, "state", authenticode_word(a));
}

bool reader_print_json(const struct json *j, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 20);
	if (!json_print(j, true, &text, err) || !buf_ok(&text, "the document", err))
		return false;
	fwrite(text.p, 1, text.len, stdout); /* main() looks whether it worked */
	return true;
}

bool reader_find_package(const struct reader *r, const char *id, size_t *index, struct err *err)
{
	const struct catalog *c = &r->bundle.catalog;
	AUTO(buf_done) struct buf ids = BUF_INIT(600);
	for (size_t i = 0; i < c->package_count; i++) {
		if (strcmp(c->packages[i].id, id) == 0) {
			*index = i;
			return true;
		}
		buf_printf(&ids, "%s%s", i ? ", " : "", c->packages[i].id);
	}
	return err_set(err, ERR_USAGE, "'%s' has no package '%s'; it has %s%s", r->path, id,
		       buf_str(&ids), ids.bad ? ", ..." : "");
}
