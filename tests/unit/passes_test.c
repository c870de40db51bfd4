// SPDX-License-Identifier: BSD-2-Clause
/*
 * Retargeting: what a target has in place of accesses, and whether a second
 * load has that and nothing else.
 */

#include "passes_fixture.h"

struct test {
	struct fixture_kernel kernel, other;
	struct vouch_kbtf *from, *to;
	u32 task;
	struct pass_places there;
	struct pass_load first, second;
	struct vouch_retarget_source source;
	struct vouch_retargeting retargeting;
	struct vouch_refusal why;
};

static void compute_second(struct test *t)
{
	u32 id;

	vouch_kbtf_free(t->to);
	t->to = fixture_btf(&t->other, &id);
	t->source.target = t->to;
	pass_release(&t->second);
	pass_init(&t->second, &t->there, t->task);
}

static int start(void **state)
{
	struct test *t = calloc(1, sizeof(*t));
	u32 i;

	t->kernel = t->other = fixture_kernel();
	for (i = 2; t->other.members[i].name; i++)
		t->other.members[i].bit += (u32)(pass_there.field - 8) * 8;
	t->other.size += 512;
	t->from = fixture_btf(&t->kernel, &t->task);
	t->there = pass_there;
	t->source = (struct vouch_retarget_source){
		.verifier = t->from,
		.release = "6.1.0-target",
		.convert = pass_convert,
		.ctx = &t->there,
	};
	pass_init(&t->first, &pass_here, t->task);
	compute_second(t);
	*state = t;
	return 0;
}

static int stop(void **state)
{
	struct test *t = *state;

	pass_release(&t->first);
	pass_release(&t->second);
	vouch_retargeting_release(&t->retargeting);
	vouch_kbtf_free(t->from);
	vouch_kbtf_free(t->to);
	free(t);
	return 0;
}

static int compute(struct test *t)
{
	pass_parse(&t->first);
	vouch_retargeting_release(&t->retargeting);
	return vouch_retarget_compute(&t->first.view, &t->source,
				      &t->retargeting, &t->why);
}

/* Both loads; the list is that of the first as it was before changes. */
static int compare(struct test *t)
{
	assert_int_equal(vouch_sha256(t->retargeting.list, t->retargeting.len,
				      t->second.env.retarget),
			 0);
	pass_parse(&t->first);
	pass_parse(&t->second);
	return vouch_check_passes(&t->first.view, &t->second.view,
				  &t->retargeting, &t->why);
}

static void expect(struct test *t, int ret, const char *text)
{
	char line[512] = "accepted";

	if (ret)
		vouch_refusal_format(&t->why, line, sizeof(line));
	if (*text ? ret != -EPERM || !strstr(line, text) : ret)
		fail_msg("%d: '%s', not '%s'", ret, line, text);
}

/* ---- the list ---- */

static void what_is_alike_needs_no_second_load(void **state)
{
	struct test *t = *state;

	t->there = pass_here;
	t->other = t->kernel;
	compute_second(t);
	expect(t, compute(t), "");
	assert_null(t->retargeting.list);
	assert_int_equal(t->retargeting.n_fields, 0);
}

static void the_list_has_all_accesses(void **state)
{
	static const char *const names[] = { "prologue", "__sk_buff",
					     "task.start", "bpf_sock" };
	static const u32 bases[] = { VOUCH_BASE_PROLOGUE, VOUCH_BASE_CTX,
				     VOUCH_BASE_BTF, VOUCH_BASE_SOCKET };
	const struct vouch_replacement *r = NULL;
	struct test *t = *state;
	struct bpf_insn insn;
	u32 i;

	expect(t, compute(t), "");
	assert_int_equal(t->retargeting.n_fields, 4);
	for (i = 0; i < 4; i++) {
		const struct vouch_req_field *f = &t->retargeting.fields[i];

		r = vouch_retarget_next(t->retargeting.list, r);
		assert_int_equal(r->base, bases[i]);
		assert_memory_equal(r->expected, t->first.accesses[i].a.code,
				    8);
		assert_string_equal(f->name, names[i]);
	}
	assert_null(vouch_retarget_next(t->retargeting.list, r));
	assert_int_equal(t->retargeting.fields[1].offset, pass_here.mark);
	assert_int_equal(t->retargeting.fields[1].target_offset,
			 pass_there.mark);
	assert_int_equal(t->retargeting.fields[2].target_offset,
			 pass_there.field);
	assert_int_equal(t->retargeting.fields[2].size, 8);

	/* An access that is alike goes along with one that is not. */
	t->there = pass_here;
	expect(t, compute(t), "");
	assert_int_equal(t->retargeting.n_fields, 1);
	for (i = 0, r = NULL; (r = vouch_retarget_next(t->retargeting.list, r));
	     i++)
		memcpy(&insn, r + 1, sizeof(insn));
	assert_int_equal(i, 4);
}

