#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Images of the programs in tests/hooks/progs.c, for the hooks' VM test.

usage: hooks_images.py PROFILE KEYS PROGS.s OUT
"""

import os
import re
import sys

import target_images
from target_images import make_image

KEPT, VALUES = 32, 8
SIZE = 8 + KEPT * VALUES * 8
SOCKET_FILTER, PERF_EVENT = 1, 7
KPROBE, SCHED_CLS, TRACEPOINT, RAW_TP, TRACING = 2, 3, 5, 17, 26
XDP, ATTACH_XDP = 6, 37
TRACE_RAW_TP = 23  # attach type
# In the order of enum hooks_place, which is that of the maps.
PROGS = [
    ("tc_in", "tc", SCHED_CLS, 0),
    ("tc_out", "tc", SCHED_CLS, 0),
    ("on_call", "kprobe/hooks_native_call", KPROBE, 0),
    ("on_return", "kretprobe/hooks_native_call", KPROBE, 0),
    ("on_rename", "raw_tp/task_rename", RAW_TP, 0),
    ("on_signal", "tp_btf/signal_generate", TRACING, TRACE_RAW_TP),
    ("on_record", "tracepoint/task/task_rename", TRACEPOINT, 0),
    ("on_inner", "kprobe/copy_from_kernel_nofault", KPROBE, 0),
    ("on_socket", "socket", SOCKET_FILTER, 0),
    ("on_event", "perf_event", PERF_EVENT, 0),
    ("on_xdp", "xdp", XDP, ATTACH_XDP),
    ("on_nmi", "kprobe/hooks_native_nmi", KPROBE, 0),
    ("on_handled", "tracepoint/nmi/nmi_handler", TRACEPOINT, 0),
    ("on_busy", "kprobe/memcmp", KPROBE, 0),
    ("on_fault", "raw_tp/task_rename", RAW_TP, 0),
]
# Programs without a record of their own.
FURTHER = [("on_table", "raw_tp/task_rename", RAW_TP, 0),
           ("on_kill", "kprobe/hooks_native_call", KPROBE, 0)]


def source(path):
    """The compiler's text, with what stands between functions as int3."""
    with open(path, encoding="ascii") as f:
        text = f.read()
    return re.sub(r"\.p2align 4(,,15)?\n(\s*\.globl)",
                  r".p2align 4, 0xcc\n\2", text)


def main():
    profile, keys, text, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    w = target_images.Writer(profile, keys, out)
    progs = [{"name": n, "function": n, "section": s, "type": t,
              "attach_type": a, "stack_depth": 64} for n, s, t, a in PROGS + FURTHER]
    maps = [{"name": p[0], "type": "array", "key": 4, "value": SIZE,
             "entries": 1} for p in PROGS]
    maps.append({"name": "table", "type": "hash", "key": 4, "value": 8,
                 "entries": 8})
    # Values of the records; and the address of the last map.
    slots = [(2, i, 0) for i in range(len(PROGS))] + [(1, len(PROGS), 0)]
    for name, slot, instance in (("one", "edge", 0), ("two", "edge", 1),
                                 ("other", "other", 2)):
        w.good(name, make_image.Image(w.profile, source(text), progs, maps,
                                      slots, slot=slot, instance=instance))
    with open(os.path.join(out, "names"), "w", encoding="ascii") as f:
        f.writelines(w.names)


if __name__ == "__main__":
    main()
