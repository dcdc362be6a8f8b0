/* SPDX-License-Identifier: MIT */
/* preflight.c - see preflight.h.  A function for each thing that can stand in the way. */
#include "preflight.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "needs.h"
#include "plan.h"
#include "relation.h"

struct look {
	const struct facts *f;
	struct plan *plan;
	struct err *err;
};

static bool add(const struct look *l, enum err_code code, bool refuse, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

static bool add(const struct look *l, enum err_code code, bool refuse, const char *fmt, ...)
{
	struct plan *p = l->plan;
	if (p->preflight_count == PREFLIGHT_LINES_MAX)
		return true;
	struct preflight_line *more =
		realloc(p->preflight, (p->preflight_count + 1) * sizeof(*more));
	if (!more)
		return err_no_memory(l->err);
	p->preflight = more;
	struct preflight_line *line = &more[p->preflight_count++];
	line->code = code;
	line->refuse = refuse;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line->text, sizeof(line->text), fmt, ap);
	va_end(ap);
	/* Facts may come from a stranger's file, and the line goes to a terminal. */
	for (char *c = line->text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return true;
}

static bool is_true(const struct json_value *one, const char *key)
{
	bool yes = false;
	struct err unused;
	return json_get_bool(NULL, one, key, JSON_OPTIONAL, &yes, &unused) && yes;
}

static bool by(const struct look *l, const char *manager)
{
	return strcmp(l->f->package_manager, manager) == 0;
}

/* --- packages ------------------------------------------------------------------------------------- */

static bool closure_has(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->deb_count; i++)
		if (strcmp(plan->debs[i].deb->name, name) == 0)
			return true;
	return false;
}

static bool provides(const struct facts_package *p, const char *name)
{
	struct slice rest = slice_str(p->provides), clause;
	bool bad = false;
	while (!bad && relation_next_clause(&rest, &clause)) {
		struct relation r;
		while (relation_next_alternative(&clause, &r, &bad))
			if (slice_equal(r.name, slice_str(name)))
				return true;
	}
	return false;
}

static bool deb_is_there(const struct look *l, const char *name)
{
	const struct facts_package *p = facts_find_package(l->f, name, "all");
	if (p && strcmp(p->status, "installed") == 0)
		return true;
	for (size_t i = 0; i < l->f->package_count; i++)
		if (l->f->packages[i].provides[0] && provides(&l->f->packages[i], name))
			return true;
	return false;
}

/* There is no reader for rpm's database: a package is known by its program, or not at all. */
static const struct needs_tool *tool_of_package(const struct look *l, const char *name)
{
	for (const struct needs_tool *t = needs_tools; t->name; t++)
		if (strcmp(by(l, "rpm") ? t->rpm : t->deb, name) == 0)
			return t;
	return NULL;
}

static const char *how_to_install(const struct look *l)
{
	const char *id = l->f->id;
	if (by(l, "dpkg"))
		return "apt-get install";
	return strcmp(id, "sles") == 0                                       ? "zypper install"
	       : strcmp(id, "azurelinux") == 0 || strcmp(id, "mariner") == 0 ? "tdnf install"
									     : "dnf install";
}

static bool check_package(const struct look *l, const char *name)
{
	const struct needs_tool *tool = tool_of_package(l, name);
	if (closure_has(l->plan, name))
		return true;
	if (by(l, "dpkg"))
		return deb_is_there(l, name) ||
		       add(l, ERR_MISSING, true, "package '%s' is missing: %s %s", name,
			   how_to_install(l), name);
	if (tool && l->f->tools.known)
		return facts_names_has(&l->f->tools, tool->name) ||
		       add(l, ERR_MISSING, true, "package '%s' is missing: %s %s", name,
			   how_to_install(l), name);
	return add(l, ERR_MISSING, false,
		   "package '%s' is needed and was not looked for: rpm -q %s", name, name);
}

static bool check_tool(const struct look *l, const char *name)
{
	const struct needs_tool *tool = needs_find_tool(name);
	const char *package = by(l, "rpm") ? tool->rpm : tool->deb;
	if (facts_names_has(&l->f->tools, name) || closure_has(l->plan, package))
		return true;
	if (!l->f->tools.known)
		return add(l, ERR_MISSING, false,
			   "program '%s' is needed, and the facts don't say whether it is there",
			   name);
	return add(l, ERR_MISSING, true, "program '%s' is missing: %s %s", name, how_to_install(l),
		   package);
}

/* --- kernel --------------------------------------------------------------------------------------- */

