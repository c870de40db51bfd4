// SPDX-License-Identifier: BSD-2-Clause
/* The shape of one function of machine code. */

#include <stdlib.h>

#include "sequence.h"

#define MAX_DEPTH 512 /* MAX_BPF_STACK */
#define N_CALLEE_SAVED 4

static const u8 callee_saved[N_CALLEE_SAVED] = { VOUCH_X86_RBX, VOUCH_X86_R13,
						 VOUCH_X86_R14, VOUCH_X86_R15 };

/* A function while it is read. */
struct reader {
	const struct vouch_code_place *place;
	struct vouch_disasm *disasm;
	struct vouch_refusal *why;
	struct vouch_x86_shape *out;
	u32 body; /* where the prologue ends, bytes */
	u32 capacity; /* of out->insns */
	u8 *starts; /* a byte for each of the code: may be branched to */
	bool has_exit;
};

static int refuse(struct reader *r, u32 off, const char *text)
{
	return vouch_refuse_code(r->why, r->place->program, r->place->function,
				 off,
				 "%s: not what the JIT of Linux 6.1 emits; "
				 "verify on an unmodified kernel",
				 text);
}

/* Moves on if the next bytes are these. */
static bool skip(struct reader *r, const char *bytes, u32 len)
{
	if (r->place->len - r->body < len ||
	    memcmp(r->place->code + r->body, bytes, len))
		return false;
	r->body += len;
	return true;
}

static int read_depth(struct reader *r)
{
	u32 depth;

	if (!skip(r, "\x48\x81\xec", 3))
		return 0;
	if (r->place->len - r->body < 4)
		return refuse(r, r->body, "the prologue is cut off");
	memcpy(&depth, r->place->code + r->body, 4);
	depth = le32_to_cpu(depth);
	if (!depth || depth > MAX_DEPTH || depth % 8)
		return refuse(r, r->body, "the stack frame has an odd size");
	r->out->depth = depth;
	r->body += 4;
	return 0;
}

/* The counter of tail calls starts with 0 in a program, comes from the caller
 * in its further functions, and is pushed behind the stack frame. */
static bool read_start(struct reader *r)
{
	if (!skip(r, "\x0f\x1f\x44\x00\x00", 5))
		return false;
	if (r->place->tail_calls && !r->place->function &&
	    skip(r, "\x31\xc0", 2))
		r->out->tail = true;
	else if (!skip(r, "\x66\x90", 2))
		return false;
	return skip(r, "\x55\x48\x89\xe5", 4);
}

static bool read_counter(struct reader *r)
{
	bool pushed = r->place->tail_calls && skip(r, "\x50", 1);

	if (!r->place->function)
		return pushed == r->out->tail;
	r->out->tail = pushed;
	return true;
}

static int read_prologue(struct reader *r)
{
	static const char *const push[N_CALLEE_SAVED] = { "\x53", "\x41\x55",
							  "\x41\x56",
							  "\x41\x57" };
	struct vouch_disasm_insn insn;
	u32 off = 0, i;
	int ret;

	if (!read_start(r))
		return refuse(r, 0, "the prologue is not the JIT's");
	ret = read_depth(r);
	if (ret)
		return ret;
	if (!read_counter(r))
		return refuse(r, r->body, "the prologue is not the JIT's");
	for (i = 0; i < N_CALLEE_SAVED; i++)
		if (skip(r, push[i], i ? 2 : 1))
			r->out->pushed |= 1u << i;
	while (off < r->body) {
		if (vouch_disasm_step(r->disasm, r->place->code + off,
				      r->place->len - off, &insn))
			break;
		off += insn.len;
	}
	return off == r->body ? 0 : refuse(r, off, "the prologue is not code");
}

static struct vouch_x86_insn *append(struct reader *r)
{
	struct vouch_x86_shape *out = r->out;
	struct vouch_x86_insn *more;
	u32 capacity;

	if (out->n_insns == r->capacity) {
		capacity = r->capacity ? 2 * r->capacity : 256;
		more = realloc(out->insns, capacity * sizeof(*more));
		if (!more)
			return NULL;
		out->insns = more;
		r->capacity = capacity;
	}
	return &out->insns[out->n_insns++];
}

