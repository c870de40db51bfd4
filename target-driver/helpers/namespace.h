/* SPDX-License-Identifier: GPL-2.0-only */
/* What the helpers of namespaces compare with. */
#ifndef VOUCH_NAMESPACE_H
#define VOUCH_NAMESPACE_H

#include "offer.h"

#ifdef VOUCH_OFFERS_NAMESPACES
/**
 * vouch_namespace_init() - see which device the files of namespaces are on.
 *
 * Return: 0 or -errno.
 */
int vouch_namespace_init(void);
#else
static inline int vouch_namespace_init(void)
{
	return 0;
}
#endif

#endif /* VOUCH_NAMESPACE_H */
