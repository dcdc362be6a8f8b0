/* SPDX-License-Identifier: MIT */
/* cmd_sign.c - `ibbundle sign`: put a signature on a bundle that stands. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "authenticode.h"
#include "cmd.h"
#include "date.h"
#include "file.h"
#include "options.h"
#include "pe.h"
#include "progress.h"
#include "seal.h"

const char cmd_sign_help[] =
	"Checks all of BUNDLE, signs it, and writes BUNDLE.p7s, a signature over the whole file.\n"
	"Works on a copy that takes BUNDLE's name at the end, so there must be room for it.\n\n"
	"  --add                   keep the signatures that are there; without it they are "
	"replaced\n" SIGN_HELP "\nWhere the key is on another machine than the bundle:\n"
	"  --detached              sign FILE, which 'ibbundle inspect --signed-bytes' wrote, "
	"after\n"
	"                          showing what it is; needs no bundle\n"
	"  -o, --output CMS        where that signature goes\n"
	"  --attach                add such signatures to BUNDLE, a slice or a file of another\n"
	"                          platform as well, beside those that are there.  A BUNDLE.p7s\n"
	"                          is for the file as it was before, and goes\n" AUTHENTICODE_HELP;

struct request {
	struct sign_files from;
	struct authenticode_key program;
	const char *output;
	bool add, detached, attach;
	uint64_t now;
};

/* --- a bundle ----------------------------------------------------------------------------------- */

