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
	const u8 *text;
	const u8 *return_sites;
	const u8 *retpoline_sites;
	const u8 *faults; /* __ex_table */
	u64 *slots;
};

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
