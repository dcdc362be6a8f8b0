/* SPDX-License-Identifier: MIT */
/* fuzz_handler_settings.c - the files that a guest agent writes: none of them makes more than it says. */
#include <stdlib.h>
#include <string.h>

#include "handler_settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_settings(const struct handler_settings *s)
{
	check(s->accept_count <= HANDLER_ACCEPT_MAX);
	check(!s->bundle || (s->bundle[0] && s->bundle[0] != '-'));
	check(!s->package || (s->package[0] && s->package[0] != '-'));
	for (size_t i = 0; i < s->accept_count; i++)
		check(s->accept[i][0] && s->accept[i][0] != '-');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { data, size };
	struct err err = { 0 };
	AUTO(handler_environment_done) struct handler_environment e = { 0 };
	AUTO(handler_settings_done) struct handler_settings s = { 0 };
	bool heartbeat = false;
	bool known = handler_manifest_parse("manifest", text, &heartbeat, &err);
	check(known || !heartbeat);
	if (handler_environment_parse("environment", text, &e, &err))
		check(e.name && e.log && e.config && e.status);
	if (handler_settings_parse("settings", text, &s, &err))
		check_settings(&s);
	return 0;
}
