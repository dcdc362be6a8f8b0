# SPDX-License-Identifier: MIT
"""Listing, checking and laying out, in turn, so that a busy minute of the machine hits all alike.

One round is every operation of every peer once; each round is kept when it is done.  A line is
NAME OPERATION SCRIPT; its SCRIPT has TO, an empty directory.  What was laid out stays until the round is over.
"""
import os

import measure
import store

OPERATIONS = "list", "verify", "one", "all"


def lines_of(peer, values):
    """One warm and cold run of each operation, but laying out everything, which is warm."""
    for operation in OPERATIONS:
        if getattr(peer, operation) is None:
            continue
        script = peer.script(operation, **values)
        yield peer.name, f"{operation}-warm", script
        if operation != "all":
            yield peer.name, f"{operation}-cold", script


def reference_lines(bundle, trees):
    """What there is to compare with: copying what is laid out, and digests of the bundle on all cores."""
    for name, of in trees.items():
        for state in ("warm", "cold"):
            yield name, f"one-{state}", f"exec cp -r {' '.join(of)} $TO"
    cores = os.cpu_count()
    part = -(-os.path.getsize(bundle) // cores)
    parts = "\n".join(f"tail -c +{1 + i * part} {bundle} | head -c {part} | sha256sum &"
                      for i in range(cores))
    for state in ("warm", "cold"):
        yield "sha256sum", f"verify-{state}", parts + "\nwait"


def measure_round(lines, work):
    result = {}
    base = os.path.join(work, "to")
    measure.remove(base)
    for i, (name, operation, script) in enumerate(lines):
        cold = operation.endswith("-cold")
        if cold and os.geteuid() != 0:
            continue
        to = os.path.join(base, str(i))
        os.makedirs(to)
        result.setdefault(name, {})[operation] = measure.run(f"TO='{to}'\n{script}", cold)
    measure.remove(base)
    return result


def rounds(results, name, lines, programs, work, runs, say):
    """@runs rounds in all, those of an earlier try with the same @programs included."""
    # an operation of all peers, then the next one: those that only read, one variant, everything
    lines = sorted(lines, key=lambda l: (l[1].startswith("all"), l[1].startswith("one"), l[1]))
    wanted = store.key(programs, *(part for line in lines for part in line))
    done = (results.load(name, wanted) or {"rounds": []})["rounds"]
    while len(done) < runs:
        done.append(measure_round(lines, work))
        results.save(name, wanted, {"rounds": done, "load": os.getloadavg()[1]})
        say(f"{name}: round {len(done)} of {runs}")
    return medians(done)


def medians(done):
    """{peer: {operation: median figures}} of some rounds."""
    result = {}
    for name in done[0]:
        for operation in done[0][name]:
            result.setdefault(name, {})[operation] = measure.median(
                [r[name][operation] for r in done if operation in r.get(name, {})])
    return result
