#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Routes that programs look up, against the kernel's own.

tests/vm/routes runs ahead of /init in both VMs and gives them the same routes.
What bpf_fib_lookup() is asked lies in a map, and what comes back in another,
which is equal.
"""

import collections
import ipaddress
import os
import random
import shutil
import struct
import subprocess
import sys

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import planted  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position
import testruns  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position

BUILD = lab_module.BUILD
OUT = os.path.join(BUILD, "vm", "routes")
CFLAGS = "-std=gnu11 -O1 -g -Wall -Wextra -Werror -static".split()
SEED = int(os.environ.get("VOUCH_SEED", "1"))
N = 512  # questions at once, as in the program
INET, INET6 = 2, 10
DIRECT, OUTPUT, SKIP_NEIGH, TBID, SRC = 1, 2, 4, 8, 16
F0, F1, F2, F3 = 10, 11, 12, 13
EINVAL, ENODEV, EAFNOSUPPORT = -22, -19, -97
SUCCESS, BLACKHOLE, UNREACHABLE, PROHIBIT, NOT_FWDED, FWD_DISABLED, _, \
    NO_NEIGH, FRAG_NEEDED, NO_SRC_ADDR = range(10)

# What there is in tests/vm/routes, and what there is not.
IPV4 = ["10.%d.9.9" % i for i in range(19, 38)] + [
    "10.2.0.%d" % i for i in (0, 1, 2, 3, 4, 9, 255)] + [
        "10.1.0.77", "10.22.0.2", "127.0.0.1", "224.0.0.1", "0.0.0.0",
        "255.255.255.255", "10.3.0.7", "10.4.0.7", "10.20.8.8"]
IPV6 = ["fd00:%d::9" % i for i in range(19, 35)] + [
    "fd00:2::%d" % i for i in (1, 2, 3, 4)] + [
        "fd00:1::77", "fd00:22::2", "::1", "::", "ff02::1", "fe80::1",
        "fd00:3::7", "fd00:20::8"]
# A kernel without tables for policies has what is local among the others.
APART = {"fd00:2::1", "::1", "::"}
LENGTHS = (0, 0, 0, 1, 899, 900, 901, 999, 1000, 1001, 1250, 1251, 1300, 1301,
           1400, 1401, 1500, 1501, 65535)
FLAGS = (0, 0, 0, SRC, SKIP_NEIGH, DIRECT, OUTPUT, DIRECT | TBID, TBID,
         DIRECT | OUTPUT, SRC | SKIP_NEIGH, OUTPUT | SRC, DIRECT | SRC,
         DIRECT | OUTPUT | SKIP_NEIGH | SRC)

Question = collections.namedtuple(
    "Question", "family to source flags length ifindex tos proto table ports",
    defaults=(0, 0, F0, 0, 17, 254, (12345, 53)))
Answer = collections.namedtuple(
    "Answer", "family length ifindex metric source to vlan smac dmac said")


def words(address):
    return ipaddress.ip_address(address).packed.ljust(16, b"\0")


def pack(q):
    """struct question of fib.bpf.c; what is not asked has a mark."""
    return struct.pack(">BB2H", q.family, q.proto, *q.ports) + \
        struct.pack("<HII", q.length, q.ifindex, q.tos) + words(q.source) + \
        words(q.to) + struct.pack("<I", q.table if q.flags & TBID else
                                  0x5a5a5a5a) + \
        bytes([0x5a] * 12) + struct.pack("<II", q.flags, 0)


def unpack(data):
    family, length, ifindex, metric, source, to, vlan, smac, dmac, said = \
        struct.unpack("<B5xHII16s16sI6s6sq", data)
    return Answer(family, length, ifindex, metric, source, to, vlan, smac.hex(),
                  dmac.hex(), said)


def to4(to, **more):
    return Question(INET, to, "10.1.0.7", **more)


def to6(to, **more):
    return Question(INET6, to, "fd00:1::7", **more)


# ---- what is asked -----------------------------------------------------------

def certain():
    """Questions, and what the answer must be."""
    yield to4("10.20.9.9"), {"said": SUCCESS, "ifindex": F1, "metric": 7,
                             "length": 1400, "vlan": 0,
                             "to": words("10.2.0.2"), "smac": "020000000011",
                             "dmac": "020000000202"}
    yield to4("10.22.0.2"), {"said": SUCCESS, "dmac": "020000002202",
                             "to": words("10.22.0.2")}
    yield to4("10.31.9.9", tos=0x10), {"said": SUCCESS,
                                       "dmac": "020000000204"}
    yield to4("10.29.9.9"), {"said": SUCCESS, "family": INET6,
                             "to": words("fd00:2::2"), "dmac": "020000000602"}
    yield to4("10.30.9.9", flags=SRC), {"said": SUCCESS,
                                        "source": words("10.1.0.1")}
    yield to4("10.20.9.9", flags=SRC), {"source": words("10.2.0.1")}
    yield to4("10.33.9.9"), {"said": SUCCESS, "dmac": "020000000202"}
    yield to4("10.34.9.9"), {"said": BLACKHOLE, "vlan": 0x5a5a5a5a}
    yield to4("10.36.9.9"), {"said": SUCCESS, "family": INET6}
    for to, said in (("10.19.9.9", NOT_FWDED), ("10.21.9.9", NO_NEIGH),
                     ("10.22.9.9", NO_NEIGH), ("10.23.9.9", BLACKHOLE),
                     ("10.24.9.9", UNREACHABLE), ("10.25.9.9", PROHIBIT),
                     ("10.26.9.9", NOT_FWDED), ("10.2.0.1", NOT_FWDED),
                     ("10.2.0.255", NOT_FWDED)):
        yield to4(to), {"said": said}
    yield to4("10.21.9.9", flags=SKIP_NEIGH), {
        "said": SUCCESS, "to": words("10.2.0.3"), "vlan": 0,
        "dmac": 6 * "5a"}
    yield to4("10.27.9.9", length=1001), {"said": FRAG_NEEDED, "length": 1000}
    yield to4("10.27.9.9", length=1000), {"said": SUCCESS, "length": 1000}
    yield to4("10.28.9.9", length=1001), {"said": SUCCESS, "length": 1400}
    yield to4("10.20.9.9", length=1401), {"said": FRAG_NEEDED, "ifindex": F0,
                                          "length": 1400, "metric": 0}
    yield to4("10.20.9.9", ifindex=F2), {"said": FWD_DISABLED}
    yield to4("10.20.9.9", ifindex=99), {"said": ENODEV}
    yield to4("10.20.9.9", flags=32), {"said": EINVAL}
    yield to4("10.20.9.9")._replace(family=0), {"said": EAFNOSUPPORT}
    yield to4("10.20.9.9", flags=DIRECT | TBID), {"said": SUCCESS, "vlan": 0}
    yield to4("10.20.9.9", flags=OUTPUT), {"said": NOT_FWDED}
    yield to4("10.20.9.9", flags=OUTPUT, ifindex=F1), {"said": SUCCESS}
    yield to6("fd00:20::9"), {"said": SUCCESS, "ifindex": F1, "metric": 7,
                              "length": 1400, "vlan": 0,
                              "to": words("fd00:2::2"),
                              "smac": "020000000011", "dmac": "020000000602"}
    yield to6("fd00:22::2"), {"said": SUCCESS, "dmac": "020000006602"}
    yield to6("fd00:30::9", flags=SRC), {"said": SUCCESS,
                                         "source": words("fd00:1::1")}
    yield to6("fd00:32::9", flags=SRC), {"said": NO_SRC_ADDR}
    yield to6("fd00:33::9"), {"said": SUCCESS, "dmac": "020000000604"}
    for to, said in (("fd00:19::9", NOT_FWDED), ("fd00:21::9", NO_NEIGH),
                     ("fd00:23::9", BLACKHOLE), ("fd00:24::9", UNREACHABLE),
                     ("fd00:25::9", PROHIBIT), ("fd00:26::9", NOT_FWDED),
                     ("fd00:2::1", NOT_FWDED), ("ff02::1", NOT_FWDED),
                     ("fe80::1", NOT_FWDED), ("::1", NOT_FWDED)):
        yield to6(to), {"said": said}
    yield to6("fd00:27::9", length=1301), {"said": FRAG_NEEDED,
                                           "length": 1300}
    yield to6("fd00:20::9", ifindex=F2), {"said": FWD_DISABLED}
    yield to6("fd00:20::9", ifindex=99), {"said": ENODEV}
    yield to6("ff02::1", ifindex=99), {"said": NOT_FWDED}


def any_question(rng):
    q = rng.choice((to4, to6))(
        "::", flags=rng.choice(FLAGS), length=rng.choice(LENGTHS),
        ifindex=rng.choice((F0, F0, F0, F1, F1, F2, F3, 1, 99, 0)),
        tos=rng.choice((0, 0, 0x10, 0xff, rng.getrandbits(32))),
        proto=rng.choice((6, 17, 1, rng.getrandbits(8))),
        table=rng.choice((0, 254, 254, 255)))
    if q.family == INET:
        return q._replace(to=rng.choice(IPV4), source=rng.choice(
            ("10.1.0.7", "0.0.0.0", rng.choice(IPV4))))
    if q.flags & TBID:
        q = q._replace(table=254)
    return q._replace(
        to=rng.choice([a for a in IPV6 if not (q.flags & DIRECT and
                                               a in APART)]),
        source=rng.choice(("fd00:1::7", "::", rng.choice(IPV6))))


def presets(questions):
    return [{"map": "questions", "key": struct.pack("<I", i).hex(),
             "value": pack(q).hex()} for i, q in enumerate(questions)]


# ---- what is heard of ways beyond ---------------------------------------------

def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def ipv4(source, to, payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64,
                       1, 0, words(source)[:4], words(to)[:4])
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ipv6(source, to, payload):
    return struct.pack(">IHBB", 6 << 28, len(payload), 58, 64) + \
        words(source) + words(to) + payload


def too_long4(mtu):
    """A router's word on an answer to an echo."""
    body = struct.pack(">HHHH", 0x0304, 0, 0, mtu) + ipv4(
        "10.2.0.1", "10.20.8.8", bytes(8))
    return bytes.fromhex("020000000011" "020000000202" "0800") + ipv4(
        "10.2.0.2", "10.2.0.1",
        body[:2] + struct.pack(">H", checksum(body)) + body[4:])


