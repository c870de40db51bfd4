// SPDX-License-Identifier: BSD-2-Clause
/* The oracle's table, and the files of profiles, as they are read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>
#include <linux/btf.h>

#include "profile_fixture.h"

#define LDX(size) (BPF_LDX | BPF_MEM | (size))
#define REGS(dst, src) ((u8)((dst) | (src) << 4))

/* A table of a field of 4 bytes at 8, its parts, and one more. */
static struct table {
	struct vouch_oracle_head head;
	struct vouch_oracle_entry entries[5];
	struct vouch_oracle_template templates[3];
	struct vouch_oracle_insn insns[5];
} table;

static struct vouch_oracle oracle;
static const char *why;

static struct vouch_oracle_entry entry(u8 base, u16 offset, u8 size,
				       u8 field_size, u16 other, u16 same)
{
	return (struct vouch_oracle_entry){
		.prog_type = cpu_to_le16(BPF_PROG_TYPE_SCHED_CLS),
		.base = base,
		.size = size,
		.offset = cpu_to_le16(offset),
		.field_size = field_size,
		.target_size = base == VOUCH_BASE_CTX && size == 4 ? 2 : 0,
		.other = cpu_to_le16(other),
		.same = cpu_to_le16(same),
	};
}

static int start(void **state)
{
	(void)state;
	table = (struct table){
		.head = { .magic = VOUCH_ORACLE_MAGIC,
			  .version = cpu_to_le32(VOUCH_ORACLE_VERSION),
			  .n_entries = cpu_to_le32(5),
			  .n_templates = cpu_to_le32(3),
			  .n_insns = cpu_to_le32(5) },
		.entries = { entry(VOUCH_BASE_PROLOGUE, 0, 0, 0, 2, 2),
			     entry(VOUCH_BASE_CTX, 8, 1, 4, VOUCH_ORACLE_NONE,
				   VOUCH_ORACLE_NONE),
			     entry(VOUCH_BASE_CTX, 8, 4, 4, 0, 1),
			     entry(VOUCH_BASE_CTX, 10, 2, 4, VOUCH_ORACLE_NONE,
				   VOUCH_ORACLE_NONE),
			     entry(VOUCH_BASE_CTX, 16, 8, 0, 1, 1) },
		.templates = { { cpu_to_le32(0), cpu_to_le32(1) },
			       { cpu_to_le32(1), cpu_to_le32(2) },
			       { cpu_to_le32(3), cpu_to_le32(2) } },
		.insns = { { LDX(BPF_H),
			     REGS(VOUCH_ORACLE_DST, VOUCH_ORACLE_SRC), 77, 0 },
			   { LDX(BPF_DW),
			     REGS(VOUCH_ORACLE_TMP, VOUCH_ORACLE_SRC), 88, 0 },
			   { LDX(BPF_H),
			     REGS(VOUCH_ORACLE_DST, VOUCH_ORACLE_TMP), 99, 0 },
			   { LDX(BPF_B), REGS(6, 1), 5, 0 } },
	};
	why = NULL;
	return 0;
}

static int parse(void)
{
	return vouch_oracle_parse(&table, sizeof(table), &oracle, &why);
}

static void refused(const char *text)
{
	assert_int_equal(parse(), -EINVAL);
	if (!strstr(why, text))
		fail_msg("'%s' does not say '%s'", why, text);
	start(NULL);
}

static const struct vouch_oracle_key tc = { BPF_PROG_TYPE_SCHED_CLS,
					    VOUCH_BASE_CTX, false };
static u8 out[VOUCH_MAX_SEQUENCE][8];
static u32 n, target;

static int convert(struct vouch_oracle_key key, u8 code, u8 dst, u8 src,
		   u16 offset)
{
	const struct vouch_oracle_insn insn = { code, REGS(dst, src),
						cpu_to_le16(offset), 0 };

	memset(out, 0, sizeof(out));
	return vouch_oracle_convert(&oracle, &key, (const u8 *)&insn, out, &n,
				    &target);
}

static void answers_by_the_registers(void **state)
{
	(void)state;
	assert_int_equal(parse(), 0);
	assert_int_equal(convert(tc, LDX(BPF_W), 3, 6, 8), 0);
	assert_int_equal(n, 1);
	assert_int_equal(target, 2);
	assert_int_equal(out[0][1], REGS(3, 6));
	assert_int_equal(out[0][2], 77);
	/* Where they are equal, the sequence is another one. */
	assert_int_equal(convert(tc, LDX(BPF_W), 6, 6, 8), 0);
	assert_int_equal(n, 2);
	assert_int_equal(out[0][1], REGS(9, 6));
	assert_int_equal(out[1][1], REGS(6, 9));
	/* The spare register is neither of them. */
	assert_int_equal(convert(tc, LDX(BPF_DW), 9, 8, 16), 0);
	assert_int_equal(out[0][1], REGS(7, 8));
	assert_int_equal(out[1][1], REGS(9, 7));
}

