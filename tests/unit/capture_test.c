// SPDX-License-Identifier: BSD-2-Clause
/* The capture's parser: a good capture, every cut, every wrong field. */

#include "capture_fixture.h"

static void good_capture_is_indexed(void **state)
{
	struct parts p = good();
	struct vouch_capture_writer w = build(&p);
	struct vouch_capture_view view;
	const char *why;

	(void)state;
	assert_int_equal(vouch_capture_parse(w.buf, w.len, &view, &why), 0);
	assert_int_equal(view.n_facts, 2);
	assert_int_equal(view.n_maps, 1);
	assert_memory_equal(view.maps[0].data, p.map_data, 4);
	assert_int_equal(view.n_progs, 1);
	assert_int_equal(view.progs[0].n_funcs, 2);
	assert_int_equal(view.progs[0].n_syms, 2);
	assert_int_equal(view.progs[0].funcs[0].n_refs, N_REFS);
	assert_int_equal(view.progs[0].funcs[0].code_len, CODE_LEN);
	assert_int_equal(view.progs[0].funcs[0].n_extable, 2);
	assert_int_equal(view.progs[0].funcs[0].extable[1].reg, 40);
	assert_int_equal(view.progs[0].funcs[0].refs[3].value, 77);
	assert_string_equal(view.progs[0].syms[1]->name, "f@module");
	assert_int_equal(view.progs[0].n_accesses, 3);
	assert_int_equal(view.progs[0].accesses[0].n_insns, 3);
	assert_int_equal(view.progs[0].accesses[2].access->structure, 77);
	assert_int_equal(view.progs[0].n_insns, 5);
	assert_memory_equal(view.progs[0].insns, p.insns, sizeof(p.insns));
	vouch_capture_release(&view);
	vouch_capture_write_free(&w);
}

static void every_cut_is_refused(void **state)
{
	struct parts p = good();
	struct vouch_capture_writer w = build(&p);
	struct vouch_capture_head *head = (void *)w.buf;
	size_t len;

	(void)state;
	for (len = 0; len < w.len; len++) {
		assert_string_not_equal(reason(w.buf, len), "");
		/* Also where the header agrees with the cut. */
		head->size = cpu_to_le64(len);
		assert_string_not_equal(reason(w.buf, len), "");
		head->size = cpu_to_le64(w.len);
	}
	assert_string_equal(reason(w.buf, w.len), "");
	vouch_capture_write_free(&w);
}

static void header_is_checked(void **state)
{
	struct parts p = good();
	struct vouch_capture_writer w = build(&p);
	struct vouch_capture_head *head = (void *)w.buf;
	struct vouch_capture_record *first = (void *)(head + 1);

	(void)state;
	head->magic[0]++;
	assert_string_equal(reason(w.buf, w.len), "capture: wrong magic");
	head->magic[0]--;
	head->version++;
	assert_string_equal(reason(w.buf, w.len), "capture: unknown version");
	head->version--;
	head->n_records--;
	assert_string_not_equal(reason(w.buf, w.len), "");
	head->n_records += 2;
	assert_string_not_equal(reason(w.buf, w.len), "");
	head->n_records--;
	head->size++;
	assert_string_equal(reason(w.buf, w.len),
			    "capture: size in the header is not the size");
	head->size--;
	first->type = VOUCH_RECORD_LAST + 1;
	assert_string_equal(reason(w.buf, w.len),
			    "capture: unknown type of record");
	first->type = VOUCH_RECORD_MAP;
	assert_string_equal(reason(w.buf, w.len),
			    "capture: does not begin with an ENV record");
	vouch_capture_write_free(&w);
}

static void env_is_checked(void **state)
{
	(void)state;
	REFUSED(p.env.release[0] = 0, "capture: ENV: a text is not proper");
	REFUSED(p.env.license[63] = 'x', "capture: ENV: a text is not proper");
	REFUSED(p.env.arch = 9, "capture: ENV: unknown architecture");
	REFUSED(p.env.features = 1u << 31, "capture: ENV: unknown feature");
	REFUSED(p.env.privileges = 2, "capture: ENV: unknown privilege");
	REFUSED(p.env.jit_harden = 1,
		"capture: ENV: made with constant blinding");
	REFUSED(p.env.nr_cpus = 0, "capture: ENV: no CPU");
	REFUSED(p.env.reserved[7] = 1,
		"capture: ENV: reserved bytes are not zero");
}

