/* SPDX-License-Identifier: MIT */
/* hope.h - is the same request worth another try? */
#ifndef HOPE_H
#define HOPE_H

enum hope { HOPE_NONE, HOPE_ONCE, HOPE_SOME };

#endif
