// SPDX-License-Identifier: BSD-2-Clause
/* What the target has in the place of each access. */

#include <stdio.h>
#include <stdlib.h>

#include "../common/bpf_names.h"
#include "access.h"
#include "btf_move.h"
#include "buffer.h"
#include "check_compiled.h"
#include "retarget.h"

_Static_assert(sizeof(((struct vouch_req_field *)0)->name) == VOUCH_FIELD_LEN,
	       "what is found fits");

static const char REMEDY[] =
	"use a verifier kernel built from the target's source";

/* One capture while it is compared. */
struct retarget {
	const struct vouch_capture_view *cap;
	const struct vouch_retarget_source *source;
	struct vouch_refusal *why;
	struct vouch_buffer list, fields;
	u32 n_entries, n_fields;
	/* Of the program that is being compared */
	const struct vouch_capture_prog_view *prog;
	u32 prog_type; /* with VOUCH_RETARGET_TSTAMP */
	struct vouch_buffer entries;
	u32 n_prog_entries;
	bool differs;
};

/* What the target has in the place of an access. */
struct answer {
	u8 insns[VOUCH_MAX_SEQUENCE][VOUCH_INSN_LEN];
	u32 n;
	u32 target_size;
	char field[VOUCH_FIELD_LEN];
};

static int refuse(struct retarget *r, const struct vouch_access *a,
		  const struct answer *answer, const char *text)
{
	u32 insn = le32_to_cpu(a->insn);

	if (insn == VOUCH_ACCESS_PROLOGUE)
		return vouch_refuse_prog(r->why, r->prog->prog->name,
					 "prologue: %s %s; %s", text,
					 r->source->release, REMEDY);
	return vouch_refuse_prog(r->why, r->prog->prog->name,
				 "instruction %u: field %s: %s %s; %s", insn,
				 answer->field, text, r->source->release,
				 REMEDY);
}

/* ---- contexts and sockets ---- */

/* The structure that programs see. */
static const char *context(const struct retarget *r, u32 base)
{
	static const char *const bases[] = {
		[VOUCH_BASE_SOCKET] = "bpf_sock",
		[VOUCH_BASE_SOCK_COMMON] = "bpf_sock",
		[VOUCH_BASE_TCP_SOCK] = "bpf_tcp_sock",
		[VOUCH_BASE_XDP_SOCK] = "bpf_xdp_sock",
	};

	if (base != VOUCH_BASE_CTX)
		return bases[base];
	switch (le32_to_cpu(r->prog->prog->type)) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
	case BPF_PROG_TYPE_SK_SKB:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
		return "__sk_buff";
	case BPF_PROG_TYPE_XDP:
		return "xdp_md";
	case BPF_PROG_TYPE_PERF_EVENT:
		return "bpf_perf_event_data";
	case BPF_PROG_TYPE_CGROUP_SOCK:
		return "bpf_sock";
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
		return "bpf_sock_addr";
	case BPF_PROG_TYPE_SOCK_OPS:
		return "bpf_sock_ops";
	case BPF_PROG_TYPE_SK_MSG:
		return "sk_msg_md";
	case BPF_PROG_TYPE_SK_REUSEPORT:
		return "sk_reuseport_md";
	case BPF_PROG_TYPE_SK_LOOKUP:
		return "bpf_sk_lookup";
	default:
		return "context";
	}
}

static int ask_oracle(struct retarget *r, const struct vouch_access *a,
		      struct answer *answer)
{
	const struct bpf_insn insn = vouch_access_widen(a);
	u32 base = le32_to_cpu(a->base);
	u8 code[VOUCH_INSN_LEN];

	memcpy(code, &insn, sizeof(code));
	if (base == VOUCH_BASE_PROLOGUE)
		strcpy(answer->field, "prologue");
	else
		vouch_kbtf_name(r->source->verifier, context(r, base),
				(u16)insn.off, answer->field);
	if (!r->source->convert)
		return refuse(r, a, answer,
			      "there is no oracle in the profile of target");
	if (r->source->convert(r->source->ctx, r->prog_type, base, code,
			       answer->insns, &answer->n, &answer->target_size))
		return refuse(r, a, answer, "not a field in target");
	/* It is signed, and yet nothing beyond the bounds is sent out. */
	if (!vouch_access_form_ok(base, le32_to_cpu(a->insn), answer->n,
				  answer->target_size))
		return refuse(r, a, answer,
			      "more instructions than can be put in its place "
			      "in target");
	return 0;
}

