/* SPDX-License-Identifier: MIT */
/* test_content.c - which machine's code a file holds. */
#include "content.h"
#include "support.h"

#define ELF(class, data, type, machine) "\177ELF" class data "\1\0\0\0\0\0\0\0\0\0" type machine

static const struct {
	const char *head;
	size_t len;
	enum content_kind kind;
	const char *why;
} cases[] = {
	{ ELF("\2", "\1", "\3\0", "\x3e\0"), 20, CONTENT_X86, "shared library, x86-64" },
	{ ELF("\2", "\1", "\2\0", "\x3e\0"), 20, CONTENT_X86, "program" },
	{ ELF("\1", "\1", "\3\0", "\3\0"), 20, CONTENT_X86, "386" },
	{ ELF("\2", "\1", "\3\0", "\xb7\0"), 20, CONTENT_ARM64, "AArch64" },
	{ ELF("\2", "\1", "\1\0", "\x3e\0"), 20, CONTENT_OBJECT, "kernel module" },
	{ ELF("\2", "\1", "\1\0", "\xb7\0"), 20, CONTENT_OBJECT, "kernel module, AArch64" },
	{ ELF("\2", "\2", "\0\3", "\0\xb7"), 20, CONTENT_DATA, "big-endian" },
	{ ELF("\2", "\1", "\3\0", "\x28\0"), 20, CONTENT_DATA, "another machine" },
	{ ELF("\2", "\1", "\3\0", "\x3e\0"), 19, CONTENT_DATA, "cut" },
	{ "\177ELF", 4, CONTENT_DATA, "nothing but the magic" },
	{ "#!/bin/sh\n", 10, CONTENT_DATA, "script" },
	{ "", 0, CONTENT_DATA, "empty" },
	{ "MZ", 2, CONTENT_DATA, "nothing but DOS" },
	{ "\3757zXZ\0", 6, CONTENT_PACKED, "xz" },
	{ "\3757zXZ", 5, CONTENT_DATA, "xz, cut" },
	{ "\x1f\x8b\x8", 3, CONTENT_PACKED, "gzip" },
	{ "!<arch>\ndebian-binary   ", 24, CONTENT_PACKED, "a .deb" },
	{ "!<arch>\nx.o/            ", 24, CONTENT_DATA, "a static library" },
	{ "MZ\0\0zimg", 8, CONTENT_PACKED, "a kernel that unpacks itself" },
};

static void test_elf(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		/* exactly as long, so that the sanitizer sees a read past it */
		AUTO(auto_free) uint8_t *copy = malloc(cases[i].len + 1);
		memcpy(copy, cases[i].head, cases[i].len);
		if (content_kind((struct slice) { copy, cases[i].len }) != cases[i].kind)
			fail_msg("%s", cases[i].why);
	}
}

static const struct {
	uint32_t at; /* of the PE signature */
	uint16_t machine;
	enum content_kind kind;
	const char *why;
} programs[] = {
	{ 128, 0x8664, CONTENT_X86, "x86-64" },
	{ 64, 0x14c, CONTENT_X86, "386" },
	{ 248, 0xaa64, CONTENT_ARM64, "ARM64" },
	{ 128, 0x1c4, CONTENT_DATA, "another machine" },
	{ 1018, 0x8664, CONTENT_X86, "at the end of what is looked at" },
	{ 1019, 0x8664, CONTENT_DATA, "machine cut" },
	{ 1022, 0x8664, CONTENT_DATA, "signature cut" },
	{ UINT32_MAX, 0x8664, CONTENT_DATA, "far outside" },
	{ UINT32_MAX - 2, 0x8664, CONTENT_DATA, "where the end would wrap" },
};

static void test_pe(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		uint8_t head[CONTENT_HEAD_SIZE + 8] = { 'M', 'Z' };
		for (size_t k = 0; k < 4; k++)
			head[60 + k] = (uint8_t)(programs[i].at >> 8 * k);
		if (programs[i].at < CONTENT_HEAD_SIZE) {
			memcpy(head + programs[i].at, "PE\0\0", 4);
			head[programs[i].at + 4] = (uint8_t)programs[i].machine;
			head[programs[i].at + 5] = (uint8_t)(programs[i].machine >> 8);
		}
		if (content_kind((struct slice) { head, CONTENT_HEAD_SIZE }) != programs[i].kind)
			fail_msg("%s", programs[i].why);
		/* What Linux begins with is a PE header, and then this. */
		memcpy(head + 0x202, "HdrS", 4);
		assert_int_equal(content_kind((struct slice) { head, CONTENT_HEAD_SIZE }),
				 CONTENT_PACKED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_pe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
