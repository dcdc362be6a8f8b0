/* SPDX-License-Identifier: MIT */
/* command.c - the table of commands, and the two that only read it. */
#include "command.h"

#include <string.h>

#include "crypto.h"
#include "handler.h"
#include "job.h"
#include "stub.h"
#include "zstream.h"

/* The stub's build names the source packages its libraries were made from. */
#ifdef THIRD_PARTY_VERSIONS
#define PARTS_MAGIC STUB_PARTS_MAGIC
#else
#define PARTS_MAGIC ""
#define THIRD_PARTY_VERSIONS "the system's libraries"
#endif
#define PARTS_BEFORE PARTS_MAGIC "ibbundle " RUNTIME_VERSION ", "

/* In one piece in the file: the builder looks for it there. */
__attribute__((used)) static const char parts[] = PARTS_BEFORE THIRD_PARTY_VERSIONS;

static const char *built_from(void)
{
	return parts + sizeof(PARTS_BEFORE) - 1;
}

static bool command_help(struct job *job, struct err *err);
static bool command_version(struct job *job, struct err *err);

#define TAKES_CHOICE (TAKES_ROOT | TAKES_FACTS | TAKES_PACKAGE | TAKES_BUNDLE)

const struct command commands[] = {
	{ "install", NULL, "install the package that fits this machine (the default)",
	  TAKES_CHOICE | TAKES_JSON | TAKES_CHANGE | TAKES_INSTALL | TAKES_IMAGE, true,
	  command_install },
	{ "plan", NULL, "say which package would be installed, and why",
	  TAKES_CHOICE | TAKES_JSON | TAKES_INSTALL, false, command_plan },
	{ "facts", NULL, "say what was found out about this machine",
	  TAKES_ROOT | TAKES_FACTS | TAKES_JSON, false, command_facts },
	{ "list", NULL, "list the packages in the bundle", TAKES_BUNDLE | TAKES_JSON, false,
	  command_list },
	{ "verify", NULL, "check every signature and every byte of the bundle",
	  TAKES_BUNDLE | TAKES_FILES | TAKES_JSON, false, command_verify },
	{ "extract", "DIR", "write the files of the package that fits into DIR",
	  TAKES_CHOICE | TAKES_JSON | WRITES_FILES, false, command_extract },
	{ "status", NULL, "say what is installed and how it went", TAKES_ROOT | TAKES_JSON, false,
	  command_status },
	{ "uninstall", NULL, "remove what install added", TAKES_ROOT | TAKES_JSON | TAKES_CHANGE,
	  true, command_uninstall },
	{ "first-boot", NULL, "finish an image's install on the real hardware (its unit runs this)",
	  TAKES_BUNDLE | TAKES_JSON | TAKES_CHANGE | UNLISTED, true, command_first_boot },
	{ "trust", "(add CERT | remove NAME | distrust FINGERPRINT | set | list | show)",
	  "say whom this machine trusts, and what it asks of a bundle",
	  TAKES_TRUST | TAKES_ROOT | TAKES_JSON | WRITES_FILES, false, command_trust },
	{ "handler", "(" HANDLER_VERBS ")",
	  "be an extension of the Azure guest agent, which calls this", STARTS_PROGRAM, false,
	  command_handler },
	{ "help", "[COMMAND]", "say what a command does", 0, false, command_help },
	{ "version", NULL, "say which version this is", TAKES_JSON, false, command_version },
	{ 0 },
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static const struct {
	unsigned takes;
	const char *text;
} option_help[] = {
	{ TAKES_ROOT, "  --root DIR            an image root instead of this machine\n" },
	{ TAKES_FACTS,
	  "  --facts FILE          the machine as saved by 'facts --json'; with --root\n"
	  "                        its NICs, VM size and Secure Boot\n" },
	{ TAKES_FACTS | TAKES_ROOT,
	  "  --nic NAME            with --root: a NIC of its machine: connectx-6,\n"
	  "                        connectx-6-pf, 15b3:101c (may be repeated)\n" },
	{ TAKES_PACKAGE, "  --package ID          this package or none\n"
			 "  --kernel VERSION      as if this kernel ran; with --root: will run\n" },
	{ TAKES_IMAGE | TAKES_ROOT,
	  "  --anchor FILE         with --root: certificates that it is to trust (may be "
	  "repeated)\n"
	  "  --policy FILE         with --root: what it is to ask of a bundle\n"
	  "  --generalize          with --root: remove logs, machine id, leases, package lists\n" },
	{ TAKES_INSTALL,
	  "  --accept-license ID   accept these terms of a package, as plan names them, or all\n"
	  "                        (may be repeated)\n"
	  "  --allow-downgrade     an older bundle than was installed before\n" },
	{ TAKES_BUNDLE,
	  "  --bundle FILE         another bundle than this file; again: further parts of it\n"
	  "                        (volumes NAME.2.ibb, ... beside the first are found)\n"
	  "  --trust FILE          trust these certificates (may be repeated); also those in\n"
	  "                        " PLATFORM_TRUST_HELP "\n"
	  "  --require-trust       refuse a signer that no trusted certificate leads to\n"
	  "  --ignore-clock        don't check expiry and age: this machine's clock is wrong\n" },
	{ TAKES_CHANGE,
	  "  --log FILE            instead of " PLATFORM_LOG_HELP "\n"
	  "  --lock-timeout SECONDS  how long to wait for the package manager (default 600)\n"
	  "  --exit-codes NAME     " EXIT_DEFAULT_NAME " (default) or vm-application\n"
	  "  --progress            each phase and line on standard error, for programs\n" },
	{ TAKES_FILES, "  --files               also decode all and compare every file: a mistake "
		       "of the builder's\n"
		       "                        shows nowhere else\n" },
	{ TAKES_TRUST, TRUST_HELP },
	{ TAKES_JSON, "  --json                one JSON document on standard output\n" },
	{ ~0u, "  -v, --verbose         say more\n" },
};

/* Those that go with --root are for a system that has it. */
static bool is_for(const struct command *c, unsigned takes)
{
	unsigned own = takes & ~(unsigned)TAKES_ROOT;
	if (takes == ~0u)
		return true;
	return ((takes & TAKES_ROOT) == 0 || platform_has_roots) &&
	       (c->takes & (own ? own : TAKES_ROOT));
}

void command_usage(const struct command *c, struct buf *out)
{
	buf_printf(out, "usage: BUNDLE %s%s%s%s\n%s\n\n", c->name, c->operand ? " " : "",
		   c->operand ? c->operand : "", c->takes ? " [OPTION...]" : "", c->summary);
	for (size_t i = 0; i < sizeof(option_help) / sizeof(option_help[0]); i++)
		if (is_for(c, option_help[i].takes))
			buf_add_str(out, option_help[i].text);
}

static bool command_help(struct job *job, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 10);
	if (job->args->operand) {
		const struct command *c = command_find(job->args->operand);
		if (!c)
			return err_set(err, ERR_USAGE, "unknown command '%s': see 'help'",
				       job->args->operand);
		command_usage(c, &text);
	} else {
		buf_add_str(&text, "usage: BUNDLE [COMMAND] [OPTION...]\n\n"
				   "Installs the InfiniBand driver and tools that fit this machine "
				   "from this one\nsigned file, without a network.\n\n");
		for (const struct command *c = commands; c->name; c++)
			if (!(c->takes & UNLISTED))
				buf_printf(&text, "  %-10s %s\n", c->name, c->summary);
		buf_add_str(&text, "\n'BUNDLE help COMMAND' lists the options of a command.\n");
	}
	return report_print(&job->report, &text, err);
}

static bool command_version(struct job *job, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(4096);
	if (!job->args->json) {
		buf_printf(&text, "ibbundle runtime %s\nOpenSSL %s, zstd %s (built from: %s)\n",
			   RUNTIME_VERSION, crypto_version(), zstream_version(), built_from());
		return report_print(&job->report, &text, err);
	}
	AUTO(json_auto_free) struct json *j = json_new("version", err);
	if (!j)
		return false;
	json_add_string(j, json_top(j), "runtime", RUNTIME_VERSION);
	json_add_string(j, json_top(j), "openssl", crypto_version());
	json_add_string(j, json_top(j), "zstd", zstream_version());
	json_add_string(j, json_top(j), "built_from", built_from());
	return json_print(j, true, &text, err) && report_print(&job->report, &text, err);
}
