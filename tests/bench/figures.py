#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times and peak memory of the whole path on manifests/debian-rdma.json.

    tests/bench/figures.py [RUNS]        needs root, build/ibbundle and the stub; default 5 runs

Each step is a whole process; the figures are the median and the range of its wall time, the median of
its CPU time and the largest resident set.  What is compared runs in pairs, one after the other:
extract against `cp -r` of the same tree, and install against `dpkg --install` of the same .debs,
batch by batch, in a copy of the same root.  "cold" means that the page cache was dropped before.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MANIFEST = os.path.join(TOP, "manifests/debian-rdma.json")
FACTS = os.path.join(TOP, "manifests/facts/hb120rs_v3.json")
IBBUNDLE = os.path.join(TOP, "build/ibbundle")
PACKAGE = "debian-12-amd64"


def drop_caches():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as f:
        f.write("3\n")


def measure(argv):
    """One run: wall seconds, CPU seconds, peak bytes."""
    start = time.monotonic()
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{argv}: exit status {child.returncode}\n{output.decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


class Table:
    def __init__(self):
        self.rows = {}

    def run(self, name, argv):
        self.rows.setdefault(name, []).append(measure(argv))

    def median(self, name):
        return statistics.median(r[0] for r in self.rows[name])

    def print(self):
        print(f"{'step':36} {'median s':>9} {'min':>8} {'max':>8} {'CPU s':>8} {'peak MB':>8}")
        for name, runs in self.rows.items():
            wall = [r[0] for r in runs]
            cpu = statistics.median(r[1] for r in runs)
            peak = max(r[2] for r in runs)
            print(f"{name:36} {self.median(name):9.3f} {min(wall):8.3f} {max(wall):8.3f}"
                  f" {cpu:8.3f} {peak / 1e6:8.1f}")


def root(work, name):
    path = os.path.join(work, name)
    shutil.rmtree(path, ignore_errors=True)
    subprocess.run([os.path.join(TOP, "tests/support/root.sh"), "bookworm", path], check=True)
    return path


def dpkg_batches(lock):
    """The same .debs in the same order, as a person would install them."""
    package = next(p for p in lock["packages"] if p["id"] == PACKAGE)
    batches = {}
    for deb in package["debs"]:
        d = lock["files"][deb["file"]]["deb"]
        name = f"{d['package']}_{d['version']}_{d['arch']}.deb".replace(":", "%3a")
        batches.setdefault(deb["batch"], []).append(name)
    return [batches[n] for n in sorted(batches)]


def compare_extract(table, bundle, work, runs):
    tree = os.path.join(work, "tree")
    subprocess.run([bundle, "extract", tree, "--package", PACKAGE], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for state in ("warm", "cold"):
        for i in range(runs):
            for name, argv in (("extract", [bundle, "extract", "OUT", "--package", PACKAGE]),
                               ("cp -r", ["cp", "-r", tree, "OUT"])):
                out = os.path.join(work, "out")
                shutil.rmtree(out, ignore_errors=True)
                if state == "cold":
                    drop_caches()
                table.run(f"{name}, {state}", [out if a == "OUT" else a for a in argv])


def compare_install(table, bundle, work, lock, runs):
    debs = os.path.join(work, "tree/debs")
    script = "set -e; cd /debs\n" + "\n".join(
        "dpkg --install " + " ".join(names) + " > /dev/null" for names in dpkg_batches(lock))
    install = ["unshare", "-n", bundle, "install", "--root", "ROOT", "--facts", FACTS]
    for i in range(runs):
        path = root(work, "root")
        argv = [path if a == "ROOT" else a for a in install]
        table.run("install", argv)
        table.run("install again", argv)
        path = root(work, "root")
        # installing is compared from a bundle on disk, so the packages get there first
        copy = ["cp", "-r", debs, os.path.join(path, "debs")]
        policy = os.path.join(path, "usr/sbin/policy-rc.d")  # as install does it: start nothing
        with open(policy, "w") as f:
            f.write("#!/bin/sh\nexit 101\n")
        os.chmod(policy, 0o755)
        table.run("dpkg --install (and cp)", ["sh", "-ec", " ".join(copy) + f"""
            unshare -n -m sh -ec 'mount -t proc proc {path}/proc
            exec env DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot {path} sh -c "$1"' sh "$1"
            """, "sh", script])
    shutil.rmtree(path)


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    work = tempfile.mkdtemp(prefix="ibbundle-bench-")
    table = Table()
    try:
        lock_path = os.path.join(work, "lock.json")
        bundle = os.path.join(work, "debian-rdma.run")
        subprocess.run([IBBUNDLE, "keygen", "-o", work, "--name", "bench"], check=True,
                       stdout=subprocess.DEVNULL)
        key = ["--key", os.path.join(work, "key.pem"), "--cert", os.path.join(work, "cert.pem")]
        with_lock = [MANIFEST, "--lock", lock_path]
        for i in range(runs + 1):  # the first fills the cache
            if i == 1:
                table.rows.clear()
            table.run("lock", [IBBUNDLE, "lock", *with_lock])
            table.run("fetch, warm", [IBBUNDLE, "fetch", *with_lock])
        for i in range(runs):
            table.run("build", [IBBUNDLE, "build", *with_lock, "--offline", *key, "-o", bundle])
            table.run("verify", [IBBUNDLE, "verify", bundle])
            table.run("verify, runtime", [bundle, "verify"])
            table.run("plan", [IBBUNDLE, "plan", bundle, "--facts", FACTS])
            table.run("plan, runtime", [bundle, "plan", "--facts", FACTS])
        with open(lock_path) as f:
            lock = json.load(f)
        compare_extract(table, bundle, work, runs)
        compare_install(table, bundle, work, lock, runs)
        table.print()
        size = os.path.getsize(bundle)
        total = sum(f["size"] for f in lock["files"])
        stub = os.path.getsize(os.path.join(TOP, "build/stub/linux-x86_64"))
        print(f"runtime {stub} bytes; bundle {size} bytes, {100 * size / total:.1f} % of the"
              f" {total} bytes of {len(lock['files'])} packages")
        for ours, theirs in (("extract, warm", "cp -r, warm"), ("extract, cold", "cp -r, cold"),
                             ("install", "dpkg --install (and cp)")):
            print(f"{ours} / {theirs}: {table.median(ours) / table.median(theirs):.2f}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
