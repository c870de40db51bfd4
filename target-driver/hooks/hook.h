/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks: where programs are attached, by a text as in "xdp:eth0".
 *
 * docs/run-context.md says what a program may rely on at each kind of hook.
 * The list of attachments is guarded by RTNL.
 */
#ifndef VOUCH_HOOK_H
#define VOUCH_HOOK_H

#include "loaded.h"

struct net_device;
struct vouch_hook_kind;

/**
 * vouch_hook_init() - start to watch network interfaces.
 *
 * Return: 0 or -errno.
 */
int vouch_hook_init(void);

/** vouch_hook_exit() - stop; there are no attachments any more. */
void vouch_hook_exit(void);

/**
 * vouch_hook_attach() - run a program at a hook.
 * @l: the image; the attachment takes a reference of its own
 * @prog: index of the program
 * @hook: VOUCH_TARGET_HOOK_LEN bytes
 * @why: filled on error
 *
 * Return: 0 or the errno that VOUCH_TARGET_ATTACH documents.
 */
int vouch_hook_attach(struct vouch_loaded *l, u32 prog, const char *hook,
		      struct vouch_reason *why);

/**
 * vouch_hook_detach() - take a program off a hook.
 * @l: the image
 * @prog: index of the program, or -1 for all that are there
 * @hook: VOUCH_TARGET_HOOK_LEN bytes
 * @why: filled on error
 *
 * Return: 0 or the errno that VOUCH_TARGET_DETACH documents.
 */
int vouch_hook_detach(struct vouch_loaded *l, int prog, const char *hook,
		      struct vouch_reason *why);

/**
 * vouch_hook_gone() - end what is attached to an interface.
 * @dev: the interface; RTNL is held
 * @kind: only what is at hooks of that kind; NULL: all
 */
void vouch_hook_gone(const struct net_device *dev,
		     const struct vouch_hook_kind *kind);

/**
 * vouch_hook_info() - describe an attachment.
 * @index: from 0
 * @info: filled
 * @why: filled on error
 *
 * Return: 0 or -ENOENT.
 */
int vouch_hook_info(u32 index, struct vouch_target_attach_info *info,
		    struct vouch_reason *why);

/** vouch_hook_count() - number of attachments. */
u32 vouch_hook_count(void);

/**
 * vouch_hook_runs() - what a program did.
 * @l: the image
 * @prog: index of the program
 * @n_attached: set to the number of its attachments
 *
 * Return: the number of runs, of past attachments too.
 */
u64 vouch_hook_runs(struct vouch_loaded *l, u32 prog, u32 *n_attached);

#endif /* VOUCH_HOOK_H */
