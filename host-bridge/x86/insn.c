// SPDX-License-Identifier: BSD-2-Clause
/* The instruction forms that the x86-64 JIT of Linux 6.1 emits. */

#include "insn.h"

/* Operands of a form. */
enum shape {
	RR, /* ModRM: two registers */
	RD, /* ModRM: register and digit */
	MR, /* ModRM: memory and register */
	MD, /* ModRM: memory and digit */
	OR, /* register in the opcode */
	AX, /* rax or eax, implied */
	REL, /* displacement of a branch */
};

enum rex_w { W0, W1, WX };

#define WRITES_RM (1u << 0)
#define WRITES_REG (1u << 1)
#define WRITES_RAX (1u << 2)
#define IMM_LONG (1u << 3) /* a byte would not do */
#define IMM_NOT_ZERO (1u << 5)
#define IMM_SHIFT (1u << 6) /* 0 to 63, but not 1 */
#define IMM_EIGHT (1u << 7)
#define SAME (1u << 8) /* both registers are the same */
#define NOT_RAX (1u << 9) /* rax has a shorter form */
#define BYTE_REG (1u << 10) /* reg is a byte: needs REX from rbp on */
#define LOADS (1u << 11)

struct form {
	u8 prefix;
	u8 w; /* enum rex_w */
	bool escape;
	u8 opcode;
	u8 shape; /* enum shape */
	u8 digit;
	u8 imm; /* bytes */
	u8 access; /* bytes of memory; 0: four, or eight with REX.W */
	u8 kind; /* enum vouch_x86_kind */
	u32 flags;
	const char *mnemonic;
};

#define PLAIN VOUCH_X86_PLAIN

#define ALU_RR(op, name)                                              \
	{                                                             \
		0, WX, false, op, RR, 0, 0, 0, PLAIN, WRITES_RM, name \
	}
#define ALU_IMM(digit, short, name)                                        \
	{ 0, WX, false, 0x83, RD, digit, 1, 0, PLAIN, WRITES_RM, name },   \
		{ 0,	 WX, false, 0x81,  RD,                             \
		  digit, 4,  0,	    PLAIN, WRITES_RM | IMM_LONG | NOT_RAX, \
		  name },                                                  \
	{                                                                  \
		0, WX, false, short, AX, 0, 4, 0, PLAIN,                   \
			WRITES_RAX | IMM_LONG, name                        \
	}
#define SHIFT(digit, name)                                               \
	{ 0, WX, false, 0xd1, RD, digit, 0, 0, PLAIN, WRITES_RM, name }, \
		{ 0,	 WX, false, 0xc1,  RD,                           \
		  digit, 1,  0,	    PLAIN, WRITES_RM | IMM_SHIFT,        \
		  name },                                                \
	{                                                                \
		0, WX, false, 0xd3, RD, digit, 0, 0, VOUCH_X86_SHIFT_CL, \
			WRITES_RM, name                                  \
	}
#define JCC(op, name)                                                          \
	{ 0, W0, false, op, REL, 0, 1, 0, VOUCH_X86_JCC, 0, name },            \
	{                                                                      \
		0, W0, true, (op) + 0x10, REL, 0, 4, 0, VOUCH_X86_JCC, 0, name \
	}
#define LOCK(op, name)                                                   \
	{                                                                \
		0xf0, WX, false, op, MR, 0, 0, 0, PLAIN, 0, "lock " name \
	}

