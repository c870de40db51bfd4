// SPDX-License-Identifier: GPL-2.0-only

#include <linux/mutex.h>
#include <linux/string.h>

#include "base.h"
#include "slot.h"

#define MAX_SLOTS 64

struct slot {
	char name[VOUCH_TARGET_SLOT_LEN];
	u32 epoch;
	u64 sequence;
};

static DEFINE_MUTEX(lock);
static struct slot slots[MAX_SLOTS];
static u32 n_slots;

static bool below(u32 epoch, u64 sequence, const struct slot *s)
{
	return epoch < s->epoch ||
	       (epoch == s->epoch && sequence < s->sequence);
}

static struct slot *find(const char *name)
{
	u32 i;

	lockdep_assert_held(&lock);
	for (i = 0; i < n_slots; i++)
		if (!memcmp(slots[i].name, name, sizeof(slots[i].name)))
			return &slots[i];
	return NULL;
}

static int check_name(const char *name, struct vouch_reason *why)
{
	if (!vouch_name_ok(name, VOUCH_TARGET_SLOT_LEN))
		return vouch_refuse(
			why, -EINVAL,
			"slot: the name is empty, unprintable or not NUL-padded");
	return 0;
}

static int raise(const char *name, u32 epoch, u64 sequence,
		 struct vouch_reason *why)
{
	struct slot *s = find(name);

	if (!s && n_slots == MAX_SLOTS)
		return vouch_refuse(
			why, -ENOSPC,
			"slot %s: there are %d slots already; restart with fewer",
			name, MAX_SLOTS);
	if (s && below(epoch, sequence, s))
		return vouch_refuse(
			why, -EPERM,
			"slot %s: its floor is epoch %u sequence %llu and only rises",
			name, s->epoch, s->sequence);
	if (!s) {
		s = &slots[n_slots++];
		memcpy(s->name, name, sizeof(s->name));
	}
	s->epoch = epoch;
	s->sequence = sequence;
	return 0;
}

int vouch_slot_raise(const char *slot, u32 epoch, u64 sequence,
		     struct vouch_reason *why)
{
	int err = check_name(slot, why);

	if (err)
		return err;
	if (!epoch || !sequence)
		return vouch_refuse(
			why, -EINVAL,
			"slot %s: epoch and sequence of a floor start at 1",
			slot);
	mutex_lock(&lock);
	err = raise(slot, epoch, sequence, why);
	mutex_unlock(&lock);
	return err;
}

int vouch_slot_floor(const char *slot, u32 *epoch, u64 *sequence,
		     struct vouch_reason *why)
{
	int err = check_name(slot, why);
	struct slot *s;

	if (err)
		return err;
	mutex_lock(&lock);
	s = find(slot);
	if (s) {
		*epoch = s->epoch;
		*sequence = s->sequence;
	} else {
		err = vouch_refuse(
			why, -ENOENT,
			"slot %s: has no floor; set one before anything else",
			slot);
	}
	mutex_unlock(&lock);
	return err;
}

int vouch_slot_check(const char *slot, u32 epoch, u64 sequence,
		     struct vouch_reason *why)
{
	struct slot floor = {};
	int err;

	err = vouch_slot_floor(slot, &floor.epoch, &floor.sequence, why);
	if (!err && below(epoch, sequence, &floor))
		err = vouch_refuse(
			why, -EPERM,
			"slot %s: epoch %u sequence %llu is below the floor, %u and %llu; deliver a newer image",
			slot, epoch, sequence, floor.epoch, floor.sequence);
	return err;
}

u32 vouch_slot_count(void)
{
	return READ_ONCE(n_slots);
}
