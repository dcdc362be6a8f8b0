# SPDX-License-Identifier: MIT
# Build a bundle and ask everything of it.
. "$SUPPORT/bundle"
stable() {
	"$SUPPORT/normalise" 's/(certificate sha256|"certificate":) "?[0-9a-f]{64}"?/\1 DIGEST/' \
		's/((libarchive|zstd)"?:?) "?[0-9.]+"?/\1 VERSION/'
}

bundle_build b.run | stable
ls -A | sort
stat -c '%a %n' b.run b.run.p7s

echo "== list"
ibbundle list b.run
ibbundle list b.run --json
echo "== inspect"
ibbundle inspect b.run | stable
ibbundle inspect b.run --json | stable
echo "== verify"
ibbundle verify b.run --trust keys/cert.pem | stable
ibbundle verify b.run --trust keys/cert.pem --json | stable
rm b.run.p7s
ibbundle verify b.run | stable

echo "== extract"
ibbundle extract b.run --package one -o one
(cd one && find . -mindepth 1 -type d -printf '%M %TY-%Tm-%Td %p\n' -o \
	-printf '%M %TY-%Tm-%Td %s %p %l\n' | sort)
cmp one/shared files/shared
diff -r --no-dereference one/tree.tgz tree
ibbundle extract b.run --all -o all --json
cmp all/two/two files/two
diff -r --no-dereference one all/one && echo same

echo "== a file without a runtime"
bundle_build b.ibb --no-stub | stable
ibbundle verify b.ibb | stable
