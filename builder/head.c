/* SPDX-License-Identifier: MIT */
/* head.c - see head.h. */
#include "head.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "pe.h"
#include "stub.h"

/* Sorted by platform.  ".run" is last but one so that "-aarch64.run" is tried before it. */
static const struct {
	const char *platform, *ending, *file;
} kinds[HEADS_MAX + 1] = {
	{ "linux-aarch64", "-aarch64.run", "linux-aarch64" },
	{ "linux-x86_64", ".run", "linux-x86_64" },
	{ HEAD_WINDOWS, ".exe", "windows-x86_64.exe" },
	{ 0 },
};

void heads_done(struct heads *h)
{
	for (size_t i = 0; i < h->count; i++)
		buf_done(&h->v[i].stub);
	h->count = 0;
}

const char *head_platform(size_t i)
{
	return kinds[i].platform;
}

const char *head_ending(const char *platform)
{
	size_t i = 0;
	while (kinds[i].platform && strcmp(kinds[i].platform, platform) != 0)
		i++;
	return kinds[i].ending;
}

static bool has_ending(const char *name, const char *ending, size_t *base)
{
	size_t n = strlen(name), e = strlen(ending), dir = file_dir_length(name);
	if (n < dir + e + 1 || strcmp(name + n - e, ending) != 0)
		return false; /* an ending alone is a name */
	*base = n - e;
	return true;
}

bool head_of_name(const char *name, const char **platform, size_t *base)
{
	for (size_t i = 0; kinds[i].platform; i++) {
		if (has_ending(name, kinds[i].ending, base)) {
			*platform = kinds[i].platform;
			return true;
		}
	}
	*platform = NULL;
	return has_ending(name, HEAD_NONE_ENDING, base);
}

/* --- which platform a stub is for --------------------------------------------------------------- */

static const char *elf_platform(struct slice stub)
{
	static const uint8_t elf64le[] = { 0x7f, 'E', 'L', 'F', 2, 1 };
	struct rd r = rd_new(stub);
	struct slice ident = rd_take(&r, sizeof(elf64le));
	rd_take(&r, 12);
	uint16_t machine = rd_u16le(&r);
	if (!slice_equal(ident, (struct slice) { elf64le, sizeof(elf64le) }))
		return NULL;
	return machine == 62 ? "linux-x86_64" : machine == 183 ? "linux-aarch64" : NULL;
}

bool stub_platform(struct slice stub, const char **name, struct err *err)
{
	const char *found = elf_platform(stub);
	if (!found && pe_begins(stub)) {
		struct pe pe;
		if (!pe_parse(stub, &pe, err))
			return false;
		found = pe.machine == PE_MACHINE_X86_64 ? HEAD_WINDOWS : NULL;
	}
	if (!found)
		return err_set(err, ERR_FORMAT,
			       "it is no program for x86_64 or aarch64 Linux, or for x86_64 "
			       "Windows");
	*name = found;
	return true;
}

/* --- reading them ------------------------------------------------------------------------------- */

/* CheckSum is not under the stub's digest, and what the linker wrote is wrong for any other file. */
static bool clear_checksum(struct buf *stub, struct err *err)
{
	struct pe pe;
	if (!pe_begins(buf_slice(stub)))
		return true;
	if (!pe_parse(buf_slice(stub), &pe, err))
		return false;
	if (pe.table_size)
		return err_set(err, ERR_FORMAT,
			       "it is signed already: give it as it was built, and --authenticode");
	memset(stub->p + pe.checksum_at, 0, PE_CHECKSUM_SIZE);
	return true;
}

static bool check_stub(struct head *head, const char *path, struct err *err)
{
	size_t at;
	struct slice stub = buf_slice(&head->stub);
	uint8_t digest[SHA256_SIZE];
	if (!stub_platform(stub, &head->platform, err) || !stub_find_placeholder(stub, &at, err) ||
	    !stub_digest(stub, digest, err) || !clear_checksum(&head->stub, err))
		return err_wrap(err, "cannot use '%s' as the stub", path);
	if (stub_locator_offset(stub, at) != 0)
		return err_set(err, ERR_FORMAT, "'%s' is a bundle, or the stub of one", path);
	return true;
}

static bool add_stub(struct heads *h, const char *path, struct err *err)
{
	struct head head = { 0 };
	AUTO(buf_done) struct buf content = { 0 };
	if (!file_read(path, STUB_SIZE_MAX, &content, err))
		return false;
	head.stub = content;
	if (!check_stub(&head, path, err))
		return false;
	size_t at = 0;
	while (at < h->count && strcmp(h->v[at].platform, head.platform) < 0)
		at++;
	if (at < h->count && strcmp(h->v[at].platform, head.platform) == 0)
		return err_set(err, ERR_USAGE, "'%s' is the second stub for %s", path,
			       head.platform);
	memmove(&h->v[at + 1], &h->v[at], (h->count - at) * sizeof(h->v[0]));
	h->v[at] = head;
	h->count++;
	content = (struct buf) { 0 };
	return true;
}

/* "stub/FILE" beside this program, where `make` puts them. */
static bool default_path(const char *file, char out[PATH_MAX], struct err *err)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return file_error(err, "read link", "/proc/self/exe");
	self[n] = '\0';
	int len = snprintf(out, PATH_MAX, "%.*sstub/%s", (int)file_dir_length(self), self, file);
	if (len < 0 || len >= PATH_MAX)
		return err_set(err, ERR_SYSTEM, "the path of this program is too long");
	return true;
}

