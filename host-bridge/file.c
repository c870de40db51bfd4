// SPDX-License-Identifier: BSD-2-Clause
/* Files that are put in place as a whole. */

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/bytes.h"
#include "fault.h"
#include "file.h"

/* Until a predecessor that was killed has let go of its files. */
#define LOCK_TRIES 40
#define LOCK_TRY_MS 50
/* Around a file's name, until it is whole. */
#define TEMP_PREFIX "."
#define TEMP_SUFFIX ".new"

static int fill(int fd, const char *name, const void *data, size_t len)
{
	int err = vouch_fault_file(name, "opened");

	if (!err)
		err = vouch_bytes_write(fd, data, len);
	if (!err)
		err = vouch_fault_file(name, "written");
	if (!err && fsync(fd))
		err = -errno;
	if (!err)
		err = vouch_fault_file(name, "synced");
	return err;
}

int vouch_file_put(int dir_fd, const char *name, const void *data, size_t len)
{
	char temp[128];
	int err, fd;

	if (strlen(name) > 100)
		return -ENAMETOOLONG;
	snprintf(temp, sizeof(temp), TEMP_PREFIX "%s" TEMP_SUFFIX, name);
	fd = openat(dir_fd, temp,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    0640);
	if (fd < 0)
		return -errno;
	err = fill(fd, name, data, len);
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(dir_fd, temp, dir_fd, name))
		err = -errno;
	if (err) {
		unlinkat(dir_fd, temp, 0);
		return err;
	}
	err = vouch_fault_file(name, "renamed");
	if (!err && fsync(dir_fd))
		err = -errno;
	return err ? err : vouch_fault_file(name, "kept");
}

static bool is_temporary(const char *name)
{
	const size_t end = sizeof(TEMP_SUFFIX) - 1;
	size_t len = strlen(name);

	return name[0] == TEMP_PREFIX[0] && len > end &&
	       !strcmp(name + len - end, TEMP_SUFFIX);
}

static int sweep(int dir_fd, DIR *dir,
		 bool (*keep)(void *ctx, const char *name), void *ctx)
{
	const struct dirent *entry;
	int n = 0;

	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		const char *name = entry->d_name;

		if (!strcmp(name, ".") || !strcmp(name, "..") ||
		    (!is_temporary(name) && (!keep || keep(ctx, name))))
			continue;
		if (unlinkat(dir_fd, name, 0))
			return -errno;
		n++;
	}
	return errno ? -errno : n;
}

int vouch_file_sweep(int dir_fd, bool (*keep)(void *ctx, const char *name),
		     void *ctx)
{
	/* A description of its own: reading moves its offset. */
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;
	int n;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		n = -errno;
		close(fd);
		return n;
	}
	n = sweep(dir_fd, dir, keep, ctx);
	closedir(dir);
	return n;
}

int vouch_file_lock(int dir_fd)
{
	int i;

	for (i = 0; flock(dir_fd, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (i == LOCK_TRIES)
			return -EBUSY;
		poll(NULL, 0, LOCK_TRY_MS);
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
		err = buf ? vouch_bytes_read(fd, buf, (size_t)st.st_size)
			  : -ENOMEM;
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
