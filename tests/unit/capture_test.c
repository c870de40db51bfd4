// SPDX-License-Identifier: BSD-2-Clause
/* The capture's parser: a good capture, every cut, every wrong field. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "capture.h"
#include "capture_write.h"

#define N_REFS 7
#define CODE_LEN 13
#define ENTRY 0xffffffffc0001000ull
#define SECOND 0xffffffffc0002000ull
#define TARGET 0xffffffff81000010ull

/* All fields of a small capture, to be made wrong one at a time. */
struct parts {
	struct vouch_capture_env env;
	struct vouch_capture_fact fact[2];
	struct vouch_capture_map map;
	u8 map_data[4];
	struct vouch_capture_prog prog;
	struct {
		struct vouch_capture_func func;
		u8 code[16];
		struct vouch_capture_ref refs[N_REFS];
		struct vouch_capture_extable extable[2];
	} entry;
	struct {
		struct vouch_capture_func func;
		u8 code[8];
	} second;
	struct {
		struct vouch_access a;
		u8 insns[3][8];
	} access[3]; /* the prologue, a context's, a BTF pointer's */
	u8 insns[5][8];
	struct vouch_capture_sym sym[2];
};

static struct vouch_capture_ref ref(u32 kind, u32 index, u64 value, u64 tag)
{
	return (struct vouch_capture_ref){ kind, index, value, tag };
}

static struct parts good(void)
{
	struct parts p = {
		.env = { .release = "6.1.0",
			 .cpu_model = "A CPU",
			 .license = "Dual BSD/GPL",
			 .arch = VOUCH_ARCH_X86_64,
			 .nr_cpus = 2 },
		.fact = { { "bpf_array", "value", 272, 0 },
			  { "bpf_map", "max_entries", 36, 4 } },
		.map = { .name = ".rodata",
			 .type = 2,
			 .key_size = 4,
			 .value_size = 4,
			 .max_entries = 1,
			 .data_len = 4,
			 .flags = VOUCH_MAP_FROZEN },
		.map_data = { 1, 2, 3, 4 },
		.prog = { .name = "count",
			  .section = "xdp",
			  .type = 6,
			  .n_funcs = 2,
			  .n_syms = 2,
			  .n_insns = 5,
			  .n_extable = 2,
			  .flags = VOUCH_PROG_JITED },
		.entry = { .func = { 0, CODE_LEN, N_REFS, 2, ENTRY },
			   .extable = { { 2, 4, 80, 0 }, { 6, 7, 40, 0 } } },
		.second = { .func = { 1, 8, 0, 0, SECOND } },
		.access = { { .a = { VOUCH_ACCESS_PROLOGUE, VOUCH_BASE_PROLOGUE,
				     .n_insns = 3 } },
			    { .a = { 0,
				     VOUCH_BASE_CTX,
				     { 0x61 },
				     4,
				     .n_insns = 1,
				     .target_size = 4 } },
			    { .a = { 3,
				     VOUCH_BASE_BTF,
				     { 0x79 },
				     0,
				     77,
				     16,
				     8,
				     1 } } },
		.insns = { { 0x61 }, { 0x95 } },
		.sym = { { TARGET, "bpf_ktime_get_ns" },
			 { TARGET + 16, "f@module" } },
	};
	struct vouch_capture_ref *r = p.entry.refs;

	memset(p.entry.code, 0x90, CODE_LEN);
	r[0] = ref(VOUCH_REF_MAP, 0, 0, VOUCH_TAG(0, 0));
	r[1] = ref(VOUCH_REF_CALL, 0, TARGET, 0);
	r[2] = ref(VOUCH_REF_MAP_VALUE, 0, 3, VOUCH_TAG(0, 1));
	r[3] = ref(VOUCH_REF_CONST, 0, 77, VOUCH_TAG(0, 2));
	r[4] = ref(VOUCH_REF_SUBCALL, 1, 0, 0);
	r[5] = ref(VOUCH_REF_FUNC, 1, 0, SECOND);
	r[6] = ref(VOUCH_REF_OTHER, 0, 5, 5);
	return p;
}

static void write_accesses(struct vouch_capture_writer *w,
			   const struct parts *p)
{
	u32 i;

	for (i = 0; i < 3; i++)
		vouch_capture_write_record(
			w, VOUCH_RECORD_ACCESS, &p->access[i].a,
			sizeof(p->access[i].a), p->access[i].insns,
			i ? 8 : sizeof(p->access[i].insns));
	vouch_capture_write_record(w, VOUCH_RECORD_INSNS, p->insns,
				   sizeof(p->insns), NULL, 0);
}

static struct vouch_capture_writer build(const struct parts *p)
{
	struct vouch_capture_writer w = { 0 };

