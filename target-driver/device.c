// SPDX-License-Identifier: GPL-2.0-only
/* The only file that owns the user ABI. */

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device.h"
#include "hooks/hook.h"
#include "loaded.h"
#include "mapio.h"
#include "slot.h"
#include "suit.h"
#include "testrun/testrun.h"

#define MAX_ARG 512 /* bytes of the largest structure */

/* An open device. */
struct opened {
	struct vouch_admitted *admitted; /* guarded by the lock of images */
};

static int do_info(struct opened *o, void *arg, struct vouch_reason *why)
{
	struct vouch_target_info *info = arg;

	memset(info, 0, sizeof(*info));
	strscpy(info->version, VOUCH_VERSION, sizeof(info->version));
	info->abi = VOUCH_TARGET_ABI;
	info->n_images = vouch_loaded_count();
	info->n_slots = vouch_slot_count();
	info->n_attached = vouch_hook_count();
	memcpy(info->profile, vouch_suit_profile(), sizeof(info->profile));
	info->map_memory = vouch_map_memory(&info->map_memory_max);
	return 0;
}

static int do_floor_set(struct opened *o, void *arg, struct vouch_reason *why)
{
	struct vouch_target_floor *f = arg;

	return vouch_slot_raise(f->slot, f->epoch, f->sequence, why);
}

static int do_floor_get(struct opened *o, void *arg, struct vouch_reason *why)
{
	struct vouch_target_floor *f = arg;

	return vouch_slot_floor(f->slot, &f->epoch, &f->sequence, why);
}

static int do_admit(struct opened *o, void *arg, struct vouch_reason *why)
{
	struct vouch_target_admit *d = arg;
	struct vouch_admitted *a = vouch_admit(d->fd, why);

	if (IS_ERR(a))
		return PTR_ERR(a);
	memset(d->name, 0, sizeof(d->name));
	strscpy(d->name, a->img.name, sizeof(d->name));
	memcpy(d->slot, a->img.record->slot, sizeof(d->slot));
	memcpy(d->content, a->img.req.req->content, sizeof(d->content));
	d->epoch = le32_to_cpu(a->img.record->epoch);
	d->sequence = le64_to_cpu(a->img.record->sequence);
	return vouch_loaded_expect(a, &o->admitted, why);
}

static int do_image_info(struct opened *o, void *arg, struct vouch_reason *why)
{
	struct vouch_target_image_info *info = arg;
	struct vouch_loaded *l = vouch_loaded_at(info->index, why);
	const struct vouch_record *rec;

	if (IS_ERR(l))
		return PTR_ERR(l);
	rec = &l->record;
	info->epoch = le32_to_cpu(rec->epoch);
	info->sequence = le64_to_cpu(rec->sequence);
	info->time = le64_to_cpu(rec->time);
	info->n_progs = l->req.n_progs;
	info->n_maps = l->req.n_maps;
	memcpy(info->name, l->name, sizeof(info->name));
	memcpy(info->slot, rec->slot, sizeof(info->slot));
	memcpy(info->content, l->req.req->content, sizeof(info->content));
	memcpy(info->object_name, rec->object_name, sizeof(info->object_name));
	memcpy(info->submitter, rec->submitter, sizeof(info->submitter));
	vouch_loaded_put(l);
	return 0;
}

static void describe_prog(struct vouch_loaded *l,
			  struct vouch_target_prog_info *info)
{
	const struct vouch_req_prog *p = &l->req.progs[info->index];

	info->type = le32_to_cpu(p->type);
	info->attach_type = le32_to_cpu(p->attach_type);
	info->stack_depth = le32_to_cpu(p->stack_depth);
	info->runs = vouch_hook_runs(l, info->index, &info->n_attached);
	memcpy(info->name, p->name, sizeof(info->name));
	memcpy(info->section, p->section, sizeof(info->section));
}

static int do_prog_info(struct opened *o, void *arg, struct vouch_reason *why)
{
	struct vouch_target_prog_info *info = arg;
	struct vouch_loaded *l = vouch_loaded_get(info->image, why);
	int err = 0;

	if (IS_ERR(l))
		return PTR_ERR(l);
	if (info->index < l->req.n_progs)
		describe_prog(l, info);
	else
		err = vouch_refuse(why, -ENOENT,
				   "image %s: has only %u programs", l->name,
				   l->req.n_progs);
	vouch_loaded_put(l);
	return err;
}

static void describe_map(struct vouch_map *map,
			 struct vouch_target_map_info *info)
{
	const struct vouch_map_def *def = &map->def;

	info->type = def->type;
	info->key_size = def->key_size;
	info->value_size = vouch_map_value_size(map);
	info->max_entries = def->max_entries;
	info->map_flags = def->map_flags;
	info->flags = def->flags;
	info->n_images = vouch_loaded_sharers(map);
	info->value_io = vouch_map_io(map);
	info->n_entries = map->ops->count(map);
	info->memory = map->memory;
	memcpy(info->name, def->name, sizeof(info->name));
}

