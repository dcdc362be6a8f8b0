/* SPDX-License-Identifier: MIT */
/* devices_windows.c - see devices.h. */
#include "devices.h"

#include <string.h>
#include <windows.h>

/* these need the one above */
#include <cfgmgr32.h>
#include <setupapi.h>

#include "wide.h"

#define INSTANCE_MAX 512 /* characters; MAX_DEVICE_ID_LEN is 200 */

struct api {
	HDEVINFO(WINAPI *get)(const GUID *, PCWSTR, HWND, DWORD);
	BOOL(WINAPI *enumerate)(HDEVINFO, DWORD, PSP_DEVINFO_DATA);
	BOOL(WINAPI *property)(HDEVINFO, PSP_DEVINFO_DATA, DWORD, PDWORD, PBYTE, DWORD, PDWORD);
	BOOL(WINAPI *instance)(HDEVINFO, PSP_DEVINFO_DATA, PWSTR, DWORD, PDWORD);
	HKEY(WINAPI *open_key)(HDEVINFO, PSP_DEVINFO_DATA, DWORD, DWORD, DWORD, REGSAM);
	BOOL(WINAPI *destroy)(HDEVINFO);
	CONFIGRET(WINAPI *status)(PULONG, PULONG, DEVINST, ULONG);
};

struct devices {
	struct api api;
	HDEVINFO all, present; /* INVALID_HANDLE_VALUE: none */
	DWORD next;
	SP_DEVINFO_DATA at;
};

static bool load(struct api *a, struct err *err)
{
	static const wchar_t setup[] = L"setupapi.dll";
	a->get = (HDEVINFO(WINAPI *)(const GUID *, PCWSTR, HWND, DWORD))wide_function(
		setup, "SetupDiGetClassDevsW");
	a->enumerate = (BOOL(WINAPI *)(HDEVINFO, DWORD, PSP_DEVINFO_DATA))wide_function(
		setup, "SetupDiEnumDeviceInfo");
	a->property =
		(BOOL(WINAPI *)(HDEVINFO, PSP_DEVINFO_DATA, DWORD, PDWORD, PBYTE, DWORD,
				PDWORD))wide_function(setup, "SetupDiGetDeviceRegistryPropertyW");
	a->instance = (BOOL(WINAPI *)(HDEVINFO, PSP_DEVINFO_DATA, PWSTR, DWORD,
				      PDWORD))wide_function(setup, "SetupDiGetDeviceInstanceIdW");
	a->open_key = (HKEY(WINAPI *)(HDEVINFO, PSP_DEVINFO_DATA, DWORD, DWORD, DWORD,
				      REGSAM))wide_function(setup, "SetupDiOpenDevRegKey");
	a->destroy = (BOOL(WINAPI *)(HDEVINFO))wide_function(setup, "SetupDiDestroyDeviceInfoList");
	a->status = (CONFIGRET(WINAPI *)(PULONG, PULONG, DEVINST, ULONG))wide_function(
		L"cfgmgr32.dll", "CM_Get_DevNode_Status");
	return (a->get && a->enumerate && a->property && a->instance && a->open_key &&
		a->destroy) ||
	       wide_failed(err, GetLastError(), false, "setupapi.dll can't be used");
}

/* A Generation 2 VM without a passed-through function has no PCI bus at all. */
static bool has_bus(const char *bus)
{
	char path[128];
	int n = snprintf(path, sizeof(path), "SYSTEM\\CurrentControlSet\\Enum\\%s", bus);
	return n > 0 && (size_t)n < sizeof(path) && registry_exists(path);
}

struct devices *devices_open(const char *bus, struct err *err)
{
	AUTO(devices_auto_free) struct devices *list = calloc(1, sizeof(*list));
	AUTO(wide_free) wchar_t *wide = wide_text(bus, err);
	if (!list) {
		err_no_memory(err);
		return NULL;
	}
	list->all = list->present = INVALID_HANDLE_VALUE;
	if (!wide || !load(&list->api, err))
		return NULL;
	if (has_bus(bus)) {
		list->all = list->api.get(NULL, wide, NULL, DIGCF_ALLCLASSES);
		if (list->all == INVALID_HANDLE_VALUE) {
			wide_failed(err, GetLastError(), false, "cannot list the devices of '%s'",
				    bus);
			return NULL;
		}
		list->present = list->api.get(NULL, wide, NULL, DIGCF_ALLCLASSES | DIGCF_PRESENT);
	}
	struct devices *out = list;
	list = NULL;
	return out;
}

