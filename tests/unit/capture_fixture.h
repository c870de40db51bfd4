/* SPDX-License-Identifier: BSD-2-Clause */
/* A small capture with all kinds of records, and what its parser says. */
#ifndef VOUCH_CAPTURE_FIXTURE_H
#define VOUCH_CAPTURE_FIXTURE_H

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
	struct vouch_capture_map template; /* of type 0: none */
	struct vouch_capture_map more; /* of type 0: no second map */
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

static inline struct vouch_capture_ref ref(u32 kind, u32 index, u64 value,
					   u64 tag)
{
	return (struct vouch_capture_ref){ kind, index, value, tag };
}

static inline struct parts good(void)
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

static inline void write_accesses(struct vouch_capture_writer *w,
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

static inline struct vouch_capture_writer build(const struct parts *p)
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
	if (p->template.type)
		vouch_capture_write_record(&w, VOUCH_RECORD_TEMPLATE,
					   &p->template, sizeof(p->template),
					   NULL, 0);
	if (p->more.type)
		vouch_capture_write_record(&w, VOUCH_RECORD_MAP, &p->more,
					   sizeof(p->more), NULL, 0);
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
static inline const char *reason(const void *buf, size_t len)
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

static inline const char *reason_of(const struct parts *p)
{
	struct vouch_capture_writer w = build(p);
	const char *why = reason(w.buf, w.len);

	vouch_capture_write_free(&w);
	return why;
}

/* One field made wrong, and what the parser must say. */
#define REFUSED_OF(whole, change, why)                     \
	do {                                               \
		struct parts p = whole;                    \
		change;                                    \
		assert_string_equal(reason_of(&p), (why)); \
	} while (0)
#define REFUSED(change, why) REFUSED_OF(good(), change, why)

#endif /* VOUCH_CAPTURE_FIXTURE_H */
