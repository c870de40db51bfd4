// SPDX-License-Identifier: BSD-2-Clause
/*
 * The agent's privileges. The module loader and /dev/vouch_target ask for
 * CAP_SYS_MODULE and for nothing else: attaching a program is the module's own
 * doing. The state directory is root's, and a vsock is anybody's to dial.
 */

#include <linux/capability.h>

#include "confine.h"
#include "privileges.h"

int vouch_agent_confine(const char **what)
{
	static const int duty[] = { CAP_SYS_MODULE };

	return vouch_privileges_keep(duty, sizeof(duty) / sizeof(*duty), what);
}
