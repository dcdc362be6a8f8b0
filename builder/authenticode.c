/* SPDX-License-Identifier: MIT */
/*
 * authenticode.c - see authenticode.h.
 *
 * osslsigncode reads our open files through /proc, so that what it checks is what we opened; it writes
 * only to files that do not exist yet, hence the private directory.  A passphrase reaches it in a
 * file, never in its arguments, which everybody on the machine can read.
 */
#include "authenticode.h"

#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "pe.h"
#include "process.h"
#include "sign.h"

#define TOOL "osslsigncode"
#define TOOL_SECONDS 3600
#define SAID_MAX (1u << 20)
#define TABLE_MAX (1u << 20)
#define WIN_CERTIFICATE_HEADER 8 /* length, revision, type */

/* --- the program -------------------------------------------------------------------------------- */

static bool find_tool(char out[PATH_MAX])
{
	const char *path = getenv("PATH");
	while (path && *path) {
		size_t n = strcspn(path, ":");
		int len = snprintf(out, PATH_MAX, "%.*s/" TOOL, (int)n, path);
		if (*path == '/' && len > 0 && len < PATH_MAX && access(out, X_OK) == 0)
			return true;
		path += n + (path[n] == ':');
	}
	return false;
}

static bool no_tool(struct err *err)
{
	return err_set(err, ERR_SYSTEM,
		       "--authenticode needs '" TOOL "', which is not installed; Debian and Ubuntu "
		       "have a package of that name");
}

static bool says(const struct buf *said, const char *text)
{
	return said->len && memmem(said->p, said->len, text, strlen(text)) != NULL;
}

/* The first line that gives a reason. */
static const char *reason(const struct buf *said, char out[256])
{
	const char *line = buf_str(said);
	while (*line) {
		size_t n = strcspn(line, "\n");
		bool empty = n == strspn(line, " \t");
		if (!empty && strncmp(line, "Engine ", 7) != 0 &&
		    strncmp(line, "Failed\n", 7) != 0) {
			snprintf(out, 256, "%.*s", (int)(n < 200 ? n : 200), line);
			return out;
		}
		line += n + (line[n] == '\n');
	}
	return "it gives no reason";
}

static bool run(const char *const *argv, struct buf *said, int *status, struct err *err)
{
	*said = BUF_INIT(SAID_MAX);
	if (!process_run(argv, TOOL_SECONDS, said, status, err))
		return false;
	buf_add(said, "", 1); /* for buf_str() */
	return buf_ok(said, "what it prints", err);
}

/* --- signing ------------------------------------------------------------------------------------ */

static bool has_token(const struct key_place *p)
{
	return p->key && key_is_token(p);
}

bool authenticode_share(struct authenticode_key *k, const struct key_place *own, struct err *err)
{
	if (own->module && !has_token(own) && !has_token(&k->place))
		return err_set(err, ERR_USAGE,
			       "--pkcs11-module is for a key in a token, 'pkcs11:...'");
	if (!k->place.passphrase_file && k->place.key)
		k->place.passphrase_file = own->passphrase_file;
	k->place.module = own->module;
	return true;
}

bool authenticode_check_options(const struct authenticode_key *k, struct err *err)
{
	char tool[PATH_MAX];
	if (!k->place.key)
		return !(k->certificates || k->place.passphrase_file) ||
		       err_set(err, ERR_USAGE, "--authenticode is missing");
	if (key_is_token(&k->place) && !k->certificates)
		return err_set(err, ERR_USAGE, "a key in a token needs --authenticode-cert");
	return key_check_place(&k->place, err) && (find_tool(tool) || no_tool(err));
}

/* A directory of our own beside @path, for one file in it. */
struct beside {
	char *dir, *file;
};

static void beside_done(struct beside *b)
{
	if (b->file)
		unlink(b->file);
	if (b->dir)
		rmdir(b->dir);
	free(b->file);
	free(b->dir);
}

static bool beside_make(struct beside *b, const char *path, struct err *err)
{
	size_t n = file_dir_length(path);
	AUTO(auto_free) char *dir = NULL;
	if (asprintf(&dir, "%.*s.%s.XXXXXX", (int)n, path, path + n) < 0) {
		dir = NULL;
		return err_no_memory(err);
	}
	if (!mkdtemp(dir))
		return file_error(err, "make a directory beside", path);
	b->dir = dir;
	dir = NULL;
	if (asprintf(&b->file, "%s/signed", b->dir) < 0) {
		b->file = NULL;
		return err_no_memory(err);
	}
	return true;
}

