// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which few inputs of many reach all that the many reach, by the counters of
 * a build for coverage: at each turn the one that adds most.
 */

#include <stdio.h>
#include <unistd.h>

#include "replay.h"

#pragma weak __llvm_profile_begin_counters
#pragma weak __llvm_profile_end_counters
u64 *__llvm_profile_begin_counters(void);
u64 *__llvm_profile_end_counters(void);

static u64 *counters;
static size_t n_counters;

/* One byte for each counter: does the input move it? */
static u8 *reach(const struct replay_input *in)
{
	u8 *map = calloc(n_counters, 1);
	size_t i;

	if (!map)
		abort();
	memset(counters, 0, n_counters * sizeof(*counters));
	replay_run(in->data, in->len);
	for (i = 0; i < n_counters; i++)
		map[i] = counters[i] != 0;
	return map;
}

static size_t gain(const u8 *map, const u8 *known)
{
	size_t i, n = 0;

	for (i = 0; i < n_counters; i++)
		n += map[i] && !known[i];
	return n;
}

static void take(u8 **map, u8 *known)
{
	size_t i;

	for (i = 0; i < n_counters; i++)
		known[i] |= (*map)[i];
	free(*map);
	*map = NULL;
}

static bool take_best(const struct replay_input *in, size_t n, u8 **maps,
		      u8 *known)
{
	size_t best = 0, most = 0, i;

	for (i = 0; i < n; i++) {
		size_t more = maps[i] ? gain(maps[i], known) : 0;

		if (more > most) {
			best = i;
			most = more;
		}
	}
	if (most) {
		dprintf(STDOUT_FILENO, "%s\n", in[best].path);
		take(&maps[best], known);
	}
	return most;
}

int replay_pick(const struct replay_input *in, size_t n, size_t kept,
		size_t most)
{
	u8 **maps, *known;
	size_t i;

	if (!__llvm_profile_begin_counters) {
		fprintf(stderr, "--pick needs a build for coverage\n");
		return 2;
	}
	counters = __llvm_profile_begin_counters();
	n_counters = (size_t)(__llvm_profile_end_counters() - counters);
	maps = calloc(n + 1, sizeof(*maps));
	known = calloc(n_counters, 1);
	if (!maps || !known)
		abort();
	for (i = 0; i < n; i++)
		maps[i] = reach(&in[i]);
	for (i = 0; i < kept && i < n; i++)
		take(&maps[i], known);
	for (i = 0; i < most && take_best(in, n, maps, known); i++)
		;
	for (i = 0; i < n; i++)
		free(maps[i]);
	free(maps);
	free(known);
	return 0;
}
