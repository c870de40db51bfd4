/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The XDP hook: programs on network interfaces, run by their drivers.
 *
 * The network core of a kernel without BPF knows nothing of it. The list of
 * attachments is guarded by RTNL.
 */
#ifndef VOUCH_XDP_H
#define VOUCH_XDP_H

#include "loaded.h"

/**
 * vouch_xdp_init() - start to watch network interfaces.
 *
 * Return: 0 or -errno.
 */
int vouch_xdp_init(void);

/** vouch_xdp_exit() - stop; there are no attachments any more. */
void vouch_xdp_exit(void);

/**
 * vouch_xdp_attach() - run a program on an interface.
 * @l: the image; the attachment takes a reference of its own
 * @prog: index of the program
 * @ifname: VOUCH_TARGET_IFNAME_LEN bytes
 * @why: filled on error
 *
 * Return: 0 or the errno that VOUCH_TARGET_ATTACH documents.
 */
int vouch_xdp_attach(struct vouch_loaded *l, u32 prog, const char *ifname,
		     struct vouch_reason *why);

/**
 * vouch_xdp_detach() - take a program off an interface.
 * @l: the image
 * @prog: index of the program, or -1 for whichever it is
 * @ifname: VOUCH_TARGET_IFNAME_LEN bytes
 * @why: filled on error
 *
 * Return: 0 or the errno that VOUCH_TARGET_DETACH documents.
 */
int vouch_xdp_detach(struct vouch_loaded *l, int prog, const char *ifname,
		     struct vouch_reason *why);

/**
 * vouch_xdp_info() - describe an attachment.
 * @index: from 0
 * @info: filled
 * @why: filled on error
 *
 * Return: 0 or -ENOENT.
 */
int vouch_xdp_info(u32 index, struct vouch_target_attach_info *info,
		   struct vouch_reason *why);

/** vouch_xdp_count() - number of attachments. */
u32 vouch_xdp_count(void);

/**
 * vouch_xdp_runs() - what a program did.
 * @l: the image
 * @prog: index of the program
 * @n_attached: set to the number of its attachments
 *
 * Return: the number of runs, of past attachments too.
 */
u64 vouch_xdp_runs(struct vouch_loaded *l, u32 prog, u32 *n_attached);

#endif /* VOUCH_XDP_H */
