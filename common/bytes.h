/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes of a file, all of them or none. User space only; sockets, which may
 * have to be waited for, are channel.h's.
 */
#ifndef VOUCH_BYTES_H
#define VOUCH_BYTES_H

#include "base.h"

/**
 * vouch_bytes_read() - read all the bytes.
 * @fd: a blocking file descriptor
 * @data: room for them
 * @len: how many there must be
 *
 * Return: 0, -EIO if the file ends before, or another -errno of read(2).
 */
int vouch_bytes_read(int fd, void *data, size_t len);

/**
 * vouch_bytes_write() - write all the bytes; they are not synced.
 * @fd: a blocking file descriptor
 * @data: the bytes
 * @len: how many
 *
 * Return: 0, -EIO if the file takes no more, or another -errno of write(2).
 */
int vouch_bytes_write(int fd, const void *data, size_t len);

#endif /* VOUCH_BYTES_H */