static bool run_sign(const struct authenticode_key *k, const char *created, const char *in,
		     const char *out, struct err *err)
{
	char tool[PATH_MAX], text[256];
	const char *argv[24] = { tool,    "sign", "-h", "sha256", "-time",
				 created, "-in",  in,   "-out",   out };
	size_t n = 10;
	if (!find_tool(tool))
		return no_tool(err);
	if (key_is_token(&k->place)) {
		argv[n++] = "-pkcs11module";
		argv[n++] = k->place.module;
	}
	if (k->certificates) {
		argv[n++] = "-certs";
		argv[n++] = k->certificates;
	}
	argv[n++] = k->certificates ? "-key" : "-pkcs12";
	argv[n++] = k->place.key;
	if (k->place.passphrase_file) {
		argv[n++] = "-readpass";
		argv[n++] = k->place.passphrase_file;
	}
	AUTO(buf_done) struct buf said = { 0 };
	int status;
	if (!run(argv, &said, &status, err))
		return false;
	return status == 0 || err_set(err, ERR_SYSTEM, TOOL " refuses: %s", reason(&said, text));
}

static bool verify_own(const struct authenticode_key *k, const struct outfile *f,
		       struct authenticode *out, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	AUTO(buf_done) struct buf chain = { 0 };
	struct pe pe;
	uint8_t head[PE_HEADERS_MAX];
	if (k->certificates && !file_read(k->certificates, SIGN_PEM_MAX, &chain, err))
		return false;
	if (!file_source_open(f->temp, &src, err))
		return false;
	size_t n = src.size < sizeof(head) ? (size_t)src.size : sizeof(head);
	if (!source_read(&src, 0, head, n, err) || !pe_parse((struct slice) { head, n }, &pe, err))
		return false;
	struct extent at = { pe.table_offset, pe.table_size };
	if (!authenticode_verify(&src, at, buf_slice(&chain), out, err))
		return err_wrap(err, "what " TOOL " made is not good");
	return out->state != AUTHENTICODE_NONE ||
	       err_set(err, ERR_SIGNATURE, TOOL " made no signature");
}

bool authenticode_sign(const struct authenticode_key *k, uint64_t created, struct outfile *f,
		       struct authenticode *out, struct err *err)
{
	AUTO(beside_done) struct beside to = { 0 };
	char from[FD_PATH_SIZE], time[24];
	snprintf(time, sizeof(time), "%llu", (unsigned long long)created);
	return beside_make(&to, f->path, err) &&
	       run_sign(k, time, fd_path(f->fd, from), to.file, err) &&
	       outfile_replace(f, to.file, err) && verify_own(k, f, out, err);
}

/* --- verifying ---------------------------------------------------------------------------------- */

/* The PKCS #7 of the first certificate entry: who signed, and the certificates that it carries. */
static bool read_signature(const struct source *src, struct extent at, struct authenticode *out,
			   struct buf *pem, struct err *err)
{
	AUTO(auto_free) uint8_t *table = NULL;
	if (!source_read_alloc(src, "certificates", at.offset, at.size, TABLE_MAX, &table, err))
		return false;
	struct rd r = rd_new((struct slice) { table, (size_t)at.size });
	uint32_t size = rd_u32le(&r);
	rd_take(&r, WIN_CERTIFICATE_HEADER - sizeof(size));
	struct slice der = rd_take(&r, size < WIN_CERTIFICATE_HEADER
					       ? UINT64_MAX
					       : size - (uint64_t)WIN_CERTIFICATE_HEADER);
	if (r.bad)
		return err_set(err, ERR_SIGNATURE, "the Authenticode signature is damaged");
	return sign_read_pkcs7(der, out->subject, pem, err) ||
	       err_wrap(err, "the Authenticode signature");
}

/* Certificates as a file for osslsigncode, which goes when it is closed. */
static bool make_file(struct slice content, int *fd, struct err *err)
{
	AUTO(auto_close) int made = memfd_create("certificates", MFD_CLOEXEC);
	if (made < 0)
		return file_error(err, "create", "a file in memory");
	if (!file_write_all(made, "certificates", content.p, content.len, err))
		return false;
	*fd = made;
	made = -1;
	return true;
}

