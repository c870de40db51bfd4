/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floors: the lowest epoch and sequence that each slot still admits.
 *
 * They live in DIR/floors, one line for each slot:
 *
 *	SLOT EPOCH SEQUENCE
 *
 * written to a temporary name, synced and renamed. A file of another form is
 * an error and never read as "no floors".
 */
#ifndef VOUCH_AGENT_FLOOR_H
#define VOUCH_AGENT_FLOOR_H

#include "device.h"

#define VOUCH_MAX_FLOORS 64

struct vouch_floors {
	u32 n;
	struct vouch_floor {
		char slot[VOUCH_TARGET_SLOT_LEN];
		u32 epoch;
		u64 sequence;
	} at[VOUCH_MAX_FLOORS];
};

/**
 * vouch_floors_load() - read the stored floors.
 * @dir: state directory
 * @floors: filled; empty if there is no file yet
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_floors_load(const char *dir, struct vouch_floors *floors,
		      struct vouch_failure *f);

/**
 * vouch_floors_hand_over() - tell the module every floor.
 * @device: the device
 * @floors: what was stored; raised to the module's where that is higher
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_floors_hand_over(int device, struct vouch_floors *floors,
			   struct vouch_failure *f);

/**
 * vouch_floors_raise() - raise a slot's floor, on disk and in the module.
 * @dir: state directory
 * @device: the device
 * @floors: all floors
 * @to: slot and its new floor; a lower one than it has is left alone
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_floors_raise(const char *dir, int device, struct vouch_floors *floors,
		       const struct vouch_floor *to, struct vouch_failure *f);

#endif /* VOUCH_AGENT_FLOOR_H */
