// SPDX-License-Identifier: BSD-2-Clause
/* The capture's parser: how many records there are, and in which order. */

#include "capture_fixture.h"

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
			    "capture: PROG: no INSNS, which each program has");
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
	vouch_capture_write_record(w, VOUCH_RECORD_INSNS, p->insns,
				   sizeof(p->insns), NULL, 0);
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_record_is_the_end),
		cmocka_unit_test(accesses_are_in_their_place),
		cmocka_unit_test(records_are_bounded),
		cmocka_unit_test(records_are_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
