/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs as entries of prog arrays.
 *
 * Code that makes a tail call finds in an entry what the verifier kernel
 * would have there: a pointer to a struct bpf_prog, of which it reads
 * bpf_func. So each image that uses a prog array has such a block for each of
 * its programs. An entry holds no reference: an image that goes takes its
 * programs out of all arrays first and waits until none of them runs, so that
 * an array of its own does not keep it.
 */
#ifndef VOUCH_ENTRIES_H
#define VOUCH_ENTRIES_H

#include "maps/map.h"

/**
 * vouch_entries_new() - make the blocks of an image's programs.
 * @req: its requirements
 * @text: where its code starts
 *
 * Return: the entries, for vouch_entries_free(), or NULL without memory.
 */
struct vouch_entries *
vouch_entries_new(const struct vouch_requirements_view *req, const u8 *text);

/**
 * vouch_entries_free() - release blocks that no array refers to any more.
 * @e: the entries, or NULL
 */
void vouch_entries_free(struct vouch_entries *e);

/**
 * vouch_entries_join() - let an image's programs be entries of an array.
 * @map: a prog array that the image uses
 * @e: its programs
 * @values: the entries with which it starts, max_entries times 0 or 1 + the
 *	index of a program; or NULL
 *
 * Return: 0, or -EINVAL if a program is not there or of another type.
 */
int vouch_entries_join(struct vouch_map *map, struct vouch_entries *e,
		       const __le32 *values);

/**
 * vouch_entries_leave() - take an image's programs out of an array.
 * @map: the array
 * @e: the programs; they may still run until an RCU grace period later
 */
void vouch_entries_leave(struct vouch_map *map, struct vouch_entries *e);

#endif /* VOUCH_ENTRIES_H */
