// SPDX-License-Identifier: BSD-2-Clause
/* Machine code read back as eBPF. */

#include "reader.h"

#define TMP VOUCH_ARM64_TMP
#define TMP2 VOUCH_ARM64_TMP2
#define TMP3 VOUCH_ARM64_TMP3

static u8 alu(const struct vouch_arm64_insn *insn)
{
	return insn->wide ? BPF_ALU64 : BPF_ALU;
}

static u8 jump(const struct vouch_arm64_insn *insn)
{
	return insn->wide ? BPF_JMP : BPF_JMP32;
}

/* ---- branches ---- */

static bool take_branch(struct vouch_arm64_reader *r, u8 class, bool set)
{
	static const struct {
		const char *mnemonic;
		u8 op;
	} names[] = {
		{ "b.eq", BPF_JEQ },  { "b.ne", BPF_JNE },
		{ "b.hi", BPF_JGT },  { "b.lo", BPF_JLT },
		{ "b.hs", BPF_JGE },  { "b.ls", BPF_JLE },
		{ "b.gt", BPF_JSGT }, { "b.lt", BPF_JSLT },
		{ "b.ge", BPF_JSGE }, { "b.le", BPF_JSLE },
	};
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);
	size_t i;

	if (insn->kind != VOUCH_ARM64_B_COND)
		return false;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(insn->mnemonic, names[i].mnemonic))
			r->unit->insn.code = class | names[i].op;
	if (set)
		r->unit->insn.code = class | BPF_JSET;
	r->unit->target = insn->off + (u32)insn->imm;
	r->at++;
	return true;
}

/* A comparison with a register, or a number that fits. */
static bool take_compare(struct vouch_arm64_reader *r)
{
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);
	bool negative = !strcmp(insn->mnemonic, "cmn");
	bool set = !strcmp(insn->mnemonic, "tst");

	r->at++;
	if (!vouch_arm64_set_dst(r, insn->rn) ||
	    !take_branch(r, jump(insn), set))
		return false;
	if (!insn->has_imm) {
		r->unit->insn.code |= BPF_X;
		return vouch_arm64_set_src(r, insn->rm);
	}
	r->unit->insn.imm = (s32)(negative ? -insn->imm : insn->imm);
	return true;
}

static bool take_jump(struct vouch_arm64_reader *r)
{
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);

	r->unit->insn.code = BPF_JMP | BPF_JA;
	r->unit->target = insn->off + (u32)insn->imm;
	r->at++;
	return true;
}

/* ---- memory ---- */

static u8 size_code(u8 bytes)
{
	switch (bytes) {
	case 1:
		return BPF_B;
	case 2:
		return BPF_H;
	case 4:
		return BPF_W;
	default:
		return BPF_DW;
	}
}

/*
 * A load or a store; @off: what the temporary register holds that its address
 * is made of, NULL if it has an immediate.
 */
static bool take_access(struct vouch_arm64_reader *r,
			const struct vouch_arm64_number *off)
{
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);
	bool load = insn->kind == VOUCH_ARM64_LOAD;
	s64 at = off ? (s64)off->value : insn->imm;
	u8 base = insn->rn;

	r->at++;
	if (base == VOUCH_ARM64_BOTTOM) {
		base = VOUCH_ARM64_FP;
		at -= r->body->frame.bottom;
	}
	if (at < INT16_MIN || at > INT16_MAX)
		return false;
	r->unit->insn.off = (s16)at;
	r->unit->insn.code = BPF_MEM | size_code(insn->access);
	if (load) {
		r->unit->insn.code |= BPF_LDX;
		return vouch_arm64_set_dst(r, insn->rd) &&
		       vouch_arm64_set_src(r, base);
	}
	if (insn->rd == TMP) {
		r->unit->insn.code |= BPF_ST;
		return vouch_arm64_set_dst(r, base);
	}
	r->unit->insn.code |= BPF_STX;
	return vouch_arm64_set_dst(r, base) && vouch_arm64_set_src(r, insn->rd);
}

