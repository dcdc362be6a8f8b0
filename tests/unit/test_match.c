/* SPDX-License-Identifier: MIT */
/* test_match.c - each rule: when it holds, what it says when it does not, what shape it has. */
#include "support.h"

#include "match.h"

/* An HBv3-like machine: InfiniBand, and accelerated networking of another id. */
static const struct facts hbv3 = {
	.os = "linux",
	.id = "debian",
	.version_id = "12",
	.pretty_name = "",
	.kernel = "6.1.0-40-amd64",
	.arch = "x86_64",
	.nics = { { .address = "6b2e:00:02.0",
		    .vendor = 0x15b3,
		    .device = 0x1016,
		    .class_code = 0x020000,
		    .sriov = SRIOV_VF,
		    .link = LINK_ETHERNET },
		  { .address = "0101:00:00.0",
		    .vendor = 0x15b3,
		    .device = 0x101c,
		    .class_code = 0x020700,
		    .sriov = SRIOV_VF,
		    .link = LINK_INFINIBAND } },
	.nic_count = 2,
	.secure_boot = SECURE_BOOT_ON,
};

static const struct facts ubuntu_cx3 = {
	.os = "linux",
	.id = "ubuntu",
	.version_id = "22.04",
	.pretty_name = "",
	.id_like = { "debian", "x" },
	.id_like_count = 2,
	.kernel = "5.15.0-1041-azure",
	.arch = "aarch64",
	.nics = { { .address = "0001:00:02.0",
		    .vendor = 0x15b3,
		    .device = 0x1004,
		    .class_code = 0x028000,
		    .sriov = SRIOV_VF } },
	.nic_count = 1,
};

/* Network Direct, and nothing known of the system but what it is. */
static const struct facts nd = {
	.os = "linux",
	.id = "",
	.version_id = "",
	.pretty_name = "",
	.kernel = "",
	.arch = "x86_64",
	.network_direct = true,
};

/* Server Core with a ConnectX-5 that is there, and one with a ConnectX-6 that was there. */
static const struct facts windows = {
	.os = "windows",
	.id = "windows-server",
	.version_id = "2019",
	.pretty_name = "",
	.kernel = "10.0.17763.5830",
	.arch = "x86_64",
	.installation = "server-core",
	.edition = "ServerDatacenter",
	.nics = { { .address = "0101:00:00.0",
		    .vendor = 0x15b3,
		    .device = 0x1018,
		    .class_code = 0x020700,
		    .link = LINK_INFINIBAND } },
	.nic_count = 1,
};

static const struct facts ghost = {
	.os = "windows",
	.id = "windows",
	.version_id = "10",
	.pretty_name = "",
	.kernel = "10.0.19045.2965",
	.arch = "x86_64",
	.installation = "client",
	.nics = { { .address = "0101:00:00.0",
		    .vendor = 0x15b3,
		    .device = 0x101c,
		    .class_code = 0x020700,
		    .link = LINK_INFINIBAND,
		    .ghost = true },
		  { .address = "6b2e:00:02.0",
		    .vendor = 0x15b3,
		    .device = 0x1016,
		    .class_code = 0x020000,
		    .link = LINK_ETHERNET } },
	.nic_count = 2,
};

/* No function of the vendor at all. */
static const struct facts bare = { .os = "linux",
				   .id = "debian",
				   .version_id = "12",
				   .pretty_name = "",
				   .kernel = "6.1.0-40-amd64",
				   .arch = "x86_64" };

