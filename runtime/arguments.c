/* SPDX-License-Identifier: MIT */
/* arguments.c - see arguments.h. */
#include "arguments.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "platform.h"

#define LOCK_TIMEOUT_MAX 86400

enum kind { FLAG, TEXT, LIST, SECONDS, CODES };

static const struct option {
	const char *name;
	unsigned takes; /* the bit that a command must have; 0: every command */
	enum kind kind;
	size_t offset; /* of the member in struct arguments */
} options[] = {
	{ "--root", TAKES_ROOT, TEXT, offsetof(struct arguments, root) },
	{ "--facts", TAKES_FACTS, TEXT, offsetof(struct arguments, facts) },
	{ "--nic", TAKES_FACTS, LIST, offsetof(struct arguments, nics) },
	{ "--package", TAKES_PACKAGE, TEXT, offsetof(struct arguments, package) },
	{ "--kernel", TAKES_PACKAGE, TEXT, offsetof(struct arguments, kernel) },
	{ "--bundle", TAKES_BUNDLE, LIST, offsetof(struct arguments, bundles) },
	{ "--trust", TAKES_BUNDLE, LIST, offsetof(struct arguments, trust) },
	{ "--require-trust", TAKES_BUNDLE, FLAG, offsetof(struct arguments, require_trust) },
	{ "--ignore-clock", TAKES_BUNDLE, FLAG, offsetof(struct arguments, ignore_clock) },
	{ "--allow-downgrade", TAKES_INSTALL, FLAG, offsetof(struct arguments, allow_downgrade) },
	{ "--accept-license", TAKES_INSTALL, LIST, offsetof(struct arguments, accept) },
	{ "--anchor", TAKES_IMAGE, LIST, offsetof(struct arguments, anchors) },
	{ "--policy", TAKES_IMAGE, TEXT, offsetof(struct arguments, policy) },
	{ "--generalize", TAKES_IMAGE, FLAG, offsetof(struct arguments, generalize) },
	{ "--files", TAKES_FILES, FLAG, offsetof(struct arguments, files) },
	{ "--json", TAKES_JSON, FLAG, offsetof(struct arguments, json) },
	{ "--log", TAKES_CHANGE, TEXT, offsetof(struct arguments, log) },
	{ "--exit-codes", TAKES_CHANGE, CODES, offsetof(struct arguments, exit_codes) },
	{ "--lock-timeout", TAKES_CHANGE, SECONDS, offsetof(struct arguments, lock_timeout) },
	{ "--progress", TAKES_CHANGE, FLAG, offsetof(struct arguments, progress) },
	{ "--verbose", 0, FLAG, offsetof(struct arguments, verbose) },
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

static const struct option *find_option(const char *arg, size_t name_len)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (strlen(options[i].name) == name_len &&
		    strncmp(options[i].name, arg, name_len) == 0)
			return &options[i];
	return NULL;
}

static bool parse_seconds(const char *text, uint32_t *out, struct err *err)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long n = digits && digits < 9 && !text[digits] ? strtoul(text, NULL, 10)
								: LOCK_TIMEOUT_MAX + 1ul;
	if (n > LOCK_TIMEOUT_MAX)
		return err_set(err, ERR_USAGE, "'%s' is not a number of seconds from 0 to %d", text,
			       LOCK_TIMEOUT_MAX);
	*out = (uint32_t)n;
	return true;
}

static bool parse_codes(const char *text, enum exit_codes *out, struct err *err)
{
	static const char *const names[] = { "linux", "windows", "vm-application" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		if (i != EXIT_VM_APPLICATION && i != EXIT_DEFAULT)
			return err_set(
				err, ERR_USAGE,
				"the exit codes of the %s extension are not for this platform",
				i == EXIT_WINDOWS ? "Windows" : "Linux");
		*out = (enum exit_codes)i;
		return true;
	}
	return err_set(err, ERR_USAGE, "unknown exit codes '%s' (known: %s, vm-application)", text,
		       EXIT_DEFAULT_NAME);
}

static bool append(struct argument_list *list, const char *name, const char *value, struct err *err)
{
	if (list->count == ARGUMENTS_LIST_MAX)
		return err_set(err, ERR_USAGE, "'%s' is given more than %d times", name,
			       ARGUMENTS_LIST_MAX);
	list->v[list->count++] = value;
	return true;
}

