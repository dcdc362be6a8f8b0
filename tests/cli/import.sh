# SPDX-License-Identifier: MIT
# From others' lists to a manifest: the extensions' resources.json, and checksum files.
try() {
	echo "== $1"
	shift
	ibbundle import "$@" 2>&1
	echo "exit $?"
}
row() { # NUM URL [KERNEL]
	printf '{"Num": "%s", "FwLink": "http://h.invalid/%s"' "$1" "$2"
	[ -z "${3:-}" ] || printf ', "KernelDevelVer": "%s", "KernelDevelRPM": "http://h.invalid/kernel-devel-%s.rpm"' "$3" "$3"
	printf '}'
}
distro() { printf '{"Name": "%s", "Version": [%s]}' "$1" "$2"; }
cat >resources.json <<END
{"Driver": [{"Name": "OFED", "Version": [
  {"Type": "CX5", "OS": [
    {"Name": "Windows", "Comment": "2.22", "Distro": [
      $(distro 2016 "$(row All MLNX_WinOF2-2_22_50000_All_x64.exe)"),
      $(distro 2019/10 "$(row All MLNX_WinOF2-2_22_50000_All_x64.exe)")]},
    {"Name": "Linux", "Distro": [
      $(distro Ubuntu "$(row 20.04 MLNX_OFED_LINUX-5.5-1.0.3.2-ubuntu20.04-x86_64.tgz)"),
      $(distro RHEL/CentOS "$(row 7.6 MLNX_OFED_LINUX-5.5-1.0.3.2-rhel7.6-x86_64.tgz 3.10.0-957.27.2.el7.x86_64)")]}]},
  {"Type": "CX3-Pro", "OS": [
    {"Name": "Windows", "Distro": [
      $(distro 2012R2 "$(row All MLNX_VPI_WinOF-5_65_51000_All_win2012R2_x64.exe)")]}]}]}]}
END
try 'a list' azure-resources resources.json -o m.json
jq -r '.packages[] | "\(.priority) \(.id)\n  \(.match | del(.nic) | tojson)"' m.json
try 'again, with a name' azure-resources resources.json -o n.json --name ours --version 2026.11
jq -c '[.name, .version]' n.json
diff <(jq -S .packages m.json) <(jq -S .packages n.json) && echo same packages
try 'a row that is not known' azure-resources <(sed 's/"CX5"/"CX9"/' resources.json) -o x.json |
	sed 's,/dev/fd/[0-9]*,FD,'
try 'not there' azure-resources none.json -o x.json

a=$(printf 'a%.0s' {1..64}) b=$(printf 'b%.0s' {1..64})
cat >SUMS <<END
$a  MLNX_WinOF2-2_22_50000_All_x64.exe
$b *dir/MLNX_OFED_LINUX-5.5-1.0.3.2-rhel7.6-x86_64.tgz
$b  something-else
END
try 'sums' sha256sums SUMS m.json -o pinned.json --source 'a page, 2026-11-26'
jq -c '.packages[].files[] | select(.sha256) | [.url[0], .sha256[:4], .hash_source]' pinned.json
try 'nothing more to pin' sha256sums SUMS pinned.json -o again.json
sed "s/^$a/$b/" SUMS >OTHER
try 'another digest' sha256sums OTHER pinned.json -o again.json
try 'bad sums' sha256sums resources.json m.json -o again.json
ls x.json again.json

try 'no output' azure-resources resources.json
try 'what' debian resources.json -o x.json
try 'a manifest too few' sha256sums SUMS -o x.json
try 'an option of the other' azure-resources resources.json -o x.json --source y
try 'a bad name' azure-resources resources.json -o x.json --name 'A b'
