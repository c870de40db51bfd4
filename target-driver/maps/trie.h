/* SPDX-License-Identifier: GPL-2.0-only */
/* What helpers call of tries directly; see struct vouch_map_ops. */
#ifndef VOUCH_TRIE_H
#define VOUCH_TRIE_H

#include "maps/map.h"

void *vouch_trie_lookup(struct vouch_map *map, void *key);
long vouch_trie_update(struct vouch_map *map, void *key, void *value,
		       u64 flags);
long vouch_trie_remove(struct vouch_map *map, void *key);

#endif /* VOUCH_TRIE_H */
