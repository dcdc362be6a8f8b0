/* SPDX-License-Identifier: MIT */
/*
 * devices.h - the devices that Windows knows of one bus, by SetupAPI and the Configuration Manager.
 *
 * Both are loaded from System32 when they are asked for: no DLL of theirs is linked.
 */
#ifndef DEVICES_H
#define DEVICES_H

#include "devnode.h"
#include "registry.h"

struct devices; /* the list, one device at a time */

/*
 * @bus is an enumerator's name: "PCI", "VMBUS".  A bus that this machine has not has no devices.
 * Those that are gone are among them.
 */
struct devices *devices_open(const char *bus, struct err *err);
void devices_auto_free(struct devices **list);

/* Goes to the next device; false behind the last. */
bool devices_next(struct devices *list) MUST_CHECK;

/* Of the device it is at. */
bool devices_answers(struct devices *list, struct devnode_answers *out) MUST_CHECK;

enum devices_property {
	DEVICE_HARDWARE_IDS,
	DEVICE_COMPATIBLE_IDS,
	DEVICE_LOCATION,
	DEVICE_SERVICE
};
/* Ids are lists as of registry_read_list(), the others texts; false when it has none. */
bool devices_text(struct devices *list, enum devices_property property, struct buf *out) MUST_CHECK;
/* Bus number and address; see pci_address(). */
bool devices_place(struct devices *list, uint32_t *bus, uint32_t *place) MUST_CHECK;
/* "PCI\VEN_15B3&DEV_1018&...\4&1A2B3C4D&0&0010" */
bool devices_instance(struct devices *list, struct buf *out) MUST_CHECK;
/* The key of its driver, with DriverVersion; false when none is installed. */
bool devices_driver_key(struct devices *list, struct registry_key *out) MUST_CHECK;

#endif
