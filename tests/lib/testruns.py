# SPDX-License-Identifier: BSD-2-Clause
"""One program, run on packets and contexts by both kernels of a lab."""

import errno
import os
import re
import sys

sys.path[:0] = ["scripts"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import machine  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position

# Of a probe's context, by architecture; words.
REGISTERS = {
    "x86_64": ("r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8",
               "ax", "cx", "dx", "si", "di", "orig_ax", "ip", "cs", "flags",
               "sp", "ss"),
    "arm64": (*("x%d" % i for i in range(31)), "sp", "pc", "pstate"),
}
REGS = 8 * len(REGISTERS[machine.chosen().name])  # bytes of it
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


class Program:
    """One program, loaded on the target, and its object for the verifier."""

    def __init__(self, t, lab, name, program, options=None, args=()):
        """@options of the submission, and @args that say the same."""
        self.program = program
        self.options = options or {}
        self.path = lab_module.built("objects", name)
        with open(self.path, "rb") as f:
            self.object = f.read()
        self.client = wire.Client(lab.socket)
        self.lab = lab
        rc, result = lab.vouch("submit", self.path, "--target", "lab", *args)
        t.check(rc == 0 and result["deliveries"][0]["status"] == "loaded",
                "%s is loaded" % name, lab.stderr or result)
        self.image = result["image"]["name"]
        self.file = result["image"]["path"]
        self.content = result["image"]["content"]

    def verifier(self, sent, ctxs, **more):
        return self.client.call(
            "test-run", self.object + b"".join(sent), on="verifier",
            name=os.path.basename(self.path), options=self.options,
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
