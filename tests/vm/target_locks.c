// SPDX-License-Identifier: BSD-2-Clause
/* The target driver's test in a VM: locks in values, and many who want them. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

#include <linux/bpf.h>

#include "target_client.h"

#define RUNNERS 2
#define CALLS 300
#define REPEAT 50

/* As the image "locked" has it: the program adds to both under the lock. */
struct value {
	uint64_t first;
	uint32_t lock, zero;
	uint64_t second;
};

static char image[VOUCH_TARGET_IMAGE_LEN];
static atomic_bool stop;
static atomic_uint odd, looks; /* answers that cannot be, and others */

static int ask_value(int fd, unsigned long cmd, uint32_t key, struct value *v,
		     uint64_t flags)
{
	struct vouch_target_map_op op = {
		.key = (uintptr_t)&key,
		.key_len = sizeof(key),
		.value = (uintptr_t)v,
		.value_len = sizeof(*v),
		.flags = flags,
	};

	memcpy(op.image, image, sizeof(image));
	strcpy(op.map, "locked");
	return ioctl(fd, cmd, &op) ? -errno : 0;
}

static void *runner(void *arg)
{
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR);
	uint8_t packet[64] = { 2 };
	unsigned int i;

	(void)arg;
	for (i = 0; i < CALLS; i++) {
		struct vouch_target_test_run t = {
			.data_in = (uintptr_t)packet,
			.data_size_in = sizeof(packet),
			.repeat = REPEAT,
		};

		memcpy(t.image, image, sizeof(image));
		strcpy(t.prog, "locked");
		odd += ioctl(fd, VOUCH_TARGET_TEST_RUN, &t) || t.retval != 2;
	}
	close(fd);
	return NULL;
}

/* What is read and written under the lock is whole. */
static void *looker(void *arg)
{
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR);
	struct value v = {};
	uint64_t n = 0;

	(void)arg;
	while (!stop) {
		odd += ask_value(fd, VOUCH_TARGET_MAP_LOOKUP, 0, &v,
				 BPF_F_LOCK) ||
		       v.first != v.second || v.lock;
		v = (struct value){ .first = ++n, .lock = 1, .second = n };
		odd += !!ask_value(fd, VOUCH_TARGET_MAP_UPDATE, 1, &v,
				   BPF_F_LOCK);
		odd += ask_value(fd, VOUCH_TARGET_MAP_LOOKUP, 1, &v,
				 BPF_F_LOCK) ||
		       v.first != v.second || v.lock;
		looks++;
	}
	close(fd);
	return NULL;
}

static void count_under_lock(int fd)
{
	pthread_t runners[RUNNERS], lookers[2];
	struct value v = {};
	unsigned int i;
	bool good;

	for (i = 0; i < 2; i++)
		pthread_create(&lookers[i], NULL, looker, NULL);
	for (i = 0; i < RUNNERS; i++)
		pthread_create(&runners[i], NULL, runner, NULL);
	for (i = 0; i < RUNNERS; i++)
		pthread_join(runners[i], NULL);
	stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(lookers[i], NULL);
	verdict(!odd && looks,
		"%u looks under the lock saw whole values (%u odd ones)", looks,
		odd);
	good = !ask_value(fd, VOUCH_TARGET_MAP_LOOKUP, 0, &v, 0);
	verdict(good && v.first == RUNNERS * CALLS * REPEAT &&
			v.second == v.first,
		"no count is lost under the lock: %lu and %lu of %u",
		(unsigned long)v.first, (unsigned long)v.second,
		RUNNERS * CALLS * REPEAT);
}

/* The lock is its place's, whatever is written over it; were it not, who takes
 * it would wait for ever. */
static bool leave_locks_alone(int fd)
{
	static const uint64_t flags[] = { BPF_ANY, BPF_EXIST, BPF_F_LOCK,
					  BPF_F_LOCK | BPF_EXIST };
	struct value v, out;
	unsigned int i, good = 0;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]) && good == i; i++) {
		v = (struct value){ i + 7, 0xffffffff, 5, i + 8 };
		memset(&out, 0xff, sizeof(out));
		good += !ask_value(fd, VOUCH_TARGET_MAP_UPDATE, 1, &v,
				   flags[i]) &&
			!ask_value(fd, VOUCH_TARGET_MAP_LOOKUP, 1, &out, 0) &&
			out.first == i + 7 && !out.lock && out.zero == 5 &&
			out.second == i + 8;
	}
	if (!verdict(good == 4, "values are written without their lock (%u)",
		     good))
		return false;
	verdict(ask_value(fd, VOUCH_TARGET_MAP_UPDATE, 1, &v,
			  BPF_F_LOCK | BPF_NOEXIST) == -EEXIST &&
			ask_value(fd, VOUCH_TARGET_MAP_UPDATE, 7, &v,
				  BPF_F_LOCK) == -E2BIG &&
			ask_value(fd, VOUCH_TARGET_MAP_LOOKUP, 7, &v,
				  BPF_F_LOCK) == -ENOENT &&
			ask_value(fd, VOUCH_TARGET_MAP_LOOKUP, 1, &v,
				  BPF_EXIST) == -EINVAL,
		"flags and keys that are wrong are refused with a lock, too");
	return true;
}

void test_locks(void)
{
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR);

	verdict(!load_admitted("locked"), "an image with locks loads");
	strcpy(image, name_of("locked"));
	if (leave_locks_alone(fd))
		count_under_lock(fd);
	close(fd);
	verdict(!unload("locked"), "and can go");
}
