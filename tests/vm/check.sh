# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For what runs in the VM: lines that tests/vm/run counts.  To be sourced.
out=/run/out
check() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@" > /run/check 2>&1; then
		echo "ok $what"
	else
		echo "FAILED $what"
		sed 's/^/    /' /run/check "$out" | tail -n 30
	fi
}
timed() { # NAME COMMAND...: its output goes to $out, its status to $status
	local begun=$SECONDS what=$1
	shift
	"$@" > "$out" 2>&1 < /dev/null
	status=$?
	echo "time $((SECONDS - begun)) s, $what"
}
exits() { [ "$status" -eq "$1" ] || { echo "exit status $status"; return 1; }; }
says() { grep -qF -- "$1" "$out" || { echo "does not say '$1'"; return 1; }; }
not() { ! "$@"; }
wait_for() { # SECONDS COMMAND...
	local until=$((SECONDS + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.2
	done
}
no_network() { [ "$(ls /sys/class/net)" = lo ]; }