static int do_map_info(struct opened *o, void *arg, struct vouch_reason *why)
{
	struct vouch_target_map_info *info = arg;
	struct vouch_loaded *l = vouch_loaded_get(info->image, why);
	int err = 0;

	if (IS_ERR(l))
		return PTR_ERR(l);
	if (info->index < l->req.n_maps)
		describe_map(l->maps[info->index], info);
	else
		err = vouch_refuse(why, -ENOENT, "image %s: has only %u maps",
				   l->name, l->req.n_maps);
	vouch_loaded_put(l);
	return err;
}

static int do_attach(struct opened *o, void *arg, struct vouch_reason *why)
{
	struct vouch_target_attach *a = arg;
	struct vouch_loaded *l = vouch_loaded_get(a->image, why);
	int err;

	if (IS_ERR(l))
		return PTR_ERR(l);
	err = vouch_loaded_prog(l, a->prog, why);
	if (err >= 0)
		err = vouch_hook_attach(l, err, a->hook, why);
	vouch_loaded_put(l);
	return err;
}

static int do_detach(struct opened *o, void *arg, struct vouch_reason *why)
{
	struct vouch_target_attach *a = arg;
	struct vouch_loaded *l = vouch_loaded_get(a->image, why);
	int prog = -1, err = 0;

	if (IS_ERR(l))
		return PTR_ERR(l);
	if (!vouch_all_zero(a->prog, sizeof(a->prog))) {
		prog = vouch_loaded_prog(l, a->prog, why);
		err = prog;
	}
	if (err >= 0)
		err = vouch_hook_detach(l, prog, a->hook, why);
	vouch_loaded_put(l);
	return err;
}

static int do_attach_info(struct opened *o, void *arg, struct vouch_reason *why)
{
	struct vouch_target_attach_info *info = arg;

	return vouch_hook_info(info->index, info, why);
}

static int
with_map(struct vouch_target_map_op *op, struct vouch_reason *why,
	 int (*what)(const struct vouch_loaded *l, struct vouch_map *map,
		     struct vouch_target_map_op *op, struct vouch_reason *why))
{
	struct vouch_loaded *l = vouch_loaded_get(op->image, why);
	struct vouch_map *map;
	int err;

	if (IS_ERR(l))
		return PTR_ERR(l);
	map = vouch_loaded_map(l, op->map, why);
	err = IS_ERR(map) ? PTR_ERR(map) : what(l, map, op, why);
	vouch_loaded_put(l);
	return err;
}

static int do_map_lookup(struct opened *o, void *arg, struct vouch_reason *why)
{
	return with_map(arg, why, vouch_mapio_lookup);
}

static int do_map_update(struct opened *o, void *arg, struct vouch_reason *why)
{
	return with_map(arg, why, vouch_mapio_update);
}

static int do_map_delete(struct opened *o, void *arg, struct vouch_reason *why)
{
	return with_map(arg, why, vouch_mapio_delete);
}

static int do_map_next_key(struct opened *o, void *arg,
			   struct vouch_reason *why)
{
	return with_map(arg, why, vouch_mapio_next_key);
}

static int do_records(struct opened *o, void *arg, struct vouch_reason *why)
{
	struct vouch_target_records *r = arg;
	struct vouch_loaded *l;
	struct vouch_map *map;
	int err;

	if (vouch_all_zero(r->image, sizeof(r->image)) &&
	    vouch_all_zero(r->map, sizeof(r->map)))
		return vouch_mapio_lines(r, why);
	l = vouch_loaded_get(r->image, why);
	if (IS_ERR(l))
		return PTR_ERR(l);
	map = vouch_loaded_map(l, r->map, why);
	err = IS_ERR(map) ? PTR_ERR(map) : vouch_mapio_records(map, r, why);
	vouch_loaded_put(l);
	return err;
}

static int do_test_run(struct opened *o, void *arg, struct vouch_reason *why)
{
	struct vouch_target_test_run *t = arg;
	struct vouch_loaded *l = vouch_loaded_get(t->image, why);
	int err;

	if (IS_ERR(l))
		return PTR_ERR(l);
	err = vouch_loaded_prog(l, t->prog, why);
	if (err >= 0)
		err = vouch_testrun(l, err, t, why);
	vouch_loaded_put(l);
	return err;
}

