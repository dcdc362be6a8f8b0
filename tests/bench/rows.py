# SPDX-License-Identifier: MIT
"""The targets, row by row: what was asked for, what we have, the best peer of the same run.

All that is read here is a dict of measurements:

    packing   {"stack-packed": {peer: {size, given, cpu, wall, peak}}}, and the other corpora and forms
    ours      {"stack": {size, given, cpu, wall, peak}, "kernels": ...}
    timing    {"stack-unpacked": {peer: {"one-cold": {wall, cpu, peak, disk, calls}}}, ...}
    delta     {base: {"added": bytes, "sizes": {name: bytes}}}
    install   {peer: {wall, cpu, peak}}

Each may lack anything: such a row says "not measured".
"""
OURS = "ibbundle"
MIB = 1 << 20
# rows whose limit is another figure of the same noisy run
TOLERANCE = 1.05
CORES = 44, 120


def best(candidates, value):
    """(name, value) of the smallest, or (None, None)."""
    known = {n: value(c) for n, c in candidates.items() if c}
    if not known:
        return None, None
    name = min(known, key=known.get)
    return name, known[name]


def row(name, target, ours=None, peer=None, hit=None):
    """@hit: True, False, or None where there is nothing to compare."""
    return {"row": name, "target": target, "ours": ours or "not measured", "peer": peer or "-",
            "state": {True: "hit", False: "missed", None: "-"}[hit]}


def percent(part, whole):
    return 100 * part / whole


def seconds(x):
    return f"{x * 1000:.0f} ms" if x < 1 else f"{x:.2f} s"


def megabytes(x):
    return f"{x / 1e6:.1f} MB"


def size_row(data, corpus, text, limit, below):
    """@limit: percent of the packages' bytes; @below: share of the smallest peer that is given them."""
    target = f"≤ {limit} % of the packages" + (f", ≤ {100 * below:.0f} % of the smallest peer" if below else "")
    ours = data["ours"].get(corpus)
    if not ours:
        return row(text, target)
    share = percent(ours["size"], ours["given"])
    name, size = best(data["packing"].get(f"{corpus}-packed", {}), lambda p: p["size"])
    hit, peer = share <= limit, None
    if name:
        peer = f"{name} {percent(size, ours['given']):.1f} % ({megabytes(size)})"
        hit = hit and (not below or ours["size"] <= below * size)
    opened, size = best(data["packing"].get(f"{corpus}-unpacked", {}), lambda p: p["size"])
    if opened:
        peer = (peer or "") + f"; of unpacked files {opened} {percent(size, ours['given']):.1f} %"
    return row(text, target, f"{share:.1f} % ({megabytes(ours['size'])})", peer, hit)


def operations(data, where, operation):
    return {n: o.get(operation) for n, o in data["timing"].get(where, {}).items()}


def lay_out_cost(data):
    name, target = "lay out one variant of the stack", "≤ 1 CPU s, ≤ 64 MiB"
    runs = operations(data, "stack-unpacked", "one-warm")
    ours = runs.get(OURS)
    if not ours:
        return row(name, target)
    small = runs.get("7z-solid")
    peer = small and f"7z-solid {small['cpu']:.2f} CPU s, {small['peak'] / MIB:.0f} MiB"
    return row(name, target, f"{ours['cpu']:.2f} CPU s, {ours['peak'] / MIB:.0f} MiB", peer,
               ours["cpu"] <= 1 and ours["peak"] <= 64 * MIB)


def lay_out_time(data, state):
    name = f"lay out one variant without nested content, {state}"
    target = "≤ 1.2 × `cp -r`, faster than every peer with unpacked files"
    runs = operations(data, "stack-unpacked", f"one-{state}")
    ours, copy = runs.pop(OURS, None), runs.pop("cp -r, ours", None)
    runs.pop("cp -r, unpacked", None)
    if not ours or not copy:
        return row(name, target)
    peer, wall = best(runs, lambda r: r["wall"])
    ratio = ours["wall"] / copy["wall"]
    return row(name, target, f"{seconds(ours['wall'])}, {ratio:.2f} × `cp -r` ({seconds(copy['wall'])})",
               peer and f"{peer} {seconds(wall)}", ratio <= 1.2 and (not peer or ours["wall"] < wall))


