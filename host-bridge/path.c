// SPDX-License-Identifier: BSD-2-Clause
/* Files by path, for the front ends that take paths from a command line. */

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"
#include "path.h"

int vouch_path_put(const char *path, const void *data, size_t len)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char *dir;
	int fd, ret;

	if (!*name)
		return -EISDIR;
	dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	if (!dir)
		return -ENOMEM;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = fd < 0 ? -errno : vouch_file_put(fd, name, data, len);
	free(dir);
	if (fd >= 0)
		close(fd);
	return ret;
}