static void facts_and_maps_are_checked(void **state)
{
	(void)state;
	REFUSED(p.fact[0].field[0] = ' ',
		"capture: FACT: a name is not proper");
	REFUSED(p.fact[1] = p.fact[0], "capture: FACT: not in ascending order");
	REFUSED(p.map.name[0] = '/', "capture: MAP: the name is not proper");
	REFUSED(p.map.flags = 16, "capture: MAP: unknown flag");
	REFUSED(p.map.extra = 1,
		"capture: MAP: more is stated than such a map has");
	/* A lock, in a value that is too small for it. */
	REFUSED((p.map.flags = VOUCH_MAP_LOCK, p.map.value_size = 3),
		"capture: MAP: more is stated than such a map has");
	REFUSED(p.map.data_len = 5, "capture: MAP: wrong length");
	REFUSED(p.map.max_entries = 2,
		"capture: MAP: data for a map that cannot have them");
	REFUSED(p.map.type = 1,
		"capture: MAP: data for a map that cannot have them");
}

static void programs_are_checked(void **state)
{
	(void)state;
	REFUSED(p.prog.name[0] = 0, "capture: PROG: a name is not proper");
	REFUSED(p.prog.n_funcs = 0, "capture: PROG: a count is out of range");
	REFUSED(p.prog.n_funcs = VOUCH_MAX_FUNCS + 1,
		"capture: PROG: a count is out of range");
	REFUSED(p.prog.n_syms = VOUCH_MAX_SYMS + 1,
		"capture: PROG: a count is out of range");
	REFUSED(p.prog.n_funcs = 3,
		"capture: PROG: fewer FUNC or SYM records than it says");
	REFUSED(p.prog.n_syms = 1, "capture: a record is out of order");
	REFUSED(p.prog.flags = 1u << 4, "capture: PROG: unknown flag");
	REFUSED(p.prog.reserved = 1,
		"capture: PROG: reserved bytes are not zero");
	REFUSED(p.sym[1].address = p.sym[0].address,
		"capture: SYM: not in ascending order");
	REFUSED(p.sym[0].name[0] = 0, "capture: SYM: the name is not proper");
}

static void functions_are_checked(void **state)
{
	(void)state;
	REFUSED(p.second.func.index = 0,
		"capture: FUNC: not in ascending order");
	REFUSED(p.second.func.code_len = 0,
		"capture: FUNC: a count is out of range");
	REFUSED(p.entry.func.n_refs = VOUCH_MAX_REFS + 1,
		"capture: FUNC: a count is out of range");
	REFUSED(p.entry.func.n_refs--, "capture: FUNC: wrong length");
	REFUSED(p.entry.func.n_extable--, "capture: FUNC: wrong length");
	REFUSED(p.entry.func.n_extable = VOUCH_MAX_EXTABLE + 1,
		"capture: FUNC: a count is out of range");
	REFUSED(p.entry.code[CODE_LEN] = 1,
		"capture: FUNC: bytes behind the code are not zero");
}

static void exception_tables_are_checked(void **state)
{
	static const char outside[] =
		"capture: exception table: an entry outside the code";
	static const char order[] =
		"capture: exception table: not in ascending order";

	(void)state;
	REFUSED(p.entry.extable[1].insn_off = 5, order);
	REFUSED(p.entry.extable[1].insn_off = 0, order);
	REFUSED(p.entry.extable[1].insn_len = 8, outside);
	REFUSED(p.entry.extable[1].insn_len = 0, outside);
	REFUSED(p.entry.extable[1].insn_off = 0xfffffff9, outside);
	REFUSED(p.entry.extable[0].reserved = 1,
		"capture: exception table: reserved bytes are not zero");
	REFUSED(p.prog.n_extable = 1,
		"capture: PROG: not as many exception table entries as it says");
}

