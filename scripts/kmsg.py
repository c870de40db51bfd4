# SPDX-License-Identifier: BSD-2-Clause
"""Judge a guest's kernel log: what no good run says is a problem.

The log is as dmesg -r prints it. Between two marks that the guest's test
writes into it, allocations fail on purpose; only there the kernel may say so.
"""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
LINE = re.compile(r"<(\d+)>\[ *\d+\.\d+\] ?(.*)")
LOUD = 4  # KERN_WARNING
# What tests/vm/debug.c writes, and the first line of every kernel.
FAULTS = "vouch-test: faults from here"
NO_FAULTS = "vouch-test: no faults from here"
FIRST = "Linux version "
# What is allowed only between the marks.
FAULTS_ALLOW = os.path.join(HERE, "..", "tests", "vm", "faults_kmsg.allow")
# The page allocator's own report of a failure: its head names the test's
# process, its last line counts pages; and that of a probe that the kernel had
# no memory to take off. Whatever else comes between is judged for itself, so
# that no other report's head is lost in it.
HEAD = re.compile(r"init: (vmalloc error: size \d+|"
                  r"page allocation failure: order:\d+).*, mode:0x[0-9a-f]+\(|"
                  r"WARNING: CPU: \d+ PID: \d+ at kernel/kprobes\.c:\d+ "
                  r"__disarm_kprobe_ftrace\+0x")
BODY = [re.compile(p) for p in (
    # the stack and the registers
    r"CPU: \d+ PID: \d+ Comm: init ", r"Hardware name: ", r"Call [Tt]race:$",
    r" </?TASK>$", r" (\? )?([\w.]+\+)?0x[0-9a-f]+(/0x[0-9a-f]+)?( \[\w+\])?$",
    r"RIP: [0-9a-f]+:", r"Code: ", r"R[SABCD][PX]: ", r"R[0-9A-Z]{2}: ",
    r"[FC]S:  ", r"CR2: ", r"Modules linked in: vouch_",
    r"irq event stamp: \d+$", r"(hard|soft)irqs last +(en|dis)abled at ",
    # the memory there is
    r"Mem-Info:$", r" ?\w+:\d+( \w+:\d+)*$", r"Node \d+( \w+)?:? ",
    r"DMA(32)?(:| free:)", r"Normal(:| free:)", r"lowmem_reserve\[\]:",
    r"\d+ (total pagecache pages|pages in swap cache)$",
    r"(Free|Total) swap += ", r"\d+ pages (RAM|HighMem/MovableOnly)$")]
TAIL = re.compile(r"\d+ pages reserved$|---\[ end trace [0-9a-f]+ \]---$")


def patterns(paths):
    """The regular expressions of allow-lists, one a line."""
    found = []
    for path in paths:
        with open(path) as f:
            found += [re.compile(line.rstrip("\n")) for line in f
                      if line.strip() and not line.startswith("#")]
    return found


def matches(expressions, text):
    return any(e.search(text) for e in expressions)


def problems(lines, allow):
    """What is wrong with the log's lines, given the paths of allow-lists."""
    always, failing = patterns(allow), patterns([FAULTS_ALLOW])
    found = []
    faults = report = False
    # On arm64 the first line names the CPU that boots.
    if not any(FIRST in line for line in lines[:2]):
        found.append("the kernel log does not begin with the boot")
    for line in lines:
        m = LINE.match(line)
        if not m:
            continue
        text = m.group(2)
        if text in (FAULTS, NO_FAULTS):
            faults, report = text == FAULTS, False
        if int(m.group(1)) & 7 > LOUD or matches(always, text):
            continue
        if report and any(b.match(text) for b in BODY):
            continue
        if report and TAIL.match(text):
            report = False
        elif faults and HEAD.match(text):
            report = True
        elif not faults or not matches(failing, text):
            found.append("kernel log: " + text)
    return found
