/* SPDX-License-Identifier: MIT */
/* test_steps.c - each kind of step: what is taken, what is refused, and that writing loses nothing. */
#include "support.h"

#include "match.h"
#include "steps.h"

static struct json *document(const char *text)
{
	struct err err = { 0 };
	struct json *j = json_parse("s", slice_str(text), &err);
	if (!j)
		fail_msg("%s: %s", text, err.msg);
	return j;
}

static const struct {
	const char *steps, *message, *why;
} refused[] = {
	{ "{}", "must be an array of steps", "not a list" },
	{ "[1]", "[0]: must be a step", "not an object" },
	{ "[{}]", "[0]: must be a step: run, deb", "no kind" },
	{ "[{\"rpm\":{}}]", "[0]: must be a step", "unknown kind" },
	{ "[{\"deb\":{},\"run\":[\"x\"]}]", "[0]: has both 'run' and 'deb'", "two kinds" },
	{ "[{\"msi\":\"a.msi\",\"inf\":[\"a.inf\"]}]", "[0]: has both 'msi' and 'inf'",
	  "two kinds" },
	{ "[{\"deb\":{},\"sudo\":1}]", "[0].sudo: unknown key", "unknown key" },
	{ "[{\"deb\":{\"x\":1}}]", "[0].deb: must be {}", "settings" },
	{ "[{\"deb\":true}]", "[0].deb: must be {}", "type" },
	{ "[{\"deb\":{},\"ok\":[0]}]", "[0].ok: unknown key", "codes where nothing is run" },
	{ "[{\"msi\":\"a.msi\",\"ok\":[0]}]", "[0].ok: unknown key", "an msi's codes are known" },
	{ "[{\"msi\":\"a.msi\",\"reboot\":[1]}]", "[0].reboot: unknown key", "likewise" },
	{ "[{\"msi\":\"a.msi\",\"cmdline\":\"/q\"}]", "[0].cmdline: unknown key", "only of run" },
	{ "[{\"inf\":[\"a.inf\"],\"log\":\"l\"}]", "[0].log: unknown key", "only of run" },
	{ "[{\"run\":[\"x\"],\"properties\":{}}]", "[0].properties: unknown key", "only of msi" },

	{ "[{\"run\":\"x\"}]", "[0].run: must be an array of strings", "a shell line" },
	{ "[{\"run\":[]}]", "[0].run: must be an array of strings, at least one", "empty" },
	{ "[{\"run\":[\"\"]}]", "[0].run[0]: must be a string that is not empty", "empty name" },
	{ "[{\"run\":[\"x\",1]}]", "[0].run[1]: must be a string", "type of an argument" },
	{ "[{\"run\":[\"x\"],\"timeout\":0}]", "[0].timeout: must be at least 1", "no time" },
	{ "[{\"run\":[\"x\"],\"timeout\":86401}]", "[0].timeout: must be a whole", "over a day" },
	{ "[{\"run\":[\"x\"],\"ok\":0}]", "[0].ok: must be an array", "type" },
	{ "[{\"run\":[\"x\"],\"ok\":[-1]}]", "[0].ok[0]: must be an exit code", "negative" },
	{ "[{\"run\":[\"x\"],\"ok\":[\"0\"]}]", "[0].ok[0]: must be an exit code", "type" },
	{ "[{\"run\":[\"x\"],\"ok\":[4294967296]}]", "ok[0]: must be an exit code", "33 bits" },
	{ "[{\"run\":[\"x\"],\"ok\":[]}]", "[0]: could never succeed", "no code at all" },
	{ "[{\"run\":[\"x\"],\"ok\":[1,2,3,4,5,6,7,8,9]}]", "ok: has more than 8", "codes" },

	{ "[{\"run\":[\"x\"],\"cmdline\":\"\"}]", "cmdline: must be 1 to 8192 bytes", "empty" },
	{ "[{\"run\":[\"x\"],\"cmdline\":[\"/S\"]}]", "cmdline: must be 1 to", "type" },
	{ "[{\"run\":[\"x\"],\"cmdline\":\"/S\\n/T\"}]", "cmdline: must be 1 to", "line break" },
	{ "[{\"run\":[\"x\",\"/S\"],\"cmdline\":\"/T\"}]", "'run' must name the program alone",
	  "two ways to give arguments" },
	{ "[{\"run\":[\"x\\\"y\"],\"cmdline\":\"/T\"}]", "run: must not have a quote",
	  "ends the quotes around it" },
	{ "[{\"run\":[\"x\"],\"log\":\"/var/log/x\"}]", "log: must be a safe", "absolute" },
	{ "[{\"run\":[\"x\"],\"log\":\"../x\"}]", "log: must be a safe relative path", "climbs" },
	{ "[{\"run\":[\"x\"],\"log\":7}]", "log: must be a safe relative path", "type" },

	{ "[{\"run\":[\"x\",\"${home}\"]}]", "run[1]: '${home}' is not known here", "placeholder" },
	{ "[{\"run\":[\"x\",\"a${kernel}${\"]}]", "run[1]: '${' is not known", "cut placeholder" },
	{ "[{\"run\":[\"x\",\"${abi}\"]}]", "'${abi}' is not known",
	  "only of packages per kernel" },
	{ "[{\"run\":[\"x\"],\"also\":{}}]", "also: must be an array", "type" },
	{ "[{\"run\":[\"x\"],\"also\":[{\"args\":[\"y\"]}]}]", "also[0]: key 'match' is missing",
	  "no condition" },
	{ "[{\"run\":[\"x\"],\"also\":[{\"match\":{}}]}]", "also[0]: key 'args' is missing",
	  "no arguments" },
	{ "[{\"run\":[\"x\"],\"also\":[{\"match\":{},\"args\":[]}]}]", "args: must be an array of",
	  "no arguments" },
	{ "[{\"run\":[\"x\"],\"also\":[{\"match\":{\"os\":\"x\"},\"args\":[\"y\"]}]}]",
	  "also[0].match.os: 'x' must be", "a rule that is none" },
	{ "[{\"run\":[\"x\"],\"also\":[{\"match\":{},\"args\":[\"${x}\"]}]}]",
	  "also[0].args[0]: '${x}' is not known", "placeholder" },
	{ "[{\"run\":[\"x\"],\"also\":[{\"match\":{},\"args\":[\"y\"],\"else\":1}]}]",
	  "else: unknown key", "key" },
	{ "[{\"run\":[\"x\"],\"cmdline\":\"/S\",\"also\":[{\"match\":{},\"args\":[\"y\"]}]}]",
	  "'also' can't stand beside it", "arguments behind the command line" },
	{ "[{\"deb\":{},\"also\":[]}]", "[0].also: unknown key", "only of run" },
	{ "[{\"run\":[\"x\"],\"meaning\":[]}]", "meaning: must be an object", "type" },
	{ "[{\"run\":[\"x\"],\"meaning\":{\"x\":\"y\"}}]", "must be an exit code", "no number" },
	{ "[{\"run\":[\"x\"],\"meaning\":{\"01\":\"y\"}}]", "must be an exit code",
	  "never asked for" },
	{ "[{\"run\":[\"x\"],\"meaning\":{\"1\":\"\"}}]", "must be one line", "no words" },
	{ "[{\"run\":[\"x\"],\"meaning\":{\"1\":\"a\\nb\"}}]", "must be one line", "two lines" },

	{ "[{\"file\":\"/etc/x\"}]", "file: must be an object", "type" },
	{ "[{\"file\":{\"path\":\"etc/x\",\"text\":\"\"}}]", "path: must be a plain absolute",
	  "relative" },
	{ "[{\"file\":{\"path\":\"/etc/../x\",\"text\":\"\"}}]", "path: must be a plain",
	  "climbs" },
	{ "[{\"file\":{\"path\":\"/\",\"text\":\"\"}}]", "path: must be a plain", "no name" },
	{ "[{\"file\":{\"path\":\"/etc/x\"}}]", "key 'text' is missing", "no text" },
	{ "[{\"file\":{\"path\":\"/etc/x\",\"text\":\"\",\"mode\":420}}]", "mode: must be like",
	  "type" },
	{ "[{\"file\":{\"path\":\"/etc/x\",\"text\":\"\",\"mode\":\"4755\"}}]",
	  "mode: must be like", "setuid" },
	{ "[{\"file\":{\"path\":\"/etc/x\",\"text\":\"\",\"mode\":\"0999\"}}]",
	  "mode: must be like", "not octal" },
	{ "[{\"setting\":{\"file\":\"/etc/x\",\"key\":\"a b\",\"value\":\"y\"}}]",
	  "key: must be a setting's name", "space" },
	{ "[{\"setting\":{\"file\":\"/etc/x\",\"key\":\"a\",\"value\":\"y # z\"}}]",
	  "value: must be text without spaces", "comment" },
	{ "[{\"setting\":{\"file\":\"/etc/x\",\"key\":\"a\",\"value\":\"\"}}]",
	  "value: must be text", "empty" },
	{ "[{\"setting\":{\"file\":\"x\",\"key\":\"a\",\"value\":\"y\"}}]", "file: must be a plain",
	  "relative" },
	{ "[{\"dkms\":[]}]", "dkms: must be an array of strings, at least one", "empty" },
	{ "[{\"dkms\":[\"../x\"]}]", "'../x' must be a module's name", "climbs" },
	{ "[{\"modules\":[\"mlx5_core\"]}]", "modules: must be an object", "type" },
	{ "[{\"modules\":{\"names\":[\"-r\"]}}]", "names: '-r' must be a module's name", "option" },
	{ "[{\"modules\":{\"names\":[\"a\"],\"restart\":\"x y\"}}]", "restart: must be an array",
	  "a shell line" },

	{ "[{\"libraries\":[\"/lib/x.so\"]}]", "'/lib/x.so' must be a library's name", "path" },
	{ "[{\"libraries\":[\"a.so\",\"\"]}]", "'' must be a library's name", "empty" },

	{ "[{\"msi\":{}}]", "msi: must be a safe relative path", "type" },
	{ "[{\"msi\":\"..\\\\a.msi\"}]", "msi: must be a safe relative path", "backslash" },
	{ "[{\"msi\":\"C:/a.msi\"}]", "msi: must be a safe relative path", "drive" },
	{ "[{\"msi\":\"a.exe\"}]", "msi: must end in .msi", "a program" },
	{ "[{\"msi\":\".msi\"}]", "msi: must end in .msi", "nothing before it" },
	{ "[{\"msi\":\"a.msi\",\"properties\":[]}]", "properties: must be an object", "type" },
	{ "[{\"msi\":\"a.msi\",\"properties\":{\"a\":\"1\"}}]", "properties.a: a property's name",
	  "lower case is private" },
	{ "[{\"msi\":\"a.msi\",\"properties\":{\"1A\":\"1\"}}]", "1A: a property's name", "digit" },
	{ "[{\"msi\":\"a.msi\",\"properties\":{\"A B\":\"1\"}}]", "a property's name", "space" },
	{ "[{\"msi\":\"a.msi\",\"properties\":{\"\":\"1\"}}]", "a property's name", "empty" },
	{ "[{\"msi\":\"a.msi\",\"properties\":{\"A\":1}}]", "properties.A: must be text", "type" },
	{ "[{\"msi\":\"a.msi\",\"properties\":{\"A\":\"x\\\"y\"}}]", "A: must be text", "quote" },
	{ "[{\"msi\":\"a.msi\",\"properties\":{\"A\":\"x\\ty\"}}]", "A: must be text", "tab" },
	{ "[{\"msi\":\"a.msi\",\"properties\":{\"REBOOT\":\"Force\"}}]",
	  "REBOOT: is always ReallySuppress", "no restart behind our back" },

	{ "[{\"inf\":\"a.inf\"}]", "inf: must be an array of strings", "not a list" },
	{ "[{\"inf\":[]}]", "inf: must be an array of strings, at least one", "empty" },
	{ "[{\"inf\":[\"a.inf\",\"a.sys\"]}]", "inf[1]: must end in .inf", "a driver's file" },
	{ "[{\"inf\":[\"/a.inf\"]}]", "inf[0]: must be a safe relative path", "absolute" },
	{ "[{\"inf\":[\"*.inf\"]}]", "inf[0]: must be a safe relative path", "a pattern" },

	{ "[{\"software\":\"MLNX\"}]", "software: must be an object", "type" },
	{ "[{\"software\":{}}]", "software: key 'name' is missing", "no name" },
	{ "[{\"software\":{\"name\":\"M\"}}]",
	  "name: must be the beginning of a product's name, 4 "
	  "to 256 bytes",
	  "would fit everything" },
	{ "[{\"software\":{\"name\":\"MLNX\",\"code\":\"x\"}}]", "code: unknown key", "key" },
	{ "[{\"software\":{\"name\":\"MLNX\",\"at_least\":\"\"}}]", "at_least: must be a version",
	  "empty" },
	{ "[{\"software\":{\"name\":\"MLNX\",\"at_least\":\">= 2\"}}]",
	  "at_least: must be a version", "a term" },
	{ "[{\"remove\":[\"MLNX_WinOF2\"]}]", "remove: must be the beginning", "type" },
	{ "[{\"remove\":\"\"}]", "remove: must be the beginning", "all there is" },
	{ "[{\"remove\":\"Mic\"}]", "remove: must be the beginning", "nearly all there is" },
	{ "[{\"remove\":\"MLNX\\n\"}]", "remove: must be the beginning", "control character" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct err err = { 0 };
		struct step *steps = NULL;
		size_t count = 0;
		AUTO(json_auto_free) struct json *j = document(refused[i].steps);
		if (steps_parse(j, json_top(j), &steps, &count, &err))
			fail_msg("taken: %s", refused[i].why);
		if (err.code != ERR_FORMAT || !strstr(err.msg, refused[i].message))
			fail_msg("%s: '%s'", refused[i].why, err.msg);
		assert_null(steps);
	}
}

