/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of variables, as texts of a submission's options. */
#ifndef VOUCH_OBJECT_VALUE_H
#define VOUCH_OBJECT_VALUE_H

#include "btf_types.h"

/**
 * vouch_value_set() - set a variable in its section's bytes.
 * @types: the object's BTF, with the variables' offsets filled in
 * @section: name of the section
 * @data: its bytes
 * @len: their number
 * @name: of the variable
 * @text: the value: an integer, a name of an enumeration, true or false, or
 *        the characters of an array
 *
 * Reads texts as the verifier agent does (guest-verifier/agent/btf.c).
 *
 * Return: 0, -ENOENT if the section has no such variable, or -EINVAL if the
 * text is no value of it.
 */
int vouch_value_set(const struct vouch_types *types, const char *section,
		    u8 *data, size_t len, const char *name, const char *text);

#endif /* VOUCH_OBJECT_VALUE_H */
