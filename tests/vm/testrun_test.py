#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Test-runs of programs that are no XDP, on both kernels.

The same packets and contexts go through BPF_PROG_TEST_RUN on the verifier
kernel and through the target's test-run: what comes out is equal, and so is
what is refused.
"""

import errno
import os
import random
import struct
import sys

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import lab_suite  # noqa: E402  pylint: disable=wrong-import-position
import packets  # noqa: E402  pylint: disable=wrong-import-position
import testruns  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position

N_PACKETS = int(os.environ.get("VOUCH_PACKETS", "500"))
SEED = int(os.environ.get("VOUCH_SEED", "1"))


def refused():
    """Contexts that both must refuse."""
    for offset in range(0, testruns.SKB_SIZE, 4):
        if not any(start <= offset < start + length
                   for start, length in testruns.MEMBERS.values()):
            ctx = bytearray(testruns.SKB_SIZE)
            ctx[offset + 3] = 1
            yield "byte %d" % (offset + 3), bytes(ctx)
    yield "wire_len below the packet's", testruns.skb(wire_len=1)
    yield "wire_len too large", testruns.skb(wire_len=65537)
    yield "gso_segs too large", testruns.skb(gso_segs=65536)
    yield "an interface that is not there", testruns.skb(ifindex=99)
    yield "bytes behind it", testruns.skb() + b"\1"


def packets_of(t, lab, kind, name):
    p = testruns.Program(t, lab, name + ".o", name)
    rng = random.Random(SEED)
    sent = packets.packets(SEED, N_PACKETS)
    # The IP header must be whole, or the run is refused.
    sent = [x if len(x) >= 54 else x.ljust(54, b"\0") for x in sent]
    sent += [bytes(14), bytes(3500)]
    ctxs = [testruns.random_ctx(rng) for _ in sent]
    # A wire's length is not below the packet's.
    ctxs[-1] = testruns.skb(mark=7)
    ref = p.verifier(sent, ctxs, dump=True)
    got = p.target(sent, ctxs, dump=True)
    testruns.compare(t, kind, sent, ctxs, ref, got)
    taken = {r["retval"] for r in got[0]["runs"]}
    t.check(len(taken) > 5, "with different verdicts", taken)
    refusals(t, p)
    lab.vouch("target", "unload", "lab", p.image)


def refusals(t, p):
    packet = packets.ethernet_ipv4(packets.IPV4[0], 17)
    for what, ctx in refused():
        ref = testruns.outcome(p.verifier, [packet], [ctx])
        t.check(ref in errno.errorcode.values(),
                "the verifier kernel refuses %s" % what, ref)
        t.equal(testruns.outcome(p.target, [packet], [ctx]), ref,
                "and so the target")
    for what, bad in (("13 bytes", packet[:13]), ("no IPv4 header",
                                                  packet[:30]),
                      ("no IPv6 header", bytes(12) + b"\x86\xdd" + bytes(39)),
                      ("more than a page", bytes(4000))):
        ref = testruns.outcome(p.verifier, [bad], [None])
        t.equal(ref, "EINVAL", "the verifier kernel refuses %s" % what)
        t.equal(testruns.outcome(p.target, [bad], [None]), ref,
                "and so the target")


def noted(result):
    value = bytes.fromhex(result[0]["maps"]["noted"][0]["value"])
    return struct.unpack("<21Q", value)


def arguments(t, lab):
    """Raw tracepoints: their arguments, and nothing else."""
    p = testruns.Program(t, lab, "contexts.o", "on_args")
    for ctx in (struct.pack("<3Q", 5, 6, 7),
                struct.pack("<3Q", 1, 2, 2**64 - 1),
                struct.pack("<12Q", *range(2**63, 2**63 + 12))):
        ref = p.verifier([b""], [ctx], dump=True)
        got = p.target([b""], [ctx], dump=True)
        t.equal([(r["retval"], "ctx_out" in r) for r in got[0]["runs"]],
                [(r["retval"], "ctx_out" in r) for r in ref[0]["runs"]],
                "raw_tp: the return value is equal")
        t.equal(noted(got), noted(ref), "raw_tp: the arguments are equal")
    for what, sent, ctx in (("13 arguments", b"", bytes(104)),
                            ("a packet", bytes(60), bytes(24))):
        ref = testruns.outcome(p.verifier, [sent], [ctx])
        t.equal(ref, "EINVAL", "raw_tp: the verifier kernel refuses " + what)
        t.equal(testruns.outcome(p.target, [sent], [ctx]), ref,
                "and so the target")
    t.equal(testruns.outcome(lambda: p.target([b""], [bytes(24)], repeat=2)),
            "EINVAL", "raw_tp: and a repeated run")
    lab.vouch("target", "unload", "lab", p.image)


def recorded(t, p):
    """What BPF_PROG_TEST_RUN does not know runs on what was recorded."""
    words = testruns.REGS // 8
    regs = struct.pack("<%dQ" % words, *range(100, 100 + words))
    p.program = "on_regs"
    got = p.target([b""], [regs], dump=True)
    words = noted(got)
    t.equal([words[i] for i in (0, 4, 10, 13, 14, 16, 19)],
            [100 + i for i in (0, 4, 10, 13, 14, 16, 19)],
            "kprobe: the program sees the registers")
    t.equal(got[0]["runs"][0]["retval"], 0, "and returns by them")
    regs = regs[:14 * 8] + struct.pack("<Q", 7) + regs[15 * 8:]
    t.equal(testruns.outcome(p.target, [b""], [regs]), 1, "whatever they are")
    t.equal(testruns.outcome(p.target, [b""], [regs[:-8]]), "EINVAL",
            "kprobe: fewer registers are refused")
    p.program = "on_record"
    record = struct.pack("<QI16s16sh", 2**64 - 1, 4711, b"old", b"new", -3)
    got = p.target([b""], [record], dump=True)
    t.equal(noted(got)[:3], (4711, int.from_bytes(b"new", "little"),
                             2**64 - 3), "tracepoint: it sees the record")
    t.equal(got[0]["runs"][0]["retval"], 1, "and returns by it")
    t.equal(testruns.outcome(p.target, [b""], [bytes(7)]), "EINVAL",
            "tracepoint: a record without its head is refused")
    t.equal(testruns.outcome(p.target, [b""], [None]), "EINVAL", "and none")


def tracing(t, lab):
    p = testruns.Program(t, lab, "contexts.o", "on_args")
    recorded(t, p)
    lab.vouch("target", "unload", "lab", p.image)


def samples(t, lab):
    """A perf event's own, from the submission to the hook."""
    where = "perf_event:1:2:3"  # each third page fault
    rc, result = lab.vouch(
        "submit", lab_module.built("objects", "perf_sample.o"),
        "--target", "lab", "--attach", where)
    t.check(rc == 0 and result["deliveries"][0]["status"] == "attached",
            "a program that reads bpf_perf_event_data is attached",
            lab.stderr or result)
    image = result["image"]["name"]
    hits = 0
    for _ in range(200):
        got, _ = wire.Client(lab.socket).call(
            "target.map.dump", target="lab", image=image, map="samples")
        hits, ip, sp, period, addr, low = struct.unpack(
            "<6Q", bytes.fromhex(got["entries"][0]["value"]))
        if hits:
            break
        lab.vouch("target", "show", "lab")
    t.check(hits and ip and sp and addr, "it sees faults of the agent",
            (hits, ip, sp, addr))
    t.equal((period, low), (3, 3), "and the period, whole and in part")
    rc, _ = lab.vouch("target", "unload", "lab", image)
    t.check(rc == 0, "and goes again", lab.stderr)


