/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Redirected XDP frames.
 *
 * The redirect functions of a kernel without BPF report success and lose the
 * frame, so vouch_target transmits a copy by itself, and the driver sees a
 * frame that was dropped. The other interface's driver decides as ever
 * whether it takes frames (some want an XDP program of their own).
 */
#ifndef VOUCH_REDIRECT_H
#define VOUCH_REDIRECT_H

#include <uapi/linux/bpf.h>

#include "offer.h"

struct xdp_buff;

#ifndef VOUCH_WITHOUT_REDIRECT

/**
 * vouch_redirect_clear() - forget what an earlier program on this CPU asked.
 */
void vouch_redirect_clear(void);

/**
 * vouch_redirect_xdp() - send a frame where its program asked.
 * @xdp: the frame; stays the driver's
 *
 * Runs where the program ran, right after it.
 *
 * Return: what to tell the driver, XDP_DROP if the frame was sent, else
 * XDP_ABORTED.
 */
u32 vouch_redirect_xdp(struct xdp_buff *xdp);
#else
static inline void vouch_redirect_clear(void)
{
}

/* No helper sends frames elsewhere; a program may still return the value. */
static inline u32 vouch_redirect_xdp(struct xdp_buff *xdp)
{
	return XDP_ABORTED;
}
#endif

#endif /* VOUCH_REDIRECT_H */
