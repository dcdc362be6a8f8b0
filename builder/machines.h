/* SPDX-License-Identifier: MIT */
/*
 * machines.h - the machines that a cloud documents: VM sizes, OS images, and which go together.
 *
 * The data is `sizes.json` and `images.json` in one folder; manifests/README.md, Machines describes
 * every key.  A size and an image together are the facts of one machine on which nothing is installed.
 */
#ifndef MACHINES_H
#define MACHINES_H

#include "facts.h"

#define MACHINES_FILE_MAX (1u << 20) /* bytes of one of the two documents */
#define MACHINES_LIST_MAX 512        /* families, sizes, or images */
#define MACHINES_NICS_MAX 8          /* functions of one size */
#define MACHINES_FLOORS_MAX 8

/* Who says that an image runs on a size; bits. */
enum machine_documented {
	DOCUMENTED_SIZE = 1,      /* the page of the size, or the list of HPC images */
	DOCUMENTED_EXTENSION = 2, /* the pages of the driver extensions */
	DOCUMENTED_ENDORSED = 4,  /* an endorsed distribution that no HPC page speaks of */
	DOCUMENTED_ANY = 7,
};

/* The oldest version of a driver that works with a size. */
struct machine_floor {
	const char *driver, *version;
};

/* Sizes that differ in nothing but their name. */
struct machine_family {
	const char *name; /* "HBv4"; not always unique */
	const char *arch; /* "x86_64", "aarch64" */
	bool network_direct;
	struct facts_nic nics[MACHINES_NICS_MAX];
	size_t nic_count;
	const char *retires;             /* "2027-05-31", "2021-03", or NULL */
	const struct json_value *images; /* an array of match objects */
	bool extension_linux, extension_windows;
	struct machine_floor floors[MACHINES_FLOORS_MAX];
	size_t floor_count;
	const char *source;
};

struct machine_size {
	const char *name; /* "Standard_HB176rs_v4" */
	const struct machine_family *family;
};

struct machine_image {
	const char *name, *title; /* "ubuntu-22.04", "Ubuntu 22.04 LTS" */
	const char *os, *id, *version_id;
	const char *id_like[8];
	size_t id_like_count;
	const char *kernel_x86_64, *kernel_aarch64; /* NULL: there is no such image */
	const char *package_manager;
	const char *installation; /* of Windows: "server"; else NULL */
	bool extension, endorsed;
	const char *source;
};

struct machines {
	struct json *sizes_doc, *images_doc; /* own every text */
	struct machine_family *families;     /* owned; in the document's order, as the others */
	size_t family_count;
	struct machine_size *sizes;
	size_t size_count;
	struct machine_image *images;
	size_t image_count;
};

/* `sizes.json` and `images.json` in folder @dir. */
bool machines_read(const char *dir, struct machines *out, struct err *err) MUST_CHECK;
bool machines_parse(const char *sizes_name, struct slice sizes, const char *images_name,
		    struct slice images, struct machines *out, struct err *err) MUST_CHECK;
void machines_done(struct machines *m); /* accepts a zeroed struct; for AUTO() */

/* Sizes whose families have one name follow each other: does a name start at size number @s? */
bool machines_starts_family(const struct machines *m, size_t s);

/*
 * The facts of @image on @size, which borrow everything; Secure Boot is off.  False when there is no
 * such image for the size's processor.
 */
bool machine_facts(const struct machine_size *size, const struct machine_image *image,
		   struct facts *out);

/* Bits of enum machine_documented; 0: nobody says that it runs. */
unsigned machine_documented(const struct machine_size *size, const struct machine_image *image);

/* "2027-05-31", "2027-05": a day or a month? */
bool machine_date_valid(const char *text);

/* Is the size gone on the day @on ("2026-11-26")?  A month ends with its last day. */
bool machine_retired(const struct machine_size *size, const char *on);

#endif
