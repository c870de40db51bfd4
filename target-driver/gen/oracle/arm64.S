/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's code calls on arm64: nothing. */

	.section .note.GNU-stack, "", @progbits
