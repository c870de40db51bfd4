/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sequences that the x86-64 JIT of Linux 6.1 writes for one instruction of
 * eBPF and that leave it no choice: they are compared whole, and are one
 * instruction to the rest of the check.
 *
 * PROBE: before a load that may fault (BPF_PROBE_MEM), code that gives 0 and
 *	jumps over the load if the address is not a kernel's. .rm is the base,
 *	.reg the destination, .disp the displacement of the load that follows,
 *	.access its length, .imm the limit: TASK_SIZE_MAX, a page and the
 *	displacement.
 * COUNTER: the counter of tail calls, into rax before a call.
 * TAIL_CALL: a tail call by an entry of a prog array. .imm is where the
 *	indirect jump at its end starts, from the start of the sequence; .reg
 *	is the number of bytes of that jump; .disp, .access and .rm are the
 *	offsets of the array's pointers, of its max_entries, and of bpf_func
 *	in a program.
 */
#ifndef VOUCH_X86_SEQUENCE_H
#define VOUCH_X86_SEQUENCE_H

#include "shape.h"

/**
 * vouch_x86_sequence_read() - compare code with the sequences.
 * @place: the function
 * @shape: its prologue
 * @insn: .off is set; the rest is filled on success
 *
 * Return: true if a sequence is at @insn->off.
 */
bool vouch_x86_sequence_read(const struct vouch_code_place *place,
			     const struct vouch_x86_shape *shape,
			     struct vouch_x86_insn *insn);

#endif /* VOUCH_X86_SEQUENCE_H */
