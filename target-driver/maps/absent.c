// SPDX-License-Identifier: GPL-2.0-only

#include <linux/errno.h>

#include "maps/absent.h"

vouch_untraced void *vouch_absent_lookup(struct vouch_map *map, void *key)
{
	return NULL;
}

vouch_untraced long vouch_absent_update(struct vouch_map *map, void *key,
					void *value, u64 flags)
{
	return -EINVAL;
}

vouch_untraced long vouch_absent_remove(struct vouch_map *map, void *key)
{
	return -EINVAL;
}

vouch_untraced long vouch_absent_for_each(struct vouch_map *map,
					  vouch_callback_fn call, u64 ctx)
{
	return -EINVAL;
}

int vouch_absent_copy(struct vouch_map *map, void *key, void *value)
{
	return -EOPNOTSUPP;
}

int vouch_absent_store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	return -EOPNOTSUPP;
}

int vouch_absent_next_key(struct vouch_map *map, void *key, void *next)
{
	return -EOPNOTSUPP;
}
