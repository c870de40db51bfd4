// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Bytes of a file, all of them or none. */

#include "bytes.h"

#include <unistd.h>

int vouch_bytes_read(int fd, void *data, size_t len)
{
	u8 *p = data;

	while (len) {
		ssize_t n = read(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int vouch_bytes_write(int fd, const void *data, size_t len)
{
	const u8 *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}
