/* SPDX-License-Identifier: MIT */
/*
 * match.c - see match.h.
 *
 * Every rule is a list of texts (one text stands for a list of one).  One table holds the rules in
 * the order in which they are tried; each has a function that says whether a text is well formed
 * and one that says whether the rule holds.
 */
#include "match.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "meet.h"
#include "needs.h"
#include "nic_pattern.h"
#include "rule.h"
#include "version.h"

#define LIST_MAX 256 /* texts in one rule */

/* --- words --------------------------------------------------------------------------------------- */

/* "11, 12 or 13" */
static void list_words(const struct json_value *list, char out[MATCH_REASON_SIZE])
{
	size_t used = 0;
	out[0] = '\0';
	for (const struct json_value *next, *t = rule_first(list); t; t = next) {
		next = rule_next(list, t);
		const char *before = used == 0 ? "" : next ? ", " : " or ";
		int n = snprintf(out + used, MATCH_REASON_SIZE - used, "%s%s", before,
				 json_string(t));
		if (n < 0 || (size_t)n >= MATCH_REASON_SIZE - used)
			return;
		used += (size_t)n;
	}
}

/* Returns false, as the rule does. */
static bool say(char reason[MATCH_REASON_SIZE], const char *fmt, ...) PRINTF_LIKE(2, 3);

