// SPDX-License-Identifier: BSD-2-Clause
/* The test of vouch_target's hooks: NMIs, busy maps, loads that fault. */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "hooks.h"

#define NMI "kprobe:hooks_native_nmi"
#define HANDLED "tracepoint:nmi:nmi_handler"
#define COMPARE "kprobe:memcmp"
#define RENAME "raw_tp:task_rename"
#define TIMES 20u
#define FIRST 0x600d0000u

static bool on(const char *prog, const char *where)
{
	return !hook(VOUCH_TARGET_ATTACH, "one", prog, where) &&
	       is_listed(where);
}

static bool off(const char *where)
{
	return !hook(VOUCH_TARGET_DETACH, "one", "", where) &&
	       !is_listed(where);
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

static bool send_nmi(__u64 value)
{
	int fd = open("/dev/hooks_native", O_RDWR | O_CLOEXEC);
	bool sent = write(fd, &value, sizeof(value)) == sizeof(value);

	close(fd);
	return sent;
}

/* A probe's program runs in an NMI, and so does a record's. */
void test_nmi(void)
{
	unsigned int i, sent = 0, probes = 0, records = 0;
	struct hooks_record seen, wanted, record;

	verdict(on("on_nmi", NMI) && on("on_handled", HANDLED),
		"programs attach to what an NMI does");
	for (i = 0; i < TIMES; i++) {
		const __u64 *a, *b, *c;

		sent += send_nmi(FIRST + i);
		seen = noted("one", HOOKS_NMI);
		wanted = native(HOOKS_NMI);
		record = noted("one", HOOKS_NMI_RECORD);
		a = hit(&seen, 0, FIRST + i);
		b = hit(&wanted, 0, FIRST + i);
		probes += a && b && a[1] == b[1] && b[HOOKS_NMI_CONTEXT];
		c = b ? hit(&record, 0, b[HOOKS_NMI_HANDLER]) : NULL;
		records += c && c[1] == 1 && record.n > i;
	}
	verdict(sent == TIMES && probes == TIMES,
		"in each of %u NMIs the probe's program sees what native C sees (%u, %u)",
		TIMES, sent, probes);
	verdict(records == TIMES, "and the record's has who handled it (%u)",
		records);
	verdict(off(NMI) && off(HANDLED), "they are detached");
}

/*
 * What a map calls under its lock is probed by a program that wants the map.
 * Its error comes as an int, without the upper half, as the kernel's does.
 */
void test_busy(void)
{
	struct hooks_record outer, inner;
	unsigned int i, good = 0, busy = 0;
	char name[16] = {};
	const __u64 *v;
	__u64 key;

	verdict(on("on_table", RENAME) && on("on_busy", COMPARE),
		"programs share a map, one is where its lock is held");
	for (i = 0; i < TIMES; i++) {
		rename_self(name);
		outer = noted("one", HOOKS_RENAME);
		inner = noted("one", HOOKS_BUSY);
		memcpy(&key, name, sizeof(key));
		v = hit(&outer, 3, key);
		good += v && v[0] == 0 && v[1] == 0;
		busy += hit(&inner, 0, (__u32)-EBUSY) != NULL;
	}
	verdict(good == TIMES && busy == TIMES,
		"who holds the lock goes on, the other is turned away (%u, %u)",
		good, busy);
	verdict(off(COMPARE) && off(RENAME), "they are detached");
}

/* Such a load gives 0; an oops would end this VM. */
void test_faulting(void)
{
	unsigned int i, good = 0;
	struct hooks_record r;
	char name[16] = {};
	const __u64 *v;
	__u64 key;

	verdict(on("on_fault", RENAME), "a program whose loads fault attaches");
	for (i = 0; i < TIMES; i++) {
		rename_self(name);
		r = noted("one", HOOKS_FAULT);
		memcpy(&key, name, sizeof(key));
		v = hit(&r, 6, key);
		good += v && !v[0] && !v[1] && !v[2] && !v[3] && !v[4] &&
			v[7] == HOOKS_ETH_P;
	}
	verdict(good == TIMES,
		"of %u runs each load that faults gives 0, and the next is done (%u)",
		TIMES, good);
	verdict(off(RENAME), "it is detached");
}
