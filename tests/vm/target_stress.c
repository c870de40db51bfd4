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
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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
						  .hook = "xdp:eth0" };

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

/*
 * Requests that are half right: names that exist, and lengths, pointers and
 * flags from a small set of bad and good ones.
 */
static uint64_t pick(unsigned int *seed)
{
	static uint8_t *room; /* and no memory behind it */
	const size_t size = 1 << 16, guard = 1 << 21;

	if (!room) {
		room = mmap(NULL, size + guard, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		mprotect(room, size, PROT_READ | PROT_WRITE);
	}
	const uint64_t values[] = {
		0,
		1,
		4,
		8,
		13,
		64,
		3520,
		3521,
		4096,
		65536,
		1 << 20,
		INT32_MAX,
		UINT32_MAX,
		UINT64_MAX,
		(uintptr_t)room,
		(uintptr_t)room,
		(uintptr_t)room,
		(uintptr_t)room + size - 2,
		0xffffffff81000000,
	};

	return values[rand_r(seed) % (sizeof(values) / sizeof(*values))];
}

static void ask_map(unsigned int *seed)
{
	static const unsigned long cmds[] = {
		VOUCH_TARGET_MAP_LOOKUP,
		VOUCH_TARGET_MAP_UPDATE,
		VOUCH_TARGET_MAP_DELETE,
		VOUCH_TARGET_MAP_NEXT_KEY,
	};
	static const char *const maps[] = { "runs",	      "lengths",
					    ".bss",	      "percpu",
					    "percpu_lengths", ".rodata" };
	struct vouch_target_map_op op = {
		.key = pick(seed),
		.value = rand_r(seed) % 2 ? pick(seed) : 0,
		.next_key = rand_r(seed) % 2 ? pick(seed) : 0,
		.flags = rand_r(seed) % 2 ? pick(seed) : 0,
		.key_len = rand_r(seed) % 4 ? 4 : pick(seed),
		.value_len = pick(seed),
	};

	memcpy(op.image, image, sizeof(image));
	strcpy(op.map, maps[rand_r(seed) % 6]);
	ask(dev, cmds[rand_r(seed) % 4], &op);
}

static void ask_run(unsigned int *seed)
{
	static const char *const progs[] = { "count", "head", "time" };
	struct xdp_md_like {
		uint32_t word[6];
	} md = {};
	struct vouch_target_test_run t = {
		.data_in = pick(seed),
		.data_out = pick(seed),
		.ctx_in = rand_r(seed) % 2 ? (uintptr_t)&md : pick(seed),
		.ctx_out = pick(seed),
		.data_size_in = pick(seed),
		.data_size_out = pick(seed),
		.ctx_size_in = rand_r(seed) % 2 ? sizeof(md) : pick(seed),
		.ctx_size_out = pick(seed),
		.repeat = rand_r(seed) % 3,
	};
	unsigned int i;

	for (i = 0; i < 6; i++)
		md.word[i] = rand_r(seed) % 2 ? 0 : pick(seed);
	memcpy(t.image, image, sizeof(image));
	strcpy(t.prog, progs[rand_r(seed) % 3]);
	ask(dev, VOUCH_TARGET_TEST_RUN, &t);
}

/* All requests, with bytes of no meaning. */
static void ask_noise(unsigned int *seed)
{
	static const unsigned long cmds[] = {
		VOUCH_TARGET_INFO,	 VOUCH_TARGET_FLOOR_SET,
		VOUCH_TARGET_FLOOR_GET,	 VOUCH_TARGET_ADMIT,
		VOUCH_TARGET_IMAGE_INFO, VOUCH_TARGET_PROG_INFO,
		VOUCH_TARGET_MAP_INFO,	 VOUCH_TARGET_ATTACH,
		VOUCH_TARGET_DETACH,	 VOUCH_TARGET_ATTACH_INFO,
		VOUCH_TARGET_MAP_LOOKUP, VOUCH_TARGET_MAP_UPDATE,
		VOUCH_TARGET_MAP_DELETE, VOUCH_TARGET_MAP_NEXT_KEY,
		VOUCH_TARGET_TEST_RUN,
	};
	uint8_t arg[512] = {};
	unsigned int n = rand_r(seed) % 40;

	memcpy(arg, image, rand_r(seed) % 2 ? sizeof(image) : 0);
	while (n--)
		arg[rand_r(seed) % 300] = rand_r(seed);
	ask(dev, cmds[rand_r(seed) % 15], arg);
}

/* In a process of its own, which the answers may overwrite. */
static void ask_nonsense(void)
{
	unsigned int seed = 1, i;
	pid_t pid = fork();

	if (pid) {
		waitpid(pid, NULL, 0);
		return;
	}
	for (i = 0; i < 30000; i++) {
		ask_map(&seed);
		ask_run(&seed);
		ask_noise(&seed);
	}
	_exit(0);
}

/* What it must do is not to fall over, and to work afterwards. */
void test_noise(void)
{
	struct vouch_target_test_run t;
	uint8_t packet[64] = { 2 };

	verdict(!load_admitted("count"), "the image loads once more");
	strcpy(image, name_of("count"));
	ask_nonsense();
	verdict(!run("count", "count", packet, sizeof(packet), &t, NULL) &&
			t.retval == 2,
		"requests of no meaning do no harm");
	verdict(!lookup("count", ".rodata", 0, packet, 4) &&
			!memcmp(packet, "abcd", 4),
		"nor to a frozen map");
	verdict(!unload("count"), "and the image can go");
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
