// SPDX-License-Identifier: BSD-2-Clause
/*
 * The target driver's test in a VM: small maps that several fill and empty at
 * once. What a look-up finds meanwhile may be another key's, as in the kernel;
 * afterwards each key must have its own value, and no element be lost.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "target_client.h"

#define WRITERS 4
#define ROUNDS 3000
#define KEYS 16
#define ROOM 4 /* of each map: tests/vm/target_kinds.py */
#define FRESH 100 /* the first key of those that come last */
#define FULL_WIDTH 32

static const struct kind {
	const char *map;
	bool per_cpu, prefixes, makes_room;
	int full; /* the error of a map that has no room */
} kinds[] = {
	{ .map = "hash", .full = -E2BIG },
	{ .map = "percpu_hash", .per_cpu = true, .full = -E2BIG },
	{ .map = "lru_hash", .makes_room = true },
	{ .map = "lru_percpu_hash", .per_cpu = true, .makes_room = true },
	{ .map = "lpm_trie", .prefixes = true, .full = -ENOSPC },
};

/* One who asks for a map's elements. */
struct asker {
	const struct kind *kind;
	int fd;
	unsigned int seed;
};

static char image[64]; /* which has the maps */
static atomic_uint odd, done;
static atomic_int last_odd; /* its error */

static uint64_t value_of(uint32_t key)
{
	return 0x0123456789000000 + key;
}

/* @key and @next are numbers, whatever keys the map has. */
static int ask(const struct asker *a, unsigned long cmd, const uint32_t *key,
	       uint64_t *value, uint32_t *next)
{
	uint32_t in[2] = { FULL_WIDTH, key ? *key : 0 }, out[2];
	unsigned int skip = !a->kind->prefixes;
	struct vouch_target_map_op op = {
		.key = key ? (uintptr_t)(in + skip) : 0,
		.key_len = sizeof(in) - 4 * skip,
		.value = (uintptr_t)value,
		.value_len = value ? (a->kind->per_cpu ? 8 * N_CPUS : 8) : 0,
		.next_key = next ? (uintptr_t)(out + skip) : 0,
	};

	strcpy(op.image, image);
	strcpy(op.map, a->kind->map);
	if (ioctl(a->fd, cmd, &op))
		return -errno;
	if (next)
		*next = out[1];
	return 0;
}

static int put(const struct asker *a, uint32_t key)
{
	uint64_t value[N_CPUS];

	for (unsigned int i = 0; i < N_CPUS; i++)
		value[i] = value_of(key);
	return ask(a, VOUCH_TARGET_MAP_UPDATE, &key, value, NULL);
}

static bool has(const struct asker *a, uint32_t key)
{
	uint64_t value[N_CPUS] = {};
	bool good = !ask(a, VOUCH_TARGET_MAP_LOOKUP, &key, value, NULL);

	for (unsigned int i = 0; i < (a->kind->per_cpu ? N_CPUS : 1); i++)
		good = good && value[i] == value_of(key);
	return good;
}

static void *writer(void *arg)
{
	struct asker a = *(struct asker *)arg;
	uint64_t value[N_CPUS];
	unsigned int i;
	uint32_t key;
	int err;

	a.fd = open(VOUCH_TARGET_DEVICE, O_RDWR);
	for (i = 0; i < ROUNDS; i++) {
		key = rand_r(&a.seed) % KEYS;
		switch (rand_r(&a.seed) % 4) {
		case 0:
			err = ask(&a, VOUCH_TARGET_MAP_DELETE, &key, NULL,
				  NULL);
			break;
		case 1:
			err = ask(&a, VOUCH_TARGET_MAP_LOOKUP, &key, value,
				  NULL);
			break;
		default:
			err = put(&a, key);
			err = err == a.kind->full ? 0 : err;
			break;
		}
		if (err && err != -ENOENT) {
			odd++;
			last_odd = err;
		}
		done += !err;
	}
	close(a.fd);
	return NULL;
}

/* How many keys it has, one after the other; -1 if one is odd. */
static int walk(const struct asker *a)
{
	uint32_t key = 0, next;
	bool seen[FRESH + KEYS] = {};
	int n = 0;

	while (!ask(a, VOUCH_TARGET_MAP_NEXT_KEY, n ? &key : NULL, NULL,
		    &next)) {
		if (next >= FRESH + KEYS || seen[next] || !has(a, next))
			return -1;
		seen[next] = true;
		key = next;
		n++;
	}
	return n;
}

static bool emptied(const struct asker *a)
{
	for (uint32_t key = 0; key < KEYS; key++)
		ask(a, VOUCH_TARGET_MAP_DELETE, &key, NULL, NULL);
	return walk(a) == 0;
}

/* As many as there is room for, and one more. */
static bool filled(const struct asker *a)
{
	uint32_t i;

	for (i = 0; i < ROOM; i++)
		if (put(a, FRESH + i) || !has(a, FRESH + i))
			return false;
	return put(a, FRESH + ROOM) == a->kind->full && walk(a) == ROOM;
}

static void write_at_once(const struct kind *kind, int fd)
{
	struct asker askers[WRITERS], a = { .kind = kind, .fd = fd };
	pthread_t threads[WRITERS];
	unsigned int i;
	int left;

	odd = done = 0;
	last_odd = 0;
	for (i = 0; i < WRITERS; i++) {
		askers[i] = (struct asker){ .kind = kind, .seed = i + 1 };
		pthread_create(&threads[i], NULL, writer, &askers[i]);
	}
	for (i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	verdict(!odd && done > WRITERS * ROUNDS / 4,
		"%s: %u accesses of %u writers, %u with odd errors (%d)",
		kind->map, done, WRITERS, odd, last_odd);
	left = walk(&a);
	verdict(left >= 0 && left <= ROOM,
		"%s: each key has its value then, of %d", kind->map, left);
	verdict(emptied(&a), "%s: it can be emptied", kind->map);
	verdict(filled(&a), "%s: no element is lost", kind->map);
}

void test_writers(void)
{
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR);

	strcpy(image, name_of("kinds"));
	if (verdict(!load_admitted("kinds"), "an image with all maps loads"))
		for (unsigned int i = 0; i < sizeof(kinds) / sizeof(*kinds);
		     i++)
			write_at_once(&kinds[i], fd);
	close(fd);
	verdict(!unload("kinds"), "and can go");
}
