/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state directory: files that are there whole or not at all.
 */
#ifndef VOUCH_AGENT_STORE_H
#define VOUCH_AGENT_STORE_H

#include "failure.h"

#define VOUCH_STORE_PATH_LEN 320

/**
 * vouch_store_init() - make the state directory.
 * @dir: shorter than 256 bytes; only its last component is made
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_store_init(const char *dir, struct vouch_failure *f);

/**
 * vouch_store_path() - path of a file.
 * @path: filled, VOUCH_STORE_PATH_LEN bytes
 * @dir: state directory
 * @name: a name without slash, shorter than 60 bytes
 */
void vouch_store_path(char *path, const char *dir, const char *name);

/**
 * vouch_store_write() - write a file: temporary name, sync, rename, sync.
 * @dir: state directory
 * @name: of the file
 * @data: its bytes
 * @len: their number
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_store_write(const char *dir, const char *name, const void *data,
		      size_t len, struct vouch_failure *f);

/**
 * vouch_store_remove() - remove a file, if it is there.
 * @dir: state directory
 * @name: of the file
 */
void vouch_store_remove(const char *dir, const char *name);

#endif /* VOUCH_AGENT_STORE_H */
