// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tables of an image that the module loader acts on: exception tables,
 * addresses of functions, sites of thunks. None that is not of the code is
 * signed.
 */

#include "../../host-bridge/x86/insn.h"
#include "loads_fixture.h"
#include "sign_fixture.h"
#include "tail_call_fixture.h"

static Elf64_Rela *relas_of(struct state *s, u32 section)
{
	return (Elf64_Rela *)(void *)section_bytes(s, section);
}

static u8 *text(struct state *s, u64 off)
{
	return (u8 *)(uintptr_t)s->img.text + off;
}

/* The relocation of .text that has that symbol and type; the last one. */
static Elf64_Rela *last_rela(struct state *s, const char *import)
{
	Elf64_Rela *relas = relas_of(s, VOUCH_SECTION_RELA_TEXT);
	u32 i = s->img.n_relas;

	while (i--) {
		u32 sym = ELF64_R_SYM(relas[i].r_info);

		if (sym >= s->img.first_import &&
		    !strcmp(vouch_image_symbol(&s->img, sym), import))
			return &relas[i];
	}
	fail_msg("no relocation to %s", import);
	return NULL;
}

/* mov rsi, [rdi + 16], and mov r13, [r14 - 200] */
static void make_loads(struct fixture *f)
{
	fixture_far_load(f, fixture_load(f, marks.mov));
}

static void make_load(struct fixture *f)
{
	fixture_load(f, marks.mov);
}

static struct vouch_ex_entry *entry(struct state *s, u32 i)
{
	return (struct vouch_ex_entry *)(uintptr_t)&s->img.faults[i];
}

/* Of entry @i: [0] of the load, [1] of what is behind it. */
static Elf64_Rela *places(struct state *s, u32 i)
{
	return relas_of(s, VOUCH_SECTION_RELA_EX_TABLE) + 2ul * i;
}

static void prepared_load(struct state *s)
{
	entry(s, 0)->insn = cpu_to_le32(1);
}

static void prepared_fixup(struct state *s)
{
	entry(s, 1)->fixup = cpu_to_le32(1);
}

/* EX_TYPE_UACCESS: its handler would go on elsewhere. */
static void other_handler(struct state *s)
{
	entry(s, 0)->data = cpu_to_le32(3 | VOUCH_X86_RSI << 8);
}

static void register_beyond_the_last(struct state *s)
{
	entry(s, 0)->data = cpu_to_le32(VOUCH_X86_EX_DATA(16));
}

static void result_other_than_zero(struct state *s)
{
	entry(s, 0)->data =
		cpu_to_le32(VOUCH_X86_EX_DATA(VOUCH_X86_RSI) | 1 << 16);
}

static void other_register(struct state *s)
{
	entry(s, 0)->data = cpu_to_le32(VOUCH_X86_EX_DATA(VOUCH_X86_RDI));
}

static void moved_relocation(struct state *s)
{
	places(s, 0)[0].r_offset += 4;
}

static void second_at_the_first(struct state *s)
{
	places(s, 0)[1].r_offset = 0;
}

static void relocated_by_slots(struct state *s)
{
	places(s, 1)[0].r_info =
		ELF64_R_INFO((u64)VOUCH_SYM_SLOTS, R_X86_64_PC32);
}

static void wide_relocation(struct state *s)
{
	places(s, 1)[1].r_info = ELF64_R_INFO((u64)VOUCH_SYM_TEXT, R_X86_64_64);
}

static void load_outside_text(struct state *s)
{
	places(s, 1)[0].r_addend = s->img.text_len;
	places(s, 1)[1].r_addend = s->img.text_len + FAR_LOAD;
}

static void load_before_text(struct state *s)
{
	places(s, 0)[0].r_addend = -8;
}

static void end_outside_text(struct state *s)
{
	places(s, 1)[0].r_addend = s->img.text_len - FAR_LOAD;
	places(s, 1)[1].r_addend = s->img.text_len;
}

static void going_on_at_the_load(struct state *s)
{
	places(s, 0)[1].r_addend = places(s, 0)[0].r_addend;
}

static void going_on_far_behind(struct state *s)
{
	places(s, 0)[1].r_addend = places(s, 0)[0].r_addend + 16;
}