/* All kinds with all they can have; written it is the same again. */
static const char all[] =
	"[{\"run\":[\"./setup.exe\"],\"timeout\":7,\"ok\":[0,4294967295],\"reboot\":[3010,1641],"
	"\"cmdline\":\"/S /v\\\"/qn /norestart\\\"\",\"log\":\"logs/msi.log\"},"
	"{\"run\":[\"./a\",\"\",\"b\"]},{\"deb\":{}},{\"installed\":{}},"
	"{\"libraries\":[\"libibverbs.so.1\"]},{\"device\":{},\"timeout\":5},"
	"{\"msi\":\"nd/Setup.MSI\",\"properties\":{\"ZONE\":\"a b=c\",\"A1\":\"\",\"A\":\"1\"}},"
	"{\"msi\":\"x.msi\"},{\"inf\":[\"drivers/mlx5.inf\",\"b.INF\"]},"
	"{\"software\":{\"name\":\"MLNX_WinOF2\",\"at_least\":\"2.22\"}},"
	"{\"software\":{\"name\":\"MLNX\"}},{\"remove\":\"MLNX_WinOF2\"},"
	"{\"run\":[\"./"
	"mlnxofedinstall\",\"--tmpdir\",\"${staging}\"],\"also\":[{\"match\":{\"kernel\":"
	"\"!= 4.18.0-80.el8\"},\"args\":[\"-k\",\"${kernel}\"]}],\"meaning\":{\"171\":\"no "
	"hardware\"}},"
	"{\"file\":{\"path\":\"/etc/x.conf\",\"text\":\"a\\nb\\n\",\"mode\":\"0600\"}},"
	"{\"file\":{\"path\":\"/etc/y\",\"text\":\"\"}},"
	"{\"setting\":{\"file\":\"/etc/waagent.conf\",\"key\":\"OS.EnableRDMA\",\"value\":\"y\"}},"
	"{\"dkms\":[\"mlnx-ofed-kernel\",\"iser\"]},"
	"{\"modules\":{\"names\":[\"mlx5_core\",\"ib_core\"],\"restart\":[\"/etc/init.d/openibd\","
	"\"force-restart\"]}},{\"modules\":{\"names\":[\"mlx4_core\"]}}]";