/* Offset and size of a member, by structure. */
#define RANGE(name, member)                           \
	offsetof(struct vouch_target_##name, member), \
		sizeof_field(struct vouch_target_##name, member)
#define NONE 0, 0

static const struct command {
	unsigned int cmd;
	int (*run)(struct opened *o, void *arg, struct vouch_reason *why);
	bool answers; /* with more than the reason of a failure */
	u16 reserved, reserved_len, more, more_len; /* must be zero */
	u16 reason, reason_len;
} commands[] = {
	{ VOUCH_TARGET_INFO, do_info, true, RANGE(info, reserved), NONE, NONE },
	{ VOUCH_TARGET_FLOOR_SET, do_floor_set, false, RANGE(floor, reserved),
	  NONE, RANGE(floor, reason) },
	{ VOUCH_TARGET_FLOOR_GET, do_floor_get, true, RANGE(floor, reserved),
	  NONE, RANGE(floor, reason) },
	{ VOUCH_TARGET_ADMIT, do_admit, true, RANGE(admit, reserved), NONE,
	  RANGE(admit, reason) },
	{ VOUCH_TARGET_IMAGE_INFO, do_image_info, true,
	  RANGE(image_info, reserved), NONE, RANGE(image_info, reason) },
	{ VOUCH_TARGET_PROG_INFO, do_prog_info, true,
	  RANGE(prog_info, reserved), RANGE(prog_info, reserved0),
	  RANGE(prog_info, reason) },
	{ VOUCH_TARGET_MAP_INFO, do_map_info, true, RANGE(map_info, reserved),
	  NONE, RANGE(map_info, reason) },
	{ VOUCH_TARGET_ATTACH, do_attach, false, RANGE(attach, reserved), NONE,
	  RANGE(attach, reason) },
	{ VOUCH_TARGET_DETACH, do_detach, false, RANGE(attach, reserved), NONE,
	  RANGE(attach, reason) },
	{ VOUCH_TARGET_ATTACH_INFO, do_attach_info, true,
	  RANGE(attach_info, reserved), NONE, RANGE(attach_info, reason) },
	{ VOUCH_TARGET_MAP_LOOKUP, do_map_lookup, false,
	  RANGE(map_op, reserved), NONE, RANGE(map_op, reason) },
	{ VOUCH_TARGET_MAP_UPDATE, do_map_update, false,
	  RANGE(map_op, reserved), NONE, RANGE(map_op, reason) },
	{ VOUCH_TARGET_MAP_DELETE, do_map_delete, false,
	  RANGE(map_op, reserved), NONE, RANGE(map_op, reason) },
	{ VOUCH_TARGET_MAP_NEXT_KEY, do_map_next_key, false,
	  RANGE(map_op, reserved), NONE, RANGE(map_op, reason) },
	{ VOUCH_TARGET_TEST_RUN, do_test_run, true, RANGE(test_run, reserved),
	  RANGE(test_run, reserved0), RANGE(test_run, reason) },
	{ VOUCH_TARGET_RECORDS, do_records, true, RANGE(records, reserved),
	  NONE, RANGE(records, reason) },
};

static int run_command(const struct command *c, struct opened *o, u8 *arg)
{
	struct vouch_reason why = {};
	int err;

	if (vouch_all_zero(arg + c->reserved, c->reserved_len) &&
	    vouch_all_zero(arg + c->more, c->more_len))
		err = c->run(o, arg, &why);
	else
		err = vouch_refuse(
			&why, -EINVAL,
			"request: reserved bytes are not zero; use a header that fits this module");
	memcpy(arg + c->reason, why.text, c->reason_len);
	return err;
}

static long do_ioctl(struct file *file, unsigned int cmd, unsigned long ptr)
{
	void __user *user = (void __user *)ptr;
	const struct command *c = commands;
	u8 *arg;
	int err;

	while (c < commands + ARRAY_SIZE(commands) && c->cmd != cmd)
		c++;
	if (c == commands + ARRAY_SIZE(commands))
		return -ENOTTY;
	arg = kzalloc(MAX_ARG, GFP_KERNEL);
	if (!arg)
		return -ENOMEM;
	if (copy_from_user(arg, user, _IOC_SIZE(cmd))) {
		kfree(arg);
		return -EFAULT;
	}
	err = run_command(c, file->private_data, arg);
	/* What was done and has no answer must not end as a failure. */
	if ((err || c->answers) && copy_to_user(user, arg, _IOC_SIZE(cmd)))
		err = -EFAULT;
	kfree(arg);
	return err;
}

static int do_open(struct inode *inode, struct file *file)
{
	struct opened *o;

	if (!capable(CAP_SYS_MODULE))
		return -EPERM;
	o = kzalloc(sizeof(*o), GFP_KERNEL);
	if (!o)
		return -ENOMEM;
	file->private_data = o;
	return 0;
}

static int do_release(struct inode *inode, struct file *file)
{
	struct opened *o = file->private_data;

	vouch_loaded_forget(&o->admitted);
	kfree(o);
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = do_open,
	.release = do_release,
	.unlocked_ioctl = do_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vouch_target",
	.fops = &operations,
	.mode = 0600,
};

int vouch_device_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (WARN_ON(_IOC_SIZE(commands[i].cmd) > MAX_ARG))
			return -EINVAL;
	return misc_register(&device);
}

void vouch_device_exit(void)
{
	misc_deregister(&device);
}
