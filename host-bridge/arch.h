/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an architecture owns on the host: a folder of its own, x86/, with the
 * forms of instructions and sequences that its JIT writes, and the table that
 * names them. Nothing outside it knows an instruction.
 */
#ifndef VOUCH_ARCH_H
#define VOUCH_ARCH_H

#include "../common/capture.h"
#include "access.h"
#include "check_code.h"
#include "check_passes.h"
#include "link_site.h"

/* A number that several instructions make, while they are read. */
struct vouch_number_run {
	char reg[8]; /* empty: there is none */
	u64 value;
};

#define VOUCH_ARCH_NUMBERS 4 /* more than an instruction has */

/* An option of a target's kernel that every profile must state. */
struct vouch_arch_option {
	const char *name; /* CONFIG_ */
	/* What it is, if no image can be linked for a kernel that has it. */
	const char *unsupported;
};

/* Those of any architecture, up to one without name. */
extern const struct vouch_arch_option vouch_arch_any[];

struct vouch_arch {
	const char *name; /* as target profiles have it */
	u32 number; /* VOUCH_ARCH_ */
	u32 stack_align; /* of a program's stack, bytes */
	/* KASLR moves the kernel by multiples of the one, below the other. */
	u64 slide_step, slide_max;
	/* What jumps go to that the kernel's mitigations put in the place of
	 * returns, up to NULL, and of indirect jumps; NULL: there are none. */
	const char *const *return_thunks;
	const char *indirect_thunk;
	const struct vouch_arch_option *options; /* up to one without name */
	const struct vouch_link_ops *link;

	/**
	 * @user_end: the end of user space, with which loads that may fault
	 * compare addresses
	 * @features: VOUCH_FEATURE_ of the verifier VM
	 */
	u64 (*user_end)(u32 features);

	/* Where such a kernel is, in an image of it: its direct map, vmalloc
	 * area, per-CPU areas, text and modules. Above are small negative
	 * numbers. */
	u64 kernel_start, kernel_end;

	/**
	 * @numbers: the numbers that are complete with an instruction, as the
	 *	disassembler has them; where branches lead is none
	 * @insn: the instruction
	 * @run: of those before; starts all zero
	 * @out: VOUCH_ARCH_NUMBERS of them at most
	 *
	 * Return: how many there are.
	 */
	u32 (*numbers)(const struct vouch_disasm_insn *insn,
		       struct vouch_number_run *run, u64 *out);

	/**
	 * @read_code: hold a function against the one shape, and find what is
	 * left to be explained
	 * @place: the function
	 * @out: filled on success; release with vouch_code_release()
	 * @why: filled on refusal
	 *
	 * Return: 0, -EPERM with @why, or -ENOMEM.
	 */
	int (*read_code)(struct vouch_disasm *disasm,
			 const struct vouch_code_place *place,
			 struct vouch_code *out, struct vouch_refusal *why);

	/**
	 * @check_pass: compare a program's machine code in both passes
	 * @pass: the program
	 * @why: filled on refusal
	 *
	 * Return: 0, -EPERM with @why, or -ENOMEM.
	 */
	int (*check_pass)(const struct vouch_pass *pass,
			  struct vouch_refusal *why);
};

extern const struct vouch_arch vouch_arch_x86, vouch_arch_arm64;

/**
 * vouch_arch_of() - the architecture of a capture.
 * @cap: the parsed capture
 *
 * Return: what it owns; the parser knows no other architectures.
 */
const struct vouch_arch *vouch_arch_of(const struct vouch_capture_view *cap);

/**
 * vouch_arch_by_number() - an architecture by its number.
 * @number: VOUCH_ARCH_
 *
 * Return: what it owns, or NULL if nothing can be linked for it.
 */
const struct vouch_arch *vouch_arch_by_number(u32 number);

/**
 * vouch_arch_by_name() - an architecture by its name.
 * @name: as target profiles have it
 *
 * Return: what it owns, or NULL if nothing can be linked for it.
 */
const struct vouch_arch *vouch_arch_by_name(const char *name);

#endif /* VOUCH_ARCH_H */
