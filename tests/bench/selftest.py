#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What of the bench can be wrong without anybody noticing: medians, keys, sets, rows, table and chart.

Prints what they make of figures that were thought up; tests/cli/bench.out is what is expected.
"""
import os
import sys
import tempfile
import xml.etree.ElementTree

import chart
import corpus
import measure
import rows
import store
import table
import timing


def run_of(wall, cpu=None, peak=8e6, disk=1e6):
    return {"wall": wall, "cpu": wall if cpu is None else cpu, "peak": peak, "disk": disk, "calls": 2e6, "runs": 5}


def packed(size, cpu, given=100e6):
    return {"size": size, "given": given, "cpu": cpu, "wall": 2 * cpu, "peak": 50e6, "load": 1.0,
            "version": "x 1"}


def same(what, got, want):
    print(f"{'ok    ' if got == want else 'FAILED'} {what}" + ("" if got == want else f": {got}, not {want}"))


def lock():
    """Two variants that share file 1, and one that has a kernel besides."""
    files = [{"name": f"{n}_1_all.deb", "sha256": str(i) * 64, "size": 10 ** i, "deb": {"package": n}}
             for i, n in enumerate(("left", "both", "right", "linux-image-6.1"))]
    return {"files": files, "packages": [
        {"id": "a", "debs": [{"file": 0, "batch": 0}, {"file": 1, "batch": 1}]},
        {"id": "b", "debs": [{"file": 1, "batch": 0}, {"file": 2, "batch": 0}]},
        {"id": "b-6.1", "debs": [{"file": 1, "batch": 0}, {"file": 2, "batch": 0}, {"file": 3, "batch": 0}]}]}


def check_corpus(directory):
    c = corpus.Corpus("c", directory, "m.json").write(lock())
    names = {s: [f["name"].split("_")[0] for f in files] for s, files in c.sets().items()}
    same("each file is in the set of who has it", names,
         {"s01": ["left"], "s02": ["both"], "s03": ["right"], "s04": ["linux-image-6.1"]})
    same("a variant is its sets", c.sets_of("b-6.1"), ["s02", "s03", "s04"])
    part = corpus.without(lock(), lambda p: p == "b")
    same("a part of a lock has its files, renumbered",
         ([f["sha256"][0] for f in part["files"]], part["packages"][0]["debs"]),
         (["1", "2"], [{"file": 0, "batch": 0}, {"file": 1, "batch": 0}]))
    same("bytes are those of each system's packages, kernels included", c.size(), 1121)
    same("another form is another input", c.digest("packed") == c.digest("unpacked"), False)


def check_store(directory):
    kept = store.Store(directory)
    kept.save("x/y", store.key("a", "b"), {"size": 1})
    same("a result is found by its key", kept.load("x/y", store.key("a", "b"))["size"], 1)
    same("with another key there is none", kept.load("x/y", store.key("ab")), None)
    same("nor of another name", kept.load("x/z"), None)


def check_measure():
    three = [run_of(3.0), run_of(1.0, disk=None), run_of(20.0)]
    middle = measure.median(three)
    same("the median is not the mean", (middle["wall"], middle["wall_min"], middle["wall_max"]), (3.0, 1.0, 20.0))
    same("what was not measured does not count", middle["disk"], 1e6)
    rounds = [{"p": {"one-warm": run_of(w)}} for w in (5.0, 1.0, 2.0)]
    same("medians are by operation", timing.medians(rounds)["p"]["one-warm"]["wall"], 2.0)


def measured():
    """Rows that hit, that miss, and that lack something."""
    one = {"ibbundle": {"one-warm": run_of(1.0, 0.9, 30e6), "one-cold": run_of(2.0), "list-cold": run_of(0.01),
                        "plan-cold": run_of(0.06), "all-warm": run_of(4.0)},
           "cp -r, ours": {"one-warm": run_of(0.9), "one-cold": run_of(1.0)},
           "cp -r, unpacked": {"one-warm": run_of(0.1), "one-cold": run_of(0.1)},
           "7z-solid": {"one-warm": run_of(3.0, 4.5, 250e6), "one-cold": run_of(3.5), "list-cold": run_of(0.02)}}
    kernels = {"ibbundle": {"one-warm": run_of(11.0), "verify-warm": run_of(1.0)},
               "ibbundle, 1 core": {"one-warm": run_of(21.0)}, "sha256sum": {"verify-warm": run_of(0.5)}}
    return {"packing": {"stack-packed": {"7z-solid": packed(85e6, 30), "tar-zstd": packed(86e6, 9)},
                        "stack-unpacked": {"7z-solid": packed(60e6, 70), "squashfs-xz": packed(90e6, 60)},
                        "kernels-packed": {"7z-solid": packed(80e6, 30)}},
            "ours": {"stack": {**packed(65e6, 75), "again": run_of(40.0)}, "kernels": packed(57e6, 75)},
            "timing": {"stack-unpacked": one, "kernels-packed": kernels},
            "delta": {"debian-13-amd64": {"added": 100e6, "sizes": {
                "ibbundle": 14e6, "ibbundle --recompress-gain 15": 13e6, "xdelta3": 30e6}}},
            "install": {"ibbundle": run_of(9.0), "cp and dpkg": run_of(10.0)},
            "cores": 2, "read_ahead": "128 KiB", "load": "1 to 2", "machine": "a machine", "versions": ["x 1"]}


def main():
    with tempfile.TemporaryDirectory() as directory:
        check_corpus(directory)
        check_store(os.path.join(directory, "results"))
    check_measure()
    data = measured()
    result = rows.all_rows(data)
    print(table.report(data, result))
    nothing = {**data, **{k: {} for k in ("packing", "ours", "timing", "delta", "install")}}
    same("without measurements no row says hit or missed",
         {r["state"] for r in rows.all_rows(nothing)}, {"-"})
    svg = chart.draw("a & b", chart.panels_of(data))
    root = xml.etree.ElementTree.fromstring(svg)
    bars = [e for e in root.iter() if e.tag.endswith("rect") and e.get("class") != "page"]
    widths = [float(b.get("width")) for b in bars]
    print(f"chart: {len(bars)} bars, {sum(b.get('class') == 'ours' for b in bars)} of ours,"
          f" {min(widths):.0f} to {max(widths):.0f} wide")
    same("an empty chart is one", chart.draw("x", chart.panels_of(nothing)).count("rect class"), 1)


if __name__ == "__main__":
    sys.exit(main())
