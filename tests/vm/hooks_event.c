// SPDX-License-Identifier: BSD-2-Clause
/* The test of vouch_target's hooks: perf events. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "debug.h"
#include "hooks.h"
#include "target_client.h"

#define FAULTS "perf_event:1:2:1" /* software, page faults, each */
#define CLOCK "perf_event:1:0:50000" /* software, CPU clock, 50 us */
#define SLOW_CLOCK "perf_event:1:0:2000000" /* the same, 2 ms */
#define OFTEN "perf_event:1:0:4000hz:1"
#define PAGES 8
#define PAGE 4096ul
#define ROUNDS 20
#define ENOUGH 20 /* runs */

/* The hit at an address, or NULL. */
static const __u64 *hit_at(const struct hooks_record *r, const void *address)
{
	unsigned int i;

	for (i = 0; i < HOOKS_KEPT && i < r->n; i++)
		if (r->at[i][3] == (unsigned long)address)
			return r->at[i];
	return NULL;
}

/* Each page is touched for the first time, and the fault noted at once. */
static void test_faults_seen(void)
{
	char *pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct hooks_record seen, wanted;
	unsigned int i, equal = 0;

	verdict(!hook(VOUCH_TARGET_ATTACH, "one", "on_event", FAULTS) &&
			is_listed(FAULTS),
		"a program attaches to a counter of page faults");
	for (i = 0; i < PAGES; i++) {
		const __u64 *a, *b;

		*(volatile char *)(pages + i * PAGE) = 1;
		seen = noted("one", HOOKS_EVENT);
		wanted = native(HOOKS_EVENT);
		a = hit_at(&seen, pages + i * PAGE);
		b = hit_at(&wanted, pages + i * PAGE);
		equal += a && b && !memcmp(a, b, sizeof(seen.at[0])) &&
			 a[2] == 1;
	}
	verdict(equal == PAGES,
		"of %u faults it sees registers, address and period as native C (%u)",
		PAGES, equal);
	munmap(pages, PAGES * PAGE);
	verdict(!hook(VOUCH_TARGET_DETACH, "one", "on_event", FAULTS) &&
			!is_listed(FAULTS),
		"it is detached");
}

static bool runs_more(const char *file)
{
	unsigned long long before = runs(file, "on_event");
	int i;

	for (i = 0; i < 5000; i++) {
		if (runs(file, "on_event") >= before + ENOUGH)
			return true;
		usleep(1000);
	}
	return false;
}

/* Clocks tick while images come, are replaced and go. */
static void test_clock(void)
{
	/* A kernel that looks at each access would come to nothing else. */
	const char *clock = vouch_debug_wanted() ? SLOW_CLOCK : CLOCK;
	unsigned int i, odd = 0;

	verdict(!hook(VOUCH_TARGET_ATTACH, "one", "on_event", OFTEN) &&
			runs_more("one") &&
			!hook(VOUCH_TARGET_DETACH, "one", "", OFTEN),
		"a frequency on one CPU");
	for (i = 0; i < often(ROUNDS) && !odd; i++) {
		odd += hook(VOUCH_TARGET_ATTACH, "one", "on_event", clock) != 0;
		odd += !runs_more("one");
		odd += hook(VOUCH_TARGET_ATTACH, "two", "on_event", clock) != 0;
		odd += !runs_more("two");
		odd += unload("one") != 0;
		odd += hook(VOUCH_TARGET_DETACH, "two", "", clock) != 0;
		odd += load_admitted("one") != 0;
	}
	verdict(!odd, "%u times programs come, are replaced and go at a clock",
		i);
}

void test_event(void)
{
	test_faults_seen();
	test_clock();
}
