# SPDX-License-Identifier: BSD-2-Clause
"""What handmade images for arm64 do, as target_code_x86.py says, in functions
that begin and end as the kernel's JIT writes them."""

import image_forms

FORM = image_forms.ARM64

# x27 points at 32 bytes of stack; x7 is the result.
_MACROS = """
	.macro begin name
	.p2alignl 4, 0xd4202000
	.type \\name, @function
\\name:	mov x9, x30
	nop
	stp x29, x30, [sp, #-16]!
	mov x29, sp
	stp x19, x20, [sp, #-16]!
	stp x21, x22, [sp, #-16]!
	stp x25, x26, [sp, #-16]!
	stp x27, x28, [sp, #-16]!
	mov x25, sp
	mov x26, #0
	sub x27, x25, #32
	sub sp, sp, #32
	.endm
	.macro end name
	add sp, sp, #32
	ldp x27, x28, [sp], #16
	ldp x25, x26, [sp], #16
	ldp x21, x22, [sp], #16
	ldp x19, x20, [sp], #16
	ldp x29, x30, [sp], #16
	mov x0, x7
	ret
	.size \\name, . - \\name
	.endm
	.macro raise at
	ldr x1, \\at
	add x1, x1, #1
	str x1, \\at
	.endm
	.text
"""

PASS = _MACROS + """
	begin prog
	mov x7, #%d
	end prog
"""

COUNT = _MACROS + """
	begin count
	mov x19, x0
	str wzr, [x27, #28]
	ldr x0, slots
	add x1, x27, #28
	bl vouch_bpf_map_lookup
	cbz x0, 1f
	raise [x0]
1:	ldr x0, slots
	add x0, x0, #336
	raise "[x0, #8]"
	ldr x1, [x19]
	ldr x2, [x19, #8]
	sub x2, x2, x1
	str w2, [x27, #24]
	ldr x0, slots + 8
	add x1, x27, #24
	bl vouch_bpf_htab_lookup_raw
	cbz x0, 2f
	raise "[x0, #56]"
	b 3f
2:	mov x1, #1
	str x1, [x27, #16]
	ldr x0, slots + 8
	add x1, x27, #24
	add x2, x27, #16
	mov x3, #0
	bl vouch_bpf_htab_update
3:	ldr x0, slots + 16
	ldr w1, [x0]
	add w1, w1, #1
	str w1, [x0]
	ldr x0, slots + 24
	add x1, x27, #28
	bl vouch_bpf_percpu_array_lookup
	cbz x0, 4f
	raise [x0]
4:	ldr x0, slots + 32
	add x1, x27, #24
	bl vouch_bpf_percpu_htab_lookup
	cbz x0, 5f
	raise [x0]
	b 6f
5:	mov x1, #1
	str x1, [x27, #16]
	ldr x0, slots + 32
	add x1, x27, #24
	add x2, x27, #16
	mov x3, #0
	bl vouch_bpf_percpu_htab_update
6:	ldr x0, [x19]
	ldrb w7, [x0]
	end count

	begin head
	mov x1, #4
	bl vouch_bpf_xdp_adjust_head
	mov x7, #2
	cbz x0, 1f
	mov x7, #1
1:	end head

	begin time
	bl vouch_bpf_ktime_get_ns
	mov x20, x0
	bl vouch_bpf_ktime_get_ns
	sub x0, x0, x20
	mov x7, #0
	tbnz x0, #63, 1f
	bl vouch_bpf_get_smp_processor_id
	mov x7, #0
	cmp x0, #8
	b.hs 1f
	mov x7, #2
1:	end time
"""

LOCKED = _MACROS + """
	begin locked
	str wzr, [x27, #28]
	ldr x0, slots
	add x1, x27, #28
	bl vouch_bpf_array_lookup
	mov x19, x0
	add x0, x19, #8
	bl vouch_bpf_spin_lock
	raise [x19]
	raise "[x19, #16]"
	add x0, x19, #8
	bl vouch_bpf_spin_unlock
	mov x7, #2
	end locked
"""

BOUNCE = _MACROS + """
	begin prog
	mov x0, #4
	mov x1, #0
	bl vouch_bpf_xdp_redirect
	mov x7, x0
	end prog
"""

FAULT = _MACROS + """
	begin fault
	mov x1, #0xdead000000000000
1:	ldr x7, [x1, #16]
2:	add x7, x7, #2
	end fault
	.pushsection __ex_table, "a"
	.long 1b - ., 2b - .
	.short 3, 31 | 7 << 5
	.popsection
"""

SWAPS = {
    "swap-call": ("bl vouch_bpf_htab_lookup_raw", "bl vouch_bpf_htab_delete"),
    "swap-slot": ("ldr x0, slots + 24", "ldr x0, slots + 32"),
    "swap-code": ("cmp x0, #8", "cmp x0, #9"),
    "swap-return": ("\tret\n", "\tnop\n"),
}

KIND_PASS = _MACROS + """
	begin pass
	mov x7, #2
	end pass
"""
KIND_FILL = """
	begin fill
	mov x19, x0
	mov w1, #32
	str w1, [x27]
	ldr x1, [x19]
	ldr w1, [x1]
	str w1, [x27, #4]
	mov x1, #1
	str x1, [x27, #8]
	ldr x0, slots + 8 * %(lpm_trie)d
	mov x1, x27
	add x2, x27, #8
	mov x3, #0
	bl vouch_bpf_trie_update
	ldr x0, slots + 8 * %(ringbuf)d
	mov x1, x27
	mov x2, #16
	mov x3, #0
	bl vouch_bpf_ringbuf_output
	mov x0, x19
	ldr x1, slots + 8 * %(perf_event_array)d
	mov w2, #-1
	mov x3, x27
	mov x4, #16
	bl vouch_bpf_xdp_event_output
	mov x7, #2
	end fill
"""
KIND_SHAPE = """
	begin shape
	mov x19, x0
	mov x1, #0x81
	mov x2, #5
	bl vouch_bpf_skb_vlan_push
	mov x0, x19
	mov x1, #5
	mov x2, #6
	bl vouch_bpf_skb_vlan_push
	mov x0, x19
	mov x1, #1400
	mov x2, #0
	bl vouch_bpf_skb_change_tail
	mov x0, x19
	mov x1, #1
	mov x2, #0
	bl vouch_bpf_clone_redirect
	mov x7, #0
	end shape
"""
