# SPDX-License-Identifier: MIT
# A repository whose index lists files that are gone: an error at fetch, or passed over when the
# manifest says so.
. "$SUPPORT/apt-repository"
versions() {
	jq -r '.files[] | "  \(.deb.package)=\(.deb.version)"' m.lock.json
}

apt_key good
apt_base main 1.0 amd64
apt_deb main app 1 amd64 'Depends: lib'
apt_deb main lib 1 amd64
apt_publish main good amd64
apt_deb security app 2 amd64 'Depends: lib'
apt_deb security lib 2 amd64 'Depends: tail'
apt_deb security tail 1 all
apt_publish security good amd64

echo '== all there: asking for skip_missing changes nothing'
apt_manifest suites='"main" "security"' more=', "skip_missing": true' >m.json
ibbundle lock m.json && versions

echo '== two are gone (from a fresh cache): the older versions, and a warning'
rm -r "$HOME/.cache" repo/pool/security/{lib_2_amd64,tail_1_all}.deb
ibbundle lock m.json && versions
ibbundle fetch m.json | "$SUPPORT/normalise"

echo '== without skip_missing lock does not look, and fetch says what is wrong'
apt_manifest suites='"main" "security"' >m.json
ibbundle lock m.json && versions
ibbundle fetch m.json 2>&1 | "$SUPPORT/normalise"

echo '== nothing older to take'
rm repo/pool/main/lib_1_amd64.deb
rm -r "$HOME/.cache"
apt_manifest suites='"main" "security"' more=', "skip_missing": true' >m.json
ibbundle lock m.json
echo "exit $?"

echo '== what needs the version that is gone'
apt_deb main lib 1 amd64
apt_deb security app 3 amd64 'Depends: lib (>= 2)'
apt_publish main good amd64
apt_deb security lib 2 amd64
apt_publish security good amd64
rm repo/pool/security/lib_2_amd64.deb
ibbundle lock m.json
echo "exit $?"

echo '== a file of wrong content is not a missing one'
apt_deb security lib 2 amd64
truncate -s -1 repo/pool/security/lib_2_amd64.deb
ibbundle lock m.json 2>&1 | "$SUPPORT/normalise"
echo "exit ${PIPESTATUS[0]}"
