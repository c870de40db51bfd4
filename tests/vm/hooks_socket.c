// SPDX-License-Identifier: BSD-2-Clause
/* The test of vouch_target's hooks: filters of packet sockets. */

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hooks.h"
#include "target_client.h"

#define AT "socket:eth0"
#define FIRE 2000 /* frames under replacements */
#define PATIENCE 60000 /* ms */
/* Lengths of frames that come last, each unlike the one before. */
#define LAST 200u
#define N_LAST 50u

/* Until the program has noted @n frames, or too long. */
static struct hooks_record wait_for(unsigned long long n)
{
	struct hooks_record r;
	int i;

	for (i = 0; i < PATIENCE; i++) {
		r = noted("one", HOOKS_SOCKET);
		if (r.n >= n)
			break;
		usleep(1000);
	}
	return r;
}

/* All that was sent before has arrived when one that is sent now has. */
static bool all_came(void)
{
	static unsigned int n;
	unsigned int len = LAST + n++ % N_LAST;
	struct hooks_record r;
	int i;

	send_frame(len, 0);
	for (i = 0; i < PATIENCE; i++) {
		r = native(HOOKS_SOCKET);
		if (r.n && r.at[(r.n - 1) % HOOKS_KEPT][0] == len)
			return true;
		usleep(1000);
	}
	return false;
}

static void test_frames(void)
{
	struct hooks_record seen, wanted;
	unsigned long long before;
	unsigned int i;

	verdict(all_came(), "frames arrive");
	before = native(HOOKS_SOCKET).n;
	verdict(!hook(VOUCH_TARGET_ATTACH, "one", "on_socket", AT) &&
			is_listed(AT),
		"a program attaches as a socket's filter");
	/* Kept whole, cut, and thrown away. */
	for (i = 0; i < 3; i++)
		send_frame(60 + 50 * i, (uint8_t)(i * 40));
	seen = wait_for(3);
	wanted = native(HOOKS_SOCKET);
	verdict(seen.n == 3 && wanted.n == before + 3,
		"it gets each frame (%llu)", (unsigned long long)seen.n);
	for (i = 0; i < 3; i++)
		verdict(!memcmp(seen.at[i],
				wanted.at[(before + i) % HOOKS_KEPT],
				sizeof(seen.at[i])),
			"frame %u is what native C sees there", i);
	verdict(hook(VOUCH_TARGET_ATTACH, "one", "on_socket", AT) == -EEXIST,
		"it is there once");
	verdict(!hook(VOUCH_TARGET_ATTACH, "other", "on_socket", AT),
		"another slot's stands beside it");
	send_frame(60, 0);
	verdict(wait_for(4).n == 4 && noted("other", HOOKS_SOCKET).n == 1,
		"and both get each frame");
	verdict(!hook(VOUCH_TARGET_DETACH, "other", "", AT) &&
			!hook(VOUCH_TARGET_DETACH, "one", "on_socket", AT) &&
			!is_listed(AT),
		"they are detached");
	verdict(all_came() && noted("one", HOOKS_SOCKET).n == 4,
		"and get no more");
}

static void *sender(void *arg)
{
	unsigned int i;

	(void)arg;
	for (i = 0; i < often(FIRE); i++)
		send_frame(60, (uint8_t)i);
	return NULL;
}

/* The images share their slot's maps, and each frame has one program. */
static void test_replace(void)
{
	unsigned long long before = noted("one", HOOKS_SOCKET).n, runs;
	unsigned long long frames = native(HOOKS_SOCKET).n;
	unsigned int n = 0;
	pthread_t thread;
	bool came;
	int err = hook(VOUCH_TARGET_ATTACH, "two", "on_socket", AT);

	pthread_create(&thread, NULL, sender, NULL);
	while (!err && pthread_tryjoin_np(thread, NULL)) {
		err = hook(VOUCH_TARGET_ATTACH, n % 2 ? "two" : "one",
			   "on_socket", AT);
		n++;
	}
	if (err)
		pthread_join(thread, NULL);
	came = all_came();
	frames = native(HOOKS_SOCKET).n - frames;
	runs = wait_for(before + frames).n - before;
	verdict(!err && n && came && runs == frames,
		"%u replacements leave none of %llu frames without a program (%llu runs)",
		n, frames, runs);
	verdict(!hook(VOUCH_TARGET_DETACH, n % 2 ? "one" : "two", "", AT),
		"the last one is detached");
}

/* Sockets come and go while frames arrive. */
static void test_fire_at_sockets(void)
{
	pthread_t thread;
	unsigned int n = 0;
	int err = 0;

	pthread_create(&thread, NULL, sender, NULL);
	while (!err && pthread_tryjoin_np(thread, NULL)) {
		err = hook(VOUCH_TARGET_ATTACH, "one", "on_socket", AT);
		if (!err)
			err = hook(VOUCH_TARGET_DETACH, "one", "on_socket", AT);
		n++;
	}
	if (err)
		pthread_join(thread, NULL);
	verdict(!err && n, "%u sockets come and go under fire", n);
}

void test_socket(void)
{
	test_frames();
	test_replace();
	test_fire_at_sockets();
}
