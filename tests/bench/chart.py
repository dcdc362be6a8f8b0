# SPDX-License-Identifier: MIT
"""The results as one SVG of bars, readable in light and dark; no script, no font, no other file."""
from xml.sax.saxutils import escape

WIDTH, LABEL, VALUE, BAR, GAP, HEAD = 760, 190, 90, 16, 6, 40
STYLE = """
svg { font: 13px sans-serif; color-scheme: light dark; }
.page { fill: #ffffff; } text { fill: #1f2328; } .soft { fill: #59636e; stroke: #ffffff; stroke-width: 4; paint-order: stroke; }
.peer { fill: #9aa7b4; } .ours { fill: #1f6feb; } .limit { stroke: #c93c37; stroke-width: 1.5; stroke-dasharray: 4 3; }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117; } text { fill: #e6edf3; } .soft { fill: #9198a1; stroke: #0d1117; }
.peer { fill: #57606a; } .ours { fill: #4493f8; } .limit { stroke: #ff7b72; }
}
"""


def panel(y, title, bars, unit, limit, ours):
    """Elements of one group of bars from @y on, and where it ends."""
    top = max([v for _, v in bars] + [limit or 0]) or 1
    width = WIDTH - LABEL - VALUE
    out = [f'<text x="16" y="{y + 20}" font-weight="bold">{escape(title)}</text>']
    y += HEAD - 6
    if limit:  # below the bars and what is written
        x, end = LABEL + width * limit / top, y + len(bars) * (BAR + GAP)
        out.append(f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 4}" y2="{end}"/>')
    for name, value in sorted(bars, key=lambda b: b[1]):
        kind = "ours" if name == ours else "peer"
        w = max(1, width * value / top)
        out.append(f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>'
                   f'<rect class="{kind}" x="{LABEL}" y="{y}" width="{w:.1f}" height="{BAR}" rx="2"/>'
                   f'<text class="soft" x="{LABEL + w + 6:.1f}" y="{y + 13}">{value:.3g} {escape(unit)}</text>')
        y += BAR + GAP
    return out, y + 8


def draw(title, panels, ours="ibbundle"):
    """@panels: (title, [(name, value)], unit, limit or None); those without bars are left out."""
    y, body = 36, []
    for name, bars, unit, limit in panels:
        if bars:
            elements, y = panel(y, name, bars, unit, limit, ours)
            body += elements
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{y}"/>',
        f'<text x="16" y="26" font-size="16" font-weight="bold">{escape(title)}</text>',
        f'<text class="soft" x="{WIDTH - 16}" y="26" text-anchor="end">dashed: target</text>',
        *body, "</svg>", ""])


def panels_of(data):
    """What of the measurements is worth a picture."""
    def packed(corpus, form):
        ours = data["ours"].get(corpus)
        peers = data["packing"].get(f"{corpus}-{form}", {})
        return ([("ibbundle", ours["size"] / 1e6)] if ours else []) + [
            (n, p["size"] / 1e6) for n, p in peers.items()]

    def limit(corpus, share):
        return data["ours"][corpus]["given"] * share / 1e6 if corpus in data["ours"] else None

    def timed(where, operation, field, scale=1):
        return [(n, o[operation][field] / scale) for n, o in data["timing"].get(where, {}).items()
                if operation in o]

    return [
        ("Size: stack and kernels, from packages", packed("kernels", "packed"), "MB", limit("kernels", .58)),
        ("Size: stack without kernels, from packages", packed("stack", "packed"), "MB", limit("stack", .68)),
        ("Size: the same, peers with unpacked files", packed("stack", "unpacked"), "MB", limit("stack", .68)),
        ("Lay out one variant: CPU time", timed("stack-unpacked", "one-warm", "cpu"), "s", 1),
        ("Lay out one variant: memory", timed("stack-unpacked", "one-warm", "peak", 1 << 20), "MiB", 64),
        ("Verify everything: CPU time", timed("stack-unpacked", "verify-warm", "cpu"), "s", None),
        ("Bundle to installed", [(n, r["wall"]) for n, r in data["install"].items()], "s", None),
    ]
