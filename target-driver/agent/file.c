// SPDX-License-Identifier: BSD-2-Clause
/* Delivery by hand: an image from a file. */

#include "file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "deliver.h"
#include "image.h"

static int read_bounded(const char *path, u8 **file, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if (st.st_size <= 0 || st.st_size > VOUCH_IMAGE_MAX)
		err = -EFBIG;
	*file = err ? NULL : malloc((size_t)st.st_size);
	if (!err && !*file)
		err = -ENOMEM;
	if (!err) {
		*len = (size_t)st.st_size;
		err = vouch_bytes_read(fd, *file, *len);
	}
	close(fd);
	if (err)
		free(*file);
	return err;
}

int vouch_file_read(const char *path, u8 **file, size_t *len,
		    struct vouch_failure *f)
{
	int err = read_bounded(path, file, len);

	if (!err)
		return 0;
	vouch_fail(f, err, VOUCH_EXIT_USAGE, "read the image %s", path);
	return vouch_fail_next(f, "name a file that vouchd signed");
}

int vouch_file_deliver(struct vouch_agent *agent, const u8 *file, size_t len,
		       const char *attach, struct vouch_failure *f)
{
	json_t *args = json_pack("{s:n, s:s?}", "slot", "attach", attach);
	json_t *status = vouch_delivery_take(agent, args, file, len, f);
	int err;

	if (status) {
		json_dumpf(status, stdout, JSON_INDENT(1));
		putchar('\n');
		err = json_object_get(status, "failure") ? f->err : 0;
	} else {
		err = vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL,
				 "deliver an image");
	}
	json_decref(status);
	json_decref(args);
	return err;
}
