// SPDX-License-Identifier: BSD-2-Clause
/* The test of vouch_target's hooks: probes, tracepoints, and fire on all. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>

#include "hooks.h"

#define CALLS 20

static const struct {
	const char *prog, *where;
} places[] = {
	{ "on_call", "kprobe:hooks_native_call" },
	{ "on_return", "kretprobe:hooks_native_call" },
	{ "on_rename", "raw_tp:task_rename" },
	{ "on_signal", "tp_btf:signal_generate" },
	{ "on_record", "tracepoint:task:task_rename" },
	{ "on_inner", "kprobe:copy_from_kernel_nofault" },
};
#define N_PLACES (sizeof(places) / sizeof(*places))

static const char *where_of(const char *prog)
{
	unsigned int i;

	for (i = 0; i < N_PLACES; i++)
		if (!strcmp(places[i].prog, prog))
			return places[i].where;
	return "-";
}

static bool on(const char *prog)
{
	return !hook(VOUCH_TARGET_ATTACH, "one", prog, where_of(prog)) &&
	       is_listed(where_of(prog));
}

static bool off(const char *prog)
{
	return !hook(VOUCH_TARGET_DETACH, "one", prog, where_of(prog)) &&
	       !is_listed(where_of(prog));
}

/* The hit that has a value at a place, or NULL. */
static const __u64 *hit(const struct hooks_record *r, unsigned int at,
			__u64 value)
{
	unsigned int i;

	for (i = 0; i < HOOKS_KEPT && i < r->n; i++)
		if (r->at[i][at] == value)
			return r->at[i];
	return NULL;
}

static __u64 call_native(unsigned int i)
{
	struct hooks_call call = { .args = { i, ~0ull - i, 3, 4, 1ull << 63,
					     i * 7 } };
	int fd = open("/dev/hooks_native", O_RDWR | O_CLOEXEC);

	if (write(fd, &call, sizeof(call)) != sizeof(call))
		call.result = ~0ull;
	close(fd);
	return call.result;
}

static void test_probes(void)
{
	struct hooks_record a, b, c, d;
	bool same = true;
	unsigned int i;

	verdict(on("on_call") && on("on_return"),
		"a probe and a return probe attach");
	for (i = 1; i <= CALLS; i++)
		call_native(i);
	a = noted("one", HOOKS_CALL);
	b = native(HOOKS_CALL);
	c = noted("one", HOOKS_RETURN);
	d = native(HOOKS_RETURN);
	verdict(a.n == CALLS && c.n == CALLS && b.n == CALLS && d.n == CALLS,
		"each call is noted once (%llu, %llu)", a.n, c.n);
	for (i = 0; i < CALLS; i++)
		same &= !memcmp(a.at[i], b.at[i], sizeof(a.at[i])) &&
			c.at[i][0] == d.at[i][0] && c.at[i][1] == d.at[i][1];
	verdict(same && a.at[0][0] == 1, "as native C sees it");
	verdict(off("on_call") && off("on_return"), "they detach");
	call_native(1);
	verdict(noted("one", HOOKS_CALL).n == CALLS &&
			noted("one", HOOKS_RETURN).n == CALLS,
		"and run no more");
	verdict(!hook(VOUCH_TARGET_ATTACH, "one", "on_call",
		      "kprobe:hooks_native_call+0") &&
			!hook(VOUCH_TARGET_ATTACH, "other", "on_call",
			      "kprobe:hooks_native_call"),
		"a function takes programs of several slots");
	call_native(2);
	verdict(noted("one", HOOKS_CALL).n == CALLS + 1 &&
			noted("other", HOOKS_CALL).n == 1,
		"each of which runs");
	verdict(!hook(VOUCH_TARGET_DETACH, "one", "",
		      "kprobe:hooks_native_call") &&
			!hook(VOUCH_TARGET_DETACH, "other", "",
			      "kprobe:hooks_native_call"),
		"they detach");
}

/* The next instruction at which the kernel takes a probe; where it starts is
 * the compiler's choice. */
static void attach_inside(const char *program, char *where, size_t size)
{
	unsigned int off;

	for (off = 1; off < 16; off++) {
		snprintf(where, size, "kprobe:hooks_native_call+%u", off);
		if (!hook(VOUCH_TARGET_ATTACH, program, "on_return", where))
			return;
	}
}

/* What a program is told of the place of its probe. */
static void test_places(void)
{
	static const char entry[] = "kprobe:hooks_native_call";
	char inside[64];
	__u64 first = noted("one", HOOKS_RETURN).n;
	struct hooks_record mine, theirs;
	unsigned int at = first % HOOKS_KEPT, next = (first + 1) % HOOKS_KEPT;

	hook(VOUCH_TARGET_ATTACH, "one", "on_return", entry);
	call_native(1);
	hook(VOUCH_TARGET_DETACH, "one", "on_return", entry);
	attach_inside("one", inside, sizeof(inside));
	call_native(1);
	hook(VOUCH_TARGET_DETACH, "one", "on_return", inside);
	mine = noted("one", HOOKS_RETURN);
	theirs = native(HOOKS_RETURN);
	verdict(mine.n == first + 2 && mine.at[at][1] == theirs.at[0][1],
		"at a function's entry a program is told its address");
	verdict(mine.n == first + 2 && !mine.at[next][1],
		"behind it none (%llx)", mine.at[next][1]);
}

