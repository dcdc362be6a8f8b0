#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs @title:text@ by the Custom Script extension, with az.
#
#   ./deploy.sh vm RESOURCE_GROUP VM        or:  ./deploy.sh vmss RESOURCE_GROUP SCALE_SET
#
@if address@
# The bundle's files and @script_name@ must be at the address in protected-settings.json first ('ibbundle publish').  A SAS in
# there must outlive the scale set: later VMs read it, too.
@else@
# The bundle's files and @script_name@ must be in the directory that protected-settings.json names, on each machine.
@end@
# The same settings do not run twice; --force-update runs them again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kind=${1:?vm or vmss} group=${2:?RESOURCE_GROUP} machine=${3:?VM or SCALE_SET}
case $kind in
vm) name=--vm-name ;;
vmss) name=--vmss-name ;;
*)
	echo "deploy.sh: '$kind' is neither vm nor vmss" >&2
	exit 2
	;;
esac
az "$kind" extension set --resource-group "$group" "$name" "$machine" --extension-instance-name ibbundle \
	--publisher @publisher@ --name @type@ --version @extension_version@ --force-update \
	--settings "$here/settings.json" --protected-settings "$here/protected-settings.json"
[ "$kind" = vm ] || az vmss update-instances --resource-group "$group" --name "$machine" --instance-ids '*'
