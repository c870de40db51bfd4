/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's code calls on x86-64: thunks, which need no mitigation here,
 * and the mark of what can be traced. */

	.macro thunk register
	.globl __x86_indirect_thunk_\register
__x86_indirect_thunk_\register:
	jmp *%\register
	.endm

	.text
	.globl __fentry__
__fentry__:
	ret
	.globl __x86_return_thunk
__x86_return_thunk:
	ret
	.irp register, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	thunk \register
	.endr

	.section .note.GNU-stack, "", @progbits
