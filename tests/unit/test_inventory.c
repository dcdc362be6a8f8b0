/* SPDX-License-Identifier: MIT */
/* test_inventory.c - what came between two looks, and lists that survive a file. */
#include "inventory.h"
#include "support.h"

#define A "{AAAAAAAA-0000-0000-0000-000000000001}"
#define B "{BBBBBBBB-0000-0000-0000-000000000002}"
#define C "{CCCCCCCC-0000-0000-0000-000000000003}"

/* Machines of a table: up to four products and drivers each; the lists end with NULL. */
struct machine {
	const char *codes[4];
	struct facts_driver drivers[4];
};

static void take(const struct machine *m, struct inventory *out)
{
	struct err err = { 0 };
	struct facts_software software[4];
	struct facts_driver drivers[4];
	struct facts f = { .software = software, .drivers = drivers };
	for (; f.software_count < 4 && m->codes[f.software_count]; f.software_count++)
		software[f.software_count] =
			(struct facts_software) { "x", "1", m->codes[f.software_count] };
	for (; f.driver_count < 4 && m->drivers[f.driver_count].inf; f.driver_count++)
		drivers[f.driver_count] = m->drivers[f.driver_count];
	assert_ok(inventory_take(&f, out, &err));
}

/* "A B oem1.inf/mlx5.inf/2" */
static void print(const struct inventory *i, char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t k = 0; k < i->product_count; k++)
		used += (size_t)snprintf(out + used, size - used, "%s%c", used ? " " : "",
					 i->products[k][1]);
	for (size_t k = 0; k < i->driver_count; k++)
		used += (size_t)snprintf(out + used, size - used, "%s%s/%s/%s", used ? " " : "",
					 i->drivers[k].inf, i->drivers[k].original,
					 i->drivers[k].version);
}

#define DRIVER(inf, original, version)                                                             \
	{                                                                                          \
		inf, original, "Mellanox", "Net", version                                          \
	}

static const struct {
	struct machine before, now;
	const char *came, *why;
} cases[] = {
	{ { { A }, { { 0 } } }, { { A }, { { 0 } } }, "", "nothing" },
	{ { { A }, { { 0 } } }, { { A, B, C }, { { 0 } } }, "B C", "two products" },
	{ { { A, B }, { { 0 } } }, { { B, C }, { { 0 } } }, "C", "an upgrade: one for another" },
	{ { { 0 }, { { 0 } } },
	  { { 0 }, { DRIVER("oem1.inf", "mlx5.inf", "2.22") } },
	  "oem1.inf/mlx5.inf/2.22",
	  "a driver" },
	{ { { 0 }, { DRIVER("oem1.inf", "mlx5.inf", "2.10") } },
	  { { 0 }, { DRIVER("oem1.inf", "mlx5.inf", "2.22") } },
	  "oem1.inf/mlx5.inf/2.22",
	  "the store gave the name again" },
	{ { { 0 }, { DRIVER("oem1.inf", "a.inf", "1"), DRIVER("oem2.inf", "b.inf", "1") } },
	  { { 0 }, { DRIVER("oem2.inf", "b.inf", "1") } },
	  "",
	  "one went" },
	{ { { 0 }, { DRIVER("oem1.inf", NULL, "1") } },
	  { { 0 }, { DRIVER("oem1.inf", NULL, "1"), DRIVER("oem3.inf", NULL, NULL) } },
	  "oem3.inf//",
	  "what is not known is equal to itself" },
	{ { { 0 }, { { 0 } } },
	  { { 0 }, { DRIVER("netvsc.inf", "netvsc.inf", "1"), DRIVER("oem.inf", "x", "1") } },
	  "",
	  "drivers of the system itself are never ours" },
	{ { { 0 }, { { 0 } } }, { { A, A, "{A}" }, { { 0 } } }, "A", "once, and only real codes" },
};

static void test_came(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		char text[512];
		AUTO(inventory_done) struct inventory before = { 0 };
		AUTO(inventory_done) struct inventory now = { 0 };
		AUTO(inventory_done) struct inventory came = { 0 };
		take(&cases[i].before, &before);
		take(&cases[i].now, &now);
		assert_ok(inventory_add(&came, &now, &before, &err));
		print(&came, text, sizeof(text));
		if (strcmp(text, cases[i].came) != 0)
			fail_msg("%s: '%s'", cases[i].why, text);
		assert_int_equal(inventory_is_empty(&came), !*cases[i].came);
	}
}