static void check_all(const struct step *s, size_t count)
{
	assert_int_equal(count, 19);
	assert_string_equal(s[0].cmdline, "/S /v\"/qn /norestart\"");
	assert_string_equal(s[0].log, "logs/msi.log");
	assert_int_equal(s[0].timeout, 7);
	assert_int_equal(s[0].ok_count, 2);
	assert_true(s[0].ok[1] == UINT32_MAX);
	assert_int_equal(s[0].reboot[1], 1641);
	assert_int_equal(s[1].arg_count, 3);
	assert_null(s[1].args[3]);
	assert_null(s[1].cmdline);
	assert_int_equal(s[1].timeout, 1800);
	assert_int_equal(s[1].ok_count, 1);
	assert_int_equal(s[1].ok[0], 0);
	assert_int_equal(s[2].kind, STEP_DEB);
	assert_int_equal(s[3].timeout, 60);
	assert_int_equal(s[5].timeout, 5);

	assert_int_equal(s[6].kind, STEP_MSI);
	assert_int_equal(s[6].timeout, 1800);
	assert_int_equal(s[6].arg_count, 4);
	assert_string_equal(s[6].args[0], "nd/Setup.MSI");
	assert_string_equal(s[6].args[1], "A=1"); /* by name */
	assert_string_equal(s[6].args[2], "A1=");
	assert_string_equal(s[6].args[3], "ZONE=a b=c");
	assert_null(s[6].args[4]);
	assert_int_equal(s[7].arg_count, 1);
	assert_string_equal(s[8].args[1], "b.INF");
	assert_int_equal(s[8].timeout, 1800);
	assert_string_equal(s[9].args[0], "MLNX_WinOF2");
	assert_string_equal(s[9].at_least, "2.22");
	assert_int_equal(s[9].timeout, 60);
	assert_null(s[10].at_least);
	assert_int_equal(s[11].kind, STEP_REMOVE);
	assert_int_equal(s[11].timeout, 1800);

	assert_non_null(s[12].also);
	assert_string_equal(step_meaning(&s[12], 171), "no hardware");
	assert_null(step_meaning(&s[12], 17));
	assert_null(step_meaning(&s[0], 171));
	assert_true(step_needs_payload(&s[12]) && !step_needs_payload(&s[2]));
	assert_string_equal(s[13].args[0], "/etc/x.conf");
	assert_string_equal(s[13].args[1], "a\nb\n");
	assert_int_equal(s[13].mode, 0600);
	assert_int_equal(s[14].mode, 0644);
	assert_string_equal(s[15].args[2], "y");
	assert_int_equal(s[16].arg_count, 2);
	assert_int_equal(s[17].name_count, 2);
	assert_string_equal(s[17].args[3], "force-restart");
	assert_int_equal(s[18].arg_count, 1);
	assert_int_equal(s[18].name_count, 1);
}

