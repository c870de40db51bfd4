/* SPDX-License-Identifier: BSD-2-Clause */
/* What kind of extern a name is, by the object's own BTF. */
#ifndef VOUCH_OBJECT_BTF_H
#define VOUCH_OBJECT_BTF_H

#include "../common/base.h"

/**
 * vouch_btf_extern_kind() - say what an undefined symbol is.
 * @btf: content of the section .BTF; may be NULL
 * @len: bytes of @btf
 * @name: the symbol's name
 *
 * Only for the message: an undefined symbol is refused whatever it is.
 *
 * Return: a constant text, as "kernel function (kfunc)".
 */
const char *vouch_btf_extern_kind(const void *btf, size_t len,
				  const char *name);

#endif /* VOUCH_OBJECT_BTF_H */