static void what_the_target_refuses_is_refused(void **state)
{
	struct test *t = *state;

	t->source.convert = NULL;
	expect(t, compute(t), "prologue: there is no oracle");
	t->source.convert = pass_convert;
	t->source.ctx = NULL;
	expect(t, compute(t), "not a field in target 6.1.0-target");
	t->source.ctx = &t->there;
	t->source.target = NULL;
	expect(t, compute(t), "no BTF in the profile");
	t->source.target = t->to;
	t->other.members[2].name = "began";
	compute_second(t);
	expect(t, compute(t), "task.start: the target has no such field");
	t->other.members[2].name = "start";
	t->other.members[2].bit = 70000 * 8;
	t->other.size = 80000;
	compute_second(t);
	expect(t, compute(t), "further away than a load reaches");
}

/* A field of another structure than that which the guest names cannot be had:
 * the names are the host's. */
static void structures_are_the_hosts(void **state)
{
	struct test *t = *state;

	t->first.accesses[2].a.structure = cpu_to_le32(t->task + 1);
	expect(t, compute(t), "is no structure with a name");
	t->first.accesses[2].a.structure = cpu_to_le32(1);
	expect(t, compute(t), "is no structure with a name");
}

/* ---- accesses that contradict themselves ---- */

#define CONTRADICTS(change, text)              \
	do {                                   \
		struct test *t;                \
		struct pass_access *p, *q, *r; \
		start((void **)&t);            \
		p = &t->first.accesses[1];     \
		q = &t->first.accesses[2];     \
		r = &t->first.accesses[0];     \
		(void)p, (void)q, (void)r;     \
		change;                        \
		expect(t, compute(t), text);   \
		stop((void **)&t);             \
	} while (0)

static void set_code(struct pass_access *p, struct bpf_insn insn)
{
	memcpy(p->a.code, &insn, sizeof(insn));
}

static void accesses_agree_with_themselves(void **state)
{
	(void)state;
	CONTRADICTS(set_code(p, INSN(BPF_ALU64 | BPF_MOV, 0, 1, 0, 0)),
		    "neither load nor store");
	CONTRADICTS(set_code(p, LOAD(BPF_H, 0, 1, 11)),
		    "goes beyond its field");
	CONTRADICTS(set_code(p, INSN(BPF_STX | BPF_MEM | BPF_H, 0, 1, 8, 0)),
		    "a store to a part of a field");
	CONTRADICTS(set_code(p, LOAD(BPF_H, 0, 1, -4)),
		    "in front of its structure");
	CONTRADICTS(p->a.field_size = cpu_to_le32(3), "an odd size");
	CONTRADICTS(p->a.target_size = 0, "has no size in the kernel's");
	/* A computed offset cannot be told from an array's index. */
	CONTRADICTS(q->a.offset = cpu_to_le32(16),
		    "the verifier saw another offset");
	CONTRADICTS(q->a.size = cpu_to_le32(4),
		    "the verifier saw another size");
	CONTRADICTS(set_code(q, INSN(BPF_STX | BPF_MEM | BPF_DW, 6, 1, 8, 0)),
		    "no load");
	CONTRADICTS(q->insns[0].dst_reg = 7, "something else than a load");
	CONTRADICTS(q->insns[0] = LOAD(BPF_DW, 6, 1, 8),
		    "something else than a load");
	CONTRADICTS(r->insns[1].imm = 1, "does not end with the program's");
}