/* The loader would sort them; the check of overlaps goes by their order. */
static void descending_entries(struct state *s)
{
	s64 load = places(s, 0)[0].r_addend, end = places(s, 0)[1].r_addend;

	places(s, 0)[0].r_addend = places(s, 1)[0].r_addend;
	places(s, 0)[1].r_addend = places(s, 1)[1].r_addend;
	places(s, 1)[0].r_addend = load;
	places(s, 1)[1].r_addend = end;
	entry(s, 0)->data = cpu_to_le32(VOUCH_X86_EX_DATA(VOUCH_X86_R13));
	entry(s, 1)->data = cpu_to_le32(VOUCH_X86_EX_DATA(VOUCH_X86_RSI));
}

static void one_load_twice(struct state *s)
{
	places(s, 1)[0].r_addend = places(s, 0)[0].r_addend;
	places(s, 1)[1].r_addend = places(s, 0)[1].r_addend;
	entry(s, 1)->data = entry(s, 0)->data;
}

static void entry_of_a_store(struct state *s)
{
	text(s, (u64)places(s, 0)[0].r_addend)[1] = 0x89;
}

static void entry_of_a_move(struct state *s)
{
	text(s, (u64)places(s, 0)[0].r_addend)[2] |= 0xc0;
}

/* It would be longer by a byte, which is another instruction's first. */
static void entry_of_a_stack_load(struct state *s)
{
	text(s, (u64)places(s, 0)[0].r_addend)[2] = 0x74;
}

/* movsx r13, byte [r15 + 16] */
static void entry_of_a_sign_extension(struct state *s)
{
	static const u8 insn[] = { 0x4d, 0x0f, 0xbe, 0x6f, 0x10 };
	Elf64_Rela *r = places(s, 1);

	memcpy(text(s, (u64)r[0].r_addend), insn, sizeof(insn));
	r[1].r_addend = r[0].r_addend + (s64)sizeof(insn);
}

static void entry_behind_the_load(struct state *s)
{
	places(s, 0)[1].r_addend += 1;
}

static void exception_tables_are_of_the_code(void **state)
{
	static const struct abuse abuses[] = {
		{ prepared_load, "exception table: not an entry" },
		{ prepared_fixup, "exception table: not an entry" },
		{ other_handler, "exception table: not an entry" },
		{ register_beyond_the_last, "exception table: not an entry" },
		{ result_other_than_zero, "exception table: not an entry" },
		{ moved_relocation, "exception table: a relocation" },
		{ second_at_the_first, "exception table: a relocation" },
		{ relocated_by_slots, "exception table: a relocation" },
		{ wide_relocation, "exception table: a relocation" },
		{ load_outside_text, "exception table: not where" },
		{ load_before_text, "exception table: not where" },
		{ end_outside_text, "exception table: not where" },
		{ going_on_at_the_load, "exception table: not where" },
		{ going_on_far_behind, "exception table: not where" },
		{ descending_entries, "exception table: not where" },
		{ one_load_twice, "exception table: not where" },
		{ other_register, "for what is no load" },
		{ entry_of_a_store, "for what is no load" },
		{ entry_of_a_move, "for what is no load" },
		{ entry_of_a_stack_load, "for what is no load" },
		{ entry_of_a_sign_extension, "for what is no load" },
		{ entry_behind_the_load, "for what is no load" },
	};

	REFUSE_ALL(state, make_loads, abuses);
}

/* The first 4 bytes of another entry, which takes the padding's place. */
static void a_third_of_an_entry(struct state *s)
{
	SECTION(s, VOUCH_SECTION_EX_TABLE)->sh_size += 4;
}

static void entries_are_whole(void **state)
{
	static const struct abuse abuses[] = {
		{ a_third_of_an_entry, "not two relocations for each entry" },
	};

	REFUSE_ALL(state, make_load, abuses);
}

static Elf64_Rela *address(struct state *s)
{
	Elf64_Rela *relas = relas_of(s, VOUCH_SECTION_RELA_TEXT);
	u32 i;

	for (i = 0; i < s->img.n_relas; i++)
		if (ELF64_R_TYPE(relas[i].r_info) == R_X86_64_64)
			return &relas[i];
	fail_msg("no address");
	return NULL;
}

static void address_within_a_function(struct state *s)
{
	address(s)->r_addend += 1;
}

