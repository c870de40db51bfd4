// SPDX-License-Identifier: BSD-2-Clause
/*
 * Images for arm64: the one shape that they have, and that nothing is signed
 * that differs from it. What all architectures share is tried with x86-64.
 */

#include "arm64_image.h"
#include "image_abuses.h"

static void convert(struct state *s)
{
	u8 *x86 = s->image;
	const char *why = "";

	if (vouch_image_parse(x86, s->len, &s->img, &why))
		fail_msg("%s", why);
	s->image = arm64_image(&s->img, &s->len);
	free(x86);
}

static int start_arm64(void **state)
{
	struct state *s = *state;

	s->convert = convert;
	return start(state);
}

static void it_is_of_the_shape(void **state)
{
	struct state *s = *state;
	u32 size;

	assert_ptr_equal(s->img.arch, &vouch_image_arm64);
	assert_int_equal(s->img.n_relas, 3);
	assert_int_equal(s->img.n_faults, 2);
	assert_int_equal(s->img.n_slots, 2);
	assert_false(s->img.retpoline);
	assert_int_equal(vouch_image_slot(&s->img, &s->img.relas[2]), 1);
	vouch_image_section(&s->img, VOUCH_SECTION_RETURN_SITES, &size);
	assert_int_equal(size, 0);
	assert_int_equal(s->img.n_returns, 0);
}

static void every_byte_is_bound(void **state)
{
	struct state *s = *state;
	const struct vouch_image_range *record = &s->img.volatiles[3];
	struct vouch_image img;
	const char *why;
	size_t i;

	for (i = 0; i < s->len; i++) {
		if (i >= record->off && i < record->off + record->len)
			continue;
		s->image[i] ^= 1;
		if (!vouch_image_parse(s->image, s->len, &img, &why) &&
		    !vouch_content_check(&img, &why))
			fail_msg("byte %zu is free", i);
		s->image[i] ^= 1;
	}
}

static u32 *word(struct state *s, u32 i)
{
	return (u32 *)(void *)section_bytes(s, VOUCH_SECTION_TEXT) + i;
}

static struct vouch_ex_entry *entry(struct state *s, u32 i)
{
	return (struct vouch_ex_entry *)(uintptr_t)&s->img.faults[i];
}

/* Of entry @i: [0] of the load, [1] of what is behind it. */
static Elf64_Rela *places(struct state *s, u32 i)
{
	return (Elf64_Rela *)(uintptr_t)&s->img.fault_relas[2ul * i];
}

static void x86_requirements(struct state *s)
{
	struct vouch_requirements *r =
		(struct vouch_requirements *)(uintptr_t)s->img.req.req;

	r->arch = cpu_to_le32(VOUCH_ARCH_X86_64);
}

static void x86_header(struct state *s)
{
	EHDR(s)->e_machine = EM_X86_64;
}

static void filled_plt(struct state *s)
{
	SECTION(s, VOUCH_SECTION_PLT)->sh_size = 12;
}

static void plt_in_the_file(struct state *s)
{
	SECTION(s, VOUCH_SECTION_INIT_PLT)->sh_type = SHT_PROGBITS;
}

static void x86_relocation(struct state *s)
{
	rela(s, 1)->r_info = ELF64_R_INFO(5ull, R_X86_64_PLT32);
}

static void absolute_address(struct state *s)
{
	rela(s, 0)->r_info = ELF64_R_INFO((u64)VOUCH_SYM_TEXT, R_AARCH64_ABS64);
}

static void no_relocation(struct state *s)
{
	rela(s, 0)->r_info = ELF64_R_INFO((u64)VOUCH_SYM_SLOTS, 0);
}

static void call_beside(struct state *s)
{
	rela(s, 1)->r_addend = 4;
}

static void call_of_own_function(struct state *s)
{
	rela(s, 1)->r_info = ELF64_R_INFO(3ull, R_AARCH64_CALL26);
}

static void slot_of_the_code(struct state *s)
{
	rela(s, 0)->r_info =
		ELF64_R_INFO((u64)VOUCH_SYM_TEXT, R_AARCH64_LD_PREL_LO19);
}

static void slot_before_all(struct state *s)
{
	rela(s, 0)->r_addend = -8;
}

static void slot_behind_all(struct state *s)
{
	rela(s, 0)->r_addend = 16;
}

static void half_a_slot(struct state *s)
{
	rela(s, 0)->r_addend = 4;
}

