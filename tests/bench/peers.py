# SPDX-License-Identifier: MIT
"""The peers, each as its manual says and at its best setting: lines for bash.

In the lines IN is the directory to pack, A the directory for what is made, SETS the directories of one variant, ALL
those of every variant, TO an empty directory to lay out in.  A peer that lacks an operation has None: squashfs,
RAUC's tar images and casync have no check of everything, and makeself's --tar reads to the end.
"""
import os
import subprocess
from dataclasses import dataclass

# RAUC signs; any certificate will do
RAUC_KEY = ("openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj /CN=bench"
            " -keyout $A/../rauc.key -out $A/../rauc.crt 2>/dev/null")


@dataclass(frozen=True)
class Peer:
    name: str
    version: str            # a line that prints it
    build: str
    list: str
    verify: str
    one: str
    all: str

    def script(self, operation, **values):
        head = "".join(f"{k}='{v}'\n" for k, v in values.items())
        return head + getattr(self, operation)

    def print_version(self):
        out = subprocess.run(["bash", "-c", self.version], capture_output=True, text=True)
        return (out.stdout + out.stderr).strip().splitlines()[0].strip()


def debian_version(package):
    return f"dpkg-query -W -f '${{Package}} ${{Version}}\\n' {package}"


def makeself(kind, *options):
    return Peer(
        f"makeself-{kind}", debian_version("makeself"),
        f"exec makeself --nox11 --sha256 --tar-quietly {' '.join(options)} $IN $A/a.run bench true",
        list="exec sh $A/a.run --list", verify="exec sh $A/a.run --check",
        one="cd $TO; exec sh $A/a.run --tar xf $(printf './%s ' $SETS)",
        all="exec sh $A/a.run --noexec --nox11 --target $TO/x")


def seven_zip(name, solid):
    # dictionary and word as large as they help; -snl stores links, -snld20 makes relative ones
    return Peer(
        name, debian_version("p7zip-full"),
        f"cd $IN; exec 7z a -t7z -mx=9 -md=128m -mfb=273 -ms={solid} -snl -bd -bso0 $A/a.7z .",
        list="exec 7z l -bd $A/a.7z", verify="exec 7z t -bd $A/a.7z",
        one="exec 7z x -y -bd -bso0 -snld20 $A/a.7z -o$TO $SETS",
        all="exec 7z x -y -bd -bso0 -snld20 $A/a.7z -o$TO")


def squashfs(kind, options):
    return Peer(
        f"squashfs-{kind}", debian_version("squashfs-tools"),
        f"exec mksquashfs $IN $A/a.sqfs -b 1M -no-progress -quiet -comp {kind} {options}",
        list="exec unsquashfs -l $A/a.sqfs", verify=None,
        one="exec unsquashfs -q -n -f -d $TO $A/a.sqfs $SETS",
        all="exec unsquashfs -q -n -f -d $TO $A/a.sqfs")


PEERS = [
    makeself("gzip", "--gzip", "--complevel", "9"),
    makeself("zstd", "--zstd", "--complevel", "19"),
    makeself("xz", "--xz", "--complevel", "9"),
    seven_zip("7z-solid", "on"),
    seven_zip("7z-files", "off"),
    squashfs("zstd", "-Xcompression-level 22"),
    squashfs("xz", "-Xdict-size 100% -Xbcj x86"),
    Peer(
        "rauc", debian_version("rauc"),
        # a tar image for each set, in the signed squashfs; "plain" is what `info` checks whole
        f"""
        {RAUC_KEY}
        rm -rf $A/../rauc.in; mkdir $A/../rauc.in
        (
            printf '[update]\\ncompatible=bench\\nversion=1\\n[bundle]\\nformat=plain\\n'
            for s in $ALL; do
                tar -C $IN --sort=name -cf $A/../rauc.in/$s.tar $s
                printf '[image.%s]\\nfilename=%s.tar\\n' $s $s
            done
        ) > $A/../rauc.in/manifest.raucm
        rauc --cert=$A/../rauc.crt --key=$A/../rauc.key bundle \
            --mksquashfs-args='-comp zstd -Xcompression-level 22 -b 1M' $A/../rauc.in $A/a.raucb
        rm -rf $A/../rauc.in
        """,
        list="exec rauc info --no-verify $A/a.raucb",
        verify="exec rauc --keyring=$A/../rauc.crt info $A/a.raucb",
        one="for s in $SETS; do unsquashfs -cat $A/a.raucb $s.tar | tar -x -C $TO; done",
        all="for s in $ALL; do unsquashfs -cat $A/a.raucb $s.tar | tar -x -C $TO; done"),
    Peer(
        "casync", debian_version("casync"),
        "for s in $ALL; do casync make --with=unix --store=$A/a.castr $A/$s.caidx $IN/$s; done",
        list="for s in $ALL; do casync list --store=$A/a.castr $A/$s.caidx; done", verify=None,
        one="for s in $SETS; do casync extract --store=$A/a.castr $A/$s.caidx $TO/$s; done",
        all="for s in $ALL; do casync extract --store=$A/a.castr $A/$s.caidx $TO/$s; done"),
    Peer(
        "wimlib", debian_version("wimtools"),
        "exec wimcapture $IN $A/a.wim --solid --compress=LZMS:100 --unix-data --check",
        list="exec wimdir $A/a.wim 1", verify="exec wimverify $A/a.wim",
        one="exec wimextract $A/a.wim 1 $(printf '/%s ' $SETS) --dest-dir=$TO --unix-data",
        all="exec wimapply $A/a.wim $TO --unix-data"),
    Peer(
        "tar-zstd", debian_version("zstd"),
        "tar --sort=name -C $IN -cf - . | zstd -q -19 --long=31 -T0 -o $A/a.tar.zst",
        list="zstd -dcq --long=31 $A/a.tar.zst | tar -t",
        verify="exec zstd -tq --long=31 $A/a.tar.zst",
        one="zstd -dcq --long=31 $A/a.tar.zst | tar -x -C $TO $(printf './%s ' $SETS)",
        all="zstd -dcq --long=31 $A/a.tar.zst | tar -x -C $TO"),
]


def size_of(path):
    """Bytes of all files below @path."""
    return sum(os.lstat(os.path.join(folder, name)).st_size
               for folder, _, names in os.walk(path) for name in names)
