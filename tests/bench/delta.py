# SPDX-License-Identifier: MIT
"""What to carry when a kernel's next release comes: from {stack, kernel} to {stack, kernel, next kernel}.

Percent are of the bytes of the packages that are new.  Ours is the slice that `join` makes the new bundle of;
casync's are the chunks and the index that its store lacks; zstd and xdelta3 get the new packages as a tar with
the old ones as what they know, both as they are and unpacked.
"""
import filecmp
import os
import shutil
import subprocess

import corpus
import measure
import peers
import store

# also unpacks the modules of a kernel that is alone, as the first of a release is
NESTED_OPTIONS = "--recompress-gain 15"


def kernels_of(lock, base):
    """The ids of @base's kernels, oldest first."""
    return [p["id"] for p in lock["packages"] if p["id"].startswith(base + "-")]


class Delta:
    def __init__(self, ours, kernels, base, directory, nested):
        """@nested: the kernels of @base have .ko.xz."""
        self.ours, self.base = ours, base
        self.options = ("", NESTED_OPTIONS) if nested else ("",)
        self.work = os.path.join(directory, "delta", base)
        first, *_, self.last = kernels_of(kernels.lock, base)
        old = corpus.without(kernels.lock, lambda p: p in (base, first))
        new = corpus.without(kernels.lock, lambda p: p in (base, first, self.last))
        self.old, self.new = (
            corpus.Corpus(name, self.work, kernels.manifest, kernels.cache).write(lock)
            for name, lock in (("old", old), ("new", new)))
        known = {f["sha256"] for f in old["files"]}
        self.added = [f for f in new["files"] if f["sha256"] not in known]
        self.added_size = sum(f["size"] for f in self.added)

    def key(self):
        return store.key(self.ours.programs, self.old.digest("delta"), self.new.digest("delta"))

    def bundle(self, which, options):
        path = os.path.join(self.work, which.name + ".ibb")
        line = self.ours.line(which, options).replace(f"-o {self.ours.path(which)}", f"-o {path}")
        measure.run(line)
        return path

    def our_size(self, options):
        old, new = (self.bundle(which, options) for which in (self.old, self.new))
        part, joined = (os.path.join(self.work, n) for n in ("part.ibb", "joined.ibb"))
        for argv in (["slice", new, "-o", part, "--without", old], ["join", old, part, "-o", joined]):
            subprocess.run([self.ours.ibbundle, *argv], check=True, stdout=subprocess.DEVNULL)
        if not filecmp.cmp(new, joined, shallow=False):
            raise SystemExit(f"{self.base}: what was joined is not the new bundle")
        return os.path.getsize(part)

    def trees(self, form):
        """The old packages, and those that are new, as directories."""
        old = self.old.make(form)
        added = os.path.join(self.work, "added", form)
        shutil.rmtree(added, ignore_errors=True)
        os.makedirs(added)
        for f in self.added:
            source = corpus.cached(self.new.cache, f["sha256"])
            if form == "packed":
                shutil.copyfile(source, os.path.join(added, f["name"]))
            else:
                subprocess.run(["dpkg-deb", "--raw-extract", source,
                                os.path.join(added, f["name"].removesuffix(".deb"))], check=True)
        return old, added

    def peer_sizes(self, form):
        old, added = self.trees(form)
        old_tar, new_tar, out = (os.path.join(self.work, n) for n in ("old.tar", "new.tar", "out"))
        for tree, tar in ((old, old_tar), (added, new_tar)):
            measure.run(f"tar --sort=name -C {tree} -cf {tar} .")
        sizes = {}
        for name, line in (
                ("zstd --patch-from", f"zstd -q -f -19 --long=31 --patch-from={old_tar} {new_tar} -o {out}"),
                ("xdelta3", f"xdelta3 -q -f -e -9 -B $((1 << 30)) -s {old_tar} {new_tar} {out}")):
            measure.run(line)
            sizes[f"{name}, {form}"] = os.path.getsize(out)
        castr = os.path.join(self.work, "castr")
        shutil.rmtree(castr, ignore_errors=True)
        make = f"casync make --with=unix --store={castr} {self.work}"
        measure.run(f"{make}/old.caidx {old}")
        before = peers.size_of(castr)
        measure.run(f"{make}/new.caidx {added}")
        sizes[f"casync, {form}"] = (peers.size_of(castr) - before
                                    + os.path.getsize(os.path.join(self.work, "new.caidx")))
        for path in (old_tar, new_tar, out):
            os.remove(path)
        return sizes

    def measure(self, results):
        """{"added": bytes, "sizes": {name: bytes}}; what peers need is kept when ours changes."""
        name = f"delta/{self.base}"
        peer_key = store.key(self.old.digest("delta"), self.new.digest("delta"))
        sizes = (results.load(name + "-peers", peer_key) or {}).get("sizes")
        if not sizes:
            sizes = {**self.peer_sizes("packed"), **self.peer_sizes("unpacked")}
            results.save(name + "-peers", peer_key, {"sizes": sizes})
        done = results.load(name, self.key())
        return done or results.save(name, self.key(), {
            "added": self.added_size,
            "sizes": {**{f"ibbundle {o}".rstrip(): self.our_size(o) for o in self.options}, **sizes}})