/* Into the temporary file; by reference where the file system can. */
static bool copy_bundle(const char *path, struct outfile *out, mode_t *mode, struct err *err)
{
	AUTO(auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return file_error(err, "open", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' is not a regular file", path);
	progress_begin("copying", (uint64_t)st.st_size);
	bool ok = outfile_copy(out, fd, path, 0, (uint64_t)st.st_size, err);
	progress_end();
	*mode = st.st_mode & 0777;
	return ok;
}

/*
 * What is signed as a Windows executable covers the root's signatures, so that there is no adding to
 * them without signing that anew.
 */
static bool check_authenticode(const struct seal *s, const struct authenticode_key *k,
			       struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	struct locator_place place;
	uint8_t magic[PE_MAGIC_SIZE];
	if (!file_source_open(s->bundle.temp, &src, err))
		return false;
	src.name = s->bundle.path;
	if (!locator_find(&src, &place, err))
		return err_wrap(err, "cannot use '%s'", src.name);
	if (place.certificates.size && !k->place.key)
		return err_set(
			err, ERR_USAGE,
			"'%s' has an Authenticode signature, which this one would break: give "
			"--authenticode to make that anew",
			src.name);
	if (!k->place.key)
		return true;
	return source_read(&src, 0, magic, sizeof(magic), err) &&
	       (pe_begins((struct slice) { magic, sizeof(magic) }) ||
		err_set(err, ERR_USAGE,
			"--authenticode is for Windows executables, and '%s' is none", src.name));
}

/* The creation time, as the signed root has it. */
static bool read_created(const struct seal *s, uint64_t now, uint64_t *created, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	AUTO(bundle_close) struct bundle b = { 0 };
	struct bundle_options opt = { .now = now };
	if (!file_source_open(s->bundle.temp, &src, err) || !bundle_open(&src, &opt, &b, err))
		return false;
	*created = b.root.created;
	return true;
}

/* What follows once the root has its signatures; nothing of it has its name before the end. */
static bool finish(const struct request *r, struct seal *s, const struct sign_key *k, mode_t mode,
		   struct authenticode *a, struct err *err)
{
	uint64_t created = 0;
	return read_created(s, r->now, &created, err) &&
	       (!r->program.place.key ||
		authenticode_sign(&r->program, created, &s->bundle, a, err)) &&
	       /* Nobody signs what is damaged: what is refused here never gets its name. */
	       seal_verify(s, false, false, r->now, err) &&
	       (!k || seal_whole(s, k, created, r->now, err)) && seal_commit(s, mode, err);
}

static void print_authenticode(const struct authenticode *a)
{
	if (a->state != AUTHENTICODE_NONE)
		printf(", Authenticode by '%s'%s", a->subject, authenticode_note(a));
	printf("\n");
}

static bool sign_bundle(const struct request *r, const char *path, struct err *err)
{
	AUTO(sign_key_auto_free) struct sign_key *k = sign_key_read(&r->from, err);
	AUTO(seal_done) struct seal s = SEAL_INIT;
	struct authenticode a = { .state = AUTHENTICODE_NONE };
	mode_t mode = 0;
	if (!k || !outfile_open(&s.bundle, path, err) ||
	    !copy_bundle(path, &s.bundle, &mode, err) ||
	    !check_authenticode(&s, &r->program, err) || !seal_root(&s, k, r->add, r->now, err) ||
	    !finish(r, &s, k, mode, &a, err))
		return false;
	printf("%s: signed by '%s'", path, s.signer.subject);
	print_authenticode(&a);
	return true;
}

/* --- a key elsewhere ---------------------------------------------------------------------------- */

/* Each of @files in turn; *names gets who made them. */
static bool attach_all(struct seal *s, const struct request *r, char **files, size_t count,
		       struct buf *names, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		AUTO(buf_done) struct buf cms = { 0 };
		if (!file_read(files[i], SIGN_CMS_MAX, &cms, err))
			return false;
		if (!seal_attach(s, buf_slice(&cms), r->now, err))
			return err_wrap(err, "cannot attach '%s'", files[i]);
		buf_printf(names, "%s'%s'", i ? ", " : "", s->signer.subject);
	}
	return buf_ok(names, "the signers", err);
}

static bool attach(const struct request *r, char **files, size_t count, const char *path,
		   struct err *err)
{
	AUTO(seal_done) struct seal s = SEAL_INIT;
	AUTO(buf_done) struct buf names = BUF_INIT(SIGNATURES_MAX * (SIGNER_NAME_SIZE + 4));
	struct authenticode a = { .state = AUTHENTICODE_NONE };
	mode_t mode = 0;
	s.partial = true;
	if (!outfile_open(&s.bundle, path, err) || !copy_bundle(path, &s.bundle, &mode, err) ||
	    !check_authenticode(&s, &r->program, err) ||
	    !attach_all(&s, r, files, count, &names, err) || !finish(r, &s, NULL, mode, &a, err))
		return false;
	printf("%s: attached the signature of %s", path, buf_str(&names));
	print_authenticode(&a);
	return true;
}

static void show_root(const char *path, const struct root *root, const uint8_t sha256[SHA256_SIZE])
{
	char date[DATE_TEXT_SIZE], hex[SHA256_HEX_SIZE];
	sha256_hex(sha256, hex);
	printf("%s is the root of %s %s\n  created  %s\n", path, root->name, root->version,
	       date_text(root->created, date));
	printf("  expires  %s\n", root->expires ? date_text(root->expires, date) : "never");
	printf("  sha256   %s\n", hex);
	sha256_hex(root->catalog.sha256, hex);
	printf("  catalog  sha256 %s\n", hex);
	for (size_t i = 0; i < root->stub_count; i++) {
		sha256_hex(root->stubs[i].digest.sha256, hex);
		printf("  stub     sha256 %s  %s\n", hex, root->stubs[i].name);
	}
	fflush(stdout); /* it is read before the passphrase is typed */
}

static void auto_root(struct root *root)
{
	root_done(root);
}

/* Only a root is signed: whoever has the key can't be made to sign anything else by mistake. */
static bool sign_detached(const struct request *r, const char *path, struct err *err)
{
	AUTO(buf_done) struct buf text = { 0 }, cms = { 0 };
	AUTO(auto_root) struct root root = { 0 };
	uint8_t sha256[SHA256_SIZE];
	struct signer signer;
	if (!file_read(path, ROOT_SIZE_MAX, &text, err))
		return false;
	if (!root_parse(buf_slice(&text), &root, err))
		return err_wrap(err, "'%s' is not what 'ibbundle inspect --signed-bytes' writes",
				path);
	if (!sha256_of(buf_slice(&text), sha256, err))
		return false;
	show_root(path, &root, sha256);
	AUTO(sign_key_auto_free) struct sign_key *k = sign_key_read(&r->from, err);
	if (!k)
		return false;
	if (!sign_bytes(k, buf_slice(&text), root.created, r->now, &cms, &signer, err))
		return err_wrap(err, "cannot sign '%s'", path);
	if (!file_write_atomic(r->output, buf_slice(&cms), 0644, err))
		return false;
	printf("%s: signature by '%s'\n", r->output, signer.subject);
	return true;
}

/* --- the command -------------------------------------------------------------------------------- */

static bool check_request(const struct request *r, const struct operands *operands, struct err *err)
{
	const struct sign_files *f = &r->from;
	bool any = f->key.key || f->certificate || f->chain;
	if (r->attach && (any || r->add || r->detached || r->output))
		return err_set(
			err, ERR_USAGE,
			"sign: --attach adds what is signed already: --key, --cert, --chain, "
			"--add, --detached and -o are not for it");
	if (r->attach && operands->count < 2)
		return err_set(err, ERR_USAGE, "sign: --attach needs CMS... and then BUNDLE");
	if (!r->attach && operands->count > 1)
		return err_set(err, ERR_USAGE,
			       "sign: '%s' is one too many; see 'ibbundle help sign'",
			       operands->v[1]);
	if (!r->attach && (!f->key.key || !f->certificate))
		return err_set(err, ERR_USAGE,
			       "sign: --key and --cert are needed; see 'ibbundle help sign'");
	if (r->detached != (r->output != NULL))
		return err_set(err, ERR_USAGE, "sign: --detached and -o CMS go together");
	if (r->detached && (r->add || r->program.place.key))
		return err_set(err, ERR_USAGE,
			       "sign: --add and --authenticode are for a bundle: give them with "
			       "--attach");
	return true;
}

bool cmd_sign(int argc, char **argv, struct err *err)
{
	struct request r = { .now = (uint64_t)time(NULL) };
	const struct option options[] = {
		SIGN_OPTIONS(r.from),
		{ "add", 0, OPTION_FLAG, &r.add, 0, 0 },
		{ "detached", 0, OPTION_FLAG, &r.detached, 0, 0 },
		{ "output", 'o', OPTION_TEXT, &r.output, 0, 0 },
		{ "attach", 0, OPTION_FLAG, &r.attach, 0, 0 },
		AUTHENTICODE_OPTIONS(r.program),
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, SIGNATURES_MAX + 1, &operands, err) ||
	    !check_request(&r, &operands, err))
		return false;
	if (!authenticode_share(&r.program, &r.from.key, err) ||
	    (!r.attach && !sign_check_files(&r.from, err)) ||
	    !authenticode_check_options(&r.program, err))
		return err_wrap(err, "sign");
	size_t last = operands.count - 1;
	if (r.attach)
		return attach(&r, operands.v, last, operands.v[last], err);
	return r.detached ? sign_detached(&r, operands.v[0], err)
			  : sign_bundle(&r, operands.v[0], err);
}
