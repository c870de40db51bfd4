/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The conversion of accesses in designated loads: while it runs, the program
 * type's operations are this module's own, which ask the kernel's and note
 * what they say, or put replacements in its place.
 */
#ifndef VOUCH_OPS_H
#define VOUCH_OPS_H

/**
 * vouch_ops_start() - place the probe.
 *
 * Return: 0, or the error after saying in the log what is missing.
 */
int vouch_ops_start(void);

/** vouch_ops_stop() - remove the probe. No watch may be left. */
void vouch_ops_stop(void);

#endif /* VOUCH_OPS_H */
