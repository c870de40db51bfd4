// SPDX-License-Identifier: BSD-2-Clause
/* Sequences of the JIT that are compared whole. */

#include "sequence.h"

#define MAX_TAIL_CALLS 33 /* MAX_TAIL_CALL_CNT of Linux 6.1 */
#define TAIL_CALL_OFFSET 11 /* bytes of prologue that a tail call skips */

/* The bytes that must be there. */
struct want {
	u8 b[96];
	u32 n;
};

static void put(struct want *w, const char *bytes, u32 len)
{
	memcpy(w->b + w->n, bytes, len);
	w->n += len;
}
#define PUT(w, s) put(w, s, sizeof(s) - 1)

static void put1(struct want *w, u32 byte)
{
	w->b[w->n++] = (u8)byte;
}

static void put32(struct want *w, u32 value)
{
	const __le32 le = cpu_to_le32(value);

	memcpy(w->b + w->n, &le, sizeof(le));
	w->n += sizeof(le);
}

static u32 get32(const u8 *p)
{
	__le32 le;

	memcpy(&le, p, sizeof(le));
	return le32_to_cpu(le);
}

static bool is_there(const struct want *w, const u8 *p, u32 len)
{
	return len >= w->n && !memcmp(p, w->b, w->n);
}

static void fill(struct vouch_x86_insn *insn, u8 kind, const char *mnemonic,
		 u32 len)
{
	const u32 off = insn->off;

	memset(insn, 0, sizeof(*insn));
	insn->off = off;
	insn->kind = kind;
	insn->mnemonic = mnemonic;
	insn->len = (u8)len;
	insn->rm = insn->reg = insn->writes = VOUCH_X86_NO_REG;
}

static bool is_base(u8 reg)
{
	return reg != VOUCH_X86_RSP && reg != VOUCH_X86_RBP &&
	       reg != VOUCH_X86_R9 && reg != VOUCH_X86_R11 &&
	       reg != VOUCH_X86_R12;
}

/*
 * movabs r11, limit; cmp base, r11; jb 1f; mov r11, base; add r11, disp;
 * jae 2f; 1: xor dst, dst; jmp 3f; 2: (the load) 3:
 */
#define PROBE_CMP 10 /* where the second instruction is */
#define PROBE_ADD 18
#define PROBE_XOR 27
static bool read_probe(const u8 *p, u32 len, struct vouch_x86_insn *insn)
{
	struct want w = {};
	u8 base, dst;
	s32 disp;
	u64 limit;
	bool high;

	if (len < PROBE_XOR + 6 || p[0] != 0x49 || p[1] != 0xbb)
		return false;
	base = (p[PROBE_CMP + 2] & 7) | (p[PROBE_CMP] & 1) << 3;
	disp = (s32)get32(p + PROBE_ADD + 3);
	high = p[PROBE_XOR] == 0x45;
	dst = (p[PROBE_XOR + 1 + high] & 7) | high << 3;
	memcpy(&limit, p + 2, sizeof(limit));
	if (!is_base(base) || !is_base(dst) || disp < -32768 || disp > 32767)
		return false;
	put(&w, (const char *)p, PROBE_CMP);
	put1(&w, 0x4c | base >> 3);
	put1(&w, 0x39);
	put1(&w, 0xc0 | 3 << 3 | (base & 7));
	PUT(&w, "\x72\x0c");
	put1(&w, 0x49 | base >> 3 << 2);
	put1(&w, 0x89);
	put1(&w, 0xc0 | (base & 7) << 3 | 3);
	PUT(&w, "\x49\x81\xc3");
	put32(&w, (u32)disp);
	PUT(&w, "\x73");
	put1(&w, 4 + high);
	if (high)
		put1(&w, 0x45);
	put1(&w, 0x31);
	put1(&w, 0xc0 | (dst & 7) << 3 | (dst & 7));
	PUT(&w, "\xeb");
	if (len <= w.n || !is_there(&w, p, len))
		return false;
	fill(insn, VOUCH_X86_PROBE, "probe", w.n + 1);
	insn->rm = base;
	insn->reg = insn->writes = dst;
	insn->disp = disp;
	insn->access = p[w.n];
	insn->imm = (s64)le64_to_cpu(limit);
	return true;
}

