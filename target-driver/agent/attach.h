/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attaching programs to hooks, and what is attached.
 */
#ifndef VOUCH_AGENT_ATTACH_H
#define VOUCH_AGENT_ATTACH_H

#include "device.h"

/**
 * vouch_attach() - attach a program.
 * @device: the device
 * @image: name of a loaded image
 * @prog: the program's name; NULL: the only one of the image
 * @hook: text of the hook, as in "xdp:eth0"; VOUCH_HOOK_SECTION: the program,
 *	or each if @prog is NULL, where its section says
 * @f: filled on error
 *
 * Return: 0 or a negative errno; that the very program is there already is
 * no error.
 */
int vouch_attach(int device, const char *image, const char *prog,
		 const char *hook, struct vouch_failure *f);

/**
 * vouch_detach() - detach a program.
 * @device: the device
 * @image: name of a loaded image
 * @prog: the program's name; NULL: whichever of the image is there
 * @hook: text of the hook, as in "xdp:eth0"
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_detach(int device, const char *image, const char *prog,
		 const char *hook, struct vouch_failure *f);

/**
 * vouch_detach_all() - detach every program of an image.
 * @device: the device
 * @image: name of a loaded image
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_detach_all(int device, const char *image, struct vouch_failure *f);

/**
 * vouch_attached() - the hooks that a program is at.
 * @device: the device
 * @image: name of a loaded image
 * @prog: the program's name; NULL: any of the image
 *
 * Return: a new list of hooks as text, or NULL when out of memory.
 */
json_t *vouch_attached(int device, const char *image, const char *prog);

#endif /* VOUCH_AGENT_ATTACH_H */
