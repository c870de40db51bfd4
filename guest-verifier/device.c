// SPDX-License-Identifier: GPL-2.0-only
/* The device: designations belong to the open file and end with it. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device.h"
#include "facts.h"
#include "take_access.h"
#include "watch.h"

struct guest_file {
	struct mutex lock; /* of all below */
	struct list_head watches;
	u32 n_watches;
};

static int file_open(struct inode *inode, struct file *file)
{
	struct guest_file *gf = kzalloc(sizeof(*gf), GFP_KERNEL_ACCOUNT);

	if (!gf)
		return -ENOMEM;
	mutex_init(&gf->lock);
	INIT_LIST_HEAD(&gf->watches);
	file->private_data = gf;
	return nonseekable_open(inode, file);
}

static void disarm(struct guest_file *gf)
{
	lockdep_assert_held(&gf->lock);
	vouch_watch_remove_all(&gf->watches);
	gf->n_watches = 0;
}

static int file_release(struct inode *inode, struct file *file)
{
	struct guest_file *gf = file->private_data;

	mutex_lock(&gf->lock);
	disarm(gf);
	mutex_unlock(&gf->lock);
	kfree(gf);
	return 0;
}

static struct vouch_watch *find(struct guest_file *gf, u64 log_buf)
{
	struct vouch_watch *watch;

	lockdep_assert_held(&gf->lock);
	list_for_each_entry(watch, &gf->watches, file_node)
		if (watch->log_buf == log_buf)
			return watch;
	return NULL;
}

static long do_info(void __user *arg)
{
	struct vouch_guest_info *info = kzalloc(sizeof(*info), GFP_KERNEL);
	long err = 0;

	if (!info)
		return -ENOMEM;
	vouch_facts_get(info);
	if (copy_to_user(arg, info, sizeof(*info)))
		err = -EFAULT;
	kfree(info);
	return err;
}

static long do_map(void __user *arg)
{
	struct vouch_guest_map m;
	struct bpf_map *map;

	if (copy_from_user(&m, arg, sizeof(m)))
		return -EFAULT;
	if (memchr_inv(&m.flags, 0, sizeof(m) - offsetof(typeof(m), flags)))
		return -EINVAL;
	map = bpf_map_get(le32_to_cpu(m.fd));
	if (IS_ERR(map))
		return PTR_ERR(map);
	if (map_value_has_spin_lock(map)) {
		m.flags = cpu_to_le32(VOUCH_MAP_LOCK);
		m.lock = cpu_to_le32(map->spin_lock_off);
	}
	if (map->inner_map_meta) {
		const struct bpf_map *inner = map->inner_map_meta;

		m.type = cpu_to_le32(inner->map_type);
		m.key_size = cpu_to_le32(inner->key_size);
		m.value_size = cpu_to_le32(inner->value_size);
		m.max_entries = cpu_to_le32(inner->max_entries);
		m.map_flags = cpu_to_le32(inner->map_flags);
	}
	bpf_map_put(map);
	return copy_to_user(arg, &m, sizeof(m)) ? -EFAULT : 0;
}

static int read_replacements(const struct vouch_guest_arm *arm,
			     struct vouch_replacements *r)
{
	u64 size = le64_to_cpu(arm->list_size);
	void *list;

	memset(r, 0, sizeof(*r));
	if (!size)
		return 0;
	if (size > VOUCH_RETARGET_MAX)
		return -E2BIG;
	list = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!list)
		return -ENOMEM;
	if (copy_from_user(list, u64_to_user_ptr(le64_to_cpu(arm->list)),
			   size)) {
		kvfree(list);
		return -EFAULT;
	}
	return vouch_replacements_read(r, list, size);
}

static struct vouch_watch *new_watch(const struct vouch_guest_arm *arm)
{
	struct vouch_replacements r;
	struct vouch_watch *watch;
	int err = read_replacements(arm, &r);

	watch = err ? ERR_PTR(err)
		    : vouch_watch_add(le64_to_cpu(arm->log_buf),
				      le32_to_cpu(arm->n_insns), &r);
	vouch_replacements_free(&r);
	return watch;
}

static long do_arm(struct guest_file *gf, void __user *arg)
{
	struct vouch_guest_arm arm;
	struct vouch_watch *watch;
	u64 log_buf;
	u32 n_insns;

	lockdep_assert_held(&gf->lock);
	if (copy_from_user(&arm, arg, sizeof(arm)))
		return -EFAULT;
	log_buf = le64_to_cpu(arm.log_buf);
	n_insns = le32_to_cpu(arm.n_insns);
	if (arm.reserved || !log_buf)
		return -EINVAL;
	if (!n_insns || n_insns > VOUCH_GUEST_MAX_INSNS)
		return -E2BIG;
	if (gf->n_watches == VOUCH_MAX_PROGS)
		return -ENOSPC;
	if (find(gf, log_buf))
		return -EEXIST;
	watch = list_first_entry_or_null(&gf->watches, struct vouch_watch,
					 file_node);
	if (watch && watch->tgid != task_tgid(current))
		return -EPERM;
	watch = new_watch(&arm);
	if (IS_ERR(watch))
		return PTR_ERR(watch);
	list_add_tail(&watch->file_node, &gf->watches);
	gf->n_watches++;
	return 0;
}

