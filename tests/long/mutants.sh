#!/bin/bash
# SPDX-License-Identifier: MIT
# Take each defence of tests/attacks.list away, in a copy, and see its test fail: mutants.sh [ATTACK...]
# It takes minutes: `make mutants`.  The copy is of this tree, build/ included, so that little is made anew.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
cd "$TOP" || exit 2
copy=$(mktemp -d "${TMPDIR:-/tmp}/ibbundle-mutants-XXXXXX")
trap 'rm -rf "$copy" "$copy.out" "$copy.whole"' EXIT
export IBB_THIRD_PARTY=${IBB_THIRD_PARTY:-$TOP/build/third-party}
export IBB_ROOTS=${IBB_ROOTS:-$TOP/build/roots}
git ls-files -z --cached --others --exclude-standard | xargs -0 cp -a --parents -t "$copy"
mkdir -p "$copy/build"
for part in builder san stub tests unit ibbundle; do
	[ ! -e "build/$part" ] || cp -a "build/$part" "$copy/build/"
done
passed=0 failed=0

# run KIND NAME...: builds and runs that test in the copy; what it printed is in $copy.out
run() {
	cd "$copy" || exit 2
	case $1 in
	unit)
		make -s "build/unit/test_$2" 'WARN=-w' || return 99
		tests/unit/run "build/unit/test_$2"
		;;
	cli | e2e)
		make -s build/ibbundle build/stub/linux-x86_64 build/tests/no_inet 'WARN=-w' || return 99
		"tests/$1/run" "$2"
		;;
	*) return 99 ;;
	esac
}

# try ATTACK FILE SED KIND NAME FUNCTION
try() {
	local attack=$1 file=$2 sed=$3 status=0 good=false
	shift 3
	cp -a "$copy/$file" "$copy.whole"
	sed -i "$sed" "$copy/$file"
	(run "$@") >"$copy.out" 2>&1 || status=$?
	if [ $status -eq 99 ]; then
		echo "FAILED $attack: does not compile"
		tail -n 15 "$copy.out"
	elif [ $status -eq 0 ]; then
		echo "FAILED $attack: $1 $2 does not see that the defence is gone"
	elif [ "$1" = unit ] && ! grep -qE "FAILED  \\] $3\$|ERROR: (Address|Undefined|Leak)|runtime error" "$copy.out"; then
		echo "FAILED $attack: another test than $3 failed"
		grep 'FAILED  \]' "$copy.out"
	else
		echo "ok     $attack"
		good=true
	fi
	$good && passed=$((passed + 1)) || failed=$((failed + 1))
	cp -a "$copy.whole" "$copy/$file"
	touch "$copy/$file"
}

wanted=" $* "
attack='' file='' without='' test=''
end_row() {
	if [ -n "$attack" ] && [[ $without != -* ]] && { [ "$wanted" = '  ' ] || [[ $wanted == *" $attack "* ]]; }; then
		# shellcheck disable=SC2086 # words
		try "$attack" "$file" "$without" $test
	fi
	attack='' file='' without='' test=''
}
set -f
while IFS= read -r line; do
	read -r key value <<<"$line"
	case $key in
	'#'* | '') end_row ;;
	attack) attack=$value ;;
	defence) file=${value%% *} ;;
	without) without=$(sed -E 's/^without[[:space:]]+//' <<<"$line") ;;
	test) [ -n "$test" ] || test=$value ;;
	esac
done <"$copy/tests/attacks.list"
end_row
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
