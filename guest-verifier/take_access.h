/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking a loaded program's accesses and bytecode. */
#ifndef VOUCH_TAKE_ACCESS_H
#define VOUCH_TAKE_ACCESS_H

#include "take.h"

struct bpf_prog;

/**
 * vouch_take_accesses() - write the records of accesses and of the bytecode.
 * @take: what and where
 * @prog: the program
 *
 * Return: 0 or an error of VOUCH_GUEST_TAKE.
 */
int vouch_take_accesses(struct vouch_take *take, const struct bpf_prog *prog);

/**
 * vouch_take_origins() - tell where the accesses were in the program as it
 * was loaded.
 * @take: what and where; n_records counts them
 *
 * Return: 0 or an error of VOUCH_GUEST_ORIGINS.
 */
int vouch_take_origins(struct vouch_take *take);

#endif /* VOUCH_TAKE_ACCESS_H */
