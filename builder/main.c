/* SPDX-License-Identifier: MIT */
/*
 * main.c - the program `ibbundle`: find the command, run it, print its error.
 *
 *   manifest --lock--> lock --fetch--> cache --build--> signed bundle
 *
 * Each command is one file, cmd_NAME.c.  Only main() prints errors.
 */
#include <ctype.h>
#include <fcntl.h>
#include <string.h>

#include "cmd.h"
#include "crypto.h"
#include "encode.h"
#include "fetch.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"
#include "utf8.h"

static const struct command commands[] = {
	{ "import", "(azure-resources FILE | sha256sums SUMS MANIFEST) -o FILE",
	  "make a manifest, or pins for one, from published lists", cmd_import_help, cmd_import },
	{ "lock", "MANIFEST [--diff] [--mirror NAME=URL]...",
	  "resolve a manifest to exact files, from signed repositories", cmd_lock_help, cmd_lock },
	{ "fetch", "MANIFEST [--lock FILE] [--cache DIR] [-j N]",
	  "download what a lock names into the cache", cmd_fetch_help, cmd_fetch },
	{ "build", "MANIFEST -o BUNDLE --key FILE --cert FILE", "fetch, pack and sign a bundle",
	  cmd_build_help, cmd_build },
	{ "sign", "(BUNDLE | --detached FILE -o CMS | --attach CMS... BUNDLE) ...",
	  "sign a bundle, in one step or with the key elsewhere", cmd_sign_help, cmd_sign },
	{ "verify", "BUNDLE [--trust FILE]...", "check signatures and every digest of a bundle",
	  cmd_verify_help, cmd_verify },
	{ "inspect", "BUNDLE [--json | --print-commands | --signed-bytes]",
	  "show what a bundle is and holds", cmd_inspect_help, cmd_inspect },
	{ "list", "BUNDLE [--json]", "list the packages of a bundle", cmd_list_help, cmd_list },
	{ "plan", "BUNDLE --facts FACTS", "tell which package a machine would get, and why",
	  cmd_plan_help, cmd_plan },
	{ "matrix", "MANIFEST [--json] [--html FILE] [--strict] [--fleet DIR]",
	  "tell which machines a manifest covers", cmd_matrix_help, cmd_matrix },
	{ "extract", "BUNDLE -o DIR (--package ID | --all)", "lay out the files of packages",
	  cmd_extract_help, cmd_extract },
	{ "export", "KIND BUNDLE -o FILE [OPTION...]",
	  "wrap a bundle as a service or a tool wants it", cmd_export_help, cmd_export },
	{ "slice", "BUNDLE -o FILE [--package ID | --match TERMS | --facts FILE]...",
	  "write a part of a bundle, with its signatures", cmd_slice_help, cmd_slice },
	{ "join", "FILE... -o BUNDLE", "put a bundle together from its parts", cmd_join_help,
	  cmd_join },
	{ "diff", "OLD NEW [--json]", "tell what changed from one bundle to another", cmd_diff_help,
	  cmd_diff },
	{ "publish", "FILE... URL --auth (sas | key | token)",
	  "put a bundle or its parts into an Azure container", cmd_publish_help, cmd_publish },
	{ "pull", "URL... -o FILE [--package ID | --match TERMS | --facts FILE]...",
	  "fetch the part of a bundle that is needed", cmd_pull_help, cmd_pull },
	{ "keygen", "-o DIR", "make a signing key and its certificate", cmd_keygen_help,
	  cmd_keygen },
	{ "rotate", "-o FILE --bundle NAME --new-certificate FILE --key KEY --cert FILE",
	  "let an old key say who signs from now on", cmd_rotate_help, cmd_rotate },
	{ "trust", "(add CERT | remove NAME | distrust FINGERPRINT | set | list | show)",
	  "say whom a machine trusts, and what it asks of a bundle", cmd_trust_help, cmd_trust },
	{ "help", "[COMMAND [KIND]]", "list the commands, or explain one", cmd_help_help,
	  cmd_help },
	{ "version", "", "print the versions of this program and its libraries", cmd_version_help,
	  cmd_version },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *name, struct err *err)
{
	const char *names[COMMAND_COUNT + 1] = { NULL };
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
		names[i] = commands[i].name;
	}
	const char *near = options_nearest(name, names);
	if (near)
		err_set(err, ERR_USAGE,
			"unknown command '%s', did you mean '%s'? see 'ibbundle help'", name, near);
	else
		err_set(err, ERR_USAGE, "unknown command '%s'; see 'ibbundle help'", name);
	return NULL;
}

/* What the first operand of @c may be, where it is several commands in one; or NULL. */
static const struct command *kinds_of(const struct command *c)
{
	return c->run == cmd_export ? export_kinds : NULL;
}

