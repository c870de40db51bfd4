// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records of a program: code as it lies in memory, and what its bytecode
 * refers to, in the order of the instructions that the JIT was given.
 */

#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/extable.h>
#include <linux/filter.h>
#include <linux/string.h>

#include "arch.h"
#include "record.h"
#include "symbols.h"
#include "take_access.h"

/* A place in the notes and in the references of one function. */
struct walk {
	struct vouch_take *take;
	const struct bpf_prog *prog;
	u32 func;
	u32 note; /* next one, of all */
	u32 n_tagged;
	u32 n_refs;
	struct vouch_symbols *symbols;
};

static u32 count_funcs(const struct bpf_prog *prog)
{
	return prog->aux->func ? prog->aux->func_cnt : 1;
}

static const struct bpf_prog *func_of(const struct bpf_prog *prog, u32 i)
{
	return prog->aux->func ? prog->aux->func[i] : prog;
}

static int add_ref(struct walk *w, u32 kind, u32 index, u64 value, u64 tag)
{
	struct vouch_capture_ref *ref;

	if (w->n_refs == VOUCH_MAX_REFS)
		return vouch_record_refuse(w->take, -EILSEQ,
					   "too many references");
	ref = vouch_record_extend(w->take, sizeof(*ref));
	if (!ref)
		return vouch_record_full(w->take);
	ref->kind = cpu_to_le32(kind);
	ref->index = cpu_to_le32(index);
	ref->value = cpu_to_le64(value);
	ref->tag = cpu_to_le64(tag);
	w->n_refs++;
	return 0;
}

static int add_noted(struct walk *w, const struct vouch_note *note, u64 tag)
{
	u32 i;

	w->note++;
	w->n_tagged++;
	if (note->kind != VOUCH_REF_MAP && note->kind != VOUCH_REF_MAP_VALUE)
		return add_ref(w, note->kind, 0, note->value, tag);
	for (i = 0; i < w->take->n_maps; i++)
		if (le32_to_cpu(w->take->map_ids[i]) == note->map_id)
			return add_ref(w, note->kind, i, note->value, tag);
	return vouch_record_refuse(
		w->take, -EILSEQ,
		"the program uses a map that is not the object's");
}

static int take_imm64(struct walk *w, const struct bpf_insn *insn)
{
	const struct vouch_watch *watch = w->take->watch;
	const struct vouch_note *note = NULL;
	u64 imm = (u64)(u32)insn[1].imm << 32 | (u32)insn[0].imm;

	if (w->note < watch->n_notes && watch->notes[w->note].func == w->func)
		note = &watch->notes[w->note];
	if (note && imm == VOUCH_TAG(w->func, w->n_tagged))
		return add_noted(w, note, imm);
	if (insn->src_reg == BPF_PSEUDO_FUNC && w->prog->aux->func) {
		u32 to = (u16)insn->off;

		if (to >= count_funcs(w->prog) ||
		    imm != (unsigned long)func_of(w->prog, to)->bpf_func)
			return vouch_record_refuse(
				w->take, -EILSEQ,
				"a function's address is not its own");
		return add_ref(w, VOUCH_REF_FUNC, to, 0, imm);
	}
	return add_ref(w, VOUCH_REF_OTHER, 0, imm, imm);
}

static int take_call(struct walk *w, const struct bpf_insn *insn)
{
	u64 to = (u64)(unsigned long)__bpf_call_base + insn->imm;
	int err;

	if (insn->src_reg == BPF_PSEUDO_CALL)
		return add_ref(w, VOUCH_REF_SUBCALL, (u16)insn->off, 0, 0);
	err = vouch_symbols_add(w->symbols, to);
	if (err)
		return vouch_record_refuse(w->take, err, "out of memory");
	return add_ref(w, VOUCH_REF_CALL, 0, to, 0);
}

