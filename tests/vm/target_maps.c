// SPDX-License-Identifier: BSD-2-Clause
/* The target driver's test in a VM: the maps of the image that counts. */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "target_client.h"

void test_maps(void)
{
	uint32_t value[3] = {}, count;
	uint64_t n, percpu[N_CPUS] = {};
	char bss[8];

	verdict(!lookup("count", "runs", 0, value, 12) && value[0] == 2 &&
			value[2] == 2,
		"the array counts, by helper and inlined");
	verdict(lookup("count", "runs", 3, value, 12) == -ENOENT &&
			update("count", "runs", 3, value, 12, 0) == -E2BIG &&
			update("count", "runs", 0, value, 12, 1) == -EEXIST &&
			update("count", "runs", 0, value, 12, 3) == -EINVAL &&
			erase("count", "runs", 0) == -EINVAL &&
			lookup("count", "runs", 0, value, 8) == -EINVAL,
		"errors of an array");
	verdict(!lookup("count", "lengths", 64, &n, 8) && n == 1 &&
			!lookup("count", "lengths", 60, &n, 8) && n == 1,
		"the hash has each length");
	verdict(!lookup("count", ".bss", 0, bss, 8) &&
			(memcpy(&count, bss + 4, 4), count == 2),
		"a variable is reached at its offset");
	verdict(!lookup("count", "percpu", 0, percpu, sizeof(percpu)) &&
			percpu[0] + percpu[1] == 2,
		"the per-CPU array adds up");
	verdict(lookup("count", "percpu", 2, percpu, sizeof(percpu)) ==
				-ENOENT &&
			update("count", "percpu", 2, percpu, sizeof(percpu),
			       0) == -E2BIG &&
			erase("count", "percpu", 0) == -EINVAL,
		"and ends");
	verdict(!lookup("count", "percpu_lengths", 64, percpu,
			sizeof(percpu)) &&
			percpu[0] + percpu[1] == 1,
		"the per-CPU hash adds up");
	verdict(!lookup("count", ".rodata", 0, bss, 4) &&
			!memcmp(bss, "abcd", 4) &&
			update("count", ".rodata", 0, bss, 4, 0) == -EPERM,
		"a frozen map has its data and keeps it");
}

void test_hash(void)
{
	uint32_t key, next = 0, seen = 0, n = 0;
	uint64_t v = 5, percpu[N_CPUS] = { 8, 9 };

	/* Lengths 60, 64 and that of the big packet's first page are in. */
	while (!map_op(VOUCH_TARGET_MAP_NEXT_KEY, "count", "lengths",
		       n ? &key : NULL, 4, &next, 0, 0) &&
	       n < 10) {
		seen += next == 60 || next == 64;
		key = next;
		n++;
	}
	verdict(n == 3 && seen == 2, "keys can be walked (%u)", n);
	verdict(!update("count", "lengths", 7, &v, 8, 1) &&
			update("count", "lengths", 7, &v, 8, 1) == -EEXIST &&
			!update("count", "lengths", 7, &v, 8, 2) &&
			update("count", "lengths", 8, &v, 8, 2) == -ENOENT &&
			update("count", "lengths", 8, &v, 8, 0) == -E2BIG &&
			!update("count", "lengths", 7, &v, 8, 0),
		"flags and fullness of a hash");
	verdict(!erase("count", "lengths", 7) &&
			erase("count", "lengths", 7) == -ENOENT &&
			!update("count", "lengths", 8, &v, 8, 0) &&
			!erase("count", "lengths", 8),
		"an element that goes makes room");
	verdict(!update("count", "percpu_lengths", 9, percpu, sizeof(percpu),
			0) &&
			!(memset(percpu, 0, sizeof(percpu)),
			  lookup("count", "percpu_lengths", 9, percpu,
				 sizeof(percpu))) &&
			percpu[0] == 8 && percpu[1] == 9,
		"every CPU's value can be written");
	verdict(update("count", "percpu_lengths", 9, percpu, 8, 0) == -EINVAL,
		"a per-CPU value has one length");
}
