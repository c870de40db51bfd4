// SPDX-License-Identifier: BSD-2-Clause
/* Accesses, as convert_ctx_accesses() of the kernel's verifier treats them. */

#include "access.h"

static const char LOST[] = "verify again, in a fresh VM";

static bool is_load(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_LDX &&
	       BPF_MODE(insn->code) == BPF_MEM;
}

static bool is_store(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_STX &&
	       BPF_MODE(insn->code) == BPF_MEM;
}

static bool is_narrow(const struct vouch_access *a)
{
	const struct bpf_insn insn = vouch_access_insn(a->code, 0);

	return a->base != cpu_to_le32(VOUCH_BASE_PROLOGUE) &&
	       a->base != cpu_to_le32(VOUCH_BASE_BTF) &&
	       vouch_insn_bytes(&insn) < le32_to_cpu(a->field_size);
}

struct bpf_insn vouch_access_widen(const struct vouch_access *a)
{
	struct bpf_insn insn = vouch_access_insn(a->code, 0);
	u32 field = le32_to_cpu(a->field_size);
	u8 size = BPF_H;

	if (!is_narrow(a))
		return insn;
	if (field == 4)
		size = BPF_W;
	else if (field == 8)
		size = BPF_DW;
	insn.code = BPF_LDX | BPF_MEM | size;
	insn.off = (__s16)(insn.off & ~(field - 1));
	return insn;
}

static struct bpf_insn alu(u8 code, u8 reg, s32 imm)
{
	return (struct bpf_insn){ .code = code, .dst_reg = reg, .imm = imm };
}

/* Only the part of the field that the program asked for. */
static void mask(const struct vouch_access *a, struct vouch_expansion *out)
{
	const struct bpf_insn insn = vouch_access_insn(a->code, 0);
	u32 field = le32_to_cpu(a->field_size);
	u32 shift = ((u32)insn.off & (field - 1)) * 8;
	u32 bits = vouch_insn_bytes(&insn) * 8;
	u8 reg = insn.dst_reg, class = field <= 4 ? BPF_ALU : BPF_ALU64;

	if (shift)
		out->insns[out->n++] =
			alu(class | BPF_RSH | BPF_K, reg, (s32)shift);
	out->insns[out->n++] = alu(BPF_ALU | BPF_AND | BPF_K, reg,
				   bits < 32 ? (s32)((1u << bits) - 1) : -1);
}

void vouch_access_expand(const struct vouch_access *a, const u8 *insns, u32 n,
			 u32 target_size, struct vouch_expansion *out)
{
	const struct bpf_insn insn = vouch_access_insn(a->code, 0);

	memset(out, 0, sizeof(*out));
	memcpy(out->insns, insns, (size_t)n * VOUCH_INSN_LEN);
	out->n = n;
	if (a->base == cpu_to_le32(VOUCH_BASE_PROLOGUE))
		out->n--;
	else if (is_narrow(a) && vouch_insn_bytes(&insn) < target_size)
		mask(a, out);
}

/* ---- does a record agree with itself? ---- */

static int refuse(struct vouch_refusal *why,
		  const struct vouch_capture_prog_view *prog, u32 insn,
		  const char *what)
{
	if (insn == VOUCH_ACCESS_PROLOGUE)
		return vouch_refuse_prog(why, prog->prog->name,
					 "capture: prologue: %s; %s", what,
					 LOST);
	return vouch_refuse_prog(why, prog->prog->name,
				 "capture: access by instruction %u: %s; %s",
				 insn, what, LOST);
}

static const char *check_btf(const struct vouch_access_view *v)
{
	const struct vouch_access *a = v->access;
	struct bpf_insn insn = vouch_access_insn(a->code, 0);

	if (!is_load(&insn))
		return "no load, which all access to kernel structures is";
	if (vouch_insn_bytes(&insn) != le32_to_cpu(a->size))
		return "the verifier saw another size than the instruction has";
	if (insn.off < 0 || (u32)insn.off != le32_to_cpu(a->offset))
		return "the verifier saw another offset than the instruction "
		       "has, so that it cannot be moved; read the field "
		       "without computing its address";
	insn.code = BPF_LDX | VOUCH_BPF_PROBE_MEM | BPF_SIZE(insn.code);
	insn.off = vouch_access_insn(v->insns, 0).off;
	if (memcmp(&insn, v->insns, sizeof(insn)) != 0)
		return "something else than a load is in its place";
	return NULL;
}