static void relocation_within_a_word(struct state *s)
{
	rela(s, 0)->r_offset += 2;
}

static void relocation_behind_the_code(struct state *s)
{
	rela(s, 2)->r_offset = s->img.text_len;
}

static void descending_relocations(struct state *s)
{
	rela(s, 2)->r_offset = rela(s, 0)->r_offset;
}

static void call_by_jump(struct state *s)
{
	*word(s, ARM64_CALL) = 0x14000000;
}

static void call_prepared(struct state *s)
{
	*word(s, ARM64_CALL) += 1;
}

static void load_prepared(struct state *s)
{
	*word(s, ARM64_MAP) += 1 << 5;
}

static void load_of_a_half(struct state *s)
{
	*word(s, ARM64_MAP) = 0x18000000;
}

/* The frame pointer, and a register that is not a program's. */
static void load_of_the_frame(struct state *s)
{
	*word(s, ARM64_MAP) = 0x58000000 | 29;
}

static void load_of_no_register(struct state *s)
{
	*word(s, ARM64_MAP) = 0x58000000 | 5;
}

static void other_filler(struct state *s)
{
	*word(s, ARM64_FILLER) = 0xd503201f;
}

static void x86_filler(struct state *s)
{
	*word(s, ARM64_FILLER) = 0xcccccccc;
}

static void part_of_an_instruction(struct state *s)
{
	symbol(s, 3)->st_size -= 2;
}

static const struct abuse shape_abuses[] = {
	{ x86_requirements, "of another architecture than the code" },
	{ x86_header, "not the sections" },
	{ filled_plt, "of the loader's is not empty" },
	{ plt_in_the_file, "section header" },
	{ x86_relocation, "a type that no image has" },
	{ absolute_address, "a type that no image has" },
	{ no_relocation, "a type that no image has" },
	{ call_beside, "not to an import" },
	{ call_of_own_function, "not to an import" },
	{ slot_of_the_code, "not to a slot" },
	{ slot_before_all, "not to a slot" },
	{ slot_behind_all, "not to a slot" },
	{ half_a_slot, "not to a slot" },
	{ relocation_within_a_word, "not where it must be" },
	{ relocation_behind_the_code, "not where it must be" },
	{ descending_relocations, "not where it must be" },
	{ call_by_jump, "not of a bl" },
	{ call_prepared, "not of a bl" },
	{ load_prepared, "not of an ldr" },
	{ load_of_a_half, "not of an ldr" },
	{ load_of_the_frame, "not of an ldr" },
	{ load_of_no_register, "not of an ldr" },
	{ other_filler, "not brk" },
	{ x86_filler, "not brk" },
	{ part_of_an_instruction, "not of whole instructions" },
};

static void abuses_of_the_shape_are_refused(void **state)
{
	REFUSE_ALL(state, NULL, shape_abuses);
}

static void x86_exception(struct state *s)
{
	entry(s, 0)->data = cpu_to_le32(VOUCH_X86_EX_DATA(1));
}

/* EX_TYPE_BPF, which a kernel without JIT does not handle. */
static void bpf_exception(struct state *s)
{
	entry(s, 0)->data = cpu_to_le32(VOUCH_ARM64_EX_DATA(1) & ~2u);
}

static void error_to_a_register(struct state *s)
{
	entry(s, 0)->data = cpu_to_le32(3u | (7u | 1u << 5) << 16);
}

static void zero_to_no_register(struct state *s)
{
	entry(s, 0)->data = cpu_to_le32(VOUCH_ARM64_EX_DATA(31));
}

static void further_bits(struct state *s)
{
	entry(s, 0)->data |= cpu_to_le32(1u << 31);
}

static void other_register(struct state *s)
{
	entry(s, 0)->data = cpu_to_le32(VOUCH_ARM64_EX_DATA(2));
}

static void prepared_load(struct state *s)
{
	entry(s, 0)->insn = cpu_to_le32(4);
}

static void entry_of_a_store(struct state *s)
{
	*word(s, ARM64_LOAD) = 0xf9000a81;
}

static void entry_of_a_store_by_register(struct state *s)
{
	*word(s, ARM64_FAR_LOAD) = 0x782a6a93;
}

static void entry_of_a_signed_load(struct state *s)
{
	*word(s, ARM64_LOAD) = 0xb9800a81;
}

static void entry_of_a_shifted_load(struct state *s)
{
	*word(s, ARM64_FAR_LOAD) = 0x786a7a93;
}

