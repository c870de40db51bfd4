/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slots and their floors: the lowest epoch and sequence that each admits.
 * Floors only rise while the module is loaded; user space stores them.
 */
#ifndef VOUCH_SLOT_H
#define VOUCH_SLOT_H

#include <linux/types.h>

#include "reason.h"

/**
 * vouch_slot_raise() - raise the floor of a slot, or make the slot.
 * @slot: name, VOUCH_TARGET_SLOT_LEN bytes
 * @epoch: from 1
 * @sequence: from 1
 * @why: filled on error
 *
 * Return: 0; -EINVAL if an argument is no proper one; -EPERM if the floor is
 * higher; -ENOSPC if there are too many slots.
 */
int vouch_slot_raise(const char *slot, u32 epoch, u64 sequence,
		     struct vouch_reason *why);

/**
 * vouch_slot_floor() - look the floor of a slot up.
 * @slot: name, VOUCH_TARGET_SLOT_LEN bytes
 * @epoch: filled
 * @sequence: filled
 * @why: filled on error
 *
 * Return: 0, -EINVAL or -ENOENT.
 */
int vouch_slot_floor(const char *slot, u32 *epoch, u64 *sequence,
		     struct vouch_reason *why);

/**
 * vouch_slot_check() - is something at or above the floor of its slot?
 * @slot: name, VOUCH_TARGET_SLOT_LEN bytes
 * @epoch: of the image
 * @sequence: of the image
 * @why: filled on error
 *
 * Return: 0; -ENOENT without a floor; -EPERM below it.
 */
int vouch_slot_check(const char *slot, u32 epoch, u64 sequence,
		     struct vouch_reason *why);

/** vouch_slot_count() - number of slots that have a floor. */
u32 vouch_slot_count(void);

#endif /* VOUCH_SLOT_H */
