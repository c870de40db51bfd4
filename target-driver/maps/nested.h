/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps whose values are maps. Programs only look them up, and get the block of
 * the map inside; user space puts maps in and takes them out, and their copy
 * and store exchange a struct vouch_map *. A map inside is held by a reference,
 * and given up only when no program can have it any more.
 */
#ifndef VOUCH_NESTED_H
#define VOUCH_NESTED_H

#include "maps/map.h"

#ifndef VOUCH_WITHOUT_NESTED
/**
 * vouch_nested_fits() - may a map be put into another?
 * @map: one that holds maps
 * @inner: the other
 *
 * Return: true if so.
 */
bool vouch_nested_fits(const struct vouch_map *map,
		       const struct vouch_map *inner);
#else
static inline bool vouch_nested_fits(const struct vouch_map *map,
				     const struct vouch_map *inner)
{
	return false;
}
#endif

#endif /* VOUCH_NESTED_H */
