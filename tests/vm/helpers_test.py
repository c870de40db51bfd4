#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Helpers and maps against the kernel's own.

Each object writes down what helpers and map operations return and leave
behind, with arguments in and out of range. It runs on the verifier kernel and
on the target, with the same packets, and what it wrote down is equal.
"""

import collections
import os
import select
import struct
import sys
import time

sys.path[:0] = ["scripts", "tests/lib", "tests/vm"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import lab_suite  # noqa: E402  pylint: disable=wrong-import-position
import packets  # noqa: E402  pylint: disable=wrong-import-position
import testruns  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position
import wirenet  # noqa: E402  pylint: disable=wrong-import-position

SEED = int(os.environ.get("VOUCH_SEED", "1"))


def u32(*values):
    return struct.pack("<%dI" % len(values), *values).hex()


def entries(name, table):
    return [{"map": name, "key": u32(k), "value": u32(*v)}
            for k, v in table.items()]


def noted(result):
    """What a program wrote down, in order."""
    return [struct.unpack("<q", bytes.fromhex(e["value"]))[0]
            for e in sorted(result["maps"]["returned"], key=lambda e: struct.
                            unpack("<I", bytes.fromhex(e["key"])))]


def fresh(t, lab, p):
    """The image again, with maps that are new."""
    rc, _ = lab.vouch("target", "unload", "lab", p.image)
    t.check(rc == 0, "the image is unloaded", lab.stderr)
    rc, _ = lab.vouch("deliver", p.file, "--target", "lab")
    t.check(rc == 0, "and delivered again", lab.stderr)


def compare(t, p, program, sent=None, ctxs=None, dump=True, **more):
    """Run one program on both kernels; give what it wrote down."""
    p.program = program
    sent = sent or packets.packets(SEED, 3)
    ctxs = ctxs or [None] * len(sent)
    ref = p.verifier(sent, ctxs, dump=dump, **more)
    got = p.target(sent, ctxs, dump=dump, **more)
    left, right = noted(got[0]), noted(ref[0])
    wrong = [(i, x, y) for i, (x, y) in enumerate(zip(left, right)) if x != y]
    t.check(not wrong and len(left) == len(right),
            "what %s wrote down is equal" % program, wrong[:9])
    testruns.compare(t, program, sent, ctxs, ref, got)
    return left


def map_kinds(t, lab):
    presets = entries("devmap", {1: [1]}) + \
        entries("devmap_hash", {0: [1, 0], 77: [1, 0]}) + \
        entries("cpumap", {0: [64], 1: [16384]})
    p = testruns.Program(t, lab, "map_more.o", "map_more")
    seen = compare(t, p, "map_more", presets=presets)
    for error in 22, 2, 7:
        t.check(any(v & 0xffffffff == 2**32 - error or v >> 32 == -error
                    for v in seen), "errno %d was met" % error)
    t.check(4 in seen and 1 in seen and 3 in seen,
            "redirection was asked for, and refused with each action")
    fresh(t, lab, p)
    seen = compare(t, p, "map_tries")
    for error in 22, 2, 17, 28:
        t.check(2**32 - error in seen, "errno %d was met" % error)


INSIDE = ["first", "second", "third", "some", "others", "used", "one", "six"]


def nested(t, lab):
    p = testruns.Program(t, lab, "nested.o", "nested")
    seen = compare(t, p, "nested", packets.packets(SEED, 2),
                   dump=["returned"] + INSIDE)
    for error in 22, 2, 17, 7:
        t.check(2**32 - error in seen, "errno %d was met" % error)

    def target(*words):
        rc, got = lab.vouch("target", "map", words[0], "lab", words[1],
                            "--image", p.image, *words[2:])
        return rc, got, lab.stderr

    rc, got, error = target("get", "array_of_arrays", "key", "2")
    t.check(rc == 0 and got["inner"] == "second", "user space is told a name",
            (rc, error))
    rc, got, error = target("dump", "hash_of_hashes")
    t.check(rc == 0 and sorted(e["inner"] for e in got["entries"]) ==
            ["others", "some"], "and in a dump", (got, error))
    rc, _, error = target("get", "array_of_arrays", "key", "1")
    t.check(rc == 6 and "no element" in error, "what is empty is not there",
            (rc, error))
    for name, why in (("some", "failed (-22)"), ("one", "failed (-22)"),
                      ("array_of_arrays", "failed (-22)"),
                      ("nothing", "no map of that name")):
        rc, _, error = target("set", "array_of_arrays", "key", "1", "map",
                              name)
        t.check(rc == 6 and why in error, "%s does not fit" % name,
                (rc, error))
    rc, _, error = target("set", "array_of_arrays", "key", "9", "map", "third")
    t.check(rc == 6 and "(-7)" in error, "nor anything behind the end", error)
    for words in (("set", "array_of_arrays", "key", "1", "map", "spare"),
                  ("set", "hash_of_hashes", "key", "77", "map", "some"),
                  ("delete", "hash_of_hashes", "key", "1"),
                  ("delete", "array_of_arrays", "key", "0")):
        rc, _, error = target(*words)
        t.check(rc == 0, " ".join(words), error)
    rc, _, error = target("delete", "array_of_arrays", "key", "0")
    t.check(rc == 6, "what is gone cannot be deleted", rc)
    before = [target("dump", name)[1]["entries"]
              for name in ("spare", "others")]
    p.target(packets.packets(SEED, 1), [None], dump=["returned"])
    after = [target("dump", name)[1]["entries"]
             for name in ("spare", "others")]
    t.check(after[0] != before[0], "a program finds what user space put in")
    t.equal(after[1], before[1], "and not what it took out")
    rc, _ = lab.vouch("target", "unload", "lab", p.image)
    t.check(rc == 0, "the image goes, with all its maps", lab.stderr)
    other = os.path.join(os.path.dirname(p.path), "unsaid.o")
    rc, result = lab.vouch("submit", other, "--target", "lab")
    t.check(rc == 6 and "map unsaid: the object does not say what the maps in "
            "it are like" in result["reason"],
            "an object that leaves open what a map holds is refused",
            (rc, result))


def lru(t, lab):
    p = testruns.Program(t, lab, "lru.o", "lru")
    # Which elements are left of those that did not fit is nobody's promise.
    # One packet: the kernel's lists are each CPU's own. So are per-CPU values,
    # which are written down as their sum.
    seen = compare(t, p, "lru", packets.packets(SEED, 1),
                   dump=["returned", "roomy", "shares", "one"])
    for error in 22, 2, 17:
        t.check(2**32 - error in seen, "errno %d was met" % error)
    lab.vouch("target", "unload", "lab", p.image)


GIVEN = 0x1122334455667788


def bloom(t, lab):
    given = struct.pack("<Q", GIVEN).hex()
    presets = [{"map": name, "key": "", "value": given}
               for name in ("plain", "seeded")]
    p = testruns.Program(t, lab, "bloom.o", "bloom")
    # How often those of a random seed are mistaken is chance.
    seen = compare(t, p, "bloom", packets.packets(SEED, 2), presets=presets,
                   dump=["returned"])
    t.equal(seen[135:141], [0, 0, 1] * 2,
            "what was put in is there, and most of what was not is not")
    for error in 22, 2:
        t.check(2**32 - error in seen, "errno %d was met" % error)
    t.equal(seen[:3], [0, 0, 2**32 - 2], "what user space put in is there")
    for name in "plain", "seeded":
        lost = ["target", "map", "get", "lab", name, "--image", p.image]
        rc, got = lab.vouch(*lost, "value", "hex",
                            *(given[i:i + 2] for i in range(0, 16, 2)))
        t.check(rc == 0 and got["value"] == given,
                "%s has it, user space is told" % name, (rc, lab.stderr))
        rc, _ = lab.vouch(*lost)
        t.check(rc == 2, "%s wants a value to look for" % name, rc)
    # One that a program was told is not in it.
    absent = str(GIVEN + 1)
    args = "lab", "plain", "--image", p.image, "value", absent
    rc, _ = lab.vouch("target", "map", "get", *args)
    t.check(rc == 6 and "no such element" in lab.stderr,
            "what is not in it is not found", (rc, lab.stderr))
    rc, _ = lab.vouch("target", "map", "set", *args, "exist")
    t.check(rc == 6, "it takes no flags", rc)
    rc, _ = lab.vouch("target", "map", "set", *args)
    t.check(rc == 0, "user space puts it in", lab.stderr)
    rc, _ = lab.vouch("target", "map", "get", *args)
    t.check(rc == 0, "and finds it", lab.stderr)
    rc, _ = lab.vouch("target", "map", "dump", "lab", "plain", "--image",
                      p.image)
    t.check(rc == 0, "a dump of it has nothing", lab.stderr)
    lab.vouch("target", "unload", "lab", p.image)


def inside(first, word, lock=0):
    """struct inside of locks.bpf.c"""
    return struct.pack("<QII13s3x", first, word, lock, b"last").hex()


def locks(t, lab):
    presets = [{"map": "array", "key": u32(2), "value": inside(1, 2, 3)},
               {"map": "hash", "key": u32(77), "value": inside(4, 5, 6)}]
    p = testruns.Program(t, lab, "locks.o", "locks")
    # All but per-CPU maps, in which each CPU has a place of its own.
    dump = ["returned", "array", "array_ahead", "hash", "hash_behind",
            "no_array", "no_hash", ".bss"]
    seen = compare(t, p, "locks", packets.packets(SEED, 2), presets=presets,
                   dump=dump)
    for error in 22, 2, 7, 17:
        t.check(2**32 - error in seen, "errno %d was met" % error)
    fresh(t, lab, p)
    compare(t, p, "locks_tc", skb_packets(), presets=presets, dump=dump)
    element = "lab", "array", "--image", p.image, "key", "2"
    for locked in [], ["--lock"]:
        rc, got = lab.vouch("target", "map", "set", *element, "value", "hex",
                            *bytes.fromhex(inside(7, 8, 9)).hex(" ").split(),
                            *locked)
        t.check(rc == 0, "a value is set (%s)" % locked, lab.stderr)
        rc, got = lab.vouch("target", "map", "get", *element, *locked)
        t.equal((rc, got.get("value")), (0, inside(7, 8)),
                "it is read, without its lock (%s)" % locked)
    for table in "no_array", "no_hash":
        for words in ["get"], ["set", "value", "1"]:
            rc, _ = lab.vouch("target", "map", words[0], "lab", table,
                              "--image", p.image, "key", "1", *words[1:],
                              "--lock")
            t.check(rc == 6 and "have no lock" in lab.stderr,
                    "%s has no lock: %s" % (table, words[0]),
                    (rc, lab.stderr))
    lab.vouch("target", "unload", "lab", p.image)
    rc, result = lab.vouch("submit", lab_module.built(
        "objects", "refuse", "lock_tp_btf.o"),
        "--target", "lab")
    t.check(rc == 6 and "calls bpf_spin_lock" in result["reason"] and
            "interrupt who holds" in result["reason"],
            "a program that may come in an NMI takes no lock", (rc, result))


def left_open(t, lab):
    """Types and sizes that user space sets before it loads an object."""
    args = ["--map-type", "kind=queue", "--map-key-size", "sizes=8",
            "--map-value-size", "sizes=16"]
    p = testruns.Program(t, lab, "left_open.o", "left_open", {
        "map_types": {"kind": "queue"}, "map_key_sizes": {"sizes": 8},
        "map_value_sizes": {"sizes": 16}}, args)
    seen = compare(t, p, "left_open", dump=["returned", "sizes"])
    t.check({0, 17, 2**32 - 7} <= set(seen), "the maps are of that kind")
    rc, other = lab.vouch("submit", p.path, "--target", "lab", *args,
                          "--map-entries", "sizes=5")
    t.check(rc == 0 and other["image"]["content"] != p.content,
            "options are part of what an image is")
    for bad, wanted in ((args[:4], 2), (args[:5] + ["sizes=64"], 3),
                        (args[2:], 2), (args + ["--map-type", "no=hash"], 2)):
        rc, result = lab.vouch("submit", p.path, "--target", "lab", *bad)
        t.check(rc == wanted, "%s is not enough" % " ".join(bad),
                (rc, result))


SKB_PROGRAMS = ("skb_load", "skb_store", "skb_sums", "skb_vlan", "skb_proto",
                "skb_room", "skb_ends", "skb_facts", "skb_elsewhere")


def skb_packets():
    """Of each protocol, with whole headers."""
    sent = [p.ljust(54, b"\0") for p in packets.packets(SEED, 6)]
    return sent + [packets.ethernet_ipv4(packets.IPV4[0], 17),
                   bytes(12) + b"\x86\xdd" + b"\x60" + bytes(99)]


def skb_helpers(t, lab):
    sent = skb_packets()
    ctxs = [None] * len(sent)
    ctxs[2] = testruns.skb(gso_segs=2, gso_size=20)
    p = testruns.Program(t, lab, "skb_helpers.o", "skb_load")
    for program in SKB_PROGRAMS:
        seen = compare(t, p, program, sent, ctxs)
        t.check(len(set(seen)) > 3, "%s saw different things" % program)
        fresh(t, lab, p)


def tunnels(t, lab):
    sent = skb_packets()[:2]
    p = testruns.Program(t, lab, "tunnel.o", "tunnel_keys")
    for program, errors in (("tunnel_keys", {-22, -71, 0}),
                            ("tunnel_sizes", {-22, -71, 0}),
                            ("tunnel_opts", {-22, -2, -12, 252, 0})):
        seen = compare(t, p, program, sent)
        t.check(errors <= set(seen), "%s met each error" % program)
        fresh(t, lab, p)


def loads(t, lab):
    """LD_ABS and LD_IND; the mark tells which offset a run asks for."""
    packet = packets.ethernet_ipv4(packets.IPV4[0], 17).ljust(80, b"\xf1")
    sent = [packet] * 25
    ctxs = [testruns.skb(mark=i) for i in range(len(sent))]
    p = testruns.Program(t, lab, "loads.o", "loads_tc")
    for program in "loads_tc", "loads_socket":
        seen = compare(t, p, program, sent, ctxs)
        t.check(max(seen) > 2**31, "words are not below 0")
        fresh(t, lab, p)


def who_runs(t, lab):
    p = testruns.Program(t, lab, "who_runs.o", "who_runs")
    seen = compare(t, p, "who_runs", [b""], [bytes(24)])
    t.equal(seen[:18], [-22, 0] * 3 + [-22, 0x5a5a5a5a, 1, 1, 0, 0] + [-22] * 6,
            "one namespace is found, and signals out of range are not sent")
    t.equal(seen[18:20], [0, 0], "others are")
    lab.vouch("target", "unload", "lab", p.image)


def sockets(t, lab):
    sent = skb_packets()[:6]
    p = testruns.Program(t, lab, "sockets.o", "sock_args")
    for program in "sock_args", "sock_frame_args":
        seen = compare(t, p, program, sent)
        t.equal(set(seen[:27 * len(sent)]), {2**32 - 1},
                "nothing is there to find")
        fresh(t, lab, p)
    seen = compare(t, p, "sock_own", sent)
    t.check(1 in seen or 0 in seen, "packets have a socket")
    lab.vouch("target", "unload", "lab", p.image)


def xdp_helpers(t, lab):
    sent = packets.packets(SEED, 3) + [
        bytes(i * 7 & 255 for i in range(n)) for n in (60, 3520, 4000, 9999)]
    p = testruns.Program(t, lab, "xdp_helpers.o", "xdp_bytes")
    seen = compare(t, p, "xdp_bytes", sent)
    t.check({-14, -22, 0, 9999} <= set(seen), "bytes were there and were not")
    fresh(t, lab, p)
    seen = compare(t, p, "xdp_mtu")
    t.check({-19, -22, 0, 1, 65536} <= set(seen), "frames fit and did not")
    fresh(t, lab, p)
    sent, ctxs = skb_packets(), [None] * 8
    ctxs[1] = testruns.skb(gso_segs=2, gso_size=20)
    seen = compare(t, p, "skb_mtu", sent, ctxs)
    t.check({-19, -22, 0, 1, 65536} <= set(seen), "packets fit and did not")
    lab.vouch("target", "unload", "lab", p.image)


def syncookies(t, lab):
    sent = skb_packets()[:2]
    p = testruns.Program(t, lab, "syncookie.o", "cookies")
    for program in "cookies", "cookies_tc":
        seen = compare(t, p, program, sent)
        t.check({-22, -13, 0, 536, 1220, 1440, 1460} <= set(seen),
                "%s: cookies are made, taken and refused" % program,
                sorted(set(seen)))
        fresh(t, lab, p)


def dynptrs(t, lab):
    """Why no helper of dynptrs is offered: Linux 6.1 lets programs forge one,
    and read and write with it where they like."""
    path = lab_module.built("objects", "refuse", "dynptr.o")
    with open(path, "rb") as f:
        obj = f.read()
    sent = [bytes(64), bytes(128)]
    got, _ = wire.Client(lab.socket).call(
        "test-run", obj + b"".join(sent), on="verifier", name="dynptr.o",
        options={}, program="dynptr", packets=[len(p) for p in sent],
        object_len=len(obj), repeat=1, dump=["returned"],
        presets=entries("values", {0: [1, 1], 1: [0x5a5a5a5a, 7]}))
    t.equal(noted(got)[:2], [0, 0x75a5a5a5a],
            "the verifier accepts who reads behind a value")
    rc, result = lab.vouch("submit", path, "--target", "lab")
    t.check(rc == 6 and "dynptr" in result["reason"] and
            "lets programs forge" in result["reason"],
            "so a program that uses dynptrs is refused, and told why",
            (rc, result))


# ---- frames that go elsewhere ------------------------------------------------

N_FRAMES = 40
KIND = b"\x88\xb5"  # for experiments


def frames():
    return [b"\xff" * 6 + wirenet.HOST_MAC + KIND + bytes([i]) * (50 + 20 * i)
            for i in range(N_FRAMES)]


def come_back(lab, copies=1, timeout=60):
    """How often each of the frames comes out of the target's interface."""
    sent = frames()
    for frame in sent:
        lab.send(frame)
    got = collections.Counter()
    deadline = time.monotonic() + timeout
    while sum(got.values()) < copies * len(sent) and \
            time.monotonic() < deadline:
        if select.select([lab.wire], [], [], 1)[0]:
            frame = lab.wire.recv(65536)
            if frame[12:14] == KIND:
                got[frame] += 1
    return [got[frame] for frame in sent], set(got) - set(sent)


