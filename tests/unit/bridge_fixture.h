/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small capture with its object, target profile and image key, which tests
 * of the bridge change in one place and expect to be refused.
 */
#ifndef VOUCH_BRIDGE_FIXTURE_H
#define VOUCH_BRIDGE_FIXTURE_H

#include "object_fixture.h"

static inline void emit(struct fixture_func *f, const void *bytes, u32 len)
{
	assert_true(f->len + len <= FIXTURE_CODE);
	memcpy(f->code + f->len, bytes, len);
	f->len += len;
}

#define EMIT(f, s) emit(f, s, sizeof(s) - 1)

static inline struct vouch_capture_ref *add_ref(struct fixture_func *f,
						u32 kind, u32 index, u64 value)
{
	struct vouch_capture_ref *r = &f->refs[f->n_refs++];

	r->kind = cpu_to_le32(kind);
	r->index = cpu_to_le32(index);
	r->value = cpu_to_le64(value);
	return r;
}

/* Sets the rel32 at @off + 1 so that it reaches @target. */
static inline void fixture_aim(struct fixture *f, u32 func, u32 off, u64 target)
{
	u64 from = FIXTURE_FUNC(func) + off + 5;
	__le32 rel = cpu_to_le32((u32)(target - from));

	memcpy(f->funcs[func].code + off + 1, &rel, 4);
}

static inline u32 emit_branch(struct fixture *f, u32 func, u8 opcode,
			      u64 target)
{
	u8 insn[5] = { opcode };
	u32 off = f->funcs[func].len;

	emit(&f->funcs[func], insn, sizeof(insn));
	fixture_aim(f, func, off, target);
	return off;
}

static inline void emit_tag(struct fixture *f, u32 func, const char *opcode,
			    u32 n)
{
	__le64 tag = cpu_to_le64(VOUCH_TAG(func, n));

	f->funcs[func].refs[f->funcs[func].n_refs - 1].tag = tag;
	emit(&f->funcs[func], opcode, 2);
	emit(&f->funcs[func], &tag, 8);
}

/*
 * A look-up, a map's value, a constant, a call of function 1, mov eax, 2;
 * every kind of reference that an image may have.
 */
static inline void make_main(struct fixture *f)
{
	struct fixture_func *m = &f->funcs[0];

	EMIT(m, "\x0f\x1f\x44\x00\x00\x66\x90\x55\x48\x89\xe5"
		"\x48\x81\xec\x10\x00\x00\x00\x53\x41\x55");
	marks.body = m->len;
	EMIT(m, "\x48\x89\xfb" /* mov rbx, rdi */
		"\x4c\x8b\x6b\x00" /* mov r13, [rbx + 0] */
		"\xc7\x45\xf8\x00\x00\x00\x00" /* mov dword [rbp - 8], 0 */
		"\x48\x89\xee\x48\x83\xc6\xf8"); /* lea rsi, [rbp - 8] */
	marks.map = m->len;
	add_ref(m, VOUCH_REF_MAP, 0, 0);
	emit_tag(f, 0, "\x48\xbf", 0); /* rdi */
	add_ref(m, VOUCH_REF_CALL, 0, FIXTURE_LOOKUP);
	marks.call = emit_branch(f, 0, 0xe8, FIXTURE_LOOKUP);
	EMIT(m, "\x48\x85\xc0"); /* test rax, rax */
	marks.je = m->len;
	EMIT(m, "\x74\x0d"); /* je over the next two */
	marks.value = m->len;
	add_ref(m, VOUCH_REF_MAP_VALUE, 1, 4);
	emit_tag(f, 0, "\x49\xbd", 1); /* r13 */
	EMIT(m, "\x4c\x01\xe8"); /* add rax, r13 */
	marks.constant = m->len;
	add_ref(m, VOUCH_REF_CONST, 0, FIXTURE_CONST);
	emit_tag(f, 0, "\x48\xba", 2); /* rdx */
	marks.subcall = emit_branch(f, 0, 0xe8, FIXTURE_FUNC(1));
	add_ref(m, VOUCH_REF_SUBCALL, 1, 0);
	marks.mov = m->len;
	EMIT(m, "\xb8\x78\x56\x34\x12"); /* mov eax, FIXTURE_CONST32 */
	marks.epilogue = m->len;
	EMIT(m, "\x41\x5d\x5b\xc9");
	emit_branch(f, 0, 0xe9, FIXTURE_THUNK);
}

