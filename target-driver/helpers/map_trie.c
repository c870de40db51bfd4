// SPDX-License-Identifier: GPL-2.0-only
/* Operations of tries. */

#include "helpers/map_ops.h"
#include "maps/trie.h"

VOUCH_MAP_LOOKUP(trie_lookup, vouch_trie_lookup)
VOUCH_MAP_UPDATE(trie_update, vouch_trie_update)
VOUCH_MAP_REMOVE(trie_delete, vouch_trie_remove)
