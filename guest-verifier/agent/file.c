// SPDX-License-Identifier: BSD-2-Clause
/* Reading and writing whole files. */

#include <stdio.h>
#include <stdlib.h>

#include "file.h"

void *vouch_file_read(const char *path, size_t max, size_t *size)
{
	FILE *f = fopen(path, "re");
	char *buf = NULL;

	if (!f)
		return NULL;
	*size = 0;
	buf = malloc(max + 1);
	if (buf)
		*size = fread(buf, 1, max + 1, f);
	if (buf && (ferror(f) || *size > max)) {
		errno = *size > max ? EFBIG : EIO;
		free(buf);
		buf = NULL;
	}
	fclose(f);
	return buf;
}

int vouch_file_write(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "we");
	int err = 0;

	if (!f)
		return -errno;
	if (fwrite(data, 1, size, f) != size)
		err = -EIO;
	if (fclose(f) && !err)
		err = -errno;
	return err;
}