def kernel_row(data):
    """At other numbers of cores by what one and all cores of this machine took (Amdahl)."""
    name, target = "lay out one kernel, `.ko.xz` made again", "seconds and CPU seconds"
    runs = data["timing"].get("kernels-packed", {})
    ours = runs.get(OURS, {}).get("one-warm")
    if not ours:
        return row(name, target)
    text = f"{ours['wall']:.1f} s, {ours['cpu']:.1f} CPU s, {ours['peak'] / MIB:.0f} MiB"
    alone = runs.get("ibbundle, 1 core", {}).get("one-warm")
    if alone:
        parallel = max(0, alone["wall"] - ours["wall"]) * data["cores"] / (data["cores"] - 1)
        text += "".join(f"; {alone['wall'] - parallel + parallel / n:.1f} s at {n} cores"
                        for n in CORES)
    peer, wall = best({n: r.get("one-warm") for n, r in data["timing"].get("kernels-unpacked", {}).items()
                       if not n.startswith((OURS, "cp"))}, lambda r: r["wall"])
    return row(name, target, text, peer and f"{peer} {wall:.1f} s")


def install_row(data):
    name, target = "from bundle to installed", "faster than every peer and `dpkg -i`"
    runs = dict(data["install"])
    ours = runs.pop(OURS, None)
    peer, wall = best(runs, lambda r: r["wall"])
    if not ours or not peer:
        return row(name, target)
    cpu = runs[peer]["cpu"]
    return row(name, target, f"{ours['wall']:.2f} s, {ours['cpu']:.2f} CPU s",
               f"{peer} {wall:.2f} s, {cpu:.2f} CPU s", ours["wall"] < wall)


def reading_row(data, operation):
    name, target = f"{operation}, cold", "≤ 50 ms, ≤ 2 MiB read"
    runs = operations(data, "stack-unpacked", f"{operation}-cold")
    ours = runs.pop(OURS, None)
    if not ours:
        return row(name, target)
    peer, wall = best(runs, lambda r: r["wall"])
    return row(name, target, f"{seconds(ours['wall'])}, {ours['disk'] / MIB:.2f} MiB for the"
               f" {ours['calls'] / MIB:.2f} MiB asked for",
               peer and f"{peer} {seconds(wall)}, {runs[peer]['disk'] / MIB:.2f} MiB",
               ours["wall"] <= 0.05 and ours["disk"] <= 2 * MIB)


def verify_row(data, corpus):
    name, target = f"verify everything, {corpus}", "as `sha256sum` on all cores"
    runs = operations(data, f"{corpus}-packed", "verify-warm")
    ours, digest = runs.pop(OURS, None), runs.pop("sha256sum", None)
    if not ours or not digest:
        return row(name, target)
    peer, wall = best(runs, lambda r: r["wall"])
    return row(name, target, f"{seconds(ours['wall'])} (`sha256sum` {seconds(digest['wall'])})",
               peer and f"{peer} {seconds(wall)}", ours["wall"] <= TOLERANCE * digest["wall"])


def delta_row(base, measured):
    of_ours = {n: s for n, s in measured["sizes"].items() if n.startswith(OURS)}
    peer, size = best({n: s for n, s in measured["sizes"].items() if n not in of_ours}, lambda s: s)
    share = percent(of_ours[OURS], measured["added"])
    text = "; ".join(f"{n.removeprefix(OURS).strip()} {percent(s, measured['added']):.1f} % ({megabytes(s)})".strip()
                     for n, s in of_ours.items())
    return row(f"delta for a kernel's next release, {base}", "≤ 15 % of the new packages", text,
               peer and f"{peer} {percent(size, measured['added']):.1f} %", share <= 15)


def build_row(data, corpus):
    name = f"build, default setting, {corpus}"
    target = "CPU s of the fastest peer within 10 % of our size"
    ours = data["ours"].get(corpus)
    if not ours:
        return row(name, target)
    near = {f"{n} ({form})": p for form in ("packed", "unpacked")
            for n, p in data["packing"].get(f"{corpus}-{form}", {}).items()
            if p["size"] <= 1.1 * ours["size"]}
    peer, cpu = best(near, lambda p: p["cpu"])
    text = f"{ours['cpu']:.0f} CPU s, {ours['peak'] / MIB:.0f} MiB"
    text += f"; recipes known {ours['again']['cpu']:.0f} CPU s" if ours.get("again") else ", recipes known"
    return row(name, target, text, f"{peer} {cpu:.0f} CPU s" if peer else "none is within 10 %",
               ours["cpu"] <= cpu if peer else None)


def all_rows(data):
    return [
        size_row(data, "kernels", "size, stack and kernels", 58, 0.7),
        size_row(data, "stack", "size, stack without kernels", 68, None),
        lay_out_cost(data), lay_out_time(data, "warm"), lay_out_time(data, "cold"),
        kernel_row(data), install_row(data),
        reading_row(data, "list"), reading_row(data, "plan"),
        verify_row(data, "stack"), verify_row(data, "kernels"),
        *(delta_row(base, m) for base, m in sorted(data["delta"].items())),
        build_row(data, "stack"), build_row(data, "kernels"),
    ]
