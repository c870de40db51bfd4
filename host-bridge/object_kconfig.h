/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Externs of section .kconfig: settings of the target's kernel, which a
 * program reads as variables of a map of that name.
 */
#ifndef VOUCH_OBJECT_KCONFIG_H
#define VOUCH_OBJECT_KCONFIG_H

#include "btf_types.h"
#include "object.h"
#include "profile.h"

/**
 * vouch_object_kconfig_has() - is a name that of a setting?
 * @types: the object's BTF
 * @name: of an undefined symbol
 *
 * Return: true if section .kconfig holds it.
 */
bool vouch_object_kconfig_has(const struct vouch_types *types,
			      const char *name);

/**
 * vouch_object_kconfig() - make the map .kconfig, as libbpf 1.1 does.
 * @object: gets the map, if the object has such externs
 * @types: the object's BTF
 * @profile: whose settings they are
 * @why: filled on refusal
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_object_kconfig(struct vouch_object *object,
			 const struct vouch_types *types,
			 const struct vouch_profile *profile,
			 struct vouch_refusal *why);

#endif /* VOUCH_OBJECT_KCONFIG_H */
