/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads that may fault, and their entries in the exception table. */
#ifndef VOUCH_LOADS_FIXTURE_H
#define VOUCH_LOADS_FIXTURE_H

#include "bridge_fixture.h"

/*
 * movabs r11, 2^47 + 16; cmp rdi, r11; jb 1f; mov r11, rdi; add r11, 16;
 * jae 2f; 1: xor esi, esi; jmp 3f; 2: mov rsi, [rdi + 16]; 3:
 */
static const u8 probe[] = {
	0x49, 0xbb, 0x10, 0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x4c, 0x39,
	0xdf, 0x72, 0x0c, 0x49, 0x89, 0xfb, 0x49, 0x81, 0xc3, 0x10, 0x00, 0x00,
	0x00, 0x73, 0x04, 0x31, 0xf6, 0xeb, 0x04, 0x48, 0x8b, 0x77, 0x10,
};
#define GUARD 31 /* bytes before the load */
#define LOAD 4
#define PT_REGS_SI 104

/* The same of mov r13, [r14 - 200]. */
static const u8 far_probe[] = {
	0x49, 0xbb, 0xc8, 0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00,
	0x4d, 0x39, 0xd8, 0x72, 0x0c, 0x4d, 0x89, 0xc3, 0x49, 0x81,
	0xc3, 0x38, 0xff, 0xff, 0xff, 0x73, 0x05, 0x45, 0x31, 0xed,
	0xeb, 0x07, 0x4d, 0x8b, 0xa8, 0x38, 0xff, 0xff, 0xff,
};
#define FAR_GUARD 32
#define FAR_LOAD 7
#define PT_REGS_R13 16

static inline struct vouch_capture_extable *add_entry(struct fixture *f,
						      u32 off, u32 len, u32 reg)
{
	struct fixture_func *m = &f->funcs[0];
	struct vouch_capture_extable *e = &m->extable[m->n_extable++];

	e->insn_off = cpu_to_le32(off);
	e->insn_len = cpu_to_le32(len);
	e->reg = cpu_to_le32(reg);
	return e;
}

/* A load at @off of function 0, and its entry; where the next one goes. */
static inline u32 fixture_load(struct fixture *f, u32 off)
{
	fixture_insert(f, 0, off, probe, sizeof(probe));
	add_entry(f, off + GUARD, LOAD, PT_REGS_SI);
	return off + sizeof(probe);
}

/* The same of the far one. */
static inline void fixture_far_load(struct fixture *f, u32 off)
{
	fixture_insert(f, 0, off, far_probe, sizeof(far_probe));
	add_entry(f, off + FAR_GUARD, FAR_LOAD, PT_REGS_R13);
}

#endif /* VOUCH_LOADS_FIXTURE_H */