static void answers_parts_as_the_field(void **state)
{
	(void)state;
	assert_int_equal(parse(), 0);
	assert_int_equal(convert(tc, LDX(BPF_H), 3, 6, 10), 0);
	assert_int_equal(n, 1);
	assert_int_equal(target, 2);
	assert_int_equal(out[0][2], 77);
	assert_int_equal(convert(tc, LDX(BPF_B), 3, 6, 8), 0);
	assert_int_equal(out[0][2], 77);
}

static void puts_the_first_instruction_behind_a_prologue(void **state)
{
	const struct vouch_oracle_key key = { BPF_PROG_TYPE_SCHED_CLS,
					      VOUCH_BASE_PROLOGUE, false };
	static const u8 exit[8] = { BPF_JMP | BPF_EXIT };

	(void)state;
	assert_int_equal(parse(), 0);
	assert_int_equal(
		vouch_oracle_convert(&oracle, &key, exit, out, &n, &target), 0);
	assert_int_equal(n, 2);
	assert_int_equal(out[0][1], REGS(6, 1));
	assert_memory_equal(out[1], exit, 8);
}

static void knows_no_other_access(void **state)
{
	struct vouch_oracle_key key = tc;

	(void)state;
	assert_int_equal(parse(), 0);
	assert_int_equal(convert(tc, LDX(BPF_W), 3, 6, 12), -ENOENT);
	assert_int_equal(convert(tc, LDX(BPF_B), 3, 6, 9), -ENOENT);
	assert_int_equal(convert(tc, BPF_STX | BPF_MEM | BPF_W, 3, 6, 8),
			 -ENOENT);
	assert_int_equal(convert(tc, BPF_LDX | BPF_W, 3, 6, 8), -ENOENT);
	assert_int_equal(convert(tc, LDX(BPF_W), 11, 6, 8), -ENOENT);
	key.prog_type = BPF_PROG_TYPE_XDP;
	assert_int_equal(convert(key, LDX(BPF_W), 3, 6, 8), -ENOENT);
	key = tc;
	key.base = VOUCH_BASE_SOCKET;
	assert_int_equal(convert(key, LDX(BPF_W), 3, 6, 8), -ENOENT);
	key.base = VOUCH_BASE_BTF;
	assert_int_equal(convert(key, LDX(BPF_W), 3, 6, 8), -ENOENT);
}

static void tells_programs_that_use_tstamp_type(void **state)
{
	struct vouch_oracle_key key = tc;

	(void)state;
	table.entries[4] = table.entries[2];
	table.entries[4].tstamp_type = 1;
	table.entries[4].other = cpu_to_le16(1);
	assert_int_equal(parse(), 0);
	key.tstamp_type = true;
	assert_int_equal(convert(key, LDX(BPF_W), 3, 6, 8), 0);
	assert_int_equal(n, 2);
	assert_int_equal(convert(tc, LDX(BPF_W), 3, 6, 8), 0);
	assert_int_equal(n, 1);
}

static void refuses_tables_out_of_form(void **state)
{
	struct vouch_oracle_entry e;

	(void)state;
	table.head.magic[0] = 'X';
	refused("no table");
	table.head.version = cpu_to_le32(2);
	refused("no table");
	table.head.n_entries = cpu_to_le32(6);
	refused("length");
	table.head.n_insns = cpu_to_le32(UINT32_MAX);
	refused("length");
	e = table.entries[1];
	table.entries[1] = table.entries[2];
	table.entries[2] = e;
	refused("ascending");
	table.entries[4] = table.entries[3];
	refused("ascending");
	table.entries[2].other = cpu_to_le16(3);
	refused("no template");
	table.entries[1].same = 0;
	refused("part of a field");
	table.entries[1].field_size = 8;
	refused("belongs to no field");
	table.entries[4].base = VOUCH_BASE_BTF;
	refused("base");
	table.entries[4].size = 3;
	refused("size");
	table.entries[0].offset = cpu_to_le16(4);
	refused("size");
	table.entries[4].reserved[0] = 1;
	refused("flag");
	table.templates[1].first = cpu_to_le32(2);
	refused("template");
	table.templates[1].n_insns = cpu_to_le32(VOUCH_MAX_SEQUENCE);
	refused("template");
	table.templates[2].n_insns = cpu_to_le32(1);
	refused("instructions of no template");
	table.insns[2].registers = 0xf0;
	refused("register");
	assert_int_equal(vouch_oracle_parse(&table, 8, &oracle, &why), -EINVAL);
}

/* ---- files of profiles ---- */

static const char json[] =
	"{\"schema_version\":1,\"arch\":\"x86_64\",\"release\":\"r\","
	"\"vermagic\":\"v\",\"target_abi\":1,\"facts\":{\"module.size\":768,"
	"\"module.name.offset\":24},\"kconfig\":{\"CONFIG_CFI_CLANG\":0,"
	"\"CONFIG_MODVERSIONS\":0,\"CONFIG_PREEMPT_RT\":0,\"CONFIG_RETHUNK\":1,"
	"\"CONFIG_RETPOLINE\":1,"
	"\"CONFIG_X86_KERNEL_IBT\":0},\"helpers\":[],\"map_types\":[],"
	"\"prog_types\":[],\"hooks\":[]}";
