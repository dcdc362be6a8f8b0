# SPDX-License-Identifier: MIT
"""Size, time and memory of packing: once per peer, corpus and form."""
import os
import shutil
import sys

import measure
import peers
import store

# what is kept of kernels, where each peer makes gigabytes and few rows use it
KEPT_OF_KERNELS = "7z-solid", "squashfs-zstd"
ROOM = 10 << 30


class Packing:
    """What @peer makes of @form of @corpus, below @directory."""

    def __init__(self, peer, corpus, form, directory):
        self.peer, self.corpus, self.form = peer, corpus, form
        self.name = f"{corpus.name}-{form}/{peer.name}"
        self.artifact = os.path.join(directory, "packed", corpus.name, form, peer.name)
        self.store = store.Store(os.path.join(directory, "results"))

    def key(self):
        return store.key(self.corpus.digest(self.form), self.peer.print_version(), self.peer.build)

    def result(self):
        return self.store.load(self.name, self.key())

    def values(self, **more):
        return {"A": self.artifact, "ALL": " ".join(sorted(self.corpus.sets())), **more}

    def keep(self):
        return self.corpus.name != "kernels" or self.peer.name in KEPT_OF_KERNELS

    def pack(self):
        """The result, and what was made where it is kept."""
        result = self.result()
        if result and (os.path.isdir(self.artifact) or not self.keep()):
            return result
        source = self.corpus.make(self.form)
        shutil.rmtree(self.artifact, ignore_errors=True)
        os.makedirs(self.artifact)
        if shutil.disk_usage(self.artifact).free < ROOM:
            sys.exit(f"{self.name}: less than {ROOM >> 30} GiB of room are left; what was measured is kept")
        figures = measure.run(self.peer.script("build", **self.values(IN=source)))
        size = peers.size_of(self.artifact)
        if not self.keep():
            shutil.rmtree(self.artifact)
        return self.store.save(self.name, self.key(), {
            **figures, "size": size,
            "raw": peers.size_of(source), "version": self.peer.print_version(),
            "cores": os.cpu_count(), "load": os.getloadavg()[1]})


def everything(corpora, forms, directory, peer_list, say):
    for corpus_name, form in forms:
        for peer in peer_list:
            p = Packing(peer, corpora[corpus_name], form, directory)
            result = p.pack()
            say(f"{p.name:32} {result['size'] / 1e6:8.1f} MB {result['cpu']:8.1f} CPU s"
                f" {result['peak'] / 1e6:7.0f} MB of memory")
