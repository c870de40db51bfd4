// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/uaccess.h>

#include "helpers/printing.h"
#include "mapio.h"
#include "maps/lock.h"
#include "maps/output.h"

/* What a request uses beside its key. */
#define USES_VALUE 1u
#define USES_NEXT 2u

static int check(const struct vouch_map *map,
		 const struct vouch_target_map_op *op, u32 uses, u32 forbidden,
		 struct vouch_reason *why)
{
	u32 value_len = uses & USES_VALUE ? vouch_map_io(map) : 0;

	if (op->key_len != map->def.key_size || op->value_len != value_len)
		return vouch_refuse(
			why, -EINVAL,
			"map %s: key and value must have %u and %u bytes here, not %u and %u",
			map->def.name, map->def.key_size, value_len,
			op->key_len, op->value_len);
	if ((!op->key_len && op->key) || (!op->value_len && op->value) ||
	    (!(uses & USES_NEXT) && op->next_key))
		return vouch_refuse(
			why, -EINVAL,
			"map %s: a pointer is given that this request does not use",
			map->def.name);
	if (map->def.map_flags & forbidden)
		return vouch_refuse(
			why, -EPERM,
			"map %s: its flags forbid this to user space",
			map->def.name);
	return 0;
}

static int check_writable(const struct vouch_map *map, struct vouch_reason *why)
{
	if (map->def.flags & VOUCH_MAP_FROZEN)
		return vouch_refuse(why, -EPERM,
				    "map %s: is frozen; nothing can change it",
				    map->def.name);
	return 0;
}

static int check_flags(const struct vouch_map *map,
		       const struct vouch_target_map_op *op, u64 known,
		       struct vouch_reason *why)
{
	if (op->flags & ~known)
		return vouch_refuse(why, -EINVAL,
				    "map %s: flags %#llx are not known here",
				    map->def.name, op->flags);
	return 0;
}

static int check_lock(const struct vouch_map *map,
		      const struct vouch_target_map_op *op,
		      struct vouch_reason *why)
{
	if (op->flags & BPF_F_LOCK && !vouch_lock_has(map))
		return vouch_refuse(why, -EINVAL,
				    "map %s: its values have no lock",
				    map->def.name);
	return 0;
}

/* A map whose operations sleep has a lock of its own. */
static void enter(const struct vouch_map *map) __acquires(RCU)
{
	if (!map->ops->sleeps)
		rcu_read_lock();
	else
		__acquire(RCU);
}

static void leave(const struct vouch_map *map) __releases(RCU)
{
	if (!map->ops->sleeps)
		rcu_read_unlock();
	else
		__release(RCU);
}

static int failed(const struct vouch_map *map, int err,
		  struct vouch_reason *why)
{
	return vouch_refuse(why, err, "map %s: the operation failed (%d)",
			    map->def.name, err);
}

/* There is always room for a pointer. */
static void *read_user(u64 from, u32 len)
{
	void *p = kvmalloc(max_t(u32, len, sizeof(void *)),
			   GFP_USER | __GFP_NOWARN);

	if (!p)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(p, u64_to_user_ptr(from), len)) {
		kvfree(p);
		return ERR_PTR(-EFAULT);
	}
	return p;
}

static void free_user(void *p)
{
	if (!IS_ERR(p))
		kvfree(p);
}

/* Where a value is copied to, or, where user space asks for one, that one. */
static void *value_for(const struct vouch_map *map,
		       const struct vouch_target_map_op *op)
{
	void *value;

	if (map->ops->asked)
		return read_user(op->value, op->value_len);
	value = kvzalloc(max_t(u32, op->value_len, sizeof(void *)),
			 GFP_USER | __GFP_NOWARN);
	return value ? value : ERR_PTR(-ENOMEM);
}

/* No program changes the value meanwhile that takes its lock. */
static int copy_held(struct vouch_map *map, void *key, void *value)
{
	void *from = map->ops->lookup(map, key);

	return from ? vouch_lock_copy_held(map, value, from,
					   vouch_lock_of(map, from))
		    : -ENOENT;
}

/* A map in a map is to user space a number: which map of the image it is. */
static int number_of(const struct vouch_loaded *l, void *value)
{
	const struct vouch_map *inner = *(struct vouch_map **)value;
	u32 i;

	for (i = 0; i < l->req.n_maps; i++)
		if (l->maps[i] == inner)
			break;
	*(u32 *)value = i;
	return i < l->req.n_maps ? 0 : -ENOENT;
}

static int map_by_number(const struct vouch_loaded *l, void *value)
{
	u32 i = *(u32 *)value;

	if (i >= l->req.n_maps)
		return -EBADF;
	*(struct vouch_map **)value = l->maps[i];
	return 0;
}

int vouch_mapio_lookup(const struct vouch_loaded *l, struct vouch_map *map,
		       struct vouch_target_map_op *op, struct vouch_reason *why)
{
	void *key, *value;
	int err = check(map, op, USES_VALUE, BPF_F_WRONLY, why);

