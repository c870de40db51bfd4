// SPDX-License-Identifier: GPL-2.0-only

#include <linux/blk_types.h>
#include <linux/blkdev.h>
#include <linux/cgroup.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>
#include <linux/writeback.h>
#include <net/neighbour.h>
#include <net/sock.h>

#include "hooks/probes.h"
#include "hooks/probes_list.h" /* declares the tracepoints */

/* clang-format off */
#define UINT_OF(x) typeof( \
	__builtin_choose_expr(sizeof(x) == 1, (u8)0, \
	__builtin_choose_expr(sizeof(x) == 2, (u16)0, \
	__builtin_choose_expr(sizeof(x) == 4, (u32)0, (u64)0))))
/* clang-format on */

/* Any integer, pointer or small structure. */
#define TO_U64(x)                                          \
	({                                                 \
		typeof(x) from = (x);                      \
		UINT_OF(from) to = 0;                      \
		static_assert(sizeof(to) == sizeof(from)); \
		memcpy(&to, &from, sizeof(to));            \
		to;                                        \
	})

#define ALL_1(a, ...) TO_U64(a)
#define ALL_2(a, ...) TO_U64(a), ALL_1(__VA_ARGS__)
#define ALL_3(a, ...) TO_U64(a), ALL_2(__VA_ARGS__)
#define ALL_4(a, ...) TO_U64(a), ALL_3(__VA_ARGS__)
#define ALL_5(a, ...) TO_U64(a), ALL_4(__VA_ARGS__)
#define ALL_6(a, ...) TO_U64(a), ALL_5(__VA_ARGS__)
#define ALL_7(a, ...) TO_U64(a), ALL_6(__VA_ARGS__)
#define ALL_8(a, ...) TO_U64(a), ALL_7(__VA_ARGS__)
#define ALL_9(a, ...) TO_U64(a), ALL_8(__VA_ARGS__)
#define ALL_10(a, ...) TO_U64(a), ALL_9(__VA_ARGS__)
#define ALL_11(a, ...) TO_U64(a), ALL_10(__VA_ARGS__)
#define ALL_12(a, ...) TO_U64(a), ALL_11(__VA_ARGS__)
#define ALL(...) CONCATENATE(ALL_, COUNT_ARGS(__VA_ARGS__))(__VA_ARGS__)

/* What perf makes of an argument. */
#define __perf_count(x) (x)
#define __perf_task(x) (x)

#define PROBE(name, proto, values)                                       \
	static vouch_untraced void probe_##name(void *attachment, proto) \
	{                                                                \
		const u64 args[VOUCH_PROBE_MAX_ARGS] = { values };       \
		vouch_probe_hit(attachment, args);                       \
	}

/* First the functions: one for each class of events, or bare tracepoint. */
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(name, proto, args, ...) \
	PROBE(name, PARAMS(proto), PARAMS(ALL(args)))
#undef TRACE_EVENT
#define TRACE_EVENT(name, proto, args, ...) \
	PROBE(name, PARAMS(proto), PARAMS(ALL(args)))
#undef TRACE_EVENT_FN
#define TRACE_EVENT_FN(name, proto, args, ...) \
	PROBE(name, PARAMS(proto), PARAMS(ALL(args)))
#undef TRACE_EVENT_FN_COND
#define TRACE_EVENT_FN_COND(name, proto, args, ...) \
	PROBE(name, PARAMS(proto), PARAMS(ALL(args)))
#undef TRACE_EVENT_CONDITION
#define TRACE_EVENT_CONDITION(name, proto, args, ...) \
	PROBE(name, PARAMS(proto), PARAMS(ALL(args)))
#undef DECLARE_TRACE
#define DECLARE_TRACE(name, proto, args) \
	PROBE(name, PARAMS(proto), PARAMS(ALL(args)))
#undef DEFINE_EVENT
#define DEFINE_EVENT(class, name, proto, args)
#undef DEFINE_EVENT_FN
#define DEFINE_EVENT_FN(class, name, proto, args, ...)
#undef DEFINE_EVENT_PRINT
#define DEFINE_EVENT_PRINT(class, name, proto, args, print)
#undef DEFINE_EVENT_CONDITION
#define DEFINE_EVENT_CONDITION(class, name, proto, args, cond)
#undef TRACE_EVENT_NOP
#define TRACE_EVENT_NOP(name, ...)
#undef DECLARE_EVENT_NOP
#define DECLARE_EVENT_NOP(name, ...)
#undef DEFINE_EVENT_NOP
#define DEFINE_EVENT_NOP(class, name, ...)
#undef DECLARE_EVENT_CLASS_NOP
#define DECLARE_EVENT_CLASS_NOP(name, ...)
#undef TRACE_EVENT_FLAGS
#define TRACE_EVENT_FLAGS(event, flag)
#undef TRACE_EVENT_PERF_PERM
#define TRACE_EVENT_PERF_PERM(event, ...)

#define TRACE_HEADER_MULTI_READ
#include "hooks/probes_list.h"

/* Then what each tracepoint has, as statements. */
#define MATCH(name, class)                      \
	do {                                    \
		if (!strcmp(tracepoint, #name)) \
			return probe_##class;   \
	} while (0)
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(name, ...)
#undef TRACE_EVENT
#define TRACE_EVENT(name, ...) MATCH(name, name);
#undef TRACE_EVENT_FN
#define TRACE_EVENT_FN(name, ...) MATCH(name, name);
#undef TRACE_EVENT_FN_COND
#define TRACE_EVENT_FN_COND(name, ...) MATCH(name, name);
#undef TRACE_EVENT_CONDITION
#define TRACE_EVENT_CONDITION(name, ...) MATCH(name, name);
#undef DECLARE_TRACE
#define DECLARE_TRACE(name, ...) MATCH(name, name);
#undef DEFINE_EVENT
#define DEFINE_EVENT(class, name, ...) MATCH(name, class);
#undef DEFINE_EVENT_FN
#define DEFINE_EVENT_FN(class, name, ...) MATCH(name, class);
#undef DEFINE_EVENT_PRINT
#define DEFINE_EVENT_PRINT(class, name, ...) MATCH(name, class);
#undef DEFINE_EVENT_CONDITION
#define DEFINE_EVENT_CONDITION(class, name, ...) MATCH(name, class);

void *vouch_probe_find(const char *tracepoint)
{
#include "hooks/probes_list.h"
	return NULL;
}
