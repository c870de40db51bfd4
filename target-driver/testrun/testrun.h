/* SPDX-License-Identifier: GPL-2.0-only */
/* Test-runs: a program on a packet or a context that user space gives. */
#ifndef VOUCH_TESTRUN_H
#define VOUCH_TESTRUN_H

#include "loaded.h"

#ifndef VOUCH_WITHOUT_TESTRUN
/**
 * vouch_testrun() - run a program as BPF_PROG_TEST_RUN does.
 * @l: the image, with a reference
 * @prog: index of the program
 * @t: the request, filled with the results
 * @why: filled on error
 *
 * Return: 0 or the errno that VOUCH_TARGET_TEST_RUN documents.
 */
int vouch_testrun(struct vouch_loaded *l, u32 prog,
		  struct vouch_target_test_run *t, struct vouch_reason *why);
#else
static inline int vouch_testrun(struct vouch_loaded *l, u32 prog,
				struct vouch_target_test_run *t,
				struct vouch_reason *why)
{
	return vouch_refuse(
		why, -EOPNOTSUPP,
		"test-run: this vouch_target was built without; run it on the verifier VM");
}
#endif

#endif /* VOUCH_TESTRUN_H */
