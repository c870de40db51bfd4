// SPDX-License-Identifier: BSD-2-Clause
/* The agent itself, which starts children: what it keeps of root. */

#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-verifier/agent/parent.h"
#include "guest_test.h"
#include "tests/vm/root_deeds.h"

/* CAP_KILL, SETGID, SETUID, SETPCAP, NET_ADMIN, SYSLOG, PERFMON, BPF */
#define DUTY "000000c4000011e0"

static long load_module(void)
{
	return syscall(SYS_finit_module, -1, "", 0);
}

static void tell(bool denied, const char *what)
{
	vouch_test_check(denied, "denied to the agent: %s", what);
}

void vouch_test_parent_deeds(void)
{
	static const struct deed more[] = {
		{ "loading a module", load_module },
	};

	vouch_test_check(root_deeds_try(vouch_parent_confine, more, 1, tell),
			 "the agent can be confined");
}

void vouch_test_parent(pid_t agent)
{
	vouch_test_check(
		root_status_has(agent, "\nCapPrm:\t" DUTY "\n") &&
			root_status_has(agent, "\nCapEff:\t" DUTY "\n"),
		"the agent has the capabilities of its duty only");
	vouch_test_check(
		root_status_has(agent, "\nCapBnd:\t" DUTY "\n") &&
			root_status_has(agent,
					"\nCapInh:\t0000000000000000\n") &&
			root_status_has(agent,
					"\nCapAmb:\t0000000000000000\n") &&
			root_status_has(agent, "\nNoNewPrivs:\t1\n"),
		"and no more can come to it");
}
