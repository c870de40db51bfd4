/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two loads of one imaginary program, with an access of every kind, whose
 * fields the target has elsewhere.
 */
#ifndef VOUCH_PASSES_FIXTURE_H
#define VOUCH_PASSES_FIXTURE_H

#include "btf_fixture.h"

#include "../../common/capture_write.h"
#include "../../host-bridge/check_passes.h"
#include "../../host-bridge/crypto.h"

#define PASS_INSNS 16
#define PASS_CODE 256
#define PASS_ACCESSES 4
#define PASS_SEQUENCE 3

#define INSN(c, d, s, o, i)                 \
	((struct bpf_insn){ .code = (c),    \
			    .dst_reg = (d), \
			    .src_reg = (s), \
			    .off = (o),     \
			    .imm = (i) })
#define LOAD(size, d, s, o) INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define PROBE(size, d, s, o) INSN(BPF_LDX | 0x20 | (size), d, s, o, 0)

struct pass_access {
	struct vouch_access a;
	struct bpf_insn insns[PASS_SEQUENCE];
	u32 n;
};

/* What one load's capture is made of. */
struct pass_load {
	struct vouch_capture_env env;
	struct vouch_capture_fact fact;
	struct vouch_capture_map map;
	struct vouch_capture_prog prog;
	struct pass_access accesses[PASS_ACCESSES];
	u32 n_accesses;
	struct bpf_insn insns[PASS_INSNS];
	u32 n_insns;
	u8 code[PASS_CODE];
	u32 len;
	u64 address;
	struct vouch_capture_ref ref;
	struct vouch_capture_sym sym;
	/* Made by pass_parse() */
	struct vouch_capture_writer writer;
	struct vouch_capture_view view;
};

/* Where the two kernels have things. */
struct pass_places {
	s16 head, mark; /* sk_buff.head, .cloned; .mark */
	s16 field; /* task.start */
	u32 flags; /* an immediate */
	u64 address; /* of the program's function */
	bool absent; /* the target has no mark, which reads as 0 */
	bool apart; /* it has the mark behind a pointer, by way of r9 */
	bool called; /* it calls something for the mark */
};

static const struct pass_places pass_here = { .head = 16,
					      .mark = 168,
					      .field = 8,
					      .flags = 65,
					      .address = 0xffffffffc0001000 };
static const struct pass_places pass_there = { .head = 24,
					       .mark = 64,
					       .field = 232,
					       .flags = 8193,
					       .address = 0xffffffffc0005000 };

static inline void put(struct pass_load *l, const void *bytes, u32 len)
{
	assert_true(l->len + len <= PASS_CODE);
	memcpy(l->code + l->len, bytes, len);
	l->len += len;
}

/* mov or movzx of [@base + @off] with these opcodes; @regs: ModRM. */
static inline void put_load(struct pass_load *l, const char *op, u32 len,
			    u8 regs, s32 off)
{
	u8 disp = (u8)off;

	put(l, op, len);
	if (off >= -128 && off < 128) {
		regs |= 0x40;
		put(l, &regs, 1);
		put(l, &disp, 1);
	} else {
		regs |= 0x80;
		put(l, &regs, 1);
		put(l, &off, 4);
	}
}

/* The load of a kernel's field that may fault, as the JIT writes it. */
static inline void put_probe(struct pass_load *l, s16 off)
{
	u64 limit = 0x7ffffffff000ull + 4096 + (u64)off;
	s32 imm = off;

	put(l, "\x49\xbb", 2); /* movabs r11, limit */
	put(l, &limit, 8);
	put(l, "\x4c\x39\xdf\x72\x0c", 5); /* cmp rdi, r11; jb */
	put(l, "\x49\x89\xfb", 3); /* mov r11, rdi */
	put(l, "\x49\x81\xc3", 3); /* add r11, off */
	put(l, &imm, 4);
	put(l, "\x73\x04", 2); /* jnc */
	put(l, "\x31\xf6\xeb", 3); /* xor esi, esi; jmp over the load */
	put(l, off < 128 ? "\x04" : "\x07", 1);
	put_load(l, "\x48\x8b", 2, 0x37, off); /* mov rsi, [rdi + off] */
}

