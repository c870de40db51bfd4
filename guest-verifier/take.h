/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking a loaded program: its records for the capture. */
#ifndef VOUCH_TAKE_H
#define VOUCH_TAKE_H

#include "watch.h"

/* What to take and where to put it. */
struct vouch_take {
	struct vouch_watch *watch; /* claimed by the caller */
	u32 prog_fd;
	u32 prog_type;
	const __le32 *map_ids;
	u32 n_maps;
	u8 *buf;
	u64 size;
	/* out */
	u64 used;
	u32 n_records;
	const char *why; /* constant text, on error */
};

/**
 * vouch_take_program() - write the records of a program.
 * @take: what and where; filled
 *
 * Return: 0 or an error of VOUCH_GUEST_TAKE.
 */
int vouch_take_program(struct vouch_take *take);

#endif /* VOUCH_TAKE_H */
