/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CO-RE relocations of an object: which constants they put into instructions
 * where the target's types are as its profile says. The verifier VM's libbpf
 * makes them; here they are worked out once more, by code of the bridge's own.
 */
#ifndef VOUCH_OBJECT_CORE_H
#define VOUCH_OBJECT_CORE_H

#include "btf_types.h"
#include "object.h"

/**
 * vouch_object_core() - take the constants of an object's CO-RE relocations.
 * @object: gets the constants, behind those that it has
 * @types: the object's BTF
 * @ext: content of its section .BTF.ext
 * @len: its bytes
 * @target: the target's BTF; NULL if it is not known: then an object that has
 *	such relocations is refused
 * @why: filled on refusal
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_object_core(struct vouch_object *object,
		      const struct vouch_types *types, const u8 *ext,
		      size_t len, const struct vouch_types *target,
		      struct vouch_refusal *why);

#endif /* VOUCH_OBJECT_CORE_H */
