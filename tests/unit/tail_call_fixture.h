/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that makes a tail call. */
#ifndef VOUCH_TAIL_CALL_FIXTURE_H
#define VOUCH_TAIL_CALL_FIXTURE_H

#include "../../common/image.h"
#include "bridge_fixture.h"

#define FIXTURE_INDIRECT (FIXTURE_OTHER + 0x100)
#define MAX_ENTRIES 36
#define VALUE 312
#define PROG_FUNC 48

/* Up to the pops: as docs/formats.md has it, with a frame of 16 bytes. */
static const u8 call_head[] = {
	0x89, 0xd2, 0x39, 0x56, MAX_ENTRIES, 0x76, 0,	 0x8b, 0x85, 0xec,
	0xff, 0xff, 0xff, 0x83, 0xf8,	     33,   0x73, 0,    0x83, 0xc0,
	0x01, 0x89, 0x85, 0xec, 0xff,	     0xff, 0xff, 0x48, 0x8b, 0x8c,
	0xd6, 0x38, 0x01, 0x00, 0x00,	     0x48, 0x85, 0xc9, 0x74, 0,
};
/* pop r13; pop rbx; pop rax; add rsp, 16; mov rcx, [rcx + 48]; add rcx, 11 */
static const u8 call_tail[] = {
	0x41, 0x5d, 0x5b, 0x58, 0x48,	   0x81, 0xc4, 0x10, 0x00, 0x00,
	0x00, 0x48, 0x8b, 0x49, PROG_FUNC, 0x48, 0x83, 0xc1, 11,
};
#define JUMP_AT (sizeof(call_head) + sizeof(call_tail))

/* Of the tail call in function 0. */
static struct {
	u32 at, len;
} tail_call;

/* The program with a prologue that starts the counter, and a tail call. */
static inline u8 *fixture_tail_call(struct fixture *f, const void *jump,
				    u32 jump_len)
{
	struct fixture_func *m = &f->funcs[0];
	u8 code[FIXTURE_CODE];
	u32 i, n = 0;

	fixture_release(f);
	fixture_init(f);
	f->prog.flags |= cpu_to_le32(VOUCH_PROG_CALLS_TAIL);
	memmove(&f->facts[3], &f->facts[2], 2 * sizeof(f->facts[0]));
	memset(&f->facts[2], 0, sizeof(f->facts[0]));
	f->n_facts = 2;
	add_fact(f, "bpf_prog", "bpf_func", PROG_FUNC, 8);
	f->n_facts = 5;
	f->maps[0].type = cpu_to_le32(BPF_MAP_TYPE_PROG_ARRAY);
	f->maps[0].value_size = cpu_to_le32(4);
	fixture_profile(f, "\"hash\"", "\"prog_array\"");
	f->object_calls_tail = true;
	fixture_object(f, (struct fixture_extern){}, false);
	/* Without the calls, which would need the counter. */
	m->n_refs = 1;
	n = marks.map + 10;
	memcpy(code, m->code, n);
	tail_call.at = n + 1; /* push rax */
	memmove(code + 19, code + 18, n - 18);
	code[5] = 0x31;
	code[6] = 0xc0;
	code[18] = 0x50;
	m->len = 0;
	emit(m, code, n + 1);
	tail_call.len = JUMP_AT + jump_len;
	emit(m, call_head, sizeof(call_head));
	emit(m, call_tail, sizeof(call_tail));
	emit(m, jump, jump_len);
	for (i = 6; i <= 39; i += i == 6 ? 11 : 22)
		m->code[tail_call.at + i] = (u8)(tail_call.len - i - 1);
	EMIT(m, "\xb8\x02\x00\x00\x00\x41\x5d\x5b\xc9");
	emit_branch(f, 0, 0xe9, FIXTURE_THUNK);
	strcpy(f->syms[3].name, VOUCH_INDIRECT_THUNK);
	f->syms[3].address = cpu_to_le64(FIXTURE_INDIRECT);
	f->n_syms = 4;
	if (jump_len == 5 && *(const u8 *)jump == 0xe9)
		fixture_aim(f, 0, tail_call.at + JUMP_AT, FIXTURE_INDIRECT);
	return m->code + tail_call.at;
}

#define THUNK "\xe9\0\0\0\0", 5

#endif /* VOUCH_TAIL_CALL_FIXTURE_H */