/* mov rax, [rbp - (depth + 8)] */
static bool read_counter(const u8 *p, u32 len, u32 depth,
			 struct vouch_x86_insn *insn)
{
	struct want w = {};

	PUT(&w, "\x48\x8b\x85");
	put32(&w, -(depth + 8));
	if (!is_there(&w, p, len))
		return false;
	fill(insn, VOUCH_X86_COUNTER, "counter", w.n);
	insn->writes = VOUCH_X86_RAX;
	return true;
}

static void put_pops(struct want *w, u32 pushed)
{
	if (pushed & 8)
		PUT(w, "\x41\x5f");
	if (pushed & 4)
		PUT(w, "\x41\x5e");
	if (pushed & 2)
		PUT(w, "\x41\x5d");
	if (pushed & 1)
		PUT(w, "\x5b");
}

/* jmp thunk; lfence, jmp rcx; or jmp rcx and int3. */
static u32 jump_length(const u8 *p, u32 len)
{
	if (len >= 5 && p[0] == 0xe9)
		return 5;
	if (len >= 5 && !memcmp(p, "\x0f\xae\xe8\xff\xe1", 5))
		return 5;
	if (len >= 3 && !memcmp(p, "\xff\xe1\xcc", 3))
		return 3;
	return 0;
}

/*
 * mov edx, edx; cmp [rsi + max_entries], edx; jbe out; mov eax, [counter];
 * cmp eax, 33; jae out; add eax, 1; mov [counter], eax; mov rcx, [rsi + rdx *
 * 8 + pointers]; test rcx, rcx; je out; pop...; pop rax; add rsp, depth;
 * mov rcx, [rcx + bpf_func]; add rcx, 11; jmp rcx; out:
 */
#define TAIL_MIN 40 /* bytes up to the pops */
static bool read_tail_call(const u8 *p, u32 len,
			   const struct vouch_x86_shape *shape,
			   struct vouch_x86_insn *insn)
{
	const u32 counter = -(shape->depth + 4);
	u32 end, jump, pointers, func;
	struct want w = {};

	if (len < TAIL_MIN + 3 || memcmp(p, "\x89\xd2\x39\x56", 4))
		return false;
	end = 7u + p[6];
	PUT(&w, "\x89\xd2\x39\x56");
	put1(&w, p[4]);
	PUT(&w, "\x76");
	put1(&w, end - w.n - 1);
	PUT(&w, "\x8b\x85");
	put32(&w, counter);
	PUT(&w, "\x83\xf8");
	put1(&w, MAX_TAIL_CALLS);
	PUT(&w, "\x73");
	put1(&w, end - w.n - 1);
	PUT(&w, "\x83\xc0\x01\x89\x85");
	put32(&w, counter);
	PUT(&w, "\x48\x8b\x8c\xd6");
	pointers = get32(p + w.n);
	put32(&w, pointers);
	PUT(&w, "\x48\x85\xc9\x74");
	put1(&w, end - w.n - 1);
	put_pops(&w, shape->pushed);
	PUT(&w, "\x58");
	if (shape->depth) {
		PUT(&w, "\x48\x81\xc4");
		put32(&w, shape->depth);
	}
	PUT(&w, "\x48\x8b\x49");
	if (len <= w.n)
		return false;
	func = p[w.n];
	put1(&w, func);
	PUT(&w, "\x48\x83\xc1");
	put1(&w, TAIL_CALL_OFFSET);
	if (!is_there(&w, p, len))
		return false;
	jump = jump_length(p + w.n, len - w.n);
	if (!jump || w.n + jump != end)
		return false;
	fill(insn, VOUCH_X86_TAIL_CALL, "tail call", end);
	insn->imm = w.n;
	insn->reg = (u8)jump;
	insn->access = p[4];
	insn->rm = (u8)func;
	insn->disp = (s32)pointers;
	return true;
}

bool vouch_x86_sequence_read(const struct vouch_code_place *place,
			     const struct vouch_x86_shape *shape,
			     struct vouch_x86_insn *insn)
{
	const u8 *p = place->code + insn->off;
	u32 len = place->len - insn->off;

	if (read_probe(p, len, insn))
		return true;
	return shape->tail && (read_counter(p, len, shape->depth, insn) ||
			       read_tail_call(p, len, shape, insn));
}
