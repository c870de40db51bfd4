// SPDX-License-Identifier: BSD-2-Clause
/* The reader of objects: what explains a constant, and what is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "check_fixture.h"
#include "../../host-bridge/object_calls.h"

/* What stands where libbpf writes is not the author's. */
static void relocated_immediates_explain_nothing(void **state)
{
	struct fixture *f = *state;

	f->funcs[0].refs[3].value = cpu_to_le64(FIXTURE_RELOCATED64);
	refused(f, "is not the object's", "64-bit constant");
	f->funcs[0].refs[3].value = cpu_to_le64(FIXTURE_CONST);
	fixture_insert(f, 0, marks.mov, "\xbf\x0d\xf0\xad\x0b", 5);
	refused(f, "is not the object's", "0xbadf00d");
}

static void an_extern_is_refused_by_name(void **state)
{
	static const struct {
		struct fixture_extern ext;
		const char *kind;
	} externs[] = {
		{ { "bpf_prog_active", 14, ".ksyms" }, "(ksym)" },
		{ { "LINUX_KERNEL_VERSION", 14, ".kconfig" }, "(kconfig)" },
		{ { "bpf_kfunc", 12, ".ksyms" }, "(kfunc)" },
		{ { "nameless", 0, "" }, "unknown kind" },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(externs) / sizeof(externs[0]); i++) {
		fixture_object(f, externs[i].ext, false);
		refused(f, externs[i].kind, externs[i].ext.name);
	}
}

/* Immediates that libbpf takes for something else than a number. */
static void pseudo_immediates_explain_nothing(void **state)
{
	struct fixture *f = *state;

	/* The constant's register and source: r2, BPF_PSEUDO_MAP_FD */
	f->object[sizeof(Elf64_Ehdr) + 2 * 8 + 1] = 0x12;
	refused(f, "is not the object's", "64-bit constant");
}

static Elf64_Shdr *object_section(struct fixture *f, u32 i)
{
	const Elf64_Ehdr *eh = (const void *)f->object;

	return (Elf64_Shdr *)(f->object + eh->e_shoff) + i;
}

/* In the order of fixture_object(). */
enum { OBJECT_CODE = 1, OBJECT_REL, OBJECT_SYMTAB, OBJECT_STRTAB, OBJECT_EXT };

static void *object_bytes(struct fixture *f, u32 i)
{
	return f->object + object_section(f, i)->sh_offset;
}

static void other_machine(struct fixture *f)
{
	((Elf64_Ehdr *)f->object)->e_machine = EM_X86_64;
}

static void no_code(struct fixture *f)
{
	object_section(f, OBJECT_CODE)->sh_flags = SHF_ALLOC;
}

static void half_an_instruction(struct fixture *f)
{
	object_section(f, OBJECT_CODE)->sh_size -= 4;
}

static void two_symbol_tables(struct fixture *f)
{
	object_section(f, OBJECT_STRTAB)->sh_type = SHT_SYMTAB;
}

static void relocation_with_addend(struct fixture *f)
{
	object_section(f, OBJECT_REL)->sh_type = SHT_RELA;
}

static void half_a_relocation(struct fixture *f)
{
	object_section(f, OBJECT_REL)->sh_size -= 8;
}

static void relocation_beyond_the_code(struct fixture *f)
{
	((Elf64_Rel *)object_bytes(f, OBJECT_REL))->r_offset = 1 << 20;
}

static void relocation_of_no_symbol(struct fixture *f)
{
	((Elf64_Rel *)object_bytes(f, OBJECT_REL))->r_info =
		ELF64_R_INFO(99ull, 1);
}

static void absolute_symbol(struct fixture *f)
{
	((Elf64_Sym *)object_bytes(f, OBJECT_SYMTAB))[1].st_shndx = SHN_ABS;
}

static void long_btf_ext(struct fixture *f)
{
	((u32 *)object_bytes(f, OBJECT_EXT))[1] = 64;
}

