/* SPDX-License-Identifier: MIT */
/*
 * export.h - the kinds of `ibbundle export`, one export_NAME.c each; cmd_export.c has their table.
 *
 * A kind is a command: argv[0] is "export NAME", for messages; its options are its own.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include "cmd.h"

/* one a line, in alphabetical order */
#define EXPORT(name)                                                                               \
	bool export_##name(int argc, char **argv, struct err *err);                                \
	extern const char export_##name##_help[]

EXPORT(ansible);
EXPORT(azure_extension);
EXPORT(cloud_init);
EXPORT(custom_script);
EXPORT(dism);
EXPORT(image_builder);
EXPORT(kickstart);
EXPORT(packer);
EXPORT(vm_application);

#endif
