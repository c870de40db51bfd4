// SPDX-License-Identifier: BSD-2-Clause
/* Which helpers a submitted object's instructions call. */

#include "object_calls.h"

/* What an instruction calls; VOUCH_OBJECT_MAX_FUNC if that is nothing. */
static u32 called_by(const struct bpf_insn *insn)
{
	switch (insn->code) {
	case BPF_JMP | BPF_CALL:
		/* No helper's number is that of a load. */
		return insn->src_reg || (u32)insn->imm >= VOUCH_OBJECT_LOAD_32
			       ? VOUCH_OBJECT_MAX_FUNC
			       : (u32)insn->imm;
	case BPF_LD | BPF_ABS | BPF_B:
	case BPF_LD | BPF_IND | BPF_B:
		return VOUCH_OBJECT_LOAD_8;
	case BPF_LD | BPF_ABS | BPF_H:
	case BPF_LD | BPF_IND | BPF_H:
		return VOUCH_OBJECT_LOAD_16;
	case BPF_LD | BPF_ABS | BPF_W:
	case BPF_LD | BPF_IND | BPF_W:
		return VOUCH_OBJECT_LOAD_32;
	default:
		return VOUCH_OBJECT_MAX_FUNC;
	}
}

void vouch_object_calls_note(struct vouch_object *o,
			     const struct bpf_insn *insn)
{
	u32 func = called_by(insn);

	if (func < VOUCH_OBJECT_MAX_FUNC)
		o->calls[func / 32] |= 1u << func % 32;
}

bool vouch_object_calls(const struct vouch_object *object, u32 func)
{
	return func < VOUCH_OBJECT_MAX_FUNC &&
	       object->calls[func / 32] & 1u << func % 32;
}