static void entry_of_a_float(struct state *s)
{
	*word(s, ARM64_LOAD) = 0xfd400a81;
}

static void going_on_later(struct state *s)
{
	places(s, 0)[1].r_addend += 4;
}

/* What stands at two halves of instructions would be a load. */
static void load_within_a_word(struct state *s)
{
	const u32 load = *word(s, ARM64_LOAD);

	*word(s, ARM64_LOAD) = load << 16;
	*word(s, ARM64_LOAD + 1) = load >> 16;
	places(s, 0)[0].r_addend += 2;
	places(s, 0)[1].r_addend += 2;
}

static void other_type(struct state *s)
{
	places(s, 0)[0].r_info =
		ELF64_R_INFO((u64)VOUCH_SYM_TEXT, R_AARCH64_PREL64);
}

static void to_the_slots(struct state *s)
{
	places(s, 0)[1].r_info =
		ELF64_R_INFO((u64)VOUCH_SYM_SLOTS, R_AARCH64_PREL32);
}

static const struct abuse fault_abuses[] = {
	{ x86_exception, "not an entry of images" },
	{ bpf_exception, "not an entry of images" },
	{ error_to_a_register, "not an entry of images" },
	{ zero_to_no_register, "not an entry of images" },
	{ further_bits, "not an entry of images" },
	{ prepared_load, "not an entry of images" },
	{ other_register, "what is no load" },
	{ entry_of_a_store, "what is no load" },
	{ entry_of_a_store_by_register, "what is no load" },
	{ entry_of_a_signed_load, "what is no load" },
	{ entry_of_a_shifted_load, "what is no load" },
	{ entry_of_a_float, "what is no load" },
	{ going_on_later, "what is no load" },
	{ load_within_a_word, "what is no load" },
	{ other_type, "a relocation is not as it must be" },
	{ to_the_slots, "a relocation is not as it must be" },
};

static void exception_tables_are_of_the_code(void **state)
{
	REFUSE_ALL(state, NULL, fault_abuses);
}

/* Thunks are x86-64's. */
static void thunks_are_not_imported(void **state)
{
	struct state *s = *state;
	char *name = (char *)(uintptr_t)vouch_image_symbol(&s->img, 5);

	memcpy(name, VOUCH_RETURN_THUNK, sizeof(VOUCH_RETURN_THUNK));
	refused(s, "an import that no image may have");
}

static void limits_keep_slots_in_reach(void **state)
{
	/* Behind code and tables up to a page, of 64 KiB at worst; and the
	 * loader's jumps. */
	const u32 page = 64 << 10, plts = 12 * 1024;
	const struct vouch_image_arch *arch = &vouch_image_arm64;

	(void)state;
	assert_true(arch->max_text + plts + page +
			    arch->max_faults * sizeof(struct vouch_ex_entry) +
			    page + 8 * VOUCH_MAX_SLOTS_REFS <
		    1 << 20);
}

/* The fixture's image with more loads, and what the parser says of it. */
static void long_image(struct state *s, u32 loads, u32 faults, const char *text)
{
	struct vouch_image x86, img;
	const char *why = "";
	size_t len;
	void *file;

	free(s->image);
	s->image = fixture_link(&s->fixture, &s->len);
	if (vouch_image_parse(s->image, s->len, &x86, &why))
		fail_msg("%s", why);
	file = arm64_long_image(&x86, loads, faults, &len);
	why = "";
	vouch_image_parse(file, len, &img, &why);
	free(file);
	if (!why)
		why = "not refused";
	if (!strstr(why, text))
		fail_msg("%u loads: %s", loads, why);
}

static void too_much_is_refused(void **state)
{
	const u32 room = (VOUCH_ARM64_MAX_TEXT - sizeof(arm64_code)) / 4;
	const u32 most = VOUCH_ARM64_MAX_FAULTS - 2;
	struct state *s = *state;

	long_image(s, room, most, "not refused");
	long_image(s, room + 1, 0, "more code");
	long_image(s, room, most + 1, "more than images");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start_arm64, stop)
	const struct CMUnitTest tests[] = {
		T(it_is_of_the_shape),
		T(every_byte_is_bound),
		T(abuses_of_the_shape_are_refused),
		T(exception_tables_are_of_the_code),
		T(thunks_are_not_imported),
		T(limits_keep_slots_in_reach),
		T(too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