static void address_beyond_the_functions(struct state *s)
{
	address(s)->r_addend = s->img.text_len;
}

static void address_of_a_slot(struct state *s)
{
	address(s)->r_info = ELF64_R_INFO((u64)VOUCH_SYM_SLOTS, R_X86_64_64);
}

static void address_of_an_import(struct state *s)
{
	address(s)->r_info =
		ELF64_R_INFO((u64)s->img.first_import, R_X86_64_64);
}

/* mov al, imm8: eight bytes of what follows would be written over. */
static void address_in_other_code(struct state *s)
{
	text(s, address(s)->r_offset)[-1] = 0xb0;
}

static void address_without_its_prefix(struct state *s)
{
	text(s, address(s)->r_offset)[-2] = 0x66;
}

static void address_at_the_start(struct state *s)
{
	Elf64_Rela *first = relas_of(s, VOUCH_SECTION_RELA_TEXT);

	*first = *address(s);
	first->r_offset = 1;
}

static void addresses_are_of_functions(void **state)
{
	static const struct abuse abuses[] = {
		{ address_within_a_function, "not to a function" },
		{ address_beyond_the_functions, "not to a function" },
		{ address_of_a_slot, "not to a function" },
		{ address_of_an_import, "not to a function" },
		{ address_in_other_code, "an address that no movabs loads" },
		{ address_without_its_prefix,
		  "an address that no movabs loads" },
		{ address_at_the_start, "an address that no movabs loads" },
	};

	REFUSE_ALL(state, fixture_take_address, abuses);
}

static void make_tail_call(struct fixture *f)
{
	fixture_tail_call(f, THUNK);
}

static void moved_retpoline(struct state *s)
{
	relas_of(s, VOUCH_SECTION_RELA_RETPOLINE_SITES)->r_addend += 1;
}

static void retpoline_of_slots(struct state *s)
{
	relas_of(s, VOUCH_SECTION_RELA_RETPOLINE_SITES)->r_info =
		ELF64_R_INFO((u64)VOUCH_SYM_SLOTS, R_X86_64_PC32);
}

static void prepared_retpoline(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_RETPOLINE_SITES)[0] = 1;
}

/* call, where the kernel would write the code of a jump. */
static void called_retpoline(struct state *s)
{
	text(s, last_rela(s, VOUCH_INDIRECT_THUNK)->r_offset)[-1] = 0xe8;
}

/* The site stays: the kernel would write over a jump to what has no thunk. */
static void retpoline_of_no_thunk(struct state *s)
{
	last_rela(s, VOUCH_INDIRECT_THUNK)->r_info =
		last_rela(s, VOUCH_RETURN_THUNK)->r_info;
}

static void jump_without_its_site(struct state *s)
{
	last_rela(s, VOUCH_RETURN_THUNK)->r_info =
		last_rela(s, VOUCH_INDIRECT_THUNK)->r_info;
}

/* To what the loader relocates as well, but no thunk's site names. */
static void aim_at_a_slot(Elf64_Rela *r)
{
	r->r_info = ELF64_R_INFO((u64)VOUCH_SYM_SLOTS, R_X86_64_PC32);
	r->r_addend = -4;
}

static void jump_to_a_slot(struct state *s)
{
	aim_at_a_slot(last_rela(s, VOUCH_INDIRECT_THUNK));
}

static void return_to_a_slot(struct state *s)
{
	aim_at_a_slot(last_rela(s, VOUCH_RETURN_THUNK));
}

static void retpoline_sites_are_of_the_code(void **state)
{
	static const struct abuse abuses[] = {
		{ moved_retpoline, "retpoline sites: not those" },
		{ retpoline_of_slots, "retpoline sites: not those" },
		{ prepared_retpoline, "retpoline sites: not those" },
		{ called_retpoline, "retpoline sites: not those" },
		{ jump_without_its_site, "retpoline sites: not those" },
		{ jump_to_a_slot, "retpoline sites: more than retpolines" },
		{ retpoline_of_no_thunk, "return sites: not those" },
		{ return_to_a_slot, "return sites: more than returns" },
	};

	REFUSE_ALL(state, make_tail_call, abuses);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(exception_tables_are_of_the_code),
		T(entries_are_whole),
		T(addresses_are_of_functions),
		T(retpoline_sites_are_of_the_code),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