static const struct form forms[] = {
	/* registers */
	ALU_RR(0x01, "add"),
	ALU_RR(0x29, "sub"),
	ALU_RR(0x21, "and"),
	ALU_RR(0x09, "or"),
	ALU_RR(0x31, "xor"),
	{ 0, WX, false, 0x89, RR, 0, 0, 0, VOUCH_X86_MOV_REG, WRITES_RM,
	  "mov" },
	{ 0, WX, false, 0x39, RR, 0, 0, 0, PLAIN, 0, "cmp" },
	{ 0, WX, false, 0x85, RR, 0, 0, 0, PLAIN, 0, "test" },
	{ 0, WX, true, 0xaf, RR, 0, 0, 0, PLAIN, WRITES_REG, "imul" },
	{ 0, WX, false, 0xf7, RD, 3, 0, 0, PLAIN, WRITES_RM, "neg" },
	{ 0, WX, false, 0xf7, RD, 6, 0, 0, VOUCH_X86_DIV, 0, "div" },
	SHIFT(4, "shl"),
	SHIFT(5, "shr"),
	SHIFT(7, "sar"),
	/* byte order */
	{ 0x66, W0, false, 0xc1, RD, 1, 1, 0, PLAIN, WRITES_RM | IMM_EIGHT,
	  "ror" },
	{ 0, W0, true, 0xb7, RR, 0, 0, 0, PLAIN, WRITES_REG | SAME, "movzx" },
	{ 0, WX, true, 0xc8, OR, 0, 0, 0, PLAIN, WRITES_RM, "bswap" },
	/* immediates */
	ALU_IMM(0, 0x05, "add"),
	ALU_IMM(5, 0x2d, "sub"),
	ALU_IMM(4, 0x25, "and"),
	ALU_IMM(1, 0x0d, "or"),
	ALU_IMM(6, 0x35, "xor"),
	{ 0, WX, false, 0x83, RD, 7, 1, 0, PLAIN, IMM_NOT_ZERO, "cmp" },
	{ 0, WX, false, 0x81, RD, 7, 4, 0, PLAIN, IMM_LONG, "cmp" },
	{ 0, WX, false, 0xf7, RD, 0, 4, 0, PLAIN, 0, "test" },
	{ 0, WX, false, 0x6b, RR, 0, 1, 0, PLAIN, WRITES_REG | SAME, "imul" },
	{ 0, WX, false, 0x69, RR, 0, 4, 0, PLAIN, WRITES_REG | SAME | IMM_LONG,
	  "imul" },
	{ 0, W0, false, 0xb8, OR, 0, 4, 0, VOUCH_X86_MOV_IMM,
	  WRITES_RM | IMM_NOT_ZERO, "mov" },
	{ 0, W1, false, 0xc7, RD, 0, 4, 0, VOUCH_X86_MOV_IMM, WRITES_RM,
	  "mov" },
	{ 0, W1, false, 0xb8, OR, 0, 8, 0, VOUCH_X86_MOVABS, WRITES_RM,
	  "movabs" },
	/* stores of immediates */
	{ 0, W0, false, 0xc6, MD, 0, 1, 1, PLAIN, 0, "mov" },
	{ 0x66, W0, false, 0xc7, MD, 0, 2, 2, PLAIN, 0, "mov" },
	{ 0, WX, false, 0xc7, MD, 0, 4, 0, PLAIN, 0, "mov" },
	/* stores */
	{ 0, W0, false, 0x88, MR, 0, 0, 1, PLAIN, BYTE_REG, "mov" },
	{ 0x66, W0, false, 0x89, MR, 0, 0, 2, PLAIN, 0, "mov" },
	{ 0, WX, false, 0x89, MR, 0, 0, 0, PLAIN, 0, "mov" },
	/* loads */
	{ 0, W1, true, 0xb6, MR, 0, 0, 1, PLAIN, WRITES_REG | LOADS, "movzx" },
	{ 0, W1, true, 0xb7, MR, 0, 0, 2, PLAIN, WRITES_REG | LOADS, "movzx" },
	{ 0, WX, false, 0x8b, MR, 0, 0, 0, PLAIN, WRITES_REG | LOADS, "mov" },
	/* atomics */
	LOCK(0x01, "add"),
	LOCK(0x21, "and"),
	LOCK(0x09, "or"),
	LOCK(0x31, "xor"),
	{ 0xf0, WX, true, 0xc1, MR, 0, 0, 0, PLAIN, WRITES_REG, "lock xadd" },
	{ 0xf0, WX, false, 0x87, MR, 0, 0, 0, PLAIN, WRITES_REG, "lock xchg" },
	{ 0xf0, WX, true, 0xb1, MR, 0, 0, 0, PLAIN, WRITES_RAX,
	  "lock cmpxchg" },
	/* stack */
	{ 0, W0, false, 0x50, OR, 0, 0, 0, VOUCH_X86_PUSH, 0, "push" },
	{ 0, W0, false, 0x58, OR, 0, 0, 0, VOUCH_X86_POP, WRITES_RM, "pop" },
	/* branches */
	{ 0, W0, false, 0xe8, REL, 0, 4, 0, VOUCH_X86_CALL, 0, "call" },
	{ 0, W0, false, 0xe9, REL, 0, 4, 0, VOUCH_X86_JMP, 0, "jmp" },
	{ 0, W0, false, 0xeb, REL, 0, 1, 0, VOUCH_X86_JMP, 0, "jmp" },
	JCC(0x72, "jb"),
	JCC(0x73, "jae"),
	JCC(0x74, "je"),
	JCC(0x75, "jne"),
	JCC(0x76, "jbe"),
	JCC(0x77, "ja"),
	JCC(0x7c, "jl"),
	JCC(0x7d, "jge"),
	JCC(0x7e, "jle"),
	JCC(0x7f, "jg"),
};

