// SPDX-License-Identifier: BSD-2-Clause
/* Functions of arm64: their shape, what is left to be explained, linking. */

#include "arm64_fixture.h"

#include "../../host-bridge/arm64/points.h"

static int read_code(const struct arm64_function *f, struct vouch_code *code,
		     struct vouch_refusal *why)
{
	const struct vouch_code_place place = arm64_place(f);
	struct vouch_disasm *d = vouch_disasm_new(VOUCH_ARCH_ARM64);
	int ret;

	assert_non_null(d);
	ret = vouch_arm64_read_code(d, &place, code, why);
	vouch_disasm_free(d);
	return ret;
}

static void refused(const struct arm64_function *f, const char *text)
{
	struct vouch_refusal why = {};
	struct vouch_code code;

	if (!read_code(f, &code, &why))
		fail_msg("accepted, though %s", text);
	if (!strstr(why.text, text))
		fail_msg("'%s' lacks '%s'", why.text, text);
}

static void accepted(const struct arm64_function *f)
{
	struct vouch_refusal why = {};
	struct vouch_code code;

	if (read_code(f, &code, &why))
		fail_msg("at 0x%x: %s", why.offset, why.text);
	vouch_code_release(&code);
}

static const struct vouch_point *point(const struct vouch_code *code, u32 word,
				       u32 kind)
{
	u32 i;

	for (i = 0; i < code->n_points; i++)
		if (code->points[i].off == 4 * word &&
		    code->points[i].kind == kind)
			return &code->points[i];
	fail_msg("no point %u at word %u", kind, word);
	return NULL;
}

static void what_is_to_be_explained_is_found(void **state)
{
	const struct vouch_point *p;
	struct vouch_refusal why;
	struct arm64_function f;
	struct vouch_code code;
	struct arm64_marks m;

	(void)state;
	arm64_example(&f, &m);
	assert_int_equal(read_code(&f, &code, &why), 0);
	assert_int_equal(code.depth, 16);
	assert_int_equal(point(&code, m.branch, VOUCH_POINT_NUMBER)->value, 7);
	assert_int_equal(point(&code, m.store, VOUCH_POINT_NUMBER)->value,
			 0x12345678);
	p = point(&code, m.call, VOUCH_POINT_CALL);
	assert_true(p->value == ARM64_HELPER);
	assert_int_equal(p->len, 20);
	p = point(&code, m.wide, VOUCH_POINT_WIDE);
	assert_true(p->value == ARM64_TAG);
	assert_int_equal(p->len, 16);
	p = point(&code, m.address, VOUCH_POINT_WIDE);
	assert_true(p->value == ARM64_HELPER + 0x100);
	assert_int_equal(p->len, 12);
	p = point(&code, m.load, VOUCH_POINT_LOAD);
	assert_true(p->plain);
	assert_int_equal(p->reg, 7);
	assert_int_equal(p->saved_at, 56);
	assert_true(point(&code, m.end + 8, VOUCH_POINT_EXIT)->plain);
	assert_int_equal(point(&code, m.end + 9, VOUCH_POINT_UNREACHED)->len,
			 4 * (f.n - m.end - 9));
	assert_int_equal(code.n_points, 8);
	vouch_code_release(&code);
}

static void sums_have_either_sign(void **state)
{
	static const u8 codes[] = { BPF_ALU64 | BPF_ADD, BPF_ALU | BPF_SUB,
				    BPF_ALU64 | BPF_AND };
	struct vouch_refusal why;
	struct vouch_code code;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(codes); i++) {
		struct arm64_function f;
		const struct vouch_point *p;
		u32 at;

		arm64_prologue(&f, 0, 0, 0);
		at = arm64_insn(&f, A64_INSN(codes[i], 3, 0, 0, 0x7f0));
		arm64_epilogue(&f);
		assert_int_equal(read_code(&f, &code, &why), 0);
		p = point(&code, at, VOUCH_POINT_NUMBER);
		assert_int_equal(p->value, 0x7f0);
		assert_int_equal(p->either_sign, BPF_OP(codes[i]) != BPF_AND);
		vouch_code_release(&code);
	}
}

