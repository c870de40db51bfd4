// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Giving up capabilities, in the order in which they can be given up. */

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges.h"

#define FIRST_CLOSED 3

static int step(const char **what, const char *name, long ret)
{
	if (ret >= 0)
		return 0;
	*what = name;
	return -errno;
}

static u64 set_of(const int *caps, u32 n)
{
	u64 set = 0;
	u32 i;

	for (i = 0; i < n; i++)
		set |= 1ull << caps[i];
	return set;
}

/* Who is not root may not; nothing comes of the set then, since new
 * privileges are forbidden as well.
 */
static int drop_bounding(u64 kept)
{
	int cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(kept >> cap & 1) &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && errno != EPERM)
			return -1;
	return 0;
}

/* What cannot be inherited is no ambient capability either. */
static int drop_capabilities(u64 kept)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };
	u32 i;

	if (syscall(SYS_capget, &head, data))
		return -1;
	for (i = 0; i < 2; i++) {
		data[i].permitted &= (u32)(kept >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return (int)syscall(SYS_capset, &head, data);
}

int vouch_privileges_keep(const int *caps, u32 n, const char **what)
{
	static const struct rlimit none = { 0 };
	u64 kept = set_of(caps, n);
	int err = step(what, "closing descriptors",
		       syscall(SYS_close_range, FIRST_CLOSED, ~0u, 0));

	if (!err)
		err = step(what, "dropping the bounding set",
			   drop_bounding(kept));
	if (!err)
		err = step(what, "dropping capabilities",
			   drop_capabilities(kept));
	if (!err)
		err = step(what, "setting no_new_privs",
			   prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (!err)
		err = step(what, "forbidding cores",
			   setrlimit(RLIMIT_CORE, &none));
	if (!err)
		err = step(what, "forbidding dumps",
			   prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	return err;
}
