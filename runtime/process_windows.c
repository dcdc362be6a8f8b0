/* SPDX-License-Identifier: MIT */
/* process_windows.c - see process_windows.h. */
#include "process_windows.h"

#include "wide.h"

void process_inherited_done(struct process_inherited *h)
{
	if (h->list)
		DeleteProcThreadAttributeList(h->list);
	free(h->list);
}

bool process_inherited_make(struct process_inherited *h, struct err *err)
{
	SIZE_T size = 0;
	InitializeProcThreadAttributeList(NULL, 1, 0, &size);
	LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(size);
	if (!list)
		return err_no_memory(err);
	if (!InitializeProcThreadAttributeList(list, 1, 0, &size)) {
		free(list);
		return wide_failed(err, GetLastError(), false, "cannot prepare a process");
	}
	h->list = list;
	return UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, h->handles,
					 h->count * sizeof(HANDLE), NULL, NULL) ||
	       wide_failed(err, GetLastError(), false, "cannot prepare a process");
}

bool process_open_null(DWORD access, HANDLE *out, struct err *err)
{
	SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
	*out = CreateFileW(L"NUL", access, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherit,
			   OPEN_EXISTING, 0, NULL);
	return *out != INVALID_HANDLE_VALUE ||
	       wide_failed(err, GetLastError(), false, "cannot open the null device");
}

/* A pipe with one end that children inherit. */
bool process_make_pipe(HANDLE *read_end, HANDLE *write_end, const HANDLE *inherited,
		       struct err *err)
{
	if (!CreatePipe(read_end, write_end, NULL, 0))
		return wide_failed(err, GetLastError(), false, "cannot make a pipe");
	return SetHandleInformation(*inherited, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) ||
	       wide_failed(err, GetLastError(), false, "cannot make a pipe");
}
