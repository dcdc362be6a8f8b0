#!/bin/bash
# SPDX-License-Identifier: MIT
# What the Windows runtime finds out about machines, and what it would install there: every system that
# the extension's documentation names and those that came after, with the functions of Azure's sizes.
# The bundle has the rules of manifests/azure-extension.json.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/windows
. "$(dirname "$0")/../support/windows"

"$TOP/tests/support/windows_bundle.sh" "$work/b" || exit 1
exe=$work/b/1.exe
vf='driver=mlx5 version=2.22.50000.0'

# release, options of wine_machine | what the facts must say (jq) | package, or the reason for none
machines() {
	cat <<'END'
windows-server-2012   --pci 15b3:1004/0280             | .version_id == "2012" and .id == "windows-server"      | winof-5.65.51000-win2012r2
windows-server-2012   --pci 15b3:1018/0207             | .nics[0].link == "infiniband"                          | winof2-2.22.50000
windows-server-2012r2 --pci 15b3:1004/0280             | .version_id == "2012r2" and .nics[0].link == "unknown" | winof-5.65.51000-win2012r2
windows-server-2012r2 --pci 15b3:101c/0207             | .kernel == "6.3.9600.21013"                            | winof2-2.22.50000
windows-server-2016   --pci 15b3:1004/0280             | .version_id == "2016"                                  | winof-5.65.51000-win2016
windows-server-2016   --pci 15b3:1018/0207             | .product_type == "server"                              | winof2-2.22.50000
windows-server-2016   --pci 15b3:101e/0207             | .nics[0].device == "101e"                              | winof2-25.4.50020-connectx-7
windows-server-2019   --pci 15b3:1004/0280             | .version_id == "2019"                                  | winof-5.65.51000-win2019
windows-server-2019   --pci 15b3:101c/0207 --core      | .installation == "server-core"                         | winof2-2.22.50000
windows-server-2019   --pci 15b3:1018/0200             | .nics[0].link == "ethernet"                            | no-infiniband
windows-server-2019   --network-direct 14.0            | .network_direct and .nd_version == "14.0"              | network-direct-windows
windows-server-2022   --pci 15b3:101e/0207             | .version_id == "2022" and .kernel == "10.0.20348.2461" | winof2-25.4.50020
windows-server-2022   --pci 15b3:1004/0280             | .nics[0].class == "028000"                             | machine-unsupported
windows-server-2022   --domain-controller              | .product_type == "domain-controller" and .nics == []   | no-infiniband
windows-server-2025   --pci 15b3:101e/0207             | .version_id == "2025"                                  | winof2-25.4.50020
windows-10            --pci 15b3:1004/0280             | .version_id == "10" and .id == "windows"               | winof-5.65.51000-win2019
windows-10            --pci 15b3:1018/0207             | .installation == "client"                              | winof2-2.22.50000
windows-11            --pci 15b3:101c/0207             | .version_id == "11" and .product_type == "workstation" | winof2-25.4.50020
windows-8.1           --pci 15b3:1018/0207             | .kernel == "6.3.9600.20000"                            | os-unsupported
windows-8             --pci 15b3:1018/0207             | .os == "windows" and .arch == "x86_64"                 | os-unsupported
END
}

facts() { windows "$exe" facts --json; }
plan() { windows "$exe" plan --json "$@"; }
chosen() {
	if [[ $1 = *-*.* || $1 = network-* ]]; then
		exits 0 && document ".reason == \"ok\" and .package == \"$1\""
	else
		exits 1 && document ".reason == \"$1\" and .package == null"
	fi
}
rows=0
while IFS='|' read -r options facts package; do
	read -r package <<< "$package"
	rows=$((rows + 1))
	# shellcheck disable=SC2086 # words
	machine $options
	facts
	check "$options: facts" exits 0
	check "$options:$facts" document "$facts"
	cp "$work/stdout" "$work/facts.json"
	plan
	check "$options: $package" chosen "$package"
	jq -S 'del(.space)' "$work/stdout" > "$work/plan.json"
	plan --facts "$(win "$work/facts.json")"
	check "$options: the same from its facts" diff "$work/plan.json" <(jq -S 'del(.space)' "$work/stdout")
done < <(machines)
check "all rows" [ "$rows" -eq 20 ]

echo "-- several functions, and what is installed"
# shellcheck disable=SC2086 # words
machine windows-server-2019 --pci 15b3:101c/0207 $vf --pci 15b3:1016/0200 driver=mlx5 \
	--software 'MLNX_WinOF2' version=2.22.50000 'code={11111111-2222-3333-4444-555555555555}' \
	--driver oem7.inf 'provider=Mellanox Technologies Ltd.' class=System version=2.22.50000.0 \
	--reboot update --product 'Virtual Machine'
facts
check "both are there" document '[.nics[].device] | sort == ["1016", "101c"]'
check "the driver" document '.nics[] | select(.device == "101c") | .driver == "mlx5"'
check "software" document '.software[] | .name == "MLNX_WinOF2" and .version == "2.22.50000"'
check "the driver store" document '.drivers[] | select(.inf == "oem7.inf") | .version == "2.22.50000.0"'
check "a restart is due" document '.pending_reboot'
check "elevated" document '.elevated'
check "Windows Installer is free" document '.package_manager == "msi" and (.package_manager_locked | not)'
launch=(--hold 'Global\_MSIExecute')
facts
check "and busy while another installation runs" document '.package_manager_locked'
launch=()
windows "$exe" plan
check "for a person" says 'package  winof2-2.22.50000, version 2.22.50000'
check "with the reason" says 'because'
check "without a carriage return" lacks grep -q $'\r' "$work/out"

echo "-- times"
echo "plan: $(median windows "$exe" plan) ms"
e2e_end