/* ---- kernel structures ---- */

static int ask_btf(struct retarget *r, const struct vouch_access_view *v,
		   struct answer *answer)
{
	const struct vouch_access *a = v->access;
	struct vouch_kbtf_place place = {};
	struct bpf_insn insn = vouch_access_insn(v->insns, 0);
	char why[256] = "";
	int ret;

	if (!r->source->target)
		return refuse(r, a, answer,
			      "there is no BTF in the profile of target");
	ret = vouch_kbtf_move(r->source->verifier, le32_to_cpu(a->structure),
			      le32_to_cpu(a->offset), le32_to_cpu(a->size),
			      r->source->target, &place, why, sizeof(why));
	memcpy(answer->field, place.field, sizeof(answer->field));
	if (ret)
		return vouch_refuse_prog(
			r->why, r->prog->prog->name,
			"instruction %u: field %s, in target %s; %s",
			le32_to_cpu(a->insn), why, r->source->release, REMEDY);
	if (place.offset > INT16_MAX)
		return refuse(r, a, answer,
			      "further away than a load reaches in target");
	insn.off = (__s16)place.offset;
	memcpy(answer->insns[0], &insn, sizeof(insn));
	answer->n = 1;
	return 0;
}

/* ---- the list ---- */

/* Offset and size of the last load or store. */
static u32 last_place(const u8 *insns, u32 n, u32 *size)
{
	static const u32 sizes[] = { [BPF_W >> 3] = 4,
				     [BPF_H >> 3] = 2,
				     [BPF_B >> 3] = 1,
				     [BPF_DW >> 3] = 8 };

	*size = 0;
	while (n--) {
		const struct bpf_insn insn = vouch_access_insn(insns, n);
		u8 class = BPF_CLASS(insn.code);

		if (class != BPF_LDX && class != BPF_ST && class != BPF_STX)
			continue;
		*size = sizes[BPF_SIZE(insn.code) >> 3];
		return (u16)insn.off;
	}
	return 0;
}

static void add_field(struct retarget *r, u32 prog,
		      const struct vouch_access_view *v,
		      const struct answer *answer)
{
	struct vouch_req_field field = {
		.prog = cpu_to_le32(prog),
		.insn = v->access->insn,
	};
	u32 size;

	/* The form of names is the parser's to demand; these are ours. */
	memcpy(field.name, answer->field, sizeof(field.name));
	field.offset = cpu_to_le32(last_place(v->insns, v->n_insns, &size));
	field.target_offset =
		cpu_to_le32(last_place(answer->insns[0], answer->n, &size));
	field.size = cpu_to_le32(size);
	vouch_buffer_add(&r->fields, &field, sizeof(field));
	r->n_fields++;
}

static void add_entry(struct retarget *r, u32 prog,
		      const struct vouch_access_view *v,
		      const struct answer *answer)
{
	struct vouch_replacement entry = {
		.prog = cpu_to_le32(prog),
		.insn = v->access->insn,
		.base = v->access->base,
		.n_insns = cpu_to_le32(answer->n),
		.target_size = cpu_to_le32(answer->target_size),
	};

	memcpy(entry.expected, v->access->code, sizeof(entry.expected));
	vouch_buffer_add(&r->entries, &entry, sizeof(entry));
	vouch_buffer_add(&r->entries, answer->insns,
			 (size_t)answer->n * VOUCH_INSN_LEN);
	r->n_prog_entries++;
}

/* Can the machine code of both be told apart from that of anything else? */
static int check_shape(struct retarget *r, const struct vouch_access_view *v,
		       const struct answer *answer)
{
	const struct vouch_access *a = v->access;
	struct vouch_expansion first, second;

	vouch_access_expand(a, v->insns, v->n_insns,
			    le32_to_cpu(a->target_size), &first);
	vouch_access_expand(a, answer->insns[0], answer->n, answer->target_size,
			    &second);
	if (vouch_compiled_alike(&first, &second) ||
	    (vouch_compiled_knows(&first) && vouch_compiled_knows(&second)))
		return 0;
	return refuse(r, a, answer,
		      "reached by instructions that cannot be checked in "
		      "target");
}

