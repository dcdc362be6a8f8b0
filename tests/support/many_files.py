#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write tar archives of many files: many_files.py DIR PACKAGES FILES SIZE, or - PACKAGES FILES SIZE P

DIR/P.tar for each package P from 0 on, or that of package P to standard output, with FILES files
of about SIZE bytes.  One file in five has no pattern; the others repeat themselves, so that they
shrink.  One in ten is the same in ten packages in a row.  The same arguments give the same bytes.
"""

import io
import random
import sys
import tarfile

POOL = 32 << 20
PATTERN = 6 << 10


def word(number):
    """In letters: digits would count as versions of one file, and some words are no names on Windows."""
    return (word(number // 26) if number >= 26 else "") + chr(ord("a") + number % 26)


def content(pool, number, size):
    """The bytes of file @number, as a list of buffers."""
    r = random.Random(number)
    size = size // 2 + r.randrange(size)
    head = b"%032d" % number
    at = r.randrange(len(pool) - size)
    if number % 5 == 0:
        return [head, pool[at : at + size - len(head)]]
    pattern = pool[at : at + PATTERN]
    return [head, (bytes(pattern) * (size // PATTERN + 1))[: size - len(head)]]


def write_package(out, pool, package, files, size):
    """The archive, to the open file @out."""
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.USTAR_FORMAT) as tar:
        for i in range(files):
            shared = i % 10 == 9
            number = (package // 10 if shared else package) * files + i
            number += (1 << 40) if shared else 0
            data = b"".join(content(pool, number, size))
            info = tarfile.TarInfo("lib/%s/m%s.%s" % (word(i % 64), word(i), "ko" if i % 3 else "txt"))
            info.size = len(data)
            info.mtime = 1760000000
            info.mode = 0o644
            tar.addfile(info, io.BytesIO(data))


def main():
    directory, packages, files, size = sys.argv[1], *map(int, sys.argv[2:5])
    # a file is one and a half of that at most
    pool = memoryview(random.Random(1).randbytes(POOL + 2 * size))
    if directory == "-":
        write_package(sys.stdout.buffer, pool, int(sys.argv[5]), files, size)
        return
    for package in range(packages):
        with open("%s/%d.tar" % (directory, package), "wb") as out:
            write_package(out, pool, package, files, size)


main()
