/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether BTF refers only to types that it has. */
#ifndef VOUCH_BTF_WHOLE_H
#define VOUCH_BTF_WHOLE_H

#include "base.h"

/**
 * vouch_btf_whole() - is each type there that BTF refers to?
 * @data: content of the section .BTF
 * @size: its bytes
 *
 * libbpf 1.1 takes BTF that refers to types beyond its end, and falls over
 * them later.
 *
 * Return: true if all are there.
 */
bool vouch_btf_whole(const void *data, u32 size);

#endif /* VOUCH_BTF_WHOLE_H */
