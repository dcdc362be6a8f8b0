# SPDX-License-Identifier: MIT
"""One process and all that it starts: how long, how much memory, how many bytes read.

CPU seconds and the peak are the kernel's rusage of the child and of what it waited for; the peak is that
of the largest single process, and of bash at least.  Bytes are those of /proc/PID/io: `disk` is what had to
come from a device (also by mapped files, libraries and the programs themselves), `calls` what was asked for
by read calls (pipes count again).  bash and what it needs are warm in any case.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

FIELDS = ("wall", "cpu", "peak", "disk", "calls")
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIGURES = os.path.join(TOP, "build/bench/figures")


def drop_caches():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as f:
        f.write("3\n")


def remove(tree):
    """Remove @tree, and have it forgotten.

    For minutes ext4 does not use the inodes of removed files again, and looks at each of those whose table is in
    memory: cp -r of 15,000 files took 4 to 6 s instead of 0.5.
    """
    shutil.rmtree(tree, ignore_errors=True)
    if os.geteuid() == 0:
        drop_caches()


def run(script, cold=False):
    """Run a line for bash, from the cold page cache where asked; its figures as a dict of FIELDS.

    What others wrote is on the disk before.
    """
    os.sync()
    if cold:
        drop_caches()
        subprocess.run(["bash", "-c", "true"], check=True)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as figures:
        argv = [FIGURES, "bash", "-euo", "pipefail", "-c", script]
        # descriptor 3 is the measuring program's; bash makes it
        subprocess.run(["bash", "-c", f'exec 3<&{figures.fileno()} "$@"', "bash", *argv], check=True,
                       stdin=subprocess.DEVNULL, stdout=out, stderr=out, pass_fds=[figures.fileno()])
        figures.seek(0)
        result = json.loads(figures.read())
        if result.pop("status") != 0:
            out.seek(0)
            sys.exit(f"{script}\n{out.read()[-4000:].decode(errors='replace')}\nfailed")
    return {k: None if v == -1 else v for k, v in result.items()}


def median(runs):
    """The median of each field, and the range of the wall time."""
    result = {}
    for field in FIELDS:
        values = [r[field] for r in runs if r[field] is not None]
        result[field] = statistics.median(values) if values else None
    result["wall_min"] = min(r["wall"] for r in runs)
    result["wall_max"] = max(r["wall"] for r in runs)
    result["runs"] = len(runs)
    return result