/* The package that has the headers of this kernel, in the words of the system. */
static void headers_package(const struct facts *f, char out[192])
{
	const char *flavour = strrchr(f->kernel, '-');
	if (strcmp(f->package_manager, "dpkg") == 0)
		snprintf(out, 192, "linux-headers-%s", f->kernel);
	else if (strcmp(f->id, "sles") == 0 && flavour)
		snprintf(out, 192, "kernel%s-devel=%.*s", flavour, (int)(flavour - f->kernel),
			 f->kernel);
	else
		snprintf(out, 192, "kernel-%sdevel-%s", strstr(f->kernel, "uek") ? "uek-" : "",
			 f->kernel);
}

static bool check_headers(const struct look *l)
{
	char package[192];
	headers_package(l->f, package);
	if (l->f->kernel_headers == ANSWER_YES || closure_has(l->plan, package))
		return true;
	if (!l->f->kernel[0])
		return add(l, ERR_MISSING, true,
			   "no kernel is installed here to build modules for: install one with its "
			   "headers");
	if (l->f->kernel_headers == ANSWER_UNKNOWN)
		return add(l, ERR_MISSING, false,
			   "'%s' is needed, and the facts don't say whether it is there", package);
	return add(l, ERR_MISSING, true, "the headers of kernel %s are missing: %s %s",
		   l->f->kernel, how_to_install(l), package);
}

static bool check_module(const struct look *l, const char *name)
{
	return !facts_names_has(&l->f->builtin_modules, name) ||
	       add(l, ERR_BUILT_IN, true,
		   "module '%s' is built into kernel %s (=y) and can't be replaced: boot a kernel "
		   "that has it as a module",
		   name, l->f->kernel);
}

static bool check_secure_boot(const struct look *l)
{
	return l->f->secure_boot != SECURE_BOOT_ON ||
	       add(l, ERR_SECURE_BOOT, true,
		   "Secure Boot is on and would refuse the modules of '%s', which have no "
		   "signature "
		   "that this machine knows: switch Secure Boot off for this VM, or take a package "
		   "with signed modules",
		   l->plan->chosen->id);
}

/* --- what one object of "needs" asks for ---------------------------------------------------------- */

static bool each(const struct look *l, const struct json_value *one, const char *key,
		 bool (*check)(const struct look *l, const char *name))
{
	for (const struct json_value *v = json_first(json_get(one, key)); v; v = json_next(v))
		if (!check(l, json_string(v)))
			return false;
	return true;
}

static bool check_needs(const struct look *l, const struct json_value *one)
{
	const struct json_value *match = json_get(one, "match");
	const char *key;
	char reason[MATCH_REASON_SIZE];
	if (match && !match_holds(match, l->f, &key, reason))
		return true;
	return (!is_true(one, "unsigned_modules") || check_secure_boot(l)) &&
	       (!is_true(one, "headers") || check_headers(l)) &&
	       each(l, one, "tools", check_tool) && each(l, one, "packages", check_package) &&
	       each(l, one, "modules", check_module);
}

/* --- another stack -------------------------------------------------------------------------------- */

static bool may_replace(const struct json_value *one, const char *stack)
{
	const struct json_value *list = json_get(one, "replaces_stack");
	if (json_type(list) != JSON_ARRAY)
		return is_true(one, "replaces_stack");
	for (const struct json_value *v = json_first(list); v; v = json_next(v))
		if (strncmp(stack, json_string(v), strlen(json_string(v))) == 0)
			return true;
	return false;
}

static bool runs_programs(const struct package *p)
{
	for (size_t i = 0; i < p->install_count; i++)
		if (p->install[i].kind == STEP_RUN)
			return true;
	return false;
}

static bool check_stack(const struct look *l)
{
	const struct json_value *needs = l->plan->chosen->needs;
	if (!l->f->vendor_stack)
		return true;
	for (const struct json_value *v = needs_first(needs); v; v = needs_next(needs, v))
		if (may_replace(v, l->f->vendor_stack))
			return true;
	return add(
		l, ERR_STACK, runs_programs(l->plan->chosen),
		"another driver stack is installed, '%s': remove it first (ofed_uninstall.sh, or "
		"the package manager)",
		l->f->vendor_stack);
}

/* --- package manager and file systems ------------------------------------------------------------- */

static bool is_broken(const char *status)
{
	return strcmp(status, "half-installed") == 0 || strcmp(status, "half-configured") == 0 ||
	       strcmp(status, "unpacked") == 0;
}

