/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The headers of tracepoints are read once more: now each tracepoint becomes
 * the structure of its record, as the kernel's own first stage makes it, and
 * the prototype btf_trace_NAME of what programs of the type tp_btf get, which
 * a kernel without BPF does not have.
 */

#include <trace/stages/stage1_struct_define.h>

#undef TRACE_EVENT
#undef TRACE_EVENT_FN
#undef TRACE_EVENT_FN_COND
#undef TRACE_EVENT_CONDITION
#undef TRACE_EVENT_WRITABLE
#undef TRACE_EVENT_NOP
#undef DECLARE_EVENT_CLASS_NOP
#undef DEFINE_EVENT_NOP
#undef TRACE_EVENT_FLAGS
#undef TRACE_EVENT_PERF_PERM
#undef TRACE_DEFINE_ENUM
#undef TRACE_DEFINE_SIZEOF
#undef DECLARE_EVENT_CLASS
#undef DECLARE_TRACE
#undef DECLARE_TRACE_CONDITION
#undef DEFINE_EVENT
#undef DEFINE_EVENT_FN
#undef DEFINE_EVENT_PRINT
#undef DEFINE_EVENT_CONDITION
#undef DEFINE_EVENT_WRITABLE

#define DECLARE_TRACE(name, proto, args) \
	typedef void (*btf_trace_##name)(void *__data, proto);
#define DECLARE_TRACE_CONDITION(name, proto, args, cond) \
	DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))

#define DECLARE_EVENT_CLASS(name, proto, args, tstruct, assign, print) \
	struct trace_event_raw_##name {                                \
		struct trace_entry ent;                                \
		tstruct char __data[];                                 \
	};
#define DEFINE_EVENT(template, name, proto, args) \
	DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))
#define DEFINE_EVENT_FN(template, name, proto, args, reg, unreg) \
	DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))
#define DEFINE_EVENT_PRINT(template, name, proto, args, print) \
	DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))
#define DEFINE_EVENT_CONDITION(template, name, proto, args, cond) \
	DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))
#define DEFINE_EVENT_WRITABLE(template, name, proto, args, size) \
	DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))

#define TRACE_EVENT(name, proto, args, tstruct, assign, print)              \
	DECLARE_EVENT_CLASS(name, PARAMS(proto), PARAMS(args),              \
			    PARAMS(tstruct), PARAMS(assign), PARAMS(print)) \
	DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))
#define TRACE_EVENT_FN(name, proto, args, tstruct, assign, print, reg, unreg) \
	TRACE_EVENT(name, PARAMS(proto), PARAMS(args), PARAMS(tstruct),       \
		    PARAMS(assign), PARAMS(print))
#define TRACE_EVENT_FN_COND(name, proto, args, cond, tstruct, assign, print, \
			    reg, unreg)                                      \
	TRACE_EVENT(name, PARAMS(proto), PARAMS(args), PARAMS(tstruct),      \
		    PARAMS(assign), PARAMS(print))
#define TRACE_EVENT_CONDITION(name, proto, args, cond, tstruct, assign, print) \
	TRACE_EVENT(name, PARAMS(proto), PARAMS(args), PARAMS(tstruct),        \
		    PARAMS(assign), PARAMS(print))
#define TRACE_EVENT_WRITABLE(name, proto, args, tstruct, assign, print, size) \
	TRACE_EVENT(name, PARAMS(proto), PARAMS(args), PARAMS(tstruct),       \
		    PARAMS(assign), PARAMS(print))

/* Tracepoints that this kernel is configured not to have. */
#define TRACE_EVENT_NOP(name, proto, args, tstruct, assign, print)
#define DECLARE_EVENT_CLASS_NOP(name, proto, args, tstruct, assign, print)
#define DEFINE_EVENT_NOP(template, name, proto, args)

#define TRACE_EVENT_FLAGS(name, value)
#define TRACE_EVENT_PERF_PERM(name, expr...)
#define TRACE_DEFINE_ENUM(a)
#define TRACE_DEFINE_SIZEOF(a)

#define TRACE_HEADER_MULTI_READ
#include "events.h"
