/* SPDX-License-Identifier: MIT */
/* content.c - see content.h. */
#include "content.h"

#define ELF_386 3
#define ELF_X86_64 62
#define ELF_AARCH64 183
#define ELF_RELOCATABLE 1
#define ELF_LITTLE_ENDIAN 1
#define PE_386 0x14c
#define PE_X86_64 0x8664
#define PE_ARM64 0xaa64

/* Where a magic is, and what: file(1)'s; of kernels, Documentation/arch/x86/boot.rst and EFI zboot's header. */
static const struct {
	size_t at, length;
	const char *magic;
} packed[] = {
	{ 0, 6, "\3757zXZ\0" },
	{ 0, 4, "\x28\xb5\x2f\xfd" }, /* zstd */
	{ 0, 2, "\x1f\x8b" },         /* gzip */
	{ 0, 3, "BZh" },
	{ 0, 4, "PK\3\4" },
	{ 0, 4, "\x89PNG" },
	{ 0, 4, "\xed\xab\xee\xdb" }, /* rpm */
	{ 0, 21, "!<arch>\ndebian-binary" },
	{ 0x202, 4, "HdrS" }, /* bzImage */
	{ 4, 4, "zimg" },     /* EFI zboot */
};

static bool is_packed(struct slice head)
{
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
		struct slice magic = { (const uint8_t *)packed[i].magic, packed[i].length };
		if (slice_equal(slice_part(head, packed[i].at, packed[i].at + magic.len), magic))
			return true;
	}
	return false;
}

static uint32_t u32_at(struct slice s, size_t at)
{
	struct rd r = rd_new(slice_part(s, at, at + 4));
	return rd_u32le(&r);
}

static uint16_t u16_at(struct slice s, size_t at)
{
	struct rd r = rd_new(slice_part(s, at, at + 2));
	return rd_u16le(&r);
}

static enum content_kind elf_kind(struct slice head)
{
	if (head.len < 20 || head.p[5] != ELF_LITTLE_ENDIAN)
		return CONTENT_DATA;
	if (u16_at(head, 16) == ELF_RELOCATABLE)
		return CONTENT_OBJECT;
	switch (u16_at(head, 18)) {
	case ELF_386:
	case ELF_X86_64:
		return CONTENT_X86;
	case ELF_AARCH64:
		return CONTENT_ARM64;
	default:
		return CONTENT_DATA;
	}
}

static enum content_kind pe_kind(struct slice head)
{
	uint32_t at = u32_at(head, 60);
	if (!slice_equal(slice_part(head, at, (size_t)at + 4),
			 (struct slice) { (const uint8_t *)"PE\0\0", 4 }))
		return CONTENT_DATA;
	switch (u16_at(head, (size_t)at + 4)) {
	case PE_386:
	case PE_X86_64:
		return CONTENT_X86;
	case PE_ARM64:
		return CONTENT_ARM64;
	default:
		return CONTENT_DATA;
	}
}

enum content_kind content_kind(struct slice head)
{
	if (is_packed(head))
		return CONTENT_PACKED;
	if (slice_equal(slice_part(head, 0, 4), slice_str("\177ELF")))
		return elf_kind(head);
	if (slice_equal(slice_part(head, 0, 2), slice_str("MZ")))
		return pe_kind(head);
	return CONTENT_DATA;
}