def too_long6(mtu):
    source, to = "fd00:2::2", "fd00:2::1"
    body = struct.pack(">HHI", 0x0200, 0, mtu) + ipv6(
        to, "fd00:20::8", bytes((129, 0)) + bytes(6))
    pseudo = words(source) + words(to) + struct.pack(">II", len(body), 58)
    return bytes.fromhex("020000000011" "020000000602" "86dd") + ipv6(
        source, to,
        body[:2] + struct.pack(">H", checksum(pseudo + body)) + body[4:])


# ---- the lab -----------------------------------------------------------------

def compiled(source, out, *libraries):
    path = os.path.join(out, os.path.basename(source)[:-2])
    subprocess.run(["gcc", *CFLAGS, "-o", path, source, *libraries],
                   check=True)
    return path


def guest_files(out):
    """What tests/vm/routes needs, and itself."""
    return ["bin/rt=/bin/ip", "bin/routes=tests/vm/routes",
            "bin/interfaces=" + compiled("tests/vm/routes_interfaces.c", out),
            "modules/tun.ko=" + os.path.join(BUILD, "verifier", "modules",
                                             "tun.ko")]


class Lab(lab_module.Lab):
    """Two VMs with the same routes."""

    def __init__(self):
        super().__init__("routes", target="lab", variant="asan",
                         append="rdinit=/bin/routes",
                         target_append="rdinit=/bin/routes")
        # Images of a run before may be of another format.
        shutil.rmtree(self.state, ignore_errors=True)
        os.makedirs(OUT, exist_ok=True)
        more = os.path.join(OUT, "more.cpio")
        subprocess.run(["scripts/initramfs", more, "images/init-target",
                        *guest_files(OUT)], check=True)

    def vms(self):
        vms = super().vms()
        for vm in vms:
            if vm["name"] in self.awaited():
                vm["launch"]["initrd"] = self.joined(vm["launch"]["initrd"])
        return vms

    def joined(self, initrd):
        """One archive behind the other: of two files of a name, the second
        is the one."""
        path = os.path.join(OUT, os.path.basename(initrd))
        with open(path, "wb") as out:
            for name in os.path.join(OUT, "more.cpio"), initrd:
                with open(name, "rb") as f:
                    out.write(f.read())
        return os.path.abspath(path)

    def said(self, name):
        """On its console."""
        path = os.path.join(self.state, name + ".log")
        with open(path, errors="replace") as f:
            return f.read()


