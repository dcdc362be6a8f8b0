#!/bin/bash
# SPDX-License-Identifier: MIT
# What somebody prepared for an install that root starts: directories and links where it writes, a
# mask, an environment, closed descriptors, and a bundle that is written to meanwhile.  Needs root.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
hb=$TOP/manifests/facts/hb120rs_v3.json

# install ARGUMENT...: mini-1.run into $root, without network; its exit status goes to $status
install() {
	unshare -n "$work/mini/mini-1.run" install --root "$root" --facts "$hb" "$@" > "$work/out" 2>&1 < /dev/null
	status=$?
}
uninstall() { "$work/mini/mini-1.run" uninstall --root "$root" > "$work/out" 2>&1 < /dev/null; }
has() { packages | grep -q "^$1 $2 ii"; }
not() { ! "$@"; }
# victim NAME: a file (and its directory) of somebody else's, which must stay as it is
victim() {
	mkdir -p "$work/victim"
	echo kept > "$work/victim/file"
	touch -d @1000000000 "$work/victim/file" "$work/victim"
}
kept() {
	[ "$(cat "$work/victim/file")" = kept ] && [ "$(stat -c %Y "$work/victim/file")" = 1000000000 ] &&
		[ "$(ls -A "$work/victim")" = file ] && [ "$(stat -c %h "$work/victim/file")" = "${1:-1}" ]
}
state=var/lib/ibbundle

"$TOP/tests/support/mini_bundle.sh" "$work/mini" || exit 1
"$TOP/tests/support/root.sh" bookworm "$root"
packages > "$work/fresh.list"
victim

echo "-- the directory of state and staging was there first"
tried() { # WHAT: the install is refused, says why, and nothing came
	check "$1: refused" exits 14
	check "$1: says so" says 'only root may own and write it'
	check "$1: nothing came" unchanged
	check "$1: nothing was written there" [ -z "$(find "$root/$state/" "$root/tmp" -type f 2> /dev/null)" ]
	rm -rf "${root:?}/$state"
}
mkdir -p "$root/$state" && chown 1000 "$root/$state"
install
tried "made by a user"
mkdir -m 777 "$root/$state" && chmod 777 "$root/$state"
install
tried "for all to write"
mkdir -p "$root/tmp/theirs" && chown 1000 "$root/tmp/theirs" && ln -s /tmp/theirs "$root/$state"
install
tried "a link to a user's"
install # a state, of which somebody makes one that runs something else
jq '.uninstall = [{"run": ["touch", "/was-run"]}]' "$root/$state/state.json" > "$work/state.json"
cp "$work/state.json" "$root/$state/state.json"
chmod 1777 "$root/$state"
uninstall
check "uninstall does not use it either" says "not root's alone"
check "and runs nothing of it" [ ! -e "$root/was-run" ]
chmod 755 "$root/$state"
uninstall
check "what root wrote there is run" [ -e "$root/was-run" ]
rm -rf "${root:?}/$state" "$root/was-run"

echo "-- names that staging could have"
mkdir -p "$root/$state/staging-AAAAAA/debs"
ln -s "$work/victim" "$root/$state/staging-BBBBBB"
ln "$work/victim/file" "$root/$state/staging-AAAAAA/debs/hard"
ln -s "$work/victim/file" "$root/$state/state.json"
ln -s "$work/victim/file" "$root/$state/state.json.XXXXXX"
mkdir -p "$root/var/log/azure"
ln -sf /etc/passwd "$root/var/log/azure/ib-vmext-status"
cp "$root/etc/passwd" "$work/passwd"
install
check "a log in the image that leads elsewhere: refused" exits 14
check "and not followed" cmp "$work/passwd" "$root/etc/passwd"
rm "$root/var/log/azure/ib-vmext-status"
install
check "install" exits 0
check "what they lead to stays" kept
check "they are gone" [ -z "$(find "$root/$state" -name 'staging-*')" ]
check "the state is a file" [ "$(stat -c '%F %a %u' "$root/$state/state.json")" = 'regular file 644 0' ]
uninstall

