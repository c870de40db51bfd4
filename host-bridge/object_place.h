/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an object's variables lie in their sections. Compilers leave it to
 * whoever loads the object to write that into BTF, for all but static ones.
 */
#ifndef VOUCH_OBJECT_PLACE_H
#define VOUCH_OBJECT_PLACE_H

#include <gelf.h>

#include "btf_types.h"

struct vouch_object_symbols {
	Elf *elf;
	Elf_Data *symbols; /* of .symtab, or NULL */
	size_t strings; /* index of the section of their names */
};

/**
 * vouch_object_place() - write a variable's place into BTF.
 * @s: the object's symbols
 * @types: the object's BTF
 * @name: of the variable; nothing happens if there is none
 */
void vouch_object_place(const struct vouch_object_symbols *s,
			const struct vouch_types *types, const char *name);

/**
 * vouch_object_place_locks() - do so for variables that are locks.
 * @s: the object's symbols
 * @types: the object's BTF
 *
 * There are more of them than VOUCH_MAX_MAPS in no object that is good: a map
 * has one lock.
 */
void vouch_object_place_locks(const struct vouch_object_symbols *s,
			      const struct vouch_types *types);

#endif /* VOUCH_OBJECT_PLACE_H */