static void test_points(void)
{
	struct hooks_record mine, theirs, record;
	unsigned int i, same = 0, records = 0;
	char name[16] = {}, old[16] = {};
	__u64 key;

	rename_self(old);
	verdict(on("on_rename") && on("on_record"),
		"a raw tracepoint and a record attach");
	for (i = 0; i < CALLS; i++) {
		const __u64 *a, *b, *c;

		rename_self(name);
		mine = noted("one", HOOKS_RENAME);
		theirs = native(HOOKS_RENAME);
		record = noted("one", HOOKS_RECORD);
		memcpy(&key, name, sizeof(key));
		a = hit(&mine, 3, key);
		b = hit(&theirs, 3, key);
		c = hit(&record, 3, key);
		same += a && b && a[0] == b[0] && a[1] == b[1] && !a[2] &&
			!a[4];
		memcpy(&key, old, sizeof(key));
		records += c && c[2] == key && c[1] == (__u64)getpid() &&
			   c[0] >> 48 == 0xffff && c[4] >> 48 == 0xffff;
		memcpy(old, name, sizeof(old));
	}
	verdict(same == CALLS, "%u of %u renamings have native C's arguments",
		same, CALLS);
	verdict(records == CALLS, "%u of %u are in the record", records, CALLS);
	verdict(off("on_rename") && off("on_record"), "they detach");
	mine = noted("one", HOOKS_RENAME);
	record = noted("one", HOOKS_RECORD);
	rename_self(name);
	verdict(noted("one", HOOKS_RENAME).n == mine.n &&
			noted("one", HOOKS_RECORD).n == record.n,
		"and run no more");
}

static void test_signal(void)
{
	struct hooks_record mine, theirs;
	const __u64 *a, *b;

	signal(SIGUSR2, SIG_IGN);
	verdict(on("on_signal"), "a tracepoint with types attaches");
	kill(getpid(), SIGUSR2);
	mine = noted("one", HOOKS_SIGNAL);
	theirs = native(HOOKS_SIGNAL);
	a = hit(&mine, 0, SIGUSR2);
	b = hit(&theirs, 0, SIGUSR2);
	verdict(a && b && !memcmp(a, b, 6 * sizeof(*a)),
		"narrow arguments are native C's");
	verdict(off("on_signal"), "it detaches");
}

void test_trace(void)
{
	test_probes();
	test_places();
	test_points();
	test_signal();
}

/* How often the probe of what the helper calls ran for one renaming. */
static unsigned long long inner_runs(const char *outer, bool *ok)
{
	unsigned long long before;
	char name[16];

	*ok = on(outer) && on("on_inner");
	before = runs("one", "on_inner");
	rename_self(name);
	before = runs("one", "on_inner") - before;
	*ok &= off(outer) && off("on_inner");
	return before;
}

/*
 * What a program calls is probed itself, by a program that calls it too. The
 * guard of records and probes is one, that of raw tracepoints their own.
 */
void test_guard(void)
{
	unsigned long long n;
	bool ok;

	n = inner_runs("on_rename", &ok);
	verdict(ok && n == 1,
		"a probe runs in a raw tracepoint's program (%llu)", n);
	n = inner_runs("on_record", &ok);
	verdict(ok && n == 0, "but in no program of its own guard (%llu)", n);
}

/* ---- fire ---------------------------------------------------------------- */

#define ROUNDS 40

static bool stop;

static void *fire(void *arg)
{
	unsigned int i = 0;
	char name[16];

	(void)arg;
	while (!stop) {
		rename_self(name);
		call_native(i++);
		kill(getpid(), SIGUSR2);
	}
	return NULL;
}

/*
 * All attach, "two" replaces them, all detach, and the image goes. The last
 * place is not among them, since the kernel's own patching calls it: see
 * "Probes and emulated CPUs" in docs/run-context.md.
 */
static bool fire_round(unsigned int *odd)
{
	unsigned int i;

	for (i = 0; i < N_PLACES - 1; i++)
		*odd += hook(VOUCH_TARGET_ATTACH, "one", places[i].prog,
			     places[i].where) != 0;
	for (i = 0; i < N_PLACES - 1; i++)
		*odd += hook(VOUCH_TARGET_ATTACH, "two", places[i].prog,
			     places[i].where) != 0;
	*odd += unload("one") != 0;
	for (i = 0; i < N_PLACES - 1; i++)
		*odd += hook(VOUCH_TARGET_DETACH, "two", "", places[i].where) !=
			0;
	*odd += load_admitted("one") != 0;
	return !*odd;
}

void test_fire(void)
{
	pthread_t threads[N_CPUS + 1];
	unsigned int i, odd = 0, n = sizeof(threads) / sizeof(*threads);

	for (i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, fire, NULL);
	for (i = 0; i < often(ROUNDS) && fire_round(&odd); i++)
		;
	stop = true;
	while (n--)
		pthread_join(threads[n], NULL);
	verdict(i == often(ROUNDS),
		"%u times programs come, are replaced and go under fire (%u odd)",
		i, odd);
}
