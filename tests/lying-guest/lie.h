/* SPDX-License-Identifier: GPL-2.0-only */
/* What the lying module puts between the device and the taking. */
#ifndef LYING_LIE_H
#define LYING_LIE_H

struct vouch_take;

/**
 * lying_take_program() - vouch_take_program(), and then the lie.
 * @take: what and where; filled
 *
 * Return: as vouch_take_program(), or -EDOM for a lie that is no script of
 * edits or does not fit the records.
 */
int lying_take_program(struct vouch_take *take);

#endif /* LYING_LIE_H */
