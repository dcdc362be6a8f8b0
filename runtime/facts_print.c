/* SPDX-License-Identifier: MIT */
/* facts_print.c - see facts_print.h. */
#include "facts_print.h"

#include <string.h>

static void print_nic(const struct facts_nic *n, struct buf *out)
{
	static const char *const sriov[] = { "", ", whole", ", virtual", ", physical" };
	buf_printf(out, "nic      %04x:%04x at %s, %s%s%s%s%s%s", (unsigned)n->vendor,
		   (unsigned)n->device, n->address, facts_link_name(n->link), sriov[n->sriov],
		   n->driver ? ", driver " : ", no driver", n->driver ? n->driver : "",
		   n->driver_version ? " " : "", n->driver_version ? n->driver_version : "");
	if (n->ghost)
		buf_add_str(out, ", not present");
	if (n->problem)
		buf_printf(out, ", problem %u", (unsigned)n->problem);
	buf_add_str(out, "\n");
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool has_word(const char *text, const char *word)
{
	for (; *text; text++) {
		size_t n = 0;
		while (word[n] && lower((unsigned char)text[n]) == word[n])
			n++;
		if (!word[n])
			return true;
	}
	return false;
}

/* Of whoever makes the adapters: a machine may have hundreds of other products and drivers. */
static bool is_of_vendor(const char *text)
{
	return has_word(text, "mellanox") || has_word(text, "mlnx") || has_word(text, "nvidia");
}

static void print_windows(const struct facts *f, struct buf *out)
{
	buf_printf(out, "packages %zu products and %zu drivers by %s%s\n", f->software_count,
		   f->driver_count, f->package_manager,
		   f->package_manager_locked ? " (locked now)" : "");
	for (size_t i = 0; i < f->software_count; i++)
		if (is_of_vendor(f->software[i].name))
			buf_printf(out, "product  %s %s\n", f->software[i].name,
				   f->software[i].version);
	for (size_t i = 0; i < f->driver_count; i++) {
		const struct facts_driver *d = &f->drivers[i];
		if (is_of_vendor(d->provider))
			buf_printf(out, "driver   %s %s%s%s%s of %s\n", d->inf,
				   d->original ? "(" : "", d->original ? d->original : "",
				   d->original ? ") " : "", d->version, d->provider);
	}
	if (f->pending_reboot == ANSWER_YES)
		buf_add_str(out, "restart  is due already\n");
	if (f->elevated == ANSWER_NO)
		buf_add_str(out, "rights   not elevated: nothing can be installed\n");
}

static void print_edition(const struct facts *f, struct buf *out)
{
	const char *parts[] = { f->edition, f->installation, f->product_type };
	const char *between = "edition  ";
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i])
			continue;
		buf_printf(out, "%s%s", between, parts[i]);
		between = ", ";
	}
	if (*between == ',')
		buf_add_str(out, "\n");
}

static void print_linux(const struct facts *f, struct buf *out)
{
	if (f->tools.known)
		buf_printf(out,
			   "build    kernel headers %s; %zu of the programs that installers use\n",
			   f->kernel_headers == ANSWER_YES ? "are there" : "are missing",
			   f->tools.count);
	if (f->vendor_stack)
		buf_printf(out, "stack    %s\n", f->vendor_stack);
	buf_printf(out, "packages %zu by %s%s\n", f->package_count, f->package_manager,
		   f->package_manager_locked ? " (locked now)" : "");
}

void facts_print(const struct facts *f, bool image, struct buf *out)
{
	buf_printf(out, "system   %s (%s %s), %s\n", f->pretty_name[0] ? f->pretty_name : f->id,
		   f->id, f->version_id, f->arch);
	buf_printf(out, "kernel   %s%s\n", f->kernel[0] ? f->kernel : "none",
		   image ? " (newest in the root)" : "");
	print_edition(f, out);
	if (f->product || f->vm_size)
		buf_printf(out, "machine  %s%s%s\n", f->product ? f->product : "",
			   f->product && f->vm_size ? ", " : "", f->vm_size ? f->vm_size : "");
	for (size_t i = 0; i < f->nic_count; i++)
		print_nic(&f->nics[i], out);
	if (!f->nic_count)
		buf_add_str(out, "nic      none of vendor 15b3\n");
	if (f->network_direct)
		buf_printf(out, "nd       Network Direct %s\n",
			   f->nd_version ? f->nd_version : "(version unknown)");
	buf_printf(out, "boot     secure boot %s\n", facts_secure_boot_name(f->secure_boot));
	if (strcmp(f->os, "windows") == 0)
		print_windows(f, out);
	else
		print_linux(f, out);
	buf_printf(out, "space    %.1f GB for staging, %.1f GB for packages%s\n",
		   (double)f->space_staging / 1e9, (double)f->space_system / 1e9,
		   f->chroot ? "; in an image, a chroot or a container" : "");
}
