#!/bin/bash
# SPDX-License-Identifier: MIT
# Stand-ins for the vendor's packages, and a bundle of them: tests/support/vendor_packages.sh DIR
#
# DIR/vendor.run has a MLNX_OFED .tgz and a DOCA-host .deb of the shapes that the real ones have
# (manifests/README.md, How vendor packages are installed), with the steps that the real ones get.
#
# The mlnxofedinstall in the .tgz takes the options that the real one knows and no other (22), insists
# on those that a VM without network needs, and ends with the code in /etc/ofed-code of the root.  The
# postinst of the kernel package does as dkms does, and hides that a build failed when
# /etc/dkms-fails is there; with /etc/dkms-slow it takes a minute.
set -eu -o pipefail
dir=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
builder=$top/build/ibbundle
mkdir -p "$dir"
cd "$dir"
export XDG_CACHE_HOME=$PWD/cache SOURCE_DATE_EPOCH=1700000000
umask 022

ofed=MLNX_OFED_LINUX-5.8-1.1.2.1-debian12-x86_64
doca='doca-host-3.2.1-044000-25.10-debian12'

# deb NAME VERSION DEPENDS OUT [POSTINST [PRERM]]: what stands in ./tree goes into it
deb() {
	mkdir -p tree/DEBIAN
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: Test <test@example.org>\n%sDescription: a test\n' \
		"$1" "$2" "${3:+Depends: $3$'\n'}" > tree/DEBIAN/control
	[ -z "${5:-}" ] || printf '#!/bin/sh\nset -e\n%s\n' "$5" > tree/DEBIAN/postinst
	[ -z "${6:-}" ] || printf '#!/bin/sh\nset -e\n%s\n' "$6" > tree/DEBIAN/prerm
	chmod -f 755 tree/DEBIAN/p* || true
	chmod -R u+rwX,go+rX tree
	dpkg-deb --root-owner-group -Zgzip -b tree "$4" > /dev/null
	rm -rf tree
}

# What a dkms package's postinst does, without a compiler: the state in /var/lib/dkms and a module.
# shellcheck disable=SC2016 # expanded by the maintainer script
dkms_postinst='[ "$1" = configure ] || exit 0
[ ! -e /etc/dkms-slow ] || { touch /dkms-begun; sleep 60; }
kernel=$(ls /lib/modules | sort -V | tail -n 1)
for m in mlnx-ofed-kernel iser isert srp; do
	mkdir -p "/var/lib/dkms/$m/25.10/build"
	[ ! -e /etc/dkms-fails ] || { echo "error" > "/var/lib/dkms/$m/25.10/build/make.log"; continue; }
	mkdir -p "/var/lib/dkms/$m/25.10/$kernel/x86_64/module" "/lib/modules/$kernel/updates/dkms"
	echo "$m" > "/var/lib/dkms/$m/25.10/$kernel/x86_64/module/$m.ko"
	cp "/var/lib/dkms/$m/25.10/$kernel/x86_64/module/$m.ko" "/lib/modules/$kernel/updates/dkms/"
	ln -sfn "25.10/$kernel/x86_64" "/var/lib/dkms/$m/kernel-$kernel-x86_64"