	vouch_capture_write_record(&w, VOUCH_RECORD_ENV, &p->env,
				   sizeof(p->env), NULL, 0);
	vouch_capture_write_record(&w, VOUCH_RECORD_FACT, &p->fact[0],
				   sizeof(p->fact[0]), NULL, 0);
	vouch_capture_write_record(&w, VOUCH_RECORD_FACT, &p->fact[1],
				   sizeof(p->fact[1]), NULL, 0);
	vouch_capture_write_record(&w, VOUCH_RECORD_MAP, &p->map,
				   sizeof(p->map), p->map_data,
				   sizeof(p->map_data));
	vouch_capture_write_record(&w, VOUCH_RECORD_PROG, &p->prog,
				   sizeof(p->prog), NULL, 0);
	vouch_capture_write_record(&w, VOUCH_RECORD_FUNC, &p->entry,
				   sizeof(p->entry), NULL, 0);
	vouch_capture_write_record(&w, VOUCH_RECORD_FUNC, &p->second,
				   sizeof(p->second), NULL, 0);
	write_accesses(&w, p);
	vouch_capture_write_record(&w, VOUCH_RECORD_SYM, &p->sym[0],
				   sizeof(p->sym[0]), NULL, 0);
	vouch_capture_write_record(&w, VOUCH_RECORD_SYM, &p->sym[1],
				   sizeof(p->sym[1]), NULL, 0);
	assert_int_equal(vouch_capture_write_finish(&w), 0);
	return w;
}

/* The parser's reason, or "" for a good capture. */
static const char *reason(const void *buf, size_t len)
{
	struct vouch_capture_view view;
	const char *why = "";
	/* Of exactly that size, so that reading beyond is noticed. */
	void *copy = malloc(len ? len : 1);
	int err;

	memcpy(copy, buf, len);
	err = vouch_capture_parse(copy, len, &view, &why);
	assert_true(err == 0 || err == -EINVAL);
	vouch_capture_release(&view);
	free(copy);
	return err ? why : "";
}

static const char *reason_of(const struct parts *p)
{
	struct vouch_capture_writer w = build(p);
	const char *why = reason(w.buf, w.len);

	vouch_capture_write_free(&w);
	return why;
}

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
	first->type = 9;
	assert_string_equal(reason(w.buf, w.len),
			    "capture: unknown type of record");
	first->type = VOUCH_RECORD_MAP;
	assert_string_equal(reason(w.buf, w.len),
			    "capture: does not begin with an ENV record");
	vouch_capture_write_free(&w);
}

static void the_last_record_is_the_end(void **state)
{
	struct parts p = good();
	struct vouch_capture_writer w = build(&p);
	u8 *longer = calloc(1, w.len + 8);

	(void)state;
	memcpy(longer, w.buf, w.len);
	((struct vouch_capture_head *)longer)->size = cpu_to_le64(w.len + 8);
	assert_string_equal(reason(longer, w.len + 8),
			    "capture: bytes behind the last record");
	free(longer);
	vouch_capture_write_free(&w);
}

/* One field made wrong, and what the parser must say. */
#define REFUSED(change, why)                               \
	do {                                               \
		struct parts p = good();                   \
		change;                                    \
		assert_string_equal(reason_of(&p), (why)); \
	} while (0)

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
	REFUSED(p.map.flags = 8, "capture: MAP: unknown flag");
	REFUSED(p.map.reserved = 1,
		"capture: MAP: reserved bytes are not zero");
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

static void accesses_are_in_their_place(void **state)
{
	struct parts p = good();
	struct vouch_capture_writer w = { 0 };

	(void)state;
	p.prog.n_funcs = 1;
	p.prog.n_syms = 0;
	p.prog.n_extable = 0;
	p.second.func.index = 0;
	vouch_capture_write_record(&w, VOUCH_RECORD_ENV, &p.env, sizeof(p.env),
				   NULL, 0);
	vouch_capture_write_record(&w, VOUCH_RECORD_PROG, &p.prog,
				   sizeof(p.prog), NULL, 0);
	vouch_capture_write_record(&w, VOUCH_RECORD_FUNC, &p.second,
				   sizeof(p.second), NULL, 0);
	vouch_capture_write_record(&w, VOUCH_RECORD_ACCESS, &p.access[1].a,
				   sizeof(p.access[1].a), p.access[1].insns, 8);
	assert_int_equal(vouch_capture_write_finish(&w), 0);
	assert_string_equal(reason(w.buf, w.len),
			    "capture: PROG: accesses without INSNS");
	vouch_capture_write_record(&w, VOUCH_RECORD_INSNS, p.insns,
				   sizeof(p.insns), NULL, 0);
	assert_int_equal(vouch_capture_write_finish(&w), 0);
	assert_string_equal(reason(w.buf, w.len), "");
	vouch_capture_write_record(&w, VOUCH_RECORD_INSNS, p.insns,
				   sizeof(p.insns), NULL, 0);
	assert_int_equal(vouch_capture_write_finish(&w), 0);
	assert_string_equal(reason(w.buf, w.len),
			    "capture: a record is out of order");
	vouch_capture_write_free(&w);
}

