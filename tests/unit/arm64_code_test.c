// SPDX-License-Identifier: BSD-2-Clause
/* Code of arm64: what the JIT emits is read back, and nothing else accepted. */

#include "arm64_fixture.h"

static u64 seed = 1;

static u32 noise(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 32);
}

/* Numbers at which the JIT chooses another form, and others. */
static s32 number(void)
{
	static const s32 edges[] = {
		0,	  1,	      -1,	  0xfff,     -0xfff,
		0x1000,	  -0x1000,    0xfff000,	  -0xfff000, 0x10000,
		-0x10000, 0x12345,    -0x12345,	  INT32_MAX, INT32_MIN,
		0xff,	  0xff00ff,   0x7fffff,	  0x8000,    -0x8000,
		-0x8001,  0x55555555, 0x0f0f0f0f, 33,	     64,
	};

	return noise() % 2 ? edges[noise() % (sizeof(edges) / sizeof(edges[0]))]
			   : (s32)noise();
}

static u8 any(const u8 *codes, size_t n)
{
	return codes[noise() % n];
}
#define ANY(...) \
	any((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

static struct bpf_insn any_alu(void)
{
	static const s32 widths[] = { 16, 32, 64 };
	u8 op = ANY(BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND,
		    BPF_LSH, BPF_RSH, BPF_NEG, BPF_MOD, BPF_XOR, BPF_MOV,
		    BPF_ARSH, BPF_END);
	struct bpf_insn insn = A64_INSN(
		ANY(BPF_ALU, BPF_ALU64) | op | ANY(BPF_K, BPF_X),
		noise() % VOUCH_N_REGS, noise() % VOUCH_N_REGS, 0, number());

	if (op == BPF_NEG)
		insn.code &= (u8)~BPF_X;
	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		insn.imm &= BPF_CLASS(insn.code) == BPF_ALU ? 31 : 63;
	if (op == BPF_END) {
		insn.code = BPF_ALU | BPF_END | ANY(BPF_TO_LE, BPF_TO_BE);
		insn.imm = widths[noise() % 3];
	}
	return insn;
}

static struct bpf_insn any_memory(void)
{
	u8 size = ANY(BPF_B, BPF_H, BPF_W, BPF_DW);
	s16 off = (s16)(noise() % 2 ? noise() % 64 * 8 : noise());
	u8 dst = noise() % VOUCH_N_REGS, src = noise() % 11;

	switch (noise() % 4) {
	case 0:
		return A64_INSN(BPF_LDX | BPF_MEM | size, dst, src, off, 0);
	case 1:
		return A64_INSN(BPF_STX | BPF_MEM | size, src, dst, off, 0);
	case 2:
		return A64_INSN(BPF_ST | BPF_MEM | size, src, 0, off, number());
	default:
		return A64_INSN(BPF_STX | BPF_ATOMIC | ANY(BPF_W, BPF_DW), src,
				dst, noise() % 2 ? off : 0,
				ANY(BPF_ADD, BPF_OR, BPF_AND, BPF_XOR,
				    BPF_ADD | BPF_FETCH, BPF_OR | BPF_FETCH,
				    BPF_AND | BPF_FETCH, BPF_XOR | BPF_FETCH,
				    BPF_XCHG, BPF_CMPXCHG));
	}
}

static struct vouch_arm64_unit any_unit(void)
{
	struct vouch_arm64_unit unit = {};

	switch (noise() % 6) {
	case 0:
	case 1:
		unit.insn = any_alu();
		break;
	case 2:
	case 3:
		unit.insn = any_memory();
		break;
	case 4:
		unit.insn = A64_INSN(
			ANY(BPF_JMP, BPF_JMP32) | ANY(BPF_K, BPF_X) |
				ANY(BPF_JEQ, BPF_JNE, BPF_JSET, BPF_JGT,
				    BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT,
				    BPF_JSGE, BPF_JSLT, BPF_JSLE),
			noise() % 12, noise() % 12, 0, number());
		unit.target = 4 * (noise() % 1000);
		break;
	default:
		unit.insn.code = BPF_LD | BPF_IMM | BPF_DW;
		unit.insn.dst_reg = noise() % 10;
		unit.insn.src_reg = noise() % 2 ? BPF_PSEUDO_FUNC : 0;
		unit.value = (u64)noise() << 32 | noise();
		unit.value |= unit.insn.src_reg ? 0xffffull << 48 : 0;
	}
	return unit;
}

/* Does another instruction become the same code? */
static bool has_twin(const struct bpf_insn *insn)
{
	u8 op = BPF_OP(insn->code), class = BPF_CLASS(insn->code);

	if (class != BPF_ALU && class != BPF_ALU64)
		return BPF_CLASS(insn->code) == BPF_LD;
	return op == BPF_ADD || op == BPF_SUB || op == BPF_END ||
	       (BPF_SRC(insn->code) == BPF_K && !insn->imm);
}

/* What is not used of an instruction is 0 when it is read back. */
static bool same_insn(const struct bpf_insn *a, const struct bpf_insn *b)
{
	return a->code == b->code && a->dst_reg == b->dst_reg &&
	       a->off == b->off;
}

static void read_one(struct vouch_disasm *d, const struct arm64_function *f,
		     const struct vouch_arm64_unit *want)
{
	struct vouch_arm64_insn insns[VOUCH_ARM64_WORDS];
	const struct vouch_arm64_body body = {
		.insns = insns,
		.words = (const __le32 *)f->words,
		.n = f->n,
		.frame = f->frame,
	};
	struct vouch_disasm_insn second;
	struct vouch_arm64_unit is;
	u32 i;

	for (i = 0; i < f->n; i++) {
		assert_int_equal(vouch_arm64_decode(f->words[i], &insns[i]), 0);
		insns[i].off = 4 * i;
		assert_int_equal(vouch_disasm_step(d, (const u8 *)&f->words[i],
						   4, &second),
				 0);
		assert_string_equal(second.mnemonic, insns[i].mnemonic);
	}
	if (vouch_arm64_unit_read(&body, 0, &is))
		fail_msg("code %02x dst %u src %u off %d imm %d: not read",
			 want->insn.code, want->insn.dst_reg,
			 want->insn.src_reg, want->insn.off, want->insn.imm);
	if (is.n != f->n ||
	    (!has_twin(&want->insn) && !same_insn(&is.insn, &want->insn)))
		fail_msg("code %02x dst %u src %u off %d imm %d: read as "
			 "%02x %u %u %d %d, %u of %u words",
			 want->insn.code, want->insn.dst_reg,
			 want->insn.src_reg, want->insn.off, want->insn.imm,
			 is.insn.code, is.insn.dst_reg, is.insn.src_reg,
			 is.insn.off, is.insn.imm, is.n, f->n);
}

static void every_instruction_is_read_back(void **state)
{
	struct vouch_disasm *d = vouch_disasm_new(VOUCH_ARCH_ARM64);
	u32 i, n = 0;

	(void)state;
	for (i = 0; i < 200000; i++) {
		const struct vouch_arm64_unit unit = any_unit();
		struct arm64_function f = {};

		f.frame.depth = 16 * (noise() % 33);
		f.frame.bottom = noise() % 2 ? f.frame.depth : 0;
		arm64_add(&f, unit);
		if (!f.n)
			continue;
		read_one(d, &f, &unit);
		n++;
	}
	assert_true(n > 150000);
	vouch_disasm_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_instruction_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
