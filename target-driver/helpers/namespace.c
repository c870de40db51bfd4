// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who runs, as its PID namespace numbers it; the meaning is that of
 * kernel/bpf/helpers.c.
 *
 * A program names the namespace as user space finds it: by device and inode of
 * a file of /proc/PID/ns. The device is the same for all of them.
 */

#include <linux/bpf.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>

#include "helpers/export.h"
#include "helpers/namespace.h"

/* The only one that each kernel has. */
#define A_NAMESPACE "self/ns/mnt"

static dev_t device;

/* In a procfs of our own, since nobody need have mounted one. */
int vouch_namespace_init(void)
{
	struct file_system_type *type = get_fs_type("proc");
	struct vfsmount *proc;
	struct file *file;

	if (!type)
		return -ENODEV;
	proc = kern_mount(type);
	if (IS_ERR(proc))
		return PTR_ERR(proc);
	file = file_open_root_mnt(proc, A_NAMESPACE, O_RDONLY, 0);
	if (!IS_ERR(file)) {
		device = file_inode(file)->i_sb->s_dev;
		fput(file);
	}
	kern_unmount(proc);
	/* So procfs says that it has no memory for what is always there. */
	if (file == ERR_PTR(-ENOENT))
		return -ENOMEM;
	return PTR_ERR_OR_ZERO(file);
}

static vouch_untraced int current_of(u64 dev, u64 inode,
				     struct bpf_pidns_info *info)
{
	struct pid_namespace *ns = task_active_pid_ns(current);

	if (unlikely((dev_t)dev != dev))
		return -EINVAL;
	if (unlikely(!ns))
		return -ENOENT;
	if (ns->ns.inum != inode || device != dev)
		return -EINVAL;
	info->pid = task_pid_nr_ns(current, ns);
	info->tgid = task_tgid_nr_ns(current, ns);
	return 0;
}

/* r1 device, r2 inode, r3 to, r4 its size */
VOUCH_HELPER(get_ns_current_pid_tgid)
{
	void *to = (void *)(unsigned long)r3;
	struct bpf_pidns_info info;
	int err = -EINVAL;

	if (likely((u32)r4 == sizeof(info)))
		err = current_of(r1, r2, &info);
	if (err)
		memset(to, 0, (u32)r4);
	else
		memcpy(to, &info, sizeof(info));
	return err;
}