static const struct {
	const struct facts *facts;
	const char *match;
	const char *key; /* of the rule that does not hold, or NULL when all do */
	const char *reason;
} cases[] = {
	{ &hbv3, "{}", NULL, "" },
	{ &hbv3, "{\"os\":\"linux\"}", NULL, "" },
	{ &hbv3, "{\"os\":[\"windows\"]}", "os", "os linux is not windows" },
	{ &hbv3, "{\"arch\":[\"aarch64\",\"x86_64\"]}", NULL, "" },
	{ &hbv3, "{\"arch\":\"aarch64\"}", "arch", "arch x86_64 is not aarch64" },

	{ &hbv3, "{\"nic\":\"15b3:*\"}", NULL, "" },
	{ &hbv3, "{\"nic\":[\"15b3:1018\",\"15b3:101c\"]}", NULL, "" },
	{ &hbv3, "{\"nic\":\"15b3:101c/0207\"}", NULL, "" },
	{ &hbv3, "{\"nic\":\"15b3:101c/0200\"}", "nic",
	  "nic 15b3:101c/0207 is not 15b3:101c/0200" },
	{ &hbv3, "{\"nic\":\"15b3:*/0207\"}", NULL, "" },
	{ &hbv3, "{\"nic\":\"1414:*\"}", "nic", "nic 15b3:101c/0207 is not 1414:*" },
	{ &hbv3, "{\"nic\":[\"15b3:1018\",\"15b3:101a\",\"15b3:101e\"]}", "nic",
	  "nic 15b3:101c/0207 is not 15b3:1018, 15b3:101a or 15b3:101e" },
	{ &nd, "{\"nic\":\"15b3:*\"}", "nic",
	  "nic 15b3:* not found: only Network Direct, no PCI function of vendor 15b3" },

	/* By the name of a generation; 1016 and 101c are what is there. */
	{ &hbv3, "{\"nic\":\"connectx-6\"}", NULL, "" },
	{ &hbv3, "{\"nic\":\"connectx-6-vf\"}", NULL, "" },
	{ &hbv3, "{\"nic\":\"connectx-6-pf\"}", "nic", "nic 15b3:101c/0207 is not connectx-6-pf" },
	{ &hbv3, "{\"nic\":[\"connectx-5\",\"connectx-7\"]}", "nic",
	  "nic 15b3:101c/0207 is not connectx-5 or connectx-7" },
	{ &hbv3, "{\"nic\":\"connectx-6/0207\"}", NULL, "" },
	{ &hbv3, "{\"nic\":\"connectx-6/0200\"}", "nic",
	  "nic 15b3:101c/0207 is not connectx-6/0200" },
	{ &hbv3, "{\"nic\":\"connectx-4-lx\",\"link\":\"infiniband\"}", "link",
	  "link ethernet of 15b3:1016 at 6b2e:00:02.0 is not infiniband" },
	{ &ubuntu_cx3, "{\"nic\":\"connectx-3-pro/0280\"}", NULL, "" },
	{ &ghost, "{\"nic\":\"connectx-6\"}", "nic",
	  "nic 15b3:101c at 0101:00:00.0 is not present" },

	{ &hbv3, "{\"link\":\"infiniband\"}", NULL, "" },
	{ &hbv3, "{\"nic\":\"15b3:*\",\"link\":\"infiniband\"}", NULL, "" },
	/* One function has the id, another one the link: that is no match. */
	{ &hbv3, "{\"nic\":\"15b3:1016\",\"link\":[\"infiniband\",\"unknown\"]}", "link",
	  "link ethernet of 15b3:1016 at 6b2e:00:02.0 is not infiniband or unknown" },
	{ &ubuntu_cx3, "{\"link\":[\"infiniband\",\"unknown\"]}", NULL, "" },
	{ &ubuntu_cx3, "{\"link\":[\"infiniband\"]}", "link",
	  "link unknown of 15b3:1004 at 0001:00:02.0 is not infiniband" },
	{ &bare, "{\"nic\":[\"15b3:1018\",\"15b3:101c\"]}", "nic",
	  "nic 15b3:1018 or 15b3:101c not found: no PCI function of vendor 15b3" },
	{ &bare, "{\"mode\":\"sr-iov\"}", "mode", "mode none is not sr-iov" },
	{ &nd, "{\"link\":\"infiniband\"}", "link",
	  "link infiniband not found: only Network Direct, no PCI function of vendor 15b3" },

	{ &hbv3, "{\"mode\":\"sr-iov\"}", NULL, "" },
	{ &hbv3, "{\"mode\":\"network-direct\"}", "mode", "mode sr-iov is not network-direct" },
	{ &nd, "{\"mode\":\"network-direct\"}", NULL, "" },
	{ &nd, "{\"mode\":\"sr-iov\"}", "mode", "mode network-direct is not sr-iov" },

	{ &hbv3, "{\"distro\":[\"debian\"]}", NULL, "" },
	{ &hbv3, "{\"distro\":[\"debian-like\"]}", NULL, "" },
	{ &ubuntu_cx3, "{\"distro\":[\"debian\"]}", "distro", "distro ubuntu is not debian" },
	{ &ubuntu_cx3, "{\"distro\":[\"rhel\",\"debian-like\"]}", NULL, "" },
	{ &nd, "{\"distro\":[\"debian\"]}", "distro", "distro is not known and must be debian" },

	{ &hbv3, "{\"release\":[\"11\",\"12\"]}", NULL, "" },
	{ &hbv3, "{\"release\":\"11\"}", "release", "release 12 is not 11" },
	{ &ubuntu_cx3, "{\"release\":[\"20.04\",\"24.04\",\"26.04\"]}", "release",
	  "release 22.04 is not 20.04, 24.04 or 26.04" },
	{ &ubuntu_cx3, "{\"release\":[\">= 20.04\",\"< 24.04\"]}", NULL, "" },
	{ &ubuntu_cx3, "{\"release\":[\"18.04\",\">= 24.04\"]}", "release",
	  "release 22.04 is not 18.04 or >= 24.04" },
	{ &nd, "{\"release\":\"< 13\"}", "release", "release is not known and must be < 13" },

	{ &hbv3, "{\"kernel\":[\">= 5.4\",\"< 6.2\"]}", NULL, "" },
	{ &ubuntu_cx3, "{\"kernel\":\"< 5.4\"}", "kernel",
	  "kernel 5.15.0-1041-azure is not < 5.4" },
	{ &hbv3, "{\"kernel\":[\">= 5.4\",\"!= 6.1.0-40-amd64\"]}", "kernel",
	  "kernel 6.1.0-40-amd64 is not != 6.1.0-40-amd64" },
	{ &nd, "{\"kernel\":\">= 5.4\"}", "kernel", "kernel is not known and must be >= 5.4" },

	{ &hbv3, "{\"secure_boot\":\"on\"}", NULL, "" },
	{ &hbv3, "{\"secure_boot\":[\"off\",\"unknown\"]}", "secure_boot",
	  "secure_boot on is not off or unknown" },
	{ &hbv3, "{\"headers\":\"unknown\"}", NULL, "" },
	{ &hbv3, "{\"tools\":[\"gcc\"]}", "tools", "program gcc is not known to be there" },
	{ &hbv3, "{\"headers\":[\"on\",\"off\"]}", "headers", "headers unknown is not on or off" },
	{ &nd, "{\"secure_boot\":[\"off\",\"unknown\"]}", NULL, "" },

	{ &windows, "{\"release\":[\"2016\",\"2019\"]}", NULL, "" },
	{ &windows, "{\"release\":\"2012r2\"}", "release", "release 2019 is not 2012r2" },
	{ &windows, "{\"installation\":[\"server\",\"server-core\"]}", NULL, "" },
	{ &windows, "{\"installation\":[\"client\",\"server\"]}", "installation",
	  "installation server-core is not client or server" },
	{ &hbv3, "{\"installation\":\"client\"}", "installation",
	  "installation is not known and must be client" },
	{ &windows, "{\"edition\":[\"serverstandard\",\"serverdatacenter\"]}", NULL, "" },
	{ &windows, "{\"edition\":\"enterprise\"}", "edition",
	  "edition serverdatacenter is not enterprise" },
	{ &ghost, "{\"edition\":\"enterprise\"}", "edition",
	  "edition is not known and must be enterprise" },
	{ &windows, "{\"kernel\":\">= 10.0.17763\"}", NULL, "" },
	{ &windows, "{\"kernel\":[\">= 10.0.17763.5000\",\"< 10.0.20348\"]}", NULL, "" },
	{ &windows, "{\"kernel\":\"<= 10.0.17763\"}", NULL, "" },
	{ &windows, "{\"kernel\":\"> 10.0.17763\"}", "kernel",
	  "kernel 10.0.17763.5830 is not > 10.0.17763" },
	{ &windows, "{\"kernel\":\">= 10.0.17763.5831\"}", "kernel",
	  "kernel 10.0.17763.5830 is not >= 10.0.17763.5831" },
	{ &windows, "{\"kernel\":\">= 10.0.20348\"}", "kernel",
	  "kernel 10.0.17763.5830 is not >= 10.0.20348" },
	{ &windows, "{\"kernel\":\"< 6.3\"}", "kernel", "kernel 10.0.17763.5830 is not < 6.3" },

	/* A ghost satisfies nothing, and is named where it would have. */
	{ &ghost, "{\"nic\":\"15b3:101c\"}", "nic",
	  "nic 15b3:101c at 0101:00:00.0 is not present" },
	{ &ghost, "{\"nic\":\"15b3:1018\"}", "nic", "nic 15b3:1016/0200 is not 15b3:1018" },
	{ &ghost, "{\"nic\":\"15b3:*\"}", NULL, "" },
	{ &ghost, "{\"nic\":\"15b3:*\",\"link\":\"infiniband\"}", "link",
	  "link ethernet of 15b3:1016 at 6b2e:00:02.0 is not infiniband; 15b3:101c at 0101:00:00.0 "
	  "is not present" },
	{ &ghost, "{\"link\":\"infiniband\"}", "link",
	  "link ethernet of 15b3:1016 at 6b2e:00:02.0 is not infiniband; 15b3:101c at 0101:00:00.0 "
	  "is not present" },
	{ &ghost, "{\"link\":\"ethernet\",\"mode\":\"sr-iov\"}", NULL, "" },
	{ &ghost, "{\"mode\":\"network-direct\"}", "mode", "mode sr-iov is not network-direct" },

	/* The order is fixed, whatever the order in the document. */
	{ &windows, "{\"kernel\":\"< 1\",\"installation\":\"client\"}", "installation",
	  "installation server-core is not client" },
	{ &windows, "{\"installation\":\"client\",\"release\":\"11\"}", "release",
	  "release 2019 is not 11" },
	{ &hbv3, "{\"kernel\":\"< 1\",\"arch\":\"aarch64\",\"release\":\"9\"}", "arch",
	  "arch x86_64 is not aarch64" },
};

