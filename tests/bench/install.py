# SPDX-License-Identifier: MIT
"""From a bundle on disk to installed packages, in copies of a root without a network.

Ours is one command.  A peer lays the original .deb files out in the root, and dpkg installs them there, batch by
batch in the same order, with services kept from starting as ours does.
"""
import os
import subprocess

import measure

SUITES = {"debian-11": "bullseye", "debian-12": "bookworm", "debian-13": "trixie"}


def fresh_root(top, package, path):
    suite = SUITES["-".join(package.split("-")[:2])]
    measure.remove(path)
    subprocess.run([os.path.join(top, "tests/support/root.sh"), suite, path], check=True)
    policy = os.path.join(path, "usr/sbin/policy-rc.d")
    with open(policy, "w") as f:
        f.write("#!/bin/sh\nexit 101\n")
    os.chmod(policy, 0o755)


def batches(lock, package):
    """Names of the .deb files, in the order in which they can be installed."""
    own = next(p for p in lock["packages"] if p["id"] == package)
    result = {}
    for deb in own["debs"]:
        name = lock["files"][deb["file"]]["name"].replace("%3a", ":")
        result.setdefault(deb["batch"], []).append(name)
    return [result[n] for n in sorted(result)]


def dpkg_script(root, lock, package, lay_out):
    """Lay out below ROOT/debs by @lay_out, which uses $TO, and install."""
    lines = "\n".join("dpkg --install " + " ".join(f"$(find . -name '{n}')" for n in names)
                      for names in batches(lock, package))
    return f"""
        TO={root}/debs; mkdir $TO
        ( {lay_out} )
        unshare -n -m bash -euc 'mount -t proc proc {root}/proc
        exec env DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot {root} sh -euc "$1"' sh "cd /debs
        {lines.replace('$', chr(92) + '$')}"
        """


def our_script(root, bundle, facts):
    return f"exec unshare -n {bundle} install --root {root} --facts {facts}"
