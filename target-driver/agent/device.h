/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /dev/vouch_target: the one file that makes its ioctls, and what the module
 * has, looked up by name.
 */
#ifndef VOUCH_AGENT_DEVICE_H
#define VOUCH_AGENT_DEVICE_H

#include "../vouch_target_abi.h"
#include "failure.h"

/**
 * vouch_device_open() - open the module's device.
 * @info: filled with what the module says of itself
 * @f: filled on error
 *
 * Return: a descriptor that the caller closes, or a negative errno.
 */
int vouch_device_open(struct vouch_target_info *info, struct vouch_failure *f);

/**
 * vouch_device_call() - make an ioctl that has a reason.
 * @device: the device
 * @request: VOUCH_TARGET_...
 * @arg: its structure
 * @reason: the structure's member reason
 * @f: described beforehand by vouch_fail(), which says what is being tried;
 *	error, reason and exit code are filled in on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_device_call(int device, unsigned long request, void *arg,
		      const char *reason, struct vouch_failure *f);

/**
 * vouch_device_image() - the loaded image number @index.
 * @device: the device
 * @index: from 0
 * @image: filled
 *
 * Return: 0, -ENOENT when there are not so many, or another negative errno.
 */
int vouch_device_image(int device, u32 index,
		       struct vouch_target_image_info *image);

/**
 * vouch_device_program() - program number @index of an image.
 * @device: the device
 * @image: the image's name
 * @index: from 0
 * @prog: filled
 *
 * Return: as vouch_device_image().
 */
int vouch_device_program(int device, const char *image, u32 index,
			 struct vouch_target_prog_info *prog);

/**
 * vouch_device_map() - map number @index of an image.
 * @device: the device
 * @image: the image's name
 * @index: from 0
 * @map: filled
 *
 * Return: as vouch_device_image().
 */
int vouch_device_map(int device, const char *image, u32 index,
		     struct vouch_target_map_info *map);

/**
 * vouch_device_attachment() - attachment number @index.
 * @device: the device
 * @index: from 0
 * @at: filled
 *
 * Return: as vouch_device_image().
 */
int vouch_device_attachment(int device, u32 index,
			    struct vouch_target_attach_info *at);

#endif /* VOUCH_AGENT_DEVICE_H */
