/* SPDX-License-Identifier: MIT */
/* windows_places.c - see windows_places.h. */
#include "windows_places.h"

#include <ctype.h>
#include <string.h>

#define DRIVE_VARIABLE "%systemdrive%"
#define PATH_MAX_BYTES 260 /* leaves room for what is put behind it */

/* "X:\..." of plain components. */
static bool is_local_path(const char *s)
{
	return isalpha((unsigned char)s[0]) && s[1] == ':' && s[2] == '\\' && s[3] &&
	       strlen(s) < PATH_MAX_BYTES && !strpbrk(s, "%/\"<>|*?") && !strchr(s + 2, ':') &&
	       !strstr(s, "..") && !strstr(s, "\\\\");
}

static size_t skip_ignoring_case(const char *s, const char *lower)
{
	size_t n = 0;
	while (lower[n] && tolower((unsigned char)s[n]) == lower[n])
		n++;
	return lower[n] ? 0 : n;
}

bool windows_places_find(const char *windows, const char *program_data, struct windows_places *out,
			 struct err *err)
{
	struct windows_places p;
	char data[PATH_MAX_BYTES + 2];
	if (!is_local_path(windows))
		return err_set(err, ERR_SYSTEM, "'%.200s' is not the path of Windows", windows);
	const char *value = program_data ? program_data : DRIVE_VARIABLE "\\ProgramData";
	size_t variable = skip_ignoring_case(value, DRIVE_VARIABLE);
	int n = snprintf(data, sizeof(data), "%.*s%s", variable ? 2 : 0, windows, value + variable);
	if (n > 3 && (size_t)n < sizeof(data) && data[n - 1] == '\\')
		data[n - 1] = '\0';
	if (n < 0 || (size_t)n >= sizeof(data) || !is_local_path(data))
		return err_set(err, ERR_SYSTEM,
			       "the registry says that ProgramData is '%.200s', which is not the "
			       "path of a local directory",
			       value);
	snprintf(p.state, sizeof(p.state), "%s\\ibbundle", data);
	snprintf(p.trust, sizeof(p.trust), "%s\\ibbundle\\trust.d", data);
	snprintf(p.policy, sizeof(p.policy), "%s\\ibbundle\\policy.json", data);
	snprintf(p.log, sizeof(p.log),
		 "%.2s\\WindowsAzure\\Logs\\Plugins\\Microsoft.HpcCompute.InfiniBandDriverWindows"
		 "\\ibbundle.log",
		 windows);
	snprintf(p.windows, sizeof(p.windows), "%s", windows);
	snprintf(p.system32, sizeof(p.system32), "%s\\System32", windows);
	*out = p;
	return true;
}