/* What has no operands is compared whole. */
static const struct {
	u8 len;
	u8 bytes[5];
	u8 kind;
	const char *mnemonic;
} fixed[] = {
	{ 2, { 0x66, 0x90 }, VOUCH_X86_NOP, "nop" },
	{ 3, { 0x0f, 0x1f, 0x00 }, VOUCH_X86_NOP, "nop" },
	{ 4, { 0x0f, 0x1f, 0x40, 0x00 }, VOUCH_X86_NOP, "nop" },
	{ 5, { 0x0f, 0x1f, 0x44, 0x00, 0x00 }, VOUCH_X86_NOP, "nop" },
	{ 3, { 0x0f, 0xae, 0xe8 }, VOUCH_X86_PLAIN, "lfence" },
	{ 1, { 0xc9 }, VOUCH_X86_LEAVE, "leave" },
	{ 1, { 0xc3 }, VOUCH_X86_RET, "ret" },
	{ 1, { 0xcc }, VOUCH_X86_INT3, "int3" },
};

/* An instruction taken apart, up to its opcode. */
struct head {
	const u8 *p; /* behind the opcode */
	size_t left;
	u8 prefix, rex, opcode;
	bool escape;
};

static bool take(struct head *h, u8 *byte)
{
	if (!h->left)
		return false;
	*byte = *h->p++;
	h->left--;
	return true;
}

static bool read_head(struct head *h)
{
	u8 byte;

	if (!take(h, &byte))
		return false;
	if (byte == 0x66 || byte == 0xf0) {
		h->prefix = byte;
		if (!take(h, &byte))
			return false;
	}
	if ((byte & 0xf0) == 0x40) {
		h->rex = byte;
		if (!take(h, &byte))
			return false;
	}
	if (byte == 0x0f) {
		h->escape = true;
		if (!take(h, &byte))
			return false;
	}
	h->opcode = byte;
	return true;
}

static bool has_modrm(const struct form *f)
{
	return f->shape <= MD;
}

static bool form_fits(const struct form *f, const struct head *h)
{
	bool wide = h->rex & 8;
	u8 mask = f->shape == OR ? 0xf8 : 0xff;

	if (f->prefix != h->prefix || f->escape != h->escape ||
	    f->opcode != (h->opcode & mask))
		return false;
	if ((f->w == W0 && wide) || (f->w == W1 && !wide))
		return false;
	if (!has_modrm(f))
		return true;
	if (!h->left)
		return false;
	if ((f->shape == RR || f->shape == RD) != ((h->p[0] & 0xc0) == 0xc0))
		return false;
	if ((f->shape == RD || f->shape == MD) &&
	    f->digit != ((h->p[0] >> 3) & 7))
		return false;
	return true;
}

static s64 read_signed(const u8 *p, u32 len)
{
	u64 v = 0;
	u32 i;

	for (i = 0; i < len; i++)
		v |= (u64)p[i] << (8 * i);
	if (len && len < 8 && (v >> (8 * len - 1)))
		v |= ~0ull << (8 * len);
	return (s64)v;
}

static bool take_signed(struct head *h, u32 len, s64 *out)
{
	if (h->left < len)
		return false;
	*out = read_signed(h->p, len);
	h->p += len;
	h->left -= len;
	return true;
}

static bool fits_byte(s64 v)
{
	return v >= -128 && v <= 127;
}

/* [base + disp8] or [base + disp32] where a byte would not do. eBPF's own
 * offsets have 16 bits. */
static bool take_disp(struct head *h, u8 mod, struct vouch_x86_insn *insn)
{
	s64 disp;

	if (mod != 0x40 && mod != 0x80)
		return false;
	if (!take_signed(h, mod == 0x40 ? 1 : 4, &disp))
		return false;
	if (mod == 0x80 && (fits_byte(disp) || disp < -32768 || disp > 32767))
		return false;
	insn->disp = (s32)disp;
	insn->mem = true;
	return true;
}

static bool reg_ok(u8 reg)
{
	return reg != VOUCH_X86_RSP && reg != VOUCH_X86_R9 &&
	       reg != VOUCH_X86_R12;
}

/* REX.X never; REX.R only with a register in ModRM; no REX that says
 * nothing, but for byte registers. */