/* Newer versions would load lists of revoked certificates from the network. */
static bool loads_lists(const char *tool, bool *yes, struct err *err)
{
	const char *const argv[] = { tool, "verify", "--help", NULL };
	AUTO(buf_done) struct buf said = { 0 };
	int status;
	if (!run(argv, &said, &status, err))
		return false;
	*yes = says(&said, "-ignore-cdp");
	return true;
}

static bool run_verify(const char *tool, const struct source *src, struct slice anchors,
		       struct buf *said, int *status, struct err *err)
{
	AUTO(auto_close) int fd = -1;
	char in[FD_PATH_SIZE], ca[FD_PATH_SIZE];
	bool lists;
	if (!make_file(anchors, &fd, err) || !loads_lists(tool, &lists, err))
		return false;
	const char *const argv[] = {
		tool,
		"verify",
		"-in",
		fd_path(file_source_fd(src), in),
		"-CAfile",
		fd_path(fd, ca),
		lists ? "-ignore-cdp" : NULL,
		NULL,
	};
	return run(argv, said, status, err);
}

static bool is_chain_open(const struct buf *said)
{
	return says(said, "issuer certificate") || says(said, "self-signed certificate") ||
	       says(said, "self signed certificate");
}

/* *good is false when only the chain is in question, and its digest is right. */
static bool try_anchors(const char *tool, const struct source *src, struct slice anchors,
			bool *good, struct err *err)
{
	AUTO(buf_done) struct buf said = { 0 };
	char text[256];
	int status;
	if (!run_verify(tool, src, anchors, &said, &status, err))
		return false;
	*good = status == 0 && says(&said, "Signature verification: ok");
	if (*good)
		return true;
	if (says(&said, "MISMATCH"))
		return err_set(err, ERR_SIGNATURE,
			       "the Authenticode signature is for other contents");
	if (says(&said, "certificate has expired") || says(&said, "certificate is not yet valid"))
		return err_set(err, ERR_EXPIRED,
			       "a certificate of the Authenticode signature is not valid today");
	if (is_chain_open(&said) && says(&said, "Calculated message digest"))
		return true;
	return err_set(err, ERR_SIGNATURE, "the Authenticode signature does not hold: %s",
		       reason(&said, text));
}

bool authenticode_verify(const struct source *src, struct extent certificates, struct slice anchors,
			 struct authenticode *out, struct err *err)
{
	char tool[PATH_MAX];
	bool good = false;
	struct authenticode a = { .state = AUTHENTICODE_NONE };
	AUTO(buf_done) struct buf own = BUF_INIT(SIGN_PEM_MAX);
	if (certificates.size && !read_signature(src, certificates, &a, &own, err))
		return false;
	if (certificates.size == 0) {
		*out = a;
		return true;
	}
	a.state = AUTHENTICODE_UNCHECKED;
	if (find_tool(tool)) {
		a.state = AUTHENTICODE_TRUSTED;
		if (anchors.len && !try_anchors(tool, src, anchors, &good, err))
			return false;
		if (!good) {
			a.state = AUTHENTICODE_GOOD;
			if (!try_anchors(tool, src, buf_slice(&own), &good, err))
				return false;
		}
		if (!good)
			a.state = AUTHENTICODE_NO_ROOT;
	}
	*out = a;
	return true;
}

static const struct {
	const char *word, *text;
} states[] = {
	[AUTHENTICODE_NONE] = { NULL, "none" },
	[AUTHENTICODE_TRUSTED] = { "trusted", "trusted" },
	[AUTHENTICODE_GOOD] = { "good", "not pinned: no --trust certificate leads there" },
	[AUTHENTICODE_NO_ROOT] = { "no-root",
				   "its digest is right, but its signer was not checked: give the "
				   "certificate that it leads to with --trust" },
	[AUTHENTICODE_UNCHECKED] = { "unchecked", "not checked: osslsigncode is not installed" },
};

const char *authenticode_note(const struct authenticode *a)
{
	return a->state == AUTHENTICODE_NO_ROOT
		       ? " (its chain was not checked: the root is not among the certificates)"
		       : "";
}

const char *authenticode_text(const struct authenticode *a)
{
	return states[a->state].text;
}

const char *authenticode_word(const struct authenticode *a)
{
	return states[a->state].word;
}
