/* SPDX-License-Identifier: MIT */
/*
 * pci.h - what the numbers of a PCI function say about a network adapter, and how Windows writes
 * them down.  No system call: texts and numbers in, facts out.
 *
 * Decided by PCI class, not by id: one id may be InfiniBand (class 0207) on one VM size and
 * Ethernet (0200) on another.  ConnectX-3 functions have class 0280: no class tells.
 */
#ifndef PCI_H
#define PCI_H

#include "facts.h"

/* Of vendor 15b3, and a network function: bridges and managers of that vendor exist, too. */
bool pci_is_nic(uint32_t vendor, uint32_t class_code);

enum facts_link pci_link(uint32_t class_code);

/*
 * Windows: @ids are a device's hardware or compatible ids, each followed by a NUL byte, as whoever
 * installed it left them in the registry:
 *
 *   PCI\VEN_15B3&DEV_1018&SUBSYS_000315B3&REV_00       the first one with both numbers counts
 *   PCI\VEN_15B3&DEV_1018&CC_020700, PCI\CC_0207       6 digits go before 4
 *
 * False when none says it.
 */
bool pci_read_id(struct slice ids, uint32_t *vendor, uint32_t *device) MUST_CHECK;
bool pci_read_class(struct slice ids, uint32_t *class_code) MUST_CHECK;

/* Does one of @ids, of whatever bus, name that device class "{8c2eaf3d-...}", in either case? */
bool pci_ids_name(struct slice ids, const char *class_id);

/*
 * "0000:02:00.0", as Linux writes it.  Windows has segment << 8 | bus and device << 16 | function
 * as properties of a device, or else a text in its own language: "PCI bus 2, device 0, function 0".
 * False when these do not say it.
 */
#define PCI_ADDRESS_SIZE 16
bool pci_address(uint32_t bus, uint32_t place, char out[PCI_ADDRESS_SIZE]) MUST_CHECK;
bool pci_read_location(struct slice text, char out[PCI_ADDRESS_SIZE]) MUST_CHECK;

#endif