static void references_are_checked(void **state)
{
	static const char another_tag[] =
		"capture: a reference with another tag than its";

	(void)state;
	REFUSED(p.entry.refs[0].kind = 9, "capture: unknown kind of reference");
	REFUSED(p.entry.refs[0].index = 1, "capture: a reference to no map");
	REFUSED(p.entry.refs[0].value = 1, "capture: a reference to no map");
	REFUSED(p.entry.refs[1].value++,
		"capture: a call's target has no SYM record");
	REFUSED(p.entry.refs[2].value = 4,
		"capture: a reference to no map's value");
	REFUSED(p.entry.refs[3].index = 1,
		"capture: a reference with an index it cannot have");
	REFUSED(p.entry.refs[4].index = 2,
		"capture: a reference to no function");
	REFUSED(p.entry.refs[5].index = 2,
		"capture: a reference to no function");
	REFUSED(p.entry.refs[0].tag = VOUCH_TAG(1, 0), another_tag);
	REFUSED(p.entry.refs[2].tag = VOUCH_TAG(0, 2), another_tag);
	REFUSED(p.entry.refs[1].tag = 1, another_tag);
	REFUSED(p.entry.refs[5].tag = ENTRY, another_tag);
	REFUSED(p.entry.refs[6].tag = 6, another_tag);
}

static void accesses_are_checked(void **state)
{
	static const char range[] = "capture: ACCESS: a field is out of range";
	static const char alien[] =
		"capture: ACCESS: a field that its base does not have";

	(void)state;
	REFUSED(p.access[1].a.base = 0, range);
	REFUSED(p.access[1].a.base = VOUCH_BASE_BTF + 1, range);
	REFUSED(p.access[0].a.insn = 0, range);
	REFUSED(p.access[1].a.insn = VOUCH_ACCESS_PROLOGUE, range);
	REFUSED(p.access[1].a.target_size = 9, range);
	REFUSED(p.access[2].a.target_size = 1, range);
	REFUSED(p.access[0].a.target_size = 1, range);
	REFUSED(p.access[0].a.field_size = 1, range);
	REFUSED(p.access[1].a.field_size = 9, range);
	REFUSED(p.access[1].a.insn = 5,
		"capture: ACCESS: of an instruction that is not there");
	REFUSED(p.access[1].a.structure = 1, alien);
	REFUSED(p.access[1].a.offset = 1, alien);
	REFUSED(p.access[1].a.size = 1, alien);
	REFUSED(p.access[2].a.structure = 0, alien);
	REFUSED(p.access[2].a.size = 0, alien);
	REFUSED(p.access[2].a.field_size = 1, alien);
	REFUSED(p.access[0].a.n_insns = 2, "capture: ACCESS: wrong length");
	REFUSED(p.access[0].a.n_insns = 0x20000000,
		"capture: ACCESS: wrong length");
	REFUSED(p.access[2].a.insn = 0,
		"capture: ACCESS: not in ascending order");
	REFUSED(p.prog.n_insns = 6, "capture: INSNS: wrong length");
}

static void tags_need_all_their_bits(void **state)
{
	u32 func, n, part;

	(void)state;
	for (func = 0; func < VOUCH_MAX_FUNCS; func += 5)
		for (n = 0; n < VOUCH_MAX_REFS; n += 257) {
			u64 tag = VOUCH_TAG(func, n);

			for (part = 0; part < 64; part += 16) {
				assert_int_not_equal(tag >> part & 0xffff, 0);
				assert_int_not_equal(tag >> part & 0xffff,
						     0xffff);
			}
			assert_true((s64)tag != (s32)tag && tag >> 32);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_capture_is_indexed),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(header_is_checked),
		cmocka_unit_test(env_is_checked),
		cmocka_unit_test(facts_and_maps_are_checked),
		cmocka_unit_test(programs_are_checked),
		cmocka_unit_test(functions_are_checked),
		cmocka_unit_test(exception_tables_are_checked),
		cmocka_unit_test(references_are_checked),
		cmocka_unit_test(accesses_are_checked),
		cmocka_unit_test(tags_need_all_their_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
