/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module loader has made of an image.
 *
 * The loader tells nobody where it put sections, but it has one rule
 * (layout_sections() of kernel/module/main.c), and an image one list of
 * sections. So the places are computed, and the computation is confirmed by
 * what struct module tells.
 */
#ifndef VOUCH_LAYOUT_H
#define VOUCH_LAYOUT_H

#include <linux/module.h>

#include "image.h"
#include "reason.h"

struct vouch_layout {
	const u8 *at[VOUCH_N_SECTIONS]; /* of those in memory */
	u64 size[VOUCH_N_SECTIONS]; /* bytes, as the loader has them */
	const u8 *text;
	u64 text_size; /* bytes, with all that is executable */
	u64 *slots;
};

/**
 * vouch_layout_leads() - does a relative address of four bytes lead there?
 * @field: the field, which it is relative to
 * @target: where it should lead
 *
 * Return: true if it does.
 */
bool vouch_layout_leads(const u8 *field, u64 target);

/**
 * vouch_layout_check() - is a module in memory the admitted image?
 * @mod: the module, at MODULE_STATE_COMING
 * @img: the admitted image
 * @layout: filled on success
 * @why: filled on error
 *
 * Every byte that the image put into memory must be what the file and its
 * relocations, computed anew, give.
 *
 * Return: 0 or -EBADMSG.
 */
int vouch_layout_check(const struct module *mod, const struct vouch_image *img,
		       struct vouch_layout *layout, struct vouch_reason *why);

#endif /* VOUCH_LAYOUT_H */
