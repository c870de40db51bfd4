/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The types of programs and maps, the hooks and the helpers that vouch_target
 * offers, by the target's configuration. The module is built from these lists,
 * and the target profile takes them from here, by way of gen/facts.c.
 *
 * What VOUCH_WITHOUT_* names is left out, whatever the configuration allows:
 * see Kbuild.
 *
 * Each X(TYPE, name) has the type as in BPF_PROG_TYPE_TYPE or
 * BPF_MAP_TYPE_TYPE, and its name as in bpf_names.h.
 */
#ifndef VOUCH_OFFER_H
#define VOUCH_OFFER_H

#include "helpers.h"

/*
 * What each kind of hook needs, the types that it runs and its name; Kbuild
 * has the same conditions.
 */
#if defined(CONFIG_NET_CLS_ACT) && defined(CONFIG_NET_INGRESS) && \
	defined(CONFIG_NET_EGRESS) && !defined(VOUCH_WITHOUT_TC)
#define VOUCH_OFFERS_TC_HOOKS 1
#define VOUCH_TYPES_TC(X) X(SCHED_CLS, sched_cls) X(SCHED_ACT, sched_act)
#define VOUCH_HOOKS_TC(X) X(tc)
#define VOUCH_TESTRUNS_SKB(X) X(skb)
#else
#define VOUCH_TYPES_TC(X)
#define VOUCH_HOOKS_TC(X)
#endif

#if IS_ENABLED(CONFIG_PACKET) && !defined(VOUCH_WITHOUT_SOCKET)
#define VOUCH_TYPES_SOCKET(X) X(SOCKET_FILTER, socket_filter)
#define VOUCH_HOOKS_SOCKET(X) X(socket)
#undef VOUCH_TESTRUNS_SKB
#define VOUCH_TESTRUNS_SKB(X) X(skb)
#else
#define VOUCH_TYPES_SOCKET(X)
#define VOUCH_HOOKS_SOCKET(X)
#endif
#ifndef VOUCH_TESTRUNS_SKB
#define VOUCH_TESTRUNS_SKB(X)
#endif

#if defined(CONFIG_KPROBES) && !defined(VOUCH_WITHOUT_TRACING)
#define VOUCH_TYPES_KPROBE(X) X(KPROBE, kprobe)
#define VOUCH_HOOKS_KPROBE(X) X(kprobe)
#define VOUCH_TESTRUNS_KPROBE(X) X(regs)
#else
#define VOUCH_TYPES_KPROBE(X)
#define VOUCH_HOOKS_KPROBE(X)
#define VOUCH_TESTRUNS_KPROBE(X)
#endif
#if defined(CONFIG_KRETPROBES) && !defined(VOUCH_WITHOUT_TRACING)
#define VOUCH_HOOKS_KRETPROBE(X) X(kretprobe)
#else
#define VOUCH_HOOKS_KRETPROBE(X)
#endif

#if defined(CONFIG_EVENT_TRACING) && defined(CONFIG_PERF_EVENTS) && \
	!defined(VOUCH_WITHOUT_TRACING)
#define VOUCH_TYPES_TRACEPOINT(X) X(TRACEPOINT, tracepoint)
#define VOUCH_HOOKS_TRACEPOINT(X) X(tracepoint)
#define VOUCH_TESTRUNS_TRACEPOINT(X) X(record)
#else
#define VOUCH_TYPES_TRACEPOINT(X)
#define VOUCH_HOOKS_TRACEPOINT(X)
#define VOUCH_TESTRUNS_TRACEPOINT(X)
#endif

#if defined(CONFIG_PERF_EVENTS) && !defined(VOUCH_WITHOUT_TRACING)
#define VOUCH_TYPES_PERF_EVENT(X) X(PERF_EVENT, perf_event)
#define VOUCH_HOOKS_PERF_EVENT(X) X(perf_event)
#else
#define VOUCH_TYPES_PERF_EVENT(X)
#define VOUCH_HOOKS_PERF_EVENT(X)
#endif

#if defined(CONFIG_TRACEPOINTS) && !defined(VOUCH_WITHOUT_TRACING)
#define VOUCH_TYPES_RAW_TP(X) \
	X(RAW_TRACEPOINT, raw_tracepoint) X(TRACING, tracing)
#define VOUCH_HOOKS_RAW_TP(X) X(raw_tp) X(tp_btf)
#define VOUCH_TESTRUNS_RAW_TP(X) X(args)
#else
#define VOUCH_TYPES_RAW_TP(X)
#define VOUCH_HOOKS_RAW_TP(X)
#define VOUCH_TESTRUNS_RAW_TP(X)
#endif

#define VOUCH_PROG_TYPES(X)       \
	X(XDP, xdp)               \
	VOUCH_TYPES_TC(X)         \
	VOUCH_TYPES_SOCKET(X)     \
	VOUCH_TYPES_KPROBE(X)     \
	VOUCH_TYPES_TRACEPOINT(X) \
	VOUCH_TYPES_PERF_EVENT(X) \
	VOUCH_TYPES_RAW_TP(X)

