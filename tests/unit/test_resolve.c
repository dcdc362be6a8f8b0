/* SPDX-License-Identifier: MIT */
/* test_resolve.c - closures from Packages texts: what comes along, in which order, and why not. */
#include "support.h"

#include "kernels.h"
#include "resolve.h"

#define SHA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define P(name, version, more)                                                                     \
	"Package: " name "\nVersion: " version "\nArchitecture: amd64\nFilename: pool/" name       \
	".deb\nSize: 1\nSHA256: " SHA "\n" more "\n"
/* clang-format off: it never agrees with itself on this one */
#define BASE                                                                                       \
	P("dpkg", "1", "Essential: yes\n")                                                         \
	P("apt", "1", "Depends: dpkg, merged | usr-is-merged\n")                                   \
	P("merged", "1", "Depends: perl\n")                                                        \
	P("usr-is-merged", "1", "")                                                                \
	P("perl-base", "1", "Priority: required\n")                                                \
	P("lib", "1", "Priority: required\nDepends: lib-data (= 1)\n")                             \
	P("lib-data", "1", "")
/* clang-format on */

static const struct {
	const char *main, *security;
	const char *wanted;  /* names, separated by blanks */
	const char *closure; /* "batch:name=version" */
	const char *error;
} cases[] = {
	{ P("a", "1", "Depends: b, c\n") P("b", "1", "") P("c", "1", "Recommends: d\n")
		  P("d", "1", ""),
	  "", "a", "0:a=1 0:b=1 0:c=1", NULL },
	{ P("a", "1", "Depends: dpkg, perl-base (>= 1)\n"), "", "a", "0:a=1", NULL },
	{ P("a", "1", ""), "", "apt dpkg", "", NULL },

	/* batches */
	{ P("a", "1", "Pre-Depends: b\n") P("b", "1", "Depends: c\n") P("c", "1", "Depends: b\n"),
	  "", "a", "0:b=1 0:c=1 1:a=1", NULL },
	{ P("a", "1", "Pre-Depends: b\n") P("b", "1", "Pre-Depends: c\n") P("c", "1", ""), "", "a",
	  "0:c=1 1:b=1 2:a=1", NULL },
	{ P("a", "1", "Pre-Depends: b\n") P("b", "1", "Depends: a\n"), "", "a", NULL,
	  "pre-depends on itself in a circle" },

	/* the newest wins, and takes its partner in the base along */
	{ P("perl", "1", "Depends: perl-base (= 1)\n"),
	  P("perl", "2", "Depends: perl-base (= 2)\n") P("perl-base", "2", ""), "perl",
	  "0:perl=2 0:perl-base=2", NULL },
	{ P("perl", "1", "Depends: perl-base (= 1)\n"), "", "perl", "0:perl=1 0:perl-base=1",
	  NULL },
	{ P("dev", "1", "Depends: lib-data (= 1)\n"), "", "dev", "0:dev=1 0:lib=1 0:lib-data=1",
	  NULL },
	{ P("a", "2", ""), P("a", "1", ""), "a", "0:a=2", NULL },
	{ P("a", "1", "Depends: b (= 1)\n") P("b", "1", ""), P("b", "2", ""), "a", "0:a=1 0:b=1",
	  NULL },

	/* the first alternative, as apt takes it, unless another is there anyway */
	{ P("a", "1", "Depends: z | b | v\n") P("b", "1", "Provides: v\n") P("z", "1", ""), "", "a",
	  "0:a=1 0:z=1", NULL },
	{ P("a", "1", "Depends: z | dpkg\n") P("z", "1", ""), "", "a", "0:a=1", NULL },
	{ P("a", "1", "Depends: gone | b\n") P("b", "1", ""), "", "a", "0:a=1 0:b=1", NULL },
	{ P("a", "1", "Depends: p:any\n") P("p", "1", "Multi-Arch: allowed\n"), "", "a",
	  "0:a=1 0:p=1", NULL },
	{ P("a", "1", "Depends: v\n") P("b", "1", "Provides: v\n"), "", "a", "0:a=1 0:b=1", NULL },

	/* no */
	{ P("a", "1", ""), "", "b", NULL, "repository 'test' has no package 'b'" },
	{ P("alpha", "1", ""), "", "alpah", NULL, "did you mean 'alpha'?" },
	{ P("a", "1", "Depends: gone (>= 2)\n"), "", "a", NULL,
	  "nothing provides gone >= 2 needed by a-1.amd64" },
	{ P("a", "1", "Conflicts: b\n") P("b", "1", ""), "", "a b", NULL,
	  "a-1.amd64 conflicts with b" },
	{ P("a", "1", "Conflicts: dpkg\n"), "", "a", NULL, "conflicts with dpkg" },
};