static inline void pass_code(struct pass_load *l, const struct pass_places *at)
{
	s32 imm = (s32)at->flags;
	u32 jump;

	put(l, "\x0f\x1f\x44\x00\x00\x66\x90\x55\x48\x89\xe5", 11);
	if (at->apart)
		put(l, "\x41\x57", 2); /* push r15 */
	put_load(l, "\x48\x0f\xb6", 3, 0x37, at->head); /* prologue's */
	put(l, "\x48\x85\xf6", 3); /* test rsi, rsi */
	jump = l->len;
	put(l, "\x74\x00", 2); /* je behind the narrow load */
	if (at->absent) {
		put(l, "\x31\xc0", 2); /* xor eax, eax */
	} else if (at->apart) {
		put_load(l, "\x4c\x8b", 2, 0x3f, at->mark); /* to r15 */
		put(l, "\x41\x8b\x47\x04", 4); /* mov eax, [r15 + 4] */
	} else {
		put_load(l, "\x8b", 1, 0x07, at->mark);
	}
	put(l, "\xc1\xe8\x08\x25\xff\xff\x00\x00", 8); /* shr, and */
	l->code[jump + 1] = (u8)(l->len - jump - 2);
	put_probe(l, at->field);
	if (imm < 128) {
		put(l, "\x48\x83\xfe", 3); /* cmp rsi, imm8 */
		put(l, &imm, 1);
	} else {
		put(l, "\x48\x81\xfe", 3);
		put(l, &imm, 4);
	}
	put(l, "\x48\xbf", 2); /* movabs rdi, the function's address */
	put(l, &at->address, 8);
	put(l, "\x72\x05\xe8", 3); /* jb; call */
	put(l, "\x00\x00\x00\x00", 4);
	if (at->apart)
		put(l, "\x41\x5f", 2); /* pop r15 */
	put(l, "\xc9\xe9\x00\x00\x01\x00", 6); /* leave; jmp thunk */
}

static inline struct pass_access *pass_access(struct pass_load *l, u32 insn,
					      u32 base, struct bpf_insn code)
{
	struct pass_access *p = &l->accesses[l->n_accesses++];

	p->a.insn = cpu_to_le32(insn);
	p->a.base = cpu_to_le32(base);
	memcpy(p->a.code, &code, sizeof(code));
	return p;
}

/* What is in the place of the mark. */
static inline void pass_mark(struct pass_access *p,
			     const struct pass_places *at)
{
	if (at->absent) {
		p->insns[p->n++] = INSN(BPF_ALU | BPF_MOV, 0, 0, 0, 0);
	} else if (at->apart) {
		p->insns[p->n++] = LOAD(BPF_DW, 9, 1, at->mark);
		p->insns[p->n++] = LOAD(BPF_W, 0, 9, 4);
	} else if (at->called) {
		p->insns[p->n++] = INSN(BPF_JMP | BPF_CALL, 0, 0, 0, 1);
	} else {
		p->insns[p->n++] = LOAD(BPF_W, 0, 1, at->mark);
	}
}

static inline void pass_add(struct pass_load *l, struct bpf_insn insn)
{
	l->insns[l->n_insns++] = insn;
}

/*
 * The program: if (byte of the context's 1) r0 = two bytes of its mark;
 * r6 = task->start; if (context's flags are fewer) call.
 */