echo "-- a log that leads elsewhere"
mkdir "$work/shared" && chmod 1777 "$work/shared"
log=$work/shared/log
for plant in "ln -s $work/victim/file" "ln -s $work/victim/new" "ln $work/victim/file" mkfifo mkdir; do
	rm -rf "$log"
	$plant "$log"
	install --log "$log"
	check "$plant: refused" exits 14
	check "$plant: says so" says "cannot write the log"
	[ "$plant" = "ln $work/victim/file" ] || check "$plant: not followed" kept
	[ "$plant" != "ln $work/victim/file" ] || check "$plant: not written" kept 2
	check "$plant: nothing came" unchanged
done
rm -rf "$log"
install --log "$log"
check "a new log" exits 0
check "is root's" [ "$(stat -c '%F %a %u' "$log")" = 'regular file 644 0' ]
uninstall

echo "-- whoever starts it"
rm -rf "${root:?}/$state" "$root/var/log/azure"
mkdir "$work/hostile"
for program in dpkg dpkg-query sh chroot mount; do
	printf '#!/bin/sh\ntouch %s/was-run\nexit 0\n' "$work" > "$work/hostile/$program"
	chmod +x "$work/hostile/$program"
done
cp "$work/hostile/sh" "$work/hostile/setup"
modes() { (cd "$root" && stat -c '%n %a %u' $state $state/* var/log/azure var/log/azure/*); }
install
modes > "$work/modes"
uninstall
rm -rf "${root:?}/$state" "$root/var/log/azure"
start() { # MASK REDIRECTION: as somebody else would start it
	(
		cd "$work/hostile" || exit
		umask "$1"
		eval "env -i PATH=.:$work/hostile LD_PRELOAD=$work/hostile/none.so LD_LIBRARY_PATH=. TMPDIR=. HOME=. \
			DPKG_ROOT=$work/victim DPKG_ADMINDIR=$work/victim IFS=/ ENV=$work/hostile/sh BASH_ENV=$work/hostile/sh \
			PERL5OPT=-MEvil PYTHONPATH=. OPENSSL_CONF=$work/hostile/sh SSL_CERT_FILE=$work/mini/key/cert.pem \
			'$work/mini/mini-1.run' install --root '$root' --facts '$hb' > '$work/out' 2>&1 < /dev/null $2"
	)
	status=$?
}
for mask in 0 0777; do
	for closed in '' '<&-' '>&- 2>&-' '<&- >&- 2>&-'; do
		start $mask "$closed"
		check "mask $mask, $closed: install" exits 0
		check "mask $mask, $closed: the packages came" has ibbtest-app 1.0-1
		modes > "$work/modes.now"
		check "mask $mask, $closed: modes" diff "$work/modes" "$work/modes.now"
		check "mask $mask, $closed: lines of the log alone" not grep -vq '^20..-..-..T' "$root/var/log/azure/ib-vmext-status"
		check "mask $mask, $closed: nothing of theirs ran" [ ! -e "$work/was-run" ]
		uninstall
		check "mask $mask, $closed: uninstall" unchanged
		rm -rf "${root:?}/$state" "$root/var/log/azure"
	done
done
check "nothing was written elsewhere" kept

echo "-- a bundle that is written to meanwhile"
bundle=$work/shared/bundle.run
mkfifo "$work/shared/pipe"
install --bundle "$work/shared/pipe"
check "a pipe: refused" exits 14
check "a pipe: says so" says 'is not a regular file'
cp "$work/mini/mini-1.run" "$bundle"
size=$(stat -c %s "$bundle")
(
	trap 'exit 0' TERM
	while :; do
		dd if=/dev/urandom of="$bundle" bs=4k seek=$((RANDOM % (size / 4096))) count=1 conv=notrunc
		truncate -s $((RANDOM % size)) "$bundle"
		cat "$work/mini/mini-1.run" > "$bundle"
	done
) 2> /dev/null &
writer=$!
whole() { # all of it came, from signed bytes, or nothing
	case $status in
	0) has ibbtest-app 1.0-1 && [ "$(cat "$root/usr/share/ibbtest-app/version")" = 1.0-1 ] ;;
	14) unchanged ;;
	*) false ;;
	esac
}
for _ in $(seq 12); do
	install --bundle "$bundle"
	check "all of it or nothing" whole
	check "no staging is left" [ -z "$(find "$root/$state" -name 'staging-*' 2> /dev/null)" ]
	[ $status -ne 0 ] || uninstall
done
kill $writer
wait $writer
e2e_end
