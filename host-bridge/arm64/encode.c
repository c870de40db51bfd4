// SPDX-License-Identifier: BSD-2-Clause
/* Numbers that logical instructions hold. */

#include "encode.h"

bool vouch_a64_logic(bool wide, s32 number, u32 *field)
{
	u64 value = wide ? (u64)(s64)number : (u32)number, element, run;
	u32 size = wide ? 64 : 32, ones, rotate;

	if (!number || number == -1)
		return false;
	while (size > 2 &&
	       (value & ((1ull << size / 2) - 1)) ==
		       (value >> size / 2 & ((1ull << size / 2) - 1)))
		size /= 2;
	element = size == 64 ? value : value & ((1ull << size) - 1);
	ones = (u32)__builtin_popcountll(element);
	for (rotate = 0; rotate < size; rotate++) {
		run = (1ull << ones) - 1;
		if (rotate)
			run = run >> rotate | (run & ((1ull << rotate) - 1))
						      << (size - rotate);
		if (run != element)
			continue;
		/* The bits above say of how many bits the element is. */
		ones = (ones - 1) | (~(2 * size - 1) & 0x3f);
		*field = (size == 64) << 22 | rotate << 16 | ones << 10;
		return true;
	}
	return false;
}