static void test_all_kinds(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(auto_free) struct step *steps = NULL;
	AUTO(auto_free) struct step *back = NULL;
	size_t count = 0, back_count = 0;
	AUTO(json_auto_free) struct json *j = document(all);
	assert_ok(steps_parse(j, json_top(j), &steps, &count, &err));
	check_all(steps, count);

	AUTO(json_auto_free) struct json *out = json_new("written", &err);
	struct json_value *list = json_add_array(out, json_top(out), "steps");
	for (size_t i = 0; i < count; i++)
		steps_write(out, list, &steps[i]);
	AUTO(buf_done) struct buf text = BUF_INIT(1u << 16);
	assert_ok(json_print(out, false, &text, &err));
	AUTO(json_auto_free) struct json *again = document(buf_str(&text));
	assert_ok(steps_parse(again, json_get(json_top(again), "steps"), &back, &back_count, &err));
	check_all(back, back_count);
}

static void test_empty(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(auto_free) struct step *steps = NULL;
	size_t count = 7;
	AUTO(json_auto_free) struct json *j = document("[]");
	assert_ok(steps_parse(j, json_top(j), &steps, &count, &err));
	assert_int_equal(count, 0);
}

static const struct {
	const char *step, *match, *message; /* NULL: taken */
} systems[] = {
	{ "{\"run\":[\"x\"]}", "{}", NULL },
	{ "{\"run\":[\"x\"],\"log\":\"l\"}", "{}", NULL },
	{ "{\"device\":{}}", "{\"os\":\"windows\"}", NULL },
	{ "{\"device\":{}}", "{\"os\":[\"linux\",\"windows\"]}", NULL },
	{ "{\"deb\":{}}", "{\"os\":\"linux\"}", NULL },
	{ "{\"deb\":{}}", "{\"os\":[\"windows\"]}",
	  "'deb' is for linux, and the package for windows" },
	{ "{\"deb\":{}}", "{\"os\":[\"windows\",\"linux\"]}",
	  "'deb' is for linux, and the package for windows too" },
	{ "{\"installed\":{}}", "{\"arch\":\"x86_64\"}",
	  "'installed' is for linux, and the package for any system: give its match \"os\": "
	  "\"linux\"" },
	{ "{\"libraries\":[\"a\"]}", "{\"os\":\"windows\"}", "'libraries' is for linux" },
	{ "{\"run\":[\"x\"],\"cmdline\":\"/S\"}", "{\"os\":\"windows\"}", NULL },
	{ "{\"run\":[\"x\"],\"cmdline\":\"/S\"}", "{\"os\":\"linux\"}",
	  "[1]: 'cmdline' is for windows, and the package for linux" },
	{ "{\"file\":{\"path\":\"/x\",\"text\":\"\"}}", "{\"os\":\"windows\"}",
	  "'file' is for linux" },
	{ "{\"dkms\":[\"x\"]}", "{}", "'dkms' is for linux" },
	{ "{\"modules\":{\"names\":[\"x\"]}}", "{\"os\":\"linux\"}", NULL },
	{ "{\"msi\":\"a.msi\"}", "{\"os\":\"windows\"}", NULL },
	{ "{\"msi\":\"a.msi\"}", "{\"os\":[\"linux\",\"windows\"]}",
	  "'msi' is for windows, and the package for linux too" },
	{ "{\"inf\":[\"a.inf\"]}", "{}", "'inf' is for windows, and the package for any system" },
	{ "{\"software\":{\"name\":\"MLNX\"}}", "{\"os\":\"linux\"}", "'software' is for windows" },
	{ "{\"remove\":\"MLNX\"}", "{\"os\":\"linux\"}", "'remove' is for windows" },
};