static bool reg_used(const struct vouch_x86_insn *insn, u8 reg)
{
	return insn->rm == reg || insn->reg == reg;
}

static int check_registers(struct reader *r, const struct vouch_x86_insn *insn)
{
	u32 i;

	if (insn->writes == VOUCH_X86_RBP)
		return refuse(r, insn->off, "the frame pointer is changed");
	for (i = 0; i < N_CALLEE_SAVED; i++)
		if (reg_used(insn, callee_saved[i]) &&
		    !(r->out->pushed & (1u << i)))
			return refuse(r, insn->off,
				      "a register is used that "
				      "the prologue does not "
				      "save");
	if (insn->mem && insn->rm == VOUCH_X86_RBP &&
	    (insn->disp < -(s32)r->out->depth ||
	     insn->disp > -(s32)insn->access))
		return refuse(r, insn->off,
			      "an access outside the stack "
			      "frame");
	return 0;
}

/* A sequence is whole instructions to the second decoder as well. */
static int check_second(struct reader *r, u32 off, u32 len)
{
	struct vouch_disasm_insn insn;
	u32 end = off + len;

	while (off < end) {
		if (vouch_disasm_step(r->disasm, r->place->code + off,
				      r->place->len - off, &insn))
			return refuse(r, off, "no instruction");
		off += insn.len;
	}
	return off == end ? 0 : refuse(r, off, "two readings of one sequence");
}

/* Two decoders that know nothing of each other must agree. */
static int read_insns(struct reader *r)
{
	const u8 *code = r->place->code;
	u32 len = r->place->len, off = r->body;
	int ret;

	while (off < len) {
		struct vouch_x86_insn *insn = append(r);
		struct vouch_disasm_insn second;

		if (!insn)
			return -ENOMEM;
		insn->off = off;
		if (vouch_x86_sequence_read(r->place, r->out, insn)) {
			ret = check_second(r, off, insn->len);
			if (ret)
				return ret;
			off += insn->len;
			continue;
		}
		if (vouch_disasm_step(r->disasm, code + off, len - off,
				      &second))
			return refuse(r, off, "no instruction");
		if (vouch_x86_decode(code + off, len - off, insn))
			return refuse(r, off, second.mnemonic);
		insn->off = off;
		if (second.len != insn->len ||
		    strcmp(second.mnemonic, insn->mnemonic))
			return refuse(r, off,
				      "two readings of one "
				      "instruction");
		ret = check_registers(r, insn);
		if (ret)
			return ret;
		off += insn->len;
	}
	return 0;
}

/* Instruction @i; behind the last one, something of no kind. */
static const struct vouch_x86_insn *at(const struct reader *r, u32 i)
{
	static const struct vouch_x86_insn none = {
		.mnemonic = "",
		.kind = VOUCH_X86_NOP,
		.rm = VOUCH_X86_NO_REG,
		.reg = VOUCH_X86_NO_REG,
	};

	return i < r->out->n_insns ? &r->out->insns[i] : &none;
}

static bool is(const struct vouch_x86_insn *insn, u8 kind, u8 rm)
{
	return insn->kind == kind && insn->rm == rm;
}

static bool is_mov(const struct vouch_x86_insn *insn, u8 dst, u8 src)
{
	return is(insn, VOUCH_X86_MOV_REG, dst) && insn->reg == src;
}

/*
 * push rcx; mov rcx, src; shl|shr|sar dst, cl; pop rcx
 *
 * Returns the number of instructions, 0 if it is something else.
 */
static u32 shift_length(const struct reader *r, u32 i)
{
	if (is(at(r, i), VOUCH_X86_PUSH, VOUCH_X86_RCX) &&
	    is(at(r, i + 1), VOUCH_X86_MOV_REG, VOUCH_X86_RCX) &&
	    at(r, i + 1)->wide && at(r, i + 2)->kind == VOUCH_X86_SHIFT_CL &&
	    at(r, i + 2)->rm != VOUCH_X86_RCX &&
	    is(at(r, i + 3), VOUCH_X86_POP, VOUCH_X86_RCX))
		return 4;
	return 0;
}

