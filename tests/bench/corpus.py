# SPDX-License-Identifier: MIT
"""What is packed: Debian packages that a lock names, as they are and unpacked.

Peers get each different package once, in a directory for all packages of one set of variants
(s01, s02, ...), so that nobody pays for duplicates which a careful person would not pack, and a variant is a
list of directories.  Unpacked, each package is a directory as `dpkg-deb --raw-extract` makes it.
"""
import json
import os
import shutil
import subprocess

import store

CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "ibbundle")
# of a kernel, what the small corpus keeps
SMALL_KERNEL = "/kernel/drivers/infiniband/", "/kernel/drivers/net/ethernet/mellanox/"


def cached(cache, digest):
    return os.path.join(cache, "sha256", digest[:2], digest)


def is_kernel(file):
    return file["deb"]["package"].startswith("linux-image-")


def without(lock, keep):
    """A lock of those packages whose id @keep takes, and of their files."""
    packages = [p for p in lock["packages"] if keep(p["id"])]
    used = sorted({d["file"] for p in packages for d in p["debs"]})
    number = {old: new for new, old in enumerate(used)}
    return {**lock, "files": [lock["files"][i] for i in used], "packages": [
        {**p, "debs": [{**d, "file": number[d["file"]]} for d in p["debs"]]} for p in packages]}


def shrink(path, work):
    """A kernel's .deb with nothing but its InfiniBand modules."""
    tree = os.path.join(work, "kernel")
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(["dpkg-deb", "--raw-extract", path, tree], check=True)
    for folder, _, names in os.walk(tree):
        for name in names:
            full = os.path.join(folder, name)
            if "/DEBIAN/" not in full and not any(part in full for part in SMALL_KERNEL):
                os.remove(full)
    subprocess.run(["find", tree, "-depth", "-type", "d", "-empty", "-delete"], check=True)
    out = os.path.join(work, "kernel.deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, out], check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, "SOURCE_DATE_EPOCH": "1760000000"})
    shutil.rmtree(tree)
    return out


def shrunk(path, cache):
    """The same, kept in @cache by the digest of @path."""
    kept = os.path.join(cache, "shrunk", os.path.basename(path))
    if not os.path.exists(kept):
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        os.replace(shrink(path, cache), kept)
    return kept


class Corpus:
    """Packages of one lock: `lock`, `packed` and `unpacked` are paths below `directory`."""

    def __init__(self, name, directory, manifest, cache=CACHE):
        self.name, self.directory, self.manifest, self.cache = name, directory, manifest, cache
        self.lock_path = os.path.join(directory, name + ".lock.json")
        self.lock = None

    def write(self, lock):
        os.makedirs(self.directory, exist_ok=True)
        with open(self.lock_path, "w") as f:
            json.dump(lock, f, indent=1, sort_keys=True)
            f.write("\n")
        self.lock = lock
        return self

    def size(self):
        """Bytes of the packages of each system, its kernels' included: what systems share counts for each."""
        ids = [p["id"] for p in self.lock["packages"]]
        bases = [i for i in ids if not any(i.startswith(other + "-") for other in ids)]
        total = 0
        for base in bases:
            of_base = {d["file"] for p in self.lock["packages"]
                       if (p["id"] + "-").startswith(base + "-") for d in p["debs"]}
            total += sum(self.lock["files"][i]["size"] for i in of_base)
        return total

    def digest(self, form):
        files = [f"{name} {f['sha256']}" for name, members in sorted(self.sets().items())
                 for f in members]
        return store.key(form, *files)

    def sets(self):
        """Files by the set of variants that have them: {"s01": [file, ...]}."""
        users = {}
        for p in self.lock["packages"]:
            for d in p["debs"]:
                users.setdefault(d["file"], []).append(p["id"])
        names = {}
        for ids in users.values():
            names.setdefault(tuple(sorted(ids)), None)
        for i, ids in enumerate(sorted(names)):
            names[ids] = f"s{i + 1:02}"
        result = {}
        for file in sorted(users):
            result.setdefault(names[tuple(sorted(users[file]))], []).append(self.lock["files"][file])
        return result

    def sets_of(self, package):
        """The names of the sets that variant @package consists of."""
        own = next(p for p in self.lock["packages"] if p["id"] == package)
        digests = {self.lock["files"][d["file"]]["sha256"] for d in own["debs"]}
        return sorted(s for s, files in self.sets().items() if files[0]["sha256"] in digests)

    def make(self, form):
        """The directory to pack; made once."""
        path = os.path.join(self.directory, self.name, form)
        mark, wanted = path + ".made", self.digest(form)
        if os.path.exists(mark) and open(mark).read() == wanted:
            return path
        shutil.rmtree(path, ignore_errors=True)
        for name, files in self.sets().items():
            os.makedirs(os.path.join(path, name))
            for f in files:
                out = os.path.join(path, name, f["name"].replace("%3a", ":"))
                if form == "packed":
                    shutil.copyfile(cached(self.cache, f["sha256"]), out)
                else:
                    subprocess.run(["dpkg-deb", "--raw-extract", cached(self.cache, f["sha256"]),
                                    out.removesuffix(".deb")], check=True)
        with open(mark, "w") as f:
            f.write(wanted)
        return path


def lock_of(ibbundle, manifest, directory):
    """The lock of a manifest, resolved and fetched once."""
    path = os.path.join(directory, os.path.basename(manifest).replace(".json", ".lock.json"))
    os.makedirs(directory, exist_ok=True)
    if not os.path.exists(path):
        subprocess.run([ibbundle, "lock", manifest, "--lock", path], check=True)
    subprocess.run([ibbundle, "fetch", manifest, "--lock", path], check=True,
                   stdout=subprocess.DEVNULL)
    with open(path) as f:
        return json.load(f)


def small_lock(lock, release, cache):
    """One release, one processor, its two kernels without what is not InfiniBand."""
    lock = without(lock, lambda p: p.startswith(release))
    for i, f in enumerate(lock["files"]):
        source = cached(CACHE, f["sha256"])
        if is_kernel(f):
            source = shrunk(source, cache)
            f = lock["files"][i] = {**f, "sha256": store.digest_of(source),
                                    "size": os.path.getsize(source)}
        target = cached(cache, f["sha256"])
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
    return lock


def load(ibbundle, top, directory, small):
    """Both corpora: {"stack": ..., "kernels": ...}."""
    result = {}
    for name, manifest, keep, small_release in (
            ("stack", "debian-rdma.json", ("debian-12-", "debian-13-"), "debian-12-amd64"),
            ("kernels", "debian-rdma-kernels.json", ("debian-",), "debian-13-amd64")):
        manifest = os.path.join(top, "manifests", manifest)
        lock = lock_of(ibbundle, manifest, os.path.dirname(directory))
        cache = CACHE
        if small:
            cache = os.path.join(directory, "cache")
            lock = small_lock(lock, small_release, cache)
        else:
            lock = without(lock, lambda p, keep=keep: p.startswith(keep))
        result[name] = Corpus(name, directory, manifest, cache).write(lock)
    return result