/* As an install does it: what earlier ones brought and is still there, and what is new. */
static void test_union(void **state)
{
	(void)state;
	struct err err = { 0 };
	char text[512];
	AUTO(inventory_done) struct inventory came = { 0 };
	AUTO(inventory_done) struct inventory earlier = { 0 };
	AUTO(inventory_done) struct inventory now = { 0 };
	take(&(struct machine) { { A, B }, { DRIVER("oem1.inf", "a.inf", "1") } }, &earlier);
	take(&(struct machine) { { B, C }, { DRIVER("oem1.inf", "other.inf", "1") } }, &now);
	assert_ok(inventory_add(&came, &earlier, NULL, &err));
	inventory_keep(&came, &now);
	print(&came, text, sizeof(text));
	assert_string_equal(text, "B"); /* not the driver that took a name of ours */
	assert_ok(inventory_add(&came, &now, NULL, &err));
	assert_ok(inventory_add(&came, &now, NULL, &err));
	print(&came, text, sizeof(text));
	assert_string_equal(text, "B C oem1.inf/other.inf/1");
}

static const struct {
	const char *inf;
	bool good;
} names[] = {
	{ "oem0.inf", true },
	{ "oem123456789.inf", true },
	{ "oem1234567890.inf", false },
	{ "oem.inf", false },
	{ "oem1.INF", false },
	{ "oem1.inf /force", false },
	{ "/oem1.inf", false },
	{ "oem1x.inf", false },
	{ "oem-1.inf", false },
	{ "..\\oem1.inf", false },
	{ "", false },
	{ "oem1", false },
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (inventory_inf_is_valid(names[i].inf) != names[i].good)
			fail_msg("'%s'", names[i].inf);
}

/* --- documents ----------------------------------------------------------------------------------- */

static const struct {
	const char *text, *lists, *message, *why; /* message NULL: taken, and @lists is in it */
} documents[] = {
	{ "{}", "", NULL, "both are optional" },
	{ "{\"products\":[\"" A "\"],\"drivers\":[{\"inf\":\"oem2.inf\",\"original\":\"m.inf\","
	  "\"version\":\"1\"}]}",
	  "A oem2.inf/m.inf/1", NULL, "one of each" },
	{ "{\"products\":{}}", NULL, "products: must be an array", "type" },
	{ "{\"products\":[1]}", NULL, "products[0]: must be a product code", "type" },
	{ "{\"products\":[\"" A " /quiet\"]}", NULL, "must be a product code", "more than one" },
	{ "{\"drivers\":[\"oem1.inf\"]}", NULL, "drivers[0]", "type" },
	{ "{\"drivers\":[{\"inf\":\"x.inf\",\"original\":\"\",\"version\":\"\"}]}", NULL,
	  "drivers[0].inf: must be a name of the driver store", "the system's own" },
	{ "{\"drivers\":[{\"inf\":\"oem1.inf\",\"version\":\"\"}]}", NULL,
	  "key 'original' is missing", "incomplete" },
	{ "{\"drivers\":[{\"inf\":\"oem1.inf\",\"original\":\"\",\"version\":\"\",\"x\":1}]}", NULL,
	  "unknown key", "unknown" },
};

static void check_again(const struct inventory *i, const char *lists)
{
	struct err err = { 0 };
	char text[512];
	AUTO(json_auto_free) struct json *out = json_new("out", &err);
	AUTO(inventory_done) struct inventory back = { 0 };
	inventory_write(out, json_top(out), i);
	assert_ok(inventory_read(out, json_top(out), &back, &err));
	print(&back, text, sizeof(text));
	assert_string_equal(text, lists);
}

static void test_documents(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(documents); i++) {
		struct err err = { 0 };
		AUTO(inventory_done) struct inventory inv = { 0 };
		AUTO(json_auto_free)
		struct json *j = json_parse("s", slice_str(documents[i].text), &err);
		assert_non_null(j);
		bool ok = inventory_read(j, json_top(j), &inv, &err);
		if (ok != !documents[i].message ||
		    (!ok && (err.code != ERR_FORMAT || !strstr(err.msg, documents[i].message))))
			fail_msg("%s: '%s'", documents[i].why, err.msg);
		if (ok)
			check_again(&inv, documents[i].lists);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_came),
		cmocka_unit_test(test_union),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_documents),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