static const char *check_field(const struct vouch_access *a)
{
	const struct bpf_insn insn = vouch_access_insn(a->code, 0);
	u32 field = le32_to_cpu(a->field_size), size = vouch_insn_bytes(&insn);

	if (!is_load(&insn) && !is_store(&insn))
		return "neither load nor store";
	if (field & (field - 1))
		return "a field of an odd size";
	if (insn.off < 0)
		return "in front of its structure";
	if (is_narrow(a) && is_store(&insn))
		return "a store to a part of a field";
	if (is_narrow(a) && ((u32)insn.off & (field - 1)) + size > field)
		return "it goes beyond its field";
	if (field && !a->target_size)
		return "its field has no size in the kernel's structure";
	return NULL;
}

static const char *check_one(const struct vouch_access_view *v)
{
	switch (le32_to_cpu(v->access->base)) {
	case VOUCH_BASE_PROLOGUE:
		if (memcmp(v->access->code,
			   v->insns + (v->n_insns - 1ul) * VOUCH_INSN_LEN,
			   VOUCH_INSN_LEN) != 0)
			return "it does not end with the program's first "
			       "instruction";
		return NULL;
	case VOUCH_BASE_BTF:
		return check_btf(v);
	default:
		return check_field(v->access);
	}
}

/* ---- do accesses and instructions agree? ---- */

/* A helper's number becomes a place later. */
static bool same(const struct bpf_insn *a, struct bpf_insn b)
{
	if (a->code == (BPF_JMP | BPF_CALL))
		b.imm = a->imm;
	return !memcmp(a, &b, sizeof(b));
}

static bool is_at(const struct vouch_capture_prog_view *prog, u32 pos,
		  const struct vouch_expansion *e)
{
	u32 i;

	if (e->n > prog->n_insns - pos)
		return false;
	for (i = 0; i < e->n; i++)
		if (!same(&e->insns[i],
			  vouch_access_insn(prog->insns, pos + i)))
			return false;
	return true;
}

/* Loads from kernel structures, one behind the other. */
static u32 next_probe(const struct vouch_capture_prog_view *prog, u32 pos)
{
	for (; pos < prog->n_insns; pos++) {
		const struct bpf_insn insn =
			vouch_access_insn(prog->insns, pos);

		if (BPF_CLASS(insn.code) == BPF_LDX &&
		    BPF_MODE(insn.code) == VOUCH_BPF_PROBE_MEM)
			break;
		pos += vouch_insn_is_wide(&insn);
	}
	return pos;
}

static int check_probes(const struct vouch_capture_prog_view *prog,
			struct vouch_refusal *why)
{
	u32 i, pos = next_probe(prog, 0);

	for (i = 0; i < prog->n_accesses; i++) {
		const struct vouch_access_view *v = &prog->accesses[i];

		if (v->access->base != cpu_to_le32(VOUCH_BASE_BTF))
			continue;
		if (pos >= prog->n_insns ||
		    memcmp(v->insns, prog->insns + (size_t)pos * VOUCH_INSN_LEN,
			   VOUCH_INSN_LEN) != 0)
			return refuse(why, prog, le32_to_cpu(v->access->insn),
				      "it is not among the instructions");
		pos = next_probe(prog, pos + 1);
	}
	if (pos < prog->n_insns)
		return vouch_refuse_prog(why, prog->prog->name,
					 "capture: instruction %u loads from a "
					 "kernel structure, and is not told as "
					 "an access; %s",
					 pos, LOST);
	return 0;
}

/* An access is no earlier than what was before it lets it be. */
static int check_places(const struct vouch_capture_prog_view *prog,
			struct vouch_refusal *why)
{
	u32 i, pos = 0, grown = 0;

	for (i = 0; i < prog->n_accesses; i++) {
		const struct vouch_access_view *v = &prog->accesses[i];
		u32 insn = le32_to_cpu(v->access->insn);
		bool prologue = insn == VOUCH_ACCESS_PROLOGUE;
		struct vouch_expansion e;

		vouch_access_expand(v->access, v->insns, v->n_insns,
				    le32_to_cpu(v->access->target_size), &e);
		if (!prologue && pos < insn + grown)
			pos = insn + grown;
		while (pos < prog->n_insns && !is_at(prog, pos, &e)) {
			if (prologue)
				break;
			pos++;
		}
		if (pos >= prog->n_insns || !is_at(prog, pos, &e))
			return refuse(why, prog, insn,
				      "what is said to be in its place is not "
				      "among the instructions");
		pos += e.n;
		grown += e.n - !prologue;
	}
	return 0;
}

int vouch_access_check(const struct vouch_capture_prog_view *prog,
		       struct vouch_refusal *why)
{
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < prog->n_accesses; i++) {
		const char *what = check_one(&prog->accesses[i]);

		if (what)
			ret = refuse(
				why, prog,
				le32_to_cpu(prog->accesses[i].access->insn),
				what);
	}
	if (!ret)
		ret = check_probes(prog, why);
	return ret ? ret : check_places(prog, why);
}
