/* SPDX-License-Identifier: GPL-2.0-only */
/* State behind the helpers of tunnels. */
#ifndef VOUCH_SKB_TUNNEL_H
#define VOUCH_SKB_TUNNEL_H

#include "offer.h"

#ifdef VOUCH_OFFERS_TC_HOOKS
/**
 * vouch_tunnel_init() - make the metadata that programs set, for each CPU.
 *
 * Return: 0 or -ENOMEM.
 */
int vouch_tunnel_init(void);

/** vouch_tunnel_exit() - drop them; packets may hold them on. */
void vouch_tunnel_exit(void);
#else
static inline int vouch_tunnel_init(void)
{
	return 0;
}

static inline void vouch_tunnel_exit(void)
{
}
#endif

#endif /* VOUCH_SKB_TUNNEL_H */
