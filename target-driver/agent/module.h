/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's module loader.
 */
#ifndef VOUCH_AGENT_MODULE_H
#define VOUCH_AGENT_MODULE_H

#include "failure.h"

/**
 * vouch_module_load() - finit_module(2) of an admitted image.
 * @fd: the file, open for reading only
 * @name: the module's name, for messages
 * @f: filled on error, with the kernel's error in words and a remedy
 *
 * Return: 0 or a negative errno.
 */
int vouch_module_load(int fd, const char *name, struct vouch_failure *f);

/**
 * vouch_module_unload() - delete_module(2) of an image.
 * @name: the module's name
 * @f: filled on error
 *
 * Waits up to half a second for the last reference.
 *
 * Return: 0 or a negative errno.
 */
int vouch_module_unload(const char *name, struct vouch_failure *f);

/**
 * vouch_module_refs() - how often a module is referenced.
 * @name: the module's name
 *
 * Return: the number, or -1 if the kernel does not tell.
 */
int vouch_module_refs(const char *name);

#endif /* VOUCH_AGENT_MODULE_H */
