/* SPDX-License-Identifier: BSD-2-Clause */
/* Linking code of arm64. */
#ifndef VOUCH_ARM64_LINK_H
#define VOUCH_ARM64_LINK_H

#include "../link_site.h"

extern const struct vouch_link_ops vouch_arm64_link;

#endif /* VOUCH_ARM64_LINK_H */
