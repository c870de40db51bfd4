// SPDX-License-Identifier: GPL-2.0-only

#include <linux/kernel.h>

#include "reason.h"

int vouch_refuse(struct vouch_reason *why, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	return err;
}