static inline void make_sub(struct fixture *f, u32 i)
{
	struct fixture_func *m = &f->funcs[i];

	EMIT(m, "\x0f\x1f\x44\x00\x00\x66\x90\x55\x48\x89\xe5"
		"\xb8\x02\x00\x00\x00\xc9");
	emit_branch(f, i, 0xe9, FIXTURE_THUNK);
}

static inline void add_fact(struct fixture *f, const char *structure,
			    const char *field, u32 offset, u32 size)
{
	struct vouch_capture_fact *fact = &f->facts[f->n_facts++];

	strcpy(fact->structure, structure);
	strcpy(fact->field, field);
	fact->offset = cpu_to_le32(offset);
	fact->size = cpu_to_le32(size);
}

static inline void make_env(struct fixture *f)
{
	strcpy(f->env.release, "6.1.0-test-amd64");
	strcpy(f->env.cpu_model, "AMD EPYC Processor");
	strcpy(f->env.license, "Dual BSD/GPL");
	memset(f->env.build_id, 0xb1, sizeof(f->env.build_id));
	f->env.arch = cpu_to_le32(VOUCH_ARCH_X86_64);
	f->env.features = cpu_to_le32(VOUCH_FEATURE_RETHUNK);
	f->env.nr_cpus = cpu_to_le32(1);
	add_fact(f, "bpf_array", "value", 312, 0);
	add_fact(f, "bpf_map", "max_entries", 36, 4);
	add_fact(f, "htab_elem", "key", 48, 0);
	add_fact(f, "xdp_buff", "data", 0, 8);
}

static inline void make_maps(struct fixture *f)
{
	f->maps[0] = (struct vouch_capture_map){
		.name = "counters",
		.type = cpu_to_le32(BPF_MAP_TYPE_HASH),
		.key_size = cpu_to_le32(4),
		.value_size = cpu_to_le32(8),
		.max_entries = cpu_to_le32(1000),
	};
	f->maps[1] = (struct vouch_capture_map){
		.name = ".data",
		.type = cpu_to_le32(BPF_MAP_TYPE_ARRAY),
		.key_size = cpu_to_le32(4),
		.value_size = cpu_to_le32(16),
		.max_entries = cpu_to_le32(1),
		.map_flags = cpu_to_le32(BPF_F_MMAPABLE),
		.flags = cpu_to_le32(VOUCH_MAP_INTERNAL),
		.data_len = cpu_to_le32(16),
	};
	memcpy(f->data[1], FIXTURE_DATA, 16);
	f->n_maps = 2;
}

static inline void make_prog(struct fixture *f)
{
	strcpy(f->prog.name, "xdp-test");
	strcpy(f->prog.section, "xdp");
	f->prog.type = cpu_to_le32(BPF_PROG_TYPE_XDP);
	f->prog.stack_depth = cpu_to_le32(16);
	f->prog.flags = cpu_to_le32(VOUCH_PROG_JITED);
	f->n_funcs = 2;
	make_main(f);
	make_sub(f, 1);
	f->syms[0].address = cpu_to_le64(FIXTURE_LOOKUP);
	strcpy(f->syms[0].name, "__htab_map_lookup_elem");
	f->syms[1].address = cpu_to_le64(FIXTURE_THUNK);
	strcpy(f->syms[1].name, "srso_return_thunk");
	f->syms[2].address = cpu_to_le64(FIXTURE_OTHER);
	strcpy(f->syms[2].name, "commit_creds");
	f->n_syms = 3;
}

