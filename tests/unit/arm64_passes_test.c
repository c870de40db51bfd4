// SPDX-License-Identifier: BSD-2-Clause
/* Two loads of one program on arm64: only what was replaced may differ. */

#include "arm64_fixture.h"

#include "../../host-bridge/arm64/passes.h"

#define LOAD(size, d, s, o) A64_INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)

/* How far beside its end a return goes, bytes. */
static s32 astray;

/* Both loads, and what was replaced in the second. */
struct loads {
	struct arm64_function code[2];
	struct vouch_capture_prog prog;
	struct vouch_capture_func func[2];
	struct vouch_capture_func_view funcs[2];
	struct vouch_capture_prog_view views[2];
	struct vouch_pass_item items[2];
	struct vouch_pass pass;
	struct vouch_refusal why;
};

/* Is it a return, which is a jump to the end of the code? */
static bool is_return(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_EXIT);
}

/*
 * r6 = field of r1; if (r6 == 5) goto out; call; r7 = function; r0 = its mark,
 * whose access has several instructions; out: exit
 */
static void make(struct arm64_function *f, const struct vouch_expansion *field,
		 const struct vouch_expansion *mark, u64 address)
{
	struct vouch_arm64_unit branch = {
		.insn = A64_INSN(BPF_JMP | BPF_JEQ, 6, 0, 0, 5),
	};
	u32 at, i, returns = 0;

	arm64_prologue(f, 0, 0, 0);
	for (i = 0; i < field->n; i++) {
		if (is_return(&field->insns[i]))
			returns = f->n++;
		else
			arm64_insn(f, field->insns[i]);
	}
	at = f->n;
	arm64_add(f, branch);
	arm64_add(f, (struct vouch_arm64_unit){ .insn = { .code = ARM64_CALL },
						.value = address + 0x800 });
	arm64_add(f, (struct vouch_arm64_unit){
			     .insn = { .code = ARM64_WIDE,
				       .dst_reg = 7,
				       .src_reg = BPF_PSEUDO_FUNC },
			     .value = address });
	for (i = 0; i < mark->n; i++) {
		struct vouch_arm64_unit unit = { .insn = mark->insns[i] };

		/* The one branch goes behind the last. */
		if (vouch_arm64_is_branch(&unit))
			unit.target = 4 * f->n + 12;
		arm64_add(f, unit);
	}
	branch.target = 4 * f->n;
	i = f->n;
	f->n = at;
	arm64_add(f, branch);
	if (returns) {
		f->n = returns;
		arm64_add(f, (struct vouch_arm64_unit){
				     .insn = { .code = BPF_JMP | BPF_JA },
				     .target = branch.target + astray });
	}
	f->n = i;
	arm64_epilogue(f);
}

static void start(struct loads *l, u32 n_items)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		l->func[i].address =
			cpu_to_le64(0xffff800000001000ull + 0x4000ull * i);
		l->funcs[i].func = &l->func[i];
		l->funcs[i].code = (const u8 *)l->code[i].words;
		l->funcs[i].code_len = 4 * l->code[i].n;
		l->views[i].prog = &l->prog;
		l->views[i].funcs = &l->funcs[i];
		l->views[i].n_funcs = 1;
	}
	l->pass = (struct vouch_pass){ .first = &l->views[0],
				       .second = &l->views[1],
				       .items = l->items,
				       .n_items = n_items };
}

static void make_both(struct loads *l)
{
	u32 i;

	for (i = 0; i < 2; i++)
		l->items[i].differs = true;
	make(&l->code[0], &l->items[0].first, &l->items[1].first,
	     0xffff800000001000ull);
	make(&l->code[1], &l->items[0].second, &l->items[1].second,
	     0xffff800000005000ull);
	start(l, 2);
}

/* A field elsewhere, and a mark behind a pointer that may be none. */
static void fill(struct loads *l)
{
	memset(l, 0, sizeof(*l));
	strcpy(l->prog.name, "test");
	l->items[0].first =
		(struct vouch_expansion){ .insns = { LOAD(BPF_W, 6, 1, 168) },
					  .n = 1 };
	l->items[0].second =
		(struct vouch_expansion){ .insns = { LOAD(BPF_W, 6, 1, 64) },
					  .n = 1 };
	l->items[1].first =
		(struct vouch_expansion){ .insns = { LOAD(BPF_W, 0, 6, 8) },
					  .n = 1 };
	l->items[1].second = (struct vouch_expansion){
		.insns = { LOAD(BPF_DW, 0, 6, 40),
			   A64_INSN(BPF_JMP | BPF_JEQ, 0, 0, 1, 0),
			   LOAD(BPF_W, 0, 0, 4) },
		.n = 3
	};
	make_both(l);
}

static void refused(struct loads *l, const char *text)
{
	assert_int_equal(vouch_arm64_check_pass(&l->pass, &l->why), -EPERM);
	if (!strstr(l->why.text, text))
		fail_msg("'%s' lacks '%s'", l->why.text, text);
}

