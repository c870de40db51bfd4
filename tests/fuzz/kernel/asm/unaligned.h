/* SPDX-License-Identifier: GPL-2.0-only */
/* See ../shim.h. */
#include "../shim.h"
