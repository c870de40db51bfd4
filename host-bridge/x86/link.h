/* SPDX-License-Identifier: BSD-2-Clause */
/* Linking code of x86-64. */
#ifndef VOUCH_X86_LINK_H
#define VOUCH_X86_LINK_H

#include "../link_site.h"

extern const struct vouch_link_ops vouch_x86_link;

#endif /* VOUCH_X86_LINK_H */
