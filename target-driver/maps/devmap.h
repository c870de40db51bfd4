/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps of network interfaces, by index (devmap) or by key (devmap_hash), with
 * the meaning of kernel/bpf/devmap.c. User space fills them; programs look
 * entries up and redirect frames to them. An interface that goes takes its
 * entries with it. No program can run at an entry: what user space puts in has
 * none.
 */
#ifndef VOUCH_DEVMAP_H
#define VOUCH_DEVMAP_H

#include <linux/netdevice.h>

#include "maps/map.h"

#ifndef VOUCH_WITHOUT_REDIRECT
/**
 * vouch_devmap_init() - start to watch interfaces.
 *
 * Return: 0 or -errno.
 */
int vouch_devmap_init(void);

/** vouch_devmap_exit() - stop; there are no such maps any more. */
void vouch_devmap_exit(void);
#else
static inline int vouch_devmap_init(void)
{
	return 0;
}

static inline void vouch_devmap_exit(void)
{
}
#endif

/**
 * vouch_devmap_lookup() - find an entry.
 * @map: the map
 * @key: 4 bytes
 *
 * Return: its value, a struct bpf_devmap_val that may only be read, or NULL.
 */
void *vouch_devmap_lookup(struct vouch_map *map, void *key);

/**
 * vouch_devmap_dev() - an entry's interface.
 * @map: the map
 * @key: the entry's
 *
 * Return: the interface, which stays until RCU's grace period, or NULL.
 */
struct net_device *vouch_devmap_dev(struct vouch_map *map, u32 key);

/**
 * vouch_devmap_each() - call a function for each interface, in their order.
 * @map: the map
 * @call: the function; 0 goes on
 * @data: what it is given
 *
 * Return: what the last call returned, or 0.
 */
int vouch_devmap_each(struct vouch_map *map,
		      int (*call)(struct net_device *dev, void *data),
		      void *data);

#endif /* VOUCH_DEVMAP_H */