static struct json *parse_match(const char *text)
{
	struct err err = { 0 };
	struct json *j = json_parse("m.json", slice_str(text), &err);
	if (!j || !match_check(j, json_top(j), &err))
		fail_msg("%s: %s", text, err.msg);
	return j;
}

static void test_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO(json_auto_free) struct json *j = parse_match(cases[i].match);
		const char *key = NULL;
		char reason[MATCH_REASON_SIZE] = "";
		bool holds = match_holds(json_top(j), cases[i].facts, &key, reason);
		if (holds != !cases[i].key || strcmp(reason, cases[i].reason) != 0)
			fail_msg("%s: '%s'", cases[i].match, reason);
		if (!holds)
			assert_string_equal(key, cases[i].key);
	}
}

static void test_system_only(void **state)
{
	(void)state;
	char reason[MATCH_REASON_SIZE] = "";
	AUTO(json_auto_free) struct json *j = parse_match(
		"{\"nic\":\"1414:*\",\"distro\":\"debian\",\"release\":\"11\",\"kernel\":\"< 1\"}");
	assert_int_equal(match_system_misses(json_top(j), &hbv3, reason), 2);
	assert_string_equal(reason, "release 12 is not 11");
	AUTO(json_auto_free) struct json *fits = parse_match("{\"nic\":\"1414:*\"}");
	assert_int_equal(match_system_misses(json_top(fits), &hbv3, reason), 0);
	assert_true(match_key_is_system("kernel"));
	assert_true(match_key_is_system("installation"));
	assert_true(match_key_is_system("edition"));
	assert_false(match_key_is_system("link"));
}

