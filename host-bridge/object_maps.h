/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The maps of a submitted object, as libbpf 1.1 makes them: those that its
 * BTF defines in .maps, and one for each section of variables.
 */
#ifndef VOUCH_OBJECT_MAPS_H
#define VOUCH_OBJECT_MAPS_H

#include <jansson.h>

#include "btf_types.h"
#include "object.h"

/**
 * vouch_object_map_add() - append a map.
 * @object: gets the map
 * @name: of the map
 * @out: set to the map, all zero but for its name; to NULL on a refusal
 * @why: filled on refusal
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_object_map_add(struct vouch_object *object, const char *name,
			 struct vouch_object_map **out,
			 struct vouch_refusal *why);

/**
 * vouch_object_map_entries() - how many entries does libbpf ask for?
 * @type: enum bpf_map_type
 * @n: what the definition, or an option, says
 *
 * Return: their number.
 */
u32 vouch_object_map_entries(u32 type, u32 n);

/**
 * vouch_object_maps_section() - take a section of variables as a map.
 * @object: gets the map, if the section's name makes it one
 * @types: the object's BTF; all zero if it has none
 * @name: of the section
 * @data: its bytes, copied; NULL if all are zero
 * @len: their number, not 0
 * @why: filled on refusal
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_object_maps_section(struct vouch_object *object,
			      const struct vouch_types *types, const char *name,
			      const void *data, u64 len,
			      struct vouch_refusal *why);

/**
 * vouch_object_maps_kconfig() - take the settings of the kernel as a map.
 * @object: gets the map
 * @types: the object's BTF
 * @name: of the section
 * @data: their values, copied
 * @len: bytes, not 0
 * @why: filled on refusal
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_object_maps_kconfig(struct vouch_object *object,
			      const struct vouch_types *types, const char *name,
			      const void *data, u64 len,
			      struct vouch_refusal *why);

/**
 * vouch_object_maps_define() - take the maps that BTF defines.
 * @object: gets the maps
 * @types: the object's BTF; all zero if it has none
 * @why: filled on refusal
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_object_maps_define(struct vouch_object *object,
			     const struct vouch_types *types,
			     struct vouch_refusal *why);

/**
 * vouch_object_maps_set() - change maps as the submission's options say.
 * @object: the object, with all its maps
 * @types: the object's BTF; all zero if it has none
 * @options: in their canonical form; NULL for none
 * @why: filled on refusal
 *
 * Return: 0, or -EPERM with @why.
 */
int vouch_object_maps_set(struct vouch_object *object,
			  const struct vouch_types *types,
			  const json_t *options, struct vouch_refusal *why);

/**
 * vouch_object_maps_release() - free the maps.
 * @object: has none afterwards
 */
void vouch_object_maps_release(struct vouch_object *object);

#endif /* VOUCH_OBJECT_MAPS_H */
