// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs as the linker would make them, from C with the target's headers:
 * compiled to assembler text, which becomes an image. Each has a record in a
 * map of its own, whose address is in the table of slots.
 */

#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/skbuff.h>
#include <net/xdp.h>

#include "hooks_record.h"

extern const unsigned long slots[];
u64 vouch_bpf_probe_read_kernel(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

u64 vouch_bpf_get_func_ip(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

u64 vouch_bpf_htab_update(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

u64 vouch_bpf_send_signal(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);
u64 vouch_bpf_send_signal_thread(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

/* A map that is no record, behind all that are. */
#define TABLE HOOKS_N

struct renamed {
	u16 type;
	u8 flags, preempt_count;
	s32 common_pid;
	pid_t pid;
	char old[TASK_COMM_LEN], new[TASK_COMM_LEN];
	s16 oom_score_adj;
};

static __always_inline u64 *next(enum hooks_place place)
{
	struct hooks_record *r = (struct hooks_record *)slots[place];

	return r->at[r->n++ % HOOKS_KEPT];
}

/* A helper that calls what can be probed. */
static __always_inline void read_memory(void)
{
	u64 word;

	vouch_bpf_probe_read_kernel((unsigned long)&word, sizeof(word),
				    slots[HOOKS_CALL], 0, 0);
}

static __always_inline u64 eight(const void *from)
{
	return *(const u64 *)from;
}

/* The test's frames; the verdict is the byte behind the Ethernet header. */
static __always_inline u32 on_packet(const struct sk_buff *skb,
				     enum hooks_place place)
{
	const struct bpf_skb_data_end *cb = (const void *)skb->cb;
	u64 *v;

	if (skb->protocol != htons(HOOKS_ETH_P))
		return 0;
	v = next(place);
	v[0] = skb->len;
	v[1] = skb->protocol;
	v[2] = cb->data_end - (void *)skb->data;
	v[3] = eight(skb->data);
	v[4] = eight(skb->data + 8);
	v[5] = (void *)skb->data - cb->data_meta;
	return skb->data[14];
}

u32 notrace tc_in(const struct sk_buff *skb);
u32 notrace tc_in(const struct sk_buff *skb)
{
	return on_packet(skb, HOOKS_TC_IN);
}

u32 notrace tc_out(const struct sk_buff *skb);
u32 notrace tc_out(const struct sk_buff *skb)
{
	return on_packet(skb, HOOKS_TC_OUT);
}

u32 notrace on_call(const struct pt_regs *regs);
u32 notrace on_call(const struct pt_regs *regs)
{
	u64 *v = next(HOOKS_CALL);

	v[0] = regs->di;
	v[1] = regs->si;
	v[2] = regs->dx;
	v[3] = regs->cx;
	v[4] = regs->r8;
	v[5] = regs->r9;
	v[6] = regs->ip;
	v[7] = regs->sp;
	read_memory();
	return 0;
}

u32 notrace on_return(const struct pt_regs *regs);
u32 notrace on_return(const struct pt_regs *regs)
{
	u64 *v = next(HOOKS_RETURN);

	v[0] = regs->ax;
	v[1] = vouch_bpf_get_func_ip((unsigned long)regs, 0, 0, 0, 0);
	return 0;
}

u32 notrace on_rename(const u64 *args);
u32 notrace on_rename(const u64 *args)
{
	u64 *v = next(HOOKS_RENAME);

	v[0] = args[0];
	v[1] = args[1];
	v[2] = args[2];
	v[3] = eight((void *)args[1]);
	v[4] = args[11];
	read_memory();
	return 0;
}

u32 notrace on_signal(const u64 *args);
u32 notrace on_signal(const u64 *args)
{
	u64 *v = next(HOOKS_SIGNAL);
	int i;

	for (i = 0; i < 6; i++)
		v[i] = args[i];
	return 0;
}

u32 notrace on_record(const struct renamed *r);
u32 notrace on_record(const struct renamed *r)
{
	u64 *v = next(HOOKS_RECORD);

	v[0] = eight(r);
	v[1] = r->pid;
	v[2] = eight(r->old);
	v[3] = eight(r->new);
	v[4] = ((const struct pt_regs *)eight(r))->sp;
	read_memory();
	return 0;
}

u32 notrace on_inner(const struct pt_regs *regs);
u32 notrace on_inner(const struct pt_regs *regs)
{
	next(HOOKS_INNER)[0] = regs->ip;
	read_memory();
	return 0;
}

/* The test's frames that come in; the verdict is how much to keep. */
u32 notrace on_socket(const struct sk_buff *skb);
u32 notrace on_socket(const struct sk_buff *skb)
{
	u64 *v;

	if (skb->protocol != htons(HOOKS_ETH_P) ||
	    skb->pkt_type == PACKET_OUTGOING)
		return 0;
	v = next(HOOKS_SOCKET);
	v[0] = skb->len;
	v[1] = skb->protocol;
	v[2] = skb->pkt_type;
	v[3] = eight(skb->data);
	v[4] = eight(skb->data + 8);
	v[5] = (unsigned long)skb->dev;
	v[6] = eight(skb->cb);
	return skb->data[14];
}

u32 notrace on_event(const struct bpf_perf_event_data_kern *ctx);
u32 notrace on_event(const struct bpf_perf_event_data_kern *ctx)
{
	u64 *v = next(HOOKS_EVENT);

	v[0] = ctx->regs->ip;
	v[1] = ctx->regs->sp;
	v[2] = ctx->data->period;
	v[3] = ctx->data->addr;
	read_memory();
	return 0;
}

struct handled {
	u64 common;
	u64 handler, delta;
	s32 handled;
};

u32 notrace on_xdp(const struct xdp_buff *ctx);
u32 notrace on_xdp(const struct xdp_buff *ctx)
{
	u64 *v;

	if (ctx->data + 16 > ctx->data_end ||
	    *(__be16 *)(ctx->data + 12) != htons(HOOKS_ETH_P))
		return XDP_PASS;
	v = next(HOOKS_XDP);
	v[0] = ctx->data_end - ctx->data;
	v[1] = eight(ctx->data);
	v[2] = eight(ctx->data + 8);
	v[3] = (unsigned long)ctx->rxq->dev;
	return XDP_PASS;
}

u32 notrace on_nmi(const struct pt_regs *regs);
u32 notrace on_nmi(const struct pt_regs *regs)
{
	u64 *v = next(HOOKS_NMI);

	v[0] = regs->di;
	v[1] = regs->ip;
	return 0;
}

/* The first argument's lowest byte is a signal, the next says to whom. */
u32 notrace on_kill(const struct pt_regs *regs);
u32 notrace on_kill(const struct pt_regs *regs)
{
	u8 sig = regs->di;
	u64 result;

	if (regs->di & 0x100)
		result = vouch_bpf_send_signal(sig, 0, 0, 0, 0);
	else
		result = vouch_bpf_send_signal_thread(sig, 0, 0, 0, 0);
	next(HOOKS_CALL)[0] = result;
	return 0;
}

u32 notrace on_handled(const struct handled *r);
u32 notrace on_handled(const struct handled *r)
{
	u64 *v = next(HOOKS_NMI_RECORD);

	v[0] = r->handler;
	v[1] = r->handled;
	return 0;
}

static __always_inline u64 put(u32 key, u64 value)
{
	return vouch_bpf_htab_update(slots[TABLE], (unsigned long)&key,
				     (unsigned long)&value, 0, 0);
}

/* What is there already is compared, under the map's lock. */
u32 notrace on_table(const u64 *args);
u32 notrace on_table(const u64 *args)
{
	u64 *v = next(HOOKS_RENAME);

	v[0] = put(1, args[0]);
	v[1] = put(1, args[1]);
	v[3] = eight((void *)args[1]);
	return 0;
}

u32 notrace on_busy(const struct pt_regs *regs);
u32 notrace on_busy(const struct pt_regs *regs)
{
	u64 result = put(1, regs->ip);

	next(HOOKS_BUSY)[0] = result;
	return 0;
}

/* As the JIT and the linker make a load that may fault: rax becomes 0. */
#define FAULT(load, address)                                         \
	({                                                           \
		u64 value = ~0ull;                                   \
		asm volatile("1: " load "\n2:\n"                     \
			     ".pushsection __ex_table, \"a\"\n"      \
			     ".balign 4\n.long 1b - ., 2b - ., 17\n" \
			     ".popsection"                           \
			     : "+a"(value)                           \
			     : "d"(address));                        \
		value;                                               \
	})

#define NO_ADDRESS 0xdead000000000122ull /* LIST_POISON2 */
#define NOT_THERE 0xfffffc0000001000ull /* a hole of the address space */

u32 notrace on_fault(const u64 *args);
u32 notrace on_fault(const u64 *args)
{
	u64 *v = next(HOOKS_FAULT);

	v[5] = HOOKS_ETH_P;
	v[0] = FAULT("mov 8(%%rdx), %%rax", NO_ADDRESS);
	v[1] = FAULT("mov 8(%%rdx), %%rax", NOT_THERE);
	v[2] = FAULT("mov 8(%%rdx), %%eax", NOT_THERE);
	v[3] = FAULT("movzbl 8(%%rdx), %%eax", NOT_THERE);
	v[4] = FAULT("movzwl 8(%%rdx), %%eax", NO_ADDRESS);
	v[7] = FAULT("mov 8(%%rdx), %%rax", (unsigned long)&v[4]);
	v[6] = eight((void *)args[1]);
	return 0;
}
