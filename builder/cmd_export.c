/* SPDX-License-Identifier: MIT */
/*
 * cmd_export.c - `ibbundle export`: a bundle in the wrapping that a service or a tool wants.
 *
 * To add a kind: export_NAME.c with export_NAME() and export_NAME_help, its declaration in export.h,
 * one row here, and a case in tests/cli.  `help export` and `help export KIND` walk this table.
 */
#include <string.h>

#include "cmd.h"
#include "export.h"
#include "options.h"

const struct command export_kinds[] = {
	{ "ansible", "BUNDLE -o DIR [OPTION...]", "write a role for Ansible", export_ansible_help,
	  export_ansible },
	{ "azure-extension", "BUNDLE -o ZIP [--platform NAME]",
	  "write the package of a VM extension, for the Azure guest agent",
	  export_azure_extension_help, export_azure_extension },
	{ "cloud-init", "BUNDLE -o DIR [OPTION...]", "write user data for cloud-init",
	  export_cloud_init_help, export_cloud_init },
	{ "custom-script", "BUNDLE -o DIR [OPTION...]",
	  "write settings for the Custom Script extension", export_custom_script_help,
	  export_custom_script },
	{ "dism", "BUNDLE -o DIR [OPTION...]", "write a script that bakes an offline Windows image",
	  export_dism_help, export_dism },
	{ "image-builder", "BUNDLE -o DIR [OPTION...]",
	  "write a template for Azure VM Image Builder", export_image_builder_help,
	  export_image_builder },
	{ "kickstart", "BUNDLE -o DIR [OPTION...]", "write a part of a kickstart file",
	  export_kickstart_help, export_kickstart },
	{ "packer", "BUNDLE -o DIR [OPTION...]", "write a template for Packer", export_packer_help,
	  export_packer },
	{ "vm-application", "BUNDLE -o DIR [OPTION...]",
	  "write an application of an Azure Compute Gallery", export_vm_application_help,
	  export_vm_application },
	{ 0 },
};

const char cmd_export_help[] = "'ibbundle help export KIND' explains one.  KIND is one of:\n\n";

bool cmd_export(int argc, char **argv, struct err *err)
{
	if (argc < 2 || argv[1][0] == '-')
		return err_set(err, ERR_USAGE,
			       "export: the first word is a KIND; see 'ibbundle help export'");
	const struct command *kind = command_kind(export_kinds, argv[1], err);
	if (!kind)
		return err_wrap(err, "export");
	char name[64];
	snprintf(name, sizeof(name), "export %s", kind->name);
	argv[1] = name; /* as messages call it */
	return kind->run(argc - 1, argv + 1, err);
}
