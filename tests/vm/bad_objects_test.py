#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Objects that are none, and objects at the verifier's limits, in a lab.

usage: bad_objects_test.py

They go through `vouch` to a real verifier VM, while good ones keep coming
from elsewhere. VOUCH_BAD_OBJECTS is how often an object is cut and how often
its BTF is damaged at random, VOUCH_SEED the seed.
"""

import os
import random
import struct
import subprocess
import sys
import threading

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position

BUILD = lab_module.BUILD
OUT = os.path.join(BUILD, "vm", "bad-objects")
GOOD = os.path.join(BUILD, "objects", "xdp_count.o")
N_RANDOM = int(os.environ.get("VOUCH_BAD_OBJECTS", "25"))
SEED = int(os.environ.get("VOUCH_SEED", "1"))
MIB = 1 << 20
# Captures and objects under way, and what allocators keep: sanitised.
MOST_MEMORY = 256 * MIB
LIMIT = 1000000  # instructions that the verifier walks


def compiled(name, source, *flags, target="bpf"):
    out = os.path.join(OUT, name + ".o")
    subprocess.run(["clang", "-O2", "-g", "-target", target,
                    "-I/usr/include/x86_64-linux-gnu", *flags, "-c", "-o",
                    out, source], check=True)
    return out


def own(name, *flags, out=None):
    return compiled(out or name, "tests/vm/objects/%s.bpf.c" % name, *flags)


def written(name, data):
    path = os.path.join(OUT, name + ".o")
    with open(path, "wb") as f:
        f.write(data)
    return path


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Elf:
    """The section headers of an object, by name."""

    def __init__(self, data):
        self.data = bytearray(data)
        at, = struct.unpack_from("<Q", data, 0x28)
        n, names = struct.unpack_from("<HH", data, 0x3c)
        heads = [at + 64 * i for i in range(n)]
        strings = struct.unpack_from("<Q", data, heads[names] + 0x18)[0]
        self.heads = {}
        for head in heads:
            start = strings + struct.unpack_from("<I", data, head)[0]
            name = bytes(data[start:data.index(b"\0", start)]).decode()
            self.heads[name] = head

    def place(self, name):
        """Offset and size of a section."""
        return struct.unpack_from("<QQ", self.data, self.heads[name] + 0x18)

    def shorten(self, name, size):
        struct.pack_into("<Q", self.data, self.heads[name] + 0x20, size)
        return self

    def put(self, name, at, form, *values):
        struct.pack_into(form, self.data, self.place(name)[0] + at, *values)
        return self


# ---- what is submitted ------------------------------------------------------

def no_objects():
    """(name, path, part of the message); all of them end with 2."""
    good = read(GOOD)
    random.seed(SEED)
    source = os.path.join(OUT, "other.c")
    with open(source, "w", encoding="ascii") as f:
        f.write("int other(void) { return 2; }\n")
    yield "random bytes", written("noise", random.randbytes(4 * MIB)), \
        "not an ELF file"
    yield "an ELF header and random bytes", written(
        "header", good[:64] + random.randbytes(MIB)), "object"
    yield "a program of this machine", "/bin/true", \
        "not a little-endian eBPF object"
    yield "an object of arm64", compiled("arm64", source, target="aarch64"), \
        "not a little-endian eBPF object"
    yield "an object of big-endian eBPF", compiled(
        "big", source, target="bpfeb"), "not a little-endian eBPF object"
    yield "an object without a program", own("no_program"), "no program"
    for size in sorted({random.randrange(1, len(good))
                        for _ in range(N_RANDOM)} | {1, 63, 64,
                                                     len(good) - 1}):
        yield "a file cut to %d bytes" % size, written("cut", good[:size]), \
            "object"


# Bytes behind a type of BTF, by its kind: always, and for each of its parts.
BEHIND = {1: 4, 3: 12, 14: 4, 17: 4}
EACH = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}


def first_member(good, first):
    """Where .BTF has the first member of the first structure."""
    at = Elf(good).place(".BTF")[0] + first
    while True:
        info = struct.unpack_from("<I", good, at + 4)[0]
        kind, n = info >> 24 & 31, info & 0xffff
        if kind == 4:
            return at + 12 - Elf(good).place(".BTF")[0]
        at += 12 + BEHIND.get(kind, 0) + n * EACH.get(kind, 0)


def damaged_btf():
    """The same, of .BTF and .BTF.ext: magic, version, flags, length of the
    header, then offset and length of the types and of the strings."""
    good = read(GOOD)
    at, size = Elf(good).place(".BTF")
    types, types_len, strings, strings_len = struct.unpack_from(
        "<IIII", good, at + 8)
    yield "magic", Elf(good).put(".BTF", 0, "<H", 0x1234)
    yield "byte order", Elf(good).put(".BTF", 0, ">H", 0xeb9f)
    yield "version", Elf(good).put(".BTF", 2, "<B", 9)
    yield "length of the header", Elf(good).put(".BTF", 4, "<I", 4)
    yield "header beyond the section", Elf(good).put(".BTF", 4, "<I",
                                                     1 << 30)
    yield "section without types", Elf(good).shorten(".BTF", 24)
    yield "section cut within the header", Elf(good).shorten(".BTF", 10)
    yield "section cut within the types", Elf(good).shorten(
        ".BTF", 24 + types_len // 2)
    yield "section cut within the strings", Elf(good).shorten(".BTF",
                                                              size - 1)
    yield "types beyond the section", Elf(good).put(".BTF", 12, "<I",
                                                    0xffffffff)
    yield "strings beyond the section", Elf(good).put(
        ".BTF", 16, "<II", strings, strings_len + 1)
    yield "strings at an offset that wraps", Elf(good).put(
        ".BTF", 16, "<II", 0xfffffff0, strings_len)
    first = 24 + types
    yield "name beyond the strings", Elf(good).put(".BTF", first, "<I",
                                                   0x7fffffff)
    yield "kind that is none", Elf(good).put(".BTF", first + 4, "<I",
                                             31 << 24)
    yield "type id out of range", Elf(good).put(".BTF", first + 8, "<I",
                                                0x7fffffff)
    # That of a map's definition: libbpf 1.1 falls over it.
    yield "member's type id out of range", Elf(good).put(
        ".BTF", first_member(good, first) + 4, "<I", 0x7fffffff)
    yield "members without end", Elf(good).put(".BTF", first + 4, "<I",
                                               4 << 24 | 0xffff)
    yield "BTF.ext: magic", Elf(good).put(".BTF.ext", 0, "<H", 0)
    yield "BTF.ext: cut", Elf(good).shorten(".BTF.ext", 30)
    yield "BTF.ext: length", Elf(good).put(".BTF.ext", 12, "<I", 1 << 30)
    yield "BTF.ext: record size", Elf(good).put(".BTF.ext", 32, "<I", 3)


def random_btf():
    good = read(GOOD)
    rng = random.Random(SEED)
    for i in range(N_RANDOM):
        elf = Elf(good)
        at, size = elf.place(rng.choice((".BTF", ".BTF", ".BTF.ext")))
        for _ in range(rng.choice((1, 1, 4, 32))):
            elf.data[at + rng.randrange(size)] = rng.randrange(256)
        yield "%d" % i, elf


# ---- others, meanwhile ------------------------------------------------------

class Others:
    """A client that submits good objects, one after the other."""

    def __init__(self, lab):
        self.lab = lab
        self.exits = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        obj = read(GOOD)
        while not self.stop.is_set():
            try:
                client = wire.Client(self.lab.socket)
                self.exits.append(client.request(
                    wire.SUBMIT, {"name": "xdp_count.o", "target": "demo",
                                  "deliver": False}, obj)[2]["exit"])
                client.close()
            except (OSError, wire.WireError, KeyError) as e:
                self.exits.append(repr(e))
            # Their work is not what is tested.
            self.stop.wait(1)

    def end(self, t):
        self.stop.set()
        self.thread.join(300)
        t.check(self.exits and set(self.exits) == {0},
                "%d good submissions meanwhile are all accepted" %
                len(self.exits), self.exits)


# ---- tests ------------------------------------------------------------------

def submit(lab, path):
    rc, result = lab.vouch("submit", path, "--no-deliver", "--target", "demo")
    return rc, result, result.get("reason") or \
        result.get("error", {}).get("why", "")


def test_none(t, lab):
    for name, path, says in no_objects():
        rc, result, why = submit(lab, path)
        t.check(rc == 2 and result.get("exit") == 2 and says in why,
                name + " is refused with exit code 2", (rc, result))


def test_damaged(t, lab):
    for name, elf in damaged_btf():
        rc, result, why = submit(lab, written("btf", elf.data))
        if name in ("version", "name beyond the strings"):
            # The kernel takes no such BTF, and this program needs none.
            t.equal((rc, result.get("verdict")), (0, "accepted"),
                    "damaged BTF (%s) is left aside" % name)
            continue
        says = "section .BTF.ext" if name.startswith("BTF.ext") else \
            "the object's BTF is broken"
        t.check(rc == 2 and result["exit"] == 2 and says in why,
                "damaged BTF (%s) is refused with exit code 2" % name,
                (rc, result))


def test_random(t, lab):
    exits = {}
    for name, elf in random_btf():
        path = written("random", elf.data)
        rc, result, why = submit(lab, path)
        exits[rc] = exits.get(rc, 0) + 1
        # Some damage does not matter, as of a name that nobody reads.
        if rc not in (0, 2, 3, 6) or result["exit"] != rc or \
                (rc and not why):
            t.check(False, "BTF damaged at random, %s" % name,
                    (rc, result, path))
            os.rename(path, path + "." + name)
    t.check(set(exits) <= {0, 2, 3, 6}, "BTF damaged at random %d times: "
            "exit codes %s" % (N_RANDOM, exits))


def test_large_maps(t, lab):
    # Keys and values of the second fit; what the kernel adds does not.
    for entries, says in (100 << 20, "the object's maps would occupy"), \
            (10 << 20, "the verifier VM's kernel has no memory for it"):
        rc, result, why = submit(lab, own("large_map", "-DENTRIES=%d" % entries,
                                          out="large-map-%d" % entries))
        t.check((rc, result["verdict"]) == (6, "unsupported") and
                why.startswith("map large: %d entries with keys of 4 and "
                               "values of 8 bytes: %s" % (entries, says)),
                "a map of %d entries is refused by name" % entries,
                (rc, result))


def test_verifier(t, lab):
    rc, result, why = submit(lab, own("endless"))
    t.check((rc, result["verdict"]) == (3, "rejected") and
            "loop" in why + result["log"],
            "an endless loop is rejected, and the log says so",
            (rc, why, result["log"][-500:]))
    turns = (LIMIT - 4) // 2  # with 2 * turns + 3 instructions walked
    rc, result, _ = submit(lab, own("many_insns", "-DTURNS=%d" % turns))
    t.check((rc, result["verdict"]) == (0, "accepted"),
            "a program of a million instructions less one is accepted",
            (rc, result.get("reason")))
    t.equal([p["insns_processed"] for p in result["programs"]], [LIMIT - 1],
            "and that is how many the verifier has walked")
    rc, result, why = submit(lab, own("many_insns", "-DTURNS=%d" %
                                      (turns + 1), out="too_many"))
    t.check((rc, result["verdict"]) == (3, "rejected") and
            "too large" in why and result["log"],
            "one of a million and one is rejected, with its log",
            (rc, why, result["log"][-500:]))


def memory(lab):
    """What vouchd's processes have had at most each, in bytes, added up."""
    main = lab.vouchd.pid
    with open("/proc/%d/task/%d/children" % (main, main),
              encoding="ascii") as f:
        pids = [main, *map(int, f.read().split())]
    total = 0
    for pid in pids:
        with open("/proc/%d/status" % pid, encoding="ascii") as f:
            total += [int(line.split()[1]) << 10 for line in f
                      if line.startswith("VmHWM")][0]
    return total


def main():
    t = tap.Tap()
    os.makedirs(OUT, exist_ok=True)
    # Sanitisers keep what is freed: little of it, to see the rest.
    os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=8:" + \
        os.environ.get("ASAN_OPTIONS", "")
    lab = lab_module.Lab("bad-objects", variant="asan", start_target=False)
    try:
        lab.up()
        others = Others(lab)
        before = memory(lab)
        for test in (test_none, test_damaged, test_large_maps,
                     test_random, test_verifier):
            t.note(test.__name__)
            t.run(test, lab)
        others.end(t)
        grown = memory(lab) - before
        t.check(grown < MOST_MEMORY, "vouchd has not grown by %d MiB" %
                (MOST_MEMORY // MIB), "%d MiB" % (grown // MIB))
        t.equal([vm["state"] for vm in lab.vouch("status")[1]["verifiers"]],
                ["ready"], "the verifier VM is well")
        t.check("was lost" not in lab.log(), "and always was")
    except lab_module.LabError as e:
        t.check(False, "the lab", e)
    finally:
        lab.down()
    t.end()


if __name__ == "__main__":
    main()
