/* SPDX-License-Identifier: BSD-2-Clause */
/* The check of a capture's maps. */
#ifndef VOUCH_CHECK_MAPS_H
#define VOUCH_CHECK_MAPS_H

#include "../common/capture.h"
#include "check.h"
#include "object.h"
#include "profile.h"
#include "refusal.h"

/**
 * vouch_maps_check() - are the maps the object's, and ones of the target?
 * @cap: the parsed capture
 * @object: the object, read under the submission's options
 * @profile: the target
 * @entries: set for each map of @cap: entries, or 0 for one for each CPU
 * @why: filled on refusal, which names the map
 *
 * Return: 0, or -EPERM with @why.
 */
int vouch_maps_check(const struct vouch_capture_view *cap,
		     const struct vouch_object *object,
		     const struct vouch_profile *profile, u32 *entries,
		     struct vouch_refusal *why);

/**
 * vouch_maps_lru() - does a map, or do those in it, make room by themselves?
 * @map: the map
 *
 * Return: true if so.
 */
bool vouch_maps_lru(const struct vouch_capture_map_view *map);

/**
 * vouch_maps_explain() - does an inlined look-up in a map need this number?
 * @cap: the parsed capture
 * @chk: the layout of maps
 * @value: of an instruction in the code
 *
 * Return: true if one of the maps, or of those in them, explains it.
 */
bool vouch_maps_explain(const struct vouch_capture_view *cap,
			const struct vouch_checked *chk, u32 value);

#endif /* VOUCH_CHECK_MAPS_H */
