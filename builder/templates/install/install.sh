#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs @title:text@ on this machine, as root and without the internet.
#
#   install.sh [--identity] [--root DIR] [WHERE]
#
# WHERE is the directory that has @program@, or its http(s) address, with a query where that is needed;
# --identity asks this VM's managed identity for a token to read it (Azure Storage).  --root: an image that is
# mounted there (/: this machine is one), for machines with @whose:text@.
# The status is that of 'install': 0 done, 11 no InfiniBand here, 12 and 13 no package, 14 refused or failed.
set -eu
umask 022
identity='' root=''
while [ $# -gt 0 ]; do
	case $1 in
	--identity) identity=yes ;;
	--root) root=$2 && shift ;;
	*) break ;;
	esac
	shift
done
where=${1:-@from:sh@}
fail() {
	echo "install.sh: $*" >&2
	exit 14
}

# not below /tmp, where nothing may be executable
work=$(mktemp -d /var/lib/ibbundle-install.XXXXXX)
mkdir "$work/files" "$work/root"
clean() {
	set +e
	umount "$work/root" 2>/dev/null
	rm -rf "$work/files" "$work"/*.*
	rmdir "$work/root" "$work"
}
trap clean EXIT

# what is secret goes to curl in a file, which nobody sees in the list of processes
write_config() {
	printf 'url = "%s/%s%s"\n' "${where%%\?*}" "$1" "$query"
	[ -z "$identity" ] || {
		printf 'header = "x-ms-version: 2020-12-06"\n'
		curl -fsS --noproxy '*' --retry 5 -H Metadata:true \
			'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F' |
			sed -n 's/.*"access_token" *: *"\([^"]*\)".*/header = "Authorization: Bearer \1"/p'
	}
}
# FILE SHA256
get() {
	case $where in
	http://* | https://*)
		query=''
		case $where in *\?*) query="?${where#*\?}" ;; esac
		(umask 077 && write_config "$1" >"$work/curl.config")
		curl -fsS --retry 5 -K "$work/curl.config" -o "$work/files/$1" || fail "'$1' can't be had from '${where%%\?*}'"
		chmod 700 "$work/files/$1"
		;;
	*)
		[ -e "$where/$1" ] || fail "there is no '$where/$1'"
		if [ -x "$where/@program@" ]; then
			ln -s "$(cd "$where" && pwd)/$1" "$work/files/$1"
		else
			cp "$where/$1" "$work/files/$1" && chmod 700 "$work/files/$1"
		fi
		;;
	esac
	echo "$2  $work/files/$1" | sha256sum -c - >/dev/null ||
		fail "'$1' is not the file that this was made for: its SHA-256 is another"
}
@each files@
get @file:sh@ @sha256@
@end@
program=$work/files/@program@

set --
@if certificate@
cat >"$work/trust.pem" <<'END'
@certificate:indent@
END
if [ -n "$root" ]; then
	set -- "$@" --trust "$work/trust.pem" --anchor "$work/trust.pem"
else
	mkdir -p /etc/ibbundle/trust.d
	cp "$work/trust.pem" /etc/ibbundle/trust.d/@name@.pem
fi
@end@
if [ -n "$root" ]; then
	if [ "$root" = / ]; then # this machine's own disk, looked at as an image
		mount --bind / "$work/root"
		root=$work/root
	fi
	set -- "$@" --root "$root"@image_arguments@
@if nics@
@else@
	"$program" facts --json >"$work/facts.json"
	set -- "$@" --facts "$work/facts.json"
@end@
fi
"$program" install@arguments@ "$@"