static bool say(char reason[MATCH_REASON_SIZE], const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(reason, MATCH_REASON_SIZE, fmt, ap);
	va_end(ap);
	/* Facts may come from a stranger's file, and a reason goes to a terminal. */
	for (char *c = reason; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return false;
}

/* The usual rule: the value found must be in the list. */
static bool one_of(const struct json_value *list, const char *what, const char *found,
		   char reason[MATCH_REASON_SIZE])
{
	char words[MATCH_REASON_SIZE];
	if (rule_contains(list, found))
		return true;
	list_words(list, words);
	if (!*found)
		return say(reason, "%s is not known and must be %s", what, words);
	return say(reason, "%s %s is not %s", what, found, words);
}

/* --- network functions --------------------------------------------------------------------------- */

static bool nic_fits(const struct json_value *list, const struct facts_nic *nic)
{
	if (!list)
		return true;
	for (const struct json_value *t = rule_first(list); t; t = rule_next(list, t))
		if (nic_pattern_fits(json_string(t), nic))
			return true;
	return false;
}

/* The first function, present or ghost, that satisfies "nic" and "link". */
static const struct facts_nic *find_nic(const struct json_value *match, const struct facts *facts,
					bool ghost)
{
	const struct json_value *nic = json_get(match, "nic"), *link = json_get(match, "link");
	for (size_t i = 0; i < facts->nic_count; i++) {
		const struct facts_nic *n = &facts->nics[i];
		if (n->ghost == ghost && nic_fits(nic, n) &&
		    (!link || rule_contains(link, facts_link_name(n->link))))
			return n;
	}
	return NULL;
}

const struct facts_nic *match_nic(const struct json_value *match, const struct facts *facts)
{
	return find_nic(match, facts, false);
}

/* "; 15b3:1018 at 0101:00:00.0 is not present" where a ghost would have satisfied both, else "". */
static const char *ghost_words(const struct json_value *match, const struct facts *f,
			       char out[MATCH_REASON_SIZE])
{
	const struct facts_nic *n = find_nic(match, f, true);
	out[0] = '\0';
	if (n)
		snprintf(out, MATCH_REASON_SIZE, "; %04x:%04x at %s is not present",
			 (unsigned)n->vendor, (unsigned)n->device, n->address);
	return out;
}

/* --- the rules: @list is the rule's own value, @match the whole object -------------------------- */

static bool os_holds(const struct json_value *list, const struct json_value *match UNUSED,
		     const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	return one_of(list, "os", f->os, reason);
}

static bool arch_holds(const struct json_value *list, const struct json_value *match UNUSED,
		       const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	return one_of(list, "arch", f->arch, reason);
}

static const char *no_function(const struct facts *f)
{
	return f->network_direct ? "only Network Direct, no PCI function of vendor 15b3"
				 : "no PCI function of vendor 15b3";
}

static bool nic_holds(const struct json_value *list, const struct json_value *match UNUSED,
		      const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	char words[MATCH_REASON_SIZE];
	const struct facts_nic *found = NULL; /* what the reason names: InfiniBand before others */
	const struct facts_nic *ghost = NULL;
	for (size_t i = 0; i < f->nic_count; i++) {
		const struct facts_nic *n = &f->nics[i];
		bool fits = nic_fits(list, n);
		if (n->ghost) {
			ghost = fits && !ghost ? n : ghost;
			continue;
		}
		if (fits)
			return true;
		if (!found || (found->link != LINK_INFINIBAND && n->link == LINK_INFINIBAND))
			found = n;
	}
	list_words(list, words);
	if (ghost)
		return say(reason, "nic %04x:%04x at %s is not present", (unsigned)ghost->vendor,
			   (unsigned)ghost->device, ghost->address);
	if (!found)
		return say(reason, "nic %s not found: %s", words, no_function(f));
	return say(reason, "nic %04x:%04x/%04x is not %s", (unsigned)found->vendor,
		   (unsigned)found->device, (unsigned)found->class_code >> 8, words);
}

/* The same function must have the id and the link. */
static bool link_holds(const struct json_value *list, const struct json_value *match,
		       const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	if (match_nic(match, f))
		return true;
	char words[MATCH_REASON_SIZE], ghost[MATCH_REASON_SIZE];
	list_words(list, words);
	ghost_words(match, f, ghost);
	for (size_t i = 0; i < f->nic_count; i++) {
		const struct facts_nic *n = &f->nics[i];
		if (!n->ghost && nic_fits(json_get(match, "nic"), n))
			return say(reason, "link %s of %04x:%04x at %s is not %s%s",
				   facts_link_name(n->link), (unsigned)n->vendor,
				   (unsigned)n->device, n->address, words, ghost);
	}
	return say(reason, "link %s not found: %s", words, *ghost ? ghost + 2 : no_function(f));
}

static bool mode_holds(const struct json_value *list, const struct json_value *match,
		       const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	bool pci = match_nic(match, f) != NULL;
	if ((pci && rule_contains(list, "sr-iov")) ||
	    (f->network_direct && rule_contains(list, "network-direct")))
		return true;
	char words[MATCH_REASON_SIZE], ghost[MATCH_REASON_SIZE];
	list_words(list, words);
	return say(reason, "mode %s is not %s%s",
		   f->network_direct ? "network-direct"
		   : pci             ? "sr-iov"
				     : "none",
		   words, pci ? "" : ghost_words(match, f, ghost));
}

/* "debian" is the system's own ID; "debian-like" also takes systems whose ID_LIKE names it. */
static bool distro_holds(const struct json_value *list, const struct json_value *match UNUSED,
			 const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	char family[MATCH_REASON_SIZE];
	snprintf(family, sizeof(family), "%s-like", f->id);
	if (rule_contains(list, family))
		return true;
	for (size_t i = 0; i < f->id_like_count; i++) {
		snprintf(family, sizeof(family), "%s-like", f->id_like[i]);
		if (rule_contains(list, family))
			return true;
	}
	return one_of(list, "distro", f->id, reason);
}

/* One of the exact releases, or all of the range terms when there are any. */
static bool release_holds(const struct json_value *list, const struct json_value *match UNUSED,
			  const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	if (rule_contains(list, f->version_id))
		return true;
	bool terms = false, hold = *f->version_id != '\0';
	for (const struct json_value *t = rule_first(list); t; t = rule_next(list, t)) {
		if (!rule_is_term(json_string(t)))
			continue;
		terms = true;
		hold = hold && version_term_holds(json_string(t), f->version_id);
	}
	return (terms && hold) || one_of(list, "release", f->version_id, reason);
}

static bool installation_holds(const struct json_value *list, const struct json_value *match UNUSED,
			       const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	return one_of(list, "installation", f->installation ? f->installation : "", reason);
}

/* Windows writes "ServerDatacenter"; rules are in lower case. */
static bool edition_holds(const struct json_value *list, const struct json_value *match UNUSED,
			  const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	char found[65] = "";
	for (size_t i = 0; f->edition && f->edition[i] && i + 1 < sizeof(found); i++) {
		char c = f->edition[i];
		found[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	return one_of(list, "edition", found, reason);
}

static bool kernel_holds(const struct json_value *list, const struct json_value *match UNUSED,
			 const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	for (const struct json_value *t = rule_first(list); t; t = rule_next(list, t)) {
		const char *term = json_string(t);
		if (!*f->kernel)
			return say(reason, "kernel is not known and must be %s", term);
		if (!version_term_holds(term, f->kernel))
			return say(reason, "kernel %s is not %s", f->kernel, term);
	}
	return true;
}

static bool secure_boot_holds(const struct json_value *list, const struct json_value *match UNUSED,
			      const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	return one_of(list, "secure_boot", facts_secure_boot_name(f->secure_boot), reason);
}

static bool headers_holds(const struct json_value *list, const struct json_value *match UNUSED,
			  const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	static const char *const words[] = { "unknown", "off", "on" };
	return one_of(list, "headers", words[f->kernel_headers], reason);
}

/* All of them, since a build needs all. */
static bool tools_holds(const struct json_value *list, const struct json_value *match UNUSED,
			const struct facts *f, char reason[MATCH_REASON_SIZE])
{
	for (const struct json_value *t = rule_first(list); t; t = rule_next(list, t))
		if (!facts_names_has(&f->tools, json_string(t)))
			return say(reason, "program %s is %s", json_string(t),
				   f->tools.known ? "not there" : "not known to be there");
	return true;
}

/* --- checking shapes ----------------------------------------------------------------------------- */

static bool word_valid(const char *text, struct err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t n = strlen(text);
	if (n == 0 || n > 64 || strspn(text, plain) != n)
		return err_set(err, ERR_FORMAT,
			       "'%s' must be 1 to 64 lower-case letters, digits, '.', '_' or '-'",
			       text);
	return true;
}

static bool release_valid(const char *text, struct err *err)
{
	return rule_is_term(text) ? version_term_valid(text, err) : word_valid(text, err);
}

static bool tool_valid(const char *text, struct err *err)
{
	return needs_find_tool(text) ||
	       err_set(err, ERR_FORMAT,
		       "'%s' is not one of the programs that facts know: see manifests/README.md, "
		       "Needs",
		       text);
}

static const char *const oses[] = { "linux", "windows", NULL };
static const char *const arches[] = { "x86_64", "aarch64", NULL };
static const char *const links[] = { "infiniband", "ethernet", "unknown", NULL };
static const char *const modes[] = { "sr-iov", "network-direct", NULL };
static const char *const installations[] = { "client", "server", "server-core", NULL };
static const char *const secure_boots[] = { "on", "off", "unknown", NULL };

static const struct rule {
	const char *key;
	bool system; /* about the system, not about its hardware */
	bool (*meet)(const struct json_value *a, const struct json_value *b);
	const char *const *words; /* all there are, or NULL: then */
	bool (*valid)(const char *text, struct err *err);
	bool (*holds)(const struct json_value *list, const struct json_value *match,
		      const struct facts *f, char reason[MATCH_REASON_SIZE]);
} rules[] = {
	{ "os", true, meet_words, oses, NULL, os_holds },
	{ "arch", true, meet_words, arches, NULL, arch_holds },
	{ "nic", false, meet_nics, NULL, nic_pattern_valid, nic_holds },
	{ "link", false, meet_words, links, NULL, link_holds },
	{ "mode", false, meet_words, modes, NULL, mode_holds },
	{ "distro", true, meet_distros, NULL, word_valid, distro_holds },
	{ "release", true, meet_releases, NULL, release_valid, release_holds },
	{ "installation", true, meet_words, installations, NULL, installation_holds },
	{ "edition", true, meet_words, NULL, word_valid, edition_holds },
	{ "kernel", true, meet_terms, NULL, version_term_valid, kernel_holds },
	{ "secure_boot", false, meet_words, secure_boots, NULL, secure_boot_holds },
	{ "headers", false, meet_words, secure_boots, NULL, headers_holds },
	{ "tools", false, meet_always, NULL, tool_valid, tools_holds },
};

#define RULE_COUNT (sizeof(rules) / sizeof(rules[0]))

static bool one_of_words(const char *text, const char *const *words, struct err *err)
{
	for (size_t i = 0; words[i]; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return err_set(err, ERR_FORMAT, "'%s' must be %s or %s%s%s", text, words[0], words[1],
		       words[2] ? " or " : "", words[2] ? words[2] : "");
}

static bool check_rule(const struct json *doc, const struct rule *rule,
		       const struct json_value *list, struct err *err)
{
	if (json_type(list) != JSON_STRING && json_type(list) != JSON_ARRAY)
		return json_error(doc, list, err, "must be a string or an array of strings");
	if (!rule_first(list))
		return json_error(doc, list, err, "is empty: nothing could ever fit");
	size_t count = 0;
	for (const struct json_value *t = rule_first(list); t; t = rule_next(list, t)) {
		struct err why;
		if (!json_string(t))
			return json_error(doc, t, err, "must be a string");
		if (++count > LIST_MAX)
			return json_error(doc, list, err, "has more than %d values", LIST_MAX);
		bool ok = rule->words ? one_of_words(json_string(t), rule->words, &why)
				      : rule->valid(json_string(t), &why);
		if (!ok)
			return json_error(doc, t, err, "%s", why.msg);
	}
	return true;
}

bool match_check(const struct json *doc, const struct json_value *match, struct err *err)
{
	const char *keys[RULE_COUNT + 1] = { 0 };
	for (size_t i = 0; i < RULE_COUNT; i++)
		keys[i] = rules[i].key;
	if (!json_only_keys(doc, match, keys, err))
		return false;
	for (size_t i = 0; i < RULE_COUNT; i++) {
		const struct json_value *list = json_get(match, rules[i].key);
		if (list && !check_rule(doc, &rules[i], list, err))
			return false;
	}
	return true;
}

bool match_holds(const struct json_value *match, const struct facts *facts, const char **key,
		 char reason[MATCH_REASON_SIZE])
{
	for (size_t i = 0; i < RULE_COUNT; i++) {
		const struct json_value *list = json_get(match, rules[i].key);
		if (!list || rules[i].holds(list, match, facts, reason))
			continue;
		*key = rules[i].key;
		return false;
	}
	return true;
}

size_t match_system_misses(const struct json_value *match, const struct facts *facts,
			   char reason[MATCH_REASON_SIZE])
{
	size_t misses = 0;
	for (size_t i = 0; i < RULE_COUNT; i++) {
		char ignored[MATCH_REASON_SIZE];
		const struct json_value *list = json_get(match, rules[i].key);
		if (list && rules[i].system &&
		    !rules[i].holds(list, match, facts, misses ? ignored : reason))
			misses++;
	}
	return misses;
}

bool match_os_is(const struct json_value *match, const char *os)
{
	const struct json_value *list = json_get(match, "os");
	if (!list)
		return false;
	for (const struct json_value *t = rule_first(list); t; t = rule_next(list, t))
		if (strcmp(json_string(t), os) != 0)
			return false;
	return true;
}

bool match_key_is_system(const char *key)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (strcmp(rules[i].key, key) == 0)
			return rules[i].system;
	return false;
}

bool match_overlap(const struct json_value *a, const struct json_value *b)
{
	for (size_t i = 0; i < RULE_COUNT; i++) {
		const struct json_value *x = json_get(a, rules[i].key);
		const struct json_value *y = json_get(b, rules[i].key);
		if (x && y && !rules[i].meet(x, y))
			return false;
	}
	return true;
}

bool match_names_distro(const struct json_value *match, const struct facts *facts)
{
	const struct json_value *list = json_get(match, "distro");
	return list && rule_contains(list, facts->id);
}

/* Machines whose own ID both name, or machines whose ID both take without naming it. */
bool match_equally_exact(const struct json_value *a, const struct json_value *b)
{
	const struct json_value *x = json_get(a, "distro"), *y = json_get(b, "distro");
	return (x && y && meet_words(x, y)) ||
	       ((!x || meet_has_family(x)) && (!y || meet_has_family(y)));
}

/* --- could anything satisfy one? ----------------------------------------------------------------- */

/* Two range terms that nothing can satisfy both; exact releases may stand among them. */
static bool terms_possible(const struct json_value *list, const char *what,
			   char reason[MATCH_REASON_SIZE])
{
	for (const struct json_value *x = rule_first(list); x; x = rule_next(list, x))
		for (const struct json_value *y = rule_first(list); y; y = rule_next(list, y))
			if (rule_is_term(json_string(x)) && rule_is_term(json_string(y)) &&
			    meet_terms_refuse(x, y))
				return say(reason, "no %s is %s and %s", what, json_string(x),
					   json_string(y));
	return true;
}

/* Is every pattern of a class whose link is known, and none of those links in @link? */
static bool classes_have_link(const struct json_value *nic, const struct json_value *link)
{
	for (const struct json_value *t = rule_first(nic); t; t = rule_next(nic, t)) {
		const char *class_code = nic_pattern_class(json_string(t));
		bool infiniband = class_code && strcmp(class_code, "0207") == 0;
		bool ethernet = class_code && strcmp(class_code, "0200") == 0;
		if (infiniband ? rule_contains(link, "infiniband")
			       : !ethernet || rule_contains(link, "ethernet"))
			return true;
	}
	return false;
}

/* "windows" and "windows-server" are the IDs that Windows machines have. */
static bool distro_of_os(const struct json_value *distro, const struct json_value *os)
{
	for (const struct json_value *t = rule_first(distro); t; t = rule_next(distro, t)) {
		bool windows = strncmp(json_string(t), "windows", 7) == 0;
		if (rule_contains(os, windows ? "windows" : "linux"))
			return true;
	}
	return false;
}

bool match_possible(const struct json_value *match, char reason[MATCH_REASON_SIZE])
{
	const struct json_value *nic = json_get(match, "nic"), *link = json_get(match, "link");
	const struct json_value *mode = json_get(match, "mode"), *os = json_get(match, "os");
	const struct json_value *distro = json_get(match, "distro");
	const struct json_value *kernel = json_get(match, "kernel");
	const struct json_value *release = json_get(match, "release");
	char words[MATCH_REASON_SIZE];
	if (kernel && !terms_possible(kernel, "kernel", reason))
		return false;
	if (release && !terms_possible(release, "release", reason))
		return false;
	if (nic && link && !classes_have_link(nic, link)) {
		list_words(link, words);
		return say(reason, "no function of the classes in nic has link %s", words);
	}
	if (mode && (nic || link) && !rule_contains(mode, "sr-iov"))
		return say(reason, "a machine with mode network-direct has no PCI function for %s",
			   nic ? "nic" : "link");
	if (os && distro && !distro_of_os(distro, os)) {
		list_words(distro, words);
		return say(reason, "no system with os %s is %s", json_string(rule_first(os)),
			   words);
	}
	return true;
}