/* Store one value; @seen has a bit for each option that came before. */
static bool store(struct arguments *a, const struct option *o, const char *value, unsigned *seen,
		  struct err *err)
{
	void *member = (char *)a + o->offset;
	unsigned bit = 1u << (unsigned)(o - options);
	if ((*seen & bit) && o->kind != LIST)
		return err_set(err, ERR_USAGE, "'%s' is given twice", o->name);
	*seen |= bit;
	switch (o->kind) {
	case FLAG:
		*(bool *)member = true;
		return true;
	case SECONDS:
		return parse_seconds(value, member, err);
	case CODES:
		return parse_codes(value, member, err);
	case LIST:
		return append(member, o->name, value, err);
	case TEXT:
		*(const char **)member = value;
		return true;
	}
	return false;
}

/* One option at argv[*i], with its value if it has one. */
static bool take_option(struct arguments *a, int argc, char **argv, int *i, unsigned *seen,
			struct err *err)
{
	const char *arg = argv[*i];
	size_t name_len = strcspn(arg, "=");
	const struct option *o =
		strcmp(arg, "-v") == 0 ? &options[OPTION_COUNT - 1] : find_option(arg, name_len);
	if (!o || (o->takes && !(a->command->takes & o->takes)))
		return err_set(err, ERR_USAGE, "'%s' has no option '%.*s': see '%s help %s'",
			       a->command->name, (int)name_len, arg, "ibbundle", a->command->name);
	if (o->kind == FLAG) {
		if (arg[name_len])
			return err_set(err, ERR_USAGE, "'%s' takes no value", o->name);
		return store(a, o, NULL, seen, err);
	}
	const char *value = arg[name_len] ? arg + name_len + 1 : *i + 1 < argc ? argv[++*i] : "";
	if (!value[0])
		return err_set(err, ERR_USAGE, "'%s' needs a value", o->name);
	return store(a, o, value, seen, err);
}

static bool parse_trust(int argc, char **argv, bool wants_json, struct arguments *out,
			struct err *err)
{
	out->json = wants_json;
	if (!trust_request_parse(argc, argv, &out->request, err))
		return false;
	if (out->request.policy)
		return err_set(err, ERR_USAGE, "trust: a machine has one policy: no --policy here");
	if (out->request.root && !platform_has_roots)
		return err_set(err, ERR_USAGE, "trust: there are no image roots on this system");
	out->root = out->request.root;
	out->json = out->request.json;
	out->verbose = out->request.verbose;
	return true;
}

/* What is said of an image's machine is for an image. */
static bool check_image(const struct arguments *a, struct err *err)
{
	const char *what = a->nics.count      ? "--nic"
			   : a->anchors.count ? "--anchor"
			   : a->policy        ? "--policy"
			   : a->generalize    ? "--generalize"
					      : NULL;
	if (what && !a->root)
		return err_set(err, ERR_USAGE, "%s is for an image: it needs --root", what);
	return !a->nics.count || !a->facts ||
	       err_set(err, ERR_USAGE, "--facts says which NICs there are: it goes without --nic");
}

bool arguments_parse(int argc, char **argv, struct arguments *out, struct err *err)
{
	*out = (struct arguments) { .lock_timeout = LOCK_TIMEOUT_DEFAULT,
				    .exit_codes = EXIT_DEFAULT };
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			out->json = true; /* known early, for the sake of a usage error */
	bool wants_json = out->json;
	out->json = false;

	int at = 1;
	const char *name = "install";
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		name = "help";
	else if (argc > 1 && strcmp(argv[1], "--version") == 0)
		name = "version";
	else if (argc > 1 && argv[1][0] != '-')
		name = argv[1];
	else
		at = 0;
	out->command = command_find(name);
	if (!out->command) {
		out->json = wants_json;
		return err_set(err, ERR_USAGE, "unknown command '%s': see 'help'", name);
	}

	if (out->command->takes & TAKES_TRUST)
		return parse_trust(argc - at, argv + at, wants_json, out, err);
	unsigned seen = 0;
	for (int i = at + 1; i < argc; i++) {
		bool ok = true;
		if (argv[i][0] == '-' && argv[i][1])
			ok = take_option(out, argc, argv, &i, &seen, err);
		else if (out->operand || !out->command->operand)
			ok = err_set(err, ERR_USAGE, "'%s' does not take '%s'", out->command->name,
				     argv[i]);
		else
			out->operand = argv[i];
		if (!ok) {
			out->json = wants_json;
			return false;
		}
	}
	if (check_image(out, err))
		return true;
	out->json = wants_json;
	return false;
}