# ---- tests -------------------------------------------------------------------

def answers(result):
    return [unpack(bytes.fromhex(e["value"])) for e in sorted(
        result["maps"]["answers"],
        key=lambda e: struct.unpack("<I", bytes.fromhex(e["key"])))]


def asked(t, p, program, questions, sent, ctxs=None, **more):
    """The answers of both kernels, which are equal; those of one."""
    p.program = program
    ctxs = ctxs or [None] * len(sent)
    more = dict(more, dump=["answers"], presets=presets(questions))
    ref = p.verifier(sent, ctxs, **more)
    got = p.target(sent, ctxs, **more)
    left, right = answers(got[0]), answers(ref[0])
    wrong = [(questions[i % N], x, y) for i, (x, y) in
             enumerate(zip(left, right)) if x != y]
    t.check(not wrong, "%s: %d answers are equal" % (
        program, N * len(sent)), (len(wrong), wrong[:3]))
    testruns.compare(t, program, sent, ctxs, ref, got)
    return right


def fresh(t, lab, p):
    """The image again, with maps that are new."""
    rc, _ = lab.vouch("target", "unload", "lab", p.image)
    t.check(rc == 0, "the image is unloaded", lab.stderr)
    rc, _ = lab.vouch("deliver", p.file, "--target", "lab")
    t.check(rc == 0, "and delivered again", lab.stderr)


