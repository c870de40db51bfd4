/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole files. */
#ifndef VOUCH_FILE_H
#define VOUCH_FILE_H

#include "base.h"

/**
 * vouch_file_read() - read a whole file.
 * @path: the file
 * @max: most bytes that it may have
 * @size: set to its length in bytes
 *
 * Return: its bytes, to be freed, aligned to 8; or NULL with errno.
 */
void *vouch_file_read(const char *path, size_t max, size_t *size);

/**
 * vouch_file_write() - write a whole file.
 * @path: the file, replaced
 * @data: its bytes
 * @size: their number
 *
 * Return: 0 or the negative error.
 */
int vouch_file_write(const char *path, const void *data, size_t size);

#endif /* VOUCH_FILE_H */
