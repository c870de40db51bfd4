/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a target's kernel has what the verifier kernel has at a place of one
 * of its structures.
 *
 * Member for member: each member that the accessed bytes belong to must be in
 * the target's structure of the same name under the same path, levels without
 * a name left out; with the same size, kind and signedness; a pointer to the
 * same structure; an array at least as long; a bitfield of the same width at
 * the same place in its bytes. All of them, whichever way a union is read,
 * must have moved by the same distance.
 */
#ifndef VOUCH_BTF_MOVE_H
#define VOUCH_BTF_MOVE_H

#include "btf.h"

#define VOUCH_FIELD_LEN 80 /* bytes of a field's text, NUL included */

struct vouch_kbtf_place {
	char field[VOUCH_FIELD_LEN]; /* "structure.field" of the first member */
	u32 offset; /* in the target's structure, bytes */
};

/**
 * vouch_kbtf_move() - find a place in the target's structure.
 * @from: BTF of the verifier kernel
 * @id: of the structure in @from; any number
 * @offset: bytes
 * @size: bytes that are accessed, 1 to 8
 * @to: BTF of the target
 * @place: .field is filled as far as it is known, .offset on success
 * @why: on -EPERM receives the NUL-terminated reason
 * @why_size: bytes of @why
 *
 * Return: 0, or -EPERM with @why.
 */
int vouch_kbtf_move(const struct vouch_kbtf *from, u32 id, u32 offset, u32 size,
		    const struct vouch_kbtf *to, struct vouch_kbtf_place *place,
		    char *why, size_t why_size);

/**
 * vouch_kbtf_name() - how a place of a structure is called.
 * @btf: the BTF
 * @structure: name of the structure
 * @offset: bytes
 * @field: set to "structure.field", or to "structure" if there is none
 */
void vouch_kbtf_name(const struct vouch_kbtf *btf, const char *structure,
		     u32 offset, char field[VOUCH_FIELD_LEN]);

#endif /* VOUCH_BTF_MOVE_H */