static void accesses_are_among_the_instructions(void **state)
{
	(void)state;
	CONTRADICTS(p->insns[0].off++, "not among the instructions");
	CONTRADICTS(q->insns[0].off++, "2: it is not among the instructions");
	CONTRADICTS(t->first.insns[2].off++, "not among the instructions");
	CONTRADICTS(t->first.insns[3].imm++, "not among the instructions");
	CONTRADICTS(t->first.insns[0].off++, "prologue: what is said to be");
	CONTRADICTS(t->first.insns[8] = PROBE(BPF_W, 0, 1, 4),
		    "not told as an access");
	CONTRADICTS(t->first.insns[5] = LOAD(BPF_DW, 6, 1, 8),
		    "not among the instructions");
	CONTRADICTS(t->first.accesses[2] = t->first.accesses[3];
		    t->first.n_accesses--, "not told as an access");
}

/* ---- the second load ---- */

static void the_second_load_has_the_replacements(void **state)
{
	struct test *t = *state;

	expect(t, compute(t), "");
	expect(t, compare(t), "");
}

#define DIFFERS(change, text)                \
	do {                                 \
		struct test *t;              \
		struct pass_load *a, *b;     \
		start((void **)&t);          \
		a = &t->first;               \
		b = &t->second;              \
		(void)a, (void)b;            \
		expect(t, compute(t), "");   \
		change;                      \
		expect(t, compare(t), text); \
		stop((void **)&t);           \
	} while (0)

static void what_is_stated_does_not_change(void **state)
{
	(void)state;
	DIFFERS(b->env.release[0] = '7', "kernel, CPU or object");
	DIFFERS(b->env.build_id[3]++, "kernel, CPU or object");
	DIFFERS(b->env.object[0]++, "kernel, CPU or object");
	DIFFERS(b->env.layout[0]++, "kernel, CPU or object");
	DIFFERS(a->env.retarget[0]++, "kernel, CPU or object");
	DIFFERS(b->fact.offset++, "their facts");
	DIFFERS(b->map.value_size++, "their maps");
	DIFFERS(b->map.name[0] = 'x', "their maps");
	DIFFERS(b->prog.name[0] = 'x', "state of the program");
	DIFFERS(b->prog.type++, "state of the program");
	DIFFERS(b->prog.stack_depth++, "state of the program");
	DIFFERS(b->prog.flags ^= cpu_to_le32(VOUCH_PROG_JITED),
		"state of the program");
	DIFFERS(b->sym.name[0] = 'x', "their references");
	DIFFERS(b->ref.kind = cpu_to_le32(VOUCH_REF_OTHER);
		b->ref.tag = b->ref.value, "their references");
}

static void other_replacements_are_noticed(void **state)
{
	struct test *t = *state;

	expect(t, compute(t), "");
	((u8 *)t->retargeting.list)[60]++;
	pass_parse(&t->first);
	assert_int_equal(vouch_sha256("x", 1, t->second.env.retarget), 0);
	pass_parse(&t->second);
	expect(t,
	       vouch_check_passes(&t->first.view, &t->second.view,
				  &t->retargeting, &t->why),
	       "other replacements than those that were sent");
}

static void accesses_do_not_change(void **state)
{
	(void)state;
	DIFFERS(b->accesses[1].a.code[1] = 0x12, "their accesses");
	DIFFERS(b->accesses[1].a.field_size = cpu_to_le32(8), "their accesses");
	DIFFERS(b->accesses[2].a.offset = cpu_to_le32(16), "their accesses");
	DIFFERS(b->accesses[2].a.structure++, "their accesses");
	DIFFERS(b->accesses[3].a.insn = cpu_to_le32(4), "their accesses");
	DIFFERS(b->n_accesses--, "their accesses");
	DIFFERS(b->accesses[1].insns[0].off++, "not what was to be put there");
	DIFFERS(b->accesses[1].a.target_size = cpu_to_le32(8),
		"not what was to be put there");
	DIFFERS(b->accesses[1].insns[1] = b->accesses[1].insns[0];
		b->accesses[1].n++, "not what was to be put there");
	DIFFERS(b->accesses[2] = a->accesses[2],
		"not what was to be put there");
}