static void accepted(struct loads *l)
{
	if (vouch_arm64_check_pass(&l->pass, &l->why))
		fail_msg("at 0x%x: %s", l->why.offset, l->why.text);
}

static void listed_changes_are_accepted(void **state)
{
	struct loads l;

	(void)state;
	fill(&l);
	accepted(&l);
}

/* Every word but those of calls and of what was replaced. */
static void other_changes_are_refused(void **state)
{
	struct loads l;
	u32 i, n;

	(void)state;
	fill(&l);
	n = l.code[1].n;
	for (i = 0; i < n; i++) {
		fill(&l);
		l.code[1].words[i] ^= 1u << 5;
		/* What is called, the references say. */
		if (i >= 16 && i < 19)
			accepted(&l);
		else
			refused(&l, "");
	}
}

static void what_is_not_listed_is_refused(void **state)
{
	struct loads l;

	(void)state;
	fill(&l);
	l.items[0].differs = false;
	refused(&l, "another instruction in the second load");
	fill(&l);
	l.pass.n_items = 1;
	refused(&l, "another instruction in the second load");
}

static void another_replacement_is_refused(void **state)
{
	struct loads l;

	(void)state;
	fill(&l);
	l.items[0].second.insns[0].off = 60;
	refused(&l, "another instruction in the second load");
	fill(&l);
	l.items[1].second.insns[2].src_reg = 6;
	refused(&l, "another instruction in the second load");
	/* It would jump over nothing. */
	fill(&l);
	l.items[1].second.insns[1].off = 0;
	refused(&l, "another instruction in the second load");
}

static void what_was_replaced_is_there(void **state)
{
	struct loads l;

	(void)state;
	fill(&l);
	l.items[0].first.insns[0].off = 160;
	refused(&l, "another instruction in the second load");
}

static void a_missing_replacement_is_refused(void **state)
{
	struct loads l;

	(void)state;
	fill(&l);
	l.code[1] = l.code[0];
	start(&l, 2);
	refused(&l, "another instruction in the second load");
	/* All is as it should be, but for one that is listed beside. */
	fill(&l);
	l.items[1].second = l.items[1].first;
	make_both(&l);
	l.items[1].second.insns[0].off = 12;
	refused(&l, "");
}

static void branches_go_to_the_same(void **state)
{
	struct loads l;

	(void)state;
	fill(&l);
	/* To the call instead of the end. */
	l.code[1].words[15] = vouch_a64_near(VOUCH_A64_B_COND, 4);
	refused(&l, "it goes elsewhere in the second load");
}

/* As in what makes a packet writable: r6 = a flag of r1, and 1; return 2. */
static void returns_go_to_the_end(void **state)
{
	struct loads l;
	struct vouch_expansion *e;
	u32 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		fill(&l);
		e = &l.items[0].first;
		e->insns[1] = (struct bpf_insn)A64_INSN(BPF_ALU | BPF_AND, 6, 0,
							0, 1);
		e->insns[2] = (struct bpf_insn)A64_INSN(BPF_ALU | BPF_MOV, 0, 0,
							0, 2);
		e->insns[3] = (struct bpf_insn)A64_INSN(BPF_JMP | BPF_EXIT, 0,
							0, 0, 0);
		e->n = 4;
		l.items[0].second = *e;
		l.items[0].second.insns[0].off = 64;
		astray = i ? -4 : 0;
		make_both(&l);
		if (i)
			refused(&l, "another instruction");
		else
			accepted(&l);
	}
	astray = 0;
}

static void what_is_longer_is_refused(void **state)
{
	struct loads l;

	(void)state;
	fill(&l);
	l.code[1].n -= 11;
	arm64_insn(&l.code[1], A64_INSN(BPF_ALU64 | BPF_MOV, 0, 0, 0, 1));
	arm64_epilogue(&l.code[1]);
	start(&l, 2);
	refused(&l, "");
}

static void another_frame_is_refused(void **state)
{
	struct loads l;
	u32 n;

	(void)state;
	fill(&l);
	n = l.code[1].n;
	l.code[1].frame.depth = 16;
	l.code[1].words[12] = 0xd10003ff | 16 << 10;
	l.code[1].n = l.code[1].words[n - 3] == 0xd503201f ? n - 12 : n - 11;
	arm64_epilogue(&l.code[1]);
	start(&l, 2);
	refused(&l, "another stack frame");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listed_changes_are_accepted),
		cmocka_unit_test(other_changes_are_refused),
		cmocka_unit_test(what_is_not_listed_is_refused),
		cmocka_unit_test(another_replacement_is_refused),
		cmocka_unit_test(what_was_replaced_is_there),
		cmocka_unit_test(a_missing_replacement_is_refused),
		cmocka_unit_test(branches_go_to_the_same),
		cmocka_unit_test(returns_go_to_the_end),
		cmocka_unit_test(what_is_longer_is_refused),
		cmocka_unit_test(another_frame_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
