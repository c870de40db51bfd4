// SPDX-License-Identifier: GPL-2.0-only

#include "hooks/guard.h"

DEFINE_PER_CPU(int, vouch_guard_active);