/* Only ghosts: what "link" and "mode" say then. */
static void test_only_ghosts(void **state)
{
	(void)state;
	static const struct {
		const char *match, *reason;
	} rows[] = {
		{ "{\"link\":\"infiniband\"}",
		  "link infiniband not found: 15b3:101c at 0101:00:00.0 is not present" },
		{ "{\"link\":\"ethernet\"}",
		  "link ethernet not found: no PCI function of vendor 15b3" },
		{ "{\"mode\":\"sr-iov\"}",
		  "mode none is not sr-iov; 15b3:101c at 0101:00:00.0 is not present" },
	};
	struct facts f = ghost;
	f.nic_count = 1;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *key = NULL;
		char reason[MATCH_REASON_SIZE] = "";
		AUTO(json_auto_free) struct json *j = parse_match(rows[i].match);
		assert_false(match_holds(json_top(j), &f, &key, reason));
		assert_string_equal(reason, rows[i].reason);
		assert_null(match_nic(json_top(j), &f));
	}
}

static void test_os_is(void **state)
{
	(void)state;
	static const struct {
		const char *match;
		bool linux, windows;
	} rows[] = {
		{ "{}", false, false },
		{ "{\"os\":\"linux\"}", true, false },
		{ "{\"os\":[\"windows\"]}", false, true },
		{ "{\"os\":[\"linux\",\"windows\"]}", false, false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(json_auto_free) struct json *j = parse_match(rows[i].match);
		assert_int_equal(match_os_is(json_top(j), "linux"), rows[i].linux);
		assert_int_equal(match_os_is(json_top(j), "windows"), rows[i].windows);
	}
}

/* A facts file of a stranger must not steer the terminal. */
static void test_clean_reason(void **state)
{
	(void)state;
	struct facts f = hbv3;
	const char *key = NULL;
	char reason[MATCH_REASON_SIZE] = "";
	f.version_id = "\x1b[2J12\n";
	AUTO(json_auto_free) struct json *j = parse_match("{\"release\":\"11\"}");
	assert_false(match_holds(json_top(j), &f, &key, reason));
	assert_string_equal(reason, "release ?[2J12? is not 11");
}

static const struct {
	const char *match, *message, *why;
} refused[] = {
	{ "[]", "m.json:1: must be an object", "not an object" },
	{ "{\"cpu\":\"x\"}", "cpu: unknown key", "unknown rule" },
	{ "{\"os\":1}", "os: must be a string or an array", "type" },
	{ "{\"os\":[1]}", "os[0]: must be a string", "type in the list" },
	{ "{\"os\":[]}", "os: is empty", "empty list" },
	{ "{\"os\":\"beos\"}", "os: 'beos' must be linux or windows", "unknown system" },
	{ "{\"arch\":[\"amd64\"]}", "arch[0]: 'amd64' must be x86_64 or aarch64", "Debian's word" },
	{ "{\"link\":\"ib\"}", "link: 'ib' must be infiniband or ethernet or unknown", "word" },
	{ "{\"mode\":\"vf\"}", "mode: 'vf' must be sr-iov or network-direct", "word" },
	{ "{\"installation\":\"core\"}",
	  "installation: 'core' must be client or server or server-core", "word" },
	{ "{\"tools\":[\"gcc\",\"sh\"]}", "tools[1]: 'sh' is not one of the programs", "word" },
	{ "{\"secure_boot\":\"no\"}", "secure_boot: 'no' must be on or off or unknown", "word" },
	{ "{\"nic\":\"15B3:*\"}", "nic: '15B3:*' must be like", "upper case" },
	{ "{\"nic\":\"15b3\"}", "must be like", "no device" },
	{ "{\"nic\":\"*:101c\"}", "must be like", "any vendor" },
	{ "{\"nic\":\"15b3:101\"}", "must be like", "three digits" },
	{ "{\"nic\":\"15b3:101c0\"}", "must be like", "five digits" },
	{ "{\"nic\":\"15b3:101c/\"}", "must be like", "empty class" },
	{ "{\"nic\":\"15b3:101c/02070\"}", "must be like", "five digits of class" },
	{ "{\"nic\":\"connectx-2\"}", "nic: 'connectx-2' must be like", "no such generation" },
	{ "{\"distro\":\"Debian\"}", "distro: 'Debian' must be 1 to 64 lower-case", "upper case" },
	{ "{\"distro\":\"\"}", "must be 1 to 64", "empty" },
	{ "{\"release\":\">= 1..2\"}", "release: '>= 1..2' must end in a version", "bad term" },
	{ "{\"kernel\":\"6.1\"}", "kernel: '6.1' must be an operator", "no operator" },
	{ "{\"kernel\":[\">= 5.4\",\">=5.4\"]}", "kernel[1]: '>=5.4' must be", "no space" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct err err = { 0 };
		AUTO(json_auto_free) struct json *j =
			json_parse("m.json", slice_str(refused[i].match), &err);
		assert_non_null(j);
		if (match_check(j, json_top(j), &err) || !strstr(err.msg, refused[i].message))
			fail_msg("%s: '%s'", refused[i].why, err.msg);
	}
}

static const struct {
	const char *a, *b;
	bool overlap;
	const char *why;
} overlaps[] = {
	{ "{}", "{}", true, "no rules" },
	{ "{\"os\":\"linux\"}", "{\"arch\":\"x86_64\"}", true, "rules of different things" },
	{ "{\"os\":\"linux\"}", "{\"os\":\"windows\"}", false, "nothing in common" },
	{ "{\"release\":[\"11\",\"12\"]}", "{\"release\":[\"12\"]}", true, "one in common" },
	{ "{\"release\":\"11\"}", "{\"release\":\"12\"}", false, "two releases" },
	{ "{\"release\":\"11\"}", "{\"release\":\">= 9\"}", true, "a range may take it in" },
	{ "{\"distro\":\"debian\"}", "{\"distro\":\"ubuntu\"}", false, "two systems" },
	{ "{\"distro\":\"debian-like\"}", "{\"distro\":\"ubuntu\"}", true, "a family may" },
	{ "{\"installation\":\"client\"}", "{\"installation\":[\"server\",\"server-core\"]}", false,
	  "client and server" },
	{ "{\"nic\":\"15b3:*\"}", "{\"nic\":\"15b3:101c\"}", true, "any device" },
	{ "{\"nic\":\"15b3:1004\"}", "{\"nic\":[\"15b3:1018\",\"15b3:101c\"]}", false, "ids" },
	{ "{\"nic\":\"15b3:1004/0280\"}", "{\"nic\":\"15b3:*\"}", true, "any class" },
	{ "{\"nic\":\"15b3:1018/0200\"}", "{\"nic\":\"15b3:*/0207\"}", false, "two classes" },
	{ "{\"nic\":\"connectx-5\"}", "{\"nic\":\"15b3:1018\"}", true, "an id of the generation" },
	{ "{\"nic\":\"connectx-5\"}", "{\"nic\":\"connectx-6\"}", false, "two generations" },
	{ "{\"nic\":\"connectx-7\"}", "{\"nic\":\"connectx-8\"}", true, "they share 101e" },
	{ "{\"kernel\":\"= 6.1.0-40\"}", "{\"kernel\":\"= 6.1.0-41\"}", false, "two kernels" },
	{ "{\"kernel\":\"= 6.1.0-40\"}", "{\"kernel\":\">= 6.1\"}", true, "in the range" },
	{ "{\"kernel\":\"= 6.1.0-40\"}", "{\"kernel\":\"< 6.1\"}", false, "out of the range" },
	{ "{\"kernel\":\"= 6.1\"}", "{\"kernel\":\"!= 6.1\"}", false, "just not that one" },
	{ "{\"kernel\":\">= 5.16\"}", "{\"kernel\":\"< 5.16\"}", false, "below and above" },
	{ "{\"kernel\":\">= 5.4\"}", "{\"kernel\":\"< 5.16\"}", true, "between" },
	{ "{\"kernel\":\">= 5.4\"}", "{\"kernel\":\">= 6\"}", true, "both open above" },
	{ "{\"kernel\":\"> 5.4\"}", "{\"kernel\":\"<= 5.4\"}", false,
	  "5.4.x is in one or the other" },
	{ "{\"kernel\":\"> 5.4.3\"}", "{\"kernel\":\"<= 5.4\"}", true, "5.4.4" },
	{ "{\"kernel\":\"> 5.4\"}", "{\"kernel\":\"<= 5.4.3\"}", false, "5.4.x is not above 5.4" },
	{ "{\"kernel\":\"> 5.4\"}", "{\"kernel\":\"<= 5.10\"}", true, "between" },
};

static void test_overlap(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(overlaps); i++) {
		AUTO(json_auto_free) struct json *a = parse_match(overlaps[i].a);
		AUTO(json_auto_free) struct json *b = parse_match(overlaps[i].b);
		if (match_overlap(json_top(a), json_top(b)) != overlaps[i].overlap ||
		    match_overlap(json_top(b), json_top(a)) != overlaps[i].overlap)
			fail_msg("%s %s: %s", overlaps[i].a, overlaps[i].b, overlaps[i].why);
	}
}

