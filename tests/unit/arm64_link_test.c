// SPDX-License-Identifier: BSD-2-Clause
/* Linking of arm64, and the last look at what was linked. */

#include "arm64_fixture.h"

#include "../../host-bridge/arm64/link.h"
#include "../../host-bridge/arm64/numbers.h"

static void link_word(const struct vouch_text *t, u32 word, u32 want)
{
	u32 is;

	memcpy(&is, t->code.data + 4ul * word, sizeof(is));
	if (is != want)
		fail_msg("word %u is %08x, not %08x", word, is, want);
}

static void linking_keeps_the_length(void **state)
{
	struct vouch_text t = {};
	struct vouch_link_site site = { .text = &t };
	const Elf64_Rela *r;
	struct arm64_function f;
	struct arm64_marks m;
	u32 i;

	(void)state;
	arm64_example(&f, &m);
	vouch_buffer_add(&t.code, f.words, 4ul * f.n);
	site.off = 4ul * m.call;
	site.code = t.code.data + site.off;
	vouch_arm64_link.call(&site, 9);
	for (i = 0; i < 3; i++)
		link_word(&t, m.call + i, 0xd503201f);
	link_word(&t, m.call + 3, 0x94000000);
	link_word(&t, m.call + 4, 0x91000007); /* mov x7, x0 */
	vouch_arm64_link.subcall(&site, 4 * (m.call + 3) - 0x20);
	link_word(&t, m.call + 3, 0x97fffff8);

	site.off = 4ul * m.wide;
	site.code = t.code.data + site.off;
	vouch_arm64_link.constant(&site, 0xffff00000000ffffull);
	link_word(&t, m.wide, 0xd2ffffe0); /* movz x0, #0xffff, lsl #48 */
	link_word(&t, m.wide + 1, 0xf2c00000);
	link_word(&t, m.wide + 2, 0xf2a00000);
	link_word(&t, m.wide + 3, 0xf29fffe0);
	vouch_arm64_link.slot(&site, 5);
	link_word(&t, m.wide, 0x58000000);
	for (i = 1; i < 4; i++)
		link_word(&t, m.wide + i, 0xd503201f);

	site.off = 4ul * m.address;
	site.code = t.code.data + site.off;
	vouch_arm64_link.function(&site, (u32)site.off - 4);
	link_word(&t, m.address, 0x10ffffe1); /* adr x1, 4 bytes back */
	link_word(&t, m.address + 1, 0xd503201f);
	link_word(&t, m.address + 2, 0xd503201f);

	site.off = 4ul * (m.end + 9);
	site.code = t.code.data + site.off;
	vouch_arm64_link.unreached(&site, 4 * (f.n - m.end - 9));
	for (i = m.end + 9; i < f.n; i++)
		link_word(&t, i, 0xd4202000);
	link_word(&t, m.end + 8, 0xd65f03c0);

	assert_int_equal(t.code.len, 4ul * f.n);
	r = (const void *)t.relas.data;
	assert_int_equal(t.relas.len, 2 * sizeof(*r));
	assert_int_equal(r[0].r_offset, 4 * (m.call + 3));
	assert_int_equal(r[0].r_info, ELF64_R_INFO(9ul, R_AARCH64_CALL26));
	assert_int_equal(r[1].r_offset, 4 * m.wide);
	assert_int_equal(r[1].r_info, ELF64_R_INFO((u64)VOUCH_SYM_SLOTS,
						   R_AARCH64_LD_PREL_LO19));
	assert_int_equal(r[1].r_addend, 40);
	vouch_text_release(&t);
}

/* What a look at an image finds in some instructions. */
static u32 find_numbers(const struct arm64_function *f, u64 *out)
{
	struct vouch_disasm *d = vouch_disasm_new(VOUCH_ARCH_ARM64);
	struct vouch_number_run run = {};
	struct vouch_disasm_insn insn;
	u32 i, n = 0;

	for (i = 0; i < f->n; i++) {
		assert_int_equal(vouch_disasm_step(d, (const u8 *)&f->words[i],
						   4, &insn),
				 0);
		n += vouch_arm64_numbers(&insn, &run, out + n);
	}
	vouch_disasm_free(d);
	return n;
}

static void numbers_of_several_parts_are_found(void **state)
{
	static const u64 values[] = {
		0xffff800012345678ull, 0xffff000000000000ull, 0x123456789abcull,
		0xffffffff12340000ull, 0xffffffffffff0001ull, 0x5ull,
	};
	u64 found[16] = {};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct vouch_arm64_unit unit = {
			.insn = { .code = ARM64_WIDE, .dst_reg = 3 },
			.value = values[i],
		};
		struct arm64_function f = {};

		arm64_add(&f, unit);
		unit.insn.dst_reg = 4;
		unit.value = 7;
		arm64_add(&f, unit); /* another register's */
		arm64_word(&f, 0xd65f03c0);
		assert_int_equal(find_numbers(&f, found), 2);
		assert_true(found[0] == values[i]);
		assert_int_equal(found[1], 7);
	}
}

static void a_call_of_the_kernel_is_found(void **state)
{
	struct arm64_function f = {};
	u64 found[16] = {};

	(void)state;
	arm64_add(&f, (struct vouch_arm64_unit){ .insn = { .code = ARM64_CALL },
						 .value = ARM64_HELPER });
	/* The result's move is an addition of nothing. */
	assert_int_equal(find_numbers(&f, found), 2);
	assert_true(found[0] == ARM64_HELPER);
	assert_int_equal(found[1], 0);
}

static void where_branches_lead_is_no_number(void **state)
{
	static const u32 words[] = {
		0x54ffffe0, /* b.eq, back */
		0x17ffffff, /* b, back */
		0x97ffffff, /* bl */
		0x10ffffe0, /* adr */
		0x58ffffe0, /* ldr literal */
		0xb5ffffe0, /* cbnz */
		0xd4202000, /* brk */
	};
	struct arm64_function f = {};
	u64 found[16] = {};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		arm64_word(&f, words[i]);
	assert_int_equal(find_numbers(&f, found), 0);
	arm64_word(&f, 0xf9400421); /* ldr x1, [x1, #8] */
	assert_int_equal(find_numbers(&f, found), 1);
	assert_int_equal(found[0], 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linking_keeps_the_length),
		cmocka_unit_test(numbers_of_several_parts_are_found),
		cmocka_unit_test(a_call_of_the_kernel_is_found),
		cmocka_unit_test(where_branches_lead_is_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
