#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measure bundles against other packers, row for row of the targets.

    tests/bench/bench.py [STEP...]       needs root, build/ibbundle and the stub; see `make bench`

    pack      size, time and memory of packing, once per peer; kept in build/bench/, with the corpora
    ours      build of our bundles, the stack's with nothing remembered of earlier ones, and again
    time      list, verify, lay out: all peers in turn, five times
    delta     what to carry for a kernel's next release
    install   bundle to installed, against the original files and dpkg
    report    the table and the chart in bundles/bench/, of whatever was measured

Without STEP all of them.  What was measured is kept, and measured again only when input, peer or our
programs changed; `BENCH_RUNS=N` sets how often the paired steps run.  BENCH_CORPUS=small takes one release, one
processor, and the InfiniBand modules of its two kernels: a try of minutes.  BENCH_ONLY=PEER,... is for these
peers only, BENCH_FORMS=stack-packed,... for these inputs.
"""
import json
import os
import sys

import chart
import corpus
import delta
import install
import measure
import ours
import packing
import peers
import rows
import store
import table
import timing

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FACTS = os.path.join(TOP, "manifests/facts/hb120rs_v3.json")
STACK = "debian-12-amd64"  # the variant that is laid out, and the machine that FACTS is of
KERNEL = "debian-13-amd64"  # its kernels have .ko.xz
# kernels unpacked are gigabytes for every peer, so they come last
FORMS = ("stack", "packed"), ("stack", "unpacked"), ("kernels", "packed"), ("kernels", "unpacked")
INSTALLERS = "squashfs-zstd", "7z-solid", "tar-zstd", "casync", "makeself-gzip"


def say(text):
    print(text, flush=True)


def machine():
    with open("/proc/cpuinfo") as f:
        names = [line.split(":")[1].strip() for line in f if line.startswith("model name")]
    return f"{names[0] if names else 'unknown processor'}, Linux {os.uname().release}"


def read_ahead(path):
    """What the device of @path reads beyond what was asked for."""
    device = os.stat(path).st_dev
    try:
        with open(f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb") as f:
            return f"{f.read().strip()} KiB"
    except OSError:
        return "unknown amount"


class Bench:
    def __init__(self):
        self.small = os.environ.get("BENCH_CORPUS", "full") == "small"
        self.runs = int(os.environ.get("BENCH_RUNS", "5"))
        self.directory = os.path.join(TOP, "build/bench", "small" if self.small else "full")
        self.work = os.path.join(self.directory, "work")
        os.makedirs(self.work, exist_ok=True)
        self.results = store.Store(os.path.join(self.directory, "results"))
        ibbundle = os.path.join(TOP, "build/ibbundle")
        self.corpora = corpus.load(ibbundle, TOP, self.directory, self.small)
        self.ours_of = ours.Ours(TOP, self.directory)
        only, forms = (os.environ.get(n) for n in ("BENCH_ONLY", "BENCH_FORMS"))
        self.peers = [p for p in peers.PEERS if not only or p.name in only.split(",")]
        self.forms = [f for f in FORMS if not forms or "-".join(f) in forms.split(",")]

    def variant(self, name):
        """The package of a corpus that is laid out: of kernels the newest."""
        return STACK if name == "stack" else delta.kernels_of(self.corpora[name].lock, KERNEL)[-1]

    def pack(self):
        packing.everything(self.corpora, self.forms, self.directory, self.peers, say)

    def ours(self):
        for c in self.corpora.values():
            result = self.ours_of.build(c)
            again = f"; again {result['again']['cpu']:.1f} CPU s" if "again" in result else ""
            say(f"{c.name:32} {result['size'] / 1e6:8.1f} MB {result['cpu']:8.1f} CPU s{again}")

    def packings(self, name, form):
        """What was packed of it and is there."""
        all_of = (packing.Packing(p, self.corpora[name], form, self.directory) for p in self.peers)
        return [p for p in all_of if p.result() and os.path.isdir(p.artifact)]

    def lines(self, name, form):
        c, package = self.corpora[name], self.variant(name)
        bundle = self.ours_of.path(c)
        peer, plan = self.ours_of.peer(c, package, FACTS)
        yield from timing.lines_of(peer, {})
        yield ours.NAME, "plan-warm", plan
        yield ours.NAME, "plan-cold", plan
        source = c.make(form)
        trees = {"cp -r, ours": [self.ours_of.tree(c, package)],
                 f"cp -r, {form}": [os.path.join(source, s) for s in c.sets_of(package)]}
        yield from timing.reference_lines(bundle, trees)
        if name == "kernels":
            yield "ibbundle, 1 core", "one-warm", f"exec taskset -c 0 {bundle} extract $TO/x --package {package}"
        for p in self.packings(name, form):
            yield from timing.lines_of(p.peer, p.values(SETS=" ".join(c.sets_of(package))))

    def time(self):
        for name, form in self.forms:
            lines = list(self.lines(name, form))
            if name == "kernels":  # minutes each, and no row asks for it
                lines = [line for line in lines if line[1] != "all-warm"]
            timing.rounds(self.results, f"{name}-{form}/timing", lines, self.ours_of.programs, self.work,
                          self.runs, say)

    def delta(self):
        for base in sorted({KERNEL} if self.small else {STACK, KERNEL}):
            d = delta.Delta(self.ours_of, self.corpora["kernels"], base, self.directory, base == KERNEL)
            result = d.measure(self.results)
            for name, size in result["sizes"].items():
                say(f"{base} {name:32} {size / 1e6:8.2f} MB of {result['added'] / 1e6:.1f} MB")

    def install_scripts(self, root):
        c = self.corpora["stack"]
        debs = c.make("packed")
        copy = " ".join(f"{debs}/{s}" for s in c.sets_of(STACK))
        yield ours.NAME, install.our_script(root, self.ours_of.path(c), FACTS)
        yield "cp and dpkg", install.dpkg_script(root, c.lock, STACK, f"cp -r {copy} $TO")
        for p in self.packings("stack", "packed"):
            if p.peer.name in INSTALLERS:
                lay_out = p.peer.script("one", **p.values(SETS=" ".join(c.sets_of(STACK))))
                yield p.peer.name, install.dpkg_script(root, c.lock, STACK, lay_out)

    def install(self):
        root = os.path.join(self.work, "root")
        scripts = list(self.install_scripts(root))
        wanted = store.key(self.ours_of.programs, *(part for s in scripts for part in s))
        done = (self.results.load("install", wanted) or {"rounds": []})["rounds"]
        while len(done) < self.runs:
            result = {}
            for name, script in scripts:
                install.fresh_root(TOP, STACK, root)
                result[name] = {"install": measure.run(script)}
            done.append(result)
            self.results.save("install", wanted, {"rounds": done})
            say(f"install: round {len(done)} of {self.runs}")
        measure.remove(root)

    def measured(self):
        """All there is, for rows.py, table.py and chart.py; of older programs where that is all."""
        load = self.results.load
        data = {"packing": {}, "ours": {}, "timing": {}, "delta": {}, "install": {}, "load": "unknown",
                "machine": machine(), "cores": os.cpu_count(), "read_ahead": read_ahead(self.directory),
                "versions": []}
        versions, loads = set(), []
        for name, form in FORMS:
            where = f"{name}-{form}"
            found = {p.name: load(f"{where}/{p.name}") for p in peers.PEERS}
            given = self.corpora[name].size()
            data["packing"][where] = {n: {**r, "given": given} for n, r in found.items() if r}
            versions |= {r["version"] for r in found.values() if r}
            loads += [r["load"] for r in found.values() if r]
            times = load(f"{where}/timing")
            if times:
                data["timing"][where] = timing.medians(times["rounds"])
                loads.append(times["load"])
        for name in self.corpora:
            result = load(f"{name}/{ours.NAME}")
            if result:
                data["ours"][name] = {**result, "given": self.corpora[name].size()}
                versions.add(f"{ours.NAME} {result['version']}")
        for base in (STACK, KERNEL):
            result = load(f"delta/{base}")
            if result:
                data["delta"][base] = result
        times = load("install")
        if times:
            data["install"] = {n: o["install"] for n, o in timing.medians(times["rounds"]).items()}
        data["versions"] = sorted(versions)
        if loads:
            data["load"] = f"{min(loads):.0f} to {max(loads):.0f}"
        return data

    def report(self):
        data = self.measured()
        result = rows.all_rows(data)
        out = os.path.join(TOP, "bundles/bench")
        os.makedirs(out, exist_ok=True)
        for name, text in (
                ("results.md", table.report(data, result)),
                ("results.json", json.dumps({"rows": result, **data}, indent=1, sort_keys=True) + "\n"),
                ("chart.svg", chart.draw("ibbundle and other packers", chart.panels_of(data)))):
            with open(os.path.join(out, name), "w") as f:
                f.write(text)
        for r in result:
            say(f"{r['state']:6} {r['row']}: {r['ours']}; target {r['target']}; best peer {r['peer']}")
        say("bundles/bench/: results.md, results.json, chart.svg")


STEPS = "pack", "ours", "time", "delta", "install", "report"


def main():
    steps = sys.argv[1:] or STEPS
    if not set(steps) <= set(STEPS):
        sys.exit(__doc__)
    bench = Bench()
    for step in steps:
        say(f"== {step}")
        getattr(bench, step)()


if __name__ == "__main__":
    main()
