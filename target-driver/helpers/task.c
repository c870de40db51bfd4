// SPDX-License-Identifier: GPL-2.0-only
/* Who runs; the meaning is that of kernel/bpf/helpers.c. */

#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "helpers/export.h"
#include "maps/cgroups.h"

VOUCH_HELPER(get_current_pid_tgid)
{
	return (u64)current->tgid << 32 | (u32)current->pid;
}

VOUCH_HELPER(get_current_uid_gid)
{
	kuid_t uid;
	kgid_t gid;

	current_uid_gid(&uid, &gid);
	return (u64)from_kgid(&init_user_ns, gid) << 32 |
	       from_kuid(&init_user_ns, uid);
}

VOUCH_HELPER(get_current_comm)
{
	strscpy((char *)(unsigned long)r1, current->comm, (u32)r2);
	return 0;
}

VOUCH_HELPER(get_current_task)
{
	return (unsigned long)current;
}

VOUCH_HELPER(get_current_task_btf)
{
	return (unsigned long)current;
}

VOUCH_HELPER(task_pt_regs)
{
	return (unsigned long)task_pt_regs(
		(struct task_struct *)(unsigned long)r1);
}

#ifdef CONFIG_CGROUPS
static vouch_untraced u64 cgroup_id_at(const int *level)
{
	struct cgroup *cgrp;
	u64 id;

	rcu_read_lock();
	cgrp = task_dfl_cgroup(current);
	if (level)
		cgrp = cgroup_ancestor(cgrp, *level);
	id = cgrp ? cgroup_id(cgrp) : 0;
	rcu_read_unlock();
	return id;
}

VOUCH_HELPER(get_current_cgroup_id)
{
	return cgroup_id_at(NULL);
}

VOUCH_HELPER(get_current_ancestor_cgroup_id)
{
	int level = r1;

	return cgroup_id_at(&level);
}

/* r1 map, r2 index */
VOUCH_HELPER(current_task_under_cgroup)
{
	return vouch_cgroups_current(
		((struct vouch_map_block *)(unsigned long)r1)->map, r2);
}
#endif