static int compare_access(struct retarget *r, u32 prog,
			  const struct vouch_access_view *v)
{
	const struct vouch_access *a = v->access;
	struct answer answer = {};
	int ret;

	ret = le32_to_cpu(a->base) == VOUCH_BASE_BTF
		      ? ask_btf(r, v, &answer)
		      : ask_oracle(r, a, &answer);
	if (ret)
		return ret;
	add_entry(r, prog, v, &answer);
	if (answer.n == v->n_insns &&
	    answer.target_size == le32_to_cpu(a->target_size) &&
	    !memcmp(answer.insns, v->insns, (size_t)answer.n * VOUCH_INSN_LEN))
		return 0;
	r->differs = true;
	add_field(r, prog, v, &answer);
	return check_shape(r, v, &answer);
}

/* The kernel notes that a program reads this field when it verifies it. */
static bool reads_tstamp_type(const struct vouch_capture_prog_view *prog)
{
	u32 i;

	for (i = 0; i < prog->n_accesses; i++) {
		const struct vouch_access *a = prog->accesses[i].access;
		const struct bpf_insn insn = vouch_access_insn(a->code, 0);

		if (a->base == cpu_to_le32(VOUCH_BASE_CTX) &&
		    insn.off == offsetof(struct __sk_buff, tstamp_type))
			return true;
	}
	return false;
}

static bool is_skb_type(u32 type)
{
	return type == BPF_PROG_TYPE_SCHED_CLS ||
	       type == BPF_PROG_TYPE_SCHED_ACT;
}

static int compare_prog(struct retarget *r, u32 index)
{
	const struct vouch_capture_prog_view *prog = &r->cap->progs[index];
	int ret = 0;
	u32 i;

	r->prog = prog;
	r->prog_type = le32_to_cpu(prog->prog->type);
	r->differs = false;
	r->entries.len = 0;
	r->n_prog_entries = 0;
	if (is_skb_type(r->prog_type) && reads_tstamp_type(prog))
		r->prog_type |= VOUCH_RETARGET_TSTAMP;
	ret = vouch_access_check(prog, r->why);
	for (i = 0; !ret && i < prog->n_accesses; i++)
		ret = compare_access(r, index, &prog->accesses[i]);
	if (ret || !r->differs)
		return ret;
	vouch_buffer_add(&r->list, r->entries.data, r->entries.len);
	r->n_entries += r->n_prog_entries;
	return 0;
}

static int finish(struct retarget *r, struct vouch_retargeting *out)
{
	struct vouch_retarget_head head = {
		.version = cpu_to_le32(VOUCH_RETARGET_VERSION),
		.n_entries = cpu_to_le32(r->n_entries),
		.size = cpu_to_le64(r->list.len),
	};
	const char *bad;

	if (r->list.failed || r->fields.failed || r->entries.failed)
		return -ENOMEM;
	if (!r->n_entries)
		return 0;
	if (r->list.len > VOUCH_RETARGET_MAX || r->n_fields > VOUCH_MAX_FIELDS)
		return vouch_refuse(r->why,
				    "%u accesses have to be retargeted, more "
				    "than can be; submit the programs one by "
				    "one",
				    r->n_fields);
	memcpy(head.magic, VOUCH_RETARGET_MAGIC, sizeof(head.magic));
	memcpy(r->list.data, &head, sizeof(head));
	/* What goes out is what the other side's parser takes. */
	if (vouch_retarget_parse(r->list.data, r->list.len, &bad))
		return vouch_refuse(r->why,
				    "bridge: it made no list (%s); please "
				    "report this",
				    bad);
	out->list = r->list.data;
	out->len = r->list.len;
	out->fields = (void *)r->fields.data;
	out->n_fields = r->n_fields;
	r->list.data = r->fields.data = NULL;
	return 0;
}

int vouch_retarget_compute(const struct vouch_capture_view *cap,
			   const struct vouch_retarget_source *source,
			   struct vouch_retargeting *out,
			   struct vouch_refusal *why)
{
	struct retarget r = { .cap = cap, .source = source, .why = why };
	int ret = 0;
	u32 i;

	memset(out, 0, sizeof(*out));
	vouch_buffer_add(&r.list, NULL, sizeof(struct vouch_retarget_head));
	for (i = 0; !ret && i < cap->n_progs; i++)
		ret = compare_prog(&r, i);
	if (!ret)
		ret = finish(&r, out);
	free(r.list.data);
	free(r.fields.data);
	free(r.entries.data);
	return ret;
}

void vouch_retargeting_release(struct vouch_retargeting *r)
{
	free(r->list);
	free(r->fields);
	memset(r, 0, sizeof(*r));
}