static void instructions_do_not_change(void **state)
{
	(void)state;
	DIFFERS(b->insns[8].code = BPF_JMP | BPF_JA, "none of the accesses");
	DIFFERS(b->insns[7].imm++, "none of the accesses");
	DIFFERS(a->insns[7].imm++, "none of the accesses");
	DIFFERS(b->insns[1].off++, "goes elsewhere");
	DIFFERS(b->insns[1].imm++, "none of the accesses");
	DIFFERS(b->n_insns--, "one of the two loads ends here");
	DIFFERS(pass_add(b, b->insns[8]), "one of the two loads ends here");
	DIFFERS(b->insns[2] = a->insns[2], "not among the instructions");
	DIFFERS(a->insns[8] = b->insns[2];
		b->insns[8] = a->insns[2], "none of the accesses");
}

/* The offset in the code of the first byte of these. */
static u32 at(const struct pass_load *l, const char *bytes, u32 len)
{
	const u8 *p = memmem(l->code, l->len, bytes, len);

	assert_non_null(p);
	return (u32)(p - l->code);
}

static void machine_code_does_not_change(void **state)
{
	static const char none[] = "none of an access that was replaced";

	(void)state;
	/* test rsi, rsi; shr eax, 8; xor esi, esi; the prologue */
	DIFFERS(b->code[at(b, "\x48\x85\xf6", 3) + 2] = 0xff, none);
	DIFFERS(b->code[at(b, "\xc1\xe8\x08", 3) + 2] = 16, none);
	DIFFERS(b->code[at(b, "\x31\xf6", 2) + 1] = 0xff, none);
	DIFFERS(b->code[3] = 1, "another instruction");
	DIFFERS(b->code[7] = 0x53, none);
	/* the loads: where to, where from, how much, how far */
	DIFFERS(b->code[at(b, "\x8b\x47", 2) + 1] = 0x4f, none);
	DIFFERS(b->code[at(b, "\x8b\x47", 2) + 1] = 0x46, none);
	DIFFERS(b->code[at(b, "\x8b\x47", 2) + 2]++, none);
	DIFFERS(b->code[at(b, "\x8b\x47", 2)] = 0x89, none);
	DIFFERS(b->code[at(b, "\x48\x8b\xb7", 3) + 4]++, none);
	DIFFERS(b->code[at(b, "\x48\x0f\xb6", 3) + 4]++, none);
	/* limit and sum of the load that may fault */
	DIFFERS(b->code[at(b, "\x49\xbb", 2) + 2]++, none);
	DIFFERS(b->code[at(b, "\x49\x81\xc3", 3) + 3]++, none);
	/* the immediate */
	DIFFERS(b->code[at(b, "\x48\x81\xfe", 3) + 3]++, none);
	DIFFERS(b->code[at(b, "\x48\x81\xfe", 3) + 2] = 0xff, none);
	/* the function's address */
	DIFFERS(b->code[at(b, "\x48\xbf", 2) + 3]++, none);
	/* branches */
	DIFFERS(b->code[at(b, "\x74", 1)] = 0x75, none);
	DIFFERS(b->code[at(b, "\x74", 1) + 1] += 3, "goes elsewhere");
	DIFFERS(b->code[at(b, "\x72\x0c", 2) + 1] = 8, "goes elsewhere");
	DIFFERS(b->code[at(b, "\xc9\xe9", 2) + 4] = 0;
		b->code[at(b, "\xc9\xe9", 2) + 2] = 0xf0;
		b->code[at(b, "\xc9\xe9", 2) + 3] = 0xff;
		b->code[at(b, "\xc9\xe9", 2) + 4] = 0xff;
		b->code[at(b, "\xc9\xe9", 2) + 5] = 0xff,
		"stays in the function");
	/* more, or less */
	DIFFERS(b->code[b->len++] = 0xcc, "one of the two loads ends here");
	DIFFERS(b->len -= 6, "one of the two loads ends here");
}

/* What was not replaced in the code is not what was asked for. */
static void machine_code_has_the_replacements(void **state)
{
	(void)state;
	DIFFERS(memcpy(b->code, a->code, sizeof(b->code));
		b->len = a->len, "but not in the machine code");
}

