// SPDX-License-Identifier: BSD-2-Clause
/* Files that are put in place as a whole. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

static int write_all(int fd, const void *data, size_t len)
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

int vouch_file_put(int dir_fd, const char *name, const void *data, size_t len)
{
	char temp[128];
	int err, fd;

	if (strlen(name) > 100)
		return -ENAMETOOLONG;
	snprintf(temp, sizeof(temp), ".%s.new", name);
	fd = openat(dir_fd, temp,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    0640);
	if (fd < 0)
		return -errno;
	err = write_all(fd, data, len);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(dir_fd, temp, dir_fd, name))
		err = -errno;
	if (err)
		unlinkat(dir_fd, temp, 0);
	else if (fsync(dir_fd))
		err = -errno;
	return err;
}

static int read_all(int fd, u8 *data, size_t len)
{
	while (len) {
		ssize_t n = read(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int vouch_file_get(int dir_fd, const char *name, size_t max, void **data,
		   size_t *len)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	u8 *buf = NULL;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if ((u64)st.st_size > max)
		err = -EFBIG;
	if (!err) {
		buf = malloc((size_t)st.st_size + 1);
		err = buf ? read_all(fd, buf, (size_t)st.st_size) : -ENOMEM;
	}
	close(fd);
	if (err) {
		free(buf);
		return err;
	}
	buf[st.st_size] = 0;
	*data = buf;
	*len = (size_t)st.st_size;
	return 0;
}