done
exit 0 # it hides a failure, as the real one does'
# shellcheck disable=SC2016
dkms_prerm='for m in mlnx-ofed-kernel iser isert srp; do
	rm -rf "/var/lib/dkms/$m" /lib/modules/*/updates/dkms/$m.ko
done'

make_ofed() {
	mkdir -p "$ofed/DEBS" "$ofed/docs"
	echo 5.8-1.1.2.1 > "$ofed/.mlnx"
	echo x86_64 > "$ofed/.arch"
	echo debian12 > "$ofed/distro"
	mkdir -p tree/usr/bin tree/etc/init.d tree/etc/infiniband
	printf '#!/bin/bash\necho MLNX_OFED_LINUX-5.8-1.1.2.1:\n' > tree/usr/bin/ofed_info
	# shellcheck disable=SC2016 # expanded when it runs
	printf '#!/bin/bash\n[ ! -e /etc/openibd ] || . /etc/openibd\necho "openibd $1"\n' > tree/etc/init.d/openibd
	chmod 755 tree/usr/bin/ofed_info tree/etc/init.d/openibd
	deb ofed-scripts 5.8 '' "$ofed/DEBS/"
	deb mlnx-ofed-kernel-dkms 5.8 ofed-scripts "$ofed/DEBS/" "$dkms_postinst" "$dkms_prerm"
	cat > "$ofed/mlnxofedinstall" <<-'END'
		#!/bin/bash
		# A stand-in: the options of the real one, their arguments, its exit codes.
		here=$(cd "$(dirname "$0")" && pwd)
		firmware=burn tmpdir=/tmp kernel= rebuild=no distro=
		echo "mlnxofedinstall $*"
		while [ $# -gt 0 ]; do
			case $1 in
			-q | --force | --skip-repo | --guest | --basic | --without-depcheck | --dkms) ;;
			--without-ibutils2 | --without-openmpi | --without-mpitests | --skip-unsupported-devices-check) ;;
			--without-fw-update) firmware=no ;;
			--add-kernel-support) rebuild=yes ;;
			--tmpdir) tmpdir=$2; shift ;;
			--distro) distro=$2; shift ;;
			-k | --kernel) kernel=$2; shift ;;
			-s | --kernel-sources) [ -e "$2/Makefile" ] || { echo "no sources in $2"; exit 1; }; shift ;;
			*) echo "Unknown option: $1"; exit 22 ;;
			esac
			shift
		done
		[ "$firmware" = no ] || { echo "a virtual function takes no firmware"; exit 2; }
		[ "$tmpdir" = "$PWD" ] || { echo "tmpdir $tmpdir is not $PWD"; exit 1; }
		[ -z "$distro" ] || [ "$distro" = debian12 ] || { echo "no packages for $distro"; exit 172; }
		kernel=${kernel:-$(uname -r)}
		[ "$kernel" = 6.1.0-39-amd64 ] || [ $rebuild = yes ] ||
			{ echo "kernel $kernel is not supported, use --add-kernel-support"; exit 1; }
		code=$(cat /etc/ofed-code 2> /dev/null)
		[ -z "$code" ] || exit "$code"
		mkdir -p "$tmpdir/MLNX_OFED_LINUX.$$.logs"
		dpkg --configure -a --force-all || exit 1
		apt-get install -f -y || exit 1
		for d in ofed-scripts mlnx-ofed-kernel-dkms; do
			dpkg -i "$here/DEBS/$d"_*.deb || exit 1
		done
	END
	chmod 755 "$ofed/mlnxofedinstall"
	find "$ofed" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	tar --sort=name --owner=0 --group=0 -cf - "$ofed" | gzip -n > "$ofed.tgz"
	rm -rf "$ofed"
}

make_doca() {
	local repo=host/usr/share/$doca/repo
	mkdir -p "$repo/pool" host/etc/apt/sources.list.d
	deb mlnx-ofed-kernel-dkms 25.10 '' "$repo/pool/" "$dkms_postinst" "$dkms_prerm"
	mkdir -p tree/usr/bin
	printf '#!/bin/bash\necho OFED-internal-25.10-1.2.8:\n' > tree/usr/bin/ofed_info
	chmod 755 tree/usr/bin/ofed_info
	deb ofed-scripts 25.10 '' "$repo/pool/"
	deb doca-ofed 3.2.1 'mlnx-ofed-kernel-dkms (= 25.10), ofed-scripts' "$repo/pool/"
	(cd "$repo" && apt-ftparchive packages pool > Packages)
	echo "deb [trusted=yes] file:/usr/share/$doca/repo ./" > host/etc/apt/sources.list.d/doca.list
	mv host tree
	deb doca-host 3.2.1-044000-25.10-debian12 '' "doca-host_3.2.1-044000-25.10-debian12_amd64.deb"
}

# Both get these: what an administrator would set by hand.
settings='{ "file": { "path": "/etc/modules-load.d/ibbundle.conf", "text": "ib_ipoib\nib_umad\n" } },
        { "file": { "path": "/etc/security/limits.d/90-ibbundle.conf",
                    "text": "* soft memlock unlimited\n* hard memlock unlimited\n" } },
        { "file": { "path": "/etc/udev/rules.d/60-ibbundle-rdma-names.rules",
                    "text": "ACTION==\"add\", SUBSYSTEM==\"infiniband\", PROGRAM=\"rdma_rename %k NAME_KERNEL\"\n" } },
        { "setting": { "file": "/etc/waagent.conf", "key": "OS.EnableRDMA", "value": "y" } },
        { "modules": { "names": ["mlx5_core", "mlx5_ib", "ib_core"],
                       "restart": ["/etc/init.d/openibd", "force-restart"] } }'

sum() { sha256sum "$1" | cut -d' ' -f1; }
make_manifest() {
	cat > vendor.json <<-END
	{ "schema": 1, "name": "vendor", "version": "1", "packages": [
	    { "id": "mlnx-ofed-5.8", "title": "MLNX_OFED 5.8", "license": "MIT", "version": "5.8-1.1.2.1", "priority": 100,
	      "files": [ { "url": ["file://$PWD/$ofed.tgz"], "sha256": "$(sum "$ofed.tgz")", "path": "ofed", "unpack": true } ],
	      "match": { "os": "linux", "distro": ["debian-like"], "release": ["12"], "arch": ["x86_64"], "link": ["infiniband", "unknown"] },
	      "needs": [ { "headers": true, "tools": ["perl"], "modules": ["mlx5_core", "ib_core"], "unsigned_modules": true, "replaces_stack": true },
	                 { "match": { "kernel": "!= 6.1.0-39-amd64" }, "tools": ["gcc", "make"] } ],
	      "install": [
	        { "run": ["./ofed/$ofed/mlnxofedinstall", "-q", "--force", "--without-fw-update", "--skip-repo",
	                  "--skip-unsupported-devices-check", "--without-depcheck", "--tmpdir", "\${staging}",
	                  "-k", "\${kernel}", "-s", "/lib/modules/\${kernel}/build"],
	          "also": [ { "match": { "kernel": "!= 6.1.0-39-amd64" }, "args": ["--add-kernel-support"] },
	                    { "match": { "distro": ["devuan", "raspbian"] }, "args": ["--distro", "debian\${release}"] } ],
	          "timeout": 3600,
	          "meaning": { "1": "it failed; its own log says where", "2": "it wanted to burn firmware, and there is none for this adapter",
	                       "22": "it does not know one of its options", "28": "there is not enough space in /usr",
	                       "171": "the hardware that it is for is not there", "172": "something that it needs is missing",
	                       "173": "its mst driver did not start", "174": "other packages depend on what it must remove" } },
	        $settings ],
	      "check": [ { "dkms": ["mlnx-ofed-kernel", "iser", "isert", "srp"] }, { "device": {} } ] },
	    { "id": "doca-ofed-3.2.1", "title": "DOCA-OFED 3.2.1", "license": "MIT", "version": "3.2.1", "priority": 50,
	      "files": [ { "url": ["file://$PWD/doca-host_3.2.1-044000-25.10-debian12_amd64.deb"],
	                   "sha256": "$(sum doca-host_3.2.1-044000-25.10-debian12_amd64.deb)" } ],
	      "match": { "os": "linux", "distro": ["debian"], "release": ["12"], "arch": ["x86_64"], "link": ["infiniband", "unknown"] },
	      "needs": { "headers": true, "tools": ["gcc", "make"], "replaces_stack": ["OFED-internal-", "doca-ofed"] },
	      "install": [
	        { "run": ["dpkg", "-i", "\${staging}/doca-host_3.2.1-044000-25.10-debian12_amd64.deb"] },
	        { "run": ["apt-get", "-q", "-o", "Dir::Etc::sourcelist=/etc/apt/sources.list.d/doca.list",
	                  "-o", "Dir::Etc::sourceparts=-", "-o", "APT::Get::List-Cleanup=false", "update"] },
	        { "run": ["apt-get", "-q", "-y", "-o", "Dir::Etc::sourcelist=/etc/apt/sources.list.d/doca.list",
	                  "-o", "Dir::Etc::sourceparts=-", "--no-install-recommends", "install", "doca-ofed"], "timeout": 3600 },
	        $settings ],
	      "check": [ { "dkms": ["mlnx-ofed-kernel", "iser", "isert", "srp"] }, { "device": {} } ] } ] }
	END
}

make_ofed
make_doca
make_manifest
"$builder" keygen -o key --name 'vendor test' > /dev/null
"$builder" lock vendor.json > /dev/null
"$builder" build vendor.json -o vendor.run --key key/key.pem --cert key/cert.pem --level 1 > /dev/null
