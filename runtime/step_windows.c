/* SPDX-License-Identifier: MIT */
/* step_windows.c - the kinds of steps that there are on Windows. */
#include "step.h"

bool step_dispatch(const struct step *step, struct step_run *run, struct err *err)
{
	switch (step->kind) {
	case STEP_RUN:
		return step_run(step, run, err);
	case STEP_DEVICE:
		return step_device(step, run, err);
	case STEP_MSI:
		return step_msi(step, run, err);
	case STEP_INF:
		return step_inf(step, run, err);
	case STEP_SOFTWARE:
		return step_software(step, run, err);
	case STEP_REMOVE:
		return step_remove(step, run, err);
	case STEP_DEB:
	case STEP_INSTALLED:
	case STEP_LIBRARIES:
	case STEP_FILE:
	case STEP_SETTING:
	case STEP_DKMS:
	case STEP_MODULES:
		break;
	}
	return err_set(err, ERR_STEP, "a step '%s' is not for Windows", step_kind_name(step->kind));
}
