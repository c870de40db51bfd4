/* SPDX-License-Identifier: BSD-2-Clause */
/* Types: the object's externs and variables, the kernel's layouts. */
#ifndef VOUCH_BTF_H
#define VOUCH_BTF_H

#include "capture.h"
#include "object.h"

struct btf;

/**
 * vouch_btf_judge() - is there anything in an object that is not supported?
 * @object: the object
 * @for_target: the target's BTF and settings are known, or the target is
 *	this kernel
 * @why: filled with the kind and name of the first such thing
 * @size: bytes of @why
 *
 * Externs (kernel symbols with or without type, kernel functions, kernel
 * configuration) and CO-RE relocations take their value from the verifier
 * kernel, not from the target, so that each is refused by kind; with
 * @for_target only kernel symbols and functions are.
 *
 * Return: 0 if there is none, -EOPNOTSUPP with @why, or -EINVAL with @why for
 * broken type information.
 */
int vouch_btf_judge(const struct vouch_object *object, bool for_target,
		    char *why, size_t size);

/**
 * vouch_btf_set() - give a variable a value.
 * @btf: the object's types
 * @section: the section whose variables are searched, as ".rodata"
 * @data: the section's values
 * @data_size: their length in bytes
 * @name: the variable
 * @value: its new value as text
 * @why: filled with what is wrong, on -EINVAL
 * @size: bytes of @why
 *
 * Return: 0, -ENOENT if the section has no such variable, or -EINVAL.
 */
int vouch_btf_set(const struct btf *btf, const char *section, void *data,
		  size_t data_size, const char *name, const char *value,
		  char *why, size_t size);

/**
 * vouch_btf_list() - append the names of a section's variables.
 * @btf: the object's types
 * @section: the section
 * @text: NUL-terminated, extended by ", NAME" as far as they fit
 * @size: bytes of @text
 */
void vouch_btf_list(const struct btf *btf, const char *section, char *text,
		    size_t size);

/**
 * vouch_btf_kernel() - the running kernel's types.
 *
 * Return: the types, for vouch_btf_free(), or NULL.
 */
struct btf *vouch_btf_kernel(void);

/** vouch_btf_free() - free types; NULL is allowed. */
void vouch_btf_free(struct btf *btf);

/**
 * vouch_btf_layout() - where a structure has a field.
 * @btf: the kernel's types
 * @fact: structure and field are given; offset and size are filled
 *
 * Looks into anonymous members. The size of a field without length is 0. An
 * empty field is the structure as a whole.
 *
 * Return: 0, or -ENOENT.
 */
int vouch_btf_layout(const struct btf *btf, struct vouch_capture_fact *fact);

/**
 * vouch_btf_field_at() - name a field of the running kernel.
 * @structure: id of the structure in the kernel's BTF
 * @offset: bytes
 * @text: filled, as "task_struct.pid"
 * @size: its length in bytes
 */
void vouch_btf_field_at(u32 structure, u32 offset, char *text, size_t size);

#endif /* VOUCH_BTF_H */
