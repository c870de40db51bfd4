// SPDX-License-Identifier: GPL-2.0-only

#include <linux/math.h>
#include <linux/string.h>

#include "maps/output.h"
#include "vouch_target_abi.h"

bool vouch_taken_add(struct vouch_taken *out, u32 cpu, u64 time,
		     const void *data, u32 len)
{
	struct vouch_target_record r = { .len = len, .cpu = cpu, .time = time };
	u64 need = sizeof(r) + round_up((u64)len, 8);
	u8 *to = out->data + out->used;

	if (need > out->room - out->used)
		return false;
	memcpy(to, &r, sizeof(r));
	memcpy(to + sizeof(r), data, len);
	memset(to + sizeof(r) + len, 0, need - sizeof(r) - len);
	out->used += need;
	out->n++;
	return true;
}
