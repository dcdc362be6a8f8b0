# SPDX-License-Identifier: MIT
# What a bundle says about itself: bills of materials and provenance, whole, valid and signed.
. "$SUPPORT/bundle"
check() { "$SUPPORT/check_documents.py" "$@" 2>&1 | "$SUPPORT/normalise"; }
all() { # BUNDLE
	ibbundle inspect "$1" --sbom spdx >spdx.json
	ibbundle inspect "$1" --sbom cyclonedx >cyclonedx.json
	ibbundle inspect "$1" --provenance >provenance.json
}

# one file that two packages call by different licences, one with words for a licence
bundle_files
echo "{\"schema\": 1, \"name\": \"small\", \"version\": \"1.0\",
	\"packages\": [$(bundle_package one 1.0 one shared tree.tgz),
		$(bundle_package two 2.0 two shared)]}" |
	jq '.packages[0] += {license: "LicenseRef-Vendor AND MIT", supplier: "Vendor Inc"}
		| .packages[0].files[0] += {license: "GPL-2.0-only", supplier: "Kernel people"}
		| .packages[1].license = "ask the vendor"' >m.json
ibbundle lock m.json >/dev/null
bundle_stub stub
printf 'IBBSTUBPARTS1: ibbundle 9.9, openssl 3.0.22 of 25 Aug 2026, libzstd 1.5.4-5, novel 1\0' >>stub
bundle_build a.run --level 3 >/dev/null

echo "== valid, and about every file of the lock"
all a.run
for kind in spdx cyclonedx provenance; do
	check $kind $kind.json m.lock.json
done

echo "== what is known, and what is not"
jq -r '.packages[] | [.name, .versionInfo // "-", .supplier, .licenseDeclared, .primaryPackagePurpose] | join("|")' spdx.json
jq -r '.hasExtractedLicensingInfos[] | [.licenseId, .name, .extractedText] | join("|")' spdx.json
jq -r '.components[] | [.name, .version // "-", .supplier.name // "-", (.licenses[0] | .expression // .license.name) // "-", .type] | join("|")' cyclonedx.json
jq -r '.packages[] | select(.name == "libzstd" or .name == "openssl") | .externalRefs[].referenceLocator' spdx.json

echo "== how it was built"
jq -c '.predicate.buildDefinition.externalParameters' provenance.json
jq -r '.subject[].name' provenance.json
ibbundle inspect a.run --json >i.json
jq -r '.subject[] | select(.name == "catalog" or .name == "table") | .name + " " + .digest.sha256' provenance.json |
	diff - <(jq -r '"catalog " + .catalog.sha256, "table " + .table.sha256' i.json) && echo "as the root says"
jq -r '.predicate.buildDefinition.resolvedDependencies[0:2][] | .name + " " + .digest.sha256' provenance.json |
	diff - <(for f in m.json m.lock.json; do sha256sum <"$f" | sed 's/ .*//'; done | paste -d ' ' <(printf 'manifest\nlock\n') -) &&
	echo "manifest and lock"

echo "== the same from the same"
for kind in spdx cyclonedx provenance; do mv $kind.json $kind.first; done
bundle_build b.run --level 3 -j 1 >/dev/null
all b.run
for kind in spdx cyclonedx provenance; do cmp $kind.json $kind.first && echo "$kind"; done

echo "== the validators say no"
jq 'del(.spdxVersion)' spdx.json >x; check spdx x
jq '.packages[2].supplier = "Vendor Inc"' spdx.json >x; check spdx x
jq '.relationships[1].relatedSpdxElement = "SPDXRef-else"' spdx.json >x; check spdx x
jq '.hasExtractedLicensingInfos |= .[1:]' spdx.json >x; check spdx x
jq '.packages[1].licenseDeclared = "GPL"' spdx.json >x; check spdx x
jq '.components[0].type = "car"' cyclonedx.json >x; check cyclonedx x
jq '.components[1]["bom-ref"] = .components[0]["bom-ref"]' cyclonedx.json >x; check cyclonedx x
jq '.components |= .[1:] | .dependencies[].dependsOn |= map(select(. != "file-83ba4beffbb57d009f319e9332e8f46531875b14c1f2fda1949bb2c8d64909c1"))
	| .compositions[1].assemblies |= .[1:]' cyclonedx.json >x; check cyclonedx x m.lock.json
jq '.subject[0].digest = {}' provenance.json >x; check provenance x
jq '.predicateType = "https://slsa.dev/provenance/v0.2"' provenance.json >x; check provenance x

echo "== refused"
say() { "$@" >out 2>&1 && echo yes || { echo "$?"; "$SUPPORT/normalise" <out | head -2; }; }
say ibbundle inspect a.run --sbom swid
say ibbundle inspect a.run --sbom spdx --provenance
at=$(($(jq '.sections.catalog | .offset + .size' i.json) + 100))
cp a.run flipped
printf '\377' | dd of=flipped bs=1 seek=$at conv=notrunc status=none
say ibbundle inspect flipped --sbom spdx
say ibbundle inspect flipped --sbom cyclonedx
say ibbundle verify flipped
printf 'IBBSTUBPARTS1: nonsense\0' >>stub2; cat stub2 >>stub3; bundle_stub stub; cat stub2 >>stub
say bundle_build c.run