/* The verifier's mask against speculation, which no object has. */
static void limits_of_pointers_are_no_numbers(void **state)
{
	const u8 ax = VOUCH_ARM64_AX;
	struct vouch_refusal why;
	struct arm64_function f;
	struct vouch_code code;
	u32 i;

	(void)state;
	arm64_prologue(&f, 0, 0, 0);
	arm64_insn(&f, A64_INSN(BPF_ALU | BPF_MOV, ax, 0, 0, 4095));
	arm64_insn(&f, A64_INSN(BPF_ALU64 | BPF_SUB | BPF_X, ax, 7, 0, 0));
	arm64_insn(&f, A64_INSN(BPF_ALU64 | BPF_OR | BPF_X, ax, 7, 0, 0));
	arm64_insn(&f, A64_INSN(BPF_ALU | BPF_MOV, ax, 0, 0, 300));
	arm64_insn(&f, A64_INSN(BPF_ALU64 | BPF_ADD | BPF_X, 1, ax, 0, 0));
	/* Not of a pointer */
	arm64_insn(&f, A64_INSN(BPF_ALU | BPF_MOV, ax, 0, 0, 301));
	arm64_insn(&f, A64_INSN(BPF_ALU64 | BPF_XOR | BPF_X, 1, ax, 0, 0));
	arm64_epilogue(&f);
	assert_int_equal(read_code(&f, &code, &why), 0);
	for (i = 0; i < code.n_points; i++)
		if (code.points[i].kind == VOUCH_POINT_NUMBER)
			assert_int_equal(code.points[i].value, 301);
	assert_int_equal(code.n_points, 3);
	vouch_code_release(&code);
}

static void tail_calls_say_where_they_look(void **state)
{
	const struct vouch_point *p;
	struct vouch_refusal why;
	struct arm64_function f;
	struct vouch_code code;
	u32 at;

	(void)state;
	arm64_prologue(&f, 1, 32, 0);
	at = arm64_add(
		&f, (struct vouch_arm64_unit){
			    .insn = { .code = (BPF_JMP | VOUCH_BPF_TAIL_CALL) },
			    .layout = { 36, 0x110, 0x30 } });
	arm64_epilogue(&f);
	assert_int_equal(read_code(&f, &code, &why), 0);
	p = point(&code, at, VOUCH_POINT_TAIL_CALL);
	assert_int_equal(p->layout.max_entries, 36);
	assert_int_equal(p->layout.value, 0x110);
	assert_int_equal(p->layout.func, 0x30);
	p = point(&code, at + p->len / 4 - 1, VOUCH_POINT_JUMP);
	assert_true(p->plain);
	assert_int_equal(p->len, 4);
	vouch_code_release(&code);
	/* The stack must be given back before the jump. */
	f.words[at + 19] ^= 16 << 10;
	refused(&f, "not what the JIT");
}

/* What is neither the prologue's nor the epilogue's. */
static void a_changed_frame_is_refused(void **state)
{
	struct arm64_function f;
	struct arm64_marks m;
	u32 i;

	(void)state;
	arm64_example(&f, &m);
	accepted(&f);
	for (i = 0; i < f.n; i++) {
		if (i >= m.body && i < m.end)
			continue;
		arm64_example(&f, &m);
		f.words[i] ^= 1u << 10;
		refused(&f, "not what the JIT");
		arm64_example(&f, &m);
		f.words[i] = 0xd503201f;
		if (i != 1 && i != m.end + 9)
			refused(&f, "not what the JIT");
	}
}

static void odd_frames_are_refused(void **state)
{
	static const struct {
		u32 depth, bottom;
	} frames[] = { { 8, 0 }, { 16, 4 }, { 16, 24 }, { 528, 0 } };
	struct arm64_function f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		arm64_prologue(&f, 0, frames[i].depth, frames[i].bottom);
		arm64_epilogue(&f);
		refused(&f, i < 3 ? "odd size" : "the prologue");
	}
	arm64_prologue(&f, 0, 512, 512);
	arm64_epilogue(&f);
	accepted(&f);
}

struct abuse {
	const char *name;
	u32 words[8];
	u32 n;
};
#define ABUSE(name, ...)                                         \
	{                                                        \
		name, { __VA_ARGS__ },                           \
			sizeof((const u32[]){ __VA_ARGS__ }) / 4 \
	}

