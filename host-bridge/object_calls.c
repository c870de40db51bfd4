// SPDX-License-Identifier: BSD-2-Clause
/* Which helpers a submitted object's instructions call. */

#include "object_calls.h"

/* What a load of a packet's bytes calls. */
static u32 load_of(u8 size)
{
	switch (size) {
	case BPF_B:
		return VOUCH_OBJECT_LOAD_8;
	case BPF_H:
		return VOUCH_OBJECT_LOAD_16;
	case BPF_W:
		return VOUCH_OBJECT_LOAD_32;
	default:
		return VOUCH_OBJECT_MAX_FUNC;
	}
}

/* What an instruction calls; VOUCH_OBJECT_MAX_FUNC if that is nothing. */
static u32 called_by(const struct bpf_insn *insn)
{
	const u8 mode = BPF_MODE(insn->code);

	/* No helper's number is that of a load. */
	if (insn->code == (BPF_JMP | BPF_CALL))
		return insn->src_reg || (u32)insn->imm >= VOUCH_OBJECT_LOAD_32
			       ? VOUCH_OBJECT_MAX_FUNC
			       : (u32)insn->imm;
	if (BPF_CLASS(insn->code) == BPF_LD &&
	    (mode == BPF_ABS || mode == BPF_IND))
		return load_of(BPF_SIZE(insn->code));
	return VOUCH_OBJECT_MAX_FUNC;
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
