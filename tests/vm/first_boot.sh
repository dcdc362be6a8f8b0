#!/bin/bash
# SPDX-License-Identifier: MIT
# In the VM: the first boot of an image, when its unit has run.
cd "$(dirname "$0")" || exit 1
# shellcheck source-path=SCRIPTDIR source=check.sh
. ./check.sh
kernel=$(cat kernel)
bundle=$PWD/bundle.run
echo "time $(cut -d. -f1 /proc/uptime) s, boot"

check "no network device but the test's" [ "$(echo /sys/class/net/*)" = '/sys/class/net/d0 /sys/class/net/lo' ]
check "the kernel that the bundle brought" [ "$(uname -r)" = "$kernel" ]
check "the machine has an id of its own" test -s /etc/machine-id
timed "status" "$bundle" status
check "status says what is installed" says "installed: debian-12-amd64-$kernel"
check "and that it works on this hardware" says 'check at the first boot: ok'
check "is a yes" exits 0
cp /var/log/azure/ib-vmext-status "$out"
check "the real function was found" says 'InfiniBand function 15b3:1018 at 10000:00:00.0'
check "the signer was trusted" says 'trusted on this machine'
check "the device was seen" says 'rxe0 is there'
check "modules were loaded" test -d /sys/module/ib_umad
check "its program is gone" not test -e /usr/libexec/ibbundle-first-boot
check "its unit is gone" not test -e /etc/systemd/system/ibbundle-first-boot.service
check "nothing wants it" not test -L /etc/systemd/system/multi-user.target.wants/ibbundle-first-boot.service
timed "failed units" systemctl --failed --no-legend
check "it did not fail" not says ibbundle
timed "install" "$bundle" install --require-trust
check "the whole bundle agrees" says 'already installed'
timed "ibv_devinfo" ibv_devinfo -d rxe0
check "verbs see the device" says 'PORT_ACTIVE'
echo "the end"