static inline void pass_program(struct pass_load *l,
				const struct pass_places *at, u32 task)
{
	const struct bpf_insn mark = LOAD(BPF_H, 0, 1, 9);
	const struct bpf_insn first = INSN(BPF_JMP | BPF_JEQ, 6, 0, 3, 0);
	struct pass_access *p;

	p = pass_access(l, VOUCH_ACCESS_PROLOGUE, VOUCH_BASE_PROLOGUE, first);
	p->insns[p->n++] = LOAD(BPF_B, 6, 1, at->head);
	p->insns[p->n++] = first;
	p = pass_access(l, 1, VOUCH_BASE_CTX, mark);
	p->a.field_size = p->a.target_size = cpu_to_le32(4);
	pass_mark(p, at);
	p = pass_access(l, 2, VOUCH_BASE_BTF, LOAD(BPF_DW, 6, 1, 8));
	p->a.structure = cpu_to_le32(task);
	p->a.offset = p->a.size = cpu_to_le32(8);
	p->insns[p->n++] = PROBE(BPF_DW, 6, 1, at->field);
	p = pass_access(l, 3, VOUCH_BASE_SOCKET, LOAD(BPF_W, 6, 1, 4));
	p->insns[p->n++] = INSN(BPF_JMP | BPF_JLT, 6, 0, 1, (s32)at->flags);

	pass_add(l, l->accesses[0].insns[0]);
	pass_add(l, first);
	l->insns[1].off += at->apart; /* as the kernel corrects it */
	pass_add(l, l->accesses[1].insns[0]);
	if (at->apart)
		pass_add(l, l->accesses[1].insns[1]);
	pass_add(l, INSN(BPF_ALU | BPF_RSH, 0, 0, 0, 8));
	pass_add(l, INSN(BPF_ALU | BPF_AND, 0, 0, 0, 0xffff));
	pass_add(l, l->accesses[2].insns[0]);
	pass_add(l, l->accesses[3].insns[0]);
	pass_add(l, INSN(BPF_JMP | BPF_CALL, 0, 0, 0, 1234));
	pass_add(l, INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
	pass_code(l, at);
}

static inline void pass_init(struct pass_load *l, const struct pass_places *at,
			     u32 task)
{
	memset(l, 0, sizeof(*l));
	strcpy(l->env.release, "6.1.0");
	strcpy(l->env.cpu_model, "A CPU");
	strcpy(l->env.license, "GPL");
	l->env.arch = cpu_to_le32(VOUCH_ARCH_X86_64);
	l->env.nr_cpus = cpu_to_le32(1);
	strcpy(l->fact.structure, "bpf_array");
	strcpy(l->fact.field, "value");
	strcpy(l->map.name, "map");
	l->map.type = cpu_to_le32(1);
	strcpy(l->prog.name, "reads");
	strcpy(l->prog.section, "tc");
	l->prog.type = cpu_to_le32(BPF_PROG_TYPE_SCHED_CLS);
	l->prog.n_funcs = cpu_to_le32(1);
	l->prog.n_syms = cpu_to_le32(1);
	l->ref.kind = cpu_to_le32(VOUCH_REF_CALL);
	l->ref.value = l->sym.address = cpu_to_le64(0xffffffff81000000ull);
	strcpy(l->sym.name, "bpf_helper");
	l->address = at->address;
	pass_program(l, at, task);
}

static inline void pass_release(struct pass_load *l)
{
	vouch_capture_release(&l->view);
	vouch_capture_write_free(&l->writer);
}

static inline void pass_write(struct pass_load *l)
{
	struct vouch_capture_writer *w = &l->writer;
	const struct vouch_capture_func func = {
		.code_len = cpu_to_le32(l->len),
		.n_refs = cpu_to_le32(1),
		.address = cpu_to_le64(l->address),
	};
	u8 rest[PASS_CODE + sizeof(l->ref)] = { 0 };
	u32 i, len = (l->len + 7) & ~7u;

	l->prog.n_insns = cpu_to_le32(l->n_insns);
	memcpy(rest, l->code, l->len);
	memcpy(rest + len, &l->ref, sizeof(l->ref));
	vouch_capture_write_record(w, VOUCH_RECORD_ENV, &l->env, sizeof(l->env),
				   NULL, 0);
	vouch_capture_write_record(w, VOUCH_RECORD_FACT, &l->fact,
				   sizeof(l->fact), NULL, 0);
	vouch_capture_write_record(w, VOUCH_RECORD_MAP, &l->map, sizeof(l->map),
				   NULL, 0);
	vouch_capture_write_record(w, VOUCH_RECORD_PROG, &l->prog,
				   sizeof(l->prog), NULL, 0);
	vouch_capture_write_record(w, VOUCH_RECORD_FUNC, &func, sizeof(func),
				   rest, len + sizeof(l->ref));
	for (i = 0; i < l->n_accesses; i++) {
		l->accesses[i].a.n_insns = cpu_to_le32(l->accesses[i].n);
		vouch_capture_write_record(
			w, VOUCH_RECORD_ACCESS, &l->accesses[i].a,
			sizeof(l->accesses[i].a), l->accesses[i].insns,
			l->accesses[i].n * sizeof(struct bpf_insn));
	}
	vouch_capture_write_record(w, VOUCH_RECORD_INSNS, l->insns,
				   l->n_insns * sizeof(l->insns[0]), NULL, 0);
	vouch_capture_write_record(w, VOUCH_RECORD_SYM, &l->sym, sizeof(l->sym),
				   NULL, 0);
	assert_int_equal(vouch_capture_write_finish(w), 0);
}

static inline void pass_parse(struct pass_load *l)
{
	const char *why = "";

	pass_release(l);
	pass_write(l);
	if (vouch_capture_parse(l->writer.buf, l->writer.len, &l->view, &why))
		fail_msg("the capture does not parse: %s", why);
}

/* The target, asked about the fixture's accesses. */
static inline int pass_convert(const void *ctx, u32 prog_type, u32 base,
			       const u8 insn[VOUCH_INSN_LEN],
			       u8 out[VOUCH_MAX_SEQUENCE][VOUCH_INSN_LEN],
			       u32 *n_insns, u32 *target_size)
{
	const struct pass_places *at = ctx;
	struct pass_load there;
	u32 i;

	if (!at || prog_type != BPF_PROG_TYPE_SCHED_CLS)
		return -ENOENT;
	memset(&there, 0, sizeof(there));
	pass_program(&there, at, 0);
	for (i = 0; i < there.n_accesses; i++) {
		const struct pass_access *p = &there.accesses[i];

		if (le32_to_cpu(p->a.base) != base)
			continue;
		/* A part of a field is asked for as the whole. */
		if (base == VOUCH_BASE_CTX && vouch_access_insn(insn, 0).code !=
						      LOAD(BPF_W, 0, 0, 0).code)
			return -ENOENT;
		memcpy(out, p->insns, p->n * sizeof(p->insns[0]));
		*n_insns = p->n;
		*target_size = le32_to_cpu(p->a.target_size);
		return 0;
	}
	return -ENOENT;
}

#endif /* VOUCH_PASSES_FIXTURE_H */
