/* SPDX-License-Identifier: BSD-2-Clause */
/* What replay.c and pick.c share. */
#ifndef VOUCH_FUZZ_REPLAY_H
#define VOUCH_FUZZ_REPLAY_H

#include "fuzz.h"

struct replay_input {
	char *path;
	u8 *data;
	size_t len;
};

/**
 * replay_run() - run an input through the target.
 * @data: the input
 * @len: its length in bytes
 */
void replay_run(const u8 *data, size_t len);

/**
 * replay_pick() - print the paths of few inputs that reach what all reach.
 * @in: the inputs
 * @n: their number
 * @kept: so many of the first are kept, and not printed
 * @most: print no more
 *
 * Return: exit code.
 */
int replay_pick(const struct replay_input *in, size_t n, size_t kept,
		size_t most);

#endif /* VOUCH_FUZZ_REPLAY_H */