static const struct {
	const char *match, *reason; /* NULL: possible */
} possible[] = {
	{ "{}", NULL },
	{ "{\"kernel\":[\">= 5.4\",\"< 5.16\"]}", NULL },
	{ "{\"kernel\":[\">= 5.16\",\"< 5.4\"]}", "no kernel is >= 5.16 and < 5.4" },
	{ "{\"kernel\":[\"= 5.4\",\"= 5.5\"]}", "no kernel is = 5.4 and = 5.5" },
	{ "{\"kernel\":[\"> 5.4\",\"<= 5.4\"]}", "no kernel is > 5.4 and <= 5.4" },
	{ "{\"release\":[\">= 8\",\"< 9\"]}", NULL },
	{ "{\"release\":[\"7\",\"9\"]}", NULL },
	{ "{\"release\":[\"7\",\">= 9\",\"< 8\"]}", "no release is >= 9 and < 8" },
	{ "{\"nic\":\"15b3:1018/0200\",\"link\":\"infiniband\"}",
	  "no function of the classes in nic has link infiniband" },
	{ "{\"nic\":[\"15b3:1018/0200\",\"15b3:*\"],\"link\":\"infiniband\"}", NULL },
	{ "{\"nic\":\"15b3:*/0207\",\"link\":[\"ethernet\",\"unknown\"]}",
	  "no function of the classes in nic has link ethernet or unknown" },
	{ "{\"nic\":\"15b3:1004/0280\",\"link\":\"infiniband\"}", NULL },
	{ "{\"nic\":\"connectx-7/0200\",\"link\":\"infiniband\"}",
	  "no function of the classes in nic has link infiniband" },
	{ "{\"nic\":\"connectx-7\",\"link\":\"ethernet\"}", NULL },
	{ "{\"nic\":\"15b3:*\",\"mode\":\"network-direct\"}",
	  "a machine with mode network-direct has no PCI function for nic" },
	{ "{\"link\":\"infiniband\",\"mode\":\"network-direct\"}",
	  "a machine with mode network-direct has no PCI function for link" },
	{ "{\"nic\":\"15b3:*\",\"mode\":[\"sr-iov\",\"network-direct\"]}", NULL },
	{ "{\"mode\":\"network-direct\"}", NULL },
	{ "{\"os\":\"windows\",\"distro\":[\"windows\",\"windows-server\"]}", NULL },
	{ "{\"os\":\"windows\",\"distro\":\"ubuntu\"}", "no system with os windows is ubuntu" },
	{ "{\"os\":\"linux\",\"distro\":\"windows-server\"}",
	  "no system with os linux is windows-server" },
	{ "{\"os\":[\"linux\",\"windows\"],\"distro\":\"debian\"}", NULL },
};

static void test_possible(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(possible); i++) {
		char reason[MATCH_REASON_SIZE] = "";
		AUTO(json_auto_free) struct json *m = parse_match(possible[i].match);
		bool is = match_possible(json_top(m), reason);
		if (is != (possible[i].reason == NULL))
			fail_msg("%s: %s", possible[i].match, is ? "is possible" : reason);
		if (!is)
			assert_string_equal(reason, possible[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holds),        cmocka_unit_test(test_system_only),
		cmocka_unit_test(test_clean_reason), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_overlap),      cmocka_unit_test(test_only_ghosts),
		cmocka_unit_test(test_os_is),        cmocka_unit_test(test_possible),
	};
	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
