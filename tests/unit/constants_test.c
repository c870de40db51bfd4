// SPDX-License-Identifier: BSD-2-Clause
/* Which constants accesses explain. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "../../host-bridge/check_constants.h"

#define MAX_INSNS 3

/* One access, and what is in its place. */
struct one {
	struct vouch_access access;
	struct bpf_insn insns[MAX_INSNS];
};

static struct one load(u8 size, u32 field_size, u32 target_size)
{
	const struct bpf_insn insn = { .code = BPF_LDX | BPF_MEM | size,
				       .src_reg = 1 };
	struct one one = {
		.access = { .base = cpu_to_le32(VOUCH_BASE_CTX),
			    .field_size = cpu_to_le32(field_size),
			    .n_insns = cpu_to_le32(MAX_INSNS),
			    .target_size = cpu_to_le32(target_size) },
		.insns = {
			insn,
			{ .code = BPF_JMP | BPF_JGE, .off = 1, .imm = 8193 },
			{ .code = BPF_ALU | BPF_MOV, .imm = -1 },
		},
	};

	memcpy(one.access.code, &insn, sizeof(insn));
	return one;
}

/* Are these values, and no other ones of the first 10,000, explained? */
static void explained(const struct one *ones, u32 n, const u32 *values,
		      u32 n_values)
{
	struct vouch_access_view views[4];
	const struct vouch_capture_prog_view prog = {
		.accesses = views,
		.n_accesses = n,
	};
	struct vouch_constants constants;
	u32 i, v = 0;

	for (i = 0; i < n; i++)
		views[i] = (struct vouch_access_view){
			.access = &ones[i].access,
			.insns = (const u8 *)ones[i].insns,
			.n_insns = le32_to_cpu(ones[i].access.n_insns),
		};
	assert_int_equal(vouch_constants_read(&prog, &constants), 0);
	for (i = 0; i < 0x20000; i++) {
		bool have = vouch_constants_have(&constants, i);

		if (have != (v < n_values && values[v] == i))
			fail_msg("0x%x is %sexplained", i, have ? "" : "not ");
		v += have;
	}
	assert_int_equal(vouch_constants_have(&constants, 0xffffffff), n != 0);
	vouch_constants_release(&constants);
}

#define NONE 0xfffffffe
#define EXPLAINED(ones, n, ...)                          \
	explained(ones, n, (const u32[]){ __VA_ARGS__ }, \
		  sizeof((const u32[]){ __VA_ARGS__ }) / sizeof(u32))

static void constants_are_those_of_the_accesses(void **state)
{
	struct one ones[] = { load(BPF_W, 4, 4), load(BPF_W, 4, 4) };

	(void)state;
	EXPLAINED(ones, 0, NONE);
	EXPLAINED(ones, 1, 8193);
	ones[1].insns[1].imm = 7;
	EXPLAINED(ones, 2, 7, 8193);
}

/* What is loaded whole has no mask, however large its field is. */
static void masks_are_those_of_parts(void **state)
{
	struct one ones[] = { load(BPF_B, 4, 4), load(BPF_H, 8, 8) };

	(void)state;
	EXPLAINED(ones, 1, 0xff, 8193);
	EXPLAINED(ones, 2, 0xff, 8193, 0xffff);
	ones[0] = load(BPF_H, 2, 2);
	EXPLAINED(ones, 1, 8193);
	ones[0] = load(BPF_DW, 8, 8);
	EXPLAINED(ones, 1, 8193);
	/* Nor has what the kernel's own field is no larger than. */
	ones[0] = load(BPF_H, 4, 2);
	EXPLAINED(ones, 1, 8193);
}

/* An offset is no constant of the code. */
static void other_numbers_explain_nothing(void **state)
{
	struct one ones[] = { load(BPF_W, 4, 4) };

	(void)state;
	ones[0].insns[0].off = 200;
	ones[0].insns[0].imm = 300;
	ones[0].insns[1].code |= BPF_X;
	EXPLAINED(ones, 1, NONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(constants_are_those_of_the_accesses),
		cmocka_unit_test(masks_are_those_of_parts),
		cmocka_unit_test(other_numbers_explain_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
