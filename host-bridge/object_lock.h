/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where values have a lock, by the object's own BTF, as the kernel finds it: a
 * member or a variable of type struct bpf_spin_lock, one alone.
 */
#ifndef VOUCH_OBJECT_LOCK_H
#define VOUCH_OBJECT_LOCK_H

#include "btf_types.h"

/**
 * vouch_object_lock_is() - is a type the one of locks?
 * @types: the object's BTF
 * @id: of the type
 *
 * Return: true if so.
 */
bool vouch_object_lock_is(const struct vouch_types *types, u32 id);

/**
 * vouch_object_lock_value() - where does a value of a type have its lock?
 * @types: the object's BTF
 * @id: of the value's type
 *
 * Return: 1 + its offset in bytes, or 0 if there is none.
 */
u32 vouch_object_lock_value(const struct vouch_types *types, u32 id);

/**
 * vouch_object_lock_section() - where does a section of variables have one?
 * @types: the object's BTF; all zero if it has none
 * @name: of the section
 *
 * Return: 1 + its offset in bytes, or 0 if there is none.
 */
u32 vouch_object_lock_section(const struct vouch_types *types,
			      const char *name);

#endif /* VOUCH_OBJECT_LOCK_H */
