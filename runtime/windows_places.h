/* SPDX-License-Identifier: MIT */
/*
 * windows_places.h - where things are on Windows, from what the system says of itself.
 *
 * Never from environment variables: who starts this program chooses those.
 */
#ifndef WINDOWS_PLACES_H
#define WINDOWS_PLACES_H

#include "err.h"

#define WINDOWS_PLACE_MAX 512

struct windows_places {
	char state[WINDOWS_PLACE_MAX], trust[WINDOWS_PLACE_MAX], log[WINDOWS_PLACE_MAX];
	char policy[WINDOWS_PLACE_MAX];
	char windows[WINDOWS_PLACE_MAX], system32[WINDOWS_PLACE_MAX];
};

/*
 * @windows is the system's own directory ("C:\Windows"); @program_data the registry's value as it is
 * stored ("%SystemDrive%\ProgramData"), or NULL when it has none.
 */
bool windows_places_find(const char *windows, const char *program_data, struct windows_places *out,
			 struct err *err) MUST_CHECK;

#endif
