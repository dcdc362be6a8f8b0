/* SPDX-License-Identifier: MIT */
/*
 * facts_hardware_linux.c - see facts_hardware.h.
 *
 * What the numbers say is in pci.h; where a port tells its link layer, that goes first.
 */
#include "facts_hardware.h"

#include <string.h>
#include <unistd.h>

#include "facts_text.h"
#include "nic_family.h"
#include "pci.h"
#include "platform.h"

#define SYSFS_VALUE_MAX 4096
#define NETWORK_DIRECT_CLASS "8c2eaf3d-32a7-4b09-ab99-bd1f1c86b501"
#define SECURE_BOOT_VARIABLE "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define NET_TYPE_ETHERNET "1" /* ARPHRD_ETHER, ARPHRD_INFINIBAND */
#define NET_TYPE_INFINIBAND "32"

struct path {
	char text[PLATFORM_PATH_MAX];
};

static struct path join(const char *dir, const char *name)
{
	struct path p;
	int n = snprintf(p.text, sizeof(p.text), "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof(p.text))
		p.text[0] = '\0'; /* opens nothing */
	return p;
}

/* The first line of a small file, without its newline; false when it can't be read. */
static bool read_value(const char *dir, const char *name, char out[SYSFS_VALUE_MAX])
{
	AUTO(buf_done) struct buf text = BUF_INIT(SYSFS_VALUE_MAX - 1);
	if (!platform_read_file(join(dir, name).text, &text, NULL))
		return false;
	const char *s = buf_str(&text);
	size_t n = strcspn(s, "\n");
	memcpy(out, s, n);
	out[n] = '\0';
	return true;
}

static bool read_hex(const char *dir, const char *name, uint32_t *out)
{
	char value[SYSFS_VALUE_MAX], *end;
	if (!read_value(dir, name, value))
		return false;
	unsigned long number = strtoul(value, &end, 16);
	if (end == value || *end || number > UINT32_MAX)
		return false;
	*out = (uint32_t)number;
	return true;
}

/* --- NICs -------------------------------------------------------------------------------------- */

static enum facts_sriov sriov_of(const char *dir, uint32_t device)
{
	char total[SYSFS_VALUE_MAX];
	if (platform_exists(join(dir, "physfn").text))
		return SRIOV_VF;
	if (read_value(dir, "sriov_totalvfs", total) && strtoul(total, NULL, 10) > 0)
		return SRIOV_PF;
	return nic_family_is_virtual(device) ? SRIOV_VF : SRIOV_NONE;
}

/* The first name in DIR/SUB, as a path to FILE below it. */
static bool read_below(const char *dir, const char *sub, const char *file,
		       char out[SYSFS_VALUE_MAX])
{
	AUTO(platform_free_names) struct platform_names names = { 0 };
	struct path list = join(dir, sub);
	if (!platform_list_dir(list.text, &names, NULL) || !names.count)
		return false;
	return read_value(join(list.text, names.names[0]).text, file, out);
}

static enum facts_link link_of(const char *dir, uint32_t class_code)
{
	char value[SYSFS_VALUE_MAX];
	if (read_below(dir, "infiniband", "ports/1/link_layer", value)) {
		if (strcmp(value, "InfiniBand") == 0)
			return LINK_INFINIBAND;
		if (strcmp(value, "Ethernet") == 0)
			return LINK_ETHERNET;
	}
	if (read_below(dir, "net", "type", value)) {
		if (strcmp(value, NET_TYPE_INFINIBAND) == 0)
			return LINK_INFINIBAND;
		if (strcmp(value, NET_TYPE_ETHERNET) == 0)
			return LINK_ETHERNET;
	}
	return pci_link(class_code);
}

static bool read_driver(const char *root, const char *dir, struct facts *f, struct facts_nic *nic,
			struct err *err)
{
	char target[PLATFORM_PATH_MAX], version[SYSFS_VALUE_MAX];
	ssize_t n = readlink(join(dir, "driver").text, target, sizeof(target) - 1);
	if (n <= 0)
		return true; /* none is bound */
	target[n] = '\0';
	const char *slash = strrchr(target, '/');
	const char *name = slash ? slash + 1 : target;
	nic->driver = facts_keep(f, slice_str(name));
	if (!nic->driver)
		return err_no_memory(err);
	struct path module = join(join(root, "sys/module").text, name);
	if (read_value(module.text, "version", version))
		nic->driver_version = facts_keep(f, slice_str(version));
	return true;
}

static bool read_nic(const char *root, const char *address, struct facts *f, struct err *err)
{
	struct path dir = join(join(root, "sys/bus/pci/devices").text, address);
	struct facts_nic nic = { 0 };
	if (!read_hex(dir.text, "vendor", &nic.vendor) ||
	    !read_hex(dir.text, "device", &nic.device) ||
	    !read_hex(dir.text, "class", &nic.class_code) ||
	    !pci_is_nic(nic.vendor, nic.class_code))
		return true; /* not one of ours */
	if (f->nic_count == FACTS_NICS_MAX)
		return true;
	nic.address = facts_keep(f, slice_str(address));
	if (!nic.address)
		return err_no_memory(err);
	nic.sriov = sriov_of(dir.text, nic.device);
	nic.link = link_of(dir.text, nic.class_code);
	if (!read_driver(root, dir.text, f, &nic, err))
		return false;
	f->nics[f->nic_count++] = nic;
	return true;
}

static bool read_nics(const char *root, struct facts *f, struct err *err)
{
	AUTO(platform_free_names) struct platform_names names = { 0 };
	if (!platform_list_dir(join(root, "sys/bus/pci/devices").text, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++)
		if (!read_nic(root, names.names[i], f, err))
			return false;
	return true;
}

/* --- the rest ---------------------------------------------------------------------------------- */

static bool read_network_direct(const char *root, struct facts *f, struct err *err)
{
	AUTO(platform_free_names) struct platform_names names = { 0 };
	struct path bus = join(root, "sys/bus/vmbus/devices");
	if (!platform_list_dir(bus.text, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		char id[SYSFS_VALUE_MAX];
		/* the kernel writes "{8c2eaf3d-...}" */
		if (read_value(join(bus.text, names.names[i]).text, "class_id", id) &&
		    strstr(id, NETWORK_DIRECT_CLASS))
			f->network_direct = true;
	}
	AUTO(buf_done) struct buf pool = BUF_INIT(KVP_POOL_MAX);
	if (platform_read_file(join(root, "var/lib/hyperv/.kvp_pool_0").text, &pool, NULL))
		f->nd_version = facts_read_kvp(buf_slice(&pool), "NdDriverVersion", f);
	return true;
}

/* A variable is four bytes of attributes and its value. */
static enum facts_secure_boot read_secure_boot(const char *root)
{
	AUTO(buf_done) struct buf value = BUF_INIT(64);
	if (!platform_exists(join(root, "sys/firmware/efi").text))
		return platform_exists(join(root, "sys/firmware").text) ? SECURE_BOOT_OFF
									: SECURE_BOOT_UNKNOWN;
	struct path dir = join(root, "sys/firmware/efi/efivars");
	if (!platform_read_file(join(dir.text, SECURE_BOOT_VARIABLE).text, &value, NULL) ||
	    value.len != 5)
		return SECURE_BOOT_UNKNOWN;
	return value.p[4] == 1 ? SECURE_BOOT_ON : SECURE_BOOT_OFF;
}

bool facts_read_hardware(const char *root, struct facts *f, struct err *err)
{
	char product[SYSFS_VALUE_MAX];
	if (!read_nics(root, f, err) || !read_network_direct(root, f, err))
		return false;
	if (read_value(join(root, "sys/class/dmi/id").text, "product_name", product) && product[0])
		f->product = facts_keep(f, slice_str(product));
	f->secure_boot = read_secure_boot(root);
	return true;
}