bool heads_read(struct heads *h, const struct option_list *files, struct err *err)
{
	char path[PATH_MAX];
	for (size_t i = 0; i < files->count; i++)
		if (!add_stub(h, files->v[i], err))
			return false;
	for (size_t i = 0; files->count == 0 && kinds[i].platform; i++)
		if (!default_path(kinds[i].file, path, err) ||
		    (access(path, F_OK) == 0 && !add_stub(h, path, err)))
			return false;
	return true;
}

const struct head *heads_find(const struct heads *h, const char *platform, struct err *err)
{
	char path[PATH_MAX];
	size_t kind = 0;
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->v[i].platform, platform) == 0)
			return &h->v[i];
	while (kinds[kind].platform && strcmp(kinds[kind].platform, platform) != 0)
		kind++;
	if (kinds[kind].platform && default_path(kinds[kind].file, path, err))
		err_set(err, ERR_SYSTEM,
			"there is no runtime for %s: build '%s' with 'make stub', or give it with "
			"--stub",
			platform, path);
	return NULL;
}

const struct head *heads_find_signed(const struct heads *h, const struct root *root,
				     const char *platform, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	const struct head *found = heads_find(h, platform, err);
	if (!found || !stub_digest(buf_slice(&found->stub), digest, err))
		return NULL;
	for (size_t i = 0; i < root->stub_count; i++)
		if (strcmp(root->stubs[i].name, platform) == 0 &&
		    memcmp(root->stubs[i].digest.sha256, digest, sizeof(digest)) == 0)
			return found;
	err_set(err, ERR_DIGEST,
		"the runtime for %s that is here is not the one that was signed with the bundle: "
		"name that with --stub, or start from a file that begins with it",
		platform);
	return NULL;
}

/* --- heads that stand alone --------------------------------------------------------------------- */

#define ALONE_SIZE_MAX (STUB_SIZE_MAX + (1u << 20)) /* with certificates */

/* All of @src, when it is small enough and a Windows executable; else nothing. */
static bool read_alone(const struct source *src, uint8_t **out, struct pe *pe, struct err *err)
{
	AUTO(auto_free) uint8_t *content = NULL;
	if (src->size > ALONE_SIZE_MAX)
		return true;
	if (!source_read_alloc(src, "executable", 0, src->size, ALONE_SIZE_MAX, &content, err))
		return false;
	if (pe_parse((struct slice) { content, (size_t)src->size }, pe, NULL)) {
		*out = content;
		content = NULL;
	}
	return true;
}

bool head_is_alone(const struct source *src, bool *alone, struct err *err)
{
	AUTO(auto_free) uint8_t *content = NULL;
	struct pe pe;
	size_t at;
	if (!read_alone(src, &content, &pe, err))
		return false;
	struct slice s = { content, content ? (size_t)src->size : 0 };
	*alone = stub_find_placeholder(s, &at, NULL) && stub_locator_offset(s, at) == 0;
	return true;
}

/* Is the beginning of @s, up to zeros that align what follows, the stub that @part names? */
static bool is_stub(struct slice s, const struct root_part *part, bool *yes, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	uint64_t size = part->digest.size;
	*yes = false;
	if (size > s.len || s.len - size >= PE_ALIGNMENT)
		return true;
	struct slice stub = slice_part(s, 0, (size_t)size);
	if (!slice_is_zero(slice_part(s, (size_t)size, s.len)))
		return true;
	if (!stub_digest(stub, digest, err))
		return false;
	*yes = memcmp(digest, part->digest.sha256, sizeof(digest)) == 0;
	return true;
}

/* Of two ways that a file may be damaged, the one that tells more comes first. */
static bool check_sum(const struct pe *pe, struct slice file, struct err *err)
{
	uint64_t sum = pe_checksum_add(0, 0, file);
	return pe->checksum == 0 || pe->checksum == pe_checksum_end(pe, sum, file.len) ||
	       err_set(err, ERR_DIGEST, "the CheckSum in its headers is wrong: it is damaged");
}

bool head_check_alone(const struct source *src, const struct root *root, struct head_alone *out,
		      struct err *err)
{
	AUTO(auto_free) uint8_t *content = NULL;
	struct pe pe = { 0 };
	if (!read_alone(src, &content, &pe, err))
		return false;
	struct slice file = { content, content ? (size_t)src->size : 0 };
	if (pe.table_size && pe.table_offset + pe.table_size != file.len)
		return err_set(err, ERR_FORMAT,
			       "the certificates of '%s' are not where its headers say", src->name);
	struct slice s = pe.table_size ? slice_part(file, 0, (size_t)pe.table_offset) : file;
	for (size_t i = 0; i < root->stub_count; i++) {
		bool yes;
		if (!is_stub(s, &root->stubs[i], &yes, err))
			return err_wrap(err, "'%s'", src->name);
		if (!yes || (!pe.table_size && s.len != root->stubs[i].digest.size))
			continue;
		if (!check_sum(&pe, file, err))
			return err_wrap(err, "'%s'", src->name);
		*out = (struct head_alone) { root->stubs[i].name,
					     { pe.table_offset, pe.table_size } };
		return true;
	}
	return err_set(err, ERR_DIGEST,
		       "the stub in '%s' is none of those that were signed: do not run this file",
		       src->name);
}
