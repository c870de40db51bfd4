/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole files: read at once, or put in place so that a crash leaves the old
 * or the new one, never a half. */
#ifndef VOUCH_FILE_H
#define VOUCH_FILE_H

#include "../common/base.h"

/**
 * vouch_file_put() - write a file as a whole.
 * @dir_fd: directory
 * @name: of the file in it, at most 100 bytes
 * @data: what it shall hold
 * @len: in bytes
 *
 * Written under a temporary name, synced, renamed; then the directory is
 * synced. Once it returns 0 the file survives a crash.
 *
 * Return: 0 or -errno.
 */
int vouch_file_put(int dir_fd, const char *name, const void *data, size_t len);

/**
 * vouch_file_lock() - be the only one at a directory.
 * @dir_fd: the directory; the lock ends with its last descriptor
 *
 * Waits a little for the end of a predecessor that was killed.
 *
 * Return: 0, -EBUSY, or -errno.
 */
int vouch_file_lock(int dir_fd);

/**
 * vouch_file_sweep() - remove what a predecessor left half-done.
 * @dir_fd: directory, which nobody else writes to
 * @keep: asked for each file that has its final name; false removes it. NULL
 *	keeps them all
 * @ctx: for @keep
 *
 * Return: number of files that were removed, or -errno.
 */
int vouch_file_sweep(int dir_fd, bool (*keep)(void *ctx, const char *name),
		     void *ctx);

/**
 * vouch_file_get() - read a file as a whole.
 * @dir_fd: directory, or AT_FDCWD
 * @name: of the file
 * @max: most bytes to take
 * @data: set to what it holds, to be freed, a NUL behind it
 * @len: in bytes
 *
 * Return: 0, -EFBIG, or -errno.
 */
int vouch_file_get(int dir_fd, const char *name, size_t max, void **data,
		   size_t *len);

#endif /* VOUCH_FILE_H */
