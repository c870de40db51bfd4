// SPDX-License-Identifier: BSD-2-Clause
/* The agent's own privileges: what its children get, and what it takes to
 * start and end them.
 */

#include <linux/capability.h>

#include "parent.h"
#include "privileges.h"

int vouch_parent_confine(const char **what)
{
	static const int duty[] = {
		CAP_BPF,     CAP_NET_ADMIN, CAP_PERFMON, CAP_SYSLOG,
		CAP_SETPCAP, CAP_SETUID,    CAP_SETGID,	 CAP_KILL,
	};

	return vouch_privileges_keep(duty, sizeof(duty) / sizeof(*duty), what);
}
