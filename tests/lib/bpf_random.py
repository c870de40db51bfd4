# SPDX-License-Identifier: BSD-2-Clause
"""Random programs that a verifier accepts, nearly all of them.

Numbers live in slots of the stack, all of them set at the beginning; a
statement loads what it needs into registers and stores what comes out. r6 is
the context, r7 the packet, of which LENGTH bytes are known to be there, r8 the
program's state and r9 counts loops.

A program is run often. Its state, an element of a map, holds a random number
that goes on from run to run and that new numbers are made of, and a number that
all runs have left their mark on. So each run has an input of its own, and what
each has worked out is seen at the end.
"""


import bpf_asm as asm
import bpf_calls
import bpf_forms
from bpf_asm import Code, alu, jump, load, store

SLOTS = 6
LENGTH = 40  # bytes of the packet that may be touched
KEY, VALUE = -80, -96  # places on the stack, of 8 and 16 bytes
SCRATCH, SAVED = -120, -136  # of 16 bytes each
ROUTE = -200  # of 64
FP, CTX, PACKET, STATE, COUNT = 10, 6, 7, 8, 9
BASE = -8 * SLOTS  # where the numbers begin
ROUNDS = 20  # of a program that test-runs do not repeat
WORDS = 12  # of a context of tracing that a program may look at

# Offsets in contexts of the packet's bounds.
BOUNDS = {"xdp": (0, 4), "sched_cls": (76, 80), "sched_act": (76, 80)}
TRACING = ("raw_tracepoint", "kprobe", "tracepoint")
SECTIONS = {"xdp": "xdp", "sched_cls": "tc", "sched_act": "action",
            "socket_filter": "socket", "raw_tracepoint": "raw_tp/sys_enter",
            "kprobe": "kprobe/do_nanosleep",
            "tracepoint": "tp/sched/sched_switch"}
NOT_NUMBERS = ("data", "data_end", "data_meta", "sk")


def slot(i):
    return -8 * (i + 1)


def fold(into, numbers):
    """Put 64-bit numbers at (register, offset) into a register."""
    code = Code()
    for base, off in numbers:
        code.add(load(8, 1, base, off), alu("mul", into, imm=31),
                 alu("xor", into, src=1))
    return code