def tc_packets(t, lab):
    packets_of(t, lab, "tc", "skb_run")


def socket_packets(t, lab):
    packets_of(t, lab, "socket", "skb_filter")


def several(t, lab):
    """Each packet may be for a program of its own."""
    p = testruns.Program(t, lab, "skb_helpers.o", ["skb_load", "skb_vlan"])
    sent, ctxs = [packets.ethernet_ipv4(packets.IPV4[0], 17)] * 2, [None] * 2
    ref, got = (run(sent, ctxs, dump=["returned"])
                for run in (p.verifier, p.target))
    testruns.compare(t, "two programs", sent, ctxs, ref, got)
    for what, names in (("fewer names than packets", ["skb_load"]),
                        ("a number for a name", ["skb_load", 7]),
                        ("no name for a packet", ["skb_load", None]),
                        ("a program that is not there", ["skb_load", "no"])):
        p.program = names
        for where, run in (("verifier", p.verifier), ("target", p.target)):
            try:
                run(sent, ctxs)
                t.check(False, "the %s refuses %s" % (where, what))
            except wire.WireError as e:
                t.check("'exit': 1" not in str(e),
                        "the %s refuses %s" % (where, what), e)
    lab.vouch("target", "unload", "lab", p.image)


def softirqs(t, lab):
    """Linux 6.1 has softirqs on: what a run sends is there when it goes on."""
    p = testruns.Program(t, lab, "elsewhere.o", "tc_to_itself")
    rc, _ = lab.vouch("target", "attach", "lab", p.image, "tc:lo:ingress",
                      "--program", "tc_arrives")
    t.check(rc == 0, "a program waits at tc:lo:ingress", lab.stderr)
    packet = packets.MACS[0] + packets.MACS[1] + b"\x88\xb5" + bytes(50)
    for repeat, total in (1, 1), (5, 6):
        got, _ = p.target([packet], [None], repeat=repeat)
        t.equal(got["runs"][0]["retval"], total,
                "it has met each packet when its sender goes on")
    lab.vouch("target", "unload", "lab", p.image)


if __name__ == "__main__":
    lab_suite.run("testrun-test", "lab", tc_packets, socket_packets,
                  arguments, tracing, samples, several, softirqs)
