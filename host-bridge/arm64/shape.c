// SPDX-License-Identifier: BSD-2-Clause
/* The shape of one function of machine code. */

#include <stdlib.h>

#include "encode.h"
#include "shape.h"

#define MAX_DEPTH 512 /* MAX_BPF_STACK */
#define LEN VOUCH_ARM64_INSN_LEN
#define MAIN 0 /* the function that the program begins with */

/* A function while it is read. */
struct reader {
	const struct vouch_code_place *place;
	struct vouch_disasm *disasm;
	struct vouch_refusal *why;
	struct vouch_arm64_shape *out;
	struct vouch_arm64_body body;
	struct vouch_arm64_insn *insns;
	__le32 *words;
	u32 at; /* the next instruction */
	u32 end; /* index of the epilogue's first */
	u8 *starts; /* a byte for each instruction: may be branched to */
};

static int refuse(struct reader *r, u32 at, const char *text)
{
	return vouch_refuse_code(r->why, r->place->program, r->place->function,
				 at * LEN,
				 "%s: not what the JIT of Linux 6.1 emits; "
				 "verify on an unmodified kernel",
				 text);
}

static u32 word(const struct reader *r, u32 at)
{
	return le32_to_cpu(r->words[at]);
}

/* Two decoders that know nothing of each other must agree. */
static int read_insns(struct reader *r)
{
	struct vouch_disasm_insn second;
	u32 i;

	for (i = 0; i < r->body.n; i++) {
		if (vouch_disasm_step(r->disasm,
				      r->place->code + (size_t)i * LEN, LEN,
				      &second))
			return refuse(r, i, "no instruction");
		if (vouch_arm64_decode(word(r, i), &r->insns[i]))
			return refuse(r, i, second.mnemonic);
		if (strcmp(second.mnemonic, r->insns[i].mnemonic) != 0)
			return refuse(r, i, "two readings of one instruction");
		r->insns[i].off = i * LEN;
	}
	return 0;
}

/* Moves on if the next instructions are these. */
static bool skip(struct reader *r, const u32 *words, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (r->at + i >= r->body.n || word(r, r->at + i) != words[i])
			return false;
	r->at += n;
	return true;
}

#define SKIP(r, ...)                          \
	skip(r, (const u32[]){ __VA_ARGS__ }, \
	     sizeof((const u32[]){ __VA_ARGS__ }) / sizeof(u32))

/* sub rd, rn, #imm; up to MAX_DEPTH */
static bool take_sub(struct reader *r, u32 rd, u32 rn, u32 *imm)
{
	const struct vouch_arm64_insn *insn = &r->insns[r->at];

	if (r->at >= r->body.n || insn->imm > 0 || insn->imm < -MAX_DEPTH)
		return false;
	*imm = (u32)-insn->imm;
	return SKIP(r,
		    vouch_a64_add_imm(VOUCH_A64_SUB_IMM, true, rd, rn, *imm));
}

/*
 * The caller's registers are saved in pairs; x27 is set as far below the frame
 * pointer as the program's deepest access, and the stack pointer to the end of
 * its stack.
 */
static int read_prologue(struct reader *r)
{
	struct vouch_arm64_frame *frame = &r->body.frame;

	if (!SKIP(r, 0x910003c9, /* mov x9, x30 */
		  VOUCH_A64_NOP, /* never patched */
		  0xd503233f, /* paciasp */
		  0xa9bf7bfd, /* stp x29, x30, [sp, #-16]! */
		  0x910003fd, /* mov x29, sp */
		  0xa9bf53f3, /* stp x19, x20, [sp, #-16]! */
		  0xa9bf5bf5, /* stp x21, x22, [sp, #-16]! */
		  0xa9bf6bf9, /* stp x25, x26, [sp, #-16]! */
		  0xa9bf73fb, /* stp x27, x28, [sp, #-16]! */
		  0x910003f9 /* mov x25, sp */))
		return refuse(r, r->at,
			      "the prologue is not that of a kernel with "
			      "pointer authentication and without BTI");
	/* The counter of tail calls comes from the caller elsewhere. */
	if (r->place->function == MAIN &&
	    !SKIP(r, 0xd280001a /* mov x26, #0 */))
		return refuse(r, r->at, "the prologue is not the JIT's");
	if (!take_sub(r, VOUCH_ARM64_BOTTOM, VOUCH_ARM64_FP, &frame->bottom) ||
	    !take_sub(r, VOUCH_ARM64_SP, VOUCH_ARM64_SP, &frame->depth))
		return refuse(r, r->at, "the prologue is not the JIT's");
	if (frame->depth % 16 || frame->bottom % 8 ||
	    frame->bottom > frame->depth)
		return refuse(r, r->at, "the stack frame has an odd size");
	return 0;
}

static bool skip_epilogue(struct reader *r)
{
	return SKIP(r,
		    vouch_a64_add_imm(VOUCH_A64_ADD_IMM, true, VOUCH_ARM64_SP,
				      VOUCH_ARM64_SP, r->body.frame.depth),
		    0xa8c173fb, /* ldp x27, x28, [sp], #16 */
		    0xa8c16bf9, /* ldp x25, x26, [sp], #16 */
		    0xa8c15bf5, /* ldp x21, x22, [sp], #16 */
		    0xa8c153f3, /* ldp x19, x20, [sp], #16 */
		    0xa8c17bfd, /* ldp x29, x30, [sp], #16 */
		    0x910000e0, /* mov x0, x7 */
		    0xd50323bf, /* autiasp */
		    0xd65f03c0 /* ret */);
}