class Generator:
    """One program after the other, with what each is made of."""

    def __init__(self, rng, offered, usage):
        """@offered: what the target has; @usage: in how many programs each
        feature is by now."""
        self.rng = rng
        self.offered = offered
        self.usage = usage
        self.texts = bpf_calls.Texts()
        self.features = set()
        self.kind, self.private, self.in_loop = "xdp", False, False
        self.label = ""

    def note(self, feature):
        self.features.add(feature)

    def rarest(self, candidates):
        """One of @candidates, (feature, ...), often the least used of some,
        by programs of this type and by all."""
        some = self.rng.sample(candidates, len(candidates)
                               if self.rng.random() < 0.5 else
                               min(len(candidates), 4))
        return min(some, key=lambda c: (
            c[0] in self.features,
            4 * self.usage[self.label, c[0]] + self.usage[c[0]]))

    def any_slot(self):
        return slot(self.rng.randrange(SLOTS))

    def number(self):
        rng = self.rng
        return rng.choice((0, 1, -1, 2, 7, 0x7fffffff, -0x80000000, 0xff,
                           0xffff, rng.getrandbits(31), -rng.getrandbits(16)))

    def get(self, reg):
        return load(8, reg, FP, self.any_slot())

    def put(self, reg):
        return store(8, FP, self.any_slot(), reg)

    def has_packet(self):
        return self.kind in BOUNDS

    # ---- statements ----------------------------------------------------

    def arithmetic(self):
        rng, wide = self.rng, self.rng.random() < 0.5
        op = self.rarest([("alu%d_%s" % (64 if wide else 32, op), op)
                          for op in (*asm.ALU, "neg")])[1]
        form = rng.choice(("imm", "reg"))
        code = Code().add(self.get(1))
        self.note("alu%d_%s" % (64 if wide else 32, op))
        if op == "neg":
            return code.add(asm.neg(1, wide), self.put(1))
        if form == "reg":
            return code.add(self.get(2), alu(op, 1, src=2, wide=wide),
                            self.put(1))
        value = self.number()
        if op in ("lsh", "rsh", "arsh"):
            value = rng.randrange(64 if wide else 32)
        elif op in ("div", "mod") and not value:
            value = 3  # the verifier refuses a constant 0
        return code.add(alu(op, 1, imm=value, wide=wide), self.put(1))

    def order(self):
        bits, big = self.rng.choice((16, 32, 64)), self.rng.random() < 0.5
        self.note("endian_%s%d" % ("be" if big else "le", bits))
        return Code().add(self.get(1), asm.endian(1, bits, big), self.put(1))

    def packet(self):
        if not self.has_packet():
            return self.arithmetic()
        size = self.rng.choice((1, 2, 4, 8))
        off = self.rng.randrange(LENGTH - size + 1)
        if self.rng.random() < 0.6:
            self.note("packet_load%d" % size)
            return Code().add(load(size, 1, PACKET, off), self.put(1))
        self.note("packet_store%d" % size)
        return Code().add(self.get(1), store(size, PACKET, off, 1))

    def word(self):
        """A part of a context of tracing, which is words."""
        size = self.rng.choice((8, 8, 8, 4, 2, 1))
        word = self.rarest([("context.%d" % i, i) for i in range(WORDS)])[1]
        self.note("context.%d" % word)
        return Code().add_word(size, 1, CTX, word,
                               self.rng.randrange(0, 8, size)).add(self.put(1))

    def fields(self):
        """(feature, field) of all that may be done to a context."""
        for name, field in self.offered.fields[self.kind].items():
            feature = "%s.%s" % (self.kind, name)
            if feature not in bpf_forms.FIELDS_APART:
                yield feature, field
                if field.write:
                    yield feature + "=", field

    def context(self):
        if self.kind in TRACING:
            return self.word()
        feature, field = self.rarest(list(self.fields()))
        self.note(feature)
        if feature.endswith("="):
            return Code().add(self.get(1),
                              store(field.size, CTX, field.offset, 1))
        if field.name in NOT_NUMBERS:
            return self.pointer(field)
        size = field.size
        if field.parts and self.rng.random() < 0.2:
            size = self.rng.choice((1, 2))
        return Code().add(load(size, 1, CTX, field.offset), self.put(1))

    def pointer(self, field):
        """Of a pointer, what does not tell where it points."""
        code = Code().add(load(field.size, 1, CTX, field.offset))
        if field.name == "sk":
            return code.add(alu("mov", 2, imm=0), jump("jeq", 1, 1, imm=0),
                            alu("mov", 2, imm=1), self.put(2))
        data, end = BOUNDS[self.kind]
        other = end if field.offset == data else data
        code.add(load(4, 2, CTX, other), alu("mov", 3, src=1))
        code.add(alu("add", 3, imm=8)) if field.offset != end else \
            code.add(alu("mov", 3, src=2), alu("add", 3, imm=8),
                     alu("mov", 2, src=1))
        return code.add(alu("mov", 1, imm=0), jump("jle", 3, 1, src=2),
                        alu("mov", 1, imm=1), self.put(1))

    def branch(self):
        wide = self.rng.random() < 0.5
        bits = 64 if wide else 32
        op = self.rarest([("jump%d_%s" % (bits, op), op)
                          for op in asm.JUMP])[1]
        body = self.block(self.rng.randrange(1, 4))
        self.note("jump%d_%s" % (bits, op))
        code = Code().add(self.get(1))
        if self.rng.random() < 0.5:
            return code.add(jump(op, 1, len(body), imm=self.number(),
                                 wide=wide), body)
        return code.add(self.get(2), jump(op, 1, len(body), src=2,
                                          wide=wide), body)

    def loop(self):
        if self.in_loop:
            return self.arithmetic()
        self.in_loop = True
        body = self.block(self.rng.randrange(1, 4))
        self.in_loop = False
        self.note("loop")
        body.add(alu("sub", COUNT, imm=1))
        return Code().add(
            alu("mov", COUNT, imm=self.rng.randrange(1, 6)), body,
            jump("jne", COUNT, -len(body) - 1, imm=0))

    def atomics(self):
        size = self.rng.choice((4, 8))
        op = self.rarest([("atomic%d_%s" % (size * 8, op), op)
                          for op in asm.ATOMIC])[1]
        self.note("atomic%d_%s" % (size * 8, op))
        return Code().add(self.get(0), self.get(1),
                          asm.atomic(op, size, FP, self.any_slot(), 1),
                          self.put(0), self.put(1))

    def subprogram(self):
        self.note("subprogram")
        return Code().add(self.get(1), self.get(2)).add_call("mix").add(
            self.put(0))

    def helper(self):
        """A call of any helper that there is for this type of program."""
        calls = bpf_calls.candidates(self)
        feature, make = self.rarest(calls)
        self.note(feature)
        return make(self)

    KINDS = ((arithmetic, 10), (order, 2), (packet, 5), (context, 8),
             (branch, 4), (loop, 1), (atomics, 2), (helper, 20),
             (subprogram, 1))

    def block(self, n):
        kinds, weights = zip(*self.KINDS)
        code = Code()
        for kind in self.rng.choices(kinds, weights, k=n):
            code.add(kind(self))
        return code

    # ---- programs ------------------------------------------------------

    def bounds(self):
        """r7 is the packet again; where there is too little of it, the
        program makes it longer, and ends if that fails."""
        if not self.has_packet():
            return Code()
        longer = Code().add(
            alu("mov", 1, src=CTX),
            alu("mov", 2, imm=60 if self.kind == "xdp" else 100),
            alu("mov", 3, imm=0),
            asm.call(65 if self.kind == "xdp" else 38))
        leave = Code().add(alu("mov", 0, imm=1), asm.leave())
        first, again = self.compare(), self.compare()
        rest = Code().add(longer, again, jump("jle", 2, len(leave), src=1),
                          leave)
        return first.add(jump("jle", 2, len(rest), src=1), rest)

    def shorter(self):
        """What earlier runs have made too long is cut, or left alone: a
        packet of segments keeps its length."""
        if self.kind not in ("sched_cls", "sched_act"):
            return Code()
        cut = Code().add(alu("mov", 1, src=CTX), alu("mov", 2, imm=200),
                         alu("mov", 3, imm=0), asm.call(38),
                         load(4, 1, CTX, 0), jump("jle", 1, 2, imm=20000),
                         alu("mov", 0, imm=1), asm.leave())
        return Code().add(load(4, 1, CTX, 0),
                          jump("jle", 1, len(cut), imm=2000), cut)

    def compare(self):
        data, end = BOUNDS[self.kind]
        return Code().add(load(4, PACKET, CTX, data), load(4, 1, CTX, end),
                          alu("mov", 2, src=PACKET),
                          alu("add", 2, imm=LENGTH))

    def find_state(self, index):
        """r8 is the program's state; never is there none."""
        return Code().add(
            asm.store_imm(4, FP, KEY, index), alu("mov", 2, src=FP),
            alu("add", 2, imm=KEY)).add_map(1, "state").add(
                asm.call(1), jump("jne", 0, 2, imm=0), alu("mov", 0, imm=0),
                asm.leave(), alu("mov", STATE, src=0))

    def new_numbers(self):
        """The next random number, and the slots, made of it."""
        code = Code().add(load(8, 3, STATE, 0))
        if self.has_packet():
            code.add(load(8, 1, PACKET, 14), alu("xor", 3, src=1))
        elif self.kind in TRACING:
            code.add_word(8, 1, CTX, 0, 0).add(alu("xor", 3, src=1))
        code.add(alu("add", 3, imm=0x5eed))
        for op, by in (("lsh", 13), ("rsh", 7), ("lsh", 17)):
            code.add(alu("mov", 1, src=3), alu(op, 1, imm=by),
                     alu("xor", 3, src=1))
        code.add(store(8, STATE, 0, 3))
        for i in range(SLOTS):
            code.add(alu("mov", 1, imm=self.number()))
            if i % 3:  # some are the same in all runs
                code.add(alu("mov", 2, src=3),
                         alu("rsh", 2, imm=self.rng.choice((0, 7, 32, 50))),
                         alu("xor", 1, src=2))
            code.add(store(8, FP, slot(i), 1))
        if self.has_packet() and self.rng.random() < 0.7:
            code.add(store(4, PACKET, self.rng.choice((12, 20, 34, 36)), 3))
        return code

    def keep_numbers(self):
        """The state, and r0, get what this run has worked out."""
        code = Code().add(load(8, 0, STATE, 8),
                          fold(0, [(FP, slot(i)) for i in range(SLOTS)]))
        if self.has_packet():
            code.add(fold(0, [(PACKET, off)
                              for off in range(0, LENGTH, 8)]))
        return code.add(store(8, STATE, 8, 0))

    def program(self, kind, index, statements, other=None):
        """Its code; what it is made of is in .features. @other: a type of
        programs one of which will do the same."""
        self.kind, self.private, self.features = kind, not other, set()
        self.label = other or kind
        head = Code().add(alu("mov", CTX, src=1), self.find_state(index),
                          self.shorter(), self.bounds(), self.new_numbers())
        body = self.block(statements)
        tail = self.keep_numbers()
        self.note("program_" + kind)
        self.usage.update(self.features)
        self.usage.update((self.label, f) for f in self.features)
        if kind not in TRACING:
            return {"main": head.add(body, tail, asm.leave())}
        # A function that bpf_loop() calls, with the context's address.
        head.bytes = asm.load(8, 1, 2, 0) + head.bytes
        head.references = [r._replace(at=r.at + 1) for r in head.references]
        self.note("loop/rounds")
        rounds = head.add(body, tail, alu("mov", 0, imm=0), asm.leave())
        name = "rounds%d" % index
        main = Code().add(
            alu("mov", CTX, src=1), store(8, FP, -8, 1),
            alu("mov", 1, imm=ROUNDS)).add_function(2, name).add(
                alu("mov", 3, src=FP), alu("add", 3, imm=-8),
                alu("mov", 4, imm=0), asm.call(181)).add(
                    self.find_state(index), load(8, 0, STATE, 8), asm.leave())
        return {"main": main, name: rounds}


def load_absolute(gen, bits, size):
    """LD_ABS or LD_IND, which take the context from r6."""
    indirect = gen.rng.random() < 0.5
    code = 0x40 if indirect else 0x20
    at = gen.rng.randrange(16)
    gen.note("ld_%s%d" % ("ind" if indirect else "abs", bits))
    return Code().add(
        gen.get(1), alu("and", 1, imm=15),
        asm.insn(code | asm.SIZE[size], 0, 1 if indirect else 0, imm=at),
        gen.put(0))


def mix():
    """A function for all programs of an object."""
    return Code().add(alu("mov", 0, src=1), alu("lsh", 0, imm=7),
                      alu("div", 1, src=2), alu("xor", 0, src=1),
                      alu("arsh", 2, imm=3), alu("add", 0, src=2),
                      asm.leave())
