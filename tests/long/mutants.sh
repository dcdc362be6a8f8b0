#!/bin/bash
# SPDX-License-Identifier: MIT
# Take each defence of tests/attacks.list away and see its test fail: mutants.sh [ATTACK...]
#
# `make mutants` builds what this needs first: one changed file and one test are compiled for each row
# and linked with what there is (the builder's objects, the runtime's with sanitizers).  Nothing in this
# tree is changed.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
cd "$TOP" || exit 2
work=$(mktemp -d "${TMPDIR:-/tmp}/ibbundle-mutants-XXXXXX")
trap 'rm -rf "$work"' EXIT
base=(-std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -w -O0 -g1 -Iruntime/common)
san=("-fsanitize=address,undefined" -fno-sanitize-recover=all)
read -ra libraries < <(sed -n 's/^BUILDER_LIBS := /-lcmocka /p' Makefile)
mapfile -t builder < <(find build/builder/builder build/builder/runtime -name '*.o')
passed=0 failed=0

# Of a test program, the one function that the row names.
gcc -c -o "$work/filter.o" -x c - <<'END' || exit 2
#include <stdlib.h>
void cmocka_set_test_filter(const char *pattern);
__attribute__((constructor)) static void choose(void)
{
	cmocka_set_test_filter(getenv("TEST_FUNCTION"));
}
END

# Does the test of that noun belong to the runtime?
is_runtime() { [ -e "runtime/$1.c" ] || [ -e "runtime/$1_linux.c" ]; }

# others FILE: the builder's objects but that of FILE
others() { printf '%s\n' "${builder[@]}" | grep -vx "build/builder/${1%.c}.o"; }

# compile FILE AS OBJECT FLAG...: the text of FILE, as if it stood where AS does
compile() {
	local file=$1 as=$2 object=$3
	shift 3
	gcc "${base[@]}" "$@" -I"$(dirname "$as")" -c -o "$object" "$file"
}

# make_test NOUN MUTANT DEFENCE: $work/program
make_test() {
	local noun=$1 object=$work/test_$1.o include=-Ibuilder
	! is_runtime "$noun" || include=-Iruntime
	[ -e "$object" ] || compile "tests/unit/test_$noun.c" "tests/unit/test_$noun.c" "$object" "${san[@]}" $include || return
	compile "$2" "$3" "$work/mutant.o" "${san[@]}" $include || return
	if is_runtime "$noun"; then
		gcc "${san[@]}" -o "$work/program" "$work/filter.o" "$object" "$work/mutant.o" build/san/runtime.a "${libraries[@]}"
	else
		# shellcheck disable=SC2046 # names of objects
		gcc "${san[@]}" -o "$work/program" "$work/filter.o" "$object" "$work/mutant.o" \
			$(others "$3" | grep -v '/builder/main\.o$') "${libraries[@]}"
	fi
}

# make_builder MUTANT DEFENCE: $work/bin/ibbundle
make_builder() {
	mkdir -p "$work/bin"
	compile "$1" "$2" "$work/mutant.o" -Ibuilder || return
	# shellcheck disable=SC2046 # names of objects
	gcc -o "$work/bin/ibbundle" "$work/mutant.o" $(others "$2") "${libraries[@]}"
}

# try ATTACK FILE SED KIND NAME FUNCTION
try() {
	local attack=$1 file=$2 mutant=$work/mutant.c status=0
	sed "$3" "$file" >"$mutant"
	shift 3
	case $1 in
	unit)
		make_test "$2" "$mutant" "$file" >"$work/out" 2>&1 || status=99
		[ $status -eq 99 ] || TEST_FUNCTION=$3 tests/unit/run "$work/program" >"$work/out" 2>&1 || status=1
		if [ $status -eq 1 ] && ! grep -qE "FAILED  \\] $3\$|ERROR: (Address|Undefined|Leak)|runtime error|exit (124|1[34][0-9])" "$work/out"; then
			status=98
		fi
		;;
	cli)
		make_builder "$mutant" "$file" >"$work/out" 2>&1 || status=99
		[ $status -eq 99 ] || BUILDER_DIR=$work/bin tests/cli/run "$2" >"$work/out" 2>&1 || status=1
		;;
	*) return ;; # needs a stub of its own: not here
	esac
	case $status in
	1)
		echo "ok     $attack"
		passed=$((passed + 1))
		return
		;;
	0) echo "FAILED $attack: $1 $2 does not see that the defence is gone" ;;
	98) echo "FAILED $attack: another test than $3 failed" ;;
	99) echo "FAILED $attack: can't be built" ;;
	esac
	grep -E 'error|FAILED|ERROR' "$work/out" | head -n 10
	failed=$((failed + 1))
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
cp tests/attacks.list "$work/list"
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
done <"$work/list"
end_row
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
