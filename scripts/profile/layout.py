# SPDX-License-Identifier: BSD-2-Clause
"""The layout of a target's kernel, as BTF, without its debug information."""

import os

from tree import ROOT, fail, run

PARTS = os.path.join(ROOT, "target-driver/gen/layout")
FLAGS = "-g -gdwarf-4 -fno-eliminate-unused-debug-types -w"
MAX = 16 << 20  # bytes that a profile's part may have

# Headers of tracepoints that do without a file of their own around them, and
# what a kernel must be configured with to have theirs.
EVENTS = {"alarmtimer": None, "block": "BLOCK", "bridge": "BRIDGE",
          "cgroup": "CGROUPS", "compaction": None, "cpuhp": None,
          "error_report": None, "fib": "INET", "fib6": "IPV6",
          "filelock": "FILE_LOCKING", "filemap": None, "icmp": "INET",
          "initcall": None, "io_uring": "IO_URING", "ipi": None, "irq": None,
          "irq_matrix": None,          "kmem": None, "lock": "LOCKDEP",
          "migrate": None, "mmap": "MMU", "mmap_lock": None,
          "module": "MODULES", "napi": "NET", "neigh": "NET", "net": "NET",
          "netlink": "NET", "nmi": None, "oom": None,
          "page_pool": "PAGE_POOL", "percpu": None, "power": None,
          "printk": None, "qdisc": "NET", "rcu": None, "sched": None,
          "signal": None, "skb": "NET", "sock": "NET", "syscalls": None,
          "task": None, "tcp": "INET", "timer": None, "tlb": None,
          "udp": "INET", "vmscan": None, "workqueue": None,
          "writeback": None, "xdp": "NET"}


def events():
    """A header that includes them; read twice."""
    text = ""
    for name, option in sorted(EVENTS.items()):
        line = "#include <trace/events/%s.h>\n" % name
        text += "#ifdef CONFIG_%s\n%s#endif\n" % (option, line) \
            if option else line
    return text


def btf(tree, tmp):
    """Raw BTF of what layout.c includes."""
    with open(os.path.join(tmp, "events.h"), "w", encoding="ascii") as f:
        f.write(events())
    obj = tree.compile(tmp, "layout", [
        os.path.join(PARTS, name) for name in ("layout.c", "types.h", "records.h")],
        FLAGS, plain=True)
    out = os.path.join(tmp, "layout.btf")
    run("pahole", "pahole", "--btf_encode_detached=" + out,
        "--skip_encoding_btf_vars", obj)
    with open(out, "rb") as f:
        data = f.read()
    if len(data) > MAX:
        fail("the layout takes %u bytes, more than a profile may have"
             % len(data))
    return data
