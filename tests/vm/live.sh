#!/bin/bash
# SPDX-License-Identifier: MIT
# In the VM: a running system without RDMA gets it from the bundle on this disk.
cd "$(dirname "$0")" || exit 1
# shellcheck source-path=SCRIPTDIR source=check.sh
. ./check.sh
kernel=$(cat kernel)
bundle=$PWD/bundle.run
address=10000:00:00.0
echo "time $(cut -d. -f1 /proc/uptime) s, boot"

check "no network device" no_network
check "the kernel that the bundle has" [ "$(uname -r)" = "$kernel" ]
check "no RDMA tools yet" not test -e /usr/bin/ibv_devinfo
timed "plan without hardware" "$bundle" plan
check "no InfiniBand function" exits 1
timed "install without hardware" "$bundle" install
check "is refused" exits 11

check "the test's module loads" insmod ./fake_nic.ko device=0x1018
check "sysfs shows the function" grep -q 0x15b3 /sys/bus/pci/devices/$address/vendor
timed "facts" "$bundle" facts --json
check "detected for what it is" grep -q "\"address\": \"$address\"" "$out"
check "InfiniBand by its class" says '"link": "infiniband"'
check "a virtual function" says '"sriov": "vf"'
check "not a container" says '"chroot": false'
timed "plan" "$bundle" plan
check "a package fits" exits 0
check "for this kernel" says "debian-12-amd64-$kernel"
check "because of the function" says "InfiniBand function 15b3:1018 at $address"

check "Soft-RoCE comes up" bash ./rxe.sh
# the package without the kernel, which is there: less to lay out under emulation
timed "install" "$bundle" install --package debian-12-amd64
check "install" exits 0
check "an RDMA device is there" says 'rxe0 is there'
timed "install again" "$bundle" install --package debian-12-amd64
check "again" says 'already installed'
timed "status" "$bundle" status
check "status" says "installed: debian-12-amd64 "

timed "load modules" modprobe -a mlx4_ib mlx5_ib ib_umad ib_ipoib rdma_ucm
check "all modules load" exits 0
timed "ibv_devinfo" ibv_devinfo -d rxe0
check "verbs see the device" says 'PORT_ACTIVE'

both() { # SERVER-PORT COMMAND...: a server, and a client of it
	local port=$1 server
	shift
	"$@" > /run/server 2>&1 < /dev/null &
	server=$!
	wait_for 60 sh -c "ss -Hltn 'sport = :$port' | grep -q ." || return 1
	"$@" 10.9.9.1
	local client=$?
	wait "$server" && [ $client -eq 0 ]
}
timed "ibv_rc_pingpong" both 18515 ibv_rc_pingpong -d rxe0 -g 1 -n 200
check "ibv_rc_pingpong" says '200 iters'
timed "ib_write_bw" both 18516 ib_write_bw -d rxe0 -x 1 -p 18516 -n 100 -s 4096 -F
check "ib_write_bw" exits 0
grep -aE '^ *4096 ' "$out" | sed 's/^/time rate of ib_write_bw (bytes, iterations, MB\/s):/'
timed "uninstall" "$bundle" uninstall
check "uninstall" exits 0
check "the tools are gone" not test -e /usr/bin/ibv_devinfo
check "the running kernel is not" test -e "/boot/vmlinuz-$kernel"
echo "the end"
