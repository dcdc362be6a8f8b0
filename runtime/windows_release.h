/* SPDX-License-Identifier: MIT */
/*
 * windows_release.h - which Windows a machine has, in the words of facts, from what the system and
 * its registry say.  No system call: numbers and texts in, facts out.
 *
 * Build numbers decide, since the texts lie: Windows 11 calls itself "Windows 10 Pro", and the
 * version 6.3 stands in the registry of every Windows since 8.1.
 */
#ifndef WINDOWS_RELEASE_H
#define WINDOWS_RELEASE_H

#include "facts.h"

/* What is read, as it is; a text is NULL where the registry has none. */
struct windows_release {
	uint32_t major, minor, build; /* RtlGetVersion() */
	uint32_t product_type; /* its wProductType: 1 workstation, 2 domain controller, 3 server */
	const char *name;      /* ProductName: "Windows Server 2019 Datacenter" */
	const char *edition;   /* EditionID: "ServerDatacenter" */
	const char *installation; /* InstallationType: "Client", "Server", "Server Core" */
	const char *display;      /* DisplayVersion, "22H2"; before that ReleaseId, "1809" */
	const char *lab;          /* BuildLabEx: "9200.24000.amd64fre.win8_ldr..." */
	bool has_revision;
	uint32_t revision; /* UBR */
};

/*
 * Sets id, version_id, pretty_name, kernel, edition, installation and product_type of @f.  A build
 * that no release has is its own version_id; manifests/README.md, Facts, has the list.
 */
bool windows_release_describe(const struct windows_release *w, struct facts *f, struct err *err)
	MUST_CHECK;

/*
 * uname's word for a machine: an IMAGE_FILE_MACHINE_* number as IsWow64Process2() gives it, or a
 * PROCESSOR_ARCHITECTURE_* number as GetNativeSystemInfo() does; "unknown" for any other.
 */
const char *windows_release_arch(uint16_t machine);
const char *windows_release_processor(uint16_t architecture);

#endif
