/* SPDX-License-Identifier: MIT */
/*
 * facts_text.h - what the runtime reads out of text files of a system: os-release(5), dpkg's status
 * database, the Hyper-V key-value pool.  Only text in, facts out: no system call.
 */
#ifndef FACTS_TEXT_H
#define FACTS_TEXT_H

#include "facts.h"

#define DPKG_STATUS_MAX (64u << 20) /* a machine with every Debian package has less */
#define KVP_POOL_MAX (4u << 20)

/*
 * A copy of @text that f->doc owns; NULL when memory ran out or f->doc is NULL.  Bytes that are
 * not printable UTF-8 become '?', so that every string can stand in a document.
 */
const char *facts_keep(struct facts *f, struct slice text);

/* Sets id, version_id, id_like and pretty_name; a value may be quoted as a shell would. */
bool facts_read_os_release(struct slice text, struct facts *f, struct err *err) MUST_CHECK;

/*
 * Sets packages: every one of which files are there ("config-files" and "not-installed" are not).
 */
bool facts_read_dpkg_status(struct slice text, struct facts *f, struct err *err) MUST_CHECK;

/* The same from a file of dpkg's updates/: it replaces what is known of the packages it names. */
bool facts_update_dpkg_status(struct slice text, struct facts *f, struct err *err) MUST_CHECK;

/*
 * Adds the modules of the Mellanox and InfiniBand families to builtin_modules, from the kernel's
 * modules.builtin ("kernel/drivers/infiniband/core/ib_core.ko").
 */
bool facts_read_builtin(struct slice text, struct facts *f, struct err *err) MUST_CHECK;

/*
 * Sets vendor_stack from the script ofed_info, which is not run: the first name in it like
 * "MLNX_OFED_LINUX-5.8-1.0.1.1" or "OFED-internal-24.10-0.7.0".
 */
bool facts_read_ofed_info(struct slice text, struct facts *f, struct err *err) MUST_CHECK;

/* The value of @key in a pool of records of 512 bytes key and 2048 bytes value; NULL: not there. */
const char *facts_read_kvp(struct slice pool, const char *key, struct facts *f);

#endif