static inline void make_profile(struct fixture *f)
{
	strcpy(f->profile,
	       "{ \"schema_version\": 1, \"arch\": \"x86_64\",\n"
	       "  \"release\": \"6.1.0-target\",\n"
	       "  \"vermagic\": \"6.1.0-target SMP mod_unload \",\n"
	       "  \"target_abi\": 1,\n"
	       "  \"facts\": { \"module.size\": 832,\n"
	       "    \"module.name.offset\": 24,\n"
	       "    \"xdp_buff.data.offset\": 0,\n"
	       "    \"xdp_buff.data.size\": 8 },\n"
	       "  \"kconfig\": { \"CONFIG_CFI_CLANG\": 0,\n"
	       "    \"CONFIG_MODVERSIONS\": 0, \"CONFIG_PREEMPT_RT\": 0,\n"
	       "    \"CONFIG_RETHUNK\": 1, \"CONFIG_RETPOLINE\": 1,\n"
	       "    \"CONFIG_X86_KERNEL_IBT\": 0 },\n"
	       "  \"helpers\": [\"vouch_bpf_htab_lookup_raw\"],\n"
	       "  \"map_types\": [\"array\", \"hash\", \"ringbuf\", "
	       "\"bloom_filter\", \"perf_event_array\", \"array_of_maps\"],\n"
	       "  \"prog_types\": [\"xdp\"], \"hooks\": [\"xdp\"] }\n");
}

static inline void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	make_env(f);
	make_maps(f);
	make_prog(f);
	make_profile(f);
	fixture_object(f, (struct fixture_extern){}, false);
}

static inline void drop(struct fixture *f)
{
	vouch_checked_release(&f->chk);
	vouch_capture_release(&f->view);
	vouch_capture_write_free(&f->writer);
	vouch_profile_free(f->target);
	f->target = NULL;
}

static inline void fixture_release(struct fixture *f)
{
	drop(f);
}

/* Puts bytes into function @func, before the epilogue. */
static inline void fixture_insert(struct fixture *f, u32 func, u32 off,
				  const void *bytes, u32 len)
{
	struct fixture_func *m = &f->funcs[func];

	assert_true(m->len + len <= FIXTURE_CODE);
	memmove(m->code + off + len, m->code + off, m->len - off);
	memcpy(m->code + off, bytes, len);
	m->len += len;
	/* The exit is the last instruction; earlier calls do not move. */
	fixture_aim(f, func, m->len - 5, FIXTURE_THUNK);
}

/* Makes the user's constant the address of function 1. */
static inline void fixture_take_address(struct fixture *f)
{
	__le64 value = cpu_to_le64(FIXTURE_FUNC(1));

	f->funcs[0].refs[3].kind = cpu_to_le32(VOUCH_REF_FUNC);
	f->funcs[0].refs[3].index = cpu_to_le32(1);
	f->funcs[0].refs[3].value = 0;
	f->funcs[0].refs[3].tag = value;
	memcpy(f->funcs[0].code + marks.constant + 2, &value, 8);
}

/* Replaces @old in the profile, which must hold it, by @new. */
static inline void fixture_profile(struct fixture *f, const char *old,
				   const char *new)
{
	char *at = strstr(f->profile, old), tail[sizeof(f->profile)];

	assert_non_null(at);
	strcpy(tail, at + strlen(old));
	strcpy(at, new);
	strcat(f->profile, tail);
}

static inline void write_func(struct fixture *f, u32 i)
{
	struct fixture_func *m = &f->funcs[i];
	const struct vouch_capture_func func = {
		.index = cpu_to_le32(i),
		.code_len = cpu_to_le32(m->len),
		.n_refs = cpu_to_le32(m->n_refs),
		.n_extable = cpu_to_le32(m->n_extable),
		.address = cpu_to_le64(FIXTURE_FUNC(i) - (i ? f->nearer : 0)),
	};
	u8 rest[FIXTURE_CODE + sizeof(m->refs) + sizeof(m->extable)] = {};
	u32 len = (m->len + 7) & ~7u;

	memcpy(rest, m->code, m->len);
	memcpy(rest + len, m->refs, m->n_refs * sizeof(m->refs[0]));
	len += m->n_refs * sizeof(m->refs[0]);
	memcpy(rest + len, m->extable, m->n_extable * sizeof(m->extable[0]));
	len += m->n_extable * sizeof(m->extable[0]);
	vouch_capture_write_record(&f->writer, VOUCH_RECORD_FUNC, &func,
				   sizeof(func), rest, len);
}