static void malformed_objects_are_refused(void **state)
{
	static const struct {
		void (*change)(struct fixture *f);
		const char *text;
	} changes[] = {
		{ other_machine, "not a little-endian eBPF object" },
		{ no_code, "no instructions" },
		{ half_an_instruction, "instructions cannot be read" },
		{ two_symbol_tables, "two symbol tables" },
		{ relocation_with_addend, "a kind that eBPF does not use" },
		{ half_a_relocation, "relocations cannot be read" },
		{ relocation_beyond_the_code, "at no instruction" },
		{ relocation_of_no_symbol, "names no symbol" },
		{ absolute_symbol, "in no section" },
		{ long_btf_ext, ".BTF.ext cannot be read" },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		fixture_release(f);
		fixture_init(f);
		changes[i].change(f);
		refused(f, changes[i].text, "object");
	}
}

static void co_re_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_object(f, (struct fixture_extern){}, true);
	refused(f, "CO-RE", "object");
}

static void another_object_is_refused(void **state)
{
	struct fixture *f = *state;

	accepted(f);
	f->keep_hash = true;
	f->object[f->object_len - 1] ^= 1;
	refused(f, "another object", "capture");
}

static void damaged_objects_do_no_harm(void **state)
{
	struct fixture *f = *state;
	struct fixture *g;
	size_t i;

	for (i = 0; i < f->object_len; i++) {
		g = malloc(sizeof(*g));
		fixture_init(g);
		g->object[i] ^= 0xff;
		fixture_check(g);
		fixture_release(g);
		free(g);
	}
	for (i = 0; i < f->object_len; i += 7) {
		g = malloc(sizeof(*g));
		fixture_init(g);
		g->object_len = i;
		assert_int_equal(fixture_check(g), -EPERM);
		fixture_release(g);
		free(g);
	}
}

#define PACKET_LOAD(mode, size) (BPF_LD + (mode) + (size))

static void instructions_call_helpers_or_nothing(void **state)
{
	const u32 none = VOUCH_OBJECT_MAX_FUNC;
	const struct {
		struct bpf_insn insn;
		u32 func;
	} rows[] = {
		{ { BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem },
		  BPF_FUNC_map_lookup_elem },
		{ { BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 5 }, none },
		{ { BPF_JMP | BPF_CALL, 0, 0, 0, -1 }, none },
		{ { BPF_JMP | BPF_CALL, 0, 0, 0, VOUCH_OBJECT_LOAD_8 }, none },
		{ { BPF_JMP | BPF_CALL, 0, 0, 0, VOUCH_OBJECT_LOAD_32 }, none },
		{ { PACKET_LOAD(BPF_ABS, BPF_B), 0, 0, 0, 7 },
		  VOUCH_OBJECT_LOAD_8 },
		{ { PACKET_LOAD(BPF_IND, BPF_B), 0, 2, 0, 7 },
		  VOUCH_OBJECT_LOAD_8 },
		{ { PACKET_LOAD(BPF_ABS, BPF_H), 0, 0, 0, 7 },
		  VOUCH_OBJECT_LOAD_16 },
		{ { PACKET_LOAD(BPF_IND, BPF_H), 0, 2, 0, 7 },
		  VOUCH_OBJECT_LOAD_16 },
		{ { PACKET_LOAD(BPF_ABS, BPF_W), 0, 0, 0, 7 },
		  VOUCH_OBJECT_LOAD_32 },
		{ { PACKET_LOAD(BPF_IND, BPF_W), 0, 2, 0, 7 },
		  VOUCH_OBJECT_LOAD_32 },
		{ { BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 7 }, none },
		{ { BPF_LDX | BPF_MEM | BPF_B, 1, 1, 7, 0 }, none },
	};
	size_t i;
	u32 func;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vouch_object o = {};

		vouch_object_calls_note(&o, &rows[i].insn);
		for (func = 0; func < none; func++)
			assert_int_equal(vouch_object_calls(&o, func),
					 func == rows[i].func);
		assert_false(vouch_object_calls(&o, none));
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(relocated_immediates_explain_nothing),
		T(an_extern_is_refused_by_name),
		T(pseudo_immediates_explain_nothing),
		T(malformed_objects_are_refused),
		T(co_re_is_refused),
		T(another_object_is_refused),
		T(damaged_objects_do_no_harm),
		cmocka_unit_test(instructions_call_helpers_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