static void load(struct apt_index *x, uint32_t suite, const char *base, const char *more)
{
	struct err err = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(1u << 20);
	buf_add_str(&text, base);
	buf_add_str(&text, more);
	assert_ok(apt_index_parse("Packages", suite, &text, x, &err));
}

static void say(const struct closure *c, struct buf *out)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct apt_package *p = c->items[i].package;
		buf_printf(out, "%s%u:%.*s=%.*s", i ? " " : "", (unsigned)c->items[i].batch,
			   (int)p->name.len, (const char *)p->name.p, (int)p->version.len,
			   (const char *)p->version.p);
	}
}

static void check_case(size_t i)
{
	struct err err = { 0 };
	struct apt_index x[2] = { 0 };
	load(&x[0], 0, BASE, cases[i].main);
	load(&x[1], 1, "", cases[i].security);
	struct resolver *r = resolver_new("test", "amd64", x, 2, &err);
	if (!r)
		fail_msg("case %zu: %s", i, err.msg);
	char words[64];
	const char *names[8];
	size_t count = 0;
	snprintf(words, sizeof(words), "%s", cases[i].wanted);
	for (char *rest = words, *w; (w = strsep(&rest, " ")) != NULL;)
		names[count++] = w;
	struct closure c = { 0 };
	bool ok = resolver_closure(r, names, count, &c, &err);
	AUTO(buf_done) struct buf got = BUF_INIT(1u << 16);
	say(&c, &got);
	if (ok && (!cases[i].closure || strcmp(buf_str(&got), cases[i].closure) != 0))
		fail_msg("case %zu: '%s'", i, buf_str(&got));
	if (!ok &&
	    (!cases[i].error || !strstr(err.msg, cases[i].error) || err.code != ERR_UNRESOLVED))
		fail_msg("case %zu: '%s'", i, err.msg);
	closure_done(&c);
	resolver_free(r);
	apt_index_done(&x[0]);
	apt_index_done(&x[1]);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check_case(i);
}

/* debootstrap takes 'usr-is-merged' for the alternative that would bring perl. */
static void test_base(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(apt_index_done) struct apt_index x = { 0 };
	load(&x, 0, BASE, P("perl", "1", ""));
	AUTO(resolver_auto_free) struct resolver *r = resolver_new("test", "amd64", &x, 1, &err);
	assert_non_null(r);
	size_t count = 0;
	for (const char *const *n = resolver_base(r); *n; n++, count++)
		if (strcmp(*n, "perl") == 0 || strcmp(*n, "merged") == 0)
			fail_msg("the base has %s", *n);
	assert_int_equal(count, 6);
}

#define K(abi) P("linux-image-" abi, "1", "")

static const struct {
	const char *meta; /* what it depends on */
	const char *abis; /* the two newest */
} kernels[] = {
	{ "linux-image-6.1.0-10-amd64 (= 1)", "6.1.0-11-amd64 6.1.0-10-amd64" },
	{ "x, linux-image-6.12.9+deb13-amd64", "6.12.10+deb13-amd64 6.12.9+deb13.1-amd64" },
	{ "linux-image-6.1.0-10-cloud-amd64", "6.1.0-12-cloud-amd64" },
	{ "linux-image-5.10.0-1-amd64", NULL },
	{ "linux-base", NULL },
};

static void test_kernels(void **state)
{
	(void)state;
	AUTO(apt_index_done) struct apt_index x = { 0 };
	load(&x, 0, "",
	     K("6.1.0-9-amd64") K("6.1.0-10-amd64") K("6.1.0-11-amd64") K("6.1.0-11-amd64-unsigned")
		     K("6.1.0-99-amd64-dbg") K("6.1.0-12-cloud-amd64") K("6.1.0-12-rt-amd64")
			     K("6.12.9+deb13-amd64") K("6.12.9+deb13.1-amd64")
				     K("6.12.10+deb13-amd64") K("amd64"));
	for (size_t i = 0; i < COUNT_OF(kernels); i++) {
		struct err err = { 0 };
		struct apt_package meta = { .depends = slice_str(kernels[i].meta) };
		AUTO(texts_done) struct texts texts = { 0 };
		const char *abis[2];
		size_t count = 0;
		bool ok = kernels_newest("r", &x, 1, &meta, "meta", 2, &texts, abis, &count, &err);
		assert_int_equal(ok, kernels[i].abis != NULL);
		if (!ok)
			continue;
		char got[128];
		snprintf(got, sizeof(got), "%s%s%s", abis[0], count > 1 ? " " : "",
			 count > 1 ? abis[1] : "");
		assert_string_equal(got, kernels[i].abis);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_kernels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