def set_up(t, lab):
    for name in "verifier", "target":
        said = lab.said(name)
        t.check("VOUCH-ROUTES-SET" in said, "the %s has its routes" % name,
                said[-2000:])


def all_questions(first=()):
    rng = random.Random(SEED)
    questions = list(first)
    return questions + [any_question(rng) for _ in range(N - len(questions))]


def frames(t, lab):
    known = list(certain())
    questions = all_questions(q for q, _ in known)
    p = testruns.Program(t, lab, "fib.o", "fib")
    got = asked(t, p, "fib", questions, [bytes(64)])
    for (q, wanted), answer in zip(known, got):
        wrong = {name: getattr(answer, name) for name, value in wanted.items()
                 if getattr(answer, name) != value}
        t.check(not wrong, "%s with flags %d, of %d bytes: %s" % (
            q.to, q.flags, q.length, wanted), (wrong, answer))
    for family in INET, INET6:
        seen = collections.Counter(a.said for q, a in zip(questions, got)
                                   if q.family == family)
        t.check({SUCCESS, BLACKHOLE, UNREACHABLE, PROHIBIT, NOT_FWDED,
                 FWD_DISABLED, NO_NEIGH, FRAG_NEEDED, ENODEV} <= set(seen),
                "family %d met each answer" % family, seen)
    fresh(t, lab, p)


def packets(t, lab):
    """Those of tc are held against the interface, if no length is given."""
    sent = [bytes(64), bytes(1418), bytes(3000)]
    p = testruns.Program(t, lab, "fib.o", "fib_tc")
    for ctxs in None, [testruns.skb(gso_segs=2, gso_size=20)] * 3:
        questions = [q for q, _ in certain()]
        got = asked(t, p, "fib_tc", all_questions(questions), sent, ctxs)
        said = [got[N * i].said for i in range(3)]
        t.equal(said, [SUCCESS, SUCCESS, SUCCESS if ctxs else FRAG_NEEDED],
                "a packet fits or not")
        t.equal({got[N * i].length for i in range(3)}, {1400},
                "the interface's MTU is told")
        fresh(t, lab, p)


def sizes(t, lab):
    p = testruns.Program(t, lab, "fib.o", "fib_sizes")
    for program in "fib_sizes", "fib_sizes_tc":
        p.program = program
        more = {"dump": ["returned", "questions"],
                "presets": presets([to4("10.20.9.9")])}
        ref = p.verifier([bytes(64)], [None], **more)
        got = p.target([bytes(64)], [None], **more)
        testruns.compare(t, program, [bytes(64)], [None], ref, got)
        noted = [struct.unpack("<q", bytes.fromhex(e["value"]))[0] for e in
                 sorted(ref[0]["maps"]["returned"], key=lambda e: struct.
                        unpack("<I", bytes.fromhex(e["key"])))]
        t.equal(noted[:8], [EINVAL] * 3 + [FWD_DISABLED] * 2 + [
            EINVAL, SUCCESS, struct.unpack("<I", words("10.2.0.2")[:4])[0]],
            "%s: of too few bytes nothing is looked up" % program)
        fresh(t, lab, p)


def learned(t, lab):
    """What a router says of the MTU behind it holds for one address."""
    p = testruns.Program(t, lab, "fib.o", "fib_hear")
    sent = [too_long4(900), too_long6(1290)]
    more = {"dump": ["returned"]}
    ref = p.verifier(sent, [None] * 2, **more)
    got = p.target(sent, [None] * 2, **more)
    testruns.compare(t, "fib_hear", sent, [None] * 2, ref, got)
    known = [(to4("10.20.8.8"), 900), (to4("10.20.9.9"), 1400),
             (to4("10.20.8.8", length=901), 900),
             (to4("10.2.0.2"), 1400),
             (to6("fd00:20::8"), 1290), (to6("fd00:20::9"), 1400),
             (to6("fd00:20::8", length=1291), 1290)]
    questions = all_questions(q for q, _ in known)
    for program in "fib", "fib_tc":
        fresh(t, lab, p)
        answer = asked(t, p, program, questions, [bytes(64)])
        if program == "fib":
            t.equal([a.length for a in answer[:len(known)]],
                    [mtu for _, mtu in known], "it is the MTU that is told")
        t.equal([answer[2].said, answer[6].said], [FRAG_NEEDED] * 2,
                "%s: and what is longer does not fit" % program)
    lab.vouch("target", "unload", "lab", p.image)


def main():
    t = tap.Tap()
    lab = Lab()
    try:
        lab.up()
        for test in (set_up, sizes, frames, packets, learned, planted.check):
            t.run(test, lab)
    except (lab_module.LabError, wire.WireError) as e:
        t.check(False, "the lab", e)
    finally:
        t.check(lab.down(), "the lab stops")
    t.end()


if __name__ == "__main__":
    main()