/* An atomic operation's loop, from the load on; @off: of its memory. */
static bool take_exclusive(struct vouch_arm64_reader *r, s16 off, u8 base)
{
	const struct vouch_arm64_insn *kept = vouch_arm64_peek(r, 0);
	bool fetch = kept->kind == VOUCH_ARM64_ADD;
	const struct vouch_arm64_insn *load = vouch_arm64_peek(r, fetch);
	const struct vouch_arm64_insn *sum = vouch_arm64_peek(r, fetch + 1u);
	struct bpf_insn *insn = &r->unit->insn;
	u8 src = fetch ? kept->rn : sum->rm;

	if (load->kind != VOUCH_ARM64_EXCLUSIVE)
		return false;
	insn->code = BPF_STX | BPF_ATOMIC | size_code(load->access);
	insn->off = off;
	if (sum->kind == VOUCH_ARM64_PLAIN && sum->rd == TMP3) {
		insn->imm = BPF_CMPXCHG;
		src = vouch_arm64_peek(r, 4)->rd;
	} else if (sum->kind == VOUCH_ARM64_PLAIN) {
		insn->imm = vouch_arm64_operation(sum) |
			    (fetch ? BPF_FETCH : 0);
	} else {
		insn->imm = BPF_XCHG;
	}
	return vouch_arm64_set_dst(r, base) && vouch_arm64_set_src(r, src);
}

/* ---- what begins with a number in a temporary register ---- */

static bool take_tail_call(struct vouch_arm64_reader *r,
			   const struct vouch_arm64_number *first)
{
	struct vouch_arm64_number number[3];
	u32 n = 0;

	/* The limit of calls, the entries and the code, in this order. */
	while (n < 3 && r->at < r->body->n)
		if (vouch_arm64_is_number(vouch_arm64_peek(r, 0)))
			vouch_arm64_take_number(r, &number[n++]);
		else
			r->at++;
	if (n < 3)
		return false;
	r->unit->insn.code = BPF_JMP | VOUCH_BPF_TAIL_CALL;
	r->unit->layout.max_entries = (u32)first->value;
	r->unit->layout.ptrs = (u32)number[1].value;
	r->unit->layout.func = (u32)number[2].value;
	return true;
}

static bool take_call(struct vouch_arm64_reader *r,
		      const struct vouch_arm64_number *number)
{
	r->unit->insn.code = BPF_JMP | BPF_CALL;
	r->unit->value = number->value;
	return number->address;
}

static bool take_sum(struct vouch_arm64_reader *r,
		     const struct vouch_arm64_number *number)
{
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);
	u8 op = vouch_arm64_operation(insn);

	/* The address of an atomic operation. */
	if (insn->rd == TMP && op == BPF_ADD) {
		r->at++;
		return (s64)number->value == (s16)number->value &&
		       take_exclusive(r, (s16)number->value, insn->rm);
	}
	r->unit->insn.code = alu(insn) | op;
	r->unit->insn.imm = (s32)number->value;
	return op != VOUCH_ARM64_NO_OP && insn->rm == TMP &&
	       vouch_arm64_set_dst(r, insn->rd);
}

static bool take_compare_number(struct vouch_arm64_reader *r,
				const struct vouch_arm64_number *number)
{
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);

	r->at++;
	r->unit->insn.imm = (s32)number->value;
	return insn->rm == TMP && vouch_arm64_set_dst(r, insn->rn) &&
	       take_branch(r, jump(insn), !strcmp(insn->mnemonic, "tst"));
}

static bool take_modulo(struct vouch_arm64_reader *r,
			const struct vouch_arm64_number *number)
{
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);

	r->unit->insn.code = alu(insn) | BPF_MOD;
	r->unit->insn.imm = (s32)number->value;
	return vouch_arm64_set_dst(r, insn->rn);
}