void devices_auto_free(struct devices **list)
{
	struct devices *l = *list;
	if (!l)
		return;
	if (l->present != INVALID_HANDLE_VALUE)
		l->api.destroy(l->present);
	if (l->all != INVALID_HANDLE_VALUE)
		l->api.destroy(l->all);
	free(l);
	*list = NULL;
}

bool devices_next(struct devices *list)
{
	list->at = (SP_DEVINFO_DATA) { .cbSize = sizeof(list->at) };
	return list->all != INVALID_HANDLE_VALUE &&
	       list->api.enumerate(list->all, list->next++, &list->at);
}

/* --- is it there? ------------------------------------------------------------------------------ */

/* The list of those present is another one, so the instance id is what they have in common. */
static bool is_listed(struct devices *list, const wchar_t *wanted)
{
	SP_DEVINFO_DATA at = { .cbSize = sizeof(at) };
	if (list->present == INVALID_HANDLE_VALUE)
		return true; /* that witness is silent */
	for (DWORD i = 0; list->api.enumerate(list->present, i, &at); i++) {
		wchar_t id[INSTANCE_MAX];
		if (list->api.instance(list->present, &at, id, INSTANCE_MAX, NULL) &&
		    _wcsicmp(id, wanted) == 0)
			return true;
	}
	return false;
}

bool devices_answers(struct devices *list, struct devnode_answers *out)
{
	wchar_t id[INSTANCE_MAX];
	ULONG status = 0, problem = 0;
	if (!list->api.instance(list->all, &list->at, id, INSTANCE_MAX, NULL))
		return false;
	CONFIGRET result = list->api.status
				   ? list->api.status(&status, &problem, list->at.DevInst, 0)
				   : CR_CALL_NOT_IMPLEMENTED;
	*out = (struct devnode_answers) {
		.result = result,
		.status = status,
		.problem = problem,
		.listed = is_listed(list, id),
	};
	return true;
}

/* --- what it is -------------------------------------------------------------------------------- */

bool devices_text(struct devices *list, enum devices_property property, struct buf *out)
{
	static const DWORD numbers[] = {
		[DEVICE_HARDWARE_IDS] = SPDRP_HARDWAREID,
		[DEVICE_COMPATIBLE_IDS] = SPDRP_COMPATIBLEIDS,
		[DEVICE_LOCATION] = SPDRP_LOCATION_INFORMATION,
		[DEVICE_SERVICE] = SPDRP_SERVICE,
	};
	bool is_list = property == DEVICE_HARDWARE_IDS || property == DEVICE_COMPATIBLE_IDS;
	DWORD type = 0, size = 0;
	list->api.property(list->all, &list->at, numbers[property], &type, NULL, 0, &size);
	if (!size || size > REGISTRY_VALUE_MAX)
		return false;
	AUTO(auto_free) uint8_t *bytes = calloc(1, size);
	if (!bytes ||
	    !list->api.property(list->all, &list->at, numbers[property], &type, bytes, size, NULL))
		return false;
	return type == (is_list ? REG_MULTI_SZ : REG_SZ) &&
	       registry_decode(bytes, size, is_list, out);
}

static bool get_number(struct devices *list, DWORD property, uint32_t *out)
{
	DWORD type = 0, number = 0;
	if (!list->api.property(list->all, &list->at, property, &type, (BYTE *)&number,
				sizeof(number), NULL) ||
	    type != REG_DWORD)
		return false;
	*out = number;
	return true;
}

bool devices_place(struct devices *list, uint32_t *bus, uint32_t *place)
{
	return get_number(list, SPDRP_BUSNUMBER, bus) && get_number(list, SPDRP_ADDRESS, place);
}

bool devices_instance(struct devices *list, struct buf *out)
{
	wchar_t id[INSTANCE_MAX];
	return list->api.instance(list->all, &list->at, id, INSTANCE_MAX, NULL) &&
	       registry_decode(id, wcslen(id) * sizeof(id[0]), false, out);
}

bool devices_driver_key(struct devices *list, struct registry_key *out)
{
	HKEY key =
		list->api.open_key(list->all, &list->at, DICS_FLAG_GLOBAL, 0, DIREG_DRV, KEY_READ);
	if (key == INVALID_HANDLE_VALUE)
		return false;
	out->key = key;
	return true;
}
