/* SPDX-License-Identifier: BSD-2-Clause */
/* An instruction of eBPF while it is compiled; for emit*.c alone. */
#ifndef VOUCH_ARM64_EMITTER_H
#define VOUCH_ARM64_EMITTER_H

#include "emit.h"
#include "encode.h"
#include "insn.h"

struct vouch_arm64_emitter {
	const struct vouch_arm64_unit *unit;
	const struct vouch_arm64_frame *frame;
	u32 *words;
	u32 n;
	u8 op; /* BPF_OP() >> 4 */
	u8 dst, src; /* registers of the CPU */
	bool wide;
};

/* By operation: of three registers, 0 where there is none. */
extern const u32 vouch_arm64_sums[16];

static inline void vouch_arm64_put(struct vouch_arm64_emitter *e, u32 word)
{
	e->words[e->n++] = word;
}

static inline void vouch_arm64_put_mov(struct vouch_arm64_emitter *e, bool wide,
				       u32 rd, u32 rn)
{
	vouch_arm64_put(e,
			vouch_a64_add_imm(VOUCH_A64_ADD_IMM, wide, rd, rn, 0));
}

/**
 * vouch_arm64_put_number() - load a number of 32 bits.
 * @e: gets one or two instructions
 * @wide: extend its sign to 64 bits
 * @rd: the register
 * @number: what goes there
 */
void vouch_arm64_put_number(struct vouch_arm64_emitter *e, bool wide, u32 rd,
			    s32 number);

/**
 * vouch_arm64_put_wide() - load a number of 64 bits.
 * @e: gets one to four instructions
 * @rd: the register
 * @value: what goes there
 */
void vouch_arm64_put_wide(struct vouch_arm64_emitter *e, u32 rd, u64 value);

/**
 * vouch_arm64_put_address() - load an address of the kernel's.
 * @e: gets three instructions
 * @rd: the register
 * @value: what goes there; the sixteen bits above are ones
 */
void vouch_arm64_put_address(struct vouch_arm64_emitter *e, u32 rd, u64 value);

/* One class of instructions each; 0, or -EINVAL if there is none such. */
int vouch_arm64_emit_alu(struct vouch_arm64_emitter *e);
int vouch_arm64_emit_branch(struct vouch_arm64_emitter *e);
int vouch_arm64_emit_load(struct vouch_arm64_emitter *e);
int vouch_arm64_emit_store(struct vouch_arm64_emitter *e);

#endif /* VOUCH_ARM64_EMITTER_H */