/* mov r11, rax|rdx or mov r11, imm32, before a division. */
static bool is_divisor(const struct vouch_x86_insn *insn)
{
	if (insn->rm != VOUCH_X86_R11 || !insn->wide)
		return false;
	if (insn->kind == VOUCH_X86_MOV_IMM)
		return insn->imm != 0;
	return insn->kind == VOUCH_X86_MOV_REG &&
	       (insn->reg == VOUCH_X86_RAX || insn->reg == VOUCH_X86_RDX);
}

static bool is_zero_edx(const struct vouch_x86_insn *insn)
{
	return !strcmp(insn->mnemonic, "xor") && !insn->wide && !insn->mem &&
	       insn->rm == VOUCH_X86_RDX && insn->reg == VOUCH_X86_RDX;
}

/* Where quotient or remainder goes; 1, or 0 if it need not be moved. */
static int result_length(const struct vouch_x86_insn *insn, u8 dst)
{
	if (dst == VOUCH_X86_RAX)
		return is_mov(insn, VOUCH_X86_RAX, VOUCH_X86_RDX);
	if (dst == VOUCH_X86_RDX)
		return is_mov(insn, VOUCH_X86_RDX, VOUCH_X86_RAX);
	return is_mov(insn, dst, VOUCH_X86_RAX) ||
			       is_mov(insn, dst, VOUCH_X86_RDX)
		       ? 1
		       : -1;
}

/*
 * A division: rax and rdx are saved unless they are the destination.
 *
 * Returns the number of instructions, 0 if it is something else.
 */
static u32 div_length(const struct reader *r, u32 i)
{
	bool rax = is(at(r, i), VOUCH_X86_PUSH, VOUCH_X86_RAX);
	u32 n = i + rax;
	bool rdx = is(at(r, n), VOUCH_X86_PUSH, VOUCH_X86_RDX);
	u8 dst = VOUCH_X86_RAX, by;
	bool r11;
	int moved;

	n += rdx;
	if (!rax && !rdx)
		return 0;
	r11 = is_divisor(at(r, n));
	n += r11;
	if (rax) {
		if (!is(at(r, n), VOUCH_X86_MOV_REG, VOUCH_X86_RAX))
			return 0;
		dst = at(r, n++)->reg;
		if (dst == VOUCH_X86_RAX || rdx == (dst == VOUCH_X86_RDX))
			return 0;
	}
	if (!is_zero_edx(at(r, n++)) || at(r, n)->kind != VOUCH_X86_DIV)
		return 0;
	by = at(r, n++)->rm;
	if (by == VOUCH_X86_RAX || by == VOUCH_X86_RDX ||
	    (by == VOUCH_X86_R11) != r11)
		return 0;
	moved = result_length(at(r, n), dst);
	if (moved < 0)
		return 0;
	n += (u32)moved;
	if (rdx && !is(at(r, n++), VOUCH_X86_POP, VOUCH_X86_RDX))
		return 0;
	if (rax && !is(at(r, n++), VOUCH_X86_POP, VOUCH_X86_RAX))
		return 0;
	return n - i;
}

/* The check of an address, and the load that it guards. */
static u32 probe_length(struct reader *r, u32 i)
{
	struct vouch_x86_insn *load = &r->out->insns[i + 1];
	const struct vouch_x86_insn *guard = at(r, i);

	if (i + 1 == r->out->n_insns || !load->mem || !load->loads ||
	    load->rm != guard->rm || load->reg != guard->reg ||
	    load->disp != guard->disp || load->len != guard->access)
		return 0;
	load->kind = VOUCH_X86_PROBE_LOAD;
	return 2;
}

/* In a function that passes the counter of tail calls on, each call. */
static u32 call_length(const struct reader *r, u32 i)
{
	bool counter = at(r, i)->kind == VOUCH_X86_COUNTER;

	if (counter != r->out->tail ||
	    at(r, i + counter)->kind != VOUCH_X86_CALL)
		return 0;
	return 1 + counter;
}

