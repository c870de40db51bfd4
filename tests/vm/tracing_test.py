#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Helpers of the target against the kernel's own, and what programs put out.

An object notes what each helper returned; BPF_PROG_TEST_RUN on the verifier
kernel says what that must be. Then programs at probes and tracepoints, one of
them from Debian, write records, which come out on the host.
"""

import collections
import os
import struct
import sys
from errno import E2BIG, EAGAIN, EEXIST, EFAULT, EINVAL, ENOENT, ERANGE

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import lab_suite  # noqa: E402  pylint: disable=wrong-import-position
import machine  # noqa: E402  pylint: disable=wrong-import-position
import testruns  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position

OBJECTS = lab_module.built("objects")
DEBIAN = lab_module.built("debian-objects")
PACKET = bytes(range(64))
# A function, and an instruction in it behind what its tracer calls.
PROBED, OFFSET = {
    "x86_64": ("__x64_sys_ioctl", 5),
    "arm64": ("__arm64_sys_ioctl", 8)}[machine.chosen().name]
# Where the kernel tells addresses that it cannot have from those not there.
BEYOND = [-ERANGE] if machine.chosen().name == "x86_64" else []
# Debian's opensnoop has a program for a system call that arm64 has not.
OPENS = [] if machine.chosen().name == "x86_64" else [
    "--program", "tracepoint__syscalls__sys_enter_openat",
    "--program", "tracepoint__syscalls__sys_exit_openat"]


def dump(client, image, name):
    got, _ = client.call("target.map.dump", target="lab", image=image,
                         map=name, after=None)
    return {e["key"]: e["value"] for e in got["entries"]}


def call_lines(lab, *args):
    """What the command line says, a JSON object a line."""
    p = lab_module.subprocess.run(
        lab.command(*args, "--json"), stdout=lab_module.subprocess.PIPE,
        check=True, timeout=600)
    return [lab_module.json.loads(line) for line in p.stdout.splitlines()]


def records(lab, image, name):
    return call_lines(lab, "target", "map", "records", "lab", name, "--image",
                      image)


def submit(t, lab, path, *args):
    rc, result = lab.vouch("submit", path, "--target", "lab", *args)
    name = os.path.basename(path)
    status = (result.get("deliveries") or [{}])[0].get("status")
    if not t.check(rc == 0 and status in ("loaded", "attached"),
                   "%s is %s" % (name, status), result):
        raise lab_module.LabError("%s is not on the target" % name)
    return result["image"]["name"]


def unload(t, lab, image):
    rc, _ = lab.vouch("target", "unload", "lab", image)
    t.check(rc == 0, "the image is unloaded", lab.stderr)


# ---- the same calls on both kernels ----------------------------------------

def reference(client, path, program, rounds):
    with open(path, "rb") as f:
        obj = f.read()
    return client.call(
        "test-run", obj + PACKET * rounds, on="verifier",
        name=os.path.basename(path), options={},
        program=program,
        packets=[len(PACKET)] * rounds, object_len=len(obj), repeat=1,
        presets=[], dump=["returned"])


def numbers(values):
    return [struct.unpack("<q", bytes.fromhex(v))[0]
            for _, v in sorted(values.items(), key=lambda e: int.from_bytes(
                bytes.fromhex(e[0]), "little"))]


def compare(t, client, path, image, program=None, rounds=1):
    """The numbers that the program noted, on the target."""
    ref, _ = reference(client, path, program, rounds)
    got, _ = client.call(
        "target.test-run", PACKET * rounds, target="lab", image=image,
        program=program, packets=[len(PACKET)] * rounds, repeat=1)
    name = os.path.basename(path)
    t.equal([r["retval"] for r in got["runs"]],
            [r["retval"] for r in ref["runs"]],
            "%s: return values equal BPF_PROG_TEST_RUN's" % name)
    want = numbers({e["key"]: e["value"] for e in ref["maps"]["returned"]})
    have = numbers(dump(client, image, "returned"))
    t.equal({i: pair for i, pair in enumerate(zip(have, want))
             if pair[0] != pair[1]}, {},
            "%s: %d numbers equal the kernel's" % (name, sum(map(bool, want))))
    return have


def memory(t, lab):
    path = os.path.join(OBJECTS, "memory.o")
    client = wire.Client(lab.socket)
    image = submit(t, lab, path)
    have = compare(t, client, path, image)
    t.check({-EFAULT, 12, 24, -EAGAIN, -EINVAL, *BEYOND} <= set(have),
            "among them each error and lengths of strings", have)
    out = records(lab, image, "ring")
    data = [r["data"] for r in out if "data" in r]
    first = struct.pack("<QQQ", 0x1111, 0x2222, 0x3333).hex()
    text = b"hello world\0".hex()
    t.equal(data[:4], [first, text, text, ""],
            "its records come out, without the discarded one")
    t.check([r["lost"] for r in out if "lost" in r] != [],
            "and that some were lost", out[-1])
    t.equal(records(lab, image, "ring"), out[-1:], "each of them once")
    rc, result = lab.vouch("target", "map", "records", "lab", "strings",
                           "--image", image)
    t.check(rc == 6, "an array has no records", (rc, result))
    unload(t, lab, image)


def texts(t, lab):
    path = os.path.join(OBJECTS, "texts.o")
    image = submit(t, lab, path)
    have = compare(t, wire.Client(lab.socket), path, image)
    t.check({-ERANGE, -EINVAL, -45, 2 ** 63 - 1} <= set(have),
            "among them numbers and errors", have)
    said = [e for e in call_lines(lab, "target", "printed", "lab")
            if "text" in e]
    t.equal([e["text"] for e in said], ["12 ", "1 "],
            "what could be printed was")
    unload(t, lab, image)


def packet_records(t, lab):
    path = os.path.join(OBJECTS, "packet_records.o")
    client = wire.Client(lab.socket)
    image = submit(t, lab, path)
    for program, meta in (("by_xdp", 0x1111), ("by_tc", 0x2222)):
        have = compare(t, client, path, image, program)
        t.equal(have[:3], [-EFAULT, -EINVAL, -E2BIG],
                "%s: each error is among them" % program)
        mine = struct.pack("<Q", meta)
        t.equal([bytes.fromhex(r["data"]) for r in
                 records(lab, image, "events") if "data" in r],
                [mine, mine + PACKET[:5], mine[:3] + PACKET],
                "%s: the packet's bytes follow its own" % program)
    unload(t, lab, image)


# ---- programs at their hooks ------------------------------------------------

EVENT = struct.Struct("<QQQQqqQq16s")
Event = collections.namedtuple(
    "Event", "pid_tgid uid_gid cgroup by kernel_id user_id deep within comm")
KPROBE, RECORD, RAW_TP = 1, 2, 3


def events(out):
    return [Event(*EVENT.unpack(bytes.fromhex(r["data"]))) for r in out
            if "data" in r]


def frames(client, image, key):
    got, _ = client.call("target.map.get", target="lab", image=image,
                         map="stacks", key=struct.pack("<I", key).hex())
    value = bytes.fromhex(got["value"])
    return [ip for ip in struct.unpack("<%dQ" % (len(value) // 8), value)
            if ip]


def cgroups(t, lab, image):
    """Everybody is in the topmost cgroup."""
    records(lab, image, "ring")
    records(lab, image, "events")
    for path, code in (("/proc", 6), ("/nowhere", 6), ("/sys/fs/cgroup", 0)):
        rc, result = lab.vouch("target", "map", "set", "lab", "cgroups", "key",
                               "0", "path", path, "--image", image)
        t.check(rc == code, "%s is %sa cgroup" % (path, "no " if code else ""),
                result)
    lab.vouch("target", "show", "lab")
    seen = events(records(lab, image, "events"))
    t.check(1 in {e.within for e in seen},
            "the agent is in a cgroup of the array", seen[-1:])


def outputs(t, lab):
    """The agent's own ioctls, which each program sees and tells of."""
    client = wire.Client(lab.socket)
    image = submit(t, lab, os.path.join(OBJECTS, "outputs.o"), "--attach",
                   "section")
    lab.vouch("target", "show", "lab")
    seen = events(records(lab, image, "events"))
    for by, name in ((KPROBE, "a kprobe"), (RECORD, "a tracepoint's record"),
                     (RAW_TP, "a raw tracepoint")):
        mine = [e for e in seen if e.by == by]
        t.check(mine, "records of %s come to the host" % name)
        t.equal({e.comm.rstrip(b"\0") for e in mine}, {b"vouch-targetd"},
                "they name who made the call")
        t.equal({(e.uid_gid, e.pid_tgid >> 32 == e.pid_tgid & 0xffffffff)
                 for e in mine}, {(0, True)}, "its user and its thread")
        # Another stack may have the same key.
        mine = [e for e in mine if -EEXIST not in (e.kernel_id, e.user_id)]
        t.check(mine and all(
            e.kernel_id >= 0 and e.user_id >= 0 and e.deep >= 24 and
            e.deep % 8 == 0 for e in mine), "and its stacks", mine[:3])
        kernel, user = (frames(client, image, key) for key in
                        (mine[-1].kernel_id, mine[-1].user_id))
        t.check(len(kernel) >= 3 and all(ip >> 63 for ip in kernel),
                "the kernel's is one", [hex(ip) for ip in kernel])
        # Behind the first lies what frame pointers lead to, if there are any.
        t.check(user and not user[0] >> 47, "and user space's",
                [hex(ip) for ip in user])
        t.equal({e.within for e in mine}, {-EAGAIN},
                "no cgroup is in the array")
    cgroups(t, lab, image)
    rung = events(records(lab, image, "ring"))
    t.equal({e.by for e in rung}, {KPROBE, RECORD, RAW_TP},
            "the ring buffer has them as well")
    want = {0: 0, 1: -E2BIG, 2: -EINVAL, 3: 0, 4: -EINVAL, 5: -EFAULT,
            6: -EFAULT, 7: -EINVAL, 8: -E2BIG, 10: 0}
    got = dict(enumerate(numbers(dump(client, image, "returned"))))
    t.equal({i: got[i] for i in want}, want, "errors are the kernel's")
    t.check(got[9] == 1, "the topmost cgroup is known", got)
    lines = call_lines(lab, "target", "printed", "lab")
    t.equal({(e["comm"], e["text"]) for e in lines if "text" in e},
            {("vouch-targetd", "kprobe by 1")}, "what it prints is there too")
    unload(t, lab, image)


