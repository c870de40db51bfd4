// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle: what the target's kernel itself does with accesses to contexts
 * and sockets.
 *
 * A kernel without BPF still has these functions in net/core/filter.c. They
 * compute and touch nothing, so they are compiled with the target's tree and
 * run in user space.
 */

#include "net/core/filter.c"

#include "retarget.h"
#include "samples.h"

struct row {
	u32 prog_type;
	u32 base;
	const struct bpf_verifier_ops *ops;
	u32 (*convert)(enum bpf_access_type type, const struct bpf_insn *si,
		       struct bpf_insn *insn_buf, struct bpf_prog *prog,
		       u32 *target_size);
	bool (*valid)(int off, int size, enum bpf_access_type type,
		      struct bpf_insn_access_aux *info);
};

#define TYPE(type, name)                                                   \
	{                                                                  \
		BPF_PROG_TYPE_##type, VOUCH_BASE_CTX, &name##_verifier_ops \
	}
#define SOCKET(base, function, check)                                          \
	{                                                                      \
		BPF_PROG_TYPE_UNSPEC, VOUCH_BASE_##base, NULL, function, check \
	}

/*
 * A kernel without BPF does not build kernel/trace/bpf_trace.c. Of that file
 * perf_event.h, which scripts/target-profile makes, is the part that knows the
 * context of perf_event programs.
 */
#ifdef CONFIG_PERF_EVENTS
#include <linux/perf_event.h>

static const struct bpf_func_proto *
pe_prog_func_proto(enum bpf_func_id func_id, const struct bpf_prog *prog)
{
	return NULL;
}
#include "perf_event.h"
#endif

static const struct row rows[] = {
	TYPE(SOCKET_FILTER, sk_filter),
	TYPE(SCHED_CLS, tc_cls_act),
	TYPE(SCHED_ACT, tc_cls_act),
	TYPE(XDP, xdp),
	TYPE(CGROUP_SKB, cg_skb),
	TYPE(LWT_IN, lwt_in),
	TYPE(LWT_OUT, lwt_out),
	TYPE(LWT_XMIT, lwt_xmit),
	TYPE(LWT_SEG6LOCAL, lwt_seg6local),
	TYPE(CGROUP_SOCK, cg_sock),
	TYPE(CGROUP_SOCK_ADDR, cg_sock_addr),
	TYPE(SOCK_OPS, sock_ops),
	TYPE(SK_SKB, sk_skb),
	TYPE(SK_MSG, sk_msg),
	TYPE(FLOW_DISSECTOR, flow_dissector),
#ifdef CONFIG_INET
	TYPE(SK_REUSEPORT, sk_reuseport),
	TYPE(SK_LOOKUP, sk_lookup),
	SOCKET(TCP_SOCK, bpf_tcp_sock_convert_ctx_access,
	       bpf_tcp_sock_is_valid_access),
	SOCKET(XDP_SOCK, bpf_xdp_sock_convert_ctx_access,
	       bpf_xdp_sock_is_valid_access),
#endif
#ifdef CONFIG_PERF_EVENTS
	TYPE(PERF_EVENT, perf_event),
#endif
	SOCKET(SOCKET, bpf_sock_convert_ctx_access, bpf_sock_is_valid_access),
	SOCKET(SOCK_COMMON, bpf_sock_convert_ctx_access,
	       bpf_sock_common_is_valid_access),
};

const int vouch_oracle_attach_types = MAX_BPF_ATTACH_TYPE;

static struct bpf_prog_aux aux;
static struct bpf_insn first[2];

/* A program of which nothing is known but what a question says. */
static struct bpf_prog *program(const struct question *q)
{
	static union {
		struct bpf_prog prog;
		u8 room[sizeof(struct bpf_prog) + sizeof(first)];
	} u;

	memset(&u, 0, sizeof(u));
	memset(&aux, 0, sizeof(aux));
	u.prog.aux = &aux;
	u.prog.type = rows[q->row].prog_type;
	u.prog.expected_attach_type = q->attach_type;
	u.prog.tstamp_type_access = q->tstamp_type;
	return &u.prog;
}

static enum bpf_access_type direction(const struct question *q)
{
	return q->write ? BPF_WRITE : BPF_READ;
}

static u8 size_code(u8 size)
{
	return size == 1   ? BPF_B
	       : size == 2 ? BPF_H
	       : size == 4 ? BPF_W
			   : BPF_DW;
}

unsigned int vouch_oracle_rows(void)
{
	return ARRAY_SIZE(rows);
}

void vouch_oracle_name(unsigned int row, struct sample *s)
{
	s->prog_type = rows[row].prog_type;
	s->base = rows[row].base;
}

/* What stands for the program's first instruction is all zero bytes. */
unsigned int vouch_oracle_prologue(unsigned int row, struct sample *s)
{
	const struct question q = { .row = row };
	const struct bpf_verifier_ops *ops = rows[row].ops;

	if (!ops || !ops->gen_prologue)
		return 0;
	s->prog_type = rows[row].prog_type;
	s->base = VOUCH_BASE_PROLOGUE;
	s->n_insns = ops->gen_prologue((struct bpf_insn *)s->insns, true,
				       program(&q));
	return s->n_insns;
}

int vouch_oracle_valid(const struct question *q, unsigned char *field_size)
{
	const struct row *row = &rows[q->row];
	struct bpf_insn_access_aux info = {};
	bool valid;

	valid = row->ops ? row->ops->is_valid_access(q->off, q->size,
						     direction(q), program(q),
						     &info)
			 : row->valid(q->off, q->size, direction(q), &info);
	*field_size = info.ctx_field_size;
	return valid;
}

unsigned int vouch_oracle_convert(const struct question *q, struct sample *s)
{
	const struct row *row = &rows[q->row];
	const struct bpf_insn insn = {
		.code = (q->write ? BPF_STX : BPF_LDX) | BPF_MEM |
			size_code(q->size),
		.dst_reg = q->dst,
		.src_reg = q->src,
		.off = q->off,
	};
	u32 target_size = 0;

	BUILD_BUG_ON(sizeof(s->insns[0]) != sizeof(insn));
	s->n_insns = (row->ops ? row->ops->convert_ctx_access : row->convert)(
		direction(q), &insn, (struct bpf_insn *)s->insns, program(q),
		&target_size);
	s->target_size = target_size;
	return s->n_insns;
}
