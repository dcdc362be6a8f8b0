#!/bin/bash
# SPDX-License-Identifier: MIT
# An RDMA device without hardware: Soft-RoCE on an interface that leads nowhere.
set -eu
modprobe -a crc32_generic dummy rdma_rxe ib_uverbs rdma_ucm
ip link add d0 type dummy
ip addr add 10.9.9.1/24 dev d0
ip link set d0 up
rdma link add rxe0 type rxe netdev d0
