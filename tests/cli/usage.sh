# SPDX-License-Identifier: MIT
# Wrong use is one line and status 2.
try() {
	echo "\$ ibbundle $*"
	ibbundle "$@"
	echo "exit $?"
}
try
try hlep
try nothing-like-it
try version extra
try version --frob
try version --verbos
try version -x
try help one two three
try help slice two
try help nothing
try help -- --help
try ''
echo '$ ibbundle help >/dev/full'
ibbundle help >/dev/full
echo "exit $?"
