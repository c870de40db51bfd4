// SPDX-License-Identifier: BSD-2-Clause
/*
 * The target driver's test in a VM: maps are put into maps of maps and taken
 * out by several at once. What an entry gave up is gone once, so that the
 * kernel has nothing to say of a count, and nothing is left when the image
 * goes.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "target_client.h"
#include "vouch_target_abi.h"

#define THREADS 4
#define ROUNDS 400 /* each with a grace period, or nearly */
#define KEYS 4

static char image[VOUCH_TARGET_IMAGE_LEN];
static unsigned int odd, hits;

/* The first map of the image is like those that they hold. */
static int ask_one(unsigned int *seed)
{
	static const unsigned long cmds[] = { VOUCH_TARGET_MAP_UPDATE,
					      VOUCH_TARGET_MAP_DELETE,
					      VOUCH_TARGET_MAP_LOOKUP };
	unsigned int which = rand_r(seed) % 3;
	uint32_t key = rand_r(seed) % KEYS, value = 0;
	struct vouch_target_map_op op = { .key = (uintptr_t)&key,
					  .key_len = sizeof(key) };

	memcpy(op.image, image, sizeof(image));
	strcpy(op.map, rand_r(seed) % 2 ? "array_of_maps" : "hash_of_maps");
	if (which != 1) {
		op.value = (uintptr_t)&value;
		op.value_len = sizeof(value);
	}
	return ioctl(dev, cmds[which], &op) ? -errno : 0;
}

static void *asker(void *arg)
{
	unsigned int seed = (uintptr_t)arg, i;

	for (i = 0; i < ROUNDS; i++) {
		int err = ask_one(&seed);

		if (!err)
			__atomic_add_fetch(&hits, 1, __ATOMIC_RELAXED);
		else if (err != -ENOENT)
			__atomic_add_fetch(&odd, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

void test_nested(void)
{
	pthread_t threads[THREADS];
	uintptr_t i;

	verdict(!load_admitted("kinds"), "an image with maps of maps loads");
	strcpy(image, name_of("kinds"));
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, asker, (void *)(i + 1));
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	verdict(hits > 0 && !odd,
		"many at once fill and empty them (%u times, %u odd answers)",
		hits, odd);
	verdict(!unload("kinds"), "and the image can go");
}