/* A store of a number, whose offset may be one, too. */
static bool take_store_number(struct vouch_arm64_reader *r,
			      const struct vouch_arm64_number *number)
{
	struct vouch_arm64_number off;
	bool far = vouch_arm64_is_number(vouch_arm64_peek(r, 0));

	if (far)
		vouch_arm64_take_number(r, &off);
	r->unit->insn.imm = (s32)number->value;
	return vouch_arm64_peek(r, 0)->kind == VOUCH_ARM64_STORE &&
	       vouch_arm64_peek(r, 0)->rd == TMP &&
	       take_access(r, far ? &off : NULL);
}

static bool take_tmp(struct vouch_arm64_reader *r,
		     const struct vouch_arm64_number *number)
{
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);

	switch (insn->kind) {
	case VOUCH_ARM64_BLR:
		return take_call(r, number);
	case VOUCH_ARM64_PLAIN:
		return take_sum(r, number);
	case VOUCH_ARM64_COMPARE:
		return take_compare_number(r, number);
	case VOUCH_ARM64_LOAD:
		if (insn->rd == TMP)
			return take_tail_call(r, number);
		return take_access(r, number);
	case VOUCH_ARM64_STORE:
		return insn->rd == TMP ? take_store_number(r, number)
				       : take_access(r, number);
	default:
		return take_store_number(r, number);
	}
}

/* ---- everything else ---- */

static bool take_constant(struct vouch_arm64_reader *r)
{
	struct bpf_insn *insn = &r->unit->insn;
	struct vouch_arm64_number number;

	vouch_arm64_take_number(r, &number);
	if (number.rd == TMP)
		return take_tmp(r, &number);
	if (number.rd == TMP2)
		return take_modulo(r, &number);
	if (!vouch_arm64_set_dst(r, number.rd))
		return false;
	insn->imm = (s32)number.value;
	insn->code = (number.wide ? BPF_ALU64 : BPF_ALU) | BPF_MOV;
	if (!number.wide || (s64)number.value == (s64)insn->imm)
		return true;
	insn->code = BPF_LD | BPF_IMM | BPF_DW;
	insn->imm = 0;
	if (number.address)
		insn->src_reg = BPF_PSEUDO_FUNC;
	r->unit->value = number.value;
	return true;
}

/* Before the loop of an atomic operation something is kept: what was there
 * before, for the result, or what goes there. */
static bool is_kept(const struct vouch_arm64_insn *kept,
		    const struct vouch_arm64_insn *load)
{
	if (load->kind != VOUCH_ARM64_EXCLUSIVE)
		return false;
	return kept->rd == TMP2 ||
	       (kept->rd == vouch_arm64_registers[VOUCH_ARM64_AX] &&
		kept->rn == load->rd);
}

static bool take_add(struct vouch_arm64_reader *r)
{
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);
	bool sub = !strcmp(insn->mnemonic, "sub");

	if (is_kept(insn, vouch_arm64_peek(r, 1)))
		return take_exclusive(r, 0, vouch_arm64_peek(r, 1)->rn);
	if (sub) {
		r->unit->insn.code = alu(insn) | BPF_SUB;
		r->unit->insn.imm = (s32)-insn->imm;
		return vouch_arm64_set_dst(r, insn->rd);
	}
	r->unit->insn.imm = (s32)insn->imm;
	if (insn->imm) {
		r->unit->insn.code = alu(insn) | BPF_ADD;
		return vouch_arm64_set_dst(r, insn->rd);
	}
	r->unit->insn.code = alu(insn) | BPF_MOV | BPF_X;
	return vouch_arm64_set_dst(r, insn->rd) &&
	       vouch_arm64_set_src(r, insn->rn);
}

static bool take_logic(struct vouch_arm64_reader *r)
{
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);

	r->unit->insn.code = alu(insn) | vouch_arm64_operation(insn);
	r->unit->insn.imm = (s32)insn->imm;
	return vouch_arm64_set_dst(r, insn->rd);
}