static inline void write_capture(struct fixture *f)
{
	static const u8 insn[VOUCH_INSN_LEN] = { 0x95 }; /* nobody reads it */
	struct vouch_capture_writer *w = &f->writer;
	u32 i, n_extable = 0;

	if (!f->keep_hash)
		assert_int_equal(
			vouch_sha256(f->object, f->object_len, f->env.object),
			0);
	f->prog.n_funcs = cpu_to_le32(f->n_funcs);
	f->prog.n_insns = cpu_to_le32(1);
	f->prog.n_syms = cpu_to_le32(f->n_syms);
	for (i = 0; i < f->n_funcs; i++)
		n_extable += f->funcs[i].n_extable;
	f->prog.n_extable = cpu_to_le32(n_extable);
	vouch_capture_write_record(w, VOUCH_RECORD_ENV, &f->env, sizeof(f->env),
				   NULL, 0);
	for (i = 0; i < f->n_facts; i++)
		vouch_capture_write_record(w, VOUCH_RECORD_FACT, &f->facts[i],
					   sizeof(f->facts[i]), NULL, 0);
	for (i = 0; i < f->n_maps; i++)
		vouch_capture_write_record(w, VOUCH_RECORD_MAP, &f->maps[i],
					   sizeof(f->maps[i]), f->data[i],
					   le32_to_cpu(f->maps[i].data_len));
	vouch_capture_write_record(w, VOUCH_RECORD_PROG, &f->prog,
				   sizeof(f->prog), NULL, 0);
	for (i = 0; i < f->n_funcs; i++)
		write_func(f, i);
	vouch_capture_write_record(w, VOUCH_RECORD_INSNS, insn, sizeof(insn),
				   NULL, 0);
	for (i = 0; i < f->n_syms; i++)
		vouch_capture_write_record(w, VOUCH_RECORD_SYM, &f->syms[i],
					   sizeof(f->syms[i]), NULL, 0);
	assert_int_equal(vouch_capture_write_finish(w), 0);
}

/* Checks (and releases what an earlier call made); -EPERM with f->why. */
static inline int fixture_check(struct fixture *f)
{
	json_t *options = NULL;
	char reason[256] = "";
	const char *why = NULL;
	int ret;

	drop(f);
	write_capture(f);
	if (f->options)
		options = json_loads(f->options, 0, NULL);
	if (vouch_capture_parse(f->writer.buf, f->writer.len, &f->view, &why))
		fail_msg("the capture does not parse: %s", why);
	if (profile_of_json(f->profile, &f->target, reason, sizeof(reason)))
		fail_msg("the profile does not parse: %s", reason);
	ret = vouch_check(&f->view, f->object, f->object_len, options,
			  f->target, f->retargeted, &f->chk, &f->why);
	json_decref(options);
	return ret;
}

/* Checks and links; fails the test if either does not succeed. */
static inline void *fixture_link(struct fixture *f, size_t *len)
{
	static const u8 options[VOUCH_HASH_LEN] = { 1, 2, 3 };
	void *image = NULL;
	char line[512];

	*len = 0;
	if (fixture_check(f) ||
	    vouch_link(&f->view, &f->chk, f->target, options, f->instance,
		       &image, len, &f->why)) {
		vouch_refusal_format(&f->why, line, sizeof(line));
		fail_msg("refused: %s", line);
	}
	return image;
}

#endif /* VOUCH_BRIDGE_FIXTURE_H */