/* X(name): as in a hook's text, before the first colon. */
#define VOUCH_HOOKS(X)            \
	X(xdp)                    \
	VOUCH_HOOKS_TC(X)         \
	VOUCH_HOOKS_SOCKET(X)     \
	VOUCH_HOOKS_KPROBE(X)     \
	VOUCH_HOOKS_KRETPROBE(X)  \
	VOUCH_HOOKS_TRACEPOINT(X) \
	VOUCH_HOOKS_PERF_EVENT(X) \
	VOUCH_HOOKS_RAW_TP(X)

/* X(name): kinds of test-runs. */
#define VOUCH_TESTRUNS(X)            \
	X(xdp)                       \
	VOUCH_TESTRUNS_SKB(X)        \
	VOUCH_TESTRUNS_KPROBE(X)     \
	VOUCH_TESTRUNS_TRACEPOINT(X) \
	VOUCH_TESTRUNS_RAW_TP(X)

#define VOUCH_MAP_TYPES(X)            \
	X(ARRAY, array)               \
	X(HASH, hash)                 \
	X(PERCPU_ARRAY, percpu_array) \
	X(PERCPU_HASH, percpu_hash)   \
	X(PROG_ARRAY, prog_array)     \
	VOUCH_MAPS_LRU(X)             \
	VOUCH_MAPS_QUEUE(X)           \
	VOUCH_MAPS_BLOOM(X)           \
	VOUCH_MAPS_NESTED(X)          \
	VOUCH_MAPS_TRIE(X)            \
	VOUCH_MAPS_REDIRECT(X)        \
	VOUCH_MAPS_RINGS(X)           \
	VOUCH_MAPS_TRACING(X)         \
	VOUCH_MAPS_CGROUPS(X)

#ifndef VOUCH_WITHOUT_LRU
#define VOUCH_MAPS_LRU(X) \
	X(LRU_HASH, lru_hash) X(LRU_PERCPU_HASH, lru_percpu_hash)
#define VOUCH_OFFERS_LRU(X) VOUCH_HELPERS_LRU(X)
#else
#define VOUCH_MAPS_LRU(X)
#define VOUCH_OFFERS_LRU(X)
#endif

#ifndef VOUCH_WITHOUT_QUEUE
#define VOUCH_MAPS_QUEUE(X) X(QUEUE, queue) X(STACK, stack)
#define VOUCH_OFFERS_QUEUE(X) VOUCH_HELPERS_QUEUE(X)
#else
#define VOUCH_MAPS_QUEUE(X)
#define VOUCH_OFFERS_QUEUE(X)
#endif

#ifndef VOUCH_WITHOUT_BLOOM
#define VOUCH_MAPS_BLOOM(X) X(BLOOM_FILTER, bloom_filter)
#define VOUCH_OFFERS_BLOOM(X) VOUCH_HELPERS_BLOOM(X)
#else
#define VOUCH_MAPS_BLOOM(X)
#define VOUCH_OFFERS_BLOOM(X)
#endif

#ifndef VOUCH_WITHOUT_NESTED
#define VOUCH_MAPS_NESTED(X) \
	X(ARRAY_OF_MAPS, array_of_maps) X(HASH_OF_MAPS, hash_of_maps)
#else
#define VOUCH_MAPS_NESTED(X)
#endif

#ifndef VOUCH_WITHOUT_TRIE
#define VOUCH_MAPS_TRIE(X) X(LPM_TRIE, lpm_trie)
#define VOUCH_OFFERS_TRIE(X) VOUCH_HELPERS_TRIE(X)
#else
#define VOUCH_MAPS_TRIE(X)
#define VOUCH_OFFERS_TRIE(X)
#endif

#ifndef VOUCH_WITHOUT_REDIRECT
#define VOUCH_MAPS_REDIRECT(X) \
	X(DEVMAP, devmap) X(DEVMAP_HASH, devmap_hash) X(CPUMAP, cpumap)
#define VOUCH_OFFERS_REDIRECT(X) VOUCH_HELPERS_REDIRECT(X)
#else
#define VOUCH_MAPS_REDIRECT(X)
#define VOUCH_OFFERS_REDIRECT(X)
#endif

#ifndef VOUCH_WITHOUT_FIB
#define VOUCH_OFFERS_FIB(X) VOUCH_HELPERS_FIB(X)
#else
#define VOUCH_OFFERS_FIB(X)
#endif

#if defined(VOUCH_OFFERS_TC_HOOKS) && !defined(VOUCH_WITHOUT_FIB)
#define VOUCH_OFFERS_SKB_FIB(X) VOUCH_HELPERS_SKB_FIB(X)
#else
#define VOUCH_OFFERS_SKB_FIB(X)
#endif

#ifndef VOUCH_WITHOUT_RINGS
#define VOUCH_MAPS_RINGS(X) \
	X(RINGBUF, ringbuf) X(PERF_EVENT_ARRAY, perf_event_array)
#define VOUCH_OFFERS_RINGS(X) VOUCH_HELPERS_RINGS(X)
#else
#define VOUCH_MAPS_RINGS(X)
#define VOUCH_OFFERS_RINGS(X)
#endif