static bool check_manager(const struct look *l)
{
	const struct facts *f = l->f;
	/* dpkg itself goes past others' broken packages; apt and vendors' installers do not. */
	bool refuse = runs_programs(l->plan->chosen);
	if (f->package_manager_locked &&
	    !add(l, ERR_LOCKED, false,
		 "the package manager is busy: install waits until it is done"))
		return false;
	if (f->package_manager_broken &&
	    !add(l, ERR_BROKEN, refuse, "the package manager is broken: %s",
		 f->package_manager_broken))
		return false;
	for (size_t i = 0; i < f->package_count; i++) {
		const struct facts_package *p = &f->packages[i];
		if (is_broken(p->status) && !closure_has(l->plan, p->name) &&
		    !add(l, ERR_BROKEN, refuse,
			 "package '%s' is %s: run 'dpkg --configure -a' and 'apt-get -f install'",
			 p->name, p->status))
			return false;
	}
	return true;
}

static bool check_mounts(const struct look *l)
{
	return (l->f->staging_read_only != ANSWER_YES ||
		add(l, ERR_FILESYSTEM, true,
		    "the file system that the payload is staged on is mounted read-only: mount it "
		    "writable")) &&
	       (l->f->system_read_only != ANSWER_YES ||
		add(l, ERR_FILESYSTEM, true,
		    "the file system that packages are installed on is mounted read-only: mount it "
		    "writable")) &&
	       (l->f->staging_noexec != ANSWER_YES ||
		add(l, ERR_FILESYSTEM, true,
		    "the file system that install steps and maintainer scripts run from is mounted "
		    "noexec: mount it with exec"));
}

static bool lacks(const struct look *l, const char *what, uint64_t need, uint64_t have)
{
	return need <= have ||
	       add(l, ERR_NO_SPACE, true, "%s needs %.1f MB, and %.1f MB are free: make room", what,
		   (double)need / 1e6, (double)have / 1e6);
}

static bool check_space(const struct look *l)
{
	const struct facts *f = l->f;
	uint64_t staging = l->plan->space_staging, system = l->plan->space_system;
	if (f->space_shared == ANSWER_YES)
		return lacks(l, "this package", staging + system, f->space_system);
	return lacks(l, "staging the payload", staging, f->space_staging) &&
	       lacks(l, "this package", system, f->space_system);
}

/* --- terms ---------------------------------------------------------------------------------------- */

static bool check_terms(const struct look *l, const struct plan_options *opt)
{
	const struct terms *t = &l->plan->chosen->terms;
	const char *from = t->url ? " (" : "", *url = t->url ? t->url : "", *to = t->url ? ")" : "";
	if (!t->id)
		return true;
	if (!t->accept)
		return add(l, ERR_TERMS, false, "it comes under '%s'%s%s%s", t->title, from, url,
			   to);
	if (!opt || !terms_accepted(t, opt->accepted, opt->accepted_count))
		return add(l, ERR_TERMS, true,
			   "it comes under '%s'%s%s%s, which must be accepted: give "
			   "--accept-license %s",
			   t->title, from, url, to, t->id);
	return add(l, ERR_TERMS, false, "it comes under '%s'%s%s%s, accepted by --accept-license",
		   t->title, from, url, to);
}

bool preflight_make(const struct facts *facts, const struct plan_options *opt, struct plan *plan,
		    struct err *err)
{
	const struct look l = { facts, plan, err };
	const struct json_value *needs = plan->chosen->needs;
	for (const struct json_value *v = needs_first(needs); v; v = needs_next(needs, v))
		if (!check_needs(&l, v))
			return false;
	if (!plan->space_staging) /* nothing to do */
		return true;
	return check_terms(&l, opt) && check_stack(&l) && check_manager(&l) && check_mounts(&l) &&
	       check_space(&l);
}

bool preflight_add(struct plan *plan, enum err_code code, const char *text, struct err *err)
{
	struct look l = { .plan = plan, .err = err };
	return add(&l, code, true, "%s", text);
}

const struct preflight_line *preflight_refusal(const struct plan *plan, enum err_code except)
{
	for (size_t i = 0; i < plan->preflight_count; i++)
		if (plan->preflight[i].refuse &&
		    (except == ERR_NONE || plan->preflight[i].code != except))
			return &plan->preflight[i];
	return NULL;
}

void preflight_write(struct json *j, struct json_value *parent, const struct plan *plan)
{
	struct json_value *list = json_add_array(j, parent, "preflight");
	for (size_t i = 0; i < plan->preflight_count; i++) {
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "reason", err_reason(plan->preflight[i].code));
		json_add_string(j, v, "text", plan->preflight[i].text);
		json_add_bool(j, v, "refuse", plan->preflight[i].refuse);
	}
}
