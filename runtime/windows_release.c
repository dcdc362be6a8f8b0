/* SPDX-License-Identifier: MIT */
/* windows_release.c - see windows_release.h. */
#include "windows_release.h"

#include <ctype.h>
#include <string.h>

#include "facts_text.h"

#define BUILD_WINDOWS_10 10240u
#define BUILD_WINDOWS_11 22000u
#define NAME_MAX_SIZE 256 /* of the registry's texts; longer ones are cut */
#define TYPE_WORKSTATION 1u
#define TYPE_DOMAIN_CONTROLLER 2u

/* A release of clients has several builds. */
struct release {
	uint32_t first, last;
	const char *name;
	bool channel; /* Semi-Annual or Annual Channel: Server Core only, and of no year */
};

static const struct release clients[] = {
	{ 9200, 9200, "8", false },
	{ 9600, 9600, "8.1", false },
	{ BUILD_WINDOWS_10, 19045, "10", false },
	{ BUILD_WINDOWS_11, UINT32_MAX, "11", false },
};

static const struct release servers[] = {
	{ 9200, 9200, "2012", false },   { 9600, 9600, "2012r2", false },
	{ 14393, 14393, "2016", false }, { 16299, 16299, "1709", true },
	{ 17134, 17134, "1803", true },  { 17763, 17763, "2019", false },
	{ 18362, 18362, "1903", true },  { 18363, 18363, "1909", true },
	{ 19041, 19041, "2004", true },  { 19042, 19042, "20h2", true },
	{ 20348, 20348, "2022", false }, { 25398, 25398, "23h2", true },
	{ 26100, 26100, "2025", false },
};

static const struct release *find(const struct release *list, size_t count, uint32_t build)
{
	for (size_t i = 0; i < count; i++)
		if (build >= list[i].first && build <= list[i].last)
			return &list[i];
	return NULL;
}

static bool is_text(const char *text, const char *other)
{
	return text && strcmp(text, other) == 0;
}

/* Windows 10 Enterprise multi-session says it is a server by type; its builds are a client's. */
static bool is_client(const struct windows_release *w)
{
	return w->product_type == TYPE_WORKSTATION || is_text(w->installation, "Client");
}

/* "9200.24000.amd64fre.win8_ldr...": what there was before UBR. */
static uint32_t revision_of(const struct windows_release *w)
{
	if (w->has_revision)
		return w->revision;
	char *end = NULL;
	const char *dot = w->lab ? strchr(w->lab, '.') : NULL;
	if (!dot || strtoul(w->lab, &end, 10) != w->build || end != dot ||
	    !isdigit((unsigned char)dot[1]))
		return 0;
	unsigned long long revision = strtoull(dot + 1, &end, 10); /* long is 32 bits on Windows */
	return *end == '.' && revision <= UINT32_MAX ? (uint32_t)revision : 0;
}

static const char *keep(struct facts *f, const char *text, struct err *err)
{
	const char *kept = facts_keep(f, slice_str(text));
	if (!kept)
		err_no_memory(err);
	return kept;
}

/* "Windows 11 Pro 23H2", "Windows Server 2019 Datacenter": as people know it. */
static bool name_it(const struct windows_release *w, const struct release *release, struct facts *f,
		    struct err *err)
{
	static const char ten[] = "Windows 10";
	char text[2 * NAME_MAX_SIZE];
	const char *name = w->name ? w->name : "Windows";
	bool wrong = is_client(w) && w->build >= BUILD_WINDOWS_11 &&
		     strncmp(name, ten, sizeof(ten) - 1) == 0;
	/* a server of a year needs no more than that */
	bool versioned = w->display && w->build >= BUILD_WINDOWS_10 &&
			 (is_client(w) || !release || release->channel);
	snprintf(text, sizeof(text), "%s%.*s%s%.64s", wrong ? "Windows 11" : "", NAME_MAX_SIZE,
		 wrong ? name + sizeof(ten) - 1 : name, versioned ? " " : "",
		 versioned ? w->display : "");
	f->pretty_name = keep(f, text, err);
	return f->pretty_name != NULL;
}

bool windows_release_describe(const struct windows_release *w, struct facts *f, struct err *err)
{
	char text[64];
	bool client = is_client(w);
	const struct release *release =
		client ? find(clients, sizeof(clients) / sizeof(clients[0]), w->build)
		       : find(servers, sizeof(servers) / sizeof(servers[0]), w->build);
	f->id = client ? "windows" : "windows-server";
	snprintf(text, sizeof(text), "%lu", (unsigned long)w->build);
	f->version_id = release ? release->name : keep(f, text, err);
	if (!f->version_id || !name_it(w, release, f, err))
		return false;
	snprintf(text, sizeof(text), "%lu.%lu.%lu.%lu", (unsigned long)w->major,
		 (unsigned long)w->minor, (unsigned long)w->build, (unsigned long)revision_of(w));
	f->kernel = keep(f, text, err);
	if (!f->kernel || (w->edition && !(f->edition = keep(f, w->edition, err))))
		return false;
	f->installation = is_text(w->installation, "Client")        ? "client"
			  : is_text(w->installation, "Server")      ? "server"
			  : is_text(w->installation, "Server Core") ? "server-core"
								    : NULL;
	f->product_type = w->product_type == TYPE_WORKSTATION         ? "workstation"
			  : w->product_type == TYPE_DOMAIN_CONTROLLER ? "domain-controller"
								      : "server";
	return true;
}

/* --- machines ---------------------------------------------------------------------------------- */

struct machine {
	uint16_t number;
	const char *name;
};

static const char *machine_name(const struct machine *list, size_t count, uint16_t number)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].number == number)
			return list[i].name;
	return "unknown";
}

const char *windows_release_arch(uint16_t machine)
{
	static const struct machine list[] = {
		{ 0x8664, "x86_64" }, { 0xaa64, "aarch64" }, { 0x014c, "i386" }, { 0x01c4, "armhf" }
	};
	return machine_name(list, sizeof(list) / sizeof(list[0]), machine);
}

const char *windows_release_processor(uint16_t architecture)
{
	static const struct machine list[] = {
		{ 9, "x86_64" }, { 12, "aarch64" }, { 0, "i386" }, { 5, "armhf" }
	};
	return machine_name(list, sizeof(list) / sizeof(list[0]), architecture);
}
