# SPDX-License-Identifier: MIT
"""Our bundles, as one more peer: built at default settings, all rows from the same file."""
import os
import shutil
import subprocess

import measure
import peers
import store

NAME = "ibbundle"


class Ours:
    def __init__(self, top, directory):
        self.ibbundle = os.path.join(top, "build/ibbundle")
        self.stub = os.path.join(top, "build/stub/linux-x86_64")
        self.directory = os.path.join(directory, "ours")
        self.store = store.Store(os.path.join(directory, "results"))
        self.programs = store.digest_of(self.ibbundle) + store.digest_of(self.stub)
        self.key_options = f"--key {self.directory}/key.pem --cert {self.directory}/cert.pem"
        os.makedirs(self.directory, exist_ok=True)
        if not os.path.exists(os.path.join(self.directory, "key.pem")):
            subprocess.run([self.ibbundle, "keygen", "-o", self.directory, "--name", "bench"],
                           check=True, stdout=subprocess.DEVNULL)

    def path(self, corpus):
        return os.path.join(self.directory, corpus.name + ".run")

    def key(self, corpus):
        return store.key(self.programs, corpus.digest("packed"))

    def line(self, corpus, options=""):
        return (f"exec {self.ibbundle} build {corpus.manifest} --lock {corpus.lock_path}"
                f" --cache {corpus.cache} --offline {self.key_options} --stub {self.stub} {options}"
                f" -o {self.path(corpus)}")

    def version(self):
        out = subprocess.run([self.ibbundle, "--version"], capture_output=True, text=True)
        return out.stdout.strip().splitlines()[0]

    def result(self, corpus):
        return self.store.load(f"{corpus.name}/{NAME}", self.key(corpus))

    def build(self, corpus):
        """Build, the stack from scratch (trying every recipe) and once more with what is known then.

        Kernels with what is known: trying theirs takes half an hour more.
        """
        result = self.result(corpus)
        if result and os.path.exists(self.path(corpus)):
            return result
        anew = corpus.name == "stack"
        figures = measure.run(self.line(corpus, "--prove" if anew else ""))
        if anew:
            figures["again"] = measure.run(self.line(corpus))
        return self.store.save(f"{corpus.name}/{NAME}", self.key(corpus), {
            **figures, "size": os.path.getsize(self.path(corpus)),
            "version": self.version(), "cores": os.cpu_count(), "load": os.getloadavg()[1]})

    def peer(self, corpus, package, facts):
        """Operations in the words of peers.py, for the bundle of @corpus and its variant @package."""
        bundle = self.path(corpus)
        each = " ".join(p["id"] for p in corpus.lock["packages"])
        return peers.Peer(
            NAME, "", build=self.line(corpus),
            list=f"exec {bundle} list", verify=f"exec {bundle} verify",
            one=f"exec {bundle} extract $TO/x --package {package}",
            all=f"for p in {each}; do {bundle} extract $TO/$p --package $p; done"), \
            f"exec {bundle} plan --facts {facts}"

    def tree(self, corpus, package):
        """What @package is laid out as, for cp -r; made once for each bundle."""
        path = os.path.join(self.directory, corpus.name + ".tree")
        shutil.rmtree(path, ignore_errors=True)
        subprocess.run([self.path(corpus), "extract", path, "--package", package], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return path
