# SPDX-License-Identifier: MIT
# Our manifests for Azure: what stands in them, what they cover, and that the manual says so.
manual=$TOP/manifests/README.md
for name in azure-extension azure-current; do
	m=$TOP/manifests/$name.json
	echo "== $name"
	jq -c '[(.packages | length), ([.packages[].files[]?] | length),
		([.packages[].files[]? | select(.sha256)] | length)]' "$m"
	echo 'addresses that are none:'
	jq -r '.packages[].files[]? | .url[]? | select(test("^https?://[a-z0-9.-]+/[A-Za-z0-9_./-]+$") | not)' "$m"
	echo 'http before https:'
	jq -r '.packages[].files[]? | select(.url) | .url | select((map(startswith("http://")) | index(true)) as $plain |
		(map(startswith("https://")) | rindex(true)) as $tls | $plain and $tls and $plain < $tls) | .[0]' "$m"
	echo 'one address, two digests; one digest, two files:'
	jq -r '[.packages[].files[]? | select(.url) | {url: .url[0], sha256}] | unique |
		(group_by(.url)[] | select(length > 1) | .[0].url),
		(map(select(.sha256)) | group_by(.sha256)[] | select(length > 1) | .[0].url)' "$m"
	echo 'no word on where the digest is from:'
	jq -r '.packages[] | .id as $id | .files[]? | select(if .sha256 then
			(.hash_source // "") | test("^[^ @]+@[0-9a-f]{10,12} [^ ]|which repository is not known$") | not
		else
			(.supply // false | not) and .hash_source != "none published"
		end) | $id' "$m"
done

echo '== the Linux rows are what importing the list makes'
ofed() { # VERSION
	local d at=http://content.mellanox.com/ofed/MLNX_OFED-$1/MLNX_OFED_LINUX-$1 comma='' kernel
	echo '{"Name": "Linux", "Distro": [{"Name": "Ubuntu", "Version": ['
	for d in 16.04 18.04 20.04; do
		echo "$comma{\"Num\": \"$d\", \"FwLink\": \"$at-ubuntu$d-x86_64.tgz\"}"
		comma=,
	done
	echo ']}, {"Name": "RHEL/CentOS", "Version": ['
	comma=
	for d in 7.4=693.21.1 7.5=862.11.6 7.6=957.27.2 7.7 7.8 7.9 8.1 8.2; do
		echo "$comma{\"Num\": \"${d%%=*}\", \"FwLink\": \"$at-rhel${d%%=*}-x86_64.tgz\""
		kernel=3.10.0-${d#*=}.el7.x86_64
		[ "$d" = "${d#*=}" ] || echo ", \"KernelDevelVer\": \"$kernel\", \"KernelDevelRPM\":
			\"https://linuxsoft.cern.ch/cern/centos/7/updates/x86_64/Packages/kernel-devel-$kernel.rpm\""
		echo '}'
		comma=,
	done
	echo ']}]}'
}
cat >list.json <<END
{"Driver": [{"Name": "OFED", "Version": [
  {"Type": "CX6", "OS": [$(ofed 5.5-1.0.3.2)]},
  {"Type": "CX5", "OS": [$(ofed 5.5-1.0.3.2)]},
  {"Type": "CX3-Pro", "OS": [$(ofed 4.9-4.1.7.0)]}]}]}
END
ibbundle import azure-resources list.json -o imported.json
same='[.packages[] | select(.match.os == "linux") | {id, version, driver, priority, needs, install, check, uninstall,
	match: (.match | map_values([.] | flatten)), files: [.files[] | {url: .url[-1], path, unpack}]}] | sort_by(.id)'
diff <(jq -S "$same" imported.json) <(jq -S "$same" "$TOP/manifests/azure-extension.json") && echo the same

echo '== what the manual says'
m=$TOP/manifests/azure-current.json
jq -r '"\(.packages | length) packages with \([.packages[].files[]?] | length) files, \(
	[.packages[].files[]? | select(.sha256)] | length) of them pinned"' "$m" | grep -F -f - -o "$manual"

# | `a`, `b` | `c` | ... -> "a c", "b c" of the table that begins with the row $1
rows() {
	sed -n "/^| $1 |/,/^\$/p" "$manual" | awk -F '|' '
		{ n = split($2, left, "`"); k = split($3, right, "`")
		  for (i = 2; i <= n; i += 2)
			if (k < 2) print left[i]
			else for (j = 2; j <= k; j += 2) print left[i], right[j] }' | sort
}
matrix() {
	ibbundle matrix "$m" --documented size --documented endorsed "$@"
}
matrix --json | jq -r '.machines[] | select(.package == null) | "\(.size) \(.image)"' | sort >gaps
rows 'sizes | images | what is missing' | diff - gaps && echo "gaps: $(wc -l <gaps)"
matrix --on 2026-11-26 --json >today
jq -r '.machines[] | select(.package // "" | startswith("inbox-")) | .image' today | sort -u >own
rows 'image | sizes' | diff - own && echo "images with the system's own stack: $(wc -l <own)"
jq -c '[.covered, .gaps]' today
jq -r '.machines[] | select(.reason | test("below the documented floor")) | .size' today

echo '== fit to be built'
matrix --strict >out && echo "azure-current: $(grep -c ^warning: out) packages that no machine gets, on purpose"
ibbundle matrix "$TOP/manifests/azure-extension.json" --documented extension --strict >out &&
	echo "azure-extension: $(grep -c ^warning: out)"

echo '== a package of nothing but steps'
cat >m.json <<'END'
{ "schema": 1, "name": "own", "version": "1", "packages": [
  { "id": "own", "title": "What is there", "version": "inbox", "license": "as it is", "priority": 1,
    "match": {"os": "linux"}, "install": [], "check": [{"libraries": ["libc.so.6"]}] } ] }
END
ibbundle lock m.json
ibbundle keygen -o key >/dev/null
SOURCE_DATE_EPOCH=1700000000 ibbundle build m.json -o own.ibb --key key/key.pem --cert key/cert.pem --no-stub >/dev/null
ibbundle list own.ibb | tail -n 1