static int take_refs(struct walk *w, const struct bpf_prog *fp)
{
	const struct vouch_watch *watch = w->take->watch;
	u32 i;
	int err;

	for (i = 0; i < fp->len; i++) {
		const struct bpf_insn *insn = &fp->insnsi[i];

		err = 0;
		if (insn->code == (BPF_JMP | BPF_CALL)) {
			err = take_call(w, insn);
		} else if (insn->code == (BPF_LD | BPF_IMM | BPF_DW)) {
			if (++i == fp->len)
				return vouch_record_refuse(
					w->take, -EILSEQ,
					"half an instruction");
			err = take_imm64(w, insn);
		}
		if (err)
			return err;
	}
	if (w->note < watch->n_notes && watch->notes[w->note].func == w->func)
		return vouch_record_refuse(w->take, -EILSEQ,
					   "a tag that was written is gone");
	return 0;
}

static int take_exception(struct walk *w, const struct bpf_prog *fp,
			  const struct exception_table_entry *e)
{
	struct vouch_capture_extable *out;

	out = vouch_record_extend(w->take, sizeof(*out));
	if (!out)
		return vouch_record_full(w->take);
	if (vouch_arch_exception(fp, e, out))
		return vouch_record_refuse(
			w->take, -EILSEQ,
			"an exception table entry of another kind");
	return 0;
}

static int take_extable(struct walk *w, const struct bpf_prog *fp)
{
	u32 i;
	int err = 0;

	if (fp->aux->num_exentries > VOUCH_MAX_EXTABLE ||
	    (fp->aux->num_exentries && !fp->aux->extable))
		return vouch_record_refuse(w->take, -EILSEQ,
					   "the exception table is not there");
	for (i = 0; !err && i < fp->aux->num_exentries; i++)
		err = take_exception(w, fp, &fp->aux->extable[i]);
	return err;
}

static int take_func(struct walk *w)
{
	const struct bpf_prog *fp = func_of(w->prog, w->func);
	struct vouch_capture_record *head;
	struct vouch_capture_func *func;
	int err;

	if (!fp->jited || !fp->jited_len || fp->jited_len > VOUCH_MAX_CODE)
		return vouch_record_refuse(w->take, -EILSEQ,
					   "a function has no code");
	func = vouch_record_begin(w->take, VOUCH_RECORD_FUNC,
				  sizeof(*func) + ALIGN(fp->jited_len, 8),
				  &head);
	if (!func)
		return vouch_record_full(w->take);
	memcpy(func + 1, fp->bpf_func, fp->jited_len);
	w->n_tagged = 0;
	w->n_refs = 0;
	err = take_refs(w, fp);
	if (!err)
		err = take_extable(w, fp);
	if (err)
		return err;
	func->index = cpu_to_le32(w->func);
	func->code_len = cpu_to_le32(fp->jited_len);
	func->n_refs = cpu_to_le32(w->n_refs);
	func->address = cpu_to_le64((unsigned long)fp->bpf_func);
	func->n_extable = cpu_to_le32(fp->aux->num_exentries);
	le32_add_cpu(&head->length,
		     w->n_refs * sizeof(struct vouch_capture_ref) +
			     fp->aux->num_exentries *
				     sizeof(struct vouch_capture_extable));
	if (vouch_symbols_scan(w->symbols, (u8 *)fp->bpf_func, fp->jited_len))
		return vouch_record_refuse(w->take, -ENOMEM, "out of memory");
	return 0;
}

static int take_syms(struct walk *w)
{
	struct vouch_capture_record *head;
	struct vouch_capture_sym *out, sym;
	u32 i;

	vouch_symbols_sort(w->symbols);
	if (w->symbols->n > VOUCH_MAX_SYMS)
		return vouch_record_refuse(w->take, -EILSEQ,
					   "too many symbols");
	for (i = 0; i < w->symbols->n; i++) {
		if (!vouch_symbols_name(w->symbols->addresses[i], &sym))
			return vouch_record_refuse(
				w->take, -EILSEQ,
				"a call's target is no symbol");
		out = vouch_record_begin(w->take, VOUCH_RECORD_SYM, sizeof(sym),
					 &head);
		if (!out)
			return vouch_record_full(w->take);
		*out = sym;
	}
	return 0;
}

