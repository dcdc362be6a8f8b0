# SPDX-License-Identifier: MIT
"""The results as Markdown: the targets first, then all that was measured."""
import timing

CAPTION = """\
Machine: {machine}, {cores} cores. Others worked on these cores, too (load {load}): wall times are up to that
much too long, and **CPU seconds, bytes and ratios of the same round are what to compare**. Packing was run once
per peer, the other operations in turn, all peers in each round; figures are medians. Memory is the peak of the
largest process. Ours has laid out when it is on the disk, the others do not wait for that. "Read" is what came
from the disk after the page cache was dropped, with the {read_ahead} that it reads ahead, programs and
libraries included, but for the C library. Peers with packages get each different package once, and unpacked
ones get the files of each package in a directory; unpacking is not in their times, nor is resolving and
downloading in ours. Our build of the stack is one that knows of no earlier one (`--prove`). Laying out
everything writes what variants share once per variant with ours, and once with the peers. Percent are of the
bytes of each system's packages, those that two systems share counted for both.
"""


def markdown(head, rows):
    widths = [max(len(str(r[i])) for r in [head, *rows]) for i in range(len(head))]

    def line(cells):
        return "| " + " | ".join(str(c).ljust(w) for c, w in zip(cells, widths)) + " |"

    return "\n".join([line(head), line(["-" * w for w in widths]), *map(line, rows)]) + "\n"


def number(value, scale=1, digits=2):
    return "-" if value is None else f"{value / scale:.{digits}f}"


def packing_cells(figures):
    given = figures["given"]
    return [number(figures["size"], 1e6, 1), number(100 * figures["size"], given, 1),
            number(figures["cpu"], 1, 1), number(figures["wall"], 1, 1), number(figures["peak"], 1e6, 0)]


def packing_table(ours, peers):
    head = ["peer", "MB", "% of the packages", "build CPU s", "build s", "build memory MB"]
    named = {**({"ibbundle": ours} if ours else {}), **peers}
    return markdown(head, [[n, *packing_cells(named[n])] for n in sorted(named, key=lambda n: named[n]["size"])])


def timing_table(peers):
    head = ["peer"]
    columns = []
    for operation in (*timing.OPERATIONS, "plan"):
        states = ("warm",) if operation == "all" else ("warm", "cold")
        for state in states:
            head.append(f"{operation} {state} s")
            columns.append((f"{operation}-{state}", "wall", 1, 3))
        head += [f"{operation} CPU s", f"{operation} memory MB"]
        columns += [(f"{operation}-warm", "cpu", 1, 3), (f"{operation}-warm", "peak", 1e6, 0)]
        if operation != "all":
            head.append(f"{operation} read MB")
            columns.append((f"{operation}-cold", "disk", 1e6, 1))
    return markdown(head, [[n] + [number(o.get(key, {}).get(field), scale, digits)
                                  for key, field, scale, digits in columns]
                           for n, o in sorted(peers.items())])


def rounds(of_each):
    """How often the operations of one table were run."""
    return max(figures["runs"] for o in of_each for figures in o.values())


def report(data, rows):
    parts = ["# Measured against other packers\n", CAPTION.format(**data),
             markdown(["", "target", "ours", "best peer", ""],
                      [[r["row"], r["target"], r["ours"], r["peer"], r["state"]] for r in rows])]
    for where, peers in data["packing"].items():
        corpus = where.split("-")[0]
        parts += [f"## Packing: {where.replace('-', ', ')}\n",
                  packing_table(data["ours"].get(corpus), peers)]
    for where, peers in data["timing"].items():
        parts += [f"## Using: {where.replace('-', ', ')} (rounds: {rounds(peers.values())})\n", timing_table(peers)]
    for base, m in sorted(data["delta"].items()):
        parts += [f"## Delta: {base}\n", markdown(
            ["", "MB", "% of the new packages"],
            [[n, number(s, 1e6, 2), number(100 * s, m["added"], 1)]
             for n, s in sorted(m["sizes"].items(), key=lambda x: x[1])])]
    if data["install"]:
        parts += [f"## From bundle to installed (rounds: {rounds([data['install']])})\n", markdown(
            ["", "s", "CPU s", "memory MB"],
            [[n, number(r["wall"]), number(r["cpu"]), number(r["peak"], 1e6, 0)]
             for n, r in sorted(data["install"].items(), key=lambda x: x[1]["wall"])])]
    parts += ["## Versions\n", "\n".join(f"- {v}" for v in data["versions"]) + "\n"]
    return "\n".join(parts)
