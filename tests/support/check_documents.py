#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check documents that a bundle carries: check_documents.py KIND FILE [LOCK], KIND being one of

  cyclonedx   CycloneDX 1.6, by the published JSON schema (an npm package has it, see .ci/npm-packages)
  spdx        SPDX 2.3, by the published JSON schema where SPDX_SCHEMA names it; no package that tests
              can install has it, so always by the rules below, which were written from the
              specification (clauses 6, 7, 10 and 11), as far as our documents use it
  provenance  in-toto Statement v1 with SLSA provenance v1, by rules written from these specifications,
              which publish no JSON schema

and what no schema can say: that references lead somewhere, that nothing is there twice, that licences
are on SPDX's list, and, with a LOCK, that every file of it is there, with its digest, and no other.
Debian's python3-jsonschema does the validation.
"""
import json
import os
import re
import sys
import warnings

import jsonschema

warnings.simplefilter("ignore", DeprecationWarning)

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SCHEMAS = os.path.join(TOP, "build/npm/@cyclonedx/cyclonedx-library/res/schema")
TEXT = {"type": "string", "minLength": 1}
SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
SPDX_ID = {"type": "string", "pattern": "^SPDXRef-[A-Za-z0-9.-]+$"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
URI = {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$"}
PURL = {"type": "string", "pattern": r"^pkg:[a-z0-9]+/[A-Za-z0-9._~:%/-]+(@[A-Za-z0-9._~:%-]+)?(\?[a-z_]+=[^&\s]+(&[a-z_]+=[^&\s]+)*)?$"}


def record(required, optional=None):
    """An object with just these members."""
    members = dict(required, **(optional or {}))
    return {"type": "object", "properties": members, "required": list(required), "additionalProperties": False}


def each(of, least=0):
    return {"type": "array", "items": of, "minItems": least}


SPDX_PACKAGE = record({
    "SPDXID": SPDX_ID, "name": TEXT, "downloadLocation": {"anyOf": [{"const": "NOASSERTION"}, {"const": "NONE"}, URI]},
    "filesAnalyzed": {"const": False}, "licenseConcluded": TEXT, "licenseDeclared": TEXT, "copyrightText": TEXT,
    "supplier": {"type": "string", "pattern": "^(NOASSERTION|(Person|Organization): .+)$"},
    "primaryPackagePurpose": {"enum": ["APPLICATION", "FRAMEWORK", "LIBRARY", "CONTAINER", "OPERATING-SYSTEM", "DEVICE",
                                       "FIRMWARE", "SOURCE", "ARCHIVE", "FILE", "INSTALL", "OTHER"]},
}, {
    "versionInfo": TEXT, "summary": TEXT, "licenseComments": TEXT, "packageFileName": TEXT,
    "checksums": each(record({"algorithm": {"const": "SHA256"}, "checksumValue": SHA256}), 1),
    "externalRefs": each(record({"referenceCategory": {"const": "PACKAGE-MANAGER"}, "referenceType": {"const": "purl"},
                                 "referenceLocator": PURL}), 1),
})
SPDX_RULES = record({
    "SPDXID": {"const": "SPDXRef-DOCUMENT"}, "spdxVersion": {"const": "SPDX-2.3"}, "dataLicense": {"const": "CC0-1.0"},
    "name": TEXT, "documentNamespace": {"allOf": [URI, {"pattern": "^[^#]+$"}]},
    "creationInfo": record({"created": TIME, "creators": each({"type": "string", "pattern": "^(Tool|Person|Organization): .+"}, 1)}),
    "packages": each(SPDX_PACKAGE, 1),
    "relationships": each(record({"spdxElementId": SPDX_ID, "relatedSpdxElement": SPDX_ID,
                                  "relationshipType": {"enum": ["DESCRIBES", "CONTAINS", "STATIC_LINK"]}}), 1),
}, {
    "hasExtractedLicensingInfos": each(record({"licenseId": {"type": "string", "pattern": "^LicenseRef-[A-Za-z0-9.-]+$"},
                                               "name": TEXT, "extractedText": TEXT}, {"seeAlsos": each(URI, 1)}), 1),
})

# in-toto: spec/v1/resource_descriptor.md; at least one of name, uri, digest and content
RESOURCE = record({"digest": record({"sha256": SHA256})}, {"name": TEXT, "uri": URI, "annotations": {"type": "object"}})
PROVENANCE_RULES = record({
    "_type": {"const": "https://in-toto.io/Statement/v1"},
    "subject": each(RESOURCE, 1),
    "predicateType": {"const": "https://slsa.dev/provenance/v1"},
    "predicate": record({
        "buildDefinition": record({"buildType": URI, "externalParameters": {"type": "object", "minProperties": 1}},
                                  {"internalParameters": {"type": "object"}, "resolvedDependencies": each(RESOURCE)}),
        "runDetails": record({"builder": record({"id": URI}, {"version": {"type": "object", "additionalProperties": TEXT},
                                                              "builderDependencies": each(RESOURCE)})},
                             {"metadata": record({}, {"invocationId": TEXT, "startedOn": TIME, "finishedOn": TIME}),
                              "byproducts": each(RESOURCE)}),
    }),
})

wrong = []


def read(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def validate(what, document, schema, store=None):
    jsonschema.Draft7Validator.check_schema(schema)
    resolver = jsonschema.RefResolver.from_schema(schema, store=store or {})
    validator = jsonschema.Draft7Validator(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())
    for error in validator.iter_errors(document):
        wrong.append("%s: %s: %s" % (what, "/".join(str(p) for p in error.absolute_path), error.message[:200]))


def unique(what, names):
    names = list(names)
    for name in sorted({n for n in names if names.count(n) > 1} if len(set(names)) < len(names) else ()):
        wrong.append("%s '%s' is there twice" % (what, name))
    return set(names)


def check_expression(text, known_refs):
    listed = set(read(os.path.join(SCHEMAS, "spdx.SNAPSHOT.schema.json"))["enum"])
    for name in re.findall(r"[A-Za-z0-9.:+-]+", text):
        if name in ("AND", "OR", "WITH", "NOASSERTION"):
            continue
        if name.startswith("LicenseRef-"):
            if known_refs is not None and name not in known_refs:
                wrong.append("'%s' is not among the extracted licences" % name)
        elif name not in listed:
            wrong.append("'%s' is not on SPDX's list" % name)


def check_spdx(document):
    validate("rules", document, SPDX_RULES)
    if os.environ.get("SPDX_SCHEMA"):
        validate("schema", document, read(os.environ["SPDX_SCHEMA"]))
    if wrong:
        return {}
    ids = unique("SPDXID", [p["SPDXID"] for p in document["packages"]]) | {"SPDXRef-DOCUMENT"}
    reached = {"SPDXRef-DOCUMENT"}
    for r in document["relationships"]:
        reached.add(r["relatedSpdxElement"])
        for end in (r["spdxElementId"], r["relatedSpdxElement"]):
            if end not in ids:
                wrong.append("there is no '%s'" % end)
    for name in sorted(ids - reached):
        wrong.append("nothing leads to '%s'" % name)
    refs = unique("licence", [i["licenseId"] for i in document.get("hasExtractedLicensingInfos", [])])
    for p in document["packages"]:
        check_expression(p["licenseDeclared"], refs)
    return {p["checksums"][0]["checksumValue"]: p["packageFileName"]
            for p in document["packages"] if "packageFileName" in p}


def check_cyclonedx(document):
    store = {}
    for name in ("spdx", "jsf-0.82"):
        schema = read(os.path.join(SCHEMAS, name + ".SNAPSHOT.schema.json"))
        store["http://cyclonedx.org/schema/%s.SNAPSHOT.schema.json" % name] = schema
    validate("schema", document, read(os.path.join(SCHEMAS, "bom-1.6.SNAPSHOT.schema.json")), store)
    if wrong:
        return {}
    components = document["components"] + [document["metadata"]["component"]]
    refs = unique("bom-ref", [c["bom-ref"] for c in components])
    reached = {document["metadata"]["component"]["bom-ref"]}
    for d in document["dependencies"]:
        reached.update(d["dependsOn"])
        for end in [d["ref"]] + d["dependsOn"]:
            if end not in refs:
                wrong.append("there is no '%s'" % end)
    for name in sorted(refs - reached):
        wrong.append("nothing leads to '%s'" % name)
    for c in components:
        for licence in c.get("licenses", []):
            check_expression(licence.get("expression", ""), None)
    return {c["hashes"][0]["content"]: c["name"] for c in components if c["bom-ref"].startswith("file-")}


def check_provenance(document):
    validate("rules", document, PROVENANCE_RULES)
    if wrong:
        return {}
    unique("subject", [s["name"] for s in document["subject"]])
    inputs = document["predicate"]["buildDefinition"]["resolvedDependencies"]
    return {i["digest"]["sha256"]: i["name"] for i in inputs if "annotations" in i}


def main():
    kind, path = sys.argv[1:3]
    checks = {"spdx": check_spdx, "cyclonedx": check_cyclonedx, "provenance": check_provenance}
    files = checks[kind](read(path))
    if len(sys.argv) > 3 and not wrong:
        want = {f["sha256"] for f in read(sys.argv[3])["files"]}
        for digest in sorted(want ^ set(files)):
            wrong.append("'%s' is in one of lock and document only" % digest)
    for line in wrong[:20]:
        print("%s: %s" % (kind, line))
    if not wrong:
        print("%s: valid, %d files" % (kind, len(files)))
    return 1 if wrong else 0


sys.exit(main())
