/* SPDX-License-Identifier: MIT */
/* step_linux.c - the kinds of steps that there are on Linux. */
#include "step.h"

bool step_dispatch(const struct step *step, struct step_run *run, struct err *err)
{
	switch (step->kind) {
	case STEP_RUN:
		return step_run(step, run, err);
	case STEP_DEB:
		return step_deb(step, run, err);
	case STEP_INSTALLED:
		return step_installed(step, run, err);
	case STEP_LIBRARIES:
		return step_libraries(step, run, err);
	case STEP_DEVICE:
		return step_device(step, run, err);
	case STEP_FILE:
		return step_file(step, run, err);
	case STEP_SETTING:
		return step_setting(step, run, err);
	case STEP_DKMS:
		return step_dkms(step, run, err);
	case STEP_MODULES:
		return step_modules(step, run, err);
	case STEP_MSI:
	case STEP_INF:
	case STEP_SOFTWARE:
	case STEP_REMOVE:
		break;
	}
	return err_set(err, ERR_STEP, "a step '%s' is not for Linux", step_kind_name(step->kind));
}