const struct command *command_kind(const struct command *kinds, const char *name, struct err *err)
{
	for (; kinds->name; kinds++)
		if (strcmp(kinds->name, name) == 0)
			return kinds;
	err_set(err, ERR_USAGE, "there is no kind '%s'; see 'ibbundle help export'", name);
	return NULL;
}

const char cmd_help_help[] =
	"With no COMMAND, lists all of them.  'ibbundle COMMAND --help' is the "
	"same as\n'ibbundle help COMMAND'.\n";

static void print_command(const struct command *c, const char *of)
{
	printf("usage: ibbundle %s%s%s%s\n\n%c%s.\n%s%s", of, c->name, *c->args ? " " : "", c->args,
	       toupper((unsigned char)c->summary[0]), c->summary + 1, *c->help ? "\n" : "",
	       c->help);
	for (const struct command *k = kinds_of(c); k && k->name; k++)
		printf("  %-16s %s\n", k->name, k->summary);
}

/* Explain @c, or the one of its kinds that is called @kind (NULL: none is meant). */
static bool explain(const struct command *c, const char *kind, struct err *err)
{
	if (!kind) {
		print_command(c, "");
		return true;
	}
	if (!kinds_of(c))
		return err_set(err, ERR_USAGE, "help: '%s' has no kinds", c->name);
	const struct command *k = command_kind(kinds_of(c), kind, err);
	char of[32];
	snprintf(of, sizeof(of), "%s ", c->name);
	if (k)
		print_command(k, of);
	return k != NULL;
}

static void print_list(void)
{
	printf("usage: ibbundle COMMAND [OPTION...]\n\n"
	       "Builds signed bundles of InfiniBand drivers that install with no network.\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %-9s %s\n", commands[i].name, commands[i].summary);
	printf("\n'ibbundle help COMMAND' explains one.  -v with any command tells each step.\n"
	       "Exit status: 0 done, 1 the answer is no, 2 wrong use, 3 bad input, 4 not to be\n"
	       "trusted, 5 the system or the network failed.\n");
}

bool cmd_help(int argc, char **argv, struct err *err)
{
	static const struct option none[] = { { 0 } };
	struct operands operands;
	if (!options_parse(argc, argv, none, 0, 2, &operands, err))
		return false;
	if (operands.count == 0) {
		print_list();
		return true;
	}
	const struct command *c = find_command(operands.v[0], err);
	return c && explain(c, operands.v[1], err);
}

const char cmd_version_help[] = "";

bool cmd_version(int argc, char **argv, struct err *err)
{
	static const struct option none[] = { { 0 } };
	struct operands operands;
	if (!options_parse(argc, argv, none, 0, 0, &operands, err))
		return false;
	printf("ibbundle %s\nwith OpenSSL %s, libcurl %s, zstd %s\n", IBBUNDLE_VERSION,
	       crypto_version(), fetch_version(), encode_zstd_version());
	return true;
}

/* Is `--help` among the options, that is before any "--"? */
static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static bool run(int argc, char **argv, struct err *err)
{
	if (argc > 1 && (strcmp(argv[1], "-v") == 0 || strcmp(argv[1], "--verbose") == 0)) {
		progress_set_verbose(true); /* every command takes it behind their name, too */
		argc--;
		argv++;
	}
	if (argc < 2)
		return err_set(err, ERR_USAGE, "no command given; see 'ibbundle help'");
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	else if (strcmp(name, "--version") == 0)
		name = "version";
	const struct command *c = find_command(name, err);
	if (!c)
		return false;
	if (asks_for_help(argc - 1, argv + 1)) {
		bool kind = kinds_of(c) && argv[2][0] != '-';
		return explain(c, kind ? argv[2] : NULL, err);
	}
	return c->run(argc - 1, argv + 1, err);
}

/*
 * Who starts us may have closed a standard descriptor: the next file that is opened, a bundle, would
 * get its number, and be written what is meant for people.  What takes its place can't be used, so
 * that reading or writing it stays the error it was.
 */
static bool fill_standard_descriptors(struct err *err)
{
	static const int unusable[] = { O_WRONLY, O_RDONLY, O_RDONLY };
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", unusable[fd] | O_NOCTTY) != fd)
			return err_set(err, ERR_SYSTEM,
				       "descriptor %d is closed, and '/dev/null' can't stand in",
				       fd);
	return true;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	interrupt_catch();
	bool ok = fill_standard_descriptors(&err) && run(argc, argv, &err);
	/* a full disk or a closed pipe below stdout is a failure like any other */
	if (ok && (fflush(stdout) != 0 || ferror(stdout)))
		ok = err_set(&err, ERR_SYSTEM, "cannot write to standard output");
	if (ok)
		return 0;
	utf8_make_plain(err.msg); /* names in archives, words of servers */
	fprintf(stderr, "ibbundle: %s\n", err.msg);
	return err_status(err.code);
}