/* What was pushed, popped in reverse order; leave; jmp or ret. */
static u32 epilogue_length(struct reader *r, u32 i)
{
	u32 n = i, reg = N_CALLEE_SAVED;

	while (reg--)
		if ((r->out->pushed & (1u << reg)) &&
		    !is(at(r, n++), VOUCH_X86_POP, callee_saved[reg]))
			return 0;
	if (at(r, n++)->kind != VOUCH_X86_LEAVE)
		return 0;
	r->out->exit = n;
	if (at(r, n)->kind == VOUCH_X86_JMP && at(r, n)->len == 5)
		return n + 1 - i;
	if (at(r, n)->kind != VOUCH_X86_RET)
		return 0;
	n++;
	return n + (at(r, n)->kind == VOUCH_X86_INT3) - i;
}

/* The length in instructions of the JIT's sequence that starts at @i. */
static u32 unit_length(struct reader *r, u32 i)
{
	u32 n;

	switch (at(r, i)->kind) {
	case VOUCH_X86_PUSH:
		n = shift_length(r, i);
		return n ? n : div_length(r, i);
	case VOUCH_X86_POP:
	case VOUCH_X86_LEAVE:
		if (r->has_exit)
			return 0;
		r->has_exit = true;
		return epilogue_length(r, i);
	case VOUCH_X86_PROBE:
		return probe_length(r, i);
	case VOUCH_X86_COUNTER:
	case VOUCH_X86_CALL:
		return call_length(r, i);
	case VOUCH_X86_DIV:
	case VOUCH_X86_RET:
	case VOUCH_X86_INT3:
		return 0;
	default:
		return 1;
	}
}

static int find_units(struct reader *r)
{
	u32 i = 0, n;

	while (i < r->out->n_insns) {
		n = unit_length(r, i);
		if (!n)
			return refuse(r, at(r, i)->off, at(r, i)->mnemonic);
		r->starts[at(r, i)->off] = 1;
		i += n;
	}
	return r->has_exit ? 0 : refuse(r, r->body, "no return");
}

static bool is_branch(const struct reader *r, u32 i)
{
	u8 kind = at(r, i)->kind;

	return i != r->out->exit &&
	       (kind == VOUCH_X86_JMP || kind == VOUCH_X86_JCC);
}

static int check_branches(struct reader *r)
{
	u32 last = r->out->n_insns - 1, i;

	for (i = 0; i <= last; i++) {
		const struct vouch_x86_insn *insn = at(r, i);
		s64 target = (s64)insn->off + insn->len + insn->imm;

		if (!is_branch(r, i))
			continue;
		if (target < r->body || target >= r->place->len ||
		    !r->starts[target])
			return refuse(r, insn->off,
				      "a branch to where no "
				      "instruction starts");
	}
	/* The last instruction is the exit, its int3, or a jump. */
	if (last > r->out->exit + 1 && at(r, last)->kind != VOUCH_X86_JMP)
		return refuse(r, at(r, last)->off, "control leaves the end");
	if (last == r->out->exit + 1 && at(r, last)->kind != VOUCH_X86_INT3 &&
	    at(r, last)->kind != VOUCH_X86_JMP)
		return refuse(r, at(r, last)->off, "control leaves the end");
	return 0;
}

int vouch_x86_shape_read(struct vouch_disasm *disasm,
			 const struct vouch_code_place *place,
			 struct vouch_x86_shape *out, struct vouch_refusal *why)
{
	struct reader r = {
		.place = place,
		.disasm = disasm,
		.why = why,
		.out = out,
	};
	int ret;

	memset(out, 0, sizeof(*out));
	if (!place->len || place->len > VOUCH_CHECK_MAX_CODE)
		return refuse(&r, 0, "a function of no or of more than 4 MiB");
	r.starts = calloc(place->len, 1);
	ret = r.starts ? read_prologue(&r) : -ENOMEM;
	if (!ret)
		ret = read_insns(&r);
	if (!ret)
		ret = find_units(&r);
	if (!ret)
		ret = check_branches(&r);
	free(r.starts);
	if (ret)
		vouch_x86_shape_release(out);
	return ret;
}

void vouch_x86_shape_release(struct vouch_x86_shape *shape)
{
	free(shape->insns);
	memset(shape, 0, sizeof(*shape));
}