/* Copy in what @t points to, take the program, copy the records out. */
static long take_through(struct vouch_watch *watch, struct vouch_guest_take *t,
			 const char **why)
{
	struct vouch_take take = {
		.watch = watch,
		.prog_fd = le32_to_cpu(t->prog_fd),
		.prog_type = le32_to_cpu(t->prog_type),
		.n_maps = le32_to_cpu(t->n_maps),
		.size = le64_to_cpu(t->size),
	};
	__le32 map_ids[VOUCH_MAX_MAPS];
	long err;

	if (take.n_maps > VOUCH_MAX_MAPS || take.size > VOUCH_CAPTURE_MAX)
		return -EINVAL;
	if (copy_from_user(map_ids, u64_to_user_ptr(le64_to_cpu(t->map_ids)),
			   take.n_maps * sizeof(*map_ids)))
		return -EFAULT;
	take.map_ids = map_ids;
	take.buf = kvmalloc(take.size, GFP_KERNEL_ACCOUNT);
	if (!take.buf)
		return -ENOMEM;
	err = -EBUSY;
	*why = "the program is being loaded just now";
	if (!vouch_watch_claim(watch))
		goto out;
	err = vouch_take_program(&take);
	vouch_watch_release(watch);
	*why = take.why;
	if (!err && copy_to_user(u64_to_user_ptr(le64_to_cpu(t->buf)), take.buf,
				 take.used))
		err = -EFAULT;
	t->size = cpu_to_le64(take.used);
	t->n_records = cpu_to_le32(take.n_records);
out:
	kvfree(take.buf);
	return err;
}

static long do_take(struct guest_file *gf, void __user *arg)
{
	const char *why = "not armed";
	struct vouch_guest_take t;
	struct vouch_watch *watch;
	long err = -ENOENT;

	lockdep_assert_held(&gf->lock);
	if (copy_from_user(&t, arg, sizeof(t)))
		return -EFAULT;
	watch = find(gf, le64_to_cpu(t.log_buf));
	if (watch)
		err = take_through(watch, &t, &why);
	strscpy_pad(t.why, err ? why : "", sizeof(t.why));
	if (copy_to_user(arg, &t, sizeof(t)))
		return -EFAULT;
	return err;
}

static long origins_through(struct vouch_watch *watch,
			    struct vouch_guest_origins *o, const char **why)
{
	struct vouch_take take = {
		.watch = watch,
		.size = sizeof(struct vouch_guest_origin) * le32_to_cpu(o->n),
	};
	long err;

	if (o->reserved || le32_to_cpu(o->n) > VOUCH_MAX_ACCESSES)
		return -EINVAL;
	take.buf = kvmalloc(take.size + 1, GFP_KERNEL_ACCOUNT);
	if (!take.buf)
		return -ENOMEM;
	err = -EBUSY;
	*why = "the program is being loaded just now";
	if (vouch_watch_claim(watch)) {
		err = vouch_take_origins(&take);
		vouch_watch_release(watch);
		*why = take.why;
	}
	if (!err && copy_to_user(u64_to_user_ptr(le64_to_cpu(o->buf)), take.buf,
				 take.used))
		err = -EFAULT;
	o->n = cpu_to_le32(take.n_records);
	kvfree(take.buf);
	return err;
}

static long do_origins(struct guest_file *gf, void __user *arg)
{
	const char *why = "not armed";
	struct vouch_guest_origins o;
	struct vouch_watch *watch;
	long err = -ENOENT;

	lockdep_assert_held(&gf->lock);
	if (copy_from_user(&o, arg, sizeof(o)))
		return -EFAULT;
	watch = find(gf, le64_to_cpu(o.log_buf));
	if (watch)
		err = origins_through(watch, &o, &why);
	strscpy_pad(o.why, err ? why : "", sizeof(o.why));
	if (copy_to_user(arg, &o, sizeof(o)))
		return -EFAULT;
	return err;
}

static long file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct guest_file *gf = file->private_data;
	void __user *p = (void __user *)arg;
	long err;

	if (cmd == VOUCH_GUEST_INFO)
		return do_info(p);
	if (cmd == VOUCH_GUEST_MAP)
		return do_map(p);
	mutex_lock(&gf->lock);
	switch (cmd) {
	case VOUCH_GUEST_ARM:
		err = do_arm(gf, p);
		break;
	case VOUCH_GUEST_DISARM:
		disarm(gf);
		err = 0;
		break;
	case VOUCH_GUEST_TAKE:
		err = do_take(gf, p);
		break;
	case VOUCH_GUEST_ORIGINS:
		err = do_origins(gf, p);
		break;
	default:
		err = -ENOTTY;
	}
	mutex_unlock(&gf->lock);
	return err;
}

static const struct file_operations file_ops = {
	.owner = THIS_MODULE,
	.open = file_open,
	.release = file_release,
	.unlocked_ioctl = file_ioctl,
	.llseek = no_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vouch_guest",
	.fops = &file_ops,
	.mode = 0600,
};

int vouch_device_register(void)
{
	int err = misc_register(&device);

	if (err)
		pr_err("cannot make " VOUCH_GUEST_DEVICE ": error %d\n", err);
	return err;
}

void vouch_device_unregister(void)
{
	misc_deregister(&device);
}
