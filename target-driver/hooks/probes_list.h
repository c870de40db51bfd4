/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The headers of events whose tracepoints have probes; included more than
 * once, as these headers are.
 */
#ifdef CONFIG_BLOCK
#include <trace/events/block.h>
#endif
#ifdef CONFIG_CGROUPS
#include <trace/events/cgroup.h>
#endif
#ifdef CONFIG_COMPACTION
#include <trace/events/compaction.h>
#endif
#include <trace/events/cpuhp.h>
#include <trace/events/filemap.h>
#include <trace/events/irq.h>
#include <trace/events/kmem.h>
#include <trace/events/migrate.h>
#include <trace/events/module.h>
#ifdef CONFIG_NET
#include <trace/events/napi.h>
#include <trace/events/neigh.h>
#include <trace/events/net.h>
#include <trace/events/qdisc.h>
#include <trace/events/skb.h>
#endif
#ifdef CONFIG_INET
#include <trace/events/fib.h>
#include <trace/events/sock.h>
#include <trace/events/tcp.h>
#include <trace/events/udp.h>
#endif
#include <trace/events/oom.h>
#include <trace/events/pagemap.h>
#include <trace/events/power.h>
#include <trace/events/printk.h>
#include <trace/events/rcu.h>
#include <trace/events/sched.h>
#include <trace/events/signal.h>
#ifdef CONFIG_HAVE_SYSCALL_TRACEPOINTS
#include <trace/events/syscalls.h>
#endif
#include <trace/events/task.h>
#include <trace/events/timer.h>
#include <trace/events/vmscan.h>
#include <trace/events/workqueue.h>
#include <trace/events/writeback.h>
#include <trace/events/xdp.h>
