#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A guest's kernel log is judged: no report is lost in what is expected."""

import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(TOP, p) for p in ("scripts", "tests/lib")]

import kmsg  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position

BOOT = ["<5>[    0.000000] Linux version 6.1.0 (somebody@somewhere)",
        "<6>[    0.000000] Command line: console=ttyS0",
        "<4>[    1.500000] expected: a warning"]
BEGIN = ["<14>[    3.000000] " + kmsg.FAULTS]
END = ["<14>[    5.000000] " + kmsg.NO_FAULTS]
# As a kernel wrote it, shortened.
REPORT = ["<4>[   35.197778] " + text for text in (
    "init: vmalloc error: size 6557, vm_struct allocation failed, "
    "mode:0xcc0(GFP_KERNEL), nodemask=(null)",
    "CPU: 0 PID: 1 Comm: init Tainted: G           O       6.1.0 #1 ",
    "Call Trace:",
    " <TASK>",
    " dump_stack_lvl+0x6f/0xa6",
    " warn_alloc.cold+0x78/0x127",
    " ? 0xffffffffa0123456",
    " ? vouch_admit+0xa2/0x4f0 [vouch_target]",
    "RIP: 0033:0x45197b",
    "Code: 00 48 89 44 24 18 31 c0 48 8d 44 24 60 c7 04 24 10 00 00 00",
    "RSP: 002b:00007ffd0f18f7b0 EFLAGS: 00000246 ORIG_RAX: 0000000000000010",
    "R10: 0000000000000000 R11: 0000000000000246 R12: 0000000000000006",
    " </TASK>",
    "Mem-Info:",
    "active_anon:77 inactive_anon:500 isolated_anon:0",
    " active_file:0 inactive_file:0 isolated_file:0",
    "Node 0 active_anon:308kB inactive_anon:2000kB all_unreclaimable? no",
    "DMA32 free:341928kB boost:0kB min:2448kB",
    "lowmem_reserve[]: 0 0 0",
    "DMA32: 60*4kB (UME) 25*8kB (UME) = 341928kB",
    "577 total pagecache pages",
    "130942 pages RAM",
    "0 pages HighMem/MovableOnly",
    "35507 pages reserved")]
# Of a probe that there was no memory to take off; what comes before its head
# may be said by itself.
WARNED = ["<4>[   35.197778] " + text for text in (
    "------------[ cut here ]------------",
    "Failed to disarm kprobe-ftrace at __x64_sys_times+0x0/0x1f0 (error -12)",
    "WARNING: CPU: 0 PID: 1 at kernel/kprobes.c:1126 "
    "__disarm_kprobe_ftrace+0xe8/0x110",
    "Modules linked in: vouch_0123456789abcdef(O) vouch_target(O)",
    "CPU: 0 PID: 1 Comm: init Tainted: G           O       6.1.0 #1 ",
    "RIP: 0010:__disarm_kprobe_ftrace+0xe8/0x110",
    "RSP: 0018:ffffc90000017b18 EFLAGS: 00000282",
    "FS:  0000000013ee43c0(0000) GS:ffff888027500000(0000)",
    "CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033",
    "CR2: 0000000000000000 CR3: 0000000000172000 CR4: 00000000003506a0",
    "Call Trace:",
    " <TASK>",
    " __disable_kprobe+0x1f7/0x220",
    " ? srso_return_thunk+0x5/0x10",
    " </TASK>",
    "irq event stamp: 1251409",
    "hardirqs last  enabled at (1251415): [<ffffffff810f4c63>] up+0x1/0x2",
    "softirqs last disabled at (1251115): [<ffffffff8108f35b>] irq+0x1/0x2",
    "---[ end trace 0000000000000000 ]---")]
KASAN = "BUG: KASAN: use-after-free in vouch_admit+0x1/0x2 [vouch_target]"
BAD = ["<3>[   35.200000] " + text for text in (
    KASAN, "Read of size 8 at addr ffff888001234567 by task init/1")]


def judge(*parts):
    with tempfile.NamedTemporaryFile("w") as allow:
        allow.write("# why\n^expected: a warning$\n")
        allow.flush()
        return kmsg.problems(BOOT + [line for p in parts for line in p],
                             [allow.name])


def test_lines(t):
    t.equal(judge(), [], "what an allow-list names is allowed")
    t.equal(judge(["<4>[    2.000000] another warning",
                   "<12>[    2.000000] of user space, another warning",
                   "<5>[    2.000000] a notice"]),
            ["kernel log: another warning",
             "kernel log: of user space, another warning"],
            "another warning is not, nor one of user space; a notice is")
    t.check(kmsg.problems(BOOT[1:2], []),
            "a log that lost its beginning is noticed")
    t.check(kmsg.problems([], []), "so is a log that is empty")


def test_faults(t):
    t.equal(judge(BEGIN, REPORT, REPORT, END), [],
            "the page allocator may report a fault that the test made")
    t.equal(len(judge(REPORT)), len(REPORT), "not without a fault")
    t.equal(len(judge(BEGIN, END, REPORT)), len(REPORT), "nor behind the end")
    other = [line.replace("init: ", "kworker/0:1: ") for line in REPORT]
    t.equal(len(judge(BEGIN, other, END)), len(REPORT), "nor for another task")
    memory = ["<4>[    4.000000] kobject_create_and_add: kobject_add error: "]
    t.equal(judge(BEGIN, [memory[0] + "-12"], END), [],
            "what fails for want of memory may say so")
    t.check(judge(BEGIN, [memory[0] + "-17"], END) and
            judge([memory[0] + "-12"]), "not for another reason, or elsewhere")


def test_probes(t):
    t.equal(judge(BEGIN, WARNED, WARNED, END), [],
            "the kernel may warn of a probe that stays")
    t.equal(len(judge(WARNED)), len(WARNED), "not without a fault")
    other = [line.replace("kprobes.c", "module.c") for line in WARNED]
    t.check(judge(BEGIN, other, END), "nor of anything else")
    t.equal(len(judge(BEGIN, WARNED, WARNED[10:15], END)), 5,
            "a stack behind its end is one too many")


def test_reports(t):
    lost = ["kernel log: " + line.split("] ", 1)[1] for line in BAD]
    for i in range(len(REPORT) + 1):
        if judge(BEGIN, REPORT[:i], BAD, REPORT[i:], END) != lost:
            t.check(False, "no report is lost in line %d of another" % i)
            return
    t.check(True, "no report is lost in another")
    t.equal(len(judge(BEGIN, REPORT, REPORT[2:8], END)), 6,
            "a stack behind the report's end is one too many")
    t.equal(len(judge(BEGIN, REPORT[:-1], END, REPORT[2:8])), 6,
            "and so is one behind the test's end")


def main():
    t = tap.Tap()
    for test in (test_lines, test_faults, test_probes, test_reports):
        t.run(test)
    t.end()


if __name__ == "__main__":
    main()
