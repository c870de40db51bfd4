# SPDX-License-Identifier: BSD-2-Clause
"""Random programs that are in one object, and what they are run on."""

import collections
import random
import struct

import bpf_asm as asm
import bpf_calls
import bpf_forms as forms
import bpf_random
import packets
import testruns

STATEMENTS = 20, 60  # of a program
# Types of the programs of a batch. One of tracing has each program twice: as a
# raw tracepoint, which both kernels can test-run, and as the other type, which
# only the target can, with the same words elsewhere in its context.
NET = ("xdp", "sched_cls", "socket_filter", "xdp", "sched_act", "sched_cls")
BATCHES = ("net", "net", "kprobe", "net", "net", "tracepoint")
SIZES = {"net": 30, "kprobe": 10, "tracepoint": 10}
REGISTERS = ("r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8",
             "ax", "cx", "dx", "si", "di", "orig_ax", "ip", "cs", "flags",
             "sp", "ss")
RECORD_WORDS = 64  # of a tracepoint, the first of which no program may load
STATE = asm.Map("state", "array", 4, 16, 64, 0)

Program = collections.namedtuple("Program", "kind index codes features")


def words_of(rng, kind):
    """Where each word of a context is, for programs of one type."""
    if kind == "raw_tracepoint":
        return list(range(bpf_random.WORDS))
    first, last = (0, len(REGISTERS)) if kind == "kprobe" else \
        (1, RECORD_WORDS)
    return rng.sample(range(first, last), bpf_random.WORDS)


class Batch:
    """Programs, without those that turn out to be refused."""

    def __init__(self, seed, number, offered, usage):
        self.rng = random.Random("%d/%d" % (seed, number))
        self.family = BATCHES[number % len(BATCHES)]
        self.number = number
        self.types = set(NET) if self.family == "net" else \
            {"raw_tracepoint", self.family}
        self.words = {kind: words_of(self.rng, kind) for kind in
                      ("raw_tracepoint", self.family)}
        # Half of the batches of tracing are of raw tracepoints alone.
        self.twins = self.family != "net" and number // len(BATCHES) % 2 == 0
        generator = bpf_random.Generator(self.rng, offered, usage)
        self.programs = {}
        for i in range(SIZES[self.family]):
            self.add(generator, i, usage)
        self.texts = generator.texts.bytes

    def add(self, generator, i, usage):
        kind = NET[i % len(NET)] if self.family == "net" else "raw_tracepoint"
        codes = generator.program(
            kind, i, self.rng.randrange(*STATEMENTS), not self.twins)
        self.programs["p%d" % i] = Program(kind, i, codes, generator.features)
        usage.update(generator.features)

    def kinds(self):
        """Types of objects: one for packets, or one or two for tracing."""
        if self.family == "net":
            return ["net"]
        return ["raw_tracepoint"] + ([self.family] if self.twins else [])

    def functions(self, which):
        for name, p in self.programs.items():
            kind = p.kind if which == "net" else which
            for part, code in p.codes.items():
                where = bpf_random.SECTIONS[kind] if part == "main" else ".text"
                yield (where, name if part == "main" else part,
                       code.place_words(self.words.get(kind)))
        yield ".text", "mix", bpf_random.mix()
        for name, code in bpf_calls.functions().items():
            yield ".text", name, code

    def called(self, kind):
        """The programs that those of a type may jump to."""
        return tuple(name for name, p in self.programs.items()
                     if p.kind == kind)[:forms.MAPS["prog_array"].entries]

    def maps(self):
        yield STATE
        for kind, shape in forms.MAPS.items():
            names = ["progs_" + k for k in sorted(self.types)] \
                if kind == "prog_array" else [kind, kind + bpf_calls.BOTH]
            for name in names:
                called = self.called(name[len("progs_"):]) \
                    if kind == "prog_array" else ()
                yield asm.Map(name, kind, *shape, called)

    def object(self, which):
        functions = list(self.functions(which))
        used = {r.symbol for _, _, code in functions for r in code.references}
        maps = [m for m in self.maps() if m.name in used]
        return asm.make_object(maps, functions, self.texts), maps

    def feature_names(self, which, program):
        """What a program of one type is made of."""
        for feature in program.features:
            kind, _, word = feature.partition(".")
            if kind == "context":
                at = self.words[which][int(word)]
                yield "kprobe." + REGISTERS[at] if which == "kprobe" else \
                    "raw_tracepoint.arg%d" % at \
                    if which == "raw_tracepoint" else "tracepoint.record"
            elif feature == "program_raw_tracepoint":
                yield "program_" + which
            else:
                yield feature

    # ---- inputs ----------------------------------------------------------

    def presets(self, maps):
        return [{"map": m.name, "key": struct.pack("<I", key).hex(),
                 "value": struct.pack("<I", value).hex()}
                for m in maps for key, value in
                forms.PRESETS.get(m.type, {}).items()]

    def inputs(self, n):
        """(names, packets, {type: contexts}) of @n for each program."""
        names = [name for name in self.programs for _ in range(n)]
        if self.family == "net":
            sent = [p.ljust(64, b"\0") for p in
                    packets.packets(self.rng.getrandbits(30), len(names))]
            return names, sent, {"net": [
                self.net_context(self.programs[name].kind, packet)
                for name, packet in zip(names, sent)]}
        words = [[self.rng.getrandbits(64) for _ in range(bpf_random.WORDS)]
                 for _ in names]
        return names, [b""] * len(names), {
            which: [self.place(which, values) for values in words]
            for which in self.kinds()}

    def place(self, which, values):
        size = {"raw_tracepoint": bpf_random.WORDS, "kprobe": len(REGISTERS),
                "tracepoint": RECORD_WORDS}[which]
        words = [0] * size
        for at, value in zip(self.words[which], values):
            words[at] = value
        return struct.pack("<%dQ" % size, *words).hex()

    def net_context(self, kind, packet):
        ctx = testruns.random_ctx(self.rng) if kind != "xdp" else \
            self.xdp_context(len(packet))
        return ctx and ctx.hex()

    def xdp_context(self, size):
        """What lies before the packet, and where it is from."""
        if self.rng.random() < 0.5:
            return None
        return struct.pack("<6I", self.rng.choice((0, 4, 8, 20)), size, 0,
                           self.rng.choice((0, 1)), 0, 0)