/* Both passes; the target has no mark, or has it behind a pointer. */
static struct test *other_shape(bool apart)
{
	struct test *t;

	start((void **)&t);
	t->there.absent = !apart;
	t->there.apart = apart;
	compute_second(t);
	expect(t, compute(t), "");
	return t;
}

#define OTHER_SHAPE(apart, change, text)             \
	do {                                         \
		struct test *t = other_shape(apart); \
		struct pass_load *a = &t->first;     \
		struct pass_load *b = &t->second;    \
		(void)a, (void)b;                    \
		change;                              \
		expect(t, compare(t), text);         \
		stop((void **)&t);                   \
	} while (0)

static void another_shape_is_compared_whole(void **state)
{
	static const char none[] = "none of an access that was replaced";

	(void)state;
	OTHER_SHAPE(false, (void)0, "");
	OTHER_SHAPE(true, (void)0, "");
	/* xor eax, eax */
	OTHER_SHAPE(false, b->code[at(b, "\x31\xc0", 2) + 1] = 0xc9, none);
	OTHER_SHAPE(false, b->code[at(b, "\x31\xc0", 2)] = 0x29, none);
	/* what was there before */
	OTHER_SHAPE(false, a->code[at(a, "\x8b\x87", 2) + 2]++, none);
	OTHER_SHAPE(false, a->code[at(a, "\x8b\x87", 2) + 1]++, none);
	/* shift and mask, which are behind both */
	OTHER_SHAPE(false, b->code[at(b, "\xc1\xe8\x08", 3) + 2]++, none);
	OTHER_SHAPE(false, b->code[at(b, "\x25\xff\xff", 3) + 3]++, none);
	/* a branch over it */
	OTHER_SHAPE(false, b->code[at(b, "\x74", 1) + 1] -= 5,
		    "goes elsewhere");
	/* two loads, of which the one needs a register */
	OTHER_SHAPE(true, b->code[at(b, "\x41\x8b\x47", 3) + 3]++, none);
	OTHER_SHAPE(true, b->code[at(b, "\x4c\x8b\x7f", 3) + 3]++, none);
	OTHER_SHAPE(true, b->code[at(b, "\x4c\x8b\x7f", 3) + 2] = 0x77, none);
	OTHER_SHAPE(true, b->code[at(b, "\x41\x5f", 2) + 1] = 0x5a, none);
	OTHER_SHAPE(true, b->code[at(b, "\x41\x57", 2)] = 0x48,
		    "another instruction");
	/* the instructions */
	OTHER_SHAPE(true, b->insns[3].off++, "not among the instructions");
	OTHER_SHAPE(false, b->accesses[1].insns[0].imm++,
		    "not what was to be put there");
}

/* Other registers are saved only where other ones are used. */
static void saved_registers_do_not_change(void **state)
{
	(void)state;
	DIFFERS(memmove(b->code + 13, b->code + 11, b->len - 11); b->len += 2;
		memcpy(b->code + 11, "\x41\x57", 2),
		"none of an access that was replaced");
}

static void what_cannot_be_compared_is_refused(void **state)
{
	struct test *t = *state;

	t->there.called = true;
	compute_second(t);
	expect(t, compute(t),
	       "field __sk_buff: reached by instructions that cannot be "
	       "checked in target 6.1.0-target");
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, start, stop)
	static const struct CMUnitTest tests[] = {
		WITH(what_is_alike_needs_no_second_load),
		WITH(the_list_has_all_accesses),
		WITH(what_the_target_refuses_is_refused),
		WITH(structures_are_the_hosts),
		cmocka_unit_test(accesses_agree_with_themselves),
		cmocka_unit_test(accesses_are_among_the_instructions),
		WITH(the_second_load_has_the_replacements),
		cmocka_unit_test(what_is_stated_does_not_change),
		WITH(other_replacements_are_noticed),
		cmocka_unit_test(accesses_do_not_change),
		cmocka_unit_test(instructions_do_not_change),
		cmocka_unit_test(machine_code_does_not_change),
		cmocka_unit_test(machine_code_has_the_replacements),
		cmocka_unit_test(another_shape_is_compared_whole),
		cmocka_unit_test(saved_registers_do_not_change),
		WITH(what_cannot_be_compared_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