/* The head as it stands in a program without its functions' insides. */
static void add_program(struct vouch_capture_writer *w, struct parts *p)
{
	p->prog.n_funcs = 1;
	p->prog.n_syms = 0;
	p->prog.n_extable = 0;
	vouch_capture_write_record(w, VOUCH_RECORD_PROG, &p->prog,
				   sizeof(p->prog), NULL, 0);
	p->second.func.index = 0;
	vouch_capture_write_record(w, VOUCH_RECORD_FUNC, &p->second,
				   sizeof(p->second), NULL, 0);
}

static const char *reason_of_counts(u32 n_facts, u32 n_maps, u32 n_progs)
{
	struct vouch_capture_writer w = { 0 };
	struct parts p = good();
	const char *why;
	u32 i;

	vouch_capture_write_record(&w, VOUCH_RECORD_ENV, &p.env, sizeof(p.env),
				   NULL, 0);
	for (i = 0; i < n_facts; i++) {
		sprintf(p.fact[0].field, "f%04u", i);
		vouch_capture_write_record(&w, VOUCH_RECORD_FACT, &p.fact[0],
					   sizeof(p.fact[0]), NULL, 0);
	}
	for (i = 0; i < n_maps; i++)
		vouch_capture_write_record(&w, VOUCH_RECORD_MAP, &p.map,
					   sizeof(p.map), p.map_data,
					   sizeof(p.map_data));
	for (i = 0; i < n_progs; i++)
		add_program(&w, &p);
	assert_int_equal(vouch_capture_write_finish(&w), 0);
	why = reason(w.buf, w.len);
	vouch_capture_write_free(&w);
	return why;
}

static void records_are_bounded(void **state)
{
	(void)state;
	assert_string_equal(reason_of_counts(VOUCH_MAX_FACTS, VOUCH_MAX_MAPS,
					     VOUCH_MAX_PROGS),
			    "");
	assert_string_equal(reason_of_counts(VOUCH_MAX_FACTS + 1, 1, 1),
			    "capture: too many FACT records");
	assert_string_equal(reason_of_counts(1, VOUCH_MAX_MAPS + 1, 1),
			    "capture: too many MAP records");
	assert_string_equal(reason_of_counts(1, 1, VOUCH_MAX_PROGS + 1),
			    "capture: too many PROG records");
	assert_string_equal(reason_of_counts(1, 1, 0), "capture: no program");
}

static void records_are_in_order(void **state)
{
	struct parts p = good();
	struct vouch_capture_writer w = build(&p);
	const size_t head = sizeof(struct vouch_capture_record);
	const size_t maps = sizeof(struct vouch_capture_head) + head +
			    sizeof(p.env) + 2 * (head + sizeof(p.fact[0]));

	(void)state;
	/* Behind the map's four bytes of data */
	((u8 *)w.buf)[maps + head + sizeof(p.map) + 4] = 1;
	assert_string_equal(reason(w.buf, w.len),
			    "capture: bytes between records are not zero");
	vouch_capture_write_free(&w);

	memset(&w, 0, sizeof(w));
	vouch_capture_write_record(&w, VOUCH_RECORD_ENV, &p.env, sizeof(p.env),
				   NULL, 0);
	vouch_capture_write_record(&w, VOUCH_RECORD_MAP, &p.map, sizeof(p.map),
				   p.map_data, sizeof(p.map_data));
	vouch_capture_write_record(&w, VOUCH_RECORD_FACT, &p.fact[0],
				   sizeof(p.fact[0]), NULL, 0);
	assert_int_equal(vouch_capture_write_finish(&w), 0);
	assert_string_equal(reason(w.buf, w.len),
			    "capture: a record is out of order");
	vouch_capture_write_free(&w);
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
		cmocka_unit_test(the_last_record_is_the_end),
		cmocka_unit_test(env_is_checked),
		cmocka_unit_test(facts_and_maps_are_checked),
		cmocka_unit_test(programs_are_checked),
		cmocka_unit_test(functions_are_checked),
		cmocka_unit_test(exception_tables_are_checked),
		cmocka_unit_test(references_are_checked),
		cmocka_unit_test(accesses_are_checked),
		cmocka_unit_test(accesses_are_in_their_place),
		cmocka_unit_test(records_are_bounded),
		cmocka_unit_test(records_are_in_order),
		cmocka_unit_test(tags_need_all_their_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