static bool calls_tail(const struct bpf_prog *fp)
{
	u32 i;

	for (i = 0; i < fp->len; i++)
		if (fp->insnsi[i].code == (BPF_JMP | BPF_TAIL_CALL))
			return true;
	return fp->aux->tail_call_reachable;
}

static u32 prog_flags(const struct bpf_prog *prog)
{
	u32 i, flags = VOUCH_PROG_JITED;

	if (prog->aux->sleepable)
		flags |= VOUCH_PROG_SLEEPABLE;
	if (prog->cb_access)
		flags |= VOUCH_PROG_CB_ACCESS;
	for (i = 0; i < count_funcs(prog); i++)
		if (calls_tail(func_of(prog, i)))
			flags |= VOUCH_PROG_CALLS_TAIL;
	return flags;
}

static void fill_prog(struct vouch_capture_prog *out,
		      const struct bpf_prog *prog, u32 n_syms)
{
	u32 i, n_extable = 0;

	for (i = 0; i < count_funcs(prog); i++)
		n_extable += func_of(prog, i)->aux->num_exentries;
	out->type = cpu_to_le32(prog->type);
	out->n_funcs = cpu_to_le32(count_funcs(prog));
	out->n_syms = cpu_to_le32(n_syms);
	out->n_insns = cpu_to_le32(prog->len);
	out->n_processed = cpu_to_le32(prog->aux->verified_insns);
	out->n_extable = cpu_to_le32(n_extable);
	out->n_poke = cpu_to_le32(prog->aux->size_poke_tab);
	out->stack_depth = cpu_to_le32(func_of(prog, 0)->aux->stack_depth);
	out->flags = cpu_to_le32(prog_flags(prog));
}

static int check_program(struct vouch_take *take, const struct bpf_prog *prog)
{
	if (!take->watch->aux)
		return vouch_record_refuse(take, -ENOENT,
					   "the load did not come by");
	if (prog->aux != take->watch->aux)
		return vouch_record_refuse(take, -EILSEQ,
					   "another program than was noted");
	if (!prog->jited)
		return vouch_record_refuse(
			take, -EILSEQ, "the JIT did not compile the program");
	if (prog->blinding_requested)
		return vouch_record_refuse(
			take, -EILSEQ,
			"constants are blinded; set net.core.bpf_jit_harden to 0");
	if (count_funcs(prog) != take->watch->n_funcs ||
	    count_funcs(prog) > VOUCH_MAX_FUNCS)
		return vouch_record_refuse(
			take, -EILSEQ,
			"the functions are not those that were noted");
	return 0;
}

static int take_all(struct vouch_take *take, const struct bpf_prog *prog)
{
	struct vouch_symbols symbols = {};
	struct vouch_capture_record *head;
	struct vouch_capture_prog *out;
	struct walk w = { .take = take, .prog = prog, .symbols = &symbols };
	int err = check_program(take, prog);

	if (err)
		return err;
	out = vouch_record_begin(take, VOUCH_RECORD_PROG, sizeof(*out), &head);
	if (!out)
		return vouch_record_full(take);
	for (; !err && w.func < count_funcs(prog); w.func++)
		err = take_func(&w);
	if (!err && w.note != take->watch->n_notes)
		err = vouch_record_refuse(take, -EILSEQ,
					  "a tag that was written is gone");
	if (!err)
		err = vouch_take_accesses(take, prog);
	if (!err)
		err = take_syms(&w);
	if (!err)
		fill_prog(out, prog, symbols.n);
	vouch_symbols_free(&symbols);
	return err;
}

int vouch_take_program(struct vouch_take *take)
{
	struct bpf_prog *prog;
	int err;

	take->used = 0;
	take->n_records = 0;
	take->why = "";
	prog = bpf_prog_get_type_dev(take->prog_fd, take->prog_type, false);
	if (IS_ERR(prog))
		return vouch_record_refuse(
			take, PTR_ERR(prog),
			"the descriptor is no program of that type");
	err = take_all(take, prog);
	bpf_prog_put(prog);
	return err;
}
