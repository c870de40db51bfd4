/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Silence: what the code under test prints goes nowhere. libFuzzer and the
 * sanitizers keep the real standard error.
 */
#ifndef VOUCH_FUZZ_QUIET_H
#define VOUCH_FUZZ_QUIET_H

#include <stdio.h>

static inline void fuzz_quiet(void)
{
	static FILE *nowhere;

	if (nowhere)
		return;
	nowhere = fopen("/dev/null", "we");
	stdout = nowhere;
	stderr = nowhere;
}

#endif /* VOUCH_FUZZ_QUIET_H */
