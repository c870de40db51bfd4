// SPDX-License-Identifier: BSD-2-Clause
/* The guest module's device. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "guest.h"

#define FIRST_SIZE (1u << 20)

int vouch_guest_open(void)
{
	int fd = open(VOUCH_GUEST_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int vouch_guest_info(int fd, struct vouch_guest_info *info)
{
	if (ioctl(fd, VOUCH_GUEST_INFO, info) < 0)
		return -errno;
	if (le32_to_cpu(info->abi) != VOUCH_GUEST_ABI ||
	    (u64)le32_to_cpu(info->n_facts) + le32_to_cpu(info->n_own_facts) >
		    VOUCH_GUEST_MAX_FACTS)
		return -EPROTO;
	return 0;
}

int vouch_guest_arm(int fd, const void *log_buf, u32 n_insns, const void *list,
		    size_t list_size)
{
	struct vouch_guest_arm arm = {
		.log_buf = cpu_to_le64((uintptr_t)log_buf),
		.n_insns = cpu_to_le32(n_insns),
		.list = cpu_to_le64((uintptr_t)list),
		.list_size = cpu_to_le64(list_size),
	};

	return ioctl(fd, VOUCH_GUEST_ARM, &arm) < 0 ? -errno : 0;
}

void vouch_guest_disarm(int fd)
{
	if (fd >= 0)
		ioctl(fd, VOUCH_GUEST_DISARM);
}

int vouch_guest_origins(int fd, const void *log_buf,
			struct vouch_guest_origin **origins, u32 *n, char *why,
			size_t size)
{
	struct vouch_guest_origin *buf =
		malloc(VOUCH_MAX_ACCESSES * sizeof(*buf));
	struct vouch_guest_origins o = {
		.log_buf = cpu_to_le64((uintptr_t)log_buf),
		.buf = cpu_to_le64((uintptr_t)buf),
		.n = cpu_to_le32(VOUCH_MAX_ACCESSES),
	};
	int err;

	snprintf(why, size, "out of memory");
	if (!buf)
		return -ENOMEM;
	if (!ioctl(fd, VOUCH_GUEST_ORIGINS, &o)) {
		*origins = buf;
		*n = le32_to_cpu(o.n);
		return 0;
	}
	err = -errno;
	snprintf(why, size, "%.*s", (int)sizeof(o.why) - 1, o.why);
	free(buf);
	return err;
}

int vouch_guest_map(int fd, int map_fd, struct vouch_guest_map *map)
{
	memset(map, 0, sizeof(*map));
	map->fd = cpu_to_le32(map_fd);
	return ioctl(fd, VOUCH_GUEST_MAP, map) < 0 ? -errno : 0;
}

static int take_sized(int fd, struct vouch_guest_take *take, size_t size,
		      struct vouch_guest_records *records)
{
	int err = 0;

	records->buf = malloc(size);
	if (!records->buf)
		return -ENOMEM;
	take->buf = cpu_to_le64((uintptr_t)records->buf);
	take->size = cpu_to_le64(size);
	if (ioctl(fd, VOUCH_GUEST_TAKE, take) < 0)
		err = -errno;
	if (!err) {
		records->len = le64_to_cpu(take->size);
		records->n = le32_to_cpu(take->n_records);
		return 0;
	}
	snprintf(records->why, sizeof(records->why), "%.*s",
		 (int)sizeof(take->why) - 1, take->why);
	free(records->buf);
	records->buf = NULL;
	return err;
}

int vouch_guest_take(int fd, const void *log_buf, int prog_fd, u32 prog_type,
		     const u32 *map_ids, u32 n_maps,
		     struct vouch_guest_records *records)
{
	__le32 ids[VOUCH_MAX_MAPS];
	struct vouch_guest_take take = {
		.log_buf = cpu_to_le64((uintptr_t)log_buf),
		.prog_fd = cpu_to_le32(prog_fd),
		.prog_type = cpu_to_le32(prog_type),
		.map_ids = cpu_to_le64((uintptr_t)ids),
		.n_maps = cpu_to_le32(n_maps),
	};
	size_t size;
	u32 i;
	int err = -ENOSPC;

	memset(records, 0, sizeof(*records));
	if (n_maps > VOUCH_MAX_MAPS)
		return -EINVAL;
	for (i = 0; i < n_maps; i++)
		ids[i] = cpu_to_le32(map_ids[i]);
	for (size = FIRST_SIZE; size <= VOUCH_CAPTURE_MAX && err == -ENOSPC;
	     size *= 4)
		err = take_sized(fd, &take, size, records);
	return err;
}
