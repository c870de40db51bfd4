// SPDX-License-Identifier: BSD-2-Clause
/* The state directory: files that are there whole or not at all. */

#include "store.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"

#define TEMPORARY "new"

int vouch_store_init(const char *dir, struct vouch_failure *f)
{
	if (dir[0] == '/' && strlen(dir) < 256 &&
	    (!mkdir(dir, 0700) || errno == EEXIST))
		return 0;
	vouch_fail(f, dir[0] == '/' ? -errno : -EINVAL, VOUCH_EXIT_INTERNAL,
		   "make the state directory %s", dir);
	return vouch_fail_next(f, "name another absolute path with --state");
}

void vouch_store_path(char *path, const char *dir, const char *name)
{
	snprintf(path, VOUCH_STORE_PATH_LEN, "%.255s/%.60s", dir, name);
}

static int sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd))
		err = -errno;
	close(fd);
	return err;
}

static int write_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int err;

	if (fd < 0)
		return -errno;
	err = vouch_bytes_write(fd, data, len);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int vouch_store_write(const char *dir, const char *name, const void *data,
		      size_t len, struct vouch_failure *f)
{
	char temporary[VOUCH_STORE_PATH_LEN], path[VOUCH_STORE_PATH_LEN];
	int err;

	vouch_store_path(temporary, dir, TEMPORARY);
	vouch_store_path(path, dir, name);
	err = write_file(temporary, data, len);
	if (!err && rename(temporary, path))
		err = -errno;
	if (!err)
		err = sync_dir(dir);
	if (!err)
		return 0;
	unlink(temporary);
	vouch_fail(f, err, VOUCH_EXIT_INTERNAL, "write %s", path);
	return vouch_fail_next(f, "see whether the file system is full or "
				  "read-only");
}

void vouch_store_remove(const char *dir, const char *name)
{
	char path[VOUCH_STORE_PATH_LEN];

	vouch_store_path(path, dir, name);
	unlink(path);
}
