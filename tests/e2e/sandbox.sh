#!/bin/bash
# SPDX-License-Identifier: MIT
# What the process that reads the bundle asks of the system, as strace sees it: no network call in a
# whole run, the filter (runtime/sandbox.h) on before the bundle is opened, and nothing written but
# what the command is for.  Needs root.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
hb=$TOP/manifests/facts/hb120rs_v3.json

# traced COMMAND...: this process alone; the runner, which it forks, is not followed
traced() {
	unshare -n strace -o "$work/trace" -e signal=none "$@" > "$work/out" 2>&1 < /dev/null
	status=$?
}

# calls NAME...: such calls after the program's own start, with the line's number
calls() {
	tail -n +2 "$work/trace" | grep -nE "^($(IFS='|'; echo "$*"))\(" || true
}
none() {
	local found
	found=$(calls "$@")
	[ -z "$found" ] || { echo "$found"; return 1; }
}
no_network() {
	none socket socketpair connect accept accept4 bind listen sendto sendmsg sendmmsg recvfrom \
		recvmsg recvmmsg getsockname getpeername setsockopt getsockopt shutdown io_uring_setup
}
executes_nothing() { none execve execveat; }

not() { ! "$@"; }

# What changes a file, as lines of the trace.  A directory that is there already is no change.
writes() {
	calls open openat openat2 creat | grep -E 'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|creat\('
	calls 'mkdir(at)?' | grep -vF ' = -1 EEXIST '
	calls 'unlink(at)?' rmdir 'rename(at2?)?' 'symlink(at)?' 'link(at)?' 'f?chmod(at2?)?' \
		'[fl]?chown(at)?' 'f?truncate' fallocate 'utimens(at)?' 'mknod(at)?' '[fl]?setxattr'
}
writes_nothing() {
	local found
	found=$(writes)
	[ -z "$found" ] || { echo "$found"; return 1; }
}
# only_below DIR...: every path that is written; calls with a descriptor have it from such a path
only_below() {
	local found dirs
	dirs=$(IFS='|'; echo "$*")
	found=$(writes | grep -vE "\\((AT_FDCWD, )?\"($dirs)[\"/.]|^[0-9]+:(fchmod|fchown|utimensat|ftruncate|[a-z]+at)\\([0-9]+, ")
	[ -z "$found" ] || { echo "$found"; return 1; }
}
line_of() { # PATTERN: the first such line of the trace, or 0
	grep -nm 1 -E "$1" "$work/trace" | cut -d: -f1 | grep . || echo 0
}
# The bundle is the file that is behind the program, which is opened as /proc/self/exe.
filter_first() {
	local filter bundle
	filter=$(line_of '^prctl\(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, .*\) = 0$')
	bundle=$(line_of '^open.*"/proc/self/exe"')
	[ "$filter" -gt 0 ] || { echo "there is no filter"; return 1; }
	[ "$bundle" -eq 0 ] || [ "$filter" -lt "$bundle" ] || { echo "the filter comes late"; return 1; }
}
reads_bundle() { [ "$(line_of '^open.*"/proc/self/exe"')" -gt 0 ]; }
shut_in() {
	check "$1: the filter is on before the bundle is opened" filter_first
	check "$1: no network call" no_network
	check "$1: executes nothing" executes_nothing
}

"$TOP/tests/support/mini_bundle.sh" "$work/mini" || exit 1
"$TOP/tests/support/root.sh" bookworm "$root"
packages > "$work/fresh.list"
bundle=$work/mini/mini-1.run

echo "-- commands that read"
for arguments in "plan --facts $hb" "plan --root $root --facts $hb" verify list "facts --root $root" facts \
	"status --root $root" help version "verify --bundle $work/mini/mini-2.run"; do
	# shellcheck disable=SC2086 # words
	traced "$bundle" $arguments
	case $arguments in
	status*) check "status" exits 1 ;;
	*) check "$arguments" exits 0 ;;
	esac
	shut_in "${arguments%% *}"
	check "$arguments: nothing is written" writes_nothing
	case $arguments in
	plan* | list | verify)
		check "$arguments: the bundle was read" reads_bundle
		;;
	esac
done

echo "-- extract"
traced "$bundle" extract "$work/out.d" --package mini
check "extract" exits 0
shut_in extract
check "writes its directory alone" only_below "$work/out.d"
check "it was seen to" grep -q '^mkdir.*out\.d' "$work/trace"

echo "-- an install that is refused"
traced "$bundle" install --root "$root" --facts "$TOP/manifests/facts/b2s.json"
check "no NIC" exits 11
shut_in install
check "an image that is refused stays as it is" writes_nothing
traced "$bundle" install --root "$root" --facts "$hb" --require-trust
check "no anchor" exits 14
check "an image of an unknown signer stays as it is" writes_nothing
cp "$bundle" "$root/root/mini-1.run"
mount -t proc proc "$root/proc"
traced chroot "$root" /root/mini-1.run install
umount "$root/proc"
check "a machine without NIC" exits 11
# strace sees chroot(8), too
sed -n -i '/^execve("\/root\/mini-1.run"/,$p' "$work/trace"
shut_in "install on a machine"
check "writes state and log alone" only_below /var/lib/ibbundle /var/log/azure
check "nothing else changed" unchanged

echo "-- a whole install"
traced "$bundle" install --root "$root" --facts "$hb"
check "install" exits 0
shut_in install
# the plan is applied from where the journal gets its name
sed "/^rename(.*journal\\.json\"/q" "$work/trace" > "$work/before"
check "there is a journal" [ "$(wc -l < "$work/before")" -lt "$(wc -l < "$work/trace")" ]
cp "$work/before" "$work/trace"
check "before that it writes state and log alone" only_below "$root/var/lib/ibbundle" \
	"$root/var/log/azure"
traced "$bundle" uninstall --root "$root"
check "uninstall" exits 0
shut_in uninstall

echo "-- where the kernel can't"
without() { # ARGUMENT...
	strace -o "$work/trace" -e trace=prctl -e inject=prctl:error=EINVAL "$bundle" "$@" > "$work/out" 2>&1 < /dev/null
	status=$?
}
notice="this system can't hold back system calls"
without list
check "goes on" exits 0
check "without a word" not says "$notice"
without list -v
check "but says so when asked to say more" says "$notice (Invalid argument)"
without install --root "$root" --facts "$hb" --log "$work/log"
check "install" exits 0
check "the log says so once" [ "$(grep -c "$notice" "$work/log")" -eq 1 ]
check "nobody else is told" not says "$notice"
e2e_end