/*
 * Epilogue, and behind it a jump through a word that lies behind the code, at a
 * multiple of eight bytes.
 */
#define N_EPILOGUE 9
#define N_JUMP 2
static int read_epilogue(struct reader *r)
{
	u32 n = r->body.n, body = r->at, padding;

	for (padding = 0; padding < 2; padding++) {
		if (n < body + N_EPILOGUE + padding + N_JUMP)
			break;
		r->end = n - N_EPILOGUE - padding - N_JUMP;
		r->at = r->end;
		if (!skip_epilogue(r))
			continue;
		r->out->exit = (r->at - 1) * LEN;
		if (padding && !SKIP(r, VOUCH_A64_NOP))
			continue;
		/* ldr x10, 8 bytes on; br x10 */
		if (!(n % 2) && SKIP(r, 0x5800004a, 0xd61f0140))
			return 0;
	}
	return refuse(r, n - 1, "no epilogue");
}

/* Of what is in the frame, the JIT accesses what the verifier has allowed. */
static bool is_in_frame(const struct reader *r, const struct bpf_insn *insn)
{
	return insn->off >= -(s32)r->body.frame.depth &&
	       insn->off <= -(s32)vouch_insn_bytes(insn);
}

static bool is_atomic(const struct bpf_insn *insn)
{
	return insn->code == (BPF_STX | BPF_ATOMIC | BPF_W) ||
	       insn->code == (BPF_STX | BPF_ATOMIC | BPF_DW);
}

/* Does it write a register, and which? */
static bool writes_fp(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ST:
	case BPF_JMP:
	case BPF_JMP32:
		return false;
	case BPF_STX:
		return is_atomic(insn) && insn->src_reg == BPF_REG_10 &&
		       (insn->imm & BPF_FETCH) && insn->imm != BPF_CMPXCHG;
	default:
		return insn->dst_reg == BPF_REG_10;
	}
}

static int check_unit(struct reader *r, const struct vouch_arm64_unit *unit)
{
	const struct bpf_insn *insn = &unit->insn;
	u8 class = BPF_CLASS(insn->code);
	bool store = class == BPF_ST || class == BPF_STX;
	u8 base = store ? insn->dst_reg : insn->src_reg;

	if (writes_fp(insn))
		return refuse(r, r->at, "the frame pointer is changed");
	if ((store || class == BPF_LDX) && base == BPF_REG_10 &&
	    !is_in_frame(r, insn))
		return refuse(r, r->at, "an access outside the stack frame");
	return 0;
}

static int read_units(struct reader *r)
{
	struct vouch_arm64_unit *unit;
	int ret;

	while (r->at < r->end) {
		unit = &r->out->units[r->out->n_units++];
		/* What is behind the body is none of it. */
		if (vouch_arm64_unit_read(&r->body, r->at, unit) ||
		    unit->n > r->end - r->at)
			return refuse(r, r->at, r->insns[r->at].mnemonic);
		ret = check_unit(r, unit);
		if (ret)
			return ret;
		r->starts[r->at] = 1;
		r->at += unit->n;
	}
	r->starts[r->end] = 1;
	return 0;
}

static int check_branches(struct reader *r)
{
	u32 i;

	for (i = 0; i < r->out->n_units; i++) {
		const struct vouch_arm64_unit *unit = &r->out->units[i];

		if (!vouch_arm64_is_branch(unit))
			continue;
		if (unit->target > r->end * LEN ||
		    !r->starts[unit->target / LEN])
			return refuse(r, unit->off / LEN,
				      "a branch to where no instruction "
				      "starts");
	}
	return 0;
}

static int read_all(struct reader *r)
{
	u32 start;
	int ret = read_insns(r);

	if (!ret)
		ret = read_prologue(r);
	start = r->at;
	if (!ret)
		ret = read_epilogue(r);
	r->at = start;
	if (!ret)
		ret = read_units(r);
	return ret ? ret : check_branches(r);
}

int vouch_arm64_shape_read(struct vouch_disasm *disasm,
			   const struct vouch_code_place *place,
			   struct vouch_arm64_shape *out,
			   struct vouch_refusal *why)
{
	struct reader r = {
		.place = place,
		.disasm = disasm,
		.why = why,
		.out = out,
	};
	u32 n = place->len / LEN;
	int ret = -ENOMEM;

	memset(out, 0, sizeof(*out));
	if (!n || place->len % LEN || place->len > VOUCH_CHECK_MAX_CODE)
		return refuse(&r, 0,
			      "a function of no or of more than 4 MiB, or not "
			      "of whole instructions");
	r.insns = calloc(n, sizeof(*r.insns));
	r.words = malloc(place->len);
	r.starts = calloc(n, 1);
	out->units = calloc(n, sizeof(*out->units));
	if (r.insns && r.words && r.starts && out->units) {
		memcpy(r.words, place->code, place->len);
		r.body = (struct vouch_arm64_body){ .insns = r.insns,
						    .words = r.words,
						    .n = n };
		ret = read_all(&r);
	}
	out->frame = r.body.frame;
	out->end = r.end * LEN;
	free(r.insns);
	free(r.words);
	free(r.starts);
	if (ret)
		vouch_arm64_shape_release(out);
	return ret;
}

void vouch_arm64_shape_release(struct vouch_arm64_shape *shape)
{
	free(shape->units);
	memset(shape, 0, sizeof(*shape));
}
