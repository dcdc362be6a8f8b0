/* SPDX-License-Identifier: MIT */
/*
 * nic_family.h - network adapters of vendor 15b3 by the names of their generations: "connectx-5" for
 * 1017, its physical function, and 1018, its virtual one.
 *
 * The one table of those ids: facts tell virtual functions by it, rules name generations by it.
 * From ConnectX-6 Dx on all generations share one id for virtual functions, 101e.
 */
#ifndef NIC_FAMILY_H
#define NIC_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NIC_FAMILY_VENDOR 0x15b3u
#define NIC_FAMILY_IDS_MAX 4 /* of one name */

/*
 * The device ids that @name (of @len bytes) stands for, 1 to NIC_FAMILY_IDS_MAX; 0 when there is no
 * such name.  Names end in "-pf" or "-vf" for physical or virtual functions alone.
 */
size_t nic_family_ids(const char *name, size_t len, uint32_t ids[NIC_FAMILY_IDS_MAX]);

/* Does @name stand for that device? */
bool nic_family_has(const char *name, size_t len, uint32_t device);

/* A virtual function, by its id alone: a VM sees no physical function that it would belong to. */
bool nic_family_is_virtual(uint32_t device);

/* The names, without "-pf" and "-vf": number @i from 0, then NULL. */
const char *nic_family_name(size_t i);

#endif