/* What a CPU would do and the JIT never writes, at least not there. */
static const struct abuse abuses[] = {
	ABUSE("svc", 0xd4000001),
	ABUSE("hvc", 0xd4000002),
	ABUSE("smc", 0xd4000003),
	ABUSE("brk", 0xd4202000),
	ABUSE("hlt", 0xd4400000),
	ABUSE("udf", 0x00000000),
	ABUSE("eret", 0xd69f03e0),
	ABUSE("msr sctlr_el1", 0xd5181000),
	ABUSE("mrs sctlr_el1", 0xd5381000),
	ABUSE("msr daifset", 0xd50342df),
	ABUSE("msr pan", 0xd500409f),
	ABUSE("tlbi", 0xd508871f),
	ABUSE("dc civac", 0xd50b7e20),
	ABUSE("ic iallu", 0xd508751f),
	ABUSE("isb", 0xd5033fdf),
	ABUSE("wfi", 0xd503207f),
	ABUSE("mrs tpidr_el1", 0xd538d080),
	ABUSE("mrs sp_el0", 0xd5384100),
	ABUSE("ret", 0xd65f03c0),
	ABUSE("ret x10", 0xd65f0140),
	ABUSE("br x10", 0xd61f0140),
	ABUSE("br x0", 0xd61f0000),
	ABUSE("blr x10", 0xd63f0140),
	ABUSE("blr x0", 0xd63f0000),
	ABUSE("bl", 0x94000001),
	ABUSE("paciasp", 0xd503233f),
	ABUSE("autiasp", 0xd50323bf),
	ABUSE("nop", 0xd503201f),
	ABUSE("bti", 0xd503245f),
	ABUSE("adr", 0x10000000),
	ABUSE("adrp", 0x90000000),
	ABUSE("ldr literal", 0x58000040),
	ABUSE("mov sp, x0", 0x9100001f),
	ABUSE("add sp, sp, 16", 0x910043ff),
	ABUSE("mov x0, sp", 0x910003e0),
	ABUSE("mov x25, x0", 0x91000019),
	ABUSE("add x25, x25, 8", 0x91002339),
	ABUSE("movz x25", 0xd2800019),
	ABUSE("mov x26, x0", 0x9100001a),
	ABUSE("mov x27, x0", 0x9100001b),
	ABUSE("mov x29, x0", 0x9100001d),
	ABUSE("mov x30, x0", 0x9100001e),
	ABUSE("mov x18, x0", 0x91000012),
	ABUSE("mov x8, x0", 0x91000008),
	ABUSE("mov x10, x0", 0x9100000a),
	ABUSE("add x0, x0, x10", 0x8b0a0000),
	ABUSE("add x0, x1, x2", 0x8b020020),
	ABUSE("movz x10", 0xd280002a),
	ABUSE("movz x11", 0xd280002b),
	ABUSE("cmp", 0xeb01001f),
	ABUSE("b.eq", 0x54000020),
	ABUSE("cbz x0", 0xb4000020),
	ABUSE("cbnz x12", 0x3500002c),
	ABUSE("csel", 0x9a810000),
	ABUSE("madd", 0x9b010c00),
	ABUSE("add, shifted", 0x8b010400),
	ABUSE("adds", 0xab010000),
	ABUSE("stp", 0xa9bf07e0),
	ABUSE("ldp", 0xa8c107e0),
	ABUSE("ldr x0, [sp]", 0xf94003e0),
	ABUSE("str x0, [sp]", 0xf90003e0),
	ABUSE("ldr x30, [x0]", 0xf940001e),
	ABUSE("ldr x25, [x0]", 0xf9400019),
	ABUSE("str x10, [x0]", 0xf900000a),
	ABUSE("ldr x0, [x10]", 0xf9400140),
	ABUSE("ldr x0, [x27, 16]", 0xf9400b60),
	ABUSE("ldr x0, [x25]", 0xf9400320),
	ABUSE("str x0, [x27, 8]", 0xf9000760),
	ABUSE("ldrsw", 0xb9800000),
	ABUSE("ldur", 0xf8400000),
	ABUSE("ldr, after", 0xf8408400),
	ABUSE("ldar", 0xc8dffc00),
	ABUSE("ldadd", 0xf8200000),
	ABUSE("cas", 0xc8a07c00),
	ABUSE("ldxr x0", 0xc85f7c20),
	ABUSE("stxr alone", 0xc80b7c0b),
	ABUSE("dmb", 0xd5033bbf),
	ABUSE("dsb", 0xd5033b9f),
	ABUSE("fmov", 0x9e660000),
	ABUSE("ld1", 0x4c407000),
	ABUSE("rev32", 0xdac00800),
	ABUSE("rev16 of 64 bits", 0xdac00400),
	ABUSE("mvn", 0xaa2003e0),
	ABUSE("lsl of another register", 0xd37df020),
	ABUSE("needless movk", 0xd2800020, 0xf2a00000),
	ABUSE("constant with movz of 0", 0xd2c00000, 0xf2a00020),
	ABUSE("call without the result", 0x929bf8aa, 0xf2b0a00a, 0xf2c0000a,
	      0xd63f0140),
	ABUSE("call that keeps another result", 0x929bf8aa, 0xf2b0a00a,
	      0xf2c0000a, 0xd63f0140, 0x91000027 /* mov x7, x1 */),
	ABUSE("call by another register", 0x929bf8ab, 0xf2b0a00b, 0xf2c0000b,
	      0xd63f0160, 0x91000007),
	ABUSE("call of 16 bits less", 0x929bf8aa, 0xf2b0a00a, 0xd63f0140,
	      0x91000007),
	ABUSE("atomic that tries once", 0xc85f7c0b, 0x8b01016b, 0xc80c7c0b),
	ABUSE("atomic that goes elsewhere", 0xc85f7c0b, 0x8b01016b, 0xc80c7c0b,
	      0x35ffff8c /* cbnz w12, one too far */),
	ABUSE("atomic of a sum of others", 0xc85f7c0b, 0x8b02002b, 0xc80c7c0b,
	      0x35ffffac),
	ABUSE("store of another number", 0xd280002a, 0xd280004b, 0xf82b6800),
};