/* Shifts; what is cut to 16 or 32 bits is so for its byte order. */
static bool take_shift(struct vouch_arm64_reader *r)
{
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);

	r->unit->insn.code = alu(insn) | vouch_arm64_operation(insn);
	r->unit->insn.imm = (s32)insn->imm;
	if (!insn->has_imm) {
		r->unit->insn.code = BPF_ALU | BPF_END | BPF_TO_LE;
		r->unit->insn.imm = 16;
	}
	return vouch_arm64_set_dst(r, insn->rd);
}

static bool take_swap(struct vouch_arm64_reader *r, s32 bits)
{
	r->unit->insn.code = BPF_ALU | BPF_END | BPF_TO_BE;
	r->unit->insn.imm = bits;
	return vouch_arm64_set_dst(r, vouch_arm64_peek(r, 0)->rd);
}

static bool take_plain(struct vouch_arm64_reader *r)
{
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);
	u8 op = vouch_arm64_operation(insn);

	if (!strcmp(insn->mnemonic, "rev16"))
		return take_swap(r, 16);
	if (!strcmp(insn->mnemonic, "rev"))
		return take_swap(r, insn->wide ? 64 : 32);
	if (!strcmp(insn->mnemonic, "neg")) {
		r->unit->insn.code = alu(insn) | BPF_NEG;
		return vouch_arm64_set_dst(r, insn->rd);
	}
	if (insn->rd == TMP) {
		r->unit->insn.code = alu(insn) | BPF_MOD | BPF_X;
		return vouch_arm64_set_dst(r, insn->rn) &&
		       vouch_arm64_set_src(r, insn->rm);
	}
	r->unit->insn.code = alu(insn) | op | BPF_X;
	return op != VOUCH_ARM64_NO_OP && vouch_arm64_set_dst(r, insn->rd) &&
	       vouch_arm64_set_src(r, insn->rm);
}

static bool guess(struct vouch_arm64_reader *r)
{
	switch (vouch_arm64_peek(r, 0)->kind) {
	case VOUCH_ARM64_MOVZ:
	case VOUCH_ARM64_MOVN:
		return take_constant(r);
	case VOUCH_ARM64_ADD:
		return take_add(r);
	case VOUCH_ARM64_LOGIC:
		return take_logic(r);
	case VOUCH_ARM64_SHIFT:
		return take_shift(r);
	case VOUCH_ARM64_PLAIN:
		return take_plain(r);
	case VOUCH_ARM64_COMPARE:
		return take_compare(r);
	case VOUCH_ARM64_LOAD:
	case VOUCH_ARM64_STORE:
		return take_access(r, NULL);
	case VOUCH_ARM64_EXCLUSIVE:
		return take_exclusive(r, 0, vouch_arm64_peek(r, 0)->rn);
	case VOUCH_ARM64_B:
		return take_jump(r);
	default:
		return false;
	}
}

bool vouch_arm64_is_branch(const struct vouch_arm64_unit *unit)
{
	u8 class = BPF_CLASS(unit->insn.code);

	return class == BPF_JMP32 ||
	       (class == BPF_JMP && BPF_OP(unit->insn.code) != BPF_CALL &&
		BPF_OP(unit->insn.code) != VOUCH_BPF_TAIL_CALL);
}

int vouch_arm64_unit_read(const struct vouch_arm64_body *body, u32 at,
			  struct vouch_arm64_unit *unit)
{
	struct vouch_arm64_reader r = { .body = body, .at = at, .unit = unit };
	u32 words[VOUCH_ARM64_WORDS];
	int n, i;

	*unit = (struct vouch_arm64_unit){ .off = at * VOUCH_ARM64_INSN_LEN };
	if (at >= body->n || !guess(&r))
		return -EINVAL;
	n = vouch_arm64_emit(unit, &body->frame, words);
	if (n <= 0 || (u32)n > body->n - at)
		return -EINVAL;
	for (i = 0; i < n; i++)
		if (le32_to_cpu(body->words[at + (u32)i]) != words[i])
			return -EINVAL;
	unit->n = (u32)n;
	return 0;
}
