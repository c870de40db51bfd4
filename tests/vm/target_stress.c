// SPDX-License-Identifier: BSD-2-Clause
/* The target driver's test in a VM: many at once. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "target_client.h"

#define SECONDS 4

static atomic_bool stop;
static atomic_uint odd; /* answers that cannot be */
static char image[VOUCH_TARGET_IMAGE_LEN]; /* "count" */

/* One per thread, with a device of its own and nothing on the console. */
static int ask(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

static void *runner(void *arg)
{
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR);
	unsigned int seed = (uintptr_t)arg;
	uint8_t packet[256] = { 2 };

	while (!stop) {
		struct vouch_target_test_run t = {
			.data_in = (uintptr_t)packet,
			.data_size_in = 60 + rand_r(&seed) % 8,
			.repeat = 20,
		};

		memcpy(t.image, image, sizeof(image));
		strcpy(t.prog, "count");
		if (ask(fd, VOUCH_TARGET_TEST_RUN, &t) || t.retval != 2)
			odd++;
	}
	close(fd);
	return NULL;
}

/* Keys 60 to 67 in a hash of 4: full, replaced, gone, come again. */
static void *writer(void *arg)
{
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR);
	unsigned int seed = (uintptr_t)arg;
	uint64_t value[N_CPUS] = { 1, 1 };

	while (!stop) {
		bool percpu = rand_r(&seed) % 2;
		uint32_t key = 60 + rand_r(&seed) % 8;
		struct vouch_target_map_op op = {
			.key = (uintptr_t)&key,
			.key_len = 4,
		};
		int err;

		memcpy(op.image, image, sizeof(image));
		strcpy(op.map, percpu ? "percpu_lengths" : "lengths");
		if (rand_r(&seed) % 2) {
			op.value = (uintptr_t)value;
			op.value_len = percpu ? sizeof(value) : 8;
			err = ask(fd, VOUCH_TARGET_MAP_UPDATE, &op);
			odd += err && err != -E2BIG && err != -EBUSY;
		} else {
			err = ask(fd, VOUCH_TARGET_MAP_DELETE, &op);
			odd += err && err != -ENOENT && err != -EBUSY;
		}
	}
	close(fd);
	return NULL;
}

static void *walker(void *arg)
{
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR);
	uint32_t key = 0, next = 0;

	(void)arg;
	while (!stop) {
		struct vouch_target_map_op op = {
			.key = (uintptr_t)&key,
			.next_key = (uintptr_t)&next,
			.key_len = 4,
		};

		memcpy(op.image, image, sizeof(image));
		strcpy(op.map, "lengths");
		if (!ask(fd, VOUCH_TARGET_MAP_NEXT_KEY, &op)) {
			odd += next < 60 || next > 67;
			key = next;
		} else {
			key = 0;
		}
	}
	close(fd);
	return NULL;
}

/* Another image comes, takes the interface, and goes. */
static void *loader(void *arg)
{
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR);
	int file = open("/images/drop", O_RDONLY);

	(void)arg;
	while (!stop) {
		struct vouch_target_admit a = { .fd = file };
		struct vouch_target_attach at = { .prog = "prog",
						  .ifname = "eth0" };

		odd += !!ask(fd, VOUCH_TARGET_ADMIT, &a);
		odd += !!syscall(SYS_finit_module, file, "", 0);
		memcpy(at.image, a.name, sizeof(at.image));
		odd += !!ask(fd, VOUCH_TARGET_ATTACH, &at);
		usleep(20000);
		odd += !!ask(fd, VOUCH_TARGET_DETACH, &at);
		odd += !!syscall(SYS_delete_module, a.name, O_NONBLOCK);
	}
	close(file);
	close(fd);
	return NULL;
}

static void *sender(void *arg)
{
	(void)arg;
	while (!stop)
		send_frames("eth1", 10, 2);
	return NULL;
}

/* A lost element would leave less room, an invented one more. */
static bool has_room_for_four(const char *map)
{
	uint64_t value[N_CPUS] = {};
	unsigned int len = strcmp(map, "lengths") ? sizeof(value) : 8;
	uint32_t key;

	for (key = 60; key < 68; key++)
		erase("count", map, key);
	for (key = 0; key < 4; key++)
		if (update("count", map, key, value, len, 0))
			return false;
	if (update("count", map, key, value, len, 0) != -E2BIG)
		return false;
	for (key = 0; key < 4; key++)
		if (erase("count", map, key))
			return false;
	return true;
}

void test_stress(void)
{
	static void *(*const jobs[])(void *arg) = {
		runner, runner, writer, writer, walker, loader, sender,
	};
	const unsigned int n = sizeof(jobs) / sizeof(*jobs);
	pthread_t threads[n];
	uintptr_t i;

	verdict(!load_admitted("count"), "the image loads again, afresh");
	strcpy(image, name_of("count"));
	for (i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, jobs[i], (void *)(i + 1));
	sleep(SECONDS);
	stop = true;
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	verdict(!odd, "many at once get proper answers (%u odd ones)", odd);
	verdict(has_room_for_four("lengths"),
		"the hash has all its elements after that");
	verdict(has_room_for_four("percpu_lengths"), "so has the per-CPU hash");
	verdict(!unload("count"), "and the image can go");
}