static void test_systems(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(systems); i++) {
		struct err err = { 0 };
		AUTO(auto_free) struct step *steps = NULL;
		size_t count = 0;
		AUTO(buf_done) struct buf text = BUF_INIT(4096);
		buf_printf(&text, "[{\"device\":{}},%s]", systems[i].step);
		AUTO(json_auto_free) struct json *j = document(buf_str(&text));
		AUTO(json_auto_free) struct json *match = document(systems[i].match);
		assert_ok(match_check(match, json_top(match), &err));
		assert_ok(steps_parse(j, json_top(j), &steps, &count, &err));
		bool ok = steps_check_os(j, json_top(j), steps, count, json_top(match), &err);
		if (ok != !systems[i].message || (!ok && !strstr(err.msg, systems[i].message)))
			fail_msg("%s %s: '%s'", systems[i].step, systems[i].match, err.msg);
	}
}

/* @head, then STEP_ARGS_MAX + @more times @item with its number, then @tail. */
static void test_limits(void **state)
{
	(void)state;
	static const struct {
		const char *head, *item, *tail, *message;
	} rows[] = {
		{ "[{\"run\":[\"x\"", ",\"%d\"", "]}]", "run: has more than 64 strings" },
		{ "[{\"inf\":[\"x.inf\"", ",\"%d.inf\"", "]}]", "inf: has more than 64 strings" },
		{ "[{\"deb\":{}}", ",{\"run\":[\"%d\"]}", "]", "has more than 64 steps" },
		{ "[{\"msi\":\"x.msi\",\"properties\":{\"A\":\"\"", ",\"A%d\":\"\"", "}}]",
		  "properties: has more than 64 properties" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (int n = STEP_ARGS_MAX - 1; n <= STEP_ARGS_MAX; n++) {
			struct err err = { 0 };
			AUTO(auto_free) struct step *steps = NULL;
			size_t count = 0;
			AUTO(buf_done) struct buf text = BUF_INIT(10000);
			buf_add_str(&text, rows[i].head);
			for (int k = 0; k < n; k++) {
				char number[16];
				snprintf(number, sizeof(number), "%d", k);
				AUTO(auto_free)
				char *item = replace_once(rows[i].item, "%d", number);
				buf_add_str(&text, item);
			}
			buf_add_str(&text, rows[i].tail);
			AUTO(json_auto_free) struct json *j = document(buf_str(&text));
			if (n < STEP_ARGS_MAX)
				assert_ok(steps_parse(j, json_top(j), &steps, &count, &err));
			else
				assert_fails(steps_parse(j, json_top(j), &steps, &count, &err),
					     ERR_FORMAT, rows[i].message);
		}
}

/* --- for one machine ----------------------------------------------------------------------------- */

static const struct {
	const char *kernel, *release, *args, *why; /* the arguments with '|' between */
} machines[] = {
	{ "4.18.0-80.el8.x86_64", "8.0", "./i|--tmpdir=${staging}",
	  "the kernel that it was built for" },
	{ "4.18.0-553.el8.x86_64", "8.0",
	  "./i|--tmpdir=${staging}|--add-kernel-support|-k|4.18.0-553.el8.x86_64",
	  "another kernel" },
	{ "4.18.0-553.el8.x86_64", "8.10",
	  "./i|--tmpdir=${staging}|--add-kernel-support|-k|4.18.0-553.el8.x86_64|--distro|"
	  "rhel8.10-x86_64",
	  "two conditions, in order" },
};

static struct json *installer(struct step **steps, size_t *count)
{
	struct err err = { 0 };
	struct json *j = document(
		"[{\"run\":[\"./i\",\"--tmpdir=${staging}\"],\"also\":[{\"match\":{\"kernel\":"
		"\"!= 4.18.0-80.el8.x86_64\"},\"args\":[\"--add-kernel-support\",\"-k\","
		"\"${kernel}\"]},{\"match\":{\"release\":\"8.10\"},\"args\":[\"--distro\","
		"\"rhel${release}-${arch}\"]}]},{\"file\":{\"path\":\"/"
		"x\",\"text\":\"${kernel}\"}}]");
	assert_ok(steps_parse(j, json_top(j), steps, count, &err));
	return j;
}

static void test_resolve(void **state)
{
	(void)state;
	AUTO(auto_free) struct step *steps = NULL;
	size_t count = 0;
	AUTO(json_auto_free) struct json *j = installer(&steps, &count);
	for (size_t i = 0; i < COUNT_OF(machines); i++) {
		struct err err = { 0 };
		AUTO(auto_free) struct step *mine = NULL;
		AUTO(buf_done) struct buf line = BUF_INIT(4096);
		struct facts f = { .os = "linux",
				   .arch = "x86_64",
				   .kernel = machines[i].kernel,
				   .version_id = machines[i].release };
		assert_ok(steps_resolve(steps, count, &f, &mine, &err));
		for (size_t k = 0; k < mine[0].arg_count; k++)
			buf_printf(&line, "%s%s", k ? "|" : "", mine[0].args[k]);
		if (strcmp(buf_str(&line), machines[i].args) != 0)
			fail_msg("%s: '%s'", machines[i].why, buf_str(&line));
		assert_null(mine[0].also);
		assert_null(mine[0].args[mine[0].arg_count]);
		assert_string_equal(mine[1].args[1], "${kernel}"); /* a file's text is text */
		const char *argv[STEP_ARGS_MAX + 2];
		AUTO(buf_done) struct buf texts = BUF_INIT(4096);
		assert_ok(step_args_at(&mine[0], "/var/lib/x", &texts, argv, &err));
		assert_string_equal(argv[1], "--tmpdir=/var/lib/x");
		assert_null(argv[mine[0].arg_count]);
	}
}

/* All arguments there may be at once: those of the step and of every condition. */
static void test_also_limit(void **state)
{
	(void)state;
	for (size_t n = STEP_ARGS_MAX - 2; n <= STEP_ARGS_MAX - 1; n++) {
		struct err err = { 0 };
		AUTO(auto_free) struct step *steps = NULL;
		size_t count = 0;
		AUTO(buf_done) struct buf text = BUF_INIT(10000);
		buf_add_str(&text, "[{\"run\":[\"x\"],\"also\":[{\"match\":{},\"args\":[\"y\"]}");
		for (size_t k = 0; k < n; k++)
			buf_add_str(&text, ",{\"match\":{},\"args\":[\"z\"]}");
		buf_add_str(&text, "]}]");
		AUTO(json_auto_free) struct json *j = document(buf_str(&text));
		if (n + 2 <= STEP_ARGS_MAX)
			assert_ok(steps_parse(j, json_top(j), &steps, &count, &err));
		else
			assert_fails(steps_parse(j, json_top(j), &steps, &count, &err), ERR_FORMAT,
				     "args: has more than 64 strings");
	}
}

static void test_unknown_value(void **state)
{
	(void)state;
	static const char *const kernels[] = { "", "6.1 -- x", "$(reboot)", "${staging}" };
	AUTO(auto_free) struct step *steps = NULL;
	size_t count = 0;
	AUTO(json_auto_free) struct json *j = installer(&steps, &count);
	for (size_t i = 0; i < COUNT_OF(kernels); i++) {
		struct err err = { 0 };
		struct step *mine = NULL;
		struct facts f = {
			.os = "linux", .arch = "x86_64", .version_id = "12", .kernel = kernels[i]
		};
		bool needed =
			kernels[i][0] != '\0'; /* an unknown kernel satisfies no rule about it */
		if (steps_resolve(steps, count, &f, &mine, &err) == needed)
			fail_msg("kernel '%s'", kernels[i]);
		if (needed && (err.code != ERR_MACHINE_UNSUPPORTED ||
			       !strstr(err.msg, "'./i' needs ${kernel}, which is not known")))
			fail_msg("kernel '%s': '%s'", kernels[i], err.msg);
		free(mine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),       cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_empty),         cmocka_unit_test(test_systems),
		cmocka_unit_test(test_limits),        cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_unknown_value), cmocka_unit_test(test_also_limit),
	};
	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
