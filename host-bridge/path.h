/* SPDX-License-Identifier: BSD-2-Clause */
/* Files by path, for the front ends that take paths from a command line. */
#ifndef VOUCH_PATH_H
#define VOUCH_PATH_H

#include "../common/base.h"

/**
 * vouch_path_put() - write a file as a whole, as vouch_file_put() does.
 * @path: of the file
 * @data: what it shall hold
 * @len: bytes of @data
 *
 * Return: 0 or -errno.
 */
int vouch_path_put(const char *path, const void *data, size_t len);

#endif /* VOUCH_PATH_H */
