/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding what a request names among what is loaded.
 */
#ifndef VOUCH_AGENT_FIND_H
#define VOUCH_AGENT_FIND_H

#include "device.h"

/**
 * vouch_find_image() - the image that a text names.
 * @device: the device
 * @name: its name, its content hash, or a unique prefix of that of at least
 *	four digits; NULL: the only one that is loaded
 * @image: filled
 * @f: filled on error
 *
 * Return: 0, -ENOENT or -ENOTUNIQ.
 */
int vouch_find_image(int device, const char *name,
		     struct vouch_target_image_info *image,
		     struct vouch_failure *f);

/**
 * vouch_find_program() - a program of an image.
 * @device: the device
 * @image: name of a loaded image
 * @name: the program's; NULL: the only one of the image
 * @prog: filled
 * @f: filled on error
 *
 * Return: 0, -ENOENT or -ENOTUNIQ.
 */
int vouch_find_program(int device, const char *image, const char *name,
		       struct vouch_target_prog_info *prog,
		       struct vouch_failure *f);

/**
 * vouch_find_map() - a map.
 * @device: the device
 * @image: as for vouch_find_image(), but NULL: the only image that has it
 * @name: the map's
 * @map: filled; its member image is the image's name
 * @f: filled on error
 *
 * Images that share the map count as one.
 *
 * Return: 0, -ENOENT or -ENOTUNIQ.
 */
int vouch_find_map(int device, const char *image, const char *name,
		   struct vouch_target_map_info *map, struct vouch_failure *f);

#endif /* VOUCH_AGENT_FIND_H */