def address(lab, symbol):
    """Of a function of the target's kernel, which lies where it was linked."""
    vmlinux = os.path.join(lab_module.BUILD, os.path.dirname(lab.kind()[0]),
                           "vmlinux")
    p = lab_module.subprocess.run(["nm", vmlinux], check=True,
                                  stdout=lab_module.subprocess.PIPE)
    return next(int(line.split()[0], 16) for line in p.stdout.splitlines()
                if line.endswith(b" " + symbol.encode()))


def whence(t, lab):
    """Where a program is attached, of which no test-run knows."""
    path = os.path.join(OBJECTS, "whence.o")
    image = submit(t, lab, path)
    client = wire.Client(lab.socket)
    places = {"at_entry": "kprobe:" + PROBED,
              "at_return": "kretprobe:" + PROBED,
              "at_offset": "kprobe:%s+%d" % (PROBED, OFFSET),
              "at_record": "tracepoint:raw_syscalls:sys_enter",
              "at_event": "perf_event:1:2:3"}
    for at in range(8):
        lab.vouch("target", "map", "set", "lab", "returned", "key",
                  *struct.pack("<I", at).hex(" ").split(), "value", "-1",
                  "--image", image)
    for program, hook in places.items():
        rc, _ = lab.vouch("target", "attach", "lab", image, hook, "--program",
                          program)
        t.check(rc == 0, "%s is attached to %s" % (program, hook), lab.stderr)
    ip = address(lab, PROBED)
    for _ in range(200):
        lab.vouch("target", "show", "lab")
        got = [v & 2 ** 64 - 1 for v in
               numbers(dump(client, image, "returned"))]
        if 2 ** 64 - 1 not in got:
            break
    t.equal([got[0], got[2], got[4]], [ip, ip, 0],
            "programs at a function's entry and return are told its address, "
            "others none")
    t.equal([got[1], got[3], *got[5:8]], [0] * 5, "there are no cookies")
    for hook in places.values():
        lab.vouch("target", "detach", "lab", image, hook)
    client.call("target.test-run", b"", target="lab", image=image,
                program="at_entry", packets=[0], ctx=[bytes(testruns.REGS).hex()])
    t.equal(numbers(dump(client, image, "returned"))[0], 0,
            "a test-run has no place")
    unload(t, lab, image)


def opened_files(t, lab):
    """opensnoop of Debian: the agent opens what is not there."""
    other = submit(t, lab, os.path.join(OBJECTS, "outputs.o"), "--slot", "two")
    image = submit(t, lab, os.path.join(DEBIAN, "opensnoop.o"), *OPENS,
                   "--attach", "section")
    lab.vouch("target", "map", "set", "lab", "cgroups", "key", "0", "path",
              "/no/such/cgroup", "--image", other)
    data = [bytes.fromhex(r["data"]) for r in records(lab, image, "events")
            if "data" in r]
    t.check(any(b"vouch-targetd\0" in d and b"/no/such/cgroup\0" in d and
                struct.pack("<i", -ENOENT) in d for d in data),
            "opensnoop tells of the file, of who opened it and how it ended",
            data)
    unload(t, lab, image)
    unload(t, lab, other)


if __name__ == "__main__":
    lab_suite.run("tracing-test", "lab", memory, texts, packet_records,
                  outputs, whence, opened_files, target_append="nokaslr")
