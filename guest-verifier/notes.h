/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The notes: what the 64-bit immediates of designated programs mean, which
 * are tagged while the verifier rewrites the program.
 */
#ifndef VOUCH_NOTES_H
#define VOUCH_NOTES_H

/**
 * vouch_notes_start() - place the probe.
 *
 * Return: 0, or the error after saying in the log what is missing.
 */
int vouch_notes_start(void);

/** vouch_notes_stop() - remove the probe. No watch may be left. */
void vouch_notes_stop(void);

#endif /* VOUCH_NOTES_H */
