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

STATEMENTS = 30, 60  # of a program
# Types of the programs of a batch. One of tracing has each program twice: as a
# raw tracepoint, which both kernels can test-run, and as the other type, which
# only the target can, with the same words elsewhere in its context; or it has
# raw tracepoints alone, which may do what others could not.
NET = ("xdp", "sched_cls", "socket_filter", "xdp", "sched_act", "sched_cls")
BATCHES = ("net", "kprobe", "net", "raw_tracepoint", "net", "tracepoint", "net")
SIZES = {"net": 30, "kprobe": 14, "tracepoint": 14, "raw_tracepoint": 10}
RECORD_WORDS = 64  # of a tracepoint, the first of which no program may load
STATE = asm.Map("state", "array", 4, 16, 64, 0)

Program = collections.namedtuple("Program", "kind index codes features")


class Batch:
    """Programs, without those that turn out to be refused."""

    def __init__(self, seed, number, offered, usage):
        self.rng = random.Random("%d/%d" % (seed, number))
        self.family = BATCHES[number % len(BATCHES)]
        self.number = number
        self.types = set(NET) if self.family == "net" else \
            {"raw_tracepoint", self.family}
        self.words = {}
        self.registers = testruns.REGISTERS[offered.arch]
        self.order = {  # words from the first that a program may load
            "kprobe": self.shuffled(0, len(self.registers)),
            "tracepoint": self.shuffled(1, RECORD_WORDS)}
        generator = bpf_random.Generator(self.rng, offered, usage)
        self.programs = {}
        for i in range(SIZES[self.family]):
            self.add(generator, i)
        self.texts = generator.texts.bytes

    def add(self, generator, i):
        kind = NET[i % len(NET)] if self.family == "net" else "raw_tracepoint"
        codes = generator.program(
            kind, i, self.rng.randrange(*STATEMENTS),
            None if self.family in ("net", "raw_tracepoint") else self.family)
        self.programs["p%d" % i] = Program(kind, i, codes, generator.features)
        self.words["p%d" % i] = {
            which: self.words_of(which, i) for which in self.kinds()}

    def shuffled(self, first, last):
        return self.rng.sample(range(first, last), last - first)

    def words_of(self, which, i):
        """Where each word of a context is, for a program of one type."""
        if which not in self.order:
            return list(range(bpf_random.WORDS))
        order, n = self.order[which], bpf_random.WORDS
        return [order[(i * n + k) % len(order)] for k in range(n)]

    def kinds(self):
        """Types of objects: one for packets, or one or two for tracing."""
        if self.family in ("net", "raw_tracepoint"):
            return [self.family]
        return ["raw_tracepoint", self.family]

    def functions(self, which):
        for name, p in self.programs.items():
            kind = p.kind if which == "net" else which
            for part, code in p.codes.items():
                where = bpf_random.SECTIONS[kind] if part == "main" else ".text"
                yield (where, name if part == "main" else part,
                       code.place_words(self.words[name][which]))
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
            *sizes, inner = shape
            if kind == "prog_array":
                for of in sorted(self.types):
                    yield asm.Map("progs_" + of, kind, *sizes,
                                  self.called(of))
            elif inner:
                like = asm.Map("", inner, *forms.MAPS[inner][:4])
                yield asm.Map(kind, kind, *sizes,
                              (inner, inner + bpf_calls.BOTH), like)
            else:
                yield asm.Map(kind, kind, *sizes)
                yield asm.Map(kind + bpf_calls.BOTH, kind, *sizes)
            if kind in forms.LOCKABLE:
                yield asm.Map(kind + bpf_calls.LOCKS, kind, *sizes, lock=True)

    def object(self, which):
        functions = list(self.functions(which))
        used = {r.symbol for _, _, code in functions for r in code.references}
        used |= {held for m in self.maps() if m.name in used for held in m.holds}
        maps = [m for m in self.maps() if m.name in used]
        return asm.make_object(maps, functions, self.texts), maps

    def feature_names(self, which, name):
        """What a program of one type is made of."""
        for feature in self.programs[name].features:
            kind, _, word = feature.partition(".")
            if kind == "context":
                at = self.words[name][which][int(word)]
                yield "kprobe." + self.registers[at] if which == "kprobe" else \
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
            which: [self.place(name, which, values)
                    for name, values in zip(names, words)]
            for which in self.kinds()}

    def place(self, name, which, values):
        size = {"raw_tracepoint": bpf_random.WORDS,
                "kprobe": len(self.registers),
                "tracepoint": RECORD_WORDS}[which]
        words = [0] * size
        for at, value in zip(self.words[name][which], values):
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
