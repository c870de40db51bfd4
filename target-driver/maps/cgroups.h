/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays of cgroups. */
#ifndef VOUCH_CGROUPS_H
#define VOUCH_CGROUPS_H

#include "maps/map.h"

/**
 * vouch_cgroups_current() - is the current task in a cgroup, or below it?
 * @map: of type cgroup_array
 * @index: of the entry
 *
 * Return: 1 or 0; -E2BIG beyond the array, -EAGAIN if there is no cgroup.
 */
long vouch_cgroups_current(struct vouch_map *map, u32 index);

#endif /* VOUCH_CGROUPS_H */
