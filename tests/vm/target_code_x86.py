# SPDX-License-Identifier: BSD-2-Clause
"""What handmade images for x86-64 do; target_code_arm64.py has the same names,
and the same meaning. What image_forms.py calls the architecture's number, and
what target_images.py replaces in COUNT."""

import image_forms

FORM = image_forms.X86

PASS = """
	.text
	.p2align 4, 0xcc
	.type prog, @function
prog:	mov $%d, %%eax
	jmp __x86_return_thunk
	.size prog, . - prog
"""

# Counts runs in an array and in .bss, lengths in a hash, both in per-CPU
# maps as well; the verdict is the packet's first byte.
COUNT = """
	.text
	.p2align 4, 0xcc
	.type count, @function
count:	push %rbp
	mov %rsp, %rbp
	sub $32, %rsp
	push %rbx
	push %r12
	mov %rdi, %rbx
	movl $0, -4(%rbp)
	mov slots(%rip), %rdi
	lea -4(%rbp), %rsi
	call vouch_bpf_map_lookup
	test %rax, %rax
	je 1f
	addq $1, (%rax)
1:	# the array again, as inlined code has it: 336 is array_value
	mov slots(%rip), %rdi
	add $336, %rdi
	addq $1, 8(%rdi)
	mov 8(%rbx), %rax
	sub (%rbx), %rax
	mov %eax, -8(%rbp)
	mov slots+8(%rip), %rdi
	lea -8(%rbp), %rsi
	call vouch_bpf_htab_lookup_raw
	test %rax, %rax
	je 2f
	add $56, %rax
	addq $1, (%rax)
	jmp 3f
2:	movq $1, -16(%rbp)
	mov slots+8(%rip), %rdi
	lea -8(%rbp), %rsi
	lea -16(%rbp), %rdx
	xor %ecx, %ecx
	call vouch_bpf_htab_update
3:	mov slots+16(%rip), %rax
	incl (%rax)
	mov slots+24(%rip), %rdi
	lea -4(%rbp), %rsi
	call vouch_bpf_percpu_array_lookup
	test %rax, %rax
	je 4f
	addq $1, (%rax)
4:	mov slots+32(%rip), %rdi
	lea -8(%rbp), %rsi
	call vouch_bpf_percpu_htab_lookup
	test %rax, %rax
	je 5f
	addq $1, (%rax)
	jmp 6f
5:	movq $1, -16(%rbp)
	mov slots+32(%rip), %rdi
	lea -8(%rbp), %rsi
	lea -16(%rbp), %rdx
	xor %ecx, %ecx
	call vouch_bpf_percpu_htab_update
6:	mov (%rbx), %rax
	movzbl (%rax), %eax
	pop %r12
	pop %rbx
	leave
	jmp __x86_return_thunk
	.size count, . - count
	.p2align 4, 0xcc
	.type head, @function
head:	# four bytes off the front, the rest shifts; 1 if that failed
	push %rbx
	mov %rdi, %rbx
	mov $4, %esi
	call vouch_bpf_xdp_adjust_head
	test %rax, %rax
	mov $2, %eax
	je 1f
	mov $1, %eax
1:	pop %rbx
	jmp __x86_return_thunk
	.size head, . - head
	.p2align 4, 0xcc
	.type time, @function
time:	# 2 if time goes by and the CPU is below 8
	push %rbx
	call vouch_bpf_ktime_get_ns
	mov %rax, %rbx
	call vouch_bpf_ktime_get_ns
	sub %rbx, %rax
	js 1f
	call vouch_bpf_get_smp_processor_id
	cmp $8, %rax
	jae 1f
	mov $2, %eax
	pop %rbx
	jmp __x86_return_thunk
1:	xor %eax, %eax
	pop %rbx
	jmp __x86_return_thunk
	.size time, . - time
"""