static void insert(struct arm64_function *f, u32 at, const u32 *words, u32 n)
{
	memmove(f->words + at + n, f->words + at, 4ul * (f->n - at));
	memcpy(f->words + at, words, 4ul * n);
	f->n += n;
}

static void other_instructions_are_refused(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(abuses) / sizeof(abuses[0]); i++) {
		struct arm64_function f;
		u32 at;

		print_message("  %s\n", abuses[i].name);
		arm64_prologue(&f, 0, 16, 8);
		at = arm64_insn(&f, A64_INSN(ARM64_MOV, 6, 1, 0, 0));
		insert(&f, at, abuses[i].words, abuses[i].n);
		arm64_epilogue(&f);
		refused(&f, "not what the JIT");
	}
}

/* Each place that no instruction of eBPF starts at, and the outside. */
static void branches_go_to_instructions(void **state)
{
	struct arm64_function f;
	struct arm64_marks m;
	u32 i;

	(void)state;
	for (i = 0; i <= 60; i++) {
		bool start;

		arm64_example(&f, &m);
		start = i == m.body || i == m.branch || i == m.store ||
			i == m.call || i == m.wide || i == m.address ||
			i == m.load || i == m.end;
		f.words[m.branch + 1] =
			vouch_a64_near(VOUCH_A64_B_COND | VOUCH_A64_EQ,
				       4 * ((s64)i - (s64)m.branch - 1));
		if (start)
			accepted(&f);
		else
			refused(&f, "a branch to where no instruction starts");
	}
	f.words[m.branch + 1] =
		vouch_a64_near(VOUCH_A64_B_COND | VOUCH_A64_EQ, -4096);
	refused(&f, "a branch to where no instruction starts");
}

static void what_is_no_function_is_refused(void **state)
{
	struct arm64_function f;
	struct arm64_marks m;
	u32 n;

	(void)state;
	arm64_example(&f, &m);
	n = f.n;
	for (f.n = 0; f.n < n; f.n++)
		refused(&f, "not what the JIT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_to_be_explained_is_found),
		cmocka_unit_test(sums_have_either_sign),
		cmocka_unit_test(limits_of_pointers_are_no_numbers),
		cmocka_unit_test(tail_calls_say_where_they_look),
		cmocka_unit_test(a_changed_frame_is_refused),
		cmocka_unit_test(odd_frames_are_refused),
		cmocka_unit_test(other_instructions_are_refused),
		cmocka_unit_test(branches_go_to_instructions),
		cmocka_unit_test(what_is_no_function_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
