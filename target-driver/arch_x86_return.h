/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module loader makes of a return and of an indirect jump.
 *
 * Code returns by "jmp __x86_return_thunk" at sites that the loader patches:
 * to a plain return, or to a jump to the thunk that this CPU needs, which is
 * not exported. vouch_target has returns of its own, patched by the same
 * code, and each return of an image must have come out the same. Some CPUs
 * want a thunk only in the lower half of a cache line, so there are two.
 *
 * The same goes for "jmp __x86_indirect_thunk_rcx", by which code jumps to
 * another program. Where the loader makes a thunk of its own for each site
 * (CPUs with the ITS flaw), no site is like ours, and such images are refused.
 */
#ifndef VOUCH_ARCH_X86_RETURN_H
#define VOUCH_ARCH_X86_RETURN_H

#include <linux/types.h>

#define VOUCH_RETURN_LEN 5 /* bytes of a return site */

/**
 * vouch_return_init() - read what the loader made of our own sites.
 *
 * Return: 0, or -ENOEXEC if it is of no known form.
 */
int vouch_return_init(void);

/**
 * vouch_return_jump_ok() - was a site of an indirect jump patched like ours?
 * @site: address of the site, VOUCH_RETURN_LEN bytes
 *
 * Return: true if it was.
 */
bool vouch_return_jump_ok(const u8 *site);

/**
 * vouch_return_is_thunk() - does this kernel return by thunks?
 *
 * Return: true if a return in either half of a cache line does.
 */
bool vouch_return_is_thunk(void);

/**
 * vouch_return_ok() - was a return site patched like our own?
 * @site: address of the site, VOUCH_RETURN_LEN bytes
 *
 * Return: true if it was.
 */
bool vouch_return_ok(const u8 *site);

#endif /* VOUCH_ARCH_X86_RETURN_H */