/* Whether there are hooks for tracing, and so what only their programs use. */
#if (defined(CONFIG_KPROBES) || defined(CONFIG_TRACEPOINTS)) && \
	!defined(VOUCH_WITHOUT_TRACING)
#define VOUCH_OFFERS_HOOKS_OF_TRACING 1
#define VOUCH_MAPS_TRACING(X) X(STACK_TRACE, stack_trace)
#else
#define VOUCH_MAPS_TRACING(X)
#endif

#if defined(VOUCH_OFFERS_HOOKS_OF_TRACING) && defined(CONFIG_CGROUPS)
#define VOUCH_MAPS_CGROUPS(X) X(CGROUP_ARRAY, cgroup_array)
#else
#define VOUCH_MAPS_CGROUPS(X)
#endif

/* The helpers, of common/helpers.h. */
#ifdef VOUCH_OFFERS_TC_HOOKS
#define VOUCH_OFFERS_SKB(X) VOUCH_HELPERS_SKB(X)
#else
#define VOUCH_OFFERS_SKB(X)
#endif

#if defined(VOUCH_OFFERS_TC_HOOKS) && defined(CONFIG_CGROUP_NET_CLASSID)
#define VOUCH_OFFERS_CLASSID(X) VOUCH_HELPERS_CLASSID(X)
#else
#define VOUCH_OFFERS_CLASSID(X)
#endif

#if defined(VOUCH_OFFERS_TC_HOOKS) && defined(CONFIG_INET)
#define VOUCH_OFFERS_SOCKETS(X) VOUCH_HELPERS_SOCKETS(X)
#else
#define VOUCH_OFFERS_SOCKETS(X)
#endif

#ifdef CONFIG_SYN_COOKIES
#define VOUCH_OFFERS_SYNCOOKIES(X) VOUCH_HELPERS_SYNCOOKIES(X)
#else
#define VOUCH_OFFERS_SYNCOOKIES(X)
#endif

#ifdef VOUCH_OFFERS_HOOKS_OF_TRACING
#define VOUCH_OFFERS_TRACING(X)  \
	VOUCH_HELPERS_TRACING(X) \
	VOUCH_HELPERS_OUTPUT(X)
#ifdef VOUCH_WITHOUT_RINGS
#error "tracing needs rings: leave out both, or none"
#endif
#else
#define VOUCH_OFFERS_TRACING(X)
#endif

#if defined(VOUCH_OFFERS_HOOKS_OF_TRACING) && defined(CONFIG_CGROUPS)
#define VOUCH_OFFERS_CGROUPS(X) VOUCH_HELPERS_CGROUPS(X)
#else
#define VOUCH_OFFERS_CGROUPS(X)
#endif

#if defined(VOUCH_OFFERS_HOOKS_OF_TRACING) && defined(CONFIG_KPROBES)
#define VOUCH_OFFERS_KPROBES(X) VOUCH_HELPERS_KPROBES(X)
#else
#define VOUCH_OFFERS_KPROBES(X)
#endif

#if defined(VOUCH_OFFERS_HOOKS_OF_TRACING) && defined(CONFIG_PERF_EVENTS)
#define VOUCH_OFFERS_PERF(X) VOUCH_HELPERS_PERF(X)
#else
#define VOUCH_OFFERS_PERF(X)
#endif

#if defined(VOUCH_OFFERS_HOOKS_OF_TRACING) && defined(CONFIG_IRQ_WORK)
#define VOUCH_OFFERS_SIGNALS(X) VOUCH_HELPERS_SIGNALS(X)
#else
#define VOUCH_OFFERS_SIGNALS(X)
#endif

#if defined(VOUCH_OFFERS_HOOKS_OF_TRACING) && defined(CONFIG_PROC_FS)
#define VOUCH_OFFERS_NAMESPACES(X) VOUCH_HELPERS_NAMESPACES(X)
#else
#define VOUCH_OFFERS_NAMESPACES(X)
#endif

#define VOUCH_OFFERED_HELPERS(X)   \
	VOUCH_HELPERS_CORE(X)      \
	VOUCH_OFFERS_LRU(X)        \
	VOUCH_OFFERS_QUEUE(X)      \
	VOUCH_OFFERS_BLOOM(X)      \
	VOUCH_OFFERS_TRIE(X)       \
	VOUCH_OFFERS_REDIRECT(X)   \
	VOUCH_OFFERS_FIB(X)        \
	VOUCH_OFFERS_RINGS(X)      \
	VOUCH_OFFERS_SKB(X)        \
	VOUCH_OFFERS_SKB_FIB(X)    \
	VOUCH_OFFERS_CLASSID(X)    \
	VOUCH_OFFERS_SOCKETS(X)    \
	VOUCH_OFFERS_SYNCOOKIES(X) \
	VOUCH_OFFERS_TRACING(X)    \
	VOUCH_OFFERS_KPROBES(X)    \
	VOUCH_OFFERS_PERF(X)       \
	VOUCH_OFFERS_CGROUPS(X)    \
	VOUCH_OFFERS_SIGNALS(X)    \
	VOUCH_OFFERS_NAMESPACES(X)

#endif /* VOUCH_OFFER_H */
