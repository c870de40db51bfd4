// SPDX-License-Identifier: GPL-2.0-only
/* Look-ups in maps of interfaces. */

#include "helpers/map_ops.h"
#include "maps/devmap.h"

VOUCH_MAP_LOOKUP(devmap_lookup, vouch_devmap_lookup)
VOUCH_MAP_LOOKUP(devmap_hash_lookup, vouch_devmap_lookup)
