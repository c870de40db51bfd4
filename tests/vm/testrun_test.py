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
import re
import struct
import sys

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import lab_suite  # noqa: E402  pylint: disable=wrong-import-position
import packets  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position

N_PACKETS = int(os.environ.get("VOUCH_PACKETS", "500"))
SEED = int(os.environ.get("VOUCH_SEED", "1"))

# struct __sk_buff: offset and size of what a test-run takes.
SKB_SIZE = 192
MEMBERS = {"mark": (8, 4), "priority": (32, 4), "ingress_ifindex": (36, 4),
           "ifindex": (40, 4), "cb": (48, 20), "tstamp": (152, 8),
           "wire_len": (160, 4), "gso_segs": (164, 4), "gso_size": (176, 4),
           "hwtstamp": (184, 8)}


def skb(size=SKB_SIZE, **members):
    """A struct __sk_buff with these members, as long as @size."""
    ctx = bytearray(SKB_SIZE)
    for name, value in members.items():
        offset, length = MEMBERS[name]
        ctx[offset:offset + length] = \
            (value & (1 << 8 * length) - 1).to_bytes(length, "little")
    return bytes(ctx[:size])


def random_ctx(rng):
    """A context that is good, of any length; or none."""
    if rng.random() < 0.1:
        return None
    members = {name: rng.getrandbits(8 * MEMBERS[name][1])
               for name in ("mark", "priority", "cb", "tstamp", "gso_size",
                            "hwtstamp", "ingress_ifindex")
               if rng.random() < 0.7}
    members["ifindex"] = rng.choice((0, 0, 1))
    members["wire_len"] = rng.choice((0, 200, 65536))
    members["gso_segs"] = rng.choice((0, 1, 65535))
    return skb(rng.choice((SKB_SIZE, SKB_SIZE, 36, 1, 180)), **members)


def refused():
    """Contexts that both must refuse."""
    for offset in range(0, SKB_SIZE, 4):
        if not any(start <= offset < start + length
                   for start, length in MEMBERS.values()):
            ctx = bytearray(SKB_SIZE)
            ctx[offset + 3] = 1
            yield "byte %d" % (offset + 3), bytes(ctx)
    yield "wire_len below the packet's", skb(wire_len=1)
    yield "wire_len too large", skb(wire_len=65537)
    yield "gso_segs too large", skb(gso_segs=65536)
    yield "an interface that is not there", skb(ifindex=99)
    yield "bytes behind it", skb() + b"\1"


class Program:
    """One program, loaded on the target, and its object for the verifier."""

    def __init__(self, t, lab, name, program):
        self.program = program
        self.path = os.path.join(lab_module.BUILD, "objects", name)
        with open(self.path, "rb") as f:
            self.object = f.read()
        self.client = wire.Client(lab.socket)
        self.lab = lab
        rc, result = lab.vouch("submit", self.path, "--target", "lab")
        t.check(rc == 0 and result["deliveries"][0]["status"] == "loaded",
                "%s is loaded" % name, lab.stderr or result)
        self.image = result["image"]["name"]
        self.file = result["image"]["path"]

    def verifier(self, sent, ctxs, **more):
        return self.client.call(
            "test-run", self.object + b"".join(sent), on="verifier",
            name=os.path.basename(self.path), options={},
            program=self.program, packets=[len(p) for p in sent],
            object_len=len(self.object),
            ctx=[c and c.hex() for c in ctxs], **more)

    def target(self, sent, ctxs, **more):
        return self.client.call(
            "target.test-run", b"".join(sent), target="lab", image=self.image,
            program=self.program, packets=[len(p) for p in sent],
            ctx=[c and c.hex() for c in ctxs], **more)


def outcome(run, *args):
    """What a run gives, or the errno that it fails with."""
    try:
        result, _ = run(*args)
        return result["runs"][0]["retval"]
    except wire.WireError as e:
        number = re.search(r"failed \(-(\d+)\)", str(e))
        if number:
            return errno.errorcode[int(number[1])]
        for code, name in errno.errorcode.items():
            if ": %s" % os.strerror(code) in str(e):
                return name
        return str(e)


def table(result):
    return {(name, e["key"]): e["value"]
            for name, entries in result["maps"].items() for e in entries}


def compare(t, name, sent, ctxs, ref, got):
    for what in "retval", "data_len", "ctx_out":
        left = [r.get(what) for r in got[0]["runs"]]
        right = [r.get(what) for r in ref[0]["runs"]]
        wrong = [i for i, (x, y) in enumerate(zip(left, right)) if x != y]
        t.check(not wrong and len(left) == len(right) == len(sent),
                "%s: %s of %d runs is equal" % (name, what, len(sent)),
                [(i, sent[i].hex(), ctxs[i] and ctxs[i].hex(), left[i],
                  right[i]) for i in wrong[:2]])
    t.check(got[1] == ref[1], "%s: the packets that come out are equal" % name)
    left, right = table(got[0]), table(ref[0])
    wrong = [k for k in left.keys() | right.keys()
             if left.get(k) != right.get(k)]
    t.check(not wrong and left, "%s: the maps are equal" % name,
            [(k, left.get(k), right.get(k)) for k in wrong[:2]])


