// SPDX-License-Identifier: BSD-2-Clause
/* /dev/vouch_target: opening it and making its ioctls. */

#include "device.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int open_failed(int err, struct vouch_failure *f)
{
	vouch_fail(f, err, VOUCH_EXIT_UNAVAILABLE, "open %s",
		   VOUCH_TARGET_DEVICE);
	if (err == -EACCES || err == -EPERM)
		vouch_fail_next(f, "run vouch-targetd as root");
	else
		vouch_fail_next(f, "load vouch_target.ko of this kernel");
	return err;
}

int vouch_device_open(struct vouch_target_info *info, struct vouch_failure *f)
{
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR | O_CLOEXEC), err;

	if (fd < 0)
		return open_failed(-errno, f);
	memset(info, 0, sizeof(*info));
	if (!ioctl(fd, VOUCH_TARGET_INFO, info))
		return fd;
	err = -errno;
	close(fd);
	vouch_fail(f, err, VOUCH_EXIT_UNAVAILABLE, "ask %s what it is",
		   VOUCH_TARGET_DEVICE);
	return vouch_fail_next(f, "use vouch_target.ko and vouch-targetd of "
				  "the same version");
}

static enum vouch_exit exit_of(int err)
{
	switch (err) {
	case -EBADMSG:
	case -EKEYREJECTED:
	case -ENOKEY:
		return VOUCH_EXIT_TRUST;
	case -ENOMEM:
	case -EFAULT:
	case -ENOTTY:
		return VOUCH_EXIT_INTERNAL;
	case -EINTR:
		return VOUCH_EXIT_TIMEOUT;
	default:
		return VOUCH_EXIT_REFUSED;
	}
}

int vouch_device_call(int device, unsigned long request, void *arg,
		      const char *reason, struct vouch_failure *f)
{
	if (!ioctl(device, request, arg))
		return 0;
	f->err = -errno;
	f->exit = exit_of(f->err);
	if (*reason)
		vouch_fail_why(f, "%.*s", VOUCH_TARGET_REASON_LEN, reason);
	else
		vouch_fail_why(f, "%s", strerror(-f->err));
	return f->err;
}

int vouch_device_image(int device, u32 index,
		       struct vouch_target_image_info *image)
{
	memset(image, 0, sizeof(*image));
	image->index = index;
	return ioctl(device, VOUCH_TARGET_IMAGE_INFO, image) ? -errno : 0;
}

int vouch_device_program(int device, const char *image, u32 index,
			 struct vouch_target_prog_info *prog)
{
	memset(prog, 0, sizeof(*prog));
	snprintf(prog->image, sizeof(prog->image), "%s", image);
	prog->index = index;
	return ioctl(device, VOUCH_TARGET_PROG_INFO, prog) ? -errno : 0;
}

int vouch_device_map(int device, const char *image, u32 index,
		     struct vouch_target_map_info *map)
{
	memset(map, 0, sizeof(*map));
	snprintf(map->image, sizeof(map->image), "%s", image);
	map->index = index;
	return ioctl(device, VOUCH_TARGET_MAP_INFO, map) ? -errno : 0;
}

int vouch_device_attachment(int device, u32 index,
			    struct vouch_target_attach_info *at)
{
	memset(at, 0, sizeof(*at));
	at->index = index;
	return ioctl(device, VOUCH_TARGET_ATTACH_INFO, at) ? -errno : 0;
}