static bool rex_ok(const struct form *f, const struct head *h,
		   const struct vouch_x86_insn *insn)
{
	bool low = f->flags & BYTE_REG && insn->reg >= VOUCH_X86_RBP &&
		   insn->reg <= VOUCH_X86_RDI;

	if (low && !h->rex)
		return false;
	if (!h->rex)
		return true;
	if (h->rex & 2)
		return false;
	if ((h->rex & 4) && f->shape != RR && f->shape != MR)
		return false;
	if ((h->rex & 1) && (f->shape == AX || f->shape == REL))
		return false;
	return (h->rex & 0xf) || low;
}

static bool take_operands(const struct form *f, struct head *h,
			  struct vouch_x86_insn *insn)
{
	u8 modrm;

	insn->rm = insn->reg = VOUCH_X86_NO_REG;
	if (f->shape == OR)
		insn->rm = (h->opcode & 7) | (h->rex & 1) << 3;
	if (f->shape == AX)
		insn->rm = VOUCH_X86_RAX;
	if (has_modrm(f)) {
		if (!take(h, &modrm))
			return false;
		insn->rm = (modrm & 7) | (h->rex & 1) << 3;
		if (f->shape == RR || f->shape == MR)
			insn->reg = ((modrm >> 3) & 7) | (h->rex & 4) << 1;
		if ((f->shape == MR || f->shape == MD) &&
		    !take_disp(h, modrm & 0xc0, insn))
			return false;
	}
	return reg_ok(insn->rm) && reg_ok(insn->reg) && rex_ok(f, h, insn);
}

static bool imm_ok(const struct form *f, s64 imm)
{
	if ((f->flags & IMM_LONG) && fits_byte(imm))
		return false;
	if ((f->flags & IMM_NOT_ZERO) && !imm)
		return false;
	if ((f->flags & IMM_SHIFT) && (imm < 0 || imm > 63 || imm == 1))
		return false;
	return !(f->flags & IMM_EIGHT) || imm == 8;
}

/* `mov r64, simm32` is for negative values, and for r11 before a division. */
static bool mov_ok(const struct vouch_x86_insn *insn)
{
	return insn->kind != VOUCH_X86_MOV_IMM || !insn->wide ||
	       insn->imm < 0 || insn->rm == VOUCH_X86_R11;
}

static u8 written(const struct form *f, const struct vouch_x86_insn *insn)
{
	if (f->flags & WRITES_RM)
		return insn->rm;
	if (f->flags & WRITES_REG)
		return insn->reg;
	return f->flags & WRITES_RAX ? VOUCH_X86_RAX : VOUCH_X86_NO_REG;
}

static bool decode_form(const struct form *f, struct head h, const u8 *code,
			struct vouch_x86_insn *insn)
{
	memset(insn, 0, sizeof(*insn));
	insn->mnemonic = f->mnemonic;
	insn->kind = f->kind;
	insn->wide = h.rex & 8;
	insn->loads = f->flags & LOADS;
	insn->imm32 = f->imm >= 4 && f->shape != REL;
	if (!take_operands(f, &h, insn) || !take_signed(&h, f->imm, &insn->imm))
		return false;
	if ((f->flags & SAME) && insn->rm != insn->reg)
		return false;
	if ((f->flags & NOT_RAX) && insn->rm == VOUCH_X86_RAX)
		return false;
	if (!imm_ok(f, insn->imm) || !mov_ok(insn))
		return false;
	if (insn->mem)
		insn->access = f->access ? f->access : insn->wide ? 8 : 4;
	insn->writes = written(f, insn);
	insn->len = (u8)(h.p - code);
	return true;
}

static int decode_fixed(const u8 *code, size_t len, struct vouch_x86_insn *insn)
{
	size_t i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (len < fixed[i].len ||
		    memcmp(code, fixed[i].bytes, fixed[i].len))
			continue;
		memset(insn, 0, sizeof(*insn));
		insn->mnemonic = fixed[i].mnemonic;
		insn->kind = fixed[i].kind;
		insn->len = fixed[i].len;
		insn->rm = insn->reg = VOUCH_X86_NO_REG;
		insn->writes = VOUCH_X86_NO_REG;
		return 0;
	}
	return -EINVAL;
}

int vouch_x86_decode(const u8 *code, size_t len, struct vouch_x86_insn *insn)
{
	struct head h = { .p = code, .left = len };
	size_t i;

	if (!decode_fixed(code, len, insn))
		return 0;
	if (!read_head(&h))
		return -EINVAL;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (form_fits(&forms[i], &h))
			return decode_form(&forms[i], h, code, insn) ? 0
								     : -EINVAL;
	return -EINVAL;
}
