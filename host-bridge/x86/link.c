// SPDX-License-Identifier: BSD-2-Clause
/* Linking code of x86-64. */

#include "link.h"

#define ALIGN 16
#define INT3 0xcc
#define RET 0xc3
#define MOVABS_LEN 10
#define LOAD_LEN 7 /* mov r64, [rip + disp32] */
#define JUMP_LEN 5
#define JMP_REL32 0xe9
#define IMM_AT 2 /* of a movabs, bytes */

static void pad(struct vouch_buffer *code)
{
	vouch_buffer_pad(code, ALIGN, INT3);
}

/* The last four bytes of five become a relocation to an import. */
static void aim(const struct vouch_link_site *site, u32 sym)
{
	memset(site->code + 1, 0, JUMP_LEN - 1);
	vouch_link_relocate(&site->text->relas, site->off + 1, sym,
			    R_X86_64_PLT32, -4);
}

static void subcall(const struct vouch_link_site *site, u32 target)
{
	const __le32 rel = cpu_to_le32(target - (u32)(site->off + JUMP_LEN));

	memcpy(site->code + 1, &rel, sizeof(rel));
}

static void constant(const struct vouch_link_site *site, u64 value)
{
	const __le64 le = cpu_to_le64(value);

	memcpy(site->code + IMM_AT, &le, sizeof(le));
}

static void function(const struct vouch_link_site *site, u32 target)
{
	constant(site, 0);
	vouch_link_relocate(&site->text->relas, site->off + IMM_AT,
			    VOUCH_SYM_TEXT, R_X86_64_64, target);
}

/*
 * movabs r64, imm64	49 b8+r imm64
 * becomes
 * mov r64, [rip + x]	4c 8b modrm x
 * nop			0f 1f 00
 *
 * REX.B of the one is REX.R of the other.
 */
static void slot(const struct vouch_link_site *site, u32 number)
{
	static const u8 nop3[] = { 0x0f, 0x1f, 0x00 };
	u8 *code = site->code;
	u8 rex = code[0], reg = code[1] & 7;

	code[0] = (rex & 1) ? 0x4c : 0x48;
	code[1] = 0x8b;
	code[2] = (u8)(reg << 3 | 5);
	memset(code + 3, 0, 4);
	memcpy(code + LOAD_LEN, nop3, sizeof(nop3));
	_Static_assert(LOAD_LEN + sizeof(nop3) == MOVABS_LEN, "same length");
	vouch_link_relocate(&site->text->relas, site->off + 3, VOUCH_SYM_SLOTS,
			    R_X86_64_PC32, 8 * (s64)number - 4);
}

/* The kernel looks for the sites of its thunks in tables. */
static void add_site(struct vouch_buffer *relas, u64 off)
{
	vouch_link_relocate(relas, 4 * (relas->len / sizeof(Elf64_Rela)),
			    VOUCH_SYM_TEXT, R_X86_64_PC32, (s64)off);
}

static void leave(const struct vouch_link_site *site, u32 sym)
{
	if (!sym) {
		site->code[0] = RET;
		memset(site->code + 1, INT3, JUMP_LEN - 1);
		return;
	}
	aim(site, sym);
	add_site(&site->text->returns, site->off);
}

/* jmp rcx in @len bytes, three or five. */
static int jump(const struct vouch_link_site *site, u32 len, u32 sym,
		struct vouch_refusal *why)
{
	static const u8 jmp_rcx[] = { 0xff, 0xe1 };

	if (!sym) {
		memcpy(site->code, jmp_rcx, sizeof(jmp_rcx));
		memset(site->code + sizeof(jmp_rcx), INT3,
		       len - sizeof(jmp_rcx));
		return 0;
	}
	if (len != JUMP_LEN)
		return vouch_refuse(why,
				    "linker: a tail call of the verifier VM "
				    "has no room for the target's retpoline; "
				    "start the verifier VM with a CPU model "
				    "that uses retpolines, such as EPYC");
	site->code[0] = JMP_REL32;
	aim(site, sym);
	add_site(&site->text->retpolines, site->off);
	return 0;
}

/* What faults gives 0, as in the verifier VM. */
static void load(struct vouch_text *t, u64 at, const struct vouch_load *l)
{
	vouch_link_fault(t, at, l->len, R_X86_64_PC32,
			 VOUCH_X86_EX_DATA(l->reg));
}

const struct vouch_link_ops vouch_x86_link = {
	.pad = pad,
	.call = aim,
	.subcall = subcall,
	.constant = constant,
	.function = function,
	.slot = slot,
	.exit = leave,
	.jump = jump,
	.load = load,
};
