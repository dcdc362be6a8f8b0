/* SPDX-License-Identifier: MIT */
/* test_acl.c - access lists as Windows has them, and what they leave to whom. */
#include "acl.h"
#include "support.h"

#define ENTRIES_MAX 5
#define FULL 0x1f01ffu
#define READ 0x1200a9u /* read and execute */
#define SYSTEM "S-1-5-18"
#define ADMINS "S-1-5-32-544"
#define USERS "S-1-5-32-545"
#define INSTALLER "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
#define BOB "S-1-5-21-1-2-3-1001"

static const struct {
	const char *owner;
	struct {
		uint8_t type;
		uint32_t mask;
		const char *sid;
	} entries[ENTRIES_MAX];
	const char *message; /* NULL: protected */
	const char *why;
} cases[] = {
	{ ADMINS,
	  { { 0, FULL, SYSTEM }, { 0, FULL, ADMINS }, { 0, READ, USERS } },
	  NULL,
	  "as we make it" },
	{ SYSTEM, { { 0, FULL, SYSTEM }, { 0, FULL, ADMINS } }, NULL, "as staging is made" },
	{ INSTALLER,
	  { { 0, FULL, INSTALLER }, { 0, READ, "S-1-1-0" } },
	  NULL,
	  "a part of Windows" },
	{ ADMINS, { { 0 } }, NULL, "an empty list: nobody may" },
	{ ADMINS,
	  { { 0, FULL, "S-1-3-0" }, { 0, FULL, "S-1-3-4" } },
	  NULL,
	  "whoever makes or owns it" },
	{ ADMINS,
	  { { 1, FULL, USERS }, { 6, 2, "" }, { 10, 2, "" }, { 12, 2, "" } },
	  NULL,
	  "refusals" },
	{ ADMINS, { { 0, 0xA0000000u, USERS } }, NULL, "generic read and execute" },
	{ BOB, { { 0, READ, USERS } }, "belongs to " BOB, "its owner may change the list" },
	{ USERS, { { 0 } }, "belongs to Users", "a group" },
	{ "S-1-5-32-5440", { { 0 } }, "belongs to", "no prefix of a name counts" },
	{ ADMINS,
	  { { 0, FULL, ADMINS }, { 0, 0x116u, USERS } },
	  "lets Users write",
	  "as in ProgramData: files may be made" },
	{ ADMINS, { { 0, 0x1301bfu, "S-1-5-11" } }, "lets Authenticated Users", "modify" },
	{ ADMINS, { { 0, 0x2u, BOB } }, "lets " BOB, "write data" },
	{ ADMINS, { { 0, 0x4u, BOB } }, "lets " BOB, "append, make directories" },
	{ ADMINS, { { 0, 0x10u, BOB } }, "lets " BOB, "extended attributes" },
	{ ADMINS, { { 0, 0x40u, BOB } }, "lets " BOB, "delete what is in it" },
	{ ADMINS, { { 0, 0x100u, BOB } }, "lets " BOB, "attributes: make it a junction" },
	{ ADMINS, { { 0, 0x10000u, BOB } }, "lets " BOB, "delete, rename" },
	{ ADMINS, { { 0, 0x40000u, BOB } }, "lets " BOB, "change the list" },
	{ ADMINS, { { 0, 0x80000u, BOB } }, "lets " BOB, "take it over" },
	{ ADMINS, { { 0, 0x10000000u, BOB } }, "lets " BOB, "generic all" },
	{ ADMINS, { { 0, 0x40000000u, BOB } }, "lets " BOB, "generic write" },
	{ ADMINS, { { 0, 0x2000000u, BOB } }, "lets " BOB, "maximum allowed" },
	{ ADMINS, { { 0, FULL, "S-1-3-1" } }, "lets S-1-3-1", "the creator's group: all users" },
	{ ADMINS,
	  { { 1, FULL, USERS }, { 0, FULL, USERS } },
	  "lets Users",
	  "refused before: as strict" },
	{ ADMINS, { { 5, 2, "" } }, "kind 5", "for an object type" },
	{ ADMINS, { { 9, READ, "" } }, "kind 9", "under a condition" },
	{ ADMINS, { { 99, 0, "" } }, "kind 99", "of the future" },
};

static char *text(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void test_protects(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct acl_entry entries[ENTRIES_MAX];
		struct acl a = { .owner = text(cases[i].owner), .entries = entries };
		for (; a.count < ENTRIES_MAX && cases[i].entries[a.count].sid; a.count++)
			entries[a.count] =
				(struct acl_entry) { cases[i].entries[a.count].type,
						     cases[i].entries[a.count].mask,
						     text(cases[i].entries[a.count].sid) };
		bool ok = acl_protects(&a, &err);
		const char *want = cases[i].message;
		if (ok != !want || (want && !strstr(err.msg, want)))
			fail_msg("%s: '%s'", cases[i].why, err.msg);
	}
}

static void test_absent(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct acl a = { .owner = text(ADMINS), .absent = true };
	assert_fails(acl_protects(&a, &err), ERR_SYSTEM, "no access list");
}

static void test_also(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct acl_entry entries[] = { { 0, FULL, text(BOB) }, { 0, READ, text("S-1-1-0") } };
	struct acl a = { text(BOB), text(BOB), entries, 2, false };
	assert_ok(acl_protects(&a, &err));
	a.also = text("S-1-5-21-1-2-3-1002");
	assert_fails(acl_protects(&a, &err), ERR_SYSTEM, "belongs to " BOB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protects),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_also),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
