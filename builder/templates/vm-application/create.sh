#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the VM application for @title:text@ in a Compute Gallery, with az.
#
#   RESOURCE_GROUP=... GALLERY=... LOCATION=... CONTAINER=https://ACCOUNT.blob.core.windows.net/NAME ./create.sh
#
# The files of files/ must be in that container first, for instance by 'ibbundle publish'.  SAS, if they are
# not to be read without, is a query that may read them ('sv=...'); it is needed until the versions are replicated.
# No reboot is asked for: 3010 (restart needed) becomes 0, and nothing is run again after a restart, which
# is the service's default (scriptBehaviorAfterReboot: None).
set -eu
: "${RESOURCE_GROUP:?}" "${GALLERY:?}" "${LOCATION:?}" "${CONTAINER:?}"
sas=${SAS:+?${SAS#\?}}
ids=
@each applications@

az sig gallery-application create --resource-group "$RESOURCE_GROUP" --gallery-name "$GALLERY" \
	--location "$LOCATION" --name @application:sh@ --os-type @os@
az sig gallery-application version create --resource-group "$RESOURCE_GROUP" --gallery-name "$GALLERY" \
	--location "$LOCATION" --application-name @application:sh@ --name @application_version:sh@ \
	--package-file-link "$CONTAINER/"@file:sh@"$sas" --package-file-name @file:sh@ \
	--install-command @install:sh@ \
	--update-command @update:sh@ \
	--remove-command @remove:sh@
ids="$ids $(az sig gallery-application version show --resource-group "$RESOURCE_GROUP" --gallery-name "$GALLERY" \
	--application-name @application:sh@ --name @application_version:sh@ --query id --output tsv)"
@end@

echo "On a VM, in this order:"
echo "az vm application set --resource-group RESOURCE_GROUP --name VM --order-applications" \
	"--treat-deployment-as-failure true --app-version-ids$ids"
echo "On a scale set: az vmss application set, with the same options"