# Adds to two numbers of a value, under its lock.
LOCKED = """
	.text
	.p2align 4, 0xcc
	.type locked, @function
locked:	push %rbx
	push $0
	mov slots(%rip), %rdi
	mov %rsp, %rsi
	call vouch_bpf_array_lookup
	mov %rax, %rbx
	lea 8(%rbx), %rdi
	call vouch_bpf_spin_lock
	incq (%rbx)
	incq 16(%rbx)
	lea 8(%rbx), %rdi
	call vouch_bpf_spin_unlock
	pop %rax
	mov $2, %eax
	pop %rbx
	jmp __x86_return_thunk
	.size locked, . - locked
"""
# To the fourth interface of the VM, lo and three others being before it.
BOUNCE = """
	.text
	.p2align 4, 0xcc
	.type prog, @function
prog:	push %rbx
	mov $4, %edi
	xor %esi, %esi
	call vouch_bpf_xdp_redirect
	pop %rbx
	jmp __x86_return_thunk
	.size prog, . - prog
"""

# A load from where nothing is: 0 is loaded, and the verdict is 2.
FAULT = """
	.text
	.p2align 4, 0xcc
	.type fault, @function
fault:	movabs $0xdead000000000000, %rsi
1:	mov 16(%rsi), %rax
2:	add $2, %rax
	jmp __x86_return_thunk
	.size fault, . - fault
	.pushsection __ex_table, "a"
	.long 1b - ., 2b - ., 17
	.popsection
"""

# Of COUNT: a call, a slot, an instruction, a return, a helper that there is
# not.
SWAPS = {
    "swap-call": ("call vouch_bpf_htab_lookup_raw",
                  "call vouch_bpf_htab_delete"),
    "swap-slot": ("mov slots+24(%rip)", "mov slots+32(%rip)"),
    "swap-code": ("cmp $8, %rax", "cmp $9, %rax"),
    "swap-return": ("leave\n\tjmp __x86_return_thunk",
                    "leave\n\tjmp vouch_bpf_ktime_get_ns"),
}

KIND_PASS = """
	.text
	.p2align 4, 0xcc
	.type pass, @function
pass:	mov $2, %eax
	jmp __x86_return_thunk
	.size pass, . - pass
"""
# To the trie with the packet's first bytes as key, and out by both kinds of
# rings.
KIND_FILL = """
	.p2align 4, 0xcc
	.type fill, @function
fill:	push %%rbx
	mov %%rdi, %%rbx
	sub $32, %%rsp
	movl $32, (%%rsp)
	mov (%%rbx), %%rax
	mov (%%rax), %%eax
	mov %%eax, 4(%%rsp)
	movq $1, 8(%%rsp)
	mov slots+8*%(lpm_trie)d(%%rip), %%rdi
	mov %%rsp, %%rsi
	lea 8(%%rsp), %%rdx
	xor %%ecx, %%ecx
	call vouch_bpf_trie_update
	mov slots+8*%(ringbuf)d(%%rip), %%rdi
	mov %%rsp, %%rsi
	mov $16, %%edx
	xor %%ecx, %%ecx
	call vouch_bpf_ringbuf_output
	mov %%rbx, %%rdi
	mov slots+8*%(perf_event_array)d(%%rip), %%rsi
	mov $0xffffffff, %%edx
	mov %%rsp, %%rcx
	mov $16, %%r8d
	call vouch_bpf_xdp_event_output
	mov $2, %%eax
	add $32, %%rsp
	pop %%rbx
	jmp __x86_return_thunk
	.size fill, . - fill
"""
# A tag, more room and a copy to the loopback interface: each takes memory.
KIND_SHAPE = """
	.p2align 4, 0xcc
	.type shape, @function
shape:	push %rbx
	mov %rdi, %rbx
	mov $0x81, %esi
	mov $5, %edx
	call vouch_bpf_skb_vlan_push
	mov %rbx, %rdi
	mov $5, %esi
	mov $6, %edx
	call vouch_bpf_skb_vlan_push
	mov %rbx, %rdi
	mov $1400, %esi
	xor %edx, %edx
	call vouch_bpf_skb_change_tail
	mov %rbx, %rdi
	mov $1, %esi
	xor %edx, %edx
	call vouch_bpf_clone_redirect
	xor %eax, %eax
	pop %rbx
	jmp __x86_return_thunk
	.size shape, . - shape
"""
