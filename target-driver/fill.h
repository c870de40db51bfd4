/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the maps of an image start with beside values: programs in prog arrays,
 * maps in maps.
 */
#ifndef VOUCH_FILL_H
#define VOUCH_FILL_H

#include "loaded.h"

/**
 * vouch_fill() - put an image's programs and maps into its maps.
 * @l: an image, with all its maps
 * @img: what it was loaded from
 * @why: filled on error
 *
 * Return: 0 or -errno; vouch_fill_leave() follows in either case.
 */
int vouch_fill(struct vouch_loaded *l, const struct vouch_image *img,
	       struct vouch_reason *why);

/**
 * vouch_fill_leave() - take the programs out again.
 * @l: the image, some of whose maps may be NULL
 *
 * No program of the image is called from elsewhere when this returns.
 */
void vouch_fill_leave(struct vouch_loaded *l);

#endif /* VOUCH_FILL_H */