def attach(t, lab, program, hook):
    rc, result = lab.vouch("submit", lab_module.built(
        "objects", "elsewhere.o"), "--target", "lab",
        "--program", program, "--attach", hook)
    t.check(rc == 0 and result["deliveries"][0]["status"] == "attached",
            "%s is attached to %s" % (program, hook), lab.stderr or result)
    return result["image"]["name"]


def put(t, lab, image, table, key, value):
    rc, _ = lab.vouch(
        "target", "map", "set", "lab", table, "key",
        *map(str, struct.pack("<I", key)), "value",
        *map(str, struct.pack("<I", value)), "--image", image)
    t.check(rc == 0, "%s has entry %d" % (table, key), lab.stderr)


def detach(t, lab, hook, image):
    rc, _ = lab.vouch("target", "detach", "lab", image, hook)
    t.check(rc == 0, "%s is free again" % hook, lab.stderr)
    lab.vouch("target", "unload", "lab", image)


def elsewhere(t, lab):
    all_once = [1] * N_FRAMES, set()
    for program in "tc_back", "tc_copy":
        image = attach(t, lab, program, "tc:eth0:ingress")
        t.equal(come_back(lab), all_once,
                "%s sends each frame back, once and whole" % program)
        if program == "tc_back":
            rc, seen = lab.vouch("target", "map", "get", "lab", "seen", "key",
                                 "0", "0", "0", "0", "--image", image)
            index = struct.unpack("<I", bytes.fromhex(seen["value"]))[0]
        detach(t, lab, "tc:eth0:ingress", image)
    for program in "xdp_back", "xdp_each":
        image = attach(t, lab, program, "xdp:eth0")
        put(t, lab, image, "devmap", 1, index)
        t.equal(come_back(lab), all_once,
                "%s sends each frame back, once and whole" % program)
        detach(t, lab, "xdp:eth0", image)
    image = attach(t, lab, "xdp_cpu", "xdp:eth0")
    put(t, lab, image, "cpumap", 1, 64)
    wanted = set(range(1, 6))
    t.equal(wirenet.echo_replies(
        lab, [(packets.IPV4[0], i) for i in wanted], last=5), wanted,
        "frames for a CPU go up the stack there")
    detach(t, lab, "xdp:eth0", image)


if __name__ == "__main__":
    lab_suite.run("helpers-test", "lab", map_kinds, nested, lru, bloom, locks,
                  left_open, skb_helpers, tunnels, loads, who_runs, sockets,
                  xdp_helpers, syncookies,
                  dynptrs, elsewhere)