	if (!err)
		err = check_flags(map, op, BPF_F_LOCK, why);
	if (!err)
		err = check_lock(map, op, why);
	if (err)
		return err;
	key = read_user(op->key, op->key_len);
	if (IS_ERR(key))
		return failed(map, PTR_ERR(key), why);
	value = value_for(map, op);
	err = PTR_ERR_OR_ZERO(value);
	if (!err) {
		enter(map);
		err = op->flags & BPF_F_LOCK ? copy_held(map, key, value)
					     : map->ops->copy(map, key, value);
		leave(map);
	}
	if (!err && vouch_map_holds_maps(map->def.type))
		err = number_of(l, value);
	if (!err &&
	    copy_to_user(u64_to_user_ptr(op->value), value, op->value_len))
		err = -EFAULT;
	free_user(value);
	kvfree(key);
	return err ? failed(map, err, why) : 0;
}

int vouch_mapio_update(const struct vouch_loaded *l, struct vouch_map *map,
		       struct vouch_target_map_op *op, struct vouch_reason *why)
{
	int err = check(map, op, USES_VALUE, BPF_F_RDONLY, why);
	void *key, *value;

	if (!err)
		err = check_writable(map, why);
	if (!err)
		err = check_lock(map, op, why);
	if (err)
		return err;
	key = read_user(op->key, op->key_len);
	value = read_user(op->value, op->value_len);
	if (IS_ERR(key) || IS_ERR(value)) {
		err = PTR_ERR(IS_ERR(key) ? key : value);
	} else {
		if (vouch_map_holds_maps(map->def.type))
			err = map_by_number(l, value);
		enter(map);
		if (!err)
			err = map->ops->store(map, key, value, op->flags);
		leave(map);
	}
	free_user(value);
	free_user(key);
	return err ? failed(map, err, why) : 0;
}

int vouch_mapio_delete(const struct vouch_loaded *l, struct vouch_map *map,
		       struct vouch_target_map_op *op, struct vouch_reason *why)
{
	int err = check(map, op, 0, BPF_F_RDONLY, why);
	void *key;

	if (!err)
		err = check_writable(map, why);
	if (!err)
		err = check_flags(map, op, 0, why);
	if (err)
		return err;
	key = read_user(op->key, op->key_len);
	if (IS_ERR(key))
		return failed(map, PTR_ERR(key), why);
	enter(map);
	err = map->ops->remove(map, key);
	leave(map);
	kvfree(key);
	return err ? failed(map, err, why) : 0;
}

int vouch_mapio_next_key(const struct vouch_loaded *l, struct vouch_map *map,
			 struct vouch_target_map_op *op,
			 struct vouch_reason *why)
{
	int err = check(map, op, USES_NEXT, BPF_F_WRONLY, why);
	void *key = NULL, *next;

	if (!err)
		err = check_flags(map, op, 0, why);
	if (err)
		return err;
	if (op->key)
		key = read_user(op->key, op->key_len);
	if (IS_ERR(key))
		return failed(map, PTR_ERR(key), why);
	err = -ENOMEM;
	next = kvzalloc(op->key_len, GFP_USER | __GFP_NOWARN);
	if (next) {
		rcu_read_lock();
		err = map->ops->next_key(map, key, next);
		rcu_read_unlock();
	}
	if (!err &&
	    copy_to_user(u64_to_user_ptr(op->next_key), next, op->key_len))
		err = -EFAULT;
	kvfree(next);
	kvfree(key);
	return err ? failed(map, err, why) : 0;
}

/* Of a map, or, if it is NULL, the lines that were printed. */
static int take_records(struct vouch_map *map, struct vouch_target_records *r,
			struct vouch_reason *why)
{
	struct vouch_taken out = { .room = r->data_len };
	int err = 0;

	if (r->data_len % 8 || r->data_len > VOUCH_TARGET_MAX_RECORDS)
		return vouch_refuse(
			why, -EINVAL,
			"records: room of %u bytes; give a multiple of 8, up to %u",
			r->data_len, VOUCH_TARGET_MAX_RECORDS);
	out.data = kvmalloc(r->data_len, GFP_USER | __GFP_NOWARN);
	if (!out.data)
		return vouch_refuse(why, -ENOMEM,
				    "records: out of memory for %u bytes",
				    r->data_len);
	if (map)
		map->ops->take(map, &out);
	else
		vouch_printing_take(&out);
	if (copy_to_user(u64_to_user_ptr(r->data), out.data, out.used))
		err = -EFAULT;
	kvfree(out.data);
	r->data_len = out.used;
	r->n = out.n;
	r->lost = out.lost;
	r->more = out.more;
	return err ? vouch_refuse(
			     why, err,
			     "records: the room for them is not accessible")
		   : 0;
}

int vouch_mapio_records(struct vouch_map *map, struct vouch_target_records *r,
			struct vouch_reason *why)
{
	if (!map->ops->take)
		return vouch_refuse(
			why, -EOPNOTSUPP,
			"map %s: programs write no records to maps of type %s",
			map->def.name, map->ops->name);
	return take_records(map, r, why);
}

int vouch_mapio_lines(struct vouch_target_records *r, struct vouch_reason *why)
{
	return take_records(NULL, r, why);
}