def packets_of(t, lab, kind, name):
    p = Program(t, lab, name + ".o", name)
    rng = random.Random(SEED)
    sent = packets.packets(SEED, N_PACKETS)
    # The IP header must be whole, or the run is refused.
    sent = [x if len(x) >= 54 else x.ljust(54, b"\0") for x in sent]
    sent += [bytes(14), bytes(3500)]
    ctxs = [random_ctx(rng) for _ in sent]
    # A wire's length is not below the packet's.
    ctxs[-1] = skb(mark=7)
    ref = p.verifier(sent, ctxs, dump=True)
    got = p.target(sent, ctxs, dump=True)
    compare(t, kind, sent, ctxs, ref, got)
    taken = {r["retval"] for r in got[0]["runs"]}
    t.check(len(taken) > 5, "with different verdicts", taken)
    refusals(t, p)
    lab.vouch("target", "unload", "lab", p.image)


def refusals(t, p):
    packet = packets.ethernet_ipv4(packets.IPV4[0], 17)
    for what, ctx in refused():
        ref = outcome(p.verifier, [packet], [ctx])
        t.check(ref in errno.errorcode.values(),
                "the verifier kernel refuses %s" % what, ref)
        t.equal(outcome(p.target, [packet], [ctx]), ref, "and so the target")
    for what, bad in (("13 bytes", packet[:13]), ("no IPv4 header",
                                                  packet[:30]),
                      ("no IPv6 header", bytes(12) + b"\x86\xdd" + bytes(39)),
                      ("more than a page", bytes(4000))):
        ref = outcome(p.verifier, [bad], [None])
        t.equal(ref, "EINVAL", "the verifier kernel refuses %s" % what)
        t.equal(outcome(p.target, [bad], [None]), ref, "and so the target")


def noted(result):
    value = bytes.fromhex(result[0]["maps"]["noted"][0]["value"])
    return struct.unpack("<21Q", value)


def arguments(t, lab):
    """Raw tracepoints: their arguments, and nothing else."""
    p = Program(t, lab, "contexts.o", "on_args")
    for ctx in (struct.pack("<3Q", 5, 6, 7), struct.pack("<3Q", 1, 2, 2**64 - 1),
                struct.pack("<12Q", *range(2**63, 2**63 + 12))):
        ref = p.verifier([b""], [ctx], dump=True)
        got = p.target([b""], [ctx], dump=True)
        t.equal([(r["retval"], "ctx_out" in r) for r in got[0]["runs"]],
                [(r["retval"], "ctx_out" in r) for r in ref[0]["runs"]],
                "raw_tp: the return value is equal")
        t.equal(noted(got), noted(ref), "raw_tp: the arguments are equal")
    for what, sent, ctx in (("13 arguments", b"", bytes(104)),
                            ("a packet", bytes(60), bytes(24))):
        ref = outcome(p.verifier, [sent], [ctx])
        t.equal(ref, "EINVAL", "raw_tp: the verifier kernel refuses " + what)
        t.equal(outcome(p.target, [sent], [ctx]), ref, "and so the target")
    t.equal(outcome(lambda: p.target([b""], [bytes(24)], repeat=2)),
            "EINVAL", "raw_tp: and a repeated run")
    lab.vouch("target", "unload", "lab", p.image)


def recorded(t, p):
    """What BPF_PROG_TEST_RUN does not know runs on what was recorded."""
    regs = struct.pack("<21Q", *range(100, 121))
    p.program = "on_regs"
    got = p.target([b""], [regs], dump=True)
    words = noted(got)
    t.equal([words[i] for i in (0, 4, 10, 13, 14, 16, 19)],
            [100 + i for i in (0, 4, 10, 13, 14, 16, 19)],
            "kprobe: the program sees the registers")
    t.equal(got[0]["runs"][0]["retval"], 0, "and returns by them")
    regs = regs[:14 * 8] + struct.pack("<Q", 7) + regs[15 * 8:]
    t.equal(outcome(p.target, [b""], [regs]), 1, "whatever they are")
    t.equal(outcome(p.target, [b""], [regs[:-8]]), "EINVAL",
            "kprobe: fewer registers are refused")
    p.program = "on_record"
    record = struct.pack("<QI16s16sh", 2**64 - 1, 4711, b"old", b"new", -3)
    got = p.target([b""], [record], dump=True)
    t.equal(noted(got)[:3], (4711, int.from_bytes(b"new", "little"),
                             2**64 - 3), "tracepoint: it sees the record")
    t.equal(got[0]["runs"][0]["retval"], 1, "and returns by it")
    t.equal(outcome(p.target, [b""], [bytes(7)]), "EINVAL",
            "tracepoint: a record without its head is refused")
    t.equal(outcome(p.target, [b""], [None]), "EINVAL", "and none")


def tracing(t, lab):
    p = Program(t, lab, "contexts.o", "on_args")
    recorded(t, p)
    lab.vouch("target", "unload", "lab", p.image)


def samples(t, lab):
    """A perf event's own, from the submission to the hook."""
    where = "perf_event:1:2:3"  # each third page fault
    rc, result = lab.vouch(
        "submit", os.path.join(lab_module.BUILD, "objects", "perf_sample.o"),
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


if __name__ == "__main__":
    lab_suite.run("testrun-test", "lab", tc_packets, socket_packets,
                  arguments, tracing, samples)