static const char config[] = "CONFIG_NET=y\nCONFIG_HZ=250\n";
static struct btf_header btf = { BTF_MAGIC, BTF_VERSION, 0, sizeof(btf),
				 0,	    0,		 0, 0 };

static u8 *file;
static size_t file_len;

static void make_file(void)
{
	const struct profile_parts parts = {
		.data = { json, &btf, &table, config },
		.len = { sizeof(json) - 1, sizeof(btf), sizeof(table),
			 sizeof(config) - 1 },
	};

	free(file);
	file = profile_pack(&parts, &file_len);
}

static void file_refused(const char *text)
{
	struct vouch_profile *p = NULL;
	char reason[256] = "";

	assert_int_equal(
		vouch_profile_parse(file, file_len, &p, reason, sizeof(reason)),
		-EINVAL);
	if (!strstr(reason, text))
		fail_msg("'%s' does not say '%s'", reason, text);
	make_file();
}

static struct vouch_profile_part *row(u32 kind)
{
	return (struct vouch_profile_part
			*)(file + sizeof(struct vouch_profile_head)) +
	       kind;
}

static void gives_the_parts_of_a_file(void **state)
{
	static const u8 load[8] = { LDX(BPF_W), REGS(3, 6), 8 };
	struct vouch_profile *p;
	char reason[256];
	size_t len;

	(void)state;
	make_file();
	assert_int_equal(
		vouch_profile_parse(file, file_len, &p, reason, sizeof(reason)),
		0);
	assert_memory_equal(vouch_profile_btf(p, &len), &btf, sizeof(btf));
	assert_int_equal(len, sizeof(btf));
	assert_memory_equal(vouch_profile_kconfig(p, &len), config,
			    sizeof(config) - 1);
	assert_int_equal(len, sizeof(config) - 1);
	assert_int_equal(vouch_profile_oracle(p), 5);
	assert_int_equal(vouch_profile_convert(p, BPF_PROG_TYPE_SCHED_CLS,
					       VOUCH_BASE_CTX, load, out, &n,
					       &target),
			 0);
	assert_int_equal(out[0][2], 77);
	assert_int_equal(vouch_profile_convert(p, BPF_PROG_TYPE_XDP,
					       VOUCH_BASE_CTX, load, out, &n,
					       &target),
			 -ENOENT);
	/* Registers and records are the same in every kernel. */
	assert_int_equal(vouch_profile_convert(p, BPF_PROG_TYPE_KPROBE,
					       VOUCH_BASE_CTX, load, out, &n,
					       &target),
			 0);
	assert_int_equal(n, 1);
	assert_memory_equal(out[0], load, 8);
	vouch_profile_free(p);
}

static void refuses_files_out_of_form(void **state)
{
	struct vouch_profile_head *head;

	(void)state;
	make_file();
	file[0] = 'X';
	file_refused("no target profile");
	head = (void *)file;
	head->n_parts = cpu_to_le32(3);
	file_refused("parts");
	file_len--;
	file_refused("length");
	row(1)->kind = cpu_to_le32(0);
	file_refused("not where");
	row(1)->reserved = cpu_to_le32(1);
	file_refused("not where");
	row(1)->offset = cpu_to_le64(le64_to_cpu(row(1)->offset) + 8);
	file_refused("not where");
	row(1)->size = cpu_to_le64(UINT64_MAX);
	file_refused("too long");
	row(3)->size = cpu_to_le64(le64_to_cpu(row(3)->size) - 1);
	file_refused("behind a part");
	file[le64_to_cpu(row(1)->offset)] = 0;
	file_refused("no BTF");
	((struct btf_header *)(file + le64_to_cpu(row(1)->offset)))->str_len =
		1;
	file_refused("cut short");
	file[le64_to_cpu(row(3)->offset)] = 'X';
	file_refused("names no option");
	file[le64_to_cpu(row(3)->offset) + 10] = ' ';
	file_refused("no value");
	file[le64_to_cpu(row(3)->offset) + 11] = 1;
	file_refused("printable");
	file[le64_to_cpu(row(3)->offset) + sizeof(config) - 2] = 'x';
	file_refused("no end");
	file[le64_to_cpu(row(2)->offset)] = 0;
	file_refused("oracle: it is no table");
	file[le64_to_cpu(row(0)->offset)] = 'x';
	file_refused("line 1");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, start)
	const struct CMUnitTest tests[] = {
		T(answers_by_the_registers),
		T(answers_parts_as_the_field),
		T(puts_the_first_instruction_behind_a_prologue),
		T(knows_no_other_access),
		T(tells_programs_that_use_tstamp_type),
		T(refuses_tables_out_of_form),
		T(gives_the_parts_of_a_file),
		T(refuses_files_out_of_form),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(file);
	return failed;
}
